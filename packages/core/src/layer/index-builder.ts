import { type DiffId, Sha256, sha256Bytes } from '../digest.js';
import { throwIfAborted } from '../errors.js';
import { checkLimit, type Limits } from '../limits.js';
import type { TarHeader } from '../tar/entry.js';
import { type TarHandler, TarReader } from '../tar/reader.js';
import type { ContentTap } from './content-keeper.js';
import type { LayerIndex } from './layer-index.js';
import { normalizePath } from './path.js';

const EMPTY_DIGEST: string = sha256Bytes(new Uint8Array(0));
const ZEROS: Uint8Array = new Uint8Array(1024 * 1024);
/** Zeros of holes hashed before the event loop gets its turn. */
const HOLE_SLICE_BYTES = 16 * 1024 * 1024;

/** A file with more of holes than may be hashed at once. Still to be hashed, in order: bytes, or the length of a hole. */
interface SparseContent {
  readonly position: number;
  readonly hash: Sha256;
  readonly pieces: (Uint8Array | number)[];
  ended: boolean;
}

/** Bytes of memory, about, that all indexes of one image take which are held at once; those who build them add to it. */
export interface IndexMemory {
  bytes: number;
}

/** @throws {OciDiffError} `ERR_LIMIT_EXCEEDED` where all indexes of one image take more than `imageMetadataBytes` */
export function checkImageMemory({ bytes }: IndexMemory, limits: Limits): void {
  checkLimit(limits, 'imageMetadataBytes', bytes, 'bytes of memory for the entries of all layers of one image');
}

/**
 * Builds a layer's index from its uncompressed stream, pushed in any chunks. A few bytes of header can stand for
 * gigabytes of hole; long ones are hashed in `settle`, which gives way to the event loop.
 */
export class IndexBuilder {
  readonly #entries: TarHeader[] = [];
  readonly #contentDigests: string[] = [];
  readonly #paddings = new Map<number, Uint8Array>();
  readonly #reader: TarReader;
  readonly #limits: Limits;
  readonly #tap: ContentTap | null;
  readonly #memory: IndexMemory;
  /** What of it is this index's. */
  #ownMemory = 0;
  #current: TarHeader | null = null;
  /** Running, only for content that comes in more than one piece. */
  #hash: Sha256 | null = null;
  #digest = '';
  #sparse: SparseContent | null = null;
  #unsettled: SparseContent[] = [];
  #holeBytes = 0;
  /** Zeros that may still be hashed before the next turn. */
  #holeBudget = HOLE_SLICE_BYTES;

  /**
   * @param tap is told of every file, whose content would be gone otherwise
   * @param memory of the indexes that are held beside this one
   */
  constructor(limits: Limits, tap: ContentTap | null = null, memory: IndexMemory = { bytes: 0 }) {
    this.#memory = memory;
    this.#limits = limits;
    this.#tap = tap;
    const handler: TarHandler = {
      header: (entry) => this.#header(entry),
      content: (chunk) => this.#content(chunk),
      hole: (length) => this.#hole(length),
      entryEnd: (padding) => this.#entryEnd(padding),
    };
    this.#reader = new TarReader(handler, limits);
  }

  /**
   * Takes the next bytes. Where it returns true, `settle` has to be awaited before the next push and before `end`.
   * @throws {OciDiffError} as `TarReader.push`
   */
  push(chunk: Uint8Array): boolean {
    this.#reader.push(chunk);
    return this.#unsettled.length > 0;
  }

  /**
   * Hashes the holes that have come.
   * @throws {OciDiffError} `ERR_ABORTED`
   */
  async settle(signal?: AbortSignal): Promise<void> {
    for (const sparse of this.#unsettled) {
      for (const piece of sparse.pieces) {
        if (typeof piece === 'number') await hashHole(sparse.hash, piece, signal);
        else sparse.hash.update(piece);
      }
      sparse.pieces.length = 0;
      if (sparse.ended) this.#contentDigests[sparse.position] = sparse.hash.bytes();
    }
    this.#unsettled = this.#sparse === null ? [] : [this.#sparse];
    this.#holeBudget = HOLE_SLICE_BYTES;
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
    const grown = this.#reader.metadataBytes - this.#ownMemory;
    this.#ownMemory += grown;
    this.#memory.bytes += grown;
    checkImageMemory(this.#memory, this.#limits);
    this.#entries.push(entry);
    this.#current = entry;
    this.#hash = null;
    this.#digest = entry.type === 'file' ? EMPTY_DIGEST : '';
    if (entry.type === 'file') this.#tap?.begin(entry);
  }

  #content(chunk: Uint8Array): void {
    this.#tap?.content(chunk);
    if (this.#sparse !== null) {
      this.#sparse.pieces.push(new Uint8Array(chunk));
      return;
    }
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
    this.#tap?.lost();
    this.#holeBytes += length;
    checkLimit(this.#limits, 'layerBytes', this.#holeBytes, 'bytes of holes in the sparse files of one layer');
    if (this.#sparse === null && length <= this.#holeBudget) {
      this.#holeBudget -= length;
      this.#hash ??= new Sha256();
      updateZeros(this.#hash, length);
      return;
    }
    if (this.#sparse === null) {
      const position = this.#contentDigests.length;
      this.#sparse = { position, hash: this.#hash ?? new Sha256(), pieces: [], ended: false };
      this.#unsettled.push(this.#sparse);
    }
    this.#sparse.pieces.push(length);
  }

  #entryEnd(padding: Uint8Array | null): void {
    const position = this.#contentDigests.length;
    const digest = this.#hash === null ? this.#digest : this.#hash.bytes();
    this.#contentDigests.push(digest);
    const entry = this.#current;
    if (this.#tap !== null && entry?.type === 'file') this.#tap.end(entry, normalizePath(entry.path), digest);
    if (padding !== null) this.#paddings.set(position, padding);
    if (this.#sparse === null) return;
    this.#sparse.ended = true;
    this.#sparse = null;
  }
}

async function hashHole(hash: Sha256, length: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = length; left > 0; left -= HOLE_SLICE_BYTES) {
    throwIfAborted(signal);
    updateZeros(hash, Math.min(left, HOLE_SLICE_BYTES));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function updateZeros(hash: Sha256, length: number): void {
  for (let left = length; left > 0; left -= ZEROS.length) {
    hash.update(left >= ZEROS.length ? ZEROS : ZEROS.subarray(0, left));
  }
}
