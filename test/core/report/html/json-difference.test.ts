import { describe, expect, test } from 'vitest';
import type { Value } from '../../../../packages/core/src/compare/difference.js';
import { assembled, jsonDifference } from '../../../../packages/core/src/report/html/json-difference.js';

const same = (value: unknown): unknown => ({ kind: 'same', value });
const changed = (...values: unknown[]): unknown => ({ kind: 'changed', values });

describe('two JSON values', () => {
  test('that are equal are the same, whatever the order of keys', () => {
    expect(jsonDifference({ a: 1, b: [2] }, { b: [2], a: 1 })).toEqual(same({ a: 1, b: [2] }));
  });

  test('differ member by member', () => {
    expect(jsonDifference({ a: 1, b: 2, c: 3 }, { a: 1, b: 4, d: 5 })).toEqual({
      kind: 'object',
      members: new Map<string, unknown>([
        ['a', same(1)],
        ['b', changed(2, 4)],
        ['c', changed(3, undefined)],
        ['d', changed(undefined, 5)],
      ]),
    });
  });

  test('that are lists are aligned by their equal elements', () => {
    expect(jsonDifference(['a', 'b', 'c', 'd'], ['a', 'x', 'c', 'y', 'd'])).toEqual({
      kind: 'list',
      items: [same('a'), changed('b', 'x'), same('c'), changed(undefined, 'y'), same('d')],
    });
  });

  test('may have keys that are names of Object.prototype', () => {
    const value0 = JSON.parse('{"__proto__": 1, "toString": 2}');
    const value1 = JSON.parse('{"__proto__": 3}');
    expect(jsonDifference(value0, value1)).toEqual({
      kind: 'object',
      members: new Map([
        ['__proto__', changed(1, 3)],
        ['toString', changed(2, undefined)],
      ]),
    });
  });

  test('of another type, null or nothing are told apart', () => {
    expect(jsonDifference(null, [])).toEqual(changed(null, []));
    expect(jsonDifference(undefined, null)).toEqual(changed(undefined, null));
    expect(jsonDifference([], {})).toEqual(changed([], {}));
  });

  test('long lists without an equal element take no quadratic time', () => {
    const list = (mark: string): string[] => Array.from({ length: 20_000 }, (_, i) => `${mark}${i}`);
    const begin = performance.now();
    const found = jsonDifference(list('a'), list('b'));
    expect(performance.now() - begin).toBeLessThan(2000);
    expect(found.kind === 'list' && found.items.length).toBe(20_000);
  });

  test('nested deeper than is told apart differ as one value', () => {
    const nested = (leaf: number): Value => JSON.parse('['.repeat(900) + leaf + ']'.repeat(900));
    expect(jsonDifference(nested(1), nested(1)).kind).toBe('same');
    expect(jsonDifference(nested(1), nested(2)).kind).toBe('list');
  });
});

test('differences with their pointers make a tree', () => {
  expect(
    assembled([
      { steps: ['config', 'Env'], values: [['a'], ['b']] },
      { steps: ['config', 'Labels', 'x/y'], values: [undefined, '1'] },
      { steps: ['created'], values: ['0', '1'] },
    ]),
  ).toEqual({
    kind: 'object',
    members: new Map<string, unknown>([
      [
        'config',
        {
          kind: 'object',
          members: new Map<string, unknown>([
            ['Env', { kind: 'list', items: [changed('a', 'b')] }],
            ['Labels', { kind: 'object', members: new Map([['x/y', changed(undefined, '1')]]) }],
          ]),
        },
      ],
      ['created', changed('0', '1')],
    ]),
  });
});
