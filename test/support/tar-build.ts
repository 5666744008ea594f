/*
 * Writes tar archives block by block, for tests alone: it knows where fields are and nothing else, so that a test can
 * state any bytes, right or wrong. It shares no code with the reader. Strings are latin1: one code unit a byte.
 * Sources: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format".
 */

export const BLOCK = 512;

/** A field as octal digits (a number), or as the bytes that stand in it, filled with NUL. */
export type FieldValue = number | string | Uint8Array;

/** The fields of a header block; what is left out is the usual value of a plain USTAR file of no bytes. */
export interface BlockFields {
  name?: FieldValue;
  mode?: FieldValue;
  uid?: FieldValue;
  gid?: FieldValue;
  size?: FieldValue;
  mtime?: FieldValue;
  type?: string;
  linkName?: FieldValue;
  /** The eight bytes of magic and version. */
  magic?: string;
  uname?: FieldValue;
  gname?: FieldValue;
  devMajor?: FieldValue;
  devMinor?: FieldValue;
  prefix?: FieldValue;
  /** Bytes at any offset, after the fields are written. */
  patches?: readonly (readonly [offset: number, bytes: FieldValue, length?: number])[];
  /** How the checksum is made up, or the eight bytes of its field as they are to stand there. */
  checksum?: 'unsigned' | 'signed' | Uint8Array;
}

export const USTAR = 'ustar\x0000';
export const GNU = 'ustar  \0';
export const V7 = '\0\0\0\0\0\0\0\0';

/** One header block, with a checksum that is right unless the fields state another. */
export function block(fields: BlockFields = {}): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const magic = fields.magic ?? USTAR;
  put(bytes, 0, 100, fields.name ?? 'file');
  put(bytes, 100, 8, fields.mode ?? 0o644);
  put(bytes, 108, 8, fields.uid ?? 0);
  put(bytes, 116, 8, fields.gid ?? 0);
  put(bytes, 124, 12, fields.size ?? 0);
  put(bytes, 136, 12, fields.mtime ?? 0);
  put(bytes, 156, 1, fields.type ?? '0');
  put(bytes, 157, 100, fields.linkName ?? '');
  put(bytes, 257, 8, magic);
  if (magic !== V7) {
    put(bytes, 265, 32, fields.uname ?? '');
    put(bytes, 297, 32, fields.gname ?? '');
    put(bytes, 329, 8, fields.devMajor ?? 0);
    put(bytes, 337, 8, fields.devMinor ?? 0);
    put(bytes, 345, 155, fields.prefix ?? '');
  }
  for (const [offset, value, length] of fields.patches ?? []) {
    put(bytes, offset, length ?? (typeof value === 'number' ? 12 : value.length), value);
  }
  const checksum = fields.checksum ?? 'unsigned';
  if (typeof checksum === 'string') setChecksum(bytes, 0, checksum);
  else bytes.set(checksum, 148);
  return bytes;
}

/** Writes the checksum of the header block at `at`: six octal digits, NUL, space. */
export function setChecksum(bytes: Uint8Array, at: number, kind: 'unsigned' | 'signed' = 'unsigned'): void {
  put(bytes, at + 148, 8, `${checksumOf(bytes, at, kind).toString(8).padStart(6, '0')}\0 `);
}

/** The sum of a header block's bytes, those of the checksum field counted as spaces. */
export function checksumOf(bytes: Uint8Array, at: number, kind: 'unsigned' | 'signed' = 'unsigned'): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (bytes[at + i] as number);
    sum += kind === 'signed' && byte > 127 ? byte - 256 : byte;
  }
  return sum;
}

function put(bytes: Uint8Array, offset: number, length: number, value: FieldValue): void {
  const written = typeof value === 'number' ? octal(value, length) : typeof value === 'string' ? ascii(value) : value;
  if (written.length > length) throw new Error(`${written.length} bytes for a field of ${length} at ${offset}`);
  bytes.fill(0, offset, offset + length);
  bytes.set(written, offset);
}

/** Octal digits, zero-padded, and a NUL: as all writers write numbers that fit. */
export function octal(value: number, length: number): Uint8Array {
  return ascii(`${value.toString(8).padStart(length - 1, '0')}\0`);
}

/** A number in base 256, two's complement, the first bit of the first byte set. Source: GNU tar manual, "Extensions". */
export function base256(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = BigInt.asUintN(length * 8, value);
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  bytes[0] = (bytes[0] as number) | 0x80;
  return bytes;
}

/** A latin1 string's bytes. */
function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

export function join(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? ascii(part) : part))));
}

/** `content` filled with `fill` to whole blocks. */
export function padded(content: Uint8Array | string, fill = 0): Uint8Array {
  const bytes = join(content);
  const all = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK).fill(fill);
  all.set(bytes);
  return all;
}

/** A file's header and content. */
export function file(name: string, content: Uint8Array | string, fields: BlockFields = {}): Uint8Array {
  return join(block({ name, size: content.length, ...fields }), padded(content));
}

/** A record of an extended header, with the right length. */
export function record(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** An extended header (`x`, `g`) of records as they are to stand there, or a GNU long name (`L`, `K`) with its NUL. */
export function extended(type: 'x' | 'g' | 'L' | 'K', data: string, fields: BlockFields = {}): Uint8Array {
  const usual: BlockFields =
    type === 'L' || type === 'K' ? { name: '././@LongLink', magic: GNU } : { name: 'PaxHeaders.0/file' };
  return join(block({ ...usual, type, size: data.length, ...fields }), padded(data));
}

/** `count` zero blocks; an archive ends with two. */
export function zeros(count = 2): Uint8Array {
  return new Uint8Array(count * BLOCK);
}

/** The star dialect's trailer, and its times; the prefix has 131 bytes. Source: star(5). */
export function star(times: { atime?: FieldValue; ctime?: FieldValue } = {}): NonNullable<BlockFields['patches']> {
  return [
    [476, times.atime ?? '', 12],
    [488, times.ctime ?? '', 12],
    [508, 'tar\0', 4],
  ];
}
