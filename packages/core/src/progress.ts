import type { Progress } from './options.js';

/** Adds up what is read on both sides. */
export class ProgressMeter {
  readonly #report: ((progress: Progress) => void) | undefined;
  #read = 0;
  #total = 0;

  constructor(report: ((progress: Progress) => void) | undefined) {
    this.#report = report;
  }

  /** `bytes` more are going to be read. */
  expect(bytes: number): void {
    this.#total += bytes;
  }

  /** `bytes` have been read. */
  advance(bytes: number): void {
    this.#read += bytes;
    this.#report?.({ bytesRead: this.#read, bytesTotal: Math.max(this.#total, this.#read) });
  }
}
