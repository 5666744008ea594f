import { alignLayers, type LayerFacts } from './compare/align.js';
import { compareConfigs } from './compare/config.js';
import type { FindingSink, LayerPair } from './compare/finding.js';
import { compareLayers } from './compare/layers.js';
import { compareManifests } from './compare/manifest.js';
import { OciDiffError } from './errors.js';
import type { Image, Layer } from './image/load.js';
import type { ContentKeeper, ContentTap } from './layer/content-keeper.js';
import type { LayerDepth, LayerReading } from './layer/read-layer.js';
import type { Limits } from './limits.js';
import type { ImagePair } from './select-images.js';

/** Reads one layer of one side; see `readLayer`. */
export type LayerReader = (side: 0 | 1, layer: Layer, depth: LayerDepth, tap?: ContentTap) => Promise<LayerReading>;

/** What comparing two images needs and leaves behind. */
export interface ImageComparison {
  readonly limits: Limits;
  readonly readLayer: LayerReader;
  readonly emit: FindingSink;
  /** Keeps what the report folder will want; null without one. */
  readonly keeper: ContentKeeper | null;
  /** Takes what failed on one side; the comparison goes on with what is left. */
  readonly onFailure: (side: 0 | 1, error: unknown) => void;
  readonly onNote: (side: 0 | 1, code: 'layer-count', message: string) => void;
}

/** The two images as far as they could be loaded, and how their layers are aligned. */
export interface ComparedImages {
  readonly image0: Image | null;
  readonly image1: Image | null;
  readonly layers: readonly LayerPair[];
  /** Whether everything that bears on the answer was read. */
  readonly complete: boolean;
}

/**
 * Compares two images of one platform: manifests, configs, and layer with layer as streams.
 * A layer is read as deep as it must be: one that both sides name by one digest is only verified, one of equal diffIDs
 * decompressed and verified, any other indexed.
 */
export async function compareImages(pair: ImagePair, comparison: ImageComparison): Promise<ComparedImages> {
  const { platform, manifest0, manifest1 } = pair;
  const { emit, onFailure, limits } = comparison;
  let complete = true;
  const fail = (side: 0 | 1, error: unknown): void => {
    complete = false;
    onFailure(side, error);
  };
  const [image0, image1] = await Promise.all(
    [manifest0, manifest1].map(async (manifest, side) => {
      try {
        return await manifest.loadImage();
      } catch (error) {
        fail(side as 0 | 1, error);
        return null;
      }
    }),
  );
  if (image0 == null || image1 == null) {
    if (manifest0.document !== null && manifest1.document !== null) {
      compareManifests(manifest0.document, manifest1.document, platform, [], emit, limits);
    }
    return { image0: image0 ?? null, image1: image1 ?? null, layers: [], complete };
  }

  const layers = alignLayers(factsOf(image0), factsOf(image1)).pairs;
  if (manifest0.document !== null && manifest1.document !== null) {
    compareManifests(manifest0.document, manifest1.document, platform, layers, emit, limits);
  }
  const changed = layers.filter(([layer0, layer1]) => diffIdAt(image0, layer0) !== diffIdAt(image1, layer1));
  compareConfigs(image0.config, image1.config, platform, changed, emit, limits);
  compareLayerLists(image0, image1, platform, layers, emit);
  if (layers.some(([layer0, layer1]) => layer0 !== layer1)) {
    for (const [side, image] of [image0, image1].entries()) {
      const alone = layers.filter((pair) => pair[side] !== null && pair[1 - side] === null).length;
      comparison.onNote(
        side as 0 | 1,
        'layer-count',
        `${image.layers.length} layers, ${alone} of them without one on the other side that they could be compared with; layers are compared as streams, and whether the file systems are the same is not judged`,
      );
    }
  }

  /* One pair of layers after the other, both sides at once. */
  for (const aligned of layers) {
    const layer0 = aligned[0] === null ? null : (image0.layers[aligned[0]] as Layer);
    const layer1 = aligned[1] === null ? null : (image1.layers[aligned[1]] as Layer);
    const depth = depthFor(layer0, layer1);
    const taps = layer0 === null || layer1 === null ? undefined : comparison.keeper?.pair(layer0, layer1);
    const read = async (side: 0 | 1, layer: Layer | null): Promise<LayerReading | null> => {
      if (layer === null) return null;
      try {
        return await comparison.readLayer(side, layer, depth, taps?.[side]);
      } catch (error) {
        if (error instanceof OciDiffError && error.code === 'ERR_ABORTED') throw error;
        fail(side, error);
        return null;
      }
    };
    const [reading0, reading1] = await bothSettled(read(0, layer0), read(1, layer1));
    if (layer0 === null || layer1 === null || reading0 === null || reading1 === null) continue;
    compareLayers({ layer: layer0, reading: reading0 }, { layer: layer1, reading: reading1 }, platform, aligned, emit);
  }
  return { image0, image1, layers, complete };
}

/* Both, once neither is under way any more: what one throws must not leave the other reading. */
async function bothSettled<T>(first: Promise<T>, second: Promise<T>): Promise<[T, T]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/* Tells the layers that one side has alone, and that the numbers differ. */
function compareLayerLists(
  image0: Image,
  image1: Image,
  platform: string,
  layers: readonly LayerPair[],
  emit: FindingSink,
): void {
  const place = { subject: 'layer', platform } as const;
  for (const pair of layers) {
    const [layer0, layer1] = pair;
    if (layer0 !== null && layer1 !== null) continue;
    emit({
      ...place,
      change: layer0 !== null ? 'removed' : 'added',
      layers: pair,
      field: 'diffId',
      values: [diffIdAt(image0, layer0), diffIdAt(image1, layer1)],
      excuses: [],
    });
  }
  if (image0.layers.length !== image1.layers.length) {
    emit({
      ...place,
      change: 'modified',
      field: 'count',
      values: [image0.layers.length, image1.layers.length],
      excuses: [],
    });
  }
}

/**
 * How deep a pair of layers has to be read. Where the sides disagree on the diffID of one blob, one of them lies, and
 * only decompressing tells which.
 */
function depthFor(layer0: Layer | null, layer1: Layer | null): LayerDepth {
  if (layer0 === null || layer1 === null) return 'index';
  if (layer0.diffId !== layer1.diffId) return 'index';
  const sameBlob = layer0.ref.digest !== null && layer0.ref.digest === layer1.ref.digest;
  return sameBlob ? 'blob' : 'diff-id';
}

function factsOf(image: Image): LayerFacts[] {
  return image.layers.map(({ diffId }) => ({ diffId, createdBy: null, paths: null }));
}

function diffIdAt(image: Image, layer: number | null): string | null {
  return layer === null ? null : (image.layers[layer] as Layer).diffId;
}
