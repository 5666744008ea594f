import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../packages/core/src/compare/difference.js';
import { bytesAlone } from '../../../packages/core/src/compare/layer-bytes.js';
import { compareStreams } from '../../../packages/core/src/compare/streams.js';
import { join, zeros } from '../../support/tar-build.js';
import { END, type RawEntry, rawEntry, rawTar } from '../layer/raw-tar.js';
import {
  brief,
  collidingKey,
  entryFindings,
  excusedBy,
  fields,
  indexOf,
  mirrored,
  PLATFORM,
  sorted,
  streamFindings,
} from './support.js';

const hex = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

const FILE: RawEntry = { name: 'f', content: 'one', mtime: 1_677_619_260 };
const PAX: RawEntry = { name: 'f', content: 'one', mtime: 7, pax: [['mtime', '7.5']] };

describe('one thing changed is one finding', () => {
  test.each<[string, RawEntry, RawEntry, string, unknown, unknown, string[]]>([
    ['content', FILE, { ...FILE, content: 'two' }, 'content', `sha256:${hex('one')}`, `sha256:${hex('two')}`, []],
    [
      'content and size',
      FILE,
      { ...FILE, content: 'three' },
      'content',
      `sha256:${hex('one')}`,
      `sha256:${hex('three')}`,
      [],
    ],
    ['content, one empty', FILE, { ...FILE, content: '' }, 'content', `sha256:${hex('one')}`, `sha256:${hex('')}`, []],
    ['mode', FILE, { ...FILE, mode: 0o755 }, 'mode', '0644', '0755', []],
    ['the setuid bit is no redundant bit', FILE, { ...FILE, mode: 0o4644 }, 'mode', '0644', '04644', []],
    ['the sticky bit', FILE, { ...FILE, mode: 0o1644 }, 'mode', '0644', '01644', []],
    [
      'bits of the file type',
      FILE,
      { ...FILE, mode: 0o100644 },
      'mode',
      '0644',
      '0100644',
      ['file-mode-redundant-bits'],
    ],
    ['those and a real one', FILE, { ...FILE, mode: 0o100755 }, 'mode', '0644', '0100755', []],
    ['mode zero', FILE, { ...FILE, mode: 0 }, 'mode', '0644', '0000', []],
    ['uid', FILE, { ...FILE, uid: 1000 }, 'uid', 0, 1000, []],
    ['gid', FILE, { ...FILE, gid: 1000 }, 'gid', 0, 1000, []],
    ['user name', FILE, { ...FILE, uname: 'root' }, 'uname', '', 'root', ['tar-format']],
    ['group name', FILE, { ...FILE, gname: 'root' }, 'gname', '', 'root', ['tar-format']],
    ['mtime', FILE, { ...FILE, mtime: 1 }, 'mtime', '1677619260.000000000', '1.000000000', ['file-timestamps']],
    [
      'PAX mtime',
      PAX,
      { ...PAX, pax: [['mtime', '7.25']] },
      'mtime',
      '7.500000000',
      '7.250000000',
      ['file-timestamps'],
    ],
    [
      'PAX atime',
      { ...PAX, pax: [['atime', '1.5']] },
      { ...PAX, pax: [['atime', '-1.5']] },
      'atime',
      '1.500000000',
      '-2.500000000',
      ['file-timestamps'],
    ],
    [
      'PAX ctime on one side',
      PAX,
      {
        ...PAX,
        pax: [
          ['ctime', '1'],
          ['mtime', '7.5'],
        ],
      },
      'ctime',
      null,
      '1.000000000',
      ['file-timestamps'],
    ],
    [
      'GNU atime',
      { ...FILE, dialect: 'gnu', patch: [[345, '00000000001\0']] },
      { ...FILE, dialect: 'gnu', patch: [[345, '00000000002\0']] },
      'atime',
      '1.000000000',
      '2.000000000',
      ['file-timestamps'],
    ],
    [
      'symbolic link',
      { name: 'l', type: '2', link: 'a' },
      { name: 'l', type: '2', link: 'b' },
      'linkTarget',
      'a',
      'b',
      [],
    ],
    [
      "the spelling of a symbolic link's target, which a program sees",
      { name: 'l', type: '2', link: 'a' },
      { name: 'l', type: '2', link: './a' },
      'linkTarget',
      'a',
      './a',
      [],
    ],
    ['hard link', { name: 'l', type: '1', link: 'a' }, { name: 'l', type: '1', link: 'b' }, 'linkTarget', 'a', 'b', []],
    [
      "the spelling of a hard link's target",
      { name: 'l', type: '1', link: 'a/b' },
      { name: 'l', type: '1', link: '/a//b' },
      'linkTarget',
      'a/b',
      '/a//b',
      ['path-spelling'],
    ],
    ['a leading ./', FILE, { ...FILE, name: './f' }, 'path', 'f', './f', ['path-spelling']],
    ['a leading /', FILE, { ...FILE, name: '/f' }, 'path', 'f', '/f', ['path-spelling']],
    ['a trailing /', { name: 'd', type: '5' }, { name: 'd/', type: '5' }, 'path', 'd', 'd/', ['path-spelling']],
    ['a repeated /', { name: 'd/e', type: '5' }, { name: 'd//e', type: '5' }, 'path', 'd/e', 'd//e', ['path-spelling']],
    [
      'device',
      { name: 'null', type: '3', device: [1, 3] },
      { name: 'null', type: '3', device: [1, 5] },
      'device',
      '1:3',
      '1:5',
      [],
    ],
    ['a type', { name: 'n', type: '6' }, { name: 'n', type: '5' }, 'type', 'fifo', 'directory', []],
    [
      'a device of another type',
      { name: 'n', type: '3' },
      { name: 'n', type: '4' },
      'type',
      'character-device',
      'block-device',
      [],
    ],
    ['a whiteout', { name: 'd/.wh.a' }, { name: 'd/.wh.a', type: '5' }, 'type', 'whiteout', 'directory', []],
    [
      'an xattr',
      { ...PAX, pax: [['SCHILY.xattr.user.a', '\x00\xff']] },
      { ...PAX, pax: [['SCHILY.xattr.user.a', '\x00\xfe']] },
      'xattrs/user.a',
      base64('\x00\xff'),
      base64('\x00\xfe'),
      [],
    ],
    [
      'an xattr on one side',
      PAX,
      {
        ...PAX,
        pax: [
          ['SCHILY.xattr.user.a', ''],
          ['mtime', '7.5'],
        ],
      },
      'xattrs/user.a',
      null,
      '',
      [],
    ],
    [
      'an unknown PAX record',
      { ...PAX, pax: [['VENDOR.key', 'a']] },
      { ...PAX, pax: [['VENDOR.key', 'b']] },
      'pax/VENDOR.key',
      base64('a'),
      base64('b'),
      [],
    ],
    [
      'a comment',
      { ...PAX, pax: [['comment', 'a']] },
      { ...PAX, pax: [['comment', 'b']] },
      'pax/comment',
      base64('a'),
      base64('b'),
      [],
    ],
    [
      'an ACL as star writes it',
      { ...PAX, pax: [['SCHILY.acl.access', 'a']] },
      { ...PAX, pax: [['SCHILY.acl.access', 'b']] },
      'pax/SCHILY.acl.access',
      base64('a'),
      base64('b'),
      [],
    ],
    [
      'a record that says what the header says',
      { ...PAX, uid: 5 },
      {
        ...PAX,
        uid: 5,
        pax: [
          ['mtime', '7.5'],
          ['uid', '5'],
        ],
      },
      'pax/uid',
      null,
      base64('5'),
      ['tar-format'],
    ],
    [
      'the spelling of a PAX time',
      { ...PAX, pax: [['mtime', '7.5']] },
      { ...PAX, pax: [['mtime', '7.50']] },
      'pax/mtime',
      base64('7.5'),
      base64('7.50'),
      ['tar-format'],
    ],
    [
      'the digits of a PAX time beyond a nanosecond',
      { ...PAX, pax: [['mtime', '7.0000000001']] },
      { ...PAX, pax: [['mtime', '7.0000000002']] },
      'pax/mtime',
      base64('7.0000000001'),
      base64('7.0000000002'),
      ['file-timestamps', 'tar-format'],
    ],
    ['padding', FILE, { ...FILE, padding: 0x20 }, 'padding', null, base64(' '.repeat(509)), ['tar-format']],
  ])('%s', (_what, entry0, entry1, field, value0, value1, rules) => {
    const findings = entryFindings([entry0], [entry1]);
    expect(brief(findings)).toEqual([[field, value0, value1]]);
    expect(findings.map(excusedBy)).toEqual([rules]);
    expect(findings[0]).toMatchObject({ subject: 'file', change: 'modified', platform: PLATFORM, layers: [0, 0] });
    expect(sorted(entryFindings([entry1], [entry0]))).toEqual(sorted(findings.map(mirrored)));
  });
});

