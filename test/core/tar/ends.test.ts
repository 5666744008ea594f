import { describe, expect, test } from 'vitest';
import type { Limits } from '../../../packages/core/src/limits.js';
import { block, extended, file, GNU, join, octal, padded, record, zeros } from '../../support/tar-build.js';
import { failureOf, hexOfDigest, readTar, sha256, withoutStacks } from './support.js';

describe('the end of an archive', () => {
  const entry = file('file', 'x'.repeat(600));
  test.each<[string, Uint8Array, boolean]>([
    ['two zero blocks', zeros(2), true],
    ['none', zeros(0), true],
    ['one', zeros(1), true],
    ['a record of twenty', zeros(20), true],
    ['zeros that are no whole block', join(zeros(2), new Uint8Array(100)), true],
    ['text after two zero blocks', join(zeros(2), 'garbage'), false],
    ['another archive after two zero blocks', join(zeros(2), entry, zeros(2)), false],
    ['one byte at the very end', join(zeros(19), new Uint8Array(511), '\x01'), false],
  ])('%s', (_, trailer, zero) => {
    const read = readTar(join(entry, trailer));
    expect(read.entries).toHaveLength(1);
    expect(read.trailer).toMatchObject({ offset: 1536, bytes: trailer.length, zero });
    expect(hexOfDigest(read.trailer.digest)).toBe(sha256(trailer));
  });

  test.each<[string, Uint8Array]>([
    ['nothing at all', new Uint8Array(0)],
    ['one zero block', zeros(1)],
    ['two zero blocks', zeros(2)],
  ])('no entry: %s', (_, bytes) => {
    const read = readTar(bytes);
    expect(read.entries).toEqual([]);
    expect(read.trailer).toMatchObject({ offset: 0, bytes: bytes.length, zero: true });
  });

  test.each<[string, Uint8Array]>([
    ['an entry', entry],
    ['text', padded('text')],
    ['a block of zeros but for its last byte', join(new Uint8Array(511), '\x01')],
  ])('after a single zero block, %s is an error', (_, rest) => {
    const error = failureOf(() => readTar(join(entry, zeros(1), rest, zeros(2))));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(2048);
  });

  test('a block that is nearly zero is no end', () => {
    const error = failureOf(() => readTar(join(entry, new Uint8Array(511), '\x01', zeros(2))));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBe(1536);
  });
});

describe('padding', () => {
  test('that is not zero is told, whole', () => {
    const { entries } = readTar(
      join(block({ name: 'a', size: 500 }), 'x'.repeat(500), '\0\0padding!\0\0', file('b', 'y'), zeros()),
    );
    expect(entries.map(({ padding }) => padding && Buffer.from(padding).toString('latin1'))).toEqual([
      '\0\0padding!\0\0',
      null,
    ]);
  });

  test('in small chunks, with only its first or last byte set', () => {
    for (const padding of [`\x01${'\0'.repeat(11)}`, `${'\0'.repeat(11)}\x01`]) {
      const bytes = join(block({ size: 500 }), 'x'.repeat(500), padding, zeros());
      for (const size of [1, 5, 511]) {
        const read = readTar(bytes, () => size).entries[0]?.padding;
        expect(Buffer.from(read ?? []).toString('latin1')).toBe(padding);
      }
    }
  });

  test('that the stream lacks, all of it, is told as none', () => {
    const whole = join(block({ size: 500 }), 'x'.repeat(500), '\0\0padding!\0\0');
    for (const size of [1, 5, 1024]) {
      const { entries, trailer } = readTar(whole.subarray(0, 1012), () => size);
      expect(entries.map((entry) => entry.padding?.length)).toEqual([0]);
      expect(trailer).toMatchObject({ offset: 1012, bytes: 0, zero: true });
    }
  });
});

/*
 * One archive with every kind of header block. Its parts, by hand:
 *      0  a file: header, 700 bytes of content in two blocks     → 1536
 *   1536  a PAX header of one block of records, its file, empty  → 3072
 *   3072  a global header of one block of records                → 4096
 *   4096  a long link, a long name, the symbolic link            → 6656
 *   6656  an old GNU sparse file: header, more map, content      → 8192
 *   8192  a PAX 1.0 sparse file: records, header, map, content   → 10240 + 512 = 10752
 *  10752  a folder                                               → 11264
 *  11264  four zero blocks                                       → 13312
 */
