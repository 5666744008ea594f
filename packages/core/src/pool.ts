/** Lets at most `jobs` tasks run at once; who waits is served in order. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(jobs: number) {
    this.#free = jobs;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      /* A slot goes straight to who waits. */
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/**
 * Runs `task` over `items`, at most `jobs` at once, in order of start. After an error none is started any more; rejects
 * with the first error once all that were under way have ended.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  jobs: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      try {
        await task(items[next++] as T);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
