import { describe, expect, test } from 'vitest';
import type { Difference } from '../../../packages/core/src/compare/difference.js';
import type { Report } from '../../../packages/core/src/report/report.js';
import { renderTable, type TableOptions } from '../../../packages/core/src/report/table.js';
import { buildReport, digestStarting, fileDifference, oneSided, reportInput } from '../../support/report.js';
import { expectValidReport } from '../../support/schema.js';

const PLAIN: TableOptions = { color: false, verbose: false };

function table(report: Report, options: Partial<TableOptions> = {}): string {
  expectValidReport(report);
  return [...renderTable(report, { ...PLAIN, ...options })].join('');
}

/** The rows alone, columns parted by ` | `. */
function rows(differences: readonly Difference[], options: Partial<TableOptions> = {}): string[] {
  const lines = table(buildReport(differences), options).split('\n');
  return lines
    .filter((line) => /^(Index|Manifest|Config|Layer|File) /.test(line))
    .map((line) => line.split(/ {2,}/).join(' | '));
}

test('the whole of it: head, rows, summary, verdict', () => {
  const report = buildReport([
    { subject: 'config', change: 'modified', platform: 'linux/amd64', field: '/config/User', values: ['a', 'b'] },
    fileDifference('var/log/dpkg.log'),
    fileDifference('var/log/x', { field: 'mode', values: ['0644', '0755'] }),
    fileDifference('var/log/x', { field: 'uid', values: [0, 1] }),
    fileDifference('var/log/y', {
      field: 'mtime',
      values: ['0.000000000', '1.000000000'],
      ignoredBy: 'file-timestamps',
    }),
    fileDifference('var/log/z', { field: 'order', values: [1, 2], ignoredBy: 'file-order' }),
    fileDifference('var/log/zz', { field: 'order', values: [2, 1], ignoredBy: 'file-order' }),
  ]);
  expect(table(report)).toBe(
    `INPUT-0  a.tar  (oci-archive, linux/amd64)
         ${digestStarting('a')}
INPUT-1  b.tar  (oci-archive, linux/amd64)
         ${digestStarting('b')}

TYPE    NAME                       INPUT-0           INPUT-1
Config  /config/User               "a"               "b"
File    layers-1/var/log/dpkg.log  sha256:1234abcd…  sha256:5678ef01…
File    layers-1/var/log/x         mode 0644, uid 0  mode 0755, uid 1

4 differences (config 1, file 3)
3 ignored (file-order 2, file-timestamps 1; --verbose lists them)
different
`,
  );
});

test('the real example fits into 80 columns', () => {
  const paths = ['var/cache/ldconfig/aux-cache', 'var/log/alternatives.log', 'var/log/apt/history.log'];
  const lines = table(buildReport(paths.map((path) => fileDifference(path)))).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBe(80);
});

test('verbose lists what was ignored, with its rule, one row a rule', () => {
  const report = buildReport([
    fileDifference('a', { field: 'atime', values: [null, '1.000000000'], ignoredBy: 'file-timestamps' }),
    fileDifference('a', { field: 'mtime', values: ['0.000000000', '1.000000000'], ignoredBy: 'file-timestamps' }),
    fileDifference('a', { field: 'order', values: [1, 2], ignoredBy: 'file-order' }),
  ]);
  const lines = table(report, { verbose: true }).split('\n').slice(4);
  expect(lines).toEqual([
    '',
    'Ignored',
    'TYPE  NAME        INPUT-0  INPUT-1  RULE',
    'File  layers-1/a  order 1  order 2  file-order',
    'File  layers-1/a  atime –, mtime 1970-01-01T00:00:00Z  atime 1970-01-01T00:00:01Z, mtime 1970-01-01T00:00:01Z  file-timestamps',
    '',
    '3 ignored (file-timestamps 2, file-order 1)',
    'equivalent: nothing that counts differs; the digests differ by file-timestamps 2, file-order 1',
    '',
  ]);
});

