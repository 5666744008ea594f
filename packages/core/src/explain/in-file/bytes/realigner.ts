import { commonPrefix, commonSuffix } from './common-bytes.js';

/** A part that both sides have: where on each, and how long. */
export type EqualPart = readonly [start0: number, start1: number, length: number];

/** Bytes that are hashed at a time: no shorter part is found but beside another. */
const WINDOW_BYTES = 24;
/** Anchors on side 0, about; in longer contents they are rarer. */
const ANCHORS = 1 << 17;
const FACTOR = 0x2c1b3c6d;
/** What the factor is after a whole window: what a byte has become when it leaves. */
const LEAVING: number = power(FACTOR, WINDOW_BYTES);
/** Anchors of one hash that are not what they seem: beyond, somebody made them so. */
const MAX_MISSES = 500_000;
/** Anchors of one slot that are looked at. */
const MAX_CHAIN = 8;

/**
 * Finds parts of one content in another, in ascending order on both. Places whose surroundings have a hash of a certain
 * kind are anchors, the same ones on both sides wherever the bytes are the same; of side 0's anchors with one hash the
 * first that is not passed counts. Linear in the bytes of both sides.
 */
export class Realigner {
  readonly #a: Buffer;
  readonly #b: Buffer;
  #misses = 0;

  constructor(a: Buffer, b: Buffer) {
    this.#a = a;
    this.#b = b;
  }

  /** Equal parts within `a[start0, end0)` and `b[start1, end1)`. */
  run(start0: number, end0: number, start1: number, end1: number): EqualPart[] {
    const [a, b] = [this.#a, this.#b];
    const parts: EqualPart[] = [];
    if (end0 - start0 < WINDOW_BYTES || end1 - start1 < WINDOW_BYTES) return parts;
    const anchors = new Anchors(a, start0, end0);
    const mask = anchors.mask;
    /* What of both sides is matched already. */
    let [reached0, reached1] = [start0, start1];
    while (reached1 + WINDOW_BYTES <= end1) {
      const shift = reached0 - reached1;
      let hash = 0;
      /* Equal bytes so far at equal distance from the last part: there bytes were replaced, none inserted. */
      let straight = 0;
      let found = -1;
      let at = reached1;
      for (; at < end1; at++) {
        const byte = b[at] as number;
        hash = (Math.imul(hash, FACTOR) + byte) | 0;
        straight = a[at + shift] === byte && at + shift < end0 ? straight + 1 : 0;
        if (at - reached1 >= WINDOW_BYTES) hash = (hash - Math.imul(LEAVING, b[at - WINDOW_BYTES] as number)) | 0;
        if (straight >= WINDOW_BYTES) found = at + 1 - WINDOW_BYTES + shift;
        else if (at - reached1 >= WINDOW_BYTES - 1 && (mixed(hash) & mask) === 0) {
          found = this.#find(anchors, hash, at + 1 - WINDOW_BYTES, reached0);
        }
        if (found >= 0) break;
      }
      if (found < 0) break;
      const place = at + 1 - WINDOW_BYTES;
      const back = commonSuffix(a, b, found, place, Math.min(found - reached0, place - reached1));
      const room = Math.min(end0 - found, end1 - place);
      const forward = commonPrefix(a, b, found, place, room);
      parts.push([found - back, place - back, back + forward]);
      [reached0, reached1] = [found + forward, place + forward];
    }
    return parts;
  }

  #find(anchors: Anchors, hash: number, at: number, from: number): number {
    const place = anchors.find(hash, from);
    if (place < 0 || this.#misses > MAX_MISSES) return -1;
    if (this.#a.compare(this.#b, at, at + WINDOW_BYTES, place, place + WINDOW_BYTES) === 0) return place;
    this.#misses++;
    return -1;
  }
}

/** Anchors of one side by their hashes. */
class Anchors {
  /** Bits of a mixed hash that are zero at anchors. */
  readonly mask: number;
  readonly #slots: number;
  readonly #heads: Int32Array;
  readonly #next: number[] = [];
  readonly #hashes: number[] = [];
  readonly #places: number[] = [];

  constructor(bytes: Buffer, start: number, end: number) {
    let rate = 1;
    while (rate * ANCHORS < end - start) rate *= 2;
    this.mask = rate - 1;
    let slots = 64;
    while (slots * rate < 2 * (end - start)) slots *= 2;
    this.#slots = slots - 1;
    this.#heads = new Int32Array(slots).fill(-1);
    const tails = new Int32Array(slots).fill(-1);
    let hash = 0;
    for (let at = start; at < end; at++) {
      hash = (Math.imul(hash, FACTOR) + (bytes[at] as number)) | 0;
      if (at - start >= WINDOW_BYTES) hash = (hash - Math.imul(LEAVING, bytes[at - WINDOW_BYTES] as number)) | 0;
      /* Where all bytes are alike every place may be an anchor; more than a few times as many as wanted are too many. */
      if (at - start < WINDOW_BYTES - 1 || (mixed(hash) & this.mask) !== 0 || this.#places.length > 4 * ANCHORS)
        continue;
      const slot = this.#slot(hash);
      const index = this.#places.length;
      this.#places.push(at + 1 - WINDOW_BYTES);
      this.#hashes.push(hash);
      this.#next.push(-1);
      const tail = tails[slot] as number;
      if (tail < 0) this.#heads[slot] = index;
      else this.#next[tail] = index;
      tails[slot] = index;
    }
  }

  /** The first anchor with `hash` that does not lie before `from`; -1 for none. Passed anchors are dropped. */
  find(hash: number, from: number): number {
    const slot = this.#slot(hash);
    let index = this.#heads[slot] as number;
    while (index >= 0 && (this.#places[index] as number) < from) index = this.#next[index] as number;
    this.#heads[slot] = index;
    for (let i = 0; i < MAX_CHAIN && index >= 0; i++) {
      if (this.#hashes[index] === hash) return this.#places[index] as number;
      index = this.#next[index] as number;
    }
    return -1;
  }

  #slot(hash: number): number {
    return (Math.imul(hash, 0x85ebca6b) >>> 9) & this.#slots;
  }
}

/** The low bits of a hash depend on the low bits of bytes only; these depend on all. */
function mixed(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> 8;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = Math.imul(result, base);
  return result;
}
