import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolder } from '../../../packages/core/src/cache/cache-folder.js';
import { fileNameOf, type ReadingKey } from '../../../packages/core/src/cache/kept-reading.js';
import { LayerCache } from '../../../packages/core/src/cache/layer-cache.js';
import { clearCache, inspectCache } from '../../../packages/core/src/cache/manage-cache.js';
import type { LayerReading } from '../../../packages/core/src/layer/read-layer.js';
import { requireTool } from '../../support/tools.js';
import { encode, keyOf, limits, readingWith } from './support.js';

let root: string;
let layers: string;
beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'ocidiff-cache-')), 'cache');
  layers = join(root, 'layers');
});
afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

const run = (program: string, argument: string): Buffer => execFileSync(program, [argument]);
const key = keyOf('1');
const reading = readingWith(['a', 'b'], key.diffId);
const open = (cacheBytes = limits.cacheBytes): LayerCache => new LayerCache(root, { ...limits, cacheBytes });
const pathOf = (of: ReadingKey = key): string => join(layers, fileNameOf(of));

function keep(of: ReadingKey = key, what: LayerReading = readingWith(['a', 'b'], of.diffId)): void {
  const cache = open();
  cache.store(of, what);
  cache.close();
}

describe('where it is', () => {
  const place = (env: Record<string, string>): string | null => cacheFolder({ cache: true, env });
  test.each<[string, Record<string, string>, string | null]>([
    ['nothing says it', {}, null],
    ["ocidiff's own", { OCIDIFF_CACHE_DIR: '/own', XDG_CACHE_HOME: '/x', HOME: '/u' }, '/own'],
    ['XDG', { XDG_CACHE_HOME: '/x', HOME: '/u' }, '/x/ocidiff'],
    ['empty is not set', { OCIDIFF_CACHE_DIR: '', XDG_CACHE_HOME: '', HOME: '' }, null],
  ])('%s', (_what, env, expected) => {
    expect(place(env)).toBe(expected);
  });

  test.runIf(process.platform === 'linux')('below the home; a relative XDG_CACHE_HOME is not valid', () => {
    expect(place({ HOME: '/u' })).toBe('/u/.cache/ocidiff');
    expect(place({ HOME: '/u', XDG_CACHE_HOME: 'x' })).toBe('/u/.cache/ocidiff');
  });

  test('only where it is asked for', () => {
    expect(cacheFolder({ env: { HOME: '/u' } })).toBeNull();
    expect(cacheFolder({ cache: false, env: { HOME: '/u' } })).toBeNull();
    expect(cacheFolder({ cache: { dir: '/a/../b' } })).toBe('/b');
  });
});

describe('what is kept', () => {
  test('is found again, by another process too, and belongs to the user alone', () => {
    expect(open().load(key)).toBeNull();
    expect(existsSync(root)).toBe(false);
    keep();
    expect(open().load(key)).toStrictEqual(reading);
    expect(open().load(keyOf('2'))).toBeNull();
    const modes = [root, layers, pathOf()].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o600]);
    expect(readdirSync(layers)).toEqual([fileNameOf(key)]);
  });

  test('a damaged file is no hit, and goes; the next one is whole', () => {
    for (const damage of [
      (path: string) => truncateSync(path, 100),
      (path: string) => truncateSync(path, 0),
      (path: string) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(1)])),
      (path: string) => writeFileSync(path, encode(keyOf('2'), reading)),
    ]) {
      keep();
      damage(pathOf());
      expect(open().load(key)).toBeNull();
      expect(existsSync(pathOf())).toBe(false);
      keep();
      expect(open().load(key)).toStrictEqual(reading);
    }
  });

  test('two files in each other’s place', () => {
    const other = keyOf('2');
    keep();
    keep(other);
    renameSync(pathOf(), `${pathOf()}.x`);
    renameSync(pathOf(other), pathOf());
    renameSync(`${pathOf()}.x`, pathOf(other));
    expect(open().load(key)).toBeNull();
    expect(open().load(other)).toBeNull();
    expect(inspectCache({ cache: { dir: root } }).layers).toBe(0);
  });

  test('under lower limits no hit, but it stays', () => {
    keep();
    expect(new LayerCache(root, { ...limits, layerEntries: 1 }).load(key)).toBeNull();
    expect(open().load(key)).toStrictEqual(reading);
  });
});

