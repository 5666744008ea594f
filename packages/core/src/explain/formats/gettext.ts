import { latin1 } from '../../bytes/latin1.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { hasMagic, textValue } from './values.js';

/** How far a header reaches; it is the first entry. */
const SEARCHED_BYTES = 1024 * 1024;
/** A header has some ten. */
const MAX_FIELDS = 100;
/** A field of the header entry: in a `.po`, a quoted line that ends with `\n`; in a `.mo`, the line itself. */
const PO_FIELD = /^"([A-Za-z][A-Za-z-]{0,60}): (.{0,500})\\n"\r?$/gm;
const MO_FIELD =
  /(?<=[\0\n])(POT-Creation-Date|PO-Revision-Date|Project-Id-Version|Last-Translator|Language-Team): ([^\n\0]{0,500})\n/g;
const MO_MAGICS = ['\xde\x12\x04\x95', '\x95\x04\x12\xde'];
const DATES = new Set(['POT-Creation-Date', 'PO-Revision-Date']);

/** A field of the header of a message catalogue: its value is `content[start, end)`. */
export interface GettextField {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Fields of the header entry of a message catalogue, as text (`.po`, `.pot`) or compiled (`.mo`).
 * Source: GNU gettext manual, "Filling in the Header Entry".
 */
export function parseGettextHeader(content: Uint8Array): GettextField[] {
  const isCompiled = isMo(content);
  const text = latin1(content, 0, Math.min(content.length, SEARCHED_BYTES));
  const fields: GettextField[] = [];
  for (const match of text.matchAll(isCompiled ? MO_FIELD : PO_FIELD)) {
    if (fields.length >= MAX_FIELDS) break;
    const [, name, value] = match as unknown as [string, string, string];
    const start = match.index + (isCompiled ? 0 : 1) + name.length + 2;
    fields.push({ name, start, end: start + value.length });
  }
  return fields;
}

function isMo(content: Uint8Array): boolean {
  return MO_MAGICS.some((magic) => hasMagic(content, magic));
}

function compare(format: string, content0: Uint8Array, content1: Uint8Array): ReturnType<FormatDecoder['compare']> {
  const partsOf = (content: Uint8Array): Part[] =>
    parseGettextHeader(content).map((field) => ({
      ...field,
      value: textValue(content.subarray(field.start, field.end)),
    }));
  const file0 = { content: content0, parts: partsOf(content0) };
  const file1 = { content: content1, parts: partsOf(content1) };
  if (file0.parts.length === 0 || file1.parts.length === 0) return null;
  return compareParts({ format, isMetadata: (name) => DATES.has(name) }, file0, file1);
}

export const PO: FormatDecoder = {
  format: 'gettext-po',
  text: true,
  recognises: (path, content) => /\.pot?$/.test(path) && parseGettextHeader(content).length > 0,
  compare: (content0, content1) =>
    isMo(content0) || isMo(content1) ? null : compare('gettext-po', content0, content1),
};

export const MO: FormatDecoder = {
  format: 'gettext-mo',
  recognises: (_path, content) => isMo(content),
  compare: (content0, content1) =>
    isMo(content0) && isMo(content1) ? compare('gettext-mo', content0, content1) : null,
};
