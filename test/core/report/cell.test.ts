import { describe, expect, test } from 'vitest';
import type { Difference, Value } from '../../../packages/core/src/compare/difference.js';
import { fieldCells } from '../../../packages/core/src/report/cell.js';
import { displayTime } from '../../../packages/core/src/report/time.js';
import { digestStarting, fileDifference, oneSided } from '../../support/report.js';

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

describe('cells of a file', () => {
  test.each<[reason: string, field: string, values: [Value, Value], cells: [string, string]]>([
    [
      'digests are short',
      'content',
      [digestStarting('1234abcd'), digestStarting('5678')],
      ['sha256:1234abcd…', 'sha256:56780000…'],
    ],
    [
      'a forged digest with the same first digits is whole',
      'content',
      [digestStarting('1234abcd5'), digestStarting('1234abcd6')],
      [digestStarting('1234abcd5'), digestStarting('1234abcd6')],
    ],
    ['modes are octal as they come', 'mode', ['0644', '0755'], ['mode 0644', 'mode 0755']],
    ['ids are numbers', 'uid', [0, 1000], ['uid 0', 'uid 1000']],
    [
      'times are ISO 8601',
      'mtime',
      ['1677619260.000000000', '0.500000000'],
      ['mtime 2023-02-28T21:21:00Z', 'mtime 1970-01-01T00:00:00.5Z'],
    ],
    ['a time that one side lacks', 'atime', [null, '0.000000000'], ['atime –', 'atime 1970-01-01T00:00:00Z']],
    ['a link target', 'linkTarget', ['a', '/b\u001b'], ['linkTarget a', 'linkTarget /b\\x1b']],
    ['an empty text is not nothing', 'uname', ['', 'root'], ['uname ""', 'uname root']],
    ['a text that would forge another field', 'uname', ['x, mode 04755', 'x'], ['uname "x, mode 04755"', 'uname x']],
    ['a text that would forge the dash of what is absent', 'uname', ['–', null], ['uname "–"', 'uname –']],
    ['spaces at the end', 'linkTarget', ['a', 'a '], ['linkTarget a', 'linkTarget a\\x20']],
    [
      'composed and not: they look the same',
      'linkTarget',
      ['\u00e9', 'e\u0301'],
      ['linkTarget é', 'linkTarget e\\u{301}'],
    ],
    [
      'texts that lost their bytes',
      'linkTarget',
      ['\ufffd', '\ufffd'],
      ['linkTarget \\u{fffd} (bytes of input 0)', 'linkTarget \\u{fffd} (bytes of input 1)'],
    ],
    ['positions', 'order', [12, 15], ['order 12', 'order 15']],
    ['a device', 'device', ['8:1', '8:2'], ['device 8:1', 'device 8:2']],
    ['a type, where both sides have the path', 'type', ['file', 'symlink'], ['type file', 'type symlink']],
    [
      'an xattr of bytes',
      'xattrs/security.capability',
      [base64('\x01\0\xff'), null],
      ['xattrs/security.capability \\x01\\x00\\xff', 'xattrs/security.capability –'],
    ],
    ['an empty xattr is not an absent one', 'xattrs/user.a', ['', null], ['xattrs/user.a ""', 'xattrs/user.a –']],
    ['a PAX record', 'pax/comment', [base64('old'), base64('new')], ['pax/comment old', 'pax/comment new']],
    ['padding that is all zero', 'padding', [null, base64('x\0')], ['padding zero', 'padding x\\x00']],
    ['a hard-link group', 'links', [['a', 'b'], ['a']], ['links ["a","b"]', 'links ["a"]']],
    [
      'bytes of a header, in hex',
      'header',
      [
        { format: 'pax', ranges: [{ offset: 148, bytes: '3030' }] },
        { format: 'pax', ranges: [{ offset: 148, bytes: '2020' }] },
      ],
      ['header pax, @148+2 3030', 'header pax, @148+2 2020'],
    ],
    [
      'a header in two dialects, of two sizes',
      'header',
      [
        { format: 'pax', bytes: 1536, ranges: [{ offset: 257, length: 8, written: 'magic of pax' }], sha256: 'a' },
        {
          format: 'gnu',
          bytes: 512,
          ranges: [{ offset: 257, length: 8, written: 'magic of gnu' }],
          extended: ['L'],
          sha256: 'b',
        },
      ],
      ['header pax, 1536 bytes, @257+8 magic of pax', 'header gnu, 512 bytes, @257+8 magic of gnu, L'],
    ],
    [
      'a header that only its digest tells apart',
      'header',
      [
        { format: 'pax', bytes: 512, ranges: [], sha256: '0123456789' },
        { format: 'pax', bytes: 512, ranges: [], sha256: '9876543210' },
      ],
      ['header pax, sha256:01234567…', 'header pax, sha256:98765432…'],
    ],
  ])('%s', (_reason, field, values, cells) => {
    expect(fieldCells(fileDifference('x', { field, values }))).toEqual(cells);
  });

  test('one side has it, the other has not', () => {
    expect(fieldCells(oneSided('x', 0))).toEqual(['file', '–']);
    expect(fieldCells(oneSided('x', 1, 'opaque-whiteout'))).toEqual(['–', 'opaque-whiteout']);
  });
});

