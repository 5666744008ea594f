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
  record,
  star,
  zeros,
} from '../../support/tar-build.js';
import { failureOf, headerOf, headersOf, hexOfDigest, readTar, sha256 } from './support.js';

/** The header of one entry with these records. */
function headerWith(records: string, fields: BlockFields = {}): TarHeader {
  return headerOf(join(extended('x', records), block(fields), zeros()));
}

describe('records override the header', () => {
  test.each<[string, string, Partial<TarHeader>]>([
    ['path', record('path', 'a/long/\xc3\xa9'), { path: 'a/long/\xc3\xa9' }],
    ['path that is no UTF-8', record('path', '\xff\n='), { path: '\xff\n=' }],
    [
      'uid, gid beyond octal',
      record('uid', '3000000') + record('gid', '4294967295'),
      { uid: 3_000_000, gid: 4_294_967_295 },
    ],
    [
      'uname, gname',
      record('uname', 'u'.repeat(40)) + record('gname', '\xc3\xbc'),
      { uname: 'u'.repeat(40), gname: '\xc3\xbc' },
    ],
    ['mtime', record('mtime', '1677619260.123456789'), { mtime: { seconds: 1677619260, nanoseconds: 123456789 } }],
    ['a whole mtime', record('mtime', '12'), { mtime: { seconds: 12, nanoseconds: 0 } }],
    ['a point and no fraction', record('mtime', '12.'), { mtime: { seconds: 12, nanoseconds: 0 } }],
    ['a short fraction', record('mtime', '12.5'), { mtime: { seconds: 12, nanoseconds: 500_000_000 } }],
    ['leading zeros in a fraction', record('mtime', '12.000000001'), { mtime: { seconds: 12, nanoseconds: 1 } }],
    [
      'digits beyond the ninth are dropped (Go)',
      record('mtime', '12.0000000019'),
      { mtime: { seconds: 12, nanoseconds: 1 } },
    ],
    ['before 1970', record('mtime', '-1.25'), { mtime: { seconds: -2, nanoseconds: 750_000_000 } }],
    ['just before 1970', record('mtime', '-0.25'), { mtime: { seconds: -1, nanoseconds: 750_000_000 } }],
    ['a whole second before 1970', record('mtime', '-3.000'), { mtime: { seconds: -3, nanoseconds: 0 } }],
    ['atime', record('atime', '1.5'), { atime: { seconds: 1, nanoseconds: 500_000_000 }, ctime: null }],
    ['ctime', record('ctime', '1.5'), { ctime: { seconds: 1, nanoseconds: 500_000_000 }, atime: null }],
    ['the last of repeated records', record('uid', '1') + record('uid', '2'), { uid: 2 }],
    [
      'an empty value overrides nothing (Go)',
      record('path', '') + record('uid', '') + record('mtime', ''),
      { path: 'file', uid: 7 },
    ],
    [
      'an unknown record overrides nothing',
      record('VENDOR.path', 'x') + record('mode', '0777'),
      { path: 'file', mode: 0o644 },
    ],
  ])('%s', (_, records, expected) => {
    expect(headerWith(records, { uid: 7 })).toMatchObject({ ...expected, format: 'pax' });
  });

  test('size: the content is as long as the record says', () => {
    const bytes = join(
      extended('x', record('size', '700')),
      block({ size: 0 }),
      padded('s'.repeat(700)),
      block({ name: 'next' }),
      zeros(),
    );
    expect(headersOf(bytes).map(({ path, size, offset }) => [path, size, offset])).toEqual([
      ['file', 700, 0],
      ['next', 0, 1536 + 1024],
    ]);
  });

  test('size of an entry without content is told and nothing is skipped', () => {
    const bytes = join(extended('x', record('size', '700')), block({ type: '5' }), block({ name: 'next' }), zeros());
    expect(headersOf(bytes).map(({ path, size, offset }) => [path, size, offset])).toEqual([
      ['file', 0, 0],
      ['next', 0, 1536],
    ]);
  });

  test('linkpath', () => {
    expect(headerWith(record('linkpath', 't'.repeat(300)), { type: '2', linkName: 't'.repeat(100) }).linkTarget).toBe(
      't'.repeat(300),
    );
    expect(headerWith(record('linkpath', 't')).linkTarget).toBe('');
  });

  test('a slash at the end of a path makes an entry of type NUL a folder', () => {
    expect(headerWith(record('path', 'dir/'), { type: '\0' }).type).toBe('directory');
    expect(headerWith(record('path', 'dir/'), { type: '0' }).type).toBe('file');
  });

  test('times of star and GNU headers', () => {
    const fields = { patches: star({ atime: 0o17, ctime: 0o20 }) };
    expect(headerWith(record('atime', '1'), fields)).toMatchObject({
      format: 'pax',
      atime: { seconds: 1, nanoseconds: 0 },
      ctime: { seconds: 16, nanoseconds: 0 },
    });
  });

  test('a GNU long name wins over a record (Go)', () => {
    const bytes = join(
      extended('x', record('path', 'record')),
      extended('L', 'long\0'),
      block({ magic: GNU }),
      zeros(),
    );
    expect(headerOf(bytes).path).toBe('long');
  });

  test('the digest is that of all header blocks', () => {
    const bytes = join(extended('x', record('path', 'a')), block());
    const header = headerOf(join(bytes, zeros()));
    expect(header.headerBytes).toBe(1536);
    expect(hexOfDigest(header.headerDigest)).toBe(sha256(bytes));
  });
});

