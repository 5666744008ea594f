import { OciDiffError } from '../errors.js';

/** A tar stream that is not one: `offset` is that of the field or block in question, in bytes from the start. */
export function tarInvalid(offset: number, reason: string): OciDiffError {
  return new OciDiffError('ERR_TAR_INVALID', `${reason} at offset ${offset} of the tar stream`, {
    location: { offset },
  });
}

/** A tar stream that ends too early. */
export function tarTruncated(offset: number, within: string): OciDiffError {
  return new OciDiffError('ERR_TAR_TRUNCATED', `the tar stream ends at offset ${offset}, within ${within}`, {
    location: { offset },
  });
}
