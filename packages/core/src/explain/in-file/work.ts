import { DEFAULT_LIMITS, type Limits } from '../../limits.js';

/** Bounds on the comparison of one pair of contents; see limits.ts. */
export type InFileOptions = Pick<
  Limits,
  'inFileDepth' | 'inFileExpandedBytes' | 'inFileMembers' | 'inFileTextBytes' | 'inFileTextLines' | 'jsonDepth'
>;

/** UTF-16 code units of lines, and ranges of bytes, that are shown of one pair of contents, its members included. */
const TEXT_SHOWN = 64 * 1024;
const RANGES_SHOWN = 64;
/** Members that are listed, those of inner containers included. */
const MEMBERS_SHOWN = 1000;
/** Bytes that are compared with shifted ones to find insertions. */
const SHIFTED_BYTES = 128 * 1024 * 1024;

/** What may still be done and shown; shared by a container and its members. */
export interface Work {
  readonly options: InFileOptions;
  /** Containers that may still be opened, one within the other. */
  readonly depth: number;
  readonly left: WorkLeft;
}

interface WorkLeft {
  expandedBytes: number;
  members: number;
  membersShown: number;
  text: number;
  ranges: number;
  shiftedBytes: number;
}

export function startWork(options: Partial<InFileOptions>): Work {
  const all = { ...DEFAULT_LIMITS, ...options };
  return {
    options: all,
    depth: all.inFileDepth,
    left: {
      expandedBytes: all.inFileExpandedBytes,
      members: all.inFileMembers,
      membersShown: MEMBERS_SHOWN,
      text: TEXT_SHOWN,
      ranges: RANGES_SHOWN,
      shiftedBytes: SHIFTED_BYTES,
    },
  };
}

/** The same, one container further in. */
export function deeper(work: Work): Work {
  return { ...work, depth: work.depth - 1 };
}

/** The most that one byte of a deflate stream can stand for, about. */
const DEFLATE_RATIO = 1100;

/**
 * What `open` makes of `stored` bytes, charged to what may still be expanded; also where it fails, with the most that it
 * can have made until then, since a container may hold any number of streams that fail late.
 * @param open is given the most bytes that it may make
 * @throws what `open` throws
 */
export async function expandWithin<T>(
  { left }: Work,
  stored: number,
  deflate: boolean,
  open: (maxBytes: number) => T | Promise<T>,
  sizeOf: (result: T) => number,
): Promise<T> {
  let bytes = deflate ? Math.min(left.expandedBytes, stored * DEFLATE_RATIO) : left.expandedBytes;
  try {
    const result = await open(Math.max(1, left.expandedBytes));
    bytes = sizeOf(result);
    return result;
  } finally {
    left.expandedBytes = Math.max(0, left.expandedBytes - bytes);
  }
}
