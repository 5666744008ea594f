/**
 * The benchmark: `node scripts/bench.mjs [--quick] [--runs N] [--scale FACTOR] [CASE…]`. See README.md.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { CASES, FULL, QUICK } from './cases.mjs';

/* What is measured is reading: commands have no cache, since no folder can be made there. */
process.env.OCIDIFF_CACHE_DIR = '/dev/null/cache';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, runs: { type: 'string' }, scale: { type: 'string' } },
});
const quick = values.quick === true;
const settings = {
  runs: Number(values.runs ?? (quick ? 2 : 5)),
  scale: Number(values.scale ?? 1),
  lax: quick,
};
const names = positionals.length > 0 ? positionals : quick ? QUICK : FULL;
if (!(settings.runs >= 1 && settings.scale > 0) || names.some((name) => !(name in CASES))) {
  process.stderr.write(`usage: bench [--quick] [--runs N] [--scale FACTOR] [${Object.keys(CASES).join('|')}]…\n`);
  process.exit(2);
}

let missed = 0;
process.stdout.write(
  [
    `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${settings.runs} runs${
      settings.scale === 1 ? '' : `, images scaled by ${settings.scale}: bounds are not held`
    }`,
    '',
    '| case | measured | | bound | against | |',
    '|---|---|---|---|---|---|',
    '',
  ].join('\n'),
);
for (const name of names) {
  for (const { what, value, bound, unit, against } of await /** @type {(typeof CASES)[string]} */ (CASES[name])(
    settings,
  )) {
    const held = bound === null || settings.scale !== 1 ? null : value <= bound;
    if (held === false) missed += 1;
    const cells = [name, what, show(value, unit), bound === null ? '' : `≤ ${show(bound, unit)}`, against];
    process.stdout.write(`| ${cells.join(' | ')} | ${held === null ? '' : held ? 'ok' : '**missed**'} |\n`);
  }
}
if (missed > 0) process.stderr.write(`\n${missed} bounds missed\n`);
process.exitCode = missed > 0 ? 1 : 0;

/**
 * @param {number} value
 * @param {'ratio' | 'MB' | 'bytes'} unit
 */
function show(value, unit) {
  if (unit === 'bytes') return `${value.toFixed(0)} bytes`;
  return unit === 'MB' ? `${value.toFixed(0)} MB` : value.toFixed(2);
}
