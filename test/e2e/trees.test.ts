import { describe, expect, test } from 'vitest';
import type { Difference, DiffOptions, Report } from '../../packages/core/src/index.js';
import { buildImage, type EntrySpec, sha256 } from '../support/images.js';
import { differencesOf, referenceTree } from '../support/reference-tree.js';
import { compare, counted, expectSound, failuresOf, mirror, temporaryFolder, writeArchive } from './support.js';

/*
 * Each rule of image-spec, layer.md, "Applying Changesets" and "Whiteouts", by a pair of images made by hand. What is
 * expected follows from the specification; test/support/reference-tree.ts has to agree.
 */

const folder = temporaryFolder();
type Layers = readonly (readonly EntrySpec[])[];

const dir = (path: string, fields: Partial<EntrySpec> = {}): EntrySpec => ({
  path: `${path}/`,
  type: 'directory',
  ...fields,
});
const file = (path: string, content = 'content', fields: Partial<EntrySpec> = {}): EntrySpec => ({
  path,
  content,
  ...fields,
});
const symlink = (path: string, linkTarget: string): EntrySpec => ({ path, type: 'symlink', mode: 0o777, linkTarget });
const link = (path: string, linkTarget: string, fields: Partial<EntrySpec> = {}): EntrySpec => ({
  path,
  type: 'link',
  linkTarget,
  ...fields,
});
const gone = (path: string): EntrySpec => ({ path: path.replace(/([^/]+)$/, '.wh.$1'), mode: 0 });
const opaque = (path: string): EntrySpec => ({ path: path === '' ? '.wh..wh..opq' : `${path}/.wh..wh..opq`, mode: 0 });

let files = 0;
async function image(layers: Layers, named = true): Promise<string> {
  files += 1;
  const history = layers.map((_, i) => ({ created_by: `RUN step ${i} # buildkit` }));
  const configFile = named ? { history } : {};
  return writeArchive(
    folder,
    `${files}.tar`,
    await buildImage({ layers: layers.map((entries) => ({ entries })), configFile }),
  );
}

/** Both orders, sound and each other's mirror; what the first order gave. */
async function both(layers0: Layers, layers1: Layers, options: DiffOptions = { mode: 'semantic' }): Promise<Report> {
  const [path0, path1] = [await image(layers0), await image(layers1)];
  const report = await compare(path0, path1, { ...options, verbose: true });
  const swapped = await compare(path1, path0, { ...options, verbose: true });
  for (const each of [report, swapped]) {
    expect(each.failures).toEqual([]);
    expectSound(each);
  }
  const inOrder = (list: readonly object[]): string[] =>
    list.map((each) => JSON.stringify(each, Object.keys(each).sort())).sort();
  expect(inOrder(swapped.differences)).toEqual(inOrder(mirror(report).differences));
  expect(swapped.verdict).toBe(report.verdict);
  return report;
}

function countedOnes(report: Report): Difference[] {
  return report.differences.filter(({ ignoredBy }) => ignoredBy === undefined);
}

/** Path, field, values, and the layer or layers. */
type Row = readonly [string, string, unknown, unknown, number | readonly [number | null, number | null]];

function rowOf({ subject, path = '', field, values, layer, layers }: Difference): Row {
  expect(subject).toBe('file');
  const [value0, value1] =
    /* A file that is linked with nothing may have no group. */
    field === 'links' ? values.map((each) => each ?? [path]) : values;
  return [path, field, value0, value1, layer ?? (layers as Row[4])];
}

const digest = (content: string): string => sha256(content);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const xattr = (value: string): Partial<EntrySpec> => ({ pax: { 'SCHILY.xattr.user.a': value } });
const BASE = [dir('etc'), file('etc/a'), file('etc/b')];

