import { latin1 } from '../bytes/latin1.js';
import type { FileSide } from './evidence.js';

type Normalise = (file: FileSide) => Uint8Array | null;

/** What is left of a content that a cause takes out as a whole. */
export const NOTHING: Uint8Array = new Uint8Array(0);

/** A range of bytes, `[start, end)`. */
export type ByteSpan = readonly [start: number, end: number];

/**
 * Takes the whole content out where all of it has one shape: an identifier, a key.
 * @param maxBytes longer contents are not looked into
 */
export function wholeText(shape: RegExp, maxBytes: number): Normalise {
  return ({ content }) => (content.length <= maxBytes && shape.test(latin1(content)) ? NOTHING : null);
}

/** Takes the whole content out where it begins with one of some magic numbers. */
export function wholeFormat(...magics: readonly string[]): Normalise {
  return ({ content }) => (magics.some((magic) => beginsWith(content, magic)) ? NOTHING : null);
}

/** @param text latin1 */
export function beginsWith(content: Uint8Array, text: string): boolean {
  return content.length >= text.length && latin1(content, 0, text.length) === text;
}

/** The content with zeros at `spans`; itself where there are none. */
export function blank(content: Uint8Array, spans: readonly ByteSpan[]): Uint8Array {
  if (spans.length === 0) return content;
  const output = Uint8Array.from(content);
  for (const [start, end] of spans) output.fill(0, start, end);
  return output;
}

/**
 * Puts zeros where a pattern matches in bytes that are no text; lengths stay.
 * @param patterns global, with a bound for the length of what they match; where one has a group, only the group goes
 * @param ranges where it looks; default: everywhere
 */
export function blankMatches(
  content: Uint8Array,
  patterns: readonly RegExp[],
  ranges: readonly ByteSpan[] = [[0, content.length]],
): Uint8Array {
  const spans: ByteSpan[] = [];
  for (const [start, end] of ranges) {
    const text = latin1(content, start, end);
    for (const pattern of patterns) {
      for (const match of text.matchAll(pattern)) {
        const taken = match[1] ?? match[0];
        const at = start + match.index + match[0].indexOf(taken);
        spans.push([at, at + taken.length]);
      }
    }
  }
  return blank(content, spans);
}
