import type { Model, Thing } from './model.js';

/** A line of the list: a heading, a folder, or a thing that differs. */
export interface TreeNode {
  readonly kind: 'platform' | 'group' | 'folder' | 'thing';
  /** What tells it from all others, whatever the filter. */
  readonly key: string;
  label: string;
  /** A second, quieter text. */
  readonly remark: string;
  readonly children: TreeNode[];
  /** Things below. */
  count: number;
  readonly thing: Thing | null;
}

/** A node where it stands in the list. */
export interface Line {
  readonly node: TreeNode;
  /** From 1, as ARIA counts. */
  readonly level: number;
}

const SUBJECTS: Readonly<Record<string, string>> = {
  index: 'Index',
  manifest: 'Manifest',
  config: 'Config',
  layer: 'Layers',
  file: 'Files',
};

/**
 * `things` as a tree: platforms (where there are several), then documents and layers, then folders. A folder with one
 * child stands in one line with it, so there are at most twice as many nodes as things, however deep names are.
 */
export function treeOf(model: Model, things: readonly Thing[]): TreeNode[] {
  const roots: TreeNode[] = [];
  let platform: TreeNode | undefined;
  for (let i = 0; i < things.length; ) {
    const first = things[i] as Thing;
    const number = model.row(first.start)[0];
    const group = model.group(first.start);
    let end = i;
    while (end < things.length && model.row((things[end] as Thing).start)[0] === number) end++;
    const node: TreeNode = {
      kind: 'group',
      key: `g${number}`,
      label: group.layer === '' ? (SUBJECTS[group.subject] as string) : group.layer,
      remark: group.step,
      children: childrenOf(model, things.slice(i, end), `g${number}/`),
      count: end - i,
      thing: null,
    };
    if (group.platform === '') {
      roots.push(node);
    } else {
      if (platform?.label !== group.platform) {
        platform = {
          kind: 'platform',
          key: `p${group.platform}`,
          label: group.platform,
          remark: '',
          children: [],
          count: 0,
          thing: null,
        };
        roots.push(platform);
      }
      platform.children.push(node);
      platform.count += node.count;
    }
    i = end;
  }
  return roots;
}

interface Open {
  readonly node: TreeNode;
  /** Length of the prefix that all its things have. */
  readonly length: number;
}

/*
 * Names are sorted, so those with one beginning stand together. Folders follow from what two neighbours have in common,
 * as inner nodes of a suffix tree do from the longest common prefixes.
 */
function childrenOf(model: Model, things: readonly Thing[], prefix: string): TreeNode[] {
  const first = things[0];
  const isFiles = first !== undefined && model.group(first.start).subject === 'file';
  const root: TreeNode = { kind: 'group', key: prefix, label: '', remark: '', children: [], count: 0, thing: null };
  const open: Open[] = [{ node: root, length: 0 }];
  const close = (length: number, name: string): void => {
    while (open.length > 1 && (open.at(-1) as Open).length > length) {
      const { node, length: own } = open.pop() as Open;
      const parent = open.at(-1) as Open;
      if (parent.length >= length) {
        node.label = name.slice(parent.length, own);
        continue;
      }
      /* A folder between the two: now it is known. */
      parent.node.children.pop();
      const between = folder(name.slice(parent.length, length), prefix + name.slice(0, length));
      node.label = name.slice(length, own);
      between.children.push(node);
      parent.node.children.push(between);
      open.push({ node: between, length });
    }
  };
  let name = '';
  for (const [i, thing] of things.entries()) {
    const before = name;
    name = model.name(thing.start);
    const next = things[i + 1];
    close(i === 0 || !isFiles ? 0 : common(before, name), before);
    const shared = next === undefined || !isFiles ? 0 : common(name, model.name(next.start));
    let top = open.at(-1) as Open;
    if (shared > top.length) {
      const node = folder(name.slice(top.length, shared), prefix + name.slice(0, shared));
      top.node.children.push(node);
      top = { node, length: shared };
      open.push(top);
    }
    top.node.children.push({
      kind: 'thing',
      key: `t${thing.start}`,
      label: name.slice(top.length),
      remark: '',
      children: [],
      count: 1,
      thing,
    });
  }
  close(0, name);
  return root.children;
}

function folder(label: string, key: string): TreeNode {
  return { kind: 'folder', key, label, remark: '', children: [], count: 0, thing: null };
}

/** Length of what both names begin with, up to and with a slash. */
function common(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let end = 0;
  for (let i = 0; i < shorter && a.charCodeAt(i) === b.charCodeAt(i); i++) if (a.charCodeAt(i) === SLASH) end = i + 1;
  return end;
}

const SLASH = 47;

/** The lines of the list, without those below a collapsed node. */
export function linesOf(roots: readonly TreeNode[], collapsed: ReadonlySet<string>): Line[] {
  const lines: Line[] = [];
  const stack: Line[] = [];
  const push = (nodes: readonly TreeNode[], level: number): void => {
    for (let i = nodes.length - 1; i >= 0; i--) stack.push({ node: nodes[i] as TreeNode, level });
  };
  push(roots, 1);
  for (let line = stack.pop(); line !== undefined; line = stack.pop()) {
    lines.push(line);
    if (!collapsed.has(line.node.key)) push(line.node.children, line.level + 1);
  }
  return lines;
}
