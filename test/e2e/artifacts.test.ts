import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DiffOptions, Report } from '../../packages/core/src/index.js';
import {
  type Built,
  buildImage,
  buildIndex,
  dockerMembers,
  layoutMembers,
  type PlatformSpec,
  packMembers,
  sha256,
  writeMembers,
} from '../support/images.js';
import { compare, counted, expectSound, found, mirror, rejection, temporaryFolder, write } from './support.js';

/* What is no image: image-spec, manifest.md, "Guidelines for Artifact Usage". */

const folder = temporaryFolder();

const AMD64: PlatformSpec = { os: 'linux', architecture: 'amd64' };
const RISCV: PlatformSpec = { os: 'linux', architecture: 'riscv64' };
const WASM = 'application/vnd.wasm.config.v0+json';
const EMPTY = 'application/vnd.oci.empty.v1+json';

interface ArtifactSpec {
  readonly type?: string;
  readonly configType?: string;
  readonly config?: string | Buffer;
  readonly layers?: readonly (string | Buffer)[];
  readonly layer?: object;
  readonly more?: object;
}

function artifact(spec: ArtifactSpec = {}): Built {
  const { type, configType = WASM, config = '{}', layers = ['module'], layer = {}, more = {} } = spec;
  const blobs = [config, ...layers].map((blob) => Buffer.from(blob));
  const [configBlob, ...layerBlobs] = blobs as [Buffer, ...Buffer[]];
  const descriptorOf = (blob: Buffer, mediaType: string): object => ({
    mediaType,
    digest: sha256(blob),
    size: blob.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      ...(type === undefined ? {} : { artifactType: type }),
      config: descriptorOf(configBlob, configType),
      layers: layerBlobs.map((blob) => ({ ...descriptorOf(blob, 'application/wasm'), ...layer })),
      ...more,
    }),
  );
  return {
    descriptor: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: sha256(manifest),
      size: manifest.length,
    },
    blobs: new Map([...blobs, manifest].map((blob) => [sha256(blob), blob])),
  };
}

let files = 0;
function put(built: Built, ...absent: readonly string[]): string {
  files += 1;
  const path = writeMembers(join(folder, String(files)), layoutMembers(built));
  for (const digest of absent) rmSync(join(path, 'blobs', digest.replace(':', '/')));
  return path;
}

/* `unexplained`: digests and sizes of what is not looked into, or cannot be read. */
async function both(path0: string, path1: string, options: DiffOptions = {}, unexplained = 0): Promise<Report> {
  const report = await compare(path0, path1, { verbose: true, ...options });
  if (report.failures.length === 0) expectSound(report, unexplained);
  expect(await compare(path1, path0, { verbose: true, ...options })).toEqual(mirror(report));
  const semantic = await compare(path0, path1, { verbose: true, ...options, mode: 'semantic' });
  expect(found(semantic)).toEqual(found(report));
  return report;
}

