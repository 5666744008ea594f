import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathPattern } from '../../../packages/core/src/compare/path-pattern.js';

const picomatch = createRequire(new URL('../../../packages/core/package.json', import.meta.url))('picomatch') as (
  glob: string,
  options: object,
) => (path: string) => boolean;
const OPTIONS = { dot: true, nonegate: true, strictSlashes: true, windows: false, flags: 's' };

/* Steps that images have: none is empty, `.` or `..`. */
const stepOf = (characters: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...characters), { minLength: 1, maxLength: 5 }).map((all) => all.join(''));
const steps = (characters: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(stepOf(characters), { minLength: 1, maxLength: 5 })
    .filter((all) => all.every((step) => !/^\.+$/.test(step)))
    .map((all) => all.join('/'));

describe('means what picomatch means', () => {
  test.each([
    ['names and wildcards', ['a', 'b', '.', '*', '?']],
    ['many wildcards', ['a', '*', '**/', '/**']],
    ['braces', ['a', 'b', '*', '{a,b}', '{a/b,*}', '{,b}', '{a,**}']],
    ['what is left to it', ['a', 'b', '*', '[ab]', '!(a)', '@(a|b)', '\\*', '**', '{a..c}', '{a}', '(', '+']],
  ])('%s', (_what, characters) => {
    fc.assert(
      fc.property(steps(characters), steps(['a', 'b', '.', 'ab', 'é', '\n']), (glob, path) => {
        fc.pre((glob.match(/\{/g) ?? []).length <= 5);
        fc.pre(!/[*+]\(|[)}]\+/.test(glob));
        const [own, theirs] = [pathPattern(glob)(path), picomatch(glob, OPTIONS)];
        /* `x/**` takes `x`, too. */
        const isFolder = own && glob.includes('/**') && theirs(`${path}/below`);
        expect(own).toBe(theirs(path) || isFolder);
      }),
      { seed: 20261127, numRuns: 3_000 },
    );
  });

  test.each(['*', '**', '.*', '**/.', '.'])('of the root: %s', (glob) => {
    expect(pathPattern(glob)('.')).toBe(picomatch(glob, OPTIONS)('.'));
  });
});

/* Each took seconds by picomatch's expressions, for one path. */
test.each([
  ['**/a/**/b/**/c', 'a/b/'.repeat(4000)],
  ['*a*b.log', 'ab'.repeat(40_000)],
  ['**/*a*a*a*a*b', 'a/'.repeat(20_000)],
  ['**/{a,b}*{a,b}*{a,b}*c', 'ab'.repeat(40_000)],
  ['+(ab|cd)+(ab|cd)b', 'ab'.repeat(40_000)],
  ['*.+(gz|xz|log)', `a.${'gz'.repeat(500)}!`],
])('%s takes no time on a hostile path', (glob, path) => {
  const matches = pathPattern(glob);
  const before = process.cpuUsage();
  expect(matches(path)).toBe(false);
  expect(process.cpuUsage(before).user).toBeLessThan(500_000);
});

/* Each takes twice the time for each character more of a path such as `.log.log.log…x`: 3 s for 26 times `.log`. */
test.each([
  '*(*.log|*.txt)',
  '+(*.log)',
  '+(a|aa)',
  '*([a-z]|[a-z0-9])x',
  '{a,b}*(*a)',
  '+(+(a))',
  '+(|a)',
  '*(a',
  '(a|aa)+',
  '{a,aa}+',
])('refuses what may take for ever: %s', (glob) => {
  expect(() => pathPattern(glob)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
});

test.each([
  ['*.+(gz|xz)', 'a.gzxz'],
  ['*(log)', 'loglog'],
  ['@(a|b)*', 'bcd'],
  ['!(a).js', 'b.js'],
  ['\\+(*)', '+(x)'],
])('%s is none of these', (glob, path) => {
  expect(pathPattern(glob)(path)).toBe(true);
  expect(picomatch(glob, OPTIONS)(path)).toBe(true);
});

test.each(['{a,b}'.repeat(12), `${'a'.repeat(5000)}`])('refuses what stands for too much', (glob) => {
  expect(() => pathPattern(glob)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
});
