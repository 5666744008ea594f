import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../packages/core/src/explain/catalogue/index.js';

const bin = fileURLToPath(new URL('../../packages/cli/bin/ocidiff.js', import.meta.url));
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const APT = ['0', '1'].map((build) => fixture(`apt-${build}.docker.tar`)) as [string, string];

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ocidiff-test-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function ocidiff(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', cwd: dir });
  return { status, stdout, stderr };
}

describe('show', () => {
  beforeAll(() => {
    ocidiff(['--semantic', '--quiet', '--report-dir', 'diffs', ...APT]);
  });

  test('gives the JSON report byte for byte, from its folder and from its file', () => {
    const saved = readFileSync(join(dir, 'diffs/report.json'), 'utf8');
    for (const report of ['diffs', 'diffs/report.json']) {
      expect(ocidiff(['show', '--format', 'json', report])).toEqual({ status: 0, stdout: saved, stderr: '' });
    }
  });

  test('gives the table that the comparison gave', () => {
    const live = ocidiff(['--semantic', '--diff', ...APT]).stdout;
    expect(ocidiff(['show', '--diff', 'diffs']).stdout).toBe(live);
  });

  test('writes Markdown to a file', () => {
    expect(ocidiff(['show', '--format', 'markdown', '--output', 'out.md', 'diffs'])).toMatchObject({
      status: 0,
      stdout: '',
    });
    const text = readFileSync(join(dir, 'out.md'), 'utf8');
    expect(text).toBe(ocidiff(['--semantic', '--format', 'markdown', ...APT]).stdout);
    expect(text).toContain('`layers-1/var/log/dpkg.log`');
  });

  test.each([
    ['no such file', 'none', /none: cannot be read/],
    ['no JSON', bin, /ocidiff\.js: invalid JSON/],
    ['other JSON', join('..', 'x.json'), /not a report/],
    ['another version', join('..', 'v.json'), /not a report: \/schemaVersion/],
  ])('refuses: %s', (_what, name, message) => {
    const saved = JSON.parse(readFileSync(join(dir, 'diffs/report.json'), 'utf8'));
    writeFileSync(join(dir, 'x.json'), '{"a": 1}');
    writeFileSync(join(dir, 'v.json'), JSON.stringify({ ...saved, schemaVersion: 2 }));
    const { status, stdout, stderr } = ocidiff(['show', name.startsWith('..') ? name.slice(3) : name]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.split('\n').length).toBe(2);
  });
});

