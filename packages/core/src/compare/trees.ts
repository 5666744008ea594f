import { compareLatin1 } from '../bytes/latin1.js';
import { digestFromBytes } from '../digest.js';
import {
  type FileTree,
  type Inode,
  layerOf,
  pathsOfTree,
  type Removal,
  type TreeNode,
  typeOf,
} from '../layer/file-tree.js';
import { nameOfKey } from '../layer/path.js';
import type { TarHeader } from '../tar/entry.js';
import type { Value } from './difference.js';
import { type Attributes, compareAttributes, deviceValue, texts } from './entry-fields.js';
import type { EntryRef, Excuses, FindingSink } from './finding.js';

/** A folder that nothing names, as engines make it. Source: image-spec, layer.md, "Creating"; engines' `MkdirAll`. */
const UNNAMED: Attributes = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  uname: '',
  gname: '',
  mtime: null,
  atime: null,
  ctime: null,
  pax: null,
};

/** One field that two nodes differ in, and which entries of the sides it comes from. */
export interface NodeDifference {
  readonly field: string;
  readonly values: readonly [Value, Value];
  readonly excuses: Excuses;
  readonly entries: readonly [EntryRef | null, EntryRef | null];
  readonly layers: readonly [number | null, number | null];
}

/**
 * Compares what is at one path of two trees; not what is below it, nor which paths share it.
 * Where the types differ, where a link leads and which device it is follows from that.
 */
export function compareNodes(node0: TreeNode, node1: TreeNode, tell: (difference: NodeDifference) => void): void {
  const [inode0, inode1] = [node0.inode, node1.inode];
  if (inode0.created === inode1.created && inode0.header === inode1.header && inode0.records === inode1.records) return;
  const [type0, type1] = [typeOf(node0), typeOf(node1)];
  const created = {
    entries: [refOf(inode0.created, inode0.digest), refOf(inode1.created, inode1.digest)],
    layers: [known(inode0.createdLayer), known(inode1.createdLayer)],
  } as const;
  if (type0 !== type1) {
    tell({
      field: 'type',
      values: [type0, type1],
      excuses: [],
      entries: [refOf(node0.entry, inode0.digest), refOf(node1.entry, inode1.digest)],
      layers: [layerOf(node0), layerOf(node1)],
    });
  } else if (inode0.created !== null && inode1.created !== null) {
    compareCreated(inode0, inode1, (field, values) => tell({ field, values, excuses: [], ...created }));
  }
  /* Of an entry with the same header blocks, all that they say is the same. */
  const plain = inode0.records === null && inode1.records === null;
  if (plain && inode0.header?.headerDigest === inode1.header?.headerDigest) return;
  const given = {
    entries: [refOf(inode0.header, inode0.digest), refOf(inode1.header, inode1.digest)],
    layers: [givenBy(inode0), givenBy(inode1)],
  } as const;
  compareAttributes(attributesOf(inode0), attributesOf(inode1), (field, values, excuses) =>
    tell({ field, values, excuses, ...given }),
  );
}

function attributesOf({ header, records }: Inode): Attributes {
  if (header === null) return UNNAMED;
  return records === null ? header : { ...header, pax: new Map([...records, ...(header.pax ?? [])]) };
}

/* What the entries that created two files of one type make them. */
function compareCreated(
  inode0: Inode,
  inode1: Inode,
  tell: (field: string, values: readonly [Value, Value]) => void,
): void {
  const [created0, created1] = [inode0.created as TarHeader, inode1.created as TarHeader];
  if (inode0.digest !== inode1.digest) {
    tell('content', [digestFromBytes(inode0.digest), digestFromBytes(inode1.digest)]);
  }
  if (created0.linkTarget !== created1.linkTarget) {
    tell('linkTarget', texts(created0.linkTarget, created1.linkTarget));
  }
  const [device0, device1] = [deviceValue(created0), deviceValue(created1)];
  if (device0 !== device1) tell('device', [device0, device1]);
}

