import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { BLOCK, checksumOf, join, padded } from '../../support/tar-build.js';

/*
 * Writes a header's blocks anew from its decoded fields and its style alone: what shows that these determine every
 * byte. Follows the description of styles in src/tar/style.ts, and shares no code with it. The expected bytes of each
 * test are those that were read.
 */

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const textOf = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');

/** Tokens of one header block, by field. */
class Tokens {
  readonly all: readonly string[];

  constructor(style: string, separator: string) {
    this.all = style === '' ? [] : style.split(separator);
  }

  /** What follows `start` in the token that begins with it. */
  after(start: string): string | undefined {
    return this.all.find((token) => token.startsWith(start))?.slice(start.length);
  }

  number(start: string): number | undefined {
    const text = this.after(start);
    return text === undefined ? undefined : Number(text);
  }
}

interface RawFields {
  magic: string;
  typeFlag: number;
  name: string;
  prefix: string;
  linkName: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  uname: string;
  gname: string;
  devMajor: number;
  devMinor: number;
  atime: number | null;
  ctime: number | null;
  /** Of a GNU sparse file. */
  sparse?: { segments: readonly number[]; realSize: number; more: boolean };
}

/** All header blocks of `header`, the map in front of a sparse file's content included. */
export function rebuild(header: TarHeader): Uint8Array {
  const tokens = new Tokens(header.style, ';');
  const magic = tokens.after('magic=') ?? (header.format === 'pax' ? 'ustar' : header.format);
  const overrides = header.type === 'global-header' ? new Map<string, string>() : given(header.pax);
  const raw = rawFields(header, tokens, overrides, magic);
  if (header.type === 'global-header') {
    return join(
      rebuildBlock({ ...raw, size: recordsOf(header, tokens).length }, tokens),
      paddedWith(recordsOf(header, tokens), tokens.after('padding:')),
    );
  }
  const parts: Uint8Array[] = [];
  for (const kind of orderOf(tokens)) parts.push(rebuildExtended(kind, header, tokens, raw));
  const map = sparseMap(header, tokens);
  if (tokens.after('rawsize=') === undefined) raw.size += map.inContent.length;
  parts.push(rebuildBlock(raw, tokens), ...map.blocks, map.inContent);
  return join(...parts);
}

/* Records with a value: the others override nothing. */
function given(pax: ReadonlyMap<string, string> | null): Map<string, string> {
  return new Map([...(pax ?? [])].filter(([, value]) => value !== ''));
}

function orderOf(tokens: Tokens): ('x' | 'L' | 'K')[] {
  const stated = tokens.after('headers=');
  const kinds = (['K', 'L', 'x'] as const).filter((kind) => tokens.after(`${kind}(`) !== undefined);
  return stated === undefined ? kinds : (stated.split('') as ('x' | 'L' | 'K')[]);
}

function rawFields(
  header: TarHeader,
  tokens: Tokens,
  overrides: ReadonlyMap<string, string>,
  magic: string,
): RawFields {
  const isFile = header.type === 'file';
  const flags = {
    file: '0',
    hardlink: '1',
    symlink: '2',
    'character-device': '3',
    'block-device': '4',
    directory: '5',
    fifo: '6',
    'global-header': 'g',
  };
  const type = tokens.after('type:');
  const device =
    header.type === 'global-header' || header.type.endsWith('-device')
      ? [header.devMajor, header.devMinor]
      : (tokens.after('dev:') ?? '0,0').split(',').map(Number);
  const isLink = header.type === 'symlink' || header.type === 'hardlink';
  const linkOverridden = overrides.has('linkpath') || tokens.after('K(') !== undefined;
  const linkName = !isLink
    ? textOf(tokens.after('linkname:') ?? '')
    : linkOverridden
      ? rawText('linkname', header.linkTarget, 100, tokens)
      : header.linkTarget;
  const time = (key: 'atime' | 'ctime'): number | null => {
    if (header.type === 'global-header') return tokens.number(`${key}:`) ?? null;
    if (magic !== 'gnu' && magic !== 'star') return null;
    if (tokens.after(`raw${key}=`) === 'none') return null;
    return tokens.number(`raw${key}=`) ?? header[key]?.seconds ?? null;
  };
  const gnuSparse = tokens.all.includes('sparse=gnu');
  return {
    magic,
    typeFlag: type === undefined ? flags[header.type].charCodeAt(0) : Number.parseInt(type, 16),
    ...names(header, tokens, overrides),
    linkName,
    mode: header.mode,
    uid: tokens.number('rawuid=') ?? header.uid,
    gid: tokens.number('rawgid=') ?? header.gid,
    size: tokens.number('rawsize=') ?? (isFile ? header.storedSize : (tokens.number('size:') ?? 0)),
    mtime: tokens.number('rawmtime=') ?? header.mtime.seconds,
    uname: overrides.has('uname') ? rawText('uname', header.uname, 32, tokens) : header.uname,
    gname: overrides.has('gname') ? rawText('gname', header.gname, 32, tokens) : header.gname,
    devMajor: device[0] as number,
    devMinor: device[1] as number,
    atime: time('atime'),
    ctime: time('ctime'),
    ...(gnuSparse
      ? { sparse: { segments: header.sparse ?? [], realSize: header.size, more: gnuBlocks(header, tokens).length > 1 } }
      : {}),
  };
}

