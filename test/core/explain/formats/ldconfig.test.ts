import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalAuxCache, parseAuxCache } from '../../../../packages/core/src/explain/formats/ldconfig.js';
import { bytes, compareFiles, evidence, fieldsOf, fixture } from './samples.js';

const PATH = 'var/cache/ldconfig/aux-cache';

describe('aux-cache', () => {
  const [content0, content1] = evidence(`services/${PATH}`);

  test('two builds of one image differ in inodes, times, padding and order only', () => {
    const difference = compareFiles(PATH, content0, content1);
    expect(difference).toMatchObject({ format: 'ldconfig-aux-cache', equalBut: ['metadata'] });
    expect(difference?.bytes).toBeUndefined();
    const kinds = new Set(difference?.fields?.map(({ name }) => name.slice(name.lastIndexOf('/') + 1)));
    for (const kind of kinds) expect(['inode', 'ctime', 'dev', 'padding', 'order']).toContain(kind);
    expect(canonicalAuxCache(content0)).not.toBeNull();
    expect(canonicalAuxCache(content0)).toEqual(canonicalAuxCache(content1));
  });

  test('the layout adds up', () => {
    const cache = parseAuxCache(content0);
    expect(cache?.version).toBe('2.0');
    expect(cache?.entries.length).toBe(156);
    /* Made of the libraries of Debian's libc6, all of which have their name as soname. */
    expect(cache?.entries.map(({ soname }) => soname)).toContain('libpthread.so.0');
    for (const { ctime } of cache?.entries ?? []) expect(Number(ctime)).toBeGreaterThan(1_600_000_000);
  });

  test('a size, a name, a flag, a level that differs stays in the canonical form', () => {
    const cache = parseAuxCache(content0);
    const at = cache?.entries[3]?.at as number;
    const canonical = canonicalAuxCache(content0);
    for (const [offset, isKept] of [
      [0, false],
      [8, false],
      [16, true],
      [24, false],
      [32, true],
      [36, true],
      [40, true],
      [44, false],
    ] as const) {
      const changed = Uint8Array.from(content0);
      changed[at + offset] = (changed[at + offset] as number) ^ 1;
      const other = canonicalAuxCache(changed);
      const isEqual = other !== null && Buffer.compare(other, canonical as Uint8Array) === 0;
      expect(isEqual, `offset ${offset}`).toBe(!isKept);
    }
    const renamed = Uint8Array.from(content0);
    renamed[(cache?.strings.start as number) + 5] = 0x7a;
    expect(canonicalAuxCache(renamed)).not.toEqual(canonical);
  });

  test('the canonical form is one itself', () => {
    const canonical = canonicalAuxCache(content0) as Uint8Array;
    expect(parseAuxCache(canonical)?.entries.length).toBe(156);
    expect(canonicalAuxCache(canonical)).toEqual(canonical);
  });

  test('texts that entries share are refused: they would be many times the file', () => {
    const hostile = Uint8Array.from(fixture('formats/headers/aux-cache'));
    const cache = parseAuxCache(hostile);
    expect(cache).not.toBeNull();
    const view = new DataView(hostile.buffer);
    for (const { at } of cache?.entries ?? []) view.setUint32(at + 36, 1, true);
    expect(canonicalAuxCache(hostile)).toBeNull();
  });
});

describe('ld.so.cache', () => {
  const content = fixture('formats/headers/ld.so.cache');

  test.runIf(existsSync('/sbin/ldconfig'))('libraries are those that ldconfig lists', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ocidiff-'));
    try {
      writeFileSync(join(folder, 'cache'), content);
      const listed = spawnSync('/sbin/ldconfig', ['-p', '-C', join(folder, 'cache')], { encoding: 'utf8' }).stdout;
      const paths = [...listed.matchAll(/=> (\S+)/g)].map((match) => match[1]);
      expect(paths.length).toBe(2);
      for (const path of paths) {
        /* A library of another name: one is gone, one has come. */
        const name = (path as string).slice(1);
        const at = Buffer.from(content).indexOf(name);
        const changed = Uint8Array.from(content);
        changed[at] = 0x58;
        const fields = fieldsOf(compareFiles('etc/ld.so.cache', content, changed));
        expect(fields).toHaveProperty([path as string]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the generator is told', () => {
    const at = Buffer.from(content).lastIndexOf('ldconfig ');
    const changed = Uint8Array.from(content);
    changed[at] = 0x4c;
    const fields = fieldsOf(compareFiles('etc/ld.so.cache', content, changed));
    expect(Object.keys(fields)).toEqual(['generator']);
    expect(fields.generator).toEqual([expect.stringMatching(/^ldconfig /), expect.stringMatching(/^Ldconfig /)]);
  });

  test('the flags of a library are told by its path', () => {
    const changed = Uint8Array.from(content);
    changed[48] = 0xff;
    const fields = fieldsOf(compareFiles('etc/ld.so.cache', content, changed));
    expect(Object.keys(fields)).toEqual([expect.stringMatching(/^\/usr\/lib\/lib(answer|other)\.so\.\d\/flags$/)]);
  });

  test('the old format is not taken for it', () => {
    expect(compareFiles('etc/ld.so.cache', bytes('ld.so-1.7.0\0aaaa'), bytes('ld.so-1.7.0\0bbbb'))).toBeNull();
  });
});