describe('an artifact and an artifact', () => {
  test('the same', async () => {
    const report = await both(put(artifact()), put(artifact()));
    expect(report.verdict).toBe('identical');
    expect(report.differences).toEqual([]);
    expect(report.levels.filter(({ level }) => level === 'manifest')).toEqual([
      { platform: 'unknown/unknown', level: 'manifest', detail: 'the same digest', equal: true, equivalent: true },
    ]);
  });

  test('a config that is JSON is compared field by field, its digest follows', async () => {
    const [first, second] = [artifact({ config: '{"a":1,"b":[1]}' }), artifact({ config: '{"a":2,"b":[1]}' })];
    const report = await both(put(first), put(second));
    expect(counted(report)).toEqual(['config /a']);
    expect(report.differences.map(({ field, ignoredBy = null }) => [field, ignoredBy])).toEqual([
      ['/config/digest', 'consequence'],
      ['/a', null],
    ]);
    expect(report.verdict).toBe('different');
  });

  test('only its encoding differs', async () => {
    const [path0, path1] = [put(artifact({ config: '{"a":1}' })), put(artifact({ config: '{ "a": 1 }' }))];
    expect(counted(await both(path0, path1))).toEqual(['config encoding']);
    expect((await both(path0, path1, { mode: 'semantic' })).verdict).toBe('equivalent');
  });

  test('a config that is no JSON is compared by digest', async () => {
    const configType = 'application/vnd.example.config';
    const report = await both(
      put(artifact({ configType, config: 'one' })),
      put(artifact({ configType, config: 'two' })),
      {},
      1,
    );
    expect(counted(report)).toEqual(['manifest /config/digest']);
    expect(report.failures).toEqual([]);
  });

  test('layers are blobs: their digests count', async () => {
    const [path0, path1] = [put(artifact({ layers: ['same', 'one'] })), put(artifact({ layers: ['same', 'other'] }))];
    for (const mode of ['strict', 'semantic'] as const) {
      expect(counted(await both(path0, path1, { mode }))).toEqual([
        'manifest /layers/1/digest',
        'manifest /layers/1/size',
      ]);
    }
    const more = put(artifact({ layers: ['same', 'one', 'two'] }));
    expect(counted(await both(path0, more))).toEqual(['manifest /layers/2']);
  });

  test('type and annotations', async () => {
    const first = artifact({ type: 'application/x', configType: EMPTY, more: { annotations: { a: '1' } } });
    const second = artifact({ type: 'application/y', configType: EMPTY, more: { annotations: { a: '2' } } });
    expect(counted(await both(put(first), put(second)))).toEqual(['manifest /annotations/a', 'manifest /artifactType']);
    expect(counted(await both(put(first), put(second), { mode: 'semantic' }))).toEqual(['manifest /artifactType']);
  });

  test('blobs are verified on both sides', async () => {
    const built = artifact();
    const corrupt: Built = { ...built, blobs: new Map([...built.blobs, [sha256('module'), Buffer.from('mudule')]]) };
    const broken = put(corrupt);
    const report = await both(put(built), broken);
    expect(report.verdict).toBe('incomplete');
    expect(report.failures).toMatchObject([{ code: 'ERR_DIGEST_MISMATCH' }]);
    expect(report.failures[0]?.message).toContain(`${broken}: ${sha256('module')}: `);
    const absent = await both(put(built), put(built, sha256('{}')));
    expect(absent.failures).toMatchObject([{ code: 'ERR_NOT_FOUND' }]);
  });

  test('of an index: by type where there is no image', async () => {
    const [one, two] = [artifact({ type: 'application/x' }), artifact({ type: 'application/y' })];
    const other = artifact({ type: 'application/x', layers: ['changed'] });
    const report = await both(
      put(buildIndex([{ built: one }, { built: two }])),
      put(buildIndex([{ built: two }, { built: other }])),
    );
    expect(counted(report)).toEqual(['index order', 'manifest /layers/0/digest', 'manifest /layers/0/size']);
    expect(report.differences.find(({ subject }) => subject === 'manifest')?.platform).toBe(
      'unknown/unknown (application/x)',
    );
    expect(report.differences.map(({ field }) => field)).toContain('/manifests/artifact application~1x/digest');
  });

  test('of an index, against it alone', async () => {
    const report = await both(put(buildIndex([{ built: artifact() }])), put(artifact()));
    expect(counted(report)).toEqual(['index index']);
  });

  test('beside images of an index: its digest in strict mode, itself with all platforms', async () => {
    const image = { built: await buildImage({ platform: AMD64 }), platform: AMD64 };
    const [path0, path1] = [
      put(buildIndex([image, { built: artifact() }])),
      put(buildIndex([image, { built: artifact({ layers: ['malule'] }) }])),
    ];
    expect(counted(await both(path0, path1))).toEqual(['index /manifests/1/digest']);
    expect((await both(path0, path1, { mode: 'semantic' })).verdict).toBe('equivalent');
    expect(counted(await both(path0, path1, { allPlatforms: true }))).toEqual(['manifest /layers/0/digest']);
    expect(counted(await both(path0, path1, { allPlatforms: true, mode: 'semantic' }))).toEqual([
      'manifest /layers/0/digest',
    ]);
  });

  test('that names a platform is chosen by it', async () => {
    const wasi: PlatformSpec = { os: 'wasip1', architecture: 'wasm' };
    const [path0, path1] = [
      put(buildIndex([{ built: artifact(), platform: wasi }])),
      put(buildIndex([{ built: artifact({ layers: ['malule'] }), platform: wasi }])),
    ];
    const report = await both(path0, path1);
    expect(counted(report)).toEqual(['manifest /layers/0/digest']);
    expect(report.inputs[0].platforms).toEqual(['wasip1/wasm']);
  });
});