function names(
  header: TarHeader,
  tokens: Tokens,
  overrides: ReadonlyMap<string, string>,
): { name: string; prefix: string } {
  const sparseName = header.sparse !== null && overrides.has('GNU.sparse.name');
  const overridden = sparseName || overrides.has('path') || tokens.after('L(') !== undefined;
  const split = tokens.number('prefix=');
  const whole = !overridden
    ? header.path
    : rawText('name', header.path, split === undefined ? 100 : Number.POSITIVE_INFINITY, tokens);
  return split === undefined
    ? { name: whole, prefix: '' }
    : { name: whole.slice(split + 1), prefix: whole.slice(0, split) };
}

/* A text field that a record or long name overrides. */
function rawText(field: string, decoded: string, length: number, tokens: Tokens): string {
  const hex = tokens.after(`raw${field}:`);
  if (hex !== undefined) return textOf(hex);
  const way = tokens.after(`raw${field}=`);
  if (way === undefined) return decoded.slice(0, length);
  if (/^[0-9]+$/.test(way)) return decoded.slice(0, Number(way));
  const folder = /^GNUSparseFile\.[0-9]+/.exec(way)?.[0];
  if (folder !== undefined) return placed(decoded, folder, way.slice(folder.length), length);
  const cut = way.endsWith('cut');
  const text = asAscii(decoded, cut ? way.slice(0, -3) : way).slice(0, length);
  return cut ? trimSlashes(text) : text;
}

function asAscii(text: string, way: string): string {
  if (way === '') return text;
  if (way === 'ascii') return text.replace(/[\x80-\xff]/g, '');
  if (way === 'ascii?') return text.replace(/[\xc0-\xff][\x80-\xbf]*|[\x80-\xbf]/g, '?');
  throw new Error(`an unknown way to write a text: ${way}`);
}

function trimSlashes(text: string): string {
  return text.replace(/\/+$/, '');
}

/* `folder` put into `path`: `/`, `./`, `//` or `clean`, then how the text is written, then `~` where it is cut. */
function placed(path: string, folder: string, placement: string, length: number): string {
  const [, way, ascii, cut] = /^(\.\/|\/\/|\/|clean)(.*?)(~?)$/.exec(placement) ?? [];
  const trimmed = trimSlashes(path);
  const slash = trimmed.lastIndexOf('/') + 1;
  const [directory, base] = [trimmed.slice(0, slash), trimmed.slice(slash)];
  const parts = trimmed.split('/').filter((part, i) => part !== '.' && (part !== '' || i === 0));
  const whole = {
    '/': `${directory}${folder}/${base}`,
    './': `./${folder}/${base}`,
    '//': `${trimmed}/${folder}`,
    clean: (path.endsWith('/') ? [...parts, folder] : [...parts.slice(0, -1), folder, ...parts.slice(-1)]).join('/'),
  }[way as '/' | './' | '//' | 'clean'];
  const text = asAscii(whole, ascii ?? '');
  return cut === '~' ? trimSlashes(text.slice(0, length)) : text;
}

function rebuildExtended(kind: 'x' | 'L' | 'K', header: TarHeader, tokens: Tokens, raw: RawFields): Uint8Array {
  const token = (tokens.after(`${kind}(`) as string).slice(0, -1);
  const [parts, ...styles] = token.split('|') as [string, ...string[]];
  const [name, mode, uid, gid, mtime, uname, gname, format, ...rest] = parts.split(',') as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const more = new Tokens(rest.join(';'), ';');
  const number = (text: string, derived: number, radix = 10): number =>
    text === '=' ? derived : Number.parseInt(text, radix);
  const text = (hex: string, derived: string): string => (hex === '=' ? derived : textOf(hex));
  const data = kind === 'x' ? recordsOf(header, tokens) : longName(kind, header, tokens);
  const whole = extendedName(name, header.path);
  const split = more.number('prefix=');
  const device = (more.after('dev:') ?? '0/0').split('/').map(Number);
  const blockTokens = new Tokens(styles.join('|'), '|');
  const fields: RawFields = {
    magic: format,
    typeFlag: kind.charCodeAt(0),
    name: split === undefined ? whole : whole.slice(split + 1),
    prefix: split === undefined ? '' : whole.slice(0, split),
    linkName: textOf(more.after('linkname:') ?? ''),
    mode: number(mode, raw.mode, 8),
    uid: number(uid, header.uid),
    gid: number(gid, header.gid),
    size: data.length,
    mtime: number(mtime, header.mtime.seconds),
    uname: text(uname, header.uname),
    gname: text(gname, header.gname),
    devMajor: device[0] as number,
    devMinor: device[1] as number,
    atime: more.number('atime:') ?? null,
    ctime: more.number('ctime:') ?? null,
  };
  return join(
    rebuildBlock(fields, blockTokens),
    paddedWith(data, tokens.after(kind === 'x' ? 'padding:' : `${kind}:padding:`)),
  );
}

