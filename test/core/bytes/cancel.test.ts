import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decompress } from '../../../packages/core/src/bytes/decompress.js';
import type { ByteStream } from '../../../packages/core/src/bytes/stream.js';
import { JavaScriptFrameDecoder } from '../../../packages/core/src/bytes/zstd/javascript-decoder.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { requireTool } from '../../support/tools.js';
import { collect, errorOf, lend, run, textLike } from './support.js';

const CONTENT = textLike(8_000_000);
const SMALL = CONTENT.subarray(0, 2000);
const GARBAGE = Buffer.from('x');
const KINDS: [string, () => Buffer, number][] = [
  ['gzip', () => gzipSync(CONTENT), CONTENT.length],
  [
    'gzip of small members, before garbage',
    () => Buffer.concat([...new Array<Buffer>(5000).fill(gzipSync(SMALL)), GARBAGE]),
    5000 * SMALL.length,
  ],
  ['gzip of a large member, before garbage', () => Buffer.concat([gzipSync(CONTENT), GARBAGE]), CONTENT.length],
  ['none', () => CONTENT, CONTENT.length],
];
if (requireTool('zstd')) KINDS.push(['zstd', () => run('zstd', ['-qc', '-1'], CONTENT), CONTENT.length]);

/** A source that counts how often it was opened and let go of. */
class Source {
  opened = 0;
  released = 0;
  constructor(
    readonly bytes: Uint8Array,
    readonly chunk: number,
    readonly failAfter: number = Number.POSITIVE_INFINITY,
    readonly failure: unknown = null,
  ) {}

  readonly open = (): ByteStream => this.#read();

  async *#read(): AsyncGenerator<Uint8Array> {
    this.opened++;
    let given = 0;
    try {
      for await (const chunk of lend(this.bytes, this.chunk)) {
        if (given >= this.failAfter) throw this.failure;
        given += chunk.length;
        yield chunk;
      }
    } finally {
      this.released++;
    }
  }
}

function start(source: Source, signal?: AbortSignal): ByteStream {
  return decompress(source.open, {
    name: 'the blob',
    size: source.bytes.length,
    maxBytes: 1e9,
    limits: DEFAULT_LIMITS,
    signal,
    onNote: () => undefined,
  }).stream;
}

describe.each(KINDS)('%s', (_kind, make, length) => {
  const stored = make();
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  beforeEach(() => {
    unhandled.length = 0;
    process.on('uncaughtException', note);
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test.each([0, 1, 3])('a reader that stops after %i more chunks leaves nothing open', async (more) => {
    const source = new Source(stored, 65_536);
    let seen = 0;
    for await (const _chunk of start(source)) if (seen++ === more) break;
    expect(source.released).toBe(source.opened);
    expect(source.opened).toBeGreaterThan(0);
  });

  test('a signal ends it within a chunk', async () => {
    const source = new Source(stored, 65_536);
    const controller = new AbortController();
    let after = 0;
    const error = await errorOf(
      (async () => {
        for await (const _chunk of start(source, controller.signal)) {
          if (controller.signal.aborted) after++;
          controller.abort();
        }
      })(),
    );
    expect(error.code).toBe('ERR_ABORTED');
    expect(after).toBe(0);
    expect(source.released).toBe(source.opened);
  });

  test('a signal that has fired before: nothing is read', async () => {
    const source = new Source(stored, 65_536);
    expect((await errorOf(collect(start(source, AbortSignal.abort())))).code).toBe('ERR_ABORTED');
    expect(source.released).toBe(source.opened);
  });

  test.each([0, 1, 500_000])('an error of the medium after %i bytes comes through', async (after) => {
    const foreign = new Error('EIO: i/o error');
    const own = new OciDiffError('ERR_DIGEST_MISMATCH', 'other bytes', { location: { blob: 'inner' } });
    const first = await errorOf(
      collect(start(new Source(stored, 65_536, Math.min(after, stored.length / 2), foreign))),
    );
    expect(first).toMatchObject({
      code: 'ERR_IO',
      message: 'EIO: i/o error',
      cause: foreign,
      location: { blob: 'the blob' },
    });
    const second = await errorOf(collect(start(new Source(stored, 65_536, Math.min(after, stored.length / 2), own))));
    expect(second).toMatchObject({ code: 'ERR_DIGEST_MISMATCH', location: { blob: 'inner' } });
  });

  test('a slow reader gets everything', async () => {
    const source = new Source(stored, 65_536);
    let bytes = 0;
    let chunks = 0;
    for await (const chunk of start(source)) {
      bytes += chunk.length;
      if (chunks++ % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect(bytes).toBe(length);
  });
});

test('the limit is a number of bytes of content', async () => {
  const stored = gzipSync(Buffer.alloc(3_000_000));
  const pass = (maxBytes: number): Promise<Buffer> =>
    collect(
      decompress(() => lend(stored), {
        name: 'the blob',
        size: null,
        maxBytes,
        limits: DEFAULT_LIMITS,
        onNote: () => undefined,
      }).stream,
    );
  expect((await pass(3_000_000)).length).toBe(3_000_000);
  const error = await errorOf(pass(2_999_999));
  expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
  expect(error.message).toBe(
    'the uncompressed content: more than 2999999, the limit layerBytes (raise it with --max-layer-bytes)',
  );
  expect(error.location).toEqual({ blob: 'the blob' });
});

test.skipIf(!requireTool('zstd'))('a decoder in JavaScript lets a signal through', async () => {
  const controller = new AbortController();
  const stored = run('zstd', ['-qc', '-1'], Buffer.alloc(400_000_000, 'x'));
  setTimeout(() => controller.abort(), 20);
  const { stream } = decompress(() => lend(stored), {
    name: 'the blob',
    size: null,
    maxBytes: 1e9,
    limits: DEFAULT_LIMITS,
    signal: controller.signal,
    onNote: () => undefined,
    zstdDecoder: new JavaScriptFrameDecoder(),
  });
  let bytes = 0;
  const error = await errorOf(
    (async () => {
      for await (const chunk of stream) {
        bytes += chunk.length;
        await new Promise((resolve) => queueMicrotask(() => resolve(null)));
        const until = performance.now() + 1;
        while (performance.now() < until);
      }
    })(),
  );
  expect(error.code).toBe('ERR_ABORTED');
  expect(bytes).toBeLessThan(400_000_000);
});
