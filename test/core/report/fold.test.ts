import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Difference } from '../../../packages/core/src/compare/difference.js';
import { renderTable } from '../../../packages/core/src/report/table.js';
import { buildReport, fileDifference, oneSided } from '../../support/report.js';
import { expectValidReport } from '../../support/schema.js';

// One seed, so that a run that failed fails again.
fc.configureGlobal({ seed: 20261127 });

/** Rows of the table, columns parted by ` | `. */
function rows(differences: readonly Difference[], verbose = false): string[] {
  const report = buildReport(differences);
  expectValidReport(report);
  return [...renderTable(report, { color: false, verbose })]
    .join('')
    .split('\n')
    .filter((line) => /^(Config|Layer|File) /.test(line))
    .map((line) => line.split(/ {2,}/).join(' | '));
}

/** `count` files of which each differs as `changes` say. */
function files(count: number, ...changes: Partial<Difference>[]): Difference[] {
  return Array.from({ length: count }, (_, i) =>
    changes.map((change) => fileDifference(`file-${String(i).padStart(6, '0')}`, change)),
  ).flat();
}

const order = { field: 'order', values: [1, 2] } as const;
const mtime = { field: 'mtime', values: ['0.000000000', '1.000000000'] } as const;
const header = { field: 'header', values: [{ format: 'gnu' }, { format: 'pax' }] } as const;

describe('one row for each way in which entries are written', () => {
  test.each<[string, Partial<Difference>, cell0: string, cell1: string]>([
    ['order', order, 'in one order', 'in another order'],
    ['mtime', mtime, 'with one time', 'with another time'],
    ['atime', { field: 'atime', values: [null, '1.000000000'] }, 'with one time', 'with another time'],
    ['ctime', { field: 'ctime', values: ['1.000000000', null] }, 'with one time', 'with another time'],
    ['uname', { field: 'uname', values: ['', 'a'] }, 'with one user or group name', 'with another user or group name'],
    ['gname', { field: 'gname', values: ['', 'a'] }, 'with one user or group name', 'with another user or group name'],
    ['header', header, 'with one header', 'with another header'],
    ['padding', { field: 'padding', values: [null, 'AQ=='] }, 'with one padding', 'with another padding'],
    ['path', { field: 'path', values: ['a', './a'] }, 'spelt one way', 'spelt another way'],
    ['pax', { field: 'pax/comment', values: [null, 'AQ=='] }, 'with some PAX records', 'with other PAX records'],
    [
      'mode bits above 07777',
      { field: 'mode', values: ['0100644', '0644'] },
      'with some mode bits above 07777',
      'with other mode bits above 07777',
    ],
  ])('%s', (_what, changes, cell0, cell1) => {
    expect(rows(files(4, changes))).toEqual([`File | layers-1 | 4 entries ${cell0} | 4 entries ${cell1}`]);
    expect(rows(files(3, changes))).toHaveLength(3);
    expect(rows(files(4, changes), true)).toEqual(
      files(4, changes).map(({ path }) => expect.stringContaining(` | layers-1/${path} | `)),
    );
  });

  test('in several ways at once', () => {
    expect(rows(files(1412, mtime, order, header))).toEqual([
      'File | layers-1 | 1,412 entries with one time, in one order, with one header | 1,412 entries with another time, in another order, with another header',
    ]);
  });

  test('each way counts for itself, before what stands alone, layer by layer', () => {
    const many = [
      ...files(5, order),
      ...Array.from({ length: 4 }, (_, i) => fileDifference(`time-${i}`, mtime)),
      ...Array.from({ length: 3 }, (_, i) => fileDifference(`uname-${i}`, { field: 'uname', values: ['', 'a'] })),
      fileDifference('z'),
    ];
    expect(rows([...many.map((each) => ({ ...each, layer: 0 })), ...files(4, { ...order, layers: [2, 3] })])).toEqual([
      'File | layers-0 | 5 entries in one order | 5 entries in another order',
      'File | layers-0 | 4 entries with one time | 4 entries with another time',
      'File | layers-0/uname-0 | uname "" | uname a',
      'File | layers-0/uname-1 | uname "" | uname a',
      'File | layers-0/uname-2 | uname "" | uname a',
      'File | layers-0/z | sha256:1234abcd… | sha256:5678ef01…',
      'File | layers-2:3 | 4 entries in one order | 4 entries in another order',
    ]);
  });

  test('layers and platforms do not share', () => {
    const spread = [0, 1].flatMap((layer) => files(2, { ...order, layer }));
    expect(rows(spread)).toHaveLength(4);
    const platforms = ['linux/amd64', 'linux/arm64'].flatMap((platform) => files(2, { ...order, platform }));
    expect(rows(platforms)).toHaveLength(4);
  });
});

