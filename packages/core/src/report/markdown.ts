import type { InFileDifference } from '../explain/in-file/in-file-difference.js';
import { baseLines } from './base-lines.js';
import { builderLines, packageText } from './cause-lines.js';
import { clipEnd } from './clip.js';
import { counted, grouped } from './count.js';
import { displayMessage, displayPath } from './escape.js';
import { historyText } from './history-text.js';
import { inFileLines } from './in-file-lines.js';
import { ladderLines } from './ladder.js';
import { moreRows, proofText } from './proof-lines.js';
import type { Report, ReportCause, ReportDifference } from './report.js';
import type { Row } from './row.js';
import { LayerFinder, rowsOf, rowTexts } from './rows.js';
import { headLines, summaryLines } from './summary.js';

export interface MarkdownOptions {
  /**
   * Bytes (UTF-8) that the text may have. Default: 60,000; a comment on GitHub holds 65,536 characters, a job summary
   * 1 MiB.
   */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 60_000;
/** Left for the last lines: what was left out, and the verdict. */
const RESERVED_BYTES = 600;
/** Longest text of one part; a part that does not fit any more is left out and told. */
const EVIDENCE_CHARACTERS = 160;
const HISTORY_CHARACTERS = 200;
/** Lines of one file's content. */
const CONTENT_LINES = 200;

/**
 * `report` as GitHub Flavored Markdown for a pull request or a job summary, no longer than `maxBytes`: what does not
 * fit is left to the JSON report, and said so. Whatever comes from an image stands in code, where nothing of it is
 * markup.
 */
export function renderMarkdown(report: Report, { maxBytes = DEFAULT_MAX_BYTES }: MarkdownOptions = {}): string {
  const page = new Page(maxBytes - RESERVED_BYTES);
  const verdict = summaryLines(report, false).pop() as string;
  page.add(`## ocidiff: ${escapeMarkdown(verdict)}\n\n`);
  page.add(codeBlock(headLines(report)));
  const base = [...baseLines(report, 100), ...builderLines(report, 100).map(({ text }) => text)];
  if (base.length > 0) page.add(codeBlock(base));
  addCauses(page, report);
  addPackages(page, report);
  addProof(page, report);
  addRows(page, report);
  addContents(page, report);
  page.add(`### How deep it goes\n\n${codeBlock(ladderLines(report).map(({ text }) => text))}`);
  page.add(codeBlock(summaryLines(report, false).slice(0, -1)));
  return page.end();
}

class Page {
  readonly #parts: string[] = [];
  readonly #left: number;
  #bytes = 0;
  /** What was left out, in words, by kind. */
  readonly #omitted = new Map<string, number>();

  constructor(bytes: number) {
    this.#left = Math.max(bytes, 0);
  }

