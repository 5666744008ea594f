import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  promises,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type DiffOptions, diffImages, type Report } from '../../packages/core/src/index.js';
import { TreeWriter } from '../../packages/core/src/report/folder/writer.js';
import { ReportFolder } from '../../packages/core/src/report/folder.js';
import { type AnyEntry, anyEntry, NAMES, tarOf, utf8 } from '../support/hostile-names.js';
import { buildImage } from '../support/images.js';
import { buildReport } from '../support/report.js';
import { expectValidReport } from '../support/schema.js';
import { requireTool } from '../support/tools.js';
import { changes, watch } from '../support/watch.js';
import { temporaryFolder, writeArchive } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
/** A line feed ends a line of ours; nothing else of the kind may be printed. */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/*
 * A box with the report folder's place in it and, all around, what must not change. Where it is is known before the
 * images are made, so that they can aim at it.
 */
const box = realpathSync(mkdtempSync(join(tmpdir(), 'ocidiff-box-')));
afterAll(() => rmSync(box, { recursive: true, force: true }));
const images = temporaryFolder();
const place = join(box, 'place');
const diffs = join(place, 'diffs');
const outside = join(box, 'outside');
const temporary = join(box, 'tmp');
let socket: Server;

beforeEach(async () => {
  for (const folder of [place, outside, temporary, join(outside, 'folder'), join(outside, 'sticky')]) mkdirSync(folder);
  for (const file of ['sentinel', 'folder/sentinel', 'set-id', 'passwd']) writeFileSync(join(outside, file), file);
  for (const file of ['beside', 'input-0', 'report.json', 'up', 'old']) writeFileSync(join(place, file), file);
  chmodSync(join(outside, 'set-id'), 0o4755);
  chmodSync(join(outside, 'sticky'), 0o1777);
  linkSync(join(outside, 'sentinel'), join(outside, 'second-name'));
  symlinkSync('sentinel', join(outside, 'link'));
  symlinkSync(outside, join(place, 'link-out'));
  spawnSync('mkfifo', [join(outside, 'fifo')]);
  socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(outside, 'socket'), resolve));
});
afterEach(async () => {
  await new Promise((resolve) => socket.close(resolve));
  for (const name of readdirSync(box)) rmSync(join(box, name), { recursive: true, force: true });
});

const toOutside = [join(outside, 'sentinel'), '../../../../../../outside/sentinel', '../outside/sentinel', '/../..'];

/** Links of both kinds out of the report folder, and files through them. */
function links(content: string): Uint8Array[] {
  const entry = (name: string, fields: AnyEntry = {}): Uint8Array => anyEntry(name, fields);
  return [
    ...toOutside.map((link, i) => entry(`symbolic-${i}`, { type: '2', link: `${link}${content}` })),
    ...toOutside.map((link, i) => entry(`symbolic-dangling-${i}`, { type: '2', link: `${link}-${content}` })),
    entry('exact', { type: '2', link: content === '0' ? join(outside, 'sentinel') : 'exact' }),
    entry('hard', { type: '1', link: join(outside, 'sentinel') }),
    entry('out', { type: '2', link: outside }),
    entry('out/sentinel', { content }),
    entry('out/new', { content }),
    entry('out/folder/sentinel', { content }),
    entry('up', { type: '2', link: '../../../..' }),
    entry('up/outside/sentinel', { content }),
    entry('file-link', { type: '2', link: join(outside, 'sentinel') }),
    entry('file-link', { content }),
    entry('loop', { type: '2', link: 'loop' }),
    entry('loop/below', { content }),
    entry('null', { type: '3', device: [1, Number(content) + 3] }),
    entry('disk', { type: '4', device: [8, Number(content)] }),
    entry(`fifo-${content}`, { type: '6' }),
    entry('set-id', { content, mode: 0o6755, uid: NOBODY }),
    entry('no-rights', { content, mode: 0 }),
    entry(`folder-${content}/`, { type: '5', mode: 0o7777, uid: NOBODY }),
    entry('becomes', content === '0' ? { type: '5' } : { content }),
    entry('becomes-not', content === '1' ? { type: '5' } : { content }),
    entry('d/.wh.x', { content }),
    entry('d/.wh..wh..opq', { content }),
    entry(`${utf8('\u001b[2J')}${content}`, { type: '2', link: utf8('\u202e\n') }),
  ];
}

