import { describe, expect, test } from 'vitest';
import type { Finding, LayerPair } from '../../../packages/core/src/compare/finding.js';
import { compareManifests } from '../../../packages/core/src/compare/manifest.js';
import { brief, document, excusedBy, fields, mirrored, PLATFORM, rules, sorted } from './support.js';

const OCI = 'application/vnd.oci.image';
const DOCKER = 'application/vnd.docker';
const MANIFEST = `${OCI}.manifest.v1+json`;
const LAYER = `${OCI}.layer.v1.tar`;
const DOCKER_LAYER = `${DOCKER}.image.rootfs.diff.tar`;

const layer = (digest: string, more: object = {}): object => ({ mediaType: LAYER, digest, size: 1, ...more });

/** A manifest with `more` over two layers `a` and `b`. */
const manifest = (more: object = {}): object => ({
  schemaVersion: 2,
  mediaType: MANIFEST,
  config: { mediaType: `${OCI}.config.v1+json`, digest: 'c', size: 1 },
  layers: [layer('a'), layer('b')],
  ...more,
});
const STRAIGHT: LayerPair[] = [
  [0, 0],
  [1, 1],
];

function compare(manifest0: unknown, manifest1: unknown, pairs: readonly LayerPair[] = STRAIGHT): Finding[] {
  const findings: Finding[] = [];
  compareManifests(document(manifest0), document(manifest1), PLATFORM, pairs, (finding) => findings.push(finding));
  return findings;
}

/** What single rules take out each of the fields that differ. */
function excuses(more0: object, more1: object): Record<string, string[]> {
  const findings = compare(manifest(more0), manifest(more1));
  expect(sorted(compare(manifest(more1), manifest(more0)))).toEqual(sorted(findings.map(mirrored)));
  return Object.fromEntries(findings.map((finding) => [finding.field, excusedBy(finding)]));
}

describe('annotations', () => {
  const annotations = (key: string, value: string): object => ({ annotations: { x: 'y', [key]: value } });
  test.each([
    ['any', 'org.example', ['annotations']],
    ['the time of the image', 'org.opencontainers.image.created', ['annotations', 'image-timestamps']],
    ['its name', 'org.opencontainers.image.ref.name', ['annotations', 'image-name']],
    ["containerd's name", 'io.containerd.image.name', ['annotations', 'image-name']],
    ["BuildKit's note that times were rewritten", 'buildkit/rewritten-timestamp', ['annotations', 'file-timestamps']],
    ['a base that is named', 'org.opencontainers.image.base.digest', ['annotations']],
    ['a name that only begins the same', 'org.opencontainers.image.ref.name2', ['annotations']],
    ['a key of the language', '__proto__', ['annotations']],
    ['another key of the language', 'constructor', ['annotations']],
  ])('%s, of the manifest, its config, a layer and its subject', (_what, key, rule) => {
    const escaped = key.replaceAll('/', '~1');
    const own = (value: string): string => `{"annotations":{"${key}":"${value}"}}`;
    expect(brief(compare(own('a'), own('b'), []))).toEqual([[`/annotations/${escaped}`, 'a', 'b']]);
    expect(compare(own('a'), own('b'), []).map(excusedBy)).toEqual([rule]);
    if (key === '__proto__') return;
    const config = (value: string): object => ({ config: { digest: 'c', ...annotations(key, value) } });
    expect(excuses(config('a'), config('b'))).toEqual({ [`/config/annotations/${escaped}`]: rule });
    const subject = (value: string): object => ({ subject: { digest: 's', ...annotations(key, value) } });
    expect(excuses(subject('a'), subject('b'))).toEqual({ [`/subject/annotations/${escaped}`]: rule });
    const layers = (value: string): object => ({ layers: [layer('a'), layer('b', annotations(key, value))] });
    expect(excuses(layers('a'), layers('b'))).toEqual({ [`/layers/1/annotations/${escaped}`]: rule });
  });

  test('an empty value of one is no empty field', () => {
    expect(excuses({ annotations: { a: '' } }, { annotations: {} })).toEqual({ '/annotations/a': ['annotations'] });
    expect(excuses({ annotations: { a: '' } }, {})).toEqual({ '/annotations/a': ['annotations'] });
  });

  test('an empty map is one', () => {
    expect(excuses({ annotations: {} }, {})).toEqual({ '/annotations': ['annotations', 'empty-fields'] });
  });
});

