import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { spool } from '../../../packages/core/src/sources/spool.js';
import { requireTool } from '../../support/tools.js';
import { failure, fixture, inPieces, open, readWhole, run, temporaryFolder, write } from './support.js';

const folder = temporaryFolder();
const NAMES = [
  'clock-buildkit-1.oci.tar',
  'clock-podman-save.docker.tar',
  'multi-1.oci.tar',
  'clock-save-engine28-classic.docker.tar',
];

describe('standard input', () => {
  test.each(NAMES.flatMap((name) => [1 << 20, 65_536, 1000, 7].map((size) => [name, size] as const)))(
    '%s in pieces of %i bytes',
    async (name, size) => {
      const [direct, piped] = await Promise.all([
        readWhole(fixture(name)),
        readWhole('-', { stdin: inPieces(readFileSync(fixture(name)), size) }),
      ]);
      expect(piped.store.reference).toBe('-');
      expect(piped.store.kind).toBe(direct.store.kind);
      expect(piped.store.root).toEqual(direct.store.root);
      expect(piped.images.map(({ layers }) => layers)).toEqual(direct.images.map(({ layers }) => layers));
    },
  );

  test('compressed', async () => {
    const bytes = gzipSync(readFileSync(fixture('clock-buildkit-1.oci.tar')));
    const { digest } = await readWhole('-', { stdin: inPieces(bytes, 999) });
    expect(digest).toBe('sha256:d9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a');
  });

  test('with a kind and a REF', async () => {
    const bytes = readFileSync(fixture('clock-buildkit-1.oci.tar'));
    const { store } = await readWhole('oci-archive:-:localhost/clock:1', { stdin: inPieces(bytes, 5000) });
    expect(store.root).toMatchObject({ descriptor: { size: 1382 } });
  });

  test('is needed', async () => {
    const error = await failure(open('-'));
    expect([error.code, error.message]).toEqual(['ERR_OPTION_INVALID', 'there is no standard input to read - from']);
  });

  test('is read once', async () => {
    const stdin = inPieces(readFileSync(fixture('arm64.oci.tar')), 4096);
    await readWhole('-', { stdin });
    const error = await failure(open('-', { stdin }));
    expect([error.code, error.message]).toEqual([
      'ERR_OPTION_INVALID',
      'only one of the two images can be read from standard input',
    ]);
  });

  test.each([
    [Buffer.alloc(0), 'standard input is empty'],
    [Buffer.from('no archive\n'), 'standard input is no tar archive'],
  ])('%j is no image', async (bytes, message) => {
    const error = await failure(open('-', { stdin: inPieces(bytes, 100) }));
    expect(error.code).toBe('ERR_NOT_AN_IMAGE');
    expect(error.message).toContain(message);
  });

  test('that fails', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw Object.assign(new Error('read EIO'), { code: 'EIO' });
    }
    const error = await failure(open('-', { stdin: broken() }));
    expect([error.code, error.message]).toEqual(['ERR_IO', 'standard input: the disk failed to read it']);
  });

  test('of text is refused', async () => {
    async function* text(): AsyncGenerator<Uint8Array> {
      yield 'text' as unknown as Uint8Array;
    }
    await expect(open('-', { stdin: text() })).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });

  test('that never comes can be aborted', async () => {
    const controller = new AbortController();
    let returned = false;
    const stdin: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returned = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const opening = failure(open('-', { stdin, signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    expect((await opening).code).toBe('ERR_ABORTED');
    expect(returned).toBe(true);
  });
});

describe('an archive that is compressed as a whole', () => {
  const compressors = [
    ['gzip', ['-c']],
    ['zstd', ['-c', '-q']],
  ] as const;
  for (const [program, args] of compressors) {
    describe.skipIf(!requireTool(program))(`with ${program}`, () => {
      test.each(NAMES)('%s', async (name) => {
        const path = write(folder, `${name}.${program}`, run(program, ...args, fixture(name)));
        const [direct, compressed] = await Promise.all([readWhole(fixture(name)), readWhole(path)]);
        expect(compressed.store.kind).toBe(direct.store.kind);
        expect(compressed.store.root).toEqual(direct.store.root);
        expect(compressed.images.map(({ layers }) => layers)).toEqual(direct.images.map(({ layers }) => layers));
        expect(compressed.notes).toEqual([]);
      });
    });
  }

  describe.skipIf(!requireTool('xz'))('with xz', () => {
    test('is refused', async () => {
      const path = write(folder, 'image.tar.xz', run('xz', '-c', fixture('arm64.oci.tar')));
      const error = await failure(open(path));
      expect(error.code).toBe('ERR_COMPRESSION_UNSUPPORTED');
      expect(error.message).toBe(
        `${path} is compressed with xz; gzip and zstd are read, anything else has to be decompressed first`,
      );
    });
  });

  test.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, -20)],
    [
      'with a wrong checksum',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -8), Buffer.from([1, 2, 3, 4]), bytes.subarray(-4)]),
    ],
  ])('%s is an error', async (_what, damage) => {
    const path = write(folder, 'damaged.tar.gz', damage(gzipSync(readFileSync(fixture('arm64.oci.tar')))));
    await expect(open(path)).rejects.toMatchObject({ code: 'ERR_COMPRESSION_INVALID', location: { input: path } });
  });

  test('with bytes after it: a note', async () => {
    const path = write(
      folder,
      'trailing.tar.gz',
      Buffer.concat([gzipSync(readFileSync(fixture('arm64.oci.tar'))), Buffer.alloc(10)]),
    );
    const { notes } = await readWhole(path);
    expect(notes).toEqual([
      { code: 'trailing-data', message: `${path}: 10 zero bytes after the last gzip member, not read as content` },
    ]);
  });
});

