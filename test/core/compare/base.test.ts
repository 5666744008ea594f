import { describe, expect, test } from 'vitest';
import { alignLayers, type LayerFacts } from '../../../packages/core/src/compare/align.js';
import { type FirstDifference, firstDifference, type OriginSources } from '../../../packages/core/src/compare/base.js';
import type { LayerPair } from '../../../packages/core/src/compare/finding.js';
import { layerHistory } from '../../../packages/core/src/image/layer-history.js';
import { loadImages } from '../../../packages/core/src/image/load.js';
import { parseConfigFile } from '../../../packages/core/src/image/parse-config.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { openSource } from '../../../packages/core/src/sources/open-source.js';
import { fixture } from '../../support/fixtures.js';
import { document } from './support.js';

interface Line {
  created?: string;
  created_by: string;
  comment?: string;
  empty_layer?: true;
}

/* Lines as real builders wrote them; what is behind a … is cut off. */
const debian = (stamp: string, created: string): Line => ({
  created,
  created_by: `# debian.sh --arch 'amd64' out/ 'bookworm' '@${stamp}'`,
  comment: 'debuerreotype 0.15',
});
const buildkit = (created_by: string, created: string): Line => ({
  created,
  created_by,
  comment: 'buildkit.dockerfile.v0',
});
const none = (line: Line): Line => ({ ...line, empty_layer: true });

const BUILDPACK = buildkit('RUN /bin/sh -c set -eux; \tapt-get update; … # buildkit', '2023-05-10T23:29:59Z');
/* python:3.13 of February 2025, shortened, with the times of the last build to be chosen. */
const python = (built: string): Line[] => [
  debian('1740355200', '2023-05-10T23:29:59Z'),
  BUILDPACK,
  none(buildkit('ENV PYTHON_VERSION=3.13.2', built)),
  buildkit('RUN /bin/sh -c set -eux; \t\twget -O python.tar.xz … # buildkit', built),
  none(buildkit('CMD ["python3"]', built)),
];
/* httpd on fedora by Podman, once as it is built with --layers=false, once step by step. */
const FEDORA: Line[] = [
  none(buildkit('ENV DISTTAG=f41container FGC=f41 FBR=f41', '2024-10-31T11:44:19Z')),
  buildkit('ADD fedora-20241031.tar / # buildkit', '2024-10-31T11:44:19Z'),
  none(buildkit('CMD ["/bin/bash"]', '2024-10-31T11:44:19Z')),
];
const PODMAN_STEPS: Line[] = [
  ...FEDORA,
  {
    created: '2024-11-01T10:26:32.41866158Z',
    created_by: '/bin/sh -c dnf install -y httpd && dnf clean all -y ',
    comment: 'FROM docker.io/library/fedora:latest',
  },
  {
    created: '2024-11-01T10:26:33.243300733Z',
    created_by: '/bin/sh -c #(nop) COPY file:846c7ee0fa97… in /var/www/html ',
    comment: 'FROM 97ad0fd6a1a3',
  },
  none({
    created: '2024-11-01T10:26:33.317359389Z',
    created_by: '/bin/sh -c #(nop) CMD ["/usr/sbin/httpd", "-DFOREGROUND"]',
    comment: 'FROM f737afe7b188',
  }),
];
/* redis:4.0.10, by Docker's classic builder. */
const CLASSIC: Line[] = [
  { created: '2018-06-26T21:25:25.408453148Z', created_by: '/bin/sh -c #(nop) ADD file:28fbc9fd012e… in / ' },
  none({ created: '2018-06-26T21:25:25.735257578Z', created_by: '/bin/sh -c #(nop)  CMD ["bash"]' }),
  {
    created: '2018-06-27T01:15:28.126881138Z',
    created_by: '/bin/sh -c groupadd -r redis && useradd -r -g redis redis',
  },
];
/* An image patched by Copa: a line for a layer that no Dockerfile made. */
const COPA: Line[] = [
  ...FEDORA,
  {
    created: '2023-05-01T00:00:00Z',
    created_by: 'mount / from exec sh -c apt install --no-ins…',
    comment: 'buildkit.exporter.image.v0',
  },
];
/* Buildah from scratch, --timestamp. */
const BUILDAH_SCRATCH: Line[] = [
  none({ created: '2023-02-28T21:21:00Z', created_by: '/bin/sh -c #(nop) ENV PATH=/bin|clamp-mtime=1677619260' }),
  { created: '2023-02-28T21:21:00Z', created_by: '/bin/sh -c mkdir -p /etc|clamp-mtime=1677619260' },
  { created: '2023-02-28T21:21:00Z', created_by: '/bin/sh -c touch /opt|clamp-mtime=1677619260' },
];
const at = (lines: readonly Line[], created: string): Line[] => lines.map((line) => ({ ...line, created }));

