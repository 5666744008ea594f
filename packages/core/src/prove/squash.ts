import { compareLatin1 } from '../bytes/latin1.js';
import { type DiffId, digestFromBytes, Sha256 } from '../digest.js';
import { FileTree, pathsOfTree, type TreeNode, typeOf } from '../layer/file-tree.js';
import type { LayerIndex } from '../layer/layer-index.js';
import type { Limits } from '../limits.js';
import type { TarHeader } from '../tar/entry.js';

/**
 * All layers of an image as one that holds its last tree: entries sorted by path, of a file with several paths the first
 * as the file, the others as hard links to it. Folders that no entry names stay unnamed.
 * @param layers bottom layer first, one at least
 * @param copies whether each path has a file of its own instead
 * @throws {OciDiffError} as `FileTree.apply`
 */
export function squash(layers: readonly LayerIndex[], copies: boolean, limits: Limits): LayerIndex {
  const tree = new FileTree(limits);
  const paddings = new Map<TarHeader, Uint8Array>();
  for (const [layer, index] of layers.entries()) {
    tree.apply(index, layer);
    for (const [position, padding] of index.paddings) paddings.set(index.entries[position] as TarHeader, padding);
  }
  const nodes = [...pathsOfTree(tree.root)].sort(([a], [b]) => compareLatin1(a, b));
  const firstPaths = new Map<TreeNode['inode'], string>();
  const entries: TarHeader[] = [];
  const contentDigests: string[] = [];
  const ownPaddings = new Map<number, Uint8Array>();
  for (const [path, node] of nodes) {
    const { inode } = node;
    if (inode.header === null) continue;
    const shares = node.children === null && inode.linked && !copies;
    const first = shares ? firstPaths.get(inode) : undefined;
    if (shares && first === undefined) firstPaths.set(inode, path);
    const padding = first === undefined && inode.created !== null ? paddings.get(inode.created) : undefined;
    if (padding !== undefined) ownPaddings.set(entries.length, padding);
    entries.push(headerOf(path, node, first));
    contentDigests.push(first === undefined ? inode.digest : '');
  }
  const top = layers.at(-1) as LayerIndex;
  /* Made anew with the layer's other rewriting. */
  const hash = new Sha256();
  return {
    diffId: digestFromBytes(hash.bytes()) as string as DiffId,
    bytes: 0,
    entries,
    contentDigests,
    paddings: ownPaddings,
    trailer: top.trailer,
  };
}

function headerOf(path: string, node: TreeNode, first: string | undefined): TarHeader {
  const { inode } = node;
  const attributes = inode.header as TarHeader;
  const created = inode.created ?? attributes;
  const type = first === undefined ? typeOf(node) : 'hardlink';
  const isFile = type === 'file';
  const records = [...(inode.records ?? []), ...(attributes.pax ?? [])];
  return {
    ...attributes,
    type,
    path,
    linkTarget: first ?? (type === 'symlink' || type === 'hardlink' ? created.linkTarget : ''),
    size: isFile ? created.size : 0,
    storedSize: isFile ? created.storedSize : 0,
    sparse: isFile ? created.sparse : null,
    devMajor: created.devMajor,
    devMinor: created.devMinor,
    pax: records.length === 0 ? null : new Map(records),
  };
}
