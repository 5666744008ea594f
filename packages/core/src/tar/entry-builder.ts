import { latin1 } from '../bytes/latin1.js';
import { checkLimit, type Limits } from '../limits.js';
import type { TarEntryType, TarFormat, TarHeader, TarTime } from './entry.js';
import { tarInvalid } from './error.js';
import type { RawHeader } from './header.js';
import { type PaxRecords, parsePaxNumber, parsePaxTime } from './pax.js';
import { type PaxSparse, parsePaxSparse, type SparseMap } from './sparse.js';
import { extendedHeaderStyle, hexOf, joinStyles, overriddenNumber, overriddenText, recordsStyle } from './style.js';

/** An extended header with its records, of the entry that comes next or of all. */
interface Extended {
  readonly raw: RawHeader;
  readonly offset: number;
  readonly records: PaxRecords;
  readonly padding: string;
}

/** A GNU long name or link target. */
interface LongName {
  readonly raw: RawHeader;
  readonly style: string;
  readonly value: string;
}

/** Which header blocks an entry has and where they are. */
export interface HeaderBlocks {
  /** Of the first of them, and of the header block itself. */
  readonly offset: number;
  readonly rawOffset: number;
  readonly bytes: number;
  /** sha256 of all of them, 32 bytes as a latin1 string. */
  readonly digest: string;
}

/** Memory that an entry takes beside its names, and a PAX record beside its key and value; measured, about. */
const ENTRY_BYTES = 400;
const RECORD_BYTES = 150;

const TYPES: ReadonlyMap<number, TarEntryType> = new Map<number, TarEntryType>([
  [0x30, 'file'],
  [0x00, 'file'],
  [0x37, 'file'],
  [0x53, 'file'],
  [0x31, 'hardlink'],
  [0x32, 'symlink'],
  [0x33, 'character-device'],
  [0x34, 'block-device'],
  [0x35, 'directory'],
  [0x36, 'fifo'],
]);

const CANONICAL_FLAGS: Readonly<Record<TarEntryType, number>> = {
  file: 0x30,
  hardlink: 0x31,
  symlink: 0x32,
  'character-device': 0x33,
  'block-device': 0x34,
  directory: 0x35,
  fifo: 0x36,
  'global-header': 0x67,
};

const SPARSE_FLAG = 0x53;
/** The order in which GNU tar and libarchive write two extended headers. */
const USUAL_ORDER = 'KL';

/**
 * Puts a header block and the extended headers before it together to one `TarHeader`, as Go's archive/tar does:
 * records override the block's fields, an empty value overrides nothing, GNU long names override both.
 */
export class EntryBuilder {
  readonly #limits: Limits;
  #position = 0;
  #metadataBytes = 0;
  #extended: Extended | null = null;
  #paxSparse: PaxSparse | null = null;
  #longName: LongName | null = null;
  #longLink: LongName | null = null;
  /** Flags of the extended headers that have come for the next entry. */
  #order = '';
  #time: TarTime = { seconds: 0, nanoseconds: 0 };
  readonly #strings = new Map<string, string>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Bytes of memory, about, that the entries so far take. */
  get metadataBytes(): number {
    return this.#metadataBytes;
  }

  /** Whether an extended header waits for the entry that it is for. */
  get pending(): boolean {
    return this.#order !== '';
  }

