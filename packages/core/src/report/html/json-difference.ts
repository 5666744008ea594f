import { isDeepStrictEqual } from 'node:util';
import type { Value } from '../../compare/difference.js';

/** How two JSON values differ, member by member. `undefined` stands for a side that has nothing there. */
export type JsonDifference =
  | { readonly kind: 'same'; readonly value: Value }
  | { readonly kind: 'changed'; readonly values: readonly [Value | undefined, Value | undefined] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonDifference> }
  | { readonly kind: 'list'; readonly items: readonly JsonDifference[] };

/** Depth to which members are told apart; below, a value is one. */
const DEPTH = 64;
/** Pairs of elements that are held against each other to align two lists; beyond, they are told as two. */
const PAIRS = 250_000;

type Members = Readonly<Record<string, Value>>;

/** Compares two values. Keys come in the order of the first, then those that the second has alone. */
export function jsonDifference(value0: Value | undefined, value1: Value | undefined, depth = 0): JsonDifference {
  if (value0 !== undefined && value1 !== undefined && depth < DEPTH) {
    if (isObject(value0) && isObject(value1)) {
      const members = new Map<string, JsonDifference>();
      for (const key of new Set([...Object.keys(value0), ...Object.keys(value1)])) {
        members.set(key, jsonDifference(memberOf(value0, key), memberOf(value1, key), depth + 1));
      }
      const all = [...members.values()];
      return all.every(({ kind }) => kind === 'same') ? { kind: 'same', value: value0 } : { kind: 'object', members };
    }
    if (Array.isArray(value0) && Array.isArray(value1)) return listDifference(value0, value1, depth);
  }
  if (value0 !== undefined && isDeepStrictEqual(value0, value1)) return { kind: 'same', value: value0 };
  return { kind: 'changed', values: [value0, value1] };
}

/** The difference of two documents, as far as `differences` (JSON Pointers with their values) tell. */
export function assembled(
  differences: readonly {
    readonly steps: readonly string[];
    readonly values: readonly [Value | undefined, Value | undefined];
  }[],
): JsonDifference {
  const root: Branch = { members: new Map() };
  for (const { steps, values } of differences) {
    let branch = root;
    for (const step of steps) {
      let next = branch.members.get(step);
      if (next === undefined) {
        next = { members: new Map() };
        branch.members.set(step, next);
      }
      branch = next;
    }
    branch.leaf = jsonDifference(values[0], values[1]);
  }
  return grown(root, 0);
}

interface Branch {
  readonly members: Map<string, Branch>;
  leaf?: JsonDifference;
}

/* A value that differs as a whole has no members that differ, so a branch with a leaf is one. */
function grown(branch: Branch, depth: number): JsonDifference {
  if (branch.leaf !== undefined) return branch.leaf;
  const members = new Map<string, JsonDifference>();
  if (depth < DEPTH) for (const [key, member] of branch.members) members.set(key, grown(member, depth + 1));
  return { kind: 'object', members };
}

function listDifference(list0: readonly Value[], list1: readonly Value[], depth: number): JsonDifference {
  if (isDeepStrictEqual(list0, list1)) return { kind: 'same', value: list0 };
  const items: JsonDifference[] = [];
  const keys0 = list0.map(keyOf);
  const keys1 = list1.map(keyOf);
  const same = (value: Value): JsonDifference => ({ kind: 'same', value });
  let start = 0;
  while (start < Math.min(keys0.length, keys1.length) && keys0[start] === keys1[start]) {
    items.push(same(list0[start++] as Value));
  }
  let end = 0;
  while (end < Math.min(keys0.length, keys1.length) - start && keys0.at(-1 - end) === keys1.at(-1 - end)) end++;
  const middle0 = keys0.slice(start, keys0.length - end);
  const middle1 = keys1.slice(start, keys1.length - end);
  for (const [i, j] of alignment(middle0, middle1)) {
    const value0 = i === null ? undefined : (list0[start + i] as Value);
    const value1 = j === null ? undefined : (list1[start + j] as Value);
    items.push(jsonDifference(value0, value1, depth + 1));
  }
  for (const value of list0.slice(list0.length - end)) items.push(same(value));
  return { kind: 'list', items };
}

/** Pairs of positions of elements, null for a side without a partner: a longest common subsequence. */
function alignment(keys0: readonly string[], keys1: readonly string[]): [number | null, number | null][] {
  const [rows, columns] = [keys0.length, keys1.length];
  if (rows * columns > PAIRS) return inTurn(range(0, rows), range(0, columns));
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] =
        keys0[i] === keys1[j]
          ? (lengths[(i + 1) * width + j + 1] as number) + 1
          : Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number);
    }
  }
  const pairs: [number | null, number | null][] = [];
  let [i, j, i0, j0] = [0, 0, 0, 0];
  const flush = (): void => {
    pairs.push(...inTurn(range(i0, i), range(j0, j)));
  };
  while (i < rows && j < columns) {
    if (keys0[i] === keys1[j]) {
      flush();
      pairs.push([i++, j++]);
      [i0, j0] = [i, j];
    } else if ((lengths[(i + 1) * width + j] as number) >= (lengths[i * width + j + 1] as number)) i++;
    else j++;
  }
  [i, j] = [rows, columns];
  flush();
  return pairs;
}

/* Elements between two common ones: changed in place as long as both sides have one. */
function inTurn(positions0: readonly number[], positions1: readonly number[]): [number | null, number | null][] {
  return range(0, Math.max(positions0.length, positions1.length)).map((k) => [
    positions0[k] ?? null,
    positions1[k] ?? null,
  ]);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, k) => from + k);
}

function keyOf(value: Value): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}

function memberOf(members: Members, key: string): Value | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

function isObject(value: Value): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