describe('never folded', () => {
  test.each<[string, Partial<Difference>]>([
    ['content', {}],
    ['type', { field: 'type', values: ['file', 'symlink'] }],
    ['type, with how it is written', { field: 'type', values: ['file', 'hardlink'], layerEncoding: true }],
    ['uid', { field: 'uid', values: [0, 1] }],
    ['gid', { field: 'gid', values: [0, 1] }],
    ['permission bits', { field: 'mode', values: ['0644', '0755'] }],
    ['permission bits and more', { field: 'mode', values: ['0100644', '0755'] }],
    ['a set-user-ID bit', { field: 'mode', values: ['0755', '04755'] }],
    ['a mode that is no text', { field: 'mode', values: [1, 2] }],
    ['an extended attribute', { field: 'xattrs/user.a', values: [null, 'AQ=='] }],
    ['a link target', { field: 'linkTarget', values: ['a', 'b'] }],
    ['hard links', { field: 'links', values: [['a'], ['b']] }],
    ['a device', { field: 'device', values: ['1:2', '1:3'] }],
    ['a field that is not known', { field: 'order2', values: [1, 2] }],
    ['one of a chain of names that objects inherit', { field: 'constructor', values: [1, 2] }],
    ['a file of one side', { change: 'added', field: 'type', values: [null, 'file'] }],
    ['a whiteout of one side that a tree differs by', { change: 'removed', field: 'type', values: ['whiteout', null] }],
  ])('%s', (_what, changes) => {
    expect(rows(files(10, changes))).toHaveLength(10);
    expect(rows(files(10, order, changes))).toHaveLength(10);
  });

  test('fields of documents', () => {
    const fields = Array.from({ length: 10 }, (_, i): Difference => {
      return { subject: 'config', change: 'modified', platform: 'linux/amd64', field: `/a/${i}/order`, values: [1, 2] };
    });
    expect(rows(fields)).toHaveLength(10);
  });
});

describe('whiteouts and restated entries', () => {
  const encoding = { layerEncoding: true } as const;
  const whiteouts = (count: number, side: 0 | 1, type = 'whiteout'): Difference[] =>
    Array.from({ length: count }, (_, i) => oneSided(`opt/.wh.${side}-${i}`, side, type, encoding));

  test('in another form', () => {
    expect(rows([...whiteouts(1, 1, 'opaque-whiteout'), ...whiteouts(35, 0)])).toEqual([
      'File | layers-1 | 35 of 36 whiteouts in one form | 1 of 36 whiteouts in another form',
    ]);
    expect(rows(whiteouts(4, 1))).toEqual(['File | layers-1 | – | 4 whiteouts in another form']);
    expect(rows([...whiteouts(1, 1, 'opaque-whiteout'), ...whiteouts(2, 0)])).toHaveLength(3);
  });

  test('both sides have them, in two forms', () => {
    for (const field of ['whiteout', 'type']) {
      expect(rows(files(4, { field, values: ['whiteout', 'opaque-whiteout'] }, mtime))).toEqual([
        'File | layers-1 | 4 whiteouts in one form | 4 whiteouts in another form',
      ]);
    }
    expect(rows(files(4, { field: 'type', values: ['whiteout', 'character-device'] }))).toHaveLength(4);
  });

  test('a tree that differs by some of them', () => {
    const real = oneSided('etc/.wh.passwd', 0, 'whiteout');
    expect(rows([real, ...whiteouts(36, 0)])).toEqual([
      'File | layers-1 | 36 whiteouts in one form | –',
      'File | layers-1/etc/.wh.passwd | whiteout | –',
    ]);
  });

  test('entries that say again what is there', () => {
    const restated = [0, 1, 2, 3].map((i) => oneSided(`usr-${i}`, i === 0 ? 1 : 0, 'directory', encoding));
    expect(rows(restated)).toEqual([
      'File | layers-1 | 3 of 4 entries that input 0 restates | 1 of 4 entries that input 1 restates',
    ]);
  });

  test('a folder of them counts with what is below it, and never hides what is new', () => {
    const folder = (i: number): Difference[] => [
      oneSided(`d${i}`, 0, 'directory', encoding),
      oneSided(`d${i}/a`, 0, 'file', encoding),
      oneSided(`d${i}/b`, 0, 'file', encoding),
    ];
    expect(rows([0, 1, 2, 3].flatMap(folder))).toEqual(['File | layers-1 | 12 entries that input 0 restates | –']);
    expect(rows([oneSided('d', 0, 'directory', encoding), oneSided('d/new', 0)])).toEqual([
      'File | layers-1/d | directory | –',
      'File | layers-1/d/new | file | –',
    ]);
  });
});

