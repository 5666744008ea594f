import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';

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
    const existing = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (existing !== null && !existing.isFile()) {
      await writeAll(await open(path, 'w'), chunks, signal);
      return;
    }
    /* A link stays a link, to a file that is new. */
    const target = existing === null ? path : await realpath(path);
    await replace(target, existing === null ? 0o666 : existing.mode & 0o777, chunks, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new OutputError(`${path}: cannot be written: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
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
