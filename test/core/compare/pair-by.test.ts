import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairBy, UniqueNames } from '../../../packages/core/src/compare/pair-by.js';
import { collidingKey } from './support.js';

describe('pairBy', () => {
  const of = (...items: readonly (readonly [string, string])[]): { a: string; b: string }[] =>
    items.map(([a, b]) => ({ a, b }));

  test('by one way after the other, of one key in order', () => {
    const items0 = of(['x', '1'], ['x', '2'], ['y', '3'], ['z', '4']);
    const items1 = of(['x', '2'], ['w', '4'], ['y', '5'], ['x', '6']);
    const { pairs, left0, left1 } = pairBy(items0, items1, [({ a, b }) => `${a} ${b}`, ({ a }) => a]);
    expect(pairs.map(([item0, item1]) => [item0.b, item1.b])).toEqual([
      ['2', '2'],
      ['1', '6'],
      ['3', '5'],
    ]);
    expect([left0, left1].map((left) => left.map(({ b }) => b))).toEqual([['4'], ['4']]);
  });

  test('null pairs with nothing', () => {
    expect(pairBy(of(['', '']), of(['', '']), [() => null]).pairs).toEqual([]);
  });

  test('100,000 items of one key, and of keys that collide, in bounded time', () => {
    const started = performance.now();
    const items = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    const others = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    expect(pairBy(items, others, [() => 'x']).pairs).toHaveLength(100_000);
    const keyOf = ({ i }: { i: number }): string => collidingKey(i % 60_000);
    expect(pairBy(items, others.toReversed(), [keyOf]).pairs).toHaveLength(100_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('UniqueNames', () => {
  test('are unique, whatever the names', () => {
    const names = fc.array(fc.constantFrom('a', 'a #2', 'a #2 #2', 'b', '__proto__', 'x'.repeat(300)));
    fc.assert(
      fc.property(names, (list) => {
        const unique = new UniqueNames();
        const given = list.map((name) => unique.of(name));
        expect(new Set(given).size).toBe(list.length);
        for (const name of given) expect(name.length).toBeLessThan(250);
      }),
    );
    const unique = new UniqueNames();
    expect(['a', 'a', 'b'].map((name) => unique.of(name))).toEqual(['a', 'a #2', 'b']);
  });

  test('100,000 of one in bounded time', () => {
    const unique = new UniqueNames();
    const started = performance.now();
    for (let i = 0; i < 100_000; i++) unique.of('a');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
