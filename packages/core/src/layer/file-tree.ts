import { OciDiffError } from '../errors.js';
import { checkLimit, type Limits } from '../limits.js';
import type { TarHeader } from '../tar/entry.js';
import type { LayerIndex } from './layer-index.js';
import { keyOf, nameOfKey, parentOf, resolvedPath, stepsOf } from './path.js';
import { type Marker, markerOf } from './whiteout.js';

/**
 * What engines make of a layer in different ways, or leave out, or refuse. `key` tells two facts apart that are the
 * same on both sides.
 */
export interface LayerFact {
  readonly code: 'engine-dependent' | 'aufs-metadata' | 'bogus-whiteout';
  /** What it is, without the path. */
  readonly what: string;
  /** Of the entry, a latin1 string. */
  readonly path: string;
}

/** Takes the facts of a layer while it is applied. */
export type FactSink = (fact: LayerFact) => void;

/**
 * A file as hard links share it. What it is (a file and its content, where a link leads, which device) comes from the
 * entry that created it, its attributes from the last entry for any of its paths.
 */
export interface Inode {
  /** Null for a folder that no entry names, and for what a layer that was not read holds. */
  readonly created: TarHeader | null;
  readonly createdLayer: number;
  /** sha256 of a file's content, as in `LayerIndex`; '' for what is no file. */
  readonly digest: string;
  /** The entry that gave the attributes. */
  readonly header: TarHeader | null;
  readonly headerLayer: number;
  /** PAX records, beside those of the header: of earlier entries for its paths, extended attributes and unknown ones. */
  readonly records: ReadonlyMap<string, string> | null;
  /** Whether more than one path has had it. */
  readonly linked: boolean;
}

/** What is at a path. */
export interface TreeNode {
  readonly inode: Inode;
  /** The entry of this path; null where none names it. */
  readonly entry: TarHeader | null;
  /** Of that entry; -1 without one. */
  readonly layer: number;
  /** By `keyOf` their names; null for what is no folder. */
  readonly children: ReadonlyMap<string, TreeNode> | null;
}

/** The layer that a node's state is from; null for what no layer that was read has made. */
export function layerOf({ entry, layer, inode }: TreeNode): number | null {
  const known = entry === null ? inode.createdLayer : layer;
  return known < 0 ? null : known;
}

/** What took a path away: a whiteout, or an entry that replaced a folder above it. */
export interface Removal {
  readonly layer: number;
  readonly entry: TarHeader;
}

export type NodeType = Exclude<TarHeader['type'], 'global-header'>;

/** What a node is. A hard link that leads nowhere is all that stays `hardlink`. */
export function typeOf({ inode, children }: TreeNode): NodeType {
  if (children !== null) return 'directory';
  return (inode.created?.type ?? 'file') as NodeType;
}

interface MutableInode extends Inode {
  created: TarHeader | null;
  createdLayer: number;
  header: TarHeader | null;
  headerLayer: number;
  records: ReadonlyMap<string, string> | null;
  linked: boolean;
}

/** What stood at a name until `by` took it away. */
interface Gone {
  readonly by: Removal;
  readonly old: MutableNode;
  readonly earlier: Gone | null;
}

/** A node is its own inode unless it is a hard link: most files are not, and one record is smaller than two. */
interface MutableNode extends TreeNode, MutableInode {
  inode: MutableInode;
  entry: TarHeader | null;
  layer: number;
  children: Map<string, MutableNode> | null;
  gone: Map<string, Gone> | null;
  /** Bytes of its path, a slash in front. */
  pathBytes: number;
  /** The last layer that wrote here or below. */
  touched: number;
  /** The last layer that wrote in a folder below which none of its entries had named by then. */
  unnamedBelow: number;
}

/** Steps back in what was removed, for all questions to one tree; real images need a few for each path. */
const LOOK_BACK = 10_000_000;
/** As many symbolic links as Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;
const PLINKS = '.wh..wh.plnk/';

/**
 * The file system that layers give, applied from the bottom up.
 *
 * The rules are those of image-spec, layer.md, "Changesets" and "Whiteouts": whiteouts apply to lower layers only,
 * wherever they stand in the tar; what a folder replaces or is replaced by goes with all below it, but a folder over a
 * folder merges; of several entries of one path the last counts; parents that are symbolic links are followed inside
 * the root, and a folder entry over one replaces it; a parent that nothing names is a folder 0755 of root. Where that
 * leaves open, engines' tar readers are the measure (docs/semantics.md).
 */
