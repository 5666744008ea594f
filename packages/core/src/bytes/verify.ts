import { type Digest, Digester, digestAlgorithm } from '../digest.js';
import { OciDiffError } from '../errors.js';
import type { ByteStream } from './stream.js';

/** What bytes are said to be; null where nothing says it. */
export interface ExpectedBytes {
  readonly digest: Digest | null;
  readonly size: number | null;
  /** For messages: the blob's digest, or the name of a member or file. */
  readonly name: string;
}

/** What the bytes were. Filled in by `verify`. */
export interface VerifiedBytes {
  /** By the algorithm of the expected digest, sha256 where none was expected. Null until the stream has ended. */
  digest: Digest | null;
  /** Bytes that have passed so far. */
  bytes: number;
}

/**
 * `stream`, chunk by chunk as it is, held against its size and digest. The error comes in place of the end, so **only a
 * stream that was read to its end is verified**: who stops early knows nothing about the bytes it has.
 *
 * @param result filled in as the bytes pass
 * @throws {OciDiffError} while iterating: `ERR_SIZE_MISMATCH` as soon as there are too many bytes, or at the end when
 *   there are too few; `ERR_DIGEST_MISMATCH` at the end. `location.blob` is the name.
 * Source: image-spec, descriptor.md, "Verification": size first, then digest.
 */
export async function* verify(stream: ByteStream, expected: ExpectedBytes, result?: VerifiedBytes): ByteStream {
  const { digest, size, name } = expected;
  const digester = new Digester(digest === null ? 'sha256' : digestAlgorithm(digest));
  const location = { blob: name };
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (result !== undefined) result.bytes = bytes;
    if (size !== null && bytes > size) {
      throw new OciDiffError('ERR_SIZE_MISMATCH', `has more than the ${size} bytes it should have`, { location });
    }
    digester.update(chunk);
    yield chunk;
  }
  if (size !== null && bytes < size) {
    throw new OciDiffError('ERR_SIZE_MISMATCH', `has ${bytes} bytes, should have ${size}`, { location });
  }
  const actual = digester.digest();
  if (digest !== null && actual !== digest) {
    throw new OciDiffError('ERR_DIGEST_MISMATCH', `has the digest ${actual}, should have ${digest}`, { location });
  }
  if (result !== undefined) result.digest = actual;
}

/**
 * Reads `stream` to its end, so that `verify` can judge it, and keeps nothing.
 * @returns the number of bytes
 */
export async function drain(stream: ByteStream): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}