describe('an artifact and an image', () => {
  test('differ, in what they say that they are', async () => {
    const image = await buildImage({ layers: [{ entries: [{ path: 'a' }] }] });
    const report = await both(put(artifact({ type: 'application/x' })), put(image), {}, 2);
    expect(report.verdict).toBe('different');
    const [config] = report.differences.filter(({ field }) => field === '/config/mediaType');
    expect(config?.values).toEqual([WASM, 'application/vnd.oci.image.config.v1+json']);
    expect(counted(report)).toContain('manifest /artifactType');
    expect(report.inputs.map(({ platforms }) => platforms)).toEqual([[], ['linux/amd64']]);
    expect((await both(put(artifact()), put(image), { mode: 'semantic' }, 2)).verdict).toBe('different');
  });

  test('whose medium has lost the manifest', async () => {
    const image = await buildImage({ layers: [{ entries: [{ path: 'a' }] }] });
    const saved = write(folder, 'saved.tar', await packMembers(dockerMembers(image, ['a:b'])));
    const report = await both(put(artifact({ type: 'application/x' })), saved);
    expect(counted(report)).toEqual(['manifest kind']);
    expect(report.differences.find(({ field }) => field === 'kind')?.values).toEqual([
      'artifact of the type application/x',
      'image',
    ]);
  });

  test('the only one of an index', async () => {
    const image = { built: await buildImage({ platform: RISCV }), platform: RISCV };
    const report = await both(put(artifact()), put(buildIndex([image])), {}, 2);
    expect(report.verdict).toBe('different');
    expect(report.inputs[1].platforms).toEqual(['linux/riscv64']);
    expect(counted(report)).toContain('manifest /config/mediaType');
  });

  test('where there are several, and where a platform is asked for: an error that says what each has', async () => {
    const images = await Promise.all(
      ['s390x', 'riscv64'].map(async (architecture) => {
        const platform = { os: 'linux', architecture };
        return { built: await buildImage({ platform }), platform };
      }),
    );
    const [lone, several] = [put(artifact({ type: 'application/x' })), put(buildIndex(images))];
    for (const [path0, path1, options] of [
      [lone, several, {}],
      [several, lone, {}],
      [lone, several, { platforms: ['linux/s390x'] }],
    ] as const) {
      const error = await rejection(path0, path1, options);
      expect(error.code).toBe('ERR_PLATFORM');
      expect(error.message).toContain(`${lone} has no image, but artifacts of the type application/x`);
      expect(error.message).toContain(`${several} has linux/riscv64, linux/s390x`);
    }
  });
});

describe('an image that says it is something', () => {
  test('is an image by its config, whatever its artifactType', async () => {
    const build = (content: string): ReturnType<typeof buildImage> =>
      buildImage({ layers: [{ entries: [{ path: 'a', content }] }], manifest: { artifactType: 'application/x' } });
    expect(counted(await both(put(await build('1')), put(await build('2'))))).toEqual(['file 0 a content']);
  });

  test('without layers', async () => {
    const [first, second] = [
      await buildImage({ config: { Cmd: ['a'] } }),
      await buildImage({ config: { Cmd: ['b'] } }),
    ];
    expect((await both(put(first), put(first))).verdict).toBe('identical');
    expect(counted(await both(put(first), put(second)))).toEqual(['config /config/Cmd']);
    const full = await buildImage({ config: { Cmd: ['a'] }, layers: [{ entries: [{ path: 'a' }] }] });
    const report = await both(put(first), put(full));
    expect(report.verdict).toBe('different');
    expect(report.failures).toEqual([]);
    expect(counted(report)).toContain('layer count');
  });
});

