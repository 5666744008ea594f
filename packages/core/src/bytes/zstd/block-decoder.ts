import { BLOCK_HEADER_BYTES, type BlockHeader, type FrameHeader, MAX_BLOCK_BYTES } from './frame.js';
import { History } from './history.js';
import { LiteralsDecoder } from './literals.js';
import { SequencesDecoder } from './sequences.js';

/** Bit readers look at whole words, a little before and behind a block. */
const PADDING_BYTES = 16;

/** Decodes frames, block by block. What hostile bytes can make it do is bounded by the size of a block. */
export class BlockDecoder {
  readonly history: History;
  readonly #literals = new LiteralsDecoder();
  readonly #sequences = new SequencesDecoder();
  readonly #input = new Uint8Array(MAX_BLOCK_BYTES + 2 * PADDING_BYTES);

  constructor(frame: FrameHeader) {
    this.history = new History(frame);
    this.begin(frame);
  }

  /** Makes ready for another frame; the memory is used again. */
  begin(frame: FrameHeader): void {
    this.history.begin(frame);
    this.#literals.begin(frame.blockBytes);
    this.#sequences.begin(frame.windowBytes);
  }

  /**
   * Decodes one block into `history`.
   * @param bytes the block with its header
   * @throws {CorruptBlock}
   */
  decode(header: BlockHeader, bytes: Uint8Array): void {
    const content = bytes.subarray(BLOCK_HEADER_BYTES);
    if (header.type === 'raw') {
      this.history.append(content);
    } else if (header.type === 'rle') {
      this.history.fill(content[0] as number, header.size);
    } else {
      const input = this.#input;
      const end = PADDING_BYTES + content.length;
      input.set(content, PADDING_BYTES);
      const literals = this.#literals.read(input, PADDING_BYTES, end);
      this.#sequences.run(input, literals.next, end, literals, this.history);
    }
  }
}
