import type { JsonDocument } from '../json/value.js';
import type { TarHeader } from '../tar/entry.js';
import type { BuilderEvidence } from './builder-evidence.js';

/** What one side's image tells of its build. */
export interface SideEvidence {
  readonly config: JsonDocument | null;
  readonly manifest: JsonDocument | null;
  /** `created` of the config and its history, in seconds since 1970, oldest first; none where they cannot be read. */
  readonly created: readonly number[];
  /**
   * The latest modification time of all entries that were indexed, in seconds, if at least two of them have it: what
   * `SOURCE_DATE_EPOCH` was, if times were clamped. Null otherwise.
   */
  readonly epoch: number | null;
  /** Who made it. */
  readonly builder: BuilderEvidence;
}

/** What is known of two images of one platform. */
export interface PairEvidence {
  readonly platform: string;
  readonly sides: readonly [SideEvidence, SideEvidence];
}

/** A file of one side. */
export interface FileSide {
  /** Normalised, a latin1 string, no leading slash. */
  readonly path: string;
  /** Empty for what is no file. */
  readonly content: Uint8Array;
  readonly header: TarHeader;
  readonly image: SideEvidence;
}
