/** Compressions that ocidiff can tell; it reads the first three. */
export type CompressionFormat = 'gzip' | 'zstd' | 'none' | 'bzip2' | 'xz' | 'lz4';

/** Bytes that `sniffCompression` wants to see: a tar header. Fewer only where the stream is shorter. */
export const SNIFF_BYTES = 512;

/**
 * The compression of a stream by its first bytes.
 *
 * gzip and zstd go by their magic alone, as in containerd and Docker: a tar archive that is made to look like gzip must
 * be read here as an engine would read it. The other formats no engine reads from a layer, and their magic may well
 * begin the name of a tar archive's first member ("BZh1.txt"), so a tar header wins over them.
 *
 * Sources: RFC 1952 section 2.3.1 (1f 8b, then 8 for deflate); RFC 8878 sections 3.1.1 (0xFD2FB528) and 3.1.2
 * (0x184D2A50 to 5F); the format descriptions of bzip2, xz and lz4.
 */
export function sniffCompression(head: Uint8Array): CompressionFormat {
  if (startsWith(head, GZIP)) return head[2] === 8 || !isTarHeader(head) ? 'gzip' : 'none';
  if (startsWith(head, ZSTD_FRAME) || isZstdSkippable(head)) return 'zstd';
  const other = OTHERS.find(([, magic]) => startsWith(head, magic));
  return other === undefined || isTarHeader(head) ? 'none' : other[0];
}

const GZIP = [0x1f, 0x8b];
const ZSTD_FRAME = [0x28, 0xb5, 0x2f, 0xfd];
const OTHERS: readonly (readonly [CompressionFormat, readonly number[]])[] = [
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return head.length >= magic.length && magic.every((byte, index) => head[index] === byte);
}

function isZstdSkippable(head: Uint8Array): boolean {
  return ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
}

const CHECKSUM_START = 148;
const CHECKSUM_END = 156;

/** Whether `head` begins with a tar header: its checksum is right. Old archives have no "ustar", but all have this. */
function isTarHeader(head: Uint8Array): boolean {
  if (head.length < SNIFF_BYTES) return false;
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < SNIFF_BYTES; index++) {
    const inChecksum = index >= CHECKSUM_START && index < CHECKSUM_END;
    const byte = inChecksum ? 0x20 : (head[index] as number);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const text = String.fromCharCode(...head.subarray(CHECKSUM_START, CHECKSUM_END));
  const match = /^ *([0-7]+)[ \0]*$/.exec(text);
  if (match === null) return false;
  const stated = Number.parseInt(match[1] as string, 8);
  return stated === unsigned || stated === signed;
}
