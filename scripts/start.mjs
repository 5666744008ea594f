/**
 * `npm start` shows what ocidiff does; `npm start -- ARGUMENTS` runs it with arguments of your own.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';
import { runNode } from './run-node.mjs';

const COMMAND = join(ROOT, 'packages', 'cli', 'bin', 'ocidiff.js');
const DEMONSTRATION = ['--semantic', '--report-dir', 'diffs', 'fixtures/apt-0.docker.tar', 'fixtures/apt-1.docker.tar'];
/** npm runs scripts in the checkout's root and keeps here where the user was. */
const USER_FOLDER = process.env.INIT_CWD ?? process.cwd();

prepare();
const args = process.argv.slice(2);
process.exitCode = args.length > 0 ? await runNode([COMMAND, ...args], USER_FOLDER) : await demonstrate();

async function demonstrate() {
  const command = relative(ROOT, COMMAND);
  process.stdout.write(`$ node ${command} ${DEMONSTRATION.join(' ')}\n\n`);
  const status = await runNode([command, ...DEMONSTRATION], ROOT);
  if (status !== 1) {
    process.stderr.write(`\nThe command ended with status ${status}; 1 was expected, which means: different.\n`);
    return status === 0 ? 1 : status;
  }
  const folder = relative(USER_FOLDER, join(ROOT, 'diffs')) || '.';
  const example = 'layers-1/var/log/apt/term.log';
  const lines = [
    '',
    'The exit status of this command was 1. 1 means: different.',
    `The report folder is ${folder}${existsSync(join(ROOT, 'diffs', 'README.md')) ? '; its README.md says how to read it' : ''}. See one of the files:`,
    '',
    `  diff ${folder}/input-0/${example} ${folder}/input-1/${example}`,
    '',
    `All of it as one page, for a browser: ${folder}/report.html`,
    '',
    'With images of your own: npm start -- --semantic IMAGE0 IMAGE1',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
