/*
 * Names, link targets and PAX values are bytes of no stated encoding. Inside ocidiff they are latin1 strings: one code
 * unit a byte, so nothing is lost, and comparing, hashing and storing them is as cheap as for any string.
 */

/** `bytes[start, end)` as a string of one code unit (0 to 255) a byte. */
export function latin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1', start, end);
}

/** The bytes that `latin1` made `text` of. */
export function latin1Bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

const fatalUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a latin1 string that holds UTF-8, or null where it does not. */
export function utf8OfLatin1(text: string): string | null {
  if (!/[\x80-\uffff]/.test(text)) return text;
  try {
    return fatalUtf8.decode(latin1Bytes(text));
  } catch {
    return null;
  }
}

/** Order of bytes, which for latin1 strings is the order of code units. */
export function compareLatin1(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
