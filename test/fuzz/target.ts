import type { Random } from './random.js';

/** One case: makes an input of `random`'s choices, and throws where what comes of it is not as it must be. */
export type RunCase = (random: Random) => void | Promise<void>;

export interface Prepared {
  readonly run: RunCase;
  /** Gives back what `prepare` took: temporary folders, sockets. */
  readonly close?: () => Promise<void>;
}

/** Something that reads what others wrote. */
export interface Target {
  readonly name: string;
  /** Cases of one run with a fixed seed, in CI. */
  readonly cases: number;
  /** Milliseconds that a case may take, where it is more than a second since it waits for timers. */
  readonly patience?: number;
  prepare(): Prepared | Promise<Prepared>;
}
