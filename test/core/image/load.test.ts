import { describe, expect, test } from 'vitest';
import type { OciDiffError } from '../../../packages/core/src/errors.js';
import type { Descriptor } from '../../../packages/core/src/image/descriptor.js';
import { imageChildren } from '../../../packages/core/src/image/index-children.js';
import {
  type LoadedIndex,
  type LoadedManifest,
  type LoadedRoot,
  loadImages,
} from '../../../packages/core/src/image/load.js';
import { formatPlatform } from '../../../packages/core/src/image/platform.js';
import { DEFAULT_LIMITS, type Limits } from '../../../packages/core/src/limits.js';
import type { Note } from '../../../packages/core/src/notes.js';
import { CONFIG, INDEX, LAYER, MANIFEST, MemoryStore } from './support.js';

interface Loaded {
  readonly root: LoadedRoot;
  readonly notes: Note[];
}

async function load(store: MemoryStore, descriptor: Descriptor, limits: Partial<Limits> = {}): Promise<Loaded> {
  store.root = { type: 'descriptor', descriptor };
  const notes: Note[] = [];
  const root = await loadImages(store, {
    limits: { ...DEFAULT_LIMITS, ...limits },
    onNote: (note) => notes.push(note),
  });
  return { root, notes };
}

async function loadIndex(
  store: MemoryStore,
  descriptor: Descriptor,
  limits: Partial<Limits> = {},
): Promise<LoadedIndex> {
  const { root } = await load(store, descriptor, limits);
  if (root.kind !== 'index') throw new Error('no index');
  return root;
}

async function loadManifest(
  store: MemoryStore,
  descriptor: Descriptor,
  limits: Partial<Limits> = {},
): Promise<LoadedManifest> {
  const { root } = await load(store, descriptor, limits);
  if (root.kind !== 'manifest') throw new Error('no manifest');
  return root;
}

async function failure(promise: Promise<unknown>): Promise<OciDiffError> {
  return promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error: OciDiffError) => error,
  );
}

