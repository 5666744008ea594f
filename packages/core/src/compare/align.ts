import type { DiffId } from '../digest.js';
import type { LayerPair } from './finding.js';
import { countCommonPaths, type Effort, newEffort } from './likeness.js';

/** What is known of a layer when it is to be aligned. */
export interface LayerFacts {
  readonly diffId: DiffId;
  /** What the history says made it; null or empty where it says nothing. */
  readonly createdBy: string | null;
  /** Keys of the entries of the layer, null where it was not read. Integer-like names are marked, as in every Map. */
  readonly paths: ReadonlySet<string> | null;
}

export interface LayerAlignment {
  /** Every layer once, in the order of both sides; a layer of one side alone comes before those of the other. */
  readonly pairs: readonly LayerPair[];
  /** Layers of one diffID that stand in another place: [position on side 0, on side 1]; each is alone in `pairs`. */
  readonly moved: readonly (readonly [number, number])[];
}

type Match = readonly [number, number];

/**
 * Which layer of one side is to be compared with which of the other. By diffID first: the longest common run. Then, in
 * each gap between those, as many layers of one history text as can be, and of the ways to do that the one in which
 * the layers' paths are most alike. Last, what is left between these: in order where as many are left on both sides,
 * or where a layer was not read and nothing can be said against it. Everything else stands alone.
 *
 * A layer that stands in another place on the other side is paired with another only by its history, once both were
 * read: what it is is known. Swapping the sides mirrors what is paired and moved.
 */
export function alignLayers(side0: readonly LayerFacts[], side1: readonly LayerFacts[]): LayerAlignment {
  const effort = newEffort();
  const steps = new Steps();
  const anchors = commonLayers(side0, side1);
  const elsewhere = layersElsewhere(side0, side1, anchors);
  const matches: Match[] = [];
  let [from0, from1] = [0, 0];
  for (const [to0, to1] of [...anchors, [side0.length, side1.length] as const]) {
    const layers0 = range(from0, to0).map((layer) => factsAt(side0, layer, elsewhere[0], steps));
    const layers1 = range(from1, to1).map((layer) => factsAt(side1, layer, elsewhere[1], steps));
    for (const match of matchGap(layers0, layers1, effort)) matches.push(match);
    if (to0 < side0.length) matches.push([to0, to1]);
    [from0, from1] = [to0 + 1, to1 + 1];
  }
  const pairs = fill(matches, side0.length, side1.length);
  const alone = pairs.filter((pair) => pair.includes(null));
  return { pairs, moved: matchByDiffId(side0, side1, aloneOn(alone, 0), aloneOn(alone, 1)) };
}

/* No engine mounts more than a few hundred layers; two hostile lists of thousands are paired in order instead. */
const MAX_CELLS = 4_000_000;

/* Images of one number of layers are taken straight where that keeps as many equal pairs as any other way. */
function commonLayers(side0: readonly LayerFacts[], side1: readonly LayerFacts[]): readonly Match[] {
  const [{ length: length0 }, { length: length1 }] = [side0, side1];
  const equal = (i: number, j: number): boolean => side0[i]?.diffId === side1[j]?.diffId;
  let below = 0;
  while (below < Math.min(length0, length1) && equal(below, below)) below++;
  let above = 0;
  /* The top layers that are the same are set aside only where that is needed to stay within the bound. */
  if ((length0 - below) * (length1 - below) > MAX_CELLS) {
    const most = Math.min(length0, length1) - below;
    while (above < most && equal(length0 - 1 - above, length1 - 1 - above)) above++;
  }
  const [rest0, rest1] = [length0 - below - above, length1 - below - above];
  const prefix = range(0, below).map((i): Match => [i, i]);
  const suffix = range(0, above).map((i): Match => [length0 - above + i, length1 - above + i]);
  if (rest0 * rest1 > MAX_CELLS) return [...prefix, ...suffix];
  const between = bestChain(side0.slice(below, below + rest0), side1.slice(below, below + rest1), (i, j) =>
    equal(below + i, below + j) ? 1 : 0,
  ).map(([i, j]): Match => [below + i, below + j]);
  const common = [...prefix, ...between, ...suffix];
  const straight = length0 === length1 ? range(0, length0).filter((i) => equal(i, i)) : [];
  return length0 === length1 && straight.length >= common.length ? straight.map((i) => [i, i]) : common;
}

