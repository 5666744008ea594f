import { OciDiffError } from '../errors.js';

/**
 * `bytes` as text; a byte-order mark is kept as U+FEFF.
 * @throws {OciDiffError} `ERR_JSON_INVALID` with the offset of the first byte that is not UTF-8, `ERR_LIMIT_EXCEEDED`
 * where the text is longer than a JavaScript string can be
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const offset = firstInvalidByte(bytes);
    if (offset === null) {
      throw new OciDiffError('ERR_LIMIT_EXCEEDED', 'JSON document: longer than a JavaScript string can be', { cause });
    }
    throw new OciDiffError('ERR_JSON_INVALID', 'invalid JSON: not UTF-8', { location: { offset }, cause });
  }
}

/** A fatal TextDecoder does not say where. A lenient one does: at the first U+FFFD that the bytes do not spell out. */
function firstInvalidByte(bytes: Uint8Array): number | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  let from = 0;
  let offset = 0;
  for (;;) {
    const at = text.indexOf('\ufffd', from);
    if (at === -1) return null;
    offset += Buffer.byteLength(text.slice(from, at), 'utf8');
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
}