describe('a manifest', () => {
  test('is loaded, its config once, its layers not at all', async () => {
    const store = new MemoryStore();
    const layer = store.add(LAYER, 'layer');
    const config = store.add(CONFIG, {
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    });
    const descriptor = store.add(MANIFEST, { schemaVersion: 2, config, layers: [layer] });
    const manifest = await loadManifest(store, descriptor);
    expect(manifest.descriptor).toEqual(descriptor);
    expect(manifest.manifest).toEqual({ config, layers: [layer] });
    expect(manifest.document?.ref).toEqual({
      name: descriptor.digest,
      digest: descriptor.digest,
      size: descriptor.size,
      isManifest: true,
    });
    const [image, again] = await Promise.all([manifest.loadImage(), manifest.loadImage()]);
    expect(again).toBe(image);
    expect(image.layers).toEqual([
      {
        position: 0,
        ref: { name: layer.digest, digest: layer.digest, size: 5 },
        descriptor: layer,
        diffId: layer.digest,
      },
    ]);
    expect(image.config.mediaType).toBe(CONFIG);
    expect(Object.fromEntries(store.opened)).toEqual({ [descriptor.digest]: 1, [config.digest]: 1 });
  });

  test('of another size than its descriptor says', async () => {
    const store = new MemoryStore();
    const descriptor = store.addImage('linux', 'amd64');
    const error = await failure(load(store, { ...descriptor, size: descriptor.size + 1 }));
    expect(error.code).toBe('ERR_SIZE_MISMATCH');
    expect(error.location.blob).toBe(descriptor.digest);
  });

  test('of another number of layers than its config has diffIDs', async () => {
    const store = new MemoryStore();
    const layer = store.add(LAYER, 'layer');
    const config = store.add(CONFIG, {
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    });
    const manifest = await loadManifest(
      store,
      store.add(MANIFEST, { schemaVersion: 2, config, layers: [layer, layer] }),
    );
    const error = await failure(manifest.loadImage());
    expect([error.code, error.message]).toEqual([
      'ERR_CONFIG_INVALID',
      'the manifest has 2 layers, but the config has 1 diff_ids',
    ]);
    expect(error.location.blob).toBe(config.digest);
  });

  test.each([
    [
      'by its artifactType',
      'application/vnd.oci.empty.v1+json',
      'application/vnd.example.sbom',
      'application/vnd.example.sbom',
    ],
    [
      'by its config',
      'application/vnd.cncf.helm.config.v1+json',
      undefined,
      'application/vnd.cncf.helm.config.v1+json',
    ],
  ])('of an artifact, told %s, is no image, but loaded', async (_what, mediaType, artifactType, told) => {
    const store = new MemoryStore();
    const config = store.add(mediaType, {});
    const manifest = await loadManifest(
      store,
      store.add(MANIFEST, { schemaVersion: 2, config, layers: [], artifactType }),
    );
    expect(manifest.manifest?.config).toEqual(config);
    const error = await failure(manifest.loadImage());
    expect([error.code, error.message]).toEqual([
      'ERR_MEDIA_TYPE_UNSUPPORTED',
      `an artifact of the type ${told}, not an image`,
    ]);
  });

  test('that says another media type than its descriptor: a note', async () => {
    const store = new MemoryStore();
    const docker = 'application/vnd.docker.distribution.manifest.v2+json';
    const descriptor = store.addImage('linux', 'amd64');
    const { notes } = await load(store, { ...descriptor, mediaType: docker });
    expect(notes).toEqual([
      {
        code: 'media-type-lie',
        message: `${descriptor.digest}: its descriptor says ${docker}, the document itself ${MANIFEST}`,
      },
    ]);
  });

  test.each([
    ['a manifest where an index is declared', { schemaVersion: 2, config: {}, layers: [] }, INDEX, 'ERR_INDEX_INVALID'],
    ['one that is both', { schemaVersion: 2, config: {}, layers: [], manifests: [] }, MANIFEST, 'ERR_MANIFEST_INVALID'],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, MANIFEST, 'ERR_MEDIA_TYPE_UNSUPPORTED'],
    ['no JSON', '{', MANIFEST, 'ERR_JSON_INVALID'],
  ])('%s', async (_what, document, mediaType, code) => {
    const store = new MemoryStore();
    const descriptor = store.add(mediaType, document);
    const error = await failure(load(store, descriptor));
    expect(error.code).toBe(code);
    expect(error.location.blob).toBe(descriptor.digest);
  });

  test('keys that differ only in case: a note', async () => {
    const store = new MemoryStore();
    const config = store.add(CONFIG, {
      os: 'linux',
      OS: 'Linux',
      architecture: 'amd64',
      config: { Env: [], env: [] },
      rootfs: { type: 'layers' },
    });
    const { root, notes } = await load(store, store.add(MANIFEST, { schemaVersion: 2, config, layers: [] }));
    if (root.kind === 'manifest') await root.loadImage();
    expect(notes.map(({ code }) => code)).toEqual(['json-key-case']);
    expect(notes[0]?.message).toContain('/os and /OS');
    expect(notes[0]?.message).toContain('/config/Env and /config/env');
    expect(notes[0]?.message).toContain(config.digest);
  });

  test.each([
    ['documentBytes', 100, '--max-document-bytes'],
    ['layers', 0, '--max-layers'],
    ['jsonDepth', 2, '--max-json-depth'],
  ])('above the limit %s', async (name, value, option) => {
    const store = new MemoryStore();
    const descriptor = store.addImage('linux', 'amd64');
    const error = await failure(
      loadManifest(store, descriptor, { [name]: value }).then((manifest) => manifest.loadImage()),
    );
    expect(error.message).toContain(option);
  });
});

