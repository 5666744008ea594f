import type { ComparedImages } from './compare-images.js';
import type { BlobStore } from './image/blob-store.js';
import type { Layer, LoadedRoot } from './image/load.js';
import type { LayerReading } from './layer/read-layer.js';
import type { Note } from './notes.js';
import type { ImagePair } from './select-images.js';

/** One side of a comparison, opened. */
export interface ComparisonSide {
  /** The image as the user wrote it. */
  readonly reference: string;
  readonly store: BlobStore;
  readonly root: LoadedRoot;
  /** Grows while the side is read. */
  readonly notes: Note[];
  /** Of a side that was rewritten (prove/): what a layer holds now; null for one that its store holds. */
  readonly rewritten?: (layer: Layer) => LayerReading | null;
}

/** Two images of one platform, and what comparing them left behind. */
export interface ComparedPair {
  readonly pair: ImagePair;
  readonly images: ComparedImages;
}
