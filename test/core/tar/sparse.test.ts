import { describe, expect, test } from 'vitest';
import {
  BLOCK,
  type BlockFields,
  base256,
  block,
  extended,
  file,
  GNU,
  join,
  octal,
  padded,
  record,
  zeros,
} from '../../support/tar-build.js';
import { firstHeader } from './mutate.js';
import { failureOf, headerOf, type ReadEntry, readTar, sha256 } from './support.js';

/*
 * Sparse files by hand. Sources: GNU tar manual, "Storing Sparse Files" and "Tar Internals", struct oldgnu_header: four
 * elements of offset and length at 386, isextended at 482, realsize at 483; in a block of more map 21 elements, then
 * isextended at 504.
 */

/** Elements of a map, offset and length in 12 octal digits each, at `at`. */
function elements(at: number, segments: readonly (readonly [number, number])[]): NonNullable<BlockFields['patches']> {
  return segments.flatMap(([offset, length], i) => [
    [at + i * 24, octal(offset, 12)] as const,
    [at + i * 24 + 12, octal(length, 12)] as const,
  ]);
}

/** A block of more map. */
function more(segments: readonly (readonly [number, number])[], extendedFlag = 0): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  for (const [at, value] of elements(0, segments)) bytes.set(value as Uint8Array, at);
  bytes[504] = extendedFlag;
  return bytes;
}

/** An old GNU sparse file of `realSize` bytes with these segments in the header block. */
function oldGnu(
  realSize: number,
  stored: number,
  segments: readonly (readonly [number, number])[],
  isExtended = 0,
): Uint8Array {
  return block({
    name: 'sparse',
    type: 'S',
    magic: GNU,
    size: stored,
    patches: [...elements(386, segments), [482, new Uint8Array([isExtended])], [483, octal(realSize, 12)]],
  });
}

function records00(
  realSize: number,
  segments: readonly (readonly [number, number])[],
  count = segments.length,
): string {
  const pairs = segments.map(
    ([offset, length]) => record('GNU.sparse.offset', String(offset)) + record('GNU.sparse.numbytes', String(length)),
  );
  return record('GNU.sparse.size', String(realSize)) + record('GNU.sparse.numblocks', String(count)) + pairs.join('');
}

function records01(realSize: number, map: string, count: number): string {
  return (
    record('GNU.sparse.major', '0') +
    record('GNU.sparse.minor', '1') +
    record('GNU.sparse.name', 'dir/sparse') +
    record('GNU.sparse.size', String(realSize)) +
    record('GNU.sparse.numblocks', String(count)) +
    record('GNU.sparse.map', map)
  );
}

function records10(realSize: number): string {
  return (
    record('GNU.sparse.major', '1') +
    record('GNU.sparse.minor', '0') +
    record('GNU.sparse.name', 'dir/sparse') +
    record('GNU.sparse.realsize', String(realSize))
  );
}

const DATA = 'data of both segments';
const SEGMENTS = [
  [100, 10],
  [500, 11],
] as const;
const REAL = 1000;
const CONTENT = (() => {
  const content = new Uint8Array(REAL);
  content.set(Buffer.from(DATA.slice(0, 10)), 100);
  content.set(Buffer.from(DATA.slice(10)), 500);
  return content;
})();

function only(bytes: Uint8Array): ReadEntry {
  const { entries } = readTar(bytes);
  expect(entries).toHaveLength(1);
  return entries[0] as ReadEntry;
}

describe('one file in all four forms', () => {
  test.each<[string, Uint8Array, number, string]>([
    ['old GNU', oldGnu(REAL, 21, SEGMENTS), 512, 'sparse'],
    ['PAX 0.0', join(extended('x', records00(REAL, SEGMENTS)), block({ name: 'sparse', size: 21 })), 1536, 'sparse'],
    [
      'PAX 0.1',
      join(extended('x', records01(REAL, '100,10,500,11', 2)), block({ name: 'GNUSparseFile.1/sparse', size: 21 })),
      1536,
      'dir/sparse',
    ],
    [
      'PAX 1.0',
      join(
        extended('x', records10(REAL)),
        block({ name: 'GNUSparseFile.1/sparse', size: 512 + 21 }),
        padded('2\n100\n10\n500\n11\n'),
      ),
      2048,
      'dir/sparse',
    ],
  ])('%s', (_, headers, headerBytes, path) => {
    const entry = only(join(headers, padded(DATA), zeros()));
    expect(entry.header).toMatchObject({
      type: 'file',
      path,
      headerBytes,
      size: REAL,
      storedSize: 21,
      sparse: [100, 10, 500, 11],
    });
    expect(entry.sha256).toBe(sha256(CONTENT));
    expect([entry.contentBytes, entry.holeBytes]).toEqual([21, REAL - 21]);
  });

  test('what is told, in order', () => {
    const { events } = readTar(join(oldGnu(REAL, 21, SEGMENTS), padded(DATA), zeros()));
    expect(events.slice(1, -1)).toEqual([
      ['hole', 100],
      ['content', 10, sha256(Buffer.from(DATA.slice(0, 10)))],
      ['hole', 390],
      ['content', 11, sha256(Buffer.from(DATA.slice(10)))],
      ['hole', 489],
      ['end', null],
    ]);
  });
});

