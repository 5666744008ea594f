import { beforeAll, describe, expect, test } from 'vitest';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { block, extended, GNU, join, record, zeros } from '../../support/tar-build.js';
import { byHand } from './by-hand.js';
import { canMakeCorpus, makeCorpus } from './corpus.js';
import { type Blocks, blocksOf, firstHeader, mutated } from './mutate.js';
import { randomHeader } from './random-header.js';
import { rebuild } from './rebuild.js';
import { random, readTar, signatureOf, withoutStacks } from './support.js';

const SEED = 20231127;

describe('fields and style determine every byte of the header blocks', () => {
  const headers: Blocks[] = byHand();

  beforeAll(async () => {
    if (!canMakeCorpus) return;
    // Per archive and style one header: the many alike would only repeat each other.
    for (const { name, bytes } of await makeCorpus()) {
      const styles = new Set<string>();
      for (const { header } of readTar(bytes).entries) {
        const kind = `${header.format} ${header.type} ${header.style}`;
        if (styles.has(kind) || header.headerBytes > 8192) continue;
        styles.add(kind);
        headers.push(
          blocksOf(`${name} ${header.path}`, bytes.slice(header.offset, header.offset + header.headerBytes)),
        );
      }
    }
  });

  test('headers are written anew from them as they were', () => {
    const different = headers.filter(({ bytes }) => {
      const header = firstHeader(bytes);
      return header === null || Buffer.compare(bytes, rebuild(header)) !== 0;
    });
    expect(different.map(({ from }) => from)).toEqual([]);
  });

  test('headers that differ, all told apart', () => {
    const known = new Map<string, Blocks>();
    for (const blocks of headers) {
      const signature = signatureOf(firstHeader(blocks.bytes) as TarHeader);
      const same = known.get(signature) ?? blocks;
      expect(Buffer.compare(same.bytes, blocks.bytes), `${same.from} and ${blocks.from}`).toBe(0);
      known.set(signature, blocks);
    }
  });

  test.each<[string, (path: string) => Uint8Array]>([
    [
      "GNU tar's long names",
      (path) =>
        join(
          extended('L', `${path}\0`, { uname: 'root', gname: 'root' }),
          block({ name: path.slice(0, 100), magic: GNU, uid: path.length }),
        ),
    ],
    [
      "GNU tar's PAX headers",
      (path) => {
        const name = `${path.slice(0, path.lastIndexOf('/'))}/PaxHeaders/${path.slice(path.lastIndexOf('/') + 1)}`;
        const mtime = path.length;
        return join(
          extended('x', record('path', path), { name: name.slice(0, 100), mtime }),
          block({ name: path.slice(0, 100), mtime }),
        );
      },
    ],
    [
      "Go's, which leave out what is not ASCII",
      (path) => {
        const name = `${path.slice(0, path.lastIndexOf('/'))}/PaxHeaders.0/${path.slice(path.lastIndexOf('/') + 1)}`;
        const ascii = (text: string): string => text.replace(/[\x80-\xff]/g, '').slice(0, 100);
        return join(
          extended('x', record('path', path), { name: ascii(name), mode: 0 }),
          block({ name: ascii(path), mtime: path.length }),
        );
      },
    ],
  ])('what is derived from a name is told without it: %s', (_, write) => {
    const paths = [
      `caf\xc3\xa9/${'a'.repeat(110)}`,
      `${'\xc3\xa9'.repeat(80)}/name\xc3\xa9`,
      `${'d'.repeat(120)}/\xe6\x97\xa5`,
      'caf\xc3\xa9/short',
    ];
    for (const path of paths) {
      const style = firstHeader(write(path))?.style ?? '';
      expect(style).toMatch(/[xL]\(/);
      for (const part of path.split('/'))
        expect(style).not.toContain(Buffer.from(part.slice(0, 3), 'latin1').toString('hex'));
      // No longer than that of a header with a name of a few bytes, so nothing of the name is in it.
      expect(style.length).toBeLessThan(100);
    }
  });

  test.each<[string, Parameters<typeof block>[0]]>([
    ['USTAR', {}],
    ['GNU', { magic: GNU }],
    [
      'all other values',
      { mode: 0o4755, uid: 5, gid: 6, mtime: 7, size: 8, uname: 'u', gname: 'g', name: 'n'.repeat(100) },
    ],
    ['a link', { type: '2', linkName: 't'.repeat(100) }],
    ['a device', { type: '3', devMajor: 5, devMinor: 6 }],
  ])('the usual way to write a header has no style: %s', (_, fields) => {
    expect(firstHeader(block(fields))?.style).toBe('');
  });

  test('headers put together at random are written anew as they are, and told apart', () => {
    const next = random(SEED);
    const known = new Map<string, Uint8Array>();
    const holes: string[] = [];
    withoutStacks(() => {
      for (let i = 0; i < 10_000; i++) {
        const bytes = randomHeader(next);
        const header = firstHeader(bytes);
        if (header === null) continue;
        const signature = signatureOf(header);
        const hole = (what: string): number =>
          holes.push(`${what}: ${header.style}: ${Buffer.from(bytes).toString('hex')}`);
        if (header.headerBytes !== bytes.length) hole(`${header.headerBytes} of ${bytes.length} bytes`);
        else if (Buffer.compare(bytes, rebuild(header)) !== 0) hole('written otherwise');
        if (Buffer.compare(known.get(signature) ?? bytes, bytes) !== 0) hole('not told apart');
        known.set(signature, bytes);
      }
    });
    expect(holes.slice(0, 3)).toEqual([]);
    expect(known.size).toBeGreaterThan(6_000);
  });

  test.each([
    [1, 24_000],
    [2, 12_000],
    [5, 6_000],
  ])(
    'headers with %i bytes changed are written anew as they are, and told apart from what they were',
    (count, times) => {
      const next = random(SEED + count);
      const before = headers.map(({ bytes }) => signatureOf(firstHeader(bytes) as TarHeader));
      const holes: string[] = [];
      let read = 0;
      withoutStacks(() => {
        for (let i = 0; i < times; i++) {
          const original = headers[i % headers.length] as Blocks;
          const { bytes, how } = mutated(original, count, next);
          const header = firstHeader(bytes);
          if (header === null) continue;
          read++;
          const raw = join(bytes, zeros(4)).subarray(0, header.headerBytes);
          if (Buffer.compare(raw, rebuild(header)) !== 0)
            holes.push(`written otherwise: ${original.from}: ${how}: ${header.style}`);
          const changed = Buffer.compare(raw, original.bytes) !== 0;
          if (changed === (signatureOf(header) === before[i % headers.length]))
            holes.push(`not told: ${original.from}: ${how}`);
        }
      });
      expect(holes).toEqual([]);
      expect(read).toBeGreaterThan(times / 5);
    },
  );
});
