/*
 * Compares images again and again through the library as built, in a process of its own (--expose-gc), and writes as
 * JSON what it holds from time to time. Run by test/e2e/leaks.test.ts, which makes the images.
 */
import { getEventListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

/**
 * @typedef {object} Setup
 * @property {string} core the library's entry, as a URL
 * @property {number} count comparisons in all
 * @property {number} every comparisons from one sample to the next
 * @property {Record<string, string>} env by which engines are found
 * @property {[image0: string, image1: string, options: { abort?: boolean, reportDir?: string }][]} cases
 * @property {string} archive what standard input gives
 *
 * @typedef {object} Sample what the process holds after `done` comparisons
 * @property {number} done
 * @property {number} heapUsed
 * @property {number} outside bytes outside the heap
 * @property {number} files that are open
 * @property {string[]} resources that keep the event loop alive: sockets, timers, requests
 * @property {number} listeners on the caller's signal
 * @property {string[]} temporary files that have a name
 *
 * @typedef {object} Result
 * @property {Record<string, number>[]} outcomes of each case: how often it ended with which verdict or code
 * @property {Sample[]} samples
 * @property {string[]} warnings
 */

const setup = /** @type {Setup} */ (JSON.parse(readFileSync(String(process.argv[2]), 'utf8')));
const { diffImages, OciDiffError } = /** @type {typeof import('../../packages/core/src/index.js')} */ (
  await import(setup.core)
);
const bytes = readFileSync(setup.archive);

/** One signal for all comparisons: none may keep a listener on it. */
const { signal } = new AbortController();
/** @type {string[]} */
const warnings = [];
process.on('warning', ({ message }) => warnings.push(message));

async function* stdin() {
  for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
}

/** @param {Setup['cases'][number]} images */
async function compare([image0, image1, { abort = false, ...options }]) {
  const own = abort ? new AbortController() : null;
  try {
    const { verdict } = await diffImages(image0, image1, {
      ...options,
      env: setup.env,
      registry: { retryDelay: 1, timeout: 2000 },
      signal: own?.signal ?? signal,
      ...(image0 === '-' ? { stdin: stdin() } : {}),
      ...(own === null ? {} : { onProgress: () => own.abort() }),
    });
    return verdict;
  } catch (error) {
    if (error instanceof OciDiffError) return error.code;
    throw error;
  }
}

/**
 * @param {number} done
 * @returns {Promise<Sample>}
 */
async function sample(done) {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return {
    done,
    heapUsed,
    outside: external,
    files: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().sort(),
    listeners: getEventListeners(signal, 'abort').length,
    temporary: readdirSync(tmpdir()),
  };
}

const outcomes = setup.cases.map(() => /** @type {Record<string, number>} */ ({}));
/** @type {Sample[]} */
const samples = [];
for (let turn = 0; turn < setup.count; turn++) {
  const place = turn % setup.cases.length;
  const outcome = await compare(/** @type {Setup['cases'][number]} */ (setup.cases[place]));
  const counts = /** @type {Record<string, number>} */ (outcomes[place]);
  counts[outcome] = (counts[outcome] ?? 0) + 1;
  if ((turn + 1) % setup.every === 0) samples.push(await sample(turn + 1));
}
process.stdout.write(JSON.stringify(/** @type {Result} */ ({ outcomes, samples, warnings })));