describe('old GNU maps', () => {
  const row = (count: number): [number, number][] => Array.from({ length: count }, (_, i) => [i * 10, 1]);
  const data = (count: number): Uint8Array => padded('x'.repeat(count));

  test.each([5, 25])('%i segments: 4 in the header, the others in blocks of 21', (count) => {
    const all = row(count);
    const entry = only(join(oldGnu(1000, count, all.slice(0, 4), 1), more(all.slice(4)), data(count), zeros()));
    expect(entry.header).toMatchObject({ headerBytes: 1024, sparse: all.flat(), size: 1000, storedSize: count });
  });

  test('26 segments: two blocks more', () => {
    const all = row(26);
    const entry = only(
      join(oldGnu(1000, 26, all.slice(0, 4), 1), more(all.slice(4, 25), 1), more(all.slice(25)), data(26), zeros()),
    );
    expect(entry.header).toMatchObject({ headerBytes: 1536, sparse: all.flat() });
  });

  test('a block of more map that is empty, or that comes after elements not in use (Go reads on)', () => {
    const empty = only(join(oldGnu(1000, 4, row(4), 1), more([]), data(4), zeros()));
    expect(empty.header).toMatchObject({ headerBytes: 1024, sparse: row(4).flat() });
    const after = only(join(oldGnu(1000, 3, row(2), 1), more(row(3).slice(2)), data(3), zeros()));
    expect(after.header).toMatchObject({ headerBytes: 1024, sparse: row(3).flat() });
    const full = only(join(oldGnu(1000, 3, row(3)), data(3), zeros()));
    expect(full.header.sparse).toEqual(after.header.sparse);
    expect(full.header.style).not.toBe(after.header.style);
  });

  test('a file that is one hole', () => {
    const entry = only(join(oldGnu(1000, 0, []), zeros()));
    expect(entry.header).toMatchObject({ sparse: [], size: 1000, storedSize: 0 });
    expect(entry.sha256).toBe(sha256(new Uint8Array(1000)));
  });

  test('a file of no bytes', () => {
    expect(only(join(oldGnu(0, 0, []), zeros())).header).toMatchObject({ sparse: [], size: 0, storedSize: 0 });
  });

  test('segments of no bytes, as GNU tar ends a map with one', () => {
    const entry = only(
      join(
        oldGnu(1000, 2, [
          [0, 2],
          [1000, 0],
        ]),
        padded('ab'),
        zeros(),
      ),
    );
    expect(entry.header.sparse).toEqual([0, 2, 1000, 0]);
    expect([entry.contentBytes, entry.holeBytes]).toEqual([2, 998]);
  });

  test('with a long name before it', () => {
    const entry = only(join(extended('L', `${'n'.repeat(150)}\0`), oldGnu(REAL, 21, SEGMENTS), padded(DATA), zeros()));
    expect(entry.header).toMatchObject({ path: 'n'.repeat(150), headerBytes: 1536, size: REAL });
  });

  test('a sparse file larger than 8 GiB, in base 256', () => {
    const bytes = block({
      type: 'S',
      magic: GNU,
      patches: [
        [386, base256(2n ** 35n, 12)],
        [398, octal(0, 12)],
        [483, base256(2n ** 35n, 12)],
      ],
    });
    expect(firstHeader(bytes)).toMatchObject({ size: 2 ** 35, storedSize: 0, sparse: [2 ** 35, 0] });
  });

  test.each<[string, Uint8Array]>([
    ['without the magic of GNU', block({ type: 'S', patches: [[483, octal(0, 12)]] })],
    ['in a header with an old Go prefix', block({ type: 'S', magic: GNU, prefix: 'usr/share' })],
    [
      'a map that is no number',
      block({
        type: 'S',
        magic: GNU,
        patches: [
          [386, 'x'],
          [483, octal(0, 12)],
        ],
      }),
    ],
    [
      'a negative offset',
      block({
        type: 'S',
        magic: GNU,
        patches: [
          [386, base256(-1n, 12)],
          [398, octal(0, 12)],
          [483, octal(5, 12)],
        ],
      }),
    ],
    [
      'a second map in records',
      join(extended('x', records00(REAL, SEGMENTS)), oldGnu(REAL, 21, SEGMENTS), padded(DATA)),
    ],
  ])('%s is an error', (_, bytes) => {
    expect(failureOf(() => readTar(join(bytes, zeros()))).code).toBe('ERR_TAR_INVALID');
  });
});

