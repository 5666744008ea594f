import { latin1 } from '../../bytes/latin1.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { countOf, hasMagic, textValue, timeValue, toHex, viewOf } from './values.js';

const AUX_HEADER_BYTES = 32;
const AUX_ENTRY_BYTES = 48;

/** One library that `ldconfig` has looked at. Numbers of 64 bits are as they stand; fields have their offsets. */
interface AuxEntry {
  /** Offset in the content. */
  readonly at: number;
  readonly inode: bigint;
  /** Seconds since 1970. */
  readonly ctime: bigint;
  readonly size: bigint;
  readonly dev: bigint;
  readonly flags: number;
  /** Null for a library without one; a latin1 string. */
  readonly soname: string | null;
  /** What stands behind the number of its name: the ISA level, or the version of the operating system, by version. */
  readonly level: number;
}

/** What `ldconfig` keeps in `var/cache/ldconfig/aux-cache`. */
export interface AuxCache {
  /** `1.0`, or `2.0` from glibc 2.36 on. */
  readonly version: string;
  readonly littleEndian: boolean;
  readonly entries: readonly AuxEntry[];
  /** The string table. */
  readonly strings: { readonly start: number; readonly end: number };
}

/**
 * Reads an aux-cache: header, entries, string table and nothing else, as `load_aux_cache` asks for.
 * Source: glibc, `elf/cache.c`, `struct aux_cache_file`.
 */
export function parseAuxCache(content: Uint8Array): AuxCache | null {
  if (content.length < AUX_HEADER_BYTES || !hasMagic(content, 'glibc-ld.so.auxcache-')) return null;
  const view = viewOf(content);
  for (const littleEndian of [true, false]) {
    const count = view.getUint32(24, littleEndian);
    const length = view.getUint32(28, littleEndian);
    const start = AUX_HEADER_BYTES + count * AUX_ENTRY_BYTES;
    if (start + length !== content.length) continue;
    const entries: AuxEntry[] = [];
    /* Each entry has a text of its own; entries that share long ones would make more of them than there is. */
    let texts = 0;
    for (let at = AUX_HEADER_BYTES; at < start; at += AUX_ENTRY_BYTES) {
      const name = view.getUint32(at + 36, littleEndian);
      const end = name === 0 ? 0 : content.indexOf(0, start + name);
      texts += name === 0 ? 0 : end + 1 - (start + name);
      if (end < 0 || texts > length) return null;
      entries.push({
        at,
        inode: view.getBigUint64(at, littleEndian),
        ctime: view.getBigUint64(at + 8, littleEndian),
        size: view.getBigUint64(at + 16, littleEndian),
        dev: view.getBigUint64(at + 24, littleEndian),
        flags: view.getInt32(at + 32, littleEndian),
        soname: name === 0 ? null : latin1(content, start + name, end),
        level: view.getUint32(at + 40, littleEndian),
      });
    }
    return { version: latin1(content, 21, 24), littleEndian, entries, strings: { start, end: content.length } };
  }
  return null;
}

/**
 * The aux-cache without what the file system that it was made on gives: inode, ctime and device are 0, as are four
 * bytes of padding that `ldconfig` does not set, and entries stand by name, flags and size and not by a hash of those.
 * Names, sizes, flags and levels of all libraries stay.
 * @returns null for what is no aux-cache, or one with bytes in its string table that belong to no entry
 */
export function canonicalAuxCache(content: Uint8Array): Uint8Array | null {
  const cache = parseAuxCache(content);
  if (cache === null) return null;
  let length = 1;
  for (const { soname } of cache.entries) length += soname === null ? 0 : soname.length + 1;
  if (length !== cache.strings.end - cache.strings.start || content[cache.strings.start] !== 0) return null;

  const output = Buffer.alloc(content.length);
  output.set(content.subarray(0, AUX_HEADER_BYTES));
  const view = viewOf(output);
  const sorted = [...cache.entries].sort(compareEntries);
  let text = 1;
  for (const [index, entry] of sorted.entries()) {
    const at = AUX_HEADER_BYTES + index * AUX_ENTRY_BYTES;
    view.setBigUint64(at + 16, entry.size, cache.littleEndian);
    view.setInt32(at + 32, entry.flags, cache.littleEndian);
    view.setUint32(at + 40, entry.level, cache.littleEndian);
    if (entry.soname === null) continue;
    view.setUint32(at + 36, text, cache.littleEndian);
    output.write(entry.soname, cache.strings.start + text, 'latin1');
    text += entry.soname.length + 1;
  }
  return output;
}