describe('all records are kept', () => {
  test('binary values, with newlines, = and NUL', () => {
    const every = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    const records =
      record('SCHILY.xattr.user.every', every) + record('SCHILY.xattr.a', '\n12 a=b\n') + record('empty', '');
    expect([...(headerWith(records).pax ?? [])]).toEqual([
      ['SCHILY.xattr.user.every', every],
      ['SCHILY.xattr.a', '\n12 a=b\n'],
      ['empty', ''],
    ]);
  });

  test('keys of any bytes but = and NUL', () => {
    expect([...(headerWith(record('a b;,()|\xff\n', 'v')).pax ?? [])]).toEqual([['a b;,()|\xff\n', 'v']]);
  });

  test('lengths of every number of digits', () => {
    for (const length of [1, 4, 5, 6, 90, 91, 92, 93, 94, 95, 96, 990, 991, 992, 993, 994, 9_990, 9_991, 99_990]) {
      expect(headerWith(record('k', 'v'.repeat(length))).pax?.get('k')?.length, String(length)).toBe(length);
    }
  });

  test('zeros before a length, which POSIX does not forbid and every reader takes', () => {
    const header = headerWith('008 a=b\n');
    expect(header.pax?.get('a')).toBe('b');
    expect(header.style).not.toBe(headerWith('6 a=b\n').style);
  });

  test('an extended header of no records', () => {
    expect(headerWith('')).toMatchObject({ format: 'pax', path: 'file', headerBytes: 1024 });
  });
});

describe('malformed extended headers', () => {
  const good = record('a', 'b'); // 6 bytes
  test.each<[string, string, number]>([
    ['a length beyond the header', `${good}99 path=x\n`, 6],
    ['a length that is too long by one', `${good}11 path=x\n`, 6],
    ['a length that is too short by one', `${good}9 path=xy\n`, 6],
    ['a length of zero', '0 a=b\n', 0],
    ['a length that ends before the key', '2 a=b\n', 0],
    ['a length of 2^64', '18446744073709551622 a=b\n', 0],
    ['no length', ' a=b\n', 0],
    ['a length that is no number', 'six a=b\n', 0],
    ['a negative length', '-6 a=b\n', 0],
    ['a sign', '+7 a=b\n', 0],
    ['no space after the length', '6\ta=b\n', 0],
    ['no =', `${good}6 abc\n`, 6],
    ['no key', '5 =b\n', 0],
    ['no newline', `${good}6 a=bc`, 6],
    ['NULs after the last record', `${good}\0\0\0`, 6],
    ['a key with a NUL', record('a\0b', 'c'), 0],
    ['a path with a NUL', good + record('path', 'a\0b'), 6],
    ['a linkpath with a NUL', record('linkpath', 'a\0'), 0],
    ['a uname with a NUL', record('uname', '\0'), 0],
    ['a gname with a NUL', record('gname', '\0'), 0],
  ])('%s is an error at the record', (_, records, at) => {
    const error = failureOf(() => headerWith(records));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(512 + at);
  });

  test.each<[string, string]>([
    ['a uid that is no number', record('uid', '12x')],
    ['a negative uid', record('uid', '-1')],
    ['a gid beyond 2^53', record('gid', '9007199254740992')],
    ['a size that is no number', record('size', '0x10')],
    ['a negative size', record('size', '-5')],
    ['a time that is no number', record('mtime', 'now')],
    ['a time in powers of ten', record('mtime', '1e9')],
    ['a time with two points', record('atime', '1.2.3')],
    ['a time beyond 2^53', record('ctime', '9007199254740992')],
    ['a time of spaces', record('mtime', ' 1')],
  ])('%s is an error', (_, records) => {
    const error = failureOf(() => readTar(join(file('first', 'x'), extended('x', records), block(), zeros())));
    expect(error.code).toBe('ERR_TAR_INVALID');
    // The extended header, or a place in it.
    expect(error.location.offset).toBeGreaterThanOrEqual(1024);
    expect(error.location.offset).toBeLessThan(1024 + 1024);
  });

  test.each<[string, Uint8Array, number]>([
    ['two for one entry', join(extended('x', good), extended('x', good), block()), 1024],
    ['one, and then a global one', join(extended('x', good), extended('g', good), block()), 1024],
    ['one, and then the end', extended('x', good), 1024],
  ])('%s is an error', (_, bytes, offset) => {
    const error = failureOf(() => readTar(join(bytes, zeros())));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(offset);
  });

  test('one, and then nothing', () => {
    const error = failureOf(() => readTar(extended('x', good)));
    expect(error.code).toBe('ERR_TAR_TRUNCATED');
    expect(error.location.offset).toBe(1024);
  });

  test('a negative or too large size field', () => {
    for (const size of [base256(-1n, 12), base256(2n ** 60n, 12)]) {
      expect(failureOf(() => readTar(join(extended('x', good, { size }), block(), zeros()))).code).toBe(
        'ERR_TAR_INVALID',
      );
    }
  });
});

