/** Steps of the search for the shortest list of changes: more edits than this are not looked for at once. */
const MAX_EDITS = 1500;
/** Steps of all searches in one pair of texts, about ten nanoseconds each. */
const MAX_STEPS = 40_000_000;

/** Which lines of one text are which of another. */
export interface LineMatches {
  /** For each line of side 0 the line of side 1 that it is; -1 for none. Ascending where not -1. */
  readonly matches: Int32Array;
  /** Whether no more lines could be matched. */
  readonly shortest: boolean;
}

/**
 * Finds lines that both sides have in the same order, as many as there are, if that can be found in bounded time;
 * otherwise many of them. Lines are numbers that are equal where lines are; negative ones have no equal.
 *
 * Lines without an equal on the other side are left out first, as GNU diff does: they cannot be matched, and in logs
 * that is nearly all of them. Then Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986);
 * where that would take too long, the texts are cut at lines that both have once (patience diff) and it is tried again
 * between them; where there are none, what lies between is taken for replaced.
 */
export function matchLines(lines0: Int32Array, lines1: Int32Array): LineMatches {
  const matches = new Int32Array(lines0.length).fill(-1);
  const [kept0, kept1] = withEqual(lines0, lines1);
  const matcher = new Matcher(pick(lines0, kept0), pick(lines1, kept1));
  matcher.run();
  for (let i = 0; i < kept0.length; i++) {
    const j = matcher.matches[i] as number;
    if (j >= 0) matches[kept0[i] as number] = kept1[j] as number;
  }
  return { matches, shortest: matcher.shortest };
}

/** Positions of lines that the other side has, too. */
function withEqual(lines0: Int32Array, lines1: Int32Array): [Int32Array, Int32Array] {
  const size = Math.max(largest(lines0), largest(lines1)) + 1;
  const sides = new Uint8Array(size);
  for (const line of lines0) if (line >= 0) sides[line] = 1;
  for (const line of lines1) if (line >= 0 && sides[line] !== 0) sides[line] = 3;
  return [positions(lines0, sides), positions(lines1, sides)];
}

function largest(lines: Int32Array): number {
  let max = -1;
  for (const line of lines) if (line > max) max = line;
  return max;
}

function positions(lines: Int32Array, sides: Uint8Array): Int32Array {
  const found = new Int32Array(lines.length);
  let length = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as number;
    if (line >= 0 && sides[line] === 3) found[length++] = i;
  }
  return found.subarray(0, length);
}

function pick(lines: Int32Array, at: Int32Array): Int32Array {
  const picked = new Int32Array(at.length);
  for (let i = 0; i < at.length; i++) picked[i] = lines[at[i] as number] as number;
  return picked;
}

type Range = readonly [start0: number, end0: number, start1: number, end1: number];

class Matcher {
  readonly matches: Int32Array;
  shortest = true;
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  #steps = MAX_STEPS;
  /** By line: how often it is in the range of each side, up to 2; all zero between ranges. */
  readonly #seen0: Uint8Array;
  readonly #seen1: Uint8Array;
  readonly #where1: Int32Array;

  constructor(a: Int32Array, b: Int32Array) {
    this.#a = a;
    this.#b = b;
    this.matches = new Int32Array(a.length).fill(-1);
    const size = Math.max(largest(a), largest(b)) + 1;
    this.#seen0 = new Uint8Array(size);
    this.#seen1 = new Uint8Array(size);
    this.#where1 = new Int32Array(size);
  }

