import { latin1 } from '../bytes/latin1.js';
import { Sha256, sha256Bytes } from '../digest.js';
import { checkLimit, type Limits } from '../limits.js';
import { BLOCK_BYTES } from './checksum.js';
import type { TarHeader } from './entry.js';
import { EntryBuilder, type HeaderBlocks } from './entry-builder.js';
import { tarInvalid, tarTruncated } from './error.js';
import { decodeHeader, type RawHeader } from './header.js';
import { parsePaxRecords } from './pax.js';
import { checkSparseMap, GnuSparseMap, PaxSparseMap, type SparseMap } from './sparse.js';
import { isZero } from './words.js';

/** Told what a tar stream holds, in order. Chunks are views of what was pushed, valid during the call only. */
export interface TarHandler {
  header(entry: TarHeader): void;
  /** The next bytes of the last entry's content; holes are told apart. */
  content(chunk: Uint8Array): void;
  /** The next `length` bytes of the content are zero and not stored. */
  hole(length: number): void;
  /**
   * The last entry is complete; `padding` is what fills its last block, null if that is nothing or all zero. It is
   * empty where the stream ends with the content.
   */
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

enum State {
  Header,
  /** Data of an extended header, with its padding. */
  Extended,
  /** A block with more of an old GNU sparse map, or of one in front of the content (PAX form 1.0). */
  SparseMap,
  Content,
  Padding,
  /** The block after one zero block. */
  SecondZero,
  Trailer,
}

/** Type flags of headers that are about the next entry, or about all: PAX, and GNU long names and link targets. */
const EXTENDED_FLAGS: ReadonlyMap<number, 'x' | 'g' | 'L' | 'K'> = new Map([
  [0x78, 'x'],
  [0x67, 'g'],
  [0x4c, 'L'],
  [0x4b, 'K'],
]);

/** Bytes kept ready for header blocks; what a rare entry needs beyond is given back after it. */
const KEPT_BYTES = 16 * 1024;

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
  readonly #block: Buffer = Buffer.alloc(BLOCK_BYTES);
  #blockFill = 0;
  /** Offset of the first header block of the entry that is being read, and of its header block. */
  #entryOffset = 0;
  #rawOffset = 0;
  #raw: RawHeader | null = null;
  /** All header blocks so far of an entry that has more than one. */
  #headers: Buffer = Buffer.alloc(0);
  #headersFill = 0;
  /** Of the extended header that is being read: where in `#headers` its data begins, its bytes, and with padding. */
  #dataStart = 0;
  #dataSize = 0;
  #dataLeft = 0;
  #extendedTotal = 0;
  #map: GnuSparseMap | PaxSparseMap | null = null;
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
    /* Names are decoded by Buffer's methods; one view for all of them costs less than one each. */
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
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
          at += this.#pushExtended(bytes, at);
          break;
        case State.Trailer:
          this.#pushTrailer(chunk, at);
          at = chunk.length;
          break;
        default:
          at += this.#pushBlock(bytes, at);
      }
    }
    this.#offset = base + at;
  }

  /**
   * Ends the stream, which may be after any entry, with two zero blocks or more, one or none. The last entry may lack
   * its padding, all of it: `umoci insert` (0.4.7) leaves its layers so, and Go's archive/tar takes that for the end.
   * @throws {OciDiffError} `ERR_TAR_TRUNCATED` within a header, content or padding
   */
  end(): TarTrailer {
    const within = this.#unfinished();
    if (within !== null) throw tarTruncated(this.#offset, within);
    if (this.#state === State.Padding) {
      this.#padding = new Uint8Array(0);
      this.#endEntry();
    }
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

  /** Bytes of memory, about, that the headers handed out so far take. */
  get metadataBytes(): number {
    return this.#builder.metadataBytes;
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
      case State.SparseMap:
        return 'the map of a sparse file';
      case State.Content:
        return `the content of an entry, ${this.#contentLeft} bytes before its end`;
      case State.Padding:
        return this.#paddingLeft < this.#paddingBytes ? 'the padding of an entry' : null;
      default:
        return null;
    }
  }

  /* Blocks that lie whole in the chunk are read in place; the others are put together first. */
  #pushBlock(chunk: Buffer, at: number): number {
    if (this.#blockFill === 0 && chunk.length - at >= BLOCK_BYTES) {
      this.#takeBlock(chunk, at);
      return BLOCK_BYTES;
    }
    const taken = Math.min(BLOCK_BYTES - this.#blockFill, chunk.length - at);
    chunk.copy(this.#block, this.#blockFill, at, at + taken);
    this.#blockFill += taken;
    if (this.#blockFill === BLOCK_BYTES) {
      this.#blockFill = 0;
      this.#offset -= BLOCK_BYTES - taken;
      this.#takeBlock(this.#block, 0);
    }
    return taken;
  }

  #takeBlock(bytes: Buffer, at: number): void {
    switch (this.#state) {
      case State.SparseMap:
        this.#keep(bytes, at, at + BLOCK_BYTES);
        if (!(this.#map as GnuSparseMap | PaxSparseMap).readBlock(bytes, at, this.#offset)) this.#endMap();
        return;
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

  #takeHeader(bytes: Buffer, at: number): void {
    const builder = this.#builder;
    if (bytes[at] === 0 && isZero(bytes, at, at + BLOCK_BYTES)) {
      if (builder.pending)
        throw tarInvalid(this.#offset, 'the archive ends after an extended header, without its entry,');
      this.#trailerOffset = this.#offset;
      this.#trailerHash.update(bytes.subarray(at, at + BLOCK_BYTES));
      this.#state = State.SecondZero;
      return;
    }
    const raw = decodeHeader(bytes, at, this.#offset);
    const pending = builder.pending;
    this.#rawOffset = this.#offset;
    if (!pending) {
      this.#entryOffset = this.#offset;
      this.#headersFill = 0;
      this.#extendedTotal = 0;
    }
    const flag = EXTENDED_FLAGS.get(raw.typeFlag);
    if (flag !== undefined) {
      builder.startExtended(flag, this.#offset);
      this.#keep(bytes, at, at + BLOCK_BYTES);
      this.#startExtended(raw);
      return;
    }
    const sparse = builder.sparseForm(raw, this.#offset);
    if (sparse === null && !pending) {
      const digest = sha256Bytes(bytes.subarray(at, at + BLOCK_BYTES));
      const blocks = { offset: this.#offset, rawOffset: this.#offset, bytes: BLOCK_BYTES, digest };
      this.#emit(builder.build(raw, blocks, null, 0));
      return;
    }
    this.#keep(bytes, at, at + BLOCK_BYTES);
    this.#raw = raw;
    if (sparse === 'gnu') {
      this.#map = new GnuSparseMap(this.#limits);
      this.#map.readHeader(bytes, at, this.#offset);
      if (raw.sparseExtended) this.#state = State.SparseMap;
      else this.#endMap();
    } else if (sparse === 'in-content') {
      this.#map = new PaxSparseMap(this.#limits);
      this.#state = State.SparseMap;
    } else {
      this.#startEntry(sparse === null ? null : { segments: sparse, style: '' }, 0);
    }
  }

  /* Keeps header blocks of an entry that has several, for their digest; its extended headers are parsed from there. */
  #keep(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    bytes.copy(this.#headers, this.#headersFill, start, end);
    this.#headersFill += end - start;
  }

  #reserve(bytes: number): void {
    const needed = this.#headersFill + bytes;
    if (needed <= this.#headers.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#headersFill * 2, KEPT_BYTES));
    this.#headers.copy(larger, 0, 0, this.#headersFill);
    this.#headers = larger;
  }

  #startExtended(raw: RawHeader): void {
    this.#extendedTotal += raw.size;
    checkLimit(this.#limits, 'extendedHeaderBytes', this.#extendedTotal, 'bytes of extended headers of one entry');
    this.#raw = raw;
    this.#dataStart = this.#headersFill;
    this.#dataSize = raw.size;
    this.#dataLeft = Math.ceil(raw.size / BLOCK_BYTES) * BLOCK_BYTES;
    this.#state = State.Extended;
    if (this.#dataLeft === 0) this.#endExtended();
  }

  #pushExtended(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#dataLeft, chunk.length - at);
    this.#keep(chunk, at, at + taken);
    this.#dataLeft -= taken;
    if (this.#dataLeft === 0) this.#endExtended();
    return taken;
  }

  #endExtended(): void {
    const [headers, start, end] = [this.#headers, this.#dataStart, this.#headersFill];
    const data = headers.subarray(start, start + this.#dataSize);
    const padding = isZero(headers, start + data.length, end) ? '' : latin1(headers, start + data.length, end);
    const raw = this.#raw as RawHeader;
    const flag = EXTENDED_FLAGS.get(raw.typeFlag);
    const headerOffset = this.#rawOffset;
    this.#raw = null;
    this.#state = State.Header;
    if (flag === 'L' || flag === 'K') {
      this.#builder.endLongName(flag, raw, data, padding, headerOffset + BLOCK_BYTES);
      return;
    }
    const records = parsePaxRecords(data, headerOffset + BLOCK_BYTES, this.#limits);
    if (flag === 'x') this.#builder.endRecords(raw, headerOffset + BLOCK_BYTES, records, padding);
    else this.#emit(this.#builder.buildGlobal(raw, records, padding, this.#keptBlocks()));
  }

  #keptBlocks(): HeaderBlocks {
    const digest = sha256Bytes(this.#headers.subarray(0, this.#headersFill));
    const blocks = { offset: this.#entryOffset, rawOffset: this.#rawOffset, bytes: this.#headersFill, digest };
    if (this.#headers.length > KEPT_BYTES) this.#headers = Buffer.alloc(0);
    this.#headersFill = 0;
    return blocks;
  }

  #endMap(): void {
    const map = this.#map as GnuSparseMap | PaxSparseMap;
    this.#map = null;
    if (map instanceof GnuSparseMap) {
      map.end();
      this.#startEntry(map, 0);
    } else {
      this.#startEntry(map, this.#offset - this.#rawOffset);
    }
  }

  /* The last header block has come; `mapBytes` of them are a map in front of the content. */
  #startEntry(map: SparseMap | null, mapBytes: number): void {
    const entry = this.#builder.build(this.#raw as RawHeader, this.#keptBlocks(), map, mapBytes);
    if (entry.sparse !== null) checkSparseMap(entry.sparse, entry.size, entry.storedSize, this.#rawOffset);
    this.#raw = null;
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