describe('global extended headers', () => {
  const records =
    record('comment', 'of all') +
    record('uid', '77') +
    record('path', 'all') +
    record('size', '700') +
    record('mtime', '5');
  const global = extended('g', records, { name: 'pax_global_header', mode: 0o666, uid: 5, mtime: 9 });

  test('are entries of their own, with their records, applied to no entry', () => {
    const bytes = join(
      file('first', 'x'),
      global,
      file('second', 'y'),
      extended('x', record('gid', '3')),
      file('third', 'z'),
      zeros(),
    );
    const headers = headersOf(bytes);
    expect(
      headers.map(({ type, path, uid, gid, size, offset, position }) => ({
        type,
        path,
        uid,
        gid,
        size,
        offset,
        position,
      })),
    ).toEqual([
      { type: 'file', path: 'first', uid: 0, gid: 0, size: 1, offset: 0, position: 0 },
      { type: 'global-header', path: 'pax_global_header', uid: 5, gid: 0, size: 0, offset: 1024, position: 1 },
      { type: 'file', path: 'second', uid: 0, gid: 0, size: 1, offset: 2048, position: 2 },
      { type: 'file', path: 'third', uid: 0, gid: 3, size: 1, offset: 3072, position: 3 },
    ]);
    expect(headers[1]).toMatchObject({
      format: 'pax',
      storedSize: 0,
      headerBytes: 1024,
      mode: 0o666,
      mtime: { seconds: 9, nanoseconds: 0 },
    });
    expect(hexOfDigest(headers[1]?.headerDigest ?? '')).toBe(sha256(global));
    expect([...(headers[1]?.pax ?? [])]).toEqual([
      ['comment', 'of all'],
      ['uid', '77'],
      ['path', 'all'],
      ['size', '700'],
      ['mtime', '5'],
    ]);
    expect(headers[2]?.pax).toBeNull();
    expect([...(headers[3]?.pax ?? [])]).toEqual([['gid', '3']]);
  });

  test('several, one after another, the last without an entry after it', () => {
    expect(headersOf(join(global, global, file('a', 'x'), global, zeros())).map(({ type }) => type)).toEqual([
      'global-header',
      'global-header',
      'file',
      'global-header',
    ]);
  });

  test('malformed records are an error here too', () => {
    expect(failureOf(() => readTar(join(extended('g', '9 a=b\n'), zeros()))).code).toBe('ERR_TAR_INVALID');
  });

  test('its records need not be numbers: they are applied to nothing', () => {
    expect(headersOf(join(extended('g', record('uid', 'none')), zeros()))[0]?.pax?.get('uid')).toBe('none');
  });
});