interface ImageOptions {
  annotations?: Record<string, string>;
  /** Layers whose times BuildKit rewrote. */
  rewritten?: readonly number[];
  architecture?: string;
  dockerVersion?: string;
  /** Where they are not as many as the lines say. */
  layers?: number;
}

function image(lines: readonly Line[], options: ImageOptions = {}): OriginSources {
  const layers = options.layers ?? lines.filter(({ empty_layer }) => empty_layer !== true).length;
  const config = document({
    os: 'linux',
    ...(options.dockerVersion === undefined ? {} : { docker_version: options.dockerVersion }),
    architecture: options.architecture ?? 'amd64',
    rootfs: { type: 'layers', diff_ids: Array.from({ length: layers }, () => `sha256:${'a'.repeat(64)}`) },
    history: lines,
  });
  const manifest = document({
    layers: Array.from({ length: layers }, (_, layer) =>
      options.rewritten?.includes(layer) ? { annotations: { 'buildkit/rewritten-timestamp': '1677619260' } } : {},
    ),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  });
  return { config, configFile: parseConfigFile(config.json), manifest };
}

const base = (letter: string, name?: string): ImageOptions => ({
  annotations: {
    'org.opencontainers.image.base.digest': `sha256:${letter.repeat(64)}`,
    'org.opencontainers.image.base.name': name ?? 'registry.fedoraproject.org/fedora-minimal:40',
  },
});
const SCRATCH: ImageOptions = {
  annotations: { 'org.opencontainers.image.base.digest': '', 'org.opencontainers.image.base.name': '' },
};

/** What is told where layer `first` is the first that differs, the same number of layers on both sides. */
function told(image0: OriginSources, image1: OriginSources, first: number): FirstDifference {
  const count = image0.configFile.rootfs.diffIds.length;
  const pairs = Array.from({ length: count }, (_, i): LayerPair => [i, i]);
  const found = firstDifference(image0, image1, pairs, ([layer]) => layer !== null && layer >= first);
  const mirror = firstDifference(image1, image0, pairs, ([layer]) => layer !== null && layer >= first);
  expect(mirror?.origin).toBe(found?.origin);
  if (found?.origin === 'unknown' && !found.evidence.includes('input')) expect(mirror?.evidence).toBe(found.evidence);
  expect(found?.layers).toEqual([first, first]);
  return found as FirstDifference;
}

const [T0, T1] = ['2025-02-04T23:51:20Z', '2025-06-05T18:53:13Z'];
const BASE_A = `sha256:${'a'.repeat(64)}`;
const BASE_B = `sha256:${'b'.repeat(64)}`;
const BUILDKIT_MAY = 'the layer and all above it are from BuildKit, which may have built the base image too';

