import { OciDiffError, wrapError } from '../errors.js';
import type { FileKind } from '../image/reference.js';
import { readBesideDocker } from './beside-docker.js';
import { isClassicStore } from './classic-store.js';
import { DOCKER_MANIFEST, type DockerManifestEntry, openDockerImage, parseDockerManifest } from './docker-manifest.js';
import type { FileTree } from './file-tree.js';
import { openLayout } from './layout.js';
import { LAYOUT_INDEX, LAYOUT_MARKER } from './layout-paths.js';
import type { OpenedImage, OpenImageContext } from './opened-image.js';
import { selectImage } from './select-image.js';
import { DIR_MANIFEST, openSkopeoDir } from './skopeo-dir.js';
import { readTreeDocument } from './tree-document.js';

/** Where the image is, as far as the user said it. */
export interface ImagePlace {
  readonly kind: FileKind | null;
  /** For messages. */
  readonly path: string;
}

/** Names that an error lists. */
const MAX_NAMES = 8;

/**
 * Opens an image in an archive. One that is both an OCI layout and a `docker save` archive is read as the kind that the
 * user named; without one as a layout, unless Docker's classic store wrote it (see `isClassicStore`).
 * @throws {OciDiffError} `ERR_NOT_AN_IMAGE` where it is no image, or none of the kind that the user named
 */
export async function openArchiveImage(
  tree: FileTree,
  { kind, path }: ImagePlace,
  context: OpenImageContext,
): Promise<OpenedImage> {
  const layout = (await tree.stat(LAYOUT_INDEX)) !== null;
  const manifest = (await tree.stat(DOCKER_MANIFEST)) !== null;
  if (!layout && !manifest)
    throw await notAnImage(tree, path, ['a layout (index.json)', 'docker save (manifest.json)']);
  if (kind === 'oci-archive' && !layout) throw otherKind(path, kind, 'docker-archive', 'it has no index.json');
  if (kind === 'docker-archive' && !manifest) throw otherKind(path, kind, 'oci-archive', 'it has no manifest.json');
  return openLayoutOrDocker(tree, { layout, manifest }, { kind, path }, context);
}

/**
 * Opens an image in a folder.
 * @throws {OciDiffError} `ERR_NOT_AN_IMAGE` where it is no image, or none of the kind that the user named
 */
export async function openFolderImage(
  tree: FileTree,
  { kind, path }: ImagePlace,
  context: OpenImageContext,
): Promise<OpenedImage> {
  const manifest = (await tree.stat(DIR_MANIFEST)) !== null;
  const layout = (await tree.stat(LAYOUT_INDEX)) !== null;
  if (!layout && (await tree.stat(LAYOUT_MARKER)) !== null) {
    throw new OciDiffError('ERR_NOT_AN_IMAGE', `${path} has an ${LAYOUT_MARKER} file, but no ${LAYOUT_INDEX}`);
  }
  if (!layout && !manifest)
    throw await notAnImage(tree, path, ['a layout (index.json)', 'skopeo dir: (manifest.json)']);
  if (kind === 'oci' && !layout) throw otherKind(path, kind, 'dir', 'it has no index.json');
  if (kind === 'dir' && layout) throw otherKind(path, kind, 'oci', 'it has an index.json');
  if (layout) return openLayoutOrDocker(tree, { layout, manifest }, { kind, path }, context);
  return openSkopeoDir(tree, context);
}

async function openLayoutOrDocker(
  tree: FileTree,
  { layout, manifest }: { readonly layout: boolean; readonly manifest: boolean },
  { kind, path }: ImagePlace,
  context: OpenImageContext,
): Promise<OpenedImage> {
  const isAsked = kind === 'docker-archive';
  const entries = manifest ? await readEntries(tree, layout && !isAsked, context) : null;
  const isDocker =
    isAsked || !layout || (kind === null && entries !== null && (await isClassicStore(tree, entries, context)));
  if (entries === null || !isDocker) return openLayout(tree, entries, context);
  if (entries.length === 0) throw new OciDiffError('ERR_NOT_AN_IMAGE', `${path}: ${DOCKER_MANIFEST} lists no image`);
  const entry = selectImage(entries, context.ref, context.notation.replace(/^oci-archive:/, 'docker-archive:'));
  const image = await openDockerImage(tree, entry, context);
  if (!layout) return image;
  return { ...image, wrapping: { ...(await readBesideDocker(tree, entry, context)), ...image.wrapping } };
}

/* A broken manifest.json beside a layout takes nothing from the layout. */
async function readEntries(
  tree: FileTree,
  layout: boolean,
  context: OpenImageContext,
): Promise<DockerManifestEntry[] | null> {
  try {
    return parseDockerManifest(await readTreeDocument(tree, DOCKER_MANIFEST, context));
  } catch (error) {
    const wrapped = wrapError(error, 'ERR_IO', { blob: DOCKER_MANIFEST });
    if (!layout || (wrapped.code !== 'ERR_JSON_INVALID' && wrapped.code !== 'ERR_ARCHIVE_INVALID')) throw wrapped;
    const message = `${DOCKER_MANIFEST} beside the layout cannot be read: ${wrapped.message}`;
    context.onNote({ code: 'manifest-contradiction', message });
    return null;
  }
}

function otherKind(path: string, given: FileKind, found: FileKind, why: string): OciDiffError {
  return new OciDiffError('ERR_NOT_AN_IMAGE', `${path} is no ${given}: ${why}; it looks like ${found}`);
}

async function notAnImage(tree: FileTree, path: string, looked: readonly string[]): Promise<OciDiffError> {
  const names = await tree.topNames();
  const more = names.length > MAX_NAMES ? `, and ${names.length - MAX_NAMES} more` : '';
  const found = names.length === 0 ? 'nothing' : `${names.slice(0, MAX_NAMES).join(', ')}${more}`;
  const guess = guessOf(names, tree.medium);
  return new OciDiffError(
    'ERR_NOT_AN_IMAGE',
    `${path} is no image: looked for ${looked.join(' and ')}, found ${found}${guess === null ? '' : `; ${guess}`}`,
  );
}

function guessOf(names: readonly string[], medium: FileTree['medium']): string | null {
  const has = (name: string): boolean => names.includes(name) || names.includes(`${name}/`);
  if (has('repositories')) return 'it looks like docker save of a Docker before 1.10, which is not read';
  if (['etc', 'usr', 'bin', 'var'].filter(has).length >= 2) {
    return `it looks like a root file system (docker export?) or a layer, not an image`;
  }
  return medium === 'folder' && has('blobs') ? 'it has blobs, but no index.json' : null;
}