test('what a later layer covers folds in its own group', () => {
  const covered = { ...mtime, shadowed: true, ignoredBy: 'layering' } as const;
  const report = buildReport([...files(4, covered), fileDifference('z', { shadowed: true, ignoredBy: 'layering' })]);
  const text = [...renderTable(report, { color: false, verbose: false })].join('').split('\n');
  expect(text.slice(4)).toEqual([
    '',
    'Shadowed: not in the last tree, since a later layer covers it',
    'TYPE  NAME        INPUT-0                  INPUT-1',
    'File  layers-1    4 entries with one time  4 entries with another time',
    'File  layers-1/z  sha256:1234abcd…         sha256:5678ef01…',
    '',
    '5 ignored (layering 5; --verbose lists them)',
    '5 shadowed by later layers',
    'equivalent: nothing that counts differs; the digests differ by layering 5',
    '',
  ]);
});

test('200,000 entries in no time', () => {
  const many = files(200_000, order, mtime);
  const start = performance.now();
  const chunks = [...renderTable(buildReport(many), { color: false, verbose: false })];
  expect(chunks.join('')).toContain('200,000 entries with another time, in another order');
  expect(performance.now() - start).toBeLessThan(10_000);
});

test('folded counts and the rows that are left add up to the rows unfolded', () => {
  const changes: readonly Partial<Difference>[] = [
    order,
    mtime,
    header,
    {},
    { field: 'mode', values: ['0100644', '0644'] },
    { field: 'mode', values: ['0644', '0600'] },
    { field: 'pax/a', values: [null, 'AQ=='] },
  ];
  const sides: readonly Partial<Difference>[] = [
    { change: 'added', field: 'type', values: [null, 'whiteout'], layerEncoding: true },
    { change: 'removed', field: 'type', values: ['opaque-whiteout', null], layerEncoding: true },
    { change: 'added', field: 'type', values: [null, 'file'], layerEncoding: true },
    { change: 'removed', field: 'type', values: ['file', null] },
  ];
  const thing = fc.oneof(
    { weight: 3, arbitrary: fc.subarray([...changes], { minLength: 1, maxLength: 2 }) },
    { weight: 2, arbitrary: fc.constantFrom(...sides).map((side) => [side]) },
  );
  let withFolds = 0;
  fc.assert(
    fc.property(fc.array(fc.array(thing, { maxLength: 60, size: 'max' }), { maxLength: 3 }), (layers) => {
      const differences = layers.flatMap((things, layer) =>
        things.flatMap((fields, i) => fields.map((field) => fileDifference(`f${i}`, { layer, ...field }))),
      );
      const folded = rows(differences);
      if (folded.some((row) => /\d entries|whiteouts/.test(row))) withFolds++;
      expect(folded.map(entriesOf).reduce((a, b) => a + b, 0)).toBe(rows(differences, true).length);
    }),
    { numRuns: 200 },
  );
  expect(withFolds).toBeGreaterThan(50);
});

/* A folded row of both sides' entries tells their number in each cell, one of one-sided entries its share. */
function entriesOf(row: string): number {
  const [, name = '', ...cells] = row.split(' | ');
  if (name.includes('/')) return 1;
  const shares = cells.map((cell) => /^(\d+)(?: of (\d+))? (?:entries|whiteouts)/.exec(cell));
  const [share0, share1] = shares.map((match) => Number(match?.[1] ?? 0)) as [number, number];
  const all = Number(shares.find((match) => match?.[2] !== undefined)?.[2] ?? Math.max(share0, share1));
  expect(all === share0 + share1 || (all === share0 && all === share1)).toBe(true);
  return all;
}
