import { beforeAll, describe, expect, test } from 'vitest';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import {
  BLOCK,
  block,
  extended,
  file,
  GNU,
  join,
  octal,
  padded,
  record,
  setChecksum,
  zeros,
} from '../../support/tar-build.js';
import { type Archive, canMakeCorpus, makeCorpus } from './corpus.js';
import { type Cuts, hexOfDigest, random, readTar, sha256, withoutStacks } from './support.js';

const SEED = 20231128;

/** Archives by hand, with what no program at hand writes. */
const BY_HAND: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  {
    name: 'every kind of block',
    bytes: join(
      file('file', 'x'.repeat(700)),
      block({ name: 'padded', size: 5 }),
      padded('hello', 7),
      extended('g', record('comment', 'global')),
      extended('x', record('mtime', '1.5') + record('SCHILY.xattr.user.x', '\n\0\xff'.repeat(400))),
      block({ name: 'pax', size: 600 }),
      padded('p'.repeat(600)),
      extended('K', `${'t'.repeat(1200)}\0`),
      extended('L', `${'n'.repeat(600)}\0`),
      block({ type: '2', magic: GNU }),
      block({
        type: 'S',
        magic: GNU,
        size: 3,
        patches: [
          [386, octal(10, 12)],
          [398, octal(2, 12)],
          [482, '\x01'],
          [483, octal(100, 12)],
        ],
      }),
      padded(join(octal(50, 12), octal(1, 12))),
      padded('abc'),
      extended(
        'x',
        record('GNU.sparse.major', '1') + record('GNU.sparse.minor', '0') + record('GNU.sparse.realsize', '2000'),
      ),
      block({ size: 1024 + 700 }),
      padded(
        `60\n${Array.from({ length: 60 }, (_, i) => `0000000000${i * 20 + (i === 59 ? 10 : 0)}\n${i === 59 ? 523 : 3}\n`.replace(/0{9}/, '00000')).join('')}`,
      ),
      padded('s'.repeat(700)),
      zeros(3),
      'garbage',
    ),
  },
  { name: 'no trailer', bytes: file('file', 'x') },
  { name: 'one zero block', bytes: join(file('file', 'x'), zeros(1)) },
  { name: 'nothing', bytes: new Uint8Array(0) },
];

