import { checkLimit, type Limits } from '../limits.js';
import { BLOCK_BYTES } from './checksum.js';
import { tarInvalid } from './error.js';
import { decodeNumber, hex } from './number.js';
import { parsePaxNumber } from './pax.js';
import { isZero } from './words.js';

/*
 * Sparse files, in all the forms that GNU tar writes: the old GNU form (type flag `S`, map in the header and in blocks
 * that follow it) and the PAX forms 0.0 (a record for each offset and length), 0.1 (one record with the map) and 1.0
 * (the map in front of the content). Source: GNU tar manual, "Storing Sparse Files".
 */

/** Bytes of one old GNU map element: an offset and a length of 12 bytes each. */
const ELEMENT_BYTES = 24;
/** Where the map in the header block begins, and its elements. */
const HEADER_ELEMENTS_AT = 386;
const ELEMENTS_IN_HEADER = 4;
/** Elements in a block of more map: 21, then the flag that says whether yet another follows. */
const ELEMENTS_PER_BLOCK = 21;

/** A map as it is read: offset, length, offset, length, …; and how it is written (style.ts). */
export interface SparseMap {
  readonly segments: number[];
  style: string;
}

/**
 * Reads an old GNU map, four elements in the header block and 21 in each block of more map; in a block, an element
 * whose offset is empty ends the elements (as in Go, more blocks may follow nevertheless).
 *
 * Style: `map0=s` how the first number is written, and so on; `map0+hex` what follows the elements in the header block,
 * `map1+hex` in the first block of more map; `map1:hex` its bytes after the elements where they are unusual; `blocks=4,2,1`
 * the elements of each block, where not all but the last are full or the last is empty.
 */
export class GnuSparseMap implements SparseMap {
  readonly segments: number[] = [];
  style = '';
  readonly #limits: Limits;
  readonly #counts: number[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** The elements in the header block. @param offset of the block in the tar stream */
  readHeader(bytes: Uint8Array, at: number, offset: number): void {
    this.#read(bytes, at + HEADER_ELEMENTS_AT, ELEMENTS_IN_HEADER, offset + HEADER_ELEMENTS_AT);
  }

  /** A block of more map; returns whether another follows. */
  readBlock(bytes: Uint8Array, at: number, offset: number): boolean {
    const block = this.#counts.length;
    this.#read(bytes, at, ELEMENTS_PER_BLOCK, offset);
    const flagAt = at + ELEMENTS_PER_BLOCK * ELEMENT_BYTES;
    const flag = bytes[flagAt] as number;
    if (flag > 1 || !isZero(bytes, flagAt + 1, at + BLOCK_BYTES))
      this.#token(`map${block}:${hex(bytes, flagAt, at + BLOCK_BYTES)}`);
    return flag !== 0;
  }

  /** After the last block: tells how the elements are spread over blocks, unless as usual. */
  end(): void {
    const usual = [Math.min(this.segments.length / 2, ELEMENTS_IN_HEADER)];
    for (let left = this.segments.length / 2 - ELEMENTS_IN_HEADER; left > 0; left -= ELEMENTS_PER_BLOCK) {
      usual.push(Math.min(left, ELEMENTS_PER_BLOCK));
    }
    const counts = this.#counts.join(',');
    if (counts !== usual.join(',')) this.#token(`blocks=${counts}`);
  }

  #read(bytes: Uint8Array, at: number, count: number, offset: number): void {
    const end = at + count * ELEMENT_BYTES;
    let element = at;
    for (; element < end && bytes[element] !== 0; element += ELEMENT_BYTES) {
      this.#number(bytes, element, offset + element - at);
      this.#number(bytes, element + 12, offset + element + 12 - at);
    }
    if (!isZero(bytes, element, end)) this.#token(`map${this.#counts.length}+${hex(bytes, element, end)}`);
    this.#counts.push((element - at) / ELEMENT_BYTES);
    /* A block without elements counts too: a stream of them would never end. */
    const most = Math.max(this.segments.length / 2, this.#counts.length - 1);
    checkLimit(this.#limits, 'sparseSegments', most, 'segments of a sparse file');
  }

  #number(bytes: Uint8Array, at: number, offset: number): void {
    const { value, style } = decodeNumber(bytes, at, 12, offset, 'sparse map');
    if (style !== '') this.#token(`map${this.segments.length}=${style}`);
    this.segments.push(value);
  }

  #token(token: string): void {
    this.style = this.style === '' ? token : `${this.style};${token}`;
  }
}

/** What the records of an extended header say of a sparse file. */
export interface PaxSparse {
  /** 0.0: the map in pairs of records; 0.1: in one record; 1.0: in front of the content. */
  readonly form: '0.0' | '0.1' | '1.0';
  readonly segments: number[];
  readonly realSize: number;
  readonly name: string | undefined;
}

/**
 * The sparse records of an extended header, or null where the file is not sparse. As in Go's archive/tar, the version
 * decides, or the presence of a map where none is stated; an empty value is as none.
 * @param list the records in order, since form 0.0 repeats its keys
 * @throws {OciDiffError} `ERR_TAR_INVALID`, `ERR_LIMIT_EXCEEDED`
 */