/* A layer with a NUL in a name is no tar archive; a name that leads out of the root has a layer of its own. */
const named = NAMES.filter((name) => !name.includes('\0'));
const LEADS_OUT = /(^|\/)\.\.(\/|$)/;
const usual = named.filter((name) => !LEADS_OUT.test(name));
const leadOut = named.filter((name) => LEADS_OUT.test(name));

type Layers = (content: string) => Buffer[];
const files = (names: readonly string[], content: string): Buffer =>
  tarOf(names.map((name, i) => anyEntry(name, { content: `${content} ${i}` })));

/** Every name that has a place in a tree, and links that lead anywhere. */
const anywhere: Layers = (content) => [
  files(usual, content),
  tarOf(links(content)),
  /* The other way round: what was a folder is a file, and what was a link has files below it. */
  files(['thing/below/deeper', 'other', 'exact/below', 'out/sentinel', 'c', 'Folder', 'symbolic-0/x'], content),
];
/** Names and hard links that lead out of the root: no tree can be made of these, but streams are compared. */
const out: Layers = (content) => [
  ...leadOut.map((name) => files([name], content)),
  tarOf(toOutside.map((link, i) => anyEntry(`hard-${i}`, { type: '1', link: `../${link}${content}` }))),
];

async function image(name: string, tars: readonly Buffer[]): Promise<string> {
  return writeArchive(images, name, await buildImage({ layers: tars.map((tar) => ({ tar })) }));
}

async function sides(name: string, layers: Layers): Promise<[string, string, string]> {
  const none = layers('0').map(() => tarOf([]));
  return [
    await image(`${name}-0.tar`, layers('0')),
    await image(`${name}-1.tar`, layers('1')),
    await image(`${name}-none.tar`, none),
  ];
}
const [anywhere0, anywhere1, anywhereNone] = await sides('anywhere', anywhere);
const [out0, out1, outNone] = await sides('out', out);

/** The box as it is, its time-stamps of the report folder's place left out: a folder comes into being there. */
function look(): Map<string, string> {
  const seen = watch(box);
  for (const name of ['place', 'tmp']) seen.set(name, String(lstatSync(join(box, name)).mode));
  return seen;
}

/** Nothing outside the report folder has changed; in it are plain files and folders of the user's alone. */
function expectHarmless(before: ReadonlyMap<string, string>, uid: number): void {
  const changed = changes(before, look());
  const elsewhere = changed.filter((each) => !/^\+ place\/diffs(\/|$)/.test(each));
  expect(elsewhere).toEqual([]);
  const odd = [...watch(diffs).keys()].filter((name) => {
    const stats = lstatSync(Buffer.from(`${diffs}/${name}`, 'latin1'));
    const isPlain = (stats.isFile() && stats.nlink === 1) || stats.isDirectory();
    return !isPlain || (stats.mode & 0o7022) !== 0 || stats.uid !== uid;
  });
  expect(odd).toEqual([]);
  /* No name there can be obeyed by a terminal or turns a line around, in a file manager, say. */
  const names = [...watch(diffs).keys()].map((name) => Buffer.from(name, 'latin1').toString('utf8'));
  expect(names.filter((name) => OBEYED.test(name))).toEqual([]);
}

