/**
 * Numbers that look random and are the same for the same seed, on every machine: sfc32 (PractRand), 32 bits a step.
 */
export class Prng {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** @param {number} seed */
  constructor(seed) {
    this.#c = seed | 0;
    for (let i = 0; i < 16; i += 1) this.uint32();
  }

  /** @returns {number} an integer from 0 to 2^32 - 1 */
  uint32() {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    this.#c |= 0;
    return result >>> 0;
  }

  /** @returns {number} from 0, inclusive, to 1, exclusive */
  fraction() {
    return this.uint32() / 2 ** 32;
  }

  /**
   * @param {number} bound
   * @returns {number} an integer from 0 to `bound` - 1
   */
  below(bound) {
    return Math.floor(this.fraction() * bound);
  }

  /** @returns {number} of the normal distribution with mean 0 and deviation 1 (Box-Muller) */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }
}
