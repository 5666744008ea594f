import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignLayers, type LayerAlignment, type LayerFacts } from '../../../packages/core/src/compare/align.js';
import type { LayerPair } from '../../../packages/core/src/compare/finding.js';
import type { DiffId } from '../../../packages/core/src/digest.js';
import './support.js';

const ids = (letters: string): DiffId[] => [...letters].map((letter) => `sha256:${letter.repeat(64)}` as DiffId);

/** Layers of which nothing but the diffID is known. */
const unread = (diffIds: readonly DiffId[]): LayerFacts[] =>
  diffIds.map((diffId) => ({ diffId, createdBy: null, paths: null }));

function align(letters0: string, letters1: string): readonly LayerPair[] {
  return alignLayers(unread(ids(letters0)), unread(ids(letters1))).pairs;
}

/** A layer: `a` the diffID's letter, `a=RUN x` with its history text, `a:p,q` with its paths, `a:` an empty one. */
function facts(text: string): LayerFacts {
  const [, letter, createdBy, paths] = /^(.)(?:=([^:]*))?(?::(.*))?$/.exec(text) as RegExpExecArray;
  return {
    diffId: ids(letter as string)[0] as DiffId,
    createdBy: createdBy ?? null,
    paths: paths === undefined ? null : new Set(paths.split(',').filter((path) => path !== '')),
  };
}

/** Pairs as `0-0 1- -1`. */
function brief({ pairs }: LayerAlignment): string {
  return pairs.map(([layer0, layer1]) => `${layer0 ?? ''}-${layer1 ?? ''}`).join(' ');
}

function swapped([layer0, layer1]: LayerPair): LayerPair {
  return [layer1, layer0];
}