function compareEntries(a: AuxEntry, b: AuxEntry): number {
  const name0 = a.soname ?? '';
  const name1 = b.soname ?? '';
  if (name0 !== name1) return name0 < name1 ? -1 : 1;
  return a.flags - b.flags || Number(a.size - b.size) || a.level - b.level;
}

const AUX_FILE_FIELDS = /\/(inode|ctime|dev|padding)$|^order$/;

export const AUX_CACHE: FormatDecoder = {
  format: 'ldconfig-aux-cache',
  recognises: (_path, content) => hasMagic(content, 'glibc-ld.so.auxcache-'),
  compare(content0, content1) {
    const cache0 = parseAuxCache(content0);
    const cache1 = parseAuxCache(content1);
    if (cache0 === null || cache1 === null) return null;
    return compareParts(
      { format: this.format, isMetadata: (name) => AUX_FILE_FIELDS.test(name) },
      { content: content0, parts: auxParts(content0, cache0) },
      { content: content1, parts: auxParts(content1, cache1) },
    );
  },
};

function auxParts(content: Uint8Array, cache: AuxCache): Part[] {
  const parts: Part[] = [
    { name: 'magic', start: 0, end: 24, value: latin1(content, 0, 24) },
    { name: 'nlibs', start: 24, end: 28, value: cache.entries.length },
    { name: 'len_strings', start: 28, end: 32, value: cache.strings.end - cache.strings.start },
  ];
  /* Where the strings are those of the entries and no others, where they stand follows from the entries' order. */
  const derived = canonicalAuxCache(content) === null ? {} : { derived: true as const };
  for (const entry of cache.entries) {
    const { at } = entry;
    /* Libraries of one name differ by size. */
    const name = `${textValue(Buffer.from(entry.soname ?? '(no soname)', 'latin1'))} (${entry.size} bytes)`;
    parts.push({
      name,
      start: at,
      end: at + AUX_ENTRY_BYTES,
      value: () => `flags 0x${entry.flags.toString(16)}`,
      parts: () => [
        { name: 'inode', start: at, end: at + 8, value: String(entry.inode) },
        { name: 'ctime', start: at + 8, end: at + 16, value: timeValue(Number(entry.ctime)) },
        { name: 'size', start: at + 16, end: at + 24, value: String(entry.size) },
        { name: 'dev', start: at + 24, end: at + 32, value: String(entry.dev) },
        { name: 'flags', start: at + 32, end: at + 36, value: entry.flags },
        { name: 'soname', start: at + 36, end: at + 40, value: entry.soname, ...derived },
        { name: cache.version === '1.0' ? 'osversion' : 'isa_level', start: at + 40, end: at + 44, value: entry.level },
        { name: 'padding', start: at + 44, end: at + 48, value: toHex(content.subarray(at + 44, at + 48)) },
      ],
    });
  }
  parts.push({
    name: 'strings',
    ...cache.strings,
    value: countOf(cache.strings.end - cache.strings.start, 'byte'),
    opaque: true,
    ...derived,
  });
  return parts;
}

const CACHE_HEADER_BYTES = 48;
const CACHE_ENTRY_BYTES = 24;
const CACHE_MAGIC = 'glibc-ld.so.cache1.1';
const EXTENSION_MAGIC = 0xeaa42174;
/** Bytes of a path that are shown. */
const SHOWN_PATH_BYTES = 400;
const EXTENSION_NAMES: readonly string[] = ['generator', 'glibc-hwcaps'];

/**
 * Parts of an `ld.so.cache` in its new format, or null for anything else.
 * Source: glibc, `sysdeps/generic/dl-cache.h`, `struct cache_file_new`.
 */
