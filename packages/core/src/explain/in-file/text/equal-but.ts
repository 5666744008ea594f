import type { EqualBut } from '../in-file-difference.js';
import type { TextSide } from './decode.js';
import type { Lines } from './lines.js';

const BOM = '\ufeff';

/** One way to write a text, taken out of it. */
interface Way {
  readonly name: EqualBut;
  without(text: string): string;
}

const WAYS: readonly Way[] = [
  { name: 'byte-order-mark', without: (text) => (text.startsWith(BOM) ? text.slice(1) : text) },
  { name: 'line-ends', without: (text) => text.replace(/\r\n?/g, '\n') },
  {
    name: 'final-newline',
    without: (text) => (/\n$|\r$/.test(text) ? text.slice(0, text.endsWith('\r\n') ? -2 : -1) : text),
  },
  { name: 'white-space', without: (text) => withoutWhiteSpace(text) },
];

/** White space is one blank wherever it is, none at both ends. */
function withoutWhiteSpace(text: string): string {
  return text.replace(/[ \t\n\v\f\r]+/g, ' ').replace(/^ | $/g, '');
}

/**
 * In what alone two texts differ: their encoding, byte order mark, line ends, newline at the end, white space, or the
 * order of their lines; null where there is more.
 * @param parts what is left of both without equal lines at the beginning and the end
 * @param ids a number for each line of them, the same for equal lines
 */
export function equalBut(
  content0: Uint8Array,
  content1: Uint8Array,
  sides: readonly [TextSide, TextSide],
  parts: readonly [Lines, Lines],
  ids: readonly [Int32Array, Int32Array],
): EqualBut[] | null {
  const encoding: EqualBut[] = sides[0].encoding === sides[1].encoding ? [] : ['encoding'];
  if (parts[0].bytes.equals(parts[1].bytes)) return encoding;
  if (sameLines(ids)) return [...encoding, 'line-order'];
  const ways = blackHash(parts[0].bytes) === blackHash(parts[1].bytes) ? needed(textsOf(parts)) : null;
  if (ways !== null) return [...ways, ...encoding].sort();
  return sameInOtherEncoding(content0, content1, sides) ? ['encoding'] : null;
}

function textsOf([part0, part1]: readonly [Lines, Lines]): [string, string] {
  return [part0.bytes.toString(part0.charset), part1.bytes.toString(part1.charset)];
}

const BLANK = 0x20;
const DELETE = 0x7f;

/**
 * A hash of the ASCII characters of a text that are not white space: where it is not the same on both sides, more
 * differs than any of the ways takes out.
 */
function blackHash(bytes: Buffer): number {
  let hash = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte > BLANK && byte < DELETE) hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return hash;
}

function needed(texts: readonly [string, string]): EqualBut[] | null {
  if (!equalWithout(texts, WAYS)) return null;
  let ways = WAYS;
  /* White space takes out line ends, too: the more particular ways are tried first. */
  for (const way of [...WAYS].reverse()) {
    const fewer = ways.filter((each) => each !== way);
    if (equalWithout(texts, fewer)) ways = fewer;
  }
  return ways.map(({ name }) => name);
}

function equalWithout([text0, text1]: readonly [string, string], ways: readonly Way[]): boolean {
  const without = (text: string): string => ways.reduce((rest, way) => way.without(rest), text);
  return without(text0) === without(text1);
}

function sameLines([ids0, ids1]: readonly [Int32Array, Int32Array]): boolean {
  if (ids0.length !== ids1.length || ids1.includes(-1)) return false;
  /* Most texts are told apart without sorting. */
  if (sum(ids0) !== sum(ids1)) return false;
  const [sorted0, sorted1] = [ids0.slice().sort(), ids1.slice().sort()];
  return sorted0.every((id, index) => id === sorted1[index]);
}

function sum(ids: Int32Array): number {
  return ids.reduce((total, id) => (total + id) | 0, 0);
}

/** Whether one side is in UTF-8 what the other is in ISO 8859-1. */
function sameInOtherEncoding(
  content0: Uint8Array,
  content1: Uint8Array,
  [side0, side1]: readonly [TextSide, TextSide],
): boolean {
  if (side0.charset !== 'latin1' || side1.charset !== 'latin1' || content0.length === content1.length) return false;
  const [shorter, longer] = content0.length < content1.length ? [side0, side1] : [side1, side0];
  return Buffer.from(shorter.bytes.toString('latin1'), 'utf8').equals(longer.bytes);
}