/** Every file that the report says stands under another name does, and nothing has a name that is not in the report. */
function expectNamed(report: Report): void {
  for (const { file } of report.renamed ?? []) {
    expect(file).toMatch(/^input-[01]\//);
    expect(file.split('/')).not.toContain('..');
    expect(existsSync(join(diffs, file))).toBe(true);
  }
}

const CASES = [
  ['strict', 'both sides', anywhere0, anywhere1, 'different'],
  ['semantic', 'both sides', anywhere0, anywhere1, 'different'],
  ['strict', 'only input 0', anywhere0, anywhereNone, 'different'],
  ['semantic', 'only input 1', anywhereNone, anywhere1, 'different'],
  ['semantic', 'out of the root, both sides', out0, out1, 'incomplete'],
  ['strict', 'out of the root, only input 0', out0, outNone, 'incomplete'],
] as const;

/** `run` with temporary files in the box. */
async function inBox<T>(run: () => Promise<T>): Promise<T> {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporary;
  try {
    return await run();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
}

describe('the library', () => {
  test.each(CASES)('%s, %s: nothing but the report folder changes', async (mode, _which, image0, image1, verdict) => {
    const before = look();
    const options: DiffOptions = { mode, reportDir: diffs };
    const report = await inBox(() => diffImages(image0, image1, options));
    expectValidReport(report);
    for (const { message } of report.failures) expect(message).toMatch(/ leads out of the root$/);
    expect(report.verdict).toBe(verdict);
    expectHarmless(before, process.getuid?.() ?? 0);
    expectNamed(report);
    /* Not by writing nothing: each side's contents are there. */
    if (verdict === 'different') {
      for (const [side, path] of [image0, image1].entries()) {
        const count = readdirSync(join(diffs, `input-${side}`), { recursive: true }).length;
        expect(count > 150).toBe(path !== anywhereNone);
      }
    }
  });

  test('a name with a NUL is no name: the layer is told, and nothing changes', async () => {
    const nul0 = await image('nul-0.tar', [tarOf([anyEntry('etc/passwd\0/../../x', { content: '0' })])]);
    const nul1 = await image('nul-1.tar', [tarOf([anyEntry('a\0', { content: '1' })])]);
    const before = look();
    const report = await inBox(() => diffImages(nul0, nul1, { reportDir: diffs }));
    expect(report.failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^\S+nul-0\.tar: sha256:[0-9a-f]{64}: .*NUL/),
      expect.stringMatching(/^\S+nul-1\.tar: sha256:[0-9a-f]{64}: .*NUL/),
    ]);
    expectHarmless(before, process.getuid?.() ?? 0);
  });
});

/** Calls of the operating system that change something by its path; `open` and its like only where they are to write. */
const CHANGING =
  /^(creat|mkdir|rmdir|unlink|rename|link|symlink|mknod|chmod|fchmod|chown|lchown|fchown|truncate|ut|.*xattr)/;
const OPENING = /^open/;
const TO_WRITE = /\bO_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)\b/;
/** What writing files never needs. */
const NEVER = /^(link|symlink|mknod|chmod|fchmod|chown|lchown|fchown|.*setxattr)/;

/** The lines of a trace by `strace -f` that change something elsewhere than below `places`. */
function strayCalls(trace: string, places: readonly string[]): string[] {
  return trace.split('\n').filter((line) => {
    const [, call = '', args = ''] = /^(?:\d+ +)?([a-z0-9_]+)\((.*)/.exec(line) ?? [];
    if (!(CHANGING.test(call) || (OPENING.test(call) && TO_WRITE.test(args)))) return false;
    if (NEVER.test(call)) return true;
    const paths = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) => path);
    return !paths.every((path) => path === '/dev/null' || places.some((each) => normalize(path).startsWith(each)));
  });
}

test('the reading of traces sees what it is to see', () => {
  const lines = [
    '12 openat(AT_FDCWD, "/box/diffs/../x", O_WRONLY|O_CREAT|O_EXCL, 0644) = 3',
    '12 openat(AT_FDCWD, "/box/diffs/x", O_WRONLY|O_CREAT|O_EXCL, 0644) = 3',
    '12 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3',
    '12 mkdirat(AT_FDCWD, "relative", 0755 <unfinished ...>',
    '12 rename("/box/diffs/a", "/box/b") = 0',
    '12 symlink("x", "/box/diffs/y") = 0',
  ];
  expect(strayCalls(lines.join('\n'), ['/box/diffs']).map((line) => lines.indexOf(line))).toEqual([0, 3, 4, 5]);
});

