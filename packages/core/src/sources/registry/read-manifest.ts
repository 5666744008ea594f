import { type Digest, digestAlgorithm, digestOf, parseDigest } from '../../digest.js';
import { OciDiffError } from '../../errors.js';
import type { Descriptor } from '../../image/descriptor.js';
import { documentKind, ownMediaType } from '../../image/document-kind.js';
import { canonicalMediaType, OCI_INDEX, OCI_MANIFEST } from '../../image/media-type.js';
import { parseJson } from '../../json/parse.js';
import { checkLimit, type Limits } from '../../limits.js';
import { readBounded, refuseEncoding } from './exchange.js';
import { networkFailure } from './network-error.js';
import { contentLength } from './read-blob.js';
import type { RegistryClient } from './registry-client.js';
import { PassingFailure } from './retry.js';

/* Schema 1 is not asked for: a registry that has nothing else says so, or sends it, and it is refused. */
const ACCEPT = [
  OCI_INDEX,
  OCI_MANIFEST,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** An index or manifest as the registry sent it. */
interface SentManifest {
  readonly bytes: Uint8Array;
  /** Without parameters; null without one. */
  readonly contentType: string | null;
  /** `Docker-Content-Digest`, as it stands; null without one. */
  readonly digestHeader: string | null;
}

/**
 * The bytes of an index or manifest, by tag or digest; not verified.
 * @param what for messages
 * @throws {OciDiffError} `ERR_NOT_FOUND`, `ERR_UNAUTHORIZED`, `ERR_REGISTRY`, `ERR_LIMIT_EXCEEDED`, `ERR_ABORTED`
 */
export async function readManifest(
  client: RegistryClient,
  tagOrDigest: string,
  what: string,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<SentManifest> {
  const request = { method: 'GET', path: `manifests/${tagOrDigest}`, accept: ACCEPT, signal } as const;
  return client.send(request, async (sent) => {
    const { response, place } = sent;
    if (response.status !== 200) throw await client.failure(sent, what);
    refuseEncoding(response, place);
    const tooLong = 'bytes of a JSON document';
    try {
      checkLimit(limits, 'documentBytes', contentLength(response) ?? 0, tooLong);
    } catch (error) {
      response.discard();
      throw error;
    }
    let bytes: Uint8Array | null;
    try {
      bytes = await readBounded(response, limits.documentBytes);
    } catch (error) {
      const failure = networkFailure(error, place);
      throw failure.passing ? new PassingFailure(failure.error) : failure.error;
    }
    if (bytes === null) {
      checkLimit(limits, 'documentBytes', Number.POSITIVE_INFINITY, tooLong);
      throw new RangeError('nothing is above infinity');
    }
    const contentType = response.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
    return {
      bytes,
      contentType: contentType === '' ? null : contentType,
      digestHeader: response.header('docker-content-digest'),
    };
  });
}

/**
 * What a manifest that was asked for by `asked` (null: by tag) is, held against what the registry says of it.
 * @throws {OciDiffError} `ERR_DIGEST_MISMATCH`, `ERR_DIGEST_INVALID`; `ERR_MEDIA_TYPE_UNSUPPORTED` for Docker's schema 1
 *   and for what is no manifest; `ERR_JSON_INVALID` and what else is wrong with the document
 */
export function describeManifest(sent: SentManifest, asked: Digest | null, what: string, limits: Limits): Descriptor {
  const { bytes, contentType, digestHeader } = sent;
  const stated = contentType === null ? null : canonicalMediaType(contentType).kind;
  const isKnown = stated === 'index' || stated === 'manifest' || stated === 'schema1';
  /* Schema 1 first: its digest is not that of the bytes, which hold a signature of them. */
  const declared = isKnown ? contentType : null;
  const mediaType =
    declared === null || stated === 'schema1' ? typeOf(bytes, declared, contentType, what, limits) : declared;
  const header = digestHeader === null ? null : parseDigest(digestHeader.trim());
  for (const [digest, who] of [
    [asked, 'was asked for'],
    [header, 'its header names'],
  ] as const) {
    const actual = digest === null ? null : digestOf(bytes, digestAlgorithm(digest));
    if (actual === digest) continue;
    throw new OciDiffError(
      'ERR_DIGEST_MISMATCH',
      `${what}: what was sent has the digest ${actual}, not ${digest}, which ${who}`,
    );
  }
  return { mediaType, digest: asked ?? header ?? digestOf(bytes), size: bytes.length };
}

/* By the document, where the registry gives it no type of manifests. */
function typeOf(
  bytes: Uint8Array,
  declared: string | null,
  contentType: string | null,
  what: string,
  limits: Limits,
): string {
  try {
    const document = parseJson(bytes, {
      maxDepth: limits.jsonDepth,
      maxBytes: limits.documentBytes,
      maxValues: limits.jsonValues,
    });
    const kind = documentKind(document, declared);
    const own = document.root.type === 'object' ? ownMediaType(document.root) : null;
    return own ?? (kind === 'index' ? OCI_INDEX : OCI_MANIFEST);
  } catch (error) {
    if (!(error instanceof OciDiffError) || error.code !== 'ERR_JSON_INVALID') throw error;
    const type = contentType === null ? 'no type' : JSON.stringify(contentType.slice(0, 100));
    throw new OciDiffError('ERR_REGISTRY', `${what}: what was sent is no manifest, but of ${type}: ${error.message}`);
  }
}