describe('the temporary file', () => {
  test('has no name and is bounded', async () => {
    const tmpDir = join(folder, 'tmp');
    mkdirSync(tmpDir);
    let seen: string[] | undefined;
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1000);
      seen = readdirSync(tmpDir);
      yield Buffer.alloc(1000);
    }
    const { file, size } = await spool(stream(), 'a test', { limits: DEFAULT_LIMITS, tmpDir });
    const { mode, nlink } = await file.stat();
    await file.close();
    expect([size, seen, mode & 0o777, nlink]).toEqual([2000, [], 0o600, 0]);
    const limits = { ...DEFAULT_LIMITS, spoolBytes: 1999 };
    const error = await failure(spool(stream(), 'a test', { limits, tmpDir }));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toBe(
      'bytes of a test: more than 1999, the limit spoolBytes (raise it with --max-spool-bytes)',
    );
  });

  test('bounds what a compressed archive unpacks to', async () => {
    const path = write(folder, 'bomb.tar.gz', gzipSync(Buffer.alloc(10_000_000)));
    const error = await failure(open(path, { limits: { ...DEFAULT_LIMITS, spoolBytes: 1_000_000 } }));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('--max-spool-bytes');
  });

  test('cannot be made where there is no folder', async () => {
    const tmpDir = join(folder, 'missing');
    const error = await failure(open('-', { stdin: inPieces(Buffer.alloc(10), 10), tmpDir }));
    expect([error.code, error.message]).toEqual([
      'ERR_IO',
      `cannot write a temporary file in ${tmpDir}: no such file or folder`,
    ]);
  });
});

describe.skipIf(!requireTool('mkfifo'))('a named pipe as an input', () => {
  test('is read like standard input', async () => {
    const pipe = join(folder, 'pipe');
    run('mkfifo', pipe);
    const writing = import('node:fs/promises').then(({ writeFile }) =>
      writeFile(pipe, readFileSync(fixture('arm64.oci.tar'))),
    );
    const { digest } = await readWhole(pipe);
    await writing;
    expect(digest).toBe('sha256:0a6500400ba438a00aee476814ae727bda5ae3457e5fe9fe33b7b96ce567e8ff');
  });
});
