import { gunzipSync } from 'node:zlib';

/**
 * What a gzip file in memory holds, all members together.
 * @returns null for anything else, also where it holds more than `maxBytes` or has bytes behind its last member
 */
export function gunzipWhole(content: Uint8Array, maxBytes: number): Uint8Array | null {
  if (content.length < 18 || content[0] !== 0x1f || content[1] !== 0x8b) return null;
  try {
    /* With `info` the types of Node still say that it returns the buffer alone. */
    const { buffer, engine } = gunzipSync(content, { maxOutputLength: maxBytes, info: true }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return engine.bytesWritten === content.length ? buffer : null;
  } catch {
    /* No gzip, cut off, a wrong checksum, or too long. */
    return null;
  }
}
