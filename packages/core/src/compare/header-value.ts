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
  magic: [257, 6],
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
  realsize: [483, 12],
  map: [386, 96],
};

/**
 * How a header is written, as the value of a `header` difference: its dialect, and of the parts that the two sides
 * write differently the byte range in the header block with what stands there, and the extended headers.
 */
export function headerValue(entry: TarHeader, other: TarHeader): Value {
  const otherTokens = new Set(tokensOf(other));
  const ranges: Value[] = [];
  const extended: string[] = [];
  if (entry.format !== other.format) ranges.push({ offset: 257, length: 8, written: `magic and version of ${entry.format}` });
  const ownTokens = tokensOf(entry);
  for (const token of ownTokens) {
    if (otherTokens.has(token)) continue;
    const range = rangeOf(token);
    if (range === null) extended.push(token);
    else ranges.push({ offset: range[0], length: range[1], written: token });
  }
  const own = new Set(ownTokens);
  for (const token of otherTokens) {
    const range = rangeOf(token);
    if (own.has(token) || range === null || ranges.some((known) => (known as { offset: number }).offset === range[0])) continue;
    ranges.push({ offset: range[0], length: range[1], written: 'the usual way' });
  }
  ranges.sort((a, b) => (a as { offset: number }).offset - (b as { offset: number }).offset);
  return {
    format: entry.format,
    bytes: entry.headerBytes,
    ranges,
    ...(extended.length === 0 ? {} : { extended }),
    ...(entry.sparse === null ? {} : { sparse: entry.sparse.join(',').slice(0, 1000) }),
    sha256: digestFromBytes(entry.headerDigest).slice('sha256:'.length),
  };
}

function tokensOf(entry: TarHeader): string[] {
  return entry.style === '' ? [] : entry.style.split(';');
}

function rangeOf(token: string): readonly [number, number] | null {
  const unused = /^([0-9]+):([0-9a-f]*)$/.exec(token);
  if (unused !== null) return [Number(unused[1]), (unused[2] as string).length / 2];
  const field = /^[a-z]+/.exec(token)?.[0];
  return (field !== undefined && !token.includes('(') && FIELDS[field]) || null;
}
