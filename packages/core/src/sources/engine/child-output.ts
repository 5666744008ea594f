import { spawn } from 'node:child_process';
import type { ByteStream } from '../../bytes/stream.js';
import { OciDiffError, throwIfAborted } from '../../errors.js';
import { systemCode } from '../io-error.js';
import { clipMessage } from './api-client.js';
import type { Environment } from './endpoint.js';

/** What is kept of what a program writes to standard error: its end. */
const MAX_ERROR_LENGTH = 16 * 1024;

export interface ChildOptions {
  readonly env: Environment;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without output after which it is ended. */
  readonly idleMs: number;
}

/** The program is not installed. */
export class NoProgramError extends OciDiffError<'ERR_DAEMON'> {
  constructor(program: string, cause: unknown) {
    super('ERR_DAEMON', `${program} is not installed`, { cause });
  }
}

/** The cause of an error where the program ended by itself, with a failure. */
export class ProgramFailure extends Error {}

/**
 * What a program writes to standard output. It runs without a shell and without standard input, and is ended when the
 * reader stops, when `signal` fires and when it says nothing for too long.
 * @throws {NoProgramError} where it is not installed
 * @throws {OciDiffError} `ERR_DAEMON` with the last line that it wrote to standard error and a `ProgramFailure` as its
 *   cause, where it fails; `ERR_DAEMON` where it is silent for too long; `ERR_ABORTED`
 */
export async function* childOutput(
  program: string,
  args: readonly string[],
  { env, signal, idleMs }: ChildOptions,
): ByteStream {
  throwIfAborted(signal);
  const child = spawn(program, args, {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  let failure: unknown = null;
  let silent = false;
  let isLetGo = false;
  /* A program that it has started (`ctr` may be a script) can hold the pipes open as long as it likes. */
  const letGo = (): void => {
    isLetGo = true;
    child.kill('SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const ended = new Promise<{ code: number | null; killedBy: string | null }>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      if (signal?.aborted) letGo();
      /* Without a process there is no other event. */
      if (child.pid === undefined) resolve({ code: null, killedBy: null });
    });
    child.once('close', (code, killedBy) => resolve({ code, killedBy }));
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-MAX_ERROR_LENGTH);
  });
  const watch = setTimeout(() => {
    silent = true;
    letGo();
  }, idleMs);
  try {
    try {
      for await (const chunk of child.stdout) {
        watch.refresh();
        yield chunk as Buffer;
      }
    } catch (error) {
      if (!isLetGo) throw error;
    }
    const { code, killedBy } = await ended;
    throwIfAborted(signal);
    if (systemCode(failure) === 'ENOENT') throw new NoProgramError(program, failure);
    if (silent) throw new OciDiffError('ERR_DAEMON', `${program} has written nothing for ${idleMs / 1000} s`);
    if (code === 0) return;
    const reason = lastLine(said) || (failure instanceof Error ? failure.message : endOf(code, killedBy));
    throw new OciDiffError('ERR_DAEMON', `${program} failed: ${clipMessage(reason)}`, {
      cause: failure ?? new ProgramFailure(endOf(code, killedBy)),
    });
  } finally {
    clearTimeout(watch);
    letGo();
  }
}

function endOf(code: number | null, killedBy: string | null): string {
  return killedBy === null ? `it ended with status ${code}` : `it was ended by ${killedBy}`;
}

/* `ctr: no such image` and nerdctl's `time="…" level=fatal msg="no such image"`. */
function lastLine(text: string): string {
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  const logged = /^time="[^"]*" level=\w+ msg=(".*")$/.exec(line);
  if (logged === null) return line.replace(/^ctr: /, '');
  try {
    return String(JSON.parse(logged[1] as string));
  } catch {
    return line;
  }
}
