import { buildFseTable, CorruptBlock, readFseDistribution } from './fse.js';

/** The zstd library's bound (`HUF_TABLELOG_MAX`); the specification says 11. */
const MAX_CODE_BITS = 12;
const MAX_WEIGHTS_ACCURACY_LOG = 6;
const MAX_SYMBOLS = 256;

/** A Huffman decoding table: for each `maxBits` bits, `bits << 8 | symbol`. */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly entries: Uint16Array;
}

/**
 * Reads a tree description from `bytes[start, end)`. Source: RFC 8878, section 4.2.1.
 * @returns the table, and where the description ends
 * @throws {CorruptBlock}
 */
export function readHuffmanTable(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly table: HuffmanTable; readonly end: number } {
  if (start >= end) throw new CorruptBlock('a Huffman table is cut off');
  const header = bytes[start] as number;
  const weights = new Uint8Array(MAX_SYMBOLS);
  let count: number;
  let next: number;
  if (header < 128) {
    next = start + 1 + header;
    if (next > end) throw new CorruptBlock('a Huffman table is cut off');
    count = readCompressedWeights(bytes, start + 1, next, weights);
  } else {
    count = header - 127;
    next = start + 1 + ((count + 1) >> 1);
    if (next > end) throw new CorruptBlock('a Huffman table is cut off');
    for (let index = 0; index < count; index++) {
      const byte = bytes[start + 1 + (index >> 1)] as number;
      weights[index] = index % 2 === 0 ? byte >> 4 : byte & 15;
    }
  }
  return { table: buildHuffmanTable(weights, count), end: next };
}

/** Weights from two FSE states that take turns. Source: RFC 8878, section 4.2.1.2. */
function readCompressedWeights(bytes: Uint8Array, start: number, end: number, weights: Uint8Array): number {
  const distribution = readFseDistribution(bytes, start, end, MAX_WEIGHTS_ACCURACY_LOG, MAX_SYMBOLS - 1);
  const { accuracyLog, entries } = buildFseTable(distribution);
  const first = start + distribution.length;
  const last = bytes[end - 1] as number;
  if (first >= end || last === 0) throw new CorruptBlock('Huffman weights have no end mark');
  const floor = first * 8;
  let position = (end - 1) * 8 + (31 - Math.clz32(last));
  /* Below the start there are zeros, as many as are asked for. */
  const read = (bits: number): number => {
    position -= bits;
    let value = 0;
    for (let index = 0; index < bits; index++) {
      const at = position + index;
      if (at >= floor) value |= (((bytes[at >> 3] as number) >> (at & 7)) & 1) << index;
    }
    return value;
  };
  const states = [read(accuracyLog), read(accuracyLog)] as [number, number];
  if (position < floor) throw new CorruptBlock('Huffman weights are cut off');
  let count = 0;
  for (let turn = 0; ; turn ^= 1) {
    /* One more weight follows from the others, and one may come out of the other state. */
    if (count > MAX_SYMBOLS - 3) throw new CorruptBlock('there are too many Huffman weights');
    const entry = entries[states[turn] as number] as number;
    weights[count++] = entry & 0xff;
    states[turn] = (entry >>> 16) + read((entry >> 8) & 0xff);
    if (position < floor) {
      weights[count++] = (entries[states[turn ^ 1] as number] as number) & 0xff;
      return count;
    }
  }
}

function buildHuffmanTable(weights: Uint8Array, stated: number): HuffmanTable {
  let total = 0;
  for (let symbol = 0; symbol < stated; symbol++) {
    const weight = weights[symbol] as number;
    if (weight > MAX_CODE_BITS) throw new CorruptBlock('a Huffman weight is too large');
    if (weight > 0) total += 1 << (weight - 1);
  }
  if (total === 0) throw new CorruptBlock('all Huffman weights are zero');
  const maxBits = 32 - Math.clz32(total);
  if (maxBits > MAX_CODE_BITS) throw new CorruptBlock('a Huffman code is too long');
  /* The last weight is not written: it makes the sum a power of two. */
  const rest = (1 << maxBits) - total;
  const restLog = 31 - Math.clz32(rest);
  if (rest !== 1 << restLog) throw new CorruptBlock('Huffman weights do not add up');
  weights[stated] = restLog + 1;

  const starts = new Int32Array(MAX_CODE_BITS + 2);
  let longest = 0;
  for (let symbol = 0; symbol <= stated; symbol++) {
    const weight = weights[symbol] as number;
    if (weight === 1) longest++;
    if (weight > 0) starts[weight + 1] = (starts[weight + 1] as number) + (1 << (weight - 1));
  }
  if (longest < 2 || longest % 2 === 1) throw new CorruptBlock('Huffman weights make no tree');
  for (let weight = 1; weight < starts.length; weight++) {
    starts[weight] = (starts[weight] as number) + (starts[weight - 1] as number);
  }
  const entries = new Uint16Array(1 << maxBits);
  for (let symbol = 0; symbol <= stated; symbol++) {
    const weight = weights[symbol] as number;
    if (weight === 0) continue;
    const start = starts[weight] as number;
    const end = start + (1 << (weight - 1));
    entries.fill(((maxBits + 1 - weight) << 8) | symbol, start, end);
    starts[weight] = end;
  }
  return { maxBits, entries };
}

/**
 * Decodes one stream, `bytes[start, end)`, into `output[from, to)`. Source: RFC 8878, section 4.2.2.
 * `bytes` must have 4 bytes to read on either side.
 * @throws {CorruptBlock} where the stream has other than exactly so many symbols
 */
export function readHuffmanStream(
  bytes: Uint8Array,
  start: number,
  end: number,
  table: HuffmanTable,
  output: Uint8Array,
  from: number,
  to: number,
): void {
  const last = end > start ? (bytes[end - 1] as number) : 0;
  if (last === 0) throw new CorruptBlock('a Huffman stream has no end mark');
  const { maxBits, entries } = table;
  const mask = (1 << maxBits) - 1;
  const floor = start * 8;
  let position = (end - 1) * 8 + (31 - Math.clz32(last));
  let index = from;
  /* 25 bits are there at any position, enough for two symbols. */
  const fastEnd = to - 1;
  const fastFloor = floor + 2 * MAX_CODE_BITS;
  while (index < fastEnd && position >= fastFloor) {
    const low = position - 2 * maxBits;
    const at = low >> 3;
    const word =
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)) >>>
      (low & 7);
    const first = entries[(word >>> maxBits) & mask] as number;
    const used = first >> 8;
    const second = entries[(word >>> (maxBits - used)) & mask] as number;
    output[index] = first;
    output[index + 1] = second;
    index += 2;
    position -= used + (second >> 8);
  }
  while (index < to) {
    if (position <= floor) throw new CorruptBlock('a Huffman stream is cut off');
    const low = position - maxBits;
    /* Bits below the start are zeros, whatever is stored there. */
    const from0 = Math.max(low, floor);
    const at = from0 >> 3;
    const word =
      ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)) >>> (from0 & 7);
    const code = ((word & ((1 << (position - from0)) - 1)) << (from0 - low)) & mask;
    const entry = entries[code] as number;
    output[index++] = entry;
    position -= entry >> 8;
  }
  if (position !== floor) throw new CorruptBlock('a Huffman stream has another length than stated');
}