describe('the origin of the first differing layer', () => {
  test.each<[string, OriginSources, OriginSources, number, FirstDifference['origin'], string]>([
    [
      'Debian below a BuildKit build',
      image([debian('1740355200', T0), ...python(T1).slice(1)]),
      image([debian('1749513600', T0), ...python(T1).slice(1)]),
      0,
      'base',
      "the last build is BuildKit's, and its history line or one above it is not",
    ],
    [
      'a RUN of BuildKit on Debian: of the Dockerfile or of its base',
      image(python(T0)),
      image(python(T0)),
      2,
      'unknown',
      BUILDKIT_MAY,
    ],
    [
      'a line of buildpack-deps that is older than both builds',
      image(python(T0)),
      image(python(T1)),
      1,
      'base',
      'its history line has one time in both, 2023-05-10T23:29:59Z, and the last lines have others',
    ],
    [
      'it may be of the last build of one of them',
      image(python('2023-05-10T23:29:59Z')),
      image(python(T1)),
      1,
      'unknown',
      BUILDKIT_MAY,
    ],
    [
      'a line below it is not the same: bashbrew gives one time to builds on other bases',
      image(python(T0)),
      image([debian('1749513600', '2023-05-10T23:29:59Z'), ...python(T1).slice(1)]),
      1,
      'unknown',
      BUILDKIT_MAY,
    ],
    [
      'a layer without the mark between two that have it',
      image(python(T0), { rewritten: [0, 2] }),
      image(python(T0), { rewritten: [0, 2] }),
      1,
      'unknown',
      BUILDKIT_MAY,
    ],
    ['the lines differ in their times too', image(python(T0)), image(python(T1)), 2, 'unknown', BUILDKIT_MAY],
    [
      'Alpine, built by BuildKit, below a build of another time: nothing tells them apart',
      image([...FEDORA, none(buildkit('ENTRYPOINT ["sleep"]', T0))]),
      image([...FEDORA, none(buildkit('ENTRYPOINT ["sleep"]', T0))]),
      0,
      'unknown',
      BUILDKIT_MAY,
    ],
    [
      'BuildKit from scratch at one time',
      image(at([BUILDPACK, BUILDPACK, FEDORA[2] as Line], T0)),
      image(at([BUILDPACK, BUILDPACK, FEDORA[2] as Line], T0)),
      0,
      'build',
      'all lines of the history are of one builder and one time, 2025-02-04T23:51:20Z',
    ],
    [
      'at times of its own each',
      image(at([BUILDPACK, BUILDPACK], T0)),
      image(at([BUILDPACK, BUILDPACK], T1)),
      0,
      'build',
      'all lines of the history are of one builder and one time, 2025-02-04T23:51:20Z; all lines of the history are of one builder and one time, 2025-06-05T18:53:13Z',
    ],
    [
      'one layer: the time may be taken over from a base image',
      image(FEDORA),
      image(FEDORA),
      0,
      'unknown',
      BUILDKIT_MAY,
    ],
    [
      'the time that says none',
      image(at([BUILDPACK, BUILDPACK], '1970-01-01T00:00:00Z')),
      image(at([BUILDPACK, BUILDPACK], '1970-01-01T00:00:00Z')),
      1,
      'unknown',
      BUILDKIT_MAY,
    ],
    [
      'BuildKit marked the layers whose times it rewrote: its own',
      image(python(T0), { rewritten: [2] }),
      image(python(T0), { rewritten: [2] }),
      2,
      'build',
      "BuildKit rewrote the layer's times (buildkit/rewritten-timestamp)",
    ],
    [
      'and left those of the base as they were',
      image(python(T0), { rewritten: [2] }),
      image(python(T0), { rewritten: [2] }),
      1,
      'base',
      'BuildKit rewrote the times of the layers above alone (buildkit/rewritten-timestamp)',
    ],
    [
      'Buildah: above the line that says FROM',
      image(PODMAN_STEPS),
      image(PODMAN_STEPS),
      1,
      'build',
      'its history line is not below the one that says FROM docker.io/library/fedora:latest',
    ],
    [
      'a FROM with the ID of the step before is no start',
      image(PODMAN_STEPS),
      image(PODMAN_STEPS),
      2,
      'build',
      'its history line is not below the one that says FROM docker.io/library/fedora:latest',
    ],
    [
      "Docker's classic builder on what Buildah built",
      image([...PODMAN_STEPS, ...CLASSIC.slice(2)], { dockerVersion: '20.10.8' }),
      image([...PODMAN_STEPS, ...CLASSIC.slice(2)], { dockerVersion: '20.10.8' }),
      1,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'an empty docker_version says nothing',
      image(PODMAN_STEPS, { dockerVersion: '' }),
      image(PODMAN_STEPS, { dockerVersion: '' }),
      1,
      'build',
      'its history line is not below the one that says FROM docker.io/library/fedora:latest',
    ],
    [
      'below it',
      image(PODMAN_STEPS),
      image(PODMAN_STEPS),
      0,
      'base',
      'its history line is below the one that says FROM docker.io/library/fedora:latest',
    ],
    [
      'BuildKit on what Buildah built',
      image([...PODMAN_STEPS, buildkit('RUN x # buildkit', T0)]),
      image([...PODMAN_STEPS, buildkit('RUN x # buildkit', T0)]),
      1,
      'base',
      "the last build is BuildKit's, and its history line or one above it is not",
    ],
    [
      'Buildah on what BuildKit built on what Buildah built',
      image([...PODMAN_STEPS, buildkit('RUN x # buildkit', T0), { created: T1, created_by: 'y' }]),
      image([...PODMAN_STEPS, buildkit('RUN x # buildkit', T0), { created: T1, created_by: 'y' }]),
      1,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      "Docker's classic builder leaves no mark",
      image(CLASSIC),
      image(CLASSIC),
      0,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'lines that BuildKit filled in may be of other layers',
      image(COPA),
      image(COPA),
      1,
      'unknown',
      'nothing says which line of the history made the layer',
    ],
    [
      'fewer lines than layers',
      image(CLASSIC, { layers: 3 }),
      image(CLASSIC, { layers: 3 }),
      1,
      'unknown',
      'nothing says which line of the history made the layer',
    ],
    [
      'Buildah from scratch writes an empty base digest',
      image(CLASSIC, SCRATCH),
      image(CLASSIC, SCRATCH),
      0,
      'build',
      'no base image: org.opencontainers.image.base.digest is empty',
    ],
    [
      'Buildah from scratch in Docker’s format, at one time',
      image(BUILDAH_SCRATCH),
      image(BUILDAH_SCRATCH, SCRATCH),
      1,
      'build',
      'all lines of the history are of one builder and one time, 2023-02-28T21:21:00Z; no base image: org.opencontainers.image.base.digest is empty',
    ],
    [
      'one base image, and its layers are the same',
      image(CLASSIC, base('a')),
      image(CLASSIC, base('a')),
      1,
      'build',
      `both are built on one base image, ${BASE_A} (org.opencontainers.image.base.digest)`,
    ],
    [
      'one base image, yet the lowest layer differs',
      image(CLASSIC, base('a')),
      image(CLASSIC, base('a')),
      0,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'one index as the base, for two platforms',
      image(CLASSIC, base('a')),
      image(CLASSIC, { ...base('a'), architecture: 'arm64' }),
      1,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'two base images, and the lowest layer differs',
      image(CLASSIC, base('a')),
      image(CLASSIC, base('b')),
      0,
      'base',
      `built on ${BASE_A} and ${BASE_B} (org.opencontainers.image.base.digest)`,
    ],
    [
      'two base images that have layers in common',
      image(CLASSIC, base('a')),
      image(CLASSIC, base('b')),
      1,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'two base images, squashed together with the rest',
      image(CLASSIC.slice(0, 1), base('a')),
      image(CLASSIC.slice(0, 1), base('b')),
      0,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      "Ubuntu's own images name an archive as their base, and `scratch`",
      image(CLASSIC, base('a', 'scratch')),
      image(CLASSIC, base('b', 'scratch')),
      0,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'Buildah that keeps the layer of each step names the step before as the base',
      image(CLASSIC, base('a', '')),
      image(CLASSIC, base('b', '')),
      0,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'two builders that say nothing, for two reasons',
      image(CLASSIC),
      image(CLASSIC.map((line) => ({ ...line, comment: 'buildkit.dockerfile.v0' }))),
      0,
      'unknown',
      `nothing in the history says where the base image ends; ${BUILDKIT_MAY}`,
    ],
    [
      'a base digest that is none',
      image(CLASSIC, { annotations: { 'org.opencontainers.image.base.digest': 'latest' } }),
      image(CLASSIC, { annotations: { 'org.opencontainers.image.base.digest': 'sha256:abc' } }),
      0,
      'unknown',
      'nothing in the history says where the base image ends',
    ],
    [
      'only one side tells',
      image(CLASSIC),
      image(CLASSIC, SCRATCH),
      1,
      'unknown',
      'only of input 1 it is told (no base image: org.opencontainers.image.base.digest is empty): nothing in the history says where the base image ends',
    ],
    [
      'the sides contradict each other',
      image(PODMAN_STEPS),
      image(PODMAN_STEPS, SCRATCH),
      0,
      'unknown',
      'the images contradict each other: its history line is below the one that says FROM docker.io/library/fedora:latest, so the base; no base image: org.opencontainers.image.base.digest is empty, so the build',
    ],
    [
      'the history and the annotations say the same',
      image(PODMAN_STEPS, base('a')),
      image(PODMAN_STEPS, base('b')),
      0,
      'base',
      `built on ${BASE_A} and ${BASE_B} (org.opencontainers.image.base.digest); its history line is below the one that says FROM docker.io/library/fedora:latest`,
    ],
  ])('%s', (_why, image0, image1, first, origin, evidence) => {
    expect(told(image0, image1, first)).toMatchObject({ origin, evidence });
  });

  test('a long name in the evidence is cut', () => {
    const line = { created_by: 'x', comment: `FROM ${'n'.repeat(1e6)}` };
    const { evidence } = told(image([line]), image([line]), 0);
    expect(evidence).toBe(`its history line is not below the one that says FROM ${'n'.repeat(100)}…`);
  });
});

