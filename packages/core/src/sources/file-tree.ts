import type { ByteStream } from '../bytes/stream.js';

/**
 * Files by path, in an archive or a folder. Paths are text as a JSON document names them, parted by `/` and relative to
 * the root; one that leads out of the tree is an error.
 */
export interface FileTree {
  /** For messages. */
  readonly medium: 'archive' | 'folder';
  /**
   * Bytes of the regular file at `path`, links followed; null if there is none.
   * @throws {OciDiffError} `ERR_ARCHIVE_INVALID` for links that loop or lead out, `ERR_IO`
   */
  stat(path: string): Promise<number | null>;
  /**
   * The bytes of the file at `path`, in chunks of up to READ_CHUNK_BYTES, each good until the next is asked for.
   * @throws {OciDiffError} while iterating: `ERR_NOT_FOUND`, `ERR_IO`, `ERR_ABORTED`, `ERR_ARCHIVE_INVALID`
   */
  open(path: string, signal?: AbortSignal): ByteStream;
  /** Names at the top, sorted, folders with a `/`; for messages. */
  topNames(): Promise<string[]>;
  close(): Promise<void>;
}
