import type { ByteRange, BytesDifference } from '../in-file/in-file-difference.js';
import { toHex } from './values.js';

/** Equal bytes between two ranges below which they are told as one. */
const JOIN_BYTES = 8;
const SHOWN_RANGES = 64;
const CONTEXT_BYTES = 8;
/** Bytes of one range that are shown. */
const SHOWN_BYTES = 64;

/** Collects the ranges of two contents that differ. */
export class ByteRanges {
  readonly #content0: Uint8Array;
  readonly #content1: Uint8Array;
  readonly #ranges: ByteRange[] = [];
  #count = 0;
  #differing = 0;

  constructor(content0: Uint8Array, content1: Uint8Array) {
    this.#content0 = content0;
    this.#content1 = content1;
  }

  /**
   * Compares `content0[start0, end0)` with `content1[start1, end1)`: byte by byte where they are of one length, and
   * also what is left between a common start and a common end.
   */
  compare(start0: number, end0: number, start1: number, end1: number): void {
    const a = this.#content0;
    const b = this.#content1;
    if (end0 - start0 !== end1 - start1) {
      const most = Math.min(end0 - start0, end1 - start1);
      let head = 0;
      while (head < most && a[start0 + head] === b[start1 + head]) head++;
      let tail = 0;
      while (tail < most - head && a[end0 - 1 - tail] === b[end1 - 1 - tail]) tail++;
      this.#add(
        start0 + head,
        end0 - tail,
        start1 + head,
        end1 - tail,
        Math.max(end0 - start0, end1 - start1) - head - tail,
      );
      return;
    }
    const length = end0 - start0;
    for (let at = 0; at < length; at++) {
      if (a[start0 + at] === b[start1 + at]) continue;
      const from = at;
      let last = at;
      let differing = 1;
      for (at++; at < length && at - last <= JOIN_BYTES; at++) {
        if (a[start0 + at] === b[start1 + at]) continue;
        last = at;
        differing++;
      }
      this.#add(start0 + from, start0 + last + 1, start1 + from, start1 + last + 1, differing);
      at--;
    }
  }

  #add(from0: number, to0: number, from1: number, to1: number, differing: number): void {
    this.#count++;
    this.#differing += differing;
    if (this.#ranges.length >= SHOWN_RANGES) return;
    const start0 = Math.max(0, from0 - CONTEXT_BYTES);
    const start1 = Math.max(0, from1 - CONTEXT_BYTES);
    const hex = (content: Uint8Array, start: number, from: number, to: number): string =>
      toHex(content.subarray(start, Math.min(to, from + SHOWN_BYTES) + CONTEXT_BYTES));
    this.#ranges.push({
      offsets: [from0, from1],
      lengths: [to0 - from0, to1 - from1],
      start: [start0, start1],
      hex: [hex(this.#content0, start0, from0, to0), hex(this.#content1, start1, from1, to1)],
    });
  }

  /** What was found; null where nothing was. */
  result(): BytesDifference | null {
    if (this.#count === 0) return null;
    return {
      lengths: [this.#content0.length, this.#content1.length],
      differing: this.#differing,
      count: this.#count,
      ranges: this.#ranges,
    };
  }
}
