import { clipEnd } from './clip.js';
import { displayMessage } from './escape.js';

/** Characters of a line of history that are looked at: it may be as long as a config. */
const LOOKED_AT = 1000;

/** A line of history as one short line: white space in one piece, cut at its end, nothing in it that is not visible. */
export function historyText(history: string, length: number): string {
  const line = history.slice(0, LOOKED_AT).replace(/\s+/g, ' ').trim();
  return displayMessage(clipEnd(history.length > LOOKED_AT ? `${line}…` : line, length));
}
