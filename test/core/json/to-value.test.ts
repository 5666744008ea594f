import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonEqual, toValue } from '../../../packages/core/src/json/to-value.js';
import { parse } from './support.js';

const equal = (a: string, b: string) => jsonEqual(parse(a).root, parse(b).root);

describe('toValue', () => {
  test.each([
    ['an integer', '12', 12],
    ['the greatest safe integer', '9007199254740991', 9007199254740991],
    ['2^53, the same double as 2^53 + 1', '9007199254740992', '9007199254740992'],
    ['2^53 + 1', '9007199254740993', '9007199254740993'],
    ['the least safe integer', '-9007199254740991', -9007199254740991],
    ['-2^53', '-9007199254740992', '-9007199254740992'],
    ['an integer beyond 2^53 by its exponent', '1e21', '1e21'],
    ['an integer by its exponent', '12e2', 1200],
    ['an integer with a fraction', '1.0', 1],
    ['a fraction with the text of its double', '0.1', 0.1],
    ['a fraction with trailing zeros', '0.100', 0.1],
    ['a fraction with more digits than its double', '0.1000000000000000055', '0.1000000000000000055'],
    ['a small fraction', '5e-324', 5e-324],
    ['below the smallest', '1e-400', '1e-400'],
    ['above the greatest', '1e400', '1e400'],
    ['an exponent beyond all', '1e999999999999999999999', '1e999999999999999999999'],
    ['zero', '0', 0],
    ['minus zero', '-0.0e5', 0],
    ['a string of digits', '"9007199254740993"', '9007199254740993'],
  ])('%s', (_reason, text, value) => {
    expect(toValue(parse(text).root)).toBe(value);
  });

  test('__proto__ and its like are plain keys and survive JSON.stringify', () => {
    const text = '{"__proto__":{"polluted":true},"constructor":1,"toString":[{"__proto__":null}]}';
    const value = toValue(parse(text).root) as Record<string, unknown>;
    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(null);
    expect('polluted' in {}).toBe(false);
  });

  test('canonical JSON comes out as it went in', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const plain = JSON.parse(text) as unknown;
        const safe = JSON.stringify(plain, (_key, part: unknown) =>
          typeof part === 'number' && Number.isInteger(part) && !Number.isSafeInteger(part) ? String(part) : part,
        );
        expect(JSON.stringify(toValue(parse(safe).root))).toBe(safe);
      }),
    );
  });
});

describe('jsonEqual', () => {
  test.each([
    ['fraction of zero', '1', '1.0', true],
    ['exponent of zero', '1', '1e0', true],
    ['shifted', '1', '10e-1', true],
    ['shifted the other way', '1', '0.1e1', true],
    ['shifted far', '100', '0.00001E+7', true],
    ['exponent with leading zeros', '1e5', '1E+0005', true],
    ['signs', '1', '-1', false],
    ['zero has no sign', '0', '-0', true],
    ['zero has no exponent', '0', '0.00e99999999999999999999', true],
    ['zero and not', '0', '1e-99999999999999999999', false],
    ['the same double', '9007199254740993', '9007199254740992', false],
    ['the same double, a fraction', '0.1', '0.1000000000000000055', false],
    ['both infinite as doubles', '1e999', '1e998', false],
    ['huge exponents, never expanded', '1e999999999', '10e999999998', true],
    ['huge exponents that differ', '1e999999999', '10e999999999', false],
    ['exponents beyond 2^53', '1e9007199254740993', '10e9007199254740992', true],
    ['exponents beyond 2^53 that are one double', '1e9007199254740993', '1e9007199254740992', false],
    ['exponents beyond 2^53, negative', '1e-9007199254740993', '0.1e-9007199254740992', true],
    ['exponents beyond 2^53, with other signs', '1e9007199254740993', '1e-9007199254740993', false],
    ['a carry through all chunks', `1e1${'0'.repeat(45)}`, `10e${'9'.repeat(45)}`, true],
    ['a carry through all chunks, negative', `1e-1${'0'.repeat(45)}`, `0.1e-${'9'.repeat(45)}`, true],
    ['a borrow through all chunks', `10e${'9'.repeat(45)}`, `1e1${'0'.repeat(45)}`, true],
    ['a carry that is not there', `1e1${'0'.repeat(45)}`, `1e${'9'.repeat(45)}`, false],
    ['a carry at the edge of one chunk', '1e1000000000000000', '10e999999999999999', true],
    ['zeros in the middle', '1001', '1.001e3', true],
    ['zeros in the middle that differ', '1001', '1.01e3', false],
    ['number and string', '1', '"1"', false],
    ['null and false', 'null', 'false', false],
    ['null and 0', 'null', '0', false],
    ['array and object', '[]', '{}', false],
    ['escapes', '"\\u002f\\u00e9"', '"/é"', true],
    ['strings are not normalised', '"\\u00e9"', '"e\\u0301"', false],
    ['lone surrogates', '"\\ud800"', '"\\ud801"', false],
    ['order of keys', '{"a":1,"b":2}', '{"b":2,"a":1}', true],
    ['escaped keys', '{"a":1}', '{"\\u0061":1}', true],
    ['other keys', '{"a":1}', '{"b":1}', false],
    ['fewer keys', '{"a":1}', '{"a":1,"b":2}', false],
    ['keys that objects have', '{"toString":1}', '{"a":1}', false],
    ['order of items', '[1,2]', '[2,1]', false],
    ['fewer items', '[1]', '[1,1]', false],
    ['deep', '[{"a":[{"b":1}]}]', '[{"a":[{"b":2}]}]', false],
  ])('%s: %s and %s: %s', (_reason, a, b, expected) => {
    expect(equal(a, b)).toBe(expected);
    expect(equal(b, a)).toBe(expected);
  });

  test('numbers of millions of digits are compared in linear time', () => {
    const zeros = '0'.repeat(4_000_000);
    const start = performance.now();
    expect(equal(`1.${zeros}1`, `1.${zeros}2`)).toBe(false);
    expect(equal(`1${zeros}`, '1e4000000')).toBe(true);
    expect(equal(`1e1${zeros}`, `10e${'9'.repeat(4_000_000)}`)).toBe(true);
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  test('agrees with exact fractions', () => {
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.constantFrom('0', '1', '10', '100', '12', '120'),
        fc.constantFrom('', '.0', '.1', '.10', '.12', '.012'),
        fc.constantFrom('', 'e0', 'E1', 'e+2', 'e-1', 'e-02'),
      )
      .map((parts) => parts.join(''));
    const scaled = (text: string): bigint => {
      const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
      const [integer = '', fraction = ''] = mantissa.replace('-', '').split('.');
      const value = BigInt(integer + fraction) * 10n ** BigInt(10 - fraction.length + Number(exponent));
      return text.startsWith('-') ? -value : value;
    };
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(equal(a, b)).toBe(scaled(a) === scaled(b));
      }),
      { numRuns: 2000 },
    );
  });

  test('agrees with canonical JSON', () => {
    const value = fc.jsonValue({ maxDepth: 3, noUnicodeString: true, stringUnit: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(value, value, fc.boolean(), (a, other, same) => {
        const b = same ? a : other;
        expect(equal(JSON.stringify(a), JSON.stringify(reversed(b)))).toBe(canonical(a) === canonical(b));
      }),
      { numRuns: 500 },
    );
  });
});

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${members.sort().join(',')}}`;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
}
