import type { EntrySpec } from './images.js';

/*
 * A file system as a map of paths, and layers applied to it step by step, as image-spec, layer.md, "Applying
 * Changesets" and "Whiteouts" has it. Slow and small, to hold the real one against; it shares no code with it.
 */

export type FileType = 'file' | 'directory' | 'symlink' | 'fifo' | 'character-device' | 'block-device';

/** What is at a path. Paths that hold the same object are hard links of each other. */
export interface Inode {
  readonly type: FileType;
  readonly content: string;
  readonly linkTarget: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds; null for a folder that no entry states. */
  readonly mtime: number | null;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** By path, without a leading or trailing slash; the root is not in it. */
export type Files = ReadonlyMap<string, Inode>;

export const XATTR = 'SCHILY.xattr.';

/** A folder that only the paths below it imply. */
export const IMPLIED_FOLDER: Inode = {
  type: 'directory',
  content: '',
  linkTarget: '',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: null,
  xattrs: {},
};

/** The file system of an image: layers are applied to it one after the other, from the lowest. */
export class ReferenceTree {
  readonly files = new Map<string, Inode>();
  /** The layer whose entry or whiteout gave a path its state, of every path that ever was there. */
  readonly statedBy = new Map<string, number>();
  /** Folders that no entry has stated. */
  readonly implied = new Set<string>();
  #layer = -1;

  apply(entries: readonly EntrySpec[]): this {
    this.#layer += 1;
    /* Whiteouts only apply to lower layers, wherever they stand in the tar. */
    for (const { path } of entries) {
      const [folder, name] = split(stepsOf(path).join('/'));
      if (!name.startsWith('.wh.')) continue;
      const parent = this.#resolve(folder);
      if (name === '.wh..wh..opq') for (const child of childrenOf(this.files, parent)) this.#remove(child);
      else if (!name.startsWith('.wh..wh.')) this.#remove(join(parent, name.slice('.wh.'.length)));
    }
    for (const entry of entries) {
      const path = stepsOf(entry.path).join('/');
      if (path !== '' && !split(path)[1].startsWith('.wh.')) this.#place(path, entry);
    }
    return this;
  }

