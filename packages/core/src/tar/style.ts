import { latin1Bytes } from '../bytes/latin1.js';
import type { RawHeader } from './header.js';
import { hex } from './number.js';

/*
 * What a header's bytes say beyond its decoded fields, as tokens of `TarHeader.style`. Fields and style together
 * determine every byte (a test writes each header anew from them). What a writer derives from the entry is told by how
 * it is derived, not by value, so that the headers of one writer share few styles:
 * - of the header block (header.ts): `field=style`, `field+hex`, `offset:hex`
 * - `type:hex`, `size:n`, `linkname:hex`, `dev:n,n`: what the entry's type leaves without meaning
 * - `prefix=n`: the name is split, n bytes of it in the prefix field
 * - `raw…`: a field of the block that an extended header overrides, where it is not the same value cut to fit:
 *   `rawname=n` its first n bytes, `rawname=ascii` and the like (`derivedText`), `rawname:hex`, `rawuid=n`
 * - `x(…)`, `L(…)`, `K(…)`: the header of the extended header: its own name, mode, ids, time, …
 * - `headers=…`: their order; `order=…`, `dup(…)`, `lengthn=…`: order, repetition and lengths of PAX records
 * - `map…`, `blocks=…`: how a sparse map is written (sparse.ts)
 * Tokens hold no `;`: names and values in them are hex or escaped.
 */

const NAME_BYTES = 100;
/** Longer names are no file's; they are not worth looking at, and may be millions of bytes. */
const MAX_DERIVED = 4096;
const CONTENT_NAME = /^(?:.*\/)?(GNUSparseFile\.[0-9]+)\//s;
const RECORDS_NAME = /^(?:.*\/)?(PaxHeaders?(?:\.[0-9]+)?)(?:\/|$)/s;
/** What Go's archive/tar names its extended headers after; where a name is cut before it, it can only be assumed. */
const GO_FOLDER = 'PaxHeaders.0';

/** `tokens` joined to a style, empty ones left out. */
export function joinStyles(...tokens: readonly string[]): string {
  let style = '';
  for (const token of tokens) if (token !== '') style = style === '' ? token : `${style};${token}`;
  return style;
}

/** A raw text field of `length` bytes that is overridden by `decoded`: '' where it is that value cut to fit. */
export function overriddenText(field: string, raw: string, decoded: string, length: number = NAME_BYTES): string {
  if (raw === decoded.slice(0, length)) return '';
  const derived = derivedText(raw, decoded, length);
  if (derived !== '') return `raw${field}=${derived}`;
  if (decoded.startsWith(raw)) return `raw${field}=${raw.length}`;
  return `raw${field}:${hexOf(raw)}`;
}

/* How `raw` was made of `decoded`, in one of the ways of known writers; '' for no such way. */
function derivedText(raw: string, decoded: string, length: number): string {
  if (decoded.length > MAX_DERIVED) return '';
  for (const [label, text] of plainTexts(decoded)) {
    const cut = text.slice(0, length);
    if (label !== '' && raw === cut) return label;
    /* Go does not let a cut name end with a slash, since some readers would take it for a folder's. */
    if (text.length > length && cut.endsWith('/') && raw === withoutSlashes(cut)) return `${label}cut`;
  }
  const folder = CONTENT_NAME.exec(raw)?.[1];
  if (folder === undefined) return '';
  const placement = placementOf(raw, decoded, folder, length);
  return placement === '' ? '' : `${folder}${placement}`;
}

/* Not by a regular expression, which would look at each slash of a row of millions again and again. */
function withoutSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end--;
  return text.slice(0, end);
}

/* A text as writers put it where only ASCII may be: as it is (GNU tar), without other bytes (Go), with `?` (Python). */
function plainTexts(text: string): (readonly [label: string, text: string])[] {
  if (!/[\x80-\xff]/.test(text)) return [['', text]];
  return [
    ['', text],
    ['ascii', text.replace(/[\x80-\xff]/g, '')],
    ['ascii?', text.replace(/[\xc0-\xff][\x80-\xbf]*|[\x80-\xbf]/g, '?')],
  ];
}

/**
 * How `name` puts `folder` into `path`, as writers name what belongs to an entry; '' for no known way. `dir/folder/base`
 * for `dir/base` is `/`; `./` where a path without a folder has one then; `//` for `dir/folder` of the folder `dir/`;
 * then what of it is left out (`ascii`), and `~` where it is cut to `length`.
 */
function placementOf(name: string, path: string, folder: string, length: number): string {
  if (path.length > MAX_DERIVED) return '';
  const trimmed = withoutSlashes(path);
  const slash = trimmed.lastIndexOf('/') + 1;
  const [directory, base] = [trimmed.slice(0, slash), trimmed.slice(slash)];
  const usual = `${directory}${folder}/${base}`;
  if (name === usual) return '/';
  const ways: [string, string][] = [['/', usual]];
  if (directory === '') ways.push(['./', `./${folder}/${base}`]);
  if (trimmed !== path) ways.push(['//', `${trimmed}/${folder}`]);
  /* Go cleans what it joins. */
  const clean = trimmed.split('/').filter((part, i) => part !== '.' && (part !== '' || i === 0));
  const cleanBase = path.endsWith('/') ? [] : clean.splice(-1);
  ways.push(['clean', [...clean, folder, ...cleanBase].join('/')]);
  for (const [way, whole] of ways) {
    for (const [label, text] of plainTexts(whole)) {
      if (name === text) return `${way}${label}`;
      if (text.length > length && name === withoutSlashes(text.slice(0, length))) return `${way}${label}~`;
    }
  }
  return '';
}

