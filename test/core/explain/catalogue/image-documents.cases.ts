import { type Built, buildImage, buildIndex, LINUX } from '../../../support/images.js';
import type { CauseCases, ImageInput } from '../cause-case.js';
import { built, config, history, manifest, run, written } from '../image-cases.js';

const DIGEST0 = `sha256:${'0a'.repeat(32)}`;
const DIGEST1 = `sha256:${'1b'.repeat(32)}`;
const ARM64 = { os: 'linux', architecture: 'arm64' };

function annotated(annotations: object): ReturnType<typeof manifest> {
  return manifest({ annotations });
}

function labels(values: object): ReturnType<typeof run> {
  return run({ Labels: values });
}

/** An index with an image for each platform, in this order. */
function index(...platforms: readonly (typeof LINUX)[]): () => Promise<Built> {
  return async () =>
    buildIndex(
      await Promise.all(platforms.map(async (platform) => ({ built: await buildImage({ platform }), platform }))),
    );
}

/** An index with one image and something with these annotations beside it. */
function beside(annotations: Readonly<Record<string, string>>): ImageInput {
  return async () => {
    const image = await buildImage({});
    const other = await buildImage({ platform: { os: 'unknown', architecture: 'unknown' }, manifest: { layers: [] } });
    return buildIndex([
      { built: image, platform: LINUX },
      { built: other, platform: { os: 'unknown', architecture: 'unknown' }, annotations },
    ]);
  };
}

