import { latin1 } from '../../bytes/latin1.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { describeBytes, hasMagic, MAX_RECORDS, textValue, viewOf } from './values.js';

const SIGNATURE = '\x89PNG\r\n\x1a\n';
const TEXT_CHUNKS = new Set(['tEXt', 'zTXt', 'iTXt']);

/** A chunk: `content[start, end)`, length, type and checksum included. */
export interface PngChunk {
  /** Four letters, latin1. */
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly data: { readonly start: number; readonly end: number };
}

/** The chunks of a PNG image, or null for anything else. Source: PNG specification, 5.3. */
export function parsePng(content: Uint8Array): PngChunk[] | null {
  if (!hasMagic(content, SIGNATURE)) return null;
  const view = viewOf(content);
  const chunks: PngChunk[] = [];
  for (let at = SIGNATURE.length; at < content.length; ) {
    if (at + 12 > content.length || chunks.length > MAX_RECORDS) return null;
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > content.length) return null;
    chunks.push({ type: latin1(content, at + 4, at + 8), start: at, end, data: { start: at + 8, end: end - 4 } });
    at = end;
  }
  return chunks;
}

export const PNG: FormatDecoder = {
  format: 'png',
  recognises: (_path, content) => hasMagic(content, SIGNATURE),
  compare(content0, content1) {
    const chunks0 = parsePng(content0);
    const chunks1 = parsePng(content1);
    if (chunks0 === null || chunks1 === null) return null;
    return compareParts(
      { format: this.format, isMetadata: (name) => /^(?:tIME|[tzi](?:EX|TX)t date:)/.test(name) },
      { content: content0, parts: chunks0.map((chunk) => partOf(content0, chunk)) },
      { content: content1, parts: chunks1.map((chunk) => partOf(content1, chunk)) },
    );
  },
};

function partOf(content: Uint8Array, { type, start, end, data }: PngChunk): Part {
  const bytes = content.subarray(data.start, data.end);
  if (type === 'tIME' && bytes.length === 7) {
    const [year, month, day, hour, minute, second] = [viewOf(bytes).getUint16(0), ...bytes.subarray(2)].map((number) =>
      String(number).padStart(2, '0'),
    );
    return { name: type, start, end, value: `${year}-${month}-${day} ${hour}:${minute}:${second}` };
  }
  if (TEXT_CHUNKS.has(type)) {
    const nul = bytes.indexOf(0);
    const keyword = textValue(bytes.subarray(0, Math.max(0, Math.min(nul, 79))));
    const value = type === 'tEXt' ? textValue(bytes.subarray(nul + 1)) : describeBytes(bytes);
    return { name: `${type} ${keyword}`, start, end, value };
  }
  return { name: type, start, end, value: () => describeBytes(bytes), opaque: true };
}
