import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../packages/core/src/explain/catalogue/index.js';
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

/** Causes that explain what rewriting one side alone does not take away; see docs/proof.md. */
const STAYS: ReadonlySet<string> = new Set(['index-around-image', 'platform-missing', 'mount-points']);

/*
 * What normalisers take out beside what their causes claim: the files of a COPY between two lines of one wording, the mode
 * of what is another kind of file on either side; see docs/proof.md.
 */
const TAKEN: readonly (readonly [cause: string, RegExp])[] = [
  ['history-wording', /\/history\/\d+\/created_by$/],
  ['write-for-all', / mode$/],
  ['executable-bits', / mode$/],
  ['set-id-bits', / mode$/],
];

/* What differs, without how: something may be taken out of one side's value. Squashing leaves one layer. */
function thing({ platform, subject, layer, layers, path, field }: Difference, squashed: boolean): string {
  return [platform, subject, squashed ? '' : (layer ?? layers), path, field].join(' ');
}

function ofFiles(differences: readonly Difference[]): string[] {
  const files = differences.filter(({ subject }) => subject === 'file');
  return files.map(({ path, field, change }) => `${path} ${field} ${change}`).sort();
}

function isSquashed(id: string): boolean {
  const rule = CATALOGUE.find((cause) => cause.id === id)?.rule;
  return rule?.what === 'finding' && rule.normaliser.squash === true;
}

describe.each(PAIRS)('%s, %s', (name0, name1) => {
  const references = [fixture(name0), fixture(name1)] as const;
  const allPlatforms = name0.startsWith('multi') && name1.startsWith('multi');

  test('strict: rewriting alone hides nothing and adds nothing', async () => {
    const forced = IDENTITY.map(({ id }) => id);
    const { report, proof } = await proved(references, { catalogue: IDENTITY, forced, allPlatforms });
    expect(report.failures).toEqual([]);
    expect(proof.failure).toBeUndefined();
    expect(proof.causes).toEqual(forced);
    expect(places(proof.residual)).toEqual(places(countedOf(report)));
  });

  test.each(['strict', 'semantic'] as const)('%s: what is left is what no cause explains', async (mode) => {
    const { report, proof } = await proved(references, { mode, allPlatforms });
    expect(proof.failure).toBeUndefined();
    const squashed = proof.causes.some(isSquashed);
    const left = proof.residual.map((each) => thing(each, squashed));
    /* Nothing is left that was not found and, but for causes that no normaliser takes out, not explained. */
    const mayBeLeft = report.differences
      .filter(
        ({ cause, ignoredBy }) => cause === undefined || STAYS.has(cause) || (squashed && ignoredBy !== undefined),
      )
      .map((each) => thing(each, squashed));
    expect(left.filter((each) => !mayBeLeft.includes(each))).toEqual([]);
    /* What is not explained is left. Squashed, of files what the last tree shows, and of layers nothing. */
    const { report: tree } = squashed ? await proved(references, { mode: 'semantic', allPlatforms }) : { report };
    const ofFiles = unexplained(tree).filter(({ subject }) => subject === 'file');
    const others = unexplained(report).filter(
      ({ subject }) => subject !== 'file' && !(squashed && subject === 'layer'),
    );
    const mustBeLeft = [...ofFiles, ...others].map((each) => thing(each, squashed));
    const isTaken = (each: string): boolean =>
      TAKEN.some(([cause, pattern]) => proof.causes.includes(cause) && pattern.test(each));
    expect(mustBeLeft.filter((each) => !left.includes(each) && !isTaken(each))).toEqual([]);
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
    expect(ofFiles(proof.residual)).toEqual(ofFiles(countedOf(report)));
  });
});
