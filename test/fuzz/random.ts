import { Prng } from '../../bench/prng.mjs';

/** Choices that are the same for the same seed. */
export class Random {
  readonly #prng: Prng;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
  }

  /** From 0, inclusive, to 1, exclusive. */
  readonly fraction = (): number => this.#prng.fraction();

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return this.#prng.below(bound);
  }

  /** A whole number from `min` to `max`, both inclusive. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True in `part` of all cases. */
  chance(part: number): boolean {
    return this.fraction() < part;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.below(256);
    return bytes;
  }
}

/** The choices of one case: they depend on nothing but the three, so that a case can be repeated by itself. */
export function randomOf(seed: number, target: string, number: number): Random {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < target.length; i++) hash = Math.imul(hash ^ target.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (number + 0x9e3779b9), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return new Random(hash ^ (hash >>> 16));
}
