import { jsonEqual } from './to-value.js';
import type { JsonArray, JsonDocument, JsonNode, JsonObject } from './value.js';

export { describeEncoding } from './describe-encoding.js';

/**
 * Whether two documents are written the same way in what they have in common: white space, the order and spelling of
 * keys, and the spelling of values that are equal (`1.0` and `1`, `\u002f` and `/`). What only one side has, and values
 * that differ, do not count. For documents that are equal as values it is the same as equal bytes.
 *
 * Common are: the documents, members with the same key of common objects, items at the same position of common arrays.
 * White space belongs to what it stands next to: after an opening and before a closing bracket to the array or object,
 * around a comma to the member or item on its side. It is compared where both sides have it.
 */
export function sameEncoding(a: JsonDocument, b: JsonDocument): boolean {
  const left = a.text;
  const right = b.text;
  if (left === right) return true;
  return (
    left.slice(0, a.root.start) === right.slice(0, b.root.start) &&
    left.slice(a.root.end) === right.slice(b.root.end) &&
    sameNode(left, a.root, right, b.root)
  );
}

function sameNode(left: string, a: JsonNode, right: string, b: JsonNode): boolean {
  if (a.type === 'object' && b.type === 'object') {
    return sameParts(left, a, right, b, commonMembers(left, a, b), commonMembers(right, b, a));
  }
  if (a.type === 'array' && b.type === 'array') {
    const common = Math.min(a.items.length, b.items.length);
    return sameParts(left, a, right, b, commonItems(left, a, common), commonItems(right, b, common));
  }
  if (a.type !== b.type) return true;
  return left.slice(a.start, a.end) === right.slice(b.start, b.end) || !jsonEqual(a, b);
}

/** A member or item that both sides have, with the white space that is its own. */
interface Part {
  /** White space after the comma before it; null for the first. */
  readonly before: string | null;
  /** The key as written, up to the value; empty for an item. */
  readonly key: string;
  readonly value: JsonNode;
  /** White space before the comma after it; null for the last. */
  readonly after: string | null;
}

function* commonMembers(text: string, object: JsonObject, other: JsonObject): Generator<Part> {
  let position = 0;
  let end = object.start;
  for (const [key, { keyStart, keyEnd, value }] of object.members) {
    const before = position === 0 ? null : text.slice(text.indexOf(',', end) + 1, keyStart);
    end = value.end;
    const last = ++position === object.members.size;
    if (!other.members.has(key)) continue;
    const after = last ? null : text.slice(end, text.indexOf(',', end));
    yield { before, key: text.slice(keyStart, keyEnd) + text.slice(keyEnd, value.start), value, after };
  }
}

function* commonItems(text: string, array: JsonArray, count: number): Generator<Part> {
  let end = array.start;
  for (let position = 0; position < count; position++) {
    const value = array.items[position] as JsonNode;
    const before = position === 0 ? null : text.slice(text.indexOf(',', end) + 1, value.start);
    end = value.end;
    const after = position === array.items.length - 1 ? null : text.slice(end, text.indexOf(',', end));
    yield { before, key: '', value, after };
  }
}

/** Both sides' common parts are in step as long as their keys are, so that the first that is not decides. */
function sameParts(
  left: string,
  a: JsonObject | JsonArray,
  right: string,
  b: JsonObject | JsonArray,
  leftParts: Iterator<Part>,
  rightParts: Iterator<Part>,
): boolean {
  const [leftOpen, leftClose] = edges(left, a);
  const [rightOpen, rightClose] = edges(right, b);
  if ((leftClose === null) === (rightClose === null) && (leftOpen !== rightOpen || leftClose !== rightClose)) {
    return false;
  }
  for (;;) {
    const one = leftParts.next();
    const two = rightParts.next();
    if (one.done || two.done) return true;
    const [p, q] = [one.value, two.value];
    if (p.key !== q.key || !sameOrAbsent(p.before, q.before) || !sameOrAbsent(p.after, q.after)) return false;
    if (!sameNode(left, p.value, right, q.value)) return false;
  }
}

/** White space after the opening and before the closing bracket; of an empty array or object all of it, and null. */
function edges(text: string, node: JsonObject | JsonArray): [open: string, close: string | null] {
  const span = firstAndLast(node);
  if (span === null) return [text.slice(node.start + 1, node.end - 1), null];
  return [text.slice(node.start + 1, span[0]), text.slice(span[1], node.end - 1)];
}

function firstAndLast(node: JsonObject | JsonArray): [start: number, end: number] | null {
  if (node.type === 'array') {
    const first = node.items[0];
    const last = node.items.at(-1);
    return first === undefined || last === undefined ? null : [first.start, last.end];
  }
  let first: number | null = null;
  let end = 0;
  for (const { keyStart, value } of node.members.values()) {
    first ??= keyStart;
    end = value.end;
  }
  return first === null ? null : [first, end];
}

function sameOrAbsent(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b;
}
