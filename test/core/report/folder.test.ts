import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PlatformNames, safeName, splitPath } from '../../../packages/core/src/report/folder/names.js';
import { ReportFolder } from '../../../packages/core/src/report/folder.js';
import { renderJson } from '../../../packages/core/src/report/json.js';
import { buildReport, fileDifference } from '../../support/report.js';

let around: string;
let dir: string;
beforeEach(() => {
  around = mkdtempSync(join(tmpdir(), 'ocidiff-test-'));
  dir = join(around, 'diffs');
});
afterEach(() => rmSync(around, { recursive: true, force: true }));

const report = buildReport([fileDifference('var/log/a.log')]);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const hashOf = (path: Uint8Array): string => createHash('sha256').update(path).digest('hex').slice(0, 12);

/** Every file and folder (with a slash) below `folder`, sorted; names as latin1. */
function tree(folder: string): string[] {
  const found: string[] = [];
  const walk = (path: Buffer, name: string): void => {
    for (const member of readdirSync(path, { encoding: 'buffer' })) {
      const below = Buffer.concat([path, Buffer.from('/'), member]);
      const own = name + member.toString('latin1');
      const stats = lstatSync(below);
      if (stats.isDirectory()) {
        found.push(`${own}/`);
        walk(below, `${own}/`);
      } else {
        found.push(stats.isFile() ? own : `${own} (no file)`);
      }
    }
  };
  walk(Buffer.from(folder), '');
  return found.sort();
}

async function write(
  folder: ReportFolder,
  path: Uint8Array | string,
  text = 'x',
  layer: number | null = 1,
): Promise<void> {
  const file = await folder.openFile(0, null, layer, typeof path === 'string' ? bytes(path) : path);
  await file.write(bytes(text));
  await file.close();
}

/** The paths below the layer's folder that files with `paths`, written in this order, have. */
async function placesOf(paths: readonly (Uint8Array | string)[]): Promise<string[]> {
  const folder = await ReportFolder.open(dir);
  for (const [i, path] of paths.entries()) await write(folder, path, String(i));
  await folder.commit(report);
  const below = tree(join(dir, 'input-0/layers-1')).filter((path) => !path.endsWith('/'));
  const byContent = new Map(
    below.map((path) => [readFileSync(Buffer.from(join(dir, 'input-0/layers-1/') + path, 'latin1'), 'utf8'), path]),
  );
  return paths.map((_, i) => byContent.get(String(i)) ?? '(lost)');
}

describe('a whole report folder', () => {
  test('holds documents, files and reports where the README says', async () => {
    const folder = await ReportFolder.open(dir);
    await folder.addDocument(0, null, 'index.json', bytes('{}'));
    await folder.addDocument(0, null, 'manifest.json', bytes('{ }'));
    await folder.addDocument(1, 'linux/arm64', 'config.json', bytes('{\n}'));
    await write(folder, 'var/log/a.log', 'content');
    await write(folder, 'etc/b', '', null);
    await folder.addLink(1, 'linux/arm64', 0, bytes('bin'), bytes('usr/bin'));
    await folder.addOther(1, 'linux/arm64', 0, bytes('srv/data'), 'directory');
    await folder.addOther(1, 'linux/arm64', 0, bytes('dev/sda'), 'block-device');
    expect(await folder.commit(report)).toBe(report);
    expect(tree(dir)).toEqual([
      '.ocidiff',
      'README.md',
      'input-0/',
      'input-0/index.json',
      'input-0/layers-1/',
      'input-0/layers-1/var/',
      'input-0/layers-1/var/log/',
      'input-0/layers-1/var/log/a.log',
      'input-0/manifest.json',
      'input-0/rootfs/',
      'input-0/rootfs/etc/',
      'input-0/rootfs/etc/b',
      'input-1/',
      'input-1/linux-arm64/',
      'input-1/linux-arm64/config.json',
      'input-1/linux-arm64/layers-0/',
      'input-1/linux-arm64/layers-0/bin',
      'input-1/linux-arm64/layers-0/dev/',
      'input-1/linux-arm64/layers-0/dev/sda',
      'input-1/linux-arm64/layers-0/srv/',
      'input-1/linux-arm64/layers-0/srv/data/',
      'report.html',
      'report.json',
    ]);
    const read = (path: string): string => readFileSync(join(dir, path), 'utf8');
    expect(read('input-0/manifest.json')).toBe('{ }');
    expect(read('input-0/layers-1/var/log/a.log')).toBe('content');
    expect(read('input-1/linux-arm64/layers-0/bin')).toBe('usr/bin');
    expect(read('input-1/linux-arm64/layers-0/dev/sda')).toBe('block-device\n');
    expect(read('report.json')).toBe([...renderJson(report)].join(''));
    expect(read('README.md')).toContain('\n    File  layers-1/var/log/a.log  sha256:1234abcd…  sha256:5678ef01…\n');
    expect(readdirSync(around)).toEqual(['diffs']);
  });

  test('large and small chunks stand in the order they were written', async () => {
    const folder = await ReportFolder.open(dir);
    const file = await folder.openFile(0, null, 1, bytes('a'));
    const chunks = [10, 200_000, 10, 65_536, 65_535].map((size, i) => Buffer.alloc(size, i + 1));
    for (const chunk of chunks) await file.write(chunk);
    await file.close();
    await folder.commit(report);
    expect(readFileSync(join(dir, 'input-0/layers-1/a')).equals(Buffer.concat(chunks))).toBe(true);
  });

  test('no file is executable or has a set-id bit', async () => {
    await placesOf(['a']);
    expect(lstatSync(join(dir, 'input-0/layers-1/a')).mode & 0o7133).toBe(0);
    expect(lstatSync(dir).mode & 0o7022).toBe(0);
  });

  test('makes the folders above it', async () => {
    const folder = await ReportFolder.open(join(around, 'x/y/diffs'));
    await folder.commit(report);
    expect(tree(around)).toContain('x/y/diffs/report.json');
  });
});

