import { latin1 } from '../bytes/latin1.js';
import { checkLimit, type Limits } from '../limits.js';
import type { TarTime } from './entry.js';
import { tarInvalid } from './error.js';

/** The records of one extended header, as written. */
export interface PaxRecords {
  /** In order, keys may repeat. */
  readonly list: readonly (readonly [key: string, value: string])[];
  /** How they are written beyond keys and values: `length0=003` for the first record's, with zeros before it; '' as usual. */
  readonly style: string;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;

/** Keys whose value must not hold a NUL, since it becomes a name (Go's archive/tar refuses it, and so do engines). */
const NAME_KEYS: ReadonlySet<string> = new Set(['path', 'linkpath', 'uname', 'gname']);

/**
 * Parses the data of an extended header: records `<length> <key>=<value>\n`, the length counting the whole record.
 * Values are bytes (latin1 strings). Source: POSIX.1-2017 pax, "pax Extended Header".
 * @param offset of `data` in the tar stream
 * @throws {OciDiffError} `ERR_TAR_INVALID` for anything that is not a row of such records; `ERR_LIMIT_EXCEEDED`
 */
export function parsePaxRecords(data: Uint8Array, offset: number, limits: Limits): PaxRecords {
  const list: [string, string][] = [];
  let style = '';
  let at = 0;
  let counted = 0;
  while (at < data.length) {
    const fail = (reason: string): Error => tarInvalid(offset + at, `bad record in an extended header: ${reason},`);
    let position = at;
    let length = 0;
    for (; position < data.length; position++) {
      const digit = (data[position] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
      if (length > data.length) throw fail('its length goes beyond the header');
    }
    if (position === at || data[position] !== SPACE) {
      throw fail('it does not begin with its length');
    }
    if (position - at !== String(length).length) {
      style += `${style === '' ? '' : ';'}length${list.length}=${latin1(data, at, position)}`;
    }
    const end = at + length;
    if (end > data.length) throw fail('its length goes beyond the header');
    if (end <= position + 1 || data[end - 1] !== NEWLINE) throw fail('it does not end with a newline');
    const equals = data.indexOf(EQUALS, position + 1);
    if (equals < 0 || equals >= end) throw fail('it has no =');
    const key = latin1(data, position + 1, equals);
    const value = latin1(data, equals + 1, end - 1);
    if (key === '') throw fail('its key is empty');
    if (key.includes('\0')) throw fail('its key holds a NUL');
    if (NAME_KEYS.has(key) && value.includes('\0')) throw fail(`the value of ${key} holds a NUL`);
    list.push([key, value]);
    /* Keys become those of a Map, and keys made for it take some Nodes quadratic time. */
    if (!key.startsWith('GNU.sparse.')) checkLimit(limits, 'paxRecords', ++counted, 'records of one extended header');
    at = end;
  }
  return { list, style };
}

/**
 * A PAX time: decimal seconds with any fraction; digits beyond the ninth are dropped (the record keeps them).
 * Source: POSIX.1-2017 pax, "pax Extended Header File Times".
 * @throws {OciDiffError} `ERR_TAR_INVALID`
 */
export function parsePaxTime(text: string, key: string, offset: number): TarTime {
  const match = /^(-?)([0-9]+)(?:\.([0-9]*))?$/.exec(text);
  if (match === null) throw tarInvalid(offset, `the PAX record ${key} is not a time`);
  const whole = Number(match[2]);
  const fraction = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (whole > Number.MAX_SAFE_INTEGER) throw tarInvalid(offset, `the PAX record ${key} is beyond 2^53`);
  if (match[1] === '') return { seconds: whole, nanoseconds: fraction };
  if (fraction === 0) return { seconds: 0 - whole, nanoseconds: 0 };
  return { seconds: -whole - 1, nanoseconds: 1e9 - fraction };
}

/**
 * A PAX number: decimal, not negative, below 2^53.
 * @throws {OciDiffError} `ERR_TAR_INVALID`
 */
export function parsePaxNumber(text: string, key: string, offset: number): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw tarInvalid(offset, `the PAX record ${key} is not a number below 2^53`);
  return value;
}

/** Extended attributes as records, by their names. Source: star(5), "SCHILY.xattr"; image-spec, layer.md, "File Attributes". */
export const XATTR_PREFIX = 'SCHILY.xattr.';

/** Whether a record is an extended attribute. */
export function isXattr(key: string): boolean {
  return key.startsWith(XATTR_PREFIX);
}

/** PAX records that say again, or instead, what a decoded field says. */
const IMPLIED_KEYS: ReadonlySet<string> = new Set([
  'path',
  'linkpath',
  'size',
  'uid',
  'gid',
  'uname',
  'gname',
  'mtime',
  'atime',
  'ctime',
  'hdrcharset',
]);

/** Whether a record says again, or instead, what a decoded field says. */
export function isImpliedRecord(key: string): boolean {
  return IMPLIED_KEYS.has(key) || key.startsWith('GNU.sparse.');
}
