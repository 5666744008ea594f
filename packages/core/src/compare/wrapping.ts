import { pointerOf } from '../json/pointer.js';
import { jsonStable } from '../json/stable.js';
import type { Value } from './difference.js';
import { changeOf, type FindingSink } from './finding.js';

/**
 * Compares what two media wrap around their images: annotations of an archive's index.json, `RepoTags`. None of it is
 * part of the image; it is told as `transport` and never counts.
 */
export function compareWrapping(
  wrapping0: Readonly<Record<string, unknown>>,
  wrapping1: Readonly<Record<string, unknown>>,
  emit: FindingSink,
): void {
  const names = new Set([...Object.keys(wrapping0), ...Object.keys(wrapping1)]);
  for (const name of names) {
    const [in0, in1] = [Object.hasOwn(wrapping0, name), Object.hasOwn(wrapping1, name)];
    const value0 = in0 ? (wrapping0[name] as Value) : null;
    const value1 = in1 ? (wrapping1[name] as Value) : null;
    if (in0 === in1 && jsonStable(value0) === jsonStable(value1)) continue;
    emit({
      subject: 'index',
      change: changeOf(in0, in1),
      field: `transport${pointerOf([name])}`,
      values: [value0, value1],
      excuses: [['transport']],
    });
  }
}
