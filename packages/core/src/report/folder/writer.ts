import { closeSync, constants, mkdirSync, openSync, unlinkSync, write, writeSync } from 'node:fs';
import { sep } from 'node:path';
import { promisify } from 'node:util';
import { latin1, latin1Bytes, utf8OfLatin1 } from '../../bytes/latin1.js';
import type { RenamedFile } from '../report.js';
import { type DiskNames, safeName, splitPath } from './names.js';

/** A file that is being written; `close` or `discard` it exactly once, also after an error. */
export interface OpenFile {
  /** Writes all of `chunk`, after what was written before. */
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Closes and removes it: half a file must not be taken for a whole one. */
  discard(): Promise<void>;
}

/** Chunks below this are written without a turn of the event loop: a hundred thousand small files are common. */
const DIRECT_BYTES = 65_536;
/* O_NOFOLLOW is not there on Windows; O_EXCL alone refuses a link, too (POSIX, open). */
const CREATE: number =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | ((constants.O_NOFOLLOW as number | undefined) ?? 0);

const writeAsync = promisify(write);

/**
 * Puts files with hostile names below one folder, which nobody else writes to and which was empty. What must hold:
 * nothing is made outside it, nothing that is there is overwritten, no link is made or followed. So every folder is
 * made by `mkdir` and remembered, every file by `O_CREAT | O_EXCL | O_NOFOLLOW`; what exists and was not made here as
 * a folder cannot be gone through. All names are put together from components that `splitPath` let through.
 */
export class TreeWriter {
  readonly #root: Buffer;
  readonly #disk: DiskNames;
  /** Folders made so far, relative to the root, as latin1 strings. */
  readonly #folders = new Set<string>(['']);
  /** By file descriptor, the path relative to the root. */
  readonly #open = new Map<number, string>();
  #renamed: RenamedFile[] = [];
  /** By safe name, how many of the names after it were tried. */
  readonly #attempts = new Map<string, number>();

  constructor(root: string, disk: DiskNames) {
    this.#root = Buffer.from(root);
    this.#disk = disk;
  }

