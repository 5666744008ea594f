import { type ErrorCode, OciDiffError } from '../../packages/core/src/errors.js';
import { displayMessage } from '../../packages/core/src/report/escape.js';

/** The closed set of codes; the compiler holds that it is all of them. */
const CODES: Readonly<Record<ErrorCode, true>> = {
  ERR_OPTION_INVALID: true,
  ERR_REFERENCE_INVALID: true,
  ERR_NOT_FOUND: true,
  ERR_NOT_AN_IMAGE: true,
  ERR_AMBIGUOUS: true,
  ERR_PLATFORM: true,
  ERR_IO: true,
  ERR_ARCHIVE_INVALID: true,
  ERR_JSON_INVALID: true,
  ERR_INDEX_INVALID: true,
  ERR_MANIFEST_INVALID: true,
  ERR_CONFIG_INVALID: true,
  ERR_MEDIA_TYPE_UNSUPPORTED: true,
  ERR_DIGEST_INVALID: true,
  ERR_DIGEST_MISMATCH: true,
  ERR_SIZE_MISMATCH: true,
  ERR_DIFF_ID_MISMATCH: true,
  ERR_COMPRESSION_INVALID: true,
  ERR_COMPRESSION_UNSUPPORTED: true,
  ERR_TAR_INVALID: true,
  ERR_TAR_TRUNCATED: true,
  ERR_LIMIT_EXCEEDED: true,
  ERR_REPORT_DIR: true,
  ERR_DAEMON: true,
  ERR_UNAUTHORIZED: true,
  ERR_REGISTRY: true,
  ERR_UNSUPPORTED: true,
  ERR_ABORTED: true,
  ERR_ACCEPT_LIST: true,
  ERR_REPORT_INVALID: true,
};

/** Characters of a message: no input makes one longer than this many. */
const MAX_MESSAGE = 20_000;

/* C0 and C1 controls, and what ends a line in Unicode. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** What is not as it must be. */
class Finding extends Error {
  override readonly name = 'Finding';
}

/** @throws {Finding} unless `condition` holds */
export function check(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new Finding(typeof message === 'string' ? message : message());
}

/** What `task` gives, or the OciDiffError that it throws, which is held against what such errors must be. */
export function outcome<T>(task: () => T): T | OciDiffError {
  try {
    return task();
  } catch (error) {
    return accepted(error);
  }
}

/** The same for a promise. */
export async function outcomeOf<T>(task: () => Promise<T>): Promise<T | OciDiffError> {
  try {
    return await task();
  } catch (error) {
    return accepted(error);
  }
}

/** @throws what is no OciDiffError, and {Finding} for one that is not as it must be */
function accepted(error: unknown): OciDiffError {
  if (!(error instanceof OciDiffError)) throw error;
  for (const each of [error, ...error.others]) {
    check(Object.hasOwn(CODES, each.code), `no code of the set: ${each.code}`);
    checkMessage(each.message);
  }
  return error;
}

/** @throws {Finding} unless `message` is one line of bounded length without control characters */
export function checkMessage(message: string): void {
  check(message !== '', 'a message without text');
  check(!UNPRINTABLE.test(message), () => `control characters in a message: ${JSON.stringify(message)}`);
  check(message.length <= MAX_MESSAGE, () => `a message of ${message.length} characters: ${message.slice(0, 200)}`);
}

/** The same for a note, which is escaped where it is shown. */
export function checkNote(message: string): void {
  checkMessage(displayMessage(message));
}

export function failed(result: unknown): result is OciDiffError {
  return result instanceof OciDiffError;
}
