/** What is left of the work that holding paths against paths may take, for one alignment. */
export interface Effort {
  steps: number;
}

/*
 * A few seconds at most. Real images stay far below it: a path stands in few layers, and the folders that stand in all
 * of them are few.
 */
const MAX_STEPS = 100_000_000;
/* Of the side with fewer paths, which are held in a Map besides. V8's ends at 2^24 keys. */
const MAX_PATHS = 8_000_000;

export function newEffort(): Effort {
  return { steps: MAX_STEPS };
}

type Paths = ReadonlySet<string> | null;

/**
 * How many paths the i-th of `layers0` and the j-th of `layers1` have in common, at `i * layers1.length + j`; 0 where
 * either is null. Exact. Null where that would take more than the effort that is left: then, and from then on.
 */
export function countCommonPaths(
  layers0: readonly Paths[],
  layers1: readonly Paths[],
  effort: Effort,
): Uint32Array | null {
  const [total0, total1] = [totalOf(layers0), totalOf(layers1)];
  effort.steps -= total0 + total1;
  if (effort.steps < 0 || Math.min(total0, total1) > MAX_PATHS) return null;
  const common = new Uint32Array(layers0.length * layers1.length);
  if (total0 === 0 || total1 === 0) return common;
  const swap = total1 < total0;
  const [step, otherStep] = swap ? [1, layers1.length] : [layers1.length, 1];
  const holders = holdersOf(swap ? layers1 : layers0, Math.min(total0, total1));
  for (const [j, paths] of (swap ? layers0 : layers1).entries()) {
    for (const path of paths ?? []) {
      const number = holders.numbers.get(path);
      if (number === undefined) continue;
      const end = holders.starts[number + 1] as number;
      let at = holders.starts[number] as number;
      effort.steps -= end - at;
      if (effort.steps < 0) return null;
      for (; at < end; at++) {
        const cell = (holders.layers[at] as number) * step + j * otherStep;
        common[cell] = (common[cell] as number) + 1;
      }
    }
  }
  return common;
}

/** Which layers hold a path: those from `starts[n]` to `starts[n + 1]` in `layers`, n being its number. */
interface Holders {
  readonly numbers: ReadonlyMap<string, number>;
  readonly starts: Uint32Array;
  readonly layers: Uint32Array;
}

function holdersOf(layers: readonly Paths[], total: number): Holders {
  const numbers = new Map<string, number>();
  /* The number of each path, layer after layer. */
  const sequence = new Uint32Array(total);
  let at = 0;
  for (const paths of layers) {
    for (const path of paths ?? []) {
      let number = numbers.get(path);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(path, number);
      }
      sequence[at++] = number;
    }
  }
  const starts = new Uint32Array(numbers.size + 1);
  for (const number of sequence) starts[number + 1] = (starts[number + 1] as number) + 1;
  for (let number = 0; number < numbers.size; number++) {
    starts[number + 1] = (starts[number + 1] as number) + (starts[number] as number);
  }
  const next = starts.slice();
  const holders = new Uint32Array(total);
  at = 0;
  for (const [layer, paths] of layers.entries()) {
    for (const end = at + (paths?.size ?? 0); at < end; at++) {
      const number = sequence[at] as number;
      const place = next[number] as number;
      holders[place] = layer;
      next[number] = place + 1;
    }
  }
  return { numbers, starts, layers: holders };
}

function totalOf(layers: readonly Paths[]): number {
  return layers.reduce((total, paths) => total + (paths?.size ?? 0), 0);
}
