import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Compression } from '../../../packages/core/src/bytes/compression.js';
import { walkGzipBlocks } from '../../../packages/core/src/bytes/gzip/blocks.js';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { compareLayers, type ReadLayer } from '../../../packages/core/src/compare/layers.js';
import type { Layer } from '../../../packages/core/src/image/load.js';
import { rawTar } from '../layer/raw-tar.js';
import { excusedBy, indexOf, mirrored, PLATFORM, sorted } from './support.js';

const GZIP = { mtime: 0, xfl: 0, os: 255, name: null, comment: null, extra: null, headerCrc: false, text: false };
const ZSTD = {
  frames: 1,
  skippableFrames: 0,
  checksum: true,
  contentSize: 1024,
  windowBytes: 1024,
  singleSegment: true,
};
const gzip = (header: Partial<typeof GZIP> = {}): Compression => ({ format: 'gzip', gzip: { ...GZIP, ...header } });
const zstd = (frame: Partial<typeof ZSTD> = {}): Compression => ({ format: 'zstd', zstd: { ...ZSTD, ...frame } });
const NONE: Compression = { format: 'none' };

const TAR = indexOf(rawTar([{ name: 'a' }]));
const OTHER = indexOf(rawTar([{ name: 'a', mtime: 1 }]));

/** A layer of `tar`, `digest` naming its compressed bytes; null where the medium has lost them. */
function layer(digest: string | null, compression: Compression | null, tar = TAR, indexed = true): ReadLayer {
  return {
    layer: { descriptor: digest === null ? null : { digest }, diffId: tar.diffId } as unknown as Layer,
    reading: { compression, storedBytes: 99, index: indexed ? tar : null },
  };
}

function compare(side0: ReadLayer, side1: ReadLayer): Finding[] {
  const findings: Finding[] = [];
  compareLayers(side0, side1, PLATFORM, [1, 2], (finding) => findings.push(finding));
  const swapped: Finding[] = [];
  compareLayers(side1, side0, PLATFORM, [2, 1], (finding) => swapped.push(finding));
  expect(sorted(swapped)).toEqual(sorted(findings.map(mirrored)));
  return findings;
}

describe('equal tar in other compressed bytes is told as that', () => {
  test.each<[string, Compression, Compression]>([
    ['another format', gzip(), zstd()],
    ['none', gzip(), NONE],
    ["gzip's time", gzip({ mtime: 1 }), gzip({ mtime: 2 })],
    ['another level, which the bytes do not tell', gzip(), gzip()],
    ['bytes after it', gzip(), { ...gzip(), trailing: { kind: 'garbage', bytes: 1, sha256: 'x' } }],
    ['more frames', zstd(), zstd({ frames: 9 })],
  ])('%s', (_what, compression0, compression1) => {
    const findings = compare(layer('x', compression0), layer('y', compression1));
    expect(findings).toMatchObject([
      {
        subject: 'layer',
        field: 'compression',
        layers: [1, 2],
        values: [
          { ...compression0, digest: 'x', size: 99 },
          { ...compression1, digest: 'y', size: 99 },
        ],
      },
    ]);
    expect(findings.map(excusedBy)).toEqual([['compression']]);
  });

  test.each<[string, ReadLayer, ReadLayer]>([
    ['the same digest', layer('x', gzip()), layer('x', gzip())],
    ['one side has lost the compressed bytes', layer(null, NONE), layer('y', gzip())],
    ['both sides have', layer(null, NONE), layer(null, NONE)],
    ['one that was only verified', layer('x', null, TAR, false), layer('x', null, TAR, false)],
  ])('nothing: %s', (_what, side0, side1) => {
    expect(compare(side0, side1)).toEqual([]);
  });
});

describe('blocks and encoder', () => {
  const blocks = walkGzipBlocks(gzipSync('abc'), true);
  const examined: Compression = { ...gzip(), blocks, encoder: { name: 'zlib', level: null, evidence: 'blocks' } };

  test('are told where the content is the same', () => {
    const [finding] = compare(layer('x', examined), layer('y', { ...gzip(), blocks }));
    expect(finding?.values).toEqual([
      { ...examined, digest: 'x', size: 99 },
      { ...gzip(), blocks, digest: 'y', size: 99 },
    ]);
  });

  test('and nowhere else', () => {
    const findings = compare(layer('x', examined), layer('y', zstd(), OTHER));
    const finding = findings.find(({ field }) => field === 'compression');
    expect(finding?.values[0]).toEqual({ ...gzip(), digest: 'x', size: 99 });
    expect(compare(layer('x', examined), layer('y', gzip(), OTHER)).map(({ field }) => field)).toEqual(['mtime']);
  });
});

describe('of other content only what does not depend on the content is told', () => {
  test.each<[string, Compression, Compression, boolean]>([
    ['the same compressor', gzip(), gzip(), false],
    ["gzip's time", gzip({ mtime: 1 }), gzip({ mtime: 2 }), true],
    ['another format', gzip(), zstd(), true],
    ['the content size of a frame follows from the content', zstd(), zstd({ contentSize: 5, windowBytes: 5 }), false],
    ['whether there are checksums does not', zstd(), zstd({ checksum: false }), true],
    [
      'nor whether something stands after the end',
      gzip(),
      { ...gzip(), trailing: { kind: 'garbage', bytes: 1, sha256: 'x' } },
      true,
    ],
  ])('%s', (_what, compression0, compression1, isTold) => {
    const fields = compare(layer('x', compression0), layer('y', compression1, OTHER)).map(({ field }) => field);
    expect(fields).toEqual(isTold ? ['compression', 'mtime'] : ['mtime']);
  });
});
