import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(root, 'packages/cli/bin/ocidiff.js');
const fixture = (name: string): string => join(root, 'fixtures', name);
const APT = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')] as const;

beforeAll(() => {
  if (!existsSync(join(root, 'packages/cli/dist/main.js')))
    throw new Error('not built: run npm test, or npm run build');
});

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ocidiff-test-'));
});
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function ocidiff(
  args: readonly string[],
  input?: Uint8Array,
): { status: number | null; stdout: string; stderr: string } {
  const options = { cwd: dir, encoding: 'utf8', ...(input === undefined ? {} : { input }) } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], options);
  return { status, stdout, stderr };
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

describe('a comparison', () => {
  test('that finds differences: the table, status 1', () => {
    const { status, stdout, stderr } = ocidiff(['--semantic', ...APT]);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout.match(/^File {2}\S+/gm)?.sort()).toEqual([
      'File  layers-1/var/cache/ldconfig/aux-cache',
      'File  layers-1/var/log/alternatives.log',
      'File  layers-1/var/log/apt/history.log',
      'File  layers-1/var/log/apt/term.log',
      'File  layers-1/var/log/dpkg.log',
    ]);
    expect(stdout).toMatch(/\ndifferent\n$/);
  });

  test('of an image with itself: status 0', () => {
    expect(ocidiff([APT[0], APT[0]])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/\nidentical: /),
    });
  });

  test('that finds nothing that counts: status 0, and why the digests differ', () => {
    const images = [fixture('clock-buildkit-1.oci.tar'), fixture('clock-buildkit-1-zstd.oci.tar')];
    const { status, stdout } = ocidiff(['--semantic', ...images]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nequivalent: nothing that counts differs; the digests differ by compression [0-9]+\n$/);
  });

  test('with an image on standard input', () => {
    expect(ocidiff(['--semantic', '--quiet', '-', APT[1]], readFileSync(APT[0]))).toEqual({
      status: 1,
      stdout: '',
      stderr: '',
    });
  });

  test('twice gives the same bytes, in a terminal’s absence without colour', () => {
    const first = ocidiff(['--format', 'json', ...APT]);
    expect(ocidiff(['--format', 'json', ...APT])).toEqual(first);
    expect(JSON.parse(first.stdout)).toMatchObject({ schemaVersion: 1, verdict: 'different' });
  });

  test('with a report folder, which a second run replaces', () => {
    for (let i = 0; i < 2; i++)
      expect(ocidiff(['--semantic', '--quiet', '--report-dir', 'diffs', ...APT]).status).toBe(1);
    expect(readdirSync(dir)).toEqual(['diffs']);
    const log = (input: number): string =>
      readFileSync(join(dir, `diffs/input-${input}/layers-1/var/log/dpkg.log`), 'utf8');
    expect(log(0)).not.toBe(log(1));
    expect(existsSync(join(dir, 'diffs/report.json'))).toBe(true);
  });
});

