import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareDocuments, FieldPointers } from '../../../packages/core/src/compare/document.js';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import type { JsonDocument, JsonNode } from '../../../packages/core/src/json/value.js';
import { DEFAULT_LIMITS, type Limits } from '../../../packages/core/src/limits.js';
import { brief, collidingKey, mirrored, sorted } from './support.js';

function parse(text: string, maxBytes = 32 * 1024 ** 2): JsonDocument {
  return parseJson(Buffer.from(text), { maxDepth: 100, maxBytes });
}

function compare(document0: JsonDocument, document1: JsonDocument, limits: Limits = DEFAULT_LIMITS): Finding[] {
  const findings: Finding[] = [];
  compareDocuments(document0, document1, {
    subject: 'config',
    platform: undefined,
    shape: { kind: 'map' },
    skip: new Set(),
    pointers: new FieldPointers(limits, 'the configs'),
    judge: () => ({ excuses: [] }),
    emit: (finding) => findings.push(finding),
  });
  return findings;
}

const findingsOf = (text0: string, text1: string): Finding[] => compare(parse(text0), parse(text1));

describe('what is one difference', () => {
  test.each([
    ['a value', '{"a":1}', '{"a":2}', [['/a', 1, 2]]],
    ['a key on one side', '{}', '{"a":1}', [['/a', null, 1]]],
    ['null and absent', '{}', '{"a":null}', [['/a', null, null]]],
    ['another type', '{"a":1}', '{"a":"1"}', [['/a', 1, '1']]],
    ['a key at any depth', '{"a":{"b":{"c":1}}}', '{"a":{"b":{"c":2}}}', [['/a/b/c', 1, 2]]],
    ['an unknown object on one side', '{}', '{"a":{"b":1,"c":2}}', [['/a', null, { b: 1, c: 2 }]]],
    [
      'maps, one a key',
      '{"m":{"x":1,"y":2,"z":3}}',
      '{"m":{"y":5,"z":3,"w":4}}',
      [
        ['/m/x', 1, null],
        ['/m/y', 2, 5],
        ['/m/w', null, 4],
      ],
    ],
    ['a list, with both lists', '{"l":["a","b"]}', '{"l":["a","c","d"]}', [['/l', ['a', 'b'], ['a', 'c', 'd']]]],
    ['the order of a list', '{"l":["a","b"]}', '{"l":["b","a"]}', [['/l', ['a', 'b'], ['b', 'a']]]],
    ['a list of lists', '{"l":[[1],[2]]}', '{"l":[[1],[3]]}', [['/l', [[1], [2]], [[1], [3]]]]],
    ['a list and an empty one', '{"l":[{"a":1}]}', '{"l":[]}', [['/l', [{ a: 1 }], []]]],
    ['a list of objects, one an element', '{"l":[{"a":1},{"b":1}]}', '{"l":[{"a":1},{"b":2}]}', [['/l/1/b', 1, 2]]],
    ['an object more in a list', '{"l":[{"a":1}]}', '{"l":[{"a":1},{"b":2}]}', [['/l/1', null, { b: 2 }]]],
    ['a mixed list as a whole', '{"l":[{"a":1},2]}', '{"l":[{"a":1},3]}', [['/l', [{ a: 1 }, 2], [{ a: 1 }, 3]]]],
    ['the whole document', '1', '2', [['', 1, 2]]],
    [
      'keys that a pointer must escape',
      '{"a/b":1,"c~d":1,"~1":1,"":1}',
      '{"a/b":2,"c~d":2,"~1":2,"":2}',
      [
        ['/a~1b', 1, 2],
        ['/c~0d', 1, 2],
        ['/~01', 1, 2],
        ['/', 1, 2],
      ],
    ],
    [
      'keys that differ in case are two',
      '{"Foo":1}',
      '{"foo":1}',
      [
        ['/Foo', 1, null],
        ['/foo', null, 1],
      ],
    ],
    [
      'keys of the language',
      '{"__proto__":1,"constructor":{"a":1}}',
      '{"__proto__":2,"constructor":{"a":2}}',
      [
        ['/__proto__', 1, 2],
        ['/constructor/a', 1, 2],
      ],
    ],
    [
      'keys of the language, on one side',
      '{"__proto__":{"a":1}}',
      '{"toString":1}',
      [
        ['/__proto__', JSON.parse('{"a":1}'), null],
        ['/toString', null, 1],
      ],
    ],
    [
      'numbers beyond a double',
      '{"a":9007199254740993}',
      '{"a":9007199254740992}',
      [['/a', '9007199254740993', '9007199254740992']],
    ],
    ['text that looks the same', '{"a":"\\u00e9"}', '{"a":"e\\u0301"}', [['/a', '\u00e9', 'e\u0301']]],
  ])('%s', (_what, text0, text1, differences) => {
    expect(brief(findingsOf(text0, text1))).toEqual(differences);
    expect(sorted(findingsOf(text1, text0))).toEqual(sorted(findingsOf(text0, text1).map(mirrored)));
  });
});

test('a key `__proto__` in a value is a key of the value', () => {
  const [finding] = findingsOf('{}', '{"a":{"__proto__":1}}');
  expect(Object.keys(finding?.values[1] as object)).toEqual(['__proto__']);
});

