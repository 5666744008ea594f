/** A tar writer for the benchmark alone (POSIX.1-1988, ustar); it shares nothing with the reader that it measures. */

const BLOCK = 512;
const ZEROS = Buffer.alloc(BLOCK);
/** Two zero blocks. */
export const TRAILER = Buffer.alloc(2 * BLOCK);

/** @typedef {'file' | 'hardlink' | 'symlink' | 'folder'} EntryType */
const FLAGS = { file: '0', hardlink: '1', symlink: '2', folder: '5' };
const MODES = { file: 0o644, hardlink: 0o644, symlink: 0o777, folder: 0o755 };

/**
 * @param {{ path: string, size?: number, type?: EntryType, linkTarget?: string, later?: number }} entry `later`: seconds
 *   on the time that all entries have
 * @returns {Buffer} the entry's header block
 */
export function header({ path, size = 0, type = 'file', linkTarget = '', later = 0 }) {
  const block = Buffer.alloc(BLOCK);
  const cut = path.length > 100 ? path.indexOf('/', path.length - 101) : -1;
  if (path.length > 100 && (cut === -1 || cut > 155)) throw new Error(`too long for ustar: ${path}`);
  block.write(path.slice(cut + 1), 0);
  if (cut > 0) block.write(path.slice(0, cut), 345);
  block.write(octal(MODES[type], 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(1_677_619_260 + later, 12), 136);
  block.write('        ', 148);
  block.write(FLAGS[type], 156);
  if (linkTarget.length > 100) throw new Error(`too long for ustar: ${linkTarget}`);
  block.write(linkTarget, 157);
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
