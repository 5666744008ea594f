import { latin1 } from '../bytes/latin1.js';
import { BLOCK_BYTES, headerSum, signedHeaderSum } from './checksum.js';
import type { TarFormat } from './entry.js';
import { tarInvalid } from './error.js';
import { decodeNumber, hex, isZero } from './number.js';

/**
 * One header block as it stands, before extended headers change what it says.
 * Its fields and `style` together determine all of its 512 bytes.
 */
export interface RawHeader {
  format: Exclude<TarFormat, 'pax'>;
  /** Code of the type flag's character. */
  typeFlag: number;
  name: string;
  prefix: string;
  linkName: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  uname: string;
  gname: string;
  devMajor: number;
  devMinor: number;
  /** Seconds; of the dialects `gnu` and `star` only, null where the field is empty. */
  atime: number | null;
  ctime: number | null;
  /** Of GNU sparse files (type flag `S`): whether blocks with more of the map follow. */
  sparseExtended: boolean;
  /** Of GNU sparse files: bytes with holes. */
  realSize: number;
  style: string;
}

const USUAL_CHECKSUM = 'o06+0020';
const USUAL_NUMBER = 'o07+00';
const GNU_SPARSE_FLAG = 0x53;

/**
 * Decodes the header block `bytes[at, at + 512)`.
 * Sources: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"; star(5).
 * @param offset of the block in the tar stream, for messages
 * @throws {OciDiffError} `ERR_TAR_INVALID`: wrong checksum, a field that is no number, a negative id or size
 */
export function decodeHeader(bytes: Uint8Array, at: number, offset: number): RawHeader {
  const styles = new StyleTokens();
  const checksum = decodeNumber(bytes, at + 148, 8, offset + 148, 'checksum');
  styles.number('chksum', checksum.style === '' ? USUAL_NUMBER : checksum.style === USUAL_CHECKSUM ? '' : checksum.style);
  const sum = headerSum(bytes, at);
  if (checksum.value !== sum) {
    if (checksum.value !== signedHeaderSum(bytes, at)) {
      throw tarInvalid(offset, `not a tar header: its checksum is ${checksum.value}, its bytes add up to ${sum},`);
    }
    styles.token('chksum=signed');
  }
  const format = formatOf(bytes, at);
  const number = (start: number, length: number, name: string): number => {
    const field = decodeNumber(bytes, at + start, length, offset + start, name);
    if (field.style !== '') styles.number(name, field.style);
    return field.value;
  };
  const natural = (start: number, length: number, name: string): number => {
    const value = number(start, length, name);
    if (value < 0) throw tarInvalid(offset + start, `the ${name} field is negative (${value})`);
    return value;
  };
  const text = (start: number, length: number, name: string): string => {
    const from = at + start;
    const limit = from + length;
    if (bytes[from] === 0) {
      if (!isZero(bytes, from, limit)) styles.token(`${name}+${hex(bytes, from, limit)}`);
      return '';
    }
    let end = from + 1;
    while (end < limit && bytes[end] !== 0) end++;
    if (!isZero(bytes, end, limit)) styles.token(`${name}+${hex(bytes, end, limit)}`);
    return latin1(bytes, from, end);
  };
  const unused = (start: number, end: number): void => {
    if (!isZero(bytes, at + start, at + end)) styles.token(`${start}:${hex(bytes, at + start, at + end)}`);
  };

  const header: RawHeader = {
    format,
    typeFlag: bytes[at + 156] as number,
    name: text(0, 100, 'name'),
    prefix: '',
    linkName: text(157, 100, 'linkname'),
    mode: natural(100, 8, 'mode'),
    uid: natural(108, 8, 'uid'),
    gid: natural(116, 8, 'gid'),
    size: natural(124, 12, 'size'),
    mtime: number(136, 12, 'mtime'),
    uname: '',
    gname: '',
    devMajor: 0,
    devMinor: 0,
    atime: null,
    ctime: null,
    sparseExtended: false,
    realSize: 0,
    style: '',
  };
  if (format === 'v7') {
    unused(257, BLOCK_BYTES);
    header.style = styles.text;
    return header;
  }
  /* `ustar  ` and NUL is GNU's magic and version in one; the version of POSIX is two zeros. */
  if (format !== 'gnu' && (bytes[at + 263] !== 0x30 || bytes[at + 264] !== 0x30)) {
    styles.token(`version=${hex(bytes, at + 263, at + 265)}`);
  }
  header.uname = text(265, 32, 'uname');
  header.gname = text(297, 32, 'gname');
  header.devMajor = natural(329, 8, 'devmajor');
  header.devMinor = natural(337, 8, 'devminor');

  const optional = (start: number, name: string): number | null => (bytes[at + start] === 0 ? null : number(start, 12, name));
  if (format === 'ustar') {
    if (bytes[at + 345] !== 0) header.prefix = text(345, 155, 'prefix');
    else unused(345, 500);
    unused(500, BLOCK_BYTES);
  } else if (format === 'star') {
    header.prefix = text(345, 131, 'prefix');
    header.atime = optional(476, 'atime');
    header.ctime = optional(488, 'ctime');
    if (header.atime === null) unused(476, 488);
    if (header.ctime === null) unused(488, 500);
    unused(500, 508);
  } else {
    decodeGnuTail(bytes, at, header, optional, text, natural, unused);
  }
  header.style = styles.text;
  return header;
}