describe('maps that cannot be', () => {
  test.each<[string, number, number, readonly (readonly [number, number])[]]>([
    [
      'segments that overlap',
      1000,
      20,
      [
        [0, 10],
        [5, 10],
      ],
    ],
    [
      'segments out of order',
      1000,
      20,
      [
        [500, 10],
        [100, 10],
      ],
    ],
    ['a segment that ends beyond the file', 1000, 10, [[995, 10]]],
    ['a segment that begins beyond the file', 1000, 0, [[1001, 0]]],
    ['more bytes in the map than are stored', 1000, 5, [[0, 10]]],
    ['fewer bytes in the map than are stored', 1000, 15, [[0, 10]]],
    ['bytes stored without a map', 1000, 15, []],
  ])('%s', (_, realSize, stored, segments) => {
    const forms = [
      oldGnu(realSize, stored, segments),
      join(extended('x', records00(realSize, segments)), block({ size: stored })),
      join(extended('x', records01(realSize, segments.flat().join(','), segments.length)), block({ size: stored })),
      join(
        extended('x', records10(realSize)),
        block({ size: 512 + stored }),
        padded(`${[segments.length, ...segments.flat()].join('\n')}\n`),
      ),
    ];
    for (const form of forms) {
      const error = failureOf(() => readTar(join(file('first', 'x'), form, padded('x'.repeat(stored)), zeros())));
      expect(error.code).toBe('ERR_TAR_INVALID');
      expect(error.location.offset).toBeGreaterThanOrEqual(1024);
    }
  });
});

