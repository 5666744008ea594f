import type { ByteStream } from '../bytes/stream.js';
import { type Digest, digestOf } from '../digest.js';
import type { BlobRef, BlobStore, SourceRoot } from '../image/blob-store.js';

/** A medium whose documents were rewritten; everything else is read from the original. Closing it closes nothing. */
export class RewrittenStore implements BlobStore {
  readonly kind: BlobStore['kind'];
  readonly reference: string;
  readonly wrapping: BlobStore['wrapping'];
  readonly notes: BlobStore['notes'];
  readonly isRemote: boolean;
  root: SourceRoot;
  readonly #original: BlobStore;
  readonly #documents = new Map<string, Uint8Array>();

  constructor(original: BlobStore) {
    this.#original = original;
    this.kind = original.kind;
    this.reference = original.reference;
    this.wrapping = original.wrapping;
    this.notes = original.notes;
    this.isRemote = original.isRemote;
    this.root = original.root;
  }

  /** Adds a document. */
  put(bytes: Uint8Array): { readonly digest: Digest; readonly size: number } {
    const digest = digestOf(bytes);
    this.#documents.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  open(blob: BlobRef, signal?: AbortSignal): ByteStream {
    const bytes = this.#documents.get(blob.name);
    return bytes === undefined ? this.#original.open(blob, signal) : one(bytes);
  }

  async stat(blob: BlobRef): Promise<number | null> {
    return this.#documents.get(blob.name)?.length ?? this.#original.stat(blob);
  }

  async close(): Promise<void> {}
}

async function* one(bytes: Uint8Array): ByteStream {
  yield bytes;
}
