import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const text = readFileSync(`${root}docs/security.md`, 'utf8');

/** Rows of the tables of threats: `| threat | held by | tests |`. */
const rows = text
  .slice(text.indexOf('\n## Threats'), text.indexOf('\n## Not held'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| threat |'))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map(([, threat = '', held = '', tests = '', ...rest]) => ({ threat, held, tests, rest }));

/** The titles of tests and of groups of tests in a file, as they are written there. */
function titlesOf(file: string): Set<string> {
  const source = readFileSync(`${root}${file}`, 'utf8');
  const titles = new Set<string>();
  /* `test('title'`, `describe.skipIf(…)('title'`, `])('title'`: a text that is the first argument. */
  for (const [, quoted = ''] of source.matchAll(/\(\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"),/g)) {
    titles.add(quoted.slice(1, -1).replace(/\\(.)/g, '$1'));
  }
  return titles;
}

test('there are threats, each with what holds it', () => {
  expect(rows.length).toBeGreaterThan(40);
  for (const { threat, held, rest } of rows) {
    expect(threat).not.toBe('');
    expect([threat, held]).not.toEqual([threat, '']);
    expect([threat, rest]).toEqual([threat, ['']]);
  }
  expect(new Set(rows.map(({ threat }) => threat)).size).toBe(rows.length);
});

describe('each threat has a test that exists', () => {
  test.each(rows.map(({ threat, tests }) => [threat, tests] as const))('%s', (_threat, tests) => {
    const named = tests.split('; ').map((each) => /^`(test\/[\w./-]+\.test\.ts)` "([^"]+)"$/.exec(each));
    expect(named).not.toContain(null);
    for (const match of named) {
      const [, file = '', title = ''] = match ?? [];
      expect([file, existsSync(`${root}${file}`)]).toEqual([file, true]);
      expect([file, title, titlesOf(file).has(title)]).toEqual([file, title, true]);
    }
  });
});
