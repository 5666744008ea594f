import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import tarStream from 'tar-stream';
import { requireTool } from '../../support/tools.js';

/** An entry as Python's tarfile reads it (tools/list_tar.py); strings are latin1. */
export interface ListedEntry {
  readonly offset: number;
  readonly headerBytes: number;
  readonly headerSha256: string;
  readonly type: string;
  readonly path: string;
  readonly linkTarget: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
  readonly size: number;
  readonly mtime: readonly [number, number];
  readonly atime: readonly [number, number] | null;
  readonly ctime: readonly [number, number] | null;
  readonly devMajor: number;
  readonly devMinor: number;
  readonly pax: Readonly<Record<string, string>>;
  readonly sparse: readonly (readonly [number, number])[] | null;
  readonly sha256: string;
}

/** An archive that another program wrote. */
export interface Archive {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What Python's tarfile lists. */
  readonly listed: readonly ListedEntry[];
}

const HERE = path.dirname(new URL(import.meta.url).pathname);
const FIXTURES = path.join(HERE, '../../../fixtures');
const GO = path.join(HERE, 'written-by-go');
/** 2023-02-28 21:21:00 UTC, the fixtures' time. */
const MTIME = '@1677619260';

/** Whether the programs that write and list the archives are there; Python is the one without which nothing can be. */
export const canMakeCorpus: boolean = requireTool('python3') && requireTool('tar');

/** Runs a program; fails with what it said unless it ends with status 0. */
export function run(program: string, args: readonly string[], options: SpawnSyncOptions = {}): Buffer {
  const result = spawnSync(program, args, {
    maxBuffer: 1024 ** 3,
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C', PYTHONIOENCODING: 'utf-8' },
    ...options,
  });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout as Buffer;
}

/** What Python's tarfile lists of each of `files`. */
export function listWithPython(files: readonly string[]): ListedEntry[][] {
  if (files.length === 0) return [];
  const output = run('python3', [path.join(HERE, 'tools/list_tar.py')], {
    input: files.map((file) => `${file}\n`).join(''),
  });
  return JSON.parse(output.toString('utf8')) as ListedEntry[][];
}

/**
 * Archives of every dialect: by GNU tar, bsdtar, Python, tar-stream and Go, and the layers of the real images. Made
 * anew in a temporary folder, which is gone afterwards.
 */
