import { compareBytes } from '../bytes/common-bytes.js';
import type { EqualBut, InFileDifference } from '../in-file-difference.js';
import { counted, grouped } from '../words.js';
import type { Work } from '../work.js';
import { decodeTexts, type TextSide } from './decode.js';
import { equalBut } from './equal-but.js';
import { equalJsonBut } from './equal-json-but.js';
import { writeHunks } from './hunks.js';
import { changesOf, type LineChange } from './line-changes.js';
import { matchLines } from './line-matches.js';
import { type Lines, type NumberedLines, numberLines, splitLines } from './lines.js';
import { differingWindow, type TextWindow } from './window.js';

/** Lines of context around a change, as in `diff -u`. */
const CONTEXT = 3;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Both sides of what is compared line by line. */
interface Part {
  readonly window: TextWindow;
  readonly lines: readonly [Lines, Lines];
  readonly numbered: NumberedLines;
}

/**
 * Compares two contents as text.
 * @returns null where one of them is no text, or a sentence that says why it is not compared as text
 */
export function compareTexts(
  content0: Uint8Array,
  content1: Uint8Array,
  work: Work,
): InFileDifference | { readonly tooLarge: string } | null {
  const { inFileTextBytes, inFileTextLines } = work.options;
  const sides = decodeTexts(content0, content1);
  if (sides === null) return null;
  if (Math.max(content0.length, content1.length) > inFileTextBytes) {
    return { tooLarge: `lines are not compared: more than ${grouped(inFileTextBytes)} bytes` };
  }
  const newline = lineEnd(sides);
  const window = differingWindow(sides[0].bytes, sides[1].bytes, newline, CONTEXT);
  const [start0, end0, start1, end1] = window.spans;
  const lines0 = splitLines(sides[0].bytes.subarray(start0, end0), sides[0].charset, newline, inFileTextLines);
  const lines1 = splitLines(sides[1].bytes.subarray(start1, end1), sides[1].charset, newline, inFileTextLines);
  if (lines0 === null || lines1 === null) {
    return { tooLarge: `lines are not compared: more than ${grouped(inFileTextLines)} of them` };
  }
  const { changes, numbered, shortest } = changesBetween(lines0, lines1, content0, content1);
  const part: Part = { window, lines: [lines0, lines1], numbered };
  return describe(content0, content1, sides, part, changes, shortest, newline, work);
}

function describe(
  content0: Uint8Array,
  content1: Uint8Array,
  sides: readonly [TextSide, TextSide],
  part: Part,
  changes: readonly LineChange[],
  shortest: boolean,
  newline: number,
  work: Work,
): InFileDifference {
  const { lines, window } = part;
  const outside = window.linesBefore + window.linesAfter;
  const totals = [outside + lines[0].count, outside + lines[1].count] as const;
  const written = writeHunks(lines, changes, window.linesBefore, CONTEXT, newline, work);
  const omitted = [...written.omitted];
  if (!shortest) omitted.push('the search for the shortest diff was given up: more lines may be equal');
  const but = findEqualBut(content0, content1, sides, part, work);
  const differing = Math.max(changedLines(changes, 0), changedLines(changes, 1));
  return {
    format: 'text',
    summary: summarise(differing, Math.max(...totals), but, newline),
    ...(but === null ? {} : { equalBut: but }),
    text: { encodings: [sides[0].encoding, sides[1].encoding], lines: totals, hunks: written.hunks },
    ...(omitted.length === 0 ? {} : { omitted }),
  };
}

function changedLines(changes: readonly LineChange[], side: 0 | 1): number {
  return changes.reduce((sum, { counts }) => sum + counts[side], 0);
}

function summarise(differing: number, total: number, but: readonly EqualBut[] | null, newline: number): string {
  const lines =
    differing === 0
      ? 'no line differs'
      : `${grouped(differing)} of ${counted(total, 'line')} ${differing === 1 ? 'differs' : 'differ'}`;
  const ends = newline === CARRIAGE_RETURN ? ' (lines end with carriage returns)' : '';
  return `${lines}${ends}${but === null ? '' : `; equal but for ${wordsOf(but)}`}`;
}

function wordsOf(but: readonly EqualBut[]): string {
  const words: Record<EqualBut, string> = {
    'byte-order-mark': 'the byte order mark',
    compression: 'compression',
    encoding: 'the encoding',
    'final-newline': 'the newline at the end',
    'key-order': 'the order of keys',
    'line-ends': 'line ends',
    'line-order': 'the order of lines',
    'member-order': 'the order of members',
    metadata: 'metadata',
    'white-space': 'white space',
  };
  return but.map((way) => words[way]).join(' and ');
}

/** Lines end with line feeds, as for every tool; only where neither side has one, carriage returns end them. */
function lineEnd([side0, side1]: readonly [TextSide, TextSide]): number {
  if (side0.bytes.includes(LINE_FEED) || side1.bytes.includes(LINE_FEED)) return LINE_FEED;
  return side0.bytes.includes(CARRIAGE_RETURN) || side1.bytes.includes(CARRIAGE_RETURN) ? CARRIAGE_RETURN : LINE_FEED;
}

/* The matching is no mirror image of itself, so it always goes from the smaller content to the larger. */
function changesBetween(
  lines0: Lines,
  lines1: Lines,
  content0: Uint8Array,
  content1: Uint8Array,
): { changes: LineChange[]; numbered: NumberedLines; shortest: boolean } {
  const mirrored = compareBytes(content0, content1) > 0;
  const [from, to] = mirrored ? [lines1, lines0] : [lines0, lines1];
  const numbered = numberLines(from, to);
  const { matches, shortest } = matchLines(...numbered.ids);
  const changes = changesOf(matches, to.count);
  return {
    changes: mirrored ? changes.map(swapped) : changes,
    numbered,
    shortest: shortest && numbered.complete,
  };
}

function swapped({ starts, counts }: LineChange): LineChange {
  return { starts: [starts[1], starts[0]], counts: [counts[1], counts[0]] };
}

function findEqualBut(
  content0: Uint8Array,
  content1: Uint8Array,
  sides: readonly [TextSide, TextSide],
  { lines, numbered }: Part,
  work: Work,
): readonly EqualBut[] | null {
  return equalBut(content0, content1, sides, lines, numbered.ids) ?? equalJsonBut(sides, work.options.jsonDepth);
}
