import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decompress } from '../../../packages/core/src/bytes/decompress.js';
import { verify } from '../../../packages/core/src/bytes/verify.js';
import { imageChildren } from '../../../packages/core/src/image/index-children.js';
import { loadImages } from '../../../packages/core/src/image/load.js';
import { formatPlatform } from '../../../packages/core/src/image/platform.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { FIXTURES, fixture, open, readWhole } from './support.js';

/*
 * Digests of roots and diffIDs, worked out without ocidiff. For an archive F whose index.json names the manifest M:
 *   tar xOf F blobs/sha256/M | sha256sum
 *   for L in $(tar xOf F blobs/sha256/M | python3 -c 'import json,sys; [print(l["digest"][7:]) for l in json.load(sys.stdin)["layers"]]')
 *   do tar xOf F blobs/sha256/$L | (gzip -dc or zstd -dc or cat, by the first bytes) | sha256sum; done
 * For docker save archives the layers are those of manifest.json, links followed (Python's tarfile, extractfile).
 */
const BASE = '853a0367780e149ecd4dc0e5380e25a98eaf7980012a4b64d604874ac6146d78';
const CLOCK_2 = '7f69f04e0f482eed90f699fc191dca155c55c17c820814a4d6de0579b18a5dbe';
const CLOCK_3 = 'a333700c01d436e668022a09ef2ecdb2e67d5a9c409744db016982380db247c3';
const CLOCK_1: readonly string[] = [
  BASE,
  'f3233166529028a7d393befc2029fa46d9f626c22c0bf5baaa983fc0adac7388',
  CLOCK_2,
  CLOCK_3,
];
const BUILDAH: readonly string[] = [BASE, '51c66e170f24cbcad15b0b8047017cd385a17646e874e0cbdf5c549a15dd5705', CLOCK_2];
const APT_BASE = 'b41386769bb7bd15056ce4d4bd9ba7de46360a1c938bccd99cda621f66a6e208';
const MULTI_BASE = 'fec4feb5ca33132703f21ddb0bd02950c128df741f712b6704c092b2cca0ac50';
const AMD64: readonly string[] = [MULTI_BASE, 'bff9133020934199b568bd3ebec7aedbe4922e53121ce7879854485b40983f18'];
const ARM64: readonly string[] = [MULTI_BASE, 'dbf61a435aecf738cf40722b5a77502ecc2553c4fb8d12963cec31cd056bd593'];
const ARM_V7: readonly string[] = [MULTI_BASE, 'c0675f93dbe670985063c0b19f6264e0c30b638df1eb2d410f1997147c2532ea'];

