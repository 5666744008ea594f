/** Everything that ocidiff itself can report as having gone wrong. The set is closed: scripts may switch on it. */
export type ErrorCode =
  | 'ERR_OPTION_INVALID'
  | 'ERR_REFERENCE_INVALID'
  | 'ERR_NOT_FOUND'
  | 'ERR_NOT_AN_IMAGE'
  | 'ERR_AMBIGUOUS'
  | 'ERR_PLATFORM'
  | 'ERR_IO'
  | 'ERR_ARCHIVE_INVALID'
  | 'ERR_JSON_INVALID'
  | 'ERR_INDEX_INVALID'
  | 'ERR_MANIFEST_INVALID'
  | 'ERR_CONFIG_INVALID'
  | 'ERR_MEDIA_TYPE_UNSUPPORTED'
  | 'ERR_DIGEST_INVALID'
  | 'ERR_DIGEST_MISMATCH'
  | 'ERR_SIZE_MISMATCH'
  | 'ERR_DIFF_ID_MISMATCH'
  | 'ERR_COMPRESSION_INVALID'
  | 'ERR_COMPRESSION_UNSUPPORTED'
  | 'ERR_TAR_INVALID'
  | 'ERR_TAR_TRUNCATED'
  | 'ERR_LIMIT_EXCEEDED'
  | 'ERR_REPORT_DIR'
  | 'ERR_REPORT_INVALID'
  | 'ERR_ACCEPT_LIST'
  | 'ERR_DAEMON'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_REGISTRY'
  | 'ERR_UNSUPPORTED'
  | 'ERR_ABORTED';

/** Where something went wrong, as far as it is known. All parts are optional; an outer caller adds what it knows. */
export interface ErrorLocation {
  /** The image as the user wrote it. */
  readonly input?: string;
  /** The blob (digest), member of an archive or file below a folder. */
  readonly blob?: string;
  /** Offset in bytes into the blob's (for a layer: the uncompressed) stream. */
  readonly offset?: number;
}

/* C0 and C1 controls, and what ends a line in Unicode. */
const LINE_BREAKERS = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/* In the forms that `displayMessage` has for them. */
function escapeControl(character: string): string {
  const code = character.charCodeAt(0);
  return SHORT[character] ?? (code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`);
}

/**
 * The one error that ocidiff throws. `message` says what, `location` where; `toString()` and the command line join the
 * two. Foreign errors are wrapped once, where they enter, and kept as `cause`.
 *
 * A message often quotes an input. It is one line without control characters nevertheless, for a caller may print it as
 * it is; what else a terminal or a reader may be misled by is escaped where it is shown.
 */
export class OciDiffError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly location: ErrorLocation;
  /** What failed besides, on the other side; empty as a rule. */
  readonly others: readonly OciDiffError[];

  constructor(
    code: C,
    message: string,
    options: { location?: ErrorLocation; cause?: unknown; others?: readonly OciDiffError[] } = {},
  ) {
    super(
      message.replace(LINE_BREAKERS, escapeControl),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'OciDiffError';
    this.code = code;
    this.location = options.location ?? {};
    this.others = options.others ?? [];
  }

  /** The same error with what an outer caller knows of the place; parts that are known already win. */
  at(location: ErrorLocation): OciDiffError<C> {
    const error = new OciDiffError(this.code, this.message, {
      location: { ...location, ...this.location },
      cause: this.cause,
      others: this.others,
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }

  /** One line: the input, the blob and the reason; an input that the message names is not said twice. */
  describe(): string {
    const { input, blob } = this.location;
    const parts: string[] = [];
    if (input !== undefined && !this.message.includes(input)) parts.push(input);
    /* A message about a digest names it too, but not as its subject. */
    if (blob !== undefined && !this.message.startsWith(blob)) parts.push(blob);
    return [...parts, this.message].join(': ');
  }
}

/** `error` as an OciDiffError that knows `location`: an OciDiffError keeps its code, an abort becomes `ERR_ABORTED`. */
export function wrapError(error: unknown, code: ErrorCode, location: ErrorLocation = {}): OciDiffError {
  if (error instanceof OciDiffError) return error.at(location);
  if (isAbort(error)) return new OciDiffError('ERR_ABORTED', 'aborted', { location, cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new OciDiffError(code, message, { location, cause: error });
}

/**
 * One error for the first of `errors`, with the rest as its `others`. An abort is told only where nothing else is: what
 * failed on one side may have ended the other.
 */
export function joinErrors(errors: readonly OciDiffError[]): OciDiffError {
  const reasons = errors.filter(({ code }) => code !== 'ERR_ABORTED');
  const [first, ...others] = reasons.length > 0 ? reasons : errors.slice(0, 1);
  if (first === undefined) throw new RangeError('no error to join');
  if (others.length === 0) return first;
  const { code, message, location, cause } = first;
  return new OciDiffError(code, message, { location, cause, others });
}

/** Throws `ERR_ABORTED` when `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OciDiffError('ERR_ABORTED', 'aborted', { cause: signal.reason });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || (error as { code?: string }).code === 'ABORT_ERR');
}
