import type { EntrySpec } from './images.js';
import type { Draw } from './random-tree.js';
import { below, childrenOf, type Files, type Inode, join, linksOf, split, XATTR } from './reference-tree.js';

/** What layers of one image hold that trips tools up. */
export interface Held {
  whiteout: boolean;
  opaque: boolean;
  /** A hard link whose target is in a lower layer only. */
  linkAcross: boolean;
  symlinkParent: boolean;
  typeChange: boolean;
}

export function nothingHeld(): Held {
  return { whiteout: false, opaque: false, linkAcross: false, symlinkParent: false, typeChange: false };
}

/**
 * A layer that makes `next` of `previous`, said in one of many ways: explicit or opaque whiteouts, entries restated,
 * folders left out, any order that readers agree on, names through symbolic links, entries that a later one replaces.
 * Nothing in it is read differently by different engines, unless hard links may go `across` layers.
 */
export function writeLayer(draw: Draw, previous: Files, next: Files, held: Held, across = false): EntrySpec[] {
  return new LayerWriter(draw, previous, next, held, across).write();
}

/** Layers for trees that follow from each other. */
export function writeLayers(
  draw: Draw,
  states: readonly Files[],
  held: Held,
  lowest: Files = new Map(),
): EntrySpec[][] {
  return states.map((state, i) => writeLayer(draw, states[i - 1] ?? lowest, state, held));
}

class LayerWriter {
  readonly #draw: Draw;
  readonly #previous: Files;
  readonly #next: Files;
  readonly #held: Held;
  /** Paths of `next` that get an entry. */
  readonly #written = new Set<string>();
  readonly #whiteouts: string[] = [];
  /** Folders that have to stand in front of what is in them. */
  readonly #parentsFirst = new Set<string>();
  /** Of each inode, the paths that have an entry so far. */
  readonly #links = new Map<Inode, string[]>();

  /** Whether a new link may be one to a lower layer's file, which engines do not agree on. */
  readonly #across: boolean;

  constructor(draw: Draw, previous: Files, next: Files, held: Held, across: boolean) {
    this.#across = across;
    this.#draw = draw;
    this.#previous = previous;
    this.#next = next;
    this.#held = held;
  }

