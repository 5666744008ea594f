import type { Compression } from './compression.js';
import { walkGzipBlocks } from './gzip/blocks.js';
import { describeEncoder } from './gzip/encoder.js';
import type { Head } from './head.js';

export { EXAMINED_BYTES } from './gzip/blocks.js';

/**
 * `compression` and what the blob's first bytes tell beyond it: for gzip the blocks, and the encoder where they fit
 * only one. Nothing is thrown.
 * @param head at most the first `EXAMINED_BYTES` of the blob as stored
 */
export function examineCompression(compression: Compression, head: Head): Compression {
  if (compression.gzip === undefined) return compression;
  const blocks = walkGzipBlocks(head.bytes, head.whole);
  const encoder = describeEncoder(compression.gzip, blocks);
  return { ...compression, blocks, ...(encoder === null ? {} : { encoder }) };
}
