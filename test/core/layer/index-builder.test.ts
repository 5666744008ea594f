import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DiffId } from '../../../packages/core/src/digest.js';
import { IndexBuilder } from '../../../packages/core/src/layer/index-builder.js';
import type { LayerIndex } from '../../../packages/core/src/layer/layer-index.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { block, extended, file, join, padded, record, zeros } from '../../support/tar-build.js';
import { END, rawEntry, rawTar } from './raw-tar.js';

const ID = `sha256:${'1'.repeat(64)}` as DiffId;

function build(tar: Uint8Array, chunk: number): LayerIndex {
  const builder = new IndexBuilder(DEFAULT_LIMITS);
  for (let at = 0; at < tar.length; at += chunk) builder.push(tar.subarray(at, at + chunk));
  return builder.end(ID);
}

const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest().toString('latin1');

const big = Buffer.alloc(70_000, 'ocidiff');
const TAR = rawTar(
  [
    { name: 'd/', type: '5', mode: 0o755 },
    { name: 'd/empty' },
    { name: 'd/one', content: 'x', padding: 0x50 },
    { name: 'd/block', content: 'b'.repeat(512) },
    { name: 'd/link', type: '2', link: 'one' },
    { name: 'd/hard', type: '1', link: 'd/one' },
    { name: 'd/big', content: big },
  ],
  Buffer.alloc(10_240),
);

describe('what the stream holds, in any chunks', () => {
  test.each([TAR.length, 1, 7, 511, 512, 513, 4096])('chunks of %i bytes', (chunk) => {
    const index = build(TAR, chunk);
    expect(index.diffId).toBe(ID);
    expect(index.bytes).toBe(TAR.length);
    expect(index.entries.map(({ path, type, size }) => [path, type, size])).toEqual([
      ['d/', 'directory', 0],
      ['d/empty', 'file', 0],
      ['d/one', 'file', 1],
      ['d/block', 'file', 512],
      ['d/link', 'symlink', 0],
      ['d/hard', 'hardlink', 0],
      ['d/big', 'file', 70_000],
    ]);
    expect(index.contentDigests).toEqual(['', sha256(''), sha256('x'), sha256('b'.repeat(512)), '', '', sha256(big)]);
    expect([...index.paddings]).toEqual([[2, new Uint8Array(511).fill(0x50)]]);
    expect(index.trailer.bytes).toBe(10_240);
    expect(index.trailer.zero).toBe(true);
    expect(index.trailer.digest).toBe(sha256(Buffer.alloc(10_240)));
  });
});

/* As `umoci insert` leaves it. */
test('the last entry without its padding', () => {
  const whole = rawTar(
    [
      { name: 'd/', type: '5' },
      { name: 'd/big', content: big },
    ],
    Buffer.alloc(0),
  );
  const tar = whole.subarray(0, 1024 + big.length);
  for (const chunk of [tar.length, 1, 513]) {
    const index = build(tar, chunk);
    expect(index.bytes).toBe(tar.length);
    expect(index.contentDigests).toEqual(['', sha256(big)]);
    expect([...index.paddings]).toEqual([[1, new Uint8Array(0)]]);
    expect(index.trailer).toMatchObject({ offset: tar.length, bytes: 0 });
  }
});

/* 1,000 bytes of data, then a hole to 100,000, as GNU tar's PAX form 0.1 has it. */
test.each([1, 600, 1 << 20])('holes are content: zeros (chunks of %i bytes)', (chunk) => {
  const data = Buffer.alloc(1000, 's');
  const sparse = rawEntry({
    name: 'GNUSparseFile.0/s',
    content: data,
    pax: [
      ['GNU.sparse.major', '0'],
      ['GNU.sparse.minor', '1'],
      ['GNU.sparse.name', 's'],
      ['GNU.sparse.numblocks', '2'],
      ['GNU.sparse.map', '0,1000,100000,0'],
      ['GNU.sparse.size', '100000'],
    ],
  });
  const index = build(join(sparse, END), chunk);
  expect(index.entries[0]?.size).toBe(100_000);
  expect(index.contentDigests).toEqual([sha256(Buffer.concat([data, Buffer.alloc(99_000)]))]);
});

test('header blocks, content, padding and trailer add up to the stream', () => {
  const { entries, trailer, bytes } = build(TAR, TAR.length);
  const stored = entries.map(({ headerBytes, storedSize }) => headerBytes + Math.ceil(storedSize / 512) * 512);
  expect(stored.reduce((sum, part) => sum + part, trailer.bytes)).toBe(bytes);
});

describe('a sparse file with long holes', () => {
  /* GNU sparse 1.0 by hand: 40 MiB of hole, `end`, 20 MiB of hole. Its map stands in front of the content. */
  const MIB = 1024 * 1024;
  const size = 60 * MIB + 3;
  const map = `1\n${40 * MIB}\n3\n`.padEnd(512, '\0');
  const records = [
    ['GNU.sparse.major', '1'],
    ['GNU.sparse.minor', '0'],
    ['GNU.sparse.name', 'holes'],
    ['GNU.sparse.realsize', String(size)],
  ].map(([key, value]) => record(key as string, value as string));
  const tar = join(
    extended('x', records.join('')),
    block({ name: 'GNUSparseFile.0/holes', size: 515 }),
    Buffer.from(map),
    padded('end'),
    file('after', 'a'),
    zeros(),
  );
  const expected = createHash('sha256')
    .update(Buffer.alloc(40 * MIB))
    .update('end')
    .update(Buffer.alloc(20 * MIB))
    .digest()
    .toString('latin1');

  test.each([tar.length, 512, 7])('in chunks of %i bytes', async (chunk) => {
    const builder = new IndexBuilder(DEFAULT_LIMITS);
    let settled = 0;
    for (let at = 0; at < tar.length; at += chunk) {
      if (!builder.push(tar.subarray(at, at + chunk))) continue;
      await builder.settle();
      settled++;
    }
    const index = builder.end(ID);
    expect(index.contentDigests).toEqual([expected, sha256('a')]);
    expect(settled).toBeGreaterThan(0);
  });

  test('hashing them can be cancelled', async () => {
    const builder = new IndexBuilder(DEFAULT_LIMITS);
    expect(builder.push(tar)).toBe(true);
    await expect(builder.settle(AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('holes count against the limit of a layer', () => {
    const builder = new IndexBuilder({ ...DEFAULT_LIMITS, layerBytes: 50 * MIB });
    expect(() => builder.push(tar)).toThrow(/layerBytes/);
  });
});
