import type { InFileDifference } from '../in-file/in-file-difference.js';

/** Knows one format and tells in its own words how two files of it differ. */
export interface FormatDecoder {
  readonly format: string;
  /** Set where the format is text whose unified diff is worth showing, too, and holds no secrets. */
  readonly text?: true;
  /**
   * Whether `content` looks like this format; cheap, and no promise.
   * @param path normalised, a latin1 string
   */
  recognises(path: string, content: Uint8Array): boolean;
  /**
   * How two contents that are not the same bytes differ. Whatever the format's own fields do not tell is in `bytes`.
   * @returns null where one of them is not of this format after all
   */
  compare(content0: Uint8Array, content1: Uint8Array): InFileDifference | null;
}
