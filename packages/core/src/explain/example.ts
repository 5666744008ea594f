import { utf8OfLatin1 } from '../bytes/latin1.js';
import type { Value } from '../compare/difference.js';
import type { Finding } from '../compare/finding.js';
import type { InFileDifference } from './in-file/in-file-difference.js';

/** Characters of a value in evidence. */
const VALUE_CHARACTERS = 80;

/** A difference in one short text that names both sides: evidence for a cause. */
export function exampleOf({ path, field, values }: Finding, inFile: InFileDifference | undefined): string {
  const name = path === undefined ? field : nameOf(path);
  if (inFile !== undefined) return `${name}: ${firstLines(inFile) ?? inFile.summary}`;
  if (field === 'content') return `${name}: content`;
  const what = path === undefined ? name : `${name}: ${field}`;
  return `${what}: ${values.map(valueText).join(' / ')}`;
}

function nameOf(path: string): string {
  return utf8OfLatin1(path) ?? path;
}

/* The first line that differs, of both sides. */
function firstLines({ text, fields }: InFileDifference): string | null {
  const [field] = fields ?? [];
  if (field !== undefined) return `${field.name}: ${field.values.map(valueText).join(' / ')}`;
  const lines = text?.hunks[0]?.lines ?? [];
  const [first0, first1] = ['-', '+'].map((mark) => lines.find((line) => line.startsWith(mark))?.slice(1));
  if (first0 === undefined && first1 === undefined) return null;
  return [first0, first1].map((line) => (line === undefined ? 'no such line' : clip(line))).join(' / ');
}

function valueText(value: Value): string {
  if (value === null) return 'absent';
  return clip(typeof value === 'string' ? value : JSON.stringify(value));
}

function clip(text: string): string {
  return text.length <= VALUE_CHARACTERS ? text : `${text.slice(0, VALUE_CHARACTERS - 1)}…`;
}
