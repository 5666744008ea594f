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
 * AUFS's own `.wh..wh.…` names are none.
 */
export function whiteoutOf(path: string): Whiteout | null {
  const slash = path.lastIndexOf('/') + 1;
  if (!path.startsWith(PREFIX, slash)) return null;
  const name = path.slice(slash);
  if (name === OPAQUE) return { type: 'opaque-whiteout', target: slash === 0 ? '.' : path.slice(0, slash - 1) };
  if (name.startsWith(`${PREFIX}${PREFIX}`) || name === PREFIX) return null;
  return { type: 'whiteout', target: path.slice(0, slash) + name.slice(PREFIX.length) };
}