/** A layer of a gap. */
interface GapLayer extends LayerFacts {
  readonly position: number;
  /** The number of its history text, null where it has none. */
  readonly step: number | null;
  /** Whether the same layer stands in another place on the other side, and both were read. */
  readonly elsewhere: boolean;
}

function factsAt(
  side: readonly LayerFacts[],
  position: number,
  elsewhere: ReadonlySet<number>,
  steps: Steps,
): GapLayer {
  const facts = side[position] as LayerFacts;
  return { ...facts, position, step: steps.numberOf(facts.createdBy), elsewhere: elsewhere.has(position) };
}

/** Numbers history texts, so that thousands of long ones that differ only at their ends cost one look each. */
class Steps {
  readonly #numbers = new Map<string, number>();

  numberOf(createdBy: string | null): number | null {
    if (createdBy === null || createdBy === '') return null;
    /* The mark keeps V8 from hashing texts that look like integers, which it does badly. */
    const key = `=${createdBy}`;
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }
}

/* The layers between two anchors: by history and likeness, then what is left between those. */
function matchGap(layers0: readonly GapLayer[], layers1: readonly GapLayer[], effort: Effort): Match[] {
  const [{ length: length0 }, { length: length1 }] = [layers0, layers1];
  if (length0 === 0 || length1 === 0) return [];
  if (length0 * length1 > MAX_CELLS) return inOrder(layers0, layers1);
  /* Where one layer faces one, how alike they are decides nothing. */
  const likeness = length0 * length1 === 1 ? null : likenessOf(layers0, layers1, effort);
  /* More than all likeness together, so that no likeness outweighs one layer of the same history. */
  const sameHistory = Math.min(length0, length1) + 1;
  const chain = bestChain(layers0, layers1, (i, j) => {
    const [layer0, layer1] = [layers0[i] as GapLayer, layers1[j] as GapLayer];
    const alike = likeness?.(i, j) ?? 0;
    if (layer0.step !== null && layer0.step === layer1.step) return sameHistory + alike;
    return layer0.elsewhere || layer1.elsewhere ? 0 : alike;
  });
  const matches: Match[] = [];
  let [from0, from1] = [0, 0];
  for (const [to0, to1] of [...chain, [length0, length1] as const]) {
    const rest = matchRest(layers0.slice(from0, to0), layers1.slice(from1, to1), likeness !== null);
    for (const match of rest) matches.push(match);
    if (to0 < length0) matches.push([positionAt(layers0, to0), positionAt(layers1, to1)]);
    [from0, from1] = [to0 + 1, to1 + 1];
  }
  return matches;
}

/*
 * What neither history nor likeness has paired. `judged`: whether the paths of those that were read were held against
 * each other.
 */
function matchRest(all0: readonly GapLayer[], all1: readonly GapLayer[], judged: boolean): Match[] {
  const layers0 = all0.filter((layer) => !layer.elsewhere);
  const layers1 = all1.filter((layer) => !layer.elsewhere);
  if (layers0.length === layers1.length) return inOrder(layers0, layers1);
  const open = (i: number, j: number): boolean => !judged || layers0[i]?.paths === null || layers1[j]?.paths === null;
  return bestChain(layers0, layers1, (i, j) => (open(i, j) ? 1 : 0)).map(([i, j]) => [
    positionAt(layers0, i),
    positionAt(layers1, j),
  ]);
}

function inOrder(layers0: readonly GapLayer[], layers1: readonly GapLayer[]): Match[] {
  return range(0, Math.min(layers0.length, layers1.length)).map((i) => [
    positionAt(layers0, i),
    positionAt(layers1, i),
  ]);
}

function positionAt(layers: readonly GapLayer[], i: number): number {
  return (layers[i] as GapLayer).position;
}