const SINGLE: readonly (readonly [string, string, string | null, readonly string[]])[] = [
  [
    'apt-0.docker.tar',
    'oci-archive',
    'dbb874d4a3eca10f55f690b3750fb75dc5cc038a5061ae0e6cfbce84669fc221',
    [APT_BASE, '3e26842862722444639cfb8b48b6216a166cca179381acde8487db72a6342d32'],
  ],
  [
    'apt-1.docker.tar',
    'oci-archive',
    'c019a72543ee3553555e2ef5628abca11854ea82a41885b8e6725162da300662',
    [APT_BASE, '9313b85f412e0bc6ec9fe60a73a54beb5c9e834a69e7f510486a4f7eb094fa25'],
  ],
  ['arm64-variant.oci.tar', 'oci-archive', 'ab6ccfeea447513de479c1467933ee4d7e2166f2c155749545fdaa72ac63c5db', ARM64],
  ['arm64.oci.tar', 'oci-archive', '0a6500400ba438a00aee476814ae727bda5ae3457e5fe9fe33b7b96ce567e8ff', ARM64],
  [
    'clock-buildah-dir',
    'dir',
    'f20d9144d502ad45264b91c7552329a6c1743ae8eda3a9e5981882f430e70511',
    [BASE, '34a2cad915b158964ee2b716cd1221ede6a925d5b35241e3024b5c77e5e64443', CLOCK_2],
  ],
  [
    'clock-buildah-one-layer.oci.tar',
    'oci-archive',
    '931101963d23fb5a99da4ca5415666345db1efbf56b739e1072b97b300bbd0d3',
    ['b5e9d2679b47d4a16ddc0715ecd07202f8a451fdf180f0b98e0697199ad01974'],
  ],
  ['clock-buildah.docker.tar', 'docker-archive', null, BUILDAH],
  ['clock-buildah.oci.tar', 'oci-archive', '6b972c2268f57d44fe9f0332c98185bbacdd281e92da12fe3288bacabdc9de1c', BUILDAH],
  [
    'clock-buildkit-0.oci.tar',
    'oci-archive',
    '6ea848c92d971ebdb523a281923c22063b1f856ea34c119cf986456ea4227adb',
    [BASE, '57b7c6ad63c3c9fa73d1089d10cbb9c11d814d10be84130a781a6a3f1a81e5d2', CLOCK_2, CLOCK_3],
  ],
  [
    'clock-buildkit-1-gzip9.oci.tar',
    'oci-archive',
    'eeee38219dab03ea76becd941cb0e10b2f27e177f6f408f9accdf435e27d9bf8',
    CLOCK_1,
  ],
  ['clock-buildkit-1-layout', 'oci', 'd9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a', CLOCK_1],
  [
    'clock-buildkit-1-no-rewrite.oci.tar',
    'oci-archive',
    'cb5b2517de4b534fcd0e35d1d08b859dad2648df57aefd189de5ddae5f2fa60e',
    [
      'bf6057b32a262f31bf286c245d3e4eb7c2368d701a27dc5acd2ef0b73727ff5a',
      'ba3172803454782324287e43b780ee0d1e890f39b8f538f8911db1897cc0303d',
      'e222167dd252754fda8d056767f00958bfbbb933d5b19573f5dc1dd0dae9f500',
      'ca741e06c1002857505690cbb80ce01d1c8d3714719cb3fda5c8c45a0e1698aa',
    ],
  ],
  [
    'clock-buildkit-1-plain.oci.tar',
    'oci-archive',
    'bd0d254596e5a0614f38037cf464ef23a51648437f1b5af6e076a36e045b6e3b',
    CLOCK_1,
  ],
  [
    'clock-buildkit-1-zstd.oci.tar',
    'oci-archive',
    'acb635a2dd2886bfb4ed65a582ff1aec904748d5758afbcf580d26361288e06b',
    CLOCK_1,
  ],
  [
    'clock-buildkit-1.docker.tar',
    'oci-archive',
    'f58e5d254298d223e372ef57ee6cf701c83a9d310d43c2b7ae11a0d95834e5a7',
    CLOCK_1,
  ],
  [
    'clock-buildkit-1.oci.tar',
    'oci-archive',
    'd9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a',
    CLOCK_1,
  ],
  ['clock-podman-save.docker.tar', 'docker-archive', null, BUILDAH],
  ['clock-save-classic.docker.tar', 'docker-archive', null, CLOCK_1],
  [
    'clock-save-containerd.docker.tar',
    'oci-archive',
    'f58e5d254298d223e372ef57ee6cf701c83a9d310d43c2b7ae11a0d95834e5a7',
    CLOCK_1,
  ],
  ['clock-save-engine28-classic.docker.tar', 'docker-archive', null, CLOCK_1],
];

type Children = readonly (readonly [platform: string, attestation: boolean, diffIds: readonly string[]])[];
const INDEXES: readonly (readonly [string, string, Children])[] = [
  [
    'clock-buildkit-1-provenance.oci.tar',
    '87fecaf2357b57492ee32efb331d2af6cfd232cf1bd8bf9cd715b36fb7507b28',
    [
      ['linux/amd64', false, CLOCK_1],
      ['unknown/unknown', true, ['106f5f9af3ab9f3dea698cc181a7dd11406565942ea0d09104bbd2c6ea64aa54']],
    ],
  ],
  [
    'multi-1-reordered.oci.tar',
    '1cd864c046c9470cb84b9ed5c79a74fbe292481c21058f5e84a6356f5fe14a4e',
    [
      ['linux/arm64', false, ARM64],
      ['linux/amd64', false, AMD64],
    ],
  ],
  [
    'multi-1.oci.tar',
    '7a26a5e8bc484239cec8aa9ae62321027509e1ff08a517473aa250912e5db61e',
    [
      ['linux/amd64', false, AMD64],
      ['linux/arm64', false, ARM64],
      ['linux/arm/v7', false, ARM_V7],
      ['unknown/unknown', true, ['4e6d838268737e9297d619561bc363e9f5cdbe71ef41cafab91b9d9d8f91a055']],
      ['unknown/unknown', true, ['490575f2a0b2c59ff77e073a480ede00aebea4990504eb6ee0e49662303bddc0']],
      ['unknown/unknown', true, ['0209887b090afa7ceec9be0ae9076cd60a1e5aa678352ddf2c3527225ded6d84']],
    ],
  ],
  [
    'multi-2.oci.tar',
    '0785b9f6c2928e561d08e7d8ee88703a470a888f947ee61b640e9af7cd15ffe8',
    [
      ['linux/amd64', false, AMD64],
      ['linux/arm64', false, ARM64],
      ['linux/arm/v7', false, ARM_V7],
      ['unknown/unknown', true, ['819fc3c613ccf72794005bc49edd312bdcdecac952ef39c8e217e7c7ec3f6f95']],
      ['unknown/unknown', true, ['da3b3812579925444a5d5f0726c5af45a55c87a9ecf5d4ba159f8341aff096f2']],
      ['unknown/unknown', true, ['ef00ff74e47440cadf5448539301289a278b6b1e41e602853413a54f75c11d64']],
    ],
  ],
];

