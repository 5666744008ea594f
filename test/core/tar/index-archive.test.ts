import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { type ArchiveMember, indexArchive } from '../../../packages/core/src/tar/index-archive.js';
import { base256, block, extended, file, GNU, join, octal, padded, record, zeros } from '../../support/tar-build.js';
import { canMakeCorpus, listWithPython, outerArchives } from './corpus.js';

function indexBytes(bytes: Uint8Array, limits = DEFAULT_LIMITS): Promise<ArchiveMember[]> {
  return indexArchive(async (position, length) => bytes.subarray(position, position + length), bytes.length, limits);
}

async function failure(promise: Promise<unknown>): Promise<OciDiffError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OciDiffError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe.skipIf(!canMakeCorpus)('the outer archives of the fixtures', () => {
  test('members, where their contents are and their sizes, as Python lists them', async () => {
    const archives = outerArchives();
    expect(archives.length).toBeGreaterThan(20);
    const lists = listWithPython(archives);
    for (const [i, archive] of archives.entries()) {
      const members = await indexBytes(readFileSync(archive));
      expect({ archive, members }).toEqual({
        archive,
        members: (lists[i] ?? []).map(({ path, type, linkTarget, offset, headerBytes, size }) => ({
          path: type === 'directory' ? `${path}/` : path,
          type,
          linkTarget,
          offset: offset + headerBytes,
          size,
        })),
      });
    }
  });
});

describe('archives by hand', () => {
  test('members of every type; global headers are none', async () => {
    const bytes = join(
      extended('g', record('comment', 'x')),
      file('a', 'x'.repeat(600)),
      extended('L', `${'n'.repeat(120)}\0`),
      block({ name: 'n'.repeat(100), size: 3, magic: GNU }),
      padded('abc'),
      block({ name: 'link', type: '2', linkName: 'a' }),
      block({ name: 'dir/', type: '5' }),
      zeros(),
    );
    expect(await indexBytes(bytes)).toEqual([
      { path: 'a', type: 'file', linkTarget: '', offset: 1536, size: 600 },
      { path: 'n'.repeat(120), type: 'file', linkTarget: '', offset: 4096, size: 3 },
      { path: 'link', type: 'symlink', linkTarget: 'a', offset: 5120, size: 0 },
      { path: 'dir/', type: 'directory', linkTarget: '', offset: 5632, size: 0 },
    ]);
  });

  test('a member of 5 GB and one of 20 GB are jumped over', async () => {
    const [five, twenty] = [5_000_000_001, 20 * 1024 ** 3];
    const parts = new Map<number, Uint8Array>([
      [0, block({ name: 'five', size: five })],
      [512 + Math.ceil(five / 512) * 512, block({ name: 'twenty', size: base256(BigInt(twenty), 12) })],
    ]);
    const last = 1024 + Math.ceil(five / 512) * 512 + twenty;
    parts.set(last, join(file('last', 'end'), zeros()));
    const size = last + 2048;
    let read = 0;
    const members = await indexArchive(
      async (position, length) => {
        read += length;
        const bytes = new Uint8Array(length);
        for (const [at, part] of parts) {
          for (let i = Math.max(at, position); i < Math.min(at + part.length, position + length); i++)
            bytes[i - position] = part[i - at] as number;
        }
        return bytes;
      },
      size,
      DEFAULT_LIMITS,
    );
    expect(members.map(({ path, offset, size: bytes }) => [path, offset, bytes])).toEqual([
      ['five', 512, five],
      ['twenty', 1024 + Math.ceil(five / 512) * 512, twenty],
      ['last', last + 512, 3],
    ]);
    expect(read).toBeLessThan(1_000_000);
  });

  test('reads that give fewer bytes than asked for', async () => {
    const bytes = join(file('a', 'x'.repeat(100_000)), file('b', 'y'), zeros());
    const members = await indexArchive(
      async (position, length) => bytes.subarray(position, position + Math.min(length, 100)),
      bytes.length,
      DEFAULT_LIMITS,
    );
    expect(members.map(({ path }) => path)).toEqual(['a', 'b']);
  });

  test('an archive that ends within a member is an error', async () => {
    const bytes = join(block({ name: 'large', size: 1_000_000 }), new Uint8Array(300_000));
    const error = await failure(indexBytes(bytes));
    expect([error.code, error.location.offset]).toEqual(['ERR_TAR_TRUNCATED', bytes.length]);
  });

  test('what is no tar archive is an error', async () => {
    const error = await failure(indexBytes(padded('not a tar archive')));
    expect([error.code, error.location.offset]).toEqual(['ERR_TAR_INVALID', 0]);
  });

  test('a sparse member is an error', async () => {
    const sparse = block({ type: 'S', magic: GNU, patches: [[483, octal(100, 12)]] });
    expect((await failure(indexBytes(join(sparse, zeros())))).code).toBe('ERR_TAR_INVALID');
  });

  test('the limit of members is held', async () => {
    const bytes = join(block({ name: 'a' }), block({ name: 'b' }), block({ name: 'c' }), zeros());
    expect(await indexBytes(bytes, { ...DEFAULT_LIMITS, archiveMembers: 3 })).toHaveLength(3);
    const error = await failure(indexBytes(bytes, { ...DEFAULT_LIMITS, archiveMembers: 2 }));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('archiveMembers');
  });

  test('an abort ends it', async () => {
    const abort = new AbortController();
    abort.abort();
    const bytes = join(block(), zeros());
    const read = async (position: number, length: number): Promise<Uint8Array> =>
      bytes.subarray(position, position + length);
    expect((await failure(indexArchive(read, bytes.length, DEFAULT_LIMITS, abort.signal))).code).toBe('ERR_ABORTED');
  });
});
