import { digestFromBytes } from '../digest.js';
import type { LayerIndex } from '../layer/layer-index.js';
import { normalizePath } from '../layer/path.js';
import type { TarHeader } from '../tar/entry.js';
import type { TarTrailer } from '../tar/reader.js';
import type { Value } from './difference.js';
import { compareEntries, streamType } from './entry-fields.js';
import type { EntryRef, FindingSink, LayerPair } from './finding.js';
import { ByteCount, type LayerBytes } from './layer-bytes.js';
import { movedPairs } from './order.js';

/** Positions of the entries that have one path, in stream order. */
type Positions = number | number[];
/** Positions of two entries that are compared with each other, and which of their path's duplicates they are. */
type Pair = readonly [position0: number, position1: number, duplicate: number];

/**
 * Compares two layers as streams: entries as they are written, paired by path, in any order.
 * Entries that one layer has several times are paired from the last backwards, since the last one is what counts.
 * If the two streams differ in any byte, at least one finding is emitted. What the order decides is told by trees.
 * @returns what the streams' bytes belong to
 */
export function compareStreams(
  index0: LayerIndex,
  index1: LayerIndex,
  platform: string,
  layers: LayerPair,
  emit: FindingSink,
): LayerBytes {
  const bytes = new ByteCount();
  let found = false;
  const tell: FindingSink = (finding) => {
    found = true;
    emit(finding);
  };
  const paths0 = pathsOf(index0);
  const paths1 = pathsOf(index1);
  /* Mostly the two name the same in the same order: what is at one place is paired then, and nothing has moved. */
  const inStep = paths0.length === paths1.length && paths0.every((path, position) => path === paths1[position]);
  const rest1 = inStep ? null : positionsByPath(paths1);
  const place = { platform, layers } as const;
  const paired: Pair[] = [];

  const pair = (path: string, position0: number, position1: number, duplicate: number): void => {
    if (!inStep) paired.push([position0, position1, duplicate]);
    const equal = equalParts(index0, index1, position0, position1);
    bytes.entry(0, index0, position0, equal);
    bytes.entry(1, index1, position1, equal);
    if (equal === 'all') return;
    compareEntries(index0, index1, position0, position1, (field, values, excuses) => {
      tell({
        subject: 'file',
        change: 'modified',
        ...place,
        path,
        ...(duplicate === 0 ? {} : { duplicate }),
        field,
        values,
        excuses,
        entries: [entryRef(index0, position0), entryRef(index1, position1)],
      });
    });
  };
  const alone = (path: string, index: LayerIndex, position: number, side: 0 | 1, duplicate: number): void => {
    const entry = index.entries[position];
    if (entry === undefined) return;
    bytes.entry(side, index, position, 'nothing');
    const type = streamType(entry, path);
    tell({
      subject: 'file',
      change: side === 0 ? 'removed' : 'added',
      ...place,
      path,
      ...(duplicate === 0 ? {} : { duplicate }),
      field: 'type',
      values: side === 0 ? [type, null] : [null, type],
      excuses: entry.type === 'global-header' ? [['tar-format']] : [],
      entries: side === 0 ? [entryRef(index, position), null] : [null, entryRef(index, position)],
    });
  };

  for (const [key, positions0] of positionsByPath(paths0)) {
    const path = pathOfKey(key);
    const positions1 = rest1 === null ? positions0 : (rest1.get(key) ?? []);
    rest1?.delete(key);
    if (typeof positions0 === 'number' && typeof positions1 === 'number') {
      pair(path, positions0, positions1, 0);
      continue;
    }
    const [list0, list1] = [asList(positions0), asList(positions1)];
    for (let back = 1; back <= Math.max(list0.length, list1.length); back++) {
      const position0 = list0.at(-back);
      const position1 = list1.at(-back);
      if (position0 !== undefined && position1 !== undefined) pair(path, position0, position1, back - 1);
      else if (position0 !== undefined) alone(path, index0, position0, 0, back - 1);
      else if (position1 !== undefined) alone(path, index1, position1, 1, back - 1);
    }
  }
  for (const [key, positions1] of rest1 ?? []) {
    const list1 = asList(positions1);
    for (let back = 1; back <= list1.length; back++)
      alone(pathOfKey(key), index1, list1.at(-back) as number, 1, back - 1);
  }
  tellMoved(paired, paths0, paths1, (path, duplicate, values) => {
    tell({
      subject: 'file',
      change: 'modified',
      ...place,
      path,
      ...(duplicate === 0 ? {} : { duplicate }),
      field: 'order',
      values,
      excuses: [['file-order']],
    });
  });
  const [trailer0, trailer1] = [index0.trailer, index1.trailer];
  bytes.trailer(0, trailer0.bytes);
  bytes.trailer(1, trailer1.bytes);
  if (trailer0.bytes !== trailer1.bytes || trailer0.digest !== trailer1.digest) {
    const values: [Value, Value] = [trailerValue(trailer0), trailerValue(trailer1)];
    tell({ subject: 'layer', change: 'modified', ...place, field: 'trailer', values, excuses: [['tar-format']] });
  }
  if (!found && index0.diffId !== index1.diffId) {
    /* Cannot happen: an index covers every byte. Should it, the difference counts, whatever the rules. */
    tell({
      subject: 'layer',
      change: 'modified',
      ...place,
      field: 'diffId',
      values: [index0.diffId, index1.diffId],
      excuses: [],
    });
  }
  return bytes.result();
}

