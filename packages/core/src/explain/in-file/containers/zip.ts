import { createHash } from 'node:crypto';
import { inflateRaw } from '../../../bytes/expand.js';
import { latin1 } from '../../../bytes/latin1.js';
import type { Value } from '../../../json/plain.js';
import { bufferOf } from '../bytes/common-bytes.js';
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

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 0xffff;
const MAX_32 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** Extra fields whose meaning is known. Source: APPNOTE.TXT section 4.5; Info-ZIP's extrafld.txt. */
const ZIP64_EXTRA = 0x0001;
const TIMES_EXTRA = 0x5455;
const OWNER_EXTRA = 0x7875;

/**
 * Zip archives: also Java's and Python's packages. The central directory says what is in them, as for most readers; what
 * local headers say otherwise is told. Source: APPNOTE.TXT 6.3.10.
 */
export const ZIP_READER: ArchiveReader = {
  format: 'zip',
  recognises(content) {
    const magic = content.length < END_BYTES ? 0 : bufferOf(content).readUInt32LE(0);
    return magic === LOCAL || magic === END;
  },
  read: readZip,
};

/** A part of the archive that belongs to something. */
type Extent = readonly [start: number, end: number];

function readZip(content: Uint8Array, maxMembers: number): Archive {
  const bytes = bufferOf(content);
  const directory = findDirectory(bytes);
  const members: Member[] = [];
  const extents: Extent[] = [...directory.extents];
  let at = directory.start;
  for (let i = 0; i < directory.count; i++) {
    if (at + CENTRAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) {
      throw new ContainerError(`no entry of the central directory at byte ${at}`);
    }
    checkMembers(members.length + 1, maxMembers);
    const entry = readCentral(bytes, at);
    const { member, extent } = memberOf(bytes, entry);
    members.push(member);
    extents.push(extent);
    at = entry.end;
  }
  extents.push([directory.start, at]);
  const { gaps, overlap } = layOut(bytes, extents);
  return {
    fields: fieldsOf([
      ['comment', directory.comment],
      ['bytes that belong to nothing', gaps],
    ]),
    members,
    remarks: overlap ? ['members or headers overlap'] : [],
  };
}

interface Directory {
  readonly start: number;
  readonly count: number;
  readonly comment: string | null;
  readonly extents: readonly Extent[];
}

function findDirectory(bytes: Buffer): Directory {
  const end = findEnd(bytes);
  const commentEnd = end + END_BYTES + bytes.readUInt16LE(end + 20);
  const comment = commentEnd === end + END_BYTES ? null : latin1(bytes, end + END_BYTES, commentEnd);
  let [count, start] = [bytes.readUInt16LE(end + 10), bytes.readUInt32LE(end + 16)];
  const extents: Extent[] = [[end, commentEnd]];
  const locator = end - LOCATOR_BYTES;
  if ((count === 0xffff || start === MAX_32) && locator >= 0 && bytes.readUInt32LE(locator) === LOCATOR_64) {
    const end64 = Number(bytes.readBigUInt64LE(locator + 8));
    if (end64 + END_64_BYTES > locator || bytes.readUInt32LE(end64) !== END_64) {
      throw new ContainerError('the zip64 end is not where it should be');
    }
    count = Number(bytes.readBigUInt64LE(end64 + 32));
    start = Number(bytes.readBigUInt64LE(end64 + 48));
    extents.push([end64, end64 + END_64_BYTES], [locator, end]);
  }
  return { start, count, comment, extents };
}

/** The last record that ends the archive with its comment; if there is none, the last before other bytes. */
function findEnd(bytes: Buffer): number {
  const lowest = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT);
  let last = -1;
  for (let at = bytes.length - END_BYTES; at >= lowest; at--) {
    if (bytes.readUInt32LE(at) !== END) continue;
    const end = at + END_BYTES + bytes.readUInt16LE(at + 20);
    if (end === bytes.length) return at;
    if (last < 0 && end < bytes.length) last = at;
  }
  if (last < 0) throw new ContainerError('no end of a central directory');
  return last;
}

interface CentralEntry {
  readonly name: string;
  readonly fields: readonly (readonly [string, Value])[];
  readonly flags: number;
  readonly method: number;
  readonly time: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly localOffset: number;
  /** Where the next entry begins. */
  readonly end: number;
}

function readCentral(bytes: Buffer, at: number): CentralEntry {
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
    number,
    number,
    number,
  ];
  const nameEnd = at + CENTRAL_BYTES + nameBytes;
  const end = nameEnd + extraBytes + commentBytes;
  if (end > bytes.length) throw new ContainerError(`the entry of the central directory at byte ${at} is cut off`);
  const extra = readExtra(bytes.subarray(nameEnd, nameEnd + extraBytes));
  const [madeBy, needed, flags, method] = [4, 6, 8, 10].map((offset) => bytes.readUInt16LE(at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  const time = bytes.readUInt32LE(at + 12);
  const attributes = bytes.readUInt32LE(at + 38);
  const unix = madeBy >> 8 === 3;
  const large = largeSizes(
    extra.get(ZIP64_EXTRA),
    [24, 20, 42].map((offset) => bytes.readUInt32LE(at + offset)),
  );
  return {
    name: latin1(bytes, at + CENTRAL_BYTES, nameEnd),
    fields: [
      ['mtime', dosTime(time)],
      ['mode', unix ? modeText(attributes >>> 16) : null],
      ['attributes', unix ? attributes & 0xffff : attributes],
      ['internal attributes', bytes.readUInt16LE(at + 36)],
      ['method', method],
      ['flags', flags],
      ['version made by', madeBy],
      ['version needed', needed],
      ...extraFields(extra),
      ['comment', commentBytes === 0 ? null : latin1(bytes, end - commentBytes, end)],
    ],
    flags,
    method,
    time,
    crc: bytes.readUInt32LE(at + 16),
    size: large[0] as number,
    compressedSize: large[1] as number,
    localOffset: large[2] as number,
    end,
  };
}

/** Size, compressed size and offset, those that do not fit in 32 bits from the extra field. */
function largeSizes(extra: Buffer | undefined, values: readonly number[]): number[] {
  let at = 0;
  return values.map((value) => {
    if (value !== MAX_32 || extra === undefined || at + 8 > extra.length) return value;
    at += 8;
    return Number(extra.readBigUInt64LE(at - 8));
  });
}

function readExtra(bytes: Buffer): Map<number, Buffer> {
  const extra = new Map<number, Buffer>();
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    extra.set(bytes.readUInt16LE(at), bytes.subarray(at + 4, end));
    at = end;
  }
  if (at < bytes.length) extra.set(-1, bytes.subarray(at));
  return extra;
}