describe('how a header is written', () => {
  test.each<[string, RawEntry, RawEntry, unknown]>([
    [
      "another process in the extended header's name",
      { ...PAX, paxName: 'PaxHeaders.1/f' },
      { ...PAX, paxName: 'PaxHeaders.2/f' },
      [{ offset: 0, length: 100 }],
    ],
    ['magic', FILE, { ...FILE, dialect: 'gnu' }, [{ offset: 257, length: 8 }]],
    ['an old dialect', FILE, { ...FILE, dialect: 'v7' }, [{ offset: 257, length: 8 }]],
    ['a number with a space at its end', FILE, { ...FILE, patch: [[100, '0000644 ']] }, [{ offset: 100, length: 8 }]],
    [
      'a number without leading zeros',
      FILE,
      { ...FILE, patch: [[108, '0\0\0\0\0\0\0\0']] },
      [{ offset: 108, length: 8 }],
    ],
    ['bytes after the name', FILE, { ...FILE, patch: [[10, 'x']] }, [{ offset: 0, length: 100 }]],
    ['bytes that no field has', FILE, { ...FILE, patch: [[505, 'zz']] }, [{ offset: 500, length: 12 }]],
    ['a NUL for the type of a file', FILE, { ...FILE, type: '\0' }, [{ offset: 156, length: 1 }]],
    ['a link name where there is no link', FILE, { ...FILE, link: 'x' }, [{ offset: 157, length: 100 }]],
  ])('%s', (_what, entry0, entry1, ranges) => {
    const findings = entryFindings([entry0], [entry1]);
    expect(fields(findings)).toEqual(['header']);
    expect(findings.map(excusedBy)).toEqual([['tar-format']]);
    expect(findings[0]?.values).toMatchObject([{ ranges }, { ranges }]);
    expect(sorted(entryFindings([entry1], [entry0]))).toEqual(sorted(findings.map(mirrored)));
  });

  test('times that one side has besides change no order of the records', () => {
    const times: [string, string][] = [
      ['mtime', '7.5'],
      ['atime', '8'],
      ['ctime', '9'],
    ];
    expect(fields(entryFindings([PAX], [{ ...PAX, pax: times }]))).toEqual(['atime', 'ctime']);
    const [mtime, atime, ctime] = times as [[string, string], [string, string], [string, string]];
    expect(fields(entryFindings([{ ...PAX, pax: times }], [{ ...PAX, pax: [ctime, mtime, atime] }]))).toEqual([
      'header',
    ]);
    expect(fields(entryFindings([{ ...PAX, pax: times }], [{ ...PAX, pax: [atime, mtime] }]))).toEqual([
      'ctime',
      'header',
    ]);
  });

  test('a value and the way it is written are two findings', () => {
    expect(fields(entryFindings([FILE], [{ ...FILE, mtime: 2, patch: [[108, '0000000 ']] }]))).toEqual([
      'header',
      'mtime',
    ]);
  });

  test('an extended header on one side is a difference of dialect', () => {
    const findings = entryFindings([FILE], [{ ...FILE, pax: [['comment', 'x']] }]);
    expect(findings.map((finding) => [finding.field, excusedBy(finding)])).toEqual([
      ['pax/comment', []],
      ['header', ['tar-format']],
    ]);
  });

  test('the ranges name bytes even where a record is written twice', () => {
    const twice = {
      ...PAX,
      pax: [
        ['mtime', '1'],
        ['mtime', '7.5'],
      ],
    } as const;
    const [finding] = entryFindings([PAX], [twice]);
    expect(finding?.field).toBe('header');
    for (const value of finding?.values ?? []) expect((value as { ranges: unknown[] }).ranges).not.toEqual([]);
  });
});