function refOf(header: TarHeader | null, contentDigest: string): EntryRef | null {
  return header === null ? null : { header, contentDigest };
}

/* Nobody names a missing parent; whoever wrote below it made it what it is. */
function givenBy({ header, headerLayer, createdLayer }: Inode): number | null {
  return known(header === null ? createdLayer : headerLayer);
}

function known(layer: number): number | null {
  return layer < 0 ? null : layer;
}

/** Both nodes of a path that shares its file with others, on at least one side. */
interface LinkedPath {
  readonly path: string;
  readonly node0: TreeNode;
  readonly node1: TreeNode;
}

/** Compares two file systems, path by path. What several paths share is told once, at the first of them in byte order. */
export function compareTrees(tree0: FileTree, tree1: FileTree, platform: string, emit: FindingSink): void {
  new TreeComparison(tree0, tree1, platform, emit).run();
}

class TreeComparison {
  readonly #trees: readonly [FileTree, FileTree];
  readonly #platform: string;
  readonly #emit: FindingSink;
  readonly #linked: LinkedPath[] = [];

  constructor(tree0: FileTree, tree1: FileTree, platform: string, emit: FindingSink) {
    this.#trees = [tree0, tree1];
    this.#platform = platform;
    this.#emit = emit;
  }

  run(): void {
    const [{ root: root0 }, { root: root1 }] = this.#trees;
    /* What a container sees of a root that nothing names is the engine's. */
    if (root0.entry !== null && root1.entry !== null) this.#compare('.', root0, root1);
    const stack: [prefix: string, folder0: TreeNode, folder1: TreeNode][] = [['', root0, root1]];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const [prefix, folder0, folder1] = top;
      for (const [key, node0] of folder0.children ?? []) {
        const path = prefix + nameOfKey(key);
        const node1 = folder1.children?.get(key);
        if (node1 === undefined) this.#alone(path, node0, 0);
        else {
          this.#compareOrDefer(path, node0, node1);
          const [inner0, inner1] = [node0.children !== null, node1.children !== null];
          if (inner0 && inner1) stack.push([`${path}/`, node0, node1]);
          else if (inner0) this.#childrenAlone(path, node0, 0);
          else if (inner1) this.#childrenAlone(path, node1, 1);
        }
      }
      for (const [key, node1] of folder1.children ?? []) {
        if (folder0.children?.has(key) !== true) this.#alone(prefix + nameOfKey(key), node1, 1);
      }
    }
    this.#compareLinked();
  }

  #compareOrDefer(path: string, node0: TreeNode, node1: TreeNode): void {
    if (node0.inode.linked || node1.inode.linked) this.#linked.push({ path, node0, node1 });
    else this.#compare(path, node0, node1);
  }

  #compare(path: string, node0: TreeNode, node1: TreeNode): void {
    compareNodes(node0, node1, (difference) => this.#tell(path, difference));
  }

  #tell(path: string, difference: NodeDifference): void {
    this.#emit({
      subject: 'file',
      change: 'modified',
      platform: this.#platform,
      path,
      ...difference,
      tree: 'final',
    });
  }

  /* @param known whether the other side ever had the folder; where not, it had nothing in it */
  #childrenAlone(path: string, folder: TreeNode, side: 0 | 1, known = true): void {
    for (const [inner, node] of pathsOfTree(folder)) {
      if (inner === '.') continue;
      const innerPath = `${path}/${inner}`;
      this.#tellAlone(innerPath, node, side, known ? this.#removalOf(innerPath, side) : null);
    }
  }

  #alone(path: string, node: TreeNode, side: 0 | 1): void {
    const removal = this.#removalOf(path, side);
    this.#tellAlone(path, node, side, removal);
    if (node.children !== null) this.#childrenAlone(path, node, side, removal !== null);
  }

  /* What took a path away that `side` has alone. */
  #removalOf(path: string, side: 0 | 1): Removal | null {
    return this.#trees[side === 0 ? 1 : 0].removalOf(path);
  }

  #tellAlone(path: string, node: TreeNode, side: 0 | 1, removal: Removal | null): void {
    const [own, other] = [layerOf(node), removal?.layer ?? null];
    const [type, ref] = [typeOf(node), refOf(node.entry, node.inode.digest)];
    this.#emit({
      subject: 'file',
      change: side === 0 ? 'removed' : 'added',
      platform: this.#platform,
      layers: side === 0 ? [own, other] : [other, own],
      path,
      field: 'type',
      values: side === 0 ? [type, null] : [null, type],
      excuses: [],
      entries: side === 0 ? [ref, null] : [null, ref],
      tree: 'final',
      ...(removal === null ? {} : { removedBy: removal.entry }),
    });
  }

  #compareLinked(): void {
    const linked = this.#linked.sort((a, b) => compareLatin1(a.path, b.path));
    const told = new Map<Inode, Set<Inode>>();
    for (const { path, node0, node1 } of linked) {
      const partners = told.get(node0.inode) ?? new Set();
      told.set(node0.inode, partners);
      if (partners.has(node1.inode)) continue;
      partners.add(node1.inode);
      this.#compare(path, node0, node1);
    }
    this.#compareGroups(linked);
  }

  /* Of paths that both sides have: which share a file. A group that differs is told at its first path. */
  #compareGroups(linked: readonly LinkedPath[]): void {
    const [groups0, groups1] = [groupsOf(linked, 'node0'), groupsOf(linked, 'node1')];
    for (const { path, node0, node1 } of linked) {
      const group0 = groups0.get(node0.inode) as LinkedPath[];
      const group1 = groups1.get(node1.inode) as LinkedPath[];
      const first = [group0[0]?.path ?? path, group1[0]?.path ?? path].sort(compareLatin1)[0];
      if (first !== path || sameGroup(group0, group1)) continue;
      this.#tell(path, {
        field: 'links',
        values: [group0.map((each) => linkText(each.path)), group1.map((each) => linkText(each.path))],
        excuses: [],
        entries: [null, null],
        layers: [latest(group0.map((each) => each.node0)), latest(group1.map((each) => each.node1))],
      });
    }
  }
}

