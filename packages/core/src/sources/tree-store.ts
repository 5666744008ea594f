import type { ByteStream } from '../bytes/stream.js';
import { OciDiffError, wrapError } from '../errors.js';
import type { BlobRef, BlobStore, SourceKind, SourceRoot } from '../image/blob-store.js';
import type { Note } from '../notes.js';
import type { FileTree } from './file-tree.js';
import type { OpenedImage } from './opened-image.js';

/** An image in an archive or a folder. */
export class TreeStore implements BlobStore {
  readonly kind: SourceKind;
  readonly reference: string;
  readonly root: SourceRoot;
  readonly wrapping: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  readonly isRemote = false;
  readonly #tree: FileTree;
  readonly #pathsOf: (blob: BlobRef) => readonly string[];

  constructor(reference: string, tree: FileTree, image: OpenedImage, notes: readonly Note[]) {
    this.kind = image.kind;
    this.reference = reference;
    this.root = image.root;
    this.wrapping = image.wrapping;
    this.notes = notes;
    this.#tree = tree;
    this.#pathsOf = image.pathsOf;
  }

  async *open(blob: BlobRef, signal?: AbortSignal): ByteStream {
    try {
      const path = await this.#find(blob);
      if (path === null) {
        throw new OciDiffError('ERR_NOT_FOUND', `${blob.name} is not in the ${this.#tree.medium}`);
      }
      yield* this.#tree.open(path, signal);
    } catch (error) {
      /* The name that documents use wins over the medium's own. */
      const { code, message, location, cause, others } = wrapError(error, 'ERR_IO');
      throw new OciDiffError(code, message, {
        location: { ...location, input: this.reference, blob: blob.name },
        cause,
        others,
      });
    }
  }

  async stat(blob: BlobRef): Promise<number | null> {
    const path = await this.#find(blob);
    return path === null ? null : this.#tree.stat(path);
  }

  async close(): Promise<void> {
    await this.#tree.close();
  }

  async #find(blob: BlobRef): Promise<string | null> {
    for (const path of this.#pathsOf(blob)) if ((await this.#tree.stat(path)) !== null) return path;
    return null;
  }
}
