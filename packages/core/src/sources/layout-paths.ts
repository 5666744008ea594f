import { type Digest, digestAlgorithm, digestHex } from '../digest.js';

/* Source: image-spec, image-layout.md. */
export const LAYOUT_MARKER = 'oci-layout';
export const LAYOUT_INDEX = 'index.json';

/** The path of a blob in a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}
