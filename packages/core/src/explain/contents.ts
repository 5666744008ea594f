import type { EntryRef } from '../compare/finding.js';

/** Contents of differing files, as far as they were put aside. */
export interface Contents {
  /**
   * The content of an entry; null where it was not wanted, is too large, or could not be read.
   * @throws {OciDiffError} `ERR_IO`
   */
  of(ref: EntryRef): Promise<Uint8Array | null>;
}
