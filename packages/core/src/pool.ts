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
