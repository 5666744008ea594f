import { digestHex, digestOf } from '../digest.js';
import { OciDiffError, wrapError } from '../errors.js';
import { documentKind, ownMediaType } from '../image/document-kind.js';
import { OCI_INDEX, OCI_MANIFEST } from '../image/media-type.js';
import type { FileTree } from './file-tree.js';
import type { OpenedImage, OpenImageContext } from './opened-image.js';
import { readTreeDocument } from './tree-document.js';

export const DIR_MANIFEST = 'manifest.json';

/**
 * Opens a skopeo `dir:` folder: `manifest.json` as it was in the registry, blobs named by the hex of their digest, the
 * manifests that an index names as `HEX.manifest.json`. Source: containers/image, directory/directory_transport.go.
 * @throws {OciDiffError} `ERR_JSON_INVALID`, `ERR_NOT_AN_IMAGE`, `ERR_MANIFEST_INVALID`, `ERR_MEDIA_TYPE_UNSUPPORTED`, what
 *   the tree throws
 */
export async function openSkopeoDir(tree: FileTree, context: OpenImageContext): Promise<OpenedImage> {
  if (context.ref !== null) {
    throw new OciDiffError('ERR_REFERENCE_INVALID', 'a dir: folder holds one image, so it takes no REF');
  }
  const document = await readTreeDocument(tree, DIR_MANIFEST, context);
  if (document.root.type === 'array') {
    throw new OciDiffError(
      'ERR_NOT_AN_IMAGE',
      'its manifest.json is that of docker save: an archive that was unpacked; pack it again with tar to have it read',
    );
  }
  try {
    const kind = documentKind(document, null);
    const own = document.root.type === 'object' ? ownMediaType(document.root) : null;
    const mediaType = own ?? (kind === 'index' ? OCI_INDEX : OCI_MANIFEST);
    const digest = digestOf(document.bytes);
    return {
      kind: 'dir',
      root: { type: 'descriptor', descriptor: { mediaType, digest, size: document.bytes.length } },
      wrapping: {},
      pathsOf: (blob) => {
        if (blob.digest === null) return [blob.name];
        if (blob.digest === digest) return [DIR_MANIFEST];
        return [digestHex(blob.digest), `${digestHex(blob.digest)}.manifest.json`];
      },
    };
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { blob: DIR_MANIFEST });
  }
}
