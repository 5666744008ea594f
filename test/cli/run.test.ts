import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OciDiffError } from '../../packages/core/src/errors.js';
import { renderJson } from '../../packages/core/src/report/json.js';
import { renderTable } from '../../packages/core/src/report/table.js';
import { runCommand } from '../support/command.js';
import { buildReport, fileDifference } from '../support/report.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ocidiff-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const esc = String.fromCharCode(27);
const different = buildReport([fileDifference('a')]);
const equivalent = buildReport([fileDifference('a', { ignoredBy: 'file-order' })]);
const incomplete = buildReport([fileDifference('a')], {
  verdict: 'incomplete',
  failures: [
    { code: 'ERR_DIGEST_MISMATCH', message: `a.tar: sha256:12: not what it says\n${esc}[2J` },
    { code: 'ERR_IO', message: 'b.tar: gone' },
  ],
});
const table = (report: typeof different): string => [...renderTable(report, { color: false, verbose: false })].join('');
const json = (report: typeof different): string => [...renderJson(report)].join('');

describe('exit status and standard output', () => {
  test.each([
    ['different', different, 1],
    ['equivalent', equivalent, 0],
    ['identical', buildReport([], { verdict: 'identical' }), 0],
  ])('%s', async (_verdict, report, status) => {
    const { calls, ...outcome } = await runCommand(['a', 'b'], report);
    expect(outcome).toEqual({ status, stdout: table(report), stderr: '' });
    expect(calls.map(({ images }) => images)).toEqual([['a', 'b']]);
  });

  test('incomplete: nothing on standard output, each failure one escaped line', async () => {
    expect(await runCommand(['a', 'b'], incomplete)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'error: a.tar: sha256:12: not what it says\\n\\x1b[2J\nerror: b.tar: gone\n',
    });
  });

  test.each([
    [
      'an error that knows its place',
      new OciDiffError('ERR_IO', 'no such file', { location: { input: 'a.tar' } }),
      'error: a.tar: no such file\n',
    ],
    ['a hostile name', new OciDiffError('ERR_IO', `${esc}]0;x`), 'error: \\x1b]0;x\n'],
    [
      'a failure on each side',
      new OciDiffError('ERR_NOT_FOUND', 'no such file: a.tar', {
        location: { input: 'a.tar' },
        others: [new OciDiffError('ERR_IO', 'gone', { location: { input: 'b.tar' } })],
      }),
      'error: no such file: a.tar\nerror: b.tar: gone\n',
    ],
    [
      'a fault of our own',
      new TypeError('x is not a function'),
      expect.stringMatching(/^error: a fault in ocidiff, please report it: TypeError: x is not a function\\n.*\n$/),
    ],
  ])('%s', async (_reason, error, stderr) => {
    expect(await runCommand(['a', 'b'], () => Promise.reject(error))).toMatchObject({ status: 2, stdout: '', stderr });
  });

  test('wrong usage', async () => {
    expect(await runCommand(['a'], different)).toEqual({
      status: 2,
      stdout: '',
      stderr: 'error: two images are wanted, one is given (ocidiff --help tells more)\n',
      calls: [],
    });
  });

  test('--quiet', async () => {
    expect(await runCommand(['--quiet', 'a', 'b'], different)).toMatchObject({ status: 1, stdout: '', stderr: '' });
  });

  test('--format json', async () => {
    expect(await runCommand(['--format', 'json', 'a', 'b'], different)).toMatchObject({
      status: 1,
      stdout: json(different),
    });
  });

  test('--verbose', async () => {
    const { stdout } = await runCommand(['--verbose', 'a', 'b'], equivalent);
    expect(stdout).toBe([...renderTable(equivalent, { color: false, verbose: true })].join(''));
  });

  test.each([['--help'], ['-h']])('%s', async (flag) => {
    const { status, stdout } = await runCommand([flag], different);
    expect([status, stdout.split('\n')[0]]).toEqual([
      0,
      'Compare two container images, and say why they are not bit-for-bit the same.',
    ]);
  });

  test('--version, also where it is not the first', async () => {
    expect(await runCommand(['diff', '--version'], different)).toMatchObject({ status: 0, stdout: 'ocidiff 0.1.0\n' });
  });
});

test('notes go to standard error, escaped, with the input they are about', async () => {
  const notes = [
    { input: 0, code: 'media-type-lie', message: 'layer 1 says gzip, is zstd' },
    { input: 1, code: 'empty-layer', message: `${esc}[31m` },
  ] as const;
  expect(await runCommand(['a', 'b'], buildReport([fileDifference('a')], { notes }))).toMatchObject({
    status: 1,
    stdout: table(different),
    stderr: 'note: input 0: layer 1 says gzip, is zstd\nnote: input 1: \\x1b[31m\n',
  });
});