describe('what stands where a file should be', () => {
  test('a folder: no hit, nothing kept, nothing lost', () => {
    keep(keyOf('2'));
    mkdirSync(join(pathOf(), 'inside'), { recursive: true });
    expect(open().load(key)).toBeNull();
    keep();
    expect(open().load(key)).toBeNull();
    expect(readdirSync(layers).sort()).toEqual([fileNameOf(key), fileNameOf(keyOf('2'))].sort());
    clearCache({ cache: { dir: root } });
    expect(readdirSync(layers)).toEqual([fileNameOf(key)]);
  });

  test('a symbolic link is not followed, neither for reading nor for writing nor for clearing', () => {
    keep();
    const elsewhere = join(root, 'elsewhere');
    renameSync(pathOf(), elsewhere);
    const before = readFileSync(elsewhere);
    symlinkSync(elsewhere, pathOf());
    expect(open().load(key)).toBeNull();
    clearCache({ cache: { dir: root } });
    expect(lstatSync(pathOf()).isSymbolicLink()).toBe(true);
    keep();
    expect(lstatSync(pathOf()).isFile()).toBe(true);
    expect(readFileSync(elsewhere)).toEqual(before);
  });

  test('a file that has another name elsewhere: who has that may write to it', () => {
    keep();
    linkSync(pathOf(), join(root, 'elsewhere'));
    expect(open().load(key)).toBeNull();
  });

  test.skipIf(!requireTool('mkfifo'))('a pipe does not hold up who opens it', () => {
    keep(keyOf('2'));
    run('mkfifo', pathOf());
    expect(open().load(key)).toBeNull();
  });

  test('a file that others can write to', () => {
    keep();
    for (const mode of [0o620, 0o602, 0o666]) {
      chmodSync(pathOf(), mode);
      expect(open().load(key)).toBeNull();
    }
    chmodSync(pathOf(), 0o644);
    expect(open().load(key)).toStrictEqual(reading);
  });
});

describe('a folder that is not this user’s alone is not used', () => {
  const useless = (problem: RegExp): void => {
    expect(open().load(key)).toBeNull();
    const files = readdirSync(layers);
    keep(keyOf('2'));
    expect(readdirSync(layers)).toEqual(files);
    expect(inspectCache({ cache: { dir: root } })).toMatchObject({
      layers: 0,
      problem: expect.stringMatching(problem),
    });
    expect(() => clearCache({ cache: { dir: root } })).toThrow(expect.objectContaining({ code: 'ERR_IO' }));
    expect(readdirSync(layers)).toEqual(files);
  };

  test.each([0o770, 0o707, 0o1777])('others can write: %o', (mode) => {
    for (const folder of ['layers', '.']) {
      keep();
      chmodSync(join(root, folder), mode);
      useless(/others can write to it/);
      chmodSync(join(root, folder), 0o700);
      expect(open().load(key)).toStrictEqual(reading);
    }
  });

  test.runIf(process.getuid?.() === 0)('another user has put something there', () => {
    keep();
    chownSync(pathOf(), 12_345, 12_345);
    expect(open().load(key)).toBeNull();
    chownSync(layers, 12_345, 12_345);
    useless(/belongs to another user/);
    chownSync(layers, 0, 0);
    chownSync(root, 12_345, 12_345);
    useless(/belongs to another user/);
  });

  test('the folder of the files is a link', () => {
    keep();
    renameSync(layers, join(root, 'moved'));
    symlinkSync(join(root, 'moved'), layers);
    useless(/is no folder/);
  });

  test('a file, or something that cannot be made', () => {
    writeFileSync(root, '');
    keep();
    expect(open().load(key)).toBeNull();
    expect(readFileSync(root, 'utf8')).toBe('');
    expect(inspectCache({ cache: { dir: '/dev/null/x' } }).problem).toContain('ENOTDIR');
    new LayerCache('/dev/null/x', limits).store(key, reading);
  });
});

