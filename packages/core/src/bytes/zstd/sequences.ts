import {
  type CodeKind,
  LITERAL_LENGTH_BASE,
  LITERAL_LENGTH_BITS,
  LITERAL_LENGTHS,
  MATCH_LENGTH_BASE,
  MATCH_LENGTH_BITS,
  MATCH_LENGTHS,
  OFFSETS,
} from './codes.js';
import { buildFseTable, CorruptBlock, type FseTable, readFseDistribution, rleFseTable } from './fse.js';
import type { History } from './history.js';
import type { Literals } from './literals.js';

/** Offsets of this code and above reach beyond any window that is read. */
const MAX_OFFSET_CODE = 28;
/** From here on a copy by the engine is faster than a loop. */
const LONG_COPY_BYTES = 48;

/** Reads sequences sections and carries them out; keeps tables and offsets for the blocks that use them again. */
export class SequencesDecoder {
  #windowBytes = 0;
  #literalLengths: FseTable | null = null;
  #offsets: FseTable | null = null;
  #matchLengths: FseTable | null = null;
  #recent1 = 1;
  #recent2 = 4;
  #recent3 = 8;

  /** Forgets the frame before. */
  begin(windowBytes: number): void {
    this.#windowBytes = windowBytes;
    this.#literalLengths = null;
    this.#offsets = null;
    this.#matchLengths = null;
    this.#recent1 = 1;
    this.#recent2 = 4;
    this.#recent3 = 8;
  }

  /**
   * Carries out the sequences section `bytes[start, end)` with its block's literals.
   * `bytes` must have 16 bytes to read before the block, and 4 behind it.
   * Source: RFC 8878, sections 3.1.1.3.2 and 3.1.1.4.
   * @throws {CorruptBlock}
   */
  run(bytes: Uint8Array, start: number, end: number, literals: Literals, history: History): void {
    let at = start;
    if (at >= end) throw new CorruptBlock('a block has no sequences section');
    const b0 = bytes[at++] as number;
    let count = b0;
    if (b0 > 127) {
      const b1 = bytes[at++] as number;
      count = b0 < 255 ? ((b0 - 128) << 8) | b1 : (b1 | ((bytes[at++] as number) << 8)) + 0x7f00;
    }
    if (at > end) throw new CorruptBlock('a sequences section is cut off');
    if (count === 0) {
      if (at !== end) throw new CorruptBlock('bytes follow the sequences section');
      history.append(literals.bytes.subarray(literals.start, literals.end));
      return;
    }
    const modes = bytes[at++] as number;
    if (at > end || (modes & 3) !== 0) throw new CorruptBlock('a sequences section sets bits that are reserved');
    const table = (kind: CodeKind, mode: number, last: FseTable | null): FseTable => {
      const read = readTable(bytes, at, end, kind, mode, last);
      at = read.end;
      return read.table;
    };
    this.#literalLengths = table(LITERAL_LENGTHS, modes >> 6, this.#literalLengths);
    this.#offsets = table(OFFSETS, (modes >> 4) & 3, this.#offsets);
    this.#matchLengths = table(MATCH_LENGTHS, (modes >> 2) & 3, this.#matchLengths);
    this.#execute(bytes, at, end, count, literals, history);
  }

  #execute(bytes: Uint8Array, start: number, end: number, count: number, literals: Literals, history: History): void {
    const last = end > start ? (bytes[end - 1] as number) : 0;
    if (last === 0) throw new CorruptBlock('a sequences section has no end mark');
    const { entries: llEntries, accuracyLog: llLog } = this.#literalLengths as FseTable;
    const { entries: ofEntries, accuracyLog: ofLog } = this.#offsets as FseTable;
    const { entries: mlEntries, accuracyLog: mlLog } = this.#matchLengths as FseTable;
    const limit = history.reserve();
    const output = history.bytes;
    const windowBytes = this.#windowBytes;
    const source = literals.bytes;
    let literal = literals.start;
    let position = history.position;
    let recent1 = this.#recent1;
    let recent2 = this.#recent2;
    let recent3 = this.#recent3;

    const floor = start * 8;
    let bit = (end - 1) * 8 + (31 - Math.clz32(last));
    bit -= llLog;
    let llState = bitsAt(bytes, bit, llLog);
    bit -= ofLog;
    let ofState = bitsAt(bytes, bit, ofLog);
    bit -= mlLog;
    let mlState = bitsAt(bytes, bit, mlLog);
    if (bit < floor) throw new CorruptBlock('a sequences section is cut off');

