import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LayerCache } from '../../packages/core/src/cache/layer-cache.js';
import { type DiffOptions, diffImages, renderJson } from '../../packages/core/src/index.js';
import { FakeRegistry } from '../support/fake-registry.js';
import { fixture } from '../support/fixtures.js';
import { type BuiltImage, buildImage, type ImageSpec, type LayerSpec } from '../support/images.js';
import { compare, FIXTURE_PAIRS, temporaryFolder, write, writeArchive } from './support.js';

const folder = temporaryFolder();
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(folder, 'cache-'));
});
const running: FakeRegistry[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map((registry) => registry.close()));
});

async function startFake(): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start();
  running.push(registry);
  return registry;
}

const kept = (): string[] => (existsSync(join(dir, 'layers')) ? readdirSync(join(dir, 'layers')) : []);

async function json(image0: string, image1: string, options: DiffOptions = {}): Promise<string> {
  return [...renderJson(await diffImages(image0, image1, { verbose: true, ...options }))].join('');
}

const OWN_PAIRS: readonly (readonly [string, string])[] = [
  ['own-rules-buildah-vfs.oci.tar', 'own-rules-buildah-overlay.oci.tar'],
  ['own-rules-classic-vfs.oci.tar', 'own-rules-classic-overlay.oci.tar'],
  ['own-rules-classic-overlay.oci.tar', 'own-rules-classic-overlay-again.oci.tar'],
  ['own-rules-classic-overlay.oci.tar', 'own-rules-buildkit-overlay.oci.tar'],
  ['own-rules-buildah-overlay.oci.tar', 'own-rules-podman-squashed.oci.tar'],
  ['own-rules-buildah-vfs.oci.tar', 'own-other-rules-buildah-vfs.oci.tar'],
  ['own-other-rules-buildah-vfs.oci.tar', 'own-other-rules-buildkit-overlay.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-empty.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-inserted.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-moved.oci.tar'],
  ['own-layers.oci.tar', 'own-layers-classic-squashed.oci.tar'],
  ['own-layers-classic-squashed.oci.tar', 'own-layers-classic-squashed.docker.tar'],
  ['own-umoci-insert-real-parent.oci.tar', 'own-umoci-insert-link-parent.oci.tar'],
  ['own-umoci-insert-opaque.oci.tar', 'own-umoci-insert-whiteouts.oci.tar'],
  ['own-layers.oci.tar', 'own-umoci-repack.oci.tar'],
];

