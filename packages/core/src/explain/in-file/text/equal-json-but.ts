import { compareLatin1 } from '../../../bytes/latin1.js';
import { parseJson } from '../../../json/parse.js';
import { jsonEqual } from '../../../json/to-value.js';
import type { JsonDocument, JsonMember, JsonNode } from '../../../json/value.js';
import type { EqualBut } from '../in-file-difference.js';
import type { TextSide } from './decode.js';

/** Larger documents are not parsed: a parsed one takes many times its bytes. */
const MAX_BYTES = 8 * 1024 * 1024;
const BOM_BYTES = 3;

/**
 * In what alone two JSON documents differ: the order of keys, white space, the spelling of equal values (`encoding`).
 * @returns null where their values differ or one of them is no JSON
 */
export function equalJsonBut(sides: readonly [TextSide, TextSide], depth: number): EqualBut[] | null {
  const documents = sides.map((side) => parse(side, depth));
  const [a, b] = documents;
  if (a === undefined || b === undefined || a === null || b === null || !jsonEqual(a.root, b.root)) return null;
  const but: EqualBut[] = [];
  if (hasMark(sides[0]) !== hasMark(sides[1])) but.push('byte-order-mark');
  if (written(a, true) !== written(b, true)) but.push('encoding');
  if (keys(a.root) !== keys(b.root)) but.push('key-order');
  if (blanks(a) !== blanks(b) || but.length === 0) but.push('white-space');
  return but;
}

function parse({ bytes, charset }: TextSide, depth: number): JsonDocument | null {
  if (bytes.length > MAX_BYTES) return null;
  const start = hasMark({ bytes }) ? BOM_BYTES : 0;
  const first = /[^ \t\r\n]/.exec(bytes.toString('latin1', start, start + 64))?.[0];
  if (charset !== 'utf8' || (first !== '{' && first !== '[')) return null;
  try {
    return parseJson(bytes.subarray(start), { maxDepth: depth, maxBytes: MAX_BYTES });
  } catch {
    return null;
  }
}

function hasMark({ bytes }: Pick<TextSide, 'bytes'>): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** The document without white space; with sorted keys if wanted. */
function written({ text, root }: JsonDocument, sorted: boolean): string {
  const parts: string[] = [];
  const write = (node: JsonNode): void => {
    if (node.type === 'array') {
      parts.push('[');
      for (const item of node.items) {
        write(item);
        parts.push(',');
      }
      parts.push(']');
    } else if (node.type === 'object') {
      const members = [...node.members];
      if (sorted) members.sort(([a], [b]) => compareLatin1(a, b));
      parts.push('{');
      for (const [, { keyStart, keyEnd, value }] of members) {
        parts.push(text.slice(keyStart, keyEnd).trimEnd(), ':');
        write(value);
        parts.push(',');
      }
      parts.push('}');
    } else {
      parts.push(text.slice(node.start, node.end));
    }
  };
  write(root);
  return parts.join('');
}

/** The order of keys of all objects, walked in the order of sorted keys, so that it is the same for equal values. */
function keys(root: JsonNode): string {
  const parts: string[] = [];
  const walk = (node: JsonNode): void => {
    if (node.type === 'array') for (const item of node.items) walk(item);
    if (node.type !== 'object') return;
    const order = [...node.members.keys()];
    parts.push(JSON.stringify(order));
    for (const key of order.sort()) walk((node.members.get(key) as JsonMember).value);
  };
  walk(root);
  return parts.join('');
}

/** Code units of white space, about: those that `written` leaves out. Commas that it adds are the same for equal values. */
function blanks(document: JsonDocument): number {
  return document.text.length - written(document, false).length;
}
