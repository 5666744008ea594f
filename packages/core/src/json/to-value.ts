import { decimalEqual } from './number.js';
import type { Value } from './plain.js';
import type { JsonNode } from './value.js';

/**
 * `node` as a plain value for a report. Objects have no prototype, so that `__proto__` and `toString` are keys like any
 * other. A number becomes a JavaScript number only if that is the same decimal value and, if integral, a safe integer;
 * else it becomes its text, as a string. `-0` becomes `0`.
 */
export function toValue(node: JsonNode): Value {
  switch (node.type) {
    case 'object': {
      const object: Record<string, Value> = Object.create(null);
      for (const [key, member] of node.members) object[key] = toValue(member.value);
      return object;
    }
    case 'array':
      return node.items.map(toValue);
    case 'number':
      return toNumber(node.text);
    default:
      return node.value;
  }
}

/**
 * Whether two nodes are equal as values: the order of keys does not count, numbers are equal by exact decimal value,
 * strings by UTF-16 code units (nothing is normalised).
 */
export function jsonEqual(a: JsonNode, b: JsonNode): boolean {
  switch (a.type) {
    case 'object':
      if (b.type !== 'object' || a.members.size !== b.members.size) return false;
      for (const [key, { value }] of a.members) {
        const other = b.members.get(key);
        if (other === undefined || !jsonEqual(value, other.value)) return false;
      }
      return true;
    case 'array':
      return (
        b.type === 'array' &&
        a.items.length === b.items.length &&
        a.items.every((item, index) => jsonEqual(item, b.items[index] as JsonNode))
      );
    case 'number':
      return b.type === 'number' && decimalEqual(a.text, b.text);
    default:
      return a.type === b.type && a.value === b.value;
  }
}

function toNumber(text: string): number | string {
  const number = Number(text);
  if (!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number))) return text;
  if (!decimalEqual(String(number), text)) return text;
  return number === 0 ? 0 : number;
}
