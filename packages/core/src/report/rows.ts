import type { Difference, Subject } from '../compare/difference.js';
import { fieldCells } from './cell.js';
import { ABSENT } from './clip.js';
import { counted } from './count.js';
import { displayBytes, displayMessage, displayPath } from './escape.js';
import { foldFolders } from './fold-folders.js';
import { foldWriting } from './fold-writing.js';
import { historyText } from './history-text.js';
import { layerName } from './layer-name.js';
import type { ReportLayer } from './report.js';
import type { Row } from './row.js';
import { writingCells } from './writing-kind.js';

/** What counts; what a later layer covers and therefore does not count; what a rule took out. */
export type Section = 'counted' | 'shadowed' | 'ignored';

const TYPES: Readonly<Record<Subject, string>> = {
  index: 'Index',
  manifest: 'Manifest',
  config: 'Config',
  layer: 'Layer',
  file: 'File',
};
/** Characters of a line of history in a cell. */
const HISTORY_CHARACTERS = 48;

/** The section that `difference` is shown in. */
export function sectionOf({ ignoredBy, shadowed }: Difference): Section {
  if (ignoredBy === undefined) return 'counted';
  return shadowed === true && ignoredBy === 'layering' ? 'shadowed' : 'ignored';
}

/**
 * The rows of one section, in the order of `differences` (which a report has sorted): one row a document's field, a
 * layer, a file; in the section `ignored` one for each rule. A folder that only one side has is one row. With `fold`,
 * so is a layer that only one side has, and what many entries of a layer differ in that is only how they are written.
 */
export function rowsOf(differences: readonly Difference[], section: Section, fold: boolean): Row[] {
  const rows: Row[] = [];
  const alone = new Map<string, number>();
  let run: Row[] = [];
  const end = (): void => {
    let left = foldFolders(run);
    const [first] = run;
    const layer = first === undefined || !fold ? undefined : alone.get(placeOf(first.differences[0]));
    if (layer !== undefined) left = foldIntoLayer(rows, layer, left);
    for (const row of fold ? foldWriting(left) : left) {
      if (fold && isLayerOfOneSide(row.differences[0])) alone.set(placeOf(row.differences[0]), rows.length);
      rows.push(row);
    }
    run = [];
  };
  for (const row of grouped(differences, section)) {
    if (run[0] !== undefined && !samePlace(run[0].differences[0], row.differences[0])) end();
    run.push(row);
  }
  end();
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

/* The entries that one side alone has in a layer that it alone has are no news beside the layer. */
function foldIntoLayer(rows: Row[], at: number, run: readonly Row[]): readonly Row[] {
  const layer = rows[at] as Row;
  const { change } = layer.differences[0];
  const isInIt = ({ differences: [first, ...more] }: Row): boolean =>
    first.subject === 'file' && first.field === 'type' && first.change === change && more.length === 0;
  let entries = 0;
  const left = run.filter((row) => {
    if (!isInIt(row)) return true;
    entries += 1 + (row.entries ?? 0);
    return false;
  });
  if (entries > 0) rows[at] = { ...layer, entries };
  return left;
}

function isLayerOfOneSide({ subject, change, field }: Difference): boolean {
  return subject === 'layer' && change !== 'modified' && field === 'diffId';
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

/** The layer that `difference` is in, on its platform. */
function placeOf(difference: Difference): string {
  return `${layerKey(difference)} ${difference.platform ?? ''}`;
}

/** Finds what the report says of the layer that a difference is in. */
export class LayerFinder {
  readonly #layers = new Map<string, ReportLayer>();

  constructor(layers: readonly ReportLayer[]) {
    for (const layer of layers) this.#layers.set(`${layer.layers.join(':')} ${layer.platform}`, layer);
  }

  find({ platform = '', layer, layers }: Difference): ReportLayer | undefined {
    return this.#layers.get(`${(layers ?? [layer, layer]).join(':')} ${platform}`);
  }
}

/** Texts of the columns TYPE, NAME, INPUT-0, INPUT-1 and RULE of a row, nothing in them but visible characters. */
export function rowTexts(row: Row, layers: LayerFinder): [string, string, string, string, string] {
  const [first] = row.differences;
  const rule = displayMessage(first.ignoredBy ?? '');
  if (row.folded !== undefined) {
    const { kinds, entries, sides } = row.folded;
    return [TYPES[first.subject], layerName(first), ...writingCells(kinds, entries, sides), rule];
  }
  const cells: [string[], string[]] = [[], []];
  for (const difference of row.differences) {
    const [cell0, cell1] = isLayerOfOneSide(difference)
      ? oneSidedLayerCells(row, difference, layers.find(difference))
      : fieldCells(difference);
    cells[0].push(cell0);
    cells[1].push(cell1);
  }
  /* A path that a layer has several times: which of them. */
  const which = first.duplicate === undefined ? '' : `last but ${first.duplicate}: `;
  const [cell0, cell1] = cells.map((texts) => which + withEntries(texts.join(', '), row)) as [string, string];
  return [TYPES[first.subject], nameOf(first), cell0, cell1, rule];
}

function oneSidedLayerCells(row: Row, { change }: Difference, layer: ReportLayer | undefined): [string, string] {
  const side = change === 'removed' ? 0 : 1;
  const parts = [`only in input ${side}`];
  if (layer?.empty === true) parts.push('empty layer');
  else if (row.entries !== undefined) parts.push(counted(row.entries, 'entry', 'entries'));
  const history = layer?.history[side] ?? null;
  const text = parts.join(', ') + (history === null ? '' : `: ${historyText(history, HISTORY_CHARACTERS)}`);
  return side === 0 ? [text, ABSENT] : [ABSENT, text];
}

function withEntries(cell: string, { entries, differences: [{ subject }] }: Row): string {
  if (entries === undefined || cell === ABSENT || subject === 'layer') return cell;
  return `${cell}, ${counted(entries, 'entry', 'entries')}`;
}

function nameOf(difference: Difference): string {
  const { subject, path, pathBytes, field } = difference;
  if (subject === 'layer') return layerName(difference) || 'layers';
  if (subject !== 'file') return field === '' ? '(document)' : displayPath(field);
  const shown = pathBytes === undefined ? displayPath(path ?? '') : displayBytes(Buffer.from(pathBytes, 'base64'));
  const layer = layerName(difference);
  return layer === '' ? `/${shown}` : `${layer}/${shown}`;
}
