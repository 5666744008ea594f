/** Damage in a compressed block; the caller knows where. */
export class CorruptBlock extends Error {}

/**
 * A decoding table of finite state entropy. An entry is `next << 16 | bits << 8 | symbol`: what the state stands for,
 * and how the next one comes about: `next` plus `bits` bits of the stream.
 */
export interface FseTable {
  readonly accuracyLog: number;
  readonly entries: Int32Array;
}

/** Probabilities of symbols as they are written, -1 for "less than one", and the bytes they took. */
export interface FseDistribution {
  readonly accuracyLog: number;
  readonly probabilities: Int16Array;
  readonly symbols: number;
  readonly length: number;
}

/**
 * Reads the description of a table from `bytes[start, end)`. Source: RFC 8878, section 4.1.1.
 * @throws {CorruptBlock}
 */
export function readFseDistribution(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxAccuracyLog: number,
  maxSymbol: number,
): FseDistribution {
  let position = start * 8;
  const peek = (): number => {
    const at = position >> 3;
    const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return low >>> (position & 7);
  };
  const accuracyLog = (peek() & 15) + 5;
  position += 4;
  if (start >= end || accuracyLog > maxAccuracyLog) throw new CorruptBlock('an FSE table is too large');

  const probabilities = new Int16Array(maxSymbol + 1);
  let threshold = 1 << accuracyLog;
  let remaining = threshold + 1;
  let bits = accuracyLog + 1;
  let symbol = 0;
  while (remaining > 1) {
    if (symbol > maxSymbol) throw new CorruptBlock('an FSE table has too many symbols');
    const spare = 2 * threshold - 1 - remaining;
    let value = peek() & (2 * threshold - 1);
    if ((value & (threshold - 1)) < spare) {
      value &= threshold - 1;
      position += bits - 1;
    } else {
      if (value >= threshold) value -= spare;
      position += bits;
    }
    const probability = value - 1;
    remaining -= Math.abs(probability);
    probabilities[symbol++] = probability;
    if (probability === 0) {
      let repeats = 3;
      while (repeats === 3) {
        repeats = peek() & 3;
        position += 2;
        symbol += repeats;
        if (symbol > maxSymbol + 1) throw new CorruptBlock('an FSE table has too many symbols');
      }
    }
    while (remaining < threshold) {
      bits--;
      threshold >>= 1;
    }
    if (position > end * 8) throw new CorruptBlock('an FSE table is cut off');
  }
  if (remaining !== 1) throw new CorruptBlock('an FSE table does not add up');
  return { accuracyLog, probabilities, symbols: symbol, length: ((position + 7) >> 3) - start };
}

/** The decoding table for a distribution. Source: RFC 8878, section 4.1.1, "From normalized distribution". */
export function buildFseTable({ accuracyLog, probabilities, symbols }: Omit<FseDistribution, 'length'>): FseTable {
  const size = 1 << accuracyLog;
  const entries = new Int32Array(size);
  const states = new Uint16Array(symbols);
  let high = size;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const probability = probabilities[symbol] as number;
    if (probability === -1) {
      entries[--high] = symbol;
      states[symbol] = 1;
    } else {
      states[symbol] = probability;
    }
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (let count = probabilities[symbol] as number; count > 0; count--) {
      entries[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position >= high);
    }
  }
  for (let index = 0; index < size; index++) {
    const symbol = entries[index] as number;
    const state = states[symbol] as number;
    states[symbol] = state + 1;
    const bits = accuracyLog - (31 - Math.clz32(state));
    entries[index] = (((state << bits) - size) << 16) | (bits << 8) | symbol;
  }
  return { accuracyLog, entries };
}

/** A table that always gives `symbol` and reads nothing. */
export function rleFseTable(symbol: number): FseTable {
  return { accuracyLog: 0, entries: Int32Array.of(symbol) };
}

/** The table for a distribution that the specification fixes. */
export function predefinedFseTable(accuracyLog: number, probabilities: readonly number[]): FseTable {
  return buildFseTable({ accuracyLog, probabilities: Int16Array.from(probabilities), symbols: probabilities.length });
}