test('bytes that are no text are told apart', () => {
  for (const field of ['uname', 'gname'] as const) {
    const [finding] = entryFindings([{ ...FILE, [field]: '\xff' }], [{ ...FILE, [field]: '\xfe' }]);
    expect(finding?.values).toEqual(['\\xff', '\\xfe']);
  }
  const link = (target: string): RawEntry => ({ name: 'l', type: '2', link: target });
  expect(brief(entryFindings([link('a\xff')], [link('a\xfe')]))).toEqual([['linkTarget', 'a\\xff', 'a\\xfe']]);
  expect(brief(entryFindings([link('a\xc3\xa9')], [link('b')]))).toEqual([['linkTarget', 'aé', 'b']]);
  const xattr = (name: string): RawEntry => ({ ...PAX, pax: [[`SCHILY.xattr.user.${name}`, 'v']] });
  expect(fields(entryFindings([xattr('\xff')], [xattr('\xfe')]))).toEqual(['xattrs/user.\\xfe', 'xattrs/user.\\xff']);
});

test('a mode of any size loses only the bits above 07777', () => {
  /* Base 256: 2^40 + 0644. */
  const wide: RawEntry = { ...FILE, patch: [[100, '\x80\0\x01\0\0\0\x01\xa4']] };
  const findings = entryFindings([FILE], [wide]);
  expect(findings.map((finding) => [finding.field, excusedBy(finding)])).toEqual([
    ['mode', ['file-mode-redundant-bits']],
    ['header', ['tar-format']],
  ]);
});

