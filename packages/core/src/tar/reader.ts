import { latin1 } from '../bytes/latin1.js';
import { Sha256, sha256Bytes } from '../digest.js';
import { checkLimit, type Limits } from '../limits.js';
import { BLOCK_BYTES } from './checksum.js';
import { EntryBuilder } from './entry-builder.js';
import type { TarHeader } from './entry.js';
import { tarInvalid, tarTruncated } from './error.js';
import { decodeHeader, type RawHeader } from './header.js';
import { isZero } from './number.js';
import { parsePaxRecords } from './pax.js';
import { checkSparseMap, decodeGnuSparse, decodeGnuSparseBlock, type SparseMap, SparseMapReader } from './sparse.js';

/** Told what a tar stream holds, in order. Chunks are views of what was pushed, valid during the call only. */
export interface TarHandler {
  header(entry: TarHeader): void;
  /** The next bytes of the last entry's content; holes are told apart. */
  content(chunk: Uint8Array): void;
  /** The next `length` bytes of the content are zero and not stored. */
  hole(length: number): void;
  /** The last entry is complete; `padding` is what fills its last block, null if that is nothing or all zero. */
  entryEnd(padding: Uint8Array | null): void;
}

/** What follows the last entry. */
export interface TarTrailer {
  readonly offset: number;
  readonly bytes: number;
  /** Whether all of it is NUL. */
  readonly zero: boolean;
  /** sha256 of it, 32 bytes as a latin1 string. */
  readonly digest: string;
}

const enum State {
  Header,
  /** Data of an extended header, with its padding. */
  Extended,
  /** A block with more of an old GNU sparse map. */
  GnuSparse,
  /** The map in front of the content, PAX sparse form 1.0. */
  SparseMap,
  Content,
  Padding,
  /** The block after one zero block. */
  SecondZero,
  Trailer,
}

