import type { ComparedImages } from './compare-images.js';
import type { BlobStore } from './image/blob-store.js';
import type { LoadedRoot } from './image/load.js';
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
}

/** Two images of one platform, and what comparing them left behind. */
export interface ComparedPair {
  readonly pair: ImagePair;
  readonly images: ComparedImages;
}
