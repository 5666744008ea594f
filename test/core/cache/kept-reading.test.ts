import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../packages/core/src/cache/byte-writer.js';
import { encodeIndex } from '../../../packages/core/src/cache/encode-index.js';
import {
  decodeReading,
  FORMAT_VERSION,
  fileNameOf,
  type ReadingKey,
} from '../../../packages/core/src/cache/kept-reading.js';
import type { LayerReading } from '../../../packages/core/src/layer/read-layer.js';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { fixture } from '../../support/fixtures.js';
import { encode, headerOf, keyOf, limits, readingsOf, readingWith } from './support.js';

const key = keyOf('1');
const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
/** The same bytes, with a sum that fits them. */
const sealed = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(0, -32), sha256(bytes.subarray(0, -32))]);

function again(reading: LayerReading, of: ReadingKey = key): unknown {
  return decodeReading(of, limits, encode(of, reading));
}

describe('what is kept is what was read', () => {
  const archives = readdirSync(fixture('.')).filter((name) => /\.tar$/.test(name) && !/^multi|provenance/.test(name));
  test.each(archives)('the layers of %s', async (name) => {
    for (const { key, reading } of await readingsOf(name)) {
      const decoded = again(reading, key) as LayerReading;
      expect(decoded).toStrictEqual(reading);
      /* The order of the records is told in the report. */
      const records = ({ index }: LayerReading): unknown => index?.entries.map(({ pax }) => pax && [...pax]);
      expect(records(decoded)).toEqual(records(reading));
    }
  });

  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
  const safe = Number.MAX_SAFE_INTEGER;
  test.each<[string, Partial<TarHeader>]>([
    ['every byte in a name', { path: all, linkTarget: all, uname: all, gname: all, style: all }],
    ['a name longer than a chunk', { path: 'x'.repeat(700_000) }],
    [
      'the largest numbers',
      { offset: safe, headerBytes: safe, size: safe, storedSize: safe - 1, mode: safe, uid: safe },
    ],
    ['numbers around 32 bits', { offset: 2 ** 31, size: 2 ** 32, storedSize: 2 ** 31 - 1, headerBytes: 2 ** 35 + 127 }],
    [
      'negative numbers',
      { mode: -1, uid: -(2 ** 40), gid: -safe, devMajor: -5, devMinor: -safe, type: 'block-device' },
    ],
    [
      'times before 1970',
      { mtime: { seconds: -safe, nanoseconds: 999_999_999 }, atime: { seconds: -1, nanoseconds: 0 } },
    ],
    ['all times', { atime: { seconds: 0, nanoseconds: 1 }, ctime: { seconds: 5, nanoseconds: 0 } }],
    [
      'records',
      {
        format: 'pax',
        pax: new Map([
          ['__proto__', all],
          ['12', ''],
          ['b', '\0'],
          ['a', 'x'],
        ]),
      },
    ],
    ['no records', { format: 'pax', pax: new Map() }],
    ['a sparse file', { sparse: [0, 5, 2 ** 40, 512], size: 2 ** 41, storedSize: 517 }],
    ['one without segments', { sparse: [], size: 2 ** 41 }],
    ['a global header', { type: 'global-header', format: 'pax' }],
    ['others', { type: 'fifo', format: 'v7' }],
    ['star', { type: 'character-device', format: 'star', devMajor: 1, devMinor: 3 }],
  ])('%s', (_what, changes) => {
    const reading = readingWith(['a', 'b'], key.diffId);
    const index = reading.index as NonNullable<LayerReading['index']>;
    const entries = [headerOf(changes), headerOf({ ...changes, position: 1 }), headerOf({ position: 2 })];
    const paddings = new Map([
      [0, new Uint8Array(0)],
      [2, Uint8Array.of(0, 255, 7)],
    ]);
    const changed = { ...index, entries, contentDigests: ['', 'd'.repeat(32), 'e'.repeat(32)], paddings };
    expect(again({ ...reading, index: changed })).toStrictEqual({ ...reading, index: changed });
  });

  test('how it was compressed, and that there is no index', () => {
    const of = keyOf('1', { depth: 'diff-id', examined: true });
    const gzip = {
      mtime: 1,
      xfl: 2,
      os: 3,
      name: 'é\u0000',
      comment: null,
      extra: 'AA==',
      headerCrc: true,
      text: false,
    };
    const trailing = { kind: 'garbage', bytes: 5, sha256: 'ab' } as const;
    const reading = { compression: { format: 'gzip', gzip, trailing }, storedBytes: 12, index: null } as const;
    expect(again(reading, of)).toStrictEqual(reading);
  });

  const plain = { noNullPrototype: true };
  const times = fc.record({ seconds: fc.maxSafeInteger(), nanoseconds: fc.nat(999_999_999) }, plain);
  const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
  const header = fc.record(
    {
      path: bytes,
      linkTarget: bytes,
      style: fc.constantFrom('', 'a', 'b'),
      uname: fc.constantFrom('', 'root', '1'),
      mode: fc.constantFrom(0o644, 0o755, 0),
      uid: fc.maxSafeInteger(),
      size: fc.maxSafeNat(),
      mtime: times,
      atime: fc.option(times),
      ctime: fc.option(times),
      pax: fc.option(fc.array(fc.tuple(bytes, bytes), { maxLength: 4 }).map((records) => new Map(records))),
      sparse: fc.option(fc.array(fc.maxSafeNat(), { maxLength: 6 })),
    },
    plain,
  );
  test('anything that a header may say', () => {
    fc.assert(
      fc.property(fc.array(header, { maxLength: 20 }), (headers) => {
        const reading = readingWith([], key.diffId);
        const index = reading.index as NonNullable<LayerReading['index']>;
        const entries = headers.map((changes, position) => headerOf({ ...changes, position }));
        const changed = {
          ...index,
          entries,
          contentDigests: entries.map((_, i) => (i % 3 === 0 ? '' : 'd'.repeat(32))),
        };
        expect(again({ ...reading, index: changed })).toStrictEqual({ ...reading, index: changed });
      }),
      { numRuns: 200 },
    );
  });

  test('what has no place is not kept: a size that is no whole number', () => {
    const reading = readingWith(['a'], key.diffId);
    const index = reading.index as NonNullable<LayerReading['index']>;
    const entries = [headerOf({ size: 0.5 })];
    expect(() => encode(key, { ...reading, index: { ...index, entries } })).toThrow(RangeError);
  });
});

