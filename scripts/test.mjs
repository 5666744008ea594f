/**
 * `npm test` runs all tests; what follows `--` goes to vitest: `npm test -- test/core/tar`.
 */
import { join } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';
import { runNode } from './run-node.mjs';

prepare();
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
process.exitCode = await runNode([vitest, 'run', ...process.argv.slice(2)], ROOT);