export function parsePaxSparse(
  list: readonly (readonly [string, string])[],
  offset: number,
  limits: Limits,
): PaxSparse | null {
  if (!list.some(([key]) => key.startsWith('GNU.sparse.'))) return null;
  const records = new Map(list);
  const get = (key: string): string | undefined => records.get(`GNU.sparse.${key}`) || undefined;
  const major = get('major');
  const minor = get('minor');
  const version = major === undefined && minor === undefined ? '' : `${major ?? ''}.${minor ?? ''}`;
  if (!['', '0.0', '0.1', '1.0'].includes(version))
    throw tarInvalid(offset, `unknown version ${version} of a sparse file`);
  const map = get('map');
  const pairs = pairsOf(list, offset);
  const hasMap = map !== undefined || pairs.length > 0;
  if (version === '' && !hasMap) {
    /* Go takes it for a file without holes, GNU tar for one that is a hole. */
    if (get('numblocks') !== undefined) throw tarInvalid(offset, 'a sparse file without its map');
    return null;
  }

  const realSize = realSizeOf(get('size'), get('realsize'), offset);
  const name = get('name');
  if (version === '1.0') return { form: '1.0', segments: [], realSize, name };
  if (map !== undefined && pairs.length > 0) throw tarInvalid(offset, 'a sparse file with two maps');
  const texts = map === undefined ? pairs : map.split(',', limits.sparseSegments * 2 + 1);
  checkLimit(limits, 'sparseSegments', texts.length / 2, 'segments of a sparse file');
  if (texts.length % 2 !== 0) throw tarInvalid(offset, 'an offset without a length in a sparse map');
  const segments = texts.map((text) => parsePaxNumber(text, 'of a sparse map', offset));
  const count = parsePaxNumber(get('numblocks') ?? '', 'GNU.sparse.numblocks', offset);
  if (count !== segments.length / 2) {
    throw tarInvalid(offset, `GNU.sparse.numblocks is ${count}, the map has ${segments.length / 2} segments`);
  }
  return { form: map === undefined ? '0.0' : '0.1', segments, realSize, name };
}

/* The values of GNU.sparse.offset and GNU.sparse.numbytes, which come in turns. */
function pairsOf(list: readonly (readonly [string, string])[], offset: number): string[] {
  const pairs: string[] = [];
  for (const [key, value] of list) {
    if (key !== 'GNU.sparse.offset' && key !== 'GNU.sparse.numbytes') continue;
    if ((key === 'GNU.sparse.offset') !== (pairs.length % 2 === 0)) {
      throw tarInvalid(offset, 'offsets and lengths of a sparse file do not alternate');
    }
    pairs.push(value);
  }
  return pairs;
}

/* Form 0 states it as `size`, form 1 as `realsize`. */
function realSizeOf(size: string | undefined, realSize: string | undefined, offset: number): number {
  const stated = size ?? realSize;
  if (stated === undefined) throw tarInvalid(offset, 'a sparse file without its size');
  if (size !== undefined && realSize !== undefined && size !== realSize) {
    throw tarInvalid(offset, `a sparse file with two sizes, ${size} and ${realSize}`);
  }
  return parsePaxNumber(stated, 'GNU.sparse.size', offset);
}

/** More digits than a number below 2^53 has, with zeros before it, no writer writes. */
const MAX_DIGITS = 16;

/**
 * Reads the map of form 1.0, decimal numbers each on a line, from blocks that come one at a time.
 *
 * Style: `mapcount=digits`, `map0=digits` for a number with zeros before it; `map+hex` what follows the last number.
 */
export class PaxSparseMap implements SparseMap {
  readonly segments: number[] = [];
  style = '';
  #expected = -1;
  #digits = '';
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Takes one block; returns whether the map goes on in another. */
  readBlock(bytes: Uint8Array, at: number, offset: number): boolean {
    for (let i = at; i < at + BLOCK_BYTES; i++) {
      const byte = bytes[i] as number;
      if (byte >= 0x30 && byte <= 0x39 && this.#digits.length < MAX_DIGITS) {
        this.#digits += String.fromCharCode(byte);
        continue;
      }
      if (byte !== 0x0a || this.#digits === '') throw tarInvalid(offset + i - at, 'bad map of a sparse file');
      this.#take(parsePaxNumber(this.#digits, 'of a sparse map', offset + i - at));
      if (this.segments.length < this.#expected) continue;
      if (!isZero(bytes, i + 1, at + BLOCK_BYTES)) this.#token(`map+${hex(bytes, i + 1, at + BLOCK_BYTES)}`);
      return false;
    }
    return true;
  }

  #take(value: number): void {
    const counts = this.#expected < 0;
    if (String(value) !== this.#digits) this.#token(`map${counts ? 'count' : this.segments.length}=${this.#digits}`);
    this.#digits = '';
    if (counts) {
      checkLimit(this.#limits, 'sparseSegments', value, 'segments of a sparse file');
      this.#expected = value * 2;
    } else {
      this.segments.push(value);
    }
  }

  #token(token: string): void {
    this.style = this.style === '' ? token : `${this.style};${token}`;
  }
}

/**
 * Checks a map: segments in order, without overlap, within the file, as many bytes as are stored.
 * @throws {OciDiffError} `ERR_TAR_INVALID`
 */
export function checkSparseMap(segments: readonly number[], realSize: number, stored: number, offset: number): void {
  let end = 0;
  let bytes = 0;
  for (let i = 0; i < segments.length; i += 2) {
    const start = segments[i] as number;
    const length = segments[i + 1] as number;
    if (start < end) throw tarInvalid(offset, 'the segments of a sparse file overlap or are out of order');
    end = start + length;
    bytes += length;
    if (end > realSize) throw tarInvalid(offset, 'a segment of a sparse file goes beyond its size');
  }
  if (bytes !== stored) throw tarInvalid(offset, `a sparse map of ${bytes} bytes over ${stored} stored bytes`);
}