describe('entries on one side', () => {
  test.each<[string, RawEntry, string]>([
    ['a file', { name: 'a', content: 'x' }, 'file'],
    ['a folder', { name: 'a/', type: '5' }, 'directory'],
    ['a symbolic link', { name: 'a', type: '2', link: 'b' }, 'symlink'],
    ['a hard link', { name: 'a', type: '1', link: 'b' }, 'hardlink'],
    ['a device', { name: 'a', type: '4', device: [1, 2] }, 'block-device'],
    ['a whiteout', { name: '.wh.a' }, 'whiteout'],
    ['an opaque whiteout', { name: 'd/.wh..wh..opq' }, 'opaque-whiteout'],
    ['a leftover of AUFS is a file', { name: '.wh..wh.plnk' }, 'file'],
  ])('%s is one finding', (_what, entry, type) => {
    const findings = entryFindings([FILE], [FILE, entry]);
    expect(findings).toMatchObject([{ change: 'added', field: 'type', values: [null, type], excuses: [] }]);
    expect(sorted(entryFindings([FILE, entry], [FILE]))).toEqual(sorted(findings.map(mirrored)));
  });

  test('the root is a dot', () => {
    expect(entryFindings([], [{ name: './', type: '5' }])).toMatchObject([{ path: '.', values: [null, 'directory'] }]);
  });

  test('a path that both sides have nothing of is no finding', () => {
    expect(entryFindings([], [])).toEqual([]);
    expect(entryFindings([FILE], [FILE])).toEqual([]);
  });
});

describe('global extended headers are entries of their own', () => {
  const global: RawEntry = { name: 'pax_global_header', type: 'g', pax: [['comment', 'a']] };

  test.each<[string, RawEntry[], RawEntry[], string]>([
    ['one side has it', [FILE], [global, FILE], 'type'],
    ['its records differ', [global, FILE], [{ ...global, pax: [['comment', 'b']] }, FILE], 'pax/comment'],
    ['its own mode differs', [global, FILE], [{ ...global, mode: 0o600 }, FILE], 'mode'],
    ['its own owner differs', [global, FILE], [{ ...global, uid: 1 }, FILE], 'uid'],
  ])('%s: told, and no container sees it', (_what, entries0, entries1, field) => {
    const findings = entryFindings(entries0, entries1);
    expect(fields(findings)).toEqual([field]);
    expect(findings.map(excusedBy)).toEqual([['tar-format']]);
  });

  test('is no file of its name', () => {
    const findings = entryFindings([{ ...FILE, name: 'pax_global_header' }], [global]);
    expect(findings.map(({ path, change, values }) => [path, change, values])).toEqual([
      ['pax_global_header', 'removed', ['file', null]],
      ['pax_global_header', 'added', [null, 'global-header']],
    ]);
  });

  test('its path has no leading slash in a report', () => {
    expect(entryFindings([], [{ ...global, name: '/tmp/GlobalHead.1.1' }])[0]?.path).toBe('tmp/GlobalHead.1.1');
  });
});