    for (let left = count; ; ) {
      const ofEntry = ofEntries[ofState] as number;
      const mlEntry = mlEntries[mlState] as number;
      const llEntry = llEntries[llState] as number;

      const ofCode = ofEntry & 0xff;
      if (ofCode >= MAX_OFFSET_CODE) throw new CorruptBlock('a match is too far back');
      let offset = 1 << ofCode;
      if (ofCode > 24) {
        bit -= ofCode - 16;
        offset += bitsAt(bytes, bit, ofCode - 16) << 16;
        bit -= 16;
        offset += bitsAt(bytes, bit, 16);
      } else if (ofCode > 0) {
        bit -= ofCode;
        offset += bitsAt(bytes, bit, ofCode);
      }
      const mlCode = mlEntry & 0xff;
      let matchLength = MATCH_LENGTH_BASE[mlCode] as number;
      if (mlCode > 31) {
        const extra = MATCH_LENGTH_BITS[mlCode] as number;
        bit -= extra;
        matchLength += bitsAt(bytes, bit, extra);
      }
      const llCode = llEntry & 0xff;
      let literalLength = LITERAL_LENGTH_BASE[llCode] as number;
      if (llCode > 15) {
        const extra = LITERAL_LENGTH_BITS[llCode] as number;
        bit -= extra;
        literalLength += bitsAt(bytes, bit, extra);
      }

      if (offset > 3) {
        offset -= 3;
        recent3 = recent2;
        recent2 = recent1;
        recent1 = offset;
      } else {
        const which = literalLength === 0 ? offset + 1 : offset;
        if (which === 1) {
          offset = recent1;
        } else {
          offset = which === 2 ? recent2 : which === 3 ? recent3 : recent1 - 1;
          if (which > 2) recent3 = recent2;
          recent2 = recent1;
          recent1 = offset;
        }
      }

      const matchStart = position + literalLength;
      const matchEnd = matchStart + matchLength;
      if (matchEnd > limit || literal + literalLength > literals.end) {
        throw new CorruptBlock('a block has more content than its frame allows');
      }
      if (offset > matchStart || offset > windowBytes || offset === 0)
        throw new CorruptBlock('a match is too far back');
      if (literalLength > LONG_COPY_BYTES) {
        output.set(source.subarray(literal, literal + literalLength), position);
        literal += literalLength;
        position = matchStart;
      } else {
        while (position < matchStart) output[position++] = source[literal++] as number;
      }
      let from = matchStart - offset;
      if (matchLength > LONG_COPY_BYTES && offset >= matchLength) {
        output.copyWithin(position, from, from + matchLength);
        position = matchEnd;
      } else {
        while (position < matchEnd) output[position++] = output[from++] as number;
      }

      if (--left === 0) break;
      const llBits = (llEntry >> 8) & 0xff;
      bit -= llBits;
      llState = (llEntry >>> 16) + bitsAt(bytes, bit, llBits);
      const mlBits = (mlEntry >> 8) & 0xff;
      bit -= mlBits;
      mlState = (mlEntry >>> 16) + bitsAt(bytes, bit, mlBits);
      const ofBits = (ofEntry >> 8) & 0xff;
      bit -= ofBits;
      ofState = (ofEntry >>> 16) + bitsAt(bytes, bit, ofBits);
      if (bit < floor) throw new CorruptBlock('a sequences section is cut off');
    }
    if (bit !== floor) throw new CorruptBlock('a sequences section has another length than its sequences');
    this.#recent1 = recent1;
    this.#recent2 = recent2;
    this.#recent3 = recent3;
    history.position = position;
    if (position + literals.end - literal > limit) {
      throw new CorruptBlock('a block has more content than its frame allows');
    }
    output.set(source.subarray(literal, literals.end), position);
    history.position = position + literals.end - literal;
  }
}

/** `count` bits, at most 25, that begin at the bit `position`. */
function bitsAt(bytes: Uint8Array, position: number, count: number): number {
  const at = position >> 3;
  const word =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  return (word >>> (position & 7)) & ((1 << count) - 1);
}

/** A table as its mode has it. Source: RFC 8878, section 3.1.1.3.2.1, "Symbol compression modes". */
function readTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  kind: CodeKind,
  mode: number,
  last: FseTable | null,
): { readonly table: FseTable; readonly end: number } {
  if (mode === 0) return { table: kind.predefined, end: start };
  if (mode === 1) {
    const symbol = bytes[start] as number;
    if (start >= end || symbol > kind.maxSymbol) throw new CorruptBlock('a code has no such symbol');
    return { table: rleFseTable(symbol), end: start + 1 };
  }
  if (mode === 2) {
    const distribution = readFseDistribution(bytes, start, end, kind.maxAccuracyLog, kind.maxSymbol);
    return { table: buildFseTable(distribution), end: start + distribution.length };
  }
  if (last === null) throw new CorruptBlock('a block uses the table of none before it');
  return { table: last, end: start };
}
