/** Runs `task` over `items`, at most `jobs` at once, in order of start. Rejects with the first error once all ended. */
export async function forEachBounded<T>(items: readonly T[], jobs: number, task: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await task(items[next++] as T);
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
