import { latin1 } from '../bytes/latin1.js';
import { BLOCK_BYTES, headerSum, signedHeaderSum } from './checksum.js';
import type { TarFormat } from './entry.js';
import { tarInvalid } from './error.js';
import { decodeNumber, hex } from './number.js';
import { isZero } from './words.js';

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
/** Of the byte that says whether blocks with more of the map follow, in a GNU sparse file's header. */
const SPARSE_EXTENDED_AT = 482;

/**
 * Decodes the header block `bytes[at, at + 512)`.
 * Sources: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"; star(5).
 * @param offset of the block in the tar stream, for messages
 * @throws {OciDiffError} `ERR_TAR_INVALID`: wrong checksum, a field that is no number, a negative id or size
 */
export function decodeHeader(bytes: Uint8Array, at: number, offset: number): RawHeader {
  return decoder.decode(bytes, at, offset);
}

/**
 * Decodes one block after another. Collects how each is written beyond its fields' values: tokens `field=style`,
 * `field+hex` (bytes after the field's NUL) and `offset:hex` (bytes of unused areas), joined by `;`. Values do not show
 * in the usual styles, so the headers of one writer have one style, and the strings are few.
 *
 * A class, and one instance for all, since a layer has a million headers of a dozen fields: closures would cost more
 * than the decoding.
 */
class BlockDecoder {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #offset = 0;
  #style = '';

  decode(bytes: Uint8Array, at: number, offset: number): RawHeader {
    this.#bytes = bytes;
    this.#at = at;
    this.#offset = offset;
    this.#style = '';
    this.#checksum();
    const header: RawHeader = {
      format: formatOf(bytes, at),
      typeFlag: bytes[at + 156] as number,
      name: this.#text(0, 100, 'name'),
      prefix: '',
      linkName: this.#text(157, 100, 'linkname'),
      mode: this.#natural(100, 8, 'mode'),
      uid: this.#natural(108, 8, 'uid'),
      gid: this.#natural(116, 8, 'gid'),
      size: this.#natural(124, 12, 'size'),
      mtime: this.#number(136, 12, 'mtime'),
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
    if (header.format === 'v7') this.#unused(257, BLOCK_BYTES);
    else this.#posixTail(header);
    header.style = this.#style;
    return header;
  }

  #posixTail(header: RawHeader): void {
    const [bytes, at] = [this.#bytes, this.#at];
    /* `ustar  ` and NUL is GNU's magic and version in one; the version of POSIX is two zeros. */
    if (header.format !== 'gnu' && (bytes[at + 263] !== 0x30 || bytes[at + 264] !== 0x30)) {
      this.#token(`version=${hex(bytes, at + 263, at + 265)}`);
    }
    header.uname = this.#text(265, 32, 'uname');
    header.gname = this.#text(297, 32, 'gname');
    header.devMajor = this.#natural(329, 8, 'devmajor');
    header.devMinor = this.#natural(337, 8, 'devminor');
    if (header.format === 'ustar') {
      if (bytes[at + 345] !== 0) header.prefix = this.#text(345, 155, 'prefix');
      else this.#unused(345, 500);
      this.#unused(500, BLOCK_BYTES);
    } else if (header.format === 'star') {
      header.prefix = this.#text(345, 131, 'prefix');
      header.atime = this.#optional(476, 'atime');
      header.ctime = this.#optional(488, 'ctime');
      this.#unused(500, 508);
    } else {
      this.#gnuTail(header);
    }
  }

  #gnuTail(header: RawHeader): void {
    const isSparse = header.typeFlag === GNU_SPARSE_FLAG;
    if (this.#isOldGoPrefix()) {
      if (isSparse) throw tarInvalid(this.#offset + 345, 'a prefix in the header of a GNU sparse file');
      header.prefix = this.#text(345, 155, 'prefix');
      this.#unused(500, BLOCK_BYTES);
      return;
    }
    header.atime = this.#optional(345, 'atime');
    header.ctime = this.#optional(357, 'ctime');
    if (isSparse) {
      const flag = this.#bytes[this.#at + SPARSE_EXTENDED_AT] as number;
      this.#unused(369, 386);
      header.sparseExtended = flag !== 0;
      if (flag > 1) this.#unused(SPARSE_EXTENDED_AT, SPARSE_EXTENDED_AT + 1);
      header.realSize = this.#natural(483, 12, 'realsize');
      this.#unused(495, BLOCK_BYTES);
    } else {
      this.#unused(369, BLOCK_BYTES);
    }
  }

  /*
   * Go's archive/tar before 1.8, and so Docker of that time, wrote a USTAR prefix into headers with GNU's magic. Its
   * reader still takes an ASCII text that cannot be atime and ctime for a prefix; engines read such layers that way.
   */
  #isOldGoPrefix(): boolean {
    const first = this.#bytes[this.#at + 345] as number;
    if (first === 0 || first >= 0x80) return false;
    for (let i = this.#at + 345; i < this.#at + 500; i++) {
      const byte = this.#bytes[i] as number;
      if (byte === 0) break;
      if (byte >= 0x80) return false;
    }
    const style = this.#style;
    try {
      this.#optional(345, 'atime');
      this.#optional(357, 'ctime');
      return false;
    } catch {
      return true;
    } finally {
      this.#style = style;
    }
  }

