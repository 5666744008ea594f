import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { islandText } from '../../../../packages/core/src/report/html/markup.js';
import type { PageRow } from '../../../../packages/core/src/report/html/page-shape.js';
import { SCRIPT, STYLE } from '../../../../packages/core/src/report/html/page-source.js';
import { renderHtml } from '../../../../packages/core/src/report/html/render-html.js';
import type { Report } from '../../../../packages/core/src/report/report.js';
import { PAGE_MODULE, pageModule } from '../../../../scripts/build-page.mjs';
import { fullReport } from '../../../html/full-report.js';
import { runCommand } from '../../../support/command.js';
import { buildReport, fileDifference } from '../../../support/report.js';

const page = (report: Report): string => [...renderHtml(report)].join('');

describe('the page', () => {
  test("has the script and the style of today's sources (npm run page)", () => {
    expect(readFileSync(PAGE_MODULE, 'utf8')).toBe(pageModule());
  });

  test('has less than 60 kB of script and style', () => {
    expect(Buffer.byteLength(SCRIPT + STYLE)).toBeLessThan(60_000);
  });

  test('asks in its policy for the hashes of what is in it', () => {
    const html = page(fullReport());
    const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#39;', "'");
    const script = html.slice(html.lastIndexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
    const style = html.slice(html.indexOf('<style>') + '<style>'.length, html.indexOf('</style>'));
    expect(policy).toBe(
      `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
  });

  test('of one report has the same bytes each time', () => {
    expect(page(fullReport())).toBe(page(fullReport()));
  });

  test('comes in chunks', () => {
    const differences = Array.from({ length: 5000 }, (_, i) => fileDifference(`f${i}`));
    const chunks = [...renderHtml(buildReport(differences))];
    expect(chunks.length).toBeGreaterThan(5);
    for (const chunk of chunks) expect(chunk.length).toBeLessThan(300_000);
  });

  test('shortens digests where they are too many, and never so that two become one', () => {
    const digest = (end: string): string => `sha256:${'0'.repeat(62)}${end}`;
    const many = Array.from({ length: 20_000 }, (_, i) => fileDifference(`f${String(i).padStart(5, '0')}`));
    const rows = rowsOf(page(buildReport([...many, fileDifference('g', { values: [digest('01'), digest('02')] })])));
    expect(rows[1]?.slice(6, 8)).toEqual(['sha256:1234abcd00000000…', 'sha256:5678ef0100000000…']);
    expect(rows.at(-1)?.slice(6, 8)).toEqual([digest('01'), digest('02')]);
    expect(rowsOf(page(buildReport([fileDifference('g')])))[0]?.[6]).toHaveLength(71);
  });

  test('has whole documents where it is given them', () => {
    const documents = ['{"os":"linux","config":{"User":"a"}}', '{"os":"linux","config":{"User":"b"}}'].map(
      (text, side) => ({
        platform: 'linux/amd64',
        side: side as 0 | 1,
        name: 'config' as const,
        text,
      }),
    );
    const html = [...renderHtml(buildReport([]), documents)].join('');
    expect(html).toContain('1 equal: os');
    expect(html).not.toContain('Only what differs is shown');
  });

  test('is what --format html writes', async () => {
    const report = fullReport();
    const { status, stdout } = await runCommand(['--format', 'html', 'a', 'b'], report);
    expect(status).toBe(1);
    expect(stdout === page(report)).toBe(true);
  });
});

test('an island is the same JSON, and has nothing that HTML reads', () => {
  const value = { a: '</script><!--&\u2028\u2029' };
  const text = islandText(JSON.stringify(value));
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual(value);
});

function rowsOf(html: string): PageRow[] {
  const text = /<script type="application\/json" id="rows">([^<]*)<\/script>/.exec(html)?.[1];
  return JSON.parse(text ?? '');
}
