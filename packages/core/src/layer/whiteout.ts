/*
 * Whiteouts as image-spec, layer.md, "Whiteouts" has them: `.wh.NAME` removes NAME of lower layers,
 * `.wh..wh..opq` removes all of the folder's lower children.
 */

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';

export type Whiteout =
  | { readonly type: 'whiteout'; readonly target: string }
  | { readonly type: 'opaque-whiteout'; readonly target: string };

/**
 * What the entry of this path (normalised, a latin1 string) removes, or null where it is none.
 * AUFS's own `.wh..wh.…` names are none, nor are those that name nothing.
 */
export function whiteoutOf(path: string): Whiteout | null {
  const marker = markerOf(path);
  return marker?.type === 'whiteout' || marker?.type === 'opaque-whiteout' ? marker : null;
}

/** What a name that begins with the prefix of whiteouts is. */
export type Marker = Whiteout | { readonly type: 'bogus' } | { readonly type: 'aufs' };

/**
 * What the entry of this path (normalised, a latin1 string) stands for if it is no file of that name; null where it is.
 * - `bogus`: a whiteout without a name, of `.` or of `..`
 * - `aufs`: AUFS keeps its own files (hard links to be, orphans) in folders `.wh..wh.…`
 */
export function markerOf(path: string): Marker | null {
  if (!path.includes(PREFIX)) return null;
  if (AUFS.test(path) && !path.endsWith(OPAQUE)) return { type: 'aufs' };
  const slash = path.lastIndexOf('/') + 1;
  if (!path.startsWith(PREFIX, slash)) return null;
  const name = path.slice(slash);
  if (name === OPAQUE) return { type: 'opaque-whiteout', target: slash === 0 ? '.' : path.slice(0, slash - 1) };
  const removed = name.slice(PREFIX.length);
  if (removed === '' || removed === '.' || removed === '..') return { type: 'bogus' };
  return { type: 'whiteout', target: path.slice(0, slash) + removed };
}

const AUFS = /(?:^|\/)\.wh\.\.wh\./;
