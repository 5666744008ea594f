import { spawnSync } from 'node:child_process';

const found = new Map<string, boolean>();

/**
 * Whether the program `name` is on this machine. In CI a missing program is an error, since `.ci/run` installs them
 * all; elsewhere the tests that need it are skipped and say so.
 */
export function requireTool(name: string): boolean {
  const known = found.get(name);
  if (known !== undefined) return known;
  const present = spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
  if (!present && process.env.CI === 'true') throw new Error(`${name} is needed in CI and not installed`);
  if (!present) process.stderr.write(`skipping tests that need ${name}: it is not installed\n`);
  found.set(name, present);
  return present;
}
