import { displayPath } from './escape.js';
import { columnWidths, layoutRow } from './layout.js';
import type { Report, Verdict } from './report.js';
import { type Row, rowsOf, rowTexts, type Section } from './rows.js';
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

/**
 * `report` as a table for people, in chunks of whole lines: a head, rows, a summary, the verdict. The same report
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
  const paint = (text: string, style: Style): string => (color ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text);
  yield* headLines(report);
  const sections: Section[] = verbose ? ['counted', 'shadowed', 'ignored'] : ['counted', 'shadowed'];
  const headed = platformsOf(report).size > 1;
  for (const section of sections) {
    const rows = rowsOf(report.differences, section);
    if (rows.length === 0) continue;
    yield '';
    const title = TITLES[section];
    if (title !== null) yield paint(title, 'bold');
    yield* sectionLines(rows, section, headed, options.width ?? DEFAULT_WIDTH, paint);
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
  paint: (text: string, style: Style) => string,
): Iterable<string> {
  const columns = section === 'ignored' ? HEAD.length : HEAD.length - 1;
  const textsOf = (row: Row): string[] => rowTexts(row).slice(0, columns);
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

function platformsOf({ inputs, differences }: Report): Set<string> {
  const platforms = new Set(inputs.flatMap((input) => input.platforms));
  /* Two single images of two platforms are compared as one; then differences name the platform that they go by. */
  if (inputs.every((input) => input.platforms.length <= 1)) platforms.clear();
  for (const { platform } of differences) if (platform !== undefined) platforms.add(platform);
  return platforms;
}
