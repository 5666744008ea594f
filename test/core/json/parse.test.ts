import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import { toValue } from '../../../packages/core/src/json/to-value.js';
import type { JsonNode, JsonObject } from '../../../packages/core/src/json/value.js';
import { failureOf, OPTIONS, parse, print, written } from './support.js';

describe('accepts what RFC 8259 allows', () => {
  test.each([
    ['section 2: any value at the top: string', '"a"', 'a'],
    ['section 2: any value at the top: number', '7', 7],
    ['section 2: any value at the top: literal', 'null', null],
    ['section 2: white space is space, tab, line feed, carriage return', ' \t\n\r1 \t\n\r', 1],
    ['section 2: white space around every structural character', ' { "a" : [ 1 , 2 ] } ', { a: [1, 2] }],
    ['section 3: literals', '[true,false,null]', [true, false, null]],
    ['section 4: empty object', '{}', {}],
    ['section 4: empty object with white space', '{ \n }', {}],
    ['section 4: empty key', '{"":1}', { '': 1 }],
    ['section 4: keys that differ only in case are different', '{"a":1,"A":2}', { a: 1, A: 2 }],
    ['section 4: the same key in different objects', '[{"a":1},{"a":{"a":2}}]', [{ a: 1 }, { a: { a: 2 } }]],
    [
      'section 4: keys are not normalised (é composed and decomposed)',
      '{"\\u00e9":1,"e\\u0301":2}',
      { '\u00e9': 1, 'e\u0301': 2 },
    ],
    ['section 5: empty array', '[]', []],
    ['section 5: values of different types', '[1,"a",[],{}]', [1, 'a', [], {}]],
    ['section 6: zero', '0', 0],
    ['section 6: minus zero', '-0', 0],
    ['section 6: zero with fraction', '0.5', 0.5],
    ['section 6: negative', '-12', -12],
    ['section 6: exponent', '1e2', 100],
    ['section 6: exponent in upper case with plus', '1E+2', 100],
    ['section 6: negative exponent with leading zeros', '1e-02', 0.01],
    ['section 6: zero with exponent', '0e5', 0],
    ['section 7: every short escape', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['section 7: \\u with digits in either case', '"\\u00e9\\u00E9"', 'éé'],
    ['section 7: escaped control character', '"\\u0000\\u001f"', '\u0000\u001f'],
    ['section 7: surrogate pair', '"\\uD834\\uDD1E"', '\u{1d11e}'],
    ['section 8.2: a lone surrogate is in the grammar', '"\\ud800"', '\ud800'],
    ['section 8.2: surrogates in the wrong order too', '"\\udc00\\ud800"', '\udc00\ud800'],
    ['section 7: DEL is no control character here', '"\u007f"', '\u007f'],
    ['section 7: U+2028 and U+2029 may stand unescaped', '"\u2028\u2029"', '\u2028\u2029'],
    ['section 7: non-characters may stand unescaped', '"\uffff\u{10ffff}"', '\uffff\u{10ffff}'],
    ['section 8.1: U+FEFF within a string is a character', '"\ufeff"', '\ufeff'],
    ['section 8.1: U+FFFD that the bytes spell out', '"\ufffd"', '\ufffd'],
  ])('%s', (_reason, text, value) => {
    expect(toValue(parse(text).root)).toEqual(value);
  });
});

describe('refuses everything else', () => {
  test.each([
    ['section 2: nothing', '', 0, 'there is no value'],
    ['section 2: only white space', ' \n', 2, 'there is no value'],
    ['section 2: two values', '1 2', 2, 'after the end'],
    ['section 2: text after the value', '{}x', 2, 'after the end'],
    ['section 2: a bracket too many', '[]]', 2, 'after the end'],
    ['section 2: form feed is no white space', '\f1', 0, 'expected a value'],
    ['section 2: no-break space is no white space', '\u00a01', 0, 'expected a value'],
    ['section 2: comment', '[1/*x*/]', 2, "expected ',' or ']'"],
    ['section 3: literal in another case', 'True', 0, 'expected a value'],
    ['section 3: literal cut off', '[nul', 1, 'expected a value'],
    ['section 3: literal with more behind it', 'nullx', 4, 'after the end'],
    ['section 4: key without quotes', '{a:1}', 1, 'expected a key'],
    ['section 4: key in single quotes', "{'a':1}", 1, 'expected a key'],
    ['section 4: key that is a number', '{1:1}', 1, 'expected a key'],
    ['section 4: no colon', '{"a" 1}', 5, "expected ':'"],
    ['section 4: no value', '{"a":}', 5, 'expected a value'],
    ['section 4: trailing comma', '{"a":1,}', 7, 'expected a key'],
    ['section 4: leading comma', '{,"a":1}', 1, 'expected a key'],
    ['section 4: no comma', '{"a":1 "b":2}', 7, "expected ',' or '}'"],
    ['section 4: closed as an array', '{"a":1]', 6, "expected ',' or '}'"],
    ['section 4: not closed', '{"a":1', 6, 'found the end'],
    ['section 4: not closed after the brace', '{', 1, 'found the end'],
    ['section 5: trailing comma', '[1,]', 3, 'expected a value'],
    ['section 5: leading comma', '[,1]', 1, 'expected a value'],
    ['section 5: two commas', '[1,,2]', 3, 'expected a value'],
    ['section 5: no comma', '[1 2]', 3, "expected ',' or ']'"],
    ['section 5: colon', '["a":1]', 4, "expected ',' or ']'"],
    ['section 5: closed as an object', '[1}', 2, "expected ',' or ']'"],
    ['section 5: not closed', '[1', 2, 'found the end'],
    ['section 6: leading zero', '01', 0, 'a leading zero'],
    ['section 6: leading zero after minus', '-01', 1, 'a leading zero'],
    ['section 6: no digit after the point', '1.', 2, 'after the decimal point'],
    ['section 6: no digit after the point but an exponent', '1.e5', 2, 'after the decimal point'],
    ['section 6: no digit before the point', '.5', 0, 'expected a value'],
    ['section 6: plus sign', '+1', 0, 'expected a value'],
    ['section 6: minus alone', '-', 1, 'after the minus sign'],
    ['section 6: minus before a letter', '-x', 1, 'after the minus sign'],
    ['section 6: no digit in the exponent', '1e', 2, 'in the exponent'],
    ['section 6: only a sign in the exponent', '1e+', 3, 'in the exponent'],
    ['section 6: NaN', 'NaN', 0, 'expected a value'],
    ['section 6: Infinity', '-Infinity', 1, 'after the minus sign'],
    ['section 6: hexadecimal', '0x1', 1, 'after the end'],
    ['section 6: digits of another script', '\u0661', 0, 'expected a value'],
    ['section 7: not closed', '["abc', 1, 'does not end'],
    ['section 7: closing quote escaped', '"\\"', 0, 'does not end'],
    ['section 7: line feed', '"a\nb"', 2, 'control character U+000A'],
    ['section 7: NUL', '"\u0000"', 1, 'control character U+0000'],
    ['section 7: tab in a key', '{"\t":1}', 2, 'control character U+0009'],
    ['section 7: unknown escape', '"\\x41"', 1, 'invalid escape'],
    ['section 7: escape in upper case', '"\\N"', 1, 'invalid escape'],
    ['section 7: too few digits', '"\\u12"', 1, 'invalid escape'],
    ['section 7: a digit that is none', '"\\u00g0"', 1, 'invalid escape'],
    ['section 7: U in upper case', '"\\U0041"', 1, 'invalid escape'],
    ['section 7: nothing after the backslash', '"\\', 1, 'invalid escape'],
    ['section 7: single quotes', "'a'", 0, 'expected a value'],
    ['offsets are bytes: é is two', '["é",é]', 6, 'expected a value'],
    ['offsets are bytes: U+1D11E is four, and one character in the message', '["a",\u{1d11e}]', 5, 'found "\u{1d11e}"'],
  ])('%s', (_reason, text, offset, message) => {
    const error = failureOf(() => parse(text));
    expect({ code: error.code, location: error.location }).toEqual({ code: 'ERR_JSON_INVALID', location: { offset } });
    expect(error.message).toContain(message);
  });

  test.each([
    ['a byte that starts nothing', [0x22, 0xff, 0x22], 1],
    ['a continuation byte alone', [0x22, 0x80, 0x22], 1],
    ['a sequence cut off', [0x22, 0x61, 0xe2, 0x82, 0x22], 2],
    ['a sequence cut off at the end of the text', [0x22, 0xf0, 0x9f], 1],
    ['overlong encoding of /', [0x22, 0xc0, 0xaf, 0x22], 1],
    ['encoded surrogate (CESU-8)', [0x22, 0xed, 0xa0, 0x80, 0x22], 1],
    ['above U+10FFFF', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 1],
    ['behind a U+FFFD that is there rightly', [0x22, 0xef, 0xbf, 0xbd, 0xc3, 0xa9, 0xef, 0xbf, 0xbd, 0xff, 0x22], 9],
    ['UTF-16, little endian with a mark', [0xff, 0xfe, 0x31, 0x00], 0],
  ])('not UTF-8: %s', (_reason, bytes, offset) => {
    const error = failureOf(() => parseJson(Uint8Array.from(bytes), OPTIONS));
    expect(error.code).toBe('ERR_JSON_INVALID');
    expect(error.message).toContain('not UTF-8');
    expect(error.location).toEqual({ offset });
  });

  test('section 8.1: a byte-order mark', () => {
    const error = failureOf(() => parse('\ufeff{}'));
    expect(error.code).toBe('ERR_JSON_INVALID');
    expect(error.message).toContain('byte-order mark');
    expect(error.location).toEqual({ offset: 0 });
  });

  test.each([
    ['other values', '{"a":1,"a":2}', 7, '/a'],
    ['equal values', '{"a":1,"a":1}', 7, '/a'],
    ['one of them escaped', '{"a":1,"\\u0061":2}', 7, '/a'],
    ['not next to each other', '{"a":1,"b":{},"a":2}', 14, '/a'],
    ['__proto__', '{"__proto__":1,"__proto__":2}', 15, '/__proto__'],
    ['empty', '{"":1,"":2}', 6, '/'],
    ['deeper, in an array', '{"x/y":[0,{"a":1,"a":2}]}', 17, '/x~1y/1/a'],
  ])('section 4: duplicate key: %s', (_reason, text, offset, place) => {
    const error = failureOf(() => parse(text));
    expect(error.code).toBe('ERR_JSON_INVALID');
    expect(error.message).toContain('duplicate key');
    expect(error.message).toContain(`(at ${place})`);
    expect(error.location).toEqual({ offset });
  });

  test('a message stays short where a key does not', () => {
    const error = failureOf(() => parse(`{"${'k'.repeat(100_000)}":?}`));
    expect(error.message.length).toBeLessThan(1000);
  });
});

describe('limits', () => {
  test.each([
    ['arrays at the limit', 3, '[[[]]]', true],
    ['arrays beyond it', 3, '[[[[]]]]', false],
    ['objects at the limit', 2, '{"a":{"b":1}}', true],
    ['objects beyond it', 2, '{"a":{"b":{}}}', false],
    ['depth is not count', 2, '[[],[],[],{},[1]]', true],
    ['a scalar has depth 0', 0, '1', true],
    ['an array has depth 1', 0, '[]', false],
  ])('depth: %s', (_reason, maxDepth, text, accepted) => {
    const run = () => parseJson(Buffer.from(text), { maxDepth, maxBytes: 100 });
    if (accepted) {
      expect(run().text).toBe(text);
      return;
    }
    const error = failureOf(run);
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain(`nested deeper than ${maxDepth}, the limit jsonDepth`);
  });

  test('the greatest depth can be walked, a greater one cannot be asked for', () => {
    const bytes = Buffer.from(`${'['.repeat(1000)}${']'.repeat(1000)}`);
    const document = parseJson(bytes, { maxDepth: 1000, maxBytes: 2000 });
    expect(JSON.stringify(toValue(document.root))).toBe(document.text);
    expect(failureOf(() => parseJson(bytes, { maxDepth: 1001, maxBytes: 2000 })).code).toBe('ERR_OPTION_INVALID');
  });

  test('bytes', () => {
    expect(parseJson(Buffer.from('[1]'), { maxDepth: 1, maxBytes: 3 }).text).toBe('[1]');
    const error = failureOf(() => parseJson(Buffer.from('[12]'), { maxDepth: 1, maxBytes: 3 }));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('more than 3, the limit documentBytes (raise it with --max-document-bytes)');
  });
});

describe('what the nodes know', () => {
  test('spans, number text, decoded keys and strings', () => {
    const document = parse(' {"\\u0061" : [1.50, "x\\n"]} ');
    expect(document.root).toEqual({
      type: 'object',
      start: 1,
      end: 27,
      members: new Map([
        [
          'a',
          {
            keyStart: 2,
            keyEnd: 10,
            value: {
              type: 'array',
              start: 13,
              end: 26,
              items: [
                { type: 'number', start: 14, end: 18, text: '1.50' },
                { type: 'string', start: 20, end: 25, value: 'x\n' },
              ],
            },
          },
        ],
      ]),
    });
  });

  test('__proto__, constructor and numbers are keys like any other, in source order', () => {
    const { members } = parse('{"b":1,"__proto__":{"x":1},"2":0,"constructor":2,"1":0}').root as JsonObject;
    expect([...members.keys()]).toEqual(['b', '__proto__', '2', 'constructor', '1']);
  });

  test('an object with many numbers for keys behaves as any other', () => {
    const keys = Array.from({ length: 500 }, (_, index) => String(500 - index));
    const { members } = parse(`{${keys.map((key) => `"${key}":${key}`).join(',')},"x":0}`).root as JsonObject;
    const all = [...keys, 'x'];
    const seen: string[] = [];
    members.forEach((_member, key) => {
      seen.push(key);
    });
    expect(members.size).toBe(501);
    expect([...members.keys()]).toEqual(all);
    expect([...members].map(([key]) => key)).toEqual(all);
    expect([...members.entries()].map(([key]) => key)).toEqual(all);
    expect(seen).toEqual(all);
    expect(members.get('7')?.value).toMatchObject({ type: 'number', text: '7' });
    expect([members.has('500'), members.has('501'), members.has('k500')]).toEqual([true, false, false]);
    const twice = `{${keys.map((key) => `"${key}":0`).join(',')},"250":0}`;
    expect(failureOf(() => parse(twice)).message).toContain('duplicate key "250"');
  });

  test.each([
    ['none', '{"a":1,"b":{"A":2}}', []],
    ['a pair', '{"mediaType":1,"MediaType":2}', [['/mediaType', '/MediaType']]],
    [
      'three of a kind, each with the first',
      '{"ab":1,"Ab":2,"aB":3}',
      [
        ['/ab', '/Ab'],
        ['/ab', '/aB'],
      ],
    ],
    ['deeper, with steps to escape', '[{"x/":{"~":0,"É":1,"é":2}}]', [['/0/x~1/É', '/0/x~1/é']]],
    ['the Kelvin sign is a k', '{"k":1,"\u212a":2}', [['/k', '/\u212a']]],
    ['long s is an s, as in Go', '{"layers":1,"layer\u017f":2}', [['/layers', '/layer\u017f']]],
    ['ß is not ss', '{"ß":1,"ss":2}', []],
  ])('keys that differ only in case: %s', (_reason, text, twins) => {
    expect(parse(text).caseTwins).toEqual(twins);
  });

  test('a hostile number of such keys is not told to the end', () => {
    const long = 'k'.repeat(1000);
    const pairs = Array.from({ length: 1000 }, (_, index) => `"a${index}":0,"A${index}":0`).join(',');
    const { caseTwins } = parse(`{"${long}":{${pairs}}}`);
    expect(caseTwins[0]).toEqual([`/${long}/a0`, `/${long}/A0`]);
    expect(caseTwins.length).toBeLessThan(50);
  });
});

describe('against JSON.parse', () => {
  test('the same texts are accepted, with the same values', () => {
    fc.assert(
      fc.property(written, (node) => {
        const text = print(node);
        expect(rounded(parse(text).root)).toEqual(JSON.parse(text));
      }),
    );
  });

  const pieces = '{ } [ ] , : " \\ / u 0 1 - + . e E true null fals x a é'.split(' ');
  const piece = fc.constantFrom(
    ...pieces,
    ' ',
    '\n',
    '\t',
    '\f',
    '\u0000',
    '\ufeff',
    '"a"',
    '"b":',
    '\\u00',
    '[]',
    '{}',
  );

  test.each([
    ['from pieces', fc.array(piece, { maxLength: 12 }).map((all) => all.join(''))],
    [
      'mutated',
      fc
        .tuple(written, fc.nat(), fc.nat(3), fc.array(piece, { maxLength: 2 }))
        .map(([node, position, length, insert]) => {
          const text = [...print(node)];
          text.splice(position % (text.length + 1), length, ...insert);
          return text.join('');
        }),
    ],
  ])('the same texts are refused, but for duplicate keys: %s', (_kind, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const expected = outcome(() => JSON.parse(text) as unknown);
        const actual = outcome(() => rounded(parse(text).root));
        if (expected.accepted && !actual.accepted) {
          expect(actual.reason).toContain('duplicate key');
          return;
        }
        expect(actual.accepted).toBe(expected.accepted);
        if (expected.accepted) expect(actual.value).toEqual(expected.value);
      }),
      { numRuns: 3000 },
    );
  });

  test('any bytes give a document or an OciDiffError with an offset within them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (random, quoted) => {
        const bytes = quoted ? Uint8Array.of(0x22, ...random, 0x22) : random;
        try {
          parseJson(bytes, OPTIONS);
        } catch (error) {
          const failure = failureOf(() => {
            throw error;
          });
          expect(failure.location.offset).toBeGreaterThanOrEqual(0);
          expect(failure.location.offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** What JSON.parse makes of it: it rounds numbers, which toValue does not. */
function rounded(node: JsonNode): unknown {
  if (node.type === 'number') return Number(node.text);
  if (node.type === 'array') return node.items.map(rounded);
  if (node.type !== 'object') return node.value;
  return Object.fromEntries([...node.members].map(([key, { value }]) => [key, rounded(value)]));
}

function outcome(run: () => unknown): { accepted: boolean; value?: unknown; reason?: string } {
  try {
    return { accepted: true, value: run() };
  } catch (error) {
    return { accepted: false, reason: (error as Error).message };
  }
}

describe('hostile size', () => {
  const size = 16 * 1024 ** 2;
  const list = (item: string) =>
    `[${Array(Math.floor((size - 2) / (item.length + 1)))
      .fill(item)
      .join(',')}]`;
  const object = (count: number, key: (index: number) => string) =>
    `{${Array.from({ length: count }, (_, index) => `"${key(index)}":0`).join(',')}}`;

  /** Far more than needed (2 s for the slowest here), far less than what is not linear would take. */
  const BOUND = 15_000;

  test.each([
    ['only [', () => '['.repeat(size), 'nested deeper than 100', 100],
    ['only {"a":', () => '{"a":'.repeat(size / 5), 'nested deeper than 100', 500],
    ['a string that does not end', () => `"${'a'.repeat(size - 1)}`, 'does not end', 0],
    ['only white space', () => ' '.repeat(size), 'there is no value', size],
    ['millions of items and no end', () => `[${'1,'.repeat(size / 2 - 1)}`, 'found the end', size - 1],
  ])('refused: %s', (_reason, make, message, offset) => {
    const bytes = Buffer.from(make());
    const start = performance.now();
    const error = failureOf(() => parseJson(bytes, OPTIONS));
    const elapsed = performance.now() - start;
    expect(error.message).toContain(message);
    expect(error.location).toEqual({ offset });
    expect(elapsed).toBeLessThan(BOUND);
  });

  test.each([
    ['4 million empty arrays', () => list('[] ')],
    ['8 million numbers', () => list('0')],
    ['2 million objects', () => list('{"":0}')],
    ['a million keys', () => object(1_000_000, (index) => `k${index}`)],
    [
      // Array indexes that are equal in their lower 19 bits: quadratic in a plain Map before CVE-2026-21717.
      'a million numbers for keys whose hashes collide',
      () => object(1_000_000, (index) => String(((index % 6000) + 2000) * 524_288 + Math.floor(index / 6000))),
    ],
    ['a thousand keys too long to be hashed', () => object(1000, (index) => 'x'.repeat(16_384) + String(index))],
    ['8 million escapes', () => `"${'\\n'.repeat(size / 2 - 1)}"`],
    ['a number of 16 million digits', () => '9'.repeat(size)],
  ])('accepted: %s', { timeout: 60_000 }, (_reason, make) => {
    const bytes = Buffer.from(make());
    const start = performance.now();
    const { root } = parseJson(bytes, OPTIONS);
    expect(performance.now() - start).toBeLessThan(BOUND);
    expect(root.end).toBe(bytes.length);
  });
});
