import { latin1 } from '../bytes/latin1.js';
import { checkLimit, type Limits } from '../limits.js';
import type { TarEntryType, TarFormat, TarHeader, TarTime } from './entry.js';
import { tarInvalid } from './error.js';
import type { RawHeader } from './header.js';
import { type PaxRecords, parsePaxNumber, parsePaxTime } from './pax.js';
import { type PaxSparse, parsePaxSparse, type SparseMap } from './sparse.js';
import { extendedHeaderStyle, hexOf, overriddenNumber, overriddenText, recordsStyle } from './style.js';

interface Extended {
  readonly raw: RawHeader;
  readonly offset: number;
  records: PaxRecords;
  padding: string;
}

interface LongName {
  readonly raw: RawHeader;
  readonly style: string;
  readonly value: string;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
};

const CANONICAL_FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
  'global-header': 'g',
};

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
  #time: TarTime = { seconds: 0, nanoseconds: 0 };
  readonly #strings = new Map<string, string>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether an extended header waits for the entry that it is for. */
  get pending(): boolean {
    return this.#extended !== null || this.#longName !== null || this.#longLink !== null;
  }

  /** @throws {OciDiffError} `ERR_TAR_INVALID` for a second extended header of one kind: readers disagree on it */
  startExtended(flag: 'x' | 'g' | 'L' | 'K', raw: RawHeader, offset: number): void {
    const repeated =
      flag === 'x' ? this.#extended !== null : flag === 'L' ? this.#longName !== null : flag === 'K' && this.#longLink !== null;
    if (repeated) throw tarInvalid(offset, `a second extended header (${flag}) for one entry`);
    if (flag === 'g' && this.pending) throw tarInvalid(offset, 'a global extended header between an entry and its own');
    if (flag === 'L') this.#longName = { raw, style: '', value: '' };
    else if (flag === 'K') this.#longLink = { raw, style: '', value: '' };
    else this.#extended = { raw, offset, records: { list: [], style: '' }, padding: '' };
  }

  /** The data of a GNU long name (`L`) or link target (`K`) has come: the name and, as a rule, a NUL. */
  endLongName(flag: 'L' | 'K', data: Uint8Array, padding: string, offset: number): void {
    const nul = data.indexOf(0);
    const end = nul < 0 ? data.length : nul;
    if (end === 0) throw tarInvalid(offset, 'an empty GNU long name');
    const usual = nul === data.length - 1;
    let style = usual ? '' : `nul=${nul < 0 ? 'none' : hexOf(latin1(data, end))}`;
    if (padding !== '') style += `|padding:${hexOf(padding)}`;
    const raw = (flag === 'L' ? this.#longName : this.#longLink)?.raw as RawHeader;
    const name: LongName = { raw, style, value: latin1(data, 0, end) };
    if (flag === 'L') this.#longName = name;
    else this.#longLink = name;
  }

  /** The records of an extended header for the next entry have come. */
  endRecords(records: PaxRecords, padding: string): void {
    const extended = this.#extended;
    if (extended === null) return;
    extended.records = records;
    extended.padding = padding;
    this.#paxSparse = parsePaxSparse(records.list, extended.offset, this.#limits);
  }

  /**
   * Whether the entry that `raw` begins is sparse: `gnu` with its map in the header block, `in-content` with its map
   * in front of the content, or a map that records have told.
   */
  sparseForm(raw: RawHeader, offset: number): 'gnu' | 'in-content' | number[] | null {
    if (String.fromCharCode(raw.typeFlag) === 'S') {
      if (raw.format !== 'gnu') throw tarInvalid(offset, 'a GNU sparse file without the magic of GNU');
      if (this.#paxSparse !== null) throw tarInvalid(offset, 'a sparse file with two maps');
      return 'gnu';
    }
    if (this.#paxSparse === null || TYPES[String.fromCharCode(raw.typeFlag)] !== 'file') return null;
    return this.#paxSparse.mapInContent ? 'in-content' : this.#paxSparse.segments;
  }

  /** The entry of a global extended header: reported, and applied to nothing. */
  buildGlobal(records: PaxRecords, padding: string, offset: number, headerBytes: number, digest: string): TarHeader {
    const { raw } = this.#extended as Extended;
    this.#extended = null;
    const path = raw.prefix === '' ? raw.name : `${raw.prefix}/${raw.name}`;
    let style = raw.style + recordsStyle(records.list, records.style);
    if (raw.prefix !== '') style += `;prefix=${raw.prefix.length}`;
    if (padding !== '') style += `;padding:${hexOf(padding)}`;
    if (raw.linkName !== '') style += `;linkname:${hexOf(raw.linkName)}`;
    if (raw.format !== 'ustar') style += `;magic=${raw.format}`;
    return {
      position: this.#position++,
      offset,
      headerBytes,
      headerDigest: digest,
      format: 'pax',
      type: 'global-header',
      path,
      linkTarget: '',
      mode: raw.mode,
      uid: raw.uid,
      gid: raw.gid,
      uname: raw.uname,
      gname: raw.gname,
      size: 0,
      storedSize: 0,
      mtime: this.#timeOf(raw.mtime),
      atime: null,
      ctime: null,
      devMajor: raw.devMajor,
      devMinor: raw.devMinor,
      pax: new Map(records.list),
      sparse: null,
      style: this.#intern(trimToken(style)),
    };
  }

  /**
   * The entry of `raw`. `map` is that of a sparse file; `mapBytes` are the bytes it takes in front of the content.
   * @throws {OciDiffError} `ERR_TAR_INVALID` for a type no engine knows, or records that are no numbers or times
   */
  build(
    raw: RawHeader,
    offset: number,
    headerBytes: number,
    digest: string,
    map: SparseMap | null,
    mapBytes = 0,
  ): TarHeader {
    const flag = String.fromCharCode(raw.typeFlag);
    let type = TYPES[flag];
    if (type === undefined) throw tarInvalid(offset, `an entry of the type ${JSON.stringify(flag)}, which no engine unpacks,`);

    const style = new Styles(raw.style);
    const extended = this.#extended;
    const pax = extended === null ? null : new Map(extended.records.list);
    const at = extended?.offset ?? offset;
    const record = (key: string): string | undefined => {
      const value = pax?.get(key);
      return value === '' ? undefined : value;
    };

    const rawPath = raw.prefix === '' ? raw.name : `${raw.prefix}/${raw.name}`;
    const path = this.#longName?.value ?? this.#paxSparse?.name ?? record('path') ?? rawPath;
    if (path === rawPath) style.add(raw.prefix === '' ? '' : `prefix=${raw.prefix.length}`);
    else style.add(overriddenText('name', rawPath, path), raw.prefix === '' ? '' : `prefix=${raw.prefix.length}`);
    if (path.includes('\0')) throw tarInvalid(offset, 'a name that holds a NUL');
    /* Before POSIX, a name that ends with a slash was all that told a folder. */
    if (flag === '\0' && path.endsWith('/')) type = 'directory';
    if (flag !== CANONICAL_FLAGS[type]) style.add(`type:${raw.typeFlag.toString(16)}`);

    const isLink = type === 'symlink' || type === 'hardlink';
    const linkTarget = this.#longLink?.value ?? record('linkpath') ?? raw.linkName;
    if (linkTarget !== raw.linkName) style.add(overriddenText('linkname', raw.linkName, linkTarget));
    if (!isLink && linkTarget !== '') style.add(`linkname:${hexOf(linkTarget)}`);

    const number = (key: string, value: number): number => {
      const text = record(key);
      if (text === undefined) return value;
      const decoded = parsePaxNumber(text, key, at);
      style.add(overriddenNumber(key, value, decoded));
      return decoded;
    };
    const name = (key: string, value: string): string => {
      const text = record(key);
      if (text !== undefined && text !== value) style.add(overriddenText(key, value, text, 32));
      return text ?? value;
    };
    const time = (key: string, seconds: number | null): TarTime | null => {
      const text = record(key);
      if (text === undefined) return seconds === null ? null : this.#timeOf(seconds);
      const decoded = parsePaxTime(text, key, at);
      if (seconds !== null) style.add(overriddenNumber(key, seconds, decoded.seconds));
      return decoded;
    };
    const uid = number('uid', raw.uid);
    const gid = number('gid', raw.gid);
    const uname = name('uname', raw.uname);
    const gname = name('gname', raw.gname);
    const mtime = time('mtime', raw.mtime) as TarTime;
    const atime = time('atime', raw.atime);
    const ctime = time('ctime', raw.ctime);

    const statedSize = number('size', raw.size);
    /* What is no file has no content, whatever its size field says; engines skip nothing for it. */
    if (type !== 'file' && statedSize !== 0) style.add(`size:${statedSize}`);
    if (mapBytes > statedSize) throw tarInvalid(offset, 'the map of a sparse file is larger than the file');
    const storedSize = type === 'file' ? statedSize - mapBytes : 0;
    let size = storedSize;
    if (map !== null) {
      size = flag === 'S' ? raw.realSize : (this.#paxSparse?.realSize ?? 0);
      style.add(map.style, `sparse=${flag === 'S' ? 'gnu' : mapBytes > 0 ? '1.0' : '0'}`);
    }

    const isDevice = type === 'character-device' || type === 'block-device';
    if (!isDevice && (raw.devMajor !== 0 || raw.devMinor !== 0)) style.add(`dev:${raw.devMajor},${raw.devMinor}`);

    let format: TarFormat = raw.format;
    if (extended !== null) {
      format = 'pax';
      if (raw.format !== 'ustar') style.add(`magic=${raw.format}`);
      style.add(extendedHeaderStyle('x', extended.raw, path, mtime.seconds));
      style.add(trimToken(recordsStyle(extended.records.list, extended.records.style)));
      if (extended.padding !== '') style.add(`padding:${hexOf(extended.padding)}`);
    }
    for (const [kind, long] of [
      ['L', this.#longName],
      ['K', this.#longLink],
    ] as const) {
      if (long !== null) style.add(extendedHeaderStyle(kind, long.raw, path, mtime.seconds), long.style && `${kind}:${long.style}`);
    }
    if (this.#longName !== null && record('path') !== undefined) style.add('long-name-over-record');
    this.#reset();

    const entry: TarHeader = {
      position: this.#position++,
      offset,
      headerBytes,
      headerDigest: digest,
      format,
      type,
      path,
      linkTarget: isLink ? linkTarget : '',
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
      devMajor: isDevice ? raw.devMajor : 0,
      devMinor: isDevice ? raw.devMinor : 0,
      pax,
      sparse: map?.segments ?? null,
      style: style.text === '' ? '' : this.#intern(style.text),
    };
    this.#count(entry);
    return entry;
  }

  #reset(): void {
    this.#extended = null;
    this.#paxSparse = null;
    this.#longName = null;
    this.#longLink = null;
  }

  /* Entries of a layer mostly share one time; one object serves them all. */
  #timeOf(seconds: number): TarTime {
    if (this.#time.seconds !== seconds) this.#time = { seconds, nanoseconds: 0 };
    return this.#time;
  }

  /* User names and styles are few; each is kept once. */
  #intern(text: string): string {
    if (text === '') return '';
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    if (this.#strings.size < 10_000) this.#strings.set(text, text);
    return text;
  }

  #count(entry: TarHeader): void {
    let bytes = entry.path.length + entry.linkTarget.length + (entry.sparse?.length ?? 0) * 8;
    if (entry.pax !== null) for (const [key, value] of entry.pax) bytes += key.length + value.length;
    this.#metadataBytes += bytes;
    checkLimit(this.#limits, 'layerMetadataBytes', this.#metadataBytes, 'bytes of names and records of one archive');
  }
}

function trimToken(style: string): string {
  return style.startsWith(';') ? style.slice(1) : style;
}

class Styles {
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  add(...tokens: string[]): void {
    for (const token of tokens) {
      const trimmed = trimToken(token);
      if (trimmed !== '') this.text = this.text === '' ? trimmed : `${this.text};${trimmed}`;
    }
  }
}
