import type { Work } from '../work.js';
import { commonPrefix, commonSuffix, compareBytes } from './common-bytes.js';
import { Realigner } from './realigner.js';

/** Bytes that differ, or that one side has alone. */
export interface Span {
  readonly offsets: readonly [number, number];
  readonly lengths: readonly [number, number];
}

/** All that differs, of which the first spans are listed. */
export interface DifferingRanges {
  readonly spans: readonly Span[];
  readonly count: number;
  readonly differing: number;
  /** Whether bytes that were moved were looked for, where there can be any. */
  readonly aligned: boolean;
}

/** Ranges that are closer are one. */
const MERGED_BYTES = 8;

/**
 * Where two contents differ. Contents of one length are compared byte by byte. Others are aligned first: what they begin
 * and end with, and what lies between by blocks that both have in the same order.
 */
export function differingRanges(a: Buffer, b: Buffer, maxSpans: number, work: Work): DifferingRanges {
  const collector = new Collector(maxSpans);
  if (a.length === b.length) {
    compareInPlace(a, b, 0, 0, a.length, collector);
    return collector.end(true);
  }
  const shorter = Math.min(a.length, b.length);
  const prefix = commonPrefix(a, b, 0, 0, shorter);
  const suffix = commonSuffix(a, b, a.length, b.length, shorter - prefix);
  const [end0, end1] = [a.length - suffix, b.length - suffix];
  const size = end0 + end1 - 2 * prefix;
  const aligned = prefix === end0 || prefix === end1 || size <= work.left.shiftedBytes;
  if (aligned && prefix < end0 && prefix < end1) {
    work.left.shiftedBytes -= size;
    /* Aligning is no mirror image of itself, so it always goes from the smaller content to the larger. */
    const mirrored = compareBytes(a, b) > 0;
    const realigner = mirrored ? new Realigner(b, a) : new Realigner(a, b);
    const equal = mirrored ? realigner.run(prefix, end1, prefix, end0) : realigner.run(prefix, end0, prefix, end1);
    let [at0, at1] = [prefix, prefix];
    for (const [start, other, length] of equal) {
      const [start0, start1] = mirrored ? [other, start] : [start, other];
      between(a, b, at0, start0, at1, start1, collector);
      [at0, at1] = [start0 + length, start1 + length];
    }
    between(a, b, at0, end0, at1, end1, collector);
  } else {
    collector.add(prefix, end0 - prefix, prefix, end1 - prefix, Math.max(end0, end1) - prefix);
  }
  return collector.end(aligned);
}

/** What lies between two parts that are equal: compared in place where it is equally long. */
function between(a: Buffer, b: Buffer, at0: number, end0: number, at1: number, end1: number, to: Collector): void {
  if (end0 - at0 === end1 - at1) compareInPlace(a, b, at0, at1, end0 - at0, to);
  else if (end0 > at0 || end1 > at1) to.add(at0, end0 - at0, at1, end1 - at1, Math.max(end0 - at0, end1 - at1));
}

function compareInPlace(a: Buffer, b: Buffer, start0: number, start1: number, length: number, to: Collector): void {
  let at = 0;
  for (;;) {
    at += commonPrefix(a, b, start0 + at, start1 + at, length - at);
    if (at >= length) return;
    /* To the end of a range, and the equal bytes that are too few to end it. */
    const start = at;
    let end = at;
    let differing = 0;
    while (at < length && at - end < MERGED_BYTES) {
      if (a[start0 + at] !== b[start1 + at]) {
        differing++;
        end = at + 1;
      }
      at++;
    }
    to.add(start0 + start, end - start, start1 + start, end - start, differing);
  }
}

class Collector {
  readonly #spans: Span[] = [];
  readonly #max: number;
  #last: { offsets: [number, number]; lengths: [number, number] } | null = null;
  #count = 0;
  #differing = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(offset0: number, length0: number, offset1: number, length1: number, differing: number): void {
    this.#differing += differing;
    const last = this.#last;
    if (last !== null && offset0 - last.offsets[0] - last.lengths[0] < MERGED_BYTES) {
      last.lengths = [offset0 + length0 - last.offsets[0], offset1 + length1 - last.offsets[1]];
      return;
    }
    this.#flush();
    this.#last = { offsets: [offset0, offset1], lengths: [length0, length1] };
  }

  end(aligned: boolean): DifferingRanges {
    this.#flush();
    return { spans: this.#spans, count: this.#count, differing: this.#differing, aligned };
  }

  #flush(): void {
    if (this.#last === null) return;
    this.#count++;
    if (this.#spans.length < this.#max) this.#spans.push(this.#last);
    this.#last = null;
  }
}
