import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sniffCompression } from '../../../packages/core/src/bytes/sniff.js';
import { requireTool } from '../../support/tools.js';
import { errorOf, read, run } from './support.js';

/** A tar archive that GNU tar made, whose first member has the name `name`. */
function tarOf(name: string, format: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-sniff-'));
  try {
    writeFileSync(join(folder, name), 'content');
    const result = spawnSync('tar', ['-c', `--format=${format}`, '-C', folder, name]);
    return result.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('sniffCompression', () => {
  test.each([
    ['gzip', '1f8b0800', 'gzip'],
    ['gzip magic, an unknown method: it is for the header parser to refuse', '1f8b0700', 'gzip'],
    ['zstd frame', '28b52ffd24', 'zstd'],
    ['zstd skippable frame, the first', '502a4d18', 'zstd'],
    ['zstd skippable frame, the last', '5f2a4d18', 'zstd'],
    ['bzip2', '425a6839314159265359', 'bzip2'],
    ['xz', 'fd377a585a000004', 'xz'],
    ['lz4', '04224d18', 'lz4'],
    ['one byte of gzip magic', '1f', 'none'],
    ['three bytes of zstd magic', '28b52f', 'none'],
    ['not skippable: 0x60', '602a4d18', 'none'],
    ['nothing', '', 'none'],
    ['the zero blocks of an empty archive', '00'.repeat(1024), 'none'],
  ])('%s', (_reason, hex, expected) => {
    expect(sniffCompression(Buffer.from(hex, 'hex'))).toBe(expected);
  });

  describe.skipIf(!requireTool('tar'))('a tar archive whose first name looks like something else', () => {
    test.each([
      ['BZh91.txt', 'v7', 'none', 'no "ustar", but a checksum'],
      ['BZh91.txt', 'ustar', 'none', 'bzip2 magic'],
      ['BZh91.txt', 'gnu', 'none', 'bzip2 magic'],
      ['\x04"M\x18', 'ustar', 'none', 'lz4 magic'],
    ])('%j in %s is %s: %s', (name, format, expected) => {
      const bytes = tarOf(name, format);
      expect(bytes.length).toBeGreaterThan(512);
      expect(sniffCompression(bytes.subarray(0, 512))).toBe(expected);
    });

    test('is not that with a wrong checksum', () => {
      const bytes = tarOf('BZh91.txt', 'ustar');
      bytes[20] = (bytes[20] as number) ^ 1;
      expect(sniffCompression(bytes)).toBe('bzip2');
    });

    test('gzip wins all the same, as engines go by its magic alone', () => {
      const bytes = tarOf('BZh91.txt', 'v7');
      bytes.set([0x1f, 0x8b, 0x08]);
      bytes.fill(0x20, 148, 156);
      const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      expect(sniffCompression(bytes)).toBe('gzip');
      bytes[2] = 0x09;
      bytes.write(`${(sum + 1).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      expect(sniffCompression(bytes)).toBe('none');
    });
  });
});

describe('what decompress does with it', () => {
  test.each([
    ['bzip2', '425a6839314159265359'],
    ['xz', 'fd377a585a000004'],
    ['lz4', '04224d18'],
  ])('%s is an error that names it', async (format, hex) => {
    const error = await errorOf(read(Buffer.from(hex, 'hex')));
    expect(error.code).toBe('ERR_COMPRESSION_UNSUPPORTED');
    expect(error.message).toContain(`compressed with ${format}`);
    expect(error.location).toEqual({ blob: 'the blob' });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a tar header', Buffer.from('abc')],
    ['much', Buffer.alloc(3_000_000, 'abc')],
  ])('uncompressed bytes pass: %s', async (_reason, bytes) => {
    for (const chunk of [Number.POSITIVE_INFINITY, 1_048_576, 511, 513]) {
      const { content, compression, notes } = await read(bytes, { chunk });
      expect(content.equals(bytes)).toBe(true);
      expect(compression).toEqual({ format: 'none' });
      expect(notes).toEqual([]);
    }
  });

  test('uncompressed chunks are passed on, not copied', async () => {
    const { decompress } = await import('../../../packages/core/src/bytes/decompress.js');
    const { DEFAULT_LIMITS } = await import('../../../packages/core/src/limits.js');
    const chunks = [Buffer.alloc(600, 'a'), Buffer.alloc(1, 'b')];
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunks;
    };
    const options = { name: 'b', size: null, maxBytes: 1e9, limits: DEFAULT_LIMITS, onNote: () => undefined };
    const seen: Uint8Array[] = [];
    for await (const chunk of decompress(open, options).stream) seen.push(chunk);
    expect(seen.map(({ buffer, byteOffset, length }) => [buffer, byteOffset, length])).toEqual(
      chunks.map(({ buffer, byteOffset, length }) => [buffer, byteOffset, length]),
    );
  });

  test.skipIf(!requireTool('bzip2'))('bzip2 as bzip2 writes it', async () => {
    const error = await errorOf(read(run('bzip2', ['-c'], gzipSync('x'))));
    expect(error.code).toBe('ERR_COMPRESSION_UNSUPPORTED');
  });
});
