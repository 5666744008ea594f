import { describe, expect, test } from 'vitest';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import {
  type BlockFields,
  base256,
  block,
  extended,
  file,
  GNU,
  join,
  padded,
  star,
  USTAR,
  V7,
  zeros,
} from '../../support/tar-build.js';
import { failureOf, headerOf, headersOf, hexOfDigest, type ReadEntry, readTar, sha256 } from './support.js';

/** The header of one entry with these fields, and no content. */
function headerWith(fields: BlockFields): TarHeader {
  return headerOf(join(block(fields), zeros()));
}

describe('a plain USTAR header', () => {
  const bytes = block({
    name: 'dir/file',
    mode: 0o104755,
    uid: 1000,
    gid: 100,
    size: 5,
    mtime: 0o14377470074,
    uname: 'user',
    gname: 'users',
  });

  test('every field', () => {
    const { entries } = readTar(join(bytes, padded('hello'), zeros()));
    expect(entries).toHaveLength(1);
    const { headerDigest, ...header } = (entries[0] as ReadEntry).header;
    expect(header).toEqual({
      position: 0,
      offset: 0,
      headerBytes: 512,
      format: 'ustar',
      type: 'file',
      path: 'dir/file',
      linkTarget: '',
      mode: 0o104755,
      uid: 1000,
      gid: 100,
      uname: 'user',
      gname: 'users',
      size: 5,
      storedSize: 5,
      mtime: { seconds: 1677619260, nanoseconds: 0 },
      atime: null,
      ctime: null,
      devMajor: 0,
      devMinor: 0,
      pax: null,
      sparse: null,
      style: '',
    });
    expect(hexOfDigest(headerDigest)).toBe(sha256(bytes));
    expect(entries[0]?.sha256).toBe(sha256(Buffer.from('hello')));
  });
});

describe('numbers', () => {
  test.each<[string, BlockFields, Partial<TarHeader>]>([
    [
      'octal, the field full of digits',
      { mtime: '777777777777' },
      { mtime: { seconds: 0o777777777777, nanoseconds: 0 } },
    ],
    ['octal, spaces before and after (V7 tar)', { uid: '   755 ' }, { uid: 0o755 }],
    ['octal, a space then NUL (V7 tar, bsdtar)', { mode: '000644 ' }, { mode: 0o644 }],
    ['octal, not padded', { gid: '17' }, { gid: 0o17 }],
    ['octal, NULs before', { gid: '\0\0\x0017' }, { gid: 0o17 }],
    ['empty is zero (Go, GNU tar)', { uid: '', gid: '' }, { uid: 0, gid: 0 }],
    ['only spaces is zero', { uid: '       ' }, { uid: 0 }],
    ['what follows a NUL is not looked at', { uid: '17\0junk' }, { uid: 0o17 }],
    ['base 256', { uid: base256(3_000_000n, 8) }, { uid: 3_000_000 }],
    ['base 256, zero', { uid: base256(0n, 8) }, { uid: 0 }],
    [
      'base 256, the largest exact number',
      { mtime: base256(2n ** 53n - 1n, 12) },
      { mtime: { seconds: 2 ** 53 - 1, nanoseconds: 0 } },
    ],
    ['base 256, a time before 1970', { mtime: base256(-1n, 12) }, { mtime: { seconds: -1, nanoseconds: 0 } }],
    [
      'base 256, long before 1970',
      { mtime: base256(-(2n ** 40n), 12) },
      { mtime: { seconds: -(2 ** 40), nanoseconds: 0 } },
    ],
  ])('%s', (_, fields, expected) => {
    expect(headerWith(fields)).toMatchObject(expected);
  });

  test.each<[string, BlockFields, number]>([
    ['a letter', { uid: '12x4567' }, 108],
    ['a digit that is not octal', { gid: '0000008' }, 116],
    ['a sign', { mode: '-000001' }, 100],
    ['a space between digits', { size: '12 34' }, 124],
    ['a space, a NUL and more', { uid: '7 \0x' }, 108],
    ['base 256 beyond 2^53', { size: base256(2n ** 53n, 12) }, 124],
    ['base 256 beyond 2^64', { mtime: base256(2n ** 80n, 12) }, 136],
    ['base 256 below -2^53', { mtime: base256(-(2n ** 60n), 12) }, 136],
    ['a negative size', { size: base256(-1n, 12) }, 124],
    ['a negative uid', { uid: base256(-2n, 8) }, 108],
  ])('%s is an error at the field', (_, fields, offset) => {
    const error = failureOf(() => headerWith(fields));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(offset);
  });

  test('the offset of an error counts from the start of the stream', () => {
    const error = failureOf(() => readTar(join(file('first', 'x'.repeat(700)), block({ uid: 'no' }), zeros())));
    expect(error.location.offset).toBe(512 + 1024 + 108);
    expect(error.message).toContain(String(512 + 1024 + 108));
  });
});

