/** The header of the first member of a gzip stream (RFC 1952, section 2.3). */
export interface GzipInfo {
  /** Seconds since 1970; 0: none. */
  readonly mtime: number;
  /** What deflate says of its effort: 2 slowest, 4 fastest. */
  readonly xfl: number;
  /** The operating system's number: 0 FAT, 3 Unix, 255 unknown. */
  readonly os: number;
  /** Bytes as latin1. */
  readonly name: string | null;
  /** Bytes as latin1. */
  readonly comment: string | null;
  /** Base64. */
  readonly extra: string | null;
  readonly headerCrc: boolean;
  readonly text: boolean;
}

/** What a zstd stream says of itself (RFC 8878, section 3.1.1.1). All but the counts is of the first frame. */
export interface ZstdInfo {
  readonly frames: number;
  readonly skippableFrames: number;
  readonly checksum: boolean;
  /** Bytes of content that the header declares; null where it does not. */
  readonly contentSize: number | null;
  /** 0 where there is no frame. */
  readonly windowBytes: number;
  readonly singleSegment: boolean;
}

/**
 * Bytes after the last gzip member, which are no content.
 * - `zero-padding`: zero bytes only
 * - `garbage`: anything else that begins no member
 * - `member-after-padding`, `member-after-garbage`: something that looks like another member follows; readers disagree
 *   on whether it is content, so it is told and not decoded
 */
export interface TrailingData {
  readonly kind: 'zero-padding' | 'garbage' | 'member-after-padding' | 'member-after-garbage';
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** How bytes were compressed, as far as they tell it. Plain JSON values. */
export interface Compression {
  readonly format: 'gzip' | 'zstd' | 'none';
  readonly gzip?: GzipInfo;
  readonly zstd?: ZstdInfo;
  readonly trailing?: TrailingData;
}
