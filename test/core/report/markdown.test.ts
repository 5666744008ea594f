import { marked, type Token } from 'marked';
import { describe, expect, test } from 'vitest';
import type { InFileDifference } from '../../../packages/core/src/explain/in-file/in-file-difference.js';
import { renderMarkdown } from '../../../packages/core/src/report/markdown.js';
import type { ReportCause, ReportDifference } from '../../../packages/core/src/report/report.js';
import { buildReport, fileDifference, reportInput } from '../../support/report.js';

/** Whatever an image may try in a text: links, images, markup, fences, tables, mentions, issues. */
const EVIL = [
  '[click](https://evil.example)',
  '![x](https://evil.example/pixel)',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '</summary></details><h1>done</h1>',
  '```',
  '``` ```` `````',
  '`a` **b** _c_ ~~d~~',
  '| a | b |',
  '\\| x',
  '# heading',
  '> quote',
  '@someone #1 org/repo#2',
  'https://evil.example/',
  '<https://evil.example/>',
  '&lt;b&gt; &#60;i&#62;',
  '::set-env name=A::b',
  'a\n\n# b',
];

const cause = (changes: Partial<ReportCause>): ReportCause => ({
  id: 'apt-log',
  title: 'APT writes the time into its logs',
  class: 'benign',
  confidence: 'certain',
  differences: 1,
  counted: 1,
  evidence: [],
  remedy: 'RUN rm -rf /var/log/apt/*',
  references: ['https://wiki.debian.org/ReproducibleInstalls'],
  steps: [],
  ...changes,
});

/** All tokens of a page, however deep. */
function tokensOf(text: string): Token[] {
  const all: Token[] = [];
  marked.walkTokens(marked.lexer(text, { gfm: true }), (token) => {
    all.push(token);
  });
  return all;
}

const text = (line: string): InFileDifference => ({
  format: 'text',
  summary: '1 of 2 lines differs',
  text: {
    encodings: ['utf-8', 'utf-8'],
    lines: [2, 2],
    hunks: [{ start: [1, 1], count: [1, 1], lines: [`-${line}`, `+${line}x`] }],
  },
});

describe('Markdown', () => {
  test('names verdict, causes with remedies, what is not explained, contents, the ladder', () => {
    const differences = [
      fileDifference('var/log/apt/term.log', { cause: 'apt-log', inFile: text('Log started: 1') }),
      fileDifference('srv/odd', { inFile: text('odd') }),
    ];
    const page = renderMarkdown(
      buildReport(differences, {
        causes: [cause({ evidence: ['term.log: 1 / 2'] })],
        packages: [
          {
            platform: 'linux/amd64',
            manager: 'dpkg',
            name: 'libc6',
            architecture: 'amd64',
            versions: ['1', '2'],
            files: 3,
          },
        ],
      }),
    );
    const headings = tokensOf(page).flatMap((token) => (token.type === 'heading' ? [token.text] : []));
    expect(headings).toEqual([
      'ocidiff: different',
      'Causes',
      'Packages',
      'Not explained (1)',
      'Explained (1)',
      'Contents',
      'How deep it goes',
    ]);
    for (const part of ['`libc6:amd64 1 → 2 (dpkg, 3 files)`', 'rm \\-rf', '-Log started: 1', '+odd']) {
      expect(page.replaceAll('\\-', '-')).toContain(part.replaceAll('\\-', '-'));
    }
    expect(page.indexOf('srv/odd')).toBeLessThan(page.indexOf('| File | `layers-1/var/log/apt/term.log`'));
  });

  test.each(EVIL)('holds nothing that an image wrote as markup: %j', (evil) => {
    const differences = [
      fileDifference(evil, { inFile: text(evil) }),
      fileDifference(`${evil}2`, { cause: 'apt-log', inFile: { format: evil, summary: evil, omitted: [evil] } }),
      {
        ...fileDifference('x'),
        subject: 'config',
        field: '/config/Env',
        values: [evil, `${evil}3`],
      } as ReportDifference,
    ];
    const { path: _, ...config } = differences[2] as ReportDifference;
    const page = renderMarkdown(
      buildReport([config, ...differences.slice(0, 2)], {
        inputs: [reportInput(0, { reference: evil }), reportInput(1)],
        causes: [cause({ evidence: [evil], steps: [{ platform: evil, layers: [0, 0], history: evil }] })],
        packages: [
          { platform: evil, manager: 'dpkg', name: evil, architecture: evil, versions: [evil, null], files: 0 },
        ],
        builders: [
          {
            platform: evil,
            sides: [
              { name: 'buildah', settings: [evil], evidence: [evil], confidence: 'certain' },
              { name: 'unknown', settings: [], evidence: [], confidence: 'none' },
            ],
          },
        ],
        base: [{ platform: evil, layers: [0, 0], history: [evil, null], origin: 'unknown', evidence: evil }],
      }),
    );
    const tokens = tokensOf(page);
    expect(tokens.filter(({ type }) => type === 'link' || type === 'image' || type === 'blockquote')).toEqual([]);
    const html = tokens.flatMap((token) => (token.type === 'html' ? [token.raw] : []));
    for (const each of html) expect(each.replace(/<\/?(details|summary)>/g, '')).not.toMatch(/[<>]/);
    expect(html.join('').match(/<details>/g)?.length).toBe(html.join('').match(/<\/details>/g)?.length);
    const headings = tokens.flatMap((token) => (token.type === 'heading' ? [token.text] : []));
    expect(headings.filter((each) => /evil|done|^b$|^heading/.test(each))).toEqual([]);
    for (const token of tokens) if (token.type === 'table') expect(token.header.length).toBe(5);
  });

  test('fits a size, and says what it left out', () => {
    const differences = Array.from({ length: 5000 }, (_, i) =>
      fileDifference(`usr/lib/file-${i}`, { inFile: text(`é${i}`) }),
    );
    for (const maxBytes of [2000, 10_000, 60_000]) {
      const page = renderMarkdown(buildReport(differences), { maxBytes });
      expect(Buffer.byteLength(page)).toBeLessThanOrEqual(maxBytes);
      const [, left] = /> Left to the JSON report, for want of room: ([\d,]+) differences, /.exec(page) ?? [];
      const shown = page.match(/^\| File \|/gm)?.length ?? 0;
      expect(Number(left?.replaceAll(',', '')) + shown).toBe(5000);
      expect(page.startsWith('## ocidiff: different\n')).toBe(true);
    }
    expect(renderMarkdown(buildReport(differences.slice(0, 3)))).not.toContain('for want of room');
  });
});
