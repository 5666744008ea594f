import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeEncoding, sameEncoding } from '../../../packages/core/src/json/encoding.js';
import { jsonEqual } from '../../../packages/core/src/json/to-value.js';
import { parse, print, type Written, written } from './support.js';

const same = (a: string, b: string) => sameEncoding(parse(a), parse(b));

describe('sameEncoding', () => {
  test.each([
    ['one value differs', '{"a":1,"b":2}', '{"a":1,"b":3}'],
    ['one value differs in type', '{"a":1,"b":2}', '{"a":1,"b":[ 2 ]}'],
    ['one value differs, spelling of another is the same', '["\\/",1]', '["\\/",2]'],
    ['all differs', '1', '[ {} ]'],
    ['first member removed', '{"a": 1, "b": 2}', '{"b": 2}'],
    ['last member removed', '{"a": 1, "b": 2 }', '{"a": 1 }'],
    ['middle member removed', '{"a": 1, "b": 2, "c": 3}', '{"a": 1, "c": 3}'],
    ['members removed, indented', '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}', '{\n  "b": 2\n}'],
    ['white space of the removed member', '{"a":1,\n"b" : 2\t,"c":3}', '{"a":1,"c":3}'],
    ['all members removed, indented', '{"a": {\n  "b": 1\n}}', '{"a": {}}'],
    ['other members', '{"a":1}', '{"b":1}'],
    ['a key renamed between others', '{"a":1,"b":2,"c":3}', '{"a":1,"x":2,"c":3}'],
    ['order of members that only one side has', '{"x":0,"a":1,"y":0}', '{"z":0,"a":1}'],
    ['item added at the end', '[1, 2]', '[1, 2, 3]'],
    ['item added at the end, indented', '[\n 1\n]', '[\n 1,\n 2\n]'],
    ['item added in front', '[{"a": 1}]', '[{"a": 0}, {"a": 1}]'],
    ['all items removed', '[ 1 ]', '[]'],
  ])('the same: %s', (_reason, a, b) => {
    expect(same(a, b)).toBe(true);
    expect(same(b, a)).toBe(true);
  });

  test.each([
    ['newline at the end', '{"a":1}', '{"a":1}\n'],
    ['white space at the start', '{"a":1}', ' {"a":1}'],
    ['indented', '{"a":1}', '{\n  "a": 1\n}'],
    ['indented otherwise', '{\n  "a": 1\n}', '{\n   "a": 1\n}'],
    ['line ends', '{\n"a":1\n}', '{\r\n"a":1\r\n}'],
    ['two keys swapped', '{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['two keys swapped, others removed', '{"x":0,"a":1,"b":2}', '{"b":2,"y":0,"a":1}'],
    ['a key spelled otherwise', '{"a":1}', '{"\\u0061":1}'],
    ['a string spelled otherwise', '"/"', '"\\u002f"'],
    ['hexadecimal digits in another case', '"\\u00e9"', '"\\u00E9"'],
    ['a number spelled otherwise', '1', '1.0'],
    ['a sign of zero', '0', '-0'],
    ['white space in an empty object', '{}', '{ }'],
    ['white space in an empty array', '[]', '[\n]'],
    ['white space before the first key', '{"a":1}', '{ "a":1}'],
    ['white space before the colon', '{"a":1}', '{"a" :1}'],
    ['white space after the colon', '{"a":1}', '{"a": 1}'],
    ['white space before the comma', '{"a":1,"b":2}', '{"a":1 ,"b":2}'],
    ['white space after the comma', '{"a":1,"b":2}', '{"a":1, "b":2}'],
    ['white space before the brace', '{"a":1}', '{"a":1 }'],
    ['white space of items: first', '[1]', '[ 1]'],
    ['white space of items: before the comma', '[1,2]', '[1 ,2]'],
    ['white space of items: after the comma', '[1,2]', '[1, 2]'],
    ['white space of items: last', '[1]', '[1 ]'],
    ['deep', '[{"a":[{"b":1}]}]', '[{"a":[{"b": 1}]}]'],
    ['a value differs besides', '{"a":1,"b":[1.0,2]}', '{"a":7,"b":[1,2]}'],
    ['a member is added besides', '{"a":1,"b":2}', '{"a":1,"x":0,"b": 2}'],
    ['an item is added besides', '[1,2]', '[1, 2,3]'],
  ])('another: %s', (_reason, a, b) => {
    expect(same(a, b)).toBe(false);
    expect(same(b, a)).toBe(false);
  });

  test('equal bytes have the same encoding', () => {
    fc.assert(
      fc.property(written, (node) => {
        expect(same(print(node), print(node))).toBe(true);
      }),
    );
  });

  test('equal values have the same encoding if and only if the bytes are equal', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), indentation, indentation, fc.boolean(), (value, one, two, swap) => {
        const a = JSON.stringify(value, null, one);
        const b = JSON.stringify(swap ? reversed(value) : value, null, two);
        expect(jsonEqual(parse(a).root, parse(b).root)).toBe(true);
        expect(same(a, b)).toBe(a === b);
      }),
      { numRuns: 500 },
    );
  });

  test('white space or spelling changed anywhere is seen', () => {
    fc.assert(
      fc.property(written, fc.nat(), (node, position) => {
        const text = print(node);
        const changed = printRelaid(node, position);
        expect(changed).not.toBe(text);
        expect(same(text, changed)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('scalars changed and parts removed do not count', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.nat(), (node, position, way) => {
        const text = print(node);
        const changed = printChanged(node, position, way);
        expect(same(text, changed)).toBe(true);
        expect(same(changed, text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('layout is seen also when another value changes', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.nat(), (node, position, other) => {
        expect(same(`[${print(node)},${other}]`, `[${printRelaid(node, position)},"changed"]`)).toBe(false);
      }),
    );
  });
});

describe('describeEncoding', () => {
  test.each([
    ['compact', '{"a":[1,{"b":2}],"c":{}}'],
    ['compact', '"a"'],
    ['compact', '[]'],
    ['compact, newline at the end', '{"a":1}\n'],
    ['compact, white space around it', '{"a":1}\r\n'],
    ['compact, white space around it', '\n{"a":1}\n'],
    ['one line with spaces', '{"a": [1, {"b": 2}], "c": {}}'],
    ['indented by 1 space', '[\n 1\n]'],
    ['indented by 3 spaces', JSON.stringify({ a: [1, { b: 2 }], c: {} }, null, 3)],
    ['indented by 2 spaces, newline at the end', `${JSON.stringify([{ a: [] }], null, 2)}\n`],
    ['indented by 1 tab', JSON.stringify({ a: [1, { b: 2 }], c: {} }, null, '\t')],
    ['not indented, one line a value', '{\n"a": [\n1\n]\n}'],
    ['other white space', '{ "a":1}'],
    ['other white space', '[ ]'],
    ['other white space', '{\r\n  "a": 1\r\n}'],
    ['other white space', '{\n  "a":1\n}'],
    ['other white space', '{\n  "a": {"b": 1}\n}'],
    ['other white space', '[\n \t1\n]'],
    ['other white space', `[\n${' '.repeat(17)}1\n]`],
    ['other white space, newline at the end', '[1 ]\n'],
  ])('%s: %j', (description, text) => {
    expect(describeEncoding(parse(text))).toBe(description);
  });
});

const indentation = fc.constantFrom('', ' ', '  ', '   ', '\t', '\n');

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, reversed(part)] as const);
  return Object.fromEntries(entries.reverse());
}

function nodesOf(node: Written): Written[] {
  return node.kind === 'scalar' ? [node] : [node, ...node.parts.flatMap((part) => nodesOf(part.value))];
}

/** `node` printed with other white space or another spelling at some place; its values stay. */
function printRelaid(node: Written, position: number): string {
  const copy = structuredClone(node);
  const all = nodesOf(copy);
  const chosen = all[position % all.length] as Written;
  if (chosen.kind === 'scalar') {
    const { raw } = chosen;
    chosen.raw = respellings(raw).find((other) => other !== raw) ?? raw;
    return chosen.raw === raw ? `${print(copy)} ` : print(copy);
  }
  const second = chosen.parts[1];
  if (second === undefined || position % 2 === 0) chosen.open += ' ';
  else second.before += '\n';
  return print(copy);
}

/** Ways to write a scalar; some may be `raw` itself. */
function respellings(raw: string): string[] {
  if (/^-?\d/.test(raw)) {
    return [raw.replace('e', 'E'), raw.replace('E', 'e'), raw.includes('.') ? `${raw}0` : `${raw}.0`];
  }
  if (!raw.startsWith('"') || raw === '""') return [];
  const value = JSON.parse(raw) as string;
  const escaped = `\\u${value.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return [`"${escaped}${JSON.stringify(value.slice(1)).slice(1)}`, JSON.stringify(value)];
}

/** `node` printed with another value for a scalar, or without a member or a last item. */
function printChanged(node: Written, position: number, way: number): string {
  const copy = structuredClone(node);
  const all = nodesOf(copy);
  const chosen = all[position % all.length] as Written;
  // Longer than any string that `written` makes.
  if (chosen.kind === 'scalar') chosen.raw = ['"changed value"', '123456789012', '[ "changed" ]'][way % 3] as string;
  else if (chosen.kind === 'array') chosen.parts.pop();
  else chosen.parts.splice(way % (chosen.parts.length || 1), 1);
  return print(copy);
}
