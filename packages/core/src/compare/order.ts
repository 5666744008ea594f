/**
 * Which of the paired entries stand in another order: the fewest that have to be moved so that the rest agree.
 * @param positions0 positions of the pairs on side 0, increasing
 * @param positions1 positions of the same pairs on side 1
 * @param isFirst whether side 0 is the one to take for the base; callers decide it by content, so that swapping the
 *   sides gives the same answer
 * @returns indexes of the pairs that were moved, increasing
 */
export function movedPairs(positions0: readonly number[], positions1: readonly number[], isFirst: boolean): number[] {
  if (isIncreasing(positions1)) return [];
  if (isFirst) return outsideLongestRun(positions1);
  /* From the other side's point of view: pairs in the order of side 1, their positions on side 0. */
  const order = positions1.map((_, pair) => pair).sort((a, b) => (positions1[a] as number) - (positions1[b] as number));
  const moved = outsideLongestRun(order.map((pair) => positions0[pair] as number));
  return moved.map((i) => order[i] as number).sort((a, b) => a - b);
}

function isIncreasing(values: readonly number[]): boolean {
  for (let i = 1; i < values.length; i++) if ((values[i] as number) < (values[i - 1] as number)) return false;
  return true;
}

/* Longest increasing subsequence by patience sorting, O(n log n); what is not in it has moved. */
function outsideLongestRun(values: readonly number[]): number[] {
  const tails: number[] = [];
  const previous = new Int32Array(values.length).fill(-1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[i] = tails[low - 1] as number;
    tails[low] = i;
  }
  const kept = new Uint8Array(values.length);
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i] as number) kept[i] = 1;
  const moved: number[] = [];
  for (let i = 0; i < values.length; i++) if (kept[i] === 0) moved.push(i);
  return moved;
}
