import { describe, expect, test } from 'vitest';
import type { InFileDifference } from '../../../packages/core/src/explain/in-file/in-file-difference.js';
import { causeLines, packageLines } from '../../../packages/core/src/report/cause-lines.js';
import { inFileLines } from '../../../packages/core/src/report/in-file-lines.js';
import type { ReportCause } from '../../../packages/core/src/report/report.js';
import { renderTable } from '../../../packages/core/src/report/table.js';
import { buildReport, fileDifference } from '../../support/report.js';

const CAUSE: ReportCause = {
  id: 'clock',
  title: 'A log holds the time',
  class: 'benign',
  confidence: 'certain',
  differences: 2,
  counted: 2,
  evidence: ['a.log: 1 / 2'],
  remedy: 'RUN rm a.log',
  references: ['https://example.org/'],
  steps: [{ platform: 'linux/amd64', layers: [1, 1], history: 'RUN   make\n all' }],
};

const summaryWith = (explained: number, probable: number, unknown: number): object => ({
  summary: {
    ...buildReport([fileDifference('a'), fileDifference('b')]).summary,
    counted: explained + probable + unknown,
    causes: { explained, probable, unknown },
  },
});

const texts = (lines: Iterable<{ readonly text: string }>): string[] => [...lines].map(({ text }) => text);

