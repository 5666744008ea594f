import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignLayers } from '../../../packages/core/src/compare/align.js';
import type { LayerPair } from '../../../packages/core/src/compare/finding.js';
import type { DiffId } from '../../../packages/core/src/digest.js';
import './support.js';

const ids = (letters: string): DiffId[] => [...letters].map((letter) => `sha256:${letter.repeat(64)}` as DiffId);

function align(letters0: string, letters1: string): LayerPair[] {
  return alignLayers(ids(letters0), ids(letters1));
}

/** Length of the longest common subsequence, by recursion. */
function common(a: string, b: string): number {
  if (a === '' || b === '') return 0;
  if (a[0] === b[0]) return 1 + common(a.slice(1), b.slice(1));
  return Math.max(common(a.slice(1), b), common(a, b.slice(1)));
}

describe('alignLayers', () => {
  test.each<[string, string, string, LayerPair[]]>([
    ['none', '', '', []],
    [
      'the same',
      'abc',
      'abc',
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      'one differs',
      'abc',
      'axc',
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      'all differ',
      'ab',
      'xy',
      [
        [0, 0],
        [1, 1],
      ],
    ],
    [
      'one more at the end',
      'ab',
      'abc',
      [
        [0, 0],
        [1, 1],
        [null, 2],
      ],
    ],
    [
      'one more in front',
      'ab',
      'xab',
      [
        [null, 0],
        [0, 1],
        [1, 2],
      ],
    ],
    [
      'one more between',
      'ab',
      'axb',
      [
        [0, 0],
        [null, 1],
        [1, 2],
      ],
    ],
    [
      'one less, and one differs',
      'abc',
      'xc',
      [
        [0, 0],
        [1, null],
        [2, 1],
      ],
    ],
    [
      'only on one side',
      'ab',
      '',
      [
        [0, null],
        [1, null],
      ],
    ],
    [
      'nothing in common, in order',
      'ab',
      'xyz',
      [
        [0, 0],
        [1, 1],
        [null, 2],
      ],
    ],
    [
      'one and the same layer twice',
      'aa',
      'a',
      [
        [0, 0],
        [1, null],
      ],
    ],
    [
      'the same number, shifted: more layers stay themselves',
      'abcd',
      'xabc',
      [
        [null, 0],
        [0, 1],
        [1, 2],
        [2, 3],
        [3, null],
      ],
    ],
  ])('%s', (_what, letters0, letters1, pairs) => {
    expect(align(letters0, letters1)).toEqual(pairs);
  });

  test('straight where that keeps as many layers as any other way', () => {
    expect(align('abx', 'ayb')).toEqual([
      [0, 0],
      [null, 1],
      [1, 2],
      [2, null],
    ]);
    expect(align('abcx', 'aycb')).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });

  test('every layer once and in order, as many equal pairs as can be, mirrored from the other side', () => {
    fc.assert(
      fc.property(letters, letters, (letters0, letters1) => {
        const pairs = align(letters0, letters1);
        for (const side of [0, 1] as const) {
          const own = pairs.map((pair) => pair[side]).filter((layer) => layer !== null);
          expect(own).toEqual([...([letters0, letters1][side] as string)].map((_, i) => i));
        }
        const equal = pairs.filter(
          ([layer0, layer1]) => layer0 !== null && layer1 !== null && letters0[layer0] === letters1[layer1],
        );
        expect(equal).toHaveLength(common(letters0, letters1));
        const mirror = align(letters1, letters0).map(([layer0, layer1]): LayerPair => [layer1, layer0]);
        const byText = (list: readonly LayerPair[]): string[] => list.map((pair) => pair.join()).sort();
        expect(byText(mirror)).toEqual(byText(pairs));
      }),
      { numRuns: 2000 },
    );
  });

  test('lists of 10,000 layers are paired in bounded time', () => {
    const many = (prefix: string): DiffId[] =>
      Array.from({ length: 10_000 }, (_, i) => `sha256:${prefix}${i}` as DiffId);
    const started = performance.now();
    expect(alignLayers(many('a'), many('b'))).toHaveLength(10_000);
    expect(alignLayers(many('a'), many('a').slice(1))).toHaveLength(10_000);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
