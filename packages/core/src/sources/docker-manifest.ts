import { type Digest, isDigest, parseDigest } from '../digest.js';
import type { BlobRef } from '../image/blob-store.js';
import { readStrings } from '../image/parse-descriptor.js';
import { FieldReader, optionalMember } from '../json/read.js';
import { toValue } from '../json/to-value.js';
import type { JsonDocument } from '../json/value.js';
import type { FileTree } from './file-tree.js';
import type { OpenedImage, OpenImageContext } from './opened-image.js';
import type { Candidate } from './select-image.js';
import { readTreeDocument } from './tree-document.js';

export const DOCKER_MANIFEST = 'manifest.json';
export const DOCKER_REPOSITORIES = 'repositories';

/**
 * One image in the `manifest.json` of a `docker save` archive.
 * Source: Docker Image Specification v1.2, "Combined Image JSON + Filesystem Changeset Format".
 */
export interface DockerManifestEntry extends Candidate {
  /** Names of members, as written. */
  readonly config: string;
  readonly layers: readonly string[];
  /** Whether the store that wrote it says where its layers came from, as only Docker's classic one does. */
  readonly hasLayerSources: boolean;
  /** All other members of the entry. */
  readonly wrapping: Readonly<Record<string, unknown>>;
}

/** Members that say what the image is, as opposed to what the archive says of it. */
const CONTENT_KEYS: ReadonlySet<string> = new Set(['Config', 'Layers']);

/**
 * The entries of a `manifest.json`.
 * @throws {OciDiffError} `ERR_ARCHIVE_INVALID`, with all that is wrong
 */
export function parseDockerManifest(document: JsonDocument): DockerManifestEntry[] {
  const fields = new FieldReader();
  const array = fields.asArray(document.root, '');
  const entries = array?.items.map((item, position) => {
    const where = `/${position}`;
    const entry = fields.asObject(item, where);
    const config = fields.asString(fields.requiredMember(entry, 'Config', where), `${where}/Config`) ?? '';
    const layers = readStrings(fields, optionalMember(entry, 'Layers'), `${where}/Layers`) ?? [];
    const names = readStrings(fields, optionalMember(entry, 'RepoTags'), `${where}/RepoTags`) ?? [];
    const wrapping: Record<string, unknown> = Object.create(null);
    for (const [key, { value }] of entry?.members ?? []) if (!CONTENT_KEYS.has(key)) wrapping[key] = toValue(value);
    const hasLayerSources = optionalMember(entry, 'LayerSources') !== undefined;
    return { position, names, digest: digestInName(config), config, layers, hasLayerSources, wrapping };
  });
  fields.finish('ERR_ARCHIVE_INVALID', `${DOCKER_MANIFEST} is not that of a docker save archive`);
  return entries ?? [];
}

/**
 * Opens the image that an entry of a `manifest.json` describes. What it names may be missing: reading it tells.
 * @throws {OciDiffError} what the tree throws
 */
export async function openDockerImage(
  tree: FileTree,
  entry: DockerManifestEntry,
  context: OpenImageContext,
): Promise<OpenedImage> {
  const config = await refOf(tree, entry.config);
  const layers: BlobRef[] = [];
  for (const layer of entry.layers) layers.push(await refOf(tree, layer));
  const repositories = await readRepositories(tree, context);
  return {
    kind: tree.medium === 'archive' ? 'docker-archive' : 'oci',
    root: { type: 'docker', config, layers },
    wrapping: { ...entry.wrapping, ...repositories },
    pathsOf: ({ name }) => [name],
  };
}

/** The `repositories` document as a part of the wrapping; nothing depends on it, so a broken one is none. */
export async function readRepositories(tree: FileTree, context: OpenImageContext): Promise<{ repositories?: unknown }> {
  try {
    if ((await tree.stat(DOCKER_REPOSITORIES)) === null) return {};
    const document = await readTreeDocument(tree, DOCKER_REPOSITORIES, { ...context, onNote: () => {} });
    return { repositories: toValue(document.root) };
  } catch {
    return {};
  }
}

async function refOf(tree: FileTree, name: string): Promise<BlobRef> {
  return { name, digest: digestInName(name), size: await tree.stat(name) };
}

/**
 * The digest of a member's stored bytes, where its name says it: `blobs/sha256/HEX` (Docker 25 and later), `HEX.json`
 * (configs), `HEX.tar` (layers of Podman and skopeo), `sha256:HEX` (configs of go-containerregistry).
 */
export function digestInName(name: string): Digest | null {
  const path = name.replace(/^(?:\.\/|\/)+/, '');
  const blob = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(path);
  if (blob !== null) return digestOrNull(`${blob[1]}:${blob[2]}`);
  const file = /^([0-9a-f]{64})\.(?:json|tar)$/.exec(path);
  return digestOrNull(file === null ? path : `sha256:${file[1]}`);
}

function digestOrNull(text: string): Digest | null {
  return isDigest(text) ? parseDigest(text) : null;
}
