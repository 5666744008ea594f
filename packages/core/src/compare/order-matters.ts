import type { LayerIndex } from '../layer/layer-index.js';
import { normalizePath } from '../layer/path.js';
import { whiteoutOf } from '../layer/whiteout.js';
import type { TarEntryType } from '../tar/entry.js';

/*
 * What each name is put under in maps: V8 before March 2026 (CVE-2026-21717) hashes a string of digits to its number,
 * and with a mark names cannot collide.
 */
const MARK = '/';
const ROOT = '.';
/** Code units of folder names that are looked up for one layer; more takes seconds, and is no layer that a tool wrote. */
const MAX_WORK = 2 ** 30;

interface Entry {
  readonly path: string;
  readonly type: TarEntryType;
  /** Of hard links, normalised. */
  readonly target: string | null;
}

/**
 * Whether the order of entries in two layers can decide what unpacking them gives. Coarse, and never too low: in either
 * layer
 * - a path comes more than once,
 * - something is written, or linked to, where a whiteout of the same layer removes, or below it,
 * - something stands, or is linked to, below what the layer has as something other than a folder,
 * - a path has a `..` step, which may lead anywhere,
 *
 * or a hard link comes before its target in one layer, and after it in the other.
 */
export function orderMatters(index0: LayerIndex, index1: LayerIndex): boolean {
  const [entries0, entries1] = [entriesOf(index0), entriesOf(index1)];
  if (isEntangled(entries0) || isEntangled(entries1)) return true;
  const [places0, places1] = [placesOf(entries0), placesOf(entries1)];
  const isTurned = ({ path, target }: Entry): boolean => {
    if (target === null) return false;
    const [link0, link1] = [places0.get(MARK + path), places1.get(MARK + path)];
    const [target0, target1] = [places0.get(MARK + target), places1.get(MARK + target)];
    if (link0 === undefined || link1 === undefined || target0 === undefined || target1 === undefined) return false;
    return link0 < target0 !== link1 < target1;
  };
  return entries0.some(isTurned) || entries1.some(isTurned);
}

function entriesOf({ entries }: LayerIndex): Entry[] {
  const files: Entry[] = [];
  for (const { path, type, linkTarget } of entries) {
    if (type === 'global-header') continue;
    files.push({ path: normalizePath(path), type, target: type === 'hardlink' ? normalizePath(linkTarget) : null });
  }
  return files;
}

function placesOf(entries: readonly Entry[]): Map<string, number> {
  return new Map(entries.map(({ path }, i) => [MARK + path, i]));
}

/* Whether within one layer there is anything whose outcome may hang on the order. */
function isEntangled(entries: readonly Entry[]): boolean {
  const written = new Set<string>();
  const blocking = new Set<string>();
  for (const { path, type } of entries) {
    if (written.has(MARK + path) || DOTS.test(path)) return true;
    written.add(MARK + path);
    if (type !== 'directory') blocking.add(MARK + path);
  }
  /* Folders with something written or linked to in them, at any depth. */
  const folders = new Set<string>();
  const standing = new Set<string>();
  let work = 0;
  const isBelowOther = (path: string, seen: Set<string>): boolean => {
    /* A folder that was seen has been followed up to the root. */
    for (let folder = folderOf(path); folder !== null && !seen.has(MARK + folder); folder = folderOf(folder)) {
      work += folder.length;
      if (blocking.has(MARK + folder) || work > MAX_WORK) return true;
      seen.add(MARK + folder);
    }
    return false;
  };
  for (const { path, type, target } of entries) {
    const opaque = type === 'file' && whiteoutOf(path)?.type === 'opaque-whiteout';
    /* The mark of an opaque folder is nothing that it would remove; for the folders above it is like the folder. */
    if (isBelowOther(path, opaque ? standing : folders)) return true;
    if (opaque) {
      const folder = folderOf(path) ?? ROOT;
      written.add(MARK + folder);
      if (isBelowOther(folder, folders)) return true;
    }
    if (target !== null) {
      if (DOTS.test(target) || isBelowOther(target, folders)) return true;
      written.add(MARK + target);
    }
  }
  return entries.some(({ path, type }) => {
    const whiteout = type === 'file' ? whiteoutOf(path) : null;
    if (whiteout === null) return false;
    const target = MARK + whiteout.target;
    return folders.has(target) || (whiteout.type === 'whiteout' && written.has(target));
  });
}

const DOTS = /(?:^|\/)\.\.(?:\/|$)/;

/* The folder that a path is in; the root is in none. */
function folderOf(path: string): string | null {
  if (path === ROOT) return null;
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ROOT : path.slice(0, slash);
}