const digests = (hex: readonly string[]): string[] => hex.map((each) => `sha256:${each}`);

/* Images of our own are in test/e2e/own-fixtures.test.ts. */
test('every other fixture has a row here', () => {
  const rows = [...SINGLE, ...INDEXES].map(([name]) => name).sort();
  const noImages = new Set(['README.md', 'recipes', 'causes', 'evidence', 'formats']);
  const others = readdirSync(FIXTURES).filter((name) => !noImages.has(name));
  expect(rows).toEqual(others.filter((name) => !name.startsWith('own-')));
});

describe('a single image', () => {
  test.each(SINGLE)('%s is of the kind %s', async (name, kind, digest, diffIds) => {
    const { store, notes, images, digest: root } = await readWhole(fixture(name));
    expect(store.kind).toBe(kind);
    expect(store.reference).toBe(fixture(name));
    expect(root).toBe(digest === null ? null : `sha256:${digest}`);
    expect(images).toHaveLength(1);
    expect(images[0]?.configFile.rootfs.diffIds).toEqual(digests(diffIds));
    expect(images[0]?.layers.map(({ position, diffId }) => [position, diffId])).toEqual(
      digests(diffIds).map((diffId, position) => [position, diffId]),
    );
    expect(notes).toEqual([]);
  });

  test.each(SINGLE)('%s: the layers are those of the diffIDs', async (name, _kind, _digest, diffIds) => {
    const store = await open(fixture(name));
    try {
      const root = await loadImages(store, { limits: DEFAULT_LIMITS, onNote: () => {} });
      if (root.kind !== 'manifest') throw new Error('an index');
      const found: string[] = [];
      for (const { ref } of (await root.loadImage()).layers) {
        const options = { name: ref.name, size: ref.size, maxBytes: 1e9, limits: DEFAULT_LIMITS, onNote: () => {} };
        const hash = createHash('sha256');
        for await (const chunk of decompress(() => verify(store.open(ref), ref), options).stream) hash.update(chunk);
        found.push(hash.digest('hex'));
      }
      expect(found).toEqual(diffIds);
    } finally {
      await store.close();
    }
  });
});

describe('an index', () => {
  test.each(INDEXES)('%s', async (name, digest, expected) => {
    const store = await open(fixture(name));
    try {
      const root = await loadImages(store, { limits: DEFAULT_LIMITS, onNote: () => {} });
      if (root.kind !== 'index') throw new Error('no index');
      expect(root.descriptor.digest).toBe(`sha256:${digest}`);
      expect(store.kind).toBe('oci-archive');
      const found: [string, boolean, string[]][] = [];
      for (const { child, platform, attestation } of await imageChildren(root)) {
        const loaded = await child.load();
        if (loaded.kind !== 'manifest') throw new Error('an index');
        const diffIds = (await loaded.loadImage()).layers.map(({ diffId }) => diffId.slice('sha256:'.length));
        found.push([formatPlatform(platform), attestation, diffIds]);
      }
      expect(found).toEqual(expected);
    } finally {
      await store.close();
    }
  });
});

