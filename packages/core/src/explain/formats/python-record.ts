import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { linesOf, MAX_RECORDS, textValue } from './values.js';

/** A row of a wheel's `RECORD`: ranges of `content`. */
export interface RecordRow {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly hash: { readonly start: number; readonly end: number };
  readonly size: { readonly start: number; readonly end: number };
}

/**
 * Rows of a `RECORD`: path, hash, size; only the path can hold commas.
 * Source: PyPA, "Recording installed projects", "The RECORD file".
 * @returns null where a line has fewer fields
 */
export function parseRecord(content: Uint8Array): RecordRow[] | null {
  const rows: RecordRow[] = [];
  for (const { start, end, text } of linesOf(content)) {
    const length = text[text.length - 1] === 0x0d ? text.length - 1 : text.length;
    const last = text.lastIndexOf(0x2c);
    const first = last <= 0 ? -1 : text.lastIndexOf(0x2c, last - 1);
    if (first < 0 || rows.length >= MAX_RECORDS) return null;
    rows.push({
      path: textValue(text.subarray(0, first)),
      start,
      end,
      hash: { start: start + first + 1, end: start + last },
      size: { start: start + last + 1, end: start + length },
    });
  }
  return rows.length === 0 ? null : rows;
}

export const PYTHON_RECORD: FormatDecoder = {
  format: 'python-record',
  text: true,
  recognises: (path) => /\.dist-info\/RECORD$/.test(path),
  compare(content0, content1) {
    const rows0 = parseRecord(content0);
    const rows1 = parseRecord(content1);
    if (rows0 === null || rows1 === null) return null;
    return compareParts(
      { format: this.format, order: 'line-order' },
      { content: content0, parts: rows0.map((row) => partOf(content0, row)) },
      { content: content1, parts: rows1.map((row) => partOf(content1, row)) },
    );
  },
};

function partOf(content: Uint8Array, { path, start, end, hash, size }: RecordRow): Part {
  const text = (range: { start: number; end: number }): string => textValue(content.subarray(range.start, range.end));
  return {
    name: path,
    start,
    end,
    value: () => `${text(hash)}, ${text(size)}`,
    parts: () => [
      { name: 'hash', ...hash, value: text(hash) },
      { name: 'size', ...size, value: text(size) },
    ],
  };
}