describe('how much is kept', () => {
  const keys = ['0', '1', '2', '3', '4', '5'].map((digit) => keyOf(digit));
  const age = (of: ReadingKey, seconds: number): void => {
    const time = Date.now() / 1000 - seconds;
    utimesSync(pathOf(of), time, time);
  };
  const left = (): number[] => keys.flatMap((each, i) => (existsSync(pathOf(each)) ? [i] : []));

  test('what was used longest ago goes first', () => {
    for (const [i, each] of keys.entries()) {
      keep(each);
      age(each, 1000 - i);
    }
    expect(open().load(keys[1] as ReadingKey)).not.toBeNull();
    const each = statSync(pathOf()).size + 4096;
    const cache = open(each * 3);
    cache.store(keys[4] as ReadingKey, reading);
    cache.close();
    expect(left()).toEqual([1, 4, 5]);
  });

  test('a reading above a quarter of the bound is not kept; nothing is left of it', () => {
    const large = readingWith(
      Array.from({ length: 1000 }, (_, i) => `file-${i}`),
      key.diffId,
    );
    const size = encode(key, large).length;
    open(size * 4 - 1).store(key, large);
    expect(readdirSync(layers)).toEqual([]);
    open(size * 4).store(key, large);
    expect(readdirSync(layers)).toEqual([fileNameOf(key)]);
  });

  test('one long run does not wait for its end', () => {
    const bound = 100_000;
    const cache = open(bound);
    let most = 0;
    for (let i = 0; i < 60; i++) {
      cache.store(keyOf('1', { digest: `sha256:${String(i).padStart(64, '0')}` as ReadingKey['digest'] }), reading);
      most = Math.max(most, inspectCache({ cache: { dir: root } }).bytes + readdirSync(layers).length * 4096);
    }
    expect(most).toBeLessThan(bound * 1.3);
  });

  test('temporary files: old ones go, new ones stay, and no others are touched', () => {
    keep(keys[0]);
    const [old, fresh, foreign] = [`.tmp-${'0'.repeat(24)}`, `.tmp-${'1'.repeat(24)}`, '.tmp-notes'];
    for (const name of [old, fresh, foreign]) {
      writeFileSync(join(layers, name), 'x');
      const time = Date.now() / 1000 - (name === fresh ? 3000 : 4000);
      utimesSync(join(layers, name), time, time);
    }
    keep(keys[1]);
    expect(
      readdirSync(layers)
        .filter((name) => name.startsWith('.'))
        .sort(),
    ).toEqual([fresh, foreign]);
  });
});

describe('showing and clearing', () => {
  test('nothing was kept yet', () => {
    const nothing = { folder: root, layers: 0, bytes: 0, problem: null };
    expect(inspectCache({ cache: { dir: root } })).toEqual(nothing);
    expect(clearCache({ cache: { dir: root } })).toEqual(nothing);
    expect(existsSync(root)).toBe(false);
    expect(inspectCache()).toEqual({ ...nothing, folder: null });
    expect(clearCache({ env: {} })).toEqual({ ...nothing, folder: null });
  });

  test('an empty folder of that name may be anybody’s', () => {
    mkdirSync(layers, { recursive: true });
    clearCache({ cache: { dir: root } });
    expect(existsSync(layers)).toBe(true);
  });

  test('only what ocidiff wrote is counted and goes', () => {
    keep();
    keep(keyOf('2'));
    writeFileSync(join(layers, 'notes.layer'), 'x');
    writeFileSync(join(root, 'mine'), 'x');
    const bytes = [key, keyOf('2')].reduce((sum, each) => sum + statSync(pathOf(each)).size, 0);
    const contents = { folder: root, layers: 2, bytes, problem: null };
    expect(inspectCache({ cache: { dir: root } })).toEqual(contents);
    expect(clearCache({ cache: { dir: root } })).toEqual(contents);
    expect([readdirSync(root).sort(), readdirSync(layers)]).toEqual([['layers', 'mine'], ['notes.layer']]);
  });
});

