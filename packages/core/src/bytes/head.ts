import type { ByteStream } from './stream.js';

/** The first bytes of a stream, kept as they pass. */
export class Head {
  readonly #bytes: Uint8Array;
  #length = 0;
  #passed = 0;

  /**
   * @param limit bytes that are kept at most
   * @param size of the stream where it is known: no more is set aside
   */
  constructor(limit: number, size: number | null) {
    this.#bytes = new Uint8Array(Math.min(limit, size ?? limit));
  }

  /** The bytes so far. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Whether nothing has passed but what is kept. */
  get whole(): boolean {
    return this.#passed === this.#length;
  }

  /** `stream` as it is, from its start, whatever was kept before. */
  async *keep(stream: ByteStream): ByteStream {
    this.#length = 0;
    this.#passed = 0;
    for await (const chunk of stream) {
      const kept = chunk.subarray(0, this.#bytes.length - this.#length);
      this.#bytes.set(kept, this.#length);
      this.#length += kept.length;
      this.#passed += chunk.length;
      yield chunk;
    }
  }
}