/** Of a rule: two images, and what differs in their trees. */
const RULES: Readonly<Record<string, readonly [Layers, Layers, readonly Row[]]>> = {
  /* Additions and modifications. */
  'a file that a layer adds': [[BASE], [BASE, [file('etc/c')]], [['etc/c', 'type', null, 'file', [null, 1]]]],
  'a file that one side never had, in the middle': [
    [BASE, [file('x')], [file('y')]],
    [BASE, [file('y')]],
    [['x', 'type', 'file', null, [1, null]]],
  ],
  'a file written anew': [
    [BASE],
    [BASE, [file('etc/a', 'new')]],
    [['etc/a', 'content', digest('content'), digest('new'), [0, 1]]],
  ],
  'a file written anew as it was': [[BASE], [BASE, [file('etc/a')]], []],
  'mode and owner, one difference a field': [
    [BASE, [file('etc/a', 'content', { mode: 0o600, uid: 7, gid: 8 })]],
    [BASE, [file('etc/a')]],
    [
      ['etc/a', 'gid', 8, 0, 1],
      ['etc/a', 'mode', '0600', '0644', 1],
      ['etc/a', 'uid', 7, 0, 1],
    ],
  ],
  'extended attributes': [
    [[file('a', 'content', xattr('1'))]],
    [[file('a', 'content', xattr('2'))]],
    [['a', 'xattrs/user.a', base64('1'), base64('2'), 0]],
  ],
  'an extended attribute that an entry written anew has not': [
    [[file('a', 'content', xattr('1'))]],
    [[file('a', 'content', xattr('1'))], [file('a')]],
    [['a', 'xattrs/user.a', base64('1'), null, [0, 1]]],
  ],
  'the target of a symbolic link, to the letter': [
    [[symlink('s', 'a/b')]],
    [[symlink('s', './a/b')]],
    [['s', 'linkTarget', 'a/b', './a/b', 0]],
  ],
  'the numbers of a device': [
    [[{ path: 'null', type: 'character-device', device: [1, 3] }]],
    [[{ path: 'null', type: 'character-device', device: [1, 5] }]],
    [['null', 'device', '1:3', '1:5', 0]],
  ],
  'the last of two entries of one path': [[[file('a', 'one'), file('a', 'two')]], [[file('a', 'two')]], []],
  'the last of two entries of one path, not the first': [
    [[file('a', 'one'), file('a', 'two')]],
    [[file('a', 'one')]],
    [['a', 'content', digest('two'), digest('one'), 0]],
  ],
  'the last of two folders of one path': [
    [[dir('d', { mode: 0o700 }), file('d/x'), dir('d')]],
    [[dir('d'), file('d/x')]],
    [],
  ],
  'names spelt in other ways': [
    [[dir('./etc'), file('./etc/a'), link('./b', './etc/a')]],
    [[dir('etc'), file('/etc//a'), link('b', 'etc/a')]],
    [],
  ],
  'mode bits above 07777': [
    [[file('a', 'content', { mode: 0o100644 })]],
    [[file('a', 'content', { mode: 0o644 })]],
    [],
  ],
  'user and group names': [
    [[file('a', 'content', { uname: 'root' })]],
    [[file('a', 'content', { gname: 'wheel' })]],
    [],
  ],

  /* One thing in place of another. */
  'a file in place of a folder': [
    [[dir('d'), file('d/x'), dir('d/e'), file('d/e/y')]],
    [[dir('d'), file('d/x'), dir('d/e'), file('d/e/y')], [file('d', '', { mode: 0o755 })]],
    [
      ['d', 'type', 'directory', 'file', [0, 1]],
      ['d/e', 'type', 'directory', null, [0, 1]],
      ['d/e/y', 'type', 'file', null, [0, 1]],
      ['d/x', 'type', 'file', null, [0, 1]],
    ],
  ],
  'a folder in place of a file': [
    [[file('d', '', { mode: 0o755 })]],
    [[file('d', '', { mode: 0o755 })], [dir('d'), file('d/x')]],
    [
      ['d', 'type', 'file', 'directory', [0, 1]],
      ['d/x', 'type', null, 'file', [null, 1]],
    ],
  ],
  'a folder again, where a file was in between: it is empty': [
    [[dir('d'), file('d/x')], [file('d')], [dir('d')]],
    [[dir('d')]],
    [],
  ],
  'a pipe in place of a file': [
    [[file('p', '')]],
    [[file('p', '')], [{ path: 'p', type: 'fifo' }]],
    [['p', 'type', 'file', 'fifo', [0, 1]]],
  ],
  'a folder over a folder: the attributes of the last, the children of both': [
    [
      [dir('d'), file('d/x')],
      [dir('d', { mode: 0o700, uid: 5 }), file('d/y')],
    ],
    [[dir('d', { mode: 0o700, uid: 5 }), file('d/x'), file('d/y')]],
    [],
  ],
  'a folder over a folder: new attributes': [
    [[dir('d'), file('d/x')]],
    [[dir('d'), file('d/x')], [dir('d', { mode: 0o1777 })]],
    [['d', 'mode', '0755', '01777', [0, 1]]],
  ],
  'a folder over a symbolic link replaces the link': [
    [
      [dir('real'), symlink('d', 'real')],
      [dir('d'), file('d/x')],
    ],
    [[dir('real'), dir('d'), file('d/x')]],
    [],
  ],
  'a symbolic link over a folder': [
    [[dir('real'), dir('d'), file('d/x')], [symlink('d', 'real')]],
    [[dir('real'), symlink('d', 'real')]],
    [],
  ],

  /* Whiteouts. */
  'a whiteout of a file': [[BASE], [BASE, [gone('etc/a')]], [['etc/a', 'type', 'file', null, [0, 1]]]],
  'a whiteout of a folder takes what is in it': [
    [[dir('d'), dir('d/e'), file('d/e/x')]],
    [[dir('d'), dir('d/e'), file('d/e/x')], [gone('d')]],
    [
      ['d', 'type', 'directory', null, [0, 1]],
      ['d/e', 'type', 'directory', null, [0, 1]],
      ['d/e/x', 'type', 'file', null, [0, 1]],
    ],
  ],
  'a whiteout of a symbolic link takes the link, not what it leads to': [
    [[dir('real'), file('real/x'), symlink('s', 'real')], [gone('s')]],
    [[dir('real'), file('real/x')]],
    [],
  ],
  'a whiteout, wherever it stands': [
    [BASE, [gone('etc/a'), file('etc/c')]],
    [BASE, [file('etc/c'), gone('etc/a')]],
    [],
  ],
  'a whiteout of nothing': [[BASE], [BASE, [gone('etc/nothing'), gone('nothing')]], []],
  'a whiteout of a name of which another is the beginning': [
    [[file('a'), file('ab'), dir('a.d'), file('a.d/x')], [gone('a')]],
    [[file('ab'), dir('a.d'), file('a.d/x')]],
    [],
  ],
  'gone, and there again': [
    [[dir('d'), file('d/x')], [gone('d')], [dir('d'), file('d/y')]],
    [[dir('d'), file('d/y')]],
    [],
  ],
  'there, gone, there and gone: the last whiteout': [
    [BASE, [gone('etc/a')], [file('etc/a')], [gone('etc/a')]],
    [BASE],
    [['etc/a', 'type', null, 'file', [3, 0]]],
  ],
  'an opaque mark takes what is in the folder, not the folder': [
    [[dir('d', { mode: 0o700 }), file('d/x'), dir('d/e'), file('d/e/y')]],
    [
      [dir('d', { mode: 0o700 }), file('d/x'), dir('d/e'), file('d/e/y')],
      [dir('d', { mode: 0o700 }), opaque('d')],
    ],
    [
      ['d/e', 'type', 'directory', null, [0, 1]],
      ['d/e/y', 'type', 'file', null, [0, 1]],
      ['d/x', 'type', 'file', null, [0, 1]],
    ],
  ],
  'an opaque mark without an entry for its folder': [
    [[dir('d', { mode: 0o700 }), file('d/x')], [opaque('d')]],
    [[dir('d', { mode: 0o700 })]],
    [],
  ],
  'an opaque mark leaves what its own layer writes, in front': [
    [
      [dir('d'), file('d/x')],
      [opaque('d'), dir('d'), file('d/y')],
    ],
    [[dir('d'), file('d/y')]],
    [],
  ],
  'an opaque mark leaves what its own layer writes, behind': [
    [
      [dir('d'), file('d/x')],
      [dir('d'), file('d/y'), opaque('d')],
    ],
    [[dir('d'), file('d/y')]],
    [],
  ],
  'an opaque mark over a path that its layer writes again: the attributes of before are gone': [
    [
      [dir('d'), dir('d/e', { mode: 0o700 }), file('d/e/x')],
      [dir('d'), opaque('d'), dir('d/e'), file('d/e/y')],
    ],
    [[dir('d'), dir('d/e'), file('d/e/y')]],
    [],
  ],
  'an opaque mark of the root': [[BASE, [opaque(''), file('x')]], [[file('x')]], []],
  'the two forms of whiteouts': [
    [BASE, [dir('etc'), gone('etc/a'), gone('etc/b')]],
    [BASE, [dir('etc'), opaque('etc')]],
    [],
  ],
  'the example of the specification: a/b made anew': [
    [
      [dir('a'), dir('a/b'), dir('a/b/c'), file('a/b/c/bar')],
      [dir('a'), opaque('a'), dir('a/b'), dir('a/b/c'), file('a/b/c/foo')],
    ],
    [
      [dir('a'), dir('a/b'), dir('a/b/c'), file('a/b/c/bar')],
      [dir('a'), dir('a/b'), dir('a/b/c'), file('a/b/c/foo'), opaque('a')],
    ],
    [],
  ],

  /* Hard links. */
  'which of two hard links is first': [[[file('a', 'x'), link('b', 'a')]], [[file('b', 'x'), link('a', 'b')]], []],
  'hard links in a row, or all to one': [
    [[file('a', 'x'), link('b', 'a'), link('c', 'b')]],
    [[file('a', 'x'), link('b', 'a'), link('c', 'a')]],
    [],
  ],
  'a hard link, or a copy': [
    [[file('a', 'x'), link('b', 'a')]],
    [[file('a', 'x'), file('b', 'x')]],
    [['a', 'links', ['a', 'b'], ['a'], 0]],
  ],
  'one of three hard links a copy: told once': [
    [[file('a', 'x'), link('b', 'a'), link('c', 'a')]],
    [[file('a', 'x'), link('b', 'a'), file('c', 'x')]],
    [['a', 'links', ['a', 'b', 'c'], ['a', 'b'], 0]],
  ],
  'a copy that a later layer makes of a hard link': [
    [[file('a', 'x'), link('b', 'a')], [file('b', 'x')]],
    [[file('a', 'x'), file('b', 'x')]],
    [],
  ],
  'other content of hard links: told once, at the first': [
    [[file('z', 'one'), link('a', 'z'), link('m', 'z')]],
    [[file('z', 'two'), link('a', 'z'), link('m', 'z')]],
    [['a', 'content', digest('one'), digest('two'), 0]],
  ],
  'another mode of hard links: told once, at the first': [
    [[file('z', 'x'), link('a', 'z')]],
    [[file('z', 'x', { mode: 0o4755 }), link('a', 'z', { mode: 0o4755 })]],
    [['a', 'mode', '0644', '04755', 0]],
  ],
  "a link's own header is applied to the file, the last in the tar wins": [
    [
      [
        file('a', 'x', { mode: 0o644 }),
        link('b', 'a', { mode: 0o777, uid: 1 }),
        link('c', 'a', { mode: 0o600, uid: 7, gid: 8, ...xattr('1') }),
      ],
    ],
    [
      [
        file('a', 'x', { mode: 0o600, uid: 7, gid: 8, ...xattr('1') }),
        link('b', 'a', { mode: 0o600, uid: 7, gid: 8, ...xattr('1') }),
        link('c', 'a', { mode: 0o600, uid: 7, gid: 8, ...xattr('1') }),
      ],
    ],
    [],
  ],
  'a hard link whose target a later layer deletes': [
    [[file('a', 'x'), link('b', 'a')], [gone('a')]],
    [[file('b', 'x')]],
    [],
  ],
  'a hard link whose target a later layer writes anew': [
    [[file('a', 'one'), link('b', 'a')], [file('a', 'two')]],
    [[file('a', 'two'), file('b', 'one')]],
    [],
  ],
  'a hard link to a symbolic link': [
    [[symlink('s', 'x'), link('t', 's', { mode: 0o777 })]],
    [[symlink('t', 'x'), link('s', 't', { mode: 0o777 })]],
    [],
  ],

  /* Parents. */
  'a missing parent is the folder of a lower layer': [
    [[dir('d', { mode: 0o700, uid: 5 })], [file('d/x')]],
    [[dir('d', { mode: 0o700, uid: 5 }), file('d/x')]],
    [],
  ],
  'a missing parent is 0755, of root': [[[file('d/e/x')]], [[dir('d'), dir('d/e'), file('d/e/x')]], []],
  'a missing parent is nothing else': [
    [[file('d/x')]],
    [[dir('d', { mode: 0o700, gid: 5 }), file('d/x')]],
    [
      ['d', 'gid', 0, 5, 0],
      ['d', 'mode', '0755', '0700', 0],
    ],
  ],
  'a folder behind what is in it': [
    [[file('d/x'), dir('d', { mode: 0o700 })]],
    [[dir('d', { mode: 0o700 }), file('d/x')]],
    [],
  ],
  'a symbolic-link parent of the same layer': [
    [[dir('usr'), dir('usr/bin'), symlink('bin', 'usr/bin'), file('bin/sh')]],
    [[dir('usr'), dir('usr/bin'), symlink('bin', 'usr/bin'), file('usr/bin/sh')]],
    [],
  ],
  'a symbolic-link parent with an absolute target': [
    [[dir('usr'), dir('usr/bin'), dir('x'), symlink('x/bin', '/usr/bin'), file('x/bin/sh')]],
    [[dir('usr'), dir('usr/bin'), dir('x'), symlink('x/bin', '/usr/bin'), file('usr/bin/sh')]],
    [],
  ],
  'a symbolic-link parent stays inside the root': [
    [[dir('usr'), dir('d'), symlink('d/up', '../../../usr'), file('d/up/x')]],
    [[dir('usr'), dir('d'), symlink('d/up', '../../../usr'), file('usr/x')]],
    [],
  ],
  'a symbolic-link parent through another': [
    [[dir('real'), symlink('one', 'real'), symlink('two', 'one'), file('two/x')]],
    [[dir('real'), symlink('one', 'real'), symlink('two', 'one'), file('real/x')]],
    [],
  ],

  /* The root. */
  'the root where both sides state it': [
    [[{ path: './', type: 'directory', mode: 0o755 }, file('a')]],
    [[{ path: './', type: 'directory', mode: 0o700 }, file('a')]],
    [['.', 'mode', '0755', '0700', 0]],
  ],
  'the root where one side states it': [
    [[{ path: './', type: 'directory', mode: 0o700 }, file('a')]],
    [[file('a')]],
    [],
  ],
};

