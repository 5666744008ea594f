import { displayMessage } from './escape.js';

/** `text`, which is escaped, in lines of at most `width` characters, broken at spaces; a word that is longer stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  /* A word may only now begin a line, where a CI system would obey it. */
  return [...lines, line].map(displayMessage);
}
