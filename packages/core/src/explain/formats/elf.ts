import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { countOf, describeBytes, hasMagic, hexValue, textValue, toHex, viewOf } from './values.js';

/** Bytes of a section's name that are shown. */
const SHOWN_NAME_BYTES = 200;
/** How often the sections of one file may cover it; real ones do not overlap. */
const MAX_COVER = 2;
const PT_LOAD = 1;
const SHT_NOTE = 7;
const SHT_NOBITS = 8;
const SHN_XINDEX = 0xffff;
const NT_GNU_BUILD_ID = 3;
const NT_GO_BUILD_ID = 4;

/** A section of an ELF file: `content[start, end)`. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** Its header: `content[header, header + headerBytes)`. */
  readonly header: number;
}

/** An ELF file, as far as its section headers go. */
export interface Elf {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly headerBytes: number;
  readonly sections: readonly ElfSection[];
  /** What is mapped into memory, by the program headers: `content[start, end)`. */
  readonly loaded: readonly ElfRange[];
}

interface ElfRange {
  readonly start: number;
  readonly end: number;
}

/** One field of a header: its name, offset and bytes. */
type HeaderField = readonly [name: string, offset: number, bytes: number];

const HEADER_64: readonly HeaderField[] = [
  ['e_ident', 0, 16],
  ['e_type', 16, 2],
  ['e_machine', 18, 2],
  ['e_version', 20, 4],
  ['e_entry', 24, 8],
  ['e_phoff', 32, 8],
  ['e_shoff', 40, 8],
  ['e_flags', 48, 4],
  ['e_ehsize', 52, 2],
  ['e_phentsize', 54, 2],
  ['e_phnum', 56, 2],
  ['e_shentsize', 58, 2],
  ['e_shnum', 60, 2],
  ['e_shstrndx', 62, 2],
];
const HEADER_32: readonly HeaderField[] = [
  ['e_ident', 0, 16],
  ['e_type', 16, 2],
  ['e_machine', 18, 2],
  ['e_version', 20, 4],
  ['e_entry', 24, 4],
  ['e_phoff', 28, 4],
  ['e_shoff', 32, 4],
  ['e_flags', 36, 4],
  ['e_ehsize', 40, 2],
  ['e_phentsize', 42, 2],
  ['e_phnum', 44, 2],
  ['e_shentsize', 46, 2],
  ['e_shnum', 48, 2],
  ['e_shstrndx', 50, 2],
];
const PROGRAM_HEADER_BYTES = { 32: 32, 64: 56 } as const;
const SECTION_HEADER_BYTES = { 32: 40, 64: 64 } as const;

/**
 * Reads the header and the section headers of an ELF file, 32 or 64 bits, of either byte order.
 * Source: System V ABI, "Object Files"; elf(5).
 * @returns null for anything else, and where sections reach beyond the file or lie upon each other
 */
export function parseElf(content: Uint8Array): Elf | null {
  if (!hasMagic(content, '\x7fELF') || content.length < 52) return null;
  const is64 = content[4] === 2;
  const littleEndian = content[5] === 1;
  if ((!is64 && content[4] !== 1) || (!littleEndian && content[5] !== 2)) return null;
  const headerBytes = is64 ? 64 : 52;
  if (content.length < headerBytes) return null;
  const view = viewOf(content);
  const word = (at: number): number =>
    is64 ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  const tableAt = word(is64 ? 40 : 32);
  const entryBytes = view.getUint16(is64 ? 58 : 46, littleEndian);
  let count = view.getUint16(is64 ? 60 : 48, littleEndian);
  let names = view.getUint16(is64 ? 62 : 50, littleEndian);
  const loaded = loadedRanges(view, is64, littleEndian);
  if (loaded === null) return null;
  if (tableAt === 0) return { is64, littleEndian, headerBytes, sections: [], loaded };
  if (entryBytes !== SECTION_HEADER_BYTES[is64 ? 64 : 32] || tableAt < headerBytes) return null;
  if (tableAt + entryBytes > content.length) return null;
  const sizeOf = (header: number): number => word(header + (is64 ? 32 : 20));
  const offsetOf = (header: number): number => word(header + (is64 ? 24 : 16));
  /* Numbers that do not fit stand in the first section's header. */
  if (count === 0) count = sizeOf(tableAt);
  if (names === SHN_XINDEX) names = view.getUint32(tableAt + (is64 ? 40 : 24), littleEndian);
  if (tableAt + count * entryBytes > content.length) return null;

  const namesAt = names < count ? offsetOf(tableAt + names * entryBytes) : content.length;
  const sections: ElfSection[] = [];
  let cover = 0;
  for (let header = tableAt; header < tableAt + count * entryBytes; header += entryBytes) {
    const type = view.getUint32(header + 4, littleEndian);
    const start = offsetOf(header);
    const size = type === SHT_NOBITS || type === 0 ? 0 : sizeOf(header);
    cover += size;
    if (start + size > content.length && size > 0) return null;
    if (cover > MAX_COVER * content.length) return null;
    const name = namesAt + view.getUint32(header, littleEndian);
    const at = Math.min(start, content.length);
    sections.push({ name: nameAt(content, name), type, start: at, end: at + size, header });
  }
  return { is64, littleEndian, headerBytes, sections, loaded };
}

