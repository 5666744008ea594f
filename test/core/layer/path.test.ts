import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizePath } from '../../../packages/core/src/layer/path.js';

test.each([
  ['a name as it should be', 'usr/bin/env', 'usr/bin/env'],
  ['a leading slash', '/etc', 'etc'],
  ['a leading ./', './etc', 'etc'],
  ['several of both', '//././/etc', 'etc'],
  ["a folder's trailing slash", 'etc/', 'etc'],
  ['two of them', 'etc//', 'etc'],
  ['a repeated slash', 'usr//bin', 'usr/bin'],
  ['a step that is a dot', 'usr/./bin', 'usr/bin'],
  ['a dot at the end', 'usr/.', 'usr'],
  ['the root as ./', './', '.'],
  ['the root as .', '.', '.'],
  ['the root as /', '/', '.'],
  ['the root as an empty name', '', '.'],
  ['the root as //.', '//.', '.'],
  ['a hidden file is no dot step', '.profile', '.profile'],
  ['nor is one that ends with a dot', 'a./b.', 'a./b.'],
  ['nor three dots', '.../a', '.../a'],
  ['.. stays: what it means depends on the tree', 'a/../b', 'a/../b'],
  ['leading .. stays', '../a', '../a'],
  ['/.. stays a step', '/../a/', '../a'],
  ['a new line is a byte like any other', 'a\n/./b\n', 'a\n/b\n'],
  ['a backslash is a byte like any other', 'a\\b', 'a\\b'],
  ['bytes above ASCII', '\xff//\xfe', '\xff/\xfe'],
])('%s', (_reason, path, normal) => {
  expect(normalizePath(path)).toBe(normal);
});

test('any spelling of steps is the same path, and a normal path stays', () => {
  const step = fc.string({ unit: fc.constantFrom('a', '.', 'b', '\n'), minLength: 1, maxLength: 4 });
  const steps = fc.array(
    step.filter((text) => text !== '.'),
    { minLength: 1, maxLength: 5 },
  );
  const between = fc.constantFrom('/', '//', '/./', '/././/');
  const lead = fc.constantFrom('', '/', './', './/', '/./');
  const trail = fc.constantFrom('', '/', '//', '/.');
  fc.assert(
    fc.property(steps, lead, between, trail, (names, first, middle, last) => {
      const normal = names.join('/');
      expect(normalizePath(first + names.join(middle) + last)).toBe(normal);
      expect(normalizePath(normal)).toBe(normal);
    }),
  );
});

test('a megabyte of slashes takes no time', () => {
  const started = performance.now();
  expect(normalizePath(`${'/.'.repeat(500_000)}a`)).toBe('.a');
  expect(normalizePath(`${'/'.repeat(1_000_000)}a`)).toBe('a');
  expect(performance.now() - started).toBeLessThan(15_000);
});
