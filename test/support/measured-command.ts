import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = `${root}packages/cli/bin/ocidiff.js`;
/* Writes the peak of resident memory to file descriptor 3. */
const PEAK = `${root}bench/peak.cjs`;

export interface Measured {
  readonly status: number | null;
  readonly stderr: string;
  readonly seconds: number;
  /** Of resident memory. */
  readonly peakBytes: number;
}

export interface MeasuredOptions {
  /** For `-`. It may be endless: the command ends the reading. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command as built, in a process of its own; one that takes longer than `seconds` is killed. */
export async function measureCommand(
  args: readonly string[],
  { stdin, env = {} }: MeasuredOptions = {},
  seconds = 60,
): Promise<Measured> {
  const begin = performance.now();
  const child = spawn(process.execPath, ['--require', PEAK, COMMAND, ...args], {
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  let [stderr, peak] = ['', ''];
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  child.stdio[3]?.on('data', (text) => {
    peak += text;
  });
  /* Cut when the command ends. */
  if (stdin !== undefined && child.stdin !== null) pipeline(Readable.from(stdin), child.stdin).catch(() => {});
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  return { status, stderr, seconds: (performance.now() - begin) / 1000, peakBytes: Number(peak) * 1024 };
}