describe('a rule of the tree', () => {
  /* umoci does not apply the header of a link: the tree is what the others make of it, and that may be told besides. */
  const engineDependent = ["a link's own header is applied to the file, the last in the tar wins"];

  test.each(Object.keys(RULES))('%s', async (rule) => {
    const [layers0, layers1, rows] = RULES[rule] as (typeof RULES)[string];
    const report = await both(layers0, layers1);
    /* Where the type is another, other fields may be told beside. */
    const otherType = rows.filter(([, field, , , layers]) => field === 'type' && layers !== null).map(([path]) => path);
    const told = countedOnes(report)
      .filter(({ field }) => field !== 'engine-dependent' || !engineDependent.includes(rule))
      .filter(({ path = '', field }) => field === 'type' || !otherType.includes(path))
      .map(rowOf);
    expect(told.sort(byPathAndField)).toEqual(rows);
    if (!engineDependent.includes(rule)) expect(report.verdict).toBe(rows.length > 0 ? 'different' : 'equivalent');
    for (const { level, equal, equivalent } of report.levels) {
      if (level === 'filesystem' && rows.length > 0) expect([equal, equivalent]).toEqual([false, false]);
      if (level === 'filesystem' && rows.length === 0) expect(equivalent).toBe(true);
    }
  });

  /* The reference has no root and no devices. */
  const known = Object.keys(RULES).filter((rule) => !/^the (root where both|numbers of a device)/.test(rule));
  test.each(known)('%s, by the reference', (rule) => {
    const [layers0, layers1, rows] = RULES[rule] as (typeof RULES)[string];
    const [tree0, tree1] = [referenceTree(layers0), referenceTree(layers1)];
    const found = differencesOf(tree0.files, tree1.files).filter(({ field }) => field !== 'mtime');
    expect(found).toEqual(rows.map(([path, field]) => ({ path, field })));
    for (const [path, , , , layers] of rows) {
      const expected = typeof layers === 'number' ? [layers, layers] : layers;
      const state = (tree: typeof tree0): number | null => tree.statedBy.get(path) ?? null;
      expect([path, [state(tree0), state(tree1)]]).toEqual([path, expected]);
    }
  });

  test('mtime is all that an implied folder may differ in', async () => {
    const report = await both([[file('d/x')]], [[dir('d', { mtime: 5 }), file('d/x')]], { mode: 'strict' });
    const fields = countedOnes(report).map(({ path, field }) => `${path} ${field}`);
    expect(fields.filter((row) => !row.startsWith('d '))).toEqual([]);
    for (const row of fields) expect(['d type', 'd mtime']).toContain(row);
  });
});

