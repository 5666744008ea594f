import { OciDiffError } from '../../../errors.js';
import { ContainerError } from './archive.js';

/**
 * Why something of a container could not be read, for people.
 * @throws `error` where it is none of those that content can lead to
 */
export function reasonOf(error: unknown): string {
  if (error instanceof OciDiffError && error.code === 'ERR_LIMIT_EXCEEDED') return 'it is too large';
  if (error instanceof ContainerError || error instanceof OciDiffError) return error.message;
  throw error;
}
