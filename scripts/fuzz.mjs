/**
 * `npm run fuzz` builds and runs the fuzzer; see docs/fuzzing.md.
 *
 * Node 20 runs no TypeScript, so test/fuzz is compiled into `.stamp/fuzz`. There the packages' sources are what was
 * built from them, and the fixtures are those of the checkout.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';
import { runNode } from './run-node.mjs';

const OUTPUT = join(ROOT, '.stamp', 'fuzz');
const LINKS = [
  ['packages/core/src', 'packages/core/dist'],
  ['packages/cli/src', 'packages/cli/dist'],
  ['fixtures', 'fixtures'],
];

prepare();
const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'test', 'fuzz')], { stdio: 'inherit' });
if (compiled.status === 0) {
  for (const [link = '', target = ''] of LINKS) {
    const path = join(OUTPUT, link);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(ROOT, target), path, 'junction');
  }
  process.exitCode = await runNode([join(OUTPUT, 'test', 'fuzz', 'main.js'), ...process.argv.slice(2)], ROOT);
} else {
  process.exitCode = 2;
}
