import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './usage-error.js';

/** The JSON report at `path`: a file, or a report folder's `report.json`. @throws {UsageError} naming the file */
export async function readReportFile(path: string): Promise<{ bytes: Uint8Array; name: string }> {
  const found = await stat(path).catch(() => null);
  const name = found?.isDirectory() === true ? join(path, 'report.json') : path;
  return { bytes: await readWholeFile(name), name };
}

/** @throws {UsageError} naming the file and the reason */
export async function readWholeFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(`${path}: cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
