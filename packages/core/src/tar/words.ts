let lastBuffer: ArrayBufferLike | undefined;
let lastWords: Uint32Array = new Uint32Array(0);
let otherBuffer: ArrayBufferLike | undefined;
let otherWords: Uint32Array = new Uint32Array(0);

/**
 * All whole 32-bit words of the buffer below `bytes`. Those of the last two buffers are kept: the chunk that comes from
 * outside, and the reader's own for what it puts together.
 */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const { buffer } = bytes;
  if (buffer === lastBuffer) return lastWords;
  const words = buffer === otherBuffer ? otherWords : new Uint32Array(buffer, 0, buffer.byteLength >> 2);
  otherBuffer = lastBuffer;
  otherWords = lastWords;
  lastBuffer = buffer;
  lastWords = words;
  return words;
}

/** Below this, looking at single bytes is as fast. */
const FEW_BYTES = 16;

/** Whether `bytes[start, end)` is all NUL. */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (end - start >= FEW_BYTES) {
    const base = bytes.byteOffset;
    while (((base + at) & 3) !== 0) if (bytes[at++] !== 0) return false;
    const words = wordsOf(bytes);
    const last = (base + end) >> 2;
    for (let i = (base + at) >> 2; i < last; i++) if (words[i] !== 0) return false;
    at = (last << 2) - base;
  }
  for (; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
