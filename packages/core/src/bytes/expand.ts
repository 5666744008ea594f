import { inflateRawSync } from 'node:zlib';
import { DEFAULT_LIMITS } from '../limits.js';
import type { Compression } from './compression.js';
import { invalid } from './compression-error.js';
import { decompress } from './decompress.js';

/** What was compressed, whole. */
export interface Expanded {
  readonly content: Uint8Array;
  readonly compression: Compression;
}

/**
 * The content of `bytes`, compressed with gzip or zstd, in memory.
 * @throws {OciDiffError} as `decompress`: `ERR_COMPRESSION_INVALID`, `ERR_COMPRESSION_UNSUPPORTED`,
 * `ERR_LIMIT_EXCEEDED` for more content than `maxBytes`
 */
export async function expand(bytes: Uint8Array, maxBytes: number): Promise<Expanded> {
  const { stream, compression } = decompress(() => one(bytes), {
    name: 'content',
    size: bytes.length,
    maxBytes,
    limits: DEFAULT_LIMITS,
    onNote: () => undefined,
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(new Uint8Array(chunk));
  return { content: joined(chunks), compression: compression() };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  if (bytes.length > 0) yield bytes;
}

/** `chunks` as one; the only one as it is. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

/**
 * The content of one DEFLATE stream without a header (RFC 1951), as in zip archives.
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID`, also for more than `maxBytes`
 */
export function inflateRaw(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    throw invalid(`the deflate stream is broken or too large (${(error as Error).message})`, 0, error);
  }
}
