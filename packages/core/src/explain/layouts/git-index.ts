import { createHash } from 'node:crypto';
import { beginsWith } from '../content-rule.js';
import { equalBytes, viewOf } from '../formats/values.js';

const HEADER_BYTES = 12;
const ENTRY_BYTES = 62;
const HASH_BYTES = 20;

/**
 * Git's index without what the file system gave: times, device, inode and owner of each file are 0, and the checksum
 * follows. Names, modes, sizes and object names stay, and so do extensions.
 * Source: gitformat-index(5), versions 2 and 3 with SHA-1.
 * @returns null for anything else
 */
export function withoutStat(content: Uint8Array): Uint8Array | null {
  if (!beginsWith(content, 'DIRC') || content.length < HEADER_BYTES + HASH_BYTES) return null;
  const end = content.length - HASH_BYTES;
  if (!equalBytes(sha1(content.subarray(0, end)), content.subarray(end))) return null;
  const view = viewOf(content);
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) return null;

  const output = Uint8Array.from(content);
  let at = HEADER_BYTES;
  for (let left = view.getUint32(8); left > 0; left--) {
    if (at + ENTRY_BYTES >= end) return null;
    output.fill(0, at, at + 24);
    output.fill(0, at + 28, at + 36);
    const extended = version === 3 && (view.getUint16(at + 60) & 0x4000) !== 0;
    const nameEnd = content.indexOf(0, at + ENTRY_BYTES + (extended ? 2 : 0));
    if (nameEnd < 0) return null;
    at += 8 * Math.floor((nameEnd - at + 8) / 8);
  }
  if (at > end) return null;
  output.set(sha1(output.subarray(0, end)), end);
  return output;
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}
