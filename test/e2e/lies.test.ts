import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { OciDiffError, type Report } from '../../packages/core/src/index.js';
import { startRegistry, untilEnd } from '../core/sources/registry/support.js';
import { TestServer } from '../support/fake-registry.js';
import {
  type Built,
  type BuiltImage,
  buildImage,
  buildIndex,
  type DescriptorJson,
  dirMembers,
  type ImageSpec,
  LINUX,
  layoutMembers,
  type Member,
  packMembers,
  sha256,
  writeMembers,
  zstdStored,
} from '../support/images.js';
import { counted, failuresOf, outcome, temporaryFolder, write, writeArchive } from './support.js';

/*
 * Inputs that say what is not so. Each ends in the right answer or in an error that names the blob and what is wrong
 * with it. Bytes that were damaged are in damage.test.ts, contradictions of manifest.json in test/core/sources/.
 */

const folder = temporaryFolder();
let files = 0;
const fresh = (name: string): string => {
  files += 1;
  return `${files}-${name}`;
};
const archiveOf = (built: Built): Promise<string> => writeArchive(folder, fresh('image.tar'), built);

const SPEC: ImageSpec = { layers: [{ entries: [{ path: 'a', content: 'text' }] }, { entries: [{ path: 'b' }] }] };
const IMAGE = await buildImage(SPEC);
const [LAYER, LAYER_1] = IMAGE.layers.map(({ descriptor }) => descriptor) as [DescriptorJson, DescriptorJson];
const CONFIG: DescriptorJson = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  digest: sha256(IMAGE.config),
  size: IMAGE.config.length,
};
const other = await archiveOf(await buildImage({ layers: [{ entries: [{ path: 'c' }] }] }));
const truth = await archiveOf(IMAGE);

/** The image, its manifest saying something else. */
const saying = (manifest: object): Promise<BuiltImage> => buildImage({ ...SPEC, manifest });

const MEDIA: Readonly<Record<string, (image: BuiltImage) => Promise<string>>> = {
  archive: archiveOf,
  layout: async (image) => writeMembers(join(folder, fresh('layout')), layoutMembers(image)),
  'dir:': async (image) => writeMembers(join(folder, fresh('dir')), dirMembers(image)),
  registry: async (image) => (await startRegistry()).push(image),
};
const media = Object.keys(MEDIA);
const put = (medium: string, image: BuiltImage): Promise<string> => (MEDIA[medium] as (typeof MEDIA)[string])(image);

/** The code and the lines of what failed; there must be a failure. */
async function failed(image0: string, image1 = other, options = {}): Promise<{ code: string; lines: string[] }> {
  const result = await outcome(image0, image1, { registry: { retryDelay: 1 }, ...options });
  if (!(result instanceof OciDiffError)) expect(result.verdict).toBe('incomplete');
  const code = result instanceof OciDiffError ? result.code : (result.failures[0]?.code ?? '');
  return { code, lines: failuresOf(result) };
}

/* What both sides name by one digest is not fetched from a registry, so nobody looks at it there. */
const isRemote = (image: string): boolean => image.startsWith('127.0.0.1:');

async function expectFailure(image: string, code: string, ...parts: string[]): Promise<void> {
  for (const second of isRemote(image) ? [other] : [other, truth]) {
    const result = await failed(image, second);
    expect(result.code).toBe(code);
    expect(result.lines[0]).toContain(image);
    for (const part of parts) expect(result.lines[0]).toContain(part);
  }
}

async function reported(image0: string, image1: string, options = {}): Promise<Report> {
  const result = await outcome(image0, image1, options);
  if (result instanceof OciDiffError) throw result;
  expect(result.failures).toEqual([]);
  return result;
}

describe.each(media)('sizes, in %s', (medium) => {
  test.each([-1, 1, 1000])('of a layer: %i more', async (more) => {
    const image = await saying({ layers: [{ ...LAYER, size: LAYER.size + more }, LAYER_1] });
    await expectFailure(await put(medium, image), 'ERR_SIZE_MISMATCH', LAYER.digest);
  });

  test.each([-1, 1])('of the config: %i more', async (more) => {
    const image = await saying({ config: { ...CONFIG, size: CONFIG.size + more } });
    await expectFailure(await put(medium, image), 'ERR_SIZE_MISMATCH', CONFIG.digest);
  });
});

