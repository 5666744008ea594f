import { createHash } from 'node:crypto';
import { grouped } from '../count.js';
import { displayPath } from '../escape.js';
import type { Report } from '../report.js';
import { documentsMarkup, type ReportDocument } from './documents.js';
import { explorerMarkup } from './explorer.js';
import { html, islandText, type Markup } from './markup.js';
import { pageIslands } from './page-data.js';
import { SCRIPT, STYLE } from './page-source.js';
import {
  acceptedMarkup,
  buildersMarkup,
  causesMarkup,
  failuresMarkup,
  headMarkup,
  notesMarkup,
  packagesMarkup,
  proofMarkup,
  summaryMarkup,
} from './sections.js';

/** Characters in one chunk, about. */
const CHUNK_CHARACTERS = 65_536;

/**
 * `report` as one page of HTML, in chunks. It needs nothing but itself: no request is made, and its policy forbids any
 * (W3C, "Content Security Policy Level 3"). Texts of images are escaped; no markup, link or script comes from them. What
 * is a list without a bound is data, of which the page's script shows the part that is in view; without scripts the
 * page says so. The same report gives the same page.
 * @param documents texts of indexes, manifests and configs: with them, these are shown whole
 */
export function* renderHtml(report: Report, documents: readonly ReportDocument[] = []): Iterable<string> {
  let chunk = '';
  for (const part of parts(report, documents)) {
    chunk += part;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function* parts(report: Report, documents: readonly ReportDocument[]): Iterable<string> {
  const several = new Set(report.differences.map(({ platform }) => platform)).size > 1;
  const { head, rows, inFile } = pageIslands(report, several);
  const documentsPart = documentsMarkup(report, documents);
  const sections: readonly (readonly [id: string, title: string, markup: Markup])[] = [
    ['failures', 'Failures', failuresMarkup(report)],
    ['summary', 'Summary', summaryMarkup(report)],
    ['causes', 'Causes', causesMarkup(report)],
    ['packages', 'Packages', packagesMarkup(report)],
    ['builders', 'Builders', buildersMarkup(report)],
    ['proof', 'Proof', proofMarkup(report)],
    ['accepted', 'Accepted', acceptedMarkup(report)],
    ['differences', 'Differences', explorerMarkup(report)],
    [
      'documents',
      'Documents',
      documentsPart.text === ''
        ? documentsPart
        : html`<section id="documents" aria-labelledby="documents-title"><h2 id="documents-title">Manifest and config</h2>${documentsPart}</section>`,
    ],
    ['notes', 'Notes', notesMarkup(report)],
  ];
  const present = sections.filter(([, , { text }]) => text !== '');
  yield `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">
<title>${titleOf(report)}</title>`.text
  }
<style>${STYLE}</style></head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<nav aria-label="Sections"><ul>`;
  for (const [id, title] of present) yield html`<li><a href="#${id}">${title}</a></li>`.text;
  yield `</ul><button type="button" id="theme" hidden>Theme: auto</button></nav>\n<main id="main" tabindex="-1">\n`;
  yield `${headMarkup(report).text}\n`;
  for (const [, , { text }] of present) yield `${text}\n`;
  yield `</main>\n<footer>${html`<p>Made by ocidiff ${report.tool.version}. This page is one file and loads nothing; the whole report, in JSON, is what <code>ocidiff --format json</code> writes.</p>`.text}</footer>\n`;
  yield '<script type="application/json" id="rows">[';
  let before = '\n';
  for (const row of rows()) {
    yield before + islandText(JSON.stringify(row));
    before = ',\n';
  }
  yield ']</script>\n<script type="application/json" id="data">';
  yield islandText(JSON.stringify(head()));
  yield '</script>\n<script type="application/json" id="in-file">[';
  before = '\n';
  for (const json of inFile()) {
    yield before + islandText(json);
    before = ',\n';
  }
  yield `]</script>\n<script>${SCRIPT}</script>\n</body></html>\n`;
}

function titleOf({ inputs, summary, verdict }: Report): string {
  const [name0, name1] = inputs.map(({ reference }) => displayPath(reference));
  const count = verdict === 'different' ? `${grouped(summary.counted)} differences` : verdict;
  return `${count}: ${name0} and ${name1} – ocidiff`;
}

function policy(): string {
  const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `style-src ${hashOf(STYLE)}`,
    `script-src ${hashOf(SCRIPT)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
