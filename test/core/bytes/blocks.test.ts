import { constants, crc32, deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EXAMINED_BYTES, walkGzipBlocks } from '../../../packages/core/src/bytes/gzip/blocks.js';
import { Head } from '../../../packages/core/src/bytes/head.js';
import { collect, lend, noise, textLike } from './support.js';

const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/** Bits by the words of RFC 1951, section 3.1.1: numbers lowest bit first, codes highest first. */
class Bits {
  readonly #bits: number[] = [];

  number(value: number, count: number): this {
    for (let bit = 0; bit < count; bit++) this.#bits.push((value >> bit) & 1);
    return this;
  }

  code(text: string): this {
    for (const bit of text) this.#bits.push(Number(bit));
    return this;
  }

  align(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  bytes(): Buffer {
    this.align();
    const bytes = Buffer.alloc(this.#bits.length / 8);
    for (const [at, bit] of this.#bits.entries()) (bytes[at >> 3] as number) |= bit << (at & 7);
    return bytes;
  }
}

/** A member around a deflate stream; the trailer is not looked at. */
function member(deflate: Uint8Array): Buffer {
  return Buffer.concat([HEADER, deflate, Buffer.alloc(8)]);
}

/** Codes of section 3.2.6. */
function fixedLiteral(value: number): string {
  return value < 144 ? (0x30 + value).toString(2).padStart(8, '0') : (0x190 + value - 144).toString(2).padStart(9, '0');
}
const FIXED_END = '0000000';
const LENGTH_3 = '0000001';
const LENGTH_258 = '11000101';
const DISTANCE_1 = '00000';

const stored = (bits: Bits, final: number, content: Uint8Array): Bits => {
  bits
    .number(final, 1)
    .number(0, 2)
    .align()
    .number(content.length, 16)
    .number(content.length ^ 0xffff, 16);
  for (const byte of content) bits.number(byte, 8);
  return bits;
};

describe('a stream made by the words of RFC 1951', () => {
  test('every kind of block, two flushes, a match of either end', () => {
    const bits = new Bits();
    stored(bits, 0, Buffer.from('abc'));
    bits.number(0, 1).number(1, 2).code(fixedLiteral(0x61)).code(fixedLiteral(0xff)).code(LENGTH_3).code(DISTANCE_1);
    bits.code(FIXED_END);
    bits.number(0, 1).number(1, 2).code(LENGTH_258).code(DISTANCE_1).code(FIXED_END);
    stored(bits, 0, Buffer.alloc(0));
    /* Distance code 29: 24577 and 13 extra bits; the block needs content before it. */
    stored(bits, 0, Buffer.alloc(33_000));
    bits.number(0, 1).number(1, 2).code(LENGTH_3).code('11101').number(8191, 13).code(FIXED_END);
    bits.number(0, 1).number(1, 2).code(FIXED_END);
    bits.number(1, 1).number(1, 2).code(FIXED_END);
    const blob = member(bits.bytes());
    expect(walkGzipBlocks(blob, true)).toEqual({
      examinedBytes: blob.length,
      complete: true,
      members: 1,
      contentBytes: 3 + 5 + 258 + 33_000 + 3,
      blocks: { stored: 2, emptyStored: 1, fixed: 3, emptyFixed: 2, dynamic: 0 },
      fullSymbols: { count: 1, min: 3, max: 3, commonest: 3 },
      fullContent: { count: 3, min: 3, max: 33_000, commonest: 33_000 },
      flushedContent: { count: 2, min: 266, max: 33_003, commonest: 33_003 },
      memberContent: { count: 1, min: 33_269, max: 33_269, commonest: 33_269 },
      lastBlock: 'empty-fixed',
      shortestMatch: 3,
      longestMatch: 258,
      farthestMatch: 32_768,
    });
  });

  test('codes of 15 bits', () => {
    /* Lengths 1, 2, …, 14, 15, 15 are a whole code: literals 0 to 14 and the end. */
    const bits = new Bits().number(1, 1).number(2, 2).number(0, 5).number(0, 5).number(15, 4);
    /* All sixteen length symbols have 4 bits, but 16 and 17: 18, for runs of zeros, takes two of their places. */
    const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    for (const symbol of order)
      bits.number(symbol === 18 ? 1 : symbol >= 1 && symbol <= 15 ? 5 : symbol === 0 ? 5 : 0, 3);
    const lengthCode = (symbol: number): string => (16 + symbol).toString(2).padStart(5, '0');
    for (let length = 1; length <= 15; length++) bits.code(lengthCode(length));
    /* Zeros for the literals 15 to 255, in runs of 138 and 103. */
    bits
      .code('0')
      .number(138 - 11, 7)
      .code('0')
      .number(103 - 11, 7);
    bits.code(lengthCode(15));
    /* One distance code of no bits. */
    bits.code(lengthCode(0));
    for (let symbol = 0; symbol < 15; symbol++) bits.code(`${'1'.repeat(symbol)}0`);
    bits.code('1'.repeat(15));
    const deflate = bits.bytes();
    expect([...inflateRawSync(deflate)]).toEqual(Array.from({ length: 15 }, (_, symbol) => symbol));
    const { complete, contentBytes, blocks } = walkGzipBlocks(member(deflate), true);
    expect({ complete, contentBytes, dynamic: blocks.dynamic }).toEqual({
      complete: true,
      contentBytes: 15,
      dynamic: 1,
    });
  });

  test.each<[string, Bits]>([
    ['block type 3', new Bits().number(1, 1).number(3, 2)],
    [
      'a stored length that its complement denies',
      new Bits().number(1, 1).number(0, 2).align().number(1, 16).number(1, 16),
    ],
    [
      'a stored block that is cut off',
      new Bits()
        .number(1, 1)
        .number(0, 2)
        .align()
        .number(40, 16)
        .number(40 ^ 0xffff, 16),
    ],
    [
      'a match before any content',
      new Bits().number(1, 1).number(1, 2).code(LENGTH_3).code(DISTANCE_1).code(FIXED_END),
    ],
    ['length symbol 286', new Bits().number(1, 1).number(1, 2).code('11000110').code(FIXED_END)],
    [
      'distance symbol 30',
      new Bits().number(1, 1).number(1, 2).code(fixedLiteral(1)).code(LENGTH_3).code('11110').code(FIXED_END),
    ],
    ['287 literal codes', new Bits().number(1, 1).number(2, 2).number(30, 5).number(0, 5).number(0, 4)],
    ['31 distance codes', new Bits().number(1, 1).number(2, 2).number(0, 5).number(30, 5).number(0, 4)],
    [
      'a code that is not whole',
      new Bits().number(1, 1).number(2, 2).number(0, 5).number(0, 5).number(0, 4).number(1, 3),
    ],
  ])('%s ends the walk, as it ends zlib', (_what, bits) => {
    const deflate = bits.bytes();
    expect(() => inflateRawSync(deflate)).toThrow();
    expect(walkGzipBlocks(member(deflate), true)).toMatchObject({ examinedBytes: 0, complete: false, members: 1 });
  });
});

describe('zlib', () => {
  const content = textLike(1_500_000);

  /* deflate.c: lit_bufsize is 2^(memLevel + 6), a block ends one symbol before; MAX_DIST is the window less 262. */
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('memLevel %i: 2^(memLevel + 6) - 1 symbols a block', (memLevel) => {
    const blob = gzipSync(content, { memLevel });
    expect(blob.length).toBeLessThan(EXAMINED_BYTES);
    const { fullSymbols, blocks, ...rest } = walkGzipBlocks(blob, true);
    const symbols = 2 ** (memLevel + 6) - 1;
    expect(fullSymbols).toMatchObject({ min: symbols, max: symbols, commonest: symbols });
    /* All that are compressed but the last. */
    expect(blocks.dynamic + blocks.fixed).toBe((fullSymbols?.count as number) + (rest.lastBlock === 'stored' ? 0 : 1));
    expect(rest).toMatchObject({ complete: true, members: 1, contentBytes: content.length });
    expect(rest.farthestMatch).toBeLessThanOrEqual(32_768 - 262);
  });

  test('only the first MiB is looked at, and nothing claimed beyond', () => {
    const blob = gzipSync(noise(3_000_000));
    const short = walkGzipBlocks(blob.subarray(0, EXAMINED_BYTES), false);
    expect(short).toMatchObject({ complete: false, members: 1, lastBlock: null, memberContent: null });
    expect(short.examinedBytes).toBeLessThanOrEqual(EXAMINED_BYTES);
    expect(short.examinedBytes).toBeGreaterThan(EXAMINED_BYTES - 2 ** 16);
    expect(walkGzipBlocks(blob, true)).toEqual(short);
  });

  test('bytes behind the last member are none of it', () => {
    const blob = gzipSync('abc');
    for (const tail of [[0], [0, 0, 0], [0x1f], [1, 2, 3, 4]]) {
      const { examinedBytes, complete } = walkGzipBlocks(Buffer.concat([blob, Buffer.from(tail)]), true);
      expect({ examinedBytes, complete }).toEqual({ examinedBytes: blob.length, complete: true });
    }
    expect(walkGzipBlocks(Buffer.concat([blob, blob.subarray(0, 5)]), true)).toMatchObject({ complete: false });
    expect(walkGzipBlocks(Buffer.concat([blob, Buffer.from([0x1f])]), false)).toMatchObject({ complete: false });
  });
});

/** A generator of numbers that are the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 2654435761) + 1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function anyContent(random: (below: number) => number): Buffer {
  const size = random(4) === 0 ? random(20) : random(90_000);
  const seed = random(1000);
  switch (random(3)) {
    case 0:
      return noise(size, seed);
    case 1:
      return Buffer.alloc(size, random(256));
    default:
      return textLike(size, seed);
  }
}

function anyOptions(random: (below: number) => number): object {
  return { level: random(10), memLevel: 1 + random(9), strategy: random(5), windowBits: 9 + random(7) };
}

describe('against zlib, at random', () => {
  test('members, content and end, and nothing of what is cut off', () => {
    for (let seed = 0; seed < 150; seed++) {
      const random = seeded(seed);
      const members = Array.from({ length: 1 + random(3) }, () => gzipSync(anyContent(random), anyOptions(random)));
      const blob = Buffer.concat(members);
      const content = gunzipSync(blob);
      const walk = walkGzipBlocks(blob, true);
      expect({ seed, ...walk }).toMatchObject({
        complete: true,
        members: members.length,
        contentBytes: content.length,
        examinedBytes: blob.length,
      });
      expect(walk.memberContent?.count).toBe(members.length);
      const cut = random(blob.length);
      const part = walkGzipBlocks(blob.subarray(0, cut), false);
      expect(part.complete).toBe(false);
      expect(part.examinedBytes).toBeLessThanOrEqual(cut);
      expect(part.contentBytes).toBeLessThanOrEqual(content.length);
    }
  });

  test('what is broken for the one is broken for the other', () => {
    let broken = 0;
    let sound = 0;
    for (let seed = 0; seed < 1500; seed++) {
      const random = seeded(seed + 10_000);
      const deflate = deflateRawSync(anyContent(random).subarray(0, 3000), { ...anyOptions(random), windowBits: 15 });
      for (let change = 0; change <= random(3); change++) {
        const at = random(3) === 0 ? random(deflate.length) : random(Math.min(60, deflate.length));
        deflate[at] = (deflate[at] as number) ^ (1 << random(8));
      }
      let size: number | null = null;
      try {
        size = inflateRawSync(deflate).length;
      } catch {
        /* As many are. */
      }
      const { complete, contentBytes } = walkGzipBlocks(member(deflate), true);
      if (size === null) broken++;
      else sound++;
      expect({ seed, complete, size: complete ? contentBytes : null }).toEqual({ seed, complete: size !== null, size });
    }
    expect(Math.min(broken, sound)).toBeGreaterThan(150);
  });
});