describe('until the end', () => {
  test('nothing stands there, and what is written is for the owner alone', async () => {
    const folder = await ReportFolder.open(dir);
    await write(folder, 'a');
    const [temporary] = readdirSync(around);
    expect(readdirSync(around)).toEqual([expect.stringMatching(/^diffs\.tmp-/)]);
    expect(lstatSync(join(around, temporary as string)).mode & 0o777).toBe(0o700);
    await folder.abandon();
  });

  test('an abandoned one leaves nothing, no folder above it either', async () => {
    const folder = await ReportFolder.open(join(around, 'x/y/diffs'));
    await write(folder, Buffer.from([0xff, 0x2f, 0xfe]));
    const open = await folder.openFile(0, null, 1, bytes('open'));
    await folder.abandon();
    await folder.abandon();
    expect(tree(around)).toEqual([]);
    await expect(open.write(bytes('late'))).rejects.toMatchObject({ code: 'ERR_REPORT_DIR' });
  });

  test('an older one stays, and is replaced whole', async () => {
    const first = await ReportFolder.open(dir);
    await write(first, 'old');
    await first.commit(report);
    const before = tree(dir);
    const second = await ReportFolder.open(dir);
    await write(second, 'new');
    expect(tree(dir)).toEqual(before);
    await second.abandon();
    expect(tree(dir)).toEqual(before);
    const third = await ReportFolder.open(dir);
    await write(third, 'new');
    await third.commit(report);
    expect(tree(dir)).toEqual(before.map((path) => path.replace('old', 'new')));
    expect(readdirSync(around)).toEqual(['diffs']);
  });

  test('what came into being meanwhile is not replaced', async () => {
    const folder = await ReportFolder.open(dir);
    mkdirSync(dir);
    writeFileSync(join(dir, 'thesis.txt'), 'x');
    await expect(folder.commit(report)).rejects.toMatchObject({ code: 'ERR_REPORT_DIR' });
    await folder.abandon();
    expect(tree(around)).toEqual(['diffs/', 'diffs/thesis.txt']);
  });
});

describe('a folder of others is left alone', () => {
  const reportJson = [...renderJson(report)].join('');
  test.each<[reason: string, make: () => void, message: RegExp]>([
    ['a file', () => writeFileSync(dir, 'x'), /exists and is no folder/],
    ['a link, also to an empty folder', () => symlinkSync(around, dir), /is a symbolic link/],
    [
      'a folder that holds anything',
      () => mkdirSync(join(dir, 'a'), { recursive: true }),
      /was not written by ocidiff/,
    ],
    [
      'a folder that a report was copied to',
      () => {
        mkdirSync(dir);
        writeFileSync(join(dir, 'report.json'), reportJson);
        writeFileSync(join(dir, 'thesis.txt'), 'x');
      },
      /was not written by ocidiff/,
    ],
    [
      'a report folder that the user put something into',
      () => {
        mkdirSync(dir);
        writeFileSync(join(dir, '.ocidiff'), '');
        writeFileSync(join(dir, 'thesis.txt'), 'x');
      },
      /holds thesis\.txt, which ocidiff did not write/,
    ],
    [
      'a folder whose mark is a link',
      () => {
        mkdirSync(dir);
        symlinkSync('/dev/null', join(dir, '.ocidiff'));
      },
      /was not written by ocidiff/,
    ],
  ])('%s', async (_reason, make, message) => {
    make();
    const before = tree(around);
    const error: unknown = await ReportFolder.open(dir).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'OciDiffError',
      code: 'ERR_REPORT_DIR',
      message: expect.stringMatching(message),
    });
    expect(tree(around)).toEqual(before);
  });

  test('an empty folder is nobody’s', async () => {
    mkdirSync(dir);
    await (await ReportFolder.open(dir)).commit(report);
    expect(tree(dir)).toContain('report.json');
  });

  test('no folder can be made below a file', async () => {
    writeFileSync(dir, 'x');
    await expect(ReportFolder.open(join(dir, 'a'))).rejects.toMatchObject({ code: 'ERR_REPORT_DIR' });
  });
});

