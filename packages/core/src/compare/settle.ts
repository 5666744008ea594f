import type { LayerIndex } from '../layer/layer-index.js';
import { normalizePath } from '../layer/path.js';
import { markerOf } from '../layer/whiteout.js';
import { type Finding, isState } from './finding.js';

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

/**
 * Whether what two parallel layers differ in is what the trees differ in, if no layer is above them: nothing is written
 * twice, nothing is linked or removed, so that each entry is the file of its path.
 */
export function canSettle(streams: ComparedStreams): boolean {
  const { findings, index0, index1 } = streams;
  if (!isParallel(streams) || index0 === null || index1 === null) return false;
  if (findings.some(({ duplicate }) => duplicate !== undefined)) return false;
  const folders = new Set<string>();
  for (const { path, type } of index0.entries) {
    if (type === 'hardlink' || DOTS.test(path) || markerOf(normalizePath(path)) !== null) return false;
    if (type === 'directory') folders.add(`/${normalizePath(path)}`);
  }
  /* What stands below a link, or below what is no folder at all, may be written over under another name. */
  return findings.every((finding) => {
    if (!isState(finding) || finding.path === undefined) return true;
    const slash = finding.path.lastIndexOf('/');
    return slash < 0 || folders.has(`/${finding.path.slice(0, slash)}`);
  });
}

const DOTS = /(?:^|\/)\.\.(?:\/|$)/;
