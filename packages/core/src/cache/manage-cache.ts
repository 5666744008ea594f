import { rmdirSync } from 'node:fs';
import { OciDiffError } from '../errors.js';
import { type CacheOptions, cacheFolder } from './cache-folder.js';
import { listKeptFiles, removeFile } from './kept-files.js';
import { openPrivateFolder } from './private-folder.js';

/** What is kept of layers, and where. */
export interface CacheContents {
  /** Null where the environment does not say where it would be. */
  readonly folder: string | null;
  /** Layers that are kept. */
  readonly layers: number;
  /** Bytes of the files. */
  readonly bytes: number;
  /** Why the folder is not used; null where it is, or will be. */
  readonly problem: string | null;
}

/**
 * What is kept of layers. Nothing is changed.
 * @param options `cache` is where it is; default: true, by `env`
 */
export function inspectCache(options: CacheOptions = {}): CacheContents {
  const folder = cacheFolder({ cache: true, ...options });
  if (folder === null) return { folder, layers: 0, bytes: 0, problem: null };
  const { path, problem } = openPrivateFolder(folder, false);
  const files = path === null ? [] : listKeptFiles(path);
  return { folder, ...countOf(files), problem };
}

/**
 * Removes what ocidiff has kept of layers, and nothing else.
 * @param options as for `inspectCache`
 * @returns what was removed
 * @throws {OciDiffError} `ERR_IO` where the folder is not one that ocidiff would use
 */
export function clearCache(options: CacheOptions = {}): CacheContents {
  const folder = cacheFolder({ cache: true, ...options });
  if (folder === null) return { folder, layers: 0, bytes: 0, problem: null };
  const { path, problem } = openPrivateFolder(folder, false);
  if (problem !== null) throw new OciDiffError('ERR_IO', `the cache is left alone: ${problem}`);
  if (path === null) return { folder, layers: 0, bytes: 0, problem };
  const removed = listKeptFiles(path).filter((file) => removeFile(file.path));
  if (removed.length > 0) removeEmptyFolder(path);
  return { folder, ...countOf(removed), problem };
}

/* Of which nothing says that ocidiff made it, unless its files were in it. */
function removeEmptyFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    /* Something is in it that ocidiff did not write, or another process has just written. */
  }
}

function countOf(files: readonly { readonly bytes: number; readonly temporary: boolean }[]): {
  layers: number;
  bytes: number;
} {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { layers: files.filter(({ temporary }) => !temporary).length, bytes };
}