  /** @throws {OciDiffError} `ERR_TAR_INVALID` for a second extended header of one kind: readers disagree on it */
  startExtended(flag: 'x' | 'g' | 'L' | 'K', offset: number): void {
    if (flag === 'g') {
      if (this.pending) throw tarInvalid(offset, 'a global extended header between an entry and its own');
      return;
    }
    if (this.#order.includes(flag)) throw tarInvalid(offset, `a second extended header (${flag}) for one entry`);
    this.#order += flag;
  }

  /** The data of a GNU long name (`L`) or link target (`K`) has come: the name and, as a rule, a NUL. */
  endLongName(flag: 'L' | 'K', raw: RawHeader, data: Uint8Array, padding: string, offset: number): void {
    const nul = data.indexOf(0);
    const end = nul < 0 ? data.length : nul;
    if (end === 0) throw tarInvalid(offset, 'an empty GNU long name');
    const style = joinStyles(
      nul === data.length - 1 ? '' : `${flag}:nul=${nul < 0 ? 'none' : hexOf(latin1(data, end))}`,
      padding === '' ? '' : `${flag}:padding:${hexOf(padding)}`,
    );
    const name: LongName = { raw, style, value: latin1(data, 0, end) };
    if (flag === 'L') this.#longName = name;
    else this.#longLink = name;
  }

  /** The records of an extended header for the next entry have come. */
  endRecords(raw: RawHeader, offset: number, records: PaxRecords, padding: string): void {
    this.#extended = { raw, offset, records, padding };
    this.#paxSparse = parsePaxSparse(records.list, offset, this.#limits);
  }

  /**
   * Whether the entry that `raw` begins is sparse: `gnu` with its map in the header block, `in-content` with its map
   * in front of the content, or a map that records have told.
   * @throws {OciDiffError} `ERR_TAR_INVALID` where that contradicts the header block
   */
  sparseForm(raw: RawHeader, offset: number): 'gnu' | 'in-content' | number[] | null {
    const sparse = this.#paxSparse;
    if (raw.typeFlag === SPARSE_FLAG) {
      if (raw.format !== 'gnu') throw tarInvalid(offset, 'a GNU sparse file without the magic of GNU');
      if (sparse !== null) throw tarInvalid(offset, 'a sparse file with two maps');
      return 'gnu';
    }
    if (sparse === null) return null;
    if (this.#typeOf(raw, offset) !== 'file') throw tarInvalid(offset, 'a sparse map for an entry that is no file');
    return sparse.form === '1.0' ? 'in-content' : sparse.segments;
  }

  /** The entry of a global extended header: reported, and applied to nothing. */
  buildGlobal(raw: RawHeader, records: PaxRecords, padding: string, blocks: HeaderBlocks): TarHeader {
    const style = joinStyles(
      raw.style,
      raw.prefix === '' ? '' : `prefix=${raw.prefix.length}`,
      raw.linkName === '' ? '' : `linkname:${hexOf(raw.linkName)}`,
      raw.format === 'ustar' ? '' : `magic=${raw.format}`,
      raw.atime === null ? '' : `atime:${raw.atime}`,
      raw.ctime === null ? '' : `ctime:${raw.ctime}`,
      recordsStyle(records.list, records.style, false),
      padding === '' ? '' : `padding:${hexOf(padding)}`,
    );
    return this.#finish({
      position: this.#position++,
      offset: blocks.offset,
      headerBytes: blocks.bytes,
      headerDigest: blocks.digest,
      format: 'pax',
      type: 'global-header',
      path: rawPathOf(raw),
      linkTarget: '',
      mode: raw.mode,
      uid: raw.uid,
      gid: raw.gid,
      uname: this.#intern(raw.uname),
      gname: this.#intern(raw.gname),
      size: 0,
      storedSize: 0,
      mtime: this.#timeOf(raw.mtime),
      atime: null,
      ctime: null,
      devMajor: raw.devMajor,
      devMinor: raw.devMinor,
      pax: new Map(records.list),
      sparse: null,
      style: this.#intern(style),
    });
  }

