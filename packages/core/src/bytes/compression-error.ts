import { OciDiffError } from '../errors.js';

/** An error in compressed bytes. @param offset in the compressed stream, where it is known */
export function invalid(reason: string, offset: number, cause?: unknown): OciDiffError {
  const options = cause === undefined ? {} : { cause };
  return new OciDiffError('ERR_COMPRESSION_INVALID', `${reason}, at byte ${offset} of the compressed bytes`, options);
}

/** Valid as far as it can be told, but nothing that ocidiff reads. */
export function unsupported(reason: string, offset: number): OciDiffError {
  return new OciDiffError('ERR_COMPRESSION_UNSUPPORTED', `${reason}, at byte ${offset} of the compressed bytes`);
}