function byPathAndField(a: Row, b: Row): number {
  const [key0, key1] = [`${a[0]}\0${a[1]}`, `${b[0]}\0${b[1]}`];
  return key0 < key1 ? -1 : key0 > key1 ? 1 : 0;
}

describe('rules off, one by one', () => {
  const off = (...noIgnore: NonNullable<DiffOptions['noIgnore']>): DiffOptions => ({ mode: 'semantic', noIgnore });

  test('layer-encoding: the two forms of whiteouts are told apart', async () => {
    const pair = [
      [BASE, [dir('etc'), gone('etc/a'), gone('etc/b')]],
      [BASE, [dir('etc'), opaque('etc')]],
    ] as const;
    const report = await both(...pair, off('layer-encoding'));
    expect(counted(report)).toEqual(['file 1 etc/.wh..wh..opq type', 'file 1 etc/.wh.a type', 'file 1 etc/.wh.b type']);
    const ignored = (await both(...pair)).differences.filter(({ path = '' }) => path.includes('.wh.'));
    expect(ignored.map(({ ignoredBy, values }) => [ignoredBy, values])).toEqual([
      ['layer-encoding', [null, 'opaque-whiteout']],
      ['layer-encoding', ['whiteout', null]],
      ['layer-encoding', ['whiteout', null]],
    ]);
  });

  test('layer-encoding: an entry that restates what is there', async () => {
    const pair = [
      [BASE, [dir('etc'), file('etc/a'), file('etc/c')]],
      [BASE, [file('etc/c')]],
    ] as const;
    const rows = (await both(...pair)).differences.filter(({ subject }) => subject === 'file');
    expect(rows.map(({ path, field, ignoredBy }) => [path, field, ignoredBy])).toEqual([
      ['etc', 'type', 'layer-encoding'],
      ['etc/a', 'type', 'layer-encoding'],
    ]);
    expect(counted(await both(...pair, off('layer-encoding')))).toEqual(['file 1 etc type', 'file 1 etc/a type']);
  });

  test('layer-encoding: which of two hard links is first', async () => {
    const pair = [[[file('a', 'x'), link('b', 'a')]], [[file('b', 'x'), link('a', 'b')]]] as const;
    const report = await both(...pair, off('layer-encoding'));
    expect(report.verdict).toBe('different');
    expect(new Set(countedOnes(report).map(({ path }) => path))).toEqual(new Set(['a', 'b']));
  });

  test('layering: the cut is told', async () => {
    const pair = [[[file('a')], [file('b')]], [[file('a'), file('b')]]] as const;
    expect((await both(...pair)).verdict).toBe('equivalent');
    expect((await both(...pair, off('layer-encoding'))).verdict).toBe('equivalent');
    const report = await both(...pair, off('layering'));
    expect(report.verdict).toBe('different');
    expect(counted(report)).toContain('layer count');
  });

  test('layering: what a later layer removes is shadowed', async () => {
    const pair = [
      [BASE, [file('tmp', 'one')], [gone('tmp')]],
      [BASE, [file('tmp', 'two')], [gone('tmp')]],
    ] as const;
    const report = await both(...pair);
    expect(report.verdict).toBe('equivalent');
    const rows = report.differences.filter(({ subject }) => subject === 'file');
    expect(
      rows.map(({ layer, path, field, shadowed, ignoredBy }) => [layer, path, field, shadowed, ignoredBy]),
    ).toEqual([[1, 'tmp', 'content', true, 'layering']]);
    expect(report.summary.shadowed).toBe(1);
    /* Shadowed rows are in the report without --verbose too: they are why the digests differ. */
    const brief = await compare(await image(pair[0]), await image(pair[1]), { mode: 'semantic' });
    expect(brief.differences.map(({ path }) => path)).toEqual(['tmp']);
    expect(counted(await both(...pair, off('layering')))).toEqual(['file 1 tmp content']);
  });

  test('layering: what only one side has for a while is shadowed', async () => {
    const pair = [
      [BASE, [file('x'), file('cache')], [gone('cache')]],
      [BASE, [file('x')], [file('y')]],
    ] as const;
    const report = await both(...pair);
    expect(countedOnes(report).map(({ path, field }) => [path, field])).toEqual([['y', 'type']]);
    const rows = report.differences.filter(({ path }) => path === 'cache');
    expect(rows.map(({ layer, shadowed, ignoredBy }) => [layer, shadowed, ignoredBy])).toEqual([[1, true, 'layering']]);
  });

  test('a difference of the last tree is none of the cut or the encoding', async () => {
    const pair = [
      [BASE, [gone('etc/a')]],
      [BASE, [file('etc/b', 'new')]],
    ] as const;
    const report = await both(...pair, { mode: { ignore: ['layer-encoding', 'layering'] } });
    const paths = countedOnes(report).flatMap(({ path }) => path ?? []);
    expect(new Set(paths)).toEqual(new Set(['etc/a', 'etc/b']));
  });
});

