import { type ErrorLocation, OciDiffError, wrapError } from '../errors.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links loop',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  EIO: 'the disk failed to read it',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is exhausted',
  EFBIG: 'the disk allows no larger file',
  EROFS: 'the disk is read-only',
};

/** The code of a failed system call (`ENOENT`); null for any other error. */
export function systemCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : null;
}

/** What the operating system said, as one sentence after `what`: `ERR_IO`, `ERR_NOT_FOUND` for what is not there. */
export function ioError(error: unknown, what: string, location: ErrorLocation = {}): OciDiffError {
  const code = systemCode(error);
  const reason = code === null ? undefined : REASONS[code];
  if (reason === undefined) return wrapError(error, 'ERR_IO', location);
  const known = code === 'ENOENT' || code === 'ENOTDIR' ? 'ERR_NOT_FOUND' : 'ERR_IO';
  return new OciDiffError(known, `${what}: ${reason}`, { location, cause: error });
}