describe('a path that a layer has several times', () => {
  const version = (content: string): RawEntry => ({ name: 'a', content });

  test('the last ones are compared, then the ones before', () => {
    const findings = entryFindings([version('1'), version('2')], [version('3'), version('4')]);
    expect(findings.map(({ field, duplicate, values }) => [field, duplicate, values])).toEqual([
      ['content', undefined, [`sha256:${hex('2')}`, `sha256:${hex('4')}`]],
      ['content', 1, [`sha256:${hex('1')}`, `sha256:${hex('3')}`]],
    ]);
  });

  test('one more in front is one more, and the last ones are equal', () => {
    const findings = entryFindings([version('1'), version('2')], [version('2')]);
    expect(findings.map(({ field, duplicate, values }) => [field, duplicate, values])).toEqual([
      ['type', 1, ['file', null]],
    ]);
  });

  test('other spellings are the same path', () => {
    const findings = entryFindings([version('1'), { name: './a', content: '2' }], [{ name: './a', content: '2' }]);
    expect(findings.map(({ field, duplicate }) => [field, duplicate])).toEqual([['type', 1]]);
  });
});

describe('order', () => {
  const entries = (names: string): RawEntry[] => [...names].map((name) => ({ name }));
  const moves = (names0: string, names1: string): [string, readonly Value[]][] =>
    entryFindings(entries(names0), entries(names1)).map(({ path = '', values }) => [path, values]);

  test('one entry that moved is one finding', () => {
    expect(moves('abcdef', 'bcdefa')).toEqual([['a', [0, 5]]]);
    expect(moves('abcdef', 'fabcde')).toEqual([['f', [5, 0]]]);
  });

  test('two that changed places are one move', () => {
    expect(moves('ab', 'ba')).toHaveLength(1);
  });

  test('a place is counted in entries that did not move, so both sides always differ', () => {
    expect(moves('abc', 'cba').every(([, [place0, place1]]) => place0 !== place1)).toBe(true);
    const shifted = entryFindings(entries('xab'), entries('ba')).filter(({ field }) => field === 'order');
    expect(shifted.map(({ path, values }) => [path, values])).toEqual([['a', [0, 1]]]);
  });

  test('entries on one side move nothing', () => {
    const findings = entryFindings(entries('abc'), entries('xaybzc'));
    expect(fields(findings)).toEqual(['type', 'type', 'type']);
  });

  test('only the rule for order takes it out', () => {
    expect(entryFindings(entries('ab'), entries('ba')).map(excusedBy)).toEqual([['file-order']]);
  });

  test('of duplicates says which', () => {
    const findings = entryFindings(entries('aab'), entries('baa'));
    expect(findings.map(({ path, field, duplicate }) => [path, field, duplicate])).toEqual([['b', 'order', undefined]]);
    const first = entryFindings(entries('abca'), entries('bcaa'));
    expect(first.map(({ path, field, duplicate }) => [path, field, duplicate])).toEqual([['a', 'order', 1]]);
  });
});

describe('the trailer', () => {
  test.each([
    ['more zero blocks', END, zeros(20), { bytes: 1024, zero: true }, { bytes: 10_240, zero: true }],
    ['one block', END, zeros(1), { bytes: 1024, zero: true }, { bytes: 512, zero: true }],
    ['none', END, zeros(0), { bytes: 1024, zero: true }, { bytes: 0, zero: true }],
    [
      'something after the end',
      END,
      join(END, 'x'),
      { bytes: 1024, zero: true },
      { bytes: 1025, zero: false, sha256: hex(join(END, 'x')) },
    ],
  ])('%s', (_what, trailer0, trailer1, value0, value1) => {
    const findings = streamFindings(rawTar([FILE], trailer0), rawTar([FILE], trailer1), [2, 3]);
    expect(findings).toMatchObject([{ subject: 'layer', field: 'trailer', layers: [2, 3], values: [value0, value1] }]);
    expect(findings.map(excusedBy)).toEqual([['tar-format']]);
    expect(findings[0]?.values).toEqual([value0, value1]);
  });
});

