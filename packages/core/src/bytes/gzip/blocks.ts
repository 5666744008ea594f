import type { GzipBlocks, Spread } from '../compression.js';
import { parseGzipHeader } from './header.js';
import { BrokenCode, PrefixCode } from './prefix-code.js';

/** Bytes of a blob that `walkGzipBlocks` wants at most. */
export const EXAMINED_BYTES: number = 1024 * 1024;

/**
 * The structure of a gzip blob, as far as its first bytes tell. Symbols are decoded to find where blocks end; content
 * is not. The work is bounded whatever the bytes are, nothing is thrown: what is broken or cut off ends the walk.
 * Source: RFC 1951, section 3.2; RFC 1952, section 2.2.
 * @param head the blob's first bytes; at most `EXAMINED_BYTES` are looked at
 * @param whole whether `head` is all of the blob
 */
export function walkGzipBlocks(head: Uint8Array, whole: boolean): GzipBlocks {
  const walk = new Walk(head.subarray(0, EXAMINED_BYTES), whole && head.length <= EXAMINED_BYTES);
  walk.run();
  return walk.result();
}

/**
 * Symbols that are decoded at most; a block or a code to be built counts as so many as take about as long. Real
 * encoders stay far below it in 1 MiB, but for content that is nearly all zeros.
 */
const MAX_WORK = 4 * 1024 * 1024;
const CODE_WORK = 512;

const TRAILER_BYTES = 8;
/** Zeros behind the bytes, so that bits can be looked at four bytes at a time. */
const PADDING_BYTES = 16;

