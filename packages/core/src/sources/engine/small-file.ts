import { type FileHandle, open } from 'node:fs/promises';
import { OciDiffError } from '../../errors.js';
import { ioError, systemCode } from '../io-error.js';
import { readFully } from '../read-range.js';

/** Settings and keys are a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

/**
 * The bytes of a small file of the user's own; null where there is none.
 * @throws {OciDiffError} `ERR_DAEMON` for one that cannot be read or is above 1 MiB
 */
export async function readSmallFile(path: string): Promise<Buffer | null> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    const length = await readFully(file, buffer, 0);
    if (length > MAX_BYTES) throw new OciDiffError('ERR_DAEMON', `${path} has more than ${MAX_BYTES} bytes`);
    return buffer.subarray(0, length);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (error instanceof OciDiffError) throw error;
    throw new OciDiffError('ERR_DAEMON', ioError(error, path).message, { cause: error });
  } finally {
    await file?.close();
  }
}

/**
 * A JSON file of the user's own; null where there is none.
 * @throws {OciDiffError} `ERR_DAEMON` for one that cannot be read or is not JSON; its text is in no message
 */
export async function readSmallJson(path: string): Promise<unknown> {
  const bytes = await readSmallFile(path);
  if (bytes === null) return null;
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw new OciDiffError('ERR_DAEMON', `${path} is not JSON`);
  }
}

/** The member `name` of a JSON object; undefined without it, or where `value` is no object. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