function extraFields(extra: ReadonlyMap<number, Buffer>): [string, Value][] {
  const fields: [string, Value][] = [];
  for (const [id, data] of extra) {
    if (id === ZIP64_EXTRA) fields.push(['zip64', data.length]);
    else if (id === TIMES_EXTRA && data.length >= 5 && ((data[0] as number) & 1) === 1) {
      fields.push(
        ['extended mtime', timeText(data.readInt32LE(1))],
        ['extended times', data.subarray(5).toString('hex')],
      );
    } else if (id === OWNER_EXTRA && data[0] === 1) fields.push(['uid and gid', data.toString('hex')]);
    else
      fields.push([
        id < 0 ? 'extra field, cut off' : `extra field 0x${id.toString(16).padStart(4, '0')}`,
        data.toString('hex'),
      ]);
  }
  return fields;
}

/** Local time, of no stated zone, in steps of two seconds. */
function dosTime(value: number): string {
  const part = (shift: number, bits: number): string => String((value >>> shift) & (2 ** bits - 1)).padStart(2, '0');
  const seconds = String((value & 0x1f) * 2).padStart(2, '0');
  return `${1980 + (value >>> 25)}-${part(21, 4)}-${part(16, 5)} ${part(11, 5)}:${part(5, 6)}:${seconds}`;
}

function memberOf(bytes: Buffer, entry: CentralEntry): { member: Member; extent: Extent } {
  const at = entry.localOffset;
  if (at + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== LOCAL) {
    throw new ContainerError(`no local header at byte ${at}`);
  }
  const nameEnd = at + LOCAL_BYTES + bytes.readUInt16LE(at + 26);
  const start = nameEnd + bytes.readUInt16LE(at + 28);
  const end = start + entry.compressedSize;
  if (end > bytes.length) throw new ContainerError(`the member at byte ${at} is cut off`);
  const name = latin1(bytes, at + LOCAL_BYTES, nameEnd);
  const local: [string, Value, Value][] = [
    ['name', name, entry.name],
    ['mtime', dosTime(bytes.readUInt32LE(at + 10)), dosTime(entry.time)],
    ['method', bytes.readUInt16LE(at + 8), entry.method],
    ['flags', bytes.readUInt16LE(at + 6), entry.flags],
  ];
  const lies = local
    .filter(([, here, there]) => here !== there)
    .map(([field, here]): [string, Value] => [`local ${field}`, here]);
  const localExtra = extraFields(readExtra(bytes.subarray(nameEnd, start))).map(([field, value]): [string, Value] => [
    `local ${field}`,
    value,
  ]);
  const descriptor = descriptorBytes(bytes, end, entry);
  return {
    member: {
      name: entry.name,
      fields: fieldsOf([
        ...entry.fields,
        ...lies,
        ['local version needed', bytes.readUInt16LE(at + 4)],
        ...localExtra,
        ['data descriptor', descriptor === 0 ? null : descriptor],
      ]),
      stored: bytes.subarray(start, end),
      ...(entry.method === STORED && (entry.flags & ENCRYPTED) === 0
        ? {}
        : { open: opener(bytes.subarray(start, end), entry) }),
    },
    extent: [at, end + descriptor],
  };
}

function opener(stored: Buffer, { method, flags }: CentralEntry): (maxBytes: number) => Uint8Array {
  return (maxBytes) => {
    if ((flags & ENCRYPTED) !== 0) throw new ContainerError('it is encrypted');
    if (method !== DEFLATED) throw new ContainerError(`its compression method ${method} is not read`);
    return inflateRaw(stored, maxBytes);
  };
}

/** Bytes of sizes and CRC that stand after a member's content, with or without a signature. */
function descriptorBytes(bytes: Buffer, at: number, { flags, crc }: CentralEntry): number {
  if ((flags & 8) === 0 || at + 12 > bytes.length) return 0;
  const signed = bytes.readUInt32LE(at) === 0x08074b50;
  if (at + (signed ? 16 : 12) > bytes.length || bytes.readUInt32LE(at + (signed ? 4 : 0)) !== crc) return 0;
  return signed ? 16 : 12;
}

/** Whether parts overlap, and what lies between them. */
function layOut(bytes: Buffer, extents: readonly Extent[]): { gaps: string | null; overlap: boolean } {
  const sorted = [...extents].sort(([a], [b]) => a - b);
  const hash = createHash('sha256');
  let at = 0;
  let overlap = false;
  let missed = 0;
  for (const [start, end] of [...sorted, [bytes.length, bytes.length]] as Extent[]) {
    if (start < at) overlap = true;
    else if (start > at) {
      missed += start - at;
      hash.update(bytes.subarray(at, start));
    }
    at = Math.max(at, end);
  }
  return { gaps: missed === 0 ? null : `${missed}, sha256:${hash.digest('hex')}`, overlap };
}