describe('the checksum', () => {
  test('is one of signed bytes, as some old programs wrote it', () => {
    const header = headerWith({ name: 'caf\xe9', checksum: 'signed' });
    expect(header.path).toBe('caf\xe9');
    expect(header.style).not.toBe(headerWith({ name: 'caf\xe9' }).style);
  });

  test.each([
    ['one too many', 1],
    ['one too few', -1],
  ])('%s is an error', (_, by) => {
    const bytes = join(block(), zeros());
    bytes[0] = (bytes[0] as number) + by;
    const error = failureOf(() => readTar(bytes));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(0);
  });

  test('text in place of a header is an error', () => {
    const error = failureOf(() => readTar(padded('not a tar archive')));
    expect(error.code).toBe('ERR_TAR_INVALID');
  });
});

describe('names', () => {
  const long = 'n'.repeat(100);
  test.each<[string, BlockFields, string]>([
    ['empty', { name: '' }, ''],
    ['100 bytes, no NUL', { name: long }, long],
    ['a prefix is joined by a slash', { name: 'name', prefix: 'a/prefix' }, 'a/prefix/name'],
    ['a prefix of 155 bytes, no NUL', { name: long, prefix: 'p'.repeat(155) }, `${'p'.repeat(155)}/${long}`],
    ['bytes that are no UTF-8', { name: 'a\xff\xfe' }, 'a\xff\xfe'],
    ['what follows a NUL does not count', { name: 'a\0b' }, 'a'],
    ['leading ./ and / stay', { name: './/a/' }, './/a/'],
    ['V7 has no prefix', { magic: V7, patches: [[345, 'prefix']] }, 'file'],
    ["star's prefix has 131 bytes", { prefix: 'p'.repeat(131), patches: star() }, `${'p'.repeat(131)}/file`],
    [
      "GNU's header has no prefix: atime and ctime are there",
      {
        magic: GNU,
        patches: [
          [345, 0o17, 12],
          [357, 0o20, 12],
        ],
      },
      'file',
    ],
    ['Go before 1.8 wrote a prefix into a GNU header', { magic: GNU, prefix: 'usr/share/doc' }, 'usr/share/doc/file'],
    [
      '… also where its beginning reads as a time',
      { magic: GNU, prefix: '123456701234/doc/and/more' },
      '123456701234/doc/and/more/file',
    ],
  ])('%s', (_, fields, path) => {
    expect(headerWith(fields).path).toBe(path);
  });

  test('a text in the place of times that is no prefix either (not ASCII) is an error', () => {
    const error = failureOf(() => headerWith({ magic: GNU, prefix: 'caf\xe9' }));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(345);
  });
});