const EVERY = join(
  file('file', 'x'.repeat(700)),
  extended('x', record('mtime', '1.5')),
  block({ name: 'pax' }),
  extended('g', record('comment', 'global')),
  extended('K', `${'t'.repeat(120)}\0`),
  extended('L', `${'n'.repeat(120)}\0`),
  block({ type: '2', magic: GNU, name: 'n'.repeat(100), linkName: 't'.repeat(100) }),
  block({
    type: 'S',
    magic: GNU,
    size: 1,
    patches: [
      [386, octal(0, 12)],
      [398, octal(1, 12)],
      [482, '\x01'],
      [483, octal(100, 12)],
    ],
  }),
  padded(join(octal(100, 12), octal(0, 12))),
  padded('s'),
  extended(
    'x',
    record('GNU.sparse.major', '1') + record('GNU.sparse.minor', '0') + record('GNU.sparse.realsize', '100'),
  ),
  block({ size: 513 }),
  padded('1\n99\n1\n'),
  padded('e'),
  block({ type: '5', name: 'dir/' }),
  zeros(4),
);
/** Where an entry ends, and where a zero block does. From the second zero block on, anything goes. */
const ENTRY_ENDS = [0, 1536, 3072, 4096, 6656, 8192, 10752, 11264];
const ZERO_BLOCK_ENDS = [11776, 12288];
/** Where content ends that has padding: `umoci insert` writes none. */
const CONTENT_ENDS = [1212, 7681, 10241];

describe('a stream that ends early', () => {
  test('the archive itself', () => {
    expect(EVERY).toHaveLength(13312);
    const { entries, trailer } = readTar(EVERY);
    expect(entries.map(({ header }) => header.offset)).toEqual(ENTRY_ENDS.slice(0, -1));
    expect(trailer).toMatchObject({ offset: 11264, bytes: 2048 });
  });

  test('at any offset is an error, unless it is the end of an entry, with or without padding, or of a zero block', () => {
    const allowed = [...ENTRY_ENDS, ...ZERO_BLOCK_ENDS, ...CONTENT_ENDS];
    const outcomes = withoutStacks(() =>
      Array.from({ length: 12289 }, (_, end) => {
        if (!allowed.includes(end)) {
          const error = failureOf(() => readTar(EVERY.subarray(0, end)));
          return `${error.code} at ${error.location.offset}`;
        }
        const { entries, trailer } = readTar(EVERY.subarray(0, end));
        return `${entries.length} entries, ${trailer.bytes} bytes of trailer`;
      }),
    );
    expect(outcomes).toEqual(
      Array.from({ length: 12289 }, (_, end) => {
        if (!allowed.includes(end)) return `ERR_TAR_TRUNCATED at ${end}`;
        const whole = ENTRY_ENDS.filter((offset) => offset > 0 && offset <= end).length;
        const entries = whole + (CONTENT_ENDS.includes(end) ? 1 : 0);
        return `${entries} entries, ${Math.max(0, end - 11264)} bytes of trailer`;
      }),
    );
  });

  test.each([
    [100, 'block'],
    [512 + 100, 'content'],
    [512 + 700 + 10, 'padding'],
    [1536 + 600, 'extended header'],
    [1536 + 1024, 'extended header has come'],
    [6656 + 512, 'map of a sparse file'],
  ])('at %i, the message says within what: %s', (end, what) => {
    const error = failureOf(() => readTar(EVERY.subarray(0, end)));
    expect(error.message).toContain(what);
    expect(error.message).toContain(String(end));
  });
});

