import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PEAK = join(dirname(fileURLToPath(import.meta.url)), 'peak.cjs');

/** @typedef {{ seconds: number, peakBytes: number | null }} Measure */

/**
 * Runs Node with `args` to its end, its output thrown away.
 * @param {string[]} args
 * @param {{ status?: number, peak?: boolean }} [expected] the exit status that it must have (0); whether to take its
 *   peak memory, which costs a millisecond or two
 * @returns {Promise<Measure>}
 */
export function measureNode(args, { status = 0, peak = true } = {}) {
  return measure(process.execPath, peak ? ['--require', PEAK, ...args] : args, status);
}

/**
 * Runs a shell's command line to its end, its output thrown away.
 * @param {string} line
 * @returns {Promise<Measure>}
 */
export function measureShell(line) {
  return measure('sh', ['-c', line], 0);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {number} expectedStatus
 * @returns {Promise<Measure>}
 */
function measure(program, args, expectedStatus) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    let seconds = 0;
    let errors = '';
    let peak = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    /** @type {import('node:stream').Readable} */ (child.stdio[3]).setEncoding('utf8').on('data', (text) => {
      peak += text;
    });
    child.once('error', reject);
    child.once('exit', () => {
      seconds = (performance.now() - begin) / 1000;
    });
    child.once('close', (status) => {
      if (status !== expectedStatus) {
        reject(new Error(`status ${status} instead of ${expectedStatus}: ${program} ${args.join(' ')}\n${errors}`));
      } else {
        resolve({ seconds, peakBytes: peak === '' ? null : Number(peak) * 1024 });
      }
    });
  });
}

/**
 * @param {number[]} values
 * @returns {number} the middle one, or the mean of the middle two
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (Number(sorted[Math.ceil(half) - 1]) + Number(sorted[Math.floor(half)])) / 2;
}
