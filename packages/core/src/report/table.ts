import { baseLines } from './base-lines.js';
import { builderLines, causeLines, packageLines, type TextLine } from './cause-lines.js';
import { displayPath } from './escape.js';
import { type InFileLine, inFileLines } from './in-file-lines.js';
import { type LadderLine, ladderLines } from './ladder.js';
import { LAYER_HEAD, layerRows } from './layer-table.js';
import { columnWidths, layoutRow } from './layout.js';
import { moreRows, proofText } from './proof-lines.js';
import type { Report, ReportDifference, Verdict } from './report.js';
import type { Row } from './row.js';
import { LayerFinder, rowsOf, rowTexts, type Section } from './rows.js';
import { headLines, summaryLines } from './summary.js';
import { wrap } from './wrap.js';

export interface TableOptions {
  /** Whether to colour, by ANSI escape sequences (ECMA-48, SGR). */
  readonly color: boolean;
  /** Columns to aim at. Names are never cut, so rows may be longer. Default: 80. */
  readonly width?: number;
  /** Whether to list what was ignored, too, as far as the report holds it. */
  readonly verbose: boolean;
  /** Whether to show how contents differ, as far as the report holds it. Default: not. */
  readonly diff?: boolean;
}

const HEAD = ['TYPE', 'NAME', 'INPUT-0', 'INPUT-1', 'RULE'];
const DEFAULT_WIDTH = 80;
/** Columns that a cell may make all others of its column take: a time, say, but no list. */
const CELL_WIDTH = 30;
/** Rows that decide on the widths of columns: enough to look even, few enough to hold. */
const MEASURED_ROWS = 2000;
const CHUNK_LINES = 256;

const TITLES: Readonly<Record<Section, string | null>> = {
  counted: null,
  shadowed: 'Shadowed: not in the last tree, since a later layer covers it',
  ignored: 'Ignored',
};

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
const SGR: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };
const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  identical: 'green',
  equivalent: 'green',
  different: 'red',
  incomplete: 'yellow',
};

const LADDER_STYLES: Readonly<Record<LadderLine['kind'], Style | null>> = {
  heading: 'bold',
  differs: 'red',
  ignored: 'yellow',
  same: 'green',
  unknown: 'dim',
  legend: 'dim',
};

const TEXT_STYLES: Readonly<Record<TextLine['kind'], Style | null>> = {
  heading: 'bold',
  cause: 'yellow',
  security: 'red',
  remedy: 'green',
  plain: null,
};
const IN_FILE_STYLES: Readonly<Record<InFileLine['kind'], Style | null>> = {
  summary: 'bold',
  hunk: 'cyan',
  removed: 'red',
  added: 'green',
  context: null,
  note: 'dim',
};

type Paint = (text: string, style: Style) => string;

/**
 * `report` as a table for people, in chunks of whole lines: a head, which layer differs first, causes, rows (those
 * that no cause explains first), how deep the difference goes, a summary, the verdict. The same report gives the same
 * text. Nothing of an input reaches it unescaped.
 */
export function* renderTable(report: Report, options: TableOptions): Iterable<string> {
  let chunk: string[] = [];
  for (const line of tableLines(report, options)) {
    chunk.push(line, '\n');
    if (chunk.length < CHUNK_LINES) continue;
    yield chunk.join('');
    chunk = [];
  }
  yield chunk.join('');
}

function* tableLines(report: Report, options: TableOptions): Iterable<string> {
  const { color, verbose } = options;
  const width = options.width ?? DEFAULT_WIDTH;
  const paint: Paint = (text, style) => (color ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text);
  yield* headLines(report);
  const base = baseLines(report, width);
  if (base.length > 0) yield '';
  yield* base;
  for (const lines of [builderLines(report, width), causeLines(report, width, verbose), packageLines(report, width)]) {
    if (lines.length > 0) yield '';
    for (const { text, kind } of lines) yield styled(text, TEXT_STYLES[kind], paint);
  }
  const sections: Section[] = verbose ? ['counted', 'shadowed', 'ignored'] : ['counted', 'shadowed'];
  const headed = platformsOf(report).size > 1;
  const layers = new LayerFinder(report.layers);
  for (const section of sections) {
    const rows = rowsOf(report.differences, section, !verbose && section !== 'ignored');
    if (rows.length === 0) continue;
    const groups = section === 'counted' ? byCause(rows, report.causes) : [{ title: TITLES[section], rows }];
    const widths = widthsOf(rows, section, width, layers);
    for (const [i, group] of groups.entries()) {
      yield '';
      if (group.title !== null) yield paint(group.title, 'bold');
      if (i === 0) yield layoutRow(HEAD.slice(0, columnsOf(section)), widths, (cell) => paint(cell, 'bold'));
      yield* sectionLines(group.rows, section, headed, widths, paint, layers);
    }
  }
  if (options.diff === true) yield* contentLines(report, layers, paint);
  yield* proofLines(report, layers, width, paint);
  if (verbose) yield* layerLines(report, headed, paint);
  const ladder = ladderLines(report);
  if (ladder.length > 0) yield '';
  for (const { text, kind } of ladder) {
    yield styled(text, LADDER_STYLES[kind], paint);
  }
  yield '';
  const summary = summaryLines(report, verbose);
  const verdict = summary.pop() as string;
  yield* summary;
  yield paint(verdict, VERDICT_STYLES[report.verdict]);
}

function styled(text: string, style: Style | null, paint: Paint): string {
  return style === null ? text : paint(text, style);
}

