import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Mode bits: only its owner may remove or rename a file in the folder; everybody may make files in it. */
const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;

/** A file could not be written. The message names it. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/**
 * Writes `chunks` to the file at `path`: beside it first, and renamed once all is written, so that a run that is
 * interrupted or finds the disk full leaves what was there before. A device or pipe is written to directly.
 * @throws {OutputError}; and `signal.reason` once that has fired
 */
export async function writeOutputFile(path: string, chunks: Iterable<string>, signal: AbortSignal): Promise<void> {
  try {
    const own = await lstat(path).catch(nullIfMissing);
    const isLink = own?.isSymbolicLink() === true;
    if (isLink) await refuseLinkOfOthers(own, path);
    const existing = isLink ? await stat(path).catch(nullIfMissing) : own;
    if (existing !== null && !existing.isFile()) {
      await writeAll(await open(path, 'w'), chunks, signal);
      return;
    }
    /* A link stays a link, to a file that is new. What is no link is not asked where it leads: it may have become one. */
    const target = existing === null || !isLink ? path : await realpath(path);
    await replace(target, existing === null ? 0o666 : existing.mode & 0o777, chunks, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new OutputError(`${path}: cannot be written: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/**
 * In a folder such as /tmp anybody can put a link where somebody else is about to write. Linux does not follow it for a
 * program that opens it (proc_sys_fs(5), protected_symlinks); to find out where it leads and replace that must not be a
 * way around.
 */
async function refuseLinkOfOthers(link: Stats, path: string): Promise<void> {
  const folder = await stat(dirname(path));
  const isShared = (folder.mode & STICKY) !== 0 && (folder.mode & OTHERS_WRITE) !== 0;
  if (!isShared || link.uid === process.geteuid?.() || link.uid === folder.uid) return;
  throw new Error('it is a symbolic link of another user in a folder that everybody can write to');
}

async function replace(target: string, mode: number, chunks: Iterable<string>, signal: AbortSignal): Promise<void> {
  const temporary = `${target}.tmp-${randomBytes(6).toString('hex')}`;
  const file = await open(temporary, 'wx', mode);
  try {
    await writeAll(file, chunks, signal);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeAll(file: FileHandle, chunks: Iterable<string>, signal: AbortSignal): Promise<void> {
  try {
    for (const chunk of chunks) {
      signal.throwIfAborted();
      await file.appendFile(chunk);
    }
    signal.throwIfAborted();
  } finally {
    await file.close();
  }
}
