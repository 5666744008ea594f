import { below, type Files, IMPLIED_FOLDER, type Inode, join, linksOf } from './reference-tree.js';

/*
 * Random trees and random changes of them. Few names and values, so that paths come back after they went.
 */

/** Random numbers from one seed: the same seed draws the same. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `limit - 1`. Source of the mixing: mulberry32, public domain. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** True `percent` times of a hundred. */
  often(percent: number): boolean {
    return this.below(100) < percent;
  }

  of<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('nothing to draw from');
    return items[this.below(items.length)] as T;
  }

  maybeOf<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : this.of(items);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    const order: T[] = [];
    while (left.length > 0) order.push(...left.splice(this.below(left.length), 1));
    return order;
  }
}

const NAMES = ['a', 'b', 'c', 'lib', '7', '__proto__', '.hidden', 'ä\u0308', 'sp ace', `long-${'x'.repeat(110)}`];
const MODES = [0o644, 0o755, 0o600, 0o4755];
const IDS = [0, 0, 1000, 65_534];
const CONTENTS = ['', 'one', 'two', 'y'.repeat(513)];
const DEPTH = 3;

/** One value of `values` that is not `old`. */
export function other<T>(draw: Draw, values: readonly T[], old: T): T {
  return draw.of(values.filter((value) => value !== old));
}

/** Something new; a folder mostly as tar files imply it, a symbolic link mostly to a folder that is there. */
function randomInode(draw: Draw, files: Files): Inode {
  const type = draw.of(['file', 'file', 'file', 'directory', 'directory', 'symlink', 'symlink', 'fifo'] as const);
  if (type === 'directory' && draw.often(50)) return { ...IMPLIED_FOLDER, mtime: draw.of([1, 2]) };
  const folders = foldersOf(files);
  const linkTarget = draw.often(75) ? `/${draw.of(folders)}` : draw.of(['nowhere', '../a', 'a']);
  return {
    type,
    content: type === 'file' ? draw.of(CONTENTS) : '',
    linkTarget: type === 'symlink' ? linkTarget : '',
    mode: type === 'symlink' ? 0o777 : type === 'directory' ? 0o755 : draw.of(MODES),
    uid: draw.of(IDS),
    gid: draw.of(IDS),
    mtime: draw.of([1, 2, 1_677_619_260]),
    /* Linux has none of the user's on links and pipes. */
    xattrs: (type === 'file' || type === 'directory') && draw.often(15) ? { 'user.a': draw.of(['1', '2']) } : {},
  };
}

/** Every folder, the root ('') too. */
function foldersOf(files: Files): string[] {
  return ['', ...[...files].flatMap(([path, { type }]) => (type === 'directory' ? [path] : []))];
}

/** A path where nothing is, in a folder that is there. */
export function freePath(draw: Draw, files: Files): string {
  for (;;) {
    const folder = draw.of(foldersOf(files).filter((each) => each.split('/').length < DEPTH));
    const path = join(folder, draw.often(90) ? draw.of(NAMES) : `n${draw.below(1000)}`);
    if (!files.has(path)) return path;
  }
}

/** Sets what a path and all its hard links hold. */
export function setInode(files: Map<string, Inode>, path: string, inode: Inode): void {
  const old = files.get(path);
  const paths = old === undefined || old.type === 'directory' ? [path] : linksOf(files, old);
  for (const each of paths) files.set(each, inode);
}

export function removePath(files: Map<string, Inode>, path: string): void {
  for (const each of [path, ...below(files, path)]) files.delete(each);
}

/** `files` after a few random changes. */
export function changed(draw: Draw, files: Files, changes: number): Map<string, Inode> {
  const next = new Map(files);
  for (let i = 0; i < changes; i++) changeOnce(draw, next);
  return next;
}

function changeOnce(draw: Draw, files: Map<string, Inode>): void {
  const path = draw.maybeOf([...files.keys()]);
  const kind = draw.below(100);
  if (path === undefined || kind < 40) {
    files.set(freePath(draw, files), randomInode(draw, files));
    return;
  }
  const inode = files.get(path) as Inode;
  if (kind < 55) removePath(files, path);
  else if (kind < 65) {
    /* Another thing in its place: what was linked to it stays as it is. */
    removePath(files, path);
    files.set(path, randomInode(draw, files));
  } else if (kind < 85) {
    const target = draw.maybeOf([...files].filter(([, { type }]) => type === 'file'));
    if (target === undefined) return;
    files.set(freePath(draw, files), target[1]);
  } else if (kind < 90) files.set(path, { ...inode });
  else {
    const attributes = draw.often(50)
      ? { mode: inode.type === 'symlink' ? 0o777 : other(draw, MODES, inode.mode) }
      : { uid: other(draw, [0, 1000, 65_534], inode.uid) };
    const content = inode.type === 'file' && draw.often(50) ? other(draw, CONTENTS, inode.content) : inode.content;
    setInode(files, path, { ...inode, ...attributes, content });
  }
}

/** Trees that follow from each other, the first from nothing. */
export function randomHistory(draw: Draw, steps: number): Map<string, Inode>[] {
  const states: Map<string, Inode>[] = [];
  for (let i = 0; i < steps; i++) {
    states.push(changed(draw, states.at(-1) ?? new Map(), i === 0 ? 6 + draw.below(6) : 1 + draw.below(5)));
  }
  return states;
}

/** Some of the trees of a history, the last always: where it is cut into layers. */
export function randomCut<T>(draw: Draw, states: readonly T[]): T[] {
  return states.filter((_, i) => i === states.length - 1 || draw.often(50));
}

/** Whether nothing of what is at `path` or below is linked to from elsewhere. */
export function standsAlone(files: Files, path: string): boolean {
  const own = new Set([path, ...below(files, path)]);
  return [...own].every((each) => {
    const inode = files.get(each);
    return inode === undefined || linksOf(files, inode).every((link) => own.has(link));
  });
}
