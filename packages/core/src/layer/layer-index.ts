import type { DiffId } from '../digest.js';
import type { TarHeader } from '../tar/entry.js';
import type { TarTrailer } from '../tar/reader.js';

/**
 * What a layer's tar stream holds, one record an entry in stream order. Header blocks, content, padding and trailer
 * cover the stream: every byte is in exactly one of them.
 */
export interface LayerIndex {
  readonly diffId: DiffId;
  /** Bytes of the uncompressed stream. */
  readonly bytes: number;
  readonly entries: readonly TarHeader[];
  /** By position: sha256 of the content, 32 bytes as a latin1 string; '' for what is no file. */
  readonly contentDigests: readonly string[];
  /** By position: the padding of entries where it is not all zero; empty where the stream ends with the content. */
  readonly paddings: ReadonlyMap<number, Uint8Array>;
  readonly trailer: TarTrailer;
}