/** How a field that can be left unwritten is decoded: null where its first byte is NUL. */
type Optional = (start: number, name: string) => number | null;

function decodeGnuTail(
  bytes: Uint8Array,
  at: number,
  header: RawHeader,
  optional: Optional,
  text: (start: number, length: number, name: string) => string,
  natural: (start: number, length: number, name: string) => number,
  unused: (start: number, end: number) => void,
): void {
  /*
   * Go's archive/tar before 1.8, and so Docker of that time, wrote a USTAR prefix into headers with GNU's magic. Its
   * reader still takes a text there that is no time for a prefix; engines read such layers that way.
   */
  if (isOldGoPrefix(bytes, at)) {
    header.prefix = text(345, 155, 'prefix');
    unused(500, BLOCK_BYTES);
    return;
  }
  header.atime = optional(345, 'atime');
  header.ctime = optional(357, 'ctime');
  if (header.atime === null) unused(345, 357);
  if (header.ctime === null) unused(357, 369);
  if (header.typeFlag === GNU_SPARSE_FLAG) {
    unused(369, 386);
    header.sparseExtended = bytes[at + 482] !== 0;
    header.realSize = natural(483, 12, 'realsize');
    unused(495, BLOCK_BYTES);
  } else {
    unused(369, BLOCK_BYTES);
  }
}

function isOldGoPrefix(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at + 345] as number;
  if (first === 0 || (first & 0x80) !== 0) return false;
  let length = 0;
  let octal = true;
  for (; length < 155; length++) {
    const byte = bytes[at + 345 + length] as number;
    if (byte === 0) break;
    if (byte >= 0x80) return false;
    if (length < 12 && byte !== 0x20 && (byte < 0x30 || byte > 0x37)) octal = false;
  }
  return !octal;
}

/*
 * The magic decides, as in Go's archive/tar: `ustar` and NUL is USTAR, whatever the version; star's trailer makes it
 * star; `ustar  ` and NUL is GNU; all else is V7.
 */
function formatOf(bytes: Uint8Array, at: number): Exclude<TarFormat, 'pax'> {
  const isUstar =
    bytes[at + 257] === 0x75 &&
    bytes[at + 258] === 0x73 &&
    bytes[at + 259] === 0x74 &&
    bytes[at + 260] === 0x61 &&
    bytes[at + 261] === 0x72;
  if (!isUstar) return 'v7';
  const sixth = bytes[at + 262];
  if (sixth === 0) {
    const isStar = bytes[at + 508] === 0x74 && bytes[at + 509] === 0x61 && bytes[at + 510] === 0x72 && bytes[at + 511] === 0;
    return isStar ? 'star' : 'ustar';
  }
  return sixth === 0x20 && bytes[at + 263] === 0x20 && bytes[at + 264] === 0 ? 'gnu' : 'v7';
}

/**
 * Collects how a block is written beyond its fields' values: tokens `field=style`, `field+hex` (bytes after the
 * field's NUL) and `offset:hex` (bytes of unused areas), joined by `;`. Values do not show in the usual styles, so the
 * headers of one writer have one style, and the strings are few.
 */
class StyleTokens {
  text = '';

  token(token: string): void {
    this.text = this.text === '' ? token : `${this.text};${token}`;
  }

  number(field: string, style: string): void {
    if (style !== '') this.token(`${field}=${style}`);
  }
}