function sorted(list: readonly LayerPair[]): string[] {
  return list.map((pair) => pair.join()).sort();
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
    expect(align('bac', 'cab')).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
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
        expect(sorted(align(letters1, letters0).map(swapped))).toEqual(sorted(pairs));
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[why: string, layers0: string[], layers1: string[], pairs: string, moved: [number, number][]]>([
    ['by history: one inserted below is one row', ['a=X', 'b=Y'], ['p=N', 'q=X', 'r=Y'], '-0 0-1 1-2', []],
    ['by history: one removed between', ['a=X', 'b=Y', 'c=Z'], ['p=X', 'q=Z'], '0-0 1- 2-1', []],
    ['history goes before likeness', ['a=X:f,g', 'b=Y:h'], ['p=N:f,g', 'q=X:h', 'r=Y:i'], '-0 0-1 1-2', []],
    ['an empty history text says nothing', ['a=:f', 'b=:g'], ['p=:f', 'q=:h', 'r=:g'], '0-0 -1 1-2', []],
    [
      'one text for all layers, as Bazel writes: their paths tell which is which',
      ['a=bazel:f', 'b=bazel:g', 'c=bazel:h'],
      ['p=bazel:n', 'q=bazel:f,x', 'r=bazel:g', 's=bazel:h'],
      '-0 0-1 1-2 2-3',
      [],
    ],
    [
      'the same before anything was read: in order',
      ['a=bazel', 'b=bazel'],
      ['p=bazel', 'q=bazel', 'r=bazel'],
      '0-0 1-1 -2',
      [],
    ],
    ['texts crossed: as many as keep the order', ['a=X', 'b=Y', 'c=Z'], ['p=Y', 'q=Z', 'r=X'], '0- 1-0 2-1 -2', []],
    ['only within the gap of equal layers', ['a=X', 'k', 'b=Y'], ['k', 'q=X'], '0- 1-0 2-1', []],
    ['by likeness: one inserted', ['a:f,g', 'b:h'], ['p:n', 'q:f', 'r:h,i'], '-0 0-1 1-2', []],
    ['by likeness: the better total, not the first that is like', ['a:f,g,h'], ['p:f', 'q:f,g'], '-0 0-1', []],
    ['1/3 + 1 is more than 1/2', ['a:f,g', 'b:h'], ['p:f,x', 'q:h', 'r:f'], '0-0 1-1 -2', []],
    ['unlike, as many on both sides: replaced, in order', ['a:f', 'b:g'], ['p:x', 'q:y'], '0-0 1-1', []],
    ['unlike, not as many: alone', ['a:f', 'b:g'], ['p:x', 'q:y', 'r:z'], '0- 1- -0 -1 -2', []],
    [
      'a replaced layer beside an inserted one that is like none',
      ['a:f', 'b:g'],
      ['p:x', 'q:g,h', 'r:z'],
      '0-0 1-1 -2',
      [],
    ],
    ['empty layers are like each other', ['a:', 'b:f'], ['p:x', 'q:', 'r:f'], '-0 0-1 1-2', []],
    ['and like no other', ['a:'], ['p:x', 'q:y'], '0- -0 -1', []],
    ['one was not read: nothing is against it', ['a:f', 'b'], ['p:x'], '0- 1-0', []],
    [
      'a moved layer is not taken for another',
      ['a:f', 'b:g', 'c:h'],
      ['d:x', 'b:g', 'c:h', 'a:f'],
      '0- -0 1-1 2-2 -3',
      [[0, 3]],
    ],
    ['nor for one that is like it', ['a:f,g', 'b:h'], ['d:f', 'b:h', 'a:f,g'], '0- -0 1-1 -2', [[0, 2]]],
    ['though likeness would take it', ['a:f,g', 'e:m', 'b:h'], ['d:f', 'b:h', 'a:f,g'], '0- 1-0 2-1 -2', [[0, 2]]],
    ['before it was read it may be', ['a', 'b', 'c'], ['d', 'b', 'c', 'a'], '0-0 1-1 2-2 -3', []],
    ['its history outweighs that', ['a=X:f', 'b:g', 'c:h'], ['d=X:x', 'b:g', 'c:h', 'a:f'], '0-0 1-1 2-2 -3', []],
    [
      'two swapped: the smaller diffID goes first and is the moved one',
      ['a:f', 'b:g'],
      ['b:g', 'a:f'],
      '0- 1-0 -1',
      [[0, 1]],
    ],
    ['one layer twice, moved once', ['a:f', 'a:f', 'b:g'], ['b:g', 'a:f'], '0- 1- 2-0 -1', [[0, 1]]],
    [
      'BuildKit against Buildah: WORKDIR makes a layer in one',
      ['a:etc', 'b:opt,var', 'c:tmp', 'd:srv'],
      ['a:etc', 'e:opt,var', 'c:tmp'],
      '0-0 1-1 2-2 3-',
      [],
    ],
    ['all in one layer: the one that has most of it', ['a:f', 'b:g,h', 'c:i'], ['p:f,g,h,i'], '0- 1-0 2-', []],
  ])('%s', (_why, layers0, layers1, pairs, moved) => {
    const alignment = alignLayers(layers0.map(facts), layers1.map(facts));
    expect(brief(alignment)).toBe(pairs);
    expect(alignment.moved).toEqual(moved);
  });

  const layer: fc.Arbitrary<LayerFacts> = fc.record({
    diffId: fc.constantFrom(...ids('abcd')),
    createdBy: fc.constantFrom(null, '', 'X', 'Y'),
    paths: fc.option(
      fc.uniqueArray(fc.constantFrom('f', 'g', 'h', 'i')).map((paths): ReadonlySet<string> => new Set(paths)),
      { freq: 4 },
    ),
  });
  const layers = fc.array(layer, { maxLength: 6 });

  test('of any facts: every layer once and in order, moved ones alone and equal, mirrored from the other side', () => {
    fc.assert(
      fc.property(layers, layers, (layers0, layers1) => {
        const { pairs, moved } = alignLayers(layers0, layers1);
        for (const [side, all] of [layers0, layers1].entries()) {
          const own = pairs.map((pair) => pair[side as 0 | 1]).filter((position) => position !== null);
          expect(own).toEqual(all.map((_, i) => i));
        }
        for (const [layer0, layer1] of moved) {
          expect(layers0[layer0]?.diffId).toBe(layers1[layer1]?.diffId);
          expect(pairs).toContainEqual([layer0, null]);
          expect(pairs).toContainEqual([null, layer1]);
        }
        expect(new Set(moved.flatMap(([layer0, layer1]) => [`0 ${layer0}`, `1 ${layer1}`])).size).toBe(
          2 * moved.length,
        );
        const mirror = alignLayers(layers1, layers0);
        expect(sorted(mirror.pairs.map(swapped))).toEqual(sorted(pairs));
        expect(sorted(mirror.moved.map(swapped))).toEqual(sorted(moved));
      }),
      { numRuns: 3000 },
    );
  });

  test('a list and itself: straight, nothing moved', () => {
    fc.assert(
      fc.property(layers, (list) => {
        expect(alignLayers(list, list)).toEqual({ pairs: list.map((_, i) => [i, i]), moved: [] });
      }),
    );
  });

  test('without equal layers: as many of one history as can be, then the greatest likeness', () => {
    /* By recursion over all ways to keep the order. */
    const best = (a: readonly LayerFacts[], b: readonly LayerFacts[]): number => {
      const [[first0, ...rest0], [first1, ...rest1]] = [a, b];
      if (first0 === undefined || first1 === undefined) return 0;
      return Math.max(weigh(first0, first1) + best(rest0, rest1), best(rest0, b), best(a, rest1));
    };
    const weigh = ({ createdBy, paths }: LayerFacts, other: LayerFacts): number => {
      const [own, others] = [paths as ReadonlySet<string>, other.paths as ReadonlySet<string>];
      const union = new Set([...own, ...others]).size;
      const alike = union === 0 ? 1 : [...own].filter((path) => others.has(path)).length / union;
      return (createdBy && createdBy === other.createdBy ? 100 : 0) + alike;
    };
    const distinct = (first: string): fc.Arbitrary<LayerFacts[]> =>
      layers.map((list) =>
        list.map((facts, i) => ({
          ...facts,
          diffId: `sha256:${first}${i}` as DiffId,
          paths: facts.paths ?? new Set(['f']),
        })),
      );
    fc.assert(
      fc.property(distinct('a'), distinct('b'), (layers0, layers1) => {
        const total = alignLayers(layers0, layers1).pairs.reduce(
          (sum, [layer0, layer1]) =>
            layer0 === null || layer1 === null
              ? sum
              : sum + weigh(layers0[layer0] as LayerFacts, layers1[layer1] as LayerFacts),
          0,
        );
        expect(total).toBeCloseTo(best(layers0, layers1), 9);
      }),
      { numRuns: 1000 },
    );
  });

  test('lists of 10,000 layers are paired in bounded time', () => {
    const many = (prefix: string): LayerFacts[] =>
      unread(Array.from({ length: 10_000 }, (_, i) => `sha256:${prefix}${i}` as DiffId));
    const started = performance.now();
    expect(alignLayers(many('a'), many('b')).pairs).toHaveLength(10_000);
    expect(alignLayers(many('a'), many('a').slice(1)).pairs).toHaveLength(10_000);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test('of 10,000 layers one more is one row, one replaced is a pair', () => {
    const many = unread(Array.from({ length: 10_000 }, (_, i) => `sha256:${i}` as DiffId));
    const other = facts('x');
    const inserted = alignLayers(many, many.toSpliced(5_000, 0, other)).pairs;
    expect(inserted.filter((pair) => pair.includes(null))).toEqual([[null, 5_000]]);
    const replaced = alignLayers(many, many.toSpliced(5_000, 1, other)).pairs;
    expect(replaced).toEqual(many.map((_, i) => [i, i]));
  });

  test('2,000 layers that hold the same 2,000 paths: more work than is done, in order', () => {
    const paths: ReadonlySet<string> = new Set(Array.from({ length: 2_000 }, (_, i) => `p${i}`));
    const many = (prefix: string, length: number): LayerFacts[] =>
      Array.from({ length }, (_, i) => ({ diffId: `sha256:${prefix}${i}` as DiffId, createdBy: null, paths }));
    const started = performance.now();
    const { pairs } = alignLayers(many('a', 2_000), many('b', 1_999));
    expect(pairs.slice(0, -1)).toEqual(Array.from({ length: 1_999 }, (_, i) => [i, i]));
    expect(pairs.at(-1)).toEqual([1_999, null]);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test('2,000 long history texts that differ only at their ends', () => {
    const many = (prefix: string, from: number): LayerFacts[] =>
      Array.from({ length: 2_000 }, (_, i) => ({
        diffId: `sha256:${prefix}${i}` as DiffId,
        createdBy: `${'x'.repeat(4_000)}${from + i}`,
        paths: null,
      }));
    const started = performance.now();
    const { pairs } = alignLayers(many('a', 0), many('b', 1));
    expect(pairs.slice(0, 3)).toEqual([
      [0, null],
      [1, 0],
      [2, 1],
    ]);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test('two images of 127 layers and 380,000 paths each: exact, in seconds', () => {
    const many = (prefix: string, from: number): LayerFacts[] =>
      Array.from({ length: 127 - from }, (_, i) => ({
        diffId: `sha256:${prefix}${i}` as DiffId,
        createdBy: null,
        paths: new Set(['etc', 'usr', ...Array.from({ length: 3_000 }, (_path, n) => `usr/${from + i}/${n}`)]),
      }));
    const [layers0, layers1] = [many('a', 0), many('b', 1)];
    const started = performance.now();
    const { pairs } = alignLayers(layers0, layers1);
    expect(pairs).toEqual(layers0.map((_, i) => [i, i === 0 ? null : i - 1]));
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