  /** Adds `text`, if there is room. */
  add(text: string): boolean {
    const bytes = Buffer.byteLength(text);
    if (this.#bytes + bytes > this.#left) return false;
    this.#parts.push(text);
    this.#bytes += bytes;
    return true;
  }

  omit(what: string, number: number): void {
    if (number > 0) this.#omitted.set(what, (this.#omitted.get(what) ?? 0) + number);
  }

  end(): string {
    if (this.#omitted.size > 0) {
      const list = [...this.#omitted].map(([what, number]) => `${grouped(number)} ${what}`).join(', ');
      this.#parts.push(`\n> Left to the JSON report, for want of room: ${list}.\n`);
    }
    return this.#parts.join('');
  }
}

function addCauses(page: Page, { causes, summary }: Report): void {
  if (causes.length === 0) return;
  const explained = summary.causes?.explained;
  const isCounted = explained !== undefined && summary.counted > 0;
  const number = isCounted ? `: ${grouped(explained)} of ${grouped(summary.counted)} explained` : '';
  page.add(`### Causes${number}\n\n`);
  const counting = causes.filter((cause) => cause.counted > 0);
  for (const [i, cause] of counting.entries()) {
    if (page.add(causeText(cause))) continue;
    page.omit('causes', causes.length - i);
    return;
  }
  const others = causes.filter((cause) => cause.counted === 0);
  if (others.length === 0) return;
  const list = others.map(({ id, differences }) => `${code(id)} ${grouped(differences)}`).join(', ');
  if (!page.add(`- of what was ignored: ${list}\n`)) page.omit('causes', others.length);
}

function causeText(cause: ReportCause): string {
  const { id, title, class: classOf, confidence, counted: own, remedy, evidence, steps } = cause;
  const sure = confidence === 'certain' ? '' : ', probable';
  const lines = [
    `- **${escapeMarkdown(title)}** (${code(id)}, ${classOf}${sure}): ${grouped(own)}`,
    `  - do: ${escapeMarkdown(remedy)}`,
  ];
  const [example] = evidence;
  if (example !== undefined) lines.push(`  - seen: ${code(displayMessage(clipEnd(example, EVIDENCE_CHARACTERS)))}`);
  const [step] = steps;
  if (step !== undefined) lines.push(`  - step: ${code(historyText(step.history, HISTORY_CHARACTERS))}`);
  return `${lines.join('\n')}\n`;
}

function addPackages(page: Page, { packages = [] }: Report): void {
  if (packages.length === 0) return;
  page.add('\n### Packages\n\n');
  const several = new Set(packages.map(({ platform }) => platform)).size > 1;
  for (const [i, each] of packages.entries()) {
    if (page.add(`- ${code(packageText(each, several))}\n`)) continue;
    page.omit('packages', packages.length - i);
    return;
  }
}

function addProof(page: Page, report: Report): void {
  const proof = proofText(report, new LayerFinder(report.layers));
  if (proof === null) return;
  const lines = [`\n### Proof\n\n${escapeMarkdown(proof.summary)}\n`];
  if (proof.rows.length > 0) lines.push('\n| | | input 0 | input 1 |\n|-|-|-|-|\n');
  for (const [type = '', ...cells] of proof.rows) lines.push(`| ${type} | ${cells.map(cell).join(' | ')} |\n`);
  if (proof.more > 0) lines.push(`\n${moreRows(proof)}\n`);
  if (!page.add(lines.join(''))) page.omit('differences of the proof', report.proof?.residual.length ?? 0);
}

function addRows(page: Page, report: Report): void {
  const rows = rowsOf(report.differences, 'counted', true);
  if (rows.length === 0) return;
  const layers = new LayerFinder(report.layers);
  const unknown = rows.filter((row) => !isExplained(row));
  const parts: readonly (readonly [string, readonly Row[]])[] = [
    [`Not explained (${grouped(unknown.length)})`, unknown],
    [`Explained (${grouped(rows.length - unknown.length)})`, rows.filter(isExplained)],
  ];
  for (const [title, own] of parts) {
    if (own.length === 0) continue;
    if (!page.add(`\n### ${title}\n\n| | | input 0 | input 1 | cause |\n|-|-|-|-|-|\n`)) {
      page.omit('differences', own.length);
      continue;
    }
    for (const [i, row] of own.entries()) {
      if (page.add(rowText(row, layers))) continue;
      page.omit('differences', own.length - i);
      break;
    }
  }
}

function rowText(row: Row, layers: LayerFinder): string {
  const [type = '', ...cells] = rowTexts(row, layers).slice(0, 4);
  const first = row.differences[0];
  const cause = first.cause ?? (first.probableCause === undefined ? '' : `${first.probableCause}?`);
  return `| ${type} | ${cells.map(cell).join(' | ')} | ${cell(cause)} |\n`;
}

function isExplained({ differences }: Row): boolean {
  return differences.every(({ cause }) => cause !== undefined);
}

/* What no cause explains first. */
function addContents(page: Page, { differences }: Report): void {
  const shown = differences.filter(({ inFile, ignoredBy }) => inFile !== undefined && ignoredBy === undefined);
  if (shown.length === 0) return;
  const sorted = [
    ...shown.filter(({ cause }) => cause === undefined),
    ...shown.filter(({ cause }) => cause !== undefined),
  ];
  page.add('\n### Contents\n\n');
  for (const [i, difference] of sorted.entries()) {
    if (page.add(contentText(difference))) continue;
    page.omit('differences of contents', sorted.length - i);
    return;
  }
}

function contentText({ path = '', inFile, cause }: ReportDifference): string {
  const lines: string[] = [];
  let left = 0;
  for (const { text } of inFileLines(inFile as InFileDifference)) {
    if (lines.length < CONTENT_LINES) lines.push(text);
    else left++;
  }
  if (left > 0) lines.push(`(${counted(left, 'more line', 'more lines')})`);
  const why = cause === undefined ? '' : ` ${code(cause)}`;
  return `<details><summary>${escapeHtml(displayPath(path))}${why === '' ? '' : ` (${escapeHtml(cause as string)})`}</summary>\n\n${codeBlock(lines, 'diff')}\n</details>\n\n`;
}

/** A text as code, whatever it holds: in a fence of backticks that is not in it. CommonMark 0.31, 6.1. */
function code(text: string): string {
  if (text === '') return '';
  const runs = text.match(/`+/g) ?? [];
  let length = 1;
  while (runs.some((run) => run.length === length)) length++;
  const fence = '`'.repeat(length);
  const padded = /^`|`$/.test(text) ? ` ${text} ` : text;
  return fence + padded + fence;
}

/* GFM, tables: a pipe ends a cell also within code, unless it is escaped. */
function cell(text: string): string {
  return code(text).replaceAll('|', '\\|');
}

/** Lines as a fenced block; the fence is longer than any run of backticks in them. CommonMark 0.31, 4.5. */
function codeBlock(lines: readonly string[], language = ''): string {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${lines.join('\n')}\n${fence}\n`;
}

function escapeMarkdown(text: string): string {
  return displayMessage(text).replace(/[\\`*_{}[\]<>()#+!|~@]|&(?=[#\w])/g, '\\$&');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`*_[\]!|~@\\#]/g, (character) => `&#${character.charCodeAt(0)};`);
}