describe('hostile names', () => {
  const long = 'n'.repeat(256);
  test.each<[reason: string, path: string, place: string]>([
    ['an ordinary path', 'a/b', 'a/b'],
    ['hidden, with spaces and quotes', '.a/ b"\'$(x)', '.a/ b"\'$(x)'],
    ['up and out', '../../../etc/passwd', 'passwd'],
    ['up in the middle', 'a/../../b', 'a/b'],
    ['absolute', '/etc/passwd', 'passwd'],
    ['a dot in the middle', 'a/./b', 'a/b'],
    ['two slashes', 'a//b', 'a/b'],
    ['a slash last', 'a/', 'a/a'],
    ['nothing', '', '_'],
    ['a dot', '.', '_'],
    ['two dots', '..', '_'],
    ['NUL', 'a/b\0c', 'a/b_c'],
    ['a line feed', 'a/b\nc', 'a/b_c'],
    ['an escape sequence', '\u001b[2J', '_2J'],
    ['C1 in UTF-8', 'a/\u009b', 'a/_'],
    ['a component over 255 bytes', `a/${long}/b`, 'a/b'],
    ['a last component over 255 bytes', `a/${long}`, `a/${'n'.repeat(60)}`],
    ['a path over a thousand bytes', `${'a/'.repeat(600)}b`, 'b'],
    ['more than a hundred folders', `${'a/'.repeat(120)}b`, `${'a/'.repeat(100)}b`],
    ['an option', 'a/\0-rf', 'a/_-rf'],
  ])('%s', async (_reason, path, place) => {
    const folder = await ReportFolder.open(dir);
    await write(folder, path, 'content');
    const { renamed } = await folder.commit(report);
    const plain = place === path;
    const file = `input-0/layers-1/${place}${plain ? '' : `~${hashOf(bytes(path))}`}`;
    expect(readFileSync(join(dir, file), 'utf8')).toBe('content');
    expect(renamed).toEqual(plain ? undefined : [{ input: 0, path, file }]);
    expect(readdirSync(around)).toEqual(['diffs']);
    const onDisk = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')) as { renamed?: unknown };
    expect(onDisk.renamed).toEqual(renamed);
  });

  test('a file and a folder of one name, in either order', async () => {
    expect(await placesOf(['a', 'a/b', 'c/d', 'c'])).toEqual([
      'a',
      `b~${hashOf(bytes('a/b'))}`,
      'c/d',
      `c~${hashOf(bytes('c'))}`,
    ]);
  });

  test('one path several times, and a file that has the safe name of another', async () => {
    const safe = `a~${hashOf(bytes('a'))}`;
    expect(await placesOf(['a', safe, 'a', 'a', 'a'])).toEqual(['a', safe, `${safe}-1`, `${safe}-2`, `${safe}-3`]);
  });

  test.skipIf(platform() !== 'linux')('bytes that are no UTF-8 stay on Linux', async () => {
    const paths = [Buffer.from([0x61, 0xff]), Buffer.from([0xfe, 0x2f, 0x61]), Buffer.from([0xfe, 0x2f, 0x2e, 0x2e])];
    /* The last one is `\xfe/..`; a report cannot name a file below `\xfe`, so it stands above. */
    expect(await placesOf(paths)).toEqual(['a\xff', '\xfe/a', `_~${hashOf(paths[2] as Buffer)}`]);
  });

  test('a folder of one side may be there already, or have the name of a file', async () => {
    const folder = await ReportFolder.open(dir);
    await write(folder, 'a/b');
    for (const path of ['a', 'a', '.', 'a/b', '../x']) await folder.addOther(0, null, 1, bytes(path), 'directory');
    const { renamed } = await folder.commit(report);
    const safe = [`a/b~${hashOf(bytes('a/b'))}`, `x~${hashOf(bytes('../x'))}`];
    expect(tree(join(dir, 'input-0/layers-1'))).toEqual(['a/', 'a/b', `${safe[0]}/`, `${safe[1]}/`]);
    expect(renamed?.map(({ file }) => file)).toEqual(safe.map((file) => `input-0/layers-1/${file}`));
  });

  test('links that someone put there are not followed', async () => {
    const outside = join(around, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'mine');
    const folder = await ReportFolder.open(dir);
    await write(folder, 'first');
    const temporary = readdirSync(around).find((name) => name.startsWith('diffs.tmp-')) as string;
    const layer = join(around, temporary, 'report/input-0/layers-1');
    symlinkSync(outside, join(layer, 'folder'));
    symlinkSync(join(outside, 'file'), join(layer, 'file'));
    symlinkSync(join(outside, 'new'), join(layer, 'dangling'));
    for (const path of ['folder/a', 'file', 'dangling']) await write(folder, path, 'theirs');
    await folder.commit(report);
    expect(tree(outside)).toEqual(['file']);
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('mine');
  });

  test('whatever the paths, every file is there once, inside, with its content', async () => {
    const component = fc.constantFrom(
      'a',
      'A',
      'b',
      '..',
      '.',
      '',
      'a\0',
      'é',
      '\xff',
      'n'.repeat(300),
      '~',
      'nul',
      'a:b',
    );
    const paths = fc.array(
      fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(paths, async (list) => {
        rmSync(dir, { recursive: true, force: true });
        const places = await placesOf(list.map((path) => Buffer.from(path, 'latin1')));
        expect(new Set(places).size).toBe(list.length);
        expect(places).not.toContain('(lost)');
        expect(readdirSync(around)).toEqual(['diffs']);
      }),
      { seed: 3, numRuns: 60 },
    );
  });
});