  /**
   * The entry of `raw`. `map` is that of a sparse file; `mapBytes` are the bytes it takes in front of the content.
   * @throws {OciDiffError} `ERR_TAR_INVALID` for a type no engine knows, or records that are no numbers or times
   */
  build(raw: RawHeader, blocks: HeaderBlocks, map: SparseMap | null, mapBytes: number): TarHeader {
    return this.#finish(
      this.pending ? this.#buildExtended(raw, blocks, map, mapBytes) : this.#buildPlain(raw, blocks, map),
    );
  }

  /* Most entries: one block says it all. */
  #buildPlain(raw: RawHeader, blocks: HeaderBlocks, map: SparseMap | null): TarHeader {
    const path = rawPathOf(raw);
    const type = this.#typeOf(raw, blocks.rawOffset, path);
    let style = raw.style;
    if (raw.prefix !== '') style = joinStyles(style, `prefix=${raw.prefix.length}`);
    if (map !== null) style = joinStyles(style, map.style, 'sparse=gnu');
    return {
      position: this.#position++,
      offset: blocks.offset,
      headerBytes: blocks.bytes,
      headerDigest: blocks.digest,
      format: raw.format,
      type,
      path,
      linkTarget: isLink(type) ? raw.linkName : '',
      mode: raw.mode,
      uid: raw.uid,
      gid: raw.gid,
      uname: this.#intern(raw.uname),
      gname: this.#intern(raw.gname),
      size: map !== null ? raw.realSize : type === 'file' ? raw.size : 0,
      storedSize: type === 'file' ? raw.size : 0,
      mtime: this.#timeOf(raw.mtime),
      atime: raw.atime === null ? null : this.#timeOf(raw.atime),
      ctime: raw.ctime === null ? null : this.#timeOf(raw.ctime),
      devMajor: isDevice(type) ? raw.devMajor : 0,
      devMinor: isDevice(type) ? raw.devMinor : 0,
      pax: null,
      sparse: map?.segments ?? null,
      style: this.#intern(withMeaningless(style, raw, type, raw.linkName, raw.size)),
    };
  }

  #buildExtended(raw: RawHeader, blocks: HeaderBlocks, map: SparseMap | null, mapBytes: number): TarHeader {
    const extended = this.#extended;
    const [longName, longLink, paxSparse, order] = [this.#longName, this.#longLink, this.#paxSparse, this.#order];
    this.#extended = null;
    this.#paxSparse = null;
    this.#longName = null;
    this.#longLink = null;
    this.#order = '';

    const overrides = new Overrides(extended);
    const rawPath = rawPathOf(raw);
    const stated = longName?.value ?? overrides.text('path') ?? rawPath;
    const type = this.#typeOf(raw, blocks.rawOffset, stated);
    const path = paxSparse?.name ?? stated;
    if (map !== null && type !== 'file')
      throw tarInvalid(blocks.rawOffset, 'a sparse map for an entry that is no file');
    if (path.includes('\0')) throw tarInvalid(blocks.offset, 'a name that holds a NUL');
    const overridden = paxSparse?.name !== undefined || longName !== null || overrides.text('path') !== undefined;
    const linkTarget = longLink?.value ?? overrides.text('linkpath') ?? raw.linkName;
    const uid = overrides.number('uid', raw.uid);
    const gid = overrides.number('gid', raw.gid);
    const statedSize = overrides.number('size', raw.size);
    const uname = overrides.name('uname', raw.uname);
    const gname = overrides.name('gname', raw.gname);
    const mtime = overrides.time('mtime', raw.mtime) ?? this.#timeOf(raw.mtime);
    const atime = overrides.time('atime', raw.atime) ?? (raw.atime === null ? null : this.#timeOf(raw.atime));
    const ctime = overrides.time('ctime', raw.ctime) ?? (raw.ctime === null ? null : this.#timeOf(raw.ctime));
    if (mapBytes > statedSize) throw tarInvalid(blocks.offset, 'the map of a sparse file is larger than the file');
    const storedSize = type === 'file' ? statedSize - mapBytes : 0;
    let size = storedSize;
    if (map !== null) size = raw.typeFlag === SPARSE_FLAG ? raw.realSize : (paxSparse?.realSize ?? 0);

    const from = { path, mode: raw.mode, uid, gid, uname, gname, mtimeSeconds: mtime.seconds };
    const style = joinStyles(
      raw.style,
      overridden && raw.prefix === '' ? overriddenText('name', raw.name, path) : '',
      raw.prefix === '' ? '' : `prefix=${raw.prefix.length}`,
      overridden && raw.prefix !== '' ? overriddenText('name', rawPath, path, Number.POSITIVE_INFINITY) : '',
      isLink(type) && linkTarget !== raw.linkName ? overriddenText('linkname', raw.linkName, linkTarget) : '',
      overrides.style(raw),
      map === null ? '' : joinStyles(map.style, `sparse=${paxSparse?.form ?? 'gnu'}`),
      order.length > 1 && order !== USUAL_ORDER ? `headers=${order}` : '',
      extended === null ? '' : styleOf(extended, paxSparse, extendedHeaderStyle('x', extended.raw, from)),
      longLink === null ? '' : joinStyles(extendedHeaderStyle('K', longLink.raw, from), longLink.style),
      longName === null ? '' : joinStyles(extendedHeaderStyle('L', longName.raw, from), longName.style),
      longName === null || longName.value === path ? '' : `L:name:${hexOf(longName.value)}`,
      longLink === null || isLink(type) ? '' : `K:name:${hexOf(longLink.value)}`,
    );
    const magic = extended !== null && raw.format !== 'ustar' ? `magic=${raw.format}` : '';
    return {
      position: this.#position++,
      offset: blocks.offset,
      headerBytes: blocks.bytes,
      headerDigest: blocks.digest,
      format: extended === null ? raw.format : ('pax' satisfies TarFormat),
      type,
      path,
      linkTarget: isLink(type) ? linkTarget : '',
      mode: raw.mode,
      uid,
      gid,
      uname: this.#intern(uname),
      gname: this.#intern(gname),
      size,
      storedSize,
      mtime,
      atime,
      ctime,
      devMajor: isDevice(type) ? raw.devMajor : 0,
      devMinor: isDevice(type) ? raw.devMinor : 0,
      pax: overrides.pax,
      sparse: map?.segments ?? null,
      style: this.#intern(withMeaningless(joinStyles(style, magic), raw, type, raw.linkName, statedSize)),
    };
  }

  #typeOf(raw: RawHeader, offset: number, path = ''): TarEntryType {
    const type = TYPES.get(raw.typeFlag);
    if (type === undefined) {
      const flag = JSON.stringify(String.fromCharCode(raw.typeFlag));
      throw tarInvalid(offset, `an entry of the type ${flag}, which no engine unpacks,`);
    }
    /* Before POSIX, a name that ends with a slash was all that told a folder. */
    return raw.typeFlag === 0 && path.endsWith('/') ? 'directory' : type;
  }

  /* Entries of a layer mostly share one time; one object serves them all. */
  #timeOf(seconds: number): TarTime {
    if (this.#time.seconds !== seconds) this.#time = { seconds, nanoseconds: 0 };
    return this.#time;
  }

  /* User names and styles are few; each is kept once, and what is not counts as metadata. */
  #intern(text: string): string {
    if (text === '') return '';
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    if (this.#strings.size < 10_000) this.#strings.set(text, text);
    this.#metadataBytes += text.length;
    return text;
  }

  #finish(entry: TarHeader): TarHeader {
    this.#metadataBytes += memoryOf(entry);
    checkLimit(
      this.#limits,
      'layerMetadataBytes',
      this.#metadataBytes,
      'bytes of memory for the entries of one archive',
    );
    return entry;
  }
}