describe('names', () => {
  test.each<[reason: string, difference: Partial<Difference>, row: string]>([
    ['a file in a layer', {}, 'File | layers-1/a | sha256:1234abcd… | sha256:5678ef01…'],
    ['in layers of two numbers', { layers: [2, 3] }, 'File | layers-2:3/a | sha256:1234abcd… | sha256:5678ef01…'],
    [
      'in a layer that one side lacks',
      { layers: [2, null] },
      'File | layers-2:–/a | sha256:1234abcd… | sha256:5678ef01…',
    ],
    ['the root', { path: '.' }, 'File | layers-1/. | sha256:1234abcd… | sha256:5678ef01…'],
    ['hostile', { path: '\u001b[2J  b' }, 'File | layers-1/\\x1b[2J \\x20b | sha256:1234abcd… | sha256:5678ef01…'],
    [
      'no UTF-8',
      { path: 'a\ufffd', pathBytes: 'Yf8=' },
      'File | layers-1/a\\xff | sha256:1234abcd… | sha256:5678ef01…',
    ],
    [
      'the last but one entry of a path',
      { duplicate: 1 },
      'File | layers-1/a | last but 1: sha256:1234abcd… | last but 1: sha256:5678ef01…',
    ],
  ])('%s', (_reason, changes, row) => {
    expect(rows([fileDifference('a', changes)])).toEqual([row]);
  });

  test.each<[reason: string, difference: Partial<Difference>, row: string]>([
    ['a field of an index', { subject: 'index', field: '/manifests/0/size' }, 'Index | /manifests/0/size | 1 | 2'],
    ['a field of a manifest', { subject: 'manifest', field: '/layers/0/size' }, 'Manifest | /layers/0/size | 1 | 2'],
    ['a whole document', { subject: 'config', field: '' }, 'Config | (document) | 1 | 2'],
    ['how a document is written', { subject: 'config', field: 'encoding' }, 'Config | encoding | 1 | 2'],
    ['a layer', { subject: 'layer', layer: 3, field: 'count' }, 'Layer | layers-3 | count 1 | count 2'],
    ['the layers', { subject: 'layer', field: 'count' }, 'Layer | layers | count 1 | count 2'],
  ])('%s', (_reason, changes, row) => {
    expect(rows([{ subject: 'config', change: 'modified', field: '/a', values: [1, 2], ...changes }])).toEqual([row]);
  });
});

describe('folders of one side', () => {
  test.each<[reason: string, differences: Difference[], rows: string[]]>([
    [
      'one row, with all that is below',
      [
        oneSided('srv', 0, 'directory'),
        oneSided('srv/b', 0, 'directory'),
        oneSided('srv/b/c', 0),
        oneSided('srv/d', 0, 'symlink'),
      ],
      ['File | layers-1/srv | directory, 3 entries | –'],
    ],
    [
      'one entry',
      [oneSided('srv', 1, 'directory'), oneSided('srv/a', 1)],
      ['File | layers-1/srv | – | directory, 1 entry'],
    ],
    ['an empty one', [oneSided('srv', 1, 'directory')], ['File | layers-1/srv | – | directory']],
    [
      'names that sort between a folder and its entries',
      [oneSided('a', 0, 'directory'), oneSided('a-b', 0), oneSided('a/c', 0)],
      ['File | layers-1/a | directory, 1 entry | –', 'File | layers-1/a-b | file | –'],
    ],
    [
      'something below it is on the other side',
      [oneSided('a', 0, 'directory'), oneSided('a/b', 1), oneSided('a/c', 0, 'directory'), oneSided('a/c/d', 0)],
      [
        'File | layers-1/a | directory | –',
        'File | layers-1/a/b | – | file',
        'File | layers-1/a/c | directory, 1 entry | –',
      ],
    ],
    [
      'something below it is on both',
      [oneSided('a', 0, 'directory'), fileDifference('a/b')],
      ['File | layers-1/a | directory | –', 'File | layers-1/a/b | sha256:1234abcd… | sha256:5678ef01…'],
    ],
    [
      'another layer is another folder',
      [oneSided('a', 0, 'directory', { layer: 0 }), oneSided('a/b', 0, 'file')],
      ['File | layers-1/a | directory | –', 'File | layers-1/a/b | file | –'],
    ],
    [
      'the root',
      [oneSided('.', 0, 'directory'), oneSided('a', 0), oneSided('b', 0)],
      ['File | layers-1/. | directory, 2 entries | –'],
    ],
    [
      'no folder, only the same first letters',
      [oneSided('a', 0), oneSided('a/b', 0)],
      ['File | layers-1/a | file | –', 'File | layers-1/a/b | file | –'],
    ],
    [
      'paths that are no UTF-8, and would be one as text',
      [
        oneSided('\ufffd', 0, 'directory', { pathBytes: '/g==' }),
        oneSided('\ufffd/a', 0, 'file', { pathBytes: '/i9h' }),
        oneSided('\ufffd/b', 0, 'file', { pathBytes: '/y9i' }),
      ],
      ['File | layers-1/\\xfe | directory, 1 entry | –', 'File | layers-1/\\xff/b | file | –'],
    ],
  ])('%s', (_reason, differences, expected) => {
    expect(rows(differences).map((row) => row.replace('layers-0', 'layers-1'))).toEqual(expected);
  });

  test('a path of a million folders takes no time', () => {
    const deep = 'a/'.repeat(1_000_000);
    const found = rows([
      oneSided('a', 0, 'directory'),
      ...Array.from({ length: 20 }, (_, i) => oneSided(`${deep}${i}`, 0)),
    ]);
    expect(found).toEqual(['File | layers-1/a | directory, 20 entries | –']);
  });
});

