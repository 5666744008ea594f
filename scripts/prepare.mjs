/**
 * Installs and builds what is missing or out of date, and nothing else. Runs before anything is installed, so it uses
 * Node alone.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * `pmOnFail`: it is npx that brings the pnpm that package.json pins, so pnpm need not look for it again, which with a
 * frozen lock file is an error. `confirmModulesPurge`: where pnpm would replace a `node_modules` of another making, it
 * asks first, and there is nobody to ask.
 */
const PNPM_OPTIONS = ['--config.pmOnFail=ignore', '--config.confirmModulesPurge=false'];

/** Exit status when preparing fails. Not 1, which says of the command: different. */
const FAILED = 2;

/**
 * Makes the checkout ready to run: dependencies installed as the lock file has them, packages built from the sources as
 * they are. Says on standard error what it does; ends the process with status 2 when it cannot.
 */
export function prepare() {
  checkNodeVersion();
  if (isInstalled(ROOT) && isBuilt(ROOT)) return;
  const release = acquireLock(join(ROOT, '.stamp'));
  try {
    if (!isInstalled(ROOT)) install(ROOT);
    if (!isBuilt(ROOT)) build(ROOT);
  } finally {
    release();
  }
}

function checkNodeVersion() {
  const wanted = readJson(join(ROOT, 'package.json')).engines.node;
  if (satisfies(process.versions.node, wanted.replace('>=', ''))) return;
  fail(`ocidiff needs Node ${wanted}; this is ${process.versions.node} (${process.execPath})`);
}

/**
 * Whether the version `actual` is `minimum` or later.
 * @param {string} actual
 * @param {string} minimum
 * @returns {boolean}
 */
export function satisfies(actual, minimum) {
  const have = actual.split('.').map(Number);
  const want = minimum.split('.').map(Number);
  const at = want.findIndex((part, index) => part !== have[index]);
  return at === -1 || (have[at] ?? 0) > (want[at] ?? 0);
}

/**
 * The folders of the workspace's packages, absolute.
 * @param {string} root
 * @returns {string[]}
 */
function packageFolders(root) {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}

/** @param {string} root */
function installStampFile(root) {
  return join(root, 'node_modules', '.ocidiff-stamp');
}

/** @param {string} root */
function buildStampFile(root) {
  return join(root, '.stamp', 'build');
}

/**
 * Whether `node_modules` is what the lock file, the workspace file and the package.json files ask for.
 * @param {string} root
 * @returns {boolean}
 */
export function isInstalled(root) {
  return (
    readStamp(installStampFile(root)) === installStamp(root) &&
    packageFolders(root).every((folder) => existsSync(join(folder, 'node_modules')))
  );
}

/** @param {string} root */
function installStamp(root) {
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(root, name));
  for (const folder of packageFolders(root)) files.push(join(folder, 'package.json'));
  /* Compilers and linters come as one binary a platform: a checkout shared with another machine needs others. */
  return hashFiles(root, files, `${process.platform} ${process.arch}`);
}

/**
 * Notes that `node_modules` is as it is wanted.
 * @param {string} root
 */
export function recordInstalled(root) {
  writeFileSync(installStampFile(root), `${installStamp(root)}\n`);
}

/**
 * Whether every package's `dist` is, byte for byte, what was built from the sources as they are now. It is not when
 * a source was changed, added or removed, nor when somebody changed or removed a file of `dist`.
 * @param {string} root
 * @returns {boolean}
 */
export function isBuilt(root) {
  return readStamp(buildStampFile(root)) === `${sourceStamp(root)} ${outputStamp(root)}`;
}

/**
 * Notes that `dist` was built from the sources that had the stamp `sources`.
 * @param {string} root
 * @param {string} sources
 */
export function recordBuilt(root, sources) {
  mkdirSync(join(root, '.stamp'), { recursive: true });
  writeFileSync(buildStampFile(root), `${sources} ${outputStamp(root)}\n`);
}

/**
 * A digest of all that a build reads.
 * @param {string} root
 * @returns {string}
 */
export function sourceStamp(root) {
  const files = ['pnpm-lock.yaml', 'tsconfig.base.json', 'scripts/bundle.mjs'].map((name) => join(root, name));
  for (const folder of packageFolders(root)) {
    files.push(join(folder, 'package.json'), join(folder, 'tsconfig.json'), ...filesBelow(join(folder, 'src')));
  }
  return hashFiles(root, files);
}

/** @param {string} root */
function outputStamp(root) {
  const files = packageFolders(root).flatMap((folder) => filesBelow(join(folder, 'dist')));
  /* The compiler's own notes change with every run of it, also where no output does. */
  return hashFiles(
    root,
    files.filter((file) => !file.endsWith('.tsbuildinfo')),
  );
}

/** @param {string} root */
function install(root) {
  const packageManager = readJson(join(root, 'package.json')).packageManager;
  say('installing dependencies …');
  run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', ...PNPM_OPTIONS], root, 'installing failed');
  recordInstalled(root);
}

/** @param {string} root */
function build(root) {
  say('building …');
  /* Taken before the compiler runs: a source saved meanwhile makes the next run build again. */
  const sources = sourceStamp(root);
  rmSync(buildStampFile(root), { force: true });
  for (const folder of packageFolders(root)) rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const projects = packageFolders(root).map((folder) => relative(root, folder));
  run(process.execPath, [tsc, '-b', ...projects], root, 'the build failed');
  run(process.execPath, [join(root, 'scripts', 'bundle.mjs')], root, 'the build failed');
  recordBuilt(root, sources);
}

/**
 * Runs a program to its end, silent unless it fails: then its output goes to standard error and the process ends.
 * Standard input is not given to it; that belongs to the command.
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {string} failure
 */
function run(program, args, cwd, failure) {
  const result = spawnSync(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 ** 2,
    shell: process.platform === 'win32' && program === 'npx',
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  fail(result.error ? `${failure}: ${result.error.message}` : failure);
}

/**
 * Waits until no other process prepares this checkout, and keeps others waiting until the function it returns is
 * called. A lock whose process is gone is taken over.
 * @param {string} folder
 * @returns {() => void}
 */
export function acquireLock(folder) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock');
  const release = () => rmSync(file, { force: true });
  for (let told = false; ; told = true) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      /* fail() ends the process without unwinding. */
      process.once('exit', release);
      return () => {
        process.off('exit', release);
        release();
      };
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (isAbandoned(file)) {
      release();
      continue;
    }
    if (!told) say('another run is installing or building; waiting for it …');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

/** @param {string} file */
function isAbandoned(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    /* A lock without a number is one that is just being written, or whose writer died in between. */
    if (!(pid > 0)) return Date.now() - statSync(file).mtimeMs > 10_000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/**
 * A digest of the files' names and contents; a missing file is one without content.
 * @param {string} root
 * @param {string[]} files
 * @param {string} [salt]
 * @returns {string}
 */
function hashFiles(root, files, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const file of [...files].sort()) {
    const content = existsSync(file) ? readFileSync(file) : null;
    hash.update(`\0${relative(root, file).split(sep).join('/')}\0${content?.length ?? 'missing'}\0`);
    if (content) hash.update(content);
  }
  return hash.digest('hex');
}

/**
 * All files below `folder`; none if it does not exist.
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** @param {string} file */
function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`ocidiff checkout: ${message}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(FAILED);
}
