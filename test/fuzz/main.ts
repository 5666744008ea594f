import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { cpus } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CASE_MS, type RunResult, runTarget } from './run-target.js';
import type { Target } from './target.js';
import { TARGETS } from './targets/all.js';
import { Watchdog } from './watchdog.js';

/*
 * The long run: each target in a process of its own, so that one that hangs or grows is found and the others go on.
 * What it is called with: docs/fuzzing.md.
 */

interface Arguments {
  readonly seed: number;
  /** Milliseconds for all; null: the number of cases that each target states, once. */
  readonly minutes: number | null;
  readonly case: number | null;
  readonly targets: readonly Target[];
  /** The process of one target: its result goes to the parent. */
  readonly child: boolean;
}

const USAGE = `usage: npm run fuzz -- [--seed N] [--minutes N | --case N] [TARGET…]
targets: ${TARGETS.map(({ name }) => name).join(' ')}
`;

/** A case that takes longer ends its process; what takes more than CASE_MS and ends is told by the process itself. */
const HANG_MS = 20 * CASE_MS;
const MAX_RSS = 1024 ** 3;

class WrongUsage extends Error {}

function parse(argv: readonly string[]): Arguments {
  let [seed, minutes, number] = [Math.floor(Math.random() * 2 ** 31), null as number | null, null as number | null];
  let child = false;
  const targets: Target[] = [];
  const rest = [...argv];
  const value = (option: string): number => {
    const given = Number(rest.shift());
    if (!(given >= 0)) throw new WrongUsage(`${option} wants a number`);
    return given;
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--seed') seed = value(word);
    else if (word === '--minutes') minutes = value(word);
    else if (word === '--case') number = value(word);
    else if (word === '--child') child = true;
    else {
      const target = TARGETS.find(({ name }) => name === word);
      if (target === undefined) throw new WrongUsage(`there is no target ${word}`);
      targets.push(target);
    }
  }
  if (number !== null && (minutes !== null || targets.length !== 1))
    throw new WrongUsage('--case wants one target, and no --minutes');
  return { seed, minutes, case: number, targets: targets.length === 0 ? TARGETS : targets, child };
}

/**
 * Bytes in use after a collection; Node must be run with --expose-gc. Buffers are given back by another thread after a
 * collection, which the next one waits for.
 */
async function memory(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  await turn();
  gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

/** In the process of one target: runs it, tells what is found, and its result as the last line, as JSON. */
async function runChild({ seed, minutes, case: number, targets: [target] }: Arguments): Promise<void> {
  if (target === undefined) throw new WrongUsage('no target');
  const watchdog = new Watchdog(target.name, seed, Math.max(HANG_MS, 3 * (target.patience ?? 0)), MAX_RSS);
  let running = -1;
  const onCase = (next: number | null): void => {
    running = next ?? -1;
    watchdog.watch(next);
  };
  process.on('uncaughtException', (error) => {
    tell(target, seed, running, `an exception nobody caught: ${error.stack ?? error}`);
    process.exit(1);
  });
  const end = minutes === null ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000;
  const result = await runTarget(target, {
    seed,
    first: number ?? 0,
    count: number !== null ? 1 : minutes !== null ? Number.POSITIVE_INFINITY : target.cases,
    onCase,
    isLate: () => performance.now() > end,
    memory,
  });
  await watchdog.close();
  for (const found of result.findings) tell(target, seed, found.number, found.what);
  process.stdout.write(`${JSON.stringify({ ...result, findings: result.findings.length })}\n`);
}

function tell({ name }: Target, seed: number, number: number, what: string): void {
  const again = `npm run fuzz -- --seed ${seed} --case ${number} ${name}`;
  writeSync(2, `FOUND ${name} case ${number}: ${what}\n  again: ${again}\n`);
}

type ChildResult = Omit<RunResult, 'findings'> & { readonly findings: number };

/** Runs a target in a process of its own; null where that was ended. */
function startChild(
  target: Target,
  { seed, case: number }: Arguments,
  minutes: number | null,
): Promise<ChildResult | null> {
  const args = ['--child', '--seed', String(seed), target.name];
  if (minutes !== null) args.push('--minutes', String(minutes));
  if (number !== null) args.push('--case', String(number));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 && told !== '' ? (JSON.parse(told) as ChildResult) : null));
  });
}

async function runAll(all: Arguments): Promise<boolean> {
  const { seed, targets, minutes } = all;
  const atOnce = Math.max(1, Math.min(cpus().length, targets.length));
  const each = minutes === null ? null : (minutes * atOnce) / targets.length;
  process.stdout.write(`fuzzing with the seed ${seed}\n`);
  const started = performance.now();
  let [cases, failures] = [0, 0];
  const left = [...targets];
  const work = async (): Promise<void> => {
    for (let target = left.shift(); target !== undefined; target = left.shift()) {
      const begin = performance.now();
      const result = await startChild(target, all, each);
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      if (result === null || result.findings > 0) failures++;
      cases += result?.cases ?? 0;
      const told =
        result === null
          ? 'its process was ended'
          : `${String(result.cases).padStart(7)} cases, ${result.findings} findings, ${seconds} s, slowest ${result.slowestMs.toFixed(0)} ms (case ${result.slowestCase}), memory +${(result.growth / 1024 ** 2).toFixed(1)} MiB`;
      process.stdout.write(`${target.name.padEnd(16)} ${told}\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(
    `${cases} cases of ${targets.length} targets in ${seconds} s, ${failures} targets with findings\n`,
  );
  return failures === 0;
}

try {
  const all = parse(process.argv.slice(2));
  if (all.child) await runChild(all);
  else if (!(await runAll(all))) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
