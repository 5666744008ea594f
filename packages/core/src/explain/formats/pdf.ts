import { latin1 } from '../../bytes/latin1.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { hasMagic } from './values.js';

/** Fields that tell when or by which run a file was made, where they stand in plain text. */
const FIELD =
  /\/(?:(CreationDate|ModDate)\s?\(([^()\\]{0,100})\)|(ID)\s?\[\s?(<[0-9A-Fa-f]{0,128}>\s?<[0-9A-Fa-f]{0,128}>)\s?\])/g;
/** Fields of one file that are told apart. */
const MAX_FIELDS = 10_000;
/** Bytes that are searched; beyond them everything is told as bytes. */
const SEARCHED_BYTES = 64 * 1024 ** 2;

export const PDF: FormatDecoder = {
  format: 'pdf',
  recognises: (_path, content) => hasMagic(content, '%PDF-'),
  compare(content0, content1) {
    if (!hasMagic(content0, '%PDF-') || !hasMagic(content1, '%PDF-')) return null;
    return compareParts(
      { format: this.format, isMetadata: () => true },
      { content: content0, parts: partsOf(content0) },
      { content: content1, parts: partsOf(content1) },
    );
  },
};

/** Dates and IDs of the file's trailer and information dictionary. Source: ISO 32000-1, 7.5.5 and 14.3.3. */
function partsOf(content: Uint8Array): Part[] {
  const parts: Part[] = [];
  for (const match of latin1(content, 0, Math.min(content.length, SEARCHED_BYTES)).matchAll(FIELD)) {
    if (parts.length >= MAX_FIELDS) break;
    const value = match[2] ?? match[4] ?? '';
    const start = match.index + match[0].lastIndexOf(value);
    parts.push({ name: match[1] ?? match[3] ?? '', start, end: start + value.length, value });
  }
  return parts;
}
