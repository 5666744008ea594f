import type { Dispatcher } from 'undici';
import { type ByteStream, READ_CHUNK_BYTES } from '../../bytes/stream.js';
import type { HttpRequest } from './http.js';

/** Time-outs that a body may take at any speed. */
const PATIENCE = 10;
/** A kilobyte a second: who sends less than that keeps a comparison from its end. */
const MIN_BYTES_A_MILLISECOND = 1;
/** Bytes that may have come and wait for their reader; the connection stops then. */
const MAX_WAITING_BYTES: number = READ_CHUNK_BYTES;
/** What is read of a body that nobody wants, to keep its connection; a connection more costs about as much. */
const MAX_DUMPED_BYTES = 64 * 1024;
const DUMP_MILLISECONDS = 500;
/** Answers below 200, each of which starts the time-out anew. Real registries send none, or 100 or 103 once. */
const MAX_ANNOUNCEMENTS = 10;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Sends `request` through `dispatcher` and resolves when the headers of its answer are there. undici's own `request`
 * gives the body as a Node stream, which takes a little more processor time (docs/decisions.md).
 * @param timeout milliseconds that the body may stand still; told here since ten of them are what it may take slowly
 * @throws what the connection fails with, and the signal's reason
 */
export function dispatch(dispatcher: Dispatcher, request: HttpRequest, timeout: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { url, method, headers, body, signal } = request;
    const answer = new Answer(resolve, reject, signal, timeout * PATIENCE);
    dispatcher.dispatch(
      { origin: url.origin, path: `${url.pathname}${url.search}`, method, headers, body: body ?? null },
      answer,
    );
  });
}

/** An answer, as undici tells it bit by bit. Its body is pulled by the reader. */
export class Answer implements Dispatcher.DispatchHandler {
  status = 0;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  /** Milliseconds of waiting after which a body must have come at `MIN_BYTES_A_MILLISECOND`. */
  readonly #patience: number;
  #headers: Headers = {};
  #controller: Dispatcher.DispatchController | null = null;
  /** The body's bytes that nobody has taken yet. */
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;
  /** Of a body that is not wanted; null: it is. */
  #dumped: number | null = null;
  #dumpTimer: NodeJS.Timeout | undefined;
  #announcements = 0;

  constructor(
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
    signal: AbortSignal | undefined,
    patience: number,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#patience = patience;
    if (signal?.aborted === true) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== null) controller.abort(asError(this.#failure.error));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) {
      this.#announcements++;
      if (this.#announcements <= MAX_ANNOUNCEMENTS) return;
      const error = Object.assign(new Error('no end'), { code: 'ANNOUNCED' });
      this.#fail(error);
      controller.abort(error);
      return;
    }
    this.status = status;
    this.#headers = headers;
    this.#resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#dumped !== null) {
      this.#dumped += chunk.length;
      if (this.#dumped > MAX_DUMPED_BYTES) controller.abort(new Error('not wanted'));
      return;
    }
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    if (this.#waiting >= MAX_WAITING_BYTES) controller.pause();
    this.#notify();
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#over();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  /** The value of a header, by its name in lower case; several are joined by commas. Null without. */
  header(name: string): string | null {
    const value = Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
    if (value === undefined) return null;
    return typeof value === 'string' ? value : value.join(', ');
  }

  /** To be read once. Who stops early cuts the connection. */
  async *body(): ByteStream {
    let [waited, bytes] = [0, 0];
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#waiting -= chunk.length;
          bytes += chunk.length;
          if (this.#waiting < MAX_WAITING_BYTES) this.#controller?.resume();
          yield chunk;
        } else if (this.#failure !== null) {
          throw this.#failure.error;
        } else if (this.#ended) {
          return;
        } else {
          const from = performance.now();
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          waited += performance.now() - from;
          /* undici's time-out ends a body that stops; one of a byte now and then would never end. */
          if (waited > this.#patience && bytes + this.#waiting < waited * MIN_BYTES_A_MILLISECOND) {
            throw Object.assign(new Error('too slow'), { code: 'TOO_SLOW' });
          }
        }
      }
    } finally {
      if (!this.#ended) this.#controller?.abort(new Error('not read to its end'));
    }
  }

  /** Lets go of a body that is not wanted. */
  discard(): void {
    if (this.#ended || this.#failure !== null || this.#dumped !== null) return;
    this.#dumped = this.#waiting;
    this.#chunks.length = 0;
    if (Number(this.header('content-length') ?? 0) > MAX_DUMPED_BYTES || this.#dumped > MAX_DUMPED_BYTES) {
      this.#controller?.abort(new Error('not wanted'));
    } else {
      this.#dumpTimer = setTimeout(() => this.#controller?.abort(new Error('not wanted')), DUMP_MILLISECONDS);
      this.#controller?.resume();
    }
  }

  readonly #abort = (): void => {
    const { reason } = this.#signal as AbortSignal;
    this.#fail(reason);
    this.#chunks.length = 0;
    this.#controller?.abort(asError(reason));
  };

  #fail(error: unknown): void {
    if (this.#ended || this.#failure !== null) return;
    /* What came before it is given first: a blob that is cut over and over goes on from there. */
    this.#failure = { error };
    this.#reject(error);
    this.#over();
  }

  #over(): void {
    clearTimeout(this.#dumpTimer);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}