describe('malformed records of sparse files', () => {
  const size = record('GNU.sparse.size', '1000');
  const blocks = (count: number): string => record('GNU.sparse.numblocks', String(count));
  test.each<[string, string]>([
    ['a map with an offset and no length', size + blocks(1) + record('GNU.sparse.map', '100')],
    ['a map that is no number', size + blocks(1) + record('GNU.sparse.map', 'a,b')],
    ['a map with an empty number', size + blocks(1) + record('GNU.sparse.map', '100,')],
    ['a map that ends with a comma', size + blocks(1) + record('GNU.sparse.map', '100,21,')],
    ['a map of other than the stated number of segments', size + blocks(2) + record('GNU.sparse.map', '100,21')],
    ['a map without the number of segments', size + record('GNU.sparse.map', '100,21')],
    [
      'a number of segments that is no number',
      size + record('GNU.sparse.numblocks', 'one') + record('GNU.sparse.map', '100,21'),
    ],
    ['a map without the size', blocks(1) + record('GNU.sparse.map', '100,21')],
    ['a size that is no number', record('GNU.sparse.size', '1k') + blocks(1) + record('GNU.sparse.map', '100,21')],
    [
      'two sizes that differ',
      size + record('GNU.sparse.realsize', '1001') + blocks(1) + record('GNU.sparse.map', '100,21'),
    ],
    [
      'a length before its offset',
      size + blocks(1) + record('GNU.sparse.numbytes', '21') + record('GNU.sparse.offset', '100'),
    ],
    [
      'two offsets in a row',
      size + blocks(1) + record('GNU.sparse.offset', '100') + record('GNU.sparse.offset', '100'),
    ],
    [
      'a map in a record and in pairs',
      size +
        blocks(1) +
        record('GNU.sparse.map', '100,21') +
        record('GNU.sparse.offset', '100') +
        record('GNU.sparse.numbytes', '21'),
    ],
    ['the number of segments without them', size + blocks(0)],
    ['an offset without a length', size + blocks(1) + record('GNU.sparse.offset', '100')],
    [
      'offsets without the number of segments',
      size + record('GNU.sparse.offset', '100') + record('GNU.sparse.numbytes', '21'),
    ],
    ['a version that is unknown', record('GNU.sparse.major', '2') + record('GNU.sparse.minor', '0') + size],
    ['a version without its minor', record('GNU.sparse.major', '1') + size],
    ['0.1 without a map', record('GNU.sparse.major', '0') + record('GNU.sparse.minor', '1') + size + blocks(0)],
  ])('%s is an error', (_, records) => {
    const bytes = join(extended('x', records), block({ size: 21 }), padded(DATA), zeros());
    expect(failureOf(() => readTar(bytes)).code).toBe('ERR_TAR_INVALID');
  });

  test.each(['1', '2', '3', '5', '6'])('records of a sparse file for an entry of type %s are an error (Go)', (type) => {
    const bytes = join(extended('x', records01(0, '', 0)), block({ type }), zeros());
    expect(failureOf(() => readTar(bytes)).code).toBe('ERR_TAR_INVALID');
  });

  test('… as for a folder before POSIX, by the name in the header block (Go)', () => {
    const bytes = join(extended('x', records01(0, '', 0)), block({ type: '\0', name: 'dir/' }), zeros());
    expect(failureOf(() => readTar(bytes)).code).toBe('ERR_TAR_INVALID');
  });

  test('an empty GNU.sparse.name overrides nothing (Go)', () => {
    const records = size + blocks(1) + record('GNU.sparse.map', '100,21') + record('GNU.sparse.name', '');
    expect(headerOf(join(extended('x', records), block({ name: 'raw', size: 21 }), padded(DATA), zeros())).path).toBe(
      'raw',
    );
  });

  test.each<[string, string]>([
    ['a number that is none', 'x\n'],
    ['a sign', '-1\n'],
    ['an empty line', '\n'],
    ['no newline after a number', '1\n100\n21'],
    ['fewer numbers than stated', '2\n100\n21\n'],
    ['a number beyond 2^53', `1\n100\n${'9'.repeat(16)}\n`],
    ['a number of many digits', `1\n100\n${'0'.repeat(30)}21\n`],
    ['spaces', '1\n 100\n21\n'],
    ['nothing', ''],
  ])('1.0: %s is an error at its place', (_, map) => {
    const bytes = join(
      extended('x', records10(1000)),
      block({ size: 512 + 21 }),
      map === '' ? new Uint8Array(512) : padded(map),
      padded(DATA),
      zeros(),
    );
    const error = failureOf(() => readTar(bytes));
    expect(error.code).toBe('ERR_TAR_INVALID');
    expect(error.location.offset).toBeGreaterThanOrEqual(1536);
    expect(error.location.offset).toBeLessThanOrEqual(1536 + map.length);
  });

  test('1.0: a map that goes on for blocks', () => {
    const segments = Array.from({ length: 200 }, (_, i): [number, number] => [i * 1000, 1]);
    const map = padded(`200\n${segments.flat().join('\n')}\n`);
    expect(map.length).toBeGreaterThan(1024);
    const bytes = join(
      extended('x', records10(1_000_000)),
      block({ size: map.length + 200 }),
      map,
      padded('x'.repeat(200)),
      zeros(),
    );
    expect(only(bytes).header).toMatchObject({
      sparse: segments.flat(),
      storedSize: 200,
      size: 1_000_000,
      headerBytes: 1536 + map.length,
    });
  });

  test('1.0: a map larger than the file is an error', () => {
    const bytes = join(extended('x', records10(1000)), block({ size: 100 }), padded('0\n'), zeros());
    expect(failureOf(() => readTar(bytes)).code).toBe('ERR_TAR_INVALID');
  });

  test('1.0: a size record counts the map too', () => {
    const bytes = join(
      extended('x', records10(1000) + record('size', '533')),
      block({ size: 0 }),
      padded('1\n100\n21\n'),
      padded(DATA),
      zeros(),
    );
    expect(only(bytes).header).toMatchObject({ size: 1000, storedSize: 21, sparse: [100, 21] });
  });

  test('sizes and names alone make no file sparse (Go)', () => {
    const bytes = join(
      extended('x', size + record('GNU.sparse.name', 'other')),
      block({ name: 'raw', size: 21 }),
      padded(DATA),
      zeros(),
    );
    expect(headerOf(bytes)).toMatchObject({ sparse: null, path: 'raw', size: 21 });
  });
});