  /** Files that stand under another name than their path's, sorted. */
  get renamed(): RenamedFile[] {
    return this.#renamed.sort((a, b) => a.input - b.input || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  }

  /** Makes a folder of our own naming and those above it. */
  makeFolder(relative: string): void {
    const components = relative.split('/');
    for (let i = 1; i <= components.length; i++) {
      if (!this.#tryFolder(components.slice(0, i).join('/'))) throw new Error(`${relative} is there already`);
    }
  }

  /** Creates a file of our own naming in a folder that `makeFolder` made. */
  createFile(relative: string): OpenFile {
    return this.#handle(this.#openNew(relative));
  }

  /** Creates the file for `path` below `base`, a folder that `makeFolder` made; under a safe name if need be. */
  createFor(input: 0 | 1, base: string, path: Uint8Array): OpenFile {
    const { folder, name } = this.#place(base, path);
    if (name !== null) {
      const fd = unlessNameTrouble(() => this.#openNew(`${folder}/${name}`));
      if (fd !== null) return this.#handle(fd);
    }
    return this.#handle(this.#safely(input, base, folder, path, (relative) => this.#openNew(relative)));
  }

  /** Makes the folder for `path` below `base`; one that is there already is enough. */
  createFolderFor(input: 0 | 1, base: string, path: Uint8Array): void {
    if (latin1(path) === '.') return;
    const { folder, name } = this.#place(base, path);
    if (name !== null && this.#tryFolder(`${folder}/${name}`)) return;
    this.#safely(input, base, folder, path, (relative) => this.#newFolder(relative));
  }

  /** Closes what is still open. */
  close(): void {
    for (const fd of this.#open.keys()) closeSync(fd);
    this.#open.clear();
  }

  /** The deepest folder that could be made for `path`, and the name in it; null where it needs a safe one. */
  #place(base: string, path: Uint8Array): { folder: string; name: string | null } {
    const { components, complete } = splitPath(path, this.#disk);
    const parents = complete ? components.slice(0, -1) : components;
    let folder = base;
    for (const component of parents) {
      const next = `${folder}/${component}`;
      if (!this.#tryFolder(next)) return { folder, name: null };
      folder = next;
    }
    return { folder, name: complete ? (components.at(-1) as string) : null };
  }

  /** `create` under a safe name, in `folder` or the nearest above it where that can be. */
  #safely<T>(input: 0 | 1, base: string, folder: string, path: Uint8Array, create: (relative: string) => T): T {
    /* The report names the file as text, so no folder on its way may have a name that is none. */
    let place = folder;
    while (utf8OfLatin1(place) === null) place = place.slice(0, place.lastIndexOf('/'));
    for (; place !== base; place = place.slice(0, place.lastIndexOf('/'))) {
      const relative = `${place}/${safeName(path, 0)}`;
      const made = unlessNameTrouble(() => create(relative));
      if (made !== null) return this.#record(input, path, relative, made);
    }
    /* A layer may hold one path any number of times, or files that have the safe names of others. */
    const first = `${base}/${safeName(path, 0)}`;
    for (let attempt = this.#attempts.get(first) ?? 0; ; attempt++) {
      const relative = `${base}/${safeName(path, attempt)}`;
      this.#attempts.set(first, attempt + 1);
      const made = unlessThere(() => create(relative));
      if (made !== null) return this.#record(input, path, relative, made);
    }
  }

  #record<T>(input: 0 | 1, bytes: Uint8Array, relative: string, made: T): T {
    const path = Buffer.from(bytes).toString('utf8');
    const isText = utf8OfLatin1(latin1(bytes)) !== null;
    const pathBytes = isText ? {} : { pathBytes: Buffer.from(bytes).toString('base64') };
    this.#renamed.push({ input, path, ...pathBytes, file: utf8OfLatin1(relative) as string });
    return made;
  }

  /** Whether `relative` is a folder of ours now. */
  #tryFolder(relative: string): boolean {
    if (this.#folders.has(relative)) return true;
    return unlessNameTrouble(() => this.#newFolder(relative)) ?? false;
  }

  #newFolder(relative: string): true {
    mkdirSync(this.#pathOf(relative), 0o755);
    this.#folders.add(relative);
    return true;
  }

  #openNew(relative: string): number {
    const fd = openSync(this.#pathOf(relative), CREATE, 0o644);
    this.#open.set(fd, relative);
    return fd;
  }

  #pathOf(relative: string): Buffer {
    const below = sep === '/' ? relative : relative.replaceAll('/', sep);
    return Buffer.concat([this.#root, Buffer.from(sep), latin1Bytes(below)]);
  }

  #handle(fd: number): OpenFile {
    return {
      write: async (chunk) => {
        let rest = chunk;
        while (rest.length > 0) {
          const written =
            rest.length < DIRECT_BYTES
              ? writeSync(fd, rest)
              : (await writeAsync(fd, rest, 0, rest.length)).bytesWritten;
          rest = rest.subarray(written);
        }
      },
      close: async () => {
        if (this.#open.delete(fd)) closeSync(fd);
      },
      discard: async () => {
        const relative = this.#open.get(fd);
        if (relative === undefined) return;
        this.#open.delete(fd);
        closeSync(fd);
        unlinkSync(this.#pathOf(relative));
        this.#renamed = this.#renamed.filter(({ file }) => file !== relative);
      },
    };
  }
}

/**
 * What `make` returns; null where the disk refuses the name, not the writing: something of the name is there (a file
 * and a folder of one name, names that differ only in case or normal form), it is too long, or is no text.
 */
function unlessNameTrouble<T>(make: () => T): T | null {
  return unless(['EEXIST', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'EILSEQ', 'EINVAL', 'ELOOP'], make);
}

function unlessThere<T>(make: () => T): T | null {
  return unless(['EEXIST', 'EISDIR'], make);
}

function unless<T>(codes: readonly string[], make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (codes.includes(String((error as { code?: unknown }).code))) return null;
    throw error;
  }
}
