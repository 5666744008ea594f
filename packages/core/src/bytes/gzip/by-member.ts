import { crc32, createInflateRaw, type InflateRaw, inflateRawSync } from 'node:zlib';
import { checkLimit, type Limits } from '../../limits.js';
import type { ByteReader } from '../byte-reader.js';
import type { TrailingData } from '../compression.js';
import { invalid } from '../compression-error.js';
import { CodecFailure, runCodec } from '../transform.js';
import { OUTPUT_CHUNK_BYTES } from './fast.js';
import { peekGzipHeader } from './header.js';
import { readTrailingData } from './trailing.js';

const TRAILER_BYTES = 8;

/** What `gunzipByMember` finds out. */
export interface MemberOutcome {
  /** What follows the last member. */
  trailing: TrailingData | null;
}

/**
 * Member by member, checking what zlib would check: it knows where each ends, and so what follows the last one. Many
 * times slower than `gunzipAtOnce` where members are small, so only for what that one cannot read.
 * @param outcome filled in at the end
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID` with reason and offset, `ERR_LIMIT_EXCEEDED`
 */
export async function* gunzipByMember(
  reader: ByteReader,
  outcome: MemberOutcome,
  limits: Limits,
): AsyncGenerator<Uint8Array, void, void> {
  let members = 0;
  do {
    checkLimit(limits, 'compressedParts', ++members, 'members of one gzip blob');
    const { length } = await peekGzipHeader(reader);
    reader.skip(length);
    const start = reader.offset;
    let crc = 0;
    let size = 0;
    for await (const chunk of inflate(reader)) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      yield chunk;
    }
    if (!(await reader.fill(TRAILER_BYTES))) {
      throw invalid('the gzip data are cut off in the trailer', reader.offset + reader.available);
    }
    const trailer = reader.take(TRAILER_BYTES);
    const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
    if (view.getUint32(0, true) !== crc) throw invalid('the content does not match its CRC in the gzip member', start);
    if (view.getUint32(4, true) !== size % 2 ** 32) {
      throw invalid('the content does not have the size that the gzip trailer states, in the member', start);
    }
  } while (await memberFollows(reader));
  outcome.trailing = await readTrailingData(reader);
}

/** Whether what is next claims to be a member. Whatever does must be one. */
async function memberFollows(reader: ByteReader): Promise<boolean> {
  if (!(await reader.fill(2))) return false;
  const [first, second] = reader.view(2);
  return first === 0x1f && second === 0x8b;
}

/** Small members are inflated at once, as making a stream for each takes longer than reading it. */
const SMALL_MEMBER_BYTES = 64 * 1024;

/** One deflate stream. It is taken from `reader`, and nothing behind it. */
async function* inflate(reader: ByteReader): AsyncGenerator<Uint8Array, void, void> {
  await reader.fill(SMALL_MEMBER_BYTES);
  const small = inflateSmall(reader.view(Math.min(reader.available, SMALL_MEMBER_BYTES)));
  if (small !== null) {
    reader.skip(small.consumed);
    if (small.content.length > 0) yield small.content;
    return;
  }
  const inflater = createInflateRaw({ chunkSize: OUTPUT_CHUNK_BYTES });
  const start = reader.offset;
  try {
    yield* runCodec(inflater, async (codec) => {
      while (await reader.fill(1)) {
        /* Skipped only when read, since the deflate stream may end anywhere in it. */
        const bytes = reader.view(reader.available);
        if (!(await codec.write(bytes))) return;
        reader.skip(bytes.length);
      }
    });
  } catch (error) {
    if (!(error instanceof CodecFailure)) throw error;
    if (error.cause.code === 'Z_BUF_ERROR') throw invalid('the gzip data are cut off', reader.offset, error.cause);
    const reason = `the gzip data are broken (${error.cause.message}) in the deflate stream that begins`;
    throw invalid(reason, start, error.cause);
  }
  reader.skip(start + inflater.bytesWritten - reader.offset);
}

/** A deflate stream that ends within `bytes`; null if it does not, is broken, or has much content. */
function inflateSmall(bytes: Uint8Array): { content: Uint8Array; consumed: number } | null {
  try {
    const options = { info: true, maxOutputLength: OUTPUT_CHUNK_BYTES };
    /* The type of `info: true`, which @types/node lacks. */
    const result = inflateRawSync(bytes, options) as unknown as { buffer: Uint8Array; engine: InflateRaw };
    return { content: result.buffer, consumed: result.engine.bytesWritten };
  } catch {
    return null;
  }
}
