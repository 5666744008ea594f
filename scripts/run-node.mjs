import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs Node with `args` in `cwd` on this process's own standard streams.
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<number>} its exit status; 128 and the signal's number if a signal ended it, as in a shell
 */
export function runNode(args, cwd) {
  const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' });
  /* A terminal sends Ctrl-C to both processes: the child ends in its own way, and its status is the one that counts. */
  const ignore = () => {};
  const forward = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