export const IMAGE_DOCUMENTS_CASES: readonly CauseCases[] = [
  {
    id: 'arm64-variant',
    shows: [built('the variant of BuildKit v0.20.0', 'arm64.oci.tar', 'arm64-variant.oci.tar')],
    misses: [
      written('another variant', { platform: { ...ARM64, variant: 'v9' } }, { platform: ARM64 }),
      written('v8 of another architecture', { platform: LINUX }, { platform: { ...LINUX, variant: 'v8' } }),
    ],
  },
  {
    id: 'media-types',
    shows: [
      built('BuildKit, type=oci and type=docker', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1.docker.tar'),
      built('Buildah, and --format docker', 'clock-buildah.oci.tar', 'clock-buildah-dir'),
    ],
    misses: [written('a type that nobody knows', {}, manifest({ mediaType: 'application/vnd.example+json' }))],
  },
  {
    id: 'json-formatting',
    shows: [built('BuildKit indents, Buildah does not', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar')],
    misses: [written('another value', config({ author: 'a' }), config({ author: 'b' }))],
  },
  {
    id: 'creation-time',
    shows: [
      built('two builds by a clock', 'own-rules-classic-overlay.oci.tar', 'own-rules-classic-overlay-again.oci.tar'),
      written('a time and none', config({ created: '2023-02-28T21:21:00.123456789Z' }), {}),
    ],
    misses: [written('no time', config({ created: 'yesterday' }), config({ created: '2023-02-28T21:21:00Z' }))],
  },
  {
    id: 'creation-label',
    shows: [
      built('the annotation that Buildah writes', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'),
      written(
        'with milliseconds',
        labels({ 'org.opencontainers.image.created': '2023-02-28T21:21:00.123Z' }),
        labels({ 'org.opencontainers.image.created': '2023-02-28T21:22:07.456Z' }),
      ),
    ],
    misses: [
      written(
        'a text that holds more than a time',
        labels({ 'org.opencontainers.image.created': '2023-02-28 by mallory' }),
        labels({ 'org.opencontainers.image.created': '2023-02-28' }),
      ),
    ],
  },
  {
    id: 'source-revision',
    shows: [
      written(
        'two commits',
        labels({ 'org.opencontainers.image.revision': '0123456789abcdef0123456789abcdef01234567' }),
        labels({ 'org.opencontainers.image.revision': '89abcdef0123456789abcdef0123456789abcdef' }),
      ),
    ],
    misses: [
      written(
        'no commit',
        labels({ 'org.opencontainers.image.revision': 'main; rm -rf' }),
        labels({ 'org.opencontainers.image.revision': 'main' }),
      ),
    ],
  },
  {
    id: 'empty-base-annotation',
    shows: [built('an image from scratch by Buildah', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar')],
    misses: [written('a base', annotated({ 'org.opencontainers.image.base.name': 'debian' }), {})],
  },
  {
    id: 'base-image',
    shows: [
      built("a step on another state is Buildah's base", 'own-layers.oci.tar', 'own-layers-inserted.oci.tar'),
      written(
        'digests',
        annotated({ 'org.opencontainers.image.base.digest': DIGEST0 }),
        annotated({ 'org.opencontainers.image.base.digest': DIGEST1 }),
      ),
    ],
    misses: [
      written(
        'no name of an image',
        annotated({ 'org.opencontainers.image.base.name': 'debian\u001b[2J' }),
        annotated({ 'org.opencontainers.image.base.name': 'debian' }),
      ),
    ],
  },
  {
    id: 'image-version-label',
    shows: [
      written(
        'two versions',
        labels({ 'org.opencontainers.image.version': '1.2.3' }),
        labels({ 'org.opencontainers.image.version': '1.2.4-rc.1' }),
      ),
    ],
    misses: [
      written('another label', labels({ 'com.example.version': '1.2.3' }), labels({ 'com.example.version': '1.2.4' })),
    ],
  },
  {
    id: 'image-names',
    shows: [
      written(
        'a name in the manifest',
        annotated({ 'org.opencontainers.image.ref.name': '1' }),
        annotated({ 'org.opencontainers.image.ref.name': '2' }),
      ),
      written('where containerd fetched it', annotated({ 'containerd.io/distribution.source.localhost': 'a/b' }), {}),
    ],
    misses: [
      written(
        'a label, which containers may see',
        labels({ 'org.opencontainers.image.ref.name': '1' }),
        labels({ 'org.opencontainers.image.ref.name': '2' }),
      ),
    ],
  },
  {
    id: 'os-version',
    shows: [written('two versions', config({ 'os.version': '10.0.1' }), config({ 'os.version': '10.0.2' }))],
    misses: [written('another member', config({ 'os.name': '10.0.1' }), config({ 'os.name': '10.0.2' }))],
  },
  {
    id: 'legacy-fields',
    shows: [
      built('Buildah --format docker', 'clock-buildah.oci.tar', 'clock-buildah-dir'),
      written('ids of containers', config({ container: 'ab'.repeat(32) }), config({ container: 'cd'.repeat(32) })),
    ],
    misses: [
      written(
        'ArgsEscaped means something for Windows',
        { platform: { os: 'windows', architecture: 'amd64' }, config: { ArgsEscaped: true } },
        { platform: { os: 'windows', architecture: 'amd64' } },
      ),
    ],
  },
  {
    id: 'inline-cache',
    shows: [written('a cache and none', config({ 'moby.buildkit.cache.v0': { layers: [1] } }), {})],
    misses: [written('another key', config({ 'moby.buildkit.cache.v9': { layers: [1] } }), {})],
  },
  {
    id: 'builder-label',
    shows: [
      written('two versions', labels({ 'io.buildah.version': '1.41.0' }), labels({ 'io.buildah.version': '1.43.2' })),
    ],
    misses: [
      written('no version', labels({ 'io.buildah.version': 'evil' }), labels({ 'io.buildah.version': '1.43.2' })),
    ],
  },
  {
    id: 'root-working-dir',
    shows: [
      built(
        "BuildKit's / and Buildah's none",
        'own-rules-buildah-overlay.oci.tar',
        'own-rules-buildkit-overlay.oci.tar',
      ),
    ],
    misses: [written('another folder', run({ WorkingDir: '/srv' }), run({}))],
  },
  {
    id: 'empty-values',
    shows: [built('Buildah --format docker', 'clock-buildah.oci.tar', 'clock-buildah-dir')],
    misses: [
      written('an entry of a map', run({ Volumes: { '/data': {} } }), run({ Volumes: {} })),
      written('a value', run({ User: 'root' }), run({ User: '' })),
    ],
  },
  {
    id: 'label-by-argument',
    shows: [
      built('LABEL stamp=$STAMP, two values of the argument', 'multi-1.oci.tar', 'multi-2.oci.tar'),
      written(
        'in the words of Buildah',
        { ...labels({ stamp: '1' }), ...history({ created_by: '/bin/sh -c #(nop) LABEL stamp=1' }) },
        { ...labels({ stamp: '2' }), ...history({ created_by: '/bin/sh -c #(nop) LABEL stamp=2' }) },
      ),
    ],
    misses: [
      written(
        'only one history has it',
        { ...labels({ stamp: '1' }), ...history({ created_by: 'LABEL stamp=1' }) },
        { ...labels({ stamp: '2' }), ...history({ created_by: 'LABEL stamp=1' }) },
      ),
    ],
  },
  {
    id: 'label-value',
    shows: [written('given on the command line', labels({ team: 'a' }), labels({ team: 'b' }))],
    misses: [written('another field', run({ User: 'a' }), run({ User: 'b' }))],
  },
  {
    id: 'other-annotation',
    shows: [written('a key of somebody', annotated({ 'com.example.run': '1' }), annotated({ 'com.example.run': '2' }))],
    misses: [written('a member of the manifest', manifest({ 'com.example.run': '1' }), manifest({}))],
  },
  {
    id: 'index-around-image',
    shows: [
      built('a build with provenance', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-provenance.oci.tar'),
      written('an index around', {}, index(LINUX)),
    ],
    misses: [written('two images', config({ author: 'a' }), {})],
  },
  {
    id: 'platform-order',
    shows: [built('platforms in another order', 'multi-1.oci.tar', 'multi-1-reordered.oci.tar')],
    misses: [written('the same order', index(LINUX, ARM64), index(LINUX))],
  },
  {
    id: 'platform-missing',
    shows: [built('two of three platforms', 'multi-1.oci.tar', 'multi-1-reordered.oci.tar')],
    misses: [
      written('the same platforms', index(LINUX, ARM64), index(ARM64, LINUX)),
      written(
        'an attestation',
        index(LINUX),
        beside({ 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': DIGEST0 }),
      ),
    ],
  },
  {
    id: 'attestation',
    shows: [built('provenance', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-provenance.oci.tar')],
    misses: [written('an image of its own', index(LINUX), index(LINUX, ARM64))],
  },
  ...['provenance-run', 'provenance-arguments', 'provenance-build-graph', 'provenance-subject'].map(
    (id): CauseCases => ({
      id,
      shows: [built('attestations of two builds, mode=max', 'multi-1.oci.tar', 'multi-2.oci.tar')],
      misses: [built('no attestation on one side', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-provenance.oci.tar')],
    }),
  ),
  {
    id: 'attestation-shape',
    shows: [
      written(
        'an artifact type',
        attested({}),
        attested({ artifactType: 'application/vnd.docker.attestation.manifest.v1+json' }),
      ),
    ],
    misses: [written('an annotation', attested({}), attested({ annotations: { 'com.example.run': '1' } }))],
  },
];

/** An index with one image and an attestation of it that has these members. */
function attested(members: object): ImageInput {
  return async () => {
    const image = await buildImage({});
    const statement = Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', subject: [] }));
    const attestation = await buildImage({
      platform: { os: 'unknown', architecture: 'unknown' },
      layers: [
        {
          tar: statement,
          compression: 'none',
          mediaType: 'application/vnd.in-toto+json',
          annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' },
        },
      ],
      manifest: members,
    });
    return buildIndex([
      { built: image, platform: LINUX },
      {
        built: attestation,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': image.descriptor.digest,
        },
      },
    ]);
  };
}
