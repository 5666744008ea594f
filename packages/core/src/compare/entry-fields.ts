import { compareLatin1, latin1Bytes, utf8OfLatin1 } from '../bytes/latin1.js';
import { digestFromBytes } from '../digest.js';
import { decimalEqual } from '../json/number.js';
import type { LayerIndex } from '../layer/layer-index.js';
import { normalizePath } from '../layer/path.js';
import { whiteoutOf } from '../layer/whiteout.js';
import type { TarHeader, TarTime } from '../tar/entry.js';
import { isImpliedRecord, isXattr, XATTR_PREFIX } from '../tar/pax.js';
import type { Value } from './difference.js';
import type { Excuses } from './finding.js';
import { headerValue } from './header-value.js';

/** Tells one field that differs between two entries of one path. */
export type FieldSink = (field: string, values: readonly [Value, Value], excuses: Excuses) => void;

const PERMISSION_BITS = 0o7777;

/** The type of an entry as written: whiteouts are told from the files they look like. */
export function streamType(entry: TarHeader, path: string): string {
  return (entry.type === 'file' ? whiteoutOf(path)?.type : undefined) ?? entry.type;
}

/**
 * Compares two entries of one path, every field and every header byte.
 * Where header blocks differ at least one field is told.
 */
export function compareEntries(
  index0: LayerIndex,
  index1: LayerIndex,
  position0: number,
  position1: number,
  tell: FieldSink,
): void {
  const entry0 = index0.entries[position0] as TarHeader;
  const entry1 = index1.entries[position1] as TarHeader;
  const content0 = index0.contentDigests[position0] as string;
  const content1 = index1.contentDigests[position1] as string;
  const padding0 = index0.paddings.get(position0);
  const padding1 = index1.paddings.get(position1);
  if (entry0.headerDigest !== entry1.headerDigest) compareHeaders(entry0, entry1, tell);
  if (content0 !== content1 && entry0.type === 'file' && entry1.type === 'file') {
    tell('content', [digestFromBytes(content0), digestFromBytes(content1)], []);
  }
  if (padding0 !== undefined || padding1 !== undefined) {
    const values: [Value, Value] = [bytesValue(padding0), bytesValue(padding1)];
    if (values[0] !== values[1]) tell('padding', values, TAR_FORMAT);
  }
}

const TAR_FORMAT: Excuses = [['tar-format']];
const TIMESTAMPS: Excuses = [['file-timestamps']];
const TIMESTAMP_DIGITS: Excuses = [...TIMESTAMPS, ...TAR_FORMAT];
const NONE: Excuses = [];

function compareHeaders(entry0: TarHeader, entry1: TarHeader, tell: FieldSink): void {
  let told = false;
  /* A global extended header describes no file: nothing of it reaches a container. */
  const global = entry0.type === 'global-header' && entry1.type === 'global-header';
  const differ = (field: string, values: readonly [Value, Value], excuses: Excuses): void => {
    told = true;
    tell(field, values, global && excuses !== TAR_FORMAT ? [...excuses, ...TAR_FORMAT] : excuses);
  };
  if (entry0.path !== entry1.path) differ('path', texts(entry0.path, entry1.path), [['path-spelling']]);
  if (entry0.type !== entry1.type) differ('type', [streamTypeOf(entry0), streamTypeOf(entry1)], NONE);
  compareAttributes(entry0, entry1, differ);
  compareLinks(entry0, entry1, differ);
  const [device0, device1] = [deviceValue(entry0), deviceValue(entry1)];
  if (device0 !== device1) differ('device', [device0, device1], NONE);
  if (entry0.pax !== null || entry1.pax !== null) compareImplied(entry0, entry1, differ);
  const sameSparse = sameNumbers(entry0.sparse, entry1.sparse);
  /* A file that grew says so by its content; only what is no file can have another size and no other content. */
  const sameWriting = entry0.format === entry1.format && sameStyle(entry0, entry1) && sameSparse;
  if (!sameWriting || (!told && entry0.size === entry1.size)) {
    differ('header', [headerValue(entry0, entry1), headerValue(entry1, entry0)], TAR_FORMAT);
  }
}

