import { latin1 } from '../bytes/latin1.js';

/** Reads what `ByteWriter` wrote. Every method throws a RangeError where the bytes end too soon. */
export class ByteReader {
  readonly #bytes: Buffer;
  /** All of the bytes as one string, of which pieces are cut: none is decoded by itself. */
  readonly #text: string;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#text = latin1(bytes);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw ended();
    this.#at++;
    return value;
  }

  number(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let factor = 128; ; factor *= 128) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    if (!Number.isSafeInteger(value)) throw ended();
    return value;
  }

  double(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  raw(length: number): string {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw ended();
    const text = this.#text.substring(this.#at, end);
    this.#at = end;
    return text;
  }

  text(): string {
    return this.raw(this.number());
  }
}

function ended(): RangeError {
  return new RangeError('the bytes end too soon, or are none of a cache');
}
