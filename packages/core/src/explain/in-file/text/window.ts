import { commonPrefix, commonSuffix } from '../bytes/common-bytes.js';
import { countByte, countLines } from './lines.js';

/** The part of two texts that holds all that differs, in whole lines, with lines of context around it. */
export interface TextWindow {
  /** Bytes of the part on each side, end exclusive. */
  readonly spans: readonly [start0: number, end0: number, start1: number, end1: number];
  /** Lines before it, the same number on both sides, and after it. */
  readonly linesBefore: number;
  readonly linesAfter: number;
}

/**
 * @param newline the byte that ends lines
 * @param context lines of context
 */
export function differingWindow(a: Buffer, b: Buffer, newline: number, context: number): TextWindow {
  const shorter = Math.min(a.length, b.length);
  const prefix = commonPrefix(a, b, 0, 0, shorter);
  const start = linesBack(a, prefix, newline, context);
  const firstDiffering = linesBack(a, prefix, newline, 0);
  const suffix = commonSuffix(a, b, a.length, b.length, shorter - firstDiffering);
  /* Not the byte where the suffix begins but the line after it begins is a line's start on both sides. */
  const end0 = linesForward(a, a.length - suffix, newline, context);
  return {
    spans: [start, end0, start, end0 + b.length - a.length],
    linesBefore: countByte(a, newline, 0, start),
    linesAfter: countLines(a, newline, end0, a.length),
  };
}

/** Start of the line that is `lines` before the one that holds `at`. */
function linesBack(bytes: Buffer, at: number, newline: number, lines: number): number {
  let start = at;
  for (let i = 0; i <= lines && start > 0; i++) {
    const before = start < 2 && i > 0 ? -1 : bytes.lastIndexOf(newline, i === 0 ? start - 1 : start - 2);
    start = before + 1;
  }
  return start;
}

/** End of the line that is `lines` after the one that holds `at`. */
function linesForward(bytes: Buffer, at: number, newline: number, lines: number): number {
  let end = at;
  for (let i = 0; i <= lines && end < bytes.length; i++) {
    const next = bytes.indexOf(newline, end);
    end = next < 0 ? bytes.length : next + 1;
  }
  return end;
}
