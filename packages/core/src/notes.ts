/**
 * A fact about one side that is worth knowing but is no difference by itself: a media type that lies, trailing gzip
 * data, keys that differ only in case.
 */
export interface Note {
  readonly code: NoteCode;
  /** One sentence; names the blob or member it is about. Untrusted text in it is escaped only when rendered. */
  readonly message: string;
  /** Position of the layer it is about, from 0, once known. */
  readonly layer?: number;
}

export type NoteCode =
  | 'media-type-lie'
  | 'trailing-data'
  | 'json-key-case'
  | 'manifest-contradiction'
  | 'duplicate-member'
  | 'empty-layer'
  | 'engine-dependent'
  | 'aufs-metadata'
  | 'bogus-whiteout'
  | 'foreign-layer';

/** Where a reader leaves the notes it makes. */
export type NoteSink = (note: Note) => void;