export async function makeCorpus(): Promise<Archive[]> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'ocidiff-tar-'));
  try {
    const written = path.join(folder, 'written');
    fs.mkdirSync(written);
    const trees = plantTrees(folder);
    writeWithGnuTar(trees, written);
    if (requireTool('bsdtar')) writeWithBsdtar(trees, written);
    run('python3', [path.join(HERE, 'tools/write_tar.py'), written]);
    await writeWithTarStream(written);
    for (const name of GO_ARCHIVES) fs.copyFileSync(path.join(GO, name), path.join(written, name));
    extractLayers(written);
    const names = fs.readdirSync(written).sort();
    const lists = listWithPython(names.map((name) => path.join(written, name)));
    return names.map((name, i) => ({
      name,
      bytes: new Uint8Array(fs.readFileSync(path.join(written, name))),
      listed: lists[i] as ListedEntry[],
    }));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The outer archives of the fixtures. */
export function outerArchives(): string[] {
  return fs
    .readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.tar'))
    .sort()
    .map((name) => path.join(FIXTURES, name));
}

interface Trees {
  readonly folder: string;
  /** Of every type, with names that any dialect holds. */
  readonly plain: string;
  /** Names of 99 bytes and more, and names that are no UTF-8. */
  readonly names: string;
  /** Names that the prefix field of USTAR is needed for. */
  readonly prefix: string;
  readonly sparse: string;
  readonly times: string;
  /** Null where the file system takes no extended attributes. */
  readonly xattrs: string | null;
}

function plantTrees(folder: string): Trees {
  const tree = (name: string): string => {
    const made = path.join(folder, name);
    fs.mkdirSync(made);
    return made;
  };
  const trees = {
    folder,
    plain: tree('plain'),
    names: tree('names'),
    prefix: tree('prefix'),
    sparse: tree('sparse'),
    times: tree('times'),
    xattrs: tree('xattrs'),
  };
  const put = (at: string, name: string, content: string, mode = 0o644): void => {
    fs.writeFileSync(path.join(at, name), content);
    fs.chmodSync(path.join(at, name), mode);
  };
  fs.mkdirSync(path.join(trees.plain, 'dir'));
  fs.chmodSync(path.join(trees.plain, 'dir'), 0o1777);
  put(trees.plain, 'dir/file', 'content\n'.repeat(150));
  put(trees.plain, 'empty', '', 0o4755);
  put(trees.plain, 'block', 'b'.repeat(512), 0o600);
  fs.linkSync(path.join(trees.plain, 'dir/file'), path.join(trees.plain, 'link'));
  fs.symlinkSync('dir/../dir/file', path.join(trees.plain, 'symlink'));
  run('mkfifo', ['-m', '640', path.join(trees.plain, 'fifo')]);
  if (process.getuid?.() === 0) {
    spawnSync('mknod', ['-m', '666', path.join(trees.plain, 'char'), 'c', '5', '300']);
    spawnSync('mknod', ['-m', '660', path.join(trees.plain, 'block-device'), 'b', '8', '1']);
  }

  put(trees.names, 'new\nline', 'n');
  put(trees.names, 'utf8-é-日本', 'u');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${trees.names}/invalid-`), Buffer.from([0xff, 0xfe])]), 'i');
  const deep = `${'d'.repeat(60)}/${'e'.repeat(60)}/${'ü'.repeat(60)}`;
  fs.mkdirSync(path.join(trees.names, deep), { recursive: true });
  for (const length of [97, 98, 99, 100])
    put(trees.names, `${'d'.repeat(60)}/${'f'.repeat(length - 61)}`, String(length));
  put(trees.names, `${deep}/${'g'.repeat(200)}`, 'deep');
  fs.symlinkSync(`/${deep}/target`, path.join(trees.names, deep, `long-${'h'.repeat(100)}`));
  fs.symlinkSync('t'.repeat(100), path.join(trees.names, 'target-100'));
  fs.symlinkSync('t'.repeat(101), path.join(trees.names, 'target-101'));
  fs.linkSync(path.join(trees.names, `${deep}/${'g'.repeat(200)}`), path.join(trees.names, 'hard'));
  fs.linkSync(path.join(trees.names, `${deep}/${'g'.repeat(200)}`), path.join(trees.names, 'zzz-hard-to-a-long-name'));

  fs.mkdirSync(path.join(trees.prefix, 'p'.repeat(75), 'q'.repeat(75)), { recursive: true });
  put(trees.prefix, `${'p'.repeat(75)}/${'q'.repeat(75)}/${'r'.repeat(90)}`, 'split');
  put(trees.prefix, `${'p'.repeat(75)}/${'s'.repeat(30)}`, 'split');

  plantSparse(trees.sparse);
  const times: readonly (readonly [string, string])[] = [
    ['before-1970', '1969-12-31 23:59:58.25 UTC'],
    ['epoch', '@0'],
    ['far-future', '@10000000000.000000001'],
    ['nanoseconds', '2023-02-28 21:21:00.123456789 UTC'],
  ];
  for (const [name, time] of times) {
    put(trees.times, name, name);
    run('touch', ['-d', time, path.join(trees.times, name)]);
  }
  return { ...trees, xattrs: plantXattrs(trees.xattrs) ? trees.xattrs : null };
}

function plantSparse(folder: string): void {
  const plant = (name: string, size: number, data: readonly (readonly [number, string])[]): void => {
    const file = fs.openSync(path.join(folder, name), 'w');
    for (const [at, text] of data) fs.writeSync(file, text, at);
    fs.ftruncateSync(file, size);
    fs.closeSync(file);
  };
  const row = (count: number): [number, string][] =>
    Array.from({ length: count }, (_, i) => [i * 65536, `segment ${i}`]);
  plant('hole-only', 300_000, []);
  plant('hole-first', 300_000, [[262_144, 'end'.repeat(12_618)]]);
  plant('hole-last', 300_001, [[0, 'begin']]);
  plant('hole-between', 1_000_000, [
    [0, 'a'],
    [500_000, 'b'],
    [999_999, 'c'],
  ]);
  plant('no-hole', 700, [[0, 'x'.repeat(700)]]);
  for (const count of [3, 4, 5, 24, 25, 26, 60]) plant(`segments-${count}`, count * 65536 + 10, row(count));
  plant(`long-name-${'s'.repeat(120)}`, 100_000, [[70_000, 'long']]);
}

function plantXattrs(folder: string): boolean {
  fs.writeFileSync(path.join(folder, 'file'), 'x');
  const script = `
import os, sys
os.setxattr(sys.argv[1], "user.binary", bytes(range(256)) + b"\\n=\\n12 a=b\\n")
os.setxattr(sys.argv[1], "user.empty", b"")
`;
  const known = spawnSync('python3', ['-c', script, path.join(folder, 'file')]).status === 0;
  if (!known)
    process.stderr.write('no archive with extended attributes by GNU tar and bsdtar: the file system takes none\n');
  return known;
}

function writeWithGnuTar(trees: Trees, written: string): void {
  const usual = ['--sort=name', `--mtime=${MTIME}`, '--owner=root:0', '--group=root:0'];
  const fixedRecords = '--pax-option=delete=atime,delete=ctime';
  const write = (name: string, tree: string, ...options: string[]): void => {
    run('tar', [...options, '-C', tree, '-cf', path.join(written, `gnutar-${name}.tar`), '.']);
  };
  for (const format of ['v7', 'oldgnu', 'gnu', 'ustar', 'posix']) {
    const records = format === 'posix' ? [fixedRecords] : [];
    // V7 knows no devices and no FIFOs; GNU tar says so and fails.
    const known = format === 'v7' ? ['fifo', 'char', 'block-device'].map((name) => `--exclude=./${name}`) : [];
    write(`${format}-plain`, trees.plain, `--format=${format}`, ...usual, ...records, ...known);
    if (format !== 'v7') write(`${format}-prefix`, trees.prefix, `--format=${format}`, ...usual, ...records);
    if (format === 'v7' || format === 'ustar') continue;
    write(`${format}-names`, trees.names, `--format=${format}`, ...usual, ...records);
    write(
      `${format}-ids`,
      trees.plain,
      `--format=${format}`,
      ...usual,
      ...records,
      '--owner=much:3000000',
      '--group=more:2147483647',
    );
    write(
      `${format}-times`,
      trees.times,
      `--format=${format}`,
      '--sort=name',
      '--owner=root:0',
      '--group=root:0',
      ...records,
    );
  }
  for (const [name, options] of [
    ['oldgnu', ['--format=oldgnu']],
    ['gnu', ['--format=gnu']],
    ['0.0', ['--format=posix', '--sparse-version=0.0', fixedRecords]],
    ['0.1', ['--format=posix', '--sparse-version=0.1', fixedRecords]],
    ['1.0', ['--format=posix', '--sparse-version=1.0', fixedRecords]],
  ] as const) {
    write(`sparse-${name}`, trees.sparse, '-S', ...usual, ...options);
  }
  write('posix-all-times', trees.times, '--format=posix', '--sort=name');
  write(
    'posix-global',
    trees.plain,
    '--format=posix',
    ...usual,
    '--pax-option=VENDOR.key=of all,delete=atime,delete=ctime',
  );
  write(
    'posix-named',
    trees.plain,
    '--format=posix',
    ...usual,
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,VENDOR.key:=own',
  );
  // Incremental archives have atime and ctime in GNU's header; their folders are of a type of their own, so files only.
  const incremental = ['--format=gnu', '--owner=root:0', '--group=root:0', '-g', path.join(trees.folder, 'snapshot')];
  run('tar', [
    ...incremental,
    '-C',
    trees.times,
    '-cf',
    path.join(written, 'gnutar-gnu-all-times.tar'),
    ...fs.readdirSync(trees.times).sort(),
  ]);
  write('gnu-512', trees.plain, '--format=gnu', ...usual, '-b1');
  write('absolute', trees.plain, '--format=gnu', ...usual, '-P', '--transform=s,^,/abs/,');
  if (trees.xattrs !== null)
    write('xattrs', trees.xattrs, '--format=posix', ...usual, fixedRecords, '--xattrs', '--xattrs-include=*');
}

function writeWithBsdtar(trees: Trees, written: string): void {
  const spec = path.join(trees.folder, 'spec.mtree');
  const content = path.join(trees.folder, 'content');
  fs.writeFileSync(content, 'content\n'.repeat(100));
  fs.writeFileSync(
    spec,
    `#mtree
./d type=dir mode=1777 uid=0 gid=0 uname=root gname=wheel time=1677619260.0
./d/char type=char device=native,5,300 mode=0666 uid=0 gid=0 time=1677619260.123456789
./d/block type=block device=native,8,1 mode=0666 uid=0 gid=0 time=1677619260.5
./fifo type=fifo mode=0600 uid=0 gid=0 time=5.0
./file type=file mode=4755 uid=1000 gid=1000 uname=user gname=users time=1677619260.000000001 contents=${content} size=800
./sym type=link mode=0777 uid=0 gid=0 link=/target/\\303\\251 time=7.0
./n\\303\\244me type=file mode=0644 uid=0 gid=0 time=7.0 contents=${content} size=800
./inv\\377lid type=file mode=0644 uid=0 gid=0 time=7.0 contents=${content} size=800
`,
  );
  const large = path.join(trees.folder, 'large.mtree');
  fs.writeFileSync(
    large,
    `#mtree
./large type=file mode=0644 uid=3000000 gid=2147483647 uname=much gname=more time=10000000000.0 contents=${content} size=800
`,
  );
  const archive = (name: string): string => path.join(written, `bsdtar-${name}.tar`);
  for (const format of ['v7', 'ustar', 'gnutar', 'pax', 'posix']) {
    const bsdFormat = { v7: 'v7tar', posix: 'pax', pax: 'paxr' }[format] ?? format;
    const flags = ['--format', bsdFormat];
    // bsdtar says by its status that a device or a name is not what this dialect can hold; what it could write counts.
    const lenient = (args: string[]): void =>
      void spawnSync('bsdtar', args, { env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' } });
    lenient([...flags, '-cf', archive(`${format}-spec`), `@${spec}`]);
    lenient([...flags, '-cf', archive(`${format}-plain`), '-C', trees.plain, '.']);
    if (format === 'v7') continue;
    lenient([...flags, '-cf', archive(`${format}-prefix`), '-C', trees.prefix, '.']);
    if (format === 'ustar') continue;
    lenient([...flags, '-cf', archive(`${format}-large`), `@${large}`]);
    lenient([...flags, '-cf', archive(`${format}-names`), '-C', trees.names, '.']);
    lenient([...flags, '-cf', archive(`${format}-times`), '-C', trees.times, '.']);
  }
  run('bsdtar', ['--format', 'pax', '-cf', archive('pax-sparse'), '-C', trees.sparse, '.']);
  if (trees.xattrs !== null)
    run('bsdtar', ['--format', 'pax', '--xattrs', '-cf', archive('pax-xattrs'), '-C', trees.xattrs, '.']);
}

async function writeWithTarStream(written: string): Promise<void> {
  const pack = tarStream.pack();
  const chunks: Buffer[] = [];
  const ended = (async (): Promise<void> => {
    for await (const chunk of pack) chunks.push(chunk as Buffer);
  })();
  const usual = { mtime: new Date(1677619260_000), uid: 1000, gid: 100, uname: 'user', gname: 'users' };
  pack.entry({ ...usual, name: 'dir', type: 'directory', mode: 0o1755 });
  pack.entry({ ...usual, name: 'dir/file', mode: 0o4755 }, 'content');
  pack.entry({ ...usual, name: 'dir/link', type: 'link', linkname: 'dir/file' });
  pack.entry({ ...usual, name: 'dir/symlink', type: 'symlink', linkname: 'file' });
  pack.entry({ ...usual, name: 'fifo', type: 'fifo' });
  pack.entry({ ...usual, name: 'char', type: 'character-device', devmajor: 5, devminor: 300 });
  pack.entry({ ...usual, name: 'block', type: 'block-device', devmajor: 8, devminor: 1 });
  pack.entry({ ...usual, name: 'contiguous', type: 'contiguous-file' }, 'c');
  pack.entry({ ...usual, name: `${'p'.repeat(120)}/${'n'.repeat(90)}` }, 'prefix');
  pack.entry({ ...usual, name: 'n'.repeat(300) }, 'long');
  pack.entry({ ...usual, name: 'ümläut' }, 'utf8');
  pack.entry({ ...usual, name: 'l', type: 'symlink', linkname: 't'.repeat(200) });
  pack.entry({ ...usual, name: 'records', pax: { 'SCHILY.xattr.user.text': 'ä=ö\n', 'VENDOR.key': 'value' } }, 'x');
  pack.finalize();
  await ended;
  fs.writeFileSync(path.join(written, 'tar-stream.tar'), Buffer.concat(chunks));
}

/*
 * A layer is a blob that is, decompressed or not, a tar archive; blobs that archives share are taken once. Without
 * those that end within a block, as `umoci insert` leaves them: Python refuses them.
 */
function extractLayers(written: string): void {
  const archives = outerArchives();
  const seen = new Set<string>();
  for (const [i, members] of listWithPython(archives).entries()) {
    const bytes = fs.readFileSync(archives[i] as string);
    const outer = path.basename(archives[i] as string, '.tar');
    for (const member of members) {
      if (member.type !== 'file' || member.size < 18) continue;
      const start = member.offset + member.headerBytes;
      const layer = decompressed(bytes.subarray(start, start + member.size));
      if (layer === null || layer.toString('latin1', 257, 262) !== 'ustar' || layer.length % 512 !== 0) continue;
      const digest = createHash('sha256').update(layer).digest('hex');
      if (seen.has(digest)) continue;
      seen.add(digest);
      fs.writeFileSync(path.join(written, `layer-${outer}-${digest.slice(0, 12)}.tar`), layer);
    }
  }
}

function decompressed(blob: Buffer): Buffer | null {
  if (blob[0] === 0x1f && blob[1] === 0x8b) return gunzipSync(blob);
  if (blob.readUInt32LE(0) !== 0xfd2fb528) return blob;
  return requireTool('zstd') ? run('zstd', ['-dc'], { input: blob }) : null;
}

/** Archives by Go, in the folder written-by-go, and the one whose global header only Go does not apply. */
export const GO_ARCHIVES: readonly string[] = ['go-ustar.tar', 'go-gnu.tar', 'go-pax.tar', 'go-global.tar'];
export const GLOBAL_OWNER = 'go-global.tar';

/** What Go's own reader lists of its archives: an entry a line. */
export function listedByGo(name: string): Omit<ListedEntry, 'offset' | 'headerBytes' | 'headerSha256' | 'sparse'>[] {
  const text = fs.readFileSync(path.join(GO, name.replace(/\.tar$/, '.jsonl')), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
