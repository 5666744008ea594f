import { compareLatin1 } from '../bytes/latin1.js';
import { digestFromBytes } from '../digest.js';
import type { TarHeader } from '../tar/entry.js';
import type { Value } from './difference.js';

/** Where the fields of a header block are: offset and length in bytes. POSIX.1-2017 pax; GNU and star for the times. */
const FIELDS: Readonly<Record<string, readonly [number, number]>> = {
  name: [0, 100],
  rawname: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  rawuid: [108, 8],
  gid: [116, 8],
  rawgid: [116, 8],
  size: [124, 12],
  rawsize: [124, 12],
  mtime: [136, 12],
  rawmtime: [136, 12],
  chksum: [148, 8],
  type: [156, 1],
  linkname: [157, 100],
  rawlinkname: [157, 100],
  magic: [257, 8],
  version: [263, 2],
  uname: [265, 32],
  rawuname: [265, 32],
  gname: [297, 32],
  rawgname: [297, 32],
  devmajor: [329, 8],
  devminor: [337, 8],
  dev: [329, 16],
  prefix: [345, 155],
  atime: [345, 12],
  ctime: [357, 12],
  rawatime: [345, 12],
  rawctime: [357, 12],
  realsize: [483, 12],
};

/** Where star(5) puts what GNU puts elsewhere. */
const STAR_FIELDS: Readonly<Record<string, readonly [number, number]>> = {
  prefix: [345, 131],
  atime: [476, 12],
  ctime: [488, 12],
  rawatime: [476, 12],
  rawctime: [488, 12],
};

/** The map of an old GNU sparse file: the numbers in the header block, each of so many bytes. */
const MAP_AT = 386;
const MAP_NUMBERS = 8;
const MAP_NUMBER_BYTES = 12;

/** The parts of an `x(…)`, `L(…)` or `K(…)` token, in order; see tar/style.ts. */
const EXTENDED_PARTS = ['name', 'mode', 'uid', 'gid', 'mtime', 'uname', 'gname', 'magic'];

/** Tokens without a place in a header block that a value shows; a hostile header can have a million. */
const MAX_TOKENS = 20;

/** Bytes that are written in another way on the other side. */
interface Range {
  /** Which block `offset` counts from: an extended header's (`x`, `L`, `K`), or the first of `all`; else the entry's. */
  readonly header?: string;
  readonly offset: number;
  readonly length: number;
  readonly written: string;
}

/**
 * How a header is written, as the value of a `header` difference: its dialect, and of the parts that the two sides
 * write differently the byte range with what stands there.
 */
export function headerValue(entry: TarHeader, other: TarHeader): Value {
  const ranges = new Map<string, Range>();
  const extended: string[] = [];
  const add = (range: Range): void => {
    const key = `${range.header ?? ''} ${range.offset}`;
    if (!ranges.has(key)) ranges.set(key, range);
  };
  if (entry.format !== other.format) add({ offset: 257, length: 8, written: `magic and version of ${entry.format}` });
  const own = tokensOf(entry);
  const others = tokensOf(other);
  for (const token of own) {
    if (others.has(token)) continue;
    const partner = isExtended(token)
      ? [...others].find((each) => isExtended(each) && each[0] === token[0])
      : undefined;
    const range = rangeOf(token, entry);
    if (range !== null) add({ offset: range[0], length: range[1], written: token });
    else if (partner !== undefined) for (const part of extendedRanges(token, partner)) add(part);
    else extended.push(token);
  }
  for (const token of others) {
    const range = own.has(token) ? null : rangeOf(token, other);
    if (range !== null) add({ offset: range[0], length: range[1], written: 'the usual way' });
  }
  if (ranges.size === 0) add({ header: 'all', offset: 0, length: entry.headerBytes, written: 'otherwise' });
  const more = extended.length - MAX_TOKENS;
  return {
    format: entry.format,
    bytes: entry.headerBytes,
    ranges: [...ranges.values()].sort(byPlace).map((range) => ({ ...range })),
    ...(extended.length === 0 ? {} : { extended: extended.slice(0, MAX_TOKENS) }),
    ...(more > 0 ? { more } : {}),
    ...(entry.sparse === null ? {} : { sparse: entry.sparse.slice(0, 100).join() }),
    sha256: digestFromBytes(entry.headerDigest).slice('sha256:'.length),
  };
}

function byPlace(a: Range, b: Range): number {
  return compareLatin1(a.header ?? '', b.header ?? '') || a.offset - b.offset;
}

function tokensOf(entry: TarHeader): ReadonlySet<string> {
  return new Set(entry.style === '' ? [] : entry.style.split(';'));
}

function isExtended(token: string): boolean {
  return /^[xLK]\(/.test(token);
}

/* Of two tokens of one kind of extended header, the fields of its block that differ. */
function extendedRanges(token: string, other: string): Range[] {
  const header = token.charAt(0);
  const [fields = '', ...styles] = token.slice(2, -1).split('|');
  const [otherFields = '', ...otherStyles] = other.slice(2, -1).split('|');
  const [parts, otherParts] = [fields.split(','), otherFields.split(',')];
  const ranges: Range[] = [];
  const add = (field: string | undefined, written: string): void => {
    const range = field !== undefined && Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (range !== undefined) {
      ranges.push({ header, offset: range[0], length: range[1], written: `extended header ${header}: ${written}` });
    }
  };
  EXTENDED_PARTS.forEach((field, i) => {
    if (parts[i] !== otherParts[i]) add(field, parts[i] ?? '');
  });
  const rest = [...parts.slice(EXTENDED_PARTS.length), ...styles];
  const otherRest = [...otherParts.slice(EXTENDED_PARTS.length), ...otherStyles];
  for (const part of rest) if (!otherRest.includes(part)) add(/^[a-z]+/.exec(part)?.[0], part);
  for (const part of otherRest) if (!rest.includes(part)) add(/^[a-z]+/.exec(part)?.[0], 'the usual way');
  return ranges;
}

function rangeOf(token: string, entry: TarHeader): readonly [number, number] | null {
  const unused = /^([0-9]+):([0-9a-f]*)$/.exec(token);
  if (unused !== null) return [Number(unused[1]), (unused[2] as string).length / 2];
  if (token.includes('(')) return null;
  const map = /^map([0-9]+)([=+:])/.exec(token);
  if (map !== null) return entry.format === 'gnu' ? mapRange(Number(map[1]), map[2] as string) : null;
  const field = /^[a-z]+/.exec(token)?.[0];
  if (field === undefined) return null;
  if (entry.format === 'star' && Object.hasOwn(STAR_FIELDS, field)) {
    return STAR_FIELDS[field] as readonly [number, number];
  }
  return Object.hasOwn(FIELDS, field) ? (FIELDS[field] as readonly [number, number]) : null;
}

/* Only numbers (`=`) and the rest (`+`) of the first block; further blocks of the map are no part of the header block. */
function mapRange(n: number, kind: string): readonly [number, number] | null {
  if (kind === '=' && n < MAP_NUMBERS) return [MAP_AT + n * MAP_NUMBER_BYTES, MAP_NUMBER_BYTES];
  return kind === '+' && n === 0 ? [MAP_AT, MAP_NUMBERS * MAP_NUMBER_BYTES] : null;
}
