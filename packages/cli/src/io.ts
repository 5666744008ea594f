/** Standard output or standard error. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** Resolves when `text` was handed on, so that whoever waits is held back by a slow reader. */
  write(text: string): Promise<void>;
}

/** An output whose reader has to be waited for. */
export interface Pager extends Output {
  /** Resolves when the reader has left the pager; false where it could not be run at all. */
  close(): Promise<boolean>;
}

/** All that the command knows of the process it runs in. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input; opened only when asked for, since an open one keeps the process alive. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires when the run is interrupted; its reason is an Error that says by what. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Starts the user's pager in front of standard output; null where there is none. */
  readonly pager: () => Promise<Pager | null>;
  readonly version: string;
}
