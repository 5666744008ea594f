import type { ReportDifference } from './report.js';
import type { WritingKind } from './writing-kind.js';

/** The differences of one thing that stand in one row of a table. */
export interface Row {
  readonly differences: readonly [ReportDifference, ...ReportDifference[]];
  /** Of a folder or layer that only one side has: the entries below it, which have no rows of their own. */
  readonly entries?: number;
  /** Set where the row stands for many, of which `differences` are the first one's. */
  readonly folded?: FoldedRows;
}

/** What a row stands for that took the place of others. */
export interface FoldedRows {
  readonly kinds: readonly WritingKind[];
  /** Entries together, and of them those that either input has. */
  readonly entries: number;
  readonly sides: readonly [number, number];
}
