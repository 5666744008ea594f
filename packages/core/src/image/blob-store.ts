import type { ByteStream } from '../bytes/stream.js';
import type { Digest } from '../digest.js';
import type { Note } from '../notes.js';
import type { Descriptor } from './descriptor.js';

/** What kind of medium an image came from; skopeo's and diffoci's names. */
export type SourceKind =
  | 'oci-archive'
  | 'docker-archive'
  | 'oci'
  | 'dir'
  | 'docker'
  | 'podman'
  | 'containerd'
  | 'registry';

/** Something that can be read from a medium: by digest where it has one, else by the medium's own name for it. */
export interface BlobRef {
  /** For messages: a digest, or the member's or file's name. */
  readonly name: string;
  /** Digest of the stored bytes; null where the medium states none (layers of `docker save` archives). */
  readonly digest: Digest | null;
  /** Bytes as stored; null where not known before reading. */
  readonly size: number | null;
  /** It is an index or a manifest, which registries keep in another place than blobs. */
  readonly isManifest?: true;
}

/**
 * What a medium offers as the image that was asked for.
 * - `descriptor`: an index or a manifest with a digest of its own.
 * - `docker`: a config and layers without a manifest (`docker save` of a store that keeps none, Podman's and skopeo's
 *   docker-archive). Its digest is null; what the medium has lost is not invented.
 */
export type SourceRoot =
  | { readonly type: 'descriptor'; readonly descriptor: Descriptor }
  | { readonly type: 'docker'; readonly config: BlobRef; readonly layers: readonly BlobRef[] };

/**
 * A medium opened at one image. Whoever opened it closes it; no read outlives `close`.
 */
export interface BlobStore {
  readonly kind: SourceKind;
  /** The image as the user wrote it. */
  readonly reference: string;
  readonly root: SourceRoot;
  /**
   * What the archive wraps around the image: its index.json or manifest.json entry for this image, as plain JSON
   * values by name (`RepoTags`, `annotations`, …). Differences in it are `transport`.
   */
  readonly wrapping: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  /** Blobs come over a network: one that both sides name by one digest is not fetched. */
  readonly isRemote: boolean;
  /**
   * The stored bytes of `blob`, each time anew, in chunks of up to READ_CHUNK_BYTES; **not** verified: the reader
   * passes them through `verify`.
   * @throws {OciDiffError} `ERR_NOT_FOUND` if the medium lacks it; `ERR_IO`; `ERR_ABORTED`. Thrown while iterating.
   */
  open(blob: BlobRef, signal?: AbortSignal): ByteStream;
  /** Bytes of `blob` as the medium has them, null if the medium lacks it (or cannot say without reading). */
  stat(blob: BlobRef): Promise<number | null>;
  close(): Promise<void>;
}
