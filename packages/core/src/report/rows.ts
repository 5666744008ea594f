import type { Difference, Subject } from '../compare/difference.js';
import { fieldCells } from './cell.js';
import { ABSENT } from './clip.js';
import { displayBytes, displayMessage, displayPath } from './escape.js';

/** What counts; what a later layer covers and therefore does not count; what a rule took out. */
export type Section = 'counted' | 'shadowed' | 'ignored';

/** The differences of one thing that stand in one row of a table. */
export interface Row {
  readonly differences: readonly [Difference, ...Difference[]];
  /** Of a folder that only one side has: the entries below it, which have no rows of their own. */
  readonly entries?: number;
}

const TYPES: Readonly<Record<Subject, string>> = {
  index: 'Index',
  manifest: 'Manifest',
  config: 'Config',
  layer: 'Layer',
  file: 'File',
};

/** The section that `difference` is shown in. */
function sectionOf({ ignoredBy, shadowed }: Difference): Section {
  if (ignoredBy === undefined) return 'counted';
  return shadowed === true && ignoredBy === 'layering' ? 'shadowed' : 'ignored';
}

/**
 * The rows of one section, in the order of `differences` (which a report has sorted): one row a document's field, a
 * layer, a file; in the section `ignored` one for each rule. A folder that only one side has is one row.
 */
export function rowsOf(differences: readonly Difference[], section: Section): Row[] {
  const rows: Row[] = [];
  let run: Row[] = [];
  for (const row of grouped(differences, section)) {
    if (run[0] !== undefined && !samePlace(run[0].differences[0], row.differences[0])) {
      for (const row of foldFolders(run)) rows.push(row);
      run = [];
    }
    run.push(row);
  }
  for (const row of foldFolders(run)) rows.push(row);
  return rows;
}

function* grouped(differences: readonly Difference[], section: Section): Iterable<Row> {
  let group: Difference[] = [];
  for (const difference of differences) {
    if (sectionOf(difference) !== section) continue;
    if (group[0] !== undefined && !sameThing(group[0], difference)) {
      yield* byRule(group);
      group = [];
    }
    group.push(difference);
  }
  yield* byRule(group);
}

function* byRule(group: readonly Difference[]): Iterable<Row> {
  const rows = new Map<string, [Difference, ...Difference[]]>();
  for (const difference of group) {
    const rule = difference.ignoredBy ?? '';
    const row = rows.get(rule);
    if (row === undefined) rows.set(rule, [difference]);
    else row.push(difference);
  }
  for (const rule of [...rows.keys()].sort()) yield { differences: rows.get(rule) as [Difference, ...Difference[]] };
}

function samePlace(a: Difference, b: Difference): boolean {
  return a.platform === b.platform && a.subject === b.subject && layerKey(a) === layerKey(b);
}

function sameThing(a: Difference, b: Difference): boolean {
  if (a.subject !== 'file' && a.subject !== 'layer') return false;
  return samePlace(a, b) && a.path === b.path && a.pathBytes === b.pathBytes && a.duplicate === b.duplicate;
}

function layerKey({ layer, layers }: Difference): string {
  return layer === undefined ? (layers ?? []).join(':') : String(layer);
}

interface Folder {
  readonly row: number;
  /** With its slash; empty for the root, which everything is below. */
  readonly prefix: string;
  entries: number;
  /** Whether all that is told below it is one-sided in the same way. */
  whole: boolean;
}

/** `run`, rows of one layer, without those below a folder that only one side has. */
function foldFolders(run: readonly Row[]): readonly Row[] {
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
  return oneSidedType(row) !== null && own.change === above.change && own.ignoredBy === above.ignoredBy;
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

/** Texts of the columns TYPE, NAME, INPUT-0, INPUT-1 and RULE of a row, nothing in them but visible characters. */
export function rowTexts(row: Row): [string, string, string, string, string] {
  const [first] = row.differences;
  const cells: [string[], string[]] = [[], []];
  for (const difference of row.differences) {
    const [cell0, cell1] = fieldCells(difference);
    cells[0].push(cell0);
    cells[1].push(cell1);
  }
  /* A path that a layer has several times: which of them. */
  const which = first.duplicate === undefined ? '' : `last but ${first.duplicate}: `;
  const [cell0, cell1] = cells.map((texts) => which + withEntries(texts.join(', '), row)) as [string, string];
  return [TYPES[first.subject], nameOf(first), cell0, cell1, displayMessage(first.ignoredBy ?? '')];
}

function withEntries(cell: string, { entries }: Row): string {
  if (entries === undefined || cell === ABSENT) return cell;
  return `${cell}, ${entries} ${entries === 1 ? 'entry' : 'entries'}`;
}

function nameOf(difference: Difference): string {
  const { subject, path, pathBytes, field } = difference;
  if (subject === 'layer') return layerName(difference) || 'layers';
  if (subject !== 'file') return field === '' ? '(document)' : displayPath(field);
  const shown = pathBytes === undefined ? displayPath(path ?? '') : displayBytes(Buffer.from(pathBytes, 'base64'));
  const layer = layerName(difference);
  return layer === '' ? `/${shown}` : `${layer}/${shown}`;
}

function layerName({ layer, layers }: Difference): string {
  if (layer !== undefined) return `layers-${layer}`;
  return layers === undefined ? '' : `layers-${layers.map((position) => position ?? ABSENT).join(':')}`;
}