/* The compiled library, in processes of their own. */
describe('several processes', () => {
  const dist = join(import.meta.dirname, '../../../packages/core/dist/cache');
  const script = `
    const [folder, from, turns] = process.argv.slice(1);
    const { LayerCache } = await import(${JSON.stringify(join(dist, 'layer-cache.js'))});
    const { DEFAULT_LIMITS } = await import(${JSON.stringify(join(dist, '../limits.js'))});
    const paths = Array.from({ length: 3000 }, (_, i) => 'folder/file-' + i);
    const digestOf = (n) => 'sha256:' + String(n).padStart(64, '0');
    const readingOf = (n) => ({ compression: { format: 'none' }, storedBytes: n, index: {
      diffId: digestOf(n), bytes: n, contentDigests: paths.map(() => 'c'.repeat(32)), paddings: new Map(),
      trailer: { offset: 0, bytes: n, zero: true, digest: 't'.repeat(32) },
      entries: paths.map((path, position) => ({ position, offset: 512 * position, headerBytes: 512, path: path + n,
        headerDigest: 'h'.repeat(32), format: 'ustar', type: 'file', linkTarget: '', mode: 0o644, uid: 0, gid: 0,
        uname: '', gname: '', size: 0, storedSize: 0, mtime: { seconds: n, nanoseconds: 0 }, atime: null, ctime: null,
        devMajor: 0, devMinor: 0, pax: null, sparse: null, style: '' })) } });
    const limits = { ...DEFAULT_LIMITS, cacheBytes: 4_000_000 };
    console.log('ready');
    let hits = 0;
    for (let turn = 0; turn < Number(turns); turn++) {
      const n = (Number(from) + turn) % 12;
      const key = { digest: digestOf(n), diffId: digestOf(n), depth: 'index', examined: false };
      const cache = new LayerCache(folder, limits);
      const found = cache.load(key);
      if (found === null) cache.store(key, readingOf(n));
      else if (found.storedBytes !== n || found.index.entries[2999].path !== 'folder/file-2999' + n) process.exit(3);
      else hits++;
      cache.close();
    }
    console.log(hits);`;
  const start = (...args: string[]): ReturnType<typeof spawn> =>
    spawn(process.execPath, ['--input-type=module', '-e', script, root, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  test('eight at once, on one folder that is too small for all: each finds what it should, or nothing', async () => {
    const processes = Array.from({ length: 8 }, (_, i) => start(String(i), '60'));
    const ends = await Promise.all(
      processes.map((child) => new Promise<unknown>((resolve) => child.on('close', resolve))),
    );
    expect(ends).toEqual(Array.from({ length: 8 }, () => 0));
    expect(readdirSync(layers).filter((name) => name.startsWith('.'))).toEqual([]);
    const { bytes, layers: count } = inspectCache({ cache: { dir: root } });
    expect(bytes + count * 4096).toBeLessThan(4_000_000 * 1.3);
  });

  test('killed while they write: what is there is whole, and the rest is swept', async () => {
    for (let i = 0; i < 6; i++) {
      const child = start(String(i * 2), '100000');
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 5 + 7 * i));
      const ended = new Promise((resolve) => child.on('close', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    const temporary = (): string[] => readdirSync(layers).filter((name) => name.startsWith('.tmp-'));
    /* As if each had been killed at every place of the file. */
    for (let i = 0; i < 5; i++) writeFileSync(join(layers, `.tmp-${String(i).repeat(24)}`), 'half');
    for (const name of temporary()) utimesSync(join(layers, name), 0, 0);
    const child = start('0', '30');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    keep();
    expect(temporary()).toEqual([]);
  });
});
