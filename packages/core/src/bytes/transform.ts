import type { Transform } from 'node:stream';
import { READ_CHUNK_BYTES } from './stream.js';

/** Chunks that a codec may be ahead of its consumer, so that it works on while the consumer hashes. */
const CHUNKS_AHEAD = 2;

/** The codec itself failed, as opposed to what feeds it. */
export class CodecFailure extends Error {
  override readonly cause: Error & { readonly code?: string };

  constructor(cause: Error) {
    super(cause.message);
    this.cause = cause;
  }
}

interface CodecState {
  /** The codec takes no more. */
  over: boolean;
  ended: boolean;
  failure: Error | null;
  feedFailure: { readonly error: unknown } | null;
  wake: (() => void) | null;
}

/** Gives bytes to a codec; see `runCodec`. */
export interface CodecInput {
  /**
   * Resolves once the codec has read `bytes`, which must stay as they are until then.
   * @returns false when the codec takes no more: it has ended or failed, or nobody listens to it any longer
   */
  write(bytes: Uint8Array): Promise<boolean>;
}

/**
 * What `codec` makes of the bytes that `feed` gives it. `feed` and codec run ahead of the consumer, a bounded number of
 * chunks. Listens to events, because a `for await` over the codec joins what it has waiting into one more copy.
 *
 * The codec is destroyed and `feed` is over when this returns, also when the consumer stops early.
 * @throws {CodecFailure} where the codec fails, after all output that it gave; before an error of `feed`
 * @throws what `feed` throws
 */
export async function* runCodec(
  codec: Transform,
  feed: (input: CodecInput) => Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  const output: Uint8Array[] = [];
  const writes = new Set<(taken: boolean) => void>();
  const state: CodecState = { over: false, ended: false, failure: null, feedFailure: null, wake: null };

  const notify = (): void => {
    state.wake?.();
    state.wake = null;
  };
  const finish = (): void => {
    state.over = true;
    for (const resolve of writes) resolve(false);
    writes.clear();
    notify();
  };
  codec.on('data', (chunk: Uint8Array) => {
    output.push(chunk);
    if (output.length >= CHUNKS_AHEAD) codec.pause();
    notify();
  });
  codec.on('end', () => {
    state.ended = true;
    finish();
  });
  codec.on('error', (error) => {
    state.failure ??= error;
    finish();
  });
  codec.on('close', finish);

  const write = (bytes: Uint8Array): Promise<boolean> =>
    new Promise((resolve) => {
      if (state.over) {
        resolve(false);
        return;
      }
      writes.add(resolve);
      codec.write(bytes, (error) => {
        if (writes.delete(resolve)) resolve(error === null || error === undefined);
      });
    });
  const feeding = feed({ write }).then(
    () => {
      if (!state.over) codec.end();
    },
    (error: unknown) => {
      state.feedFailure = { error };
      notify();
    },
  );

  try {
    for (;;) {
      const chunk = output.shift();
      if (chunk !== undefined) {
        if (codec.isPaused() && output.length < CHUNKS_AHEAD) codec.resume();
        yield chunk;
        continue;
      }
      if (state.failure !== null) throw new CodecFailure(state.failure);
      throwFeedFailure(state);
      if (state.ended) break;
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
    }
    await feeding;
    throwFeedFailure(state);
  } finally {
    state.over = true;
    codec.destroy();
    await feeding;
  }
}

function throwFeedFailure({ feedFailure }: CodecState): void {
  if (feedFailure !== null) throw feedFailure.error;
}

/**
 * Joins bytes to writes of about a megabyte, in two buffers of its own: one is read by the codec while the other is
 * filled. Copying costs less than waiting, since a chunk of a ByteStream is lent only until the next one is asked for.
 */
export class InputBuffer {
  readonly #input: CodecInput;
  readonly #size: number;
  readonly #buffers: (Uint8Array | undefined)[] = [undefined, undefined];
  readonly #writes: Promise<boolean>[] = [];
  #current = 0;
  #length = 0;

  constructor(input: CodecInput, size: number = READ_CHUNK_BYTES) {
    this.#input = input;
    this.#size = size;
  }

  /** @returns false when the codec takes no more */
  async append(bytes: Uint8Array): Promise<boolean> {
    let rest = bytes;
    while (rest.length > 0) {
      const buffer = this.#buffers[this.#current] ?? Buffer.allocUnsafeSlow(this.#size);
      this.#buffers[this.#current] = buffer;
      const count = Math.min(rest.length, this.#size - this.#length);
      buffer.set(rest.subarray(0, count), this.#length);
      this.#length += count;
      rest = rest.subarray(count);
      if (this.#length === this.#size && !(await this.#turn())) return false;
    }
    return true;
  }

  /** Resolves when all that was appended is read. */
  async flush(): Promise<boolean> {
    if (this.#length > 0 && !(await this.#turn())) return false;
    for (const write of this.#writes.splice(0)) if (!(await write)) return false;
    return true;
  }

  async #turn(): Promise<boolean> {
    const buffer = this.#buffers[this.#current] as Uint8Array;
    this.#writes.push(this.#input.write(buffer.subarray(0, this.#length)));
    this.#length = 0;
    this.#current ^= 1;
    return this.#writes.length < this.#buffers.length || (this.#writes.shift() as Promise<boolean>);
  }
}