describe('limits', () => {
  const tenSegments = Array.from({ length: 10 }, (_, i) => `${i * 10},1`).join(',');
  const sparse = (records: string, stored: number): Uint8Array =>
    join(extended('x', records), block({ size: stored }), padded('x'.repeat(stored)));
  const manyEmptyBlocks = join(
    block({
      type: 'S',
      magic: GNU,
      patches: [
        [482, '\x01'],
        [483, octal(0, 12)],
      ],
    }),
    ...Array.from({ length: 20 }, () => join(new Uint8Array(504), '\x01', new Uint8Array(7))),
  );
  test.each<[keyof Limits, number, string, Uint8Array]>([
    ['extendedHeaderBytes', 1000, 'records', join(extended('x', record('a', 'b'.repeat(1000))), block())],
    ['extendedHeaderBytes', 1000, 'a long name', join(extended('L', `${'n'.repeat(1000)}\0`), block())],
    [
      'extendedHeaderBytes',
      1000,
      'several headers together',
      join(extended('K', 't'.repeat(600)), extended('L', 'n'.repeat(600)), block({ type: '2' })),
    ],
    ['extendedHeaderBytes', 1000, 'a size that is only claimed', block({ type: 'x', size: 0o77777777777 })],
    ['layerEntries', 2, 'files', join(block(), block(), block())],
    ['layerEntries', 2, 'global headers', join(...Array.from({ length: 3 }, () => extended('g', record('a', 'b'))))],
    [
      'sparseSegments',
      9,
      'PAX 0.1',
      sparse(
        record('GNU.sparse.size', '100') + record('GNU.sparse.numblocks', '10') + record('GNU.sparse.map', tenSegments),
        10,
      ),
    ],
    [
      'sparseSegments',
      3,
      'old GNU, in the header',
      block({
        type: 'S',
        magic: GNU,
        patches: [0, 1, 2, 3].flatMap(
          (i) =>
            [
              [386 + i * 24, octal(i, 12)],
              [398 + i * 24, octal(0, 12)],
            ] as const,
        ),
      }),
    ],
    ['sparseSegments', 9, 'old GNU, blocks of more map that hold nothing', manyEmptyBlocks],
    [
      'sparseSegments',
      9,
      'PAX 1.0, a number that is only claimed',
      join(
        extended(
          'x',
          record('GNU.sparse.major', '1') + record('GNU.sparse.minor', '0') + record('GNU.sparse.realsize', '9'),
        ),
        block({ size: 512 }),
        padded('10\n'),
      ),
    ],
    [
      'sparseFileBytes',
      1000,
      'a file of one hole',
      block({ type: 'S', magic: GNU, patches: [[483, octal(1001, 12)]] }),
    ],
    [
      'paxRecords',
      3,
      'records of one extended header',
      join(extended('x', ['a', 'b', 'c', 'd'].map((key) => record(key, '1')).join('')), block()),
    ],
    ['layerMetadataBytes', 1000, 'names', join(...Array.from({ length: 11 }, () => block({ name: 'n'.repeat(100) })))],
    [
      'layerMetadataBytes',
      1000,
      'records of global headers',
      join(...Array.from({ length: 3 }, () => extended('g', record('a', 'b'.repeat(400))))),
    ],
    [
      'layerMetadataBytes',
      10_000,
      'bytes in unused areas, which are kept too',
      join(
        ...Array.from({ length: 100 }, (_, i) =>
          block({ magic: 'ustar\0\0\0', patches: [[345, `\0${String(i).repeat(70).slice(0, 150)}`]] }),
        ),
      ),
    ],
    [
      'layerMetadataBytes',
      10_000,
      'repeated records, which are kept too',
      join(extended('x', record('a', 'b'.repeat(9000)) + record('a', '')), block()),
    ],
  ])('%s of %i is held: %s', (name, limit, _, bytes) => {
    const error = failureOf(() => readTar(join(bytes, zeros()), undefined, { [name]: limit }));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain(name);
    expect(error.message).toContain(String(limit));
  });

  test.each<[keyof Limits, number, Uint8Array]>([
    ['extendedHeaderBytes', 12, join(extended('x', record('abc', 'defg')), block())],
    ['layerEntries', 3, join(block(), block(), block())],
    [
      'sparseSegments',
      10,
      sparse(
        record('GNU.sparse.size', '100') + record('GNU.sparse.numblocks', '10') + record('GNU.sparse.map', tenSegments),
        10,
      ),
    ],
    ['sparseFileBytes', 1001, block({ type: 'S', magic: GNU, patches: [[483, octal(1001, 12)]] })],
  ])('%s of %i is enough for as much', (name, limit, bytes) => {
    expect(readTar(join(bytes, zeros()), undefined, { [name]: limit }).entries.length).toBeGreaterThan(0);
  });
});
