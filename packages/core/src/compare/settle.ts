import type { LayerIndex } from '../layer/layer-index.js';
import { normalizePath, parentOf } from '../layer/path.js';
import { markerOf } from '../layer/whiteout.js';
import type { Finding } from './finding.js';

/** Two aligned layers that were compared as streams; an index is null where the layer is on one side only. */
export interface ComparedStreams {
  readonly findings: readonly Finding[];
  readonly index0: LayerIndex | null;
  readonly index1: LayerIndex | null;
}

/**
 * Whether two layers say the same of the same paths, but for contents and attributes, in the same order. Whatever tree
 * is below them, if it is the same on both sides they make the same of it but for these; so it need not be known.
 */
export function isParallel({ findings, index0, index1 }: ComparedStreams): boolean {
  if (index0 === null || index1 === null) return false;
  return findings.every((finding) => {
    if (finding.subject !== 'file') return true;
    if (finding.change !== 'modified' || finding.field === 'order' || finding.field === 'type') return false;
    return finding.field !== 'linkTarget';
  });
}

/** Folders above one entry that are made for it; trees tell of names that need more. */
const MOST_MADE = 64;

/**
 * Whether what two parallel layers differ in is what the trees differ in, if no layer is above them: nothing is written
 * twice, nothing is linked or removed, and all stands in folders that the layer has named before, so that each entry is
 * the file of its path.
 * @param isLowest whether no layer is below either: a folder that no entry names is one that the layer makes then, and
 *   cannot be a link
 */
export function canSettle(streams: ComparedStreams, isLowest: boolean): boolean {
  const { index0 } = streams;
  if (!isParallel(streams) || index0 === null) return false;
  const known = new Set<string>();
  const folders = new NamedFolders();
  /* Of the entry before, which is mostly that of the next one. */
  let lastFolder = '.';
  for (const { type, path: name } of index0.entries) {
    if (type === 'global-header') continue;
    const path = normalizePath(name);
    if (type === 'hardlink' || DOTS.test(path) || markerOf(path) !== null) return false;
    const count = known.size;
    if (known.add(`/${path}`).size === count) return false;
    if (type !== 'directory' && (path === '.' || folders.has(path))) return false;
    const [folder] = parentOf(path);
    if (folder !== lastFolder) {
      if (!folders.hold(path) && !(isLowest && makeFolders(path, folders, known))) return false;
      lastFolder = folder;
    }
    if (type === 'directory') folders.add(path);
  }
  return true;
}

/* As engines do: a parent that nothing names is a folder. @returns false where something else has its name */
function makeFolders(path: string, folders: NamedFolders, known: ReadonlySet<string>): boolean {
  let [folder] = parentOf(path);
  for (let made = 0; folder !== '.' && !folders.has(folder); made++) {
    if (made === MOST_MADE || known.has(`/${folder}`)) return false;
    folders.add(folder);
    [folder] = parentOf(folder);
  }
  return true;
}

/**
 * Whether all that two parallel layers differ in stands in folders that the layer has named before: it is where its
 * path says then. Elsewhere it may be below a symbolic link of a layer that was not read.
 */
export function standsAlone({ findings, index0 }: ComparedStreams): boolean {
  if (index0 === null) return false;
  const differing = new Set(findings.flatMap(({ entries }) => entries?.[0]?.header ?? []));
  const folders = new NamedFolders();
  for (const entry of index0.entries) {
    if (entry.type === 'global-header') continue;
    const path = normalizePath(entry.path);
    if (DOTS.test(path)) return false;
    const isNamed = folders.hold(path);
    if (differing.has(entry) && !isNamed) return false;
    if (entry.type !== 'directory' && folders.has(path)) return false;
    if (entry.type === 'directory' && isNamed) folders.add(path);
  }
  return true;
}

/** Folders that a layer names or makes, by normalised path. */
class NamedFolders {
  /* Keys with a mark before them, as everywhere where an input chooses them. */
  readonly #paths = new Set<string>();

  add(path: string): void {
    this.#paths.add(`/${path}`);
  }

  has(path: string): boolean {
    return this.#paths.has(`/${path}`);
  }

  /** Whether `path` is in one of them, or in the root. */
  hold(path: string): boolean {
    const [folder] = parentOf(path);
    return folder === '.' || this.has(folder);
  }
}

const DOTS = /(?:^|\/)\.\.(?:\/|$)/;
