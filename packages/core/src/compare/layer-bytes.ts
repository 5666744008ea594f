import type { LayerIndex } from '../layer/layer-index.js';
import type { TarHeader } from '../tar/entry.js';

/** Bytes of input 0 and input 1. */
export type BytePair = readonly [number, number];

/** What the bytes of two layers' uncompressed streams belong to. All but `total` are its parts, and add up to it. */
export interface LayerBytes {
  readonly total: BytePair;
  /** Entries that are the same to the last byte: header, content and padding. */
  readonly equalEntries: BytePair;
  /** Content of entries that differ in something else. */
  readonly equalContent: BytePair;
  /** Content that differs, or that one side has alone. */
  readonly differingContent: BytePair;
  /** Header blocks of entries that are not the same. */
  readonly headers: BytePair;
  /** Padding of entries that are not the same. */
  readonly padding: BytePair;
  readonly trailer: BytePair;
}

type Part = Exclude<keyof LayerBytes, 'total'>;
type Counts = Record<Part, [number, number]>;

const BLOCK_BYTES = 512;

/** Adds up the bytes of two layers while their entries are compared. */
export class ByteCount {
  readonly #counts: Counts = {
    equalEntries: [0, 0],
    equalContent: [0, 0],
    differingContent: [0, 0],
    headers: [0, 0],
    padding: [0, 0],
    trailer: [0, 0],
  };

  /** @param equal what of the entry the other side has, too */
  entry(side: 0 | 1, index: LayerIndex, position: number, equal: 'all' | 'content' | 'nothing'): void {
    const { headerBytes, storedSize } = index.entries[position] as TarHeader;
    const whole = (BLOCK_BYTES - (storedSize % BLOCK_BYTES)) % BLOCK_BYTES;
    const padding = index.paddings.get(position)?.length ?? whole;
    if (equal === 'all') {
      this.#add(side, 'equalEntries', headerBytes + storedSize + padding);
      return;
    }
    this.#add(side, 'headers', headerBytes);
    this.#add(side, equal === 'content' ? 'equalContent' : 'differingContent', storedSize);
    this.#add(side, 'padding', padding);
  }

  trailer(side: 0 | 1, bytes: number): void {
    this.#add(side, 'trailer', bytes);
  }

  result(): LayerBytes {
    const parts = Object.values(this.#counts);
    const sum = (side: 0 | 1): number => parts.reduce((total, part) => total + part[side], 0);
    return { total: [sum(0), sum(1)], ...this.#counts };
  }

  #add(side: 0 | 1, part: Part, bytes: number): void {
    this.#counts[part][side] += bytes;
  }
}

/** The bytes of layers that have no partner; null where neither was read. */
export function bytesAlone(index0: LayerIndex | null, index1: LayerIndex | null): LayerBytes | null {
  if (index0 === null && index1 === null) return null;
  const count = new ByteCount();
  for (const [side, index] of [index0, index1].entries()) {
    if (index === null) continue;
    for (let position = 0; position < index.entries.length; position++) {
      count.entry(side as 0 | 1, index, position, 'nothing');
    }
    count.trailer(side as 0 | 1, index.trailer.bytes);
  }
  return count.result();
}

/** The sum of several; null of none. */
export function sumBytes(all: readonly LayerBytes[]): LayerBytes | null {
  const [first, ...rest] = all;
  if (first === undefined) return null;
  const sum = Object.fromEntries(Object.entries(first).map(([part, pair]) => [part, [...pair]])) as Record<
    keyof LayerBytes,
    [number, number]
  >;
  for (const each of rest) {
    for (const part of Object.keys(sum) as (keyof LayerBytes)[]) {
      for (const side of [0, 1] as const) sum[part][side] += each[part][side];
    }
  }
  return sum;
}