/** What an entry says of a file beside what it is; a folder that no entry names has no time. */
export type Attributes = Pick<TarHeader, 'mode' | 'uid' | 'gid' | 'uname' | 'gname' | 'atime' | 'ctime' | 'pax'> & {
  readonly mtime: TarTime | null;
};

/**
 * Compares what a container sees of a file beside its type and content, and the records that nobody knows.
 * Source: image-spec, layer.md, "Change Types" and "File Attributes".
 */
export function compareAttributes(entry0: Attributes, entry1: Attributes, differ: FieldSink): void {
  if (entry0.mode !== entry1.mode) {
    /* Bitwise operators look at the lowest 32 bits of any safe integer. */
    const redundant = ((entry0.mode ^ entry1.mode) & PERMISSION_BITS) === 0;
    differ('mode', [octal(entry0.mode), octal(entry1.mode)], redundant ? [['file-mode-redundant-bits']] : NONE);
  }
  if (entry0.uid !== entry1.uid) differ('uid', [entry0.uid, entry1.uid], NONE);
  if (entry0.gid !== entry1.gid) differ('gid', [entry0.gid, entry1.gid], NONE);
  if (entry0.uname !== entry1.uname) differ('uname', texts(entry0.uname, entry1.uname), TAR_FORMAT);
  if (entry0.gname !== entry1.gname) differ('gname', texts(entry0.gname, entry1.gname), TAR_FORMAT);
  for (const field of ['mtime', 'atime', 'ctime'] as const) {
    const [time0, time1] = [entry0[field], entry1[field]];
    if (!sameTime(time0, time1)) differ(field, [timeValue(time0), timeValue(time1)], TIMESTAMPS);
  }
  if (entry0.pax === null && entry1.pax === null) return;
  for (const key of keysThatDiffer(entry0, entry1)) {
    if (isImpliedRecord(key)) continue;
    const values: [Value, Value] = [base64(entry0.pax?.get(key)), base64(entry1.pax?.get(key))];
    differ(isXattr(key) ? `xattrs/${nameText(key.slice(XATTR_PREFIX.length))}` : `pax/${nameText(key)}`, values, NONE);
  }
}

/*
 * Records that one side has alone are differences of their own. Another order is one only among those that both have:
 * GNU tar's `mtime,atime,ctime` stands in no other order than a lone `mtime`.
 */
function sameStyle(entry0: TarHeader, entry1: TarHeader): boolean {
  if (entry0.style === entry1.style) return true;
  if (entry0.pax === null || entry1.pax === null || withoutOrder(entry0) !== withoutOrder(entry1)) return false;
  const [keys0, keys1] = [commonKeys(entry0, entry1), commonKeys(entry1, entry0)];
  return entry0.pax.size !== entry1.pax.size && keys0.every((key, i) => key === keys1[i]);
}

function withoutOrder({ style }: TarHeader): string {
  return style
    .split(';')
    .filter((token) => !token.startsWith('order='))
    .join(';');
}

function commonKeys(entry: TarHeader, other: TarHeader): string[] {
  return [...(entry.pax?.keys() ?? [])].filter((key) => other.pax?.has(key));
}

function compareLinks(entry0: TarHeader, entry1: TarHeader, differ: FieldSink): void {
  const [target0, target1] = [linkTargetOf(entry0), linkTargetOf(entry1)];
  if (target0 === target1) return;
  const bothHard = entry0.type === 'hardlink' && entry1.type === 'hardlink';
  const spelling = bothHard && normalizePath(entry0.linkTarget) === normalizePath(entry1.linkTarget);
  differ('linkTarget', texts(target0, target1), spelling ? [['path-spelling']] : NONE);
}

function linkTargetOf(entry: TarHeader): string | null {
  return entry.type === 'symlink' || entry.type === 'hardlink' ? entry.linkTarget : null;
}

