/**
 * `npm run bench` builds and runs the benchmark; see bench/README.md.
 */
import { join } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';
import { runNode } from './run-node.mjs';

prepare();
process.exitCode = await runNode([join(ROOT, 'bench', 'run.mjs'), ...process.argv.slice(2)], ROOT);