describe('cells of a layer', () => {
  test.each<[reason: string, field: string, values: [Value, Value], cells: [string, string]]>([
    ['the number of layers', 'count', [4, 3], ['count 4', 'count 3']],
    [
      'a trailer of zeros',
      'trailer',
      [
        { bytes: 1024, zero: true },
        { bytes: 0, zero: true },
      ],
      ['trailer 1024 bytes, zero', 'trailer 0 bytes'],
    ],
    [
      'a trailer of anything else',
      'trailer',
      [
        { bytes: 512, zero: true },
        { bytes: 512, zero: false, sha256: '0123456789' },
      ],
      ['trailer 512 bytes, zero', 'trailer 512 bytes, sha256:01234567…'],
    ],
    [
      'a compression: format, and what differs of the rest',
      'compression',
      [
        { format: 'gzip', gzip: { mtime: 0, os: 255 }, digest: digestStarting('12'), size: 10 },
        { format: 'gzip', gzip: { mtime: 0, os: 3 }, digest: digestStarting('34'), size: 10 },
      ],
      ['compression gzip, digest sha256:12000000…, os 255', 'compression gzip, digest sha256:34000000…, os 3'],
    ],
    [
      'an encoder in a word, and no blocks',
      'compression',
      [
        { format: 'gzip', encoder: { name: 'zlib', level: '9', evidence: 'a' }, blocks: { members: 1 }, size: 10 },
        { format: 'gzip', encoder: { name: 'pigz', level: null, evidence: 'b' }, blocks: { members: 2 }, size: 10 },
      ],
      ['compression gzip, encoder zlib 9', 'compression gzip, encoder pigz'],
    ],
    [
      'two formats',
      'compression',
      [
        { format: 'none', size: 10 },
        { format: 'zstd', zstd: { checksum: true }, size: 5 },
      ],
      ['compression none, size 10', 'compression zstd, size 5'],
    ],
  ])('%s', (_reason, field, values, cells) => {
    expect(fieldCells({ subject: 'layer', change: 'modified', layer: 0, field, values })).toEqual(cells);
  });
});

