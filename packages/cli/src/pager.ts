import { spawn } from 'node:child_process';
import type { Pager } from './io.js';

/** What a shell says of a command that it cannot run, or cannot find (POSIX.1, Shell Command Language, 2.8.2). */
const NOT_RUN: readonly (number | null)[] = [126, 127];

/**
 * Starts the pager that the user has chosen, as git does: `PAGER`, else `less`, with `LESS=FRX` unless that is set, so
 * that a short text is only printed, and colours are kept. Null where there is none (`PAGER` empty or `cat`), on
 * Windows, or where it does not start.
 */
export async function startPager(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  columns: number | undefined,
): Promise<Pager | null> {
  const command = env.PAGER ?? 'less';
  if (command === '' || command === 'cat' || platform === 'win32') return null;
  const child = spawn('sh', ['-c', `exec ${command}`], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', ...env },
  });
  const { stdin } = child;
  /* Who leaves the pager has seen enough; a failed write tells. */
  stdin.on('error', () => {});
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', (status) => resolve(status));
  });
  const started = await new Promise<boolean>((resolve) => {
    child.on('spawn', () => resolve(true));
    child.on('error', () => resolve(false));
  });
  if (!started) return null;
  return {
    isTerminal: true,
    columns,
    write: (text) =>
      new Promise((resolve, reject) => {
        stdin.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    close: async () => {
      stdin.end();
      return !NOT_RUN.includes(await ended);
    },
  };
}
