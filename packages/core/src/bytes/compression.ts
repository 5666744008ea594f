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

/** The smallest, largest and commonest of some numbers; of equally common ones the largest. */
export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly commonest: number;
}

/**
 * The DEFLATE blocks at the beginning of a gzip blob. Only what lies wholly within the examined bytes is counted, and
 * of no byte beyond them is anything said. Plain JSON values.
 */
export interface GzipBlocks {
  /** Bytes of the blob, from its start to the end of the last block or member that was walked. */
  readonly examinedBytes: number;
  /** Whether the last member's end was reached, so that everything here holds for the whole blob. */
  readonly complete: boolean;
  /** Members begun. */
  readonly members: number;
  /** Bytes of content that the blocks give. */
  readonly contentBytes: number;
  readonly blocks: {
    /** Not compressed, with content. */
    readonly stored: number;
    /** Not compressed, without content: what a flush leaves, or a member's last block. */
    readonly emptyStored: number;
    /** With the code of the specification, and content. */
    readonly fixed: number;
    /** The same without content: another way to flush, or a member's last block. */
    readonly emptyFixed: number;
    /** With a code of their own. */
    readonly dynamic: number;
  };
  /**
   * Symbols (a literal or a match each, without the end mark) of the compressed blocks that the encoder ended because
   * they were full: those that another block with content follows, in the same member. Null: there are none.
   */
  readonly fullSymbols: Spread | null;
  /** Bytes of content of all blocks that the encoder ended because they were full. */
  readonly fullContent: Spread | null;
  /** Bytes of content from one flush to the next. */
  readonly flushedContent: Spread | null;
  /** Bytes of content of whole members. */
  readonly memberContent: Spread | null;
  /** What the first member ends with; null where its end lies beyond. */
  readonly lastBlock: 'stored' | 'empty-stored' | 'fixed' | 'empty-fixed' | 'dynamic' | null;
  /** Null: no matches. */
  readonly shortestMatch: number | null;
  readonly longestMatch: number | null;
  readonly farthestMatch: number | null;
}

/**
 * What wrote a gzip stream, where its bytes fit only one of the encoders that ocidiff was tried on. Plain JSON values.
 */
export interface Encoder {
  readonly name: string;
  /** One level or a range, as the encoder counts them; null where the bytes do not tell. */
  readonly level: string | null;
  /** What in the bytes says so. */
  readonly evidence: string;
}

/** How bytes were compressed, as far as they tell it. Plain JSON values. */
export interface Compression {
  readonly format: 'gzip' | 'zstd' | 'none';
  readonly gzip?: GzipInfo;
  readonly zstd?: ZstdInfo;
  readonly trailing?: TrailingData;
  /** Only where `examineCompression` was asked. */
  readonly blocks?: GzipBlocks;
  /** Only where `blocks` and header tell it. */
  readonly encoder?: Encoder;
}
