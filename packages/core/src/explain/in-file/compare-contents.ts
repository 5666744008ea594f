import { FORMAT_DECODERS } from '../formats/index.js';
import { bufferOf } from './bytes/common-bytes.js';
import { compareAsBytes } from './bytes/compare-bytes.js';
import { compareContainers } from './containers/compare-containers.js';
import type { InFileDifference } from './in-file-difference.js';
import { compareTexts } from './text/compare-texts.js';
import { type InFileOptions, startWork, type Work } from './work.js';

export type { InFileOptions } from './work.js';

/**
 * How two contents of one file differ: by the decoder of its format, as containers, as text, or as bytes, the first
 * that understands both. It depends on nothing but its arguments, and never throws because of what they hold: work and
 * memory are bounded, and what the bounds leave out is said in `omitted`.
 * @param path normalised, a latin1 string
 * @param options limits that are not the usual ones
 */
export function compareContents(
  path: string,
  content0: Uint8Array,
  content1: Uint8Array,
  options: Partial<InFileOptions> = {},
): Promise<InFileDifference> {
  return compareWithin(path, content0, content1, startWork(options));
}

async function compareWithin(
  path: string,
  content0: Uint8Array,
  content1: Uint8Array,
  work: Work,
): Promise<InFileDifference> {
  if (content0.length === content1.length && bufferOf(content0).equals(content1)) {
    return { format: 'bytes', summary: 'no byte differs' };
  }
  const decoded = decode(path, content0, content1, work);
  if (decoded !== null) return decoded;
  const opened = await compareContainers(path, content0, content1, work, compareWithin);
  if (opened.difference !== null) return opened.difference;
  const text = opened.recognised ? null : compareTexts(content0, content1, work);
  if (text !== null && !('tooLarge' in text)) return text;
  const bytes = compareAsBytes(content0, content1, work);
  const unknown = opened.recognised || text !== null ? '' : '; unknown format';
  const omitted = [...opened.remarks, ...(text === null ? [] : [text.tooLarge]), ...(bytes.omitted ?? [])];
  return { ...bytes, summary: bytes.summary + unknown, ...(omitted.length === 0 ? {} : { omitted }) };
}

function decode(path: string, content0: Uint8Array, content1: Uint8Array, work: Work): InFileDifference | null {
  for (const decoder of FORMAT_DECODERS) {
    if (!decoder.recognises(path, content0) || !decoder.recognises(path, content1)) continue;
    const difference = decoder.compare(content0, content1);
    if (difference === null) continue;
    if (decoder.text !== true || difference.text !== undefined) return difference;
    const lines = compareTexts(content0, content1, work);
    if (lines === null || 'tooLarge' in lines) return difference;
    const omitted = [...(difference.omitted ?? []), ...(lines.omitted ?? [])];
    return {
      ...difference,
      ...(lines.text === undefined ? {} : { text: lines.text }),
      ...(omitted.length === 0 ? {} : { omitted }),
    };
  }
  return null;
}
