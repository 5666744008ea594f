/**
 * Joins the compiled modules of the library to one file, `dist/bundle/`: Node takes twice as long to find and
 * link two hundred modules (docs/decisions.md). What is loaded only when it is needed stays
 * a file of its own, and what is installed beside the library is not joined. `node scripts/bundle.mjs`, after the compiler.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './prepare.mjs';

const folder = join(ROOT, 'packages', 'core');
const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const installed = Object.keys(dependencies);
const dir = join(folder, 'dist', 'bundle');
rmSync(dir, { recursive: true, force: true });
const bundle = await rolldown({
  input: join(folder, 'dist', 'index.js'),
  platform: 'node',
  external: (id) => id.startsWith('node:') || installed.some((name) => id === name || id.startsWith(`${name}/`)),
});
try {
  await bundle.write({ dir, format: 'esm', sourcemap: true });
} finally {
  await bundle.close();
}
