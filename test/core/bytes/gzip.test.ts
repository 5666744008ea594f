import { createHash } from 'node:crypto';
import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { requireTool } from '../../support/tools.js';
import { errorOf, noise, read, run, textLike } from './support.js';

const CHUNKS = [Number.POSITIVE_INFINITY, 1, 7, 4096, 65_537];
const TEXT = textLike(3000);

/** A member built by the words of RFC 1952, section 2.3. */
function member(content: Uint8Array, options: MemberOptions = {}): Buffer {
  const { extra, name, comment, headerCrc = false, text = false, mtime = 0, xfl = 0, os = 255, level = 6 } = options;
  const flags =
    (text ? 1 : 0) |
    (headerCrc ? 2 : 0) |
    (extra === undefined ? 0 : 4) |
    (name === undefined ? 0 : 8) |
    (comment === undefined ? 0 : 16);
  const fixed = Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, xfl, os]);
  fixed.writeUInt32LE(mtime, 4);
  const parts: Uint8Array[] = [fixed];
  if (extra !== undefined) parts.push(uint16(extra.length), extra);
  for (const field of [name, comment]) if (field !== undefined) parts.push(Buffer.from(`${field}\0`, 'latin1'));
  if (headerCrc) parts.push(uint16(crc32(Buffer.concat(parts)) & 0xffff));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(content), 0);
  trailer.writeUInt32LE(content.length, 4);
  return Buffer.concat([...parts, deflateRawSync(content, { level }), trailer]);
}

interface MemberOptions {
  readonly extra?: Buffer;
  readonly name?: string;
  readonly comment?: string;
  readonly headerCrc?: boolean;
  readonly text?: boolean;
  readonly mtime?: number;
  readonly xfl?: number;
  readonly os?: number;
  readonly level?: number;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

const PLAIN = {
  mtime: 0,
  xfl: 0,
  os: 3,
  name: null,
  comment: null,
  extra: null,
  headerCrc: false,
  text: false,
};

describe('gzip that others write', () => {
  const contents: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['a byte', Buffer.from('x')],
    ['text', TEXT],
    ['noise, which is stored', noise(300_000)],
    ['more than a chunk', textLike(3_500_000)],
    ['a gigabyte a megabyte: zeros', Buffer.alloc(20_000_000)],
  ];
  const tools: [string, string, string[], object][] = [
    ['gzip', 'gzip -n', ['-nc'], PLAIN],
    ['gzip', 'gzip -9n', ['-9nc'], { ...PLAIN, xfl: 2 }],
    ['gzip', 'gzip -1n', ['-1nc'], { ...PLAIN, xfl: 4 }],
    ['pigz', 'pigz -n', ['-nc'], PLAIN],
    ['pigz', 'pigz -n -b 128 -i', ['-nc', '-b', '128', '-i'], PLAIN],
  ];
  for (const [tool, label, args, info] of tools) {
    test.skipIf(!requireTool(tool)).each(contents)(`${label}: %s`, async (_what, content) => {
      const stored = run(tool, args, content);
      for (const chunk of stored.length > 100_000 ? [Number.POSITIVE_INFINITY, 65_537] : CHUNKS) {
        const result = await read(stored, { chunk });
        expect(result.content.equals(content)).toBe(true);
        expect(result.compression).toEqual({ format: 'gzip', gzip: info });
        expect(result.notes).toEqual([]);
      }
    });
  }

  test.skipIf(!requireTool('python3'))('Python, with name and time', async () => {
    const script =
      "import gzip,sys; f=gzip.GzipFile('na\\u00efve.tar','wb',9,sys.stdout.buffer,mtime=1677619260); f.write(b'abc'); f.close()";
    const { content, compression } = await read(run('python3', ['-c', script]));
    expect(content.toString()).toBe('abc');
    /* GzipFile drops ".gz" only; the name is latin1, as RFC 1952 wants; os 255, xfl 2 for level 9. */
    expect(compression).toEqual({
      format: 'gzip',
      gzip: { ...PLAIN, mtime: 1677619260, xfl: 2, os: 255, name: 'na\u00efve.tar' },
    });
  });

  test('zlib of Node', async () => {
    const { content, compression } = await read(gzipSync(TEXT));
    expect(content.equals(TEXT)).toBe(true);
    expect(compression.format).toBe('gzip');
  });

  test.each<[string, MemberOptions, object]>([
    [
      'everything',
      { extra: Buffer.from([1, 2, 0, 255]), name: 'n\xe9', comment: 'c', headerCrc: true, text: true },
      { extra: 'AQIA/w==', name: 'n\xe9', comment: 'c', headerCrc: true, text: true },
    ],
    [
      'empty name, comment and extra',
      { extra: Buffer.alloc(0), name: '', comment: '' },
      { extra: '', name: '', comment: '' },
    ],
    [
      'the largest extra field',
      { extra: Buffer.alloc(65_535, 1) },
      { extra: Buffer.alloc(65_535, 1).toString('base64') },
    ],
    ['a long name', { name: 'n'.repeat(100_000) }, { name: 'n'.repeat(100_000) }],
    ['the latest time', { mtime: 2 ** 32 - 1 }, { mtime: 2 ** 32 - 1 }],
  ])('header fields: %s', async (_reason, options, info) => {
    const stored = member(TEXT, options);
    expect(gunzipSync(stored).equals(TEXT)).toBe(true);
    for (const chunk of [Number.POSITIVE_INFINITY, 1, 509]) {
      const { content, compression } = await read(stored, { chunk });
      expect(content.equals(TEXT)).toBe(true);
      expect(compression.gzip).toEqual({ ...PLAIN, os: 255, ...info });
    }
  });

  test('a header without end is refused, and not kept', async () => {
    const stored = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]), Buffer.alloc(3_000_000, 'n')]);
    const error = await errorOf(read(stored, { chunk: 65_536 }));
    expect(error.code).toBe('ERR_COMPRESSION_INVALID');
    expect(error.message).toBe('the gzip header is longer than 1048576 bytes, at byte 0 of the compressed bytes');
  });
});