describe.each(media)('digests, in %s', (medium) => {
  test.each([
    ['a layer', LAYER.digest],
    ['the config', CONFIG.digest],
  ])('the blob of %s has other content of that length', async (_what, digest) => {
    const blobs = new Map(IMAGE.blobs);
    blobs.set(digest, Buffer.alloc((blobs.get(digest) as Buffer).length, 'x'));
    await expectFailure(await put(medium, { ...IMAGE, blobs }), 'ERR_DIGEST_MISMATCH', digest);
  });

  test('two blobs have each other’s names', async () => {
    const blobs = new Map(IMAGE.blobs);
    const [one, two] = [blobs.get(LAYER.digest), blobs.get(LAYER_1.digest)] as [Buffer, Buffer];
    blobs.set(LAYER.digest, two).set(LAYER_1.digest, one);
    const image = await put(medium, { ...IMAGE, blobs });
    const { lines } = await failed(image);
    expect(lines.filter((line) => line.includes(LAYER.digest))).not.toEqual([]);
    expect(lines.filter((line) => line.includes(LAYER_1.digest))).not.toEqual([]);
  });
});

describe('sizes and digests in indexes', () => {
  const naming = (...manifests: object[]): Built => ({ ...buildIndex([{ built: IMAGE }], { manifests }) });

  test.each([-1, 1])('a child of %i bytes more', async (more) => {
    const child = { ...IMAGE.descriptor, size: IMAGE.descriptor.size + more, platform: LINUX };
    await expectFailure(await archiveOf(naming(child)), 'ERR_SIZE_MISMATCH', IMAGE.descriptor.digest);
  });

  test('an index within an index, a byte more', async () => {
    const inner = buildIndex([{ built: IMAGE, platform: LINUX }]);
    const outer = buildIndex([{ built: inner }], {
      manifests: [{ ...inner.descriptor, size: inner.descriptor.size + 1 }],
    });
    await expectFailure(await archiveOf(outer), 'ERR_SIZE_MISMATCH', inner.descriptor.digest);
  });

  test('one digest and two sizes: the true one is read, the other told', async () => {
    const { descriptor } = IMAGE;
    const right = { ...descriptor, platform: LINUX };
    const wrong = { ...descriptor, size: descriptor.size + 1, platform: { ...LINUX, architecture: 'arm64' } };
    for (const manifests of [
      [right, wrong],
      [wrong, right],
    ]) {
      const path = await archiveOf(naming(...manifests));
      const honest = await archiveOf(naming(...manifests.map((each) => ({ ...each, size: descriptor.size }))));
      const { code, lines } = await failed(path, honest, { allPlatforms: true });
      expect(code).toBe('ERR_SIZE_MISMATCH');
      expect(lines[0]).toContain(descriptor.digest);
    }
  });

  test('one layer and two sizes within an image', async () => {
    const image = await buildImage({
      layers: [SPEC.layers?.[0] ?? {}, SPEC.layers?.[0] ?? {}],
      manifest: { layers: [LAYER, { ...LAYER, size: LAYER.size + 1 }] },
    });
    await expectFailure(await archiveOf(image), 'ERR_SIZE_MISMATCH', LAYER.digest);
  });
});

describe('diff_ids', () => {
  const [id0, id1] = IMAGE.layers.map(({ diffId }) => diffId) as [string, string];
  const config = (...ids: unknown[]): Promise<BuiltImage> =>
    buildImage({ ...SPEC, configFile: { rootfs: { type: 'layers', diff_ids: ids } } });

  test.each([
    ['swapped', [id1, id0], LAYER.digest],
    ['of another layer', [id0, `sha256:${'0'.repeat(64)}`], LAYER_1.digest],
    ['one twice', [id0, id0], LAYER_1.digest],
    ['the compressed digests', [LAYER.digest, LAYER_1.digest], LAYER.digest],
  ])('%s', async (_what, ids, digest) => {
    const { code, lines } = await failed(await archiveOf(await config(...ids)));
    expect(code).toBe('ERR_DIFF_ID_MISMATCH');
    expect(lines[0]).toContain(digest);
  });

  test.each([
    ['too few', [id0], 'the manifest has 2 layers, but the config has 1 diff_ids'],
    ['too many', [id0, id1, id1], 'the manifest has 2 layers, but the config has 3 diff_ids'],
    ['none', [], 'the manifest has 2 layers, but the config has 0 diff_ids'],
    ['numbers', [1, 2], '/rootfs/diff_ids/0: expected a string, found a number'],
    ['md5', [id0, `md5:${'0'.repeat(32)}`], '/rootfs/diff_ids/1: not a sha256 or sha512 digest'],
    ['sha256 as long as sha512', [id0, `sha256:${'0'.repeat(128)}`], '/rootfs/diff_ids/1: not a sha256 or sha512'],
    ['sha512 as long as sha256', [id0, `sha512:${'0'.repeat(64)}`], '/rootfs/diff_ids/1: not a sha256 or sha512'],
  ])('%s', async (_what, ids, message) => {
    await expectFailure(await archiveOf(await config(...ids)), 'ERR_CONFIG_INVALID', message);
  });

  test('in sha512, and true', async () => {
    const ids = IMAGE.layers.map(({ tar }) => `sha512:${createHash('sha512').update(tar).digest('hex')}`);
    const report = await reported(await archiveOf(await config(...ids)), truth, { mode: 'semantic' });
    /* Other texts, which nothing below explains; the layers are the same. */
    expect(counted(report)).toEqual(['layer 0 diffId', 'layer 1 diffId']);
  });
});