/**
 * Reads a tar stream that is pushed in any chunks, and loses nothing of it: header blocks, content, padding and
 * trailer add up to the stream. Where readers disagree it follows Go's archive/tar, which Docker, containerd, Podman
 * and Buildah read layers with. Malformed input is an error, never guessed at.
 * Sources: POSIX.1-2017 pax; GNU tar manual, "Tar Internals"; star(5).
 */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #limits: Limits;
  readonly #builder: EntryBuilder;
  #state = State.Header;
  /** Offset in the stream of the next byte to be pushed. */
  #offset = 0;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockFill = 0;
  #entryOffset = 0;
  #headerHash: Sha256 | null = null;
  #extendedFlag = 0;
  #extended: Uint8Array = new Uint8Array(0);
  #extendedFill = 0;
  #extendedSize = 0;
  #extendedTotal = 0;
  #extendedOffset = 0;
  #raw: RawHeader | null = null;
  #map: SparseMap | null = null;
  #mapReader: SparseMapReader | null = null;
  #mapBytes = 0;
  #entries = 0;
  /** Stored bytes of content left, and of the padding after it. */
  #contentLeft = 0;
  #paddingLeft = 0;
  #padding: Uint8Array | null = null;
  #paddingBytes = 0;
  #sparse: readonly number[] | null = null;
  #segment = 0;
  #segmentLeft = 0;
  #logical = 0;
  #logicalSize = 0;
  #trailerOffset = 0;
  #trailerZero = true;
  readonly #trailerHash = new Sha256();

  constructor(handler: TarHandler, limits: Limits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#builder = new EntryBuilder(limits);
  }

  /**
   * Takes the next bytes of the stream.
   * @throws {OciDiffError} `ERR_TAR_INVALID` with the offset, `ERR_LIMIT_EXCEEDED`; the reader is of no use after
   */
  push(chunk: Uint8Array): void {
    let at = 0;
    const base = this.#offset;
    while (at < chunk.length) {
      this.#offset = base + at;
      switch (this.#state) {
        case State.Content:
          at += this.#pushContent(chunk, at);
          break;
        case State.Padding:
          at += this.#pushPadding(chunk, at);
          break;
        case State.Extended:
          at += this.#pushExtended(chunk, at);
          break;
        case State.Trailer:
          this.#pushTrailer(chunk, at);
          at = chunk.length;
          break;
        default:
          at += this.#pushBlock(chunk, at);
      }
    }
    this.#offset = base + at;
  }

  /**
   * Ends the stream, which may be after any entry, with two zero blocks or more, one or none.
   * @throws {OciDiffError} `ERR_TAR_TRUNCATED` within a header, content or padding
   */
  end(): TarTrailer {
    const within = this.#unfinished();
    if (within !== null) throw tarTruncated(this.#offset, within);
    if (this.#state === State.Header) this.#trailerOffset = this.#offset;
    return {
      offset: this.#trailerOffset,
      bytes: this.#offset - this.#trailerOffset,
      zero: this.#trailerZero,
      digest: this.#trailerHash.bytes(),
    };
  }

  /** Bytes of the stream that may be skipped instead of pushed: the rest of an entry's content, when not sparse. */
  get skippable(): number {
    return this.#state === State.Content && this.#sparse === null ? this.#contentLeft : 0;
  }

  /** Skips content; `length` is at most `skippable`. */
  skip(length: number): void {
    this.#contentLeft -= length;
    this.#offset += length;
    if (this.#contentLeft === 0) this.#endContent();
  }

  /** Offset in the stream of the next byte to be pushed. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether the end of the archive was seen: two zero blocks. */
  get ended(): boolean {
    return this.#state === State.Trailer;
  }

  #unfinished(): string | null {
    if (this.#blockFill > 0) return 'a block';
    switch (this.#state) {
      case State.Header:
        return this.#builder.pending ? 'an entry: its extended header has come, its header has not' : null;
      case State.Extended:
        return 'an extended header';
      case State.GnuSparse:
      case State.SparseMap:
        return 'the map of a sparse file';
      case State.Content:
        return `the content of an entry, ${this.#contentLeft} bytes before its end`;
      case State.Padding:
        return 'the padding of an entry';
      default:
        return null;
    }
  }

  /* Blocks that lie whole in the chunk are read in place; the others are put together first. */
  #pushBlock(chunk: Uint8Array, at: number): number {
    if (this.#blockFill === 0 && chunk.length - at >= BLOCK_BYTES) {
      this.#takeBlock(chunk, at);
      return BLOCK_BYTES;
    }
    const taken = Math.min(BLOCK_BYTES - this.#blockFill, chunk.length - at);
    this.#block.set(chunk.subarray(at, at + taken), this.#blockFill);
    this.#blockFill += taken;
    if (this.#blockFill === BLOCK_BYTES) {
      this.#blockFill = 0;
      this.#offset -= BLOCK_BYTES - taken;
      this.#takeBlock(this.#block, 0);
    }
    return taken;
  }

  #takeBlock(bytes: Uint8Array, at: number): void {
    switch (this.#state) {
      case State.GnuSparse:
        this.#headerHash?.update(bytes.subarray(at, at + BLOCK_BYTES));
        if (!decodeGnuSparseBlock(this.#map as SparseMap, bytes, at, this.#offset, this.#limits)) {
          this.#startEntry(this.#raw as RawHeader, this.#offset + BLOCK_BYTES);
        }
        return;
      case State.SparseMap: {
        this.#headerHash?.update(bytes.subarray(at, at + BLOCK_BYTES));
        const reader = this.#mapReader as SparseMapReader;
        this.#mapBytes += BLOCK_BYTES;
        const { done, style } = reader.push(bytes, at, this.#offset);
        if (done) {
          this.#map = { segments: reader.segments, style };
          this.#startEntry(this.#raw as RawHeader, this.#offset + BLOCK_BYTES);
        }
        return;
      }
      case State.SecondZero:
        if (!isZero(bytes, at, at + BLOCK_BYTES)) {
          throw tarInvalid(this.#offset, 'data after a single zero block');
        }
        this.#trailerHash.update(bytes.subarray(at, at + BLOCK_BYTES));
        this.#state = State.Trailer;
        return;
      default:
        this.#takeHeader(bytes, at);
    }
  }

  #takeHeader(bytes: Uint8Array, at: number): void {
    const builder = this.#builder;
    if (bytes[at] === 0 && isZero(bytes, at, at + BLOCK_BYTES)) {
      if (builder.pending) throw tarInvalid(this.#offset, 'the archive ends after an extended header, without its entry,');
      this.#trailerOffset = this.#offset;
      this.#trailerHash.update(bytes.subarray(at, at + BLOCK_BYTES));
      this.#state = State.SecondZero;
      return;
    }
    const raw = decodeHeader(bytes, at, this.#offset);
    if (!builder.pending) {
      this.#entryOffset = this.#offset;
      this.#headerHash = null;
      this.#extendedTotal = 0;
    }
    const flag = String.fromCharCode(raw.typeFlag);
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    if (flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K') {
      builder.startExtended(flag, raw, this.#offset);
      this.#hashHeaders().update(block);
      this.#startExtended(raw);
      return;
    }
    if (builder.pending) this.#hashHeaders().update(block);
    const sparse = builder.sparseForm(raw, this.#offset);
    if (sparse === null) {
      this.#map = null;
      if (this.#headerHash === null) this.#emit(builder.build(raw, this.#entryOffset, BLOCK_BYTES, sha256Bytes(block), null));
      else this.#startEntry(raw, this.#offset + BLOCK_BYTES);
      return;
    }
    this.#raw = raw;
    if (sparse === 'gnu') {
      this.#hashHeaders(block);
      this.#map = { segments: [], style: '' };
      decodeGnuSparse(this.#map, bytes, at + 386, 4, this.#offset, this.#limits);
      if (raw.sparseExtended) this.#state = State.GnuSparse;
      else this.#startEntry(raw, this.#offset + BLOCK_BYTES);
    } else if (sparse === 'in-content') {
      this.#mapReader = new SparseMapReader(this.#limits);
      this.#mapBytes = 0;
      this.#state = State.SparseMap;
    } else {
      this.#map = { segments: sparse, style: '' };
      this.#startEntry(raw, this.#offset + BLOCK_BYTES);
    }
  }

  #hashHeaders(first?: Uint8Array): Sha256 {
    if (this.#headerHash === null) {
      this.#headerHash = new Sha256();
      if (first !== undefined) this.#headerHash.update(first);
    }
    return this.#headerHash;
  }

  #startExtended(raw: RawHeader): void {
    this.#extendedTotal += raw.size;
    checkLimit(this.#limits, 'extendedHeaderBytes', this.#extendedTotal, 'bytes of extended headers of one entry');
    this.#extendedFlag = raw.typeFlag;
    this.#extendedSize = raw.size;
    this.#extendedOffset = this.#offset + BLOCK_BYTES;
    this.#extended = new Uint8Array(Math.ceil(raw.size / BLOCK_BYTES) * BLOCK_BYTES);
    this.#extendedFill = 0;
    this.#state = State.Extended;
    if (this.#extended.length === 0) this.#endExtended();
  }

  #pushExtended(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#extended.length - this.#extendedFill, chunk.length - at);
    this.#extended.set(chunk.subarray(at, at + taken), this.#extendedFill);
    this.#extendedFill += taken;
    if (this.#extendedFill === this.#extended.length) this.#endExtended();
    return taken;
  }

  #endExtended(): void {
    const all = this.#extended;
    const data = all.subarray(0, this.#extendedSize);
    const padding = isZero(all, data.length, all.length) ? '' : latin1(all, data.length);
    this.#hashHeaders().update(all);
    this.#extended = new Uint8Array(0);
    this.#state = State.Header;
    const flag = String.fromCharCode(this.#extendedFlag);
    if (flag === 'L' || flag === 'K') {
      this.#builder.endLongName(flag, data, padding, this.#extendedOffset);
      return;
    }
    const records = parsePaxRecords(data, this.#extendedOffset);
    if (flag === 'x') {
      this.#builder.endRecords(records, padding);
      return;
    }
    const bytes = BLOCK_BYTES + all.length;
    const entry = this.#builder.buildGlobal(records, padding, this.#entryOffset, bytes, this.#hashHeaders().bytes());
    this.#headerHash = null;
    this.#emit(entry);
  }

  #startEntry(raw: RawHeader, contentOffset: number): void {
    const digest = this.#hashHeaders().bytes();
    const headerBytes = contentOffset - this.#entryOffset;
    const map = this.#map;
    const entry = this.#builder.build(
      raw,
      this.#entryOffset,
      headerBytes,
      digest,
      map,
      this.#mapReader === null ? 0 : this.#mapBytes,
    );
    if (entry.sparse !== null) checkSparseMap(entry.sparse, entry.size, entry.storedSize, this.#entryOffset);
    this.#raw = null;
    this.#map = null;
    this.#mapReader = null;
    this.#headerHash = null;
    this.#emit(entry);
  }

  #emit(entry: TarHeader): void {
    this.#entries++;
    checkLimit(this.#limits, 'layerEntries', this.#entries, 'entries of one archive');
    this.#handler.header(entry);
    this.#contentLeft = entry.storedSize;
    this.#paddingBytes = (BLOCK_BYTES - (entry.storedSize % BLOCK_BYTES)) % BLOCK_BYTES;
    this.#sparse = entry.sparse;
    this.#segment = 0;
    this.#logical = 0;
    this.#logicalSize = entry.size;
    if (this.#sparse !== null) {
      checkLimit(this.#limits, 'sparseFileBytes', entry.size, 'bytes of a sparse file');
      this.#segmentLeft = 0;
      this.#nextSegment();
    }
    this.#state = State.Content;
    if (this.#contentLeft === 0) this.#endContent();
  }

  #pushContent(chunk: Uint8Array, at: number): number {
    let taken = Math.min(this.#contentLeft, chunk.length - at);
    if (this.#sparse !== null) taken = Math.min(taken, this.#segmentLeft);
    this.#handler.content(taken === chunk.length ? chunk : chunk.subarray(at, at + taken));
    this.#contentLeft -= taken;
    if (this.#sparse !== null) {
      this.#logical += taken;
      this.#segmentLeft -= taken;
      if (this.#segmentLeft === 0) this.#nextSegment();
    }
    if (this.#contentLeft === 0) this.#endContent();
    return taken;
  }

  /* Moves to the next segment that holds data, telling the holes before it. */
  #nextSegment(): void {
    const sparse = this.#sparse as readonly number[];
    while (this.#segmentLeft === 0 && this.#segment < sparse.length) {
      const start = sparse[this.#segment] as number;
      if (start > this.#logical) this.#handler.hole(start - this.#logical);
      this.#logical = start;
      this.#segmentLeft = sparse[this.#segment + 1] as number;
      this.#segment += 2;
    }
  }

  #endContent(): void {
    if (this.#sparse !== null && this.#logical < this.#logicalSize) {
      this.#handler.hole(this.#logicalSize - this.#logical);
      this.#logical = this.#logicalSize;
    }
    this.#paddingLeft = this.#paddingBytes;
    this.#padding = null;
    this.#state = State.Padding;
    if (this.#paddingLeft === 0) this.#endEntry();
  }

  #pushPadding(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#paddingLeft, chunk.length - at);
    if (!isZero(chunk, at, at + taken)) {
      this.#padding ??= new Uint8Array(this.#paddingBytes);
      this.#padding.set(chunk.subarray(at, at + taken), this.#paddingBytes - this.#paddingLeft);
    }
    this.#paddingLeft -= taken;
    if (this.#paddingLeft === 0) this.#endEntry();
    return taken;
  }

  #endEntry(): void {
    this.#state = State.Header;
    this.#handler.entryEnd(this.#padding);
  }

  #pushTrailer(chunk: Uint8Array, at: number): void {
    const rest = chunk.subarray(at);
    if (this.#trailerZero && !isZero(rest, 0, rest.length)) this.#trailerZero = false;
    this.#trailerHash.update(rest);
  }
}
