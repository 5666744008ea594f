import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { OciDiffError } from '../errors.js';
import { createUnnamed, writeFully } from './spool.js';

/** Contents held in memory; what is more goes to a temporary file. */
const MEMORY_BYTES = 32 * 1024 * 1024;

/** A content that was put aside. */
export type Kept = { readonly bytes: Uint8Array } | { readonly offset: number; readonly length: number };

/**
 * Puts contents of files aside until those of the other side have come, too: in memory as long as they are few, then in
 * a temporary file that has no name, so nothing is left behind however the process ends.
 */
export class ContentSpool {
  readonly #folder: string;
  #file: Promise<FileHandle> | null = null;
  #fileBytes = 0;
  #memoryBytes = 0;

  constructor(folder: string = tmpdir()) {
    this.#folder = folder;
  }

  /** Keeps `bytes`, which must not change any more. @throws {OciDiffError} `ERR_IO` for a full disk */
  async put(bytes: Uint8Array): Promise<Kept> {
    if (this.#memoryBytes + bytes.length <= MEMORY_BYTES) {
      this.#memoryBytes += bytes.length;
      return { bytes };
    }
    this.#file ??= createUnnamed(this.#folder);
    const offset = this.#fileBytes;
    this.#fileBytes += bytes.length;
    await writeFully(await this.#file, bytes, offset, this.#folder);
    return { offset, length: bytes.length };
  }

  /** @throws {OciDiffError} `ERR_IO` */
  async get(kept: Kept): Promise<Uint8Array> {
    if ('bytes' in kept) return kept.bytes;
    const bytes = new Uint8Array(kept.length);
    for (let done = 0; done < kept.length; ) {
      const file = (await this.#file) as FileHandle;
      const { bytesRead } = await file.read(bytes, done, kept.length - done, kept.offset + done);
      if (bytesRead === 0) throw new OciDiffError('ERR_IO', `a temporary file in ${this.#folder} has been cut`);
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await (await this.#file?.catch(() => null))?.close();
  }
}