/* Jaccard's index of the paths, 0 where either was not read; empty layers are like each other only. Null above the bounds. */
function likenessOf(
  layers0: readonly GapLayer[],
  layers1: readonly GapLayer[],
  effort: Effort,
): ((i: number, j: number) => number) | null {
  const common = countCommonPaths(
    layers0.map(({ paths }) => paths),
    layers1.map(({ paths }) => paths),
    effort,
  );
  if (common === null) return null;
  return (i, j) => {
    const [paths0, paths1] = [layers0[i]?.paths ?? null, layers1[j]?.paths ?? null];
    if (paths0 === null || paths1 === null) return 0;
    const both = common[i * layers1.length + j] as number;
    const either = paths0.size + paths1.size - both;
    return either === 0 ? 1 : both / either;
  };
}

/*
 * The pairs of greatest total weight that keep the order of both sides; those of weight 0 are none. What could be
 * paired early is; on a tie the smaller diffID goes first, whichever side it is on, so that swapping the sides mirrors.
 */
function bestChain(
  layers0: readonly LayerFacts[],
  layers1: readonly LayerFacts[],
  weight: (i: number, j: number) => number,
): Match[] {
  const [{ length: length0 }, { length: length1 }] = [layers0, layers1];
  const width = length1 + 1;
  const best = new Float64Array((length0 + 1) * width);
  const paired = (i: number, j: number): number => {
    const own = weight(i, j);
    return own > 0 ? own + (best[(i + 1) * width + j + 1] as number) : 0;
  };
  for (let i = length0 - 1; i >= 0; i--) {
    for (let j = length1 - 1; j >= 0; j--) {
      const skipped = Math.max(best[(i + 1) * width + j] as number, best[i * width + j + 1] as number);
      best[i * width + j] = Math.max(paired(i, j), skipped);
    }
  }
  const chain: Match[] = [];
  for (let i = 0, j = 0; i < length0 && j < length1 && best[i * width + j] !== 0; ) {
    if (paired(i, j) === best[i * width + j]) {
      chain.push([i++, j++]);
      continue;
    }
    const skip0 = best[(i + 1) * width + j] as number;
    const skip1 = best[i * width + j + 1] as number;
    const first0 = (layers0[i] as LayerFacts).diffId < (layers1[j] as LayerFacts).diffId;
    if (skip0 > skip1 || (skip0 === skip1 && first0)) i++;
    else j++;
  }
  return chain;
}

/* Layers without an anchor whose diffID is without one on the other side too, where both were read. */
function layersElsewhere(
  side0: readonly LayerFacts[],
  side1: readonly LayerFacts[],
  anchors: readonly Match[],
): readonly [ReadonlySet<number>, ReadonlySet<number>] {
  const alone = fill(anchors, side0.length, side1.length).filter((pair) => pair.includes(null));
  const both = matchByDiffId(side0, side1, aloneOn(alone, 0), aloneOn(alone, 1)).filter(
    ([i, j]) => side0[i]?.paths !== null && side1[j]?.paths !== null,
  );
  return [new Set(both.map(([i]) => i)), new Set(both.map(([, j]) => j))];
}

/* Layers of one diffID, the first of one side with the first of the other, in the order of side 0. */
function matchByDiffId(
  side0: readonly LayerFacts[],
  side1: readonly LayerFacts[],
  positions0: readonly number[],
  positions1: readonly number[],
): Match[] {
  const waiting = new Map<DiffId, number[]>();
  for (const position of positions1.toReversed()) {
    const { diffId } = side1[position] as LayerFacts;
    const same = waiting.get(diffId);
    if (same === undefined) waiting.set(diffId, [position]);
    else same.push(position);
  }
  return positions0.flatMap((position): Match[] => {
    const other = waiting.get((side0[position] as LayerFacts).diffId)?.pop();
    return other === undefined ? [] : [[position, other]];
  });
}

/* `matches` with every layer that is in none of them. */
function fill(matches: readonly Match[], length0: number, length1: number): LayerPair[] {
  const pairs: LayerPair[] = [];
  let [from0, from1] = [0, 0];
  for (const [to0, to1] of [...matches, [length0, length1] as const]) {
    while (from0 < to0) pairs.push([from0++, null]);
    while (from1 < to1) pairs.push([null, from1++]);
    if (to0 < length0) pairs.push([from0++, from1++]);
  }
  return pairs;
}

function aloneOn(pairs: readonly LayerPair[], side: 0 | 1): number[] {
  return pairs.flatMap((pair) => pair[side] ?? []);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
