/** Lines of one side that stand where the other has others, or none. */
export interface LineChange {
  readonly starts: readonly [number, number];
  readonly counts: readonly [number, number];
}

/**
 * What lies between matched lines, in order.
 * @param matches for each line of side 0 the line of side 1 that it is, ascending; -1 for none
 * @param count1 lines of side 1
 */
export function changesOf(matches: Int32Array, count1: number): LineChange[] {
  const changes: LineChange[] = [];
  let [start0, start1] = [0, 0];
  const end = (end0: number, end1: number): void => {
    if (end0 > start0 || end1 > start1) {
      changes.push({ starts: [start0, start1], counts: [end0 - start0, end1 - start1] });
    }
    [start0, start1] = [end0 + 1, end1 + 1];
  };
  for (let i = 0; i < matches.length; i++) if ((matches[i] as number) >= 0) end(i, matches[i] as number);
  end(matches.length, count1);
  return changes;
}
