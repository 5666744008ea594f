import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { buildImage, type EntrySpec, layoutMembers, writeMembers } from './images.js';
import { Draw, randomCut, randomHistory } from './random-tree.js';
import { differencesOf, type Files, join, linksOf, type ReferenceTree, referenceTree } from './reference-tree.js';
import { requireTool } from './tools.js';
import { nothingHeld, writeLayers } from './write-layer.js';

/* What the tests of trees lean on has to be right itself: the reference is held against the specification and umoci. */

const entries = (...paths: string[]): EntrySpec[] =>
  paths.map((path) => (path.endsWith('/') ? { path, type: 'directory' } : { path }));

function pathsOf(layers: readonly EntrySpec[][]): string[] {
  return [...referenceTree(layers).files.keys()].sort();
}

describe('the examples of image-spec, layer.md', () => {
  test('Representing Changes', () => {
    const lower = entries('./', './etc/', './etc/my-app-config', './bin/', './bin/my-app-binary', './bin/my-app-tools');
    const upper = entries(
      './etc/my-app.d/',
      './etc/my-app.d/default.cfg',
      './bin/my-app-tools',
      './etc/.wh.my-app-config',
    );
    expect(pathsOf([lower, upper])).toEqual([
      'bin',
      'bin/my-app-binary',
      'bin/my-app-tools',
      'etc',
      'etc/my-app.d',
      'etc/my-app.d/default.cfg',
    ]);
  });

  test('Whiteouts: a/b deleted and made again, the mark in front or behind', () => {
    const lower = entries('a/', 'a/b/', 'a/b/c/', 'a/b/c/bar');
    const made = ['a/b/', 'a/b/c/', 'a/b/c/foo'];
    for (const upper of [
      ['a/', 'a/.wh..wh..opq', ...made],
      ['a/', ...made, 'a/.wh..wh..opq'],
    ]) {
      expect(pathsOf([lower, entries(...upper)])).toEqual(['a', 'a/b', 'a/b/c', 'a/b/c/foo']);
    }
  });

  test('Opaque Whiteout: the same by explicit ones', () => {
    const lower = entries('etc/', 'etc/my-app-config', 'bin/', 'bin/my-app-binary', 'bin/tools/', 'bin/tools/one');
    for (const upper of [
      ['bin/', 'bin/.wh..wh..opq'],
      ['bin/', 'bin/.wh.my-app-binary', 'bin/.wh.tools'],
    ]) {
      expect(pathsOf([lower, entries(...upper)])).toEqual(['bin', 'etc', 'etc/my-app-config']);
    }
  });
});

function layeringOf(seed: number): { layers: EntrySpec[][]; cut: Files[] } {
  const draw = new Draw(seed);
  const cut = randomCut<Files>(draw, randomHistory(draw, 2 + draw.below(5)));
  return { layers: writeLayers(draw, cut, nothingHeld()), cut };
}

test('random layers make the trees that they were written for, one after the other', () => {
  for (let seed = 0; seed < 300; seed++) {
    const { layers, cut } = layeringOf(seed);
    for (const [i, state] of cut.entries()) {
      expect([seed, differencesOf(referenceTree(layers.slice(0, i + 1)).files, state)]).toEqual([seed, []]);
    }
  }
});

/* Owners are set by root alone. */
test.skipIf(!requireTool('umoci') || process.getuid?.() !== 0)('umoci unpacks the same trees', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const { layers } = layeringOf(seed);
    const folder = mkdtempSync(join(tmpdir(), 'ocidiff-umoci-'));
    try {
      const built = await buildImage({ layers: layers.map((each) => ({ entries: each })) });
      writeMembers(`${folder}/image`, layoutMembers(built, { 'org.opencontainers.image.ref.name': 'x' }));
      execFileSync('umoci', ['raw', 'unpack', '--image', `${folder}/image:x`, `${folder}/root`], { stdio: 'pipe' });
      expect([seed, unpacked(`${folder}/root`)]).toEqual([seed, listed(referenceTree(layers))]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

type Listing = Record<string, readonly unknown[]>;

function listed({ files }: ReferenceTree): Listing {
  return Object.fromEntries(
    [...files].map(([path, inode]) => {
      const { type, mode, uid, gid, content, linkTarget } = inode;
      return [`/${path}`, [type, mode, uid, gid, content, linkTarget, linksOf(files, inode)]];
    }),
  );
}

function unpacked(root: string): Listing {
  const paths: string[] = [];
  const list = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      paths.push(join(folder, entry.name));
      /* Node's own recursion follows symbolic links, out of the root too. */
      if (entry.isDirectory()) list(join(folder, entry.name));
    }
  };
  list('');
  const stats = new Map(paths.map((path) => [path, lstatSync(join(root, path))]));
  return Object.fromEntries(
    [...stats].map(([path, stat]) => {
      const full = join(root, path);
      const type = stat.isDirectory() ? 'directory' : stat.isFile() ? 'file' : stat.isFIFO() ? 'fifo' : 'symlink';
      const content = type === 'file' ? readFileSync(full, 'utf8') : '';
      const target = type === 'symlink' ? readlinkSync(full) : '';
      const links = [...stats].flatMap(([other, { ino }]) => (ino === stat.ino ? [other] : [])).sort();
      return [`/${path}`, [type, stat.mode & 0o7777, stat.uid, stat.gid, content, target, links]];
    }),
  );
}