/** A raw number that is overridden by `decoded`. */
export function overriddenNumber(field: string, raw: number, decoded: number): string {
  return raw === decoded ? '' : `raw${field}=${raw}`;
}

/** What the header of an extended header may be derived from: the entry that it is for. */
export interface DerivedFrom {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
  readonly mtimeSeconds: number;
}

/**
 * The header of an extended header. Of PAX headers, fields that are the entry's are told as `=`, but for the values that
 * many writers always put there: nothing, and the mode 644. GNU tar's long names all have one header.
 */
export function extendedHeaderStyle(kind: 'x' | 'L' | 'K', raw: RawHeader, entry: DerivedFrom): string {
  const derived = kind === 'x';
  const number = (value: number, known: number): string =>
    derived && value === known && value !== 0 ? '=' : String(value);
  const name = (value: string, known: string): string =>
    derived && value === known && value !== '' ? '=' : hexOf(value);
  const fields = [
    derivedName(raw, entry.path),
    modeOf(raw.mode, derived ? entry.mode : 0),
    number(raw.uid, entry.uid),
    number(raw.gid, entry.gid),
    number(raw.mtime, entry.mtimeSeconds),
    name(raw.uname, entry.uname),
    name(raw.gname, entry.gname),
    raw.format,
    ...(raw.linkName === '' ? [] : [`linkname:${hexOf(raw.linkName)}`]),
    ...(raw.prefix === '' ? [] : [`prefix=${raw.prefix.length}`]),
    ...(raw.devMajor === 0 && raw.devMinor === 0 ? [] : [`dev:${raw.devMajor}/${raw.devMinor}`]),
    ...(raw.atime === null ? [] : [`atime:${raw.atime}`]),
    ...(raw.ctime === null ? [] : [`ctime:${raw.ctime}`]),
  ];
  return `${kind}(${fields.join(',')}${raw.style === '' ? '' : `|${raw.style.replaceAll(';', '|')}`})`;
}

function modeOf(mode: number, known: number): string {
  return mode === known && mode !== 0 && mode !== 0o644 ? '=' : mode.toString(8);
}

function derivedName(raw: RawHeader, path: string): string {
  const name = raw.prefix === '' ? raw.name : `${raw.prefix}/${raw.name}`;
  if (name === '././@LongLink') return '@LongLink';
  if (name === '././@PaxHeader') return '@PaxHeader';
  const folder = RECORDS_NAME.exec(name)?.[1] ?? GO_FOLDER;
  const placement = placementOf(name, path, folder, NAME_BYTES);
  return placement === '' ? `:${hexOf(name)}` : `${folder}${placement}`;
}

/** One record of a PAX extended header. */
type PaxRecord = readonly [key: string, value: string];

/**
 * How records are written: keys that do not come in ascending order, each once. Then `order` has all keys in order, and
 * `dup` the values that later records of the same key replace, in order.
 * @param pairs whether the map of a sparse file is in records of GNU.sparse.offset and GNU.sparse.numbytes (form 0.0):
 * where they stand in one row, with numbers written the usual way, `*` in `order` tells them all
 */
export function recordsStyle(list: readonly PaxRecord[], style: string, pairs: boolean): string {
  let sorted = true;
  for (let i = 1; i < list.length && sorted; i++) sorted = (list[i - 1] as PaxRecord)[0] < (list[i] as PaxRecord)[0];
  if (sorted) return style;
  const row = pairs ? rowOfPairs(list) : null;
  const last = new Map(list.map(([key], i) => [key, i]));
  const order: string[] = [];
  const replaced: string[] = [];
  for (const [i, [key, value]] of list.entries()) {
    if (row !== null && i >= row.start && i < row.end) {
      if (i === row.start) order.push('*');
      continue;
    }
    order.push(escapeKey(key));
    if (last.get(key) !== i) replaced.push(`dup(${escapeKey(key)},${hexOf(value)})`);
  }
  return joinStyles(style, `order=${order.join(',')}`, replaced.join(';'));
}

function isPair(key: string): boolean {
  return key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes';
}

/* Where all records of a map stand, if that is one row of numbers in their usual form. */
function rowOfPairs(list: readonly PaxRecord[]): { start: number; end: number } | null {
  const start = list.findIndex(([key]) => isPair(key));
  if (start < 0) return null;
  let end = start;
  while (end < list.length && isPair((list[end] as PaxRecord)[0])) {
    if (!/^(0|[1-9][0-9]*)$/.test((list[end] as PaxRecord)[1])) return null;
    end++;
  }
  return list.some(([key], i) => i >= end && isPair(key)) ? null : { start, end };
}

/* What has a meaning in a style, or cannot be seen, as %xx. */
function escapeKey(key: string): string {
  return key.replace(/[^!-~]|[%,;|()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export function hexOf(text: string): string {
  const bytes = latin1Bytes(text);
  return hex(bytes, 0, bytes.length);
}
