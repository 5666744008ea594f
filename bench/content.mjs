import { Prng } from './prng.mjs';

const WINDOW = 32 * 1024;
const CHUNK = 1024 ** 2;
const STRETCH = 64 * 1024;

/**
 * @typedef {object} Texture
 * @property {number} copies how many of 1024 steps copy something from before; the others add one byte
 * @property {number} meanCopy bytes of a copy beyond the least of 4, in the mean
 * @property {number} alphabet how even single bytes are spread: bits, 1 to 8
 * @property {number} noise the part of all stretches that nothing compresses, as a picture or an archive inside
 */

/**
 * An endless stream of bytes that gzip compresses as it does the files of real images. It is made the way gzip
 * reads it: single bytes, some more frequent than others, and copies of what stood a little earlier.
 */
export class Content {
  #prng;
  #literals = new Uint8Array(1024);
  #copyOf1024;
  #meanCopy;
  #noise;
  #buffer = Buffer.alloc(0);
  #at = 0;

  /**
   * @param {number} seed
   * @param {Texture} texture
   */
  constructor(seed, texture) {
    this.#prng = new Prng(seed);
    this.#copyOf1024 = texture.copies;
    this.#meanCopy = texture.meanCopy;
    this.#noise = texture.noise;
    for (let i = 0; i < this.#literals.length; i += 1) {
      this.#literals[i] = Math.floor(2 ** (texture.alphabet * this.#prng.fraction())) * 37;
    }
  }

  /**
   * @param {number} length
   * @returns {Uint8Array[]} the next `length` bytes; nobody writes to them later
   */
  take(length) {
    const parts = [];
    for (let left = length; left > 0; ) {
      if (this.#at === this.#buffer.length) this.#refill();
      const part = this.#buffer.subarray(this.#at, Math.min(this.#buffer.length, this.#at + left));
      parts.push(part);
      this.#at += part.length;
      left -= part.length;
    }
    return parts;
  }

  #refill() {
    /* The window before the chunk, so that copies can reach back over its edge. */
    const before = this.#buffer.subarray(Math.max(0, this.#buffer.length - WINDOW));
    const buffer = Buffer.allocUnsafeSlow(before.length + CHUNK);
    buffer.set(before);
    for (let at = before.length; at < buffer.length; at += STRETCH) {
      const end = Math.min(buffer.length, at + STRETCH);
      if (this.#prng.fraction() < this.#noise) this.#fillWithNoise(buffer, at, end);
      else this.#fill(buffer, at, end);
    }
    this.#buffer = buffer;
    this.#at = before.length;
  }

  /**
   * @param {Buffer} buffer
   * @param {number} begin
   * @param {number} end
   */
  #fill(buffer, begin, end) {
    const prng = this.#prng;
    const literals = this.#literals;
    const copies = this.#copyOf1024;
    let at = begin;
    while (at < end) {
      const random = prng.uint32();
      if ((random & 1023) >= copies || at < 64) {
        buffer[at] = /** @type {number} */ (literals[(random >>> 10) & 1023]);
        at += 1;
        continue;
      }
      /* Near places more often than far ones, short copies more often than long ones. */
      const distance = Math.min(at, Math.floor(8 * (WINDOW / 8 - 32) ** (((random >>> 10) & 4095) / 4096)));
      const length = 4 + Math.floor(-this.#meanCopy * Math.log(1 - (random >>> 22) / 1024));
      const copied = Math.min(end, at + length);
      for (; at < copied; at += 1) buffer[at] = /** @type {number} */ (buffer[at - distance]);
    }
  }

  /**
   * @param {Buffer} buffer
   * @param {number} begin
   * @param {number} end
   */
  #fillWithNoise(buffer, begin, end) {
    for (let at = begin; at < end; at += 4) {
      buffer.writeUInt32LE(this.#prng.uint32(), Math.min(at, buffer.length - 4));
    }
  }
}
