import type { Digest } from '../digest.js';
import { OciDiffError, wrapError } from '../errors.js';
import type { BlobStore } from '../image/blob-store.js';
import type { Layer } from '../image/load.js';
import { checkImageMemory, type IndexMemory } from '../layer/index-builder.js';
import type { LayerIndex } from '../layer/layer-index.js';
import {
  type LayerDepth,
  type LayerReading,
  type ReadLayerOptions,
  readLayer,
  tellOfReading,
  verifyBlob,
} from '../layer/read-layer.js';
import type { Limits } from '../limits.js';
import { memoryOf } from '../tar/entry-builder.js';
import type { ReadingKey } from './kept-reading.js';
import type { LayerCache } from './layer-cache.js';

export interface ReadCachedLayerOptions extends ReadLayerOptions {
  /** Told the bytes of a blob that is going to be read from the medium. */
  readonly onRead: (bytes: number) => void;
}

/**
 * `readLayer`, but for layers of which a reading is kept. It was kept when a blob of that digest had been verified, its
 * uncompressed bytes too, against the diffID. So a remote layer of that digest and diffID is not fetched, and one that is
 * here is hashed and not decompressed. The answer and the notes are the same; only `tap` is told of nothing.
 * @param cache null: none is used
 */
export async function readCachedLayer(
  cache: LayerCache | null,
  store: BlobStore,
  layer: Layer,
  depth: LayerDepth,
  options: ReadCachedLayerOptions,
): Promise<LayerReading> {
  const read = (): Promise<LayerReading> => {
    options.onRead(layer.ref.size ?? 0);
    return readLayer(store, layer, depth, options);
  };
  if (cache === null || depth === 'blob') return read();
  const { ref, diffId } = layer;
  /* A medium that states no digest (`docker save`) mostly has the uncompressed layer, whose digest is the diffID. */
  const digest = ref.digest ?? (diffId as string as Digest);
  const key: ReadingKey = { digest, diffId, depth, examined: options.examine === true };
  const kept = cache.load(key);
  if (kept !== null && (ref.size ?? kept.storedBytes) === kept.storedBytes) {
    if (store.isRemote || (await isBlob(store, layer, digest, options))) {
      if (kept.index !== null && options.memory !== undefined) {
        addMemory(options.memory, kept.index, options.limits, ref.name);
      }
      tellOfReading(layer, kept, options.onNote);
      return kept;
    }
  }
  const reading = await read();
  if (ref.digest !== null || reading.compression?.format === 'none') cache.store(key, reading);
  return reading;
}

/* As building it would have done, with the layer's name. */
function addMemory(memory: IndexMemory, { entries }: LayerIndex, limits: Limits, blob: string): void {
  for (const entry of entries) memory.bytes += memoryOf(entry);
  try {
    checkImageMemory(memory, limits);
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { blob });
  }
}

/** @throws {OciDiffError} as `readLayer` where the medium states the digest: it is not what it says then */
async function isBlob(
  store: BlobStore,
  layer: Layer,
  digest: Digest,
  options: ReadCachedLayerOptions,
): Promise<boolean> {
  try {
    options.onRead(layer.ref.size ?? 0);
    await verifyBlob(store, layer, digest, options);
    return true;
  } catch (error) {
    if (layer.ref.digest === null && error instanceof OciDiffError && error.code === 'ERR_DIGEST_MISMATCH')
      return false;
    throw error;
  }
}