test('change says which side has it, also where the value is null', () => {
  expect(findingsOf('{}', '{"a":null}')[0]?.change).toBe('added');
  expect(findingsOf('{"a":null}', '{}')[0]?.change).toBe('removed');
  expect(findingsOf('{"a":null}', '{"a":1}')[0]?.change).toBe('modified');
});

describe('equal values in other bytes are a difference of encoding', () => {
  test.each([
    ['white space', '{"a":1}', '{ "a": 1 }'],
    ['a new line at the end', '{"a":1}', '{"a":1}\n'],
    ['the order of keys', '{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['an escape', '{"a":"/"}', '{"a":"\\/"}'],
    ['the spelling of a number', '{"a":1}', '{"a":1.0}'],
    ['the spelling of a key', '{"a":1}', '{"\\u0061":1}'],
  ])('%s', (_what, text0, text1) => {
    const findings = findingsOf(text0, text1);
    expect(findings.map(({ field, excuses }) => [field, excuses])).toEqual([['encoding', [['json-encoding']]]]);
    expect(findings[0]?.values[0]).not.toEqual(findings[0]?.values[1]);
  });

  test('and of documents that differ in a value too', () => {
    expect(
      findingsOf('{"a":1,"b":2}', '{ "a": 3, "b": 2 }')
        .map(({ field }) => field)
        .sort(),
    ).toEqual(['/a', 'encoding']);
  });

  test('but not where only values differ', () => {
    expect(findingsOf('{"a":1,"b":2}', '{"a":33,"b":2}').map(({ field }) => field)).toEqual(['/a']);
    expect(findingsOf('{"a":1}', '{"a":1,"b":2}').map(({ field }) => field)).toEqual(['/b']);
  });
});

test('documents whose bytes differ have a finding, equal ones have none, and swapped sides mirror', () => {
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom(null, true, false, 0, 1, '', 'a', 'b'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '/', '~', '__proto__', '1'), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  const text = fc
    .tuple(values, fc.constantFrom(undefined, 1, '\t'))
    .map(([value, space]) => JSON.stringify(value, null, space));
  fc.assert(
    fc.property(text, text, (text0, text1) => {
      const findings = findingsOf(text0, text1);
      expect(findings.length > 0).toBe(text0 !== text1);
      expect(sorted(findingsOf(text1, text0))).toEqual(sorted(findings.map(mirrored)));
      expect(new Set(findings.map(({ field }) => field)).size).toBe(findings.length);
    }),
    { numRuns: 1000 },
  );
});

describe('hostile documents', () => {
  /* Array indexes that are equal in their lower 16 bits: one bucket of a plain Map before CVE-2026-21717. */
  const colliding = (count: number, value: string): string =>
    `{${Array.from({ length: count }, (_, i) => `"${collidingKey(i)}":${value}`).join()}}`;

  test('60,000 keys that collide in a plain Map are compared in a few seconds', () => {
    const document0 = parse(colliding(60_000, '1'));
    const document1 = parse(colliding(60_000, '2'));
    const started = performance.now();
    expect(compare(document0, document1)).toHaveLength(60_000);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('a deep document costs what its size costs', () => {
    /* How often an element of the list at the bottom is read. */
    const readsOf = (depth: number): number => {
      let reads = 0;
      const counted = (node: JsonNode): JsonNode => {
        if (node.type === 'object') {
          const members = [...node.members].map(
            ([key, member]) => [key, { ...member, value: counted(member.value) }] as const,
          );
          return { ...node, members: new Map(members) };
        }
        if (node.type !== 'array') return node;
        const items = new Proxy([...node.items], {
          get: (target, key, receiver) => {
            if (typeof key === 'string' && /^[0-9]+$/.test(key)) reads++;
            return Reflect.get(target, key, receiver);
          },
        });
        return { ...node, items };
      };
      const nested = (leaf: number): JsonDocument => {
        const text = `${'{"a":'.repeat(depth)}[${'0,'.repeat(1000)}${leaf}]${'}'.repeat(depth)}`;
        const parsed = parse(text);
        return { ...parsed, root: counted(parsed.root) };
      };
      expect(compare(nested(1), nested(2)).map(({ field }) => field)).toEqual(['/a'.repeat(depth)]);
      return reads;
    };
    expect(readsOf(1)).toBeGreaterThan(2000);
    expect(readsOf(95)).toBe(readsOf(1));
  });

  test('a long key above many members that differ ends with the name of the limit', () => {
    const long = 'k'.repeat(100_000);
    const members = (value: number): string =>
      `{"${long}":{${Array.from({ length: 60_000 }, (_, i) => `"m${i}":${value}`).join()}}}`;
    expect(() => findingsOf(members(1), members(2))).toThrow(
      expect.objectContaining({
        code: 'ERR_LIMIT_EXCEEDED',
        message: expect.stringMatching(
          /the configs.*documentDifferenceBytes.*--max-document-difference-bytes/,
        ) as string,
      }),
    );
  });

  test('names are counted in UTF-16, as told, all fields together', () => {
    const [document0, document1] = [parse('{"a":1,"~":1}'), parse('{"a":2,"~":2}')];
    const within = (documentDifferenceBytes: number): Finding[] =>
      compare(document0, document1, { ...DEFAULT_LIMITS, documentDifferenceBytes });
    /* `/a` and `/~0`: five units. */
    expect(within(10)).toHaveLength(2);
    expect(() => within(9)).toThrow(/documentDifferenceBytes/);
  });
});
