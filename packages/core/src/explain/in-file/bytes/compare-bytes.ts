import type { ByteRange, BytesDifference, InFileDifference } from '../in-file-difference.js';
import { counted, grouped } from '../words.js';
import type { Work } from '../work.js';
import { bufferOf } from './common-bytes.js';
import { differingRanges, type Span } from './differing-ranges.js';

/** Bytes of context before and after a range, and of a range that are shown. */
const CONTEXT = 8;
const SHOWN = 64;

/**
 * Compares two contents byte by byte, for whatever is not understood.
 * @param format what is known of both
 */
export function compareAsBytes(
  content0: Uint8Array,
  content1: Uint8Array,
  work: Work,
  format = 'bytes',
): InFileDifference {
  const { bytes, omitted } = bytesDifference(content0, content1, work);
  return { format, summary: summarise(bytes), bytes, ...(omitted.length === 0 ? {} : { omitted }) };
}

/** The same as a part of what else is said. */
export function bytesDifference(
  content0: Uint8Array,
  content1: Uint8Array,
  work: Work,
): { readonly bytes: BytesDifference; readonly omitted: readonly string[] } {
  const [a, b] = [bufferOf(content0), bufferOf(content1)];
  const found = differingRanges(a, b, work.left.ranges, work);
  work.left.ranges -= found.spans.length;
  const omitted: string[] = [];
  const more = found.count - found.spans.length;
  if (more > 0) omitted.push(`${counted(more, 'more range')} of bytes ${more === 1 ? 'is' : 'are'} not shown`);
  if (found.spans.some((span) => Math.max(...span.lengths) > SHOWN)) {
    omitted.push(`of ranges of more than ${SHOWN} bytes only the first ${SHOWN} are shown`);
  }
  if (!found.aligned)
    omitted.push('bytes that were only moved by an insertion or deletion were not looked for: too many bytes differ');
  const ranges = found.spans.map((span) => showRange(a, b, span));
  return {
    bytes: { lengths: [a.length, b.length], differing: found.differing, count: found.count, ranges },
    omitted,
  };
}

function summarise({ lengths, differing, count, ranges }: BytesDifference): string {
  const from = ranges[0] === undefined ? '' : `, from ${grouped(Math.min(...ranges[0].offsets))} on`;
  const where = count > 1 ? ` in ${grouped(count)} ranges` : '';
  const verb = differing === 1 ? 'differs' : 'differ';
  const length = lengths[0] === lengths[1] ? '' : `; ${grouped(lengths[0])} and ${counted(lengths[1], 'byte')} long`;
  return `${counted(differing, 'byte')} ${verb}${where}${from}${length}`;
}

function showRange(a: Buffer, b: Buffer, { offsets, lengths }: Span): ByteRange {
  const lead = Math.min(CONTEXT, offsets[0], offsets[1]);
  const hex = (bytes: Buffer, side: 0 | 1): string => {
    const length = lengths[side];
    const end = offsets[side] + (Math.max(...lengths) > SHOWN ? Math.min(length, SHOWN) : length + CONTEXT);
    return bytes.toString('hex', offsets[side] - lead, Math.min(bytes.length, end));
  };
  return { offsets, lengths, start: [offsets[0] - lead, offsets[1] - lead], hex: [hex(a, 0), hex(b, 1)] };
}