/* Null where the program headers are not as the ABI has them. */
function loadedRanges(view: DataView, is64: boolean, littleEndian: boolean): ElfRange[] | null {
  const word = (at: number): number =>
    is64 ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  const tableAt = word(is64 ? 32 : 28);
  const entryBytes = view.getUint16(is64 ? 54 : 42, littleEndian);
  const count = view.getUint16(is64 ? 56 : 44, littleEndian);
  if (count === 0) return [];
  if (entryBytes !== PROGRAM_HEADER_BYTES[is64 ? 64 : 32] || tableAt + count * entryBytes > view.byteLength)
    return null;
  const ranges: ElfRange[] = [];
  for (let at = tableAt; at < tableAt + count * entryBytes; at += entryBytes) {
    if (view.getUint32(at, littleEndian) !== PT_LOAD) continue;
    const start = word(at + (is64 ? 8 : 4));
    ranges.push({ start, end: start + word(at + (is64 ? 32 : 16)) });
  }
  return ranges;
}

function nameAt(content: Uint8Array, at: number): string {
  const bytes = content.subarray(Math.min(at, content.length), at + SHOWN_NAME_BYTES);
  const end = bytes.indexOf(0);
  return textValue(end < 0 ? bytes : bytes.subarray(0, end));
}

export const ELF: FormatDecoder = {
  format: 'elf',
  recognises: (_path, content) => hasMagic(content, '\x7fELF'),
  compare(content0, content1) {
    const elf0 = parseElf(content0);
    const elf1 = parseElf(content1);
    if (elf0 === null || elf1 === null) return null;
    return compareParts(
      { format: this.format },
      { content: content0, parts: partsOf(content0, elf0) },
      { content: content1, parts: partsOf(content1, elf1) },
    );
  },
};

function partsOf(content: Uint8Array, elf: Elf): Part[] {
  const view = viewOf(content);
  const parts: Part[] = (elf.is64 ? HEADER_64 : HEADER_32).map(([name, start, bytes]) => ({
    name,
    start,
    end: start + bytes,
    value: numberText(content, view, start, bytes, elf.littleEndian),
  }));
  const headerBytes = SECTION_HEADER_BYTES[elf.is64 ? 64 : 32];
  for (const section of elf.sections) {
    const { start, end } = section;
    const bytes = content.subarray(start, end);
    if (end > start)
      parts.push({ ...contentPart(content, section, elf.littleEndian, bytes), name: section.name, start, end });
    parts.push({
      name: `section header ${section.name}`,
      start: section.header,
      end: section.header + headerBytes,
      value: () => `type ${section.type}, ${countOf(end - start, 'byte')}`,
      parts: () => sectionHeaderParts(content, view, section.header, elf),
    });
  }
  return parts.sort((a, b) => a.start - b.start);
}

const SECTION_64: readonly HeaderField[] = [
  ['sh_name', 0, 4],
  ['sh_type', 4, 4],
  ['sh_flags', 8, 8],
  ['sh_addr', 16, 8],
  ['sh_offset', 24, 8],
  ['sh_size', 32, 8],
  ['sh_link', 40, 4],
  ['sh_info', 44, 4],
  ['sh_addralign', 48, 8],
  ['sh_entsize', 56, 8],
];

function sectionHeaderParts(content: Uint8Array, view: DataView, header: number, elf: Elf): Part[] {
  let start = header;
  return SECTION_64.map(([name, , bytes64]) => {
    const at = start;
    const bytes = elf.is64 ? bytes64 : 4;
    start += bytes;
    return { name, start: at, end: start, value: numberText(content, view, at, bytes, elf.littleEndian) };
  });
}