function equalParts(
  index0: LayerIndex,
  index1: LayerIndex,
  position0: number,
  position1: number,
): 'all' | 'content' | 'nothing' {
  const [entry0, entry1] = [index0.entries[position0] as TarHeader, index1.entries[position1] as TarHeader];
  const sameContent = index0.contentDigests[position0] === index1.contentDigests[position1];
  const padded = index0.paddings.has(position0) || index1.paddings.has(position1);
  if (sameContent && entry0.headerDigest === entry1.headerDigest && !padded) return 'all';
  return sameContent ? 'content' : 'nothing';
}

function entryRef(index: LayerIndex, position: number): EntryRef {
  return { header: index.entries[position] as TarHeader, contentDigest: index.contentDigests[position] as string };
}

/* A global extended header has a name, but is no file of that name. */
const GLOBAL_MARK = '\0';
/* V8 before March 2026 (CVE-2026-21717) hashes a string of digits to its number: with a mark, names cannot collide. */
const NUMBER_MARK = '/';
const NUMBER = /^[0-9]{1,10}$/;

/* Keys of entries: their paths, marked where a path alone would not do. No normal path begins with a mark. */
function pathsOf(index: LayerIndex): string[] {
  return index.entries.map(({ path, type }) => {
    const normal = normalizePath(path);
    if (type === 'global-header') return GLOBAL_MARK + normal;
    return NUMBER.test(normal) ? NUMBER_MARK + normal : normal;
  });
}

function pathOfKey(key: string): string {
  return key.startsWith(GLOBAL_MARK) || key.startsWith(NUMBER_MARK) ? key.slice(1) : key;
}

function positionsByPath(paths: readonly string[]): Map<string, Positions> {
  const map = new Map<string, Positions>();
  for (let position = 0; position < paths.length; position++) {
    const path = paths[position] as string;
    const known = map.get(path);
    if (known === undefined) map.set(path, position);
    else if (typeof known === 'number') map.set(path, [known, position]);
    else known.push(position);
  }
  return map;
}

function asList(positions: Positions): readonly number[] {
  return typeof positions === 'number' ? [positions] : positions;
}

/*
 * A place is told as the number of entries in front that have not moved: it is never the same on both sides, as the
 * bare position can be. Entries that only one side has do not count.
 */
function tellMoved(
  paired: Pair[],
  paths0: readonly string[],
  paths1: readonly string[],
  tell: (path: string, duplicate: number, places: [number, number]) => void,
): void {
  paired.sort((a, b) => a[0] - b[0]);
  const positions0 = paired.map(([position]) => position);
  const positions1 = paired.map(([, position]) => position);
  /* The side whose path is the smaller one where the two orders first part is the base; it is the same from either side. */
  const order1 = positions1.slice().sort((a, b) => a - b);
  const parted = positions0.findIndex((position, i) => paths0[position] !== paths1[order1[i] as number]);
  const isFirst =
    parted < 0 || (paths0[positions0[parted] as number] as string) < (paths1[order1[parted] as number] as string);
  const moved = movedPairs(positions0, positions1, isFirst);
  if (moved.length === 0) return;
  const isMoved = new Set(moved);
  const kept1 = positions1.filter((_, pair) => !isMoved.has(pair));
  moved.forEach((pair, movedBefore) => {
    const [position0, position1, duplicate] = paired[pair] as Pair;
    tell(pathOfKey(paths0[position0] as string), duplicate, [pair - movedBefore, countBelow(kept1, position1)]);
  });
}

/* How many of the increasing `values` are below `limit`. */
function countBelow(values: readonly number[], limit: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function trailerValue(trailer: TarTrailer): Value {
  const content = trailer.zero ? {} : { sha256: digestFromBytes(trailer.digest).slice('sha256:'.length) };
  return { bytes: trailer.bytes, zero: trailer.zero, ...content };
}
