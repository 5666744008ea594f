import { latin1, latin1Bytes } from '../bytes/latin1.js';
import type { FileSide } from './evidence.js';

/** Longer lines are no text that a program logs, and are not looked into. */
const LINE_CHARACTERS = 16_384;

/** Results for short lines that are kept while a text is read: logs and hostile texts repeat them. */
const KEPT_LINES = 1000;
const SHORT_LINE = 32;

/**
 * What `normalise` of a rule is for a text: each line by itself, as a latin1 string without its end.
 * @param line the line without what the cause explains; the same string where there is nothing; null where a file with
 *   such a line is not what the cause is about
 */
export function normaliseLines(line: (text: string) => string | null): (file: FileSide) => Uint8Array | null {
  return ({ content }) => {
    if (content.includes(0)) return null;
    const lines = latin1(content).split('\n');
    const kept = new Map<string, string | null>();
    let changed = false;
    for (const [i, text] of lines.entries()) {
      if (text.length > LINE_CHARACTERS) continue;
      const left = text.length > SHORT_LINE ? line(text) : remember(kept, text, line);
      if (left === null) return null;
      if (left === text) continue;
      lines[i] = left;
      changed = true;
    }
    return changed ? latin1Bytes(lines.join('\n')) : content;
  };
}

function remember(
  kept: Map<string, string | null>,
  text: string,
  line: (text: string) => string | null,
): string | null {
  /* A mark before the text: V8 before March 2026 has bad hashes for texts like numbers. */
  const key = `=${text}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const left = line(text);
  if (kept.size < KEPT_LINES) kept.set(key, left);
  return left;
}

/**
 * What `normalise` of a rule is that takes out words wherever they stand. Each leaves a mark, so that what stands
 * before and behind does not become one word, and that a word of one kind is not taken for one of another.
 * @param kind of words
 * @param patterns global; they match no line's end and have a bound for their length. A first group stays.
 */
export function replaceWords(kind: string, patterns: readonly RegExp[]): (file: FileSide) => Uint8Array | null {
  const mark = `\x01${kind}\x01`;
  return ({ content }) => {
    if (content.includes(0)) return null;
    const text = latin1(content);
    let left = text;
    for (const pattern of patterns) {
      left = left.replace(pattern, (_match, before: unknown) => `${typeof before === 'string' ? before : ''}${mark}`);
    }
    return left === text ? content : latin1Bytes(left);
  };
}