describe('a foreign layer', () => {
  const URL = 'https://example.invalid/layer.tar.gz';
  const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const NON_DISTRIBUTABLE = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';

  async function foreign(
    content: string,
    mediaType: string,
    urls: readonly string[] | null = [URL],
  ): Promise<Built & { readonly layer: string }> {
    const base = { entries: [{ path: 'base', content }] };
    const image = await buildImage({ layers: [base, { entries: [{ path: 'own', content: 'x' }] }] });
    const [first, second] = image.layers.map(({ descriptor }) => descriptor);
    const layers = [{ ...first, mediaType, ...(urls === null ? {} : { urls }) }, second];
    const built = await buildImage({
      layers: [base, { entries: [{ path: 'own', content: 'x' }] }],
      manifest: { layers },
    });
    return { ...built, layer: first?.digest ?? '' };
  }

  test.each([FOREIGN, NON_DISTRIBUTABLE])(
    '%s that both name and neither holds is equal, not read, and told',
    async (mediaType) => {
      const built = await foreign('a', mediaType);
      const report = await both(put(built, built.layer), put(built, built.layer));
      expect(report.verdict).toBe('identical');
      expect(report.notes.map(({ input, code }) => [input, code])).toEqual([
        [0, 'foreign-layer'],
        [1, 'foreign-layer'],
      ]);
      expect(report.notes[0]?.message).toContain(`${built.layer}: a foreign layer, which is not here but at ${URL}`);
    },
  );

  test('that one side holds is read there', async () => {
    const built = await foreign('a', FOREIGN);
    const report = await both(put(built, built.layer), put(built));
    expect(report.verdict).toBe('identical');
    expect(report.notes.map(({ input }) => input)).toEqual([0]);
    const corrupt: Built = { ...built, blobs: new Map([...built.blobs, [built.layer, Buffer.from('x')]]) };
    expect((await both(put(built, built.layer), put(corrupt))).verdict).toBe('incomplete');
  });

  test('that both hold is a layer as any other', async () => {
    const [first, second] = [await foreign('a', FOREIGN), await foreign('b', FOREIGN)];
    const report = await both(put(first), put(second));
    expect(counted(report)).toEqual(['file 0 base content']);
    expect(report.notes).toEqual([]);
  });

  test('that differs and is absent: a failure that says where it lies', async () => {
    const [first, second] = [await foreign('a', FOREIGN), await foreign('b', FOREIGN)];
    const [path0, path1] = [put(first, first.layer), put(second, second.layer)];
    const report = await both(path0, path1);
    expect(report.verdict).toBe('incomplete');
    expect(report.failures.map(({ code }) => code)).toEqual(['ERR_NOT_FOUND', 'ERR_NOT_FOUND']);
    expect(report.failures.map(({ message }) => message).sort()).toEqual(
      [
        `${path0}: ${first.layer}: a foreign layer, which is not here but at ${URL}; ocidiff does not fetch it`,
        `${path1}: ${second.layer}: a foreign layer, which is not here but at ${URL}; ocidiff does not fetch it`,
      ].sort(),
    );
  });

  test('without an address, and one that is absent though nothing says that it lies elsewhere', async () => {
    const nowhere = await foreign('a', NON_DISTRIBUTABLE, null);
    const report = await both(put(nowhere, nowhere.layer), put(nowhere, nowhere.layer));
    expect(report.verdict).toBe('identical');
    expect(report.notes[0]?.message).toContain('at an address that its manifest does not give');
    const plain = await foreign('a', 'application/vnd.oci.image.layer.v1.tar+gzip', null);
    const absent = await both(put(plain, plain.layer), put(plain));
    expect(absent.failures.map(({ code }) => code)).toEqual(['ERR_NOT_FOUND']);
    expect(absent.failures[0]?.message).not.toContain('foreign');
  });

  test('of an artifact', async () => {
    const built = artifact({ layer: { urls: [URL] } });
    const path = put(built, sha256('module'));
    expect((await both(path, put(built))).verdict).toBe('identical');
    const other = await both(path, put(artifact({ layers: ['malule'], layer: { urls: [URL] } })));
    expect(other.verdict).toBe('incomplete');
    expect(other.failures[0]?.message).toContain(`at ${URL}`);
  });
});