  #place(written: string, entry: EntrySpec): void {
    const [folder, name] = split(written);
    const parent = this.#resolve(folder);
    this.#imply(parent);
    const path = join(parent, name);
    const existing = this.files.get(path);
    if (entry.type === 'link') {
      const [targetFolder, targetName] = split(stepsOf(entry.linkTarget ?? '').join('/'));
      const linked = this.files.get(join(this.#resolve(targetFolder), targetName));
      if (linked === undefined || linked.type === 'directory') throw new Error(`${path} links to nothing`);
      if (existing !== linked) this.#remove(path);
      /* The link's own header is applied to what it links to. */
      const changed: Inode = { ...linked, ...attributesOf(entry) };
      for (const other of linksOf(this.files, linked)) this.files.set(other, changed);
      this.files.set(path, changed);
    } else {
      const type = entry.type ?? 'file';
      if (type !== 'directory' || existing?.type !== 'directory') this.#remove(path);
      const content = String(entry.content ?? '');
      this.files.set(path, { type, content, linkTarget: entry.linkTarget ?? '', ...attributesOf(entry) });
    }
    this.implied.delete(path);
    this.statedBy.set(path, this.#layer);
  }

  #imply(folder: string): void {
    if (folder === '' || this.files.get(folder)?.type === 'directory') return;
    this.#imply(split(folder)[0]);
    this.#remove(folder);
    this.files.set(folder, { ...IMPLIED_FOLDER });
    this.statedBy.set(folder, this.#layer);
    this.implied.add(folder);
  }

  #remove(path: string): void {
    for (const each of [path, ...below(this.files, path)]) {
      if (!this.files.delete(each)) continue;
      this.implied.delete(each);
      this.statedBy.set(each, this.#layer);
    }
  }

  /** Where a folder is once its symbolic links are followed, without leaving the root. */
  #resolve(folder: string): string {
    const left = folder === '' ? [] : folder.split('/');
    let at = '';
    for (let jumps = 0; left.length > 0; ) {
      const step = left.shift() as string;
      if (step === '..') {
        at = split(at)[0];
        continue;
      }
      const here = this.files.get(join(at, step));
      if (here?.type !== 'symlink') {
        at = join(at, step);
        continue;
      }
      jumps += 1;
      if (jumps > 40) throw new Error(`too many symbolic links: ${folder}`);
      if (here.linkTarget.startsWith('/')) at = '';
      left.unshift(...here.linkTarget.split('/').filter((each) => each !== '' && each !== '.'));
    }
    return at;
  }
}

/** The tree of an image with these layers. */
export function referenceTree(layers: readonly (readonly EntrySpec[])[]): ReferenceTree {
  const tree = new ReferenceTree();
  for (const entries of layers) tree.apply(entries);
  return tree;
}

/** Every path that holds `inode`, in byte order. */
export function linksOf(files: Files, inode: Inode): string[] {
  return [...files].flatMap(([path, each]) => (each === inode ? [path] : [])).sort();
}

/** The paths right in a folder; the root is ''. */
export function childrenOf(files: Files, folder: string): string[] {
  return [...files.keys()].filter((path) => split(path)[0] === folder);
}

/** All paths below a folder; the root is ''. */
export function below(files: Files, folder: string): string[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return [...files.keys()].filter((path) => path.startsWith(prefix));
}

/** One thing that two trees differ in. */
export interface TreeDifference {
  readonly path: string;
  readonly field: string;
}

/**
 * What two trees differ in: one-sided paths and other types as `type`, else one a field; hard links as `links`, once,
 * at the first path of all that are linked with each other on either side. What hard links share is told once.
 */
export function differencesOf(files0: Files, files1: Files): TreeDifference[] {
  const list: TreeDifference[] = [];
  const toldPairs = new Map<Inode, Set<Inode>>();
  const toldLinks = new Set<string>();
  for (const path of [...new Set([...files0.keys(), ...files1.keys()])].sort()) {
    const [a, b] = [files0.get(path), files1.get(path)];
    if (a === undefined || b === undefined) {
      list.push({ path, field: 'type' });
      continue;
    }
    const told = toldPairs.get(a) ?? new Set();
    toldPairs.set(a, told);
    if (!told.has(b)) for (const field of fieldsOf(a, b).sort()) list.push({ path, field });
    told.add(b);
    const [links0, links1] = [linksOf(files0, a), linksOf(files1, b)];
    if (links0.join('\0') === links1.join('\0')) continue;
    if (!toldLinks.has(path)) list.push({ path, field: 'links' });
    for (const each of [...links0, ...links1]) toldLinks.add(each);
  }
  return list;
}

function fieldsOf(a: Inode, b: Inode): string[] {
  if (a.type !== b.type) return ['type'];
  const fields: string[] = (['content', 'linkTarget', 'mode', 'uid', 'gid'] as const).filter(
    (field) => a[field] !== b[field],
  );
  if (a.mtime !== null && b.mtime !== null && a.mtime !== b.mtime) fields.push('mtime');
  for (const name of new Set([...Object.keys(a.xattrs), ...Object.keys(b.xattrs)])) {
    if (a.xattrs[name] !== b.xattrs[name]) fields.push(`xattrs/${name}`);
  }
  return fields;
}

function attributesOf({ mode, uid = 0, gid = 0, mtime = 0, pax = {}, type }: EntrySpec) {
  const xattrs = Object.entries(pax).filter(([key]) => key.startsWith(XATTR));
  return {
    /* The bits above say the type once more. */
    mode: (mode ?? (type === 'directory' ? 0o755 : 0o644)) & 0o7777,
    uid,
    gid,
    mtime,
    xattrs: Object.fromEntries(xattrs.map(([key, value]) => [key.slice(XATTR.length), value])),
  };
}

function stepsOf(path: string): string[] {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  if (steps[0] === '..') throw new Error(`${path} leaves the root`);
  return steps;
}

/** A path's folder ('' for the root) and its last step. */
export function split(path: string): [folder: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

export function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
