import { spawnSync } from 'node:child_process';
import { type Compression, decompress } from '../../../packages/core/src/bytes/decompress.js';
import type { ByteStream } from '../../../packages/core/src/bytes/stream.js';
import { verify } from '../../../packages/core/src/bytes/verify.js';
import type { FrameDecoder } from '../../../packages/core/src/bytes/zstd/frame-decoder.js';
import { digestOf } from '../../../packages/core/src/digest.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import type { Note } from '../../../packages/core/src/notes.js';

/** `bytes` in chunks of `size`, each of which is overwritten once the next one is asked for, as a medium may do. */
export async function* lend(bytes: Uint8Array, size: number = Number.POSITIVE_INFINITY): ByteStream {
  for (let start = 0; start < bytes.length; start += size) {
    const chunk = new Uint8Array(bytes.subarray(start, start + size));
    yield chunk;
    chunk.fill(0xaa);
  }
}

export async function collect(stream: ByteStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export interface ReadOptions {
  readonly chunk?: number;
  readonly maxBytes?: number;
  readonly decoder?: FrameDecoder | undefined;
}

export interface Read {
  readonly content: Buffer;
  readonly compression: Compression;
  readonly notes: readonly Note[];
}

/** `stored` through `verify` and `decompress`, as a layer is read. */
export async function read(stored: Uint8Array, options: ReadOptions = {}): Promise<Read> {
  const notes: Note[] = [];
  const digest = digestOf(stored);
  const open = (): ByteStream => verify(lend(stored, options.chunk), { digest, size: stored.length, name: 'the blob' });
  const { stream, compression } = decompress(open, {
    name: 'the blob',
    size: stored.length,
    maxBytes: options.maxBytes ?? DEFAULT_LIMITS.layerBytes,
    limits: DEFAULT_LIMITS,
    onNote: (note) => notes.push(note),
    zstdDecoder: options.decoder,
  });
  const content = await collect(stream);
  return { content, compression: compression(), notes };
}

/** The OciDiffError that `promise` ends with; any other end fails the test. */
export async function errorOf(promise: Promise<unknown>): Promise<OciDiffError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OciDiffError) return error;
    throw error;
  }
  throw new Error('no error where there should be one');
}

/** Standard output of a program that is given `input`. */
export function run(program: string, args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Buffer {
  const result = spawnSync(program, args, { input, maxBuffer: 1024 ** 3 });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stderr.toString()}`);
  return result.stdout;
}

/** A generator of numbers that are the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Words, with noise in between: compresses about as files do. */
export function textLike(length: number, seed = 1): Buffer {
  const random = seeded(seed);
  const words = Array.from({ length: 400 }, () =>
    Array.from({ length: 2 + random(9) }, () => String.fromCharCode(97 + random(26))).join(''),
  );
  const bytes = Buffer.alloc(length);
  for (let position = 0; position < length; ) {
    const noise = random(50) === 0;
    const piece = noise
      ? Buffer.from(Array.from({ length: random(40) }, () => random(256)))
      : Buffer.from(`${words[random(20) === 0 ? random(400) : random(60)]} `);
    position += Math.max(1, piece.copy(bytes, position));
  }
  return bytes;
}

export function noise(length: number, seed = 1): Buffer {
  const random = seeded(seed);
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = random(256);
  return bytes;
}
