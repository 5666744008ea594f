import { latin1 } from '../../bytes/latin1.js';
import { type ByteSpan, beginsWith } from '../content-rule.js';

const AR_HEADER = 60;
const CPIO_HEADER = 110;
const TAR_BLOCK = 512;

/**
 * Where an ar archive has the time and owner of each member.
 * Source: ar(5).
 * @returns null for anything else, also a thin archive
 */
export function arTimes(content: Uint8Array): ByteSpan[] | null {
  if (!beginsWith(content, '!<arch>\n')) return null;
  const spans: ByteSpan[] = [];
  let at = 8;
  while (at < content.length) {
    const header = latin1(content, at, at + AR_HEADER);
    if (!/^.{16}[\d ]{32}\d{1,10} *`\n$/s.test(header)) return null;
    spans.push([at + 16, at + 40]);
    const size = Number(header.slice(48, 58));
    at += AR_HEADER + size + (size % 2);
  }
  return at === content.length || at === content.length + 1 ? spans : null;
}

/**
 * Where a cpio archive ("newc") has what its file system gave each member: time, device, and the inode of members
 * without hard links.
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 * @returns null for anything else; what follows the trailer is not looked into
 */
export function cpioTimes(content: Uint8Array): ByteSpan[] | null {
  const spans: ByteSpan[] = [];
  for (let at = 0; at + CPIO_HEADER <= content.length; ) {
    const header = latin1(content, at, at + CPIO_HEADER);
    if (!/^07070[12][0-9A-Fa-f]{104}$/.test(header)) return null;
    const field = (index: number): number => Number.parseInt(header.slice(6 + 8 * index, 14 + 8 * index), 16);
    const nameEnd = at + CPIO_HEADER + field(11);
    if (nameEnd > content.length) return null;
    if (field(4) <= 1) spans.push([at + 6, at + 14]);
    spans.push([at + 46, at + 54], [at + 62, at + 78]);
    if (latin1(content, at + CPIO_HEADER, nameEnd) === 'TRAILER!!!\0') return spans;
    at = fourth(fourth(nameEnd) + field(6));
  }
  return null;
}

function fourth(offset: number): number {
  return Math.ceil(offset / 4) * 4;
}

/**
 * Where a tar archive has the modification time of each member, and the checksum that follows from it.
 * Source: POSIX.1-2017, pax, "ustar Interchange Format".
 * @returns null for anything else, also for sizes that are not octal, and checksums that are wrong
 */
export function tarTimes(content: Uint8Array): ByteSpan[] | null {
  const spans: ByteSpan[] = [];
  for (let at = 0; at + TAR_BLOCK <= content.length; ) {
    const block = content.subarray(at, at + TAR_BLOCK);
    if (block[0] === 0) return spans.length > 0 && block.every((byte) => byte === 0) ? spans : null;
    const size = octal(block, 124, 136);
    if (latin1(block, 257, 262) !== 'ustar' || size === null || octal(block, 148, 156) !== checksum(block)) return null;
    if (octal(block, 136, 148) === null) return null;
    spans.push([at + 136, at + 156]);
    at += TAR_BLOCK * (1 + Math.ceil(size / TAR_BLOCK));
  }
  return null;
}

function octal(block: Uint8Array, start: number, end: number): number | null {
  const text = /^ *([0-7]+)[ \0]*$/.exec(latin1(block, start, end))?.[1];
  return text === undefined ? null : Number.parseInt(text, 8);
}

function checksum(block: Uint8Array): number {
  let sum = 0;
  for (const [i, byte] of block.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte;
  return sum;
}
