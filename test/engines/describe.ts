import { createHash } from 'node:crypto';
import type { NodeFacts, Tree } from '../support/engine-trees.js';
import type { EntrySpec } from '../support/images.js';
import type { Described } from './rows.js';

const LETTERS: Readonly<Record<NodeFacts['type'], string>> = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  'character-device': 'c',
  'block-device': 'b',
};

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** Contents by their digest, so that trees can be read. */
export function contentsOf(layers: readonly (readonly EntrySpec[])[]): Map<string, string> {
  return new Map(layers.flat().map(({ content = '' }) => [sha256(content), content.toString()]));
}

/**
 * A node in one line: type, mode (unless 0755 of a folder, 0644 of others; a symbolic link has none), owner (unless
 * 0:0), device numbers, content or target, links in brackets, xattrs, and a file's time (unless 0).
 */
function describeNode(node: NodeFacts, contents: ReadonlyMap<string, string>): string {
  const words: string[] = [LETTERS[node.type]];
  const usualMode = node.type === 'directory' ? 0o755 : 0o644;
  if (node.type !== 'symlink' && node.mode !== usualMode) words.push(node.mode.toString(8).padStart(4, '0'));
  if (node.uid !== 0 || node.gid !== 0) words.push(`${node.uid}:${node.gid}`);
  if (node.device !== undefined) words.push(node.device.join(':'));
  if (node.type === 'file') words.push(`'${contents.get(node.content ?? '') ?? node.content}'`);
  if (node.linkTarget !== undefined) words.push('->', node.linkTarget);
  if (node.links !== undefined) words.push(`[${node.links.join(' ')}]`);
  for (const [name, value] of Object.entries(node.xattrs).sort()) words.push(`${name}=${value}`);
  if (node.type === 'file' && node.mtime !== 0) words.push(`@${node.mtime}`);
  return words.join(' ');
}

/** A tree in the notation of the rows. The root is left out. */
export function describeTree(tree: Tree, contents: ReadonlyMap<string, string>): Described {
  const described = [...tree].map(([path, node]) => [path, describeNode(node, contents)] as const);
  return Object.fromEntries(described.sort(([one], [other]) => (one < other ? -1 : 1)));
}