describe('colour', () => {
  test.each<[reason: string, argv: string[], terminal: boolean, env: Record<string, string>, colored: boolean]>([
    ['a terminal', [], true, {}, true],
    ['no terminal', [], false, {}, false],
    ['NO_COLOR', [], true, { NO_COLOR: '1' }, false],
    ['NO_COLOR, empty, is not set (no-color.org)', [], true, { NO_COLOR: '' }, true],
    ['a dumb terminal', [], true, { TERM: 'dumb' }, false],
    ['always, without a terminal', ['--color', 'always'], false, {}, true],
    ['always, over NO_COLOR', ['--color', 'always'], false, { NO_COLOR: '1' }, true],
    ['never, on a terminal', ['--color', 'never'], true, {}, false],
    ['JSON has none', ['--color', 'always', '--format', 'json'], true, {}, false],
  ])('%s', async (_reason, argv, terminal, env, colored) => {
    const { stdout } = await runCommand([...argv, 'a', 'b'], different, { terminal, env });
    expect(stdout.includes(esc)).toBe(colored);
  });
});

describe('progress', () => {
  const run = (argv: string[], terminal: boolean, env = {}, updates = 20): ReturnType<typeof runCommand> =>
    runCommand(
      [...argv, 'a', 'b'],
      ({ options }) => {
        for (let i = 1; i <= updates; i++) options.onProgress?.({ bytesRead: i * 1e6, bytesTotal: 20e6 });
        return different;
      },
      { terminal, env },
    );

  test('on a terminal: one line, rewritten, gone at the end', async () => {
    const { stderr } = await run([], true);
    /* The clock goes on by 50 ms a call: none for 300 ms, then every 100 ms. */
    expect(stderr.startsWith(`\r${esc}[K6.0 MB of 20.0 MB, 20.0 MB/s\r${esc}[K8.0 MB of 20.0 MB, 20.0 MB/s`)).toBe(
      true,
    );
    expect(stderr.endsWith(`\r${esc}[K`)).toBe(true);
    expect(stderr).not.toContain('\n');
    expect(stderr.split('MB of').length - 1).toBe(8);
  });

  test.each<[reason: string, argv: string[], terminal: boolean, env: Record<string, string>, shown: boolean]>([
    ['no terminal', [], false, {}, false],
    ['a dumb terminal', [], true, { TERM: 'dumb' }, false],
    ['never', ['--progress', 'never'], true, {}, false],
    ['always', ['--progress', 'always'], false, {}, true],
  ])('%s', async (_reason, argv, terminal, env, shown) => {
    const { stderr, calls } = await run(argv, terminal, env);
    expect(stderr !== '').toBe(shown);
    expect(calls[0]?.options.onProgress !== undefined).toBe(shown);
  });

  test('a run that is over at once shows none, and clears none', async () => {
    expect((await run([], true, {}, 2)).stderr).toBe('');
  });

  test('it is gone before an error is told', async () => {
    const { stderr } = await runCommand(['--progress', 'always', 'a', 'b'], ({ options }) => {
      options.onProgress?.({ bytesRead: 1, bytesTotal: 2 });
      throw new OciDiffError('ERR_IO', 'gone');
    });
    expect(stderr.endsWith(`\r${esc}[Kerror: gone\n`)).toBe(true);
  });
});

