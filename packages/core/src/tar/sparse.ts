import { checkLimit, type Limits } from '../limits.js';
import { BLOCK_BYTES } from './checksum.js';
import { tarInvalid } from './error.js';
import { decodeNumber, hex, isZero } from './number.js';
import { parsePaxNumber } from './pax.js';

/*
 * Sparse files, in all the forms that GNU tar writes: the old GNU form (type flag `S`, map in the header and in blocks
 * that follow it) and the PAX forms 0.0 (a record for each offset and length), 0.1 (one record with the map) and 1.0
 * (the map in front of the content). Source: GNU tar manual, "Storing Sparse Files".
 */

/** Bytes of one old GNU map element: an offset and a length of 12 bytes each. */
const ELEMENT_BYTES = 24;
/** Elements in a block of more map: 21, then the flag that says whether yet another follows. */
const ELEMENTS_PER_BLOCK = 21;

/** A map as it grows: offset, length, offset, length, …; and how its numbers are written. */
export interface SparseMap {
  readonly segments: number[];
  style: string;
}

/**
 * Decodes `count` old GNU map elements from `at` on; an element whose offset and length are empty ends the map.
 * @param offset of `bytes[at]` in the tar stream
 */
export function decodeGnuSparse(
  map: SparseMap,
  bytes: Uint8Array,
  at: number,
  count: number,
  offset: number,
  limits: Limits,
): void {
  for (let i = 0; i < count; i++) {
    const element = at + i * ELEMENT_BYTES;
    if (bytes[element] === 0) {
      if (!isZero(bytes, element, at + count * ELEMENT_BYTES)) {
        map.style += `;map+${hex(bytes, element, at + count * ELEMENT_BYTES)}`;
      }
      return;
    }
    for (const start of [element, element + 12]) {
      const field = decodeNumber(bytes, start, 12, offset + start - at, 'sparse map');
      if (field.style !== '') map.style += `;map${map.segments.length}=${field.style}`;
      map.segments.push(field.value);
    }
    checkLimit(limits, 'sparseSegments', map.segments.length / 2, 'segments of a sparse file');
  }
}

/** Decodes a block of more map; returns whether another follows. */
export function decodeGnuSparseBlock(map: SparseMap, block: Uint8Array, at: number, offset: number, limits: Limits): boolean {
  decodeGnuSparse(map, block, at, ELEMENTS_PER_BLOCK, offset, limits);
  const flagAt = at + ELEMENTS_PER_BLOCK * ELEMENT_BYTES;
  if (!isZero(block, flagAt + 1, at + BLOCK_BYTES)) map.style += `;map+${hex(block, flagAt + 1, at + BLOCK_BYTES)}`;
  return block[flagAt] !== 0;
}

/** What the records of an extended header say of a sparse file. */
export interface PaxSparse {
  /** 1.0: the map stands in front of the content. */
  readonly mapInContent: boolean;
  readonly segments: number[];
  readonly realSize: number;
  readonly name: string | undefined;
}

/**
 * The sparse records of an extended header, or null where the file is not sparse.
 * @param list the records in order, since form 0.0 repeats its keys
 * @throws {OciDiffError} `ERR_TAR_INVALID`, `ERR_LIMIT_EXCEEDED`
 */
export function parsePaxSparse(
  list: readonly (readonly [string, string])[],
  offset: number,
  limits: Limits,
): PaxSparse | null {
  const records = new Map(list);
  const major = records.get('GNU.sparse.major');
  const minor = records.get('GNU.sparse.minor');
  const name = records.get('GNU.sparse.name');
  const sizeKey = records.has('GNU.sparse.realsize') ? 'GNU.sparse.realsize' : 'GNU.sparse.size';
  const size = records.get(sizeKey);
  const isOne = major === '1' && minor === '0';
  if (!isOne && (major !== undefined || minor !== undefined) && !(major === '0' && (minor === '0' || minor === '1'))) {
    throw tarInvalid(offset, `unknown version ${major ?? ''}.${minor ?? ''} of a sparse file`);
  }
  const map = records.get('GNU.sparse.map');
  const blocks = records.get('GNU.sparse.numblocks');
  if (!isOne && map === undefined && blocks === undefined) return null;
  if (size === undefined) throw tarInvalid(offset, 'a sparse file without its size');
  const realSize = parsePaxNumber(size, sizeKey, offset);
  if (isOne) return { mapInContent: true, segments: [], realSize, name };

  const texts: string[] = [];
  if (map !== undefined) {
    if (map !== '') for (const text of map.split(',', limits.sparseSegments * 2 + 1)) texts.push(text);
  } else {
    for (const [key, value] of list) {
      if (key !== 'GNU.sparse.offset' && key !== 'GNU.sparse.numbytes') continue;
      if ((key === 'GNU.sparse.offset') !== (texts.length % 2 === 0)) {
        throw tarInvalid(offset, 'offsets and lengths of a sparse file do not alternate');
      }
      texts.push(value);
    }
  }
  checkLimit(limits, 'sparseSegments', texts.length / 2, 'segments of a sparse file');
  if (texts.length % 2 !== 0) throw tarInvalid(offset, 'an offset without a length in a sparse map');
  const segments = texts.map((text) => parsePaxNumber(text, 'of a sparse map', offset));
  if (blocks !== undefined && parsePaxNumber(blocks, 'GNU.sparse.numblocks', offset) !== segments.length / 2) {
    throw tarInvalid(offset, `GNU.sparse.numblocks is ${blocks}, the map has ${segments.length / 2} segments`);
  }
  return { mapInContent: false, segments, realSize, name };
}

/** Reads the map of form 1.0, decimal numbers each on a line, from blocks that come one at a time. */
export class SparseMapReader {
  readonly segments: number[] = [];
  #expected = -1;
  #digits = '';
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Takes one block; returns true once the map is complete, with what stands behind it in the block in `style`. */
  push(block: Uint8Array, at: number, offset: number): { done: boolean; style: string } {
    for (let i = at; i < at + BLOCK_BYTES; i++) {
      const byte = block[i] as number;
      if (byte >= 0x30 && byte <= 0x39 && this.#digits.length < 17) {
        this.#digits += String.fromCharCode(byte);
        continue;
      }
      if (byte !== 0x0a || this.#digits === '') throw tarInvalid(offset + i - at, 'bad map of a sparse file');
      const value = parsePaxNumber(this.#digits, 'of a sparse map', offset + i - at);
      this.#digits = '';
      if (this.#expected < 0) {
        checkLimit(this.#limits, 'sparseSegments', value, 'segments of a sparse file');
        this.#expected = value * 2;
      } else {
        this.segments.push(value);
      }
      if (this.segments.length === this.#expected) {
        const rest = isZero(block, i + 1, at + BLOCK_BYTES) ? '' : `map+${hex(block, i + 1, at + BLOCK_BYTES)}`;
        return { done: true, style: rest };
      }
    }
    return { done: false, style: '' };
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
