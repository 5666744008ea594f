import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tarStream from 'tar-stream';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { requireTool } from '../../support/tools.js';
import {
  type Archive,
  canMakeCorpus,
  GLOBAL_OWNER,
  GO_ARCHIVES,
  type ListedEntry,
  listedByGo,
  makeCorpus,
  run,
} from './corpus.js';
import { asListed, gnuTarLine, mtreePath, parseMtree, UNLISTED_TIME } from './listing.js';
import { type ReadArchive, readTar, sha256 } from './support.js';

/*
 * Archives that GNU tar, bsdtar, Python, tar-stream, Go and the builders of the fixtures wrote, and what GNU tar,
 * bsdtar, Python, tar-stream and Go list of them. No expected value comes from the reader under test.
 */
describe.skipIf(!canMakeCorpus)('archives that other programs wrote', () => {
  let corpus: Archive[];
  /* All but one: a global header's uid is no entry's uid for Go and so for engines; GNU tar, bsdtar, Python apply it. */
  let others: Archive[];
  const archives = new Map<string, ReadArchive>();

  beforeAll(async () => {
    corpus = await makeCorpus();
    others = corpus.filter(({ name }) => name !== GLOBAL_OWNER);
    for (const { name, bytes } of corpus) archives.set(name, readTar(bytes));
  });

  const read = (name: string): ReadArchive => archives.get(name) as ReadArchive;
  const entriesOf = (name: string): ReadArchive['entries'] =>
    read(name).entries.filter((entry) => entry.header.type !== 'global-header');

  test('every dialect is among them', () => {
    const formats = new Set(corpus.flatMap(({ name }) => read(name).entries.map((entry) => entry.header.format)));
    expect([...formats].sort()).toEqual(['gnu', 'pax', 'ustar', 'v7']);
    const writers = new Set(corpus.map(({ name }) => name.replace(/[-.].*$/, '')));
    const withoutBsdtar = ['gnutar', 'go', 'layer', 'python', 'tar'];
    expect([...writers].sort()).toEqual(requireTool('bsdtar') ? ['bsdtar', ...withoutBsdtar] : withoutBsdtar);
  });

  test('every field of every entry is what Python lists', () => {
    for (const { name, listed } of others) {
      // tarfile drops the slash at the end of a folder's name; of old GNU maps it keeps elements that are not in use, and
      // drops the segment of no bytes at the end. So names go without that slash, maps without segments of no bytes.
      // Docker on overlay writes whiteouts, which are all one file there, as files with a link target: they have none.
      const comparable = (entry: ListedEntry): ListedEntry => ({
        ...entry,
        path: entry.type === 'directory' ? entry.path.replace(/\/+$/, '') : entry.path,
        linkTarget: isLink(entry) ? entry.linkTarget : '',
        sparse: entry.sparse?.filter(([, length]) => length > 0) ?? null,
      });
      const entries = entriesOf(name).map(asListed).map(comparable);
      expect({ name, entries }).toEqual({ name, entries: listed.map(comparable) });
    }
  });

  test('every field of every entry is what Go lists', () => {
    for (const name of GO_ARCHIVES) {
      const entries = read(name).entries.map((entry) => {
        const { offset, headerBytes, headerSha256, sparse, ...rest } = asListed(entry);
        return rest;
      });
      expect(entries).toEqual(listedByGo(name));
    }
  });

  test('types, modes, owners, sizes, times, names and targets are what GNU tar lists', () => {
    for (const { name, bytes } of others) {
      const expected = entriesOf(name).map((entry) => gnuTarLine(entry.header));
      const listing = gnuTar(['--full-time', '--numeric-owner', '--quoting-style=escape', '-P', '-tvf', '-'], bytes);
      const lines = listing.toString('latin1').split('\n').slice(0, -1);
      const columns = lines.map((line, i) => {
        const [type, owner, size, date, time, ...names] = line.replace(/^((?:\S+ +){4}\S+) +/, '$1 ').split(/ +/);
        const written = expected[i]?.includes(UNLISTED_TIME) ? UNLISTED_TIME : `${date} ${time}`;
        // A contiguous file is one of its own to GNU tar, and a file to the others.
        return [type?.replace(/^C/, '-'), owner, size, written, ...names].join(' ');
      });
      expect({ name, columns }).toEqual({ name, columns: expected });
    }
  });

  test('contents are what GNU tar extracts', () => {
    for (const { name, bytes, listed } of corpus) {
      // With -O, GNU tar writes the contents of files one after another; of links nothing.
      const contents = gnuTar(['-P', '-xOf', '-'], bytes);
      expect(contents.length, name).toBe(entriesOf(name).reduce((sum, entry) => sum + entry.header.size, 0));
      let at = 0;
      for (const [i, { header, sha256: digest }] of entriesOf(name).entries()) {
        if (header.type !== 'file') continue;
        expect(digest, `${name}: ${header.path}`).toBe(sha256(contents.subarray(at, at + header.size)));
        expect(digest).toBe(listed[i]?.sha256);
        at += header.size;
      }
    }
  });

  test('times are to the nanosecond what GNU tar gives the files that it extracts', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ocidiff-tar-times-'));
    try {
      for (const { name, bytes } of corpus.filter((archive) => archive.name.endsWith('-times.tar'))) {
        const target = path.join(folder, name);
        mkdirSync(target);
        run('tar', ['-C', target, '-xf', '-'], { input: bytes });
        for (const { header } of entriesOf(name)) {
          if (header.type !== 'file') continue;
          const { mtimeNs } = statSync(path.join(target, header.path), { bigint: true });
          const { seconds, nanoseconds } = header.mtime;
          expect(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), `${name}: ${header.path}`).toBe(mtimeNs);
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  describe.skipIf(!requireTool('bsdtar'))('bsdtar', () => {
    test('types, modes, owners, sizes, times, targets and contents are what it lists', () => {
      const notListed: string[] = [];
      for (const { name, bytes } of others) {
        const options = ['--format=mtree', '--options', 'mtree:all,mtree:sha256,mtree:!indent', '-cf', '-', '@-'];
        const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
        const { status, stdout, stderr } = spawnSync('bsdtar', options, { input: bytes, env });
        if (status !== 0) {
          // A PAX name that is no UTF-8 bsdtar takes for an error.
          expect(String(stderr), name).toContain("Pathname can't be converted from UTF-8 to current locale");
          notListed.push(name);
          continue;
        }
        const listing = parseMtree(stdout.toString('latin1'));
        const last = new Map<string, ReadArchive['entries'][number]>();
        for (const entry of entriesOf(name)) last.set(mtreePath(entry.header.path), entry);
        for (const [file, { header, sha256: digest }] of last) {
          if (file === '') continue; // mtree(5) has no line for the root itself
          const known = listing.get(file);
          expect(known, `${name}: ${file}`).toBeDefined();
          expect({ name, file, ...known }).toMatchObject({ name, file, ...mtreeOf(header, digest) });
        }
      }
      expect(['gnutar-posix-names.tar', 'python-pax.tar']).toEqual(expect.arrayContaining(notListed));
    });
  });

  test('names, types, sizes, modes, owners and contents are what tar-stream lists', async () => {
    for (const { name, bytes } of corpus) {
      // tar-stream knows no sparse files, and takes V7's folders (a name with a slash at its end) for files.
      const unknown = ({ header }: ReadArchive['entries'][number]): boolean =>
        header.sparse !== null || header.format === 'v7';
      if (entriesOf(name).some(unknown)) continue;
      const listed = (await listWithTarStream(bytes)).map((entry) => ({
        ...entry,
        linkTarget: isLink(entry) ? entry.linkTarget : '',
      }));
      const entries = entriesOf(name).map(({ header, sha256: digest }) => ({
        type: header.type,
        size: header.type === 'file' ? header.size : 0,
        mode: header.mode & 0o7777,
        digest: header.type === 'file' ? digest : '',
        ...(isAscii(header.path) ? { path: header.path } : {}),
        ...(isAscii(header.linkTarget) ? { linkTarget: header.linkTarget } : {}),
      }));
      expect({ name, listed }).toMatchObject({ name, listed: entries });
    }
  });
});

/* GNU tar warns of records that it does not know, and of names; its status stays 0. */
function gnuTar(args: readonly string[], bytes: Uint8Array): Buffer {
  return run('tar', args, { input: bytes });
}

function mtreeOf(header: TarHeader, digest: string): Record<string, string> {
  const types: Readonly<Record<string, string>> = {
    directory: 'dir',
    symlink: 'link',
    'character-device': 'char',
    'block-device': 'block',
    fifo: 'fifo',
  };
  const time = `${header.mtime.seconds}.${String(header.mtime.nanoseconds)}`;
  return {
    type: types[header.type] ?? 'file',
    mode: (header.mode & 0o7777).toString(8),
    uid: String(header.uid),
    gid: String(header.gid),
    // libarchive writes and reads the fraction of a time before 1970 as if it were positive.
    ...(header.mtime.seconds < 0 && header.mtime.nanoseconds > 0 ? {} : { time }),
    ...(header.uname === '' ? {} : { uname: header.uname }),
    ...(header.gname === '' ? {} : { gname: header.gname }),
    ...(header.type === 'symlink' ? { link: header.linkTarget } : {}),
    ...(header.type === 'file' ? { size: String(header.size) } : {}),
    // Of sparse files bsdtar's mtree digests leave the last hole out; GNU tar and Python are the measure there.
    ...(header.type === 'file' && header.sparse === null ? { sha256digest: digest } : {}),
  };
}

interface Streamed {
  readonly type: string;
  readonly path: string;
  readonly linkTarget: string;
  readonly size: number;
  readonly mode: number;
  readonly digest: string;
}

async function listWithTarStream(bytes: Uint8Array): Promise<Streamed[]> {
  const listed: Streamed[] = [];
  const extract = tarStream.extract();
  const types: Readonly<Record<string, string>> = { link: 'hardlink', 'contiguous-file': 'file' };
  extract.end(Buffer.from(bytes));
  for await (const entry of extract) {
    const { type, name, linkname, size, mode } = entry.header;
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const isFile = type === 'file' || type === 'contiguous-file';
    listed.push({
      type: types[type as string] ?? (type as string),
      path: name,
      linkTarget: linkname ?? '',
      size: isFile ? (size as number) : 0,
      mode: (mode as number) & 0o7777,
      digest: isFile ? sha256(Buffer.concat(chunks)) : '',
    });
  }
  return listed;
}

function isLink({ type }: { readonly type: string }): boolean {
  return type === 'symlink' || type === 'hardlink';
}

function isAscii(text: string): boolean {
  return !/[\x80-\xff]/.test(text);
}
