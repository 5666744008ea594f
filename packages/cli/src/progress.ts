import type { Progress } from '@ocidiff/core';

const UPDATE_MILLISECONDS = 100;
/** A run that ends before this shows none: a line that flashes up tells nobody anything. */
const DELAY_MILLISECONDS = 300;
const CLEAR = '\r\u001b[K';

/** One line on a terminal that says how far reading is; it is rewritten in place, and gone at the end. */
export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #start: number;
  #next: number;
  #shown = false;

  constructor(write: (text: string) => void, now: () => number, delay: number = DELAY_MILLISECONDS) {
    this.#write = write;
    this.#now = now;
    this.#start = now();
    this.#next = this.#start + delay;
  }

  update({ bytesRead, bytesTotal }: Progress): void {
    const now = this.#now();
    if (now < this.#next) return;
    this.#next = now + UPDATE_MILLISECONDS;
    this.#shown = true;
    const seconds = (now - this.#start) / 1000;
    const rate = seconds > 0 ? `, ${megabytes(bytesRead / seconds)}/s` : '';
    this.#write(`${CLEAR}${megabytes(bytesRead)} of ${megabytes(bytesTotal)}${rate}`);
  }

  clear(): void {
    if (this.#shown) this.#write(CLEAR);
    this.#shown = false;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
