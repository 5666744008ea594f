import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, EngineName, Tree } from '../support/engine-trees.js';
import { buildImage, type EntrySpec, layoutMembers, packMembers } from '../support/images.js';
import { combineLayers, rowOf } from './combine.js';
import { contentsOf, describeTree } from './describe.js';
import { type Described, outcomeFor, type Row } from './rows.js';

/** What an engine made of a row: a tree, or its refusal. */
export type RowOutcome = { readonly tree: Described } | { readonly refusal: string };

/** Where images of rows are written. */
export class Archives {
  #folder: string | null = null;
  #written = 0;

  async write(layers: readonly (readonly EntrySpec[])[]): Promise<string> {
    const image = await buildImage({ layers: layers.map((entries) => ({ entries })) });
    this.#folder ??= mkdtempSync(join(tmpdir(), 'ocidiff-rows-'));
    const path = join(this.#folder, `${this.#written++}.tar`);
    writeFileSync(path, await packMembers(layoutMembers(image)));
    return path;
  }

  remove(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Whether `rows.ts` says that the engine refuses the row. */
export function isRefused(row: Row, engine: EngineName): boolean {
  return outcomeFor(row, engine) === null;
}

/**
 * What `engine` makes of `rows`: all that it takes in one image, and of the others those that `alone` picks one by one.
 */
export async function unpackRows(
  name: EngineName,
  engine: Engine,
  rows: readonly Row[],
  archives: Archives,
  alone: (row: Row) => boolean,
): Promise<Map<string, RowOutcome>> {
  const outcomes = new Map<string, RowOutcome>();
  const together = rows.filter((row) => row.ofRoot !== true && !isRefused(row, name));
  const all = await engine.unpack(await archives.write(combineLayers(together)));
  if ('tree' in all) {
    for (const [position, row] of together.entries()) {
      outcomes.set(row.name, { tree: describeRow(row, rowOf(all.tree, position)) });
    }
  }
  for (const row of rows) {
    /* Where it does not take the one image after all, it is to tell which row it was. */
    if (outcomes.has(row.name) || ('tree' in all && !alone(row))) continue;
    const one = await engine.unpack(await archives.write(row.layers));
    outcomes.set(row.name, 'tree' in one ? { tree: describeRow(row, one.tree) } : { refusal: one.error });
  }
  return outcomes;
}

/** A row's tree in the notation of the rows; the root is in it only where the row is about it. */
export function describeRow(row: Row, tree: Tree): Described {
  const { '.': root, ...rest } = describeTree(tree, contentsOf(row.layers));
  return root === undefined || row.tree?.['.'] === undefined ? rest : { '.': root, ...rest };
}
