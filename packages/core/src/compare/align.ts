import type { DiffId } from '../digest.js';
import type { LayerPair } from './finding.js';

/**
 * Which layer of one side is to be compared with which of the other: the longest common run of diffIDs first, then in
 * each gap between those the layers in order. What is left over on one side stands alone.
 * Pairs come in the order of the layers; swapping the sides mirrors them.
 */
export interface LayerFacts {
  readonly diffId: DiffId;
  readonly createdBy: string | null;
  readonly paths: ReadonlySet<string> | null;
}
export interface LayerAlignment {
  readonly pairs: readonly LayerPair[];
  readonly moved: readonly (readonly [number, number])[];
}
export function alignLayers(side0: readonly LayerFacts[], side1: readonly LayerFacts[]): LayerAlignment {
  return { pairs: old(side0.map(({ diffId }) => diffId), side1.map(({ diffId }) => diffId)), moved: [] };
}
function old(diffIds0: readonly DiffId[], diffIds1: readonly DiffId[]): LayerPair[] {
  const pairs: LayerPair[] = [];
  let [from0, from1] = [0, 0];
  const gap = (to0: number, to1: number): void => {
    while (from0 < to0 && from1 < to1) pairs.push([from0++, from1++]);
    while (from0 < to0) pairs.push([from0++, null]);
    while (from1 < to1) pairs.push([null, from1++]);
  };
  for (const [layer0, layer1] of commonLayers(diffIds0, diffIds1)) {
    gap(layer0, layer1);
    pairs.push([layer0, layer1]);
    [from0, from1] = [layer0 + 1, layer1 + 1];
  }
  gap(diffIds0.length, diffIds1.length);
  return pairs;
}

/* No engine mounts more than a few hundred layers; two hostile lists of thousands are paired in order instead. */
const MAX_CELLS = 4_000_000;

/* Images of one number of layers are taken straight where that keeps as many equal pairs as any other way. */
function commonLayers(diffIds0: readonly DiffId[], diffIds1: readonly DiffId[]): [number, number][] {
  const { length: length0 } = diffIds0;
  const { length: length1 } = diffIds1;
  if (length0 * length1 > MAX_CELLS) return [];
  const width = length1 + 1;
  const best = new Uint32Array((length0 + 1) * width);
  for (let i = length0 - 1; i >= 0; i--) {
    for (let j = length1 - 1; j >= 0; j--) {
      best[i * width + j] =
        diffIds0[i] === diffIds1[j]
          ? (best[(i + 1) * width + j + 1] as number) + 1
          : Math.max(best[(i + 1) * width + j] as number, best[i * width + j + 1] as number);
    }
  }
  const straight =
    length0 === length1 ? diffIds0.flatMap((id, i): [number, number][] => (id === diffIds1[i] ? [[i, i]] : [])) : [];
  if (length0 === length1 && straight.length === best[0]) return straight;
  const common: [number, number][] = [];
  for (let i = 0, j = 0; i < length0 && j < length1; ) {
    if (diffIds0[i] === diffIds1[j]) common.push([i++, j++]);
    else {
      const skip0 = best[(i + 1) * width + j] as number;
      const skip1 = best[i * width + j + 1] as number;
      /* On a tie the smaller diffID goes first, whichever side it is on, so that swapping the sides mirrors. */
      if (skip0 > skip1 || (skip0 === skip1 && (diffIds0[i] as string) < (diffIds1[j] as string))) i++;
      else j++;
    }
  }
  return common;
}
