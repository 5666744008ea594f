import type { BlobRef, SourceKind, SourceRoot } from '../image/blob-store.js';
import type { Limits } from '../limits.js';
import type { NoteSink } from '../notes.js';

/** What a reader of one kind of medium found. */
export interface OpenedImage {
  readonly kind: SourceKind;
  readonly root: SourceRoot;
  readonly wrapping: Readonly<Record<string, unknown>>;
  /** Where `blob` may be in the tree, the likeliest path first. */
  readonly pathsOf: (blob: BlobRef) => readonly string[];
}

/** What choosing and reading an image takes besides its tree. */
export interface OpenImageContext {
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  readonly onNote: NoteSink;
  /** Which image of several. */
  readonly ref: string | null;
  /** How a REF is written for this input, up to the colon before it. */
  readonly notation: string;
}