describe('what is read in more than one way', () => {
  /* Of what engines make of it: umoci 0.4.7; Buildah and containerd on a plain folder; containerd on overlay. */
  const ENGINES: readonly (readonly [string, Layers, Layers])[] = [
    [
      'a whiteout of a name that the same layer writes: stays in umoci, goes in Buildah and containerd',
      [[file('a')], [file('x'), gone('x')]],
      [[file('a')], [file('x')]],
    ],
    [
      'an opaque mark over children whose folder has no entry: stay in umoci, go in Buildah and containerd',
      [
        [dir('d'), file('d/old')],
        [dir('d'), file('d/sub/f'), opaque('d')],
      ],
      [
        [dir('d'), file('d/old')],
        [dir('d'), dir('d/sub'), file('d/sub/f'), opaque('d')],
      ],
    ],
    [
      'a symbolic-link parent in a lower layer: followed in Buildah and containerd, hidden by a folder on overlay',
      [[dir('usr'), dir('usr/bin'), symlink('bin', 'usr/bin')], [file('bin/x')]],
      [[dir('usr'), dir('usr/bin'), symlink('bin', 'usr/bin')], [file('usr/bin/x')]],
    ],
    [
      'a hard link into a lower layer: works in umoci and Buildah, an error in containerd on overlay',
      [[file('a', 'x')], [link('b', 'a')]],
      [[file('a', 'x')], [file('a', 'x'), link('b', 'a')]],
    ],
  ];

  test.each(ENGINES)('%s', async (_, layers0, layers1) => {
    const modes: readonly DiffOptions[] = [{ mode: 'semantic' }, { mode: 'strict' }];
    for (const options of modes) {
      const report = await both(layers0, layers1, options);
      const rows = report.differences.filter(({ field }) => field === 'engine-dependent');
      expect(rows.map((each) => [each.subject, each.layer, each.ignoredBy])).toEqual([['layer', 1, undefined]]);
      const notes = report.notes.filter(({ code }) => code === 'engine-dependent');
      expect(new Set(notes.map(({ input }) => input))).toEqual(new Set([0]));
      if (options.mode === 'semantic') expect(counted(report)).toEqual(['layer 1 engine-dependent']);
    }
  });

  test.each(ENGINES)('%s: on both sides no difference', async (name, layers0) => {
    const upper = layers0[1] as EntrySpec[];
    const report = await both(
      [layers0[0] as EntrySpec[], [...upper, file('zz', 'one')]],
      [layers0[0] as EntrySpec[], [...upper, file('zz', 'two')]],
    );
    expect(counted(report)).toEqual(['file 1 zz content']);
    const notes = report.notes.filter(({ code }) => code === 'engine-dependent');
    const inputs = new Set(notes.map(({ input }) => input));
    /* What a parent is stands in a layer that both sides share, and that need not be read. */
    if (!name.startsWith('a symbolic') || inputs.size > 0) expect(inputs).toEqual(new Set([0, 1]));
  });

  const MARKS: readonly (readonly [string, EntrySpec])[] = [
    ['.wh..wh.plnk', dir('.wh..wh.plnk')],
    ['.wh..wh.aufs', file('.wh..wh.aufs', '')],
    ['.wh..wh.orph', dir('.wh..wh.orph')],
    ['etc/.wh.', file('etc/.wh.', '')],
    ['etc/.wh..', file('etc/.wh..', '')],
    ['etc/.wh...', file('etc/.wh...', '')],
  ];

  test.each(MARKS)('%s is noted, and nothing is removed or made by it', async (name, mark) => {
    const layers = (content: string, ...more: EntrySpec[]): Layers => [BASE, [...more, file('x', content)]];
    const same = await both(layers('one', mark), layers('two', mark));
    expect(counted(same)).toEqual(['file 1 x content']);
    for (const input of [0, 1]) {
      expect(same.notes.some((note) => note.input === input && note.message.includes(name))).toBe(true);
    }
    const oneSided = await both(layers('one', mark), layers('one'));
    const inTree = ['etc', 'etc/a', 'etc/b', 'x', '.', '..'];
    expect(countedOnes(oneSided).filter(({ path = '' }) => inTree.includes(path))).toEqual([]);
    expect(oneSided.notes.filter(({ message }) => message.includes(name)).map(({ input }) => input)).toEqual([0]);
  });
});

