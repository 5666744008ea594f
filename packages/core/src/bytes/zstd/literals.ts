import { MAX_BLOCK_BYTES } from './frame.js';
import { CorruptBlock } from './fse.js';
import { type HuffmanTable, readHuffmanStream, readHuffmanTable } from './huffman.js';

/** The literals of a block, `bytes[start, end)`, and where its sequences begin. */
export interface Literals {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** Reads literals sections; keeps the Huffman table for the blocks that use it again. */
export class LiteralsDecoder {
  readonly #scratch = new Uint8Array(MAX_BLOCK_BYTES);
  #blockBytes = 0;
  #table: HuffmanTable | null = null;

  /** @param blockBytes the most that a block of the next frame may have */
  begin(blockBytes: number): void {
    this.#blockBytes = blockBytes;
    this.#table = null;
  }

  /**
   * The literals section of the block `bytes[start, end)`. Source: RFC 8878, section 3.1.1.3.1.
   * @throws {CorruptBlock}
   */
  read(bytes: Uint8Array, start: number, end: number): Literals {
    if (start >= end) throw new CorruptBlock('a block has no literals section');
    const type = (bytes[start] as number) & 3;
    return type < 2 ? this.#readPlain(bytes, start, end, type === 1) : this.#readCoded(bytes, start, end, type === 3);
  }

  #readPlain(bytes: Uint8Array, start: number, end: number, repeated: boolean): Literals {
    const [b0, b1, b2] = [bytes[start] as number, bytes[start + 1] as number, bytes[start + 2] as number];
    const format = (b0 >> 2) & 3;
    const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1;
    const size = headerBytes === 1 ? b0 >> 3 : (b0 >> 4) | (b1 << 4) | (headerBytes === 3 ? b2 << 12 : 0);
    const from = start + headerBytes;
    const next = from + (repeated ? 1 : size);
    if (next > end || size > this.#blockBytes) throw new CorruptBlock('a literals section is larger than its block');
    if (!repeated) return { bytes, start: from, end: next, next };
    this.#scratch.fill(bytes[from] as number, 0, size);
    return { bytes: this.#scratch, start: 0, end: size, next };
  }

  #readCoded(bytes: Uint8Array, start: number, end: number, again: boolean): Literals {
    const [b0, b1, b2, b3, b4] = bytes.subarray(start, start + 5) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    const format = (b0 >> 2) & 3;
    let from = start + (format < 2 ? 3 : format + 2);
    let size: number;
    let storedBytes: number;
    if (format < 2) {
      size = (b0 >> 4) | ((b1 & 0x3f) << 4);
      storedBytes = (b1 >> 6) | (b2 << 2);
    } else if (format === 2) {
      size = (b0 >> 4) | (b1 << 4) | ((b2 & 3) << 12);
      storedBytes = (b2 >> 2) | (b3 << 6);
    } else {
      size = (b0 >> 4) | (b1 << 4) | ((b2 & 0x3f) << 12);
      storedBytes = (b2 >> 6) | (b3 << 2) | (b4 << 10);
    }
    const next = from + storedBytes;
    if (next > end || size > this.#blockBytes) throw new CorruptBlock('a literals section is larger than its block');
    if (!again) {
      const read = readHuffmanTable(bytes, from, next);
      this.#table = read.table;
      from = read.end;
    }
    if (this.#table === null) throw new CorruptBlock('a block uses the Huffman table of none before it');
    if (format === 0) readHuffmanStream(bytes, from, next, this.#table, this.#scratch, 0, size);
    else this.#readFourStreams(bytes, from, next, this.#table, size);
    return { bytes: this.#scratch, start: 0, end: size, next };
  }

  #readFourStreams(bytes: Uint8Array, start: number, end: number, table: HuffmanTable, size: number): void {
    const share = (size + 3) >> 2;
    if (size < MIN_FOUR_STREAM_LITERALS || end - start < JUMP_TABLE_BYTES) {
      throw new CorruptBlock('there are too few literals for four streams');
    }
    let from = start + JUMP_TABLE_BYTES;
    for (let stream = 0; stream < 4; stream++) {
      const at = start + 2 * stream;
      const to = stream === 3 ? end : from + ((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
      if (to > end) throw new CorruptBlock('a Huffman stream is cut off');
      const output = stream * share;
      readHuffmanStream(bytes, from, to, table, this.#scratch, output, stream === 3 ? size : output + share);
      from = to;
    }
  }
}

const JUMP_TABLE_BYTES = 6;
const MIN_FOUR_STREAM_LITERALS = 6;
