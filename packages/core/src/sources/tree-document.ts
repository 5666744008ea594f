import { readDocument } from '../image/read-document.js';
import type { JsonDocument } from '../json/value.js';
import type { Limits } from '../limits.js';
import type { NoteSink } from '../notes.js';
import type { FileTree } from './file-tree.js';

/**
 * A JSON document that a medium holds under a name and no digest.
 * @throws {OciDiffError} with the name: what the tree throws, `ERR_JSON_INVALID`, `ERR_LIMIT_EXCEEDED`
 */
export async function readTreeDocument(
  tree: FileTree,
  path: string,
  options: { readonly limits: Limits; readonly signal: AbortSignal | undefined; readonly onNote: NoteSink },
): Promise<JsonDocument> {
  const size = await tree.stat(path);
  return readDocument({ name: path, digest: null, size }, tree.open(path, options.signal), options);
}
