import { throwIfAborted, wrapError } from '../errors.js';
import type { ByteStream } from './stream.js';

/**
 * Reads a stream by the byte: looks ahead, takes what it wants, leaves the rest. What it shows are views of the
 * stream's chunks wherever possible; a view is good until the next `fill` or `next`.
 */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Holds what spans chunks; `#bytes` is it, or a chunk. */
  #scratch: Uint8Array = new Uint8Array(0);
  #done = false;
  #offset = 0;

  /** @param name the blob, for messages */
  constructor(stream: ByteStream, name: string, signal?: AbortSignal | undefined) {
    this.#iterator = stream[Symbol.asyncIterator]();
    this.#name = name;
    this.#signal = signal;
  }

  /** Bytes taken or skipped so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that `view` can show now. */
  get available(): number {
    return this.#end - this.#start;
  }

  /**
   * Makes at least `count` bytes available, fewer only where the stream ends before.
   * @returns whether there are `count`
   * @throws {OciDiffError} what the stream throws (anything foreign as `ERR_IO`), `ERR_ABORTED`
   */
  async fill(count: number): Promise<boolean> {
    while (this.available < count && !this.#done) {
      const kept = this.available;
      if (kept > 0) this.#keep(count);
      const chunk = await this.#pull();
      if (chunk === null) break;
      if (kept > 0) this.#append(chunk);
      else this.#show(chunk, 0, chunk.length);
    }
    return this.available >= count;
  }

  /** All that is available, at least one byte; null at the end. It is taken. */
  async next(): Promise<Uint8Array | null> {
    if (this.available === 0 && !(await this.fill(1))) return null;
    return this.take(this.available);
  }

  /** The next `count` bytes, which must be available; they stay. */
  view(count: number): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#start + count);
  }

  /** The next `count` bytes, which must be available. */
  take(count: number): Uint8Array {
    const bytes = this.view(count);
    this.skip(count);
    return bytes;
  }

  /** Passes over `count` bytes, which must be available. */
  skip(count: number): void {
    this.#start += count;
    this.#offset += count;
  }

  /** Reads to the end, so that a verified stream is verified. */
  async drain(): Promise<void> {
    while ((await this.next()) !== null);
  }

  /** Lets go of the stream; nothing happens where it has ended. */
  async close(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    try {
      await this.#iterator.return?.();
    } catch (error) {
      throw wrapError(error, 'ERR_IO', { blob: this.#name });
    }
  }

  async #pull(): Promise<Uint8Array | null> {
    throwIfAborted(this.#signal);
    try {
      const result = await this.#iterator.next();
      if (result.done !== true) return result.value;
      this.#done = true;
      return null;
    } catch (error) {
      this.#done = true;
      throw wrapError(error, 'ERR_IO', { blob: this.#name });
    }
  }

  #show(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Saves what is left of a chunk before the stream may reuse it. */
  #keep(count: number): void {
    const kept = this.available;
    if (this.#bytes === this.#scratch && this.#start + count <= this.#scratch.length) return;
    const scratch = this.#scratch.length >= count ? this.#scratch : new Uint8Array(count);
    scratch.set(this.view(kept));
    this.#scratch = scratch;
    this.#show(scratch, 0, kept);
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#end + chunk.length;
    if (needed > this.#scratch.length) {
      const kept = this.available;
      const larger = new Uint8Array(2 * (kept + chunk.length));
      larger.set(this.view(kept));
      this.#scratch = larger;
      this.#show(larger, 0, kept);
    }
    this.#scratch.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}