function extendedName(name: string, path: string): string {
  if (name === '@LongLink' || name === '@PaxHeader') return `././${name}`;
  if (name.startsWith(':')) return textOf(name.slice(1));
  const folder = /^PaxHeaders?(?:\.[0-9]+)?(?=\/|\.\/|clean)/.exec(name)?.[0] as string;
  return placed(path, folder, name.slice(folder.length), 100);
}

function longName(kind: 'L' | 'K', header: TarHeader, tokens: Tokens): string {
  const other = tokens.after(`${kind}:name:`);
  const value = other !== undefined ? textOf(other) : kind === 'L' ? header.path : header.linkTarget;
  const nul = tokens.after(`${kind}:nul=`);
  return nul === undefined ? `${value}\0` : nul === 'none' ? value : value + textOf(nul);
}

/** The records of an extended header, as text. */
function recordsOf(header: TarHeader, tokens: Tokens): string {
  const pax = header.pax ?? new Map<string, string>();
  const order = tokens.after('order=');
  const list: [string, string][] = [];
  if (order === undefined) {
    for (const key of [...pax.keys()].sort((a, b) => (a < b ? -1 : 1))) list.push([key, pax.get(key) as string]);
  } else {
    const unescaped = (key: string): string => key.replace(/%([0-9a-f]{2})/g, (_, hex: string) => textOf(hex));
    const keys = order.split(',');
    const last = new Map(keys.map((key, i) => [key, i]));
    const replaced = tokens.all.filter((token) => token.startsWith('dup('));
    for (const [i, key] of keys.entries()) {
      if (key === '*') {
        (header.sparse ?? []).forEach((number, j) => {
          list.push([j % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes', String(number)]);
        });
      } else if (last.get(key) === i) {
        list.push([unescaped(key), pax.get(unescaped(key)) as string]);
      } else {
        list.push([unescaped(key), textOf((replaced.shift() as string).slice(`dup(${key},`.length, -1))]);
      }
    }
  }
  return list.map(([key, value], i) => withLength(` ${key}=${value}\n`, tokens.after(`length${i}=`))).join('');
}

function withLength(rest: string, stated: string | undefined): string {
  if (stated !== undefined) return stated + rest;
  for (let digits = 1; ; digits++) {
    const length = String(rest.length + digits);
    if (length.length === digits) return length + rest;
  }
}

function paddedWith(data: string, padding: string | undefined): Uint8Array {
  return padding === undefined ? padded(data) : join(data, textOf(padding));
}

interface WrittenMap {
  /** Blocks of more map, of an old GNU sparse file. */
  readonly blocks: readonly Uint8Array[];
  readonly inContent: Uint8Array;
}

function sparseMap(header: TarHeader, tokens: Tokens): WrittenMap {
  if (tokens.all.includes('sparse=1.0')) return { blocks: [], inContent: mapInContent(header, tokens) };
  if (!tokens.all.includes('sparse=gnu')) return { blocks: [], inContent: new Uint8Array(0) };
  const counts = gnuBlocks(header, tokens);
  const blocks: Uint8Array[] = [];
  let first = counts[0] as number;
  for (let i = 1; i < counts.length; i++) {
    const block = new Uint8Array(BLOCK);
    writeElements(block, 0, 21, header.sparse ?? [], first, counts[i] as number, i, tokens);
    first += counts[i] as number;
    block[504] = i + 1 < counts.length ? 1 : 0;
    const end = tokens.after(`map${i}:`);
    if (end !== undefined) block.set(bytesOf(textOf(end)), 504);
    blocks.push(block);
  }
  return { blocks, inContent: new Uint8Array(0) };
}

/* How many elements each block holds: the header block 4, each block of more map 21, unless stated. */
function gnuBlocks(header: TarHeader, tokens: Tokens): number[] {
  const stated = tokens.after('blocks=');
  if (stated !== undefined) return stated.split(',').map(Number);
  const counts: number[] = [];
  let left = (header.sparse ?? []).length / 2;
  do {
    const count = Math.min(left, counts.length === 0 ? 4 : 21);
    counts.push(count);
    left -= count;
  } while (left > 0);
  return counts;
}

function writeElements(
  block: Uint8Array,
  at: number,
  room: number,
  segments: readonly number[],
  first: number,
  count: number,
  index: number,
  tokens: Tokens,
): void {
  for (let i = 0; i < count * 2; i++) {
    const which = first * 2 + i;
    block.set(writeNumber(segments[which] as number, 12, tokens.after(`map${which}=`) ?? ''), at + i * 12);
  }
  const rest = tokens.after(`map${index}+`);
  if (rest !== undefined) block.set(bytesOf(textOf(rest)), at + room * 24 - rest.length / 2);
}

function mapInContent(header: TarHeader, tokens: Tokens): Uint8Array {
  const segments = header.sparse ?? [];
  const count = tokens.after('mapcount=') ?? String(segments.length / 2);
  const lines = [count, ...segments.map((number, i) => tokens.after(`map${i}=`) ?? String(number))];
  return paddedWith(lines.map((line) => `${line}\n`).join(''), tokens.after('map+'));
}

/** One block of 512 bytes from its fields and the tokens of its style. */
function rebuildBlock(raw: RawFields, tokens: Tokens): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const text = (at: number, length: number, value: string, field: string): void => {
    block.set(bytesOf(value), at);
    const rest = tokens.after(`${field}+`);
    if (rest !== undefined) block.set(bytesOf(textOf(rest)), at + length - rest.length / 2);
  };
  const number = (at: number, length: number, value: number, field: string): void => {
    // `size=style` is how a number is written; `rawsize=5` and `size:5` are numbers, so none of them is meant by it.
    block.set(writeNumber(value, length, tokens.after(`${field}=`) ?? ''), at);
  };
  text(0, 100, raw.name, 'name');
  number(100, 8, raw.mode, 'mode');
  number(108, 8, raw.uid, 'uid');
  number(116, 8, raw.gid, 'gid');
  number(124, 12, raw.size, 'size');
  number(136, 12, raw.mtime, 'mtime');
  block[156] = raw.typeFlag;
  text(157, 100, raw.linkName, 'linkname');
  if (raw.magic !== 'v7') {
    block.set(bytesOf(raw.magic === 'gnu' ? 'ustar  \0' : `ustar\0${textOf(tokens.after('version=') ?? '3030')}`), 257);
    text(265, 32, raw.uname, 'uname');
    text(297, 32, raw.gname, 'gname');
    number(329, 8, raw.devMajor, 'devmajor');
    number(337, 8, raw.devMinor, 'devminor');
    if (raw.magic === 'star') block.set(bytesOf('tar\0'), 508);
    const timesAt = raw.magic === 'gnu' ? 345 : 476;
    if (raw.atime !== null) number(timesAt, 12, raw.atime, 'atime');
    if (raw.ctime !== null) number(timesAt + 12, 12, raw.ctime, 'ctime');
    text(345, raw.magic === 'star' ? 131 : 155, raw.prefix, 'prefix');
  }
  if (raw.sparse !== undefined) {
    const count = Number(
      (tokens.after('blocks=') ?? String(Math.min(raw.sparse.segments.length / 2, 4))).split(',')[0],
    );
    writeElements(block, 386, 4, raw.sparse.segments, 0, count, 0, tokens);
    block[482] = raw.sparse.more ? 1 : 0;
    number(483, 12, raw.sparse.realSize, 'realsize');
  }
  for (const token of tokens.all) {
    const unused = /^([0-9]+):([0-9a-f]+)$/.exec(token);
    if (unused !== null) block.set(bytesOf(textOf(unused[2] as string)), Number(unused[1]));
  }
  const sum = checksumOf(block, 0, tokens.all.includes('chksum=signed') ? 'signed' : 'unsigned');
  const written = tokens.all.find((token) => token.startsWith('chksum=') && token !== 'chksum=signed');
  block.set(writeNumber(sum, 8, written?.slice('chksum='.length) ?? 'o06+0020'), 148);
  return block;
}

/** A number as number.ts describes its styles. */
function writeNumber(value: number, length: number, style: string): Uint8Array {
  if (style === '' || style === 'o07+00') return bytesOf(`${value.toString(8).padStart(length - 1, '0')}\0`);
  if (style === 'e') return new Uint8Array(length);
  if (style.startsWith('x')) return bytesOf(textOf(style.slice(1)));
  if (style === 'b') {
    const bytes = Buffer.alloc(length);
    let rest = BigInt.asUintN(length * 8, BigInt(value));
    for (let i = length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    bytes[0] = (bytes[0] as number) | 0x80;
    return bytes;
  }
  const [, pad, width, after] = /^o([0 ])([0-9]+)\+([0-9a-f]*)$/.exec(style) as unknown as [
    string,
    string,
    string,
    string,
  ];
  return bytesOf(value.toString(8).padStart(Number(width), pad) + textOf(after));
}