describe('dialects', () => {
  test.each<[string, BlockFields, Partial<TarHeader>]>([
    ['V7', { magic: V7 }, { format: 'v7', uname: '', devMajor: 0 }],
    ['USTAR', { magic: USTAR }, { format: 'ustar' }],
    ['USTAR, whatever the version', { magic: 'ustar\0\0\0' }, { format: 'ustar' }],
    ['GNU', { magic: GNU }, { format: 'gnu', atime: null, ctime: null }],
    ['an unknown magic is V7 (Go)', { magic: 'tar\0\0\0\0\0' }, { format: 'v7' }],
    ["GNU's magic with the version of POSIX is V7 (Go)", { magic: 'ustar 00' }, { format: 'v7' }],
    [
      'star, told by its trailer; its times',
      { patches: star({ atime: 0o17, ctime: 0o20 }) },
      { format: 'star', atime: { seconds: 15, nanoseconds: 0 }, ctime: { seconds: 16, nanoseconds: 0 } },
    ],
    ['star without times', { patches: star() }, { format: 'star', atime: null, ctime: null }],
    [
      'GNU with times (incremental archives)',
      {
        magic: GNU,
        patches: [
          [345, 0o17, 12],
          [357, base256(-5n, 12)],
        ],
      },
      { format: 'gnu', atime: { seconds: 15, nanoseconds: 0 }, ctime: { seconds: -5, nanoseconds: 0 } },
    ],
  ])('%s', (_, fields, expected) => {
    expect(headerWith(fields)).toMatchObject(expected);
  });

  test("V7 has no owners' names and no device numbers: other bytes there are told, not decoded", () => {
    const header = headerWith({
      magic: V7,
      type: '3',
      patches: [
        [265, 'root'],
        [329, 5, 8],
      ],
    });
    expect(header).toMatchObject({ format: 'v7', uname: '', devMajor: 0, type: 'character-device' });
    expect(header.style).not.toBe(headerWith({ magic: V7, type: '3' }).style);
  });
});

describe('types', () => {
  test.each<[string, BlockFields, TarHeader['type']]>([
    ['0', { type: '0' }, 'file'],
    ['NUL', { type: '\0' }, 'file'],
    ['7, contiguous', { type: '7' }, 'file'],
    ['1', { type: '1', linkName: 'target' }, 'hardlink'],
    ['2', { type: '2', linkName: 'target' }, 'symlink'],
    ['3', { type: '3' }, 'character-device'],
    ['4', { type: '4' }, 'block-device'],
    ['5', { type: '5' }, 'directory'],
    ['6', { type: '6' }, 'fifo'],
    ['NUL and a slash at the end: a folder before POSIX', { type: '\0', name: 'dir/' }, 'directory'],
    ['0 and a slash at the end is a file (Go)', { type: '0', name: 'dir/' }, 'file'],
    ['7 and a slash at the end is a file (Go)', { type: '7', name: 'dir/' }, 'file'],
  ])('%s', (_, fields, type) => {
    expect(headerWith(fields).type).toBe(type);
  });

  test('V7 folder by its slash, its prefix joined first', () => {
    expect(headerWith({ magic: V7, type: '\0', name: 'dir/' })).toMatchObject({ type: 'directory', path: 'dir/' });
    expect(headerWith({ type: '\0', name: 'dir/', prefix: 'a' })).toMatchObject({ type: 'directory', path: 'a/dir/' });
  });

  test.each([
    ['V', 'a volume label of GNU tar'],
    ['M', 'a continued file of GNU tar'],
    ['D', 'a folder of an incremental archive of GNU tar'],
    ['N', 'old GNU long names'],
    ['X', "Solaris' extended header"],
    ['A', "Solaris' ACL"],
    ['I', "star's inode metadata"],
    ['8', 'a reserved flag'],
    ['\xff', 'no letter'],
  ])('%s is an error: %s', (type) => {
    const error = failureOf(() => readTar(join(file('first', 'x'), block({ type }), zeros())));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(1024);
  });

  test('of an unknown type after extended headers, the offset is that of its own block', () => {
    const error = failureOf(() => readTar(join(extended('L', 'name\0'), block({ type: 'V', magic: GNU }), zeros())));
    expect(error.location.offset).toBe(1024);
  });

  test('links keep their target, devices their numbers; other entries have neither', () => {
    const fields: BlockFields = { linkName: 'target', devMajor: 5, devMinor: 300 };
    expect(headerWith({ ...fields, type: '2' })).toMatchObject({ linkTarget: 'target', devMajor: 0, devMinor: 0 });
    expect(headerWith({ ...fields, type: '1' })).toMatchObject({ linkTarget: 'target', devMajor: 0, devMinor: 0 });
    expect(headerWith({ ...fields, type: '3' })).toMatchObject({ linkTarget: '', devMajor: 5, devMinor: 300 });
    expect(headerWith({ ...fields, type: '4' })).toMatchObject({ linkTarget: '', devMajor: 5, devMinor: 300 });
    expect(headerWith({ ...fields, type: '0' })).toMatchObject({ linkTarget: '', devMajor: 0, devMinor: 0 });
    expect(headerWith({ type: '2', linkName: 't'.repeat(100) }).linkTarget).toBe('t'.repeat(100));
  });

  test.each(['1', '2', '3', '4', '5', '6'])(
    'an entry of type %s has no content, whatever its size says (Go)',
    (type) => {
      const headers = headersOf(join(block({ type, size: 1000 }), block({ name: 'next' }), zeros()));
      expect(headers.map(({ path, size, storedSize, offset }) => ({ path, size, storedSize, offset }))).toEqual([
        { path: 'file', size: 0, storedSize: 0, offset: 0 },
        { path: 'next', size: 0, storedSize: 0, offset: 512 },
      ]);
      expect(headers[0]?.style).not.toBe(headersOf(join(block({ type }), zeros()))[0]?.style);
    },
  );
});

