import { crc32 } from 'node:zlib';
import type { ByteReader } from '../byte-reader.js';
import type { GzipInfo } from '../compression.js';
import { invalid } from '../compression-error.js';
import { latin1 } from '../latin1.js';

/** No compressor writes a name or comment this long; it bounds what a header may make us hold. */
const MAX_HEADER_BYTES = 1024 * 1024;
const FIXED_BYTES = 10;
const DEFLATE = 8;

const FTEXT = 0x01;
const FHCRC = 0x02;
const FEXTRA = 0x04;
const FNAME = 0x08;
const FCOMMENT = 0x10;
const RESERVED = 0xe0;

/** A member's header, and its length in bytes. */
export interface GzipHeader {
  readonly info: GzipInfo;
  readonly length: number;
}

/**
 * Looks at the member header that is next in `reader` and leaves it there.
 * Source: RFC 1952, section 2.3.
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID` with the offset, also for a header that is cut off
 */
export async function peekGzipHeader(reader: ByteReader): Promise<GzipHeader> {
  let wanted = FIXED_BYTES;
  for (;;) {
    const complete = await reader.fill(wanted);
    const header = parseGzipHeader(reader.view(reader.available), reader.offset);
    if (header !== null) return header;
    if (!complete) throw invalid('the gzip header is cut off', reader.offset + reader.available);
    if (reader.available >= MAX_HEADER_BYTES) {
      throw invalid(`the gzip header is longer than ${MAX_HEADER_BYTES} bytes`, reader.offset);
    }
    wanted = Math.min(2 * reader.available, MAX_HEADER_BYTES);
  }
}

/**
 * The member header at the start of `bytes`; null where it goes on beyond them.
 * @param offset of `bytes` in the compressed stream, for messages
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID`
 */
export function parseGzipHeader(bytes: Uint8Array, offset: number): GzipHeader | null {
  if ((bytes[0] ?? 0x1f) !== 0x1f || (bytes[1] ?? 0x8b) !== 0x8b) throw invalid('no gzip member begins here', offset);
  if ((bytes[2] ?? DEFLATE) !== DEFLATE) {
    throw invalid(`the gzip header names the compression method ${bytes[2]}, which is not deflate`, offset);
  }
  const flags = bytes[3] ?? 0;
  if ((flags & RESERVED) !== 0) throw invalid('the gzip header sets flags that are reserved', offset);
  if (bytes.length < FIXED_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = FIXED_BYTES;

  let extra: string | null = null;
  if ((flags & FEXTRA) !== 0) {
    if (bytes.length < position + 2) return null;
    const end = position + 2 + view.getUint16(position, true);
    if (bytes.length < end) return null;
    extra = Buffer.from(bytes.subarray(position + 2, end)).toString('base64');
    position = end;
  }
  const texts: (string | null)[] = [];
  for (const flag of [FNAME, FCOMMENT]) {
    if ((flags & flag) === 0) {
      texts.push(null);
      continue;
    }
    const end = bytes.indexOf(0, position);
    if (end < 0) return null;
    texts.push(latin1(bytes, position, end));
    position = end + 1;
  }
  if ((flags & FHCRC) !== 0) {
    if (bytes.length < position + 2) return null;
    if (view.getUint16(position, true) !== (crc32(bytes.subarray(0, position)) & 0xffff)) {
      throw invalid('the gzip header does not match its checksum', offset);
    }
    position += 2;
  }
  return {
    info: {
      mtime: view.getUint32(4, true),
      xfl: view.getUint8(8),
      os: view.getUint8(9),
      name: texts[0] ?? null,
      comment: texts[1] ?? null,
      extra,
      headerCrc: (flags & FHCRC) !== 0,
      text: (flags & FTEXT) !== 0,
    },
    length: position,
  };
}

/**
 * Bytes of the member header that `bytes`, which are valid gzip, begin with.
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID` where they are not
 */
export function gzipHeaderBytes(bytes: Uint8Array): number {
  const header = parseGzipHeader(bytes, 0);
  if (header === null) throw invalid('the gzip header is cut off', bytes.length);
  return header.length;
}
