import { type ErrorCode, OciDiffError } from '../errors.js';
import type { Platform } from './descriptor.js';
import type { LoadedChild, LoadedIndex } from './load.js';
import { canonicalMediaType } from './media-type.js';
import { normalizePlatform } from './platform.js';

/** A manifest that an index names, itself or through an index within it. */
export interface IndexLeaf {
  readonly child: LoadedChild;
  /** Normalised; from the descriptor, where that has none from the image's config. */
  readonly platform: Platform;
  /** Whether it says something about an image and is none. */
  readonly attestation: boolean;
  /** Of an artifact that names no platform: its type. Its `platform` is `unknown/unknown`. */
  readonly artifactType?: string;
}

/** Takes a child of an index that cannot be read, and why. */
export type UnreadableSink = (child: LoadedChild, error: OciDiffError) => void;

/** What is wrong with the whole, whichever child it showed at. */
const ENDS_ALL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['ERR_ABORTED', 'ERR_LIMIT_EXCEEDED']);

const UNKNOWN: Platform = { os: 'unknown', architecture: 'unknown' };

/**
 * The manifests of `index` in order, those of nested indexes in the nested index's place. What is neither index nor
 * manifest is left out. Reads no more than it must: nested indexes, the config of an image whose
 * descriptor names no platform, and the manifest of one that is `unknown/unknown`.
 *
 * An attestation is a child with the annotation `vnd.docker.reference.type: attestation-manifest`, or one for
 * `unknown/unknown` with nothing but in-toto layers. Source: BuildKit, docs/attestations/attestation-storage.md.
 * @param onUnreadable takes a child that had to be read and cannot be, which is then left out; without it, and for a
 *   limit or an abort, the error is thrown
 * @throws {OciDiffError} as `LoadedChild.load` and `LoadedManifest.loadImage`
 */
export async function imageChildren(index: LoadedIndex, onUnreadable?: UnreadableSink): Promise<IndexLeaf[]> {
  const leaves: IndexLeaf[] = [];
  for (const child of index.children) {
    for (const leaf of await childLeaves(child, onUnreadable)) leaves.push(leaf);
  }
  return leaves;
}

/** The same of one child: itself, or the manifests of the index that it is. */
export async function childLeaves(child: LoadedChild, onUnreadable?: UnreadableSink): Promise<readonly IndexLeaf[]> {
  try {
    return await leavesOf(child, onUnreadable);
  } catch (error) {
    if (onUnreadable === undefined || !(error instanceof OciDiffError) || ENDS_ALL.has(error.code)) throw error;
    onUnreadable(child, error);
    return [];
  }
}

async function leavesOf(child: LoadedChild, onUnreadable: UnreadableSink | undefined): Promise<readonly IndexLeaf[]> {
  const { kind } = canonicalMediaType(child.descriptor.mediaType);
  if (kind === 'index') {
    const nested = await child.load();
    return nested.kind === 'index' ? imageChildren(nested, onUnreadable) : [];
  }
  if (kind !== 'manifest' && kind !== 'schema1') return [];
  const leaf = await leafOf(child);
  return leaf === null ? [] : [leaf];
}

async function leafOf(child: LoadedChild): Promise<IndexLeaf | null> {
  const { annotations, platform } = child.descriptor;
  if (annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') {
    return { child, platform: platform === undefined ? UNKNOWN : normalizePlatform(platform), attestation: true };
  }
  if (platform !== undefined) {
    const normal = normalizePlatform(platform);
    const unknown = normal.os === 'unknown' && normal.architecture === 'unknown';
    return { child, platform: normal, attestation: unknown && (await hasOnlyInToto(child)) };
  }
  const loaded = await child.load();
  if (loaded.kind === 'index') return null;
  if (loaded.artifactType !== null) {
    return { child, platform: UNKNOWN, attestation: false, artifactType: loaded.artifactType };
  }
  const { configFile } = await loaded.loadImage();
  const { os, architecture, variant } = configFile;
  const version = configFile['os.version'];
  const own: Platform = {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  };
  return { child, platform: normalizePlatform(own), attestation: false };
}

/* A blob that no chosen platform needs may be absent, and nobody chooses unknown/unknown. */
async function hasOnlyInToto(child: LoadedChild): Promise<boolean> {
  try {
    const loaded = await child.load();
    const layers = loaded.kind === 'manifest' ? (loaded.manifest?.layers ?? []) : [];
    return layers.length > 0 && layers.every(({ mediaType }) => canonicalMediaType(mediaType).kind === 'in-toto');
  } catch (error) {
    if (error instanceof OciDiffError && error.code === 'ERR_NOT_FOUND') return false;
    throw error;
  }
}
