import type { Difference, Value } from '../../compare/difference.js';
import { asciiOnly, displayBytes, displayMessage, displayPath } from '../escape.js';
import { jsonText } from '../stringify.js';
import { displayTime } from '../time.js';

type Texts = readonly [string | null, string | null];

/** Both values of a difference, whole, as text of visible characters; null for a side that has nothing there. */
export function valueTexts(difference: Difference): Texts {
  const { subject, field, change, values } = difference;
  const ofFile = subject === 'file' || subject === 'layer';
  const show = (value: Value, side: 0 | 1): string | null => {
    if (change === (side === 0 ? 'added' : 'removed')) return null;
    if (!ofFile) return value === null ? 'null' : valueText(value, true);
    return value === null ? null : fileValueText(field, value);
  };
  return toldApart(show(values[0], 0), show(values[1], 1), values);
}

/** A value as text: a string as it is (in quotes with `quoted`), all else as JSON with white space. */
export function valueText(value: Value, quoted: boolean): string {
  if (typeof value === 'string' && !quoted) return displayPath(value);
  if (value === null || typeof value !== 'object') return displayMessage(JSON.stringify(value));
  return prettyJson(value);
}

/** Two texts that look alike, though the values are not the same, as texts that do not. */
export function toldApart(text0: string | null, text1: string | null, values: readonly [Value, Value]): Texts {
  if (text0 === null || text1 === null || values[0] === values[1]) return [text0, text1];
  if (text0 !== text1 && (isAscii(text0) || isAscii(text1) || text0.normalize('NFKC') !== text1.normalize('NFKC'))) {
    return [text0, text1];
  }
  const plain = [asciiOnly(text0), asciiOnly(text1)] as const;
  return plain[0] === plain[1] ? [`${plain[0]} (bytes of input 0)`, `${plain[1]} (bytes of input 1)`] : plain;
}

function fileValueText(field: string, value: Value): string {
  if (typeof value === 'string') {
    if (field === 'mtime' || field === 'atime' || field === 'ctime') return displayTime(value);
    if (field === 'padding' || field.startsWith('xattrs/') || field.startsWith('pax/')) {
      return displayBytes(Buffer.from(value, 'base64'));
    }
  }
  return valueText(value, false);
}

/* `JSON.stringify` overflows the stack where `jsonText` does not; that one has no white space. */
function prettyJson(value: Value): string {
  try {
    return JSON.stringify(value, null, 2).split('\n').map(displayMessage).join('\n');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return displayMessage(jsonText(value));
  }
}

function isAscii(text: string): boolean {
  return /^[\n -~]*$/.test(text);
}
