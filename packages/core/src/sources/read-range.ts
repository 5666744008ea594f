import type { FileHandle } from 'node:fs/promises';
import { type ByteStream, READ_CHUNK_BYTES } from '../bytes/stream.js';
import { OciDiffError, throwIfAborted } from '../errors.js';
import { ioError } from './io-error.js';

/**
 * `length` bytes of a file from `position` on. The next read is under way while the reader works on a chunk. Two
 * buffers take turns, so a chunk is good only until the next is asked for; with fresh buffers two streams held 30 MB
 * more at their peak, since memory outside the heap is collected late.
 * @param name of the file or member, for messages
 * @throws {OciDiffError} `ERR_IO`, also where the file ends before; `ERR_ABORTED`
 */
export async function* readRange(
  file: FileHandle,
  position: number,
  length: number,
  name: string,
  signal?: AbortSignal,
): ByteStream {
  const size = Math.min(length, READ_CHUNK_BYTES);
  const buffers = [new Uint8Array(size), length > size ? new Uint8Array(size) : new Uint8Array(0)] as const;
  let turn: 0 | 1 = 0;
  let asked = 0;
  const ask = (): Promise<Uint8Array> | null => {
    if (asked === length) return null;
    const part = buffers[turn].subarray(0, Math.min(size, length - asked));
    const from = asked;
    turn = turn === 0 ? 1 : 0;
    asked += part.length;
    const reading = readFully(file, part, position + from).then((bytes) => {
      if (bytes === part.length) return part;
      throw new OciDiffError(
        'ERR_IO',
        `${name}: the file ends after ${from + bytes} of ${length} bytes; has it changed?`,
      );
    });
    /* Whoever stops early does not look at the read ahead. */
    reading.catch(() => {});
    return reading;
  };
  let next = ask();
  try {
    while (next !== null) {
      throwIfAborted(signal);
      const chunk = await next;
      next = ask();
      yield chunk;
    }
  } catch (error) {
    throw ioError(error, name, { blob: name });
  } finally {
    /* The file may be closed once this has returned. */
    await next?.catch(() => {});
  }
}

/**
 * Fills `target` from `position` on.
 * @returns the bytes that were there; fewer than asked for only at the end of the file
 */
export async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
