import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');
const readJson = (path: string): Record<string, unknown> => JSON.parse(read(path)) as Record<string, unknown>;

/** Names whose presence in a file this test forbids are put together here, so that this file passes, too. */
const dotted = (...parts: string[]): string => parts.join('.');
const PACKAGE_REGISTRIES = [
  dotted('registry', 'npmjs', 'org'),
  dotted('registry', 'npmjs', 'com'),
  dotted('registry', 'yarnpkg', 'com'),
  dotted('npm', 'pkg', 'github', 'com'),
  dotted('npm', 'jsr', 'io'),
  dotted('pypi', 'org'),
  dotted('pypi', 'python', 'org'),
  dotted('files', 'pythonhosted', 'org'),
  dotted('deb', 'debian', 'org'),
  dotted('security', 'debian', 'org'),
  dotted('archive', 'ubuntu', 'com'),
  dotted('dl-cdn', 'alpinelinux', 'org'),
  dotted('proxy', 'golang', 'org'),
  dotted('sum', 'golang', 'org'),
  dotted('crates', 'io'),
  dotted('rubygems', 'org'),
  dotted('repo1', 'maven', 'org'),
  dotted('repo', 'maven', 'apache', 'org'),
];
/** Paths of a machine, not of an image: absolute, and written as they are found on a developer's disk. */
const MACHINE_PATH = new RegExp(`(?<![\\w.)}*-])/(${['root', 'work', 'home/[a-z]\\w*', 'Users/\\w+'].join('|')})/`);

/** Fixtures are evidence: what builders wrote, with the names they wrote. */
const trackedFiles = (): string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && !path.startsWith('fixtures/') && existsSync(root + path));
const inGit = existsSync(`${root}.git`) && spawnSync('git', ['rev-parse'], { cwd: root }).status === 0;

describe.skipIf(!inGit)('the files of the repository', () => {
  test('name no host of a package registry', () => {
    const found = trackedFiles().flatMap((path) => {
      const text = read(path).toLowerCase();
      return PACKAGE_REGISTRIES.filter((host) => text.includes(host)).map((host) => `${path}: ${host}`);
    });
    expect(found).toEqual([]);
  });

  test('name no path of the machine they were written on', () => {
    const found = trackedFiles().flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) => (MACHINE_PATH.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });

  test.each([
    [['', 'home', 'runner', 'x'], true],
    [['"', 'root', 'project"'], true],
    [['file://', '', 'work', 'main', 'a.ts'], true],
    [['usr', 'work', 'file'], false],
    [['https://example.org', 'work', 'a'], false],
    [['the path ', 'homework', 'x'], false],
  ])('the pattern for such paths, on %j: %s', (parts, expected) => {
    expect(MACHINE_PATH.test(parts.join('/'))).toBe(expected);
  });
});

test('the lock file holds no address to download from', () => {
  expect(read('pnpm-lock.yaml').match(/^.*(tarball:|https?:\/\/).*$/gm)).toBeNull();
});

describe('versions', () => {
  const core = readJson('packages/core/package.json').version;
  const cli = readJson('packages/cli/package.json').version;

  test('the library and the command have the same', () => {
    expect(cli).toBe(core);
  });

  test('the command tells it', () => {
    const args = ['packages/cli/bin/ocidiff.js', '--version'];
    expect(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })).toContain(String(core));
  });

  test('a report tells it', async () => {
    const { diffImages } = await import('../packages/core/src/index.js');
    const image = `${root}fixtures/apt-0.docker.tar`;
    expect((await diffImages(image, image)).tool).toEqual({ name: 'ocidiff', version: core });
  });

  test.each(['packages/core', 'packages/cli'])('%s asks for the same Node as the workspace', (folder) => {
    expect(readJson(`${folder}/package.json`).engines).toEqual(readJson('package.json').engines);
  });
});

test.each(['README.md', 'CONTRIBUTING.md'])('the npm commands in %s exist', (path) => {
  const scripts = readJson('package.json').scripts as Record<string, string>;
  const named = [...read(path).matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)].map((match) => match[1]);
  expect(named).toEqual(expect.arrayContaining(['start', 'test']));
  expect(named.filter((name) => name === undefined || !(name in scripts))).toEqual([]);
});

test('CI installs every program that a test asks for', () => {
  const asked = new Set<string>();
  for (const path of inGit ? trackedFiles() : []) {
    if (!/^test\/.*\.ts$/.test(path)) continue;
    for (const match of read(path).matchAll(/\brequireTool\('([^']+)'\)/g)) asked.add(match[1] as string);
  }
  const installed = [...read('.ci/run').matchAll(/^ {2}\[([\w.-]+)\]=/gm)].map((match) => match[1]);
  expect([...asked].filter((name) => !installed.includes(name) && name !== 'sh')).toEqual([]);
});