test('what a later layer covers has a group of its own, whether verbose or not', () => {
  const report = buildReport([fileDifference('a', { shadowed: true, ignoredBy: 'layering' })]);
  const lines = table(report).split('\n').slice(4, 8);
  expect(lines).toEqual([
    '',
    'Shadowed: not in the last tree, since a later layer covers it',
    'TYPE  NAME        INPUT-0           INPUT-1',
    'File  layers-1/a  sha256:1234abcd…  sha256:5678ef01…',
  ]);
  expect(table(report)).toContain('\n1 shadowed by later layers\n');
});

test('several platforms have a heading each', () => {
  const platforms = ['linux/amd64', 'linux/arm64'];
  const report = buildReport(
    [
      { subject: 'index', change: 'modified', field: '/manifests/0/size', values: [1, 2] },
      ...platforms.map((platform) => fileDifference('a', { platform })),
    ],
    { inputs: [reportInput(0, { platforms }), reportInput(1, { platforms })] },
  );
  expect(table(report).split('\n').slice(5, 13)).toEqual([
    'TYPE   NAME               INPUT-0           INPUT-1',
    'Index  /manifests/0/size  1                 2',
    '',
    'linux/amd64:',
    'File   layers-1/a         sha256:1234abcd…  sha256:5678ef01…',
    '',
    'linux/arm64:',
    'File   layers-1/a         sha256:1234abcd…  sha256:5678ef01…',
  ]);
});

describe('the verdict', () => {
  const lost = reportInput(0, { digest: null });
  test.each<[reason: string, report: Report, line: string]>([
    ['identical', buildReport([], { verdict: 'identical' }), 'identical: both have the same digest'],
    ['different', buildReport([fileDifference('a')]), 'different'],
    [
      'equivalent, by the rules that took out most first, consequences aside',
      buildReport([
        fileDifference('a', { ignoredBy: 'file-order' }),
        fileDifference('b', { ignoredBy: 'tar-format' }),
        fileDifference('c', { ignoredBy: 'tar-format' }),
        fileDifference('d', { ignoredBy: 'consequence' }),
      ]),
      'equivalent: nothing that counts differs; the digests differ by tar-format 2, file-order 1',
    ],
    [
      'a hostile pattern in a rule',
      buildReport([fileDifference('a', { ignoredBy: 'ignore-path=\u001b' })]),
      'equivalent: nothing that counts differs; the digests differ by ignore-path=\\x1b 1',
    ],
    [
      'equivalent where a medium has no manifest',
      buildReport([], { inputs: [lost, reportInput(1)] }),
      'equivalent: nothing that counts differs; input 0 does not have a manifest of its own',
    ],
    [
      'incomplete, after its failures',
      buildReport([], { verdict: 'incomplete', failures: [{ code: 'ERR_IO', message: 'a.tar: gone\u001b' }] }),
      'failure: a.tar: gone\\x1b\nincomplete: something that bears on the answer could not be read',
    ],
  ])('%s', (_reason, report, line) => {
    expect(table(report).endsWith(`\n${line}\n`)).toBe(true);
  });
});

test('counts have their digits in groups', () => {
  const summary = {
    counted: 0,
    ignored: 1_234_567,
    shadowed: 0,
    bySubject: {},
    byRule: { 'file-order': 1_234_567 },
    unexplained: 0,
  };
  expect(table(buildReport([], { summary }))).toContain(
    '1,234,567 ignored (file-order 1,234,567; --verbose lists them)',
  );
});

test('a medium without a manifest says so in the head', () => {
  const report = buildReport([], { inputs: [reportInput(0, { digest: null, platforms: [] }), reportInput(1)] });
  expect(table(report).split('\n').slice(0, 2)).toEqual([
    'INPUT-0  a.tar  (oci-archive)',
    '         no manifest of its own',
  ]);
});

test('colour only when asked for, and nothing else changes', () => {
  const report = buildReport([fileDifference('a'), fileDifference('日本')]);
  const esc = String.fromCharCode(27);
  expect(table(report)).not.toContain(esc);
  const colored = table(report, { color: true });
  expect(colored).toContain(`${esc}[31msha256:1234abcd…${esc}[0m`);
  expect(colored.replaceAll(new RegExp(`${esc}\\[[0-9]+m`, 'g'), '')).toBe(table(report));
});

test('wide characters are counted as two columns', () => {
  const [first, second] = table(buildReport([fileDifference('日本'), fileDifference('abcd')]))
    .split('\n')
    .slice(6);
  expect(first).toBe('File  layers-1/日本  sha256:1234abcd…  sha256:5678ef01…');
  expect(second).toBe('File  layers-1/abcd  sha256:1234abcd…  sha256:5678ef01…');
});

test('a big report comes in chunks of whole lines', () => {
  const differences = Array.from({ length: 20_000 }, (_, i) => fileDifference(`file-${String(i).padStart(6, '0')}`));
  const chunks = [...renderTable(buildReport(differences), PLAIN)];
  expect(chunks.length).toBeGreaterThan(100);
  expect(chunks.every((chunk) => chunk.endsWith('\n') && chunk.length < 100_000)).toBe(true);
  expect(
    chunks
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('File')).length,
  ).toBe(20_000);
});
