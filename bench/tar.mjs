/** A tar writer for the benchmark alone (POSIX.1-1988, ustar); it shares nothing with the reader that it measures. */

const BLOCK = 512;
const ZEROS = Buffer.alloc(BLOCK);
/** Two zero blocks. */
export const TRAILER = Buffer.alloc(2 * BLOCK);

/**
 * @param {{ path: string, size?: number, folder?: boolean, mode?: number }} entry
 * @returns {Buffer} the entry's header block
 */
export function header({ path, size = 0, folder = false, mode = folder ? 0o755 : 0o644 }) {
  const block = Buffer.alloc(BLOCK);
  const cut = path.length > 100 ? path.indexOf('/', path.length - 101) : -1;
  if (path.length > 100 && (cut === -1 || cut > 155)) throw new Error(`too long for ustar: ${path}`);
  block.write(path.slice(cut + 1), 0);
  if (cut > 0) block.write(path.slice(0, cut), 345);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(1_677_619_260, 12), 136);
  block.write('        ', 148);
  block.write(folder ? '5' : '0', 156);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/**
 * @param {number} size
 * @returns {Buffer} the zeros after a content of `size` bytes
 */
export function padding(size) {
  return ZEROS.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

/**
 * @param {number} size
 * @returns {number} bytes that an entry takes whose content has `size` bytes
 */
export function entryBytes(size) {
  return BLOCK * (1 + Math.ceil(size / BLOCK));
}

/**
 * @param {number} value
 * @param {number} width
 */
function octal(value, width) {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
