import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OciDiffError, throwIfAborted } from '../errors.js';
import { checkLimit, type Limits } from '../limits.js';
import { ioError } from './io-error.js';

export interface SpoolOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  /** Folder for the temporary file; default: the system's. */
  readonly tmpDir?: string | undefined;
}

/** A temporary file that has no name any more: closing it removes it. */
export interface Spooled {
  readonly file: FileHandle;
  readonly size: number;
}

/**
 * Copies `stream` to a temporary file, since an archive is read at any offset. The file can be read by its owner alone
 * and loses its name before the first byte is written, so nothing that it held is left behind however the process ends:
 * an empty file, at most, by one that is killed in the moment between.
 * @param what for messages: what is copied
 * @throws {OciDiffError} `ERR_IO` (a full disk too), `ERR_LIMIT_EXCEEDED` for more than `spoolBytes`, `ERR_ABORTED`,
 *   and what `stream` throws
 */
export async function spool(
  stream: AsyncIterable<Uint8Array>,
  what: string,
  { limits, signal, tmpDir = tmpdir() }: SpoolOptions,
): Promise<Spooled> {
  throwIfAborted(signal);
  const file = await createUnnamed(tmpDir);
  let size = 0;
  try {
    for await (const chunk of abortable(stream, signal)) {
      if (!(chunk instanceof Uint8Array)) {
        throw new OciDiffError('ERR_OPTION_INVALID', `${what} gives text, not bytes: it must have no encoding set`);
      }
      checkLimit(limits, 'spoolBytes', size + chunk.length, `bytes of ${what}`);
      await writeFully(file, chunk, size, tmpDir);
      size += chunk.length;
    }
    return { file, size };
  } catch (error) {
    await file.close();
    throw ioError(error, what);
  }
}

/** A temporary file that its owner alone can read and that has no name any more. @throws {OciDiffError} `ERR_IO` */
export async function createUnnamed(folder: string): Promise<FileHandle> {
  const path = join(folder, `ocidiff-${randomBytes(12).toString('hex')}`);
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const file = await open(path, flags, 0o600);
    try {
      await unlink(path);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw temporaryError(error, folder);
  }
}

/** Writes all of `chunk` at `position`. @throws {OciDiffError} `ERR_IO` */
export async function writeFully(file: FileHandle, chunk: Uint8Array, position: number, folder: string): Promise<void> {
  try {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
      done += bytesWritten;
    }
  } catch (error) {
    throw temporaryError(error, folder);
  }
}

/* Always ERR_IO: a temporary folder that is not there is no image that is not there. */
function temporaryError(error: unknown, folder: string): OciDiffError {
  const { message, cause } = ioError(error, `cannot write a temporary file in ${folder}`);
  return new OciDiffError('ERR_IO', message, { cause: cause ?? error });
}

/** `stream`, but whoever waits for it stops waiting when `signal` fires. */
async function* abortable<T>(stream: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  const iterator = stream[Symbol.asyncIterator]();
  let wake: () => void = () => {};
  const stop = (): void => wake();
  signal?.addEventListener('abort', stop, { once: true });
  let over = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      const next = await new Promise<IteratorResult<T> | null>((resolve, reject) => {
        wake = () => resolve(null);
        iterator.next().then(resolve, reject);
      });
      if (next === null) continue;
      if (next.done === true) {
        over = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    /* Not waited for: a stream that gives nothing may not end either. */
    if (!over) iterator.return?.()?.then(undefined, () => {});
  }
}