function ldCacheParts(content: Uint8Array): Part[] | null {
  if (content.length < CACHE_HEADER_BYTES || !hasMagic(content, CACHE_MAGIC)) return null;
  const view = viewOf(content);
  /* 3: big endian; 2: little endian; 0: not said, by old versions. */
  const littleEndian = (content[28] as number) !== 3;
  const count = view.getUint32(20, littleEndian);
  const length = view.getUint32(24, littleEndian);
  const stringsEnd = CACHE_HEADER_BYTES + count * CACHE_ENTRY_BYTES + length;
  if (stringsEnd > content.length) return null;
  /* Entries may share the ends of their texts, but not so that they come to much more than the file. */
  let texts = 0;
  const textAt = (offset: number): string => {
    const bytes = content.subarray(offset, offset + SHOWN_PATH_BYTES);
    const end = bytes.indexOf(0);
    const text = textValue(end < 0 ? bytes : bytes.subarray(0, end));
    texts += text.length;
    return text;
  };
  const parts: Part[] = [
    { name: 'magic', start: 0, end: 20, value: CACHE_MAGIC },
    { name: 'nlibs', start: 20, end: 24, value: count },
    { name: 'len_strings', start: 24, end: 28, value: length },
    { name: 'flags', start: 28, end: 29, value: content[28] as number },
    { name: 'extension_offset', start: 32, end: 36, value: view.getUint32(32, littleEndian) },
  ];
  for (let at = CACHE_HEADER_BYTES; at < CACHE_HEADER_BYTES + count * CACHE_ENTRY_BYTES; at += CACHE_ENTRY_BYTES) {
    const value = textAt(view.getUint32(at + 8, littleEndian));
    if (texts > 8 * content.length) return null;
    parts.push({
      name: value,
      start: at,
      end: at + CACHE_ENTRY_BYTES,
      value: () => textAt(view.getUint32(at + 4, littleEndian)),
      parts: () => [
        { name: 'flags', start: at, end: at + 4, value: view.getInt32(at, littleEndian) },
        { name: 'key', start: at + 4, end: at + 8, value: view.getUint32(at + 4, littleEndian) },
        { name: 'value', start: at + 8, end: at + 12, value: view.getUint32(at + 8, littleEndian) },
        { name: 'osversion', start: at + 12, end: at + 16, value: view.getUint32(at + 12, littleEndian) },
        { name: 'hwcap', start: at + 16, end: at + 24, value: String(view.getBigUint64(at + 16, littleEndian)) },
      ],
    });
  }
  parts.push({ name: 'strings', start: stringsEnd - length, end: stringsEnd, value: `${length} bytes`, opaque: true });
  parts.push(...extensionParts(content, view, stringsEnd, littleEndian));
  return parts;
}

function extensionParts(content: Uint8Array, view: DataView, after: number, littleEndian: boolean): Part[] {
  const at = view.getUint32(32, littleEndian);
  if (at < after || at + 8 > content.length || view.getUint32(at, littleEndian) !== EXTENSION_MAGIC) return [];
  const count = view.getUint32(at + 4, littleEndian);
  const parts: Part[] = [];
  for (let n = 0; n < count && n < EXTENSION_NAMES.length && at + 24 + 16 * n <= content.length; n++) {
    const section = at + 8 + 16 * n;
    const name = EXTENSION_NAMES[view.getUint32(section, littleEndian)];
    const start = view.getUint32(section + 8, littleEndian);
    const end = start + view.getUint32(section + 12, littleEndian);
    if (name === undefined || start < at + 8 + 16 * count || end > content.length) continue;
    const bytes = content.subarray(start, end);
    parts.push({ name, start, end, value: name === 'generator' ? textValue(bytes) : `${bytes.length / 4} names` });
  }
  return parts.sort((a, b) => a.start - b.start);
}

export const LD_CACHE: FormatDecoder = {
  format: 'ld.so-cache',
  recognises: (_path, content) => hasMagic(content, CACHE_MAGIC),
  compare(content0, content1) {
    const parts0 = ldCacheParts(content0);
    const parts1 = ldCacheParts(content1);
    if (parts0 === null || parts1 === null) return null;
    return compareParts(
      { format: this.format },
      { content: content0, parts: parts0 },
      { content: content1, parts: parts1 },
    );
  },
};