describe('causes', () => {
  test('lists every cause in one line', () => {
    const { status, stdout, stderr } = ocidiff(['causes']);
    expect([status, stderr]).toEqual([0, '']);
    expect(
      stdout
        .split('\n')
        .slice(0, CATALOGUE.length)
        .map((line) => line.split(/ +/)[0]),
    ).toEqual(CATALOGUE.map(({ id }) => id));
  });

  test('explains one', () => {
    const id = 'apt-log';
    const { status, stdout } = ocidiff(['causes', id]);
    expect(status).toBe(0);
    for (const title of ['Where:', 'Shape:', 'Remedy:', 'See:']) expect(stdout).toContain(`\n${title}\n`);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('refuses a cause that is not there, and names some like it', () => {
    const { status, stdout, stderr } = ocidiff(['causes', 'apt\u001b[31m-log']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: no cause "apt\\{1,2}x1b\[31m-log"; there is /);
  });
});

describe('paths after --', () => {
  test('alone count, and are shown with how their contents differ', () => {
    const { status, stdout } = ocidiff(['--semantic', ...APT, '--', 'var/log/apt']);
    expect(status).toBe(1);
    expect(stdout.match(/^File +\S+/gm)).toEqual([
      'File  layers-1/var/log/apt/history.log',
      'File  layers-1/var/log/apt/term.log',
    ]);
    const { stdout: same } = ocidiff(['--semantic', ...APT, '--', 'etc', '/usr/bin/']);
    expect(same).toMatch(/\nequivalent: /);
  });

  test('are marked in the report, where nothing is lost', () => {
    const all = JSON.parse(ocidiff(['--verbose', '--format', 'json', ...APT]).stdout);
    const some = JSON.parse(ocidiff(['--verbose', '--format', 'json', ...APT, '--', 'var/log/*.log']).stdout);
    expect(some.differences.length).toBe(all.differences.length);
    const counted = some.differences.filter((each: { ignoredBy?: string }) => each.ignoredBy === undefined);
    expect(counted.map(({ path }: { path: string }) => path)).toEqual(['var/log/alternatives.log', 'var/log/dpkg.log']);
  });
});

describe('an accept list', () => {
  const list = (entries: unknown): string => {
    writeFileSync(join(dir, 'accept.json'), JSON.stringify(entries));
    return 'accept.json';
  };

  test('takes known differences out, with their reasons', () => {
    const entries = [
      { path: 'var/log/**', reason: 'logs' },
      { path: 'var/cache/ldconfig/aux-cache', field: 'content', reason: 'inodes' },
    ];
    const { status, stdout } = ocidiff(['--semantic', '--format', 'json', '--accept', list(entries), ...APT]);
    expect(status).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.summary.byRule.accepted).toBe(5);
    expect(report.accepted).toEqual([
      { entry: 'entry 1 (path var/log/**)', reason: 'logs', matched: 4 },
      { entry: 'entry 2 (path var/cache/ldconfig/aux-cache, field content)', reason: 'inodes', matched: 1 },
    ]);
  });

  test('matches a cause only where it accounts for all of a difference', () => {
    const entries = [{ path: 'var/log/dpkg.log', cause: 'dpkg-log', reason: 'a clock' }];
    const report = JSON.parse(
      ocidiff(['--semantic', '--verbose', '--format', 'json', '--accept', list(entries), ...APT]).stdout,
    );
    const accepted = report.differences.filter((each: { ignoredBy?: string }) => each.ignoredBy === 'accepted');
    expect(accepted.map(({ path, accepted: reason }: { path: string; accepted: string }) => [path, reason])).toEqual([
      ['var/log/dpkg.log', 'a clock'],
    ]);
    expect(
      ocidiff(['--semantic', '--accept', list([{ path: 'var/cache/**', cause: 'dpkg-log', reason: 'x' }]), ...APT])
        .status,
    ).toBe(2);
  });

  test('with an entry that matches nothing any more fails the run', () => {
    const { status, stdout, stderr } = ocidiff([
      '--semantic',
      '--accept',
      list([{ field: '/config/Labels/x', reason: 'gone' }]),
      ...APT,
    ]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe('error: accept list: entry 1 (field /config/Labels/x) matches no difference any more\n');
  });

  test.each([
    ['no list', { path: 'x' }, /accept\.json: not an accept list/],
    ['no reason', [{ path: 'x' }], /entry 1 gives no reason/],
    ['nothing to match', [{ reason: 'x' }], /entry 1 names no path, field or cause/],
    ['a misspelt member', [{ paths: 'x', reason: 'x' }], /has no member "paths"/],
    ['a number', [{ path: 1, reason: 'x' }], /expected a string/],
    ['no pointer', [{ field: 'Labels', reason: 'x' }], /a field is a JSON Pointer/],
  ])('is refused: %s', (_what, entries, message) => {
    const { status, stdout, stderr } = ocidiff(['--accept', list(entries), ...APT]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('that is no file', () => {
    expect(ocidiff(['--accept', 'none.json', ...APT])).toMatchObject({ status: 2, stdout: '' });
  });
});

/* util-linux' script runs a command in a terminal; its name is another program's elsewhere. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

describe.skipIf(!hasScript)('the pager, on a terminal', () => {
  const inTerminal = (pager: string, args: string): string => {
    const command = `${process.execPath} ${bin} ${args} ${APT.join(' ')}; echo status $?`;
    const env = { ...process.env, PAGER: pager, TERM: 'xterm', CI: '' };
    return spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env, cwd: dir }).stdout;
  };
  const lines = (text: string): string[] => text.trim().split(/\r?\n/);

  test('gets what --diff shows', () => {
    const text = lines(inTerminal("sed 's/^/> /'", '--semantic --diff --progress never'));
    expect(text.pop()).toBe('status 1');
    expect(text.filter((line) => !line.startsWith('> '))).toEqual([]);
    expect(text.some((line) => line.includes('var/log/dpkg.log'))).toBe(true);
  });

  test('may be left early, and may be missing', () => {
    expect(lines(inTerminal('true', '--semantic --diff --progress never'))).toEqual(['status 1']);
    const text = inTerminal('no-such-pager', '--semantic --diff --progress never');
    expect(text).toContain('var/log/dpkg.log');
    expect(lines(text).pop()).toBe('status 1');
  });

  test('is not asked for without --diff', () => {
    expect(lines(inTerminal('true', '--semantic --progress never')).length).toBeGreaterThan(10);
  });
});