describe('status 2, nothing on standard output, one line on standard error', () => {
  test.each<[reason: string, args: string[], stderr: RegExp]>([
    ['no such file', ['./none.tar', APT[0]], /none\.tar/],
    ['no image', [bin, APT[0]], /ocidiff\.js/],
    ['a hostile name', ['./\u001b[31m', APT[0]], /\\x1b\[31m/],
    ['wrong usage', ['--bogus', ...APT], /unknown option '--bogus'/],
    ['a wrong pattern', ['--ignore-field', 'x', ...APT], /./],
    ['a limit', ['--max-layers', '1', ...APT], /--max-layers/],
    ['a folder of others', ['--report-dir', '.', ...APT], /was not written by ocidiff/],
    ['a file that cannot be written', ['--report-file', 'x/y', ...APT], /x\/y: cannot be written/],
  ])('%s', (_reason, args, stderr) => {
    writeFileSync(join(dir, 'mine.txt'), 'mine');
    const outcome = ocidiff(args);
    expect(outcome).toMatchObject({ status: 2, stdout: '' });
    /* A line for each failure; some fail on both sides. */
    expect(outcome.stderr).toMatch(/^(?:error: [^\n\p{Cc}]+\n){1,2}$/u);
    expect(outcome.stderr).toMatch(stderr);
    expect(readdirSync(dir)).toEqual(['mine.txt']);
  });
});

describe('standard output', () => {
  test('a reader that has seen enough: one line, status 2', async () => {
    const child = spawn(process.execPath, [bin, '--format', 'json', ...APT], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    expect(await ended(child)).toMatchObject({
      status: 2,
      signal: null,
      stderr: 'error: standard output: closed by its reader before all was written\n',
    });
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk: status 2, and the reason', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `"$0" "$@" > /dev/full`, process.execPath, bin, ...APT], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: standard output: cannot be written: ENOSPC.*\n$/),
    ]);
  });

  test('help and version: status 0', () => {
    expect(ocidiff(['--version'])).toEqual({ status: 0, stdout: 'ocidiff 0.1.0\n', stderr: '' });
    expect(ocidiff(['--help'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: ocidiff'),
    });
  });
});

describe('an interrupt', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s: status 2, and nothing is left behind', async (signal) => {
    mkdirSync(join(dir, 'tmp'));
    const args = [bin, '--report-dir', 'diffs', '--report-file', 'report.json', '-', APT[1]];
    const env = { ...process.env, TMPDIR: join(dir, 'tmp') };
    const child = spawn(process.execPath, args, { cwd: dir, env, stdio: ['pipe', 'pipe', 'pipe'] });
    const end = ended(child);
    child.stdin.on('error', () => {});
    /* Half an image: the command waits for the rest. */
    child.stdin.write(readFileSync(APT[0]).subarray(0, 5000));
    await expect
      .poll(() => readdirSync(dir).some((name) => name.startsWith('diffs.tmp-')), { timeout: 10_000 })
      .toBe(true);
    child.kill(signal);
    expect(await end).toEqual({ status: 2, signal: null, stdout: '', stderr: `error: interrupted by ${signal}\n` });
    expect(readdirSync(dir)).toEqual(['tmp']);
    expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
  });
});

test('what is not built says so, with status 2', () => {
  const copy = join(dir, 'packages/cli');
  cpSync(join(root, 'packages/cli/bin'), join(copy, 'bin'), { recursive: true });
  writeFileSync(join(copy, 'package.json'), '{"type":"module","version":"0.1.0"}');
  const { status, stderr } = spawnSync(process.execPath, [join(copy, 'bin/ocidiff.js'), 'a', 'b'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/^error: ocidiff could not be started: .*`npm start` builds it.*\n$/),
  ]);
});

test('the version is told without loading the library', () => {
  const copy = join(dir, 'packages/cli');
  for (const name of ['bin', 'dist/main.js', 'package.json'])
    cpSync(join(root, 'packages/cli', name), join(copy, name), { recursive: true });
  const { status, stdout } = spawnSync(process.execPath, [join(copy, 'bin/ocidiff.js'), '--version'], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, 'ocidiff 0.1.0\n']);
});

describe('an image in an engine', () => {
  test('is looked for where the environment says', async () => {
    const socket = join(dir, 'none.sock');
    const env = { ...process.env, DOCKER_HOST: `unix://${socket}` };
    const child = spawn(process.execPath, [bin, APT[0], 'docker://a:1'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    expect(await ended(child)).toEqual({
      status: 2,
      signal: null,
      stdout: '',
      stderr: `error: docker://a:1: Docker does not run: there is no ${socket} (from DOCKER_HOST)\n`,
    });
  });

  test('costs other comparisons nothing: neither HTTP nor child processes are loaded', () => {
    const core = join(root, 'packages/core/dist/index.js');
    const script = `
      const { diffImages } = await import(${JSON.stringify(core)});
      await diffImages(...${JSON.stringify(APT)});
      console.log(process.moduleLoadList.filter((name) => / (_http_client|https|child_process|tls)$/.test(name)).join());`;
    const args = ['--input-type=module', '--eval', script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['\n', '']);
  });
});