  write(): EntrySpec[] {
    this.#chooseChanged();
    this.#chooseRestated();
    this.#chooseWhiteouts();
    const aliases = this.#chooseAliases();
    this.#leaveOutFolders(aliases);
    const entries = this.#order(aliases).flatMap((path) => this.#entriesOf(path, aliases));
    const all = [...entries];
    for (const path of this.#whiteouts) {
      all.splice(this.#draw.often(50) ? 0 : this.#draw.below(all.length + 1), 0, { path, mode: 0 });
    }
    return all;
  }

  /* A group of hard links is written as a whole, or not at all. */
  #writeWithLinks(path: string): void {
    const inode = this.#next.get(path);
    if (inode === undefined) return;
    const paths = inode.type === 'directory' ? [path] : linksOf(this.#next, inode);
    for (const each of paths) this.#written.add(each);
  }

  #chooseChanged(): void {
    /* What was one file can go on as one file only without being written. */
    const gone = new Set<Inode>();
    const seen = new Set<Inode>();
    for (const [path, inode] of this.#next) {
      const old = this.#previous.get(path);
      if (old !== undefined && old.type !== inode.type) {
        this.#held.typeChange = true;
        if (inode.type === 'directory') this.#parentsFirst.add(path);
      }
      if (seen.has(inode)) continue;
      seen.add(inode);
      const links = linksOf(this.#next, inode);
      const olds = new Set(links.map((each) => this.#previous.get(each)));
      const isNew = olds.delete(undefined);
      const [lower] = olds;
      const goesOn = olds.size === 1 && lower !== undefined && sameState(lower, inode) && !gone.has(lower);
      if (goesOn && (!isNew || (this.#across && this.#draw.often(80)))) {
        gone.add(lower);
        for (const each of links) if (!this.#previous.has(each)) this.#written.add(each);
      } else this.#writeWithLinks(path);
    }
  }

  #chooseRestated(): void {
    for (const path of this.#next.keys()) if (this.#draw.often(12)) this.#writeWithLinks(path);
    for (const path of [...this.#written]) {
      const [folder] = split(path);
      if (folder !== '' && this.#draw.often(60)) this.#written.add(folder);
    }
  }

  #chooseWhiteouts(): void {
    const folders = ['', ...this.#previous.keys()].filter(
      (path) => path === '' || [this.#previous, this.#next].every((files) => files.get(path)?.type === 'directory'),
    );
    const opaque: string[] = [];
    for (const folder of folders) {
      if (opaque.some((upper) => folder.startsWith(upper === '' ? '' : `${upper}/`)) && this.#draw.often(80)) continue;
      const lower = childrenOf(this.#previous, folder);
      const gone = lower.filter((path) => !this.#next.has(path));
      const isOpaque =
        gone.length > 0 ? this.#draw.often(folder === '' ? 10 : 45) : lower.length > 0 && this.#draw.often(2);
      if (isOpaque) {
        opaque.push(folder);
        this.#whiteouts.push(join(folder, '.wh..wh..opq'));
        this.#held.opaque = true;
        if (folder !== '') this.#writeWithLinks(folder);
        for (const path of below(this.#next, folder)) this.#writeWithLinks(path);
        /* A folder below without an entry is read in two ways. */
        for (const path of ['', folder, ...below(this.#next, folder)]) this.#parentsFirst.add(path);
      } else if (!opaque.some((upper) => folder.startsWith(upper === '' ? '' : `${upper}/`))) {
        for (const path of gone) {
          const [parent, name] = split(path);
          this.#whiteouts.push(join(parent, `.wh.${name}`));
          this.#held.whiteout = true;
        }
      }
    }
  }

  /* Names through a symbolic link that this layer makes, to a folder that this layer states. */
  #chooseAliases(): Map<string, string> {
    const aliases = new Map<string, string>();
    for (const [path, { type, linkTarget }] of this.#next) {
      const folder = linkTarget.slice(1);
      if (type !== 'symlink' || !linkTarget.startsWith('/') || folder === '') continue;
      if (
        this.#next.get(folder)?.type !== 'directory' ||
        linksOf(this.#next, this.#next.get(path) as Inode).length > 1
      ) {
        continue;
      }
      for (const child of childrenOf(this.#next, folder)) {
        const inode = this.#next.get(child) as Inode;
        const isPlain = inode.type === 'file' && linksOf(this.#next, inode).length === 1 && !this.#isUnderOpaque(child);
        if (!isPlain || child === path || aliases.has(child) || !this.#draw.often(60)) continue;
        for (const each of [child, path]) this.#written.add(each);
        this.#stateFolders(folder);
        this.#stateFolders(split(path)[0]);
        aliases.set(child, join(path, split(child)[1]));
        this.#held.symlinkParent = true;
      }
    }
    return aliases;
  }

  /* Docker knows what it unpacked by the names as written, so it takes such a file for one of a lower layer. */
  #isUnderOpaque(path: string): boolean {
    return this.#whiteouts.some((each) => {
      const [folder, name] = split(each);
      return name === '.wh..wh..opq' && (folder === '' || path.startsWith(`${folder}/`));
    });
  }

  #stateFolders(folder: string): void {
    for (let each = folder; each !== ''; each = split(each)[0]) {
      this.#written.add(each);
      this.#parentsFirst.add(each);
    }
  }

  /* A folder that nothing special is said of, and that is new, is implied by what is in it. */
  #leaveOutFolders(aliases: ReadonlyMap<string, string>): void {
    const folders = [...this.#written].filter((path) => this.#next.get(path)?.type === 'directory');
    for (const path of folders) {
      const { mode, uid, gid, xattrs } = this.#next.get(path) as Inode;
      const plain = mode === 0o755 && uid === 0 && gid === 0 && Object.keys(xattrs).length === 0;
      const inside = [...this.#written].some((each) => split(each)[0] === path && !aliases.has(each));
      const free = !this.#previous.has(path) && !this.#parentsFirst.has(path);
      if (plain && inside && free && this.#draw.often(40)) this.#written.delete(path);
    }
  }

  #order(aliases: ReadonlyMap<string, string>): string[] {
    const order: string[] = [];
    const placed = new Set<string>();
    const place = (path: string): void => {
      if (placed.has(path)) return;
      placed.add(path);
      for (let folder = split(path)[0]; folder !== ''; folder = split(folder)[0]) {
        const first = this.#parentsFirst.has(folder) || !loose;
        if (first && this.#written.has(folder)) place(folder);
      }
      order.push(path);
    };
    /* A folder may stand behind what is in it. */
    const loose = this.#draw.often(30);
    for (const path of this.#draw.shuffled([...this.#written].filter((each) => !aliases.has(each)))) place(path);
    return [...order, ...aliases.keys()];
  }

  #entriesOf(path: string, aliases: ReadonlyMap<string, string>): EntrySpec[] {
    const inode = this.#next.get(path) as Inode;
    const { type, content, linkTarget } = inode;
    const draw = this.#draw;
    const name = `${draw.often(10) ? './' : ''}${aliases.get(path) ?? path}${type === 'directory' ? '/' : ''}`;
    const attributes = attributesOf(inode);
    const lower = linksOf(this.#next, inode).filter((each) => !this.#written.has(each));
    if (type !== 'directory' && lower.length > 0) this.#held.linkAcross = true;
    const earlier = this.#links.get(inode) ?? lower;
    this.#links.set(inode, [...earlier, path]);
    const target = type === 'directory' ? undefined : draw.maybeOf(earlier);
    if (target !== undefined) return [{ path: name, type: 'link', linkTarget: target, ...attributes }];
    const entry: EntrySpec = {
      path: name,
      type,
      ...(type === 'file' ? { content } : {}),
      ...(type === 'symlink' ? { linkTarget } : {}),
      ...attributes,
    };
    /* The last of two entries of one path is the one that counts. */
    return type === 'file' && draw.often(4) ? [{ ...entry, content: 'replaced' }, entry] : [entry];
  }
}

/** The members of an entry that say who owns a file and so on. */
function attributesOf({ mode, uid, gid, mtime, xattrs }: Inode): Partial<EntrySpec> {
  const records = Object.entries(xattrs).map(([name, value]) => [`${XATTR}${name}`, value]);
  return {
    mode,
    uid,
    gid,
    mtime: mtime ?? 0,
    ...(records.length === 0 ? {} : { pax: Object.fromEntries(records) }),
  };
}

function sameState(a: Inode, b: Inode): boolean {
  if (a === b) return true;
  const fields = ['type', 'content', 'linkTarget', 'mode', 'uid', 'gid', 'mtime'] as const;
  return fields.every((field) => a[field] === b[field]) && JSON.stringify(a.xattrs) === JSON.stringify(b.xattrs);
}