test('a sparse file that grew by a hole has other content, and no more than how it is written besides', () => {
  const sparse = (size: string): RawEntry => ({
    name: 'GNUSparseFile.0/s',
    content: 'data',
    pax: [
      ['GNU.sparse.major', '0'],
      ['GNU.sparse.minor', '1'],
      ['GNU.sparse.name', 's'],
      ['GNU.sparse.numblocks', '1'],
      ['GNU.sparse.map', '0,4'],
      ['GNU.sparse.size', size],
    ],
  });
  expect(fields(entryFindings([sparse('100')], [sparse('200')]))).toEqual(['content']);
});

test('names like hashed numbers cost no more than others', () => {
  const count = 60_000;
  const tar = (content: string): Uint8Array =>
    join(...Array.from({ length: count }, (_, i) => rawEntry({ name: collidingKey(i), content })), END);
  const [tar0, tar1] = [tar(''), tar('x')];
  const [index0, index1] = [indexOf(tar0), indexOf(tar1)];
  expect(index0.entries).toHaveLength(count);
  const started = performance.now();
  expect(streamFindings(tar0, tar1)).toHaveLength(count);
  expect(performance.now() - started).toBeLessThan(30_000);
  expect(index1.entries).toHaveLength(count);
});

test('an entry refers to where its content is', () => {
  const [finding] = entryFindings([{ name: 'x' }, FILE], [{ ...FILE, content: 'two' }, { name: 'x' }]).filter(
    ({ field }) => field === 'content',
  );
  const digestOf = (bytes: string | Uint8Array): string =>
    createHash('sha256').update(bytes).digest().toString('latin1');
  /* An entry without extended headers has one header block, its first. */
  const headerOf = (content: string): string => digestOf(rawEntry({ ...FILE, content }).subarray(0, 512));
  const told = finding?.entries?.map((entry) => {
    const { position, headerDigest } = entry?.header ?? {};
    return { position, headerDigest, contentDigest: entry?.contentDigest };
  });
  expect(told).toEqual([
    { position: 1, headerDigest: headerOf('one'), contentDigest: digestOf('one') },
    { position: 0, headerDigest: headerOf('two'), contentDigest: digestOf('two') },
  ]);
});

describe('the last entry without its padding', () => {
  /* 512 bytes of header, 3 of content. */
  const whole = rawTar([FILE], Buffer.alloc(0));
  test.each([
    [whole.length, 515, null, ''],
    [515, whole.length, '', null],
  ])('%i bytes of a stream and %i', (bytes0, bytes1, value0, value1) => {
    const [tar0, tar1] = [whole.subarray(0, bytes0), whole.subarray(0, bytes1)];
    const told = (tars: readonly [Uint8Array, Uint8Array]): unknown[] =>
      streamFindings(...tars).map(({ path, field, values, excuses }) => [path, field, values, excuses]);
    expect(told([tar0, tar1])).toEqual([['f', 'padding', [value0, value1], [['tar-format']]]]);
    expect(told([tar1, tar0])).toEqual([['f', 'padding', [value1, value0], [['tar-format']]]]);
    expect(compareStreams(indexOf(tar0), indexOf(tar1), PLATFORM, [0, 0], () => {})).toEqual({
      total: [bytes0, bytes1],
      equalEntries: [0, 0],
      equalContent: [3, 3],
      differingContent: [0, 0],
      headers: [512, 512],
      padding: [bytes0 - 515, bytes1 - 515],
      trailer: [0, 0],
    });
    expect(bytesAlone(null, indexOf(tar1))?.total).toEqual([0, bytes1]);
    expect(streamFindings(tar1, tar1)).toEqual([]);
  });
});
