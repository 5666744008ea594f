import type { FileSide } from './evidence.js';

/** Longer lines are no text that a program logs, and are not looked into. */
const LINE_CHARACTERS = 16_384;

/**
 * What `normalise` of a rule is for a text: each line by itself, as a latin1 string without its end.
 * @param line the line without what the cause explains; the same string where there is nothing; null where a file with
 *   such a line is not what the cause is about
 */
export function normaliseLines(line: (text: string) => string | null): (file: FileSide) => Uint8Array | null {
  return ({ content }) => {
    if (content.includes(0)) return null;
    const lines = Buffer.from(content).toString('latin1').split('\n');
    let changed = false;
    for (const [i, text] of lines.entries()) {
      if (text.length > LINE_CHARACTERS) continue;
      const left = line(text);
      if (left === null) return null;
      if (left === text) continue;
      lines[i] = left;
      changed = true;
    }
    return changed ? Buffer.from(lines.join('\n'), 'latin1') : content;
  };
}