describe('an image without a manifest', () => {
  test('has no descriptors, and digests where the medium states them', async () => {
    const store = new MemoryStore();
    const layer = store.add(LAYER, 'layer');
    const config = store.add(CONFIG, {
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    });
    const ref = { name: 'id/layer.tar', digest: null, size: 5 };
    store.root = { type: 'docker', config: { name: 'c.json', digest: config.digest, size: null }, layers: [ref] };
    const root = await loadImages(store, { limits: DEFAULT_LIMITS, onNote: () => {} });
    expect(root).toMatchObject({ kind: 'manifest', document: null, descriptor: null, manifest: null });
    if (root.kind !== 'manifest') return;
    const image = await root.loadImage();
    expect(image.config).toMatchObject({ ref: { name: 'c.json' }, mediaType: null });
    expect(image.layers).toEqual([{ position: 0, ref, descriptor: null, diffId: layer.digest }]);
  });
});

describe('an index', () => {
  test('reads no child until asked, then once', async () => {
    const store = new MemoryStore();
    const amd64 = store.addImage('linux', 'amd64', { platform: { os: 'linux', architecture: 'amd64' } });
    const index = await loadIndex(store, store.addIndex(amd64));
    expect(index.children.map(({ position, descriptor }) => [position, descriptor])).toEqual([[0, amd64]]);
    expect(store.opened.get(amd64.digest)).toBeUndefined();
    const [child, again] = await Promise.all([index.children[0]?.load(), index.children[0]?.load()]);
    expect(child).toBe(again);
    expect(store.opened.get(amd64.digest)).toBe(1);
  });

  test('nested too deep', async () => {
    const store = new MemoryStore();
    let descriptor = store.addImage('linux', 'amd64');
    for (let depth = 0; depth < 3; depth += 1) descriptor = store.addIndex(descriptor);
    expect(await imageChildren(await loadIndex(store, descriptor, { indexDepth: 3 }))).toHaveLength(1);
    const error = await failure(loadIndex(store, descriptor, { indexDepth: 2 }).then(imageChildren));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('--max-index-depth');
  });

  test('with more descriptors, all levels together, than the limit', async () => {
    const store = new MemoryStore();
    const image = store.addImage('linux', 'amd64', { platform: { os: 'linux', architecture: 'amd64' } });
    const inner = store.addIndex(image, image, image);
    const outer = store.addIndex(inner, inner);
    expect(await imageChildren(await loadIndex(store, outer, { indexManifests: 8 }))).toHaveLength(6);
    const error = await failure(loadIndex(store, outer, { indexManifests: 7 }).then(imageChildren));
    expect(error.message).toContain('--max-index-manifests');
  });
});

