import { describe, expect, test } from 'vitest';
import { parseConfigFile } from '../../../packages/core/src/image/parse-config.js';
import { parseIndex } from '../../../packages/core/src/image/parse-index.js';
import { parseManifest } from '../../../packages/core/src/image/parse-manifest.js';
import { CONFIG, INDEX, json, LAYER, MANIFEST, sha256, thrown } from './support.js';

const DIGEST = sha256('x');
const LAYER_DESCRIPTOR = { mediaType: LAYER, digest: DIGEST, size: 1 };
const CONFIG_DESCRIPTOR = { mediaType: CONFIG, digest: DIGEST, size: 2 };

describe('an index', () => {
  test('with all that a descriptor can have', () => {
    const descriptor = {
      mediaType: MANIFEST,
      digest: `sha512:${'a'.repeat(128)}`,
      size: 9007199254740991,
      urls: ['https://example.com/x'],
      annotations: { a: 'b', __proto__x: '' },
      artifactType: 'application/vnd.example',
      platform: { os: 'windows', architecture: 'amd64', variant: 'v2', 'os.version': '10', 'os.features': ['win32k'] },
    };
    const document = {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [descriptor],
      subject: LAYER_DESCRIPTOR,
      artifactType: 'x/y',
      unknown: 1,
    };
    expect(parseIndex(json(document))).toEqual({
      mediaType: INDEX,
      artifactType: 'x/y',
      manifests: [descriptor],
      subject: LAYER_DESCRIPTOR,
    });
  });

  test('an annotation may be called __proto__', () => {
    const text = `{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"${DIGEST}","size":0,"annotations":{"__proto__":"x"}}]}`;
    const [descriptor] = parseIndex(json(text)).manifests;
    expect(Object.entries(descriptor?.annotations ?? {})).toEqual([['__proto__', 'x']]);
  });

  test.each<[unknown, unknown, string]>([
    [{ os: '', architecture: '' }, undefined, 'as some tools write it: nothing said'],
    [{}, undefined, 'nothing said'],
    [null, undefined, 'null is absent'],
    [
      { os: 'linux', architecture: 'arm', variant: '' },
      { os: 'linux', architecture: 'arm' },
      'an empty variant is none',
    ],
  ])('platform %j (%s)', (platform, expected) => {
    const document = { schemaVersion: 2, manifests: [{ ...LAYER_DESCRIPTOR, platform }] };
    expect(parseIndex(json(document)).manifests[0]?.platform).toEqual(expected);
  });

  test('all that is wrong is told at once', () => {
    const manifests = [
      { mediaType: MANIFEST, digest: 'sha256:short', size: -1 },
      { mediaType: 5, size: 1.5, platform: [], annotations: { a: 1 }, urls: 'x' },
      'text',
    ];
    const error = thrown(() => parseIndex(json({ schemaVersion: 3, mediaType: 1, manifests })));
    expect(error.code).toBe('ERR_INDEX_INVALID');
    expect(error.message).toBe(
      'not a valid image index: ' +
        '/schemaVersion: expected 2, found 3; ' +
        '/mediaType: expected a string, found a number; ' +
        '/manifests/0/size: expected a whole number from 0 to 2^53 - 1, found -1; ' +
        '/manifests/0/digest: not a sha256 or sha512 digest: "sha256:short"; ' +
        '/manifests/1/mediaType: expected a string, found a number; ' +
        '/manifests/1/digest: missing; ' +
        '/manifests/1/size: expected a whole number from 0 to 2^53 - 1, found 1.5; ' +
        '/manifests/1/platform: expected an object, found an array; ' +
        '/manifests/1/annotations/a: expected a string, found a number; ' +
        '/manifests/1/urls: expected an array, found a string; ' +
        '/manifests/2: expected an object, found a string',
    );
  });

  test.each([
    ['[]', 'the document: expected an object, found an array'],
    ['{}', '/schemaVersion: missing; /manifests: missing'],
    ['{"schemaVersion":2,"manifests":null}', '/manifests: missing'],
    ['{"schemaVersion":2,"manifests":{}}', '/manifests: expected an array, found an object'],
    [
      `{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"md5:${'a'.repeat(32)}","size":1}]}`,
      'not a sha256 or sha512 digest',
    ],
    [
      `{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"sha256:${'A'.repeat(64)}","size":1}]}`,
      'not a sha256 or sha512 digest',
    ],
    [
      `{"schemaVersion":2,"manifests":[{"mediaType":"a/b","digest":"${DIGEST}","size":9007199254740992}]}`,
      'found 9007199254740992',
    ],
  ])('%s', (text, message) => {
    const error = thrown(() => parseIndex(json(text)));
    expect(error.code).toBe('ERR_INDEX_INVALID');
    expect(error.message).toContain(message);
  });
});

