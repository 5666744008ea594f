import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Difference } from '../../../packages/core/src/index.js';
import { FIXTURE_PAIRS } from '../../e2e/support.js';
import { fixture } from '../../support/fixtures.js';
import { countedOf, places, planted, proved, unexplained } from './support.js';

/* Real images against each other, as the truth tables of fixtures/README.md pair them, and all of one family in a row. */
const OWN = readdirSync(fixture('.'))
  .filter((name) => name.startsWith('own-'))
  .sort();
const PAIRS: readonly (readonly [string, string])[] = [
  ...FIXTURE_PAIRS,
  ...OWN.slice(1).map((name, i) => [OWN[i] as string, name] as const),
];

/* Causes that are asked about everything and change nothing. */
const IDENTITY = [
  planted('nothing-in-contents', {
    what: 'content',
    paths: ['**'],
    normalise: ({ content }) => new Uint8Array(content),
  }),
  planted('nothing-in-entries', {
    what: 'finding',
    subjects: [],
    covers: () => false,
    normaliser: { entry: () => true, document: (_, value) => value },
  }),
];

describe.each(PAIRS)('%s, %s', (name0, name1) => {
  const references = [fixture(name0), fixture(name1)] as const;
  const allPlatforms = name0.startsWith('multi') && name1.startsWith('multi');

  test.each(['strict', 'semantic'] as const)('%s: rewriting alone hides nothing and adds nothing', async (mode) => {
    const forced = IDENTITY.map(({ id }) => id);
    const { report, proof } = await proved(references, { mode, catalogue: IDENTITY, forced, allPlatforms });
    expect(report.failures).toEqual([]);
    expect(proof.failure).toBeUndefined();
    expect(proof.causes).toEqual(forced);
    expect(places(proof.residual)).toEqual(places(countedOf(report)));
  });

  test.each(['strict', 'semantic'] as const)('%s: what is left is what no cause explains', async (mode) => {
    const { report, proof } = await proved(references, { mode, allPlatforms });
    expect(proof.failure).toBeUndefined();
    expect(places(proof.residual)).toEqual(places(unexplained(report)));
  });

  test('semantic: squashed, the last trees differ in the same', async () => {
    const squash = planted('squash', {
      what: 'finding',
      subjects: [],
      covers: () => false,
      normaliser: { squash: true },
    });
    const options = { mode: 'semantic', catalogue: [squash], forced: ['squash'], allPlatforms } as const;
    const { report, proof } = await proved(references, options);
    expect(proof.failure).toBeUndefined();
    const ofFiles = (differences: readonly Difference[]): string[] =>
      differences
        .filter(({ subject }) => subject === 'file')
        .map(({ path, field, change }) => `${path} ${field} ${change}`)
        .sort();
    expect(ofFiles(proof.residual)).toEqual(ofFiles(countedOf(report)));
  });
});
