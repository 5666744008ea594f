import { describe, expect, test } from 'vitest';
import type { Layer } from '../../../packages/core/src/image/load.js';
import { ContentKeeper, type ContentTap } from '../../../packages/core/src/layer/content-keeper.js';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { sha256 } from '../../support/images.js';

const MIB = 1024 * 1024;
const [LAYER_0, LAYER_1] = [{ position: 0 } as Layer, { position: 0 } as Layer];

function tapsOf(keeper: ContentKeeper, layer0: Layer, layer1: Layer): readonly [ContentTap, ContentTap] {
  const taps = keeper.pair(layer0, layer1);
  if (taps === undefined) throw new Error('too many pairs at once');
  return taps;
}

/** Tells `tap` of a file, in pieces of at most `piece` bytes. */
function pass(tap: ContentTap, position: number, path: string, content: Buffer, piece = 100_000): void {
  const file = { type: 'file', position, size: content.length } as TarHeader;
  tap.begin(file);
  for (let at = 0; at < content.length; at += piece) tap.content(content.subarray(at, at + piece));
  tap.end(file, path, sha256(content));
}

const bytes = (size: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + seed) % 251));

describe('what is kept', () => {
  test('a file of one path with two contents, on both sides; not one that is the same or alone', () => {
    const keeper = new ContentKeeper();
    const [tap0, tap1] = tapsOf(keeper, LAYER_0, LAYER_1);
    pass(tap0, 0, 'same', Buffer.from('same'));
    pass(tap0, 1, '7', Buffer.from('one'));
    pass(tap0, 2, 'alone', Buffer.from('alone'));
    pass(tap1, 4, 'same', Buffer.from('same'));
    pass(tap1, 5, '7', Buffer.from('other'));
    expect(Buffer.from(keeper.contentOf(LAYER_0, 1) ?? []).toString()).toBe('one');
    expect(Buffer.from(keeper.contentOf(LAYER_1, 5) ?? []).toString()).toBe('other');
    for (const position of [0, 2]) expect(keeper.contentOf(LAYER_0, position)).toBeUndefined();
    expect(keeper.contentOf(LAYER_1, 4)).toBeUndefined();
  });

  test('an empty file, whichever side comes first', () => {
    for (const first of [0, 1] as const) {
      const keeper = new ContentKeeper();
      const taps = tapsOf(keeper, LAYER_0, LAYER_1);
      pass(taps[first], 0, 'a', Buffer.alloc(0));
      pass(taps[1 - first] as ContentTap, 0, 'a', Buffer.from('x'));
      const layers = [LAYER_0, LAYER_1] as const;
      expect(keeper.contentOf(layers[first], 0)).toEqual(new Uint8Array(0));
      expect(keeper.contentOf(layers[1 - first] as Layer, 0)).toEqual(Uint8Array.from([0x78]));
    }
  });

  test('the right bytes, wherever in the ring they lie', () => {
    const keeper = new ContentKeeper();
    const [tap0, tap1] = tapsOf(keeper, LAYER_0, LAYER_1);
    let kept = 0;
    for (let i = 0; i < 40; i++) {
      const [content0, content1] = [bytes(700_001 + i, i), bytes(699_999 - i, i + 1)];
      const same = i % 3 !== 0;
      pass(tap0, i, `f${i}`, content0, 65_537);
      pass(tap1, i, `f${i}`, same ? content0 : content1, 131_071);
      const found = keeper.contentOf(LAYER_0, i);
      if (same) expect(found).toBeUndefined();
      if (found === undefined) continue;
      kept += 1;
      expect(Buffer.from(found).equals(content0)).toBe(true);
      expect(Buffer.from(keeper.contentOf(LAYER_1, i) ?? []).equals(content1)).toBe(true);
    }
    /* 14 differ, of 1.4 MB together; what is kept is bounded by 16 MiB. */
    expect(kept).toBe(11);
  });
});

describe('what has to be read again', () => {
  test('a file larger than half the window, and one with holes', () => {
    const keeper = new ContentKeeper();
    const taps = tapsOf(keeper, LAYER_0, LAYER_1);
    for (const [side, tap] of taps.entries()) {
      pass(tap, 0, 'large', Buffer.alloc(4 * MIB, side));
      const holed = { type: 'file', position: 1, size: 4 } as TarHeader;
      tap.begin(holed);
      tap.content(Buffer.from('ab'));
      tap.lost();
      tap.content(Buffer.from('cd'));
      tap.end(holed, 'holed', `${side}`);
      pass(tap, 2, 'after', Buffer.from(`${side}`));
    }
    for (const position of [0, 1]) expect(keeper.contentOf(LAYER_0, position)).toBeUndefined();
    expect(keeper.contentOf(LAYER_1, 2)).toEqual(Uint8Array.from([0x31]));
  });

  test('a file that had gone by when its other side came', () => {
    const keeper = new ContentKeeper();
    const [tap0, tap1] = tapsOf(keeper, LAYER_0, LAYER_1);
    pass(tap0, 0, 'early', Buffer.from('one'));
    for (let i = 1; i <= 8; i++) pass(tap0, i, `f${i}`, Buffer.alloc(MIB, i));
    pass(tap1, 0, 'early', Buffer.from('two'));
    expect(keeper.contentOf(LAYER_0, 0)).toBeUndefined();
  });

  test('another pair of layers knows nothing of the one before', () => {
    const keeper = new ContentKeeper();
    const lower = tapsOf(keeper, LAYER_0, LAYER_1);
    const [tap0] = lower;
    pass(tap0, 0, 'a', Buffer.from('one'));
    keeper.release(lower);
    const [upper0, upper1] = [{ position: 1 } as Layer, { position: 1 } as Layer];
    const [, tap1] = tapsOf(keeper, upper0, upper1);
    pass(tap1, 0, 'a', Buffer.from('two'));
    expect(keeper.contentOf(upper1, 0)).toBeUndefined();
    expect(keeper.contentOf(LAYER_0, 0)).toBeUndefined();
  });

  test('pairs at once do not disturb each other; of too many, nothing is kept', () => {
    const keeper = new ContentKeeper();
    const layers = [1, 2, 3, 4].map((position) => [{ position } as Layer, { position } as Layer] as const);
    const taps = layers.map(([layer0, layer1]) => keeper.pair(layer0, layer1));
    expect(taps.map((each) => each !== undefined)).toEqual([true, true, true, false]);
    for (const side of [0, 1] as const) {
      for (const [i, pair] of taps.entries()) {
        if (pair !== undefined) pass(pair[side], 0, 'same path', Buffer.from(`${i} ${side}`));
      }
    }
    for (const [i, pair] of layers.slice(0, 3).entries()) {
      for (const side of [0, 1] as const) {
        expect(Buffer.from(keeper.contentOf(pair[side], 0) ?? []).toString()).toBe(`${i} ${side}`);
      }
    }
    if (taps[0] !== undefined) keeper.release(taps[0]);
    expect(keeper.pair(LAYER_0, LAYER_1)).toBeDefined();
    expect(keeper.pair(LAYER_0, LAYER_1)).toBeUndefined();
  });
});