export class FileTree {
  readonly #limits: Limits;
  /** Whether layers below were not read: what is not here may be there, the same on both sides. */
  readonly #openBelow: boolean;
  readonly #root: MutableNode = folderNode();
  /** Files of layers that were not read, by path, that hard links lead to. */
  readonly #unread = new Map<string, MutableInode>();
  #nodes = 0;
  #pathBytes = 0;
  readonly #lookBack: LookBack = { left: LOOK_BACK };
  #layer = 0;
  #onFact: FactSink = () => {};
  /** The folder of the entry before, which is mostly that of the next one. */
  #lastPath: string | null = null;
  #lastFolder: MutableNode | null = null;
  /** Files that AUFS left in the layer for hard links to lead to. */
  #plinks = new Map<string, MutableInode>();
  /** Folders that the layer's opaque whiteouts have emptied. */
  #emptied = new Set<MutableNode>();
  /** Paths of the layer's entries, made when one is asked for. */
  #paths: ReadonlySet<string> | null = null;

  constructor(limits: Limits, options: { readonly openBelow: boolean } = { openBelow: false }) {
    this.#limits = limits;
    this.#openBelow = options.openBelow;
  }

  get root(): TreeNode {
    return this.#root;
  }

  /** Whether a hard link leads to what only a layer that was not read can hold. */
  get leansBelow(): boolean {
    return this.#unread.size > 0;
  }

  /**
   * Applies the next layer.
   * @param layer its number
   * @throws {OciDiffError} `ERR_TAR_INVALID` for a name or link that leaves the root; `ERR_LIMIT_EXCEEDED`
   */
  apply(index: LayerIndex, layer: number, onFact: FactSink = () => {}): void {
    this.#layer = layer;
    this.#onFact = onFact;
    this.#plinks = new Map();
    this.#paths = null;
    this.#emptied = new Set();
    this.#forget();
    const { entries, contentDigests } = index;
    for (const entry of entries) if (entry.path.includes('.wh.')) this.#removeLower(index, entry);
    for (const [position, entry] of entries.entries()) {
      if (entry.type !== 'global-header') this.#add(entry, contentDigests[position] as string);
    }
  }

  /** What is at `path` (normalised, a latin1 string); links above it are followed, one at it is not. */
  at(path: string): TreeNode | null {
    return this.#nodeAt(path);
  }

  /**
   * What took `path` away, if it was ever there; null where it is there or never was, and where that was asked too often
   * of names that were removed over and over.
   */
  removalOf(path: string): Removal | null {
    return path === '.' ? null : (findRemoved(this.#root, stepsOf(path), 0, this.#lookBack)?.by ?? null);
  }

  #nodeAt(path: string): MutableNode | null {
    if (path === '.') return this.#root;
    const [parent, name] = parentOf(path);
    return this.#walk(parent, 'nothing')?.children?.get(keyOf(name)) ?? null;
  }

  /* Whiteouts, on what lower layers left: nothing of this layer is there yet. */
  #removeLower(index: LayerIndex, entry: TarHeader): void {
    const path = this.#resolved(entry.path, entry);
    const marker = markerOf(path);
    if (marker === null || (marker.type !== 'whiteout' && marker.type !== 'opaque-whiteout')) return;
    const by = { layer: this.#layer, entry };
    const opaque = marker.type === 'opaque-whiteout';
    const folderPath = opaque ? marker.target : parentOf(path)[0];
    const folder = this.#walk(folderPath, 'nothing', index);
    if (folder === null || folder.children === null) return;
    if (opaque) {
      this.#removeChildren(folder, by, () => true);
    } else {
      this.#remove(folder, keyOf(parentOf(marker.target)[1]), by);
    }
  }

  #removeChildren(folder: MutableNode, by: Removal, which: (child: MutableNode) => boolean): void {
    this.#emptied.add(folder);
    for (const [key, child] of folder.children ?? []) if (which(child)) this.#remove(folder, key, by);
  }

