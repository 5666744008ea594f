import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BytesDifference } from '../../../../packages/core/src/explain/in-file/in-file-difference.js';
import { requireTool } from '../../../support/tools.js';
import { compare, inFolder, swapped, wordless } from './support.js';

/** Never text: it begins with NUL. */
function binary(...parts: (Uint8Array | string)[]): Buffer {
  return Buffer.concat([Buffer.alloc(1), ...parts.map((part) => Buffer.from(part))]);
}

/** Bytes that look random and are the same every time. */
function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

async function bytesOf(content0: Uint8Array, content1: Uint8Array): Promise<BytesDifference> {
  const { bytes } = await compare(content0, content1);
  if (bytes === undefined) throw new Error('not compared as bytes');
  return bytes;
}

/** Side 1, made of side 0 and what the ranges hold of side 1. */
function rebuilt(content0: Buffer, content1: Buffer, { ranges, count }: BytesDifference): Buffer {
  expect(ranges).toHaveLength(count);
  const parts: Buffer[] = [];
  let at = 0;
  for (const { offsets, lengths } of ranges) {
    parts.push(content0.subarray(at, offsets[0]), content1.subarray(offsets[1], offsets[1] + lengths[1]));
    at = offsets[0] + lengths[0];
  }
  return Buffer.concat([...parts, content0.subarray(at)]);
}

describe('bytes', () => {
  test.skipIf(!requireTool('cmp'))('of one length: what cmp -l counts, in ranges that hold all of it', async () => {
    const [content0, content1] = [noise(5000), noise(5000)];
    content0[0] = 0;
    content1[0] = 0;
    for (const at of [7, 9, 30, 38, 47, 2000, 4999]) content1[at] = (content1[at] as number) ^ 0x55;
    const offsets = inFolder((folder) => {
      writeFileSync(join(folder, 'a'), content0);
      writeFileSync(join(folder, 'b'), content1);
      const { stdout } = spawnSync('cmp', ['-l', 'a', 'b'], { cwd: folder, encoding: 'utf8' });
      return stdout
        .trim()
        .split('\n')
        .map((line) => Number(line.trim().split(' ')[0]) - 1);
    });
    const bytes = await bytesOf(content0, content1);
    expect(bytes.differing).toBe(offsets.length);
    /* Fewer than 8 equal bytes do not end a range: 7 and 9, 30 and 38; there are 8 between 38 and 47. */
    expect(bytes.ranges.map(({ offsets: [offset], lengths: [length] }) => [offset, length])).toEqual([
      [7, 3],
      [30, 9],
      [47, 1],
      [2000, 1],
      [4999, 1],
    ]);
    for (const offset of offsets) {
      expect(
        bytes.ranges.some(({ offsets: [start], lengths: [length] }) => offset >= start && offset < start + length),
      ).toBe(true);
    }
  });

  test('shows hex with eight bytes of context', async () => {
    const difference = await compare(binary('0123456789abcdef'), binary('0123456789Xbcdef'));
    expect(difference).toEqual({
      format: 'bytes',
      summary: '1 byte differs, from 11 on; unknown format',
      bytes: {
        lengths: [17, 17],
        differing: 1,
        count: 1,
        ranges: [
          {
            offsets: [11, 11],
            lengths: [1, 1],
            start: [3, 3],
            hex: [Buffer.from('23456789abcdef').toString('hex'), Buffer.from('23456789Xbcdef').toString('hex')],
          },
        ],
      },
    });
  });

  test('of a long range the first 64 bytes are shown, of many ranges the first 64; all are counted', async () => {
    const long = await compare(binary(Buffer.alloc(1000, 1)), binary(Buffer.alloc(1000, 2)));
    expect(long.bytes?.ranges[0]).toMatchObject({
      lengths: [1000, 1000],
      start: [0, 0],
      hex: [`00${'01'.repeat(64)}`, `00${'02'.repeat(64)}`],
    });
    expect(long.omitted).toEqual(['of ranges of more than 64 bytes only the first 64 are shown']);
    const content = noise(10_000);
    const other = Buffer.from(content);
    for (let at = 0; at < 10_000; at += 100) other[at] = (other[at] as number) ^ 1;
    const many = await compare(binary(content), binary(other));
    expect(many.bytes).toMatchObject({ differing: 100, count: 100 });
    expect(many.bytes?.ranges).toHaveLength(64);
    expect(many.omitted).toEqual(['36 more ranges of bytes are not shown']);
  });

  test('a byte inserted in 10 MB is one range', async () => {
    const content = binary(noise(10_000_000));
    const other = Buffer.concat([content.subarray(0, 5_000_000), Buffer.from('!'), content.subarray(5_000_000)]);
    const bytes = await bytesOf(content, other);
    expect(bytes).toMatchObject({ lengths: [10_000_001, 10_000_002], differing: 1, count: 1 });
    expect(bytes.ranges[0]).toMatchObject({ offsets: [5_000_000, 5_000_000], lengths: [0, 1] });
  });

  test('insertions, deletions and replaced bytes are told apart', async () => {
    const content = binary(noise(300_000));
    const other = Buffer.concat([
      content.subarray(0, 1000),
      Buffer.from('inserted'),
      content.subarray(1000, 100_000),
      content.subarray(100_100, 200_000),
      Buffer.from('abc'),
      content.subarray(200_003),
    ]);
    const bytes = await bytesOf(content, other);
    expect(bytes.ranges.map(({ offsets, lengths }) => [offsets[0], ...lengths])).toEqual([
      [1000, 0, 8],
      [100_000, 100, 0],
      [200_000, 3, 3],
    ]);
    expect(rebuilt(content, other, bytes)).toEqual(other);
    expect(bytes.differing).toBe(111);
  });

  const piece = fc.oneof(
    fc.constantFrom(noise(50, 2), noise(70, 3), Buffer.alloc(40), noise(100, 4)),
    fc.uint8Array({ maxLength: 5 }),
  );
  const contents = fc.array(piece, { maxLength: 12 }).map((parts) => binary(...parts));

  test('side 0 with the ranges of side 1 is side 1; swapped sides give the swapped ranges', async () => {
    await fc.assert(
      fc.asyncProperty(contents, contents, async (content0, content1) => {
        fc.pre(!content0.equals(content1));
        const bytes = await bytesOf(content0, content1);
        expect(rebuilt(content0, content1, bytes)).toEqual(content1);
        expect(swapped(await compare(content0, content1))).toEqual(wordless(await compare(content1, content0)));
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  test('equal contents', async () => {
    expect(await compare('a', 'a')).toEqual({ format: 'bytes', summary: 'no byte differs' });
  });

  test.each<[string, Buffer, Buffer]>([
    ['one byte over and over', Buffer.alloc(3_000_000), Buffer.alloc(2_000_000)],
    ['nothing in common', noise(3_000_000, 5), noise(2_900_000, 6)],
    ['two periods', Buffer.alloc(3_000_000, '\0abc'), Buffer.alloc(2_000_000, '\0abcabcd')],
  ])('hostile: %s', async (_name, content0, content1) => {
    const start = performance.now();
    const bytes = await bytesOf(content0, content1);
    expect(bytes.lengths).toEqual([content0.length, content1.length]);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
