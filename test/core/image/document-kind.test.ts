import { describe, expect, test } from 'vitest';
import { documentKind } from '../../../packages/core/src/image/document-kind.js';
import { INDEX, json, MANIFEST, thrown } from './support.js';

describe('an index or a manifest', () => {
  test.each<[unknown, string | null, string, string]>([
    [{ manifests: [] }, null, 'index', 'by shape'],
    [{ config: {}, layers: [] }, null, 'manifest', 'by shape'],
    [{ layers: [] }, null, 'manifest', 'by half its shape'],
    [{ mediaType: INDEX }, null, 'index', 'by its own media type'],
    [{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }, null, 'manifest', 'by Docker’s media type'],
    [{ mediaType: MANIFEST, manifests: [] }, INDEX, 'index', 'what is declared wins over its own'],
    [{ config: {} }, INDEX, 'index', 'what is declared wins over its shape; parsing then tells what is missing'],
    [{ mediaType: '', manifests: [] }, null, 'index', 'an empty media type says nothing'],
    [{ mediaType: null, manifests: [] }, null, 'index', 'and neither does null'],
  ])('%j declared as %s: %s (%s)', (document, declared, kind) => {
    expect(documentKind(json(document), declared)).toBe(kind);
  });

  test.each([
    [{ manifests: [], layers: [] }, null, 'ERR_MANIFEST_INVALID', 'both "manifests" and "layers"'],
    [{ manifests: [], config: {} }, INDEX, 'ERR_INDEX_INVALID', 'both "manifests" and "config"'],
    [{ manifests: null, config: {}, layers: [] }, MANIFEST, 'ERR_MANIFEST_INVALID', 'both "manifests" and "config"'],
    [{ manifests: [], fsLayers: [] }, null, 'ERR_MANIFEST_INVALID', 'both "manifests" and "fsLayers"'],
    [[], null, 'ERR_MANIFEST_INVALID', 'not a JSON object'],
    [{}, null, 'ERR_MANIFEST_INVALID', 'no "mediaType", "manifests", "config" or "layers"'],
    [{ schemaVersion: 1, fsLayers: [], history: [] }, null, 'ERR_MEDIA_TYPE_UNSUPPORTED', 'schema 1'],
    [{ schemaVersion: 1, fsLayers: [] }, MANIFEST, 'ERR_MEDIA_TYPE_UNSUPPORTED', 'schema 1'],
    [{}, 'application/vnd.docker.distribution.manifest.v1+prettyjws', 'ERR_MEDIA_TYPE_UNSUPPORTED', 'schema 1'],
    [{ manifests: [] }, 'application/vnd.example+json', 'ERR_MEDIA_TYPE_UNSUPPORTED', '"application/vnd.example+json"'],
    [
      { mediaType: 'application/vnd.oci.artifact.manifest.v1+json', blobs: [] },
      null,
      'ERR_MEDIA_TYPE_UNSUPPORTED',
      'neither that of an image index',
    ],
  ])('%j declared as %s: %s', (document, declared, code, message) => {
    const error = thrown(() => documentKind(json(document), declared));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
