import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { movedPairs } from '../../../packages/core/src/compare/order.js';
import './support.js';

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Length of the longest increasing subsequence, by trying all of them. */
function longestRun(values: readonly number[]): number {
  let best = 0;
  for (let set = 0; set < 2 ** values.length; set++) {
    const taken = values.filter((_, i) => (set >> i) & 1);
    if (taken.every((value, i) => i === 0 || (taken[i - 1] as number) < value)) best = Math.max(best, taken.length);
  }
  return best;
}

const permutation = (max: number): fc.Arbitrary<number[]> =>
  fc.integer({ min: 0, max }).chain((length) => fc.shuffledSubarray(range(length), { minLength: length }));

describe('movedPairs', () => {
  test.each([
    ['nothing', [], []],
    ['one', [0], []],
    ['in order', [3, 5, 9], []],
    ['the first went to the end', [4, 0, 1, 2, 3], [0]],
    ['the last came to the front', [1, 2, 3, 4, 0], [4]],
    ['two blocks changed places: the smaller one moved', [3, 4, 0, 1, 2], [0, 1]],
  ])('%s', (_what, positions1, moved) => {
    expect(movedPairs(range(positions1.length), positions1, true)).toEqual(moved);
    expect(movedPairs(range(positions1.length), positions1, false)).toEqual(moved);
  });

  test('as few as can be, and the rest is in order', () => {
    fc.assert(
      fc.property(permutation(9), fc.boolean(), (positions1, isFirst) => {
        const moved = movedPairs(range(positions1.length), positions1, isFirst);
        expect(moved).toHaveLength(positions1.length - longestRun(positions1));
        expect(moved).toEqual([...new Set(moved)].sort((a, b) => a - b));
        const kept = positions1.filter((_, pair) => !moved.includes(pair));
        expect(kept).toEqual([...kept].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  test('the same pairs from the other side, where the other side is the base', () => {
    fc.assert(
      fc.property(permutation(30), (positions1) => {
        /* Position on side 0 is the pair's number here; from the other side pairs are sorted by positions1. */
        const order = range(positions1.length).sort((a, b) => (positions1[a] as number) - (positions1[b] as number));
        const own0 = order.map((pair) => positions1[pair] as number);
        const mirrored = movedPairs(own0, order, false).map((i) => order[i] as number);
        const moved = movedPairs(range(positions1.length), positions1, true);
        expect(mirrored.sort((a, b) => a - b)).toEqual(moved);
      }),
    );
  });

  test('a million pairs in reverse take a second, not a day', () => {
    const positions1 = range(1_000_000).reverse();
    const started = performance.now();
    expect(movedPairs(range(1_000_000), positions1, true)).toHaveLength(999_999);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
