import type { Value } from '../compare/difference.js';
import { displayPath } from './escape.js';
import { jsonText } from './stringify.js';

type Members = Readonly<Record<string, Value>>;

/** Parts of a header that a cell names; the JSON report has all. */
const CELL_PARTS = 4;
const DIGEST_DIGITS = 8;

/**
 * The cell of one side's `header` value: the dialect, its size where that differs, and what stands in which bytes.
 * Where nothing of that differs, the digest of the header tells the two apart.
 */
export function headerCell(own: Members, other: Members): string {
  const parts: string[] = [];
  if (own.format !== undefined) parts.push(plain(own.format));
  if (own.bytes !== undefined && own.bytes !== other.bytes) parts.push(`${plain(own.bytes)} bytes`);
  const otherRanges = new Set(listOf(other.ranges).map(jsonText));
  const ranges = listOf(own.ranges).filter((range) => !otherRanges.has(jsonText(range)));
  const otherExtended = new Set(listOf(other.extended).map(jsonText));
  const extended = listOf(own.extended).filter((record) => !otherExtended.has(jsonText(record)));
  const details = [...ranges.map(rangeText), ...extended.map(plain)];
  parts.push(...details.slice(0, CELL_PARTS));
  if (details.length > CELL_PARTS) parts.push(`… ${details.length - CELL_PARTS} more`);
  if (own.sparse !== undefined && own.sparse !== other.sparse) parts.push('sparse map');
  const same = own.format === other.format && own.bytes === other.bytes && details.length === 0;
  if (same && own.sha256 !== undefined) parts.push(`sha256:${plain(own.sha256).slice(0, DIGEST_DIGITS)}…`);
  return parts.join(', ');
}

/** `148+8 303030` and the like: offset and length of the bytes in the header block, and what is there. */
function rangeText(range: Value): string {
  if (range === null || typeof range !== 'object' || Array.isArray(range)) return plain(range);
  const { offset, length, written, bytes } = range as Members;
  const size = typeof bytes === 'string' ? bytes.length / 2 : length;
  return `@${plain(offset ?? null)}${size === undefined ? '' : `+${plain(size)}`} ${plain(written ?? bytes ?? null)}`;
}

function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? value : [];
}

function plain(value: Value): string {
  const text = typeof value === 'string' ? value : jsonText(value);
  return displayPath(text.length > 48 ? `${text.slice(0, 48)}…` : text);
}
