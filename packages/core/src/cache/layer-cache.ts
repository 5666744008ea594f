import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, futimesSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerReading } from '../layer/read-layer.js';
import type { Limits } from '../limits.js';
import { listKeptFiles, removeFile, temporaryName } from './kept-files.js';
import { decodeReading, encodeReading, fileNameOf, type ReadingKey } from './kept-reading.js';
import { isOwnFile, openPrivateFolder } from './private-folder.js';

/** One reading takes at most this part of the cache. */
const LARGEST_PART = 4;
/** What a file takes on the disk beside its bytes; also bounds how many there can be. */
const FILE_BYTES = 4096;
/** A temporary file of this age is of a process that has ended. */
const LEFT_BEHIND_MILLISECONDS = 60 * 60 * 1000;
/** More than this is no one string (V8), and no reading that is worth it. */
const MOST_BYTES = 512 * 1024 ** 2 - 64;

/* Not there on Windows. A pipe under the name of a file must not hold up who opens it. */
const NO_LINK: number = (constants.O_NOFOLLOW as number | undefined) ?? 0;
const NO_WAIT: number = (constants.O_NONBLOCK as number | undefined) ?? 0;
const READ: number = constants.O_RDONLY | NO_LINK | NO_WAIT;
const CREATE: number = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_LINK;

/**
 * Readings of layers in a folder of the user's, one file each. Whatever is wrong with the folder, a file or the disk, no
 * method throws: nothing is found then, and nothing kept. Several processes may use one folder: a file gets its name
 * when it is complete, and one that is gone was not there.
 */
export class LayerCache {
  readonly #root: string;
  readonly #limits: Limits;
  /** Null: not looked for yet, or not there. */
  #folder: string | null = null;
  #usable = true;
  #writable = true;
  /** Bytes kept since it was last seen to that there are not too many. */
  #added = 0;

  constructor(root: string, limits: Limits) {
    this.#root = root;
    this.#limits = limits;
  }

  /** The reading of `key` as it was kept; null where there is none that holds under the limits. */
  load(key: ReadingKey): LayerReading | null {
    const folder = this.#open(false);
    if (folder === null) return null;
    const path = join(folder, fileNameOf(key));
    const bytes = readOwnFile(path);
    if (bytes === null) return null;
    const decoded = decodeReading(key, this.#limits, bytes);
    if (decoded === 'damaged') removeFile(path);
    return typeof decoded === 'string' ? null : decoded;
  }

  /** Keeps what reading the layer of `key` told. */
  store(key: ReadingKey, reading: LayerReading): void {
    const folder = this.#writable ? this.#open(true) : null;
    if (folder === null) return;
    const bytes = this.#write(key, reading, folder);
    if (bytes === null) return;
    this.#added += bytes + FILE_BYTES;
    if (this.#added > this.#limits.cacheBytes / LARGEST_PART) this.close();
  }

  /** Removes what is too much: what was used longest ago goes first. It may be used again afterwards. */
  close(): void {
    if (this.#folder === null || this.#added === 0) return;
    this.#added = 0;
    const files = listKeptFiles(this.#folder);
    const old = Date.now() - LEFT_BEHIND_MILLISECONDS;
    let total = 0;
    for (const { path, temporary, bytes, usedAt } of files) {
      if (temporary && usedAt < old) removeFile(path);
      else total += bytes + FILE_BYTES;
    }
    const kept = files.filter(({ temporary }) => !temporary).sort((a, b) => a.usedAt - b.usedAt);
    for (const { path, bytes } of kept) {
      if (total <= this.#limits.cacheBytes) break;
      removeFile(path);
      total -= bytes + FILE_BYTES;
    }
  }

  #open(create: boolean): string | null {
    if (this.#folder !== null || !this.#usable) return this.#folder;
    const { path, problem } = openPrivateFolder(this.#root, create);
    this.#folder = path;
    this.#usable = problem === null && (path !== null || !create);
    return path;
  }

  /** @returns how many bytes were written; null: none are kept */
  #write(key: ReadingKey, reading: LayerReading, folder: string): number | null {
    const most = Math.min(MOST_BYTES, this.#limits.cacheBytes / LARGEST_PART);
    const temporary = join(folder, temporaryName(randomBytes(12).toString('hex')));
    let written = 0;
    try {
      const fd = openSync(temporary, CREATE, 0o600);
      try {
        encodeReading(key, reading, this.#limits, (chunk) => {
          written += chunk.length;
          if (written > most) throw new TooLarge();
          writeWhole(fd, chunk);
        });
      } finally {
        closeSync(fd);
      }
      renameSync(temporary, join(folder, fileNameOf(key)));
      return written;
    } catch (error) {
      removeFile(temporary);
      /* A full or read-only disk will be so for the next one, too. */
      if (!(error instanceof TooLarge)) this.#writable = false;
      return null;
    }
  }
}

class TooLarge extends Error {}

/** The bytes of a file that this user wrote, which is then the one used last; null for anything else. */
function readOwnFile(path: string): Buffer | null {
  try {
    const fd = openSync(path, READ);
    try {
      const stats = fstatSync(fd);
      if (!isOwnFile(stats) || stats.size > MOST_BYTES) return null;
      const bytes = Buffer.allocUnsafe(stats.size);
      let at = 0;
      while (at < bytes.length) {
        const read = readSync(fd, bytes, at, bytes.length - at, at);
        if (read === 0) break;
        at += read;
      }
      touch(fd);
      return bytes.subarray(0, at);
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

/* On a read-only disk nothing is removed either. */
function touch(fd: number): void {
  try {
    const now = new Date();
    futimesSync(fd, now, now);
  } catch {}
}

function writeWhole(fd: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at, chunk.length - at);
}