describe('the report is the same to the byte without a cache, with an empty one, and with a full one', () => {
  test.each([...FIXTURE_PAIRS, ...OWN_PAIRS])('%s and %s', async (name0, name1) => {
    const pair = [fixture(name0), fixture(name1)] as const;
    const [strict, semantic] = [await json(...pair), await json(...pair, { mode: 'semantic' })];
    const cache = { dir };
    expect(await json(...pair, { cache })).toBe(strict);
    const load = vi.spyOn(LayerCache.prototype, 'load');
    expect(await json(...pair, { cache })).toBe(strict);
    /* Whatever was asked for is there now. */
    for (const { value } of load.mock.results) expect(value).not.toBeNull();
    expect(await json(...pair, { cache, mode: 'semantic' })).toBe(semantic);
    expect(await json(...pair, { cache, mode: 'semantic' })).toBe(semantic);
  });

  const layer = (path: string, content: string, more: LayerSpec = {}): LayerSpec => ({
    entries: [{ path, content }],
    compression: 'gzip',
    ...more,
  });
  /* Notes of reading: trailing data, a media type that lies; a compression that is looked into. */
  test('notes too, from a file and from a registry, under each name that the blob has', async () => {
    const plain = await buildImage({ layers: [layer('cat', 'one')] });
    const entries = [{ path: 'cat', content: 'two' }];
    const raw = await buildImage({ layers: [{ entries, compression: 'none' }] });
    const stream = raw.blobs.get(raw.layers[0]?.descriptor.digest ?? '') as Buffer;
    const stored = Buffer.concat([gzipSync(stream), Buffer.alloc(7)]);
    const lying = await buildImage({
      layers: [{ tar: stream, stored, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
    });
    const registry = await startFake();
    const references = [registry.push(plain, 'app:0'), registry.push(lying, 'app:1')] as const;
    const archives = [
      await writeArchive(folder, 'plain.tar', plain),
      await writeArchive(folder, 'lying.tar', lying),
    ] as const;
    for (const pair of [references, archives]) {
      const expected = await json(...pair);
      expect(expected).toContain('trailing-data');
      expect(expected).toContain('media-type-lie');
      expect(await json(...pair, { cache: { dir } })).toBe(expected);
      expect(await json(...pair, { cache: { dir } })).toBe(expected);
    }
  });

  test('a report folder', async () => {
    const pair = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')] as const;
    const files = new Map<string, string>();
    for (const [name, options] of [
      ['without', {}],
      ['cold', { cache: { dir } }],
      ['warm', { cache: { dir } }],
    ] as const) {
      const reportDir = join(dir, name);
      await diffImages(...pair, { ...options, reportDir, mode: 'semantic' });
      for (const file of readdirSync(reportDir, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue;
        const path = join(file.parentPath, file.name);
        const relative = path.slice(reportDir.length);
        const text = readFileSync(path, 'latin1');
        if (name === 'without') files.set(relative, text);
        else expect(files.get(relative)).toBe(text);
      }
    }
    expect(files.size).toBeGreaterThan(10);
  });
});

describe('what a registry is asked for', () => {
  const layer = (path: string, content: string): LayerSpec => ({ entries: [{ path, content }], compression: 'gzip' });
  const digests = ({ layers }: BuiltImage): string[] => layers.map(({ descriptor }) => descriptor.digest);
  const build = (...contents: string[]): Promise<BuiltImage> => {
    const spec: ImageSpec = { layers: contents.map((content, i) => layer(`file-${i}`, content)) };
    return buildImage(spec);
  };

  test('the second time: no layer at all', async () => {
    const registry = await startFake();
    const [image0, image1] = [await build('a', 'b', 'c'), await build('A', 'B', 'c', 'd')];
    const pair = [registry.push(image0, 'app:0'), registry.push(image1, 'app:1')] as const;
    const asked = (): string[] =>
      registry.blobsFetched.filter((digest) => [...digests(image0), ...digests(image1)].includes(digest));
    const first = await compare(...pair, { cache: { dir } });
    const count = asked().length;
    expect(count).toBeGreaterThan(4);
    expect(await compare(...pair, { cache: { dir } })).toEqual(first);
    expect(asked().length).toBe(count);
    expect(await compare(...pair, { cache: { dir }, mode: 'semantic' })).toEqual(
      await compare(...pair, { mode: 'semantic' }),
    );
    await compare(...pair, { cache: false });
    expect(asked().length).toBeGreaterThan(count);
  });

  test('every night: the one layer that changed', async () => {
    const registry = await startFake();
    const published = registry.push(await build('base', 'libraries', 'release'), 'app:1');
    const nights = await Promise.all(['1', '2', '3'].map((night) => build('base-n', 'libraries-n', night)));
    for (const [i, night] of nights.entries()) {
      const nightly = registry.push(night, 'app:nightly');
      const before = registry.blobsFetched.length;
      expect((await compare(published, nightly, { cache: { dir }, mode: 'semantic' })).verdict).toBe('different');
      const layers = registry.blobsFetched.slice(before).filter((digest) => digests(night).includes(digest));
      expect(layers).toEqual(i === 0 ? expect.arrayContaining(digests(night)) : [digests(night)[2]]);
    }
  });

  test('for a report folder: again the layers that hold its files, and no others', async () => {
    const registry = await startFake();
    const [image0, image1] = [await build('a', 'same', 'c'), await build('a', 'same', 'C')];
    const pair = [registry.push(image0, 'app:0'), registry.push(image1, 'app:1')] as const;
    await compare(...pair, { cache: { dir } });
    const before = registry.blobsFetched.length;
    const reportDir = join(dir, 'report');
    await compare(...pair, { cache: { dir }, reportDir });
    const layers = registry.blobsFetched
      .slice(before)
      .filter((digest) => digests(image0).concat(digests(image1)).includes(digest));
    expect(layers.sort()).toEqual([digests(image0)[2], digests(image1)[2]].sort());
    expect(readFileSync(join(reportDir, 'input-1/layers-2/file-2'), 'utf8')).toBe('C');
  });

  test('a layer that a manifest gives another size, or a config another diffID, is no hit', async () => {
    const registry = await startFake();
    const [image0, image1] = [await build('a'), await build('b')];
    const reference1 = registry.push(image1, 'app:1');
    await compare(registry.push(image0, 'app:0'), reference1, { cache: { dir } });
    expect(kept().length).toBe(2);
    const [descriptor] = image0.layers.map((each) => each.descriptor);
    const tar = image0.blobs.get(descriptor?.digest ?? '') as Buffer;
    const liar = await buildImage({ layers: [{ ...layer('file-0', 'a'), diffId: `sha256:${'1'.repeat(64)}` }] });
    expect(liar.layers[0]?.descriptor.digest).toBe(descriptor?.digest);
    const wrong = await compare(registry.push(liar, 'app:2'), reference1, { cache: { dir } });
    expect(wrong.failures).toMatchObject([{ code: 'ERR_DIFF_ID_MISMATCH' }]);
    const manifest = JSON.parse((image0.blobs.get(image0.descriptor.digest) as Buffer).toString()) as {
      layers: { size: number }[];
    };
    (manifest.layers[0] as { size: number }).size = tar.length + 1;
    const bytes = Buffer.from(JSON.stringify(manifest));
    const longer = registry.pushManifest('app:3', bytes, image0.descriptor.mediaType);
    const report = await compare(longer, reference1, { cache: { dir } });
    expect(report.failures).toMatchObject([{ code: 'ERR_SIZE_MISMATCH' }]);
    expect(kept().length).toBe(2);
  });
});

describe('files', () => {
  test.each(['oci', 'docker'])('are hashed all the same: a damaged layer is found (%s)', async (kind) => {
    const [name0, name1] =
      kind === 'oci'
        ? ['clock-buildkit-0.oci.tar', 'clock-buildkit-1-plain.oci.tar']
        : ['clock-buildah.docker.tar', 'own-layers-classic-squashed.docker.tar'];
    const pair = [fixture(name0 as string), fixture(name1 as string)] as const;
    await compare(...pair, { cache: { dir } });
    const bytes = Buffer.from(readFileSync(pair[1]));
    /* Layers are most of an archive, so its middle is in one. */
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 1;
    const damaged = write(folder, `damaged-${kind}.tar`, bytes);
    const expected = await compare(pair[0], damaged);
    expect(expected.verdict).toBe('incomplete');
    expect(await compare(pair[0], damaged, { cache: { dir } })).toEqual(expected);
  });

  test('limits hold, whatever is kept', async () => {
    const pair = [fixture('clock-buildkit-1-layout'), fixture('clock-buildah-dir')] as const;
    await compare(...pair, { cache: { dir } });
    for (const limits of [{ layerEntries: 1 }, { layerBytes: 1000 }, { layerMetadataBytes: 500 }]) {
      const expected = await compare(...pair, { limits });
      expect(expected.verdict).toBe('incomplete');
      expect(await compare(...pair, { limits, cache: { dir } })).toEqual(expected);
    }
  });

  test('a cache that cannot be used changes nothing', async () => {
    const pair = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')] as const;
    const expected = await compare(...pair);
    writeFileSync(join(dir, 'layers'), '');
    for (const place of [dir, '/dev/null/x', '/proc/x']) {
      expect(await compare(...pair, { cache: { dir: place } })).toEqual(expected);
    }
    expect(await compare(...pair, { cache: true, env: {} })).toEqual(expected);
  });
});

describe('several layers at once', () => {
  const images = async (): Promise<readonly [BuiltImage, BuiltImage]> => {
    const spec = (side: string): ImageSpec => ({
      layers: Array.from({ length: 9 }, (_, i) => ({
        entries: [
          { path: `file-${i}`, content: i % 4 === 3 ? 'same' : `${side}${i}` },
          { path: 'over', content: `${side}${i}` },
        ],
        compression: 'gzip',
        ...(i === 5 ? { diffId: `sha256:${side.repeat(64)}` } : {}),
      })),
    });
    return [await buildImage(spec('0')), await buildImage(spec('1'))];
  };

  test.each([1, 2, 3, 8, 64])('--jobs %i: no more requests than that, and the same report', async (jobs) => {
    const registry = await startFake();
    const built = await images();
    const layers = new Set(built.flatMap((image) => image.layers.map(({ descriptor }) => descriptor.digest)));
    const pair = [registry.push(built[0], 'app:0'), registry.push(built[1], 'app:1')] as const;
    const expected = JSON.stringify(await compare(...pair, { verbose: true })).replaceAll(registry.host, 'host');
    let [now, most] = [0, 0];
    registry.fault = ({ url }, response, serve) => {
      if (!layers.has(url.slice(url.lastIndexOf('/') + 1))) {
        serve();
        return;
      }
      now++;
      most = Math.max(most, now);
      response.on('close', () => now--);
      setTimeout(serve, 15);
    };
    const report = await compare(...pair, { jobs, verbose: true });
    expect(JSON.stringify(report).replaceAll(registry.host, 'host')).toBe(expected);
    expect(report.failures).toHaveLength(2);
    expect(most).toBeLessThanOrEqual(jobs);
    expect(most).toBeGreaterThanOrEqual(Math.min(jobs, 8) - 1);
  });

  test.each([
    ['own-rules-buildah-vfs.oci.tar', 'own-other-rules-buildkit-overlay.oci.tar'],
    ['clock-buildkit-1.oci.tar', 'clock-buildah.docker.tar'],
    ['multi-1.oci.tar', 'multi-2.oci.tar'],
  ])('%s and %s', async (name0, name1) => {
    const pair = [fixture(name0), fixture(name1)] as const;
    for (const mode of ['strict', 'semantic'] as const) {
      const expected = await json(...pair, { mode });
      for (const jobs of [1, 2, 8]) expect(await json(...pair, { mode, jobs })).toBe(expected);
    }
  });

  test('with a report folder', async () => {
    const built = await images();
    const pair = [
      await writeArchive(folder, 'jobs-0.tar', built[0]),
      await writeArchive(folder, 'jobs-1.tar', built[1]),
    ] as const;
    const texts = [];
    for (const jobs of [1, 2, 8, 64]) {
      const reportDir = join(dir, `report-${jobs}`);
      await diffImages(...pair, { jobs, reportDir });
      texts.push(readFileSync(join(reportDir, 'report.json'), 'utf8'));
      expect(readFileSync(join(reportDir, 'input-1/layers-8/over'), 'utf8')).toBe('18');
    }
    expect(new Set(texts).size).toBe(1);
  });
});

describe('the command', () => {
  const bin = join(import.meta.dirname, '../../packages/cli/bin/ocidiff.js');
  const sh = promisify(execFile);
  const ocidiff = async (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> => {
    const child = spawn(process.execPath, [bin, ...args], { env: { PATH: process.env.PATH, HOME: dir } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const status = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
    return { status, stdout, stderr };
  };
  const pair = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')] as const;

  test('keeps layers in the user’s cache folder, shows them and removes them', async () => {
    const home = join(dir, process.platform === 'darwin' ? 'Library/Caches/ocidiff' : '.cache/ocidiff');
    const none = await ocidiff('--no-cache', ...pair);
    expect(existsSync(home)).toBe(false);
    expect(await ocidiff('cache')).toEqual({
      status: 0,
      stdout: `folder  ${home}\nlayers  0\nbytes   0, at most 1G\n`,
      stderr: '',
    });
    expect(await ocidiff(...pair)).toEqual(none);
    expect(await ocidiff(...pair)).toEqual(none);
    const shown = await ocidiff('cache', '--max-cache-bytes', '10M');
    expect(shown.stdout).toMatch(/^folder {2}\S+\nlayers {2}2\nbytes {3}[1-9]\d+, at most 10M\n$/);
    const cleared = await ocidiff('cache', 'clear');
    expect(cleared.stdout).toMatch(/^removed 2 layers, [1-9]\d+ bytes, from \S+\n$/);
    expect(readdirSync(home)).toEqual([]);
  });

  test('elsewhere; and where it must not be used, or nowhere', async () => {
    const place = join(dir, 'kept');
    await ocidiff('--cache-dir', place, ...pair);
    expect(readdirSync(join(place, 'layers')).length).toBe(2);
    await sh('chmod', ['777', place]);
    const shown = await ocidiff('cache', '--cache-dir', place);
    expect(shown.stdout).toContain(`not used: ${place} belongs to another user, or others can write to it\n`);
    const cleared = await ocidiff('cache', 'clear', '--cache-dir', place);
    expect(cleared).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('the cache is left alone'),
    });
    expect(readdirSync(join(place, 'layers')).length).toBe(2);
    const nowhere = await sh(process.execPath, [bin, 'cache'], { env: {} }).catch((error: unknown) => error);
    expect(nowhere).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('nothing says where caches are'),
    });
  });
});