  #remove(folder: MutableNode, key: string, by: Removal): void {
    const old = folder.children?.get(key);
    if (old === undefined) return;
    folder.children?.delete(key);
    bury(folder, key, old, by);
    this.#forget();
  }

  #add(entry: TarHeader, digest: string): void {
    const path = this.#resolved(entry.path, entry);
    const marker = markerOf(path);
    if (marker !== null) this.#addMarker(marker, path, entry, digest);
    else if (path === '.') this.#addRoot(entry);
    else this.#addAt(path, entry, digest);
  }

  #addAt(path: string, entry: TarHeader, digest: string): void {
    const [parentPath, name] = parentOf(path);
    const parent = this.#walk(parentPath, 'any') as MutableNode;
    const key = keyOf(name);
    const existing = parent.children?.get(key);
    if (entry.type === 'directory' && existing?.children != null) {
      const { inode } = existing;
      inode.created = inode.header = entry;
      inode.createdLayer = inode.headerLayer = this.#layer;
      inode.records = null;
      existing.entry = entry;
      existing.layer = existing.touched = this.#layer;
      return;
    }
    const gone = parent.gone?.get(key);
    if (entry.type === 'directory' && gone?.by.layer === this.#layer && gone.old.children !== null) {
      /* On overlayfs the folder takes the whiteout's place, and lower children are seen again. */
      const isWhiteout = markerOf(this.#resolved(gone.by.entry.path, gone.by.entry))?.type === 'whiteout';
      if (existing === undefined && isWhiteout)
        this.#tellDependent('a whiteout of a name that the same layer writes', path);
    }
    const node = newNode(entry, this.#layer, digest, entry.type === 'directory' ? new Map() : null);
    if (entry.type === 'hardlink') node.inode = this.#linkTo(entry, path);
    this.#put(parent, key, existing, node);
  }

  #put(parent: MutableNode, key: string, existing: MutableNode | undefined, node: MutableNode): void {
    node.pathBytes = parent.pathBytes + 1 + nameOfKey(key).length;
    if (existing === undefined) {
      checkLimit(this.#limits, 'treeNodes', ++this.#nodes, 'files of one file system');
      this.#pathBytes += node.pathBytes;
      checkLimit(this.#limits, 'treePathBytes', this.#pathBytes, 'bytes of the names of all files of one file system');
    } else {
      /* What was below it can be asked for; a folder or a link that is gone leads elsewhere. */
      if (existing.children !== null || typeOf(existing) === 'symlink') this.#forget();
      if (existing.children !== null && node.entry !== null) {
        bury(parent, key, existing, { layer: this.#layer, entry: node.entry });
      }
    }
    (parent.children as Map<string, MutableNode>).set(key, node);
  }

  /* The root is there in any case; that it is no folder is nothing an engine can make true. */
  #addRoot(entry: TarHeader): void {
    if (entry.type !== 'directory') {
      this.#tellDependent('an entry for the root that is no folder, which engines refuse', '.');
      return;
    }
    const root = this.#root;
    root.inode.created = root.inode.header = root.entry = entry;
    root.inode.createdLayer = root.inode.headerLayer = root.layer = root.touched = this.#layer;
  }

  #addMarker(marker: Marker, path: string, entry: TarHeader, digest: string): void {
    switch (marker.type) {
      case 'whiteout': {
        const [folderPath, name] = parentOf(marker.target);
        const folder = this.#walk(folderPath, 'missing');
        const node = folder?.children?.get(keyOf(name));
        if (folder === null || node === undefined) return;
        if (node.touched === this.#layer) {
          this.#tellDependent('a whiteout of a name that the same layer writes', marker.target);
        } else {
          /* A link of this layer leads to it. */
          this.#remove(folder, keyOf(name), { layer: this.#layer, entry });
        }
        return;
      }
      case 'opaque-whiteout': {
        const folder = this.#walk(marker.target, 'missing');
        if (folder?.unnamedBelow === this.#layer) {
          this.#tellDependent('an opaque whiteout behind files whose folder has no entry', path);
        }
        if (folder !== null && !this.#emptied.has(folder)) {
          /* A link of this layer leads to it. */
          this.#removeChildren(folder, { layer: this.#layer, entry }, (child) => child.touched !== this.#layer);
        }
        return;
      }
      case 'bogus':
        this.#onFact({ code: 'bogus-whiteout', what: 'a whiteout that names nothing, not obeyed', path });
        return;
      default:
        if (entry.type === 'file' && path.startsWith(PLINKS)) this.#plinks.set(path, this.#newInode(entry, digest));
        this.#onFact({ code: 'aufs-metadata', what: 'left by AUFS, not part of the file system', path });
    }
  }

  #newInode(entry: TarHeader, digest: string): MutableInode {
    return {
      created: entry,
      createdLayer: this.#layer,
      digest,
      header: entry,
      headerLayer: this.#layer,
      records: null,
      linked: false,
    };
  }

  /** What a hard link shares with its target, which takes the link's attributes (as engines have it). */
  #linkTo(entry: TarHeader, path: string): MutableInode {
    const targetPath = this.#resolved(entry.linkTarget, entry);
    const target = targetPath === path ? null : (this.#nodeAt(targetPath) ?? this.#removedHere(targetPath));
    const inode = target === null ? this.#outOfSight(targetPath, path) : target.inode;
    if (inode === null || target?.children != null) {
      this.#tellDependent('a hard link to nothing that can be linked to, which engines refuse', path);
      return this.#newInode(entry, '');
    }
    if (target !== null && target.layer !== this.#layer) {
      this.#tellDependent('a hard link to a file of a lower layer', path);
    }
    /* Setting attributes takes none away. */
    const records = inode.header?.pax ?? null;
    if (records !== null && records.size > 0) {
      inode.records = new Map([...(inode.records ?? []), ...records]);
      checkLimit(this.#limits, 'paxRecords', inode.records.size, 'records of one file and its links');
    }
    inode.linked = true;
    inode.header = entry;
    inode.headerLayer = this.#layer;
    return inode;
  }

  /* A whiteout of the same layer is for what is below it, and the link is, too. */
  #removedHere(path: string): MutableNode | null {
    if (path === '.') return null;
    const removed = findRemoved(this.#root, stepsOf(path), 0, this.#lookBack);
    return removed?.by.layer === this.#layer ? removed.node : null;
  }

  #outOfSight(targetPath: string, path: string): MutableInode | null {
    const plink = this.#plinks.get(targetPath);
    if (plink !== undefined || !this.#openBelow || targetPath === path) return plink ?? null;
    const known = this.#unread.get(targetPath);
    if (known !== undefined) return known;
    const inode = unnamedInode();
    this.#unread.set(targetPath, inode);
    this.#tellDependent('a hard link to a file of a lower layer', path);
    return inode;
  }

  /**
   * The folder at `path`, links followed inside the root; null where it is none.
   * @param create makes what is `missing`, or also a folder of what is none (`any`)
   * @param removing the layer whose whiteouts are looked at: links that it replaces lead nowhere
   */
  #walk(path: string, create: 'nothing' | 'missing' | 'any', removing?: LayerIndex): MutableNode | null {
    if (path === this.#lastPath && removing === undefined) return this.#lastFolder;
    const steps = path === '.' ? [] : stepsOf(path).reverse();
    let links = 0;
    let linkSteps = 0;
    let linked = false;
    const folders = [this.#root];
    const names: string[] = [];
    while (steps.length > 0) {
      const name = steps.pop() as string;
      if (name === '..') {
        if (folders.length > 1) folders.pop();
        names.pop();
        continue;
      }
      const folder = folders.at(-1) as MutableNode;
      const key = keyOf(name);
      const child = folder.children?.get(key);
      if (child !== undefined && child.children === null && typeOf(child) === 'symlink' && links < MAX_LINKS) {
        if (removing !== undefined && this.#pathsOf(removing).has([...names, name].join('/'))) return null;
        links++;
        linked ||= child.layer !== this.#layer;
        const target = child.inode.created?.linkTarget ?? '';
        if (target.startsWith('/')) {
          folders.length = 1;
          names.length = 0;
        }
        const targetSteps = stepsOf(target).reverse();
        linkSteps += targetSteps.length;
        checkLimit(this.#limits, 'pathSteps', steps.length + linkSteps, 'steps in a name, its links followed');
        steps.push(...targetSteps);
        continue;
      }
      const makes = create === 'any' || (create === 'missing' && child === undefined);
      const next = child?.children != null ? child : makes ? this.#makeFolder(folder, key, child, path) : null;
      if (next === null) return null;
      folders.push(next);
      names.push(name);
    }
    const found = folders.at(-1) as MutableNode;
    if (create !== 'nothing') {
      this.#pass(folders, linked, path);
      this.#lastPath = path;
      this.#lastFolder = found;
    }
    return found;
  }

  /* A folder that no entry names, where something is to be below it. */
  #makeFolder(parent: MutableNode, key: string, existing: MutableNode | undefined, path: string): MutableNode {
    if (existing !== undefined) {
      this.#tellDependent('something below what is no folder, which engines refuse', path);
    }
    const made = folderNode();
    made.createdLayer = this.#layer;
    this.#put(parent, key, existing, made);
    return made;
  }

  #pass(folders: readonly MutableNode[], linked: boolean, path: string): void {
    if (linked) this.#tellDependent('something below a symbolic link of a lower layer', path);
    let unnamed = false;
    for (let depth = folders.length - 1; depth >= 0; depth--) {
      const folder = folders[depth] as MutableNode;
      folder.touched = this.#layer;
      if (unnamed) folder.unnamedBelow = this.#layer;
      unnamed ||= folder.layer !== this.#layer;
    }
  }

  #pathsOf(index: LayerIndex): ReadonlySet<string> {
    this.#paths ??= new Set(index.entries.map((entry) => this.#resolved(entry.path, entry)));
    return this.#paths;
  }

  #resolved(path: string, entry: TarHeader): string {
    const resolved = resolvedPath(path, this.#limits);
    if (resolved !== null) return resolved;
    throw new OciDiffError('ERR_TAR_INVALID', `the name ${JSON.stringify(path)} leads out of the root`, {
      location: { offset: entry.offset },
    });
  }

  #tellDependent(what: string, path: string): void {
    this.#onFact({ code: 'engine-dependent', what, path });
  }

  #forget(): void {
    this.#lastPath = null;
    this.#lastFolder = null;
  }
}