const LOOKUP_BITS = 10;
const END_OF_BLOCK = 256;
const FIRST_LENGTH = 257;
const LENGTHS = 29;
const DISTANCES = 30;
/* RFC 1951, section 3.2.5. */
const LENGTH_EXTRA = new Uint8Array([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const LENGTH_BASE = new Uint16Array([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]);
const DISTANCE_EXTRA = new Uint8Array([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]);
const DISTANCE_BASE = new Uint16Array([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
]);
/* RFC 1951, section 3.2.7. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/* RFC 1951, section 3.2.6. */
const FIXED_LITERALS = fixedCode(288, (symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8));
const FIXED_DISTANCES = fixedCode(32, () => 5);

function fixedCode(symbols: number, length: (symbol: number) => number): PrefixCode {
  const code = new PrefixCode(symbols, LOOKUP_BITS);
  code.build(
    Uint8Array.from({ length: symbols }, (_, symbol) => length(symbol)),
    0,
    symbols,
    false,
  );
  return code;
}

/** The bytes are broken, cut off, or more work than is due. */
class EndOfWalk extends Error {}

type Kind = 'stored' | 'fixed' | 'dynamic';

class Walk {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #endBit: number;
  readonly #whole: boolean;
  /** The next bit. */
  #bit = 0;
  #work = 0;

  readonly #literals = new PrefixCode(288, LOOKUP_BITS);
  readonly #distances = new PrefixCode(32, LOOKUP_BITS);
  readonly #codeLengths = new PrefixCode(19, 7);
  readonly #lengths = new Uint8Array(288 + 32);

  #examinedBytes = 0;
  #complete = false;
  #members = 0;
  #lastBlock: GzipBlocks['lastBlock'] = null;
  readonly #blocks = { stored: 0, emptyStored: 0, fixed: 0, emptyFixed: 0, dynamic: 0 };
  readonly #fullSymbols = new Tally();
  readonly #fullContent = new Tally();
  readonly #flushedContent = new Tally();
  readonly #memberContent = new Tally();
  #contentBytes = 0;
  #shortestMatch = 0;
  #longestMatch = 0;
  #farthestMatch = 0;

  /* Of the block that was decoded last. */
  #symbols = 0;
  #content = 0;
  #matchLow = 0;
  #matchHigh = 0;
  #matchFar = 0;

  constructor(bytes: Uint8Array, whole: boolean) {
    this.#bytes = new Uint8Array(bytes.length + PADDING_BYTES);
    this.#bytes.set(bytes);
    this.#end = bytes.length;
    this.#endBit = 8 * bytes.length;
    this.#whole = whole;
  }

  run(): void {
    try {
      do this.#member();
      while (this.#memberFollows());
    } catch (error) {
      if (!(error instanceof EndOfWalk || error instanceof BrokenCode)) throw error;
    }
  }

  result(): GzipBlocks {
    const known = (value: number): number | null => (value === 0 ? null : value);
    return {
      examinedBytes: this.#examinedBytes,
      complete: this.#complete,
      members: this.#members,
      contentBytes: this.#contentBytes,
      blocks: this.#blocks,
      fullSymbols: this.#fullSymbols.spread(),
      fullContent: this.#fullContent.spread(),
      flushedContent: this.#flushedContent.spread(),
      memberContent: this.#memberContent.spread(),
      lastBlock: this.#lastBlock,
      shortestMatch: known(this.#shortestMatch),
      longestMatch: known(this.#longestMatch),
      farthestMatch: known(this.#farthestMatch),
    };
  }

  #member(): void {
    const start = this.#bit / 8;
    const length = headerLength(this.#bytes.subarray(start, this.#end));
    this.#members++;
    this.#bit += 8 * length;
    let content = 0;
    let sinceFlush = 0;
    /* The last block, until what follows tells whether it was full; symbols: null where it is not compressed. */
    let full: { symbols: number | null; content: number } | null = null;
    for (let final = false; !final; ) {
      final = this.#take(1) === 1;
      const kind = this.#block(content);
      this.#examinedBytes = Math.ceil(this.#bit / 8);
      const empty = this.#content === 0;
      this.#count(kind, empty);
      content += this.#content;
      this.#contentBytes += this.#content;
      /* What is empty ends nothing that was full: it is a flush, or the end of the data. */
      if (!empty) {
        if (full?.symbols != null) this.#fullSymbols.add(full.symbols);
        if (full !== null) this.#fullContent.add(full.content);
        full = { symbols: kind === 'stored' ? null : this.#symbols, content: this.#content };
        sinceFlush += this.#content;
      } else {
        full = null;
        if (!final && sinceFlush > 0) this.#flushedContent.add(sinceFlush);
        sinceFlush = 0;
      }
      if (final && this.#members === 1) this.#lastBlock = !empty || kind === 'dynamic' ? kind : `empty-${kind}`;
    }
    const end = Math.ceil(this.#bit / 8) + TRAILER_BYTES;
    if (end > this.#end) throw new EndOfWalk();
    this.#bit = 8 * end;
    this.#examinedBytes = end;
    this.#memberContent.add(content);
  }

  /** What follows the last member is no content: other bytes than a member's first two end the blob's data. */
  #memberFollows(): boolean {
    const at = this.#bit / 8;
    if (at + 2 > this.#end && !this.#whole) return false;
    if (at + 2 <= this.#end && this.#bytes[at] === 0x1f && this.#bytes[at + 1] === 0x8b) return true;
    this.#complete = true;
    return false;
  }

  #count(kind: Kind, empty: boolean): void {
    if (kind === 'stored' && empty) this.#blocks.emptyStored++;
    else if (kind === 'fixed' && empty) this.#blocks.emptyFixed++;
    else this.#blocks[kind]++;
    if (this.#matchHigh === 0) return;
    this.#shortestMatch = this.#shortestMatch === 0 ? this.#matchLow : Math.min(this.#shortestMatch, this.#matchLow);
    this.#longestMatch = Math.max(this.#longestMatch, this.#matchHigh);
    this.#farthestMatch = Math.max(this.#farthestMatch, this.#matchFar);
  }

  /** @param before bytes of the member's content before the block: no match reaches farther back */
  #block(before: number): Kind {
    this.#symbols = 0;
    this.#content = 0;
    this.#matchHigh = 0;
    switch (this.#take(2)) {
      case 0:
        this.#stored();
        return 'stored';
      case 1:
        this.#work += CODE_WORK;
        this.#decode(before, FIXED_LITERALS, FIXED_DISTANCES);
        return 'fixed';
      case 2:
        this.#readDynamicCodes();
        this.#decode(before, this.#literals, this.#distances);
        return 'dynamic';
      default:
        throw new EndOfWalk();
    }
  }

  #stored(): void {
    this.#work += CODE_WORK;
    if (this.#work > MAX_WORK) throw new EndOfWalk();
    this.#bit = 8 * Math.ceil(this.#bit / 8);
    const length = this.#take(16);
    if (this.#take(16) !== (length ^ 0xffff)) throw new EndOfWalk();
    this.#bit += 8 * length;
    if (this.#bit > this.#endBit) throw new EndOfWalk();
    this.#content = length;
  }

  /* RFC 1951, section 3.2.7, and what zlib refuses. */
  #readDynamicCodes(): void {
    this.#work += 2 * CODE_WORK;
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const codeLengths = this.#take(4) + 4;
    if (literals > FIRST_LENGTH + LENGTHS || distances > DISTANCES) throw new EndOfWalk();
    const lengths = this.#lengths.fill(0);
    for (let index = 0; index < codeLengths; index++) lengths[CODE_LENGTH_ORDER[index] as number] = this.#take(3);
    this.#codeLengths.build(lengths, 0, CODE_LENGTH_ORDER.length, false);
    lengths.fill(0, 0, CODE_LENGTH_ORDER.length);
    const total = literals + distances;
    for (let at = 0; at < total; ) {
      /* No code of these is longer than what is looked up. */
      const entry = this.#codeLengths.lookup[this.#peek() & 127] as number;
      this.#skip(entry & 15);
      const symbol = entry >> 4;
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) throw new EndOfWalk();
      const value = symbol === 16 ? (lengths[at - 1] as number) : 0;
      const repeat = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (at + repeat > total) throw new EndOfWalk();
      lengths.fill(value, at, at + repeat);
      at += repeat;
    }
    if (lengths[END_OF_BLOCK] === 0) throw new EndOfWalk();
    this.#literals.build(lengths, 0, literals, true);
    this.#distances.build(lengths, literals, total, true);
  }

  /** The symbols of one block, to its end mark. Everything the loop needs is in variables: it is the hot one. */
  #decode(before: number, literals: PrefixCode, distances: PrefixCode): void {
    const bytes = this.#bytes;
    const endBit = this.#endBit;
    const literalLookup = literals.lookup;
    const literalMask = literalLookup.length - 1;
    const distanceLookup = distances.lookup;
    const distanceMask = distanceLookup.length - 1;
    const budget = MAX_WORK - this.#work;
    let bit = this.#bit;
    let symbols = 0;
    let content = 0;
    let low = 259;
    let high = 0;
    let far = 0;
    for (;;) {
      /* A code and its extra bits are at most 20 bits for a length, 28 for a distance; 25 are there. */
      let next = peek(bytes, bit);
      let entry = literalLookup[next & literalMask] as number;
      if (entry === 0) entry = literals.decodeLong(next);
      if (entry === 0 || bit >= endBit || symbols > budget) throw new EndOfWalk();
      const bits = entry & 15;
      const symbol = entry >> 4;
      bit += bits;
      if (symbol < END_OF_BLOCK) {
        symbols++;
        content++;
        continue;
      }
      if (symbol === END_OF_BLOCK) break;
      const lengthCode = symbol - FIRST_LENGTH;
      if (lengthCode >= LENGTHS) throw new EndOfWalk();
      const lengthExtra = LENGTH_EXTRA[lengthCode] as number;
      const length = (LENGTH_BASE[lengthCode] as number) + ((next >>> bits) & ((1 << lengthExtra) - 1));
      bit += lengthExtra;

      next = peek(bytes, bit);
      entry = distanceLookup[next & distanceMask] as number;
      if (entry === 0) entry = distances.decodeLong(next);
      const distanceCode = entry >> 4;
      if (entry === 0 || distanceCode >= DISTANCES) throw new EndOfWalk();
      bit += entry & 15;
      const distanceExtra = DISTANCE_EXTRA[distanceCode] as number;
      const distance = (DISTANCE_BASE[distanceCode] as number) + (peek(bytes, bit) & ((1 << distanceExtra) - 1));
      bit += distanceExtra;
      if (distance > before + content) throw new EndOfWalk();
      symbols++;
      content += length;
      if (length < low) low = length;
      if (length > high) high = length;
      if (distance > far) far = distance;
    }
    if (bit > endBit) throw new EndOfWalk();
    this.#bit = bit;
    this.#work += symbols;
    if (this.#work > MAX_WORK) throw new EndOfWalk();
    this.#symbols = symbols;
    this.#content = content;
    this.#matchLow = low;
    this.#matchHigh = high;
    this.#matchFar = far;
  }

  /** The next `bits` bits, 16 at most. */
  #take(bits: number): number {
    const value = this.#peek() & ((1 << bits) - 1);
    this.#skip(bits);
    return value;
  }

  #peek(): number {
    return peek(this.#bytes, this.#bit);
  }

  #skip(bits: number): void {
    this.#bit += bits;
    if (this.#bit > this.#endBit) throw new EndOfWalk();
  }
}

/** At least 25 bits from `bit` on, lowest first. */
function peek(bytes: Uint8Array, bit: number): number {
  const at = bit >>> 3;
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    (bit & 7)
  );
}

function headerLength(bytes: Uint8Array): number {
  try {
    const header = parseGzipHeader(bytes, 0);
    if (header !== null) return header.length;
  } catch {
    /* It is told where the blob is decompressed. */
  }
  throw new EndOfWalk();
}

class Tally {
  readonly #counts = new Map<number, number>();

  add(value: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
  }

  spread(): Spread | null {
    let count = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = 0;
    let commonest = 0;
    let most = 0;
    for (const [value, times] of this.#counts) {
      count += times;
      min = Math.min(min, value);
      max = Math.max(max, value);
      if (times > most || (times === most && value > commonest)) [commonest, most] = [value, times];
    }
    return count === 0 ? null : { count, min, max, commonest };
  }
}
