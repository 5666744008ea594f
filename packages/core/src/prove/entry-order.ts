import { compareLatin1 } from '../bytes/latin1.js';
import { keyOf, normalizePath } from '../layer/path.js';
import { markerOf } from '../layer/whiteout.js';
import type { TarHeader } from '../tar/entry.js';

/** Steps of a path beyond which a layer keeps its order: no real one has as many, and each step costs. */
const MAX_STEPS = 256;

/**
 * The positions of a layer's entries sorted by path, hard links after all others; null where another order could
 * unpack to something else: several entries of one path, a name with `..`, something below what is no folder, a hard
 * link to a hard link, a whiteout of what the layer itself holds, AUFS's own files.
 */
export function sortedPositions(entries: readonly TarHeader[]): number[] | null {
  const paths = entries.map(({ path }) => normalizePath(path));
  const byPath = new Map<string, TarHeader>();
  const folders = new Set<string>();
  for (const [position, entry] of entries.entries()) {
    if (entry.type === 'global-header') continue;
    const path = paths[position] as string;
    if (byPath.has(keyOf(path)) || DOTS.test(path) || !addFolders(path, folders)) return null;
    byPath.set(keyOf(path), entry);
  }
  for (const [position, entry] of entries.entries()) {
    if (entry.type === 'global-header') continue;
    const path = paths[position] as string;
    if (entry.type !== 'directory' && folders.has(keyOf(path))) return null;
    if (entry.type === 'hardlink' && byPath.get(keyOf(normalizePath(entry.linkTarget)))?.type === 'hardlink')
      return null;
    const marker = markerOf(path);
    if (marker === null || marker.type === 'opaque-whiteout') continue;
    if (marker.type !== 'whiteout' || byPath.has(keyOf(marker.target)) || folders.has(keyOf(marker.target)))
      return null;
  }
  const rank = ({ type }: TarHeader): number => (type === 'global-header' ? 0 : type === 'hardlink' ? 2 : 1);
  return entries
    .map((_, position) => position)
    .sort((a, b) => {
      const [rankA, rankB] = [rank(entries[a] as TarHeader), rank(entries[b] as TarHeader)];
      if (rankA !== rankB) return rankA - rankB;
      return rankA === 0 ? a - b : compareLatin1(paths[a] as string, paths[b] as string);
    });
}

const DOTS = /(?:^|\/)\.\.(?:\/|$)/;

/* Adds all folders that a path is in; false for one with too many. */
function addFolders(path: string, folders: Set<string>): boolean {
  let steps = 0;
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const key = keyOf(path.slice(0, slash));
    if (folders.has(key)) return true;
    if (++steps > MAX_STEPS) return false;
    folders.add(key);
  }
  return true;
}