describe('what a docker save archive knows of its members', () => {
  /* Names that state a digest, and sizes, as `tar tvf` lists them. */
  test.each([
    [
      'clock-save-classic.docker.tar',
      'Engine 20: only the config is named by its digest',
      'sha256:20fdbd1ffdd363e3a858fcd048e0838aa7c46a0c27827f7228ab5474f05b965c',
      [null, null, null, null],
      [13824, 8704, 7168, 2048],
    ],
    [
      'clock-save-engine28-classic.docker.tar',
      'Engine 28: layers under the digest of their tar',
      'sha256:20fdbd1ffdd363e3a858fcd048e0838aa7c46a0c27827f7228ab5474f05b965c',
      digests(CLOCK_1),
      [13824, 8704, 7168, 2048],
    ],
    [
      'clock-podman-save.docker.tar',
      'Podman: HEX.tar',
      'sha256:52b5ecbc240fa4e9be7dff71c31adab2b98901cb9e1478db72e7cf1503d986b6',
      digests(BUILDAH),
      [13824, 8192, 7168],
    ],
  ] as const)('%s (%s)', async (name, _why, config, layers, sizes) => {
    const store = await open(fixture(name));
    await store.close();
    if (store.root.type !== 'docker') throw new Error('not docker');
    expect(store.root.config.digest).toBe(config);
    expect(store.root.layers.map(({ digest }) => digest)).toEqual(layers);
    expect(store.root.layers.map(({ size }) => size)).toEqual(sizes);
  });
});

describe('what the medium wraps around the image', () => {
  test.each([
    [
      'clock-save-classic.docker.tar',
      {
        RepoTags: ['localhost/clock:docker'],
        repositories: {
          'localhost/clock': { docker: 'b963b812ffcd3aa3f4efe7cff56014bf2cc82324404c45a9d54a35443d8a3506' },
        },
      },
    ],
    [
      'clock-save-containerd.docker.tar',
      {
        annotations: {
          'io.containerd.image.name': 'localhost/clock:docker',
          'org.opencontainers.image.created': '2023-02-28T21:21:00Z',
          'org.opencontainers.image.ref.name': 'docker',
        },
        RepoTags: ['localhost/clock:docker'],
        'index.json mediaType': 'application/vnd.oci.image.index.v1+json',
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      },
    ],
    [
      'clock-buildah.oci.tar',
      {
        annotations: { 'org.opencontainers.image.ref.name': 'localhost/clock:ba' },
        'index.json mediaType': 'application/vnd.oci.image.index.v1+json',
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
      },
    ],
    ['clock-buildah-dir', {}],
  ])('%s', async (name, expected) => {
    const store = await open(fixture(name));
    await store.close();
    expect(store.wrapping).toEqual(expected);
  });
});

describe('a kind that the user names', () => {
  test.each([
    ['oci-archive', 'clock-buildkit-1.oci.tar', 'oci-archive'],
    ['docker-archive', 'clock-save-classic.docker.tar', 'docker-archive'],
    ['docker-archive', 'clock-save-containerd.docker.tar', 'docker-archive'],
    ['oci-archive', 'clock-save-containerd.docker.tar', 'oci-archive'],
    ['oci-archive', 'clock-save-engine28-classic.docker.tar', 'oci-archive'],
    ['docker-archive', 'clock-save-engine28-classic.docker.tar', 'docker-archive'],
    ['oci', 'clock-buildkit-1-layout', 'oci'],
    ['dir', 'clock-buildah-dir', 'dir'],
  ])('%s:%s is read as %s', async (kind, name, read) => {
    const { store, notes } = await readWhole(`${kind}:${fixture(name)}`);
    expect(store.kind).toBe(read);
    expect(notes).toEqual([]);
  });

  test.each([
    [
      'oci-archive',
      'clock-save-classic.docker.tar',
      'is no oci-archive: it has no index.json; it looks like docker-archive',
    ],
    [
      'docker-archive',
      'clock-buildkit-1.oci.tar',
      'is no docker-archive: it has no manifest.json; it looks like oci-archive',
    ],
    ['oci-archive', 'clock-buildkit-1-layout', 'is a folder, not an archive'],
    ['docker-archive', 'clock-buildah-dir', 'is a folder, not an archive'],
    ['oci', 'clock-buildkit-1.oci.tar', 'is a file, not a folder'],
    ['dir', 'clock-buildkit-1.oci.tar', 'is a file, not a folder'],
    ['oci', 'clock-buildah-dir', 'is no oci: it has no index.json; it looks like dir'],
    ['dir', 'clock-buildkit-1-layout', 'is no dir: it has an index.json; it looks like oci'],
  ])('%s:%s %s', async (kind, name, message) => {
    await expect(open(`${kind}:${fixture(name)}`)).rejects.toMatchObject({
      code: 'ERR_NOT_AN_IMAGE',
      message: expect.stringContaining(`${fixture(name)} ${message}`),
      location: { input: `${kind}:${fixture(name)}` },
    });
  });
});