describe('media types', () => {
  const OCI = 'application/vnd.oci.image';
  const { tar } = IMAGE.layers[0] as { tar: Buffer };
  const typed = async (stored: Buffer, mediaType: string): Promise<string> =>
    archiveOf(await buildImage({ layers: [{ tar, stored, mediaType }, SPEC.layers?.[1] ?? {}] }));

  test.each([
    ['gzip named zstd', gzipSync(tar, { level: 1 }), `${OCI}.layer.v1.tar+zstd`],
    ['gzip named tar', gzipSync(tar, { level: 1 }), `${OCI}.layer.v1.tar`],
    ['tar named gzip', tar, `${OCI}.layer.v1.tar+gzip`],
    ['tar named zstd', tar, `${OCI}.layer.v1.tar+zstd`],
    ['zstd named gzip', zstdStored(tar), `${OCI}.layer.v1.tar+gzip`],
  ])('%s: read as what it is, and told', async (_what, stored, mediaType) => {
    const report = await reported(await typed(stored, mediaType), truth, { mode: 'semantic' });
    expect(report.notes.map(({ input, code }) => [input, code])).toContainEqual([0, 'media-type-lie']);
    expect(report.differences.filter(({ subject, ignoredBy }) => subject === 'file' && !ignoredBy)).toEqual([]);
  });

  /* Engines go by the descriptor. */
  test('an index named manifest, and a manifest named index', async () => {
    const index = buildIndex([{ built: IMAGE, platform: LINUX }]);
    const asManifest = { ...index, descriptor: { ...index.descriptor, mediaType: `${OCI}.manifest.v1+json` } };
    const asIndex = { ...IMAGE, descriptor: { ...IMAGE.descriptor, mediaType: `${OCI}.index.v1+json` } };
    await expectFailure(
      await archiveOf(asManifest),
      'ERR_MANIFEST_INVALID',
      index.descriptor.digest,
      '/config: missing; /layers: missing',
    );
    await expectFailure(await archiveOf(asIndex), 'ERR_INDEX_INVALID', IMAGE.descriptor.digest, '/manifests: missing');
  });

  test('a config named layer makes an artifact, and no image', async () => {
    const image = await saying({ config: { ...CONFIG, mediaType: LAYER.mediaType } });
    const result = await outcome(await archiveOf(image), truth);
    if (result instanceof OciDiffError) {
      expect(result.code).toBe('ERR_MEDIA_TYPE_UNSUPPORTED');
      expect(result.message).toContain(LAYER.mediaType);
    } else {
      expect(result.verdict).not.toBe('identical');
      expect(result.verdict).not.toBe('equivalent');
    }
  });

  test('a layer named config is a layer of an unknown kind, not one that is left out', async () => {
    const image = await saying({ layers: [{ ...LAYER, mediaType: CONFIG.mediaType }, LAYER_1] });
    const result = await outcome(await archiveOf(image), truth, { mode: 'semantic' });
    const verdict = result instanceof OciDiffError ? 'incomplete' : result.verdict;
    expect(['incomplete', 'different']).toContain(verdict);
  });
});

