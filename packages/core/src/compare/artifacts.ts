import { OciDiffError } from '../errors.js';
import type { BlobRef } from '../image/blob-store.js';
import { foreignMissing, foreignNote, isAbsentForeign, type NamedBlob } from '../image/foreign-layer.js';
import { type LoadedManifest, refOf } from '../image/load.js';
import type { JsonDocument } from '../json/value.js';
import { checkLimit, type Limits } from '../limits.js';
import type { Note } from '../notes.js';
import { compareDocuments, FieldPointers } from './document.js';
import type { Shape } from './document-schema.js';
import type { FindingSink } from './finding.js';
import { compareManifests } from './manifest.js';

/** What comparing two manifests, at least one of them an artifact's, needs and leaves behind. */
export interface ArtifactComparison {
  readonly limits: Limits;
  readonly emit: FindingSink;
  /** Takes what failed on one side; the comparison goes on with what is left. */
  readonly onFailure: (side: 0 | 1, error: unknown) => void;
  readonly onNote: (side: 0 | 1, note: Note) => void;
}

/** What an artifact's config holds is not ours to know. */
const ANY: Shape = { kind: 'map' };

/**
 * Compares two manifests of which at least one is no image's: manifests field by field, configs as JSON where both are
 * JSON of artifacts, all else by digest. What a layer of an artifact holds is not known; its bytes are verified.
 * @returns whether everything that bears on the answer was read
 * @throws {OciDiffError} `ERR_ABORTED`; `ERR_LIMIT_EXCEEDED` above `documentDifferenceBytes`
 */
export async function compareArtifacts(
  manifest0: LoadedManifest,
  manifest1: LoadedManifest,
  platform: string,
  comparison: ArtifactComparison,
): Promise<boolean> {
  const { limits, emit } = comparison;
  if (manifest0.document !== null && manifest1.document !== null) {
    compareManifests(manifest0.document, manifest1.document, platform, [], emit, limits);
  } else {
    /* The medium has lost the manifest of one side, and that is an image's: no artifact is without one. */
    emit({
      subject: 'manifest',
      change: 'modified',
      platform,
      field: 'kind',
      values: [kindOf(manifest0), kindOf(manifest1)],
      excuses: [],
    });
  }
  const shared = sharedBlobs(manifest0, manifest1);
  const [config0, config1, complete] = await readBoth(manifest0, manifest1, shared, comparison);
  if (config0 !== null && config1 !== null) {
    compareDocuments(config0, config1, {
      subject: 'config',
      platform,
      shape: ANY,
      skip: new Set(),
      pointers: new FieldPointers(limits, `the configs for ${platform}`),
      emit,
      judge: () => ({ excuses: [] }),
    });
  }
  return complete;
}

function kindOf({ artifactType }: LoadedManifest): string {
  return artifactType === null ? 'image' : `artifact of the type ${artifactType}`;
}

/* Digests of the layers that both sides name. */
function sharedBlobs({ manifest: manifest0 }: LoadedManifest, { manifest: manifest1 }: LoadedManifest): Set<string> {
  const own = new Set(manifest0?.layers.map(({ digest }) => digest));
  return new Set(manifest1?.layers.flatMap(({ digest }) => (own.has(digest) ? [digest] : [])));
}

async function readBoth(
  manifest0: LoadedManifest,
  manifest1: LoadedManifest,
  shared: ReadonlySet<string>,
  comparison: ArtifactComparison,
): Promise<[JsonDocument | null, JsonDocument | null, boolean]> {
  /* An image's config says other things than an artifact's; and what both name by one digest is the same. */
  const isArtifact = manifest0.artifactType !== null && manifest1.artifactType !== null;
  const asJson = isArtifact && manifest0.manifest?.config.digest !== manifest1.manifest?.config.digest;
  const results = await Promise.allSettled(
    [manifest0, manifest1].map((manifest, side) => readSide(manifest, side as 0 | 1, asJson, shared, comparison)),
  );
  const [read0, read1] = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return [read0?.config ?? null, read1?.config ?? null, read0?.complete === true && read1?.complete === true];
}

interface SideRead {
  /** Where it was asked for and is JSON. */
  readonly config: JsonDocument | null;
  readonly complete: boolean;
}

async function readSide(
  manifest: LoadedManifest,
  side: 0 | 1,
  asJson: boolean,
  shared: ReadonlySet<string>,
  { limits, onFailure, onNote }: ArtifactComparison,
): Promise<SideRead> {
  let complete = true;
  const attempt = async (run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (error instanceof OciDiffError && error.code === 'ERR_ABORTED') throw error;
      complete = false;
      onFailure(side, error);
    }
  };
  let config: JsonDocument | null = null;
  let layers: readonly NamedBlob[] = [];
  await attempt(async () => {
    const found = await layersOf(manifest);
    checkLimit(limits, 'layers', found.length, 'layers of one artifact');
    layers = found;
  });
  await attempt(async () => {
    const { manifest: own } = manifest;
    /* Of an image whose medium has lost the manifest, the config has been read just now. */
    if (own === null) return;
    config = await readConfig(manifest, refOf(own.config), asJson && own.config.size <= limits.documentBytes);
  });
  const verified = new Set<string>();
  for (const layer of layers) {
    const key = `${layer.ref.name} ${layer.ref.size}`;
    if (verified.has(key)) continue;
    verified.add(key);
    await attempt(async () => {
      if (!(await isAbsentForeign(layer, manifest.blobs))) return manifest.blobs.verify(layer.ref);
      if (!shared.has(layer.ref.name)) throw foreignMissing(layer);
      onNote(side, foreignNote(layer));
    });
  }
  return { config, complete };
}

async function layersOf({ manifest, loadImage }: LoadedManifest): Promise<readonly NamedBlob[]> {
  if (manifest === null) return (await loadImage()).layers;
  return manifest.layers.map((descriptor) => ({ ref: refOf(descriptor), descriptor }));
}

/* Null for what is no JSON, which is only verified. */
async function readConfig({ blobs }: LoadedManifest, ref: BlobRef, asJson: boolean): Promise<JsonDocument | null> {
  if (!asJson) {
    await blobs.verify(ref);
    return null;
  }
  try {
    return await blobs.readDocument(ref);
  } catch (error) {
    /* Its bytes have passed the verification before anything looks into them. */
    if (error instanceof OciDiffError && error.code === 'ERR_JSON_INVALID') return null;
    throw error;
  }
}