describe('hostile blobs', () => {
  function repeated(piece: Uint8Array): Buffer {
    return Buffer.alloc(EXAMINED_BYTES, piece);
  }
  /* Eight, so that they end at a byte. */
  const codes = new Bits();
  for (let block = 0; block < 8; block++) {
    codes.number(0, 1).number(2, 2).number(0, 5).number(0, 5).number(14, 4);
    /* 18: one bit; 1: one bit. Then 256 zeros, two codes of one bit, for the end and for a distance. */
    for (const symbol of [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]) {
      codes.number(symbol === 18 || symbol === 1 ? 1 : 0, 3);
    }
    codes.code('1').number(127, 7).code('1').number(107, 7).code('00').code('0');
  }
  const smallest = codes.bytes();
  const empties = new Bits();
  for (let block = 0; block < 4; block++) empties.number(0, 1).number(1, 2).code(FIXED_END);
  const zeros = deflateRawSync(Buffer.alloc(120_000_000), { level: 1, strategy: constants.Z_FIXED });

  test.each<[string, Buffer]>([
    ['as many codes as fit', Buffer.concat([HEADER, repeated(smallest)])],
    ['blocks of ten bits', Buffer.concat([HEADER, repeated(empties.bytes())])],
    ['empty stored blocks', Buffer.concat([HEADER, repeated(Buffer.from([0, 0, 0, 0xff, 0xff]))])],
    ['members of twenty bytes', repeated(gzipSync(''))],
    ['members that have a name and no end', repeated(Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]))],
    ['zeros', Buffer.concat([HEADER, zeros])],
    ['ones', Buffer.concat([HEADER, Buffer.alloc(EXAMINED_BYTES, 0xff)])],
    ['noise', Buffer.concat([HEADER, noise(EXAMINED_BYTES)])],
    ['nothing', Buffer.alloc(0)],
  ])('%s: an answer, and soon', (_what, blob) => {
    walkGzipBlocks(blob, true);
    const start = performance.now();
    const { examinedBytes } = walkGzipBlocks(blob, true);
    const took = performance.now() - start;
    expect(examinedBytes).toBeLessThanOrEqual(EXAMINED_BYTES);
    /* About 30 ms at most on a quiet machine. */
    expect(took).toBeLessThan(500);
    if (process.env.SHOW_TIMES === '1') process.stderr.write(`${_what}: ${took.toFixed(1)} ms, ${examinedBytes}\n`);
  });

  test('the trailer is not looked at, so a false one does no harm', () => {
    expect(crc32('x')).not.toBe(0);
    expect(walkGzipBlocks(member(deflateRawSync('x')), true)).toMatchObject({ complete: true, contentBytes: 1 });
  });
});

describe('the head of a stream', () => {
  const bytes = noise(1000);

  test.each([
    [100, 1000, 7],
    [100, null, 1000],
    [1000, 1000, 999],
    [1000, null, 1],
    [5000, 1000, 300],
    [5000, 10, 300],
  ])('of at most %i bytes, size %s, chunks of %i', async (limit, size, chunk) => {
    const head = new Head(limit, size);
    for (let time = 0; time < 2; time++) {
      expect((await collect(head.keep(lend(bytes, chunk)))).equals(bytes)).toBe(true);
      const kept = Math.min(limit, size ?? limit, bytes.length);
      expect(Buffer.from(head.bytes).equals(bytes.subarray(0, kept))).toBe(true);
      expect(head.whole).toBe(kept === bytes.length);
    }
  });
});