function groupsOf(linked: readonly LinkedPath[], side: 'node0' | 'node1'): Map<Inode, LinkedPath[]> {
  const groups = new Map<Inode, LinkedPath[]>();
  for (const each of linked) {
    const { inode } = each[side];
    const group = groups.get(inode);
    if (group === undefined) groups.set(inode, [each]);
    else group.push(each);
  }
  return groups;
}

function sameGroup(group0: readonly LinkedPath[], group1: readonly LinkedPath[]): boolean {
  return group0.length === group1.length && group0.every(({ path }, i) => path === group1[i]?.path);
}

/* Who made the last link made the group what it is. */
function latest(nodes: readonly TreeNode[]): number | null {
  let layer: number | null = null;
  for (const node of nodes) layer = Math.max(layer ?? -1, layerOf(node) ?? -1);
  return layer === null || layer < 0 ? null : layer;
}

function linkText(path: string): Value {
  return texts(path, null)[0];
}

/** Whether the same paths are there at and below `path` in two trees, as far as `budget` of them goes. */
export function samePaths(tree0: FileTree, tree1: FileTree, path: string, budget: { left: number }): boolean {
  const stack: [TreeNode | null, TreeNode | null][] = [[tree0.at(path), tree1.at(path)]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node0, node1] = top;
    if (node0 === null || node1 === null) {
      if (node0 !== node1) return false;
      continue;
    }
    const [children0, children1] = [node0.children, node1.children];
    if (children0 === null || children1 === null) {
      if (children0 !== children1) return false;
      continue;
    }
    budget.left -= children0.size;
    if (children0.size !== children1.size || budget.left < 0) return false;
    for (const [key, child0] of children0) {
      const child1 = children1.get(key);
      if (child1 === undefined) return false;
      if (child0.children !== null || child1.children !== null) stack.push([child0, child1]);
    }
  }
  return true;
}
