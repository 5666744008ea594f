import { existsSync, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { platform, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder within the cache folder that the files are in. */
const LAYERS = 'layers';
/** Permissions by which others could put something in. */
const WRITABLE_BY_OTHERS = 0o022;

/** Where the files are, once it is known that nobody else can write there. */
export type PrivateFolder =
  | { readonly path: string; readonly problem: null }
  /** Nothing is there yet (`problem` null), or it must not be used. */
  | { readonly path: null; readonly problem: string | null };

/**
 * The folder of the files in the cache folder `root`. What is kept decides what is equal, so whoever can write there
 * could make two images equal that are not: folders of another user, and those that others may write to, are not used.
 * @param create whether to make what is not there
 */
export function openPrivateFolder(root: string, create: boolean): PrivateFolder {
  const path = join(root, LAYERS);
  try {
    if (create) {
      makeFolders(path);
    }
    /* The cache folder may be a link to another disk; what is in it, ocidiff made. */
    const problem = problemOf(statSync(root), root) ?? problemOf(lstatSync(path), path);
    return problem === null ? { path, problem } : { path: null, problem };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { path: null, problem: code === 'ENOENT' ? null : message };
  }
}

/** Whether the file of `stats` can have been written by this user alone, under this name alone. */
export function isOwnFile(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1 && isOwn(stats);
}

/* Not `mkdirSync` with `recursive`: below /proc, where nothing can be made, it never returns (Node 20). */
function makeFolders(path: string): void {
  const missing: string[] = [];
  for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function problemOf(stats: Stats, path: string): string | null {
  if (!stats.isDirectory()) return `${path} is no folder`;
  return isOwn(stats) ? null : `${path} belongs to another user, or others can write to it`;
}

function isOwn({ uid, mode }: Stats): boolean {
  /* Windows has no such permissions; folders there are as private as the profile that they are in. */
  if (platform() === 'win32') return true;
  return uid === ownUid() && (mode & WRITABLE_BY_OTHERS) === 0;
}

let knownUid: number | null | undefined;

/* In a container the user may have a number and no name; Linux tells the number by who owns the process. */
function ownUid(): number | null {
  if (knownUid !== undefined) return knownUid;
  try {
    knownUid = userInfo().uid;
  } catch {
    try {
      knownUid = statSync('/proc/self').uid;
    } catch {
      knownUid = null;
    }
  }
  return knownUid;
}