function numberText(content: Uint8Array, view: DataView, at: number, bytes: number, littleEndian: boolean): string {
  if (bytes === 2) return `0x${view.getUint16(at, littleEndian).toString(16)}`;
  if (bytes === 4) return `0x${view.getUint32(at, littleEndian).toString(16)}`;
  if (bytes === 8) return `0x${view.getBigUint64(at, littleEndian).toString(16)}`;
  return toHex(content.subarray(at, at + bytes));
}

/** What a section says: notes and texts in words, others as bytes. */
function contentPart(
  content: Uint8Array,
  section: ElfSection,
  littleEndian: boolean,
  bytes: Uint8Array,
): Pick<Part, 'value' | 'parts' | 'opaque'> {
  if (section.type === SHT_NOTE) {
    const note = noteText(bytes, littleEndian);
    if (note !== null) return { value: note };
  }
  if (section.name === '.comment') return { value: textValue(bytes).split('\0').filter(Boolean).join('; ') };
  if (section.name === '.gnu_debuglink' && bytes.length >= 8) {
    const end = bytes.indexOf(0);
    return { value: `${textValue(bytes.subarray(0, Math.max(end, 0)))}, CRC ${toHex(bytes.subarray(-4))}` };
  }
  if (section.name === '.go.buildinfo') {
    const parts = goBuildInfo(content, section);
    if (parts !== null) return { value: () => describeBytes(bytes), parts };
  }
  return { value: () => describeBytes(bytes), opaque: true };
}

/** The one note of a section: a build ID in hex; null for another. Source: elf(5), "Notes". */
function noteText(bytes: Uint8Array, littleEndian: boolean): string | null {
  if (bytes.length < 12) return null;
  const view = viewOf(bytes);
  const nameBytes = view.getUint32(0, littleEndian);
  const length = view.getUint32(4, littleEndian);
  const type = view.getUint32(8, littleEndian);
  const start = 12 + Math.ceil(nameBytes / 4) * 4;
  if (start + Math.ceil(length / 4) * 4 !== bytes.length) return null;
  const description = bytes.subarray(start, start + length);
  if (hasMagic(bytes, 'GNU\0', 12) && type === NT_GNU_BUILD_ID) return `Build ID ${hexValue(description)}`;
  if (hasMagic(bytes, 'Go\0\0', 12) && type === NT_GO_BUILD_ID) return `Go build ID ${textValue(description)}`;
  return null;
}

const GO_MAGIC = '\xff Go buildinf:';
const GO_INLINE = 2;
const GO_STRINGS_AT = 32;
const GO_SENTINEL_BYTES = 16;
/** Lines of one module's information that are told one by one. */
const MAX_GO_LINES = 5000;

/**
 * What Go 1.18 and later say of a build: the version, and the module's information line by line
 * (`build\tvcs.revision=…`). Source: Go, `debug/buildinfo`.
 */
function goBuildInfo(content: Uint8Array, section: ElfSection): Part[] | null {
  const { start, end } = section;
  if (!hasMagic(content, GO_MAGIC, start) || end - start < GO_STRINGS_AT) return null;
  if (((content[start + 15] as number) & GO_INLINE) === 0) return null;
  const version = lengthPrefixed(content, start + GO_STRINGS_AT, end);
  const info = version === null ? null : lengthPrefixed(content, version.end, end);
  if (version === null || info === null) return null;
  const parts: Part[] = [
    { name: 'go version', ...version, value: textValue(content.subarray(version.start, version.end)) },
  ];
  let at = info.start + GO_SENTINEL_BYTES;
  const last = info.end - GO_SENTINEL_BYTES;
  while (at < last && parts.length < MAX_GO_LINES) {
    const newline = content.indexOf(0x0a, at);
    const lineEnd = newline < 0 || newline >= last ? last : newline + 1;
    const line = textValue(content.subarray(at, newline === lineEnd - 1 ? newline : lineEnd));
    const [kind, rest = ''] = line.split('\t', 2) as [string, string?];
    const key = kind === 'build' ? `build ${rest.split('=', 1)[0]}` : kind === 'dep' ? `dep ${rest}` : kind;
    parts.push({ name: key, start: at, end: lineEnd, value: line.replaceAll('\t', ' ') });
    at = lineEnd;
  }
  return parts;
}

/** A text behind its length as a varint. */
function lengthPrefixed(content: Uint8Array, at: number, end: number): { start: number; end: number } | null {
  let length = 0;
  for (let n = 0; n < 4 && at < end; n++) {
    const byte = content[at++] as number;
    length += (byte & 0x7f) * 128 ** n;
    if (byte < 0x80) return at + length <= end ? { start: at, end: at + length } : null;
  }
  return null;
}