describe('files', () => {
  test('--output takes what standard output would have had', async () => {
    const output = join(dir, 'table.txt');
    expect(await runCommand(['--output', output, 'a', 'b'], different)).toMatchObject({ status: 1, stdout: '' });
    expect(readFileSync(output, 'utf8')).toBe(table(different));
    expect(readdirSync(dir)).toEqual(['table.txt']);
  });

  test('--output - is standard output', async () => {
    expect((await runCommand(['--output', '-', 'a', 'b'], different)).stdout).toBe(table(different));
  });

  test('--report-file is JSON, beside the table', async () => {
    const file = join(dir, 'report.json');
    expect((await runCommand(['--report-file', file, 'a', 'b'], different)).stdout).toBe(table(different));
    expect(readFileSync(file, 'utf8')).toBe(json(different));
  });

  test('both hold what was found where the verdict is incomplete', async () => {
    const [output, file] = [join(dir, 'table.txt'), join(dir, 'report.json')];
    const argv = ['--output', output, '--report-file', file, 'a', 'b'];
    expect(await runCommand(argv, incomplete)).toMatchObject({ status: 2, stdout: '' });
    expect(readFileSync(output, 'utf8')).toBe(table(incomplete));
    expect(readFileSync(file, 'utf8')).toBe(json(incomplete));
  });

  test('a file is replaced, with its mode; a link stays one', async () => {
    const [file, link] = [join(dir, 'file'), join(dir, 'link')];
    writeFileSync(file, 'old', { mode: 0o600 });
    symlinkSync('file', link);
    await runCommand(['--output', link, 'a', 'b'], different);
    expect(readFileSync(file, 'utf8')).toBe(table(different));
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(dir)).toEqual(['file', 'link']);
  });

  test.each([
    ['no such folder', 'x/y'],
    ['a folder', 'folder'],
  ])('%s: status 2, nothing on standard output', async (_reason, name) => {
    mkdirSync(join(dir, 'folder'));
    const { status, stdout, stderr } = await runCommand(['--report-file', join(dir, name), 'a', 'b'], different);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: .*: cannot be written: .*\n$/);
    expect(readdirSync(dir)).toEqual(['folder']);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk: status 2, and the reason', async () => {
    const outcome = await runCommand(['--output', '/dev/full', 'a', 'b'], different);
    expect(outcome).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error: \/dev\/full: cannot be written: ENOSPC/),
    });
  });

  test('an interrupt leaves the old file, and no temporary one', async () => {
    const controller = new AbortController();
    const output = join(dir, 'table.txt');
    writeFileSync(output, 'old');
    const outcome = await runCommand(
      ['--output', output, 'a', 'b'],
      () => {
        controller.abort(new Error('interrupted by SIGINT'));
        return different;
      },
      { signal: controller.signal },
    );
    expect(outcome).toMatchObject({ status: 2, stdout: '', stderr: 'error: interrupted by SIGINT\n' });
    expect(readFileSync(output, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['table.txt']);
  });
});

describe('standard output that fails', () => {
  const failing = (code: string): { isTerminal: boolean; columns: undefined; write: () => Promise<void> } => ({
    isTerminal: false,
    columns: undefined,
    write: () => Promise.reject(Object.assign(new Error(`${code}: it failed`), { code })),
  });

  test('a reader that has seen enough: one line, status 2', async () => {
    expect(await runCommand(['a', 'b'], equivalent, { stdout: failing('EPIPE') })).toMatchObject({
      status: 2,
      stderr: 'error: standard output: closed by its reader before all was written\n',
    });
  });

  test('a full disk', async () => {
    expect(await runCommand(['a', 'b'], equivalent, { stdout: failing('ENOSPC') })).toMatchObject({
      status: 2,
      stderr: 'error: standard output: cannot be written: ENOSPC: it failed\n',
    });
  });

  test('a reader that does not read does not hold up an interrupt', async () => {
    const controller = new AbortController();
    const stdout = {
      isTerminal: false,
      columns: undefined,
      write: (): Promise<void> => {
        setTimeout(() => controller.abort(new Error('interrupted by SIGTERM')), 10);
        return new Promise(() => {});
      },
    };
    const outcome = await runCommand(['a', 'b'], different, { stdout, signal: controller.signal });
    expect(outcome).toMatchObject({ status: 2, stderr: 'error: interrupted by SIGTERM\n' });
  });

  test('standard error that is gone changes nothing', async () => {
    const notes = [{ input: 0, code: 'empty-layer', message: 'x' }] as const;
    const outcome = await runCommand(['a', 'b'], buildReport([fileDifference('a')], { notes }), {
      stderr: failing('EPIPE'),
    });
    expect(outcome).toMatchObject({ status: 1, stdout: table(different) });
  });
});

test('standard input is opened only for an image from it', async () => {
  async function* stdin(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array();
  }
  const stream = stdin();
  const { calls } = await runCommand(['-', 'b'], different, { stdin: () => stream });
  expect(calls[0]?.options.stdin).toBe(stream);
  const env = { HOME: '/home/user' };
  expect((await runCommand(['a', 'b'], different, { env })).calls[0]?.options.env).toBe(env);
  expect((await runCommand(['a', 'b'], different)).calls[0]?.options.stdin).toBeUndefined();
});

test('the environment is handed on: engines are found by it', async () => {
  const env = { DOCKER_HOST: 'unix:///a.sock' };
  const { calls } = await runCommand(['docker://a', 'b'], different, { env });
  expect([calls[0]?.images, calls[0]?.options.env]).toEqual([['docker://a', 'b'], env]);
});