describe('streams', () => {
  let archives: { readonly name: string; readonly bytes: Uint8Array }[] = [...BY_HAND];

  beforeAll(async () => {
    const corpus: Archive[] = canMakeCorpus ? await makeCorpus() : [];
    archives = [...BY_HAND, ...corpus];
  });

  test('every byte is in a header, content, padding or the trailer', () => {
    for (const { name, bytes } of archives) {
      const { entries, trailer } = readTar(bytes);
      let end = 0;
      for (const { header, contentBytes, holeBytes, padding } of entries) {
        expect(header.offset, `${name}: ${header.path}`).toBe(end);
        expect(header.position).toBe(entries.findIndex((entry) => entry.header === header));
        expect(header.headerBytes % BLOCK).toBe(0);
        const blocks = bytes.subarray(end, end + header.headerBytes);
        expect(hexOfDigest(header.headerDigest), `${name}: ${header.path}`).toBe(sha256(blocks));
        expect([contentBytes, contentBytes + holeBytes]).toEqual([header.storedSize, header.size]);
        const contentEnd = end + header.headerBytes + header.storedSize;
        end = Math.ceil(contentEnd / BLOCK) * BLOCK;
        const stated = bytes.subarray(contentEnd, end);
        expect(padding === null ? new Uint8Array(stated.length) : padding).toEqual(new Uint8Array(stated));
        expect(padding === null).toBe(stated.every((byte) => byte === 0));
      }
      expect([trailer.offset, trailer.bytes], name).toEqual([end, bytes.length - end]);
      const rest = bytes.subarray(end);
      expect([hexOfDigest(trailer.digest), trailer.zero], name).toEqual([
        sha256(rest),
        rest.every((byte) => byte === 0),
      ]);
    }
  });

  test.each<[string, () => Cuts, number]>([
    ['a byte at a time', () => () => 1, 100_000],
    ['in chunks of 7', () => () => 7, 700_000],
    ['in chunks of 511', () => () => 511, Infinity],
    ['in chunks of 513', () => () => 513, Infinity],
    ['in chunks of 1000', () => () => 1000, Infinity],
    ['cut at random', () => cutter(random(SEED), 2000), Infinity],
    ['cut at random in small pieces', () => cutter(random(SEED + 1), 20), 100_000],
  ])('are read the same %s', (_, cuts, most) => {
    for (const { name, bytes } of archives) {
      // The few large archives are nearly all content; small chunks of that show nothing.
      if (bytes.length > most) continue;
      expect({ name, events: readTar(bytes, cuts()).events }).toEqual({ name, events: readTar(bytes).events });
    }
  });

  test('are read the same from a view at any address', () => {
    for (const { name, bytes } of archives.slice(0, 20)) {
      for (const shift of [1, 2, 3]) {
        const moved = new Uint8Array(bytes.length + shift).subarray(shift);
        moved.set(bytes);
        expect({ name, events: readTar(moved).events }).toEqual({ name, events: readTar(bytes).events });
      }
    }
  });

  test('with bytes changed at random are read, or are an OciDiffError with an offset', () => {
    const next = random(SEED + 2);
    const small = archives.filter(({ bytes }) => bytes.length > 0 && bytes.length < 20_000);
    const codes = new Map<string, number>();
    withoutStacks(() => {
      for (let i = 0; i < 8_000; i++) {
        const { bytes } = small[i % small.length] as { bytes: Uint8Array };
        const mutant = mutate(bytes, next);
        try {
          readTar(mutant, i % 3 === 0 ? cutter(random(i), 700) : undefined, { sparseFileBytes: 10_000_000 });
          codes.set('read', (codes.get('read') ?? 0) + 1);
        } catch (error) {
          if (!(error instanceof OciDiffError)) throw error;
          codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
          if (error.code === 'ERR_LIMIT_EXCEEDED') continue;
          expect(error.location.offset).toBeGreaterThanOrEqual(0);
          expect(error.location.offset).toBeLessThanOrEqual(mutant.length);
          expect(error.message).toContain(String(error.location.offset));
        }
      }
    });
    expect([...codes.keys()]).toEqual(expect.arrayContaining(['ERR_TAR_INVALID', 'ERR_TAR_TRUNCATED', 'read']));
    expect(codes.get('read')).toBeGreaterThan(500);
  });

  test.each<[string, Uint8Array]>([
    ['a path of millions of slashes', join(extended('x', record('path', `${'/'.repeat(8_000_000)}x`)), block())],
    ['a long name of millions of slashes', join(extended('L', `${'/'.repeat(8_000_000)}x\0`), block({ magic: GNU }))],
    [
      'a link target of millions of bytes that are not ASCII',
      join(extended('K', '\xc3'.repeat(8_000_000)), block({ type: '2', magic: GNU })),
    ],
    ['a million records', join(extended('x', record('a', 'b').repeat(1_000_000)), block())],
    ['a number of a million digits', join(extended('x', record('mtime', '9'.repeat(1_000_000))), block())],
    [
      'a sparse map of commas',
      join(
        extended(
          'x',
          record('GNU.sparse.size', '1') +
            record('GNU.sparse.numblocks', '1') +
            record('GNU.sparse.map', ','.repeat(8_000_000)),
        ),
        block(),
      ),
    ],
    [
      'millions of empty blocks of a sparse map',
      join(block({ type: 'S', magic: GNU, patches: [[482, '\x01']] }), Buffer.alloc(30_000 * 512, 1)),
    ],
  ])('that want to take long do not: %s', (_, bytes) => {
    const begin = performance.now();
    try {
      readTar(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(OciDiffError);
    }
    expect(performance.now() - begin).toBeLessThan(15_000);
  });
});

function cutter(next: () => number, most: number): Cuts {
  return () => 1 + Math.floor(next() * most);
}

/* One of: a byte changed, bytes removed, bytes repeated, the end cut off; in half of them checksums are made right. */
function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
  const below = (most: number): number => Math.floor(next() * most);
  let mutant: Uint8Array = bytes.slice();
  for (let count = 1 + below(3); count > 0; count--) {
    const at = below(mutant.length);
    const kind = next();
    if (kind < 0.8) mutant[at] = next() < 0.5 ? below(256) : (mutant[at] as number) ^ (1 << below(8));
    else if (kind < 0.87) mutant = join(mutant.subarray(0, at), mutant.subarray(at + 1 + below(600)));
    else if (kind < 0.94) mutant = join(mutant.subarray(0, at), mutant.subarray(Math.max(0, at - 512)));
    else mutant = mutant.slice(0, at);
    if (mutant.length === 0) return mutant;
  }
  if (next() < 0.8) {
    for (let at = 0; at + BLOCK <= mutant.length; at += BLOCK) {
      if (mutant[at + 257] === 0x75 && mutant[at + 261] === 0x72) setChecksum(mutant, at);
    }
  }
  return mutant;
}
