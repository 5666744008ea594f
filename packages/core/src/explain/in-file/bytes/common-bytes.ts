import { Buffer } from 'node:buffer';

/** Bytes that are compared at once: a call costs less than looking at so many one by one. */
const CHUNK_BYTES = 4096;

/** `bytes` as a Buffer over the same memory. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Order of two contents: shorter first, then by bytes. Methods that are no mirror images of themselves go by it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return a.length - b.length || Buffer.compare(a, b);
}

/** Offset from which `a` and `b` differ, from `start0` and `start1` on; no more than `length` bytes are looked at. */
export function commonPrefix(a: Buffer, b: Buffer, start0: number, start1: number, length: number): number {
  let at = 0;
  while (at < length) {
    const count = Math.min(CHUNK_BYTES, length - at);
    if (a.compare(b, start1 + at, start1 + at + count, start0 + at, start0 + at + count) !== 0) break;
    at += count;
  }
  while (at < length && a[start0 + at] === b[start1 + at]) at++;
  return at;
}

/** Bytes that are the same before `end0` and `end1`, no more than `length`. */
export function commonSuffix(a: Buffer, b: Buffer, end0: number, end1: number, length: number): number {
  let at = 0;
  while (at < length) {
    const count = Math.min(CHUNK_BYTES, length - at);
    if (a.compare(b, end1 - at - count, end1 - at, end0 - at - count, end0 - at) !== 0) break;
    at += count;
  }
  while (at < length && a[end0 - at - 1] === b[end1 - at - 1]) at++;
  return at;
}
