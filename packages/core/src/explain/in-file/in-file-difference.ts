import type { Change, Value } from '../../compare/difference.js';

/** Ways in which two contents differ while they say the same. */
export type EqualBut =
  | 'byte-order-mark'
  | 'compression'
  | 'encoding'
  | 'final-newline'
  | 'key-order'
  | 'line-ends'
  | 'line-order'
  | 'member-order'
  | 'metadata'
  | 'white-space';

/**
 * How the contents of one file differ, made of plain values: it stands in the JSON report as it is. Strings are text
 * and may hold anything an image holds: whoever shows them escapes them.
 */
export interface InFileDifference {
  /** What both contents were taken for: `text`, `bytes`, `gzip`, `tar`, `zip`, `python-bytecode`, `elf`, … */
  readonly format: string;
  /** One line for people: `2 of 120 lines differ`, `4 bytes differ, from 8 on`. */
  readonly summary: string;
  /** Only where this is all that differs. */
  readonly equalBut?: readonly EqualBut[];
  readonly text?: TextDifference;
  readonly bytes?: BytesDifference;
  /** What the format's own fields say: a time in a header, a section, a row. */
  readonly fields?: readonly FieldDifference[];
  /** Of a container: members that differ, in the order of their names. */
  readonly members?: readonly MemberDifference[];
  /** What was not looked at or is not shown, and why; one sentence each. */
  readonly omitted?: readonly string[];
}

/** A unified diff. */
export interface TextDifference {
  /** `utf-8`, `utf-16le`, `utf-16be`, `iso-8859-1` (any other bytes, one to one). */
  readonly encodings: readonly [string, string];
  /** Lines of each side; the last counts without a newline, too. */
  readonly lines: readonly [number, number];
  readonly hunks: readonly TextHunk[];
}

export interface TextHunk {
  /** First line on each side, from 1; as in a unified diff, the line before where there is none. */
  readonly start: readonly [number, number];
  readonly count: readonly [number, number];
  /**
   * Lines without their ends, each with `' '`, `'-'`, `'+'` before it, or `'\'` for the remark that the line before has
   * no newline at its end. Lines that are cut end with `…` and are told in `omitted`.
   */
  readonly lines: readonly string[];
}

export interface BytesDifference {
  /** Bytes of each side. */
  readonly lengths: readonly [number, number];
  /** Bytes that differ, and those that one side has alone, summed over all ranges, shown or not. */
  readonly differing: number;
  /** Ranges of bytes that differ, all of them, shown or not. */
  readonly count: number;
  /** The first of them. */
  readonly ranges: readonly ByteRange[];
}

export interface ByteRange {
  readonly offsets: readonly [number, number];
  readonly lengths: readonly [number, number];
  /** Bytes in hex with some context around them; `start` is the offset of the first of them on each side. */
  readonly start: readonly [number, number];
  readonly hex: readonly [string, string];
}

export interface FieldDifference {
  /** As the format's specification calls it. */
  readonly name: string;
  /** Null for a side without it. */
  readonly values: readonly [Value, Value];
}

export interface MemberDifference {
  readonly name: string;
  readonly change: Change;
  /** Metadata that differ: `mtime`, `mode`, `position`, … */
  readonly fields?: readonly FieldDifference[];
  readonly content?: InFileDifference;
}
