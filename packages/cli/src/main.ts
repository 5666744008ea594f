/*
 * Nothing is imported here that `--version` does not need: it is asked for by scripts, and must not take longer than
 * Node takes to start.
 */
import { readFileSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import type { Io, Output } from './io.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command in this process and leaves its status in `process.exitCode`; `process.exit` would cut output. */
export async function main(): Promise<void> {
  process.exitCode = 2;
  const argv = process.argv.slice(2);
  const stdout = outputTo(process.stdout);
  const version = readVersion();
  if (argv.length === 1 && argv[0] === '--version') {
    await stdout.write(`ocidiff ${version}\n`);
    process.exitCode = 0;
    return;
  }
  collectInOneGo();
  const stderr = outputTo(process.stderr);
  const controller = new AbortController();
  const stop = handleSignals(controller);
  let faulty = false;
  /* Node's own status for these is 1, which would mean: different. */
  process.on('uncaughtException', (error) => {
    faulty = true;
    process.exitCode = 2;
    controller.abort(new Error(`a fault in ocidiff, please report it: ${error.stack ?? error.message}`));
  });
  const [{ run }, core] = await Promise.all([import('./run.js'), import('@ocidiff/core')]);
  const io: Io = {
    stdout,
    stderr,
    /* A read that waits for a writer who says nothing ends with the run. */
    stdin: () => addAbortSignal(controller.signal, process.stdin),
    env: process.env,
    pager: async () => (await import('./pager.js')).startPager(process.env, process.platform, stdout.columns),
    signal: controller.signal,
    now: () => performance.now(),
    version,
  };
  const status = await run(argv, io, core);
  process.exitCode = faulty ? 2 : status;
  stop();
}

/**
 * Chunks of content are memory outside V8's heap, which makes V8 collect every 30 MB. It does so in small steps beside
 * this thread, to keep pauses short, and took a fifth of all processor time. Nobody waits for a pause of a command. What
 * is young stays in the few megabytes that it has at first: more room for it saved no time, and took 20 MB.
 */
function collectInOneGo(): void {
  setFlagsFromString('--no-incremental-marking');
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** The first signal aborts the run, which then cleans up; the handlers are gone, so a second one ends the process. */
function handleSignals(controller: AbortController): () => void {
  const handlers = SIGNALS.map((signal) => {
    const handler = (): void => {
      stop();
      controller.abort(new Error(`interrupted by ${signal}`));
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  const stop = (): void => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
  return stop;
}

function outputTo(stream: NodeJS.WriteStream): Output {
  /* The failed write tells; unhandled, the event would end the process with status 1. */
  stream.on('error', () => {});
  return {
    isTerminal: stream.isTTY === true,
    columns: stream.columns,
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
