import { ESCAPE_BEGIN, type PageHunk, type PageText } from '../src/report/html/page-shape.js';
import { button, el, grouped, marked, SIDE_SIGNS } from './dom.js';

export type Layout = 'unified' | 'split';

/** Lines that are shown at once; a button brings more. */
const LINES = 1000;

/** A line of both sides or of one; null where a side has none. */
interface Pair {
  readonly sides: readonly [DiffLine | null, DiffLine | null];
}

interface DiffLine {
  readonly number: number;
  readonly text: string;
  /** The remark that there is no newline at the end. */
  remark: string;
}

/** A unified diff as a table. @param all whether to show all lines at once */
export function textDiff(text: PageText, layout: Layout, all: boolean): HTMLElement {
  const body = el('tbody');
  const table = el(
    'table',
    { class: `diff ${layout}` },
    el(
      'caption',
      { class: 'visually-hidden' },
      layout === 'split' ? 'Lines that differ, side by side' : 'Lines that differ',
    ),
    columns(layout),
    head(layout),
    body,
  );
  const rows = rowsOf(text, layout);
  const holder = el('div', { class: 'text-diff' }, table);
  const more = (): void => {
    const part: HTMLElement[] = [];
    for (let next = rows.next(); !next.done; next = rows.next()) {
      part.push(next.value);
      if (!all && part.length >= LINES) break;
    }
    body.append(...part);
    if (part.length < LINES || all) moreButton.remove();
  };
  const moreButton = button(`Show ${grouped(LINES)} more lines`, more, { class: 'more' });
  holder.append(moreButton);
  more();
  return holder;
}

/* The widths: rows of a table as fixed as this one have no say. */
function columns(layout: Layout): HTMLElement {
  const classes = layout === 'split' ? ['number', 'text', 'number', 'text'] : ['number', 'number', 'sign', 'text'];
  return el('colgroup', {}, ...classes.map((name) => el('col', { class: `col-${name}` })));
}

function head(layout: Layout): HTMLElement {
  const names =
    layout === 'split'
      ? ['Line of input 0', 'Input 0', 'Line of input 1', 'Input 1']
      : ['Line of input 0', 'Line of input 1', 'Side', 'Text'];
  return el(
    'thead',
    { class: 'visually-hidden' },
    el('tr', {}, ...names.map((name) => el('th', { scope: 'col' }, name))),
  );
}

function* rowsOf({ hunks }: PageText, layout: Layout): Generator<HTMLElement> {
  for (const hunk of hunks) {
    const { start, count } = hunk;
    const title = `Lines ${span(start[0], count[0])} of input 0, ${span(start[1], count[1])} of input 1`;
    if (hunks.length > 1 || start[0] !== 1 || start[1] !== 1)
      yield el('tr', { class: 'hunk' }, el('td', { colspan: '4' }, title));
    for (const run of runsOf(hunk)) {
      if (layout === 'split') yield* run.map(splitRow);
      else yield* unifiedRows(run);
    }
  }
}

function span(start: number, count: number): string {
  return count === 0
    ? `after ${grouped(start)}`
    : count === 1
      ? grouped(start)
      : `${grouped(start)}–${grouped(start + count - 1)}`;
}

