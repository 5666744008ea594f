import type { InFileDifference } from '../in-file-difference.js';
import type { Work } from '../work.js';

/** Compares what is in a container. */
export type CompareInner = (
  path: string,
  content0: Uint8Array,
  content1: Uint8Array,
  work: Work,
) => Promise<InFileDifference>;
