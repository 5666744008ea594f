import { type FseTable, predefinedFseTable } from './fse.js';

/** One of the three kinds of code that a sequence is made of. Source: RFC 8878, section 3.1.1.3.2.1. */
export interface CodeKind {
  readonly maxSymbol: number;
  readonly maxAccuracyLog: number;
  readonly predefined: FseTable;
}

export const LITERAL_LENGTHS: CodeKind = {
  maxSymbol: 35,
  maxAccuracyLog: 9,
  predefined: predefinedFseTable(
    6,
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
  ),
};

export const OFFSETS: CodeKind = {
  maxSymbol: 31,
  maxAccuracyLog: 8,
  predefined: predefinedFseTable(
    5,
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  ),
};

export const MATCH_LENGTHS: CodeKind = {
  maxSymbol: 52,
  maxAccuracyLog: 9,
  predefined: predefinedFseTable(
    6,
    [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
  ),
};

/** Bits that follow each literal length code, and what they are added to. */
export const LITERAL_LENGTH_BITS: Uint8Array = Uint8Array.of(
  ...new Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
export const LITERAL_LENGTH_BASE: Int32Array = baselines(LITERAL_LENGTH_BITS, 0);

/** The same for match lengths, the least of which is 3. */
export const MATCH_LENGTH_BITS: Uint8Array = Uint8Array.of(
  ...new Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
export const MATCH_LENGTH_BASE: Int32Array = baselines(MATCH_LENGTH_BITS, 3);

/** Each code begins where the values of the one before it end. */
function baselines(bits: Uint8Array, first: number): Int32Array {
  const bases = new Int32Array(bits.length);
  let base = first;
  for (const [code, count] of bits.entries()) {
    bases[code] = base;
    base += 1 << count;
  }
  return bases;
}