describe('GNU long names', () => {
  const long = 'n'.repeat(200);
  const rest = block({ name: long.slice(0, 100), magic: GNU });

  test('a name, a target, both in either order', () => {
    const target = 't'.repeat(300);
    const link = block({ name: long.slice(0, 100), linkName: target.slice(0, 100), type: '2', magic: GNU });
    const [name, linkName] = [extended('L', `${long}\0`), extended('K', `${target}\0`)];
    expect(headerOf(join(name, rest, zeros()))).toMatchObject({
      format: 'gnu',
      path: long,
      headerBytes: 1536,
      offset: 0,
    });
    expect(headerOf(join(linkName, link, zeros()))).toMatchObject({ path: long.slice(0, 100), linkTarget: target });
    expect(headerOf(join(linkName, name, link, zeros()))).toMatchObject({
      path: long,
      linkTarget: target,
      headerBytes: 2560,
    });
    expect(headerOf(join(name, linkName, link, zeros()))).toMatchObject({ path: long, linkTarget: target });
  });

  test('without its NUL, and with more than one', () => {
    expect(headerOf(join(extended('L', long), rest, zeros())).path).toBe(long);
    expect(headerOf(join(extended('L', `${long}\0\0\0`), rest, zeros())).path).toBe(long);
  });

  test('a slash at the end makes an entry of type NUL a folder', () => {
    const old = block({ name: 'x', type: '\0', magic: GNU });
    expect(headerOf(join(extended('L', `${long}/\0`), old, zeros())).type).toBe('directory');
  });

  test.each<[string, Uint8Array, number]>([
    ['two names for one entry', join(extended('L', 'a\0'), extended('L', 'b\0'), rest), 1024],
    ['two targets for one entry', join(extended('K', 'a\0'), extended('K', 'b\0'), rest), 1024],
    ['an empty name', join(extended('L', '\0'), rest), 512],
    ['a name of no bytes', join(extended('L', ''), rest), 512],
    ['a name, and then the end', extended('L', 'a\0'), 1024],
  ])('%s is an error', (_, bytes, offset) => {
    const error = failureOf(() => readTar(join(bytes, zeros())));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(offset);
  });
});