describe('the command', () => {
  const bin = join(root, 'packages/cli/bin/ocidiff.js');

  /** Runs it, perhaps as another user, perhaps traced. */
  function run(args: readonly string[], asNobody: boolean, traced: boolean): { status: number | null; trace: string } {
    const trace = join(images, 'trace');
    const line = [
      ...(asNobody ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []),
      ...[process.execPath, bin, ...args],
    ];
    const outer = traced ? ['strace', '-f', '-qq', '-e', 'trace=%file,fchmod,fchown', '-s', '9999', '-o', trace] : [];
    const [program = '', ...rest] = [...outer, ...line];
    const env = { ...process.env, TMPDIR: temporary, NODE_OPTIONS: '' };
    const { status, stderr } = spawnSync(program, rest, { cwd: place, env, encoding: 'utf8' });
    expect(stderr).not.toMatch(UNSEEN);
    return { status, trace: traced ? readFileSync(trace, 'utf8') : '' };
  }

  test.skipIf(!requireTool('strace'))('calls nothing that changes anything outside the report folder', () => {
    const before = look();
    const { status, trace } = run(['--quiet', '--report-dir', diffs, anywhere0, anywhere1], false, true);
    expect(status).toBe(1);
    expectHarmless(before, process.getuid?.() ?? 0);
    expect(trace).toContain(`"${diffs}.tmp-`);
    /* Folders above the report folder are made where they are missing. */
    const stray = strayCalls(trace, [diffs, `${temporary}/`]);
    expect(stray.filter((line) => !line.endsWith(` mkdir("${place}", 0777) = -1 EEXIST (File exists)`))).toEqual([]);
  });

  test.skipIf(!isRoot || !requireTool('setpriv'))('not as root: the same', () => {
    for (const folder of [box, place, temporary]) chownSync(folder, NOBODY, NOBODY);
    for (const folder of [box, images]) chmodSync(folder, 0o755);
    const before = look();
    const input = spawnSync('cat', [anywhere1], { maxBuffer: 1 << 28 }).stdout;
    expect(input.length).toBeGreaterThan(0);
    expect(run(['--quiet', '--report-dir', 'diffs', anywhere0, anywhere1], true, false).status).toBe(1);
    expectHarmless(before, NOBODY);
  });
});

