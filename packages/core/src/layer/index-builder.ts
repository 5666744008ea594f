import type { DiffId } from '../digest.js';
import { Sha256, sha256Bytes } from '../digest.js';
import type { Limits } from '../limits.js';
import type { TarHeader } from '../tar/entry.js';
import { type TarHandler, TarReader } from '../tar/reader.js';
import type { LayerIndex } from './layer-index.js';

const EMPTY_DIGEST: string = sha256Bytes(new Uint8Array(0));
const ZEROS: Uint8Array = new Uint8Array(64 * 1024);

/** Builds a layer's index from its uncompressed stream, pushed in any chunks. */
export class IndexBuilder {
  readonly #entries: TarHeader[] = [];
  readonly #contentDigests: string[] = [];
  readonly #paddings = new Map<number, Uint8Array>();
  readonly #reader: TarReader;
  #current: TarHeader | null = null;
  /** Running, only for content that comes in more than one piece. */
  #hash: Sha256 | null = null;
  #digest = '';

  constructor(limits: Limits) {
    const handler: TarHandler = {
      header: (entry) => this.#header(entry),
      content: (chunk) => this.#content(chunk),
      hole: (length) => this.#hole(length),
      entryEnd: (padding) => this.#entryEnd(padding),
    };
    this.#reader = new TarReader(handler, limits);
  }

  /** @throws {OciDiffError} as `TarReader.push` */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** @throws {OciDiffError} as `TarReader.end` */
  end(diffId: DiffId): LayerIndex {
    const trailer = this.#reader.end();
    return {
      diffId,
      bytes: this.#reader.offset,
      entries: this.#entries,
      contentDigests: this.#contentDigests,
      paddings: this.#paddings,
      trailer,
    };
  }

  #header(entry: TarHeader): void {
    this.#entries.push(entry);
    this.#current = entry;
    this.#hash = null;
    this.#digest = entry.type === 'file' ? EMPTY_DIGEST : '';
  }

  #content(chunk: Uint8Array): void {
    if (this.#hash === null) {
      /* One call of the one-shot hash costs half of a running one; most files come in one piece. */
      if (chunk.length === this.#current?.size) {
        this.#digest = sha256Bytes(chunk);
        return;
      }
      this.#hash = new Sha256();
    }
    this.#hash.update(chunk);
  }

  #hole(length: number): void {
    this.#hash ??= new Sha256();
    for (let left = length; left > 0; left -= ZEROS.length) {
      this.#hash.update(left >= ZEROS.length ? ZEROS : ZEROS.subarray(0, left));
    }
  }

  #entryEnd(padding: Uint8Array | null): void {
    const position = this.#contentDigests.length;
    this.#contentDigests.push(this.#hash === null ? this.#digest : this.#hash.bytes());
    if (padding !== null) this.#paddings.set(position, padding);
  }
}