  run(): void {
    const ranges: Range[] = [[0, this.#a.length, 0, this.#b.length]];
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const rest = this.#trim(range);
      if (rest === null || this.#myers(rest)) continue;
      this.shortest = false;
      ranges.push(...this.#split(rest));
    }
  }

  /** Matches what a range begins and ends with; null where nothing is left on one side. */
  #trim([start0, end0, start1, end1]: Range): Range | null {
    const [a, b] = [this.#a, this.#b];
    while (start0 < end0 && start1 < end1 && a[start0] === b[start1]) this.matches[start0++] = start1++;
    while (start0 < end0 && start1 < end1 && a[end0 - 1] === b[end1 - 1]) this.matches[--end0] = --end1;
    return start0 === end0 || start1 === end1 ? null : [start0, end0, start1, end1];
  }

  /** @returns whether the lines of the range were matched */
  #myers([start0, end0, start1, end1]: Range): boolean {
    const [a, b] = [this.#a, this.#b];
    const n = end0 - start0;
    const m = end1 - start1;
    const most = Math.min(n + m, MAX_EDITS);
    /* Furthest positions on side 0 by diagonal, as they were after each number of edits. */
    const trace: Int32Array[] = [];
    let before = new Int32Array(3);
    for (let edits = 0; edits <= most; edits++) {
      const reached = new Int32Array(2 * edits + 3);
      /* Diagonals beyond the edges of both texts lead nowhere. */
      const low = edits > m ? edits - 2 * m : -edits;
      const high = edits > n ? 2 * n - edits : edits;
      for (let diagonal = low; diagonal <= high; diagonal += 2) {
        const at = diagonal + edits + 1;
        let x = 0;
        if (edits > 0) x = furthest(before, at, diagonal, edits);
        let y = x - diagonal;
        const from = x;
        while (x < n && y < m && a[start0 + x] === b[start1 + y]) {
          x++;
          y++;
        }
        this.#steps -= 1 + x - from;
        reached[at] = x;
        if (x >= n && diagonal === n - m) {
          this.#walkBack(trace, edits, diagonal, x, start0, start1);
          return true;
        }
      }
      if (this.#steps < 0) return false;
      trace.push(reached);
      before = reached;
    }
    return false;
  }

  #walkBack(trace: Int32Array[], edits: number, diagonal: number, x: number, start0: number, start1: number): void {
    let k = diagonal;
    let position = x;
    for (let d = edits; d >= 0; d--) {
      const begin = d === 0 ? 0 : furthest(trace[d - 1] as Int32Array, k + d + 1, k, d);
      for (let i = position - 1; i >= begin; i--) this.matches[start0 + i] = start1 + i - k;
      if (d === 0) return;
      const down = comesDown(trace[d - 1] as Int32Array, k + d + 1, k, d);
      position = down ? begin : begin - 1;
      k += down ? 1 : -1;
    }
  }

  /** Matches lines that both sides of a range have once, as many as are in order, and gives what lies between. */
  #split([start0, end0, start1, end1]: Range): Range[] {
    this.#steps -= end0 - start0 + end1 - start1;
    if (this.#steps < 0) return [];
    const [a, b] = [this.#a, this.#b];
    for (let i = start0; i < end0; i++) note(this.#seen0, a[i] as number);
    for (let j = start1; j < end1; j++) {
      note(this.#seen1, b[j] as number);
      this.#where1[b[j] as number] = j;
    }
    const once: number[] = [];
    const where: number[] = [];
    for (let i = start0; i < end0; i++) {
      const line = a[i] as number;
      if (this.#seen0[line] !== 1 || this.#seen1[line] !== 1) continue;
      once.push(i);
      where.push(this.#where1[line] as number);
    }
    for (let i = start0; i < end0; i++) this.#seen0[a[i] as number] = 0;
    for (let j = start1; j < end1; j++) this.#seen1[b[j] as number] = 0;
    const ranges: Range[] = [];
    let [from0, from1] = [start0, start1];
    for (const index of longestIncreasing(where)) {
      const [i, j] = [once[index] as number, where[index] as number];
      this.matches[i] = j;
      ranges.push([from0, i, from1, j]);
      [from0, from1] = [i + 1, j + 1];
    }
    if (ranges.length === 0) return [];
    ranges.push([from0, end0, from1, end1]);
    return ranges.reverse();
  }
}

function comesDown(before: Int32Array, at: number, diagonal: number, edits: number): boolean {
  /* `at` counts from one diagonal further out than `before` does. */
  return diagonal === -edits || (diagonal !== edits && (before[at - 2] as number) < (before[at] as number));
}

/** Where one more edit leads on a diagonal. */
function furthest(before: Int32Array, at: number, diagonal: number, edits: number): number {
  return comesDown(before, at, diagonal, edits) ? (before[at] as number) : (before[at - 2] as number) + 1;
}

function note(seen: Uint8Array, line: number): void {
  if ((seen[line] as number) < 2) seen[line] = (seen[line] as number) + 1;
}

/** Indexes of a longest ascending choice of `values`, which are all different; patience sorting, n log n steps. */
export function longestIncreasing(values: readonly number[]): number[] {
  const tails: number[] = [];
  const before = new Int32Array(values.length).fill(-1);
  for (let i = 0; i < values.length; i++) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] as number] as number) < (values[i] as number)) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before[i] = tails[low - 1] as number;
    tails[low] = i;
  }
  const chosen: number[] = [];
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i] as number) chosen.push(i);
  return chosen.reverse();
}
