import { latin1 } from '../../../bytes/latin1.js';
import {
  type Archive,
  type ArchiveReader,
  ContainerError,
  checkMembers,
  fieldsOf,
  type Member,
  modeText,
  timeText,
} from './archive.js';

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;
/** Where the names of GNU's long ones are. */
const NAME_TABLE = '//';

/**
 * Unix archives: static libraries and Debian packages. Source: ar(5) of FreeBSD, deb(5); long names as GNU (`/12`) and
 * BSD (`#1/12`) have them.
 */
export const AR_READER: ArchiveReader = {
  format: 'ar',
  recognises: (content) => latin1(content, 0, MAGIC.length) === MAGIC,
  read: readAr,
};

function readAr(content: Uint8Array, maxMembers: number): Archive {
  const members: Member[] = [];
  let names = '';
  let at = MAGIC.length;
  while (at < content.length) {
    const header = latin1(content, at, Math.min(content.length, at + HEADER_BYTES));
    if (header.length < HEADER_BYTES || !header.endsWith('`\n')) {
      throw new ContainerError(`no header of a member at byte ${at}`);
    }
    checkMembers(members.length + 1, maxMembers);
    const size = number(header, 48, 58, 10);
    const start = at + HEADER_BYTES;
    if (size === null || start + size > content.length) throw new ContainerError(`the member at byte ${at} is cut off`);
    const data = content.subarray(start, start + size);
    const raw = header.slice(0, 16).trimEnd();
    if (raw === NAME_TABLE) names = latin1(data);
    const { name, skip } = nameOf(raw, names, data);
    const padding = size % 2 === 1 ? content[start + size] : undefined;
    members.push({
      name,
      fields: fieldsOf([
        ['mtime', time(number(header, 16, 28, 10))],
        ['uid', number(header, 28, 34, 10)],
        ['gid', number(header, 34, 40, 10)],
        ['mode', mode(number(header, 40, 48, 8))],
        ['header', headerStyle(header)],
        ['padding', padding === undefined || padding === 10 ? null : padding],
      ]),
      stored: data.subarray(skip),
    });
    at = start + size + (size % 2);
  }
  return { fields: new Map(), members, remarks: [] };
}

function nameOf(raw: string, names: string, data: Uint8Array): { name: string; skip: number } {
  const bsd = /^#1\/([0-9]{1,9})$/.exec(raw);
  if (bsd !== null) {
    const skip = Math.min(Number(bsd[1]), data.length);
    return { name: latin1(data, 0, skip).replace(/\0+$/, ''), skip };
  }
  const gnu = /^\/([0-9]{1,9})$/.exec(raw);
  if (gnu === null) return { name: raw.length > 1 && raw !== NAME_TABLE ? raw.replace(/\/$/, '') : raw, skip: 0 };
  const start = Number(gnu[1]);
  const end = names.indexOf('\n', start);
  return { name: names.slice(start, end < 0 ? undefined : end).replace(/\/$/, ''), skip: 0 };
}

/** Null for an empty field or one that is no number. */
function number(header: string, start: number, end: number, base: 8 | 10): number | null {
  const text = header.slice(start, end).trimEnd();
  return (base === 8 ? /^[0-7]+$/ : /^[0-9]+$/).test(text) ? Number.parseInt(text, base) : null;
}

function time(seconds: number | null): string | null {
  return seconds === null ? null : timeText(seconds);
}

function mode(value: number | null): string | null {
  return value === null ? null : modeText(value);
}

/** Fields that are no numbers, or not written the usual way. */
function headerStyle(header: string): string | null {
  const usual = /^.{16}(0|[1-9][0-9]*) *(0|[1-9][0-9]*) *(0|[1-9][0-9]*) *(0|[1-7][0-7]*) *(0|[1-9][0-9]*) *`\n$/s;
  return usual.test(header) ? null : header.slice(16, 58);
}
