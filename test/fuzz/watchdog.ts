import { Worker } from 'node:worker_threads';

/** Where a case is that never ends, nothing in its own thread runs any more; another thread looks at the clock. */
export class Watchdog {
  /** Number of the case that runs (-1: none), and how often one has begun. */
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;

  /**
   * @param target named in what is told when it ends the process
   * @param milliseconds that a case may take before the process is ended
   * @param bytes of memory that the process may take
   */
  constructor(target: string, seed: number, milliseconds: number, bytes: number) {
    this.#state[0] = -1;
    this.#worker = new Worker(WATCH, {
      eval: true,
      workerData: { state: this.#state, target, seed, milliseconds, bytes },
    });
    this.#worker.unref();
  }

  /** To be told before each case, and with null when none runs. */
  readonly watch = (number: number | null): void => {
    Atomics.store(this.#state, 0, number ?? -1);
    Atomics.add(this.#state, 1, 1);
  };

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/* In the other thread. Standard error is written at once: the process ends right after. */
const WATCH = `
const { writeSync } = require('node:fs');
const { workerData } = require('node:worker_threads');
const { state, target, seed, milliseconds, bytes } = workerData;
let [count, since] = [-1, performance.now()];
const end = (what) => {
  const number = Atomics.load(state, 0);
  writeSync(2, 'FOUND ' + target + ' case ' + number + ': ' + what +
    '\\n  again: npm run fuzz -- --seed ' + seed + ' --case ' + number + ' ' + target + '\\n');
  process.kill(process.pid, 'SIGKILL');
};
setInterval(() => {
  const now = Atomics.load(state, 1);
  if (now !== count || Atomics.load(state, 0) === -1) [count, since] = [now, performance.now()];
  else if (performance.now() - since > milliseconds) end('it does not end within ' + milliseconds + ' ms');
  const { rss } = process.memoryUsage();
  if (rss > bytes) end('the process takes ' + rss + ' bytes of memory');
}, 100);
`;