describe('images in an index', () => {
  const IN_TOTO = 'application/vnd.in-toto+json';
  const UNKNOWN = { os: 'unknown', architecture: 'unknown' };
  const attestation = (store: MemoryStore, layers: string[], more: Partial<Descriptor>): Descriptor => {
    const config = store.add(CONFIG, { ...UNKNOWN, rootfs: { type: 'layers', diff_ids: [] } });
    const descriptors = layers.map((mediaType) => store.add(mediaType, '{}'));
    return store.add(MANIFEST, { schemaVersion: 2, config, layers: descriptors }, more);
  };
  const list = async (store: MemoryStore, ...children: Descriptor[]): Promise<[number, string, boolean][]> => {
    const leaves = await imageChildren(await loadIndex(store, store.addIndex(...children)));
    return leaves.map(({ child, platform, attestation: is }) => [child.position, formatPlatform(platform), is]);
  };

  test('one that cannot be read is left out where somebody takes it, and is an error where not', async () => {
    const store = new MemoryStore();
    const platform = { os: 'linux', architecture: 'amd64' };
    const good = store.addImage('linux', 'amd64', { platform });
    const lost = store.addImage('linux', 'arm64');
    const corrupt = store.add(MANIFEST, '{');
    const nested = store.addImage('linux', 's390x');
    const descriptor = store.addIndex(lost, good, corrupt, store.addIndex(nested));
    store.remove(lost.digest);
    store.remove(nested.digest);
    const index = await loadIndex(store, descriptor);
    const told: [string, string][] = [];
    const leaves = await imageChildren(index, (child, error) => told.push([child.descriptor.digest, error.code]));
    expect(leaves.map(({ child }) => child.descriptor.digest)).toEqual([good.digest]);
    expect(told).toEqual([
      [lost.digest, 'ERR_NOT_FOUND'],
      [corrupt.digest, 'ERR_JSON_INVALID'],
      [nested.digest, 'ERR_NOT_FOUND'],
    ]);
    expect((await failure(imageChildren(index))).location.blob).toBe(lost.digest);
  });

  test('a limit ends all, whoever takes what cannot be read', async () => {
    const store = new MemoryStore();
    const descriptor = store.addIndex(store.addIndex(store.addImage('linux', 'amd64')));
    const index = await loadIndex(store, descriptor, { indexDepth: 1 });
    expect((await failure(imageChildren(index, () => {}))).code).toBe('ERR_LIMIT_EXCEEDED');
  });

  test('platforms come from descriptors, or from configs where these have none', async () => {
    const store = new MemoryStore();
    const children = [
      store.addImage('linux', 'amd64', { platform: { os: 'linux', architecture: 'x86_64' } }),
      store.addImage('linux', 'arm64'),
      store.addIndex(store.addImage('linux', 's390x')),
    ];
    expect(await list(store, ...children)).toEqual([
      [0, 'linux/amd64', false],
      [1, 'linux/arm64', false],
      [0, 'linux/s390x', false],
    ]);
  });

  test('a descriptor with a platform is not read', async () => {
    const store = new MemoryStore();
    const image = store.addImage('linux', 'amd64', { platform: { os: 'linux', architecture: 'amd64' } });
    store.remove(image.digest);
    expect(await list(store, image)).toEqual([[0, 'linux/amd64', false]]);
  });

  test.each([
    [
      'the annotation, not read',
      [],
      { platform: UNKNOWN, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
      true,
    ],
    [
      'the annotation, for a platform',
      [],
      {
        platform: { os: 'linux', architecture: 'amd64' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      },
      true,
    ],
    ['another annotation', [LAYER], { platform: UNKNOWN, annotations: { 'vnd.docker.reference.type': 'x' } }, false],
    ['unknown/unknown and only in-toto layers', [IN_TOTO, IN_TOTO], { platform: UNKNOWN }, true],
    ['unknown/unknown and another layer too', [IN_TOTO, LAYER], { platform: UNKNOWN }, false],
    ['unknown/unknown and no layers', [], { platform: UNKNOWN }, false],
    ['in-toto layers for a platform', [IN_TOTO], { platform: { os: 'linux', architecture: 'amd64' } }, false],
  ])('attestation? %s', async (_what, layers, more, expected) => {
    const store = new MemoryStore();
    expect((await list(store, attestation(store, layers, more))).map(([, , is]) => is)).toEqual([expected]);
  });

  test('unknown/unknown whose manifest is absent is an image that nobody can choose', async () => {
    const store = new MemoryStore();
    const child = attestation(store, [IN_TOTO], { platform: UNKNOWN });
    store.remove(child.digest);
    expect(await list(store, child)).toEqual([[0, 'unknown/unknown', false]]);
  });

  test('an image without a platform whose manifest is absent may be the one that is needed', async () => {
    const store = new MemoryStore();
    const child = store.addImage('linux', 'amd64');
    store.remove(child.digest);
    expect((await failure(list(store, child))).code).toBe('ERR_NOT_FOUND');
  });

  test('artifacts without a platform are told by their type, other things are left out', async () => {
    const store = new MemoryStore();
    const config = store.add('application/vnd.oci.empty.v1+json', {});
    const artifact = store.add(MANIFEST, { schemaVersion: 2, artifactType: 'a/b', config, layers: [] });
    const other = store.add('application/vnd.example+json', {});
    expect(await list(store, artifact, other, store.addImage('linux', 'amd64'))).toEqual([
      [0, 'unknown/unknown', false],
      [2, 'linux/amd64', false],
    ]);
  });
});