describe('a manifest', () => {
  test('of an image', () => {
    const document = {
      schemaVersion: 2,
      config: CONFIG_DESCRIPTOR,
      layers: [LAYER_DESCRIPTOR, LAYER_DESCRIPTOR],
      annotations: { a: 'b' },
    };
    expect(parseManifest(json(document))).toEqual({
      config: CONFIG_DESCRIPTOR,
      layers: [LAYER_DESCRIPTOR, LAYER_DESCRIPTOR],
    });
  });

  test.each([
    [{}, '/schemaVersion: missing; /config: missing; /layers: missing'],
    [{ schemaVersion: 2, config: null, layers: [] }, '/config: missing'],
    [
      { schemaVersion: 2, config: [], layers: [1] },
      '/config: expected an object, found an array; /layers/0: expected an object, found a number',
    ],
    [
      { schemaVersion: '2', config: CONFIG_DESCRIPTOR, layers: [] },
      '/schemaVersion: expected a whole number, found a string',
    ],
    [{ schemaVersion: 1, fsLayers: [] }, '/schemaVersion: expected 2, found 1'],
  ])('%j', (document, message) => {
    const error = thrown(() => parseManifest(json(document)));
    expect(error.code).toBe('ERR_MANIFEST_INVALID');
    expect(error.message).toContain(message);
  });
});

describe('a config', () => {
  test('with all that is followed', () => {
    const document = {
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      'os.version': '1',
      rootfs: { type: 'layers', diff_ids: [DIGEST] },
      history: [
        { created_by: 'COPY' },
        { created_by: 'ENV', empty_layer: true },
        { empty_layer: false },
        { created_by: null },
      ],
    };
    expect(parseConfigFile(json(document))).toEqual({
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      'os.version': '1',
      rootfs: { type: 'layers', diffIds: [DIGEST] },
      history: [
        { createdBy: 'COPY', emptyLayer: false },
        { createdBy: 'ENV', emptyLayer: true },
        { emptyLayer: false },
        { emptyLayer: false },
      ],
    });
  });

  test('Docker leaves diff_ids and history out where there is nothing', () => {
    const document = { os: 'linux', architecture: '', variant: '', rootfs: { type: 'layers' }, history: null };
    expect(parseConfigFile(json(document))).toEqual({
      os: 'linux',
      architecture: '',
      rootfs: { type: 'layers', diffIds: [] },
      history: [],
    });
  });

  test.each([
    ['{}', '/os: missing; /architecture: missing; /rootfs: missing'],
    [
      { os: 1, architecture: [], rootfs: {} },
      '/os: expected a string, found a number; /architecture: expected a string, found an array; /rootfs/type: missing',
    ],
    [
      { os: '', architecture: '', rootfs: { type: 'layers+base', diff_ids: ['x', 2] } },
      '/rootfs/type: expected "layers", found "layers+base"; /rootfs/diff_ids/1: expected a string, found a number; /rootfs/diff_ids/0: not a sha256 or sha512 digest: "x"',
    ],
    [
      { os: '', architecture: '', rootfs: { type: 'layers' }, history: [1, { empty_layer: 'yes' }] },
      '/history/0: expected an object, found a number; /history/1/empty_layer: expected true or false, found a string',
    ],
  ])('%j', (document, message) => {
    const error = thrown(() => parseConfigFile(json(document)));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toContain(message);
  });
});
