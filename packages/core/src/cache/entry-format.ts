import { sha256Bytes } from '../digest.js';
import type { TarEntryType, TarFormat, TarHeader } from '../tar/entry.js';

/** Their places are what is written: only add at the end, and with another `FORMAT_VERSION`. */
export const TYPES: readonly TarEntryType[] = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'character-device',
  'block-device',
  'fifo',
  'global-header',
];
export const FORMATS: readonly TarFormat[] = ['v7', 'ustar', 'pax', 'gnu', 'star'];

/** What follows of an entry, and what is as usual. */
export enum Flag {
  /** The time of the entry before. */
  SameTime = 1 << 0,
  Atime = 1 << 1,
  Ctime = 1 << 2,
  Pax = 1 << 3,
  Sparse = 1 << 4,
  LinkTarget = 1 << 5,
  /** A digest of content follows. */
  Content = 1 << 6,
  /** There is content, of no bytes: its digest is known. */
  EmptyContent = 1 << 7,
  /** It does not begin where the entry before ends. */
  Offset = 1 << 8,
  /** Fewer bytes are stored than the file has. */
  StoredSize = 1 << 9,
  Device = 1 << 10,
  Padding = 1 << 11,
}

/** What many entries of a layer have in common; written once. */
export type Template = Pick<
  TarHeader,
  'format' | 'type' | 'headerBytes' | 'mode' | 'uid' | 'gid' | 'uname' | 'gname' | 'style'
>;

/** Bytes of a sha256, as a latin1 string. */
export const DIGEST_BYTES = 32;
export const EMPTY_DIGEST: string = sha256Bytes(new Uint8Array(0));
const BLOCK_BYTES = 512;

/** Where the entry after `entry` begins, as a rule. */
export function endOf({ offset, headerBytes, storedSize }: TarHeader): number {
  return offset + headerBytes + Math.ceil(storedSize / BLOCK_BYTES) * BLOCK_BYTES;
}
