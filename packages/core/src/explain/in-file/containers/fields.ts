import { utf8OfLatin1 } from '../../../bytes/latin1.js';
import type { Value } from '../../../json/plain.js';
import type { FieldDifference } from '../in-file-difference.js';

/** UTF-16 code units of a value that are shown. */
const MAX_VALUE = 500;

/** Fields that differ, in the order of side 0; then those that side 1 has alone. */
export function differingFields(
  fields0: ReadonlyMap<string, Value>,
  fields1: ReadonlyMap<string, Value>,
): FieldDifference[] {
  const found: FieldDifference[] = [];
  for (const [name, value] of fields0) {
    const other = fields1.get(name) ?? null;
    if (value !== other) found.push({ name: textOf(name), values: [shown(value), shown(other)] });
  }
  for (const [name, value] of fields1) {
    if (!fields0.has(name) && value !== null) found.push({ name: textOf(name), values: [null, shown(value)] });
  }
  return found;
}

/** A latin1 string as text: UTF-8 where it is that. */
export function textOf(latin1: string): string {
  return utf8OfLatin1(latin1) ?? latin1;
}

function shown(value: Value): Value {
  if (typeof value !== 'string') return value;
  const text = textOf(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}… (${text.length} characters)` : text;
}