describe('members of the outer archive', () => {
  const layout = layoutMembers(IMAGE);
  const blob = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
  const pack = async (...members: Member[]): Promise<string> =>
    write(folder, fresh('members.tar'), await packMembers(members));
  const bad = (member: Member): Member => ({ ...member, content: Buffer.alloc(member.content.length, 'x') });
  const layer = layout.find(({ name }) => name === blob(LAYER.digest)) as Member;
  const index = layout.find(({ name }) => name === 'index.json') as Member;

  test('a layer twice: the last one counts, whatever the first is', async () => {
    const { notes, verdict } = await reported(await pack(bad(layer), ...layout), truth);
    expect(verdict).toBe('identical');
    expect(notes.map(({ code }) => code)).toEqual(['duplicate-member']);
  });

  test('a layer twice: the last one counts, however good the first is', async () => {
    await expectFailure(await pack(...layout, bad(layer)), 'ERR_DIGEST_MISMATCH', LAYER.digest);
  });

  test('index.json twice: the last one names the image', async () => {
    const second = await buildImage({ config: { Labels: { a: 'b' } } });
    const members = [...layout, ...layoutMembers(second)];
    const report = await reported(await pack(...members), truth);
    expect(report.inputs[0].digest).toBe(second.descriptor.digest);
    expect(report.notes.map(({ code }) => code)).toContain('duplicate-member');
    const reversed = await reported(await pack(...members, index), truth);
    expect(reversed.inputs[0].digest).toBe(IMAGE.descriptor.digest);
  });

  test.each(['../', '../../', 'x/../../', '/../'])('a blob outside (%s) is not there', async (prefix) => {
    const moved = layout.map((each) => (each === layer ? { ...each, name: `${prefix}${each.name}` } : each));
    await expectFailure(await pack(...moved), 'ERR_NOT_FOUND', LAYER.digest);
  });

  test('a folder, and a fifo, in place of a blob', async () => {
    for (const type of ['directory', 'fifo'] as const) {
      const replaced = layout.map((each) => (each === layer ? { ...each, content: Buffer.alloc(0), type } : each));
      const { lines } = await failed(await pack(...replaced));
      expect(lines[0]).toContain(LAYER.digest);
    }
  });

  test('1,001 members that were there before: a note says that no more were compared', async () => {
    const again = { name: 'x', content: Buffer.from('x') };
    const report = await reported(await pack(...Array(1003).fill(again), ...layout), truth);
    expect(report.verdict).toBe('identical');
    expect(report.notes.map(({ message }) => message)).toEqual([
      '2 more members are in the archive before, with whatever content; the last ones count',
    ]);
  });
});