/* Rows that no cause explains come first; then those of each cause, as the report ranks causes. */
function byCause(rows: readonly Row[], causes: Report['causes']): { title: string | null; rows: readonly Row[] }[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = causesOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const unexplained = groups.get('') ?? [];
  const rank = ([first]: readonly Row[]): number => {
    const { cause, probableCause } = (first as Row).differences[0];
    const found = causes.findIndex(({ id }) => id === (cause ?? probableCause));
    return found === -1 ? causes.length : found;
  };
  if (unexplained.length === rows.length) return [{ title: null, rows }];
  groups.delete('');
  const explained = [...groups]
    .map(([title, own]) => ({ title: title as string | null, rows: own as readonly Row[] }))
    .sort((a, b) => rank(a.rows) - rank(b.rows));
  return unexplained.length === 0 ? explained : [{ title: 'Not explained', rows: unexplained }, ...explained];
}

/* `Explained: apt-log`; '' where a cause of any difference of the row is not known. */
function causesOf({ differences }: Row): string {
  const certain = new Set<string>();
  const probable = new Set<string>();
  for (const { cause, otherCauses = [], probableCause } of differences as readonly ReportDifference[]) {
    if (cause !== undefined) for (const id of [cause, ...otherCauses]) certain.add(id);
    else if (probableCause !== undefined) probable.add(probableCause);
    else return '';
  }
  const ids = [...certain, ...probable].sort().join(', ');
  return `${probable.size > 0 ? 'Probably' : 'Explained'}: ${ids}`;
}

function* contentLines(report: Report, layers: LayerFinder, paint: Paint): Iterable<string> {
  for (const difference of report.differences) {
    const { inFile, partly, ignoredBy, shadowed } = difference;
    if (inFile === undefined || (ignoredBy !== undefined && shadowed !== true)) continue;
    const [, name = ''] = rowTexts({ differences: [difference] }, layers);
    yield '';
    yield paint(name, 'bold');
    for (const { text, kind } of inFileLines(inFile)) yield styled(text, IN_FILE_STYLES[kind], paint);
    if (partly === undefined) continue;
    yield styled(`without what ${partly.causes.join(', ')} explain, there is left:`, 'yellow', paint);
    for (const { text, kind } of inFileLines(partly.left, '  ')) yield styled(text, IN_FILE_STYLES[kind], paint);
  }
}

function* proofLines(report: Report, layers: LayerFinder, width: number, paint: Paint): Iterable<string> {
  const proof = proofText(report, layers);
  if (proof === null) return;
  yield '';
  for (const line of wrap(proof.summary, width)) yield paint(line, proof.proved ? 'green' : 'yellow');
  const widths = columnWidths(proof.rows, [width, Math.floor(width / 2), CELL_WIDTH, CELL_WIDTH]);
  for (const row of proof.rows) {
    yield layoutRow(row, widths, (cell, column) => (column === 0 ? paint(cell, 'dim') : cell));
  }
  if (proof.more > 0) yield moreRows(proof);
}

function columnsOf(section: Section): number {
  return section === 'ignored' ? HEAD.length : HEAD.length - 1;
}

function widthsOf(rows: readonly Row[], section: Section, width: number, layers: LayerFinder): readonly number[] {
  const columns = columnsOf(section);
  const measured = rows.slice(0, MEASURED_ROWS).map((row) => rowTexts(row, layers).slice(0, columns));
  return columnWidths([HEAD, ...measured], [width, Math.floor(width / 2), CELL_WIDTH, CELL_WIDTH]);
}

function* sectionLines(
  rows: readonly Row[],
  section: Section,
  headed: boolean,
  widths: readonly number[],
  paint: Paint,
  layers: LayerFinder,
): Iterable<string> {
  const columns = columnsOf(section);
  let platform: string | undefined;
  for (const row of rows) {
    const own = row.differences[0].platform;
    if (headed && own !== platform) {
      yield '';
      if (own !== undefined) yield paint(`${displayPath(own)}:`, 'bold');
      platform = own;
    }
    yield layoutRow(rowTexts(row, layers).slice(0, columns), widths, (cell, column) => {
      if (column === 0 || column > 3) return paint(cell, 'dim');
      return column === 1 ? cell : paint(cell, column === 2 ? 'red' : 'green');
    });
  }
}

function* layerLines(report: Report, headed: boolean, paint: Paint): Iterable<string> {
  const rows = layerRows(report);
  if (rows.length === 0) return;
  yield '';
  yield paint('Layers, with the bytes of their uncompressed streams', 'bold');
  const widths = columnWidths(
    [LAYER_HEAD, ...rows.map(({ cells }) => cells)],
    LAYER_HEAD.map(() => CELL_WIDTH),
  );
  yield layoutRow(LAYER_HEAD, widths, (cell) => paint(cell, 'bold'));
  let platform = '';
  for (const row of rows) {
    if (headed && row.platform !== platform) {
      yield '';
      if (row.platform !== '') yield paint(`${displayPath(row.platform)}:`, 'bold');
      platform = row.platform;
    }
    yield layoutRow(row.cells, widths, (cell, column) => (column === 1 ? paint(cell, 'dim') : cell));
  }
}

function platformsOf({ inputs, differences }: Report): Set<string> {
  const platforms = new Set(inputs.flatMap((input) => input.platforms));
  /* Two single images of two platforms are compared as one; then differences name the platform that they go by. */
  if (inputs.every((input) => input.platforms.length <= 1)) platforms.clear();
  for (const { platform } of differences) if (platform !== undefined) platforms.add(platform);
  return platforms;
}
