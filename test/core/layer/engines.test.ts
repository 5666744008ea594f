import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayerFact } from '../../../packages/core/src/layer/file-tree.js';
import { contentsOf, describeTree } from '../../engines/describe.js';
import { Archives, describeRow, type RowOutcome, unpackRows } from '../../engines/outcomes.js';
import { type Described, outcomeFor, ownOutcome, ROWS, type Row } from '../../engines/rows.js';
import { type Engine, type EngineName, type Outcome, shownByExport, startEngine } from '../../support/engine-trees.js';
import { fixture } from '../../support/fixtures.js';
import { ownTree } from '../../support/own-tree.js';
import { requireTool } from '../../support/tools.js';

/*
 * Real engines unpack the images of rows.ts and the fixtures. What they make of them is held against what rows.ts says
 * of them, and the tree that ocidiff computes against both.
 */

const archives = new Archives();
afterAll(() => archives.remove());

describe('the tree that ocidiff computes', () => {
  test.each(ROWS)('$name', async (row) => {
    const facts: LayerFact[] = [];
    const unpacking = ownTree(await archives.write(row.layers), (fact) => facts.push(fact));
    const expected = ownOutcome(row);
    if (expected !== null) {
      expect(describeRow(row, await unpacking)).toEqual(expected);
    } else {
      /* Refused by an error, or told as something that engines refuse. */
      const refused = unpacking.then(() => facts.some(({ code }) => code === 'engine-dependent')).catch(() => true);
      expect(await refused).toBe(true);
    }
  });
});

const isRoot = process.getuid?.() === 0;
const canRun =
  isRoot &&
  requireTool('python3') &&
  requireTool('skopeo') &&
  requireTool('umoci') &&
  requireTool('podman') &&
  requireTool('docker') &&
  requireTool('dockerd') &&
  requireTool('containerd') &&
  requireTool('ctr');
if (!isRoot) process.stderr.write('skipping tests with engines: owners and devices are for root to make\n');

const PLAIN: readonly EngineName[] = ['umoci', 'podman', 'docker'];
const OVERLAY: readonly EngineName[] = ['podman-overlay', 'docker-overlay', 'containerd-overlay'];
const ENGINES = [...PLAIN, ...(canRun && canMountOverlay() ? OVERLAY : [])];

/* Images of one platform; ocidiff and the engines read each by themselves. */
const FIXTURES = [
  'arm64.oci.tar',
  'clock-buildah-one-layer.oci.tar',
  'clock-buildah.oci.tar',
  'clock-buildkit-0.oci.tar',
  'clock-buildkit-1-no-rewrite.oci.tar',
  'clock-buildkit-1-zstd.oci.tar',
];
const LONGEST_MS = 240_000;

describe.skipIf(!canRun)('engines', () => {
  const rows = new Map<EngineName, Map<string, RowOutcome>>();
  const images = new Map<EngineName, Map<string, Outcome>>();

  beforeAll(async () => {
    await Promise.all(ENGINES.map(unpackAll));
  }, LONGEST_MS);

  async function unpackAll(name: EngineName): Promise<void> {
    const engine: Engine = await startEngine(name);
    try {
      rows.set(name, await unpackRows(name, engine, ROWS, archives, PLAIN.includes(name)));
      const unpacked = new Map<string, Outcome>();
      for (const image of FIXTURES) unpacked.set(image, await engine.unpack(fixture(image)));
      images.set(name, unpacked);
    } finally {
      await engine.close();
    }
  }

  describe.each(ENGINES)('%s', (name) => {
    test.each(ROWS)('$name', (row) => {
      const outcome = rows.get(name)?.get(row.name);
      /* Overlays are asked only what they take together. */
      if (outcome === undefined) {
        expect(OVERLAY).toContain(name);
        return;
      }
      const expected = outcomeFor(row, name);
      if (expected === null) expect(outcome).toHaveProperty('refusal');
      else expect(outcome).toEqual({ tree: withoutRoot(row, name, expected) });
    });

    test.each(FIXTURES)('%s is the tree that ocidiff computes', async (image) => {
      const outcome = images.get(name)?.get(image);
      if (outcome === undefined || 'error' in outcome) throw new Error(outcome?.error ?? 'not unpacked');
      const own = await ownTree(fixture(image));
      const shown = name.startsWith('docker') ? shownByExport(own) : own;
      const none = new Map<string, string>();
      expect(describeTree(outcome.tree, none)).toEqual(describeTree(shown, none));
    });
  });
});

/* An export does not tell the root. */
function withoutRoot(row: Row, name: EngineName, tree: Described): Described {
  if (!name.startsWith('docker') || row.ofRoot !== true) return tree;
  const { '.': _, ...rest } = tree;
  return rest;
}

/** Whether the kernel lets us put an overlay together; a container's own root is mostly one itself, and it does not. */
function canMountOverlay(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-overlay-'));
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(folder, name));
    const folders = `lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work`;
    const merged = join(folder, 'merged');
    const mounted = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', folders, merged], { stdio: 'ignore' });
    if (mounted.status === 0) spawnSync('umount', [merged], { stdio: 'ignore' });
    else process.stderr.write('skipping tests with overlays: none can be mounted here\n');
    return mounted.status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
