import { setImmediate as turn } from 'node:timers/promises';
import { randomOf } from './random.js';
import type { Target } from './target.js';

export interface RunOptions {
  readonly seed: number;
  /** Number of the first case. */
  readonly first: number;
  /** Cases at most. */
  readonly count: number;
  /** Told before each case, and null after the last: a watchdog elsewhere sees how long one takes. */
  readonly onCase?: (number: number | null) => void;
  /** Whether to end before the next case. */
  readonly isLate?: () => boolean;
  /** Bytes of memory in use after a garbage collection; without it memory is not looked at. */
  readonly memory?: () => Promise<number>;
}

export interface FoundCase {
  readonly number: number;
  /** What was thrown, with its stack. */
  readonly what: string;
}

export interface RunResult {
  readonly cases: number;
  readonly findings: readonly FoundCase[];
  readonly slowestMs: number;
  readonly slowestCase: number;
  /** Bytes that memory grew by after the first sample; 0 where it was not looked at. */
  readonly growth: number;
}

/** A case that takes longer is a finding, unless it does not when it is repeated. */
export const CASE_MS = 1000;
const ATTEMPTS = 3;
/**
 * The machine may have other work: what counts is the time of the processor, or this part of the time that has passed,
 * which finds cases that wait.
 */
const PASSED_TIME_COUNTS = 0.2;
/** Findings of one target after which it ends. */
const MAX_FINDINGS = 5;
const CASES_A_SAMPLE = 1000;
/** What memory may grow by while a target runs, once it is warm: compiled code and caches, nothing of inputs. */
const MAX_GROWTH = 24 * 1024 ** 2;
/** Cases after which timers, and rejections that nobody handles, get their turn. */
const CASES_A_TURN = 100;

/** Runs cases of one target, one after the other, and collects what is found. */
export async function runTarget(target: Target, options: RunOptions): Promise<RunResult> {
  const { seed, first, count, onCase, isLate, memory } = options;
  const patience = target.patience ?? CASE_MS;
  const findings: FoundCase[] = [];
  let [slowestMs, slowestCase, cases] = [0, first, 0];
  let [base, growth] = [Number.NaN, 0];
  const rejected = (reason: unknown): void => {
    findings.push({
      number: first + cases,
      what: `a rejection nobody handled (of this case or those before): ${text(reason)}`,
    });
  };
  process.on('unhandledRejection', rejected);
  const { run, close } = await target.prepare();
  const timed = async (number: number): Promise<number> => {
    onCase?.(number);
    const start = performance.now();
    const used = process.cpuUsage();
    const result = run(randomOf(seed, target.name, number));
    if (result !== undefined) await result;
    const passed = performance.now() - start;
    if (passed <= patience) return passed;
    const { user, system } = process.cpuUsage(used);
    return Math.max((user + system) / 1000, passed * PASSED_TIME_COUNTS);
  };
  try {
    for (; cases < count && findings.length < MAX_FINDINGS && isLate?.() !== true; cases++) {
      const number = first + cases;
      try {
        let took = await timed(number);
        for (let attempt = 1; took > patience && attempt < ATTEMPTS; attempt++) {
          took = Math.min(took, await timed(number));
        }
        if (took > slowestMs) [slowestMs, slowestCase] = [took, number];
        if (took > patience) findings.push({ number, what: `it takes ${Math.round(took)} ms` });
      } catch (error) {
        findings.push({ number, what: text(error) });
      }
      if (cases % CASES_A_TURN === 0) await turn();
      if (memory === undefined || (cases + 1) % CASES_A_SAMPLE !== 0) continue;
      await turn();
      const now = await memory();
      if (Number.isNaN(base)) base = now;
      growth = Math.max(growth, now - base);
      if (growth <= MAX_GROWTH) continue;
      findings.push({ number, what: `memory has grown by ${growth} bytes since case ${first + CASES_A_SAMPLE}` });
      break;
    }
    await turn();
  } finally {
    onCase?.(null);
    await close?.();
    process.off('unhandledRejection', rejected);
  }
  return { cases, findings, slowestMs, slowestCase, growth };
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
}
