import { describe, expect, test } from 'vitest';
import type { Difference } from '../../../packages/core/src/compare/difference.js';
import type { Report, ReportBase } from '../../../packages/core/src/report/report.js';
import { renderTable, type TableOptions } from '../../../packages/core/src/report/table.js';
import {
  buildReport,
  digestStarting,
  fileDifference,
  fullLayer,
  layerBytes,
  oneSided,
  reportInput,
} from '../../support/report.js';
import { expectValidReport } from '../../support/schema.js';

function table(report: Report, options: Partial<TableOptions> = {}): string[] {
  expectValidReport(report);
  return [...renderTable(report, { color: false, verbose: false, ...options })].join('').split('\n');
}

/** Rows of the table, columns parted by ` | `. */
function rows(report: Report, options: Partial<TableOptions> = {}): string[] {
  return table(report, options)
    .filter((line) => /^(Layer|File) /.test(line))
    .map((line) => line.split(/ {2,}/).join(' | '));
}

describe('which layer differs first', () => {
  const base = (changes: Partial<ReportBase> = {}): ReportBase => ({
    platform: 'linux/amd64',
    layers: [1, 1],
    history: ['RUN apt-get install -y gcc', 'RUN apt-get install -y gcc'],
    origin: 'build',
    evidence: '1 layer below is the same',
    ...changes,
  });
  /* What stands between the head and the rows. */
  const said = (bases: ReportBase[], options: Partial<TableOptions> = {}): string[] => {
    const lines = table(buildReport([fileDifference('a')], { base: bases }), options).slice(4);
    expect(lines[0]).toBe('');
    return lines.slice(1, lines.indexOf('', 1));
  };

  test('from the Dockerfile', () => {
    expect(said([base()])).toEqual([
      'First differing layer: layers-1 (from the Dockerfile: 1 layer below is the same)',
      '  RUN apt-get install -y gcc',
    ]);
  });

  test('of what both builds started from', () => {
    expect(said([base({ origin: 'base', layers: [0, 0], evidence: 'the first of 3' })])).toEqual([
      'The base differs: layers-0 (the first of 3)',
      '  RUN apt-get install -y gcc',
    ]);
  });

  test('not known, of two numbers, other steps', () => {
    const unknown = base({ origin: 'unknown', layers: [2, 1], history: ['RUN a', null], evidence: 'no history' });
    expect(said([unknown])).toEqual([
      'First differing layer: layers-2:1 (no history)',
      '  INPUT-0  RUN a',
      '  INPUT-1  –',
    ]);
  });

  test('without a history, with much evidence', () => {
    expect(said([base({ history: [null, null], evidence: 'because '.repeat(100).trim() })])).toEqual([
      'First differing layer: layers-1',
      expect.stringMatching(/^ {2}from the Dockerfile: (because )+.*…$/),
    ]);
  });

  test('hostile and long history: one line of visible characters, cut', () => {
    const history = `RUN \u001b[2J\n\t  echo \u202e${'x'.repeat(100_000)}`;
    expect(said([base({ history: [history, history] })], { width: 40 })[2]).toBe(
      `  RUN \\x1b[2J echo \\u{202e}${'x'.repeat(22)}…`,
    );
    const two = said([base({ history: [history, `RUN b${' '.repeat(100_000)}c`] })]);
    expect(two[1]?.startsWith('  INPUT-0  RUN \\x1b[2J echo')).toBe(true);
    expect(two[2]).toBe('  INPUT-1  RUN b…');
    expect(Math.max(...two.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('hostile evidence', () => {
    expect(said([base({ evidence: 'x\u001b' })])[0]).toBe(
      'First differing layer: layers-1 (from the Dockerfile: x\\x1b)',
    );
  });

  test('several platforms are named', () => {
    expect(said([base(), base({ platform: 'linux/arm64', history: [null, null], evidence: 'x' })])).toEqual([
      'linux/amd64: First differing layer: layers-1',
      '  from the Dockerfile: 1 layer below is the same',
      '  RUN apt-get install -y gcc',
      'linux/arm64: First differing layer: layers-1 (from the Dockerfile: x)',
    ]);
  });
});

describe('a layer of one side', () => {
  const alone = (side: 0 | 1, changes: Partial<Difference> = {}): Difference => {
    const diffId = digestStarting('d');
    return {
      subject: 'layer',
      change: side === 0 ? 'removed' : 'added',
      platform: 'linux/amd64',
      layers: side === 0 ? [3, null] : [null, 3],
      field: 'diffId',
      values: side === 0 ? [diffId, null] : [null, diffId],
      ...changes,
    };
  };
  const history = ['WORKDIR /srv/work', null] as const;
  const layers = [fullLayer([3, null], { change: 'removed', history })];
  const inIt = (path: string, type = 'file'): Difference => oneSided(path, 0, type, { layers: [3, null] });

  test('is one row with its entries and its step', () => {
    const report = buildReport([alone(0), inIt('etc/x'), inIt('srv', 'directory'), inIt('srv/work', 'directory')], {
      layers,
    });
    expect(rows(report)).toEqual(['Layer | layers-3:– | only in input 0, 3 entries: WORKDIR /srv/work | –']);
    expect(rows(report, { verbose: true })).toEqual([
      'Layer | layers-3:– | only in input 0: WORKDIR /srv/work | –',
      'File | layers-3:–/etc/x | file | –',
      'File | layers-3:–/srv | directory, 1 entry | –',
    ]);
  });

  test('one entry, input 1, nothing known of the step', () => {
    const report = buildReport([alone(1), oneSided('a', 1, 'file', { layers: [null, 3] })]);
    expect(rows(report)).toEqual(['Layer | layers-–:3 | – | only in input 1, 1 entry']);
  });

  test('what is no entry of that side alone keeps its row, and so does another layer', () => {
    const report = buildReport([
      alone(0),
      fileDifference('a', { layers: [3, null] }),
      oneSided('b', 1, 'file', { layers: [3, null] }),
      oneSided('c', 0, 'file', { layers: [4, null] }),
      oneSided('d', 0, 'file', { layers: [3, null], platform: 'linux/arm64' }),
    ]);
    expect(rows(report)).toEqual([
      'Layer | layers-3:– | only in input 0 | –',
      'File | layers-3:–/a | sha256:1234abcd… | sha256:5678ef01…',
      'File | layers-3:–/b | – | file',
      'File | layers-4:–/c | file | –',
      'File | layers-3:–/d | file | –',
    ]);
  });

  test('whose layer does not count: its entries do', () => {
    const report = buildReport([alone(0, { ignoredBy: 'layering' }), inIt('srv', 'directory')], { layers });
    expect(rows(report)).toEqual(['File | layers-3:–/srv | directory | –']);
    expect(rows(report, { verbose: true })).toEqual([
      'File | layers-3:–/srv | directory | –',
      'Layer | layers-3:– | only in input 0: WORKDIR /srv/work | – | layering',
    ]);
  });

  test('an empty one is told as such, a hostile step on one line', () => {
    const empty = fullLayer([3, null], {
      change: 'removed',
      empty: true,
      history: [`ENV \u001b\n${'a'.repeat(5000)}`, null],
    });
    expect(rows(buildReport([alone(0)], { layers: [empty] }))).toEqual([
      `Layer | layers-3:– | only in input 0, empty layer: ENV \\x1b ${'a'.repeat(41)}… | –`,
    ]);
  });

  test('a moved one', () => {
    const moved: Difference = {
      subject: 'layer',
      change: 'modified',
      platform: 'linux/amd64',
      layers: [1, 2],
      field: 'position',
      values: [1, 2],
    };
    expect(rows(buildReport([moved]))).toEqual(['Layer | layers-1:2 | moved: layer 1 | moved: layer 2']);
  });
});

describe('the layers, with --verbose', () => {
  const report = buildReport([fileDifference('a')], {
    layers: [
      { platform: 'linux/amd64', layers: [0, 0], change: 'same', history: [null, null] },
      fullLayer([1, 1], { bytes: layerBytes({ differingContent: [1_234_567, 1_234_567] }) }),
      { platform: 'linux/amd64', layers: [null, 2], change: 'added', history: [null, null], empty: true },
    ],
    summary: { ...buildReport([fileDifference('a')]).summary, bytes: layerBytes() },
  });

  test('one row each, bytes of both sides where they are not the same', () => {
    const lines = table(report, { verbose: true });
    const start = lines.indexOf('Layers, with the bytes of their uncompressed streams');
    expect(lines.slice(start - 1, lines.indexOf('', start))).toEqual([
      '',
      'Layers, with the bytes of their uncompressed streams',
      'LAYER       CHANGE        EQUAL  CONTENT      HEADERS  PADDING  TRAILER',
      'layers-0    same          –      –            –        –        –',
      'layers-1    content       1,024  1,234,567    1,024    512      1,024',
      'layers-–:2  added, empty  –      –            –        –        –',
      'differing   –             1,024  512 / 1,024  1,024    512      1,024',
    ]);
  });

  test('not without', () => {
    expect(table(report).join('\n')).not.toContain('LAYER');
  });

  test('several platforms have a heading each', () => {
    const platforms = ['linux/amd64', 'linux/arm64'];
    const several = buildReport([], {
      inputs: [reportInput(0, { platforms }), reportInput(1, { platforms })],
      layers: platforms.map((platform) => ({ platform, layers: [0, 0], change: 'same', history: [null, null] })),
    });
    expect(table(several, { verbose: true }).slice(5, 13)).toEqual([
      'Layers, with the bytes of their uncompressed streams',
      'LAYER     CHANGE  EQUAL  CONTENT  HEADERS  PADDING  TRAILER',
      '',
      'linux/amd64:',
      'layers-0  same    –      –        –        –        –',
      '',
      'linux/arm64:',
      'layers-0  same    –      –        –        –        –',
    ]);
  });
});

test('what follows from nothing that is told is said to be left over', () => {
  const { summary } = buildReport([fileDifference('a')]);
  const left = (unexplained: number): string | undefined =>
    table(buildReport([fileDifference('a')], { summary: { ...summary, unexplained } })).find((line) =>
      line.includes('follow'),
    );
  expect(left(0)).toBeUndefined();
  expect(left(1)).toBe('1 digest or size differs with nothing told that it follows from');
  expect(left(2)).toBe('2 digests and sizes differ with nothing told that they follow from');
});
