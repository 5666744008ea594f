import { OciDiffError, throwIfAborted } from '../errors.js';
import type { Descriptor } from '../image/descriptor.js';
import { documentKind } from '../image/document-kind.js';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../image/media-type.js';
import { type Manifest, parseManifest } from '../image/parse-manifest.js';
import { readDocument } from '../image/read-document.js';
import { optionalMember } from '../json/read.js';
import type { JsonDocument, JsonNode } from '../json/value.js';
import { contradictionsOf } from './contradictions.js';
import { DOCKER_REPOSITORIES, type DockerManifestEntry, digestInName } from './docker-manifest.js';
import type { FileTree } from './file-tree.js';
import { readLayoutIndex } from './layout.js';
import { blobPath } from './layout-paths.js';
import type { OpenImageContext } from './opened-image.js';

const MANIFEST_KEYS: ReadonlySet<string> = new Set(['schemaVersion', 'mediaType', 'config', 'layers']);
const DESCRIPTOR_KEYS: ReadonlySet<string> = new Set(['mediaType', 'digest', 'size']);

/**
 * Whether Docker's classic image store (Docker 25 and later) wrote the layout, so that its manifests were made up at
 * export and are not the images' own. That `manifest.json` or its neighbours look like it is not enough: each manifest
 * that `index.json` names must be there, have its digest, say no more than a made-up one does, and say just what
 * `manifest.json` says. Otherwise the layout is the truth, and reading it tells what is wrong with it.
 * Source: moby, image/tarexport/save.go.
 */
export async function isClassicStore(
  tree: FileTree,
  entries: readonly DockerManifestEntry[],
  context: OpenImageContext,
): Promise<boolean> {
  const signed = entries.some(({ hasLayerSources }) => hasLayerSources);
  if (!signed && (await tree.stat(DOCKER_REPOSITORIES)) === null) return false;
  try {
    return await isMadeUp(tree, entries, { ...context, onNote: () => {} });
  } catch (error) {
    throwIfAborted(context.signal);
    if (!(error instanceof OciDiffError)) throw error;
    return false;
  }
}

async function isMadeUp(
  tree: FileTree,
  entries: readonly DockerManifestEntry[],
  context: OpenImageContext,
): Promise<boolean> {
  const byConfig = new Map(entries.map((entry) => [digestInName(entry.config), entry]));
  if (entries.length === 0 || byConfig.size !== entries.length) return false;
  const { candidates } = await readLayoutIndex(tree, context);
  const descriptors = new Map(candidates.map(({ descriptor }) => [descriptor.digest, descriptor]));
  /* A false size or media type of a second descriptor of one manifest is for the layout's reader to tell. */
  const agree = candidates.every(({ descriptor: { digest, size, mediaType } }) => {
    const first = descriptors.get(digest);
    return first?.size === size && mediaType === OCI_MANIFEST;
  });
  if (!agree) return false;
  const found = new Set<DockerManifestEntry>();
  for (const descriptor of descriptors.values()) {
    const manifest = await readMadeUp(tree, descriptor, context);
    const entry = manifest === null ? undefined : byConfig.get(manifest.config.digest);
    if (manifest === null || entry === undefined || !(await saysTheSame(tree, manifest, entry))) return false;
    found.add(entry);
  }
  return found.size === entries.length;
}

/* Null for a manifest that says what a made-up one never does. */
async function readMadeUp(tree: FileTree, descriptor: Descriptor, context: OpenImageContext): Promise<Manifest | null> {
  const { digest, size, mediaType } = descriptor;
  const stream = tree.open(blobPath(digest), context.signal);
  const document = await readDocument({ name: digest, digest, size }, stream, context);
  if (documentKind(document, mediaType) !== 'manifest') return null;
  const manifest = parseManifest(document);
  if (manifest.mediaType !== undefined && manifest.mediaType !== OCI_MANIFEST) return null;
  if (manifest.config.mediaType !== OCI_CONFIG) return null;
  if (manifest.layers.some((layer) => layer.mediaType !== OCI_LAYER)) return null;
  return hasNoOtherKeys(document) ? manifest : null;
}

function hasNoOtherKeys({ root }: JsonDocument): boolean {
  if (root.type !== 'object' || !hasOnly(root, MANIFEST_KEYS)) return false;
  const layers = optionalMember(root, 'layers');
  const descriptors = [optionalMember(root, 'config'), ...(layers?.type === 'array' ? layers.items : [])];
  return descriptors.every((node) => node !== undefined && hasOnly(node, DESCRIPTOR_KEYS));
}

function hasOnly(node: JsonNode, keys: ReadonlySet<string>): boolean {
  return node.type === 'object' && [...node.members.keys()].every((key) => keys.has(key));
}

/* The sizes too: nothing else would hold those of a made-up manifest against the blobs. */
async function saysTheSame(tree: FileTree, manifest: Manifest, entry: DockerManifestEntry): Promise<boolean> {
  if (contradictionsOf(manifest, entry).length > 0) return false;
  const claims = [manifest.config, ...manifest.layers];
  const names = [entry.config, ...entry.layers];
  for (const [position, { size }] of claims.entries()) {
    if ((await tree.stat(names[position] as string)) !== size) return false;
  }
  return true;
}
