import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fixture } from '../../support/fixtures.js';
import { type Built, buildImage, layoutMembers, packMembers } from '../../support/images.js';
import { CASES } from '../explain/catalogue/index.js';
import type { ImageInput } from '../explain/cause-case.js';
import { places, proved } from './support.js';

/* What shows a cause of documents, headers or layers: its normaliser takes away what the cause explains. */
const folder = mkdtempSync(join(tmpdir(), 'ocidiff-prove-cases-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

async function reference(image: ImageInput): Promise<string> {
  if (typeof image === 'string') return fixture(image);
  const made = typeof image === 'function' ? await image() : image;
  const built: Built = 'descriptor' in made ? made : await buildImage(made);
  const path = join(folder, `${files++}.tar`);
  writeFileSync(path, await packMembers(layoutMembers(built)));
  return path;
}

/** What rewriting one side alone does not take away; see docs/proof.md. */
const STAYS: ReadonlySet<string> = new Set(['index-around-image', 'platform-missing']);

const SHOWN = CASES.flatMap(({ id, shows }) =>
  shows.flatMap((each) => (each.kind === 'images' ? [{ id, what: each.what, images: each.images }] : [])),
);

test.each(SHOWN)('$id: $what', async ({ id, images: [image0, image1] }) => {
  const references = [await reference(image0), await reference(image1)] as const;
  const { report, proof } = await proved(references, { allPlatforms: true });
  const explained = report.differences.filter(({ cause, ignoredBy }) => ignoredBy === undefined && cause === id);
  expect(explained.length).toBeGreaterThan(0);
  expect(proof.failure).toBeUndefined();
  const left = new Set(places(proof.residual));
  expect(places(explained).filter((each) => left.has(each))).toEqual(STAYS.has(id) ? places(explained) : []);
});
