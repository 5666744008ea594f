import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DiffOptions, OciDiffError } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { type Built, buildImage, buildLayer, sha256, sign, unpackMembers } from '../support/images.js';
import {
  compare,
  expectSound,
  failuresOf,
  found,
  mirror,
  outcome,
  temporaryFolder,
  write,
  writeArchive,
} from './support.js';

const folder = temporaryFolder();
const SEED = 20_261_124;

interface Range {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/* Where the members of an archive have their contents; sizes as POSIX.1-2017 pax, "ustar Interchange Format". */
function contentsOf(archive: Buffer): Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8);
    const name = archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    ranges.push({ name, start: at + 512, end: at + 512 + size });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return ranges;
}

/** The members that the image needs: what `manifest.json` of the classic store names, else every blob. */
function neededOf(archive: Buffer): Range[] {
  const ranges = contentsOf(archive);
  const manifest = ranges.find(({ name }) => name === 'manifest.json');
  const isLayout = ranges.some(({ name }) => name === 'index.json');
  const isClassic = !isLayout || ranges.some(({ name }) => name === 'repositories');
  if (!isClassic || manifest === undefined) return ranges.filter(({ name }) => name.startsWith('blobs/sha256/'));
  const [entry] = JSON.parse(archive.toString('utf8', manifest.start, manifest.end));
  return ranges.filter(({ name }) => [entry.Config, ...entry.Layers].includes(name));
}

const changes = (length: number): fc.Arbitrary<readonly (readonly [number, number])[]> =>
  fc.array(fc.tuple(fc.nat(length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 });

function mutate(bytes: Buffer, list: readonly (readonly [number, number])[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, mask] of list) copy[at] = (bytes[at] as number) ^ mask;
  return copy;
}

describe.each<[string, DiffOptions]>([
  ['clock-buildkit-1.oci.tar', {}],
  ['clock-buildkit-1-zstd.oci.tar', {}],
  ['clock-buildkit-1-plain.oci.tar', {}],
  ['apt-0.docker.tar', {}],
  ['multi-1-reordered.oci.tar', { allPlatforms: true }],
  ['clock-save-classic.docker.tar', {}],
  ['clock-save-engine28-classic.docker.tar', {}],
  ['clock-podman-save.docker.tar', {}],
])('%s', (name, options) => {
  const original = readFileSync(fixture(name));
  const needed = neededOf(original);

  test('a changed byte is told or carries nothing', async () => {
    const { verdict } = await compare(fixture(name), fixture(name), options);
    let told = 0;
    await fc.assert(
      fc.asyncProperty(changes(original.length), async (list) => {
        const path = write(folder, 'mutated.tar', mutate(original, list));
        const result = await outcome(path, fixture(name), options);
        const isHit = list.some(([at]) => needed.some(({ start, end }) => start <= at && at < end));
        if (result instanceof OciDiffError || result.verdict === 'incomplete') {
          told += 1;
          return;
        }
        /* Everything but the archive's own documents is under a digest: no other image can come of it. */
        expect(isHit).toBe(false);
        expect(result.verdict).toBe(verdict);
      }),
      { seed: SEED, numRuns: 80 },
    );
    expect(told).toBeGreaterThan(10);
  });

  test('a cut is told, or took nothing but the end', async () => {
    const last = Math.max(...contentsOf(original).map(({ end }) => end));
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), async (length) => {
        const path = write(folder, 'cut.tar', original.subarray(0, length));
        const result = await outcome(path, fixture(name), options);
        if (!(result instanceof OciDiffError) && result.verdict !== 'incomplete') {
          expect(length).toBeGreaterThanOrEqual(last);
        }
      }),
      { seed: SEED, numRuns: 25 },
    );
  });
});

/*
 * The same with every digest made to fit again: nothing but the readers themselves stands between these bytes and the
 * answer.
 */