function newNode(
  entry: TarHeader | null,
  layer: number,
  digest: string,
  children: MutableNode['children'],
): MutableNode {
  const node: Omit<MutableNode, 'inode'> & { inode: MutableInode | null } = {
    created: entry,
    createdLayer: layer,
    digest,
    header: entry,
    headerLayer: layer,
    records: null,
    linked: false,
    inode: null,
    entry,
    layer,
    children,
    gone: null,
    pathBytes: 0,
    touched: layer,
    unnamedBelow: -1,
  };
  const own = node as MutableNode;
  own.inode = own;
  return own;
}

/* A folder that no entry names. */
function folderNode(): MutableNode {
  return newNode(null, -1, '', new Map());
}

/* Of a file that was not read. */
function unnamedInode(): MutableInode {
  return {
    created: null,
    createdLayer: -1,
    digest: '',
    header: null,
    headerLayer: -1,
    records: null,
    linked: false,
  };
}

function bury(folder: MutableNode, key: string, old: MutableNode, by: Removal): void {
  folder.gone ??= new Map();
  folder.gone.set(key, { by, old, earlier: folder.gone.get(key) ?? null });
}

/** What stood at a path, and what took it away. */
interface Removed {
  readonly by: Removal;
  readonly node: MutableNode;
}

/** How many names that were removed may still be looked at. */
interface LookBack {
  left: number;
}

