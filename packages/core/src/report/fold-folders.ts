import type { Difference } from '../compare/difference.js';
import type { Row } from './row.js';

interface Folder {
  readonly row: number;
  /** With its slash; empty for the root, which everything is below. */
  readonly prefix: string;
  entries: number;
  /** Whether all that is told below it is one-sided in the same way. */
  whole: boolean;
}

/** `run`, rows of one layer, without those below a folder that only one side has. */
export function foldFolders(run: readonly Row[]): readonly Row[] {
  if (!run.some((row) => oneSidedType(row) === 'directory')) return run;
  const keys = run.map((row) => pathKey(row.differences[0]));
  const order = [...run.keys()].sort((a, b) => compare(keys[a] as string, keys[b] as string) || a - b);
  const folders = foldersOf(run, keys, order);
  const hidden = new Set<number>();
  let above: Folder | undefined;
  for (const row of order) {
    if (above !== undefined && row !== above.row && (keys[row] as string).startsWith(above.prefix)) {
      hidden.add(row);
    } else {
      const folder = folders.get(row);
      above = folder?.whole === true ? folder : undefined;
    }
  }
  return run.flatMap((row, i) => {
    if (hidden.has(i)) return [];
    const folder = folders.get(i);
    return [folder?.whole === true && folder.entries > 0 ? { ...row, entries: folder.entries } : row];
  });
}

function foldersOf(run: readonly Row[], keys: readonly string[], order: readonly number[]): Map<number, Folder> {
  const folders = new Map<number, Folder>();
  const stack: Folder[] = [];
  const leave = (): void => {
    const left = stack.pop() as Folder;
    const outer = stack.at(-1);
    if (outer === undefined) return;
    outer.entries += left.entries;
    outer.whole &&= left.whole;
  };
  for (const i of order) {
    const row = run[i] as Row;
    const key = keys[i] as string;
    while (stack.length > 0 && !key.startsWith((stack.at(-1) as Folder).prefix)) leave();
    const outer = stack.at(-1);
    if (outer !== undefined) {
      outer.entries++;
      outer.whole &&= sameWay(row, run[outer.row] as Row);
    }
    if (oneSidedType(row) === 'directory') {
      const folder = { row: i, prefix: key === '' ? '' : `${key}${SLASH}`, entries: 0, whole: true };
      folders.set(i, folder);
      stack.push(folder);
    }
  }
  while (stack.length > 0) leave();
  return folders;
}

/* Of a row that says nothing but that one side has it, as what. */
function oneSidedType({ differences }: Row): string | null {
  const [{ subject, change, duplicate, field, values }] = differences;
  if (subject !== 'file' || change === 'modified' || duplicate !== undefined) return null;
  return field === 'type' && differences.length === 1 ? String(values[change === 'added' ? 1 : 0]) : null;
}

function sameWay(row: Row, folder: Row): boolean {
  const [own] = row.differences;
  const [above] = folder.differences;
  return (
    oneSidedType(row) !== null &&
    own.change === above.change &&
    own.ignoredBy === above.ignoredBy &&
    own.layerEncoding === above.layerEncoding
  );
}

const SLASH = '\0';

/**
 * A path's bytes as a latin1 string that sorts depth first, so that what is below a folder follows it: by bytes alone,
 * `a-b` stands between `a` and `a/c`. So a slash is the lowest byte, and the root is the empty string.
 */
function pathKey({ path = '.', pathBytes }: Difference): string {
  if (path === '.') return '';
  const bytes = Buffer.from(pathBytes ?? path, pathBytes === undefined ? 'utf8' : 'base64');
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 0x2f) bytes[i] = 0;
  return bytes.toString('latin1');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
