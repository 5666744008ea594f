import type { Value } from '../../json/plain.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { hasMagic, timeValue, toHex, viewOf } from './values.js';

/** How a header's field is read; `time` is one in seconds. */
type FieldKind = 'hex' | 'u32' | 'i32' | 'u64' | 'time32';

/** One field of a header of fixed form. */
type HeaderField = readonly [name: string, start: number, bytes: number, kind: FieldKind];

/** A format of which only the header is decoded: the rest is compared as bytes. */
interface HeaderFormat {
  readonly format: string;
  /** First bytes, latin1. */
  readonly magics: readonly string[];
  readonly littleEndian: boolean;
  readonly bytes: number;
  readonly fields: readonly HeaderField[];
  /** Fields that say only when a file was made. */
  readonly metadata?: readonly string[];
}

const FORMATS: readonly HeaderFormat[] = [
  {
    /* Source: systemd, `src/libsystemd/sd-hwdb/hwdb-internal.h`, `struct trie_header_f`. */
    format: 'hwdb',
    magics: ['KSLPHHRH'],
    littleEndian: true,
    bytes: 80,
    fields: [
      ['signature', 0, 8, 'hex'],
      ['tool_version', 8, 8, 'u64'],
      ['file_size', 16, 8, 'u64'],
      ['header_size', 24, 8, 'u64'],
      ['node_size', 32, 8, 'u64'],
      ['child_entry_size', 40, 8, 'u64'],
      ['value_entry_size', 48, 8, 'u64'],
      ['nodes_root_off', 56, 8, 'u64'],
      ['nodes_len', 64, 8, 'u64'],
      ['strings_len', 72, 8, 'u64'],
    ],
  },
  {
    /* Source: systemd, `src/libsystemd/sd-journal/catalog.c`, `CatalogHeader`. */
    format: 'journal-catalog',
    magics: ['RHHHKSLP'],
    littleEndian: true,
    bytes: 40,
    fields: [
      ['signature', 0, 8, 'hex'],
      ['compatible_flags', 8, 4, 'u32'],
      ['incompatible_flags', 12, 4, 'u32'],
      ['header_size', 16, 8, 'u64'],
      ['n_items', 24, 8, 'u64'],
      ['catalog_item_size', 32, 8, 'u64'],
    ],
  },
  {
    /* As 64-bit little-endian machines write it. Source: GDBM, `src/gdbmdefs.h`, `gdbm_file_header`. */
    format: 'gdbm',
    magics: ['\xce\x9a\x57\x13', '\xcd\x9a\x57\x13', '\xcf\x9a\x57\x13', '\xd0\x9a\x57\x13', '\xd1\x9a\x57\x13'],
    littleEndian: true,
    bytes: 40,
    fields: [
      ['header_magic', 0, 4, 'hex'],
      ['block_size', 4, 4, 'i32'],
      ['dir', 8, 8, 'u64'],
      ['dir_size', 16, 4, 'i32'],
      ['dir_bits', 20, 4, 'i32'],
      ['bucket_size', 24, 4, 'i32'],
      ['bucket_elems', 28, 4, 'i32'],
      ['next_block', 32, 8, 'u64'],
    ],
  },
  {
    /* As 64-bit little-endian machines write it. Source: fontconfig, `src/fcint.h`, `struct _FcCache`. */
    format: 'fontconfig-cache',
    magics: ['\x04\xfc\x02\xfc'],
    littleEndian: true,
    bytes: 64,
    fields: [
      ['magic', 0, 4, 'hex'],
      ['version', 4, 4, 'i32'],
      ['size', 8, 8, 'u64'],
      ['dir', 16, 8, 'u64'],
      ['dirs', 24, 8, 'u64'],
      ['dirs_count', 32, 4, 'i32'],
      ['set', 40, 8, 'u64'],
      ['checksum', 48, 4, 'time32'],
      ['checksum_nano', 56, 8, 'u64'],
    ],
    metadata: ['checksum', 'checksum_nano'],
  },
  {
    /* Source: GLib, `gvdb/gvdb-format.h`, `struct gvdb_header`. */
    format: 'gvdb',
    magics: ['GVariant'],
    littleEndian: true,
    bytes: 24,
    fields: [
      ['signature', 0, 8, 'hex'],
      ['version', 8, 4, 'u32'],
      ['options', 12, 4, 'u32'],
      ['root start', 16, 4, 'u32'],
      ['root end', 20, 4, 'u32'],
    ],
  },
  {
    /* Source: GnuPG, `doc/DETAILS`, "Record type 1". */
    format: 'gnupg-trustdb',
    magics: ['\x01gpg'],
    littleEndian: false,
    bytes: 40,
    fields: [
      ['magic', 0, 4, 'hex'],
      ['version', 4, 1, 'hex'],
      ['options', 5, 7, 'hex'],
      ['created', 12, 4, 'time32'],
      ['next check', 16, 4, 'time32'],
    ],
  },
  {
    /* Source: GnuPG, `kbx/keybox-blob.c`, "The first blob". */
    format: 'gnupg-keybox',
    magics: ['\x00\x00\x00\x20\x01\x01\x00\x02KBXf', '\x00\x00\x00\x20\x01\x01\x00\x00KBXf'],
    littleEndian: false,
    bytes: 32,
    fields: [
      ['magic', 0, 12, 'hex'],
      ['created', 16, 4, 'time32'],
      ['last maintained', 20, 4, 'time32'],
    ],
  },
];

/** Fields of the header of `content`, in their order; null for a header that is cut off. */
function partsOf({ fields, bytes, littleEndian }: HeaderFormat, content: Uint8Array): Part[] | null {
  if (content.length < bytes) return null;
  const view = viewOf(content);
  return fields.map(([name, start, length, kind]) => ({
    name,
    start,
    end: start + length,
    value: fieldValue(content, view, start, length, kind, littleEndian),
  }));
}

function fieldValue(
  content: Uint8Array,
  view: DataView,
  start: number,
  length: number,
  kind: FieldKind,
  littleEndian: boolean,
): Value {
  switch (kind) {
    case 'hex':
      return toHex(content.subarray(start, start + length));
    case 'u32':
      return view.getUint32(start, littleEndian);
    case 'i32':
      return view.getInt32(start, littleEndian);
    case 'u64':
      return String(view.getBigUint64(start, littleEndian));
    case 'time32':
      return timeValue(view.getUint32(start, littleEndian));
  }
}

function decoder(format: HeaderFormat): FormatDecoder {
  return {
    format: format.format,
    recognises: (_path, content) => format.magics.some((magic) => hasMagic(content, magic)),
    compare(content0, content1) {
      if (!this.recognises('', content0) || !this.recognises('', content1)) return null;
      const parts0 = partsOf(format, content0);
      const parts1 = partsOf(format, content1);
      if (parts0 === null || parts1 === null) return null;
      return compareParts(
        { format: format.format, isMetadata: (name) => format.metadata?.includes(name) === true },
        { content: content0, parts: parts0 },
        { content: content1, parts: parts1 },
      );
    },
  };
}

/** Formats with a header of fixed form; what is behind it is told as bytes. */
export const HEADERS: readonly FormatDecoder[] = FORMATS.map(decoder);