describe('causes in a table', () => {
  test('what they explain, what to do, what shows it, and the step', () => {
    const report = buildReport([], { causes: [CAUSE], ...summaryWith(2, 0, 0) });
    expect(texts(causeLines(report, 80, false))).toEqual([
      'Causes: 1 cause explains all 2 differences',
      '  2  clock (benign): A log holds the time',
      '     do    RUN rm a.log',
      '     seen  a.log: 1 / 2',
      '     step  RUN make all',
    ]);
  });

  test.each([
    [1, 0, 0, 'Causes: 1 cause explains the one difference'],
    [2, 0, 3, 'Causes: 1 cause explains 2 of 5 differences'],
    [0, 0, 0, 'Causes of what was ignored'],
  ])('%i explained, %i probable, %i unknown', (explained, probable, unknown, heading) => {
    const report = buildReport([], { causes: [CAUSE], ...summaryWith(explained, probable, unknown) });
    expect(texts(causeLines(report, 80, false))[0]).toBe(heading);
  });

  test('of what was ignored: in short, unless all is asked for', () => {
    const ignored = { ...CAUSE, id: 'order', title: 'Another order', counted: 0, differences: 1234 };
    const some = buildReport([], { causes: [CAUSE, ignored, { ...ignored, id: 'x' }], ...summaryWith(2, 0, 0) });
    expect(texts(causeLines(some, 80, false)).slice(5)).toEqual([
      '  of what was ignored: order 1,234, x 1,234 (--verbose tells more)',
    ]);
    expect(texts(causeLines(some, 80, false))[0]).toBe('Causes: 1 cause explains all 2 differences');
    expect(texts(causeLines(some, 80, true))).toContain('  1,234 ignored  order (benign): Another order');
    const none = buildReport([], { causes: [ignored], ...summaryWith(0, 0, 0) });
    expect(texts(causeLines(none, 80, false))).toEqual(['Causes of what was ignored', '  1,234  order: Another order']);
  });

  test('that are probable say so, and what makes them certain', () => {
    const report = buildReport([], {
      causes: [{ ...CAUSE, confidence: 'probable', class: 'security', evidence: [], steps: [] }],
      ...summaryWith(0, 2, 0),
    });
    expect(texts(causeLines(report, 80, false))).toEqual([
      'Probable causes',
      '  2  clock (security, probable): A log holds the time',
      '     do    RUN rm a.log',
      'Probable: by paths alone. --diff or --report-dir looks into the files.',
    ]);
  });

  test('fit the width, and hold nothing that a terminal obeys', () => {
    const evil = '\u001b[2J\u202e'.repeat(3);
    const long = 'word '.repeat(60).trim();
    const report = buildReport([], {
      causes: [
        {
          ...CAUSE,
          title: long,
          remedy: long,
          evidence: [evil],
          steps: [{ platform: 'p', layers: [0, 0], history: evil }],
        },
      ],
      ...summaryWith(2, 0, 0),
    });
    for (const text of texts(causeLines(report, 60, false))) {
      expect(text.length).toBeLessThanOrEqual(60);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  test('rows that no cause explains come first, then those of each cause as they are ranked', () => {
    const differences = [
      fileDifference('a', { cause: 'clock' }),
      fileDifference('b'),
      fileDifference('c', { cause: 'other' }),
      fileDifference('c', { field: 'mode', values: ['0644', '0600'] }),
      fileDifference('d', { probableCause: 'clock' }),
      fileDifference('e', { cause: 'clock', otherCauses: ['other'] }),
    ];
    const report = buildReport(differences, {
      causes: [
        { ...CAUSE, id: 'other' },
        { ...CAUSE, id: 'clock' },
      ],
    });
    const table = [...renderTable(report, { color: false, verbose: false })].join('');
    const lines = table.split('\n').filter((line) => /^(File|Not explained|Explained|Probably)/.test(line));
    expect(lines.map((line) => /^File +layers-1\/(\S+)/.exec(line)?.[1] ?? line)).toEqual([
      'Not explained',
      'b',
      'c',
      'Explained: clock',
      'a',
      'Probably: clock',
      'd',
      'Explained: clock, other',
      'e',
    ]);
  });
});

test('packages are told with both versions, and the files that follow', () => {
  const shared = { platform: 'linux/amd64', manager: 'dpkg', architecture: 'amd64' } as const;
  const report = buildReport([], {
    packages: [
      { ...shared, name: 'libc6', versions: ['2.36-9+deb12u7', '2.36-9+deb12u9'], files: 12 },
      { ...shared, name: 'gone', architecture: null, versions: ['1', null], files: 0 },
    ],
  });
  expect(texts(packageLines(report, 80))).toEqual([
    'Packages: 2 packages differ',
    '  libc6:amd64 2.36-9+deb12u7 → 2.36-9+deb12u9 (dpkg, 12 files)',
    '  gone 1 → – (dpkg)',
  ]);
});

describe('differences of contents', () => {
  test('text as a unified diff', () => {
    const difference: InFileDifference = {
      format: 'text',
      summary: '1 of 3 lines differs',
      equalBut: ['white-space'],
      text: {
        encodings: ['utf-8', 'utf-8'],
        lines: [3, 3],
        hunks: [{ start: [1, 1], count: [2, 2], lines: [' a', '-b\t1', '+b\u001b', '\\ No newline at end of file'] }],
      },
      omitted: ['10 more lines differ'],
    };
    expect(texts(inFileLines(difference))).toEqual([
      'text: 1 of 3 lines differs; equal but for white-space',
      '@@ -1,2 +1,2 @@',
      ' a',
      '-b    1',
      '+b\\x1b',
      '\\ No newline at end of file',
      '(10 more lines differ)',
    ]);
  });

  test('nothing of a file stands as a command of a CI system, wherever lines are broken', () => {
    for (let length = 1; length < 80; length++) {
      const evidence = [`a: ${'x'.repeat(length)} ::error::none / ::add-mask::none`];
      const report = buildReport([], { causes: [{ ...CAUSE, evidence }], ...summaryWith(2, 0, 0) });
      expect(texts(causeLines(report, 80, false)).filter((line) => /^ *::/.test(line))).toEqual([]);
    }
    const bytes = Buffer.from('##[error]none').toString('hex');
    const difference: InFileDifference = {
      format: 'bytes',
      summary: 'they differ',
      bytes: {
        lengths: [13, 0],
        differing: 13,
        count: 1,
        ranges: [{ offsets: [0, 0], lengths: [13, 0], start: [0, 0], hex: [bytes, ''] }],
      },
    };
    expect(texts(inFileLines(difference)).join('\n')).not.toContain('##[');
  });

  test('bytes as hexdump -C has them, fields, and members within members', () => {
    const difference: InFileDifference = {
      format: 'zip',
      summary: '2 members differ',
      members: [
        {
          name: 'a\n',
          change: 'modified',
          fields: [{ name: 'mtime', values: [1, null] }],
          content: {
            format: 'bytes',
            summary: '1 byte differs, at 2',
            bytes: {
              lengths: [3, 4],
              differing: 2,
              count: 3,
              ranges: [{ offsets: [2, 2], lengths: [1, 2], start: [0, 0], hex: ['414200', '41420a7e'] }],
            },
          },
        },
        { name: 'b', change: 'added' },
      ],
    };
    expect(texts(inFileLines(difference))).toEqual([
      'zip: 2 members differ',
      '* a\\n',
      '    - mtime: 1',
      '    + mtime: –',
      '    bytes: 1 byte differs, at 2',
      '    3 bytes / 4 bytes',
      '    @@ bytes -2,1 +2,2 @@',
      `    -00000000  ${'41 42 00'.padEnd(47)}  |AB.|`,
      `    +00000000  ${'41 42 0a 7e'.padEnd(47)}  |AB.~|`,
      '    (2 more of 3 ranges, 2 bytes that differ in all)',
      '+ b',
    ]);
  });

  test('of very many fields and members some, and how many more there are', () => {
    const fields = Array.from({ length: 50 }, (_, i) => ({ name: `f${i}`, values: [0, 1] as const }));
    const members = Array.from({ length: 80 }, (_, i) => ({ name: `m${i}`, change: 'added' as const }));
    const lines = texts(inFileLines({ format: 'x', summary: 'much', fields, members }));
    expect(lines).toContain('(30 more fields, in the JSON report)');
    expect(lines).toContain('(30 more members, in the JSON report)');
    expect(lines.length).toBe(1 + 40 + 1 + 50 + 1);
  });
});
