import { baseLines } from './base-lines.js';
import { displayPath } from './escape.js';
import { type LadderLine, ladderLines } from './ladder.js';
import { LAYER_HEAD, layerRows } from './layer-table.js';
import { columnWidths, layoutRow } from './layout.js';
import type { Report, Verdict } from './report.js';
import type { Row } from './row.js';
import { LayerFinder, rowsOf, rowTexts, type Section } from './rows.js';
import { headLines, summaryLines } from './summary.js';

export interface TableOptions {
  /** Whether to colour, by ANSI escape sequences (ECMA-48, SGR). */
  readonly color: boolean;
  /** Columns to aim at. Names are never cut, so rows may be longer. Default: 80. */
  readonly width?: number;
  /** Whether to list what was ignored, too, as far as the report holds it. */
  readonly verbose: boolean;
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

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
const SGR: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
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

type Paint = (text: string, style: Style) => string;

/**
 * `report` as a table for people, in chunks of whole lines: a head, which layer differs first, rows, how deep the
 * difference goes, a summary, the verdict. The same report
 * gives the same text. Nothing of an input reaches it unescaped.
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
  const sections: Section[] = verbose ? ['counted', 'shadowed', 'ignored'] : ['counted', 'shadowed'];
  const headed = platformsOf(report).size > 1;
  const layers = new LayerFinder(report.layers);
  for (const section of sections) {
    const rows = rowsOf(report.differences, section, !verbose && section !== 'ignored');
    if (rows.length === 0) continue;
    yield '';
    const title = TITLES[section];
    if (title !== null) yield paint(title, 'bold');
    yield* sectionLines(rows, section, headed, width, paint, layers);
  }
  if (verbose) yield* layerLines(report, headed, paint);
  const ladder = ladderLines(report);
  if (ladder.length > 0) yield '';
  for (const { text, kind } of ladder) {
    const style = LADDER_STYLES[kind];
    yield style === null ? text : paint(text, style);
  }
  yield '';
  const summary = summaryLines(report, verbose);
  const verdict = summary.pop() as string;
  yield* summary;
  yield paint(verdict, VERDICT_STYLES[report.verdict]);
}

function* sectionLines(
  rows: readonly Row[],
  section: Section,
  headed: boolean,
  width: number,
  paint: Paint,
  layers: LayerFinder,
): Iterable<string> {
  const columns = section === 'ignored' ? HEAD.length : HEAD.length - 1;
  const textsOf = (row: Row): string[] => rowTexts(row, layers).slice(0, columns);
  const measured = [HEAD, ...rows.slice(0, MEASURED_ROWS).map(textsOf)];
  const half = Math.floor(width / 2);
  const widths = columnWidths(measured, [width, half, CELL_WIDTH, CELL_WIDTH]);
  yield layoutRow(HEAD.slice(0, columns), widths, (cell) => paint(cell, 'bold'));
  let platform: string | undefined;
  for (const [i, row] of rows.entries()) {
    const own = row.differences[0].platform;
    if (headed && own !== platform) {
      yield '';
      if (own !== undefined) yield paint(`${displayPath(own)}:`, 'bold');
      platform = own;
    }
    const texts = i < MEASURED_ROWS ? (measured[i + 1] as string[]) : textsOf(row);
    yield layoutRow(texts, widths, (cell, column) => {
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