/* Steps are bounded by the limit `pathSteps`, and so is the recursion. */
function findRemoved(folder: MutableNode, steps: readonly string[], at: number, lookBack: LookBack): Removed | null {
  const key = keyOf(steps[at] as string);
  const isLast = at === steps.length - 1;
  const child = folder.children?.get(key);
  if (child !== undefined) {
    if (isLast) return null;
    const found = findRemoved(child, steps, at + 1, lookBack);
    if (found !== null) return found;
  }
  for (let gone = folder.gone?.get(key) ?? null; gone !== null && lookBack.left-- > 0; gone = gone.earlier) {
    const node = nodeBelow(gone.old, steps, at + 1);
    if (node !== undefined) return { by: gone.by, node };
    const found = isLast ? null : findRemoved(gone.old, steps, at + 1, lookBack);
    if (found !== null) return found;
  }
  return null;
}

function nodeBelow(node: MutableNode, steps: readonly string[], from: number): MutableNode | undefined {
  let current: MutableNode | undefined = node;
  for (let at = from; at < steps.length && current !== undefined; at++) {
    current = current.children?.get(keyOf(steps[at] as string));
  }
  return current;
}

/** Every path of a tree below its root, depth first, in no order that means anything; and the root itself, `.`. */
export function* pathsOfTree(root: TreeNode): Iterable<readonly [path: string, node: TreeNode]> {
  yield ['.', root];
  const stack: [string, TreeNode][] = [['', root]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [prefix, folder] = top;
    for (const [key, node] of folder.children ?? []) {
      const path = prefix + nameOfKey(key);
      yield [path, node];
      if (node.children !== null) stack.push([`${path}/`, node]);
    }
  }
}
