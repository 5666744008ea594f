import { latin1 } from '../../bytes/latin1.js';
import type { ByteSpan } from '../content-rule.js';
import { viewOf } from '../formats/values.js';

const END_BYTES = 22;
const MAX_COMMENT = 65_535;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const EXTENDED_TIMESTAMP = 0x5455;
/* Three times of four bytes: a longer field holds something else. */
const MAX_TIMES_BYTES = 12;
const IN_ZIP64 = 0xffff_ffff;

export interface ZipMember {
  /** A latin1 string. */
  readonly name: string;
  /** Its header in the central directory. */
  readonly central: ByteSpan;
  /** Its local header, data and data descriptor: all up to the next member. */
  readonly local: ByteSpan;
  /** Where its times stand: the two of DOS, and those of "extended timestamp" fields. */
  readonly times: readonly ByteSpan[];
}

export interface ZipLayout {
  /** In the order of the central directory. */
  readonly members: readonly ZipMember[];
  /** From the end of the central directory on. */
  readonly end: number;
}

/**
 * Where things stand in a zip archive whose members follow each other without gaps.
 * Source: APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
 * @returns null for anything else, also for ZIP64
 */
export function zipLayout(content: Uint8Array): ZipLayout | null {
  const view = viewOf(content);
  const end = findEnd(content, view);
  if (end < 0) return null;
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (start > end || start + view.getUint32(end + 12, true) !== end) return null;

  const found: { name: string; central: ByteSpan; offset: number }[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== 0x02014b50) return null;
    const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
    const next = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const offset = view.getUint32(at + 42, true);
    if (next > end || offset === IN_ZIP64) return null;
    found.push({ name: latin1(content, at + CENTRAL_BYTES, nameEnd), central: [at, next], offset });
    at = next;
  }
  if (at !== end) return null;
  return placed(content, view, found, start, end);
}

function findEnd(content: Uint8Array, view: DataView): number {
  const first = Math.max(0, content.length - END_BYTES - MAX_COMMENT);
  for (let at = content.length - END_BYTES; at >= first; at--) {
    if (content[at] !== 0x50 || view.getUint32(at, true) !== 0x06054b50) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) === content.length) return at;
  }
  return -1;
}

function placed(
  content: Uint8Array,
  view: DataView,
  found: readonly { name: string; central: ByteSpan; offset: number }[],
  directory: number,
  end: number,
): ZipLayout | null {
  const ends = new Map<number, number>();
  const offsets = found.map(({ offset }) => offset).sort((a, b) => a - b);
  for (const [i, offset] of offsets.entries()) ends.set(offset, offsets[i + 1] ?? directory);
  if (ends.size !== found.length || (found.length > 0 && offsets[0] !== 0)) return null;

  const members: ZipMember[] = [];
  for (const { name, central, offset } of found) {
    const next = ends.get(offset) as number;
    if (offset + LOCAL_BYTES > next || view.getUint32(offset, true) !== 0x04034b50) return null;
    const nameEnd = offset + LOCAL_BYTES + view.getUint16(offset + 26, true);
    const extraEnd = nameEnd + view.getUint16(offset + 28, true);
    if (extraEnd > next || latin1(content, offset + LOCAL_BYTES, nameEnd) !== name) return null;
    const times: ByteSpan[] = [
      [central[0] + 12, central[0] + 16],
      [offset + 10, offset + 14],
    ];
    addExtraTimes(view, nameEnd, extraEnd, times);
    const centralExtra = central[0] + CENTRAL_BYTES + view.getUint16(central[0] + 28, true);
    addExtraTimes(view, centralExtra, centralExtra + view.getUint16(central[0] + 30, true), times);
    members.push({ name, central, local: [offset, next], times });
  }
  return { members, end };
}

function addExtraTimes(view: DataView, start: number, end: number, times: ByteSpan[]): void {
  for (let at = start; at + 4 <= end; ) {
    const next = at + 4 + view.getUint16(at + 2, true);
    if (next > end) return;
    const isTime = view.getUint16(at, true) === EXTENDED_TIMESTAMP && next <= at + 5 + MAX_TIMES_BYTES;
    if (isTime && next > at + 5) times.push([at + 5, next]);
    at = next;
  }
}