describe('cells of a document', () => {
  const long = 'x'.repeat(100);
  test.each<[reason: string, change: Difference['change'], values: [Value, Value], cells: [string, string]]>([
    ['a text', 'modified', ['a', 'b'], ['"a"', '"b"']],
    ['a digest', 'modified', [digestStarting('12'), digestStarting('34')], ['sha256:12000000…', 'sha256:34000000…']],
    ['absent, and null', 'added', [null, null], ['–', 'null']],
    ['null, and a digest', 'modified', [null, digestStarting('12')], ['null', '"sha256:12000000…"']],
    ['a number and its text', 'modified', [1, '1'], ['1', '"1"']],
    ['short lists as they are', 'modified', [['sh'], ['sh', '-c']], ['["sh"]', '["sh","-c"]']],
    [
      'of long lists what one side has',
      'modified',
      [
        [long, 'A=1', 'B=2'],
        [long, 'A=2', 'B=2'],
      ],
      ['- "A=1"', '+ "A=2"'],
    ],
    ['of long lists nothing on one side', 'modified', [[long], [long, 'A=2']], ['–', '+ "A=2"']],
    [
      'of long lists the order',
      'modified',
      [
        [long, 'A', 'B'],
        [long, 'B', 'A'],
      ],
      ['[1] "A", [2] "B"', '[1] "B", [2] "A"'],
    ],
    ['an element that is there twice', 'modified', [[long, long], [long]], [`- "${'x'.repeat(63)}…`, '–']],
    [
      'of long texts what differs',
      'modified',
      [`${long}1${long}`, `${long}2${long}`],
      ['…xxxxxxxxxxxx1xxxxxxxxxxxx…', '…xxxxxxxxxxxx2xxxxxxxxxxxx…'],
    ],
    [
      'of long objects the members that differ',
      'modified',
      [
        { a: long, b: { c: 1, d: 2 } },
        { a: long, b: { c: 1, d: 3 }, e: null },
      ],
      ['b d 2, e –', 'b d 3, e null'],
    ],
    [
      'digests within are short',
      'modified',
      [[digestStarting('12')], [digestStarting('34')]],
      ['["sha256:12000000…"]', '["sha256:34000000…"]'],
    ],
    ['control characters stay JSON', 'modified', ['\u001b', '\u202e'], ['"\\u001b"', '"\\u202e"']],
  ])('%s', (_reason, change, values, cells) => {
    expect(fieldCells({ subject: 'config', change, field: '/config/X', values })).toEqual(cells);
  });

  test('a long list is not shown whole', () => {
    const values: [Value, Value] = [Array.from({ length: 100 }, (_, i) => `VARIABLE_${i}=1`), []];
    const expected = '- "VARIABLE_0=1", - "VARIABLE_1=1", - "VARIABLE_2=1", - "VARIABLE_3=1", … 96 more';
    expect(fieldCells({ subject: 'config', change: 'modified', field: '/config/Env', values })).toEqual([
      expected,
      '–',
    ]);
  });

  test('members with names that objects inherit are absent all the same', () => {
    const values: [Value, Value] = [{ a: 'x'.repeat(60), toString: 'x' }, { a: 'x'.repeat(60) }];
    expect(fieldCells({ subject: 'config', change: 'modified', field: '/a', values })).toEqual([
      'toString x',
      'toString –',
    ]);
  });

  test('values nested deeper than a stack are shown', () => {
    const nested = (depth: number, inner: Value): Value => {
      let value = inner;
      for (let i = 0; i < depth; i++) value = [value];
      return value;
    };
    const cells = fieldCells({
      subject: 'config',
      change: 'modified',
      field: '/a',
      values: [nested(20_000, 1), nested(20_000, 2)],
    });
    expect(cells[0]).toContain('[1]');
    expect(cells[1]).toContain('[2]');
  });
});

/* Expected with: date -u -d @N +%FT%TZ */
test.each([
  ['the epoch', '0.000000000', '1970-01-01T00:00:00Z'],
  ['nanoseconds', '1.000000001', '1970-01-01T00:00:01.000000001Z'],
  ['half a second before the epoch', '-1.500000000', '1969-12-31T23:59:59.5Z'],
  ['beyond 32 bits', '4294967296.000000000', '2106-02-07T06:28:16Z'],
  ['the greatest of 12 octal digits', '68719476735.000000000', '4147-08-20T07:32:15Z'],
  ['more than a calendar holds', '9007199254740991.000000000', '@9007199254740991.000000000'],
])('displayTime: %s', (_reason, value, shown) => {
  expect(displayTime(value)).toBe(shown);
});
