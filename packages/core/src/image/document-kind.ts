import { OciDiffError } from '../errors.js';
import { optionalMember } from '../json/read.js';
import type { JsonDocument, JsonObject } from '../json/value.js';
import { canonicalMediaType } from './media-type.js';

/** Keys that only one kind of document has. */
const MANIFEST_KEYS = ['config', 'layers', 'fsLayers'];

/**
 * Whether `document` is an index or a manifest: by the media type that its descriptor declares, without one by its own,
 * without that by its shape. A document that could be read as both is refused, since two readers may then see two
 * images under one digest (CVE-2021-41190); a key counts there even if it is null, as in containerd.
 * @param declared the media type of the descriptor; null where nothing declares one
 * @throws {OciDiffError} `ERR_INDEX_INVALID` or `ERR_MANIFEST_INVALID`, `ERR_MEDIA_TYPE_UNSUPPORTED`
 */
export function documentKind(document: JsonDocument, declared: string | null): 'index' | 'manifest' {
  const { root } = document;
  const declaredKind = declared === null ? null : canonicalMediaType(declared).kind;
  const invalid = declaredKind === 'index' ? 'ERR_INDEX_INVALID' : 'ERR_MANIFEST_INVALID';
  if (root.type !== 'object') {
    throw new OciDiffError(invalid, 'neither an image index nor an image manifest: not a JSON object');
  }
  const manifestKey = MANIFEST_KEYS.find((key) => root.members.has(key));
  if (root.members.has('manifests') && manifestKey !== undefined) {
    throw new OciDiffError(
      invalid,
      `it has both "manifests" and "${manifestKey}", so it could be read as an index or as a manifest`,
    );
  }
  const own = ownMediaType(root);
  const mediaType = declared ?? own;
  const kind = mediaType === null ? null : canonicalMediaType(mediaType).kind;
  if (kind === 'schema1' || isSchema1(root)) {
    throw new OciDiffError(
      'ERR_MEDIA_TYPE_UNSUPPORTED',
      'a Docker manifest of schema 1, which has no config and no diffIDs to compare; schema 2 and OCI are read',
    );
  }
  if (kind === 'index' || kind === 'manifest') return kind;
  if (mediaType !== null) {
    throw new OciDiffError(
      'ERR_MEDIA_TYPE_UNSUPPORTED',
      `the media type ${JSON.stringify(mediaType.slice(0, 200))} is neither that of an image index nor of an image manifest`,
    );
  }
  if (root.members.has('manifests')) return 'index';
  if (manifestKey !== undefined) return 'manifest';
  throw new OciDiffError(
    'ERR_MANIFEST_INVALID',
    'neither an image index nor an image manifest: no "mediaType", "manifests", "config" or "layers"',
  );
}

/** The media type that a document states of itself; null where it states none. */
export function ownMediaType(root: JsonObject): string | null {
  const node = optionalMember(root, 'mediaType');
  return node?.type === 'string' && node.value !== '' ? node.value : null;
}

function isSchema1(root: JsonObject): boolean {
  const version = root.members.get('schemaVersion')?.value;
  return root.members.has('fsLayers') || (version?.type === 'number' && version.text === '1');
}
