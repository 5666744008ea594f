import { latin1 } from '../../../bytes/latin1.js';
import type { Value } from '../../../json/plain.js';
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

const TRAILER = 'TRAILER!!!';
/** What follows the end of an archive that is none, as a member of its own: often another, compressed. */
const REST = '(bytes after the archive)';

interface CpioHeader {
  readonly format: string;
  readonly fields: ReadonlyMap<string, number>;
  readonly nameStart: number;
  readonly nameBytes: number;
  readonly size: number;
  /** To what content and the next header are aligned. */
  readonly alignment: number;
}

/**
 * cpio archives: newc, crc and odc (POSIX's octet-oriented format). Initial RAM disks are several of them, one after the
 * other. Source: cpio(5) of FreeBSD; Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */
export const CPIO_READER: ArchiveReader = {
  format: 'cpio',
  recognises: (content) => readHeader(content, 0) !== null,
  read: readCpio,
};

function readCpio(content: Uint8Array, maxMembers: number): Archive {
  const members: Member[] = [];
  let at = 0;
  let archive = 1;
  while (at < content.length) {
    const header = readHeader(content, at);
    if (header === null) throw new ContainerError(`no header of a member at byte ${at}`);
    checkMembers(members.length + 1, maxMembers);
    const nameEnd = header.nameStart + header.nameBytes;
    const start = aligned(nameEnd, header.alignment);
    if (header.nameBytes < 1 || start + header.size > content.length) {
      throw new ContainerError(`the member at byte ${at} is cut off`);
    }
    const name = latin1(content, header.nameStart, nameEnd - 1);
    const end = Math.min(content.length, aligned(start + header.size, header.alignment));
    members.push({
      name,
      fields: fieldsOf([
        ['format', header.format],
        ...fieldValues(header.fields),
        ['archive', archive === 1 ? null : archive],
        ['padding', paddingOf(content, nameEnd, start, start + header.size, end)],
      ]),
      stored: content.subarray(start, start + header.size),
    });
    at = end;
    if (name !== TRAILER) continue;
    archive++;
    const next = afterZeros(content, at);
    if (next === content.length) return { fields: fieldsOf([['zeros at the end', next - at]]), members, remarks: [] };
    if (readHeader(content, next) === null) {
      members.push({ name: REST, fields: fieldsOf([['offset', next]]), stored: content.subarray(next) });
      return { fields: new Map(), members, remarks: [] };
    }
    at = next;
  }
  return { fields: new Map(), members, remarks: ['there is no end mark'] };
}

function afterZeros(content: Uint8Array, start: number): number {
  let at = start;
  while (at < content.length && content[at] === 0) at++;
  return at;
}

function aligned(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function paddingOf(
  content: Uint8Array,
  ...[nameEnd, start, end, next]: [number, number, number, number]
): string | null {
  const padding = latin1(content, nameEnd, start) + latin1(content, end, next);
  return /^\0*$/.test(padding) ? null : Buffer.from(padding, 'latin1').toString('hex');
}

function fieldValues(fields: ReadonlyMap<string, number>): [string, Value][] {
  return [...fields].map(([name, value]) => {
    if (name === 'mtime') return [name, timeText(value)];
    return [name, name === 'mode' ? modeText(value) : value];
  });
}

const NEWC = [
  'ino',
  'mode',
  'uid',
  'gid',
  'nlink',
  'mtime',
  'size',
  'devmajor',
  'devminor',
  'rdevmajor',
  'rdevminor',
  'namesize',
  'check',
];
const ODC: readonly (readonly [string, number])[] = [
  ['dev', 6],
  ['ino', 6],
  ['mode', 6],
  ['uid', 6],
  ['gid', 6],
  ['nlink', 6],
  ['rdev', 6],
  ['mtime', 11],
  ['namesize', 6],
  ['size', 11],
];

function readHeader(content: Uint8Array, at: number): CpioHeader | null {
  const magic = latin1(content, at, Math.min(content.length, at + 6));
  if (magic === '070701' || magic === '070702') {
    return header(
      content,
      at,
      NEWC.map((name) => [name, 8]),
      16,
      magic === '070701' ? 'newc' : 'crc',
      4,
    );
  }
  return magic === '070707' ? header(content, at, ODC, 8, 'odc', 1) : null;
}

function header(
  content: Uint8Array,
  at: number,
  layout: readonly (readonly [string, number])[],
  base: 8 | 16,
  format: string,
  alignment: number,
): CpioHeader | null {
  const fields = new Map<string, number>();
  let position = at + 6;
  for (const [name, digits] of layout) {
    const text = latin1(content, position, Math.min(content.length, position + digits));
    if (text.length < digits || !(base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/).test(text)) return null;
    fields.set(name, Number.parseInt(text, base));
    position += digits;
  }
  const [nameBytes, size] = [fields.get('namesize') as number, fields.get('size') as number];
  fields.delete('namesize');
  fields.delete('size');
  return { format, fields, nameStart: position, nameBytes, size, alignment };
}
