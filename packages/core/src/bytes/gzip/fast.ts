import { createGunzip } from 'node:zlib';
import type { ByteReader } from '../byte-reader.js';
import { READ_CHUNK_BYTES } from '../stream.js';
import { CodecFailure, InputBuffer, runCodec } from '../transform.js';

/** Bytes of the chunks that the inflater gives. */
export const OUTPUT_CHUNK_BYTES: number = 2 * READ_CHUNK_BYTES;
const MIN_INPUT_BYTES = 64 * 1024;

/**
 * All members through one inflater. It swallows output where what follows a member is none, and stops at a zero byte;
 * it cannot tell trailing data from a broken member.
 * @param outcome `complete` becomes true when the inflater was content with everything, to the last byte. If not, what
 *   it gave is right as far as it goes, and `gunzipByMember` must say what the rest is
 * @param storedBytes the blob's size where it is known: a small one needs no large buffers
 * @throws {OciDiffError} what `reader` throws
 */
export async function* gunzipAtOnce(
  reader: ByteReader,
  outcome: { complete: boolean },
  storedBytes: number | null,
): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
  try {
    yield* runCodec(gunzip, async (codec) => {
      const inputBytes = Math.max(MIN_INPUT_BYTES, Math.min(storedBytes ?? READ_CHUNK_BYTES, READ_CHUNK_BYTES));
      const input = new InputBuffer(codec, inputBytes);
      for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
        if (!(await input.append(chunk))) return;
      }
      await input.flush();
    });
  } catch (error) {
    if (error instanceof CodecFailure) return;
    throw error;
  }
  /* Not all was read, or not all of what was read was used: zero bytes and whatever is behind them. */
  outcome.complete = gunzip.bytesWritten === reader.offset && (await reader.next()) === null;
}
