const CHUNK_BYTES = 256 * 1024;
const MAX_VARINT_BYTES = 8;

/** Writes numbers and texts one after the other, and hands them on in chunks; nothing is kept. */
export class ByteWriter {
  readonly #sink: (chunk: Uint8Array) => void;
  #chunk: Buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #at = 0;

  /** @param sink takes each chunk before it returns: the memory is used again */
  constructor(sink: (chunk: Uint8Array) => void) {
    this.#sink = sink;
  }

  byte(value: number): void {
    this.#room(1);
    this.#chunk[this.#at++] = value;
  }

  /**
   * Seven bits a byte, the lowest first; the highest bit says that more follow.
   * @throws {RangeError} for what is no whole number from 0 to 2^53 - 1
   */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`cannot be written: ${value}`);
    this.#room(MAX_VARINT_BYTES);
    let rest = value;
    /* Bit operators take 32 bits. */
    while (rest > 0x7fff_ffff) {
      this.#chunk[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#chunk[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#chunk[this.#at++] = rest;
  }

  /** Any number, as eight bytes. */
  double(value: number): void {
    this.#room(8);
    this.#at = this.#chunk.writeDoubleLE(value, this.#at);
  }

  /** A latin1 string whose length the reader knows. */
  raw(text: string): void {
    if (text.length > CHUNK_BYTES) {
      this.flush();
      this.#sink(Buffer.from(text, 'latin1'));
      return;
    }
    this.#room(text.length);
    this.#at += this.#chunk.write(text, this.#at, text.length, 'latin1');
  }

  /** A latin1 string, with its length before it. */
  text(text: string): void {
    this.number(text.length);
    this.raw(text);
  }

  flush(): void {
    if (this.#at > 0) this.#sink(this.#chunk.subarray(0, this.#at));
    this.#at = 0;
  }

  #room(bytes: number): void {
    if (this.#at + bytes > CHUNK_BYTES) this.flush();
  }
}