describe('a place that others can change', () => {
  const report = buildReport([]);

  test('a link that comes in the report folder’s place while it is written is not followed', async () => {
    const folder = await ReportFolder.open(diffs);
    symlinkSync(outside, diffs);
    const before = watch(outside);
    await expect(folder.commit(report)).rejects.toMatchObject({ code: 'ERR_REPORT_DIR' });
    await folder.abandon();
    expect(changes(before, watch(outside))).toEqual([]);
    expect(lstatSync(diffs).isSymbolicLink()).toBe(true);
    expect(readdirSync(place).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  test('a folder that comes in an old report’s place is put back', async () => {
    await (await ReportFolder.open(diffs)).commit(report);
    const folder = await ReportFolder.open(diffs);
    /* Between the last look and the move, as far as a test can be there. */
    const { rename } = promises;
    const spy = vi.spyOn(promises, 'rename').mockImplementation(async (from, to) => {
      if (from === diffs) {
        renameSync(diffs, join(box, 'moved'));
        mkdirSync(diffs);
        writeFileSync(join(diffs, 'thesis'), 'mine');
      }
      return rename(from, to);
    });
    syncBuiltinESMExports();
    try {
      await expect(folder.commit(report)).rejects.toMatchObject({ code: 'ERR_REPORT_DIR' });
    } finally {
      spy.mockRestore();
      syncBuiltinESMExports();
    }
    await folder.abandon();
    expect(readFileSync(join(diffs, 'thesis'), 'utf8')).toBe('mine');
    expect(readdirSync(place).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  test('a file in a folder that was empty is nobody’s to remove', async () => {
    mkdirSync(diffs);
    const folder = await ReportFolder.open(diffs);
    writeFileSync(join(diffs, '.ocidiff'), '');
    writeFileSync(join(diffs, 'thesis'), 'mine');
    await expect(folder.commit(report)).rejects.toMatchObject({ code: 'ERR_REPORT_DIR' });
    await folder.abandon();
    expect(readdirSync(diffs).sort()).toEqual(['.ocidiff', 'thesis']);
  });

  test.skipIf(!isRoot)('a report folder of another user is left alone, an empty one may be taken', async () => {
    await (await ReportFolder.open(diffs)).commit(report);
    chownSync(diffs, NOBODY, NOBODY);
    const before = watch(diffs);
    await expect(ReportFolder.open(diffs)).rejects.toMatchObject({
      code: 'ERR_REPORT_DIR',
      message: `${diffs}: belongs to another user; it is left alone`,
    });
    expect(changes(before, watch(diffs))).toEqual([]);
    expect(readdirSync(place).filter((name) => name.includes('.tmp-'))).toEqual([]);
    rmSync(diffs, { recursive: true });
    mkdirSync(diffs);
    chownSync(diffs, NOBODY, NOBODY);
    await (await ReportFolder.open(diffs)).commit(report);
    expect(readdirSync(diffs)).toContain('report.json');
  });

  test('while it is written, nobody else can look into it', async () => {
    const folder = await ReportFolder.open(diffs);
    const [draft = ''] = readdirSync(place).filter((name) => name.includes('.tmp-'));
    expect(draft).toMatch(/^diffs\.tmp-[A-Za-z0-9]{6}$/);
    expect(lstatSync(join(place, draft)).mode & 0o777).toBe(0o700);
    await folder.abandon();
  });
});

describe('other disks', () => {
  /** Writes every name twice, so that twins meet; what stands on the disk then, as latin1 strings. */
  async function written(disk: { anyBytes: boolean; windows: boolean }): Promise<{ names: string[]; count: number }> {
    const writer = new TreeWriter(diffs, disk);
    mkdirSync(diffs);
    writer.makeFolder('base');
    const all = [...NAMES, ...NAMES.map((name) => `again/${name}`)];
    for (const name of all) {
      const file = writer.createFor(0, 'base', Buffer.from(name, 'latin1'));
      await file.write(Buffer.from(name, 'latin1'));
      await file.close();
    }
    writer.close();
    const names = [...watch(join(diffs, 'base')).keys()];
    expect(changes(new Map(), watch(box)).filter((each) => /\/diffs\/(?!base(\/|$))/.test(each))).toEqual([]);
    return { names, count: all.length };
  }

  /** Microsoft, "Naming Files, Paths, and Namespaces", word by word. */
  function isWindowsName(component: string): boolean {
    const reserved = ['CON', 'PRN', 'AUX', 'NUL', 'CONIN$', 'CONOUT$'];
    for (const digit of ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '\u00b9', '\u00b2', '\u00b3']) {
      reserved.push(`COM${digit}`, `LPT${digit}`);
    }
    const text = Buffer.from(component, 'latin1').toString('utf8');
    if (Buffer.from(text).toString('latin1') !== component) return false;
    if (reserved.includes((text.split('.')[0] as string).trimEnd().toUpperCase())) return false;
    if ([...text].some((character) => character < ' ' || '<>:"/\\|?*'.includes(character))) return false;
    return !/[. ]$/.test(text);
  }

  test('Windows: no device, no stream, no backslash, no name that it would change', async () => {
    const { names, count } = await written({ anyBytes: false, windows: true });
    const components = new Set(names.flatMap((name) => name.split('/')).filter((name) => name !== ''));
    expect([...components].filter((each) => !isWindowsName(each))).toEqual([]);
    expect(names.filter((name) => lstatSync(Buffer.from(`${diffs}/base/${name}`, 'latin1')).isFile())).toHaveLength(
      count,
    );
  });

  test('Linux: every name has its file, below its folder', async () => {
    const { names, count } = await written({ anyBytes: true, windows: false });
    expect(names.filter((name) => lstatSync(Buffer.from(`${diffs}/base/${name}`, 'latin1')).isFile())).toHaveLength(
      count,
    );
  });
});