describe('media types', () => {
  const own = (mediaType: unknown): object => ({ mediaType });
  const ofLayer = (mediaType: unknown): object => ({ layers: [layer('a'), layer('b', { mediaType })] });
  test.each<[string, object, object, string, string[]]>([
    ["Docker's name for a manifest", {}, own(`${DOCKER}.distribution.manifest.v2+json`), '/mediaType', ['media-types']],
    ['absent', {}, own(undefined), '/mediaType', ['media-types']],
    ['absent, and one that nobody knows', own(undefined), own('foo/bar'), '/mediaType', []],
    ['something else', {}, own('text/plain'), '/mediaType', []],
    ['an index is no manifest', {}, own(`${OCI}.index.v1+json`), '/mediaType', []],
    ['another type of value', {}, own(1), '/mediaType', []],
    ['absent and empty', own(undefined), own(''), '/mediaType', ['empty-fields', 'media-types']],
    [
      "Docker's name for a config",
      {},
      { config: { mediaType: `${DOCKER}.container.image.v1+json`, digest: 'c', size: 1 } },
      '/config/mediaType',
      ['media-types'],
    ],
    [
      "Docker's name for a layer",
      ofLayer(`${LAYER}+gzip`),
      ofLayer(`${DOCKER_LAYER}.gzip`),
      '/layers/1/mediaType',
      ['media-types'],
    ],
    [
      'a layer to be fetched from elsewhere',
      ofLayer(LAYER),
      ofLayer(`${OCI}.layer.nondistributable.v1.tar`),
      '/layers/1/mediaType',
      [],
    ],
    ['an unknown layer', ofLayer(LAYER), ofLayer('text/plain'), '/layers/1/mediaType', []],
  ])('%s', (_what, more0, more1, field, rule) => {
    expect(excuses(more0, more1)).toEqual({ [field]: rule });
  });

  const ofOther = (mediaType: unknown): object => ({ layers: [layer('a'), layer('c', { mediaType })] });
  test.each([
    ['a compressed layer', LAYER, `${LAYER}+gzip`],
    ['compressed otherwise', `${LAYER}+zstd`, `${LAYER}+gzip`],
    ['compressed otherwise, by Docker', DOCKER_LAYER, `${DOCKER_LAYER}.gzip`],
  ])('%s', (_what, type0, type1) => {
    expect(excuses(ofLayer(type0), ofOther(type1))).toMatchObject({ '/layers/1/mediaType': ['compression'] });
    /* One blob is compressed in one way: one of the two types is false. */
    expect(excuses(ofLayer(type0), ofLayer(type1))).toEqual({ '/layers/1/mediaType': [] });
  });

  test("Docker's name and another compression need both rules", () => {
    const findings = compare(manifest(ofLayer(LAYER)), manifest(ofOther(`${DOCKER_LAYER}.gzip`)));
    const finding = findings.find(({ field }) => field === '/layers/1/mediaType');
    expect(excusedBy(finding as Finding)).toEqual([]);
    expect(rules('media-types', 'compression').ignoredBy(finding as Finding)).toBe('media-types');
  });

  test('an empty one is absent where empty fields do not count', () => {
    const [finding] = compare(manifest(), manifest(own('')));
    expect(excusedBy(finding as Finding)).toEqual([]);
    expect(rules('media-types', 'empty-fields').ignoredBy(finding as Finding)).toBe('media-types');
  });
});

test.each<[string, object, object, string, string[]]>([
  ['an unknown key', {}, { x: 1 }, '/x', []],
  ['an unknown empty key', {}, { x: [] }, '/x', []],
  ['artifactType', {}, { artifactType: 'a' }, '/artifactType', []],
  ['an empty artifactType', {}, { artifactType: '' }, '/artifactType', ['empty-fields']],
  [
    'an unknown key of the config descriptor',
    {},
    { config: { mediaType: `${OCI}.config.v1+json`, digest: 'c', size: 1, x: 1 } },
    '/config/x',
    [],
  ],
  ['urls of a layer', {}, { layers: [layer('a'), layer('b', { urls: ['x'] })] }, '/layers/1/urls', []],
  ['no urls of a layer', {}, { layers: [layer('a'), layer('b', { urls: [] })] }, '/layers/1/urls', ['empty-fields']],
  ['an unknown key of a layer', {}, { layers: [layer('a'), layer('b', { x: '' })] }, '/layers/1/x', []],
  ['schemaVersion', {}, { schemaVersion: 3 }, '/schemaVersion', []],
])('%s', (_what, more0, more1, field, rule) => {
  expect(excuses(more0, more1)).toEqual({ [field]: rule });
});

