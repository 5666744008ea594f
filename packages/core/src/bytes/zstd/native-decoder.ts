import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { READ_CHUNK_BYTES } from '../stream.js';
import { CodecFailure, type CodecInput, InputBuffer, runCodec } from '../transform.js';
import { MAX_BLOCK_BYTES, MAX_FRAME_HEADER_BYTES } from './frame.js';
import { damagedFrame, type FrameDecoder, type FramePart, type FrameStart } from './frame-decoder.js';

/** What Node has since 22.15 and 23.8, and @types/node of Node 20 has not. */
interface ZstdModule {
  readonly createZstdDecompress?: (options: { chunkSize: number }) => Transform;
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
}
const { createZstdDecompress, zstdDecompressSync } = zlib as unknown as ZstdModule;

/** Whether this Node has a decoder. */
export const hasNativeDecoder: boolean = createZstdDecompress !== undefined && zstdDecompressSync !== undefined;

/** Frames that are not larger, compressed and not, are decoded at once: setting up a stream takes longer than they do. */
const SMALL_FRAME_BYTES = 64 * 1024;
const SMALL_CONTENT_BYTES = READ_CHUNK_BYTES;

/**
 * Node's own decoder, one for each frame: its streams end after the first. It sees to checksums itself; that a frame is
 * cut off it does not always tell, but `parts` does.
 */
export class NativeFrameDecoder implements FrameDecoder {
  readonly #begin = new Uint8Array(SMALL_FRAME_BYTES + MAX_BLOCK_BYTES + MAX_FRAME_HEADER_BYTES);

  async *decode(frame: FrameStart, parts: AsyncIterable<FramePart>): AsyncGenerator<Uint8Array, void, void> {
    const rest = parts[Symbol.asyncIterator]();
    try {
      const begin = await this.#readBegin(frame, rest);
      if (begin.whole) {
        const content = decodeAtOnce(begin.bytes);
        if (content.length > 0) yield content;
      } else {
        yield* decodeAsStream(begin, rest);
      }
    } catch (error) {
      if (!(error instanceof CodecFailure)) throw error;
      throw damagedFrame(frame, error.cause);
    } finally {
      await rest.return?.();
    }
  }

  /** As much as a small frame may have. */
  async #readBegin(frame: FrameStart, parts: AsyncIterator<FramePart>): Promise<FrameBegin> {
    let length = 0;
    let contentBound = 0;
    const append = (bytes: Uint8Array): void => {
      this.#begin.set(bytes, length);
      length += bytes.length;
    };
    append(frame.bytes);
    try {
      while (length <= SMALL_FRAME_BYTES && contentBound <= SMALL_CONTENT_BYTES) {
        const part = await parts.next();
        if (part.done === true) return { bytes: this.#begin.subarray(0, length), whole: true, failure: null };
        append(part.value.bytes);
        if (part.value.type === 'block') contentBound += frame.header.blockBytes;
      }
      return { bytes: this.#begin.subarray(0, length), whole: false, failure: null };
    } catch (error) {
      return { bytes: this.#begin.subarray(0, length), whole: false, failure: { error } };
    }
  }
}

interface FrameBegin {
  readonly bytes: Uint8Array;
  /** Nothing follows. */
  readonly whole: boolean;
  /** What kept the next part from being read. */
  readonly failure: { readonly error: unknown } | null;
}

function decodeAtOnce(bytes: Uint8Array): Uint8Array {
  try {
    return (zstdDecompressSync as NonNullable<typeof zstdDecompressSync>)(bytes, {
      maxOutputLength: SMALL_CONTENT_BYTES + MAX_BLOCK_BYTES,
    });
  } catch (error) {
    throw new CodecFailure(error as Error);
  }
}

function decodeAsStream(begin: FrameBegin, rest: AsyncIterator<FramePart>): AsyncGenerator<Uint8Array, void, void> {
  const codec = (createZstdDecompress as NonNullable<typeof createZstdDecompress>)({ chunkSize: READ_CHUNK_BYTES });
  return runCodec(codec, async (codecInput: CodecInput) => {
    const input = new InputBuffer(codecInput);
    try {
      if (!(await input.append(begin.bytes))) return;
      if (begin.failure !== null) throw begin.failure.error;
      for (let part = await rest.next(); part.done !== true; part = await rest.next()) {
        if (!(await input.append(part.value.bytes))) return;
      }
      await input.flush();
    } catch (error) {
      /* What is wrong with the bytes before comes first. */
      if (await input.flush()) throw error;
    }
  });
}