/** Runs of pairs: lines that both sides have are runs of one; removed and added lines next to each other pair up. */
function* runsOf({ start, lines }: PageHunk): Generator<Pair[]> {
  const numbers = [start[0], start[1]];
  let run: [DiffLine[], DiffLine[]] = [[], []];
  let last: DiffLine[] = [];
  const paired = (): Pair[] => {
    const [lines0, lines1] = run;
    run = [[], []];
    return Array.from({ length: Math.max(lines0.length, lines1.length) }, (_, i) => ({
      sides: [lines0[i] ?? null, lines1[i] ?? null] as const,
    }));
  };
  let waiting: Pair | null = null;
  for (const line of lines) {
    const sign = line[0];
    const text = line.slice(1);
    if (sign === '\\') {
      for (const each of last) each.remark = text.trim();
      continue;
    }
    if (waiting !== null) yield [waiting];
    waiting = null;
    if (sign === '-' || sign === '+') {
      const side = sign === '-' ? 0 : 1;
      if (side === 0 && run[1].length > 0) yield paired();
      const own = { number: numbers[side] as number, text, remark: '' };
      numbers[side] = own.number + 1;
      run[side].push(own);
      last = [own];
    } else {
      if (run[0].length + run[1].length > 0) yield paired();
      const both = [0, 1].map((side) => ({ number: numbers[side] as number, text, remark: '' })) as [
        DiffLine,
        DiffLine,
      ];
      numbers[0] = both[0].number + 1;
      numbers[1] = both[1].number + 1;
      last = both;
      waiting = { sides: both };
    }
  }
  if (waiting !== null) yield [waiting];
  if (run[0].length + run[1].length > 0) yield paired();
}

function isContext({ sides: [line0, line1] }: Pair): boolean {
  return line0 !== null && line1 !== null && line0.text === line1.text && line0.remark === line1.remark;
}

function* unifiedRows(run: readonly Pair[]): Generator<HTMLElement> {
  const [only] = run;
  if (run.length === 1 && only !== undefined && isContext(only)) {
    const [line0, line1] = only.sides as [DiffLine, DiffLine];
    yield el('tr', {}, number(line0), number(line1), el('td', { class: 'sign' }), textCell(line0, [line0.text], ''));
    return;
  }
  for (const side of [0, 1] as const) {
    for (const { sides } of run) {
      const line = sides[side];
      if (line === null) continue;
      const cells = [number(null), number(null)];
      cells[side] = number(line);
      yield el(
        'tr',
        {},
        ...cells,
        el('td', { class: `sign side-${side}`, 'aria-label': `input ${side}` }, SIDE_SIGNS[side]),
        textCell(line, changedParts(sides, side), `side-${side}`),
      );
    }
  }
}

function splitRow(pair: Pair): HTMLElement {
  const context = isContext(pair);
  const cells = ([0, 1] as const).flatMap((side) => {
    const line = pair.sides[side];
    if (line === null) return [number(null), el('td', { class: 'text none' })];
    return [
      number(line),
      textCell(line, context ? [line.text] : changedParts(pair.sides, side), context ? '' : `side-${side}`),
    ];
  });
  return el('tr', {}, ...cells);
}

function number(line: DiffLine | null): HTMLElement {
  return el('td', { class: 'line-number' }, line === null ? '' : String(line.number));
}

function textCell(line: DiffLine, parts: readonly string[], side: string): HTMLElement {
  const [before = '', changed = '', after = ''] = parts;
  const cell = el('td', { class: `text ${side}` }, ...marked(before));
  if (changed !== '') cell.append(el('mark', {}, ...(marked(changed) as Node[])));
  cell.append(...(marked(after) as Node[]));
  if (line.remark !== '') cell.append(el('span', { class: 'line-remark' }, line.remark));
  return cell;
}

/** A line of one side in three parts; the middle one is what its partner does not have. */
function changedParts(sides: Pair['sides'], side: 0 | 1): string[] {
  const text = (sides[side] as DiffLine).text;
  const other = sides[1 - side]?.text;
  if (other === undefined) return [text];
  const shorter = Math.min(text.length, other.length);
  let start = 0;
  while (start < shorter && text[start] === other[start]) start++;
  let end = 0;
  while (end < shorter - start && text[text.length - 1 - end] === other[other.length - 1 - end]) end++;
  /* Never within an escape sequence or a surrogate pair; and where little is common, all is changed. */
  if (/[\ud800-\udfff]/.test(text) || text.includes(ESCAPE_BEGIN) || start + end < text.length / 4) return [text];
  return [text.slice(0, start), text.slice(start, text.length - end), text.slice(text.length - end)];
}
