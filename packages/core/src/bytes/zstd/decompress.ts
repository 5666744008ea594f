import { checkLimit, type Limits } from '../../limits.js';
import type { ByteReader } from '../byte-reader.js';
import type { ZstdInfo } from '../compression.js';
import { invalid } from '../compression-error.js';
import {
  BLOCK_HEADER_BYTES,
  CHECKSUM_BYTES,
  FRAME_MAGIC,
  type FrameHeader,
  isSkippableMagic,
  MAX_FRAME_HEADER_BYTES,
  parseBlockHeader,
  parseFrameHeader,
  SKIPPABLE_HEADER_BYTES,
} from './frame.js';
import { damagedFrame, type FrameDecoder, type FramePart, type FrameStart } from './frame-decoder.js';
import { JavaScriptFrameDecoder } from './javascript-decoder.js';
import { hasNativeDecoder, NativeFrameDecoder } from './native-decoder.js';

const MAGIC_BYTES = 4;

/** The fastest decoder that this Node has. */
function createFrameDecoder(): FrameDecoder {
  return hasNativeDecoder ? new NativeFrameDecoder() : new JavaScriptFrameDecoder();
}

/**
 * The content of all frames; skippable ones are skipped wherever they are. A decoder sees one frame at a time, and only
 * what is whole: frames, blocks and checksums are found here, so that every decoder fails on the same bytes.
 * Source: RFC 8878, section 3.1.
 * @param onInfo told what is known, anew with every frame
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID`, `ERR_COMPRESSION_UNSUPPORTED`, `ERR_LIMIT_EXCEEDED`; what `reader` throws
 */
export async function* unzstd(
  reader: ByteReader,
  onInfo: (info: ZstdInfo) => void,
  limits: Limits,
  decoder: FrameDecoder = createFrameDecoder(),
): AsyncGenerator<Uint8Array, void, void> {
  let info: ZstdInfo = {
    frames: 0,
    skippableFrames: 0,
    checksum: false,
    contentSize: null,
    windowBytes: 0,
    singleSegment: false,
  };
  while (reader.available > 0 || (await reader.fill(1))) {
    const offset = reader.offset;
    if (reader.available < MAGIC_BYTES && !(await reader.fill(MAGIC_BYTES))) {
      throw invalid('the zstd data are followed by something else, or cut off', offset);
    }
    checkLimit(limits, 'compressedParts', info.frames + info.skippableFrames + 1, 'frames of one zstd blob');
    const magic = littleEndian32(reader.view(MAGIC_BYTES), 0);
    if (isSkippableMagic(magic)) {
      await skipFrame(reader);
      info = { ...info, skippableFrames: info.skippableFrames + 1 };
      onInfo(info);
      continue;
    }
    if (magic !== FRAME_MAGIC) throw invalid('the zstd data are followed by something else', offset);
    const frame = await readFrameStart(reader);
    info =
      info.frames === 0 ? { ...info, frames: 1, ...headerInfo(frame.header) } : { ...info, frames: info.frames + 1 };
    onInfo(info);
    let size = 0;
    for await (const chunk of decoder.decode(frame, frameParts(reader, frame.header))) {
      size += chunk.length;
      yield chunk;
    }
    const { contentSize } = frame.header;
    if (contentSize !== null && size !== contentSize) throw damagedFrame(frame);
  }
  onInfo(info);
}

function headerInfo({ checksum, contentSize, windowBytes, singleSegment }: FrameHeader): Partial<ZstdInfo> {
  return { checksum, contentSize, windowBytes, singleSegment };
}

async function skipFrame(reader: ByteReader): Promise<void> {
  await need(reader, SKIPPABLE_HEADER_BYTES, 'a skippable zstd frame');
  let left = littleEndian32(reader.view(SKIPPABLE_HEADER_BYTES), MAGIC_BYTES);
  reader.skip(SKIPPABLE_HEADER_BYTES);
  while (left > 0) {
    if (reader.available === 0 && !(await reader.fill(1))) {
      throw invalid('the zstd data are cut off in a skippable frame', reader.offset);
    }
    const count = Math.min(left, reader.available);
    reader.skip(count);
    left -= count;
  }
}

async function readFrameStart(reader: ByteReader): Promise<FrameStart> {
  const offset = reader.offset;
  if (reader.available < MAX_FRAME_HEADER_BYTES) await reader.fill(MAX_FRAME_HEADER_BYTES);
  const header = parseFrameHeader(reader.view(Math.min(reader.available, MAX_FRAME_HEADER_BYTES)), offset);
  if (header === null) throw invalid('the zstd data are cut off in a frame header', offset + reader.available);
  return { header, bytes: reader.take(header.headerBytes), offset };
}

async function* frameParts(reader: ByteReader, frame: FrameHeader): AsyncGenerator<FramePart, void, void> {
  for (let last = false; !last; ) {
    await need(reader, BLOCK_HEADER_BYTES, 'a block header');
    const header = parseBlockHeader(reader.view(BLOCK_HEADER_BYTES), frame, reader.offset);
    const length = BLOCK_HEADER_BYTES + header.storedBytes;
    await need(reader, length, 'a block');
    yield { type: 'block', header, bytes: reader.take(length) };
    last = header.last;
  }
  if (!frame.checksum) return;
  await need(reader, CHECKSUM_BYTES, 'a checksum');
  yield { type: 'checksum', bytes: reader.take(CHECKSUM_BYTES) };
}

async function need(reader: ByteReader, count: number, what: string): Promise<void> {
  if (reader.available >= count || (await reader.fill(count))) return;
  throw invalid(`the zstd data are cut off in ${what}`, reader.offset + reader.available);
}

function littleEndian32(bytes: Uint8Array, start: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(start, true);
}