describe('several members', () => {
  test.each([2, 3, 50])('%i, told by the header of the first', async (count) => {
    const parts = Array.from({ length: count }, (_, index) => textLike(index * 37, index + 1));
    const stored = Buffer.concat(parts.map((part, index) => member(part, { name: `member ${index}` })));
    for (const chunk of CHUNKS) {
      const { content, compression, notes } = await read(stored, { chunk });
      expect(content.equals(Buffer.concat(parts))).toBe(true);
      expect(compression.gzip?.name).toBe('member 0');
      expect(notes).toEqual([]);
    }
  });

  test('20,000, as in eStargz, quickly', async () => {
    const part = textLike(2000);
    const stored = Buffer.concat(new Array<Buffer>(20_000).fill(gzipSync(part)));
    const start = performance.now();
    const { content } = await read(stored);
    expect(content.length).toBe(20_000 * 2000);
    expect(content.subarray(-2000).equals(part)).toBe(true);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test('a million empty ones come to an end', async () => {
    const stored = Buffer.concat(new Array<Buffer>(1_000_000).fill(gzipSync('')));
    expect((await read(stored)).content.length).toBe(0);
  });

  test('a hundred thousand with garbage behind them, too', async () => {
    const stored = Buffer.concat([...new Array<Buffer>(100_000).fill(gzipSync('ab')), Buffer.from('garbage')]);
    const { content, compression } = await read(stored);
    expect(content.length).toBe(200_000);
    expect(compression.trailing?.kind).toBe('garbage');
  });

  test.each([1, 2, 9])('an end of one at each end of a chunk of the output, with level %i', async (level) => {
    const part = noise(1024 * 1024);
    const stored = Buffer.concat([member(part, { level }), member(part, { level }), member(TEXT)]);
    const { content } = await read(stored);
    expect(content.equals(Buffer.concat([part, part, TEXT]))).toBe(true);
  });
});

describe('what follows the last member', () => {
  const first = member(TEXT, { name: 'first' });
  const second = member(Buffer.from('never content'));
  const large = member(textLike(2_500_000));
  const zeros = Buffer.alloc(512);
  const garbage = Buffer.from('garbage \x1f\x8b behind');
  test.each<[string, Buffer, string]>([
    ['a zero byte', Buffer.alloc(1), 'zero-padding'],
    ['zeros', zeros, 'zero-padding'],
    ['three megabytes of zeros', Buffer.alloc(3_000_000), 'zero-padding'],
    ['a byte', Buffer.from('x'), 'garbage'],
    ['half of the magic', Buffer.from([0x1f]), 'garbage'],
    ['garbage', garbage, 'garbage'],
    ['zeros, then garbage', Buffer.concat([zeros, garbage]), 'garbage'],
    ['zeros, then half of the magic', Buffer.concat([zeros, Buffer.from([0x1f, 0x8b])]), 'garbage'],
    ['garbage, then zeros', Buffer.concat([garbage, zeros]), 'garbage'],
    ['zeros, then a member', Buffer.concat([zeros, second]), 'member-after-padding'],
    ['a zero, then a member', Buffer.concat([Buffer.alloc(1), second]), 'member-after-padding'],
    ['garbage, then a member', Buffer.concat([garbage, second]), 'member-after-garbage'],
    ['zeros, garbage, a member', Buffer.concat([zeros, garbage, second]), 'member-after-garbage'],
  ])('%s', async (_reason, trailing, kind) => {
    const sha256 = createHash('sha256').update(trailing).digest('hex');
    for (const [members, content] of [
      [first, TEXT],
      [Buffer.concat([first, member(TEXT)]), Buffer.concat([TEXT, TEXT])],
      [large, textLike(2_500_000)],
    ] as const) {
      const stored = Buffer.concat([members, trailing]);
      for (const chunk of stored.length > 100_000 ? [Number.POSITIVE_INFINITY, members.length, 65_537] : CHUNKS) {
        const result = await read(stored, { chunk });
        expect(result.content.equals(content)).toBe(true);
        expect(result.compression.trailing).toEqual({ kind, bytes: trailing.length, sha256 });
        expect(result.notes).toHaveLength(1);
        expect(result.notes[0]?.code).toBe('trailing-data');
        expect(result.notes[0]?.message).toContain(`the blob: ${trailing.length} `);
      }
    }
  });

  test('what begins as a member must be one', async () => {
    const stored = Buffer.concat([first, second.subarray(0, second.length - 1)]);
    const error = await errorOf(read(stored));
    expect(error.code).toBe('ERR_COMPRESSION_INVALID');
    expect(error.message).toBe(
      `the gzip data are cut off in the trailer, at byte ${stored.length} of the compressed bytes`,
    );
  });

  test('the bytes after the last member are verified, too', async () => {
    const { decompress } = await import('../../../packages/core/src/bytes/decompress.js');
    const { verify } = await import('../../../packages/core/src/bytes/verify.js');
    const { digestOf } = await import('../../../packages/core/src/digest.js');
    const { DEFAULT_LIMITS } = await import('../../../packages/core/src/limits.js');
    const { collect, lend } = await import('./support.js');
    for (const tail of [Buffer.alloc(2000), Buffer.from('garbage'), Buffer.alloc(0)]) {
      const stored = Buffer.concat([first, tail]);
      const expected = { digest: digestOf(Buffer.from('other')), size: stored.length, name: 'b' };
      const { stream } = decompress(() => verify(lend(stored), expected), {
        name: 'b',
        size: null,
        maxBytes: 1e9,
        limits: DEFAULT_LIMITS,
        onNote: () => undefined,
      });
      expect((await errorOf(collect(stream))).code).toBe('ERR_DIGEST_MISMATCH');
    }
  });
});

describe('damage', () => {
  const full = member(TEXT.subarray(0, 400), { extra: Buffer.from('ex'), name: 'na', comment: 'co', headerCrc: true });

  test('cut at every byte', async () => {
    /* One byte is no gzip yet, and so uncompressed. */
    for (let length = 2; length < full.length; length++) {
      for (const chunk of [Number.POSITIVE_INFINITY, 1]) {
        const error = await errorOf(read(full.subarray(0, length), { chunk }));
        expect([length, error.code, error.location]).toEqual([length, 'ERR_COMPRESSION_INVALID', { blob: 'the blob' }]);
        expect(error.message).toMatch(/cut off/);
      }
    }
  });

  test('a second member cut at every byte', async () => {
    for (let length = 2; length < full.length; length++) {
      const error = await errorOf(read(Buffer.concat([full, full.subarray(0, length)])));
      expect([length, error.code]).toEqual([length, 'ERR_COMPRESSION_INVALID']);
    }
  });

  test.each<[string, MemberOptions, number, number]>([
    ['a checksum over the header', { name: 'name', headerCrc: true }, 0, 0],
    ['none: time, effort, system, name and the text flag carry nothing of the content', { name: 'name' }, 3, 10 + 4],
  ])('every bit flipped, with %s: an error, or the same content', async (_reason, options, free, freeEnd) => {
    const content = TEXT.subarray(0, 400);
    const stored = member(content, options);
    const survivors: number[] = [];
    for (let bit = 16; bit < 8 * stored.length; bit++) {
      const outcome = await read(flip(stored, bit)).then(
        (result) => result.content.equals(content),
        (error: { code: string }) => error.code,
      );
      if (outcome === 'ERR_COMPRESSION_INVALID') continue;
      expect([bit, outcome]).toEqual([bit, true]);
      if (bit < 8 * free || bit >= 8 * freeEnd) survivors.push(bit);
    }
    /* Deflate ends within a byte; the rest of that one is unused. */
    const deflateEnd = 8 * (stored.length - 8);
    expect(survivors.length).toBeLessThan(8);
    expect(survivors).toEqual(survivors.map((_, index) => deflateEnd - survivors.length + index));
  });

  test.each<[string, Buffer, string]>([
    [
      'another method',
      edit(full, 2, 7),
      'the gzip header names the compression method 7, which is not deflate, at byte 0',
    ],
    ['reserved flag', edit(full, 3, 0x20), 'the gzip header sets flags that are reserved, at byte 0'],
    ['header checksum', edit(full, 4, 1), 'the gzip header does not match its checksum, at byte 0'],
    ['CRC', edit(gzipSync('abc'), -8, 0), 'the content does not match its CRC in the gzip member, at byte 10'],
    [
      'size',
      edit(gzipSync('abc'), -4, 4),
      'the content does not have the size that the gzip trailer states, in the member, at byte 10',
    ],
    [
      'CRC of a large member',
      edit(gzipSync(textLike(3e6)), -8, 0),
      'the content does not match its CRC in the gzip member, at byte 10',
    ],
    [
      'deflate',
      edit(gzipSync('abc'), 10, 7),
      'the gzip data are broken (invalid block type) in the deflate stream that begins, at byte 10',
    ],
  ])('is told: %s', async (_reason, stored, message) => {
    const error = await errorOf(read(stored));
    expect(error.code).toBe('ERR_COMPRESSION_INVALID');
    expect(error.message).toBe(`${message} of the compressed bytes`);
  });

  test('a blob that is not what its digest says is told as that', async () => {
    const { decompress } = await import('../../../packages/core/src/bytes/decompress.js');
    const { verify } = await import('../../../packages/core/src/bytes/verify.js');
    const { digestOf } = await import('../../../packages/core/src/digest.js');
    const { DEFAULT_LIMITS } = await import('../../../packages/core/src/limits.js');
    const { collect, lend } = await import('./support.js');
    const stored = gzipSync(textLike(500_000));
    const expected = { digest: digestOf(stored), size: stored.length, name: 'b' };
    for (let position = 3; position < stored.length; position += 997) {
      const { stream } = decompress(
        () => verify(lend(edit(stored, position, ~(stored[position] as number) & 255), 4096), expected),
        {
          name: 'b',
          size: null,
          maxBytes: 1e9,
          limits: DEFAULT_LIMITS,
          onNote: () => undefined,
        },
      );
      expect((await errorOf(collect(stream))).code).toBe('ERR_DIGEST_MISMATCH');
    }
  });
});

function flip(bytes: Buffer, bit: number): Buffer {
  return edit(bytes, bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
}

function edit(bytes: Buffer, position: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[position < 0 ? bytes.length + position : position] = value;
  return copy;
}