describe('what is not what was kept is not taken', () => {
  let bytes: Buffer;
  let own: ReadingKey;
  beforeAll(async () => {
    const [first] = await readingsOf('own-layers.oci.tar');
    if (first === undefined) throw new Error('no layer');
    own = first.key;
    bytes = encode(own, first.reading);
  });

  test('a byte that is another one', () => {
    const step = Math.max(1, Math.floor(bytes.length / 400));
    for (let at = 0; at < bytes.length; at += at < 200 || at > bytes.length - 40 ? 1 : step) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x04;
      expect(decodeReading(own, limits, changed)).toBe('damaged');
    }
  });

  test('a part of it, or more than it', () => {
    const step = Math.max(1, Math.floor(bytes.length / 200));
    for (let length = 0; length < bytes.length; length += length < 100 ? 1 : step) {
      expect(decodeReading(own, limits, bytes.subarray(0, length))).toBe('damaged');
      expect(decodeReading(own, limits, sealed(bytes.subarray(0, length)))).toBe('damaged');
    }
    expect(decodeReading(own, limits, Buffer.concat([bytes, Buffer.alloc(1)]))).toBe('damaged');
    expect(decodeReading(own, limits, sealed(Buffer.concat([bytes, Buffer.alloc(1)])))).toBe('damaged');
  });

  test('the reading of another layer, another depth, another version', () => {
    const others = [
      { ...own, digest: keyOf('2').digest },
      { ...own, diffId: keyOf('2').diffId },
      { ...own, depth: 'diff-id' as const },
      { ...own, examined: false },
    ];
    for (const other of others) {
      expect(decodeReading(other, limits, bytes)).toBe('damaged');
      expect(fileNameOf(other)).not.toBe(fileNameOf(own));
    }
    const text = bytes.toString('latin1');
    for (const [old, other] of [
      ['format 1,', 'format 2,'],
      ['ocidiff 0.1.0', 'ocidiff 0.2.0'],
    ] as const) {
      expect(text).toContain(old);
      expect(decodeReading(own, limits, sealed(Buffer.from(text.replace(old, other), 'latin1')))).toBe('damaged');
    }
  });

  test('nonsense with a sum that fits it: an answer at once', () => {
    const start = bytes.indexOf('index examined') + 'index examined'.length;
    for (let at = start; at < bytes.length - 32; at += Math.max(1, Math.floor((bytes.length - start) / 1000))) {
      for (const value of [0x00, 0x7f, 0xff]) {
        const changed = Buffer.from(bytes);
        changed.fill(value, at, at + 4);
        const begin = performance.now();
        decodeReading(own, limits, sealed(changed));
        expect(performance.now() - begin).toBeLessThan(1000);
      }
    }
  });

  test.each([
    'layerBytes',
    'layerEntries',
    'extendedHeaderBytes',
    'paxRecords',
    'layerMetadataBytes',
    'sparseSegments',
    'sparseFileBytes',
  ] as const)('under a lower limit %s it may not be an answer; under a higher one it is', (name) => {
    expect(decodeReading(own, { ...limits, [name]: limits[name] - 1 }, bytes)).toBe('unfit');
    expect(decodeReading(own, { ...limits, [name]: limits[name] + 1 }, bytes)).toBeTypeOf('object');
  });
});

/*
 * A guard, no truth: if reading these layers tells something else than it did, or it is written otherwise, files that are
 * kept would be wrong answers. Raise FORMAT_VERSION then, and put the new sum here.
 */
test('what is kept of real layers is what format 1 keeps', async () => {
  expect(FORMAT_VERSION).toBe(1);
  const hash = createHash('sha256');
  const writer = new ByteWriter((chunk) => hash.update(chunk));
  for (const name of ['own-rules-buildah-overlay.oci.tar', 'clock-buildkit-1-zstd.oci.tar']) {
    for (const { reading } of await readingsOf(name)) {
      writer.text(JSON.stringify(reading.compression));
      if (reading.index !== null) encodeIndex(reading.index, writer);
    }
  }
  writer.flush();
  expect(hash.digest('hex')).toBe('eba5c0950c1d09c0e3d3255d80e1fc775f1213b17699fc5cc85d0bd99c569b3e');
});