describe('names on other disks', () => {
  const windows = { anyBytes: false, windows: true };
  test.each([
    ['a device', 'a/NUL'],
    ['a device with an extension', 'a/com1.tar.gz'],
    ['a stream of a file', 'a/b:c'],
    ['a backslash parts components there', 'a/..\\..\\b'],
    ['a dot last is dropped there', 'a/b.'],
    ['a space last is dropped there', 'a/b '],
    ['wildcards', 'a/b*'],
  ])('Windows: %s', (_reason, path) => {
    expect(splitPath(bytes(path), windows)).toEqual({ components: ['a'], complete: false });
    expect(splitPath(bytes(path), { anyBytes: true, windows: false }).complete).toBe(true);
  });

  test.each(['a/auxiliary', 'a/console.log', 'a/.b', 'a/b c'])('Windows holds %s', (path) => {
    expect(splitPath(bytes(path), windows).complete).toBe(true);
  });

  test('macOS holds text only', () => {
    const macOs = { anyBytes: false, windows: false };
    expect(splitPath(Buffer.from([0x61, 0x2f, 0xff]), macOs)).toEqual({ components: ['a'], complete: false });
    expect(splitPath(bytes('a/é'), macOs).complete).toBe(true);
  });

  test('a safe name is one everywhere', () => {
    expect(safeName(bytes('../a b/..日本 con:.'), 0)).toBe(`__con_.~${hashOf(bytes('../a b/..日本 con:.'))}`);
    expect(splitPath(bytes(safeName(bytes('x/nul'), 2)), windows).complete).toBe(true);
  });
});

test.each([
  ['linux/arm64', 'linux-arm64'],
  ['linux/arm/v7', 'linux-arm-v7'],
  ['LINUX/ARM64', `ARM64~${hashOf(bytes('LINUX/ARM64'))}`],
  ['linux-arm64', `linux-arm64~${hashOf(bytes('linux-arm64'))}`],
  ['../..', `_~${hashOf(bytes('../..'))}`],
  ['layers/0', `0~${hashOf(bytes('layers/0'))}`],
  ['rootfs', `rootfs~${hashOf(bytes('rootfs'))}`],
  ['', `_~${hashOf(bytes(''))}`],
])('the folder of platform %s, after linux/arm64', (platformName, name) => {
  const names = new PlatformNames();
  names.nameOf('linux/arm64');
  expect(names.nameOf(platformName)).toBe(name);
  expect(names.nameOf(platformName)).toBe(name);
});
