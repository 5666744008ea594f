import { checkLimit, DEFAULT_LIMITS } from '../limits.js';
import type { ByteStream } from './stream.js';

/**
 * All bytes of `stream`, read to its end; for JSON documents.
 * @param maxBytes the limit `documentBytes`
 * @param what for the message: what is read
 * @throws {OciDiffError} `ERR_LIMIT_EXCEEDED` as soon as there are more bytes than `maxBytes`
 */
export async function readAll(stream: ByteStream, maxBytes: number, what: string): Promise<Uint8Array> {
  const limits = { ...DEFAULT_LIMITS, documentBytes: maxBytes };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    checkLimit(limits, 'documentBytes', bytes, what);
    /* The chunk is ours only until we ask for the next one; `slice` of a Buffer would not copy it. */
    chunks.push(new Uint8Array(chunk));
  }
  const all = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
