import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../packages/core/src/explain/catalogue/index.js';
import type { Cause } from '../../../packages/core/src/explain/cause.js';
import { causesPage } from '../../../scripts/causes-page.mjs';
import { CASES } from './catalogue/index.js';
import type { CauseCase } from './cause-case.js';
import { explainedBy } from './explained-by.js';

function causeOf(id: string): Cause {
  return CATALOGUE.find((cause) => cause.id === id) as Cause;
}

const CONTENT_LIKE = new Set(['content', 'presence']);

describe('the catalogue', () => {
  test('has every cause once, with words for people', () => {
    const ids = CATALOGUE.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const cause of CATALOGUE) {
      expect(cause.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      for (const text of [cause.title, cause.shape, cause.remedy]) expect(text.length).toBeGreaterThan(10);
      expect(cause.where).not.toBe('');
      expect(cause.references.length).toBeGreaterThan(0);
    }
  });

  test('is the page in docs; node scripts/causes-page.mjs makes it anew', () => {
    const page = readFileSync(new URL('../../../docs/causes.md', import.meta.url), 'utf8');
    expect(page).toBe(causesPage(CATALOGUE));
  });

  test('has a case that shows each cause, and one that is near', () => {
    /* What follows from a package needs whole images: test/e2e/packages.test.ts. */
    const shown = CATALOGUE.filter(({ rule }) => rule.what !== 'package');
    expect(CASES.map(({ id }) => id).sort()).toEqual(shown.map(({ id }) => id).sort());
    for (const { id, shows, misses } of CASES) {
      expect(shows.length, id).toBeGreaterThan(0);
      expect(misses.length, id).toBeGreaterThan(0);
    }
  });
});

describe.each(CASES)('$id', ({ id, shows, misses }) => {
  test.each(shows)('is shown by: $what', async (each) => {
    expect(await explainedBy(each)).toContain(id);
  });

  /* Other causes may explain what this one leaves. */
  test.each(misses)('is not: $what', async (each) => {
    expect(await explainedBy(each, [causeOf(id)])).toEqual([]);
  });

  const paths = shows.filter(({ kind }) => CONTENT_LIKE.has(kind)) as Exclude<CauseCase, { kind: 'images' }>[];
  test.runIf(paths.length > 0).each(paths.slice(0, 1))('does not explain just anything at $path', async ({ path }) => {
    const contents = ['one thing that nobody knows\n', 'and quite another\nthing\n'] as const;
    expect(await explainedBy({ kind: 'content', origin: 'written', what: '', path, contents })).toEqual([]);
  });
});