describe('digests and sizes', () => {
  test('of the config follow from it', () => {
    const config = { mediaType: `${OCI}.config.v1+json`, digest: 'd', size: 2 };
    const findings = compare(manifest(), manifest({ config }));
    expect(findings.map(({ field, follows }) => [field, follows])).toEqual([
      ['/config/digest', { what: 'config' }],
      ['/config/size', { what: 'config' }],
    ]);
    expect(findings.flatMap(excusedBy)).toEqual([]);
  });

  test('of a layer follow from it', () => {
    const findings = compare(manifest(), manifest({ layers: [layer('a'), layer('x', { size: 2 })] }));
    expect(findings.map(({ field, follows, layers }) => [field, follows, layers])).toEqual([
      ['/layers/1/digest', { what: 'layers', pairs: [[1, 1]] }, undefined],
      ['/layers/1/size', { what: 'layers', pairs: [[1, 1]] }, undefined],
    ]);
  });

  test('of a subject follow from nothing', () => {
    const findings = compare(manifest({ subject: { digest: 'a' } }), manifest({ subject: { digest: 'b' } }));
    expect(findings).toMatchObject([{ field: '/subject/digest', excuses: [] }]);
    expect(findings[0]?.follows).toBeUndefined();
  });
});

describe('layers in other places', () => {
  const inserted = manifest({ layers: [layer('a'), layer('new'), layer('b')] });
  const pairs: LayerPair[] = [
    [0, 0],
    [null, 1],
    [1, 2],
  ];

  test('the list follows from the layer that one side has alone, not from those that only moved', () => {
    const findings = compare(manifest(), inserted, pairs);
    expect(findings).toMatchObject([{ field: '/layers', change: 'modified', excuses: [] }]);
    expect(findings[0]?.follows).toEqual({ what: 'layers', pairs: [[null, 1]] });
    expect(findings[0]?.values).toEqual([
      [layer('a'), layer('b')],
      [layer('a'), layer('new'), layer('b')],
    ]);
  });

  test('descriptors are compared between aligned layers', () => {
    const changed = manifest({ layers: [layer('a'), layer('new'), layer('b', { size: 7, annotations: { k: 'v' } })] });
    const findings = compare(manifest(), changed, pairs).filter(({ field }) => field !== '/layers');
    expect(findings.map(({ field, layers, values }) => [field, layers, values])).toEqual([
      ['/layers/*/size', [1, 2], [1, 7]],
      ['/layers/*/annotations/k', [1, 2], [null, 'v']],
    ]);
    const reverse = pairs.map(([layer0, layer1]): LayerPair => [layer1, layer0]);
    expect(sorted(compare(changed, manifest(), reverse))).toEqual(
      sorted(compare(manifest(), changed, pairs).map(mirrored)),
    );
  });

  test('no layers against some', () => {
    for (const none of [{ layers: [] }, { layers: null }, { layers: undefined }]) {
      const findings = compare(manifest(none), manifest(), [
        [null, 0],
        [null, 1],
      ]);
      expect(fields(findings)).toEqual(['/layers']);
    }
  });

  test('no layers, said in another way, are an empty field', () => {
    for (const none of [null, undefined]) {
      const findings = compare(manifest({ layers: [] }), manifest({ layers: none }), []);
      expect(findings.map((finding) => [finding.field, excusedBy(finding)])).toEqual([['/layers', ['empty-fields']]]);
    }
  });

  test('where the layers could not be aligned the descriptors are told all the same', () => {
    const findings = compare(
      manifest(),
      manifest({ layers: [layer('a'), layer('x', { mediaType: DOCKER_LAYER })] }),
      [],
    );
    expect(findings.map((finding) => [finding.field, finding.follows, excusedBy(finding)])).toEqual([
      ['/layers/1/mediaType', undefined, ['media-types']],
      ['/layers/1/digest', undefined, []],
    ]);
  });
});

test('white space is a difference of encoding, beside others', () => {
  const spaced = JSON.stringify(manifest({ schemaVersion: 3 }), null, 1);
  const findings = compare(manifest(), spaced);
  expect(findings.map((finding) => [finding.field, excusedBy(finding)])).toEqual([
    ['/schemaVersion', []],
    ['encoding', ['json-encoding']],
  ]);
});