function rawPathOf(raw: RawHeader): string {
  return raw.prefix === '' ? raw.name : `${raw.prefix}/${raw.name}`;
}

function isLink(type: TarEntryType): boolean {
  return type === 'symlink' || type === 'hardlink';
}

function isDevice(type: TarEntryType): boolean {
  return type === 'character-device' || type === 'block-device';
}

/* What the block says that has no meaning for an entry of this type: it changes nothing, and is told. */
function withMeaningless(style: string, raw: RawHeader, type: TarEntryType, linkName: string, size: number): string {
  let all = style;
  if (raw.typeFlag !== CANONICAL_FLAGS[type]) all = joinStyles(all, `type:${raw.typeFlag.toString(16)}`);
  if (linkName !== '' && !isLink(type)) all = joinStyles(all, `linkname:${hexOf(linkName)}`);
  /* What is no file has no content, whatever its size field says; engines skip nothing for it. */
  if (size !== 0 && type !== 'file') all = joinStyles(all, `size:${size}`);
  if ((raw.devMajor !== 0 || raw.devMinor !== 0) && !isDevice(type))
    all = joinStyles(all, `dev:${raw.devMajor},${raw.devMinor}`);
  return all;
}

function styleOf(extended: Extended, sparse: PaxSparse | null, headerStyle: string): string {
  return joinStyles(
    headerStyle,
    recordsStyle(extended.records.list, extended.records.style, sparse?.form === '0.0'),
    extended.padding === '' ? '' : `padding:${hexOf(extended.padding)}`,
  );
}

/** What records say in place of a header block's fields. An empty value says nothing. */
class Overrides {
  readonly pax: ReadonlyMap<string, string> | null;
  readonly #offset: number;
  #style = '';

  constructor(extended: Extended | null) {
    this.pax = extended === null ? null : new Map(extended.records.list);
    this.#offset = extended?.offset ?? 0;
  }

  text(key: string): string | undefined {
    return this.pax?.get(key) || undefined;
  }

  name(key: 'uname' | 'gname', raw: string): string {
    const text = this.text(key);
    if (text !== undefined) this.#add(overriddenText(key, raw, text, 32));
    return text ?? raw;
  }

  number(key: 'uid' | 'gid' | 'size', raw: number): number {
    const text = this.text(key);
    if (text === undefined) return raw;
    const value = parsePaxNumber(text, key, this.#offset);
    this.#add(overriddenNumber(key, raw, value));
    return value;
  }

  time(key: 'mtime' | 'atime' | 'ctime', raw: number | null): TarTime | null {
    const text = this.text(key);
    if (text === undefined) return null;
    const value = parsePaxTime(text, key, this.#offset);
    if (raw !== null) this.#add(overriddenNumber(key, raw, value.seconds));
    return value;
  }

  /** How the overridden fields stand in the block of `raw`. */
  style(raw: RawHeader): string {
    /* Where the dialect has these fields, they can be empty though a record states the time. */
    const hasTimes = raw.format === 'gnu' || raw.format === 'star';
    const empty = (key: 'atime' | 'ctime'): string =>
      hasTimes && raw[key] === null && this.text(key) !== undefined ? `raw${key}=none` : '';
    return joinStyles(this.#style, empty('atime'), empty('ctime'));
  }

  #add(token: string): void {
    this.#style = joinStyles(this.#style, token);
  }
}

/** Bytes of memory, about, that an entry's record takes. */
export function memoryOf({ path, linkTarget, sparse, pax }: TarHeader): number {
  let bytes = ENTRY_BYTES + path.length + linkTarget.length + (sparse?.length ?? 0) * 8;
  for (const [key, value] of pax ?? []) bytes += RECORD_BYTES + key.length + value.length;
  return bytes;
}
