import type { Row } from './row.js';
import { type WritingKind, writingKinds } from './writing-kind.js';

/** Rows of one layer that may share a kind and still stand alone. */
const ALONE = 3;

interface Group {
  readonly kinds: readonly WritingKind[];
  readonly rows: Row[];
}

/**
 * `run`, rows of one layer: those that say only how entries are written become one row for each way, before the
 * others, where there are more than a few. The entries that the new rows tell of are those of the rows they replace.
 */
export function foldWriting(run: readonly Row[]): readonly Row[] {
  const groups = new Map<string, Group>();
  const groupOf = new Map<Row, Group>();
  for (const row of run) {
    const kinds = writingKinds(row.differences);
    if (kinds === null) continue;
    const key = kinds.join();
    const group = groups.get(key) ?? { kinds, rows: [] };
    groups.set(key, group);
    group.rows.push(row);
    groupOf.set(row, group);
  }
  const isFolded = (group: Group | undefined): group is Group => group !== undefined && group.rows.length > ALONE;
  const folded = [...groups.values()].filter(isFolded).sort((a, b) => (a.kinds.join() < b.kinds.join() ? -1 : 1));
  return [...folded.map(rowOf), ...run.filter((row) => !isFolded(groupOf.get(row)))];
}

function rowOf({ kinds, rows }: Group): Row {
  const sides: [number, number] = [0, 0];
  let all = 0;
  for (const { differences, entries = 0 } of rows) {
    const [{ change }] = differences;
    all += 1 + entries;
    if (change !== 'added') sides[0] += 1 + entries;
    if (change !== 'removed') sides[1] += 1 + entries;
  }
  const [first] = rows as [Row];
  return { differences: first.differences, folded: { kinds, entries: all, sides } };
}
