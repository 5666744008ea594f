import { type Finding, isState } from './finding.js';

/**
 * The deepest thing that differs between two layers. `encoding`: only how the tar is written; `order`: only the order,
 * and what is above it in this list; `times`: only times, and those; `metadata`: other attributes, but no content;
 * `content`: content, or entries that one side has alone. `added`, `removed`: one side has it alone; `moved`: both
 * sides have it, elsewhere.
 */
export type LayerChange =
  | 'same'
  | 'compression'
  | 'encoding'
  | 'order'
  | 'times'
  | 'metadata'
  | 'content'
  | 'added'
  | 'removed'
  | 'moved';

const DEPTHS: readonly LayerChange[] = ['same', 'compression', 'encoding', 'order', 'times', 'metadata', 'content'];
const TIMES: ReadonlySet<string> = new Set(['mtime', 'atime', 'ctime']);
const CONTENTS: ReadonlySet<string> = new Set(['content', 'type', 'linkTarget', 'device']);

/** What two aligned layers differ in, by what their comparison found. */
export function layerChange(findings: readonly Finding[]): LayerChange {
  let depth = 0;
  for (const finding of findings) depth = Math.max(depth, DEPTHS.indexOf(changeOf(finding)));
  return DEPTHS[depth] as LayerChange;
}

function changeOf(finding: Finding): LayerChange {
  const { subject, field, excuses } = finding;
  if (subject === 'layer' && field === 'compression') return 'compression';
  if (field === 'order') return 'order';
  if (TIMES.has(field)) return 'times';
  /* Of a global extended header, which is no file. */
  const isWriting = excuses.some((excuse) => excuse.length === 1 && excuse[0] === 'tar-format');
  if (!isWriting && CONTENTS.has(field)) return 'content';
  return isState(finding) && excuses.length === 0 ? 'metadata' : 'encoding';
}