describe('which layer is the first that differs', () => {
  const images = [image(PODMAN_STEPS), image(PODMAN_STEPS)] as const;
  const texts = ['ADD fedora-20241031.tar / # buildkit', '/bin/sh -c dnf install -y httpd && dnf clean all -y '];

  test('none', () => {
    const pairs: LayerPair[] = [[0, 0]];
    expect(firstDifference(...images, pairs, () => false)).toBeNull();
    expect(firstDifference(...images, [], () => true)).toBeNull();
  });

  test.each<[string, LayerPair[], LayerPair, (string | null | undefined)[], string]>([
    [
      'one inserted',
      [
        [0, 0],
        [null, 1],
        [1, 2],
      ],
      [null, 1],
      [null, texts[1]],
      'build',
    ],
    [
      'one removed at the bottom',
      [
        [0, null],
        [1, 0],
      ],
      [0, null],
      [texts[0], null],
      'base',
    ],
    [
      'alone on both sides: the first of each',
      [
        [0, 0],
        [1, null],
        [2, null],
        [null, 1],
      ],
      [1, 1],
      [texts[1], texts[1]],
      'build',
    ],
    [
      'not from behind the next pair',
      [
        [0, null],
        [1, 0],
        [null, 1],
      ],
      [0, null],
      [texts[0], null],
      'base',
    ],
  ])('%s', (_why, pairs, layers, history, origin) => {
    expect(firstDifference(...images, pairs, () => false)).toMatchObject({ layers, history, origin });
    const mirror = firstDifference(
      ...images,
      pairs.map(([layer0, layer1]): LayerPair => [layer1, layer0]),
      () => false,
    );
    expect(mirror).toMatchObject({ layers: layers.toReversed(), history: history.toReversed(), origin });
  });

  test('a layer of one side alone is not judged by the line that the other has in its place', () => {
    const pairs: LayerPair[] = [
      [0, 0],
      [1, null],
      [2, 1],
      [null, 2],
    ];
    const found = firstDifference(image(python(T0)), image(python(T1)), pairs, () => false);
    expect(found).toEqual({
      layers: [1, null],
      history: [BUILDPACK.created_by, null],
      origin: 'unknown',
      evidence: BUILDKIT_MAY,
    });
  });

  test('a history text that is empty is none', () => {
    expect(told(image([{ created_by: '' }]), image([{ created_by: 'x' }]), 0).history).toEqual([null, 'x']);
  });
});