/* Records that say again, or instead, what a decoded field says. */
function compareImplied(entry0: TarHeader, entry1: TarHeader, differ: FieldSink): void {
  for (const key of keysThatDiffer(entry0, entry1)) {
    /* Where the field that the record states differs, that is the difference. */
    if (!isImpliedRecord(key) || decodedDiffers(key, entry0, entry1)) continue;
    const [value0, value1] = [entry0.pax?.get(key), entry1.pax?.get(key)];
    const isTime = key === 'mtime' || key === 'atime' || key === 'ctime';
    /* No field holds the digits beyond a nanosecond. */
    const otherTime = isTime && Boolean(value0) && Boolean(value1) && !decimalEqual(value0 as string, value1 as string);
    differ(`pax/${nameText(key)}`, [base64(value0), base64(value1)], otherTime ? TIMESTAMP_DIGITS : TAR_FORMAT);
  }
}

function keysThatDiffer(entry0: Pick<TarHeader, 'pax'>, entry1: Pick<TarHeader, 'pax'>): string[] {
  const keys = new Set([...(entry0.pax?.keys() ?? []), ...(entry1.pax?.keys() ?? [])]);
  return [...keys].filter((key) => entry0.pax?.get(key) !== entry1.pax?.get(key)).sort(compareLatin1);
}

function decodedDiffers(key: string, entry0: TarHeader, entry1: TarHeader): boolean {
  switch (key) {
    case 'path':
    case 'GNU.sparse.name':
      return entry0.path !== entry1.path;
    case 'linkpath':
      return entry0.linkTarget !== entry1.linkTarget;
    case 'size':
    case 'GNU.sparse.size':
    case 'GNU.sparse.realsize':
      return entry0.size !== entry1.size;
    case 'uid':
    case 'gid':
    case 'uname':
    case 'gname':
      return entry0[key] !== entry1[key];
    case 'mtime':
    case 'atime':
    case 'ctime':
      return !sameTime(entry0[key], entry1[key]);
    default:
      return false;
  }
}

/** An xattr, PAX value or padding as it stands in a report: base64, null where there is none. */
function base64(value: string | undefined): string | null {
  return value === undefined ? null : Buffer.from(latin1Bytes(value)).toString('base64');
}

function bytesValue(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytes).toString('base64');
}

/** Bytes as text for a report, U+FFFD for what is not UTF-8. */
export function text<T extends string | null>(value: T): T {
  return (value === null ? null : (utf8OfLatin1(value) ?? Buffer.from(value, 'latin1').toString('utf8'))) as T;
}

/** Two byte strings as they stand in a report; where they read the same, the bytes that are no ASCII are spelt out. */
export function texts(value0: string | null, value1: string | null): readonly [Value, Value] {
  const [text0, text1] = [text(value0), text(value1)];
  return text0 !== text1 || value0 === null || value1 === null ? [text0, text1] : [spelt(value0), spelt(value1)];
}

/** A path within a text. */
export function escapedPath(path: string): string {
  return nameText(path);
}

/** A name within a field: names that differ stay apart. */
function nameText(name: string): string {
  return utf8OfLatin1(name) ?? spelt(name);
}

function spelt(value: string): string {
  return value.replace(/[\\\x80-\xff]/g, (unit) => (unit === '\\' ? '\\\\' : `\\x${unit.charCodeAt(0).toString(16)}`));
}

function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`;
}

function timeValue(time: TarTime | null): string | null {
  return time === null ? null : `${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}`;
}

function sameTime(time0: TarTime | null, time1: TarTime | null): boolean {
  if (time0 === null || time1 === null) return time0 === time1;
  return time0.seconds === time1.seconds && time0.nanoseconds === time1.nanoseconds;
}

function sameNumbers(a: readonly number[] | null, b: readonly number[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** `major:minor` of a device. */
export function deviceValue(entry: TarHeader): string | null {
  const isDevice = entry.type === 'character-device' || entry.type === 'block-device';
  return isDevice ? `${entry.devMajor}:${entry.devMinor}` : null;
}

function streamTypeOf(entry: TarHeader): string {
  return streamType(entry, normalizePath(entry.path));
}
