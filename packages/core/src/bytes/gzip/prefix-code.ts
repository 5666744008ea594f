/** Code lengths that no DEFLATE stream may have. */
export class BrokenCode extends Error {}

const MAX_BITS = 15;

/**
 * One of DEFLATE's prefix codes, made to be built often: the first bits are looked up, what is longer is decoded bit by
 * bit, so building costs the same for short and for long codes. Source: RFC 1951, section 3.2.2.
 */
export class PrefixCode {
  /** For each value of the next `lookupBits` bits: `symbol << 4 | length`; 0 where the code is longer or there is none. */
  readonly lookup: Uint16Array;
  readonly lookupBits: number;
  /** How many codes there are of each length. */
  readonly #counts = new Uint16Array(MAX_BITS + 1);
  /** All symbols that have a code, by code. */
  readonly #symbols: Uint16Array;

  /** @param symbols at most */
  constructor(symbols: number, lookupBits: number) {
    this.#symbols = new Uint16Array(symbols);
    this.lookup = new Uint16Array(1 << lookupBits);
    this.lookupBits = lookupBits;
  }

  /**
   * The code with `lengths[start, end)` bits for the symbols 0, 1, …; 0: the symbol has none.
   * @param mayLack whether codes may be left over, as zlib allows for one code of one bit and, of distances, for none
   * @throws {BrokenCode} where zlib refuses them: more codes than there are, or codes left over
   */
  build(lengths: Uint8Array, start: number, end: number, mayLack: boolean): void {
    const counts = this.#counts.fill(0);
    for (let at = start; at < end; at++) (counts[lengths[at] as number] as number)++;
    counts[0] = 0;
    const firsts = new Uint16Array(MAX_BITS + 2);
    const codes = new Uint16Array(MAX_BITS + 2);
    let left = 1;
    let longest = 0;
    for (let bits = 1; bits <= MAX_BITS; bits++) {
      const count = counts[bits] as number;
      left = 2 * left - count;
      if (left < 0) throw new BrokenCode();
      if (count > 0) longest = bits;
      firsts[bits + 1] = (firsts[bits] as number) + count;
      codes[bits + 1] = ((codes[bits] as number) + count) << 1;
    }
    if (left > 0 && !(mayLack && longest <= 1)) throw new BrokenCode();

    const { lookup, lookupBits } = this;
    lookup.fill(0);
    for (let at = start; at < end; at++) {
      const bits = lengths[at] as number;
      if (bits === 0) continue;
      this.#symbols[(firsts[bits] as number)++] = at - start;
      const code = (codes[bits] as number)++;
      if (bits > lookupBits) continue;
      const entry = ((at - start) << 4) | bits;
      /* Bits come lowest first, those of a code highest first. */
      const step = 1 << bits;
      for (let index = reverse(code, bits); index < lookup.length; index += step) lookup[index] = entry;
    }
  }

  /**
   * Decodes a code that `lookup` does not have.
   * @param bits what is next, lowest first; at least 15 of them
   * @returns `symbol << 4 | length`; 0 where no code begins with them
   */
  decodeLong(bits: number): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= (bits >>> (length - 1)) & 1;
      const count = this.#counts[length] as number;
      if (code - first < count) return ((this.#symbols[index + code - first] as number) << 4) | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }
}

function reverse(code: number, bits: number): number {
  let rest = code;
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) {
    reversed = (reversed << 1) | (rest & 1);
    rest >>>= 1;
  }
  return reversed;
}
