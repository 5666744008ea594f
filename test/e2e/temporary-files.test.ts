import { type ChildProcess, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../packages/core/src/limits.js';
import { spool } from '../../packages/core/src/sources/spool.js';
import { fixture } from '../support/fixtures.js';
import { requireTool } from '../support/tools.js';
import { temporaryFolder } from './support.js';

const folder = temporaryFolder();
const bin = fileURLToPath(new URL('../../packages/cli/bin/ocidiff.js', import.meta.url));
const [apt0, apt1] = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')];
const whole = readFileSync(apt0);

interface Run {
  readonly child: ChildProcess;
  /** The folder for temporary files. */
  readonly tmp: string;
  /** Where it runs. */
  readonly cwd: string;
  readonly end: Promise<number | null>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** The command with an image on standard input, so that it keeps one in a temporary file. */
function start(
  args: readonly string[] = [],
  cwd: string = mkdtempSync(join(folder, 'run-')),
  program: readonly string[] = [],
): Run {
  const tmp = join(cwd, 'tmp');
  if (!existsSync(tmp)) mkdirSync(tmp);
  const [name = '', ...rest] = [...program, process.execPath, bin, '--quiet', ...args, '-', apt1];
  const child = spawn(name, rest, { cwd, env: { ...process.env, TMPDIR: tmp }, stdio: ['pipe', 'ignore', 'ignore'] });
  running.push(child);
  child.stdin?.on('error', () => {});
  return { child, tmp, cwd, end: new Promise((resolve) => child.on('close', resolve)) };
}

/** The open files of a process that have no name any more, by their numbers. */
function unnamed({ child, tmp }: Run): { fd: string; was: string }[] {
  const at = `/proc/${child.pid}/fd`;
  return readdirSync(at).flatMap((fd) => {
    try {
      const was = readlinkSync(join(at, fd));
      /* Linux says so of a file without a name: proc(5). A moment before it has one. */
      return was.startsWith(tmp) && was.endsWith(' (deleted)') ? [{ fd: join(at, fd), was }] : [];
    } catch {
      return [];
    }
  });
}

/** Half an image is on its way; the temporary file is there. */
async function halfWay(run: Run): Promise<{ fd: string; was: string }> {
  run.child.stdin?.write(whole.subarray(0, 5000));
  await expect.poll(() => unnamed(run).length, { timeout: 10_000, interval: 10 }).toBe(1);
  return unnamed(run)[0] as { fd: string; was: string };
}

describe.skipIf(process.platform !== 'linux')('an image on standard input', () => {
  test('is in a file that nobody else can read and that has no name, whose name nobody could know', async () => {
    const names = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const run = start();
      const { fd, was } = await halfWay(run);
      expect(was).toMatch(new RegExp(`^${run.tmp}/ocidiff-[0-9a-f]{24} \\(deleted\\)$`));
      names.add(was.slice(run.tmp.length));
      const stats = statSync(fd);
      expect([stats.mode & 0o7777, stats.nlink]).toEqual([0o600, 0]);
      expect(readdirSync(run.tmp)).toEqual([]);
      run.child.stdin?.end(whole.subarray(5000));
      expect(await run.end).toBe(1);
      expect(readdirSync(run.tmp)).toEqual([]);
    }
    expect(names.size).toBe(2);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('after %s: no temporary file is left', async (signal) => {
    const run = start();
    await halfWay(run);
    run.child.kill(signal);
    expect(await run.end).toBe(signal === 'SIGKILL' ? null : 2);
    expect(readdirSync(run.cwd)).toEqual(['tmp']);
    expect(readdirSync(run.tmp)).toEqual([]);
  });

  test('that is no image, compressed and cut: none is left', async () => {
    for (const bytes of [Buffer.from('no image'), gzipSync(whole).subarray(0, 4000), Buffer.alloc(0)]) {
      const run = start();
      run.child.stdin?.end(bytes);
      expect(await run.end).toBe(2);
      expect(readdirSync(run.tmp)).toEqual([]);
    }
  });

  test.skipIf(!requireTool('strace'))(
    'the file is made anew, for its owner alone, and no link is followed',
    async () => {
      const cwd = mkdtempSync(join(folder, 'run-'));
      const trace = join(cwd, 'trace');
      const run = start([], cwd, ['strace', '-f', '-qq', '-e', 'trace=open,openat,unlink,unlinkat', '-o', trace]);
      run.child.stdin?.end(whole);
      expect(await run.end).toBe(1);
      const calls = readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes(`"${run.tmp}/`))
        .map((line) =>
          line
            .replace(/^\d+ +/, '')
            .replace(/ocidiff-[0-9a-f]{24}/, 'NAME')
            .replaceAll(run.tmp, 'TMP'),
        );
      expect(calls.map((call) => call.replace(/ += .*$| <unfinished.*$/, ''))).toEqual([
        expect.stringMatching(
          /^openat\(AT_FDCWD, "TMP\/NAME", O_RDWR\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600\)?$/,
        ),
        expect.stringMatching(/^unlink\("TMP\/NAME"\)?$/),
      ]);
    },
  );
});

test('a link under the name of a temporary file, should anybody guess it, is not followed', async () => {
  const tmp = mkdtempSync(join(folder, 'tmp-'));
  const mine = join(folder, 'mine');
  writeFileSync(mine, 'mine');
  symlinkSync(mine, join(tmp, `ocidiff-${'00'.repeat(12)}`));
  const spy = vi.spyOn(crypto, 'randomBytes').mockImplementation(((size: number) => Buffer.alloc(size)) as never);
  syncBuiltinESMExports();
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield whole;
  }
  try {
    const spooling = spool(stream(), 'standard input', { limits: DEFAULT_LIMITS, tmpDir: tmp });
    await expect(spooling).rejects.toMatchObject({ code: 'ERR_IO' });
  } finally {
    spy.mockRestore();
    syncBuiltinESMExports();
  }
  expect(readFileSync(mine, 'utf8')).toBe('mine');
  expect(readdirSync(tmp)).toHaveLength(1);
});

describe('a run that is killed', () => {
  test('leaves a draft beside the report folder, which no later run trips over or takes for its own', async () => {
    const cwd = mkdtempSync(join(folder, 'run-'));
    const killed = start(['--report-dir', 'diffs', '--report-file', 'report.json'], cwd);
    await halfWay(killed);
    killed.child.kill('SIGKILL');
    await killed.end;
    const left = readdirSync(cwd).filter((name) => name !== 'tmp');
    expect(left).toEqual([expect.stringMatching(/^diffs\.tmp-/)]);
    for (let i = 0; i < 2; i++) {
      const next = start(['--report-dir', 'diffs', '--report-file', 'report.json'], cwd);
      next.child.stdin?.end(whole);
      expect(await next.end).toBe(1);
      expect(readdirSync(cwd).sort()).toEqual(['diffs', left[0], 'report.json', 'tmp']);
      expect(readdirSync(join(cwd, 'diffs'))).toContain('report.json');
    }
    expect(readdirSync(killed.tmp)).toEqual([]);
  });
});
