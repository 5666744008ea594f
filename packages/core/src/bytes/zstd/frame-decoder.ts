import type { OciDiffError } from '../../errors.js';
import { invalid } from '../compression-error.js';
import type { BlockHeader, FrameHeader } from './frame.js';

/** A frame as far as its header. */
export interface FrameStart {
  readonly header: FrameHeader;
  /** The header as it stands; good until the first part is asked for. */
  readonly bytes: Uint8Array;
  /** Of the frame in the compressed stream. */
  readonly offset: number;
}

/** What follows a frame's header. `bytes` is the whole part, good until the next one is asked for. */
export type FramePart =
  | { readonly type: 'block'; readonly header: BlockHeader; readonly bytes: Uint8Array }
  | { readonly type: 'checksum'; readonly bytes: Uint8Array };

/** Decodes frames, one after the other. */
export interface FrameDecoder {
  /**
   * The content of a frame. Errors in the frame come in the order of its bytes: first what is wrong with the parts that
   * there are, then what `parts` throws.
   * @throws {OciDiffError} `damagedFrame`, whatever the decoder finds wrong; what `parts` throws
   */
  decode(frame: FrameStart, parts: AsyncIterable<FramePart>): AsyncGenerator<Uint8Array, void, void>;
}

/**
 * Says no more, since decoders do not notice the same damage first: some go on past a Huffman stream that ends early,
 * and leave it to the checksum. `cause` has the details.
 */
export function damagedFrame(frame: FrameStart, cause?: unknown): OciDiffError {
  const reason = 'the zstd frame cannot be decoded, or its content does not match its size or checksum';
  return invalid(reason, frame.offset, cause);
}
