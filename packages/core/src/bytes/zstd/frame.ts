import { invalid, unsupported } from '../compression-error.js';

/** The first four bytes of a frame, little-endian. RFC 8878, section 3.1.1. */
export const FRAME_MAGIC = 0xfd2fb528;
/** The least that a frame header has: magic, descriptor, one byte of window or content size. */
const _MIN_FRAME_HEADER_BYTES = 6;
/** The most: 4 magic, 1 descriptor, 1 window, 4 dictionary id, 8 content size. */
export const MAX_FRAME_HEADER_BYTES = 18;
export const SKIPPABLE_HEADER_BYTES = 8;
export const BLOCK_HEADER_BYTES = 3;
export const CHECKSUM_BYTES = 4;

/** What the zstd library and command read unless told otherwise (`ZSTD_WINDOWLOG_LIMIT_DEFAULT`), and so engines. */
const MAX_WINDOW_BYTES: number = 128 * 1024 ** 2;
/** The most that a block may have, whatever the window. */
export const MAX_BLOCK_BYTES: number = 128 * 1024;

/** A frame header. Source: RFC 8878, section 3.1.1.1. */
export interface FrameHeader {
  /** Of the header, magic included. */
  readonly headerBytes: number;
  readonly windowBytes: number;
  /** The most that a block may have, compressed or not. */
  readonly blockBytes: number;
  readonly contentSize: number | null;
  readonly checksum: boolean;
  readonly singleSegment: boolean;
}

/** Whether `magic` begins a skippable frame. RFC 8878, section 3.1.2. */
export function isSkippableMagic(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
}

/**
 * The frame header that `bytes` begins with; null where it goes on beyond them.
 * @param offset of `bytes` in the compressed stream, for messages
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID` for a reserved bit; `ERR_COMPRESSION_UNSUPPORTED` for a dictionary
 *   or a window over 128 MiB
 */
export function parseFrameHeader(bytes: Uint8Array, offset: number): FrameHeader | null {
  const descriptor = bytes[4];
  if (descriptor === undefined) return null;
  const singleSegment = (descriptor & 0x20) !== 0;
  const windowFieldBytes = singleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  const headerBytes = 5 + windowFieldBytes + dictionaryBytes + sizeBytes;
  if (bytes.length < headerBytes) return null;
  if ((descriptor & 0x08) !== 0) throw invalid('the zstd frame header sets a bit that is reserved', offset);

  const dictionaryAt = 5 + windowFieldBytes;
  const dictionary = littleEndian(bytes, dictionaryAt, dictionaryBytes);
  if (dictionary !== 0) throw unsupported(`the zstd frame wants the dictionary ${dictionary}`, offset);
  /* The two-byte form starts at 256, where the one-byte form ends. */
  const stated = littleEndian(bytes, dictionaryAt + dictionaryBytes, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  const contentSize = sizeBytes === 0 ? null : stated;
  const windowBytes = singleSegment ? stated : windowSize(bytes[5] as number);
  if (windowBytes > MAX_WINDOW_BYTES) {
    throw unsupported(`the zstd frame wants a window of ${windowBytes} bytes, more than ${MAX_WINDOW_BYTES}`, offset);
  }
  if (contentSize !== null && !Number.isSafeInteger(contentSize)) {
    throw invalid('the zstd frame header states an impossible size', offset);
  }
  return {
    headerBytes,
    windowBytes,
    blockBytes: Math.min(windowBytes, MAX_BLOCK_BYTES),
    contentSize,
    checksum: (descriptor & 0x04) !== 0,
    singleSegment,
  };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function littleEndian(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index--) value = value * 256 + (bytes[start + index] as number);
  return value;
}

export type BlockType = 'raw' | 'rle' | 'compressed';

/** A block header. Source: RFC 8878, section 3.1.1.2. */
export interface BlockHeader {
  readonly type: BlockType;
  readonly last: boolean;
  /** Bytes that follow the header. */
  readonly storedBytes: number;
  /** For `raw` and `rle` the bytes of content, for `compressed` the stored bytes. */
  readonly size: number;
}

/**
 * The block header that `bytes` begins with.
 * @param offset of `bytes` in the compressed stream, for messages
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID` for the reserved type, a block larger than the frame
 *   allows, a compressed block too short to be one
 */
export function parseBlockHeader(bytes: Uint8Array, frame: FrameHeader, offset: number): BlockHeader {
  const value = littleEndian(bytes, 0, BLOCK_HEADER_BYTES);
  const size = value >> 3;
  const type = BLOCK_TYPES[(value >> 1) & 3];
  if (type === undefined) throw invalid('the zstd block has the type that is reserved', offset);
  if (size > frame.blockBytes) {
    throw invalid(`the zstd block has ${size} bytes, more than the ${frame.blockBytes} its frame allows`, offset);
  }
  if (type === 'compressed' && size < MIN_COMPRESSED_BYTES) throw invalid('the zstd block is too short', offset);
  return { type, last: (value & 1) !== 0, storedBytes: type === 'rle' ? 1 : size, size };
}

/** One byte each for the literals' and the sequences' header; libzstd takes none for an empty block. */
const MIN_COMPRESSED_BYTES = 2;
const BLOCK_TYPES: readonly (BlockType | undefined)[] = ['raw', 'rle', 'compressed', undefined];
