import { READ_CHUNK_BYTES } from '../stream.js';
import type { FrameHeader } from './frame.js';
import { CorruptBlock } from './fse.js';

const MAX_SLACK_BYTES = 16 * 1024 * 1024;

/**
 * The content of a frame as it is decoded: the window that matches may reach into, and what was not taken yet. It
 * grows with the content up to the window and some slack; then the window slides to the front, seldom enough that
 * moving it costs little.
 */
export class History {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the next byte goes. */
  position = 0;
  #frame: FrameHeader;
  #capacity = 0;
  #taken = 0;
  #total = 0;

  constructor(frame: FrameHeader) {
    this.#frame = frame;
    this.begin(frame);
  }

  /** Forgets everything, for another frame; the memory is used again. */
  begin(frame: FrameHeader): void {
    this.#frame = frame;
    this.position = 0;
    this.#taken = 0;
    this.#total = 0;
    const slack = Math.min(Math.max(frame.windowBytes / 4, 2 * READ_CHUNK_BYTES), MAX_SLACK_BYTES);
    const content = frame.contentSize ?? Number.POSITIVE_INFINITY;
    this.#capacity = Math.min(Math.floor(frame.windowBytes + slack), content);
  }

  /** Bytes decoded so far. */
  get total(): number {
    return this.#total + this.position;
  }

  /** Whether what is there should be taken before another block is decoded. */
  get full(): boolean {
    const waiting = this.position - this.#taken;
    return waiting >= READ_CHUNK_BYTES || (waiting > 0 && this.position + this.#frame.blockBytes > this.#capacity);
  }

  /** What was decoded since it was last taken; good until the next `reserve`. */
  take(): Uint8Array {
    const bytes = this.bytes.subarray(this.#taken, this.position);
    this.#taken = this.position;
    return bytes;
  }

  /**
   * Makes room for a block.
   * @returns how far the block may write: what the frame allows one, and no more than the content it states
   */
  reserve(): number {
    const { blockBytes, contentSize } = this.#frame;
    const room = contentSize === null ? blockBytes : Math.min(blockBytes, contentSize - this.total);
    if (this.position + room > this.bytes.length) this.#extend(room);
    return this.position + room;
  }

  /** Writes `count` times `byte`. */
  fill(byte: number, count: number): void {
    const limit = this.reserve();
    this.#check(count, limit);
    this.bytes.fill(byte, this.position, this.position + count);
    this.position += count;
  }

  append(bytes: Uint8Array): void {
    const limit = this.reserve();
    this.#check(bytes.length, limit);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  #check(count: number, limit: number): void {
    if (this.position + count > limit) throw new CorruptBlock('a block has more content than its frame allows');
  }

  #extend(room: number): void {
    if (this.bytes.length < this.#capacity) {
      const length = Math.min(this.#capacity, Math.max(2 * this.bytes.length, this.position + room));
      const larger = new Uint8Array(length);
      larger.set(this.bytes.subarray(0, this.position));
      this.bytes = larger;
    }
    if (this.position + room <= this.bytes.length) return;
    const kept = Math.min(this.#frame.windowBytes, this.position);
    this.bytes.copyWithin(0, this.position - kept, this.position);
    this.#total += this.position - kept;
    this.position = kept;
    this.#taken = kept;
  }
}
