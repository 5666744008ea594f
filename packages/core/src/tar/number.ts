import { tarInvalid } from './error.js';
import { isZero } from './words.js';

const SPACE = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;

/** A numeric field as decoded: its value, and how it is written ('' for the usual way, see `decodeNumber`). */
export interface NumberField {
  value: number;
  style: string;
}

/* One result object is reused: a header has eight numbers, and a layer a million headers. */
const result: NumberField = { value: 0, style: '' };

/**
 * Decodes the numeric field `block[at, at + length)`: octal digits (POSIX), or base 256 in two's complement where the
 * first bit is set (GNU). `style` is '' for zero-padded octal that ends with one NUL, else one of
 * - `e`: empty, all NUL (value 0)
 * - `b`: base 256
 * - `o<pad><width>+<hex>`: octal padded to `width` with `pad` (`0` or a space), then the bytes in hex
 * - `x<hex>`: anything else that still has a value, byte by byte
 *
 * Spaces and NULs before the digits are skipped, and what follows a NUL after them is not looked at, as in Go's
 * archive/tar, which every engine reads layers with.
 * The returned object is valid until the next call.
 * @throws {OciDiffError} `ERR_TAR_INVALID` for other characters and values beyond ±2^53
 */
export function decodeNumber(block: Uint8Array, at: number, length: number, offset: number, name: string): NumberField {
  const first = block[at] as number;
  if ((first & 0x80) !== 0) return decodeBase256(block, at, length, offset, name);
  const end = at + length;
  let value = 0;
  let position = at;
  /* The usual way, in one pass without further checks. */
  for (; position < end - 1; position++) {
    const digit = (block[position] as number) - ZERO;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (position === end - 1 && block[position] === 0) {
    result.value = value;
    result.style = '';
    return result;
  }
  return decodeOddOctal(block, at, end, offset, name);
}

function decodeOddOctal(block: Uint8Array, at: number, end: number, offset: number, name: string): NumberField {
  let start = at;
  while (start < end && (block[start] === SPACE || block[start] === 0)) start++;
  if (start === end) {
    result.value = 0;
    result.style = isZero(block, at, end) ? 'e' : `x${hex(block, at, end)}`;
    return result;
  }
  let value = 0;
  let position = start;
  for (; position < end; position++) {
    const byte = block[position] as number;
    if (byte < ZERO || byte > SEVEN) break;
    value = value * 8 + (byte - ZERO);
  }
  if (position === start || !endsNumber(block, position, end)) {
    throw tarInvalid(offset, `the ${name} field is not a number (${hex(block, at, end)})`);
  }
  result.value = value;
  /* Digits that begin at once are zero-padded to their width, whatever it is; `644` alone has the width 3. */
  const spacePadded = start > at && isAll(block, at, start, SPACE) && value.toString(8).length === position - start;
  const pad = start === at ? '0' : spacePadded ? ' ' : null;
  result.style = pad === null ? `x${hex(block, at, end)}` : `o${pad}${position - at}+${hex(block, position, end)}`;
  return result;
}

/* After the digits a NUL, whose followers are not looked at, or a space; after that, spaces and NULs only. */
function endsNumber(block: Uint8Array, at: number, end: number): boolean {
  if (at === end || block[at] === 0) return true;
  for (let i = at; i < end; i++) if (block[i] !== SPACE && block[i] !== 0) return false;
  return true;
}

function decodeBase256(block: Uint8Array, at: number, length: number, offset: number, name: string): NumberField {
  const negative = ((block[at] as number) & 0x40) !== 0;
  let value = 0;
  for (let i = 0; i < length; i++) {
    let byte = block[at + i] as number;
    if (i === 0) byte = negative ? byte | 0x80 : byte & 0x7f;
    value = value * 256 + (negative ? 255 - byte : byte);
    if (value > Number.MAX_SAFE_INTEGER) {
      throw tarInvalid(offset, `the ${name} field is beyond 2^53 (${hex(block, at, at + length)})`);
    }
  }
  result.value = negative ? -1 - value : value;
  result.style = 'b';
  return result;
}

/** `bytes[start, end)` in lower-case hex. */
export function hex(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += (bytes[i] as number).toString(16).padStart(2, '0');
  return text;
}

function isAll(bytes: Uint8Array, start: number, end: number, byte: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== byte) return false;
  return true;
}
