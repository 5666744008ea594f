import { readAll } from '../bytes/read-all.js';
import type { ByteStream } from '../bytes/stream.js';
import { verify } from '../bytes/verify.js';
import { wrapError } from '../errors.js';
import { parseJson } from '../json/parse.js';
import type { JsonDocument } from '../json/value.js';
import { checkLimit, type Limits } from '../limits.js';
import type { NoteSink } from '../notes.js';
import type { BlobRef } from './blob-store.js';

export interface ReadDocumentOptions {
  readonly limits: Limits;
  readonly onNote: NoteSink;
}

/** Pairs of keys that one note names. */
const TWINS_TOLD = 5;

/**
 * A JSON document read to its end and held against what `ref` says of it. Keys that differ only in case become a note.
 * @throws {OciDiffError} with the document's name: what `stream` and `verify` throw, `ERR_JSON_INVALID`,
 *   `ERR_LIMIT_EXCEEDED`
 */
export async function readDocument(
  ref: BlobRef,
  stream: ByteStream,
  { limits, onNote }: ReadDocumentOptions,
): Promise<JsonDocument> {
  try {
    if (ref.size !== null) checkLimit(limits, 'documentBytes', ref.size, 'bytes of a JSON document');
    const { digest, size, name } = ref;
    const verified = digest === null && size === null ? stream : verify(stream, { digest, size, name });
    const bytes = await readAll(verified, limits.documentBytes, 'bytes of a JSON document');
    const document = parseJson(bytes, {
      maxDepth: limits.jsonDepth,
      maxBytes: limits.documentBytes,
      maxValues: limits.jsonValues,
    });
    const { caseTwins } = document;
    if (caseTwins.length > 0) {
      const told = caseTwins.slice(0, TWINS_TOLD).map(([first, second]) => `${first} and ${second}`);
      const more = caseTwins.length > TWINS_TOLD ? `, and ${caseTwins.length - TWINS_TOLD} more` : '';
      onNote({ code: 'json-key-case', message: `${name}: keys differ only in case: ${told.join(', ')}${more}` });
    }
    return document;
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { blob: ref.name });
  }
}