describe('names that leave the root', () => {
  test.each(['../x', 'etc/../../x', '/../x', '../', 'etc/../../.wh.x', '../.wh..wh..opq'])(
    '%s is refused, and the layer named',
    async (path) => {
      const spec = [BASE, [file('ok'), path.endsWith('/') ? { path, type: 'directory' as const } : file(path)]];
      const built = await buildImage({ layers: spec.map((entries) => ({ entries })) });
      const bad = await writeArchive(folder, 'bad.tar', built);
      const good = await image([BASE, [file('ok')]]);
      for (const [first, second] of [
        [bad, good],
        [good, bad],
      ] as const) {
        for (const mode of ['semantic', 'strict'] as const) {
          const report = await compare(first, second, { mode });
          expect(report.verdict).toBe('incomplete');
          expect(report.failures.length).toBeGreaterThan(0);
          const message = failuresOf(report).join('\n');
          expect(message).toContain(built.layers[1]?.descriptor.digest);
          expect(message).toContain(bad);
        }
      }
    },
  );

  test('two dots within a name are a name', async () => {
    const report = await both([[file('..x', 'one'), file('a..', 'one')]], [[file('..x', 'two'), file('a..', 'one')]]);
    expect(counted(report)).toEqual(['file 0 ..x content']);
  });
});
