import { OciDiffError, throwIfAborted, wrapError } from '../errors.js';
import type { Descriptor } from '../image/descriptor.js';
import { documentKind } from '../image/document-kind.js';
import { normalizeImageName } from '../image/image-name.js';
import { OCI_INDEX } from '../image/media-type.js';
import { parseIndex } from '../image/parse-index.js';
import { optionalMember } from '../json/read.js';
import { toValue } from '../json/to-value.js';
import type { JsonDocument, JsonNode } from '../json/value.js';
import { checkLimit } from '../limits.js';
import { findContradictions } from './contradictions.js';
import { type DockerManifestEntry, readRepositories } from './docker-manifest.js';
import type { FileTree } from './file-tree.js';
import { blobPath, LAYOUT_INDEX, LAYOUT_MARKER } from './layout-paths.js';
import type { OpenedImage, OpenImageContext } from './opened-image.js';
import { type Candidate, selectImage } from './select-image.js';
import { readTreeDocument } from './tree-document.js';

export interface LayoutCandidate extends Candidate {
  readonly descriptor: Descriptor;
}

/** The `index.json` of a layout. */
export interface LayoutIndex {
  readonly document: JsonDocument;
  readonly candidates: readonly LayoutCandidate[];
}

/**
 * Opens an image of an OCI image layout. If a `manifest.json` of Docker's stands beside it, the layout is the truth, and
 * each contradiction a note.
 * @param docker the entries of that `manifest.json`; null without one
 * @throws {OciDiffError} `ERR_JSON_INVALID`, `ERR_INDEX_INVALID`, `ERR_NOT_AN_IMAGE`, `ERR_AMBIGUOUS`,
 *   `ERR_NOT_FOUND`, `ERR_UNSUPPORTED` for another version of the layout, what the tree throws
 */
export async function openLayout(
  tree: FileTree,
  docker: readonly DockerManifestEntry[] | null,
  context: OpenImageContext,
): Promise<OpenedImage> {
  await checkVersion(tree, context);
  const { document, candidates } = await readLayoutIndex(tree, context);
  if (candidates.length === 0) {
    throw new OciDiffError('ERR_NOT_AN_IMAGE', `${LAYOUT_INDEX} names no image`, { location: { blob: LAYOUT_INDEX } });
  }
  const chosen = selectImage(candidates, context.ref, context.notation);
  const same = candidates.filter(({ digest }) => digest === chosen.digest);
  const names = new Set(same.flatMap((candidate) => candidate.names.map(normalizeImageName)));
  const only = new Set(candidates.map(({ digest }) => digest)).size === 1;
  const entry = docker === null ? null : entryFor(docker, names, only);
  if (entry !== null) await tellContradictions(tree, chosen.descriptor, entry, context);
  return {
    kind: tree.medium === 'archive' ? 'oci-archive' : 'oci',
    root: { type: 'descriptor', descriptor: chosen.descriptor },
    wrapping: {
      ...layoutWrapping(document, chosen.position),
      ...entry?.wrapping,
      ...(await readRepositories(tree, context)),
    },
    pathsOf: ({ digest, name }) => [digest === null ? name : blobPath(digest)],
  };
}

async function checkVersion(tree: FileTree, context: OpenImageContext): Promise<void> {
  if ((await tree.stat(LAYOUT_MARKER)) === null) return;
  const { root } = await readTreeDocument(tree, LAYOUT_MARKER, context);
  const version = root.type === 'object' ? optionalMember(root, 'imageLayoutVersion') : undefined;
  const location = { blob: LAYOUT_MARKER };
  if (version?.type !== 'string') {
    throw new OciDiffError('ERR_NOT_AN_IMAGE', `${LAYOUT_MARKER} states no imageLayoutVersion`, { location });
  }
  if (version.value.startsWith('1.')) return;
  const told = JSON.stringify(version.value.slice(0, 200));
  throw new OciDiffError('ERR_UNSUPPORTED', `${LAYOUT_MARKER}: the layout's version is ${told}, not 1.0.0`, {
    location,
  });
}

/**
 * The images that `index.json` names; none is read.
 * @throws {OciDiffError} `ERR_JSON_INVALID`, `ERR_INDEX_INVALID`, `ERR_LIMIT_EXCEEDED`, what the tree throws
 */
export async function readLayoutIndex(tree: FileTree, context: OpenImageContext): Promise<LayoutIndex> {
  const document = await readTreeDocument(tree, LAYOUT_INDEX, context);
  return { document, candidates: candidatesOf(document, context) };
}

function candidatesOf(document: JsonDocument, { limits }: OpenImageContext): LayoutCandidate[] {
  try {
    documentKind(document, OCI_INDEX);
    const { manifests } = parseIndex(document);
    checkLimit(limits, 'indexManifests', manifests.length, 'descriptors in the index');
    return manifests.map((descriptor, position) => {
      const { annotations, digest } = descriptor;
      const names = [annotations?.['io.containerd.image.name'], annotations?.['org.opencontainers.image.ref.name']];
      return {
        position,
        digest,
        descriptor,
        names: names.filter((name) => name !== undefined && name !== '') as string[],
      };
    });
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { blob: LAYOUT_INDEX });
  }
}

/** What `index.json` says of the image at `position` beyond naming it, and of itself. */
export function layoutWrapping(document: JsonDocument, position: number): Record<string, unknown> {
  const wrapping: Record<string, unknown> = Object.create(null);
  const { root } = document;
  if (root.type !== 'object') return wrapping;
  for (const [key, { value }] of root.members) {
    if (key !== 'schemaVersion' && key !== 'manifests') wrapping[`${LAYOUT_INDEX} ${key}`] = toValue(value);
  }
  const manifests = optionalMember(root, 'manifests');
  const entry: JsonNode | undefined = manifests?.type === 'array' ? manifests.items[position] : undefined;
  if (entry?.type !== 'object') return wrapping;
  for (const [key, { value }] of entry.members) {
    if (key !== 'digest' && key !== 'size') wrapping[key] = toValue(value);
  }
  return wrapping;
}

/* Docker's entry for the same image: the one with its name, or the only one for the only image. */
function entryFor(
  docker: readonly DockerManifestEntry[],
  names: ReadonlySet<string>,
  only: boolean,
): DockerManifestEntry | null {
  const named = docker.find((entry) => entry.names.some((name) => names.has(normalizeImageName(name))));
  if (named !== undefined) return named;
  return only && docker.length === 1 ? (docker[0] ?? null) : null;
}

async function tellContradictions(
  tree: FileTree,
  descriptor: Descriptor,
  entry: DockerManifestEntry,
  context: OpenImageContext,
): Promise<void> {
  let contradictions: readonly string[] = [];
  try {
    contradictions = await findContradictions(tree, descriptor, entry, context);
  } catch (error) {
    throwIfAborted(context.signal);
    if (!(error instanceof OciDiffError)) throw error;
    /* What is wrong with a document of the image is told where that document is loaded. */
  }
  for (const message of contradictions) context.onNote({ code: 'manifest-contradiction', message });
}