  #checksum(): void {
    const { value, style } = decodeNumber(this.#bytes, this.#at + 148, 8, this.#offset + 148, 'checksum');
    const told = style === '' ? USUAL_NUMBER : style === USUAL_CHECKSUM ? '' : style;
    if (told !== '') this.#token(`chksum=${told}`);
    const sum = headerSum(this.#bytes, this.#at);
    if (value === sum) return;
    if (value !== signedHeaderSum(this.#bytes, this.#at)) {
      throw tarInvalid(this.#offset, `not a tar header: its checksum is ${value}, its bytes add up to ${sum},`);
    }
    this.#token('chksum=signed');
  }

  #number(start: number, length: number, name: string): number {
    const field = decodeNumber(this.#bytes, this.#at + start, length, this.#offset + start, name);
    if (field.style !== '') this.#token(`${name}=${field.style}`);
    return field.value;
  }

  #natural(start: number, length: number, name: string): number {
    const value = this.#number(start, length, name);
    if (value < 0) throw tarInvalid(this.#offset + start, `the ${name} field is negative (${value})`);
    return value;
  }

  /* A time that can be left unwritten: null where its first byte is NUL. */
  #optional(start: number, name: string): number | null {
    if (this.#bytes[this.#at + start] !== 0) return this.#number(start, 12, name);
    this.#unused(start, start + 12);
    return null;
  }

  #text(start: number, length: number, name: string): string {
    const bytes = this.#bytes;
    const from = this.#at + start;
    const limit = from + length;
    let end = from;
    while (end < limit && bytes[end] !== 0) end++;
    if (!isZero(bytes, end, limit)) this.#token(`${name}+${hex(bytes, end, limit)}`);
    return end === from ? '' : latin1(bytes, from, end);
  }

  #unused(start: number, end: number): void {
    const [bytes, at] = [this.#bytes, this.#at];
    if (!isZero(bytes, at + start, at + end)) this.#token(`${start}:${hex(bytes, at + start, at + end)}`);
  }

  #token(token: string): void {
    this.#style = this.#style === '' ? token : `${this.#style};${token}`;
  }
}

const decoder = new BlockDecoder();

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
    const isStar =
      bytes[at + 508] === 0x74 && bytes[at + 509] === 0x61 && bytes[at + 510] === 0x72 && bytes[at + 511] === 0;
    return isStar ? 'star' : 'ustar';
  }
  return sixth === 0x20 && bytes[at + 263] === 0x20 && bytes[at + 264] === 0 ? 'gnu' : 'v7';
}
