import type { Value } from '../../compare/difference.js';
import type { Finding } from '../../compare/finding.js';
import { canonicalMediaType } from '../../image/media-type.js';
import type { Cause, FindingRule } from '../cause.js';
import { anyText, documentRule, exceptText, nothing } from '../document-rule.js';
import type { SideEvidence } from '../evidence.js';
import { factsOf } from '../image-facts.js';

const REPRODUCIBLE = 'https://github.com/moby/buildkit/blob/master/docs/build-repro.md';
const IMAGE_SPEC = 'https://github.com/opencontainers/image-spec/blob/main';
const ANNOTATIONS = `${IMAGE_SPEC}/annotations.md`;
const CONFIG = `${IMAGE_SPEC}/config.md`;
const ATTESTATIONS = 'https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md';
const BUILDAH = 'https://github.com/containers/buildah/blob/main/docs/buildah-build.1.md';

/* A year to a second and more, in any of the ways that builders write it. */
const TIME_TEXT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d(?::?\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** The places of an annotation or label `name`. */
function labelled(...names: readonly string[]): (string | RegExp)[][] {
  return names.flatMap((name) => [...annotated(name), ['config', 'Labels', name]]);
}

function annotated(...names: readonly (string | RegExp)[]): (string | RegExp)[][] {
  return names.flatMap((name) => [
    ['annotations', name],
    ['config', 'annotations', name],
    ['layers', '*', 'annotations', name],
    ['manifests', '*', 'annotations', name],
  ]);
}

const ALL = ['manifest', 'config', 'index'] as const;
const NAMED = ['manifest', 'index'] as const;

function textOf(value: Value): string {
  return typeof value === 'string' ? value : '';
}

/** What differs in manifests, configs and indexes but for history, environment and attestations. */
export const IMAGE_DOCUMENTS: readonly Cause[] = [
  {
    id: 'arm64-variant',
    title: 'BuildKit v0.20.0 writes the variant v8 into configs for arm64',
    class: 'review',
    where: '/variant of the config',
    shape: 'Of an image for arm64, one side says v8 and the other nothing. Any other variant is not this.',
    remedy:
      'Build both with the same BuildKit, v0.20.1 or later: docker buildx create --driver-opt image=moby/buildkit:v0.20.1',
    references: ['https://github.com/moby/buildkit/issues/5774'],
    rule: documentRule({
      kinds: ['config'],
      fields: [['variant']],
      left: exceptText(/^v8$/),
      where: ({ sides }) => sides.every((side) => factsOf(side).architecture === 'arm64'),
    }),
  },
  {
    id: 'media-types',
    title: "One side has Docker's media types, the other OCI's",
    class: 'review',
    where: 'Media types in manifest and index',
    shape: 'Both name the same kind of thing; of a layer, the compression may differ beside it.',
    remedy:
      'Say which to write: --output type=image,oci-mediatypes=true (BuildKit), --format oci (Buildah, Podman); copy with skopeo copy --all --preserve-digests',
    references: [`${IMAGE_SPEC}/media-types.md`, 'https://github.com/containers/skopeo/issues/1692'],
    rule: documentRule({
      kinds: NAMED,
      fields: [['mediaType'], ['config', 'mediaType'], ['layers', '*', 'mediaType'], ['manifests', '*', 'mediaType']],
      left: kindOfMediaType,
      where: (_, { change, values }) =>
        change !== 'modified' ||
        canonicalMediaType(textOf(values[0])).docker !== canonicalMediaType(textOf(values[1])).docker,
    }),
  },
  {
    id: 'json-formatting',
    title: 'A document says the same in other bytes',
    class: 'benign',
    where: 'Manifest, config, index',
    shape: 'All values are equal, or their differences are told by themselves: white space, order of keys, escapes.',
    remedy: 'Write both with the same exporter and version; a copy that keeps digests (skopeo --preserve-digests).',
    references: [`${IMAGE_SPEC}/considerations.md`],
    rule: {
      what: 'finding',
      subjects: ALL,
      covers: ({ field }) => field === 'encoding' || field.endsWith(' encoding'),
      normaliser: { encoding: true },
    },
  },
  {
    id: 'creation-time',
    title: 'The image says when it was built',
    class: 'benign',
    where: '/created and /history/*/created of the config',
    shape: 'Times, or one time and none.',
    remedy: 'Set SOURCE_DATE_EPOCH: --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct), or --source-date-epoch',
    references: ['https://reproducible-builds.org/docs/source-date-epoch/', REPRODUCIBLE],
    rule: documentRule({
      kinds: ['config'],
      fields: [['created'], ['history', '*', 'created']],
      left: exceptText(TIME_TEXT),
    }),
  },
  {
    id: 'creation-label',
    title: 'A label or annotation says when the image was built',
    class: 'benign',
    where: 'org.opencontainers.image.created, org.label-schema.build-date, build-date',
    shape: 'Times, or one time and none.',
    remedy:
      'Leave the label out or derive it from SOURCE_DATE_EPOCH; docker/metadata-action sets it: override it with labels: org.opencontainers.image.created=…',
    references: [ANNOTATIONS, 'https://github.com/docker/metadata-action'],
    rule: documentRule({
      kinds: ALL,
      fields: labelled('org.opencontainers.image.created', 'org.label-schema.build-date', 'build-date'),
      left: exceptText(TIME_TEXT),
    }),
  },
  {
    id: 'source-revision',
    title: 'The images say that they are of other revisions of the source',
    class: 'review',
    where: 'org.opencontainers.image.revision, org.label-schema.vcs-ref, vcs-ref',
    shape: 'Two hashes of commits, or one and none.',
    remedy: 'Build both from the same commit.',
    references: [ANNOTATIONS],
    rule: documentRule({
      kinds: ALL,
      fields: labelled('org.opencontainers.image.revision', 'org.label-schema.vcs-ref', 'vcs-ref'),
      left: exceptText(/^(?:[0-9a-f]{7,64}(?:-dirty)?)?$/),
    }),
  },
  {
    id: 'empty-base-annotation',
    title: 'Buildah names the base of an image without one by empty annotations',
    class: 'benign',
    where: 'org.opencontainers.image.base.digest and base.name',
    shape: 'One side has the annotation with an empty value, the other not at all.',
    remedy: 'Build both with the same builder; buildah build --omit-history does not leave them out.',
    references: [ANNOTATIONS, BUILDAH],
    rule: documentRule({
      kinds: NAMED,
      fields: annotated('org.opencontainers.image.base.digest', 'org.opencontainers.image.base.name'),
      left: exceptText(/^$/),
    }),
  },
  {
    id: 'base-image',
    title: 'The images say that they were built on other base images',
    class: 'review',
    where: 'org.opencontainers.image.base.digest and base.name, as annotation or label',
    shape: 'Digests or names, or one and none.',
    remedy: 'Name the base by digest: FROM debian:bookworm@sha256:…',
    references: [ANNOTATIONS, REPRODUCIBLE],
    rule: documentRule({
      kinds: ALL,
      fields: labelled('org.opencontainers.image.base.digest', 'org.opencontainers.image.base.name'),
      left: exceptText(/^(?:sha(?:256|512):[0-9a-f]+|[\w.:/@-]*)$/),
    }),
  },
  {
    id: 'image-version-label',
    title: 'The images say that they are other versions',
    class: 'review',
    where: 'org.opencontainers.image.version, org.label-schema.version',
    shape: 'Two versions, or one and none.',
    remedy: 'Build both for the same version; docker/metadata-action takes it from the tag or branch.',
    references: [ANNOTATIONS],
    rule: documentRule({
      kinds: ALL,
      fields: labelled('org.opencontainers.image.version', 'org.label-schema.version'),
      left: exceptText(/^[\w.+~-]{1,128}$/),
    }),
  },
  {
    id: 'image-names',
    title: 'Names of the image, or of where it was fetched from',
    class: 'benign',
    where: 'io.containerd.image.name, org.opencontainers.image.ref.name, containerd.io/distribution.source.*',
    shape: 'Annotations of manifest, index or descriptor; never labels.',
    remedy: 'None is needed: compare with --ignore-image-name.',
    references: [ANNOTATIONS],
    rule: documentRule({
      kinds: NAMED,
      fields: annotated(
        'io.containerd.image.name',
        'org.opencontainers.image.ref.name',
        /^containerd\.io\/distribution\.source\./,
      ),
      left: anyText,
    }),
  },
  {
    id: 'os-version',
    title: 'The images ask for other versions or features of the operating system',
    class: 'review',
    where: '/os.version and /os.features of the config, platforms in an index',
    shape: 'BuildKit takes them from the base image since v0.20; another base or builder gives others.',
    remedy: 'Name the base image by digest and build both with the same BuildKit.',
    references: [CONFIG, 'https://github.com/moby/buildkit/releases/tag/v0.20.0'],
    rule: documentRule({
      kinds: ['config', 'index'],
      fields: [
        ['os.version'],
        ['os.features'],
        ['manifests', '*', 'platform', 'os.version'],
        ['manifests', '*', 'platform', 'os.features'],
      ],
      left: nothing,
    }),
  },
  {
    id: 'legacy-fields',
    title: "Fields of Docker's own format that say how the build went",
    class: 'benign',
    where:
      '/id, /parent, /container, /container_config, /docker_version of the config; Hostname, Image, AttachStdin and the like of /config',
    shape: 'Any values: no container gets them. ArgsEscaped only for Linux.',
    remedy:
      "Build with BuildKit (DOCKER_BUILDKIT=1) in place of the classic builder; with Buildah or Podman use --format oci in place of --format docker. BuildKit's ArgsEscaped goes with --format oci too.",
    references: ['https://github.com/moby/docker-image-spec/blob/main/v1.2.md'],
    rule: legacyFields(),
  },
  {
    id: 'inline-cache',
    title: 'BuildKit keeps its cache or build information in the config',
    class: 'benign',
    where: '/moby.buildkit.cache.v0, /moby.buildkit.buildinfo.v1 of the config',
    shape: 'One side has it, or both with other values.',
    remedy: 'Build without --cache-to type=inline (BUILDKIT_INLINE_CACHE=1) and with buildinfo=false.',
    references: ['https://github.com/moby/buildkit#inline-push-image-and-cache-together'],
    rule: documentRule({
      kinds: ['config'],
      fields: [['moby.buildkit.cache.v0'], ['moby.buildkit.buildinfo.v1']],
      left: nothing,
    }),
  },
  {
    id: 'builder-label',
    title: 'Buildah writes its version into a label',
    class: 'benign',
    where: 'io.buildah.version',
    shape: 'Versions, or one and none.',
    remedy: 'buildah build --identity-label=false',
    references: [BUILDAH],
    rule: documentRule({
      kinds: ALL,
      fields: labelled('io.buildah.version'),
      left: exceptText(/^\d[\w.+-]*$/),
    }),
  },
  {
    id: 'root-working-dir',
    title: 'The root as working folder is written or left out',
    class: 'benign',
    where: '/config/WorkingDir',
    shape: 'BuildKit writes / where nothing sets it, others leave it out. Any other folder is not this.',
    remedy: 'Build both with the same builder, or set it: WORKDIR /',
    references: [CONFIG],
    rule: documentRule({ kinds: ['config'], fields: [['config', 'WorkingDir']], left: exceptText(/^\/?$/) }),
  },
  {
    id: 'empty-values',
    title: 'Empty values are spelt out by one builder and left out by the other',
    class: 'benign',
    where: 'Fields of the config and the manifest that the specification or Docker names',
    shape: 'null, "", 0, false, [] or {} on one side, nothing or another of them on the other.',
    remedy: "Build both with the same builder and format; Buildah's --format docker spells them out, --format oci not.",
    references: [CONFIG],
    rule: emptyValues(),
  },
  {
    id: 'label-by-argument',
    title: 'A label was given another value by the build',
    class: 'review',
    where: '/config/Labels of the config',
    shape: "Each side's value stands in a LABEL step of its own history.",
    remedy: 'Pass the same --build-arg, or set the label from the commit in place of the run or the clock.',
    references: ['https://docs.docker.com/reference/dockerfile/#label'],
    rule: documentRule({
      kinds: ['config'],
      fields: [['config', 'Labels', '*']],
      left: nothing,
      where: ({ sides }, { steps = [], values }) =>
        sides.every((side, i) => {
          const value = values[i];
          return typeof value === 'string' && isSetByStep(side, steps.at(-1) ?? '', value);
        }),
    }),
  },
  {
    id: 'label-value',
    title: 'A label differs that no step of the Dockerfile writes',
    class: 'review',
    where: '/config/Labels of the config',
    shape: 'Two texts, or one and none: it was given on the command line or comes from the base image.',
    remedy: 'Build both with the same --label options and the same base image.',
    references: ['https://docs.docker.com/reference/cli/docker/buildx/build/'],
    rule: documentRule({
      kinds: ['config'],
      fields: [['config', 'Labels', '*']],
      left: anyText,
    }),
  },
];

/** What belongs to every annotation, and to indexes; to be asked after all that know single keys. */
export const OTHER_DOCUMENTS: readonly Cause[] = [
  {
    id: 'other-annotation',
    title: 'An annotation was set by one build alone, or to another value',
    class: 'review',
    where: 'Annotations of manifest, index and descriptors, with keys that no other cause knows',
    shape: 'Two texts, or one and none. No container sees them.',
    remedy: 'Build both with the same --annotation options and exporter.',
    references: [ANNOTATIONS],
    rule: documentRule({
      kinds: NAMED,
      fields: annotated('*'),
      left: anyText,
      where: (_, { steps = [] }) => !(steps.at(-1) ?? '').startsWith('vnd.docker.reference.'),
    }),
  },
  {
    id: 'index-around-image',
    title: 'One side is an index around the one image, the other the image alone',
    class: 'review',
    where: 'The root of either side',
    shape: 'What the index names beside the image is told by itself.',
    remedy:
      'Attestations are what makes BuildKit write an index for one platform: --provenance=false --sbom=false; or compare with --platform.',
    references: [ATTESTATIONS],
    rule: { what: 'finding', subjects: ['index'], covers: ({ field }) => field === 'index', normaliser: {} },
  },
  {
    id: 'platform-order',
    title: 'The indexes name their images in another order',
    class: 'review',
    where: '/manifests of an index',
    shape: 'Both have the same children.',
    remedy: 'Give platforms in the same order: --platform linux/amd64,linux/arm64',
    references: [`${IMAGE_SPEC}/image-index.md`],
    rule: {
      what: 'finding',
      subjects: ['index'],
      covers: ({ field }) => field === 'order' || field.endsWith(' order'),
      normaliser: {
        document: (kind, value) => (kind === 'index' ? withSortedChildren(value) : value),
      },
    },
  },
  {
    id: 'platform-missing',
    title: 'One side was built for a platform that the other was not built for',
    class: 'review',
    where: 'Children of an index',
    shape: 'An image that one index names alone, with a platform of its own.',
    remedy: 'Build both for the same platforms: --platform linux/amd64,linux/arm64',
    references: [`${IMAGE_SPEC}/image-index.md`],
    rule: {
      what: 'finding',
      subjects: ['index'],
      covers: ({ steps = [], values }) =>
        steps.length >= 2 &&
        steps.at(-2) === 'manifests' &&
        values.includes(null) &&
        values.some((value) => memberOf(value, 'platform') !== null && !isAttestation(value)),
      normaliser: {},
    },
  },
];

/** Attestations: who built the image how, and what is in it. They are no part of the image that they are about. */
export const ATTESTATION_CAUSES: readonly Cause[] = [
  {
    id: 'attestation',
    title: 'One side has attestations (provenance, SBOM) that the other has not',
    class: 'review',
    where: 'Children of an index with vnd.docker.reference.type',
    shape: 'A child that one index names alone. BuildKit writes provenance unless it is told not to.',
    remedy: '--provenance=false --sbom=false on both sides, or compare with --ignore-attestations',
    references: [ATTESTATIONS],
    rule: attestationRule(
      ['index'],
      ({ steps = [], values }) => steps.at(-2) === 'manifests' && values.includes(null) && values.some(isAttestation),
    ),
  },
  {
    id: 'provenance-run',
    title: 'Provenance says when and in which run the image was built',
    class: 'benign',
    where: 'buildStartedOn, buildFinishedOn, buildInvocationID and their like in SLSA provenance',
    shape: 'Two values.',
    remedy: 'Compare with --ignore-attestations; it differs between any two builds.',
    references: ['https://slsa.dev/spec/v1.0/provenance'],
    rule: attestationRule(
      ['manifest'],
      ({ steps = [], change }) =>
        change === 'modified' &&
        /^(?:buildStartedOn|buildFinishedOn|buildInvocationID|startedOn|finishedOn|invocationId|invocationID)$/.test(
          steps.at(-1) ?? '',
        ),
    ),
  },
  {
    id: 'provenance-arguments',
    title: 'Provenance names other build arguments, labels or attributes of the frontend',
    class: 'review',
    where: 'invocation/parameters (SLSA v0.2), externalParameters (v1)',
    shape: 'Fields below the parameters.',
    remedy: 'Build both with the same arguments.',
    references: ['https://slsa.dev/spec/v1.0/provenance'],
    rule: attestationRule(
      ['manifest'],
      ({ steps = [] }) => steps.includes('parameters') || steps.includes('externalParameters'),
    ),
  },
  {
    id: 'provenance-build-graph',
    title: "Provenance holds BuildKit's graph of the build, whose digests differ",
    class: 'review',
    where: 'buildConfig, digestMapping, llbDefinition, and where the steps lie in the source',
    shape: 'Digests of steps: any changed argument or step changes those after it.',
    remedy: 'Build with --provenance=mode=min, which leaves the graph out, or --provenance=false',
    references: ['https://docs.docker.com/build/metadata/attestations/slsa-definitions/'],
    rule: attestationRule(['manifest'], ({ steps = [] }) =>
      steps.some((step) => /^(?:buildConfig|digestMapping|llbDefinition|locations)$/.test(step)),
    ),
  },
  {
    id: 'provenance-subject',
    title: 'An attestation names its image by other names',
    class: 'benign',
    where: '/subject/*/name of a statement',
    shape: 'Two package URLs or names.',
    remedy: 'Give both the same name and tag, or compare with --ignore-attestations',
    references: ['https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md'],
    rule: attestationRule(
      ['manifest'],
      ({ steps = [], change }) => change === 'modified' && steps.at(-1) === 'name' && steps.at(-3) === 'subject',
    ),
  },
  {
    id: 'attestation-shape',
    title: 'Attestations are stored in another shape',
    class: 'benign',
    where: "/artifactType, /subject and /config of an attestation's manifest",
    shape: 'BuildKit since v0.32 writes them as OCI artifacts: a subject, an artifact type, an empty config.',
    remedy: 'Build both with the same BuildKit, or compare with --ignore-attestations',
    references: [ATTESTATIONS],
    rule: attestationRule(
      ['manifest'],
      ({ steps = [] }) =>
        steps[1] === 'artifactType' ||
        (steps[1] === 'config' && steps[2] === 'mediaType') ||
        (steps[1] === 'subject' && steps.length <= 3),
    ),
  },
];

function attestationRule(subjects: FindingRule['subjects'], covers: (finding: Finding) => boolean): FindingRule {
  return {
    what: 'finding',
    subjects,
    covers: (finding) =>
      (finding.subject === 'index' || (finding.steps?.[0] ?? '').startsWith('attestation')) && covers(finding),
    /* Nothing within an attestation can be proved apart from it. */
    normaliser: { document: (kind, value) => (kind === 'index' ? withoutAttestations(value) : value) },
  };
}

function memberOf(value: Value, key: string): Value {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.hasOwn(value, key) ? ((value as { readonly [key: string]: Value })[key] ?? null) : null;
}

function isAttestation(value: Value): boolean {
  return memberOf(memberOf(value, 'annotations'), 'vnd.docker.reference.type') === 'attestation-manifest';
}

function withoutAttestations(value: Value): Value {
  return withChildren(value, (children) => children.filter((child) => !isAttestation(child)));
}

function withSortedChildren(value: Value): Value {
  return withChildren(value, (children) =>
    [...children].sort((a, b) => (textOf(memberOf(a, 'digest')) < textOf(memberOf(b, 'digest')) ? -1 : 1)),
  );
}

function withChildren(value: Value, change: (children: readonly Value[]) => readonly Value[]): Value {
  const children = memberOf(value, 'manifests');
  if (!Array.isArray(children)) return value;
  return { ...(value as { readonly [key: string]: Value }), manifests: change(children) };
}

/* What it is, whosever name it has. Of the root's own type nothing is left: it may be absent. */
function kindOfMediaType(value: Value): Value | undefined {
  const info = canonicalMediaType(textOf(value));
  if (info.kind === 'unknown') return value;
  return info.kind === 'manifest' || info.kind === 'index' ? undefined : info.mediaType;
}

function isSetByStep(side: SideEvidence, key: string, value: string): boolean {
  return factsOf(side).labelSteps.some((step) => step.includes(`${key}=`) && step.includes(value));
}

function legacyFields(): FindingRule {
  const rule = documentRule({
    kinds: ['config'],
    fields: [
      ['id'],
      ['parent'],
      ['container'],
      ['container_config', '**'],
      ['docker_version'],
      ...['Hostname', 'Domainname', 'AttachStdin', 'AttachStdout', 'AttachStderr'].map((name) => ['config', name]),
      ...['Tty', 'OpenStdin', 'StdinOnce', 'Image', 'ArgsEscaped'].map((name) => ['config', name]),
    ],
    left: nothing,
  });
  /* Whoever found it knows whether a field means something for this operating system. */
  return {
    ...rule,
    covers: (finding, evidence) =>
      finding.excuses.some((excuse) => excuse.includes('legacy-fields')) && rule.covers(finding, evidence),
  };
}

function emptyValues(): FindingRule {
  return {
    what: 'finding',
    subjects: ['manifest', 'config'],
    covers: ({ excuses }) => excuses.some((excuse) => excuse.includes('empty-fields') && excuse.length === 1),
    normaliser: {
      document: (kind, value) => (kind === 'index' ? value : withoutEmpty(value, kind === 'config' ? 3 : 2)),
    },
  };
}

/** Members whose keys are not the specification's: an empty value there is an entry. */
const MAPS: ReadonlySet<string> = new Set(['Labels', 'Volumes', 'ExposedPorts', 'annotations']);

/* @param depth of records that are looked into; lists of texts and maps stay as they are */
function withoutEmpty(value: Value, depth: number): Value {
  if (depth === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Value) => withoutEmpty(item, depth));
  const members = Object.entries(value).flatMap(([key, member]): [string, Value][] => {
    const next = MAPS.has(key) ? member : withoutEmpty(member, depth - 1);
    return isEmpty(next) ? [] : [[key, next]];
  });
  return Object.fromEntries(members);
}

function isEmpty(value: Value): boolean {
  if (typeof value !== 'object' || value === null)
    return value === null || value === '' || value === 0 || value === false;
  return Object.keys(value).length === 0;
}