describe('images of changed parts, under right digests', async () => {
  const plain = await unpackMembers(readFileSync(fixture('clock-buildkit-1-plain.oci.tar')));
  const blob = (digest: string): Buffer => {
    const member = plain.find(({ name }) => name === `blobs/${digest.replace(':', '/')}`);
    if (member === undefined) throw new Error(`no ${digest} in the fixture`);
    return member.content;
  };
  const index = JSON.parse(String(plain.find(({ name }) => name === 'index.json')?.content));
  const manifest = JSON.parse(String(blob(index.manifests[0].digest)));
  const tars: readonly Buffer[] = manifest.layers.map(({ digest }: { digest: string }) => blob(digest));
  const config = JSON.parse(String(blob(manifest.config.digest)));
  const whole = await buildImage({ layers: tars.map((tar) => ({ tar })), configFile: config });
  const path0 = await writeArchive(folder, 'whole.tar', whole);

  /** Whether the image was read; if so what is told of it must be sound. */
  async function expectRight(path1: string): Promise<boolean> {
    const result = await outcome(path0, path1, { verbose: true });
    const mirrored = await outcome(path1, path0, { verbose: true });
    if (result instanceof OciDiffError || result.verdict === 'incomplete') {
      expect(failuresOf(mirrored)).toEqual(failuresOf(result));
      return false;
    }
    expectSound(result);
    expect(mirrored).toEqual(mirror(result));
    /* The same under the rules: found is found. */
    const semantic = await outcome(path0, path1, { verbose: true, mode: 'semantic' });
    if (semantic instanceof OciDiffError) throw semantic;
    expect(found(semantic)).toEqual(found(result));
    return true;
  }

  test('a layer’s tar', async () => {
    let read = 0;
    const which = fc.nat(tars.length - 1).chain((i) => fc.tuple(fc.constant(i), changes((tars[i] as Buffer).length)));
    await fc.assert(
      fc.asyncProperty(which, fc.constantFrom('gzip', 'none', 'zstd'), async ([changed, list], compression) => {
        const layers = tars.map((tar, i) => ({ tar: i === changed ? mutate(tar, list) : tar, compression }));
        const { rootfs: _, ...rest } = config;
        if (await expectRight(await writeArchive(folder, 'tar.tar', await buildImage({ layers, configFile: rest }))))
          read += 1;
      }),
      { seed: SEED, numRuns: 120 },
    );
    expect(read).toBeGreaterThan(3);
  });

  test('a header of a layer’s tar, with a checksum that fits', async () => {
    let read = 0;
    const tar = tars[0] as Buffer;
    const headers = contentsOf(tar).map(({ start }) => start - 512);
    const list = fc.tuple(fc.constantFrom(...headers), fc.nat(511), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(list, async ([header, at, mask]) => {
        const copy = mutate(tar, [[header + at, mask]]);
        sign(copy.subarray(header, header + 512));
        const layers = [{ tar: copy }, ...tars.slice(1).map((each) => ({ tar: each }))];
        const { rootfs: _, ...rest } = config;
        if (await expectRight(await writeArchive(folder, 'tar.tar', await buildImage({ layers, configFile: rest }))))
          read += 1;
      }),
      { seed: SEED, numRuns: 150 },
    );
    expect(read).toBeGreaterThan(80);
  });

  test.each(['gzip', 'zstd'] as const)('compressed bytes: %s', async (compression) => {
    let read = 0;
    const tar = tars[0] as Buffer;
    const stored = (await buildLayer({ tar, compression })).stored;
    const rest = tars.slice(1).map((each) => ({ tar: each }));
    await fc.assert(
      fc.asyncProperty(changes(stored.length), async (list) => {
        const layers = [{ tar, stored: mutate(stored, list), compression }, ...rest];
        if (await expectRight(await writeArchive(folder, 'gz.tar', await buildImage({ layers, configFile: config }))))
          read += 1;
      }),
      { seed: SEED, numRuns: 60 },
    );
    /* Stored blocks have no bytes to spare; a gzip header has. */
    if (compression === 'gzip') expect(read).toBeGreaterThan(0);
  });

  test.each(['config', 'manifest'] as const)('a document: %s', async (which) => {
    let read = 0;
    const { blobs, descriptor } = whole;
    const named = JSON.parse(String(blobs.get(descriptor.digest)));
    const original = which === 'config' ? whole.config : (blobs.get(descriptor.digest) as Buffer);
    /* Letters and digits next to those that are there: the document mostly stays one. */
    const change = fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 3 }));
    await fc.assert(
      fc.asyncProperty(change, async (at) => {
        const changed = mutate(original, [at]);
        const document =
          which === 'manifest'
            ? changed
            : Buffer.from(JSON.stringify({ ...named, config: { ...named.config, digest: sha256(changed) } }));
        const parts = [...blobs.values(), changed, document];
        const built: Built = {
          descriptor: { ...descriptor, digest: sha256(document), size: document.length },
          blobs: new Map(parts.map((part) => [sha256(part), part])),
        };
        if (await expectRight(await writeArchive(folder, 'document.tar', built))) read += 1;
      }),
      { seed: SEED, numRuns: 100 },
    );
    expect(read).toBeGreaterThan(which === 'config' ? 40 : 10);
  });
});

describe('clock-buildah-dir', () => {
  const BLOBS = [
    '34a2cad915b158964ee2b716cd1221ede6a925d5b35241e3024b5c77e5e64443',
    '7f69f04e0f482eed90f699fc191dca155c55c17c820814a4d6de0579b18a5dbe',
    'a6ae79e39e47583248de033bc0d85924da387fa6765c8da0bd8574a0f1ebfb08',
  ];

  test.each([...BLOBS, 'manifest.json'])('%s', async (file) => {
    const original = readFileSync(join(fixture('clock-buildah-dir'), file));
    const copy = join(folder, 'dir');
    rmSync(copy, { recursive: true, force: true });
    cpSync(fixture('clock-buildah-dir'), copy, { recursive: true });
    await fc.assert(
      fc.asyncProperty(changes(original.length), async (list) => {
        const changed = mutate(original, list);
        writeFileSync(join(copy, file), changed);
        const result = await outcome(copy, fixture('clock-buildah-dir'));
        if (result instanceof OciDiffError || result.verdict === 'incomplete') return;
        /* Nothing is above the manifest: another one is another image. */
        expect(file).toBe('manifest.json');
        expect(result.verdict).toBe(changed.equals(original) ? 'identical' : 'different');
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

describe('what is no image at all', () => {
  test('random bytes are an error, whatever they begin with', async () => {
    const start = fc.constantFrom(
      '',
      '\x1f\x8b\x08\0',
      '\x28\xb5\x2f\xfd',
      '\x1f\x8b',
      'BZh9',
      '\xfd7zXZ\0',
      '{}',
      '[]',
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 3000 }), async (magic, rest) => {
        const path = write(folder, 'random', Buffer.concat([Buffer.from(magic, 'latin1'), rest]));
        const result = await outcome(path, fixture('arm64.oci.tar'));
        expect(result).toBeInstanceOf(OciDiffError);
        expect(String((result as OciDiffError).describe())).toContain(path);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});
