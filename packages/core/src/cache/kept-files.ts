import { lstatSync, readdirSync, type Stats, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A file that ocidiff wrote. */
export interface KeptFile {
  readonly path: string;
  /** Still being written, or left behind. */
  readonly temporary: boolean;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/** What `fileNameOf` and `temporaryName` make. */
const NAMES = /^(?:[0-9a-f]{64}\.layer|\.tmp-[0-9a-f]{24})$/;
const TEMPORARY = '.tmp-';

/** The name of a file that is being written. @param random 24 hexadecimal digits */
export function temporaryName(random: string): string {
  return TEMPORARY + random;
}

/** The files in `folder` that ocidiff wrote; anything else there is left out. Nothing is thrown. */
export function listKeptFiles(folder: string): KeptFile[] {
  const files: KeptFile[] = [];
  for (const name of namesIn(folder)) {
    if (!NAMES.test(name)) continue;
    const path = join(folder, name);
    const stats = statsOf(path);
    if (stats === null || !stats.isFile()) continue;
    files.push({ path, temporary: name.startsWith(TEMPORARY), bytes: stats.size, usedAt: stats.mtimeMs });
  }
  return files;
}

/** @returns whether it was there and could be removed */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/* Another process may just have removed it. */
function statsOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}
