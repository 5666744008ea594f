import { compareConfigs } from './compare/config.js';
import { compareManifests } from './compare/manifest.js';
import { type ComparedLayers, compareLayerStacks, type ImageComparison } from './compare-layers.js';
import type { Image } from './image/load.js';
import type { ImagePair } from './select-images.js';

/** The two images as far as they could be loaded, and what comparing their layers told; null where it was not done. */
export interface ComparedImages {
  readonly image0: Image | null;
  readonly image1: Image | null;
  readonly layers: ComparedLayers | null;
  /** Whether everything that bears on the answer was read. */
  readonly complete: boolean;
}

/** Compares two images of one platform: manifests, configs, layers as streams, and the trees that they make. */
export async function compareImages(pair: ImagePair, comparison: ImageComparison): Promise<ComparedImages> {
  const { platform, manifest0, manifest1 } = pair;
  const { emit, limits } = comparison;
  const [image0, image1] = await Promise.all(
    [manifest0, manifest1].map(async (manifest, side) => {
      try {
        return await manifest.loadImage();
      } catch (error) {
        comparison.onFailure(side as 0 | 1, error);
        return null;
      }
    }),
  );
  const [document0, document1] = [manifest0.document, manifest1.document];
  if (image0 == null || image1 == null) {
    if (document0 !== null && document1 !== null) compareManifests(document0, document1, platform, [], emit, limits);
    return { image0: image0 ?? null, image1: image1 ?? null, layers: null, complete: false };
  }
  const layers = await compareLayerStacks(
    { ...image0, manifest: document0 },
    { ...image1, manifest: document1 },
    platform,
    comparison,
  );
  if (document0 !== null && document1 !== null) {
    compareManifests(document0, document1, platform, layers.pairs, emit, limits);
  }
  const changed = layers.pairs.filter(([layer0, layer1]) => diffIdAt(image0, layer0) !== diffIdAt(image1, layer1));
  compareConfigs(image0.config, image1.config, platform, changed, emit, limits);
  return { image0, image1, layers, complete: layers.complete };
}

function diffIdAt(image: Image, layer: number | null): string | null {
  return layer === null ? null : (image.layers[layer]?.diffId ?? null);
}
