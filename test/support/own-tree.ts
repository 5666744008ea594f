import type { LoadedRoot } from '../../packages/core/src/image/load.js';
import { loadImages } from '../../packages/core/src/image/load.js';
import {
  FileTree,
  type LayerFact,
  pathsOfTree,
  type TreeNode,
  typeOf,
} from '../../packages/core/src/layer/file-tree.js';
import { readLayer } from '../../packages/core/src/layer/read-layer.js';
import { DEFAULT_LIMITS } from '../../packages/core/src/limits.js';
import { openSource } from '../../packages/core/src/sources/open-source.js';
import type { NodeFacts } from './engine-trees.js';

/*
 * The file system that ocidiff computes of an image, in the words in which the engines' are listed.
 */

const limits = DEFAULT_LIMITS;
const onNote = (): void => {};
const XATTR = 'SCHILY.xattr.';

/** The tree after the last layer of the one image in an archive; `onFact` is told what is odd about its layers. */
export async function ownTree(
  archive: string,
  onFact: (fact: LayerFact) => void = () => {},
): Promise<Map<string, NodeFacts>> {
  const store = await openSource(archive, { limits });
  try {
    const image = await manifestOf(await loadImages(store, { limits, onNote })).then((found) => found.loadImage());
    const tree = new FileTree(limits);
    for (const layer of image.layers) {
      const { index } = await readLayer(store, layer, 'index', { limits, onNote });
      if (index === null) throw new Error(`layer ${layer.position} has no index`);
      tree.apply(index, layer.position, onFact);
    }
    return factsOf(tree);
  } finally {
    await store.close();
  }
}

async function manifestOf(root: LoadedRoot): Promise<Extract<LoadedRoot, { kind: 'manifest' }>> {
  if (root.kind === 'manifest') return root;
  const [child, ...others] = root.children;
  if (child === undefined || others.length > 0) throw new Error('not one image');
  return manifestOf(await child.load());
}

function factsOf(tree: FileTree): Map<string, NodeFacts> {
  const groups = new Map<TreeNode['inode'], string[]>();
  const nodes = [...pathsOfTree(tree.root)];
  for (const [path, { inode }] of nodes) groups.set(inode, [...(groups.get(inode) ?? []), path]);
  return new Map(nodes.map(([path, node]) => [path, nodeFacts(node, (groups.get(node.inode) ?? []).sort())]));
}

function nodeFacts(node: TreeNode, links: readonly string[]): NodeFacts {
  const { created, header, digest, records: kept } = node.inode;
  const type = typeOf(node);
  if (type === 'hardlink') throw new Error(`${links}: a hard link that leads nowhere`);
  const xattrs = [...new Map([...(kept ?? []), ...(header?.pax ?? [])])]
    .map(([key, value]) => [key.slice(XATTR.length), value, key.startsWith(XATTR)] as const)
    .filter(([name, value, is]) => is && value !== '' && (name.startsWith('user.') || name === 'security.capability'))
    .map(([name, value]) => [name, Buffer.from(value, 'latin1').toString('hex')] as const);
  return {
    type,
    /* A folder that no entry names is one of root, 0755. */
    mode: (header?.mode ?? 0o755) & 0o7777,
    uid: header?.uid ?? 0,
    gid: header?.gid ?? 0,
    mtime: header?.mtime.seconds ?? 0,
    xattrs: Object.fromEntries(xattrs),
    ...(type === 'file' ? { size: created?.size ?? 0, content: Buffer.from(digest, 'latin1').toString('hex') } : {}),
    ...(type === 'symlink' ? { linkTarget: created?.linkTarget ?? '' } : {}),
    ...(type.endsWith('device') ? { device: [created?.devMajor ?? 0, created?.devMinor ?? 0] as const } : {}),
    ...(links.length > 1 ? { links } : {}),
  };
}
