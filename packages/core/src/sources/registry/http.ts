import type { ByteStream } from '../../bytes/stream.js';

/** One request, sent as it is: no redirect is followed, nothing is tried again. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** The value of a header, by its name in lower case; several are joined by commas. Null without. */
  header(name: string): string | null;
  /** Pulled by the reader. It fails with errors that `networkFailure` understands. */
  readonly body: ByteStream;
  /** Lets go of a body that is not wanted, or not to its end. */
  discard(): void;
}
