import type { Descriptor } from '../image/descriptor.js';
import { documentKind } from '../image/document-kind.js';
import { canonicalMediaType } from '../image/media-type.js';
import { parseIndex } from '../image/parse-index.js';
import { type Manifest, parseManifest } from '../image/parse-manifest.js';
import { readDocument } from '../image/read-document.js';
import { type DockerManifestEntry, digestInName } from './docker-manifest.js';
import type { FileTree } from './file-tree.js';
import { blobPath } from './layout-paths.js';
import type { OpenImageContext } from './opened-image.js';

/**
 * In what `manifest.json` says another thing of an image than the layout does, one sentence each. Of an image for
 * several platforms `manifest.json` shows one: it then agrees if it agrees with one of them.
 * @throws {OciDiffError} where a document of the image cannot be read
 */
export async function findContradictions(
  tree: FileTree,
  descriptor: Descriptor,
  entry: DockerManifestEntry,
  context: OpenImageContext,
): Promise<readonly string[]> {
  const manifests = await manifestsOf(tree, descriptor, context, context.limits.indexDepth);
  const found = manifests.map((manifest) => contradictionsOf(manifest, entry));
  const [first] = found;
  if (first === undefined || found.some((sentences) => sentences.length === 0)) return [];
  if (found.length === 1) return first;
  return [`manifest.json shows an image (config ${entry.config}) that is none of those in ${descriptor.digest}`];
}

/** In what an entry of `manifest.json` says another thing than `manifest`, one sentence each. */
export function contradictionsOf(manifest: Manifest, entry: DockerManifestEntry): string[] {
  const sentences: string[] = [];
  const { config, layers } = manifest;
  if (digestInName(entry.config) !== config.digest) {
    sentences.push(`manifest.json names the config ${entry.config}, the manifest ${config.digest}`);
  }
  if (entry.layers.length !== layers.length) {
    sentences.push(`manifest.json names ${entry.layers.length} layers, the manifest ${layers.length}`);
    return sentences;
  }
  layers.forEach(({ digest }, position) => {
    const name = entry.layers[position] as string;
    if (digestInName(name) === digest) return;
    sentences.push(`manifest.json names ${name} as layer ${position}, the manifest ${digest}`);
  });
  return sentences;
}

/* The manifests under a descriptor that the medium has; attestations may be among them and agree with nothing. */
async function manifestsOf(
  tree: FileTree,
  descriptor: Descriptor,
  context: OpenImageContext,
  depth: number,
): Promise<Manifest[]> {
  const { digest, size, mediaType } = descriptor;
  const path = blobPath(digest);
  const quiet = { ...context, onNote: () => {} };
  const document = await readDocument({ name: digest, digest, size }, tree.open(path, context.signal), quiet);
  if (documentKind(document, mediaType) === 'manifest') return [parseManifest(document)];
  if (depth <= 1) return [];
  const manifests: Manifest[] = [];
  for (const child of parseIndex(document).manifests.slice(0, context.limits.indexManifests)) {
    const { kind } = canonicalMediaType(child.mediaType);
    if (kind !== 'index' && kind !== 'manifest') continue;
    if ((await tree.stat(blobPath(child.digest))) === null) continue;
    manifests.push(...(await manifestsOf(tree, child, context, depth - 1)));
  }
  return manifests;
}
