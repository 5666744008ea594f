import { setTimeout as sleep } from 'node:timers/promises';
import { OciDiffError, throwIfAborted } from '../../errors.js';

/** Attempts at one request, the first included. */
const ATTEMPTS = 5;
/** Milliseconds between two attempts, at most, where the registry does not name them. */
const MAX_DELAY = 10_000;
/** Milliseconds that a registry can ask to wait for; if it wants more, that is told at once. */
const MAX_RETRY_AFTER = 60_000;

/** A failure that may be gone at the next attempt. */
export class PassingFailure extends Error {
  readonly error: OciDiffError;
  /** Milliseconds that the registry asks to wait; null where it does not say. */
  readonly retryAfter: number | null;

  constructor(error: OciDiffError, retryAfter: number | null = null) {
    super(error.message);
    this.error = error;
    this.retryAfter = retryAfter;
  }
}

/**
 * `attempt`, again and again while it throws a `PassingFailure`, up to a bound.
 * @param delay milliseconds before the second attempt
 * @throws what `attempt` throws, a `PassingFailure`'s own error after the last attempt; `ERR_ABORTED`
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  delay: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let count = 1; ; count++) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof PassingFailure)) throw failure;
      const { error, retryAfter } = failure;
      if (count === ATTEMPTS) {
        throw new OciDiffError(error.code, `${error.message} (${ATTEMPTS} attempts)`, { location: error.location });
      }
      if (retryAfter !== null && retryAfter > MAX_RETRY_AFTER) {
        const seconds = Math.ceil(retryAfter / 1000);
        throw new OciDiffError(error.code, `${error.message}; it asks to wait for ${seconds} seconds`);
      }
      await pause(retryAfter ?? backoff(delay, count), signal);
    }
  }
}

/** Milliseconds before attempt `count` + 1: twice as many each time, and not the same for all who failed at once. */
export function backoff(delay: number, count: number): number {
  return Math.min(delay * 2 ** (count - 1), MAX_DELAY) * (0.75 + Math.random() / 2);
}

/** @throws {OciDiffError} `ERR_ABORTED` */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    throwIfAborted(signal);
  }
}

/** The milliseconds of a `Retry-After` header, seconds or a date. Source: RFC 9110, section 10.2.3. */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = header.trim().endsWith(' GMT') ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