async function load(name: string): Promise<OriginSources & { readonly facts: LayerFacts[] }> {
  const store = await openSource(fixture(name), { limits: DEFAULT_LIMITS });
  try {
    const root = await loadImages(store, { limits: DEFAULT_LIMITS, onNote: () => undefined });
    if (root.kind !== 'manifest') throw new Error(`${name} is an index`);
    const { config, configFile, layers } = await root.loadImage();
    const lines = layerHistory(config.json, layers.length);
    const facts = layers.map(({ diffId }, i) => ({ diffId, createdBy: lines[i]?.createdBy ?? null, paths: null }));
    return { config, configFile, manifest: root.document, facts };
  } finally {
    await store.close();
  }
}

/* All of them are FROM scratch, as their recipes say; which layers differ is in the table of fixtures/README.md. */
describe('the fixtures', () => {
  test.each<[string, string, LayerPair, string]>([
    [
      'clock-buildkit-0.oci.tar',
      'clock-buildkit-1.oci.tar',
      [1, 1],
      "BuildKit rewrote the layer's times (buildkit/rewritten-timestamp)",
    ],
    [
      'apt-0.docker.tar',
      'apt-1.docker.tar',
      [1, 1],
      'all lines of the history are of one builder and one time, 2023-02-28T21:21:00Z',
    ],
    [
      'clock-buildkit-1.oci.tar',
      'clock-buildkit-1-no-rewrite.oci.tar',
      [0, 0],
      "BuildKit rewrote the layer's times (buildkit/rewritten-timestamp); all lines of the history are of one builder and one time, 2023-02-28T21:21:00Z",
    ],
    [
      'clock-buildkit-1.oci.tar',
      'clock-buildah.oci.tar',
      [1, 1],
      "BuildKit rewrote the layer's times (buildkit/rewritten-timestamp); no base image: org.opencontainers.image.base.digest is empty",
    ],
    [
      'clock-buildah.oci.tar',
      'clock-buildah-one-layer.oci.tar',
      [0, 0],
      'no base image: org.opencontainers.image.base.digest is empty',
    ],
    [
      'clock-buildah.oci.tar',
      'clock-buildah-dir',
      [1, 1],
      'all lines of the history are of one builder and one time, 2023-02-28T21:21:00Z; no base image: org.opencontainers.image.base.digest is empty',
    ],
    [
      'clock-save-classic.docker.tar',
      'clock-buildkit-0.oci.tar',
      [1, 1],
      "BuildKit rewrote the layer's times (buildkit/rewritten-timestamp); all lines of the history are of one builder and one time, 2023-02-28T21:21:00Z",
    ],
  ])('%s and %s', async (name0, name1, layers, evidence) => {
    const [image0, image1] = [await load(name0), await load(name1)];
    const { pairs } = alignLayers(image0.facts, image1.facts);
    const differs = ([layer0, layer1]: LayerPair): boolean =>
      image0.facts[layer0 as number]?.diffId !== image1.facts[layer1 as number]?.diffId;
    expect(firstDifference(image0, image1, pairs, differs)).toMatchObject({ layers, origin: 'build', evidence });
  });

  test('of the same layers', async () => {
    const [image0, image1] = [await load('clock-buildkit-1.oci.tar'), await load('clock-save-classic.docker.tar')];
    const { pairs } = alignLayers(image0.facts, image1.facts);
    expect(firstDifference(image0, image1, pairs, () => false)).toBeNull();
  });
});
