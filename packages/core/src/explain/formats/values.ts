import { latin1, utf8OfLatin1 } from '../../bytes/latin1.js';
import { digestHex, digestOf } from '../../digest.js';

/**
 * Lines, fields, blocks or entries of one file that are told apart; a file with more of them is left to others. Real
 * ones have a fraction of it, and each takes some microseconds and some hundred bytes of memory.
 */
export const MAX_RECORDS = 100_000;
/** Characters of one value that are shown. */
const SHOWN_CHARACTERS = 500;
/** Bytes of one value that are shown in hex. */
const SHOWN_HEX_BYTES = 64;

/** A view of the bytes of `content`. */
export function viewOf(content: Uint8Array): DataView {
  return new DataView(content.buffer, content.byteOffset, content.byteLength);
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** The bytes in hex; long ones are cut, and their digest and length are added. */
export function hexValue(bytes: Uint8Array): string {
  if (bytes.length <= SHOWN_HEX_BYTES) return toHex(bytes);
  return `${toHex(bytes.subarray(0, SHOWN_HEX_BYTES))}… (${describeBytes(bytes)})`;
}

/** `1,234 bytes, sha256 0123456789abcdef`: for what is too long or too secret to be shown. */
export function describeBytes(bytes: Uint8Array): string {
  return `${countOf(bytes.length, 'byte')}, sha256 ${shortDigest(bytes)}`;
}

/** The first 16 digits of the sha256 of `bytes`. */
export function shortDigest(bytes: Uint8Array): string {
  return digestHex(digestOf(bytes)).slice(0, 16);
}

/** The bytes as text: UTF-8, or else one character a byte. Long text is cut, and its digest and length are added. */
export function textValue(bytes: Uint8Array): string {
  const text = decodeText(bytes.length > 4 * SHOWN_CHARACTERS ? bytes.subarray(0, 4 * SHOWN_CHARACTERS) : bytes);
  if (bytes.length <= 4 * SHOWN_CHARACTERS && text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS)}… (${describeBytes(bytes)})`;
}

/** The bytes as UTF-8, or else one character a byte; whole, so only for what is known to be short. */
export function decodeText(bytes: Uint8Array): string {
  const text = latin1(bytes);
  return utf8OfLatin1(text) ?? text;
}

/** `1 byte`, `2 bytes`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A time in seconds since 1970, as people read it; the number itself where no calendar has it. */
export function timeValue(seconds: number): string | number {
  if (!(Math.abs(seconds) <= 8.64e12)) return seconds;
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Whether `content` has the latin1 text `magic` at `offset`. */
export function hasMagic(content: Uint8Array, magic: string, offset = 0): boolean {
  if (content.length < offset + magic.length) return false;
  for (let at = 0; at < magic.length; at++) if (content[offset + at] !== magic.charCodeAt(at)) return false;
  return true;
}

/** The lines of `content` as `[start, end)`, each with the newline that ends it. */
export function* linesOf(content: Uint8Array): Generator<{ start: number; end: number; text: Uint8Array }> {
  let start = 0;
  while (start < content.length) {
    const newline = content.indexOf(0x0a, start);
    const end = newline < 0 ? content.length : newline + 1;
    yield { start, end, text: content.subarray(start, newline < 0 ? end : newline) };
    start = end;
  }
}
