import type { TextHunk } from '../in-file-difference.js';
import { counted, grouped } from '../words.js';
import type { Work } from '../work.js';
import type { LineChange } from './line-changes.js';
import { type Lines, lineAt } from './lines.js';

const MAX_HUNKS = 200;
/** Lines of each side that are shown of one change, where not all can be. */
const CHANGE_LINES = 50;
/** UTF-16 code units of a line that are shown, and those of them that stand before the first difference. */
const LINE_LENGTH = 500;
const LINE_LEAD = 100;
const NO_NEWLINE = '\\ No newline at end of file';

/** Hunks, and what is left out of them. */
export interface WrittenHunks {
  readonly hunks: readonly TextHunk[];
  readonly omitted: readonly string[];
}

/**
 * Writes changes as hunks of a unified diff: all of them if they are within the bounds; else the first hunks, and of
 * each change the first lines. A hunk's counts are those of the lines that it shows.
 * @param linesBefore lines of both texts before `lines`
 */
export function writeHunks(
  lines: readonly [Lines, Lines],
  changes: readonly LineChange[],
  linesBefore: number,
  context: number,
  newline: number,
  work: Work,
): WrittenHunks {
  const write = (changeLines: number): HunkWriter => {
    const writer = new HunkWriter(lines, linesBefore, context, newline, changeLines);
    if (work.left.text > 0) writer.write(changes, work.left.text);
    else writer.complete = false;
    return writer;
  };
  let writer = write(Number.POSITIVE_INFINITY);
  if (!writer.complete) writer = write(CHANGE_LINES);
  work.left.text = Math.max(0, work.left.text - writer.length);
  const omitted: string[] = [];
  const more = changes.reduce((sum, { counts }) => sum + counts[0] + counts[1], 0) - writer.changedLines;
  if (more > 0)
    omitted.push(`${counted(more, 'more line', 'more lines')} of the diff ${more === 1 ? 'is' : 'are'} not shown`);
  if (writer.cutLines > 0) {
    const one = writer.cutLines === 1;
    omitted.push(
      `${counted(writer.cutLines, 'line')} of more than ${grouped(LINE_LENGTH)} characters ${one ? 'is' : 'are'} cut`,
    );
  }
  return { hunks: writer.hunks, omitted };
}

class HunkWriter {
  readonly hunks: TextHunk[] = [];
  complete = true;
  /** UTF-16 code units of all lines. */
  length = 0;
  changedLines = 0;
  cutLines = 0;
  readonly #lines: readonly [Lines, Lines];
  readonly #linesBefore: number;
  readonly #context: number;
  readonly #newline: string;
  readonly #changeLines: number;
  #hunk: string[] = [];
  #starts: [number, number] = [0, 0];
  #counts: [number, number] = [0, 0];

  constructor(
    lines: readonly [Lines, Lines],
    linesBefore: number,
    context: number,
    newline: number,
    changeLines: number,
  ) {
    this.#lines = lines;
    this.#linesBefore = linesBefore;
    this.#context = context;
    this.#newline = String.fromCharCode(newline);
    this.#changeLines = changeLines;
  }

  write(changes: readonly LineChange[], maxLength: number): void {
    let open = false;
    let before = 0;
    for (const [index, change] of changes.entries()) {
      if (!open) this.#begin(change, before);
      const cut = this.#change(change, maxLength);
      if (cut) this.complete = false;
      if (cut && this.#changeLines === Number.POSITIVE_INFINITY) return;
      const end = change.starts[0] + change.counts[0];
      before = end;
      const next = changes[index + 1];
      const gap = (next?.starts[0] ?? Number.POSITIVE_INFINITY) - end;
      const full = this.length > maxLength;
      open = !cut && !full && gap <= 2 * this.#context;
      if (!cut) this.#equal(end, Math.min(this.#lines[0].count, end + Math.min(gap, open ? gap : this.#context)));
      if (!open) this.#end();
      if (next !== undefined && !open && (full || this.hunks.length === MAX_HUNKS)) {
        this.complete = false;
        return;
      }
    }
  }

  /** @param before end of the change before it on side 0: where that was cut, there may be less context than usual */
  #begin({ starts: [start0, start1] }: LineChange, before: number): void {
    const lead = Math.min(this.#context, start0 - before);
    this.#starts = [start0 - lead, start1 - lead];
    this.#counts = [0, 0];
    this.#hunk = [];
    this.#equal(start0 - lead, start0);
  }

  #equal(start0: number, end0: number): void {
    for (let i = start0; i < end0; i++) {
      this.#put(0, ' ', i, -1);
      this.#counts[0]++;
      this.#counts[1]++;
    }
  }

  /** @returns whether lines were left out */
  #change({ starts, counts }: LineChange, maxLength: number): boolean {
    let cut = false;
    for (const side of [0, 1] as const) {
      const shown = Math.min(counts[side], this.#changeLines);
      const other = side === 0 ? 1 : 0;
      for (let i = 0; i < shown; i++) {
        if (this.#changeLines === Number.POSITIVE_INFINITY && this.length > maxLength) return true;
        const opposite = i < counts[other] ? starts[other] + i : -1;
        this.#put(side, side === 0 ? '-' : '+', starts[side] + i, opposite);
        this.#counts[side]++;
        this.changedLines++;
      }
      if (shown < counts[side]) cut = true;
    }
    return cut;
  }

  #end(): void {
    const first = (side: 0 | 1): number => this.#starts[side] + this.#linesBefore + (this.#counts[side] === 0 ? 0 : 1);
    this.hunks.push({ start: [first(0), first(1)], count: [...this.#counts], lines: this.#hunk });
  }

  /** @param opposite the line of the other side that stands in its place; -1 for none */
  #put(side: 0 | 1, mark: string, index: number, opposite: number): void {
    const line = lineAt(this.#lines[side], index);
    const ended = line.endsWith(this.#newline);
    const text = ended ? line.slice(0, -1) : line;
    const long = text.length > LINE_LENGTH;
    const shown = long ? this.#cut(text, opposite < 0 ? '' : lineAt(this.#lines[side === 0 ? 1 : 0], opposite)) : text;
    this.#hunk.push(mark + shown);
    this.length += shown.length + 2;
    if (!ended) this.#hunk.push(NO_NEWLINE);
  }

  /** The part of a long line around its first difference to `other`. */
  #cut(text: string, other: string): string {
    this.cutLines++;
    let same = 0;
    while (same < other.length && same < text.length && text.charCodeAt(same) === other.charCodeAt(same)) same++;
    const latest = text.length - LINE_LENGTH;
    let start = same < LINE_LENGTH - LINE_LEAD || other === '' ? 0 : Math.min(same - LINE_LEAD, latest);
    let end = start + LINE_LENGTH;
    /* No half of a surrogate pair. */
    if (start > 0 && isLowSurrogate(text, start)) start++;
    if (end < text.length && isLowSurrogate(text, end)) end--;
    return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
  }
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
