import { describe, expect, test } from 'vitest';
import { randomOf } from './random.js';
import { runTarget } from './run-target.js';
import { TARGETS } from './targets/all.js';

/* The short run, a hundredth of what `npm run fuzz` does in CI; docs/fuzzing.md. */
const SEED = 1;
const PART = 0.01;

describe('a short run', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (_name, target) => {
    const count = Math.ceil(target.cases * PART);
    const { cases, findings } = await runTarget(target, { seed: SEED, first: 0, count });
    expect(findings).toEqual([]);
    expect(cases).toBe(count);
  });
});

test('a case is the same whenever it is made, and no other is', () => {
  const choices = (seed: number, target: string, number: number): string => {
    const random = randomOf(seed, target, number);
    return Array.from({ length: 8 }, () => random.below(2 ** 32)).join();
  };
  const all = [0, 1, 2, 999, 1000].flatMap((number) =>
    ['json', 'pax'].flatMap((target) => [1, 2].map((seed) => choices(seed, target, number))),
  );
  expect(new Set(all).size).toBe(20);
  expect(choices(1, 'json', 999)).toBe(choices(1, 'json', 999));
});
