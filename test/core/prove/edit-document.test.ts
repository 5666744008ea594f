import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../packages/core/src/compare/difference.js';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import { toValue } from '../../../packages/core/src/json/to-value.js';
import type { JsonDocument } from '../../../packages/core/src/json/value.js';
import { relink, writeChanged } from '../../../packages/core/src/prove/edit-document.js';

function documentOf(text: string): JsonDocument {
  return parseJson(Buffer.from(text), { maxDepth: 100, maxBytes: 1e6 });
}

describe('writeChanged', () => {
  const cases: readonly (readonly [before: string, after: Value, text: string])[] = [
    ['{ "a" : 1.0 ,\n"b":[ 1, 2 ]}\n', { a: 1, b: [1, 2] }, '{ "a" : 1.0 ,\n"b":[ 1, 2 ]}\n'],
    ['{ "a" : 1, "b" : 2, "c" : 3 }', { a: 1, c: 3 }, '{ "a" : 1, "c" : 3 }'],
    ['{ "a" : 1, "b" : 2 }', { b: 2 }, '{ "b" : 2 }'],
    ['{ "a" : 1 }', {}, '{  }'],
    ['{}', { a: 'x' }, '{"a":"x"}'],
    ['{"a":1, "b":2}', { a: 1, b: 2, c: [true] }, '{"a":1, "b":2, "c":[true]}'],
    ['[1, 2,  3]', [1, 3], '[1, 3]'],
    ['[1, 2]', [2, 1], '[2, 1]'],
    ['[1, 2]', [1, 2, 3], '[1, 2, 3]'],
    ['[1, 2]', [4], '[4]'],
    ['[ {"a": 1}, {"b": 2},\n3]', [3, { b: 2 }, { a: 1 }], '[ 3, {"b": 2},\n{"a": 1}]'],
    ['[{"a": 1, "b":2}, 3]', [{ a: 1 }, 3], '[{"a": 1}, 3]'],
    ['{"a":"\\u0041","b":"x"}', { a: 'A', b: 'y' }, '{"a":"\\u0041","b":"y"}'],
    ['{"a":{"b":1}}', { a: null }, '{"a":null}'],
    ['{"n":12345678901234567890}', { n: '12345678901234567890' }, '{"n":12345678901234567890}'],
  ];
  test.each(cases)('%s', (before, after, text) => {
    expect(writeChanged(documentOf(before), after)).toBe(text);
  });

  test('the same value is the same text; another value is that value', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 0, max: 3 }), fc.json(), (text, indent, other) => {
        const written = JSON.stringify(JSON.parse(text), undefined, indent);
        const document = documentOf(written);
        expect(writeChanged(document, toValue(document.root))).toBe(written);
        const after = toValue(documentOf(other).root);
        expect(toValue(documentOf(writeChanged(document, after)).root)).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });
});

test('relink: digests wherever they are, sizes and types of their descriptors', () => {
  const text =
    '{"layers":[{"digest":"sha256:a", "size": 1,"mediaType":"t+gzip"},{"digest":"sha256:b","size":1}], "size": 7, "note":["sha256:a"]}';
  const renaming = {
    digests: new Map([['sha256:a', 'sha256:c']]),
    sizes: new Map([['sha256:a', 9]]),
    mediaType: (type: string): string => type.replace('+gzip', ''),
  };
  expect(relink(documentOf(text), renaming)).toBe(
    '{"layers":[{"digest":"sha256:c", "size": 9,"mediaType":"t"},{"digest":"sha256:b","size":1}], "size": 7, "note":["sha256:c"]}',
  );
});