describe('algorithms', () => {
  const sha512 = (bytes: Buffer): string => `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
  const [first] = IMAGE.layers as [BuiltImage['layers'][number]];
  const named = async (digest: string): Promise<string> => {
    const image = await saying({ layers: [{ ...LAYER, digest }, LAYER_1] });
    return archiveOf({ ...image, blobs: new Map([...image.blobs, [digest, first.stored]]) });
  };

  test('sha512, and true', async () => {
    const report = await reported(await named(sha512(first.stored)), truth, { mode: 'semantic' });
    expect(report.verdict).toBe('equivalent');
  });

  test('sha512 of something else', async () => {
    const digest = sha512(Buffer.from('else'));
    await expectFailure(await named(digest), 'ERR_DIGEST_MISMATCH', digest);
  });

  test.each([
    ['sha512 named sha256', sha512(first.stored).replace('sha512', 'sha256')],
    ['sha256 named sha512', LAYER.digest.replace('sha256', 'sha512')],
    ['md5', `md5:${createHash('md5').update(first.stored).digest('hex')}`],
    ['capitals', LAYER.digest.toUpperCase()],
    ['none', LAYER.digest.slice('sha256:'.length)],
    ['a path', 'sha256:../../../../etc/passwd'],
  ])('%s', async (_what, digest) => {
    const image = await saying({ layers: [{ ...LAYER, digest }, LAYER_1] });
    await expectFailure(await archiveOf(image), 'ERR_MANIFEST_INVALID', '/layers/0/digest: not a sha256 or sha512');
  });
});

describe('descriptors', () => {
  test.each([
    ['size', -1, '/layers/0/size'],
    ['size', 1.5, '/layers/0/size'],
    ['size', 2 ** 60, '/layers/0/size'],
    ['size', '100', '/layers/0/size'],
    ['annotations', { a: 1 }, '/layers/0/annotations/a'],
    ['annotations', ['a'], '/layers/0/annotations'],
    ['mediaType', 7, '/layers/0/mediaType'],
    ['urls', 'http://127.0.0.1/', '/layers/0/urls'],
    ['platform', 'linux', '/layers/0/platform'],
  ])('%s %j', async (key, value, pointer) => {
    const image = await saying({ layers: [{ ...LAYER, [key]: value }, LAYER_1] });
    await expectFailure(await archiveOf(image), 'ERR_MANIFEST_INVALID', pointer);
  });

  test('`data` is believed nowhere: the blob is read, and what `data` says is a difference', async () => {
    const data = Buffer.from('something else').toString('base64');
    const image = await saying({ config: { ...CONFIG, data }, layers: [{ ...LAYER, data }, LAYER_1] });
    const path = await archiveOf(image);
    expect(counted(await reported(path, truth))).toEqual(['manifest /config/data', 'manifest /layers/0/data']);
    const blobs = new Map(image.blobs);
    blobs.delete(LAYER.digest);
    await expectFailure(await archiveOf({ ...image, blobs }), 'ERR_NOT_FOUND', LAYER.digest);
  });

  test.each(['blob there', 'blob absent'])('`urls` are never asked, %s', async (which) => {
    const server = untilEnd(await TestServer.answering((_request, response) => response.writeHead(200).end('x')));
    const urls = [`${server.origin}/layer`, 'file:///etc/passwd'];
    for (const mediaType of [LAYER.mediaType, 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip']) {
      const image = await saying({ layers: [{ ...LAYER, mediaType, urls }, LAYER_1] });
      const blobs = new Map(image.blobs);
      if (which === 'blob absent') blobs.delete(LAYER.digest);
      for (const medium of media) await outcome(await put(medium, { ...image, blobs }), other);
    }
    expect(server.received).toEqual([]);
  });
});

/* As texts: in source code `__proto__` would set a prototype. */
const PROTO = '"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}';
const injected = (document: Buffer): Buffer => Buffer.from(document.toString().replace('{', `{${PROTO}, `));

describe('`__proto__` is a key like any other', () => {
  const untouched = (): void => {
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  };

  test('in the config, its labels, and the manifest with its annotations', async () => {
    const config = injected(
      Buffer.from(IMAGE.config.toString().replace('"config":{}', '"config":{"Labels":{"__proto__":"a"}}')),
    );
    const described = { ...CONFIG, digest: sha256(config), size: config.length };
    const plain = await saying({ config: described });
    const manifest = injected(
      Buffer.from(
        (plain.blobs.get(plain.descriptor.digest) as Buffer)
          .toString()
          .replace('"layers":', '"annotations":{"__proto__":"b"},"layers":'),
      ),
    );
    const built: Built = {
      descriptor: { ...plain.descriptor, digest: sha256(manifest), size: manifest.length },
      blobs: new Map([...IMAGE.blobs, [sha256(config), config], [sha256(manifest), manifest]]),
    };
    const found = counted(await reported(await archiveOf(built), truth, { reportDir: join(folder, 'out') }));
    expect(found).toEqual(
      expect.arrayContaining([
        'config /__proto__',
        'config /config/Labels/__proto__',
        'config /constructor',
        'manifest /__proto__',
        'manifest /annotations/__proto__',
        'manifest /constructor',
      ]),
    );
    untouched();
  });

  test('in index.json, oci-layout and an index', async () => {
    const index = buildIndex([{ built: IMAGE, platform: LINUX }]);
    const document = injected(index.blobs.get(index.descriptor.digest) as Buffer);
    const built: Built = {
      descriptor: { ...index.descriptor, digest: sha256(document), size: document.length },
      blobs: new Map([...index.blobs, [sha256(document), document]]),
    };
    const members = layoutMembers(built).map((member) =>
      member.name.startsWith('blobs') ? member : { ...member, content: injected(member.content) },
    );
    const path = write(folder, fresh('proto.tar'), await packMembers(members));
    const found = counted(await reported(path, await archiveOf(index)));
    expect(found).toEqual(expect.arrayContaining(['index /__proto__', 'index /constructor']));
    untouched();
  });

  test('in manifest.json and repositories', async () => {
    const members = [
      { name: 'config.json', content: IMAGE.config },
      ...IMAGE.layers.map(({ tar }, i) => ({ name: `${i}.tar`, content: tar })),
      { name: 'repositories', content: Buffer.from(`{${PROTO}}`) },
      {
        name: 'manifest.json',
        content: Buffer.from(`[{${PROTO}, "Config": "config.json", "RepoTags": [], "Layers": ["0.tar", "1.tar"]}]`),
      },
    ];
    const path = write(folder, fresh('proto.tar'), await packMembers(members));
    const report = await reported(path, truth, { mode: 'semantic', reportDir: join(folder, 'out') });
    expect(report.verdict).toBe('equivalent');
    untouched();
  });
});
