import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteStream } from '../bytes/stream.js';
import { OciDiffError } from '../errors.js';
import type { FileTree } from './file-tree.js';
import { ioError, systemCode } from './io-error.js';
import { readRange } from './read-range.js';

/**
 * A folder on disk. Symbolic links are followed, wherever they lead: the disk is the user's own, and build systems make
 * layouts of links. Nothing but a regular file is read.
 */
export class Folder implements FileTree {
  readonly medium = 'folder';
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async stat(path: string): Promise<number | null> {
    try {
      const stats = await stat(this.#locate(path));
      if (stats.isDirectory()) return null;
      requireFile(stats, path);
      return stats.size;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw ioError(error, path, { blob: path });
    }
  }

  async *open(path: string, signal?: AbortSignal): ByteStream {
    let file: FileHandle | undefined;
    try {
      /* A FIFO would make open wait for its other end. */
      file = await open(this.#locate(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const stats = await file.stat();
      requireFile(stats, path);
      yield* readRange(file, 0, stats.size, path, signal);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        throw new OciDiffError('ERR_NOT_FOUND', `${path} is not in the folder`, { location: { blob: path } });
      }
      throw ioError(error, path, { blob: path });
    } finally {
      await file?.close();
    }
  }

  async topNames(): Promise<string[]> {
    const entries = await readdir(this.#path, { withFileTypes: true });
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  }

  async close(): Promise<void> {}

  /* Documents name files; one must not name what is not part of the image. */
  #locate(path: string): string {
    if (path.startsWith('/') || path.includes('\\') || path.includes('\0') || path.split('/').includes('..')) {
      throw new OciDiffError('ERR_ARCHIVE_INVALID', `${path} leads out of the folder`, { location: { blob: path } });
    }
    return join(this.#path, path);
  }
}

function requireFile(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  throw new OciDiffError('ERR_IO', `${path} is ${kindOf(stats)}, not a regular file`, { location: { blob: path } });
}

/** What a path is, if not a regular file. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device';
  return 'something else';
}
