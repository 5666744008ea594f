/**
 * Packs both packages as they would be published and checks the tarballs: their manifests (publint), their types
 * (are-the-types-wrong), and that they work where nothing else of this repository is.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, ROOT } from './prepare.mjs';

const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { version } = JSON.parse(readFileSync(join(ROOT, 'packages', 'core', 'package.json'), 'utf8'));
const bin = (/** @type {string} */ name) => join(ROOT, 'node_modules', '.bin', name);
const fixture = (/** @type {string} */ name) => join(ROOT, 'fixtures', name);

/* What a script of a user's does: two real fixtures, whose five files differ (fixtures/README.md). */
const SCRIPT = `
import { diffImages, OciDiffError } from '@ocidiff/core';
const report = await diffImages(process.argv[2], process.argv[3], { mode: 'semantic' });
const paths = new Set(report.differences.filter((one) => one.ignoredBy === undefined).map((one) => one.path));
console.log(report.verdict, [...paths].sort().join(' '));
try {
  await diffImages('./absent.tar', process.argv[3]);
} catch (error) {
  console.log(error instanceof OciDiffError, error.code);
}
`;
const SCRIPT_OUTPUT = `different var/cache/ldconfig/aux-cache var/log/alternatives.log var/log/apt/history.log var/log/apt/term.log var/log/dpkg.log
true ERR_NOT_FOUND
`;

const TYPED_SCRIPT = `
import { type DiffOptions, diffImages, OciDiffError, type Report } from '@ocidiff/core';
const controller = new AbortController();
const options: DiffOptions = { mode: { ignore: ['file-order'] }, platforms: ['linux/amd64'], signal: controller.signal };
const report: Report = await diffImages('a.tar', 'b.tar', options);
const verdict: 'identical' | 'equivalent' | 'different' | 'incomplete' = report.verdict;
export const paths: (string | undefined)[] = report.differences.map((difference) => difference.path);
// @ts-expect-error: not a mode
await diffImages('a.tar', 'b.tar', { mode: 'lenient' });
try {
  console.log(verdict);
} catch (error) {
  if (error instanceof OciDiffError && error.code === 'ERR_NOT_FOUND') console.log(error.location.input);
}
`;

prepare();
const folder = mkdtempSync(join(tmpdir(), 'ocidiff-packages-'));
try {
  const tarballs = ['core', 'cli'].map(pack);
  for (const tarball of tarballs) {
    check(`publint ${tarball}`, bin('publint'), ['run', '--strict', join(folder, tarball)]);
  }
  /* The command has no entry to import, so no types to be wrong. */
  check('are the types wrong', bin('attw'), ['--profile', 'esm-only', join(folder, String(tarballs[0]))]);
  useAsOthersDo(tarballs);
} finally {
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} name the folder of a package
 * @returns {string} the tarball's name
 */
function pack(name) {
  const before = new Set(readdirSync(folder));
  check(
    `pack packages/${name}`,
    'npx',
    ['--yes', packageManager, 'pack', '--pack-destination', folder],
    join(ROOT, 'packages', name),
  );
  const [tarball, ...others] = readdirSync(folder).filter((file) => !before.has(file));
  if (tarball === undefined || others.length > 0) throw new Error(`packing ${name} made no tarball, or several`);
  const listed = check(`contents of ${tarball}`, 'tar', ['-tzf', join(folder, tarball)]);
  const stray = listed
    .split('\n')
    .filter((path) => path !== '')
    .filter(
      (path) =>
        !/^package\/(package\.json|LICENSE|README\.md|report\.schema\.json|bin\/.+\.js|bin\/package\.json|dist\/.+\.(js|d\.ts)(\.map)?)$/.test(
          path,
        ),
    );
  expectEqual(`files of ${tarball} that do not belong there`, stray.join('\n'), '');
  for (const needed of ['package/package.json', 'package/LICENSE']) {
    if (!listed.split('\n').includes(needed)) throw new Error(`${tarball} has no ${needed}`);
  }
  return tarball;
}

/** @param {string[]} tarballs */
function useAsOthersDo(tarballs) {
  const project = join(folder, 'project');
  mkdirSync(project);
  const images = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')];
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  writeFileSync(join(project, 'script.mjs'), SCRIPT);
  writeFileSync(join(project, 'typed.ts'), TYPED_SCRIPT);
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        module: 'nodenext',
        target: 'ES2022',
        lib: ['ES2023'],
        types: ['node'],
        typeRoots: [join(ROOT, 'node_modules', '@types')],
        skipLibCheck: false,
      },
      files: ['typed.ts'],
    }),
  );
  const files = tarballs.map((tarball) => join('..', tarball));
  check('npm install both', 'npm', ['install', '--no-audit', '--no-fund', '--silent', ...files], project);
  const told = check('npx ocidiff --version', 'npx', ['--no', '--', 'ocidiff', '--version'], project);
  if (!told.includes(version)) throw new Error(`ocidiff --version says ${told}, not ${version}`);
  const command = ['--no', '--', 'ocidiff', '--no-cache', '--semantic'];
  check('npx ocidiff on two images', 'npx', [...command, ...images], project, 1);
  const printed = check('a script that imports the library', process.execPath, ['script.mjs', ...images], project);
  expectEqual('what the script printed', printed, SCRIPT_OUTPUT);
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  check('a TypeScript program that imports the library', process.execPath, [tsc, '-p', '.'], project);
}

/**
 * Runs a program and ends the whole check, with the program's output, unless its status is the expected one.
 * @param {string} what
 * @param {string} program
 * @param {string[]} args
 * @param {string} [cwd]
 * @param {number} [expectedStatus]
 * @returns {string} its standard output
 */
function check(what, program, args, cwd = ROOT, expectedStatus = 0) {
  const result = spawnSync(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (result.status !== expectedStatus) {
    process.stdout.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    throw new Error(`${what}: status ${result.status}, expected ${expectedStatus} ${result.error?.message ?? ''}`);
  }
  process.stdout.write(`ok  ${what}\n`);
  return result.stdout;
}

/**
 * @param {string} what
 * @param {string} actual
 * @param {string} expected
 */
function expectEqual(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}:\n${actual}\ninstead of:\n${expected}`);
}
