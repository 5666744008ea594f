import type { Value } from '../compare/difference.js';
import { compareText } from '../compare-text.js';
import { toValue } from '../json/to-value.js';
import type { JsonArray, JsonDocument, JsonNode, JsonObject } from '../json/value.js';
import { ValueIds } from './value-ids.js';

/**
 * The text of a document that has another value now. What is the same stays written as it was, white space, order and
 * spelling included, so that rewriting hides nothing of how a document is written.
 * @param after a value as `toValue` gives it; of bounded depth
 */
export function writeChanged({ text, root }: JsonDocument, after: Value): string {
  const now = new ChangedText(text).of(root, after);
  return text.slice(0, root.start) + now + text.slice(root.end);
}

function isRecord(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Something in an object or array: where it begins and ends, and what it is now; null where it goes. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly now: string | null;
}

class ChangedText {
  readonly #text: string;
  readonly #ids = new ValueIds();

  constructor(text: string) {
    this.#text = text;
  }

  of(node: JsonNode, after: Value): string {
    if (this.#ids.ofNode(node) === this.#ids.ofValue(after)) return this.#text.slice(node.start, node.end);
    if (node.type === 'object' && isRecord(after)) return this.#object(node, after);
    if (node.type === 'array' && Array.isArray(after)) return this.#array(node, after as readonly Value[]);
    return JSON.stringify(after);
  }

  #object(node: JsonObject, after: { readonly [key: string]: Value }): string {
    const parts: Part[] = [];
    for (const [key, { keyStart, value }] of node.members) {
      const now = Object.hasOwn(after, key)
        ? this.#text.slice(keyStart, value.start) + this.of(value, after[key] as Value)
        : null;
      parts.push({ start: keyStart, end: value.end, now });
    }
    const added = Object.entries(after).filter(([key]) => !node.members.has(key));
    const more = added.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    return writeParts(this.#text, node, parts, more);
  }

  /* Values that were there before keep their text, wherever they stand now. */
  #array(node: JsonArray, after: readonly Value[]): string {
    const { items } = node;
    const free = new Map<number, JsonNode[]>();
    for (const item of [...items].reverse()) {
      const id = this.#ids.ofNode(item);
      const known = free.get(id);
      if (known === undefined) free.set(id, [item]);
      else known.push(item);
    }
    const same = after.map((value) => free.get(this.#ids.ofValue(value))?.pop());
    const used = new Set(same);
    const written = after.map((value, i) => {
      const item = same[i];
      if (item !== undefined) return this.#text.slice(item.start, item.end);
      const old = items[i];
      const isChanged = items.length === after.length && old !== undefined && !used.has(old);
      return isChanged ? this.of(old, value) : JSON.stringify(value);
    });
    const parts = items.map(({ start, end }, i): Part => ({ start, end, now: written[i] ?? null }));
    return writeParts(this.#text, node, parts, written.slice(items.length));
  }
}

/* What stands before the first, between two, and after the last stays; a part that goes takes what is before it along. */
function writeParts(
  text: string,
  node: JsonObject | JsonArray,
  parts: readonly Part[],
  more: readonly string[],
): string {
  const pieces: string[] = [];
  let separator = ',';
  let before = node.start;
  for (const [i, { start, end, now }] of parts.entries()) {
    if (i > 0) separator = text.slice(before, start);
    before = end;
    if (now !== null) pieces.push(pieces.length === 0 ? now : separator + now);
  }
  for (const each of more) pieces.push(pieces.length === 0 ? each : separator + each);
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) {
    if (more.length === 0) return text.slice(node.start, node.end);
    const [open, close] = node.type === 'object' ? ['{', '}'] : ['[', ']'];
    return open + pieces.join('') + close;
  }
  return text.slice(node.start, first.start) + pieces.join('') + text.slice(last.end, node.end);
}

/** A value written in one way: no white space, keys sorted, texts and numbers in their usual spelling. */
export function inOneEncoding(node: JsonNode): string {
  switch (node.type) {
    case 'object': {
      const members = [...node.members].sort(([a], [b]) => compareText(a, b));
      return `{${members.map(([key, { value }]) => `${JSON.stringify(key)}:${inOneEncoding(value)}`).join(',')}}`;
    }
    case 'array':
      return `[${node.items.map(inOneEncoding).join(',')}]`;
    case 'number': {
      /* One that JavaScript cannot hold stays as it is written. */
      const value = toValue(node);
      return typeof value === 'number' ? String(value) : node.text;
    }
    default:
      return JSON.stringify(node.value);
  }
}

/** Names that documents have for blobs which were rewritten. */
export interface Renaming {
  /** New digests by old ones. */
  readonly digests: ReadonlyMap<string, string>;
  /** By old digest: bytes of the new blob. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The media type of a blob that was rewritten, by the one it has. Default: the same. */
  readonly mediaType?: (mediaType: string) => string;
}

/**
 * The text of a document with every digest that it names, in a descriptor or anywhere else as a whole string, replaced
 * by that of the rewritten blob, and the size of each such descriptor.
 */
export function relink({ text, root }: JsonDocument, { digests, sizes, mediaType }: Renaming): string {
  const edits: { readonly start: number; readonly end: number; readonly now: string }[] = [];
  const replace = ({ start, end }: JsonNode, value: string | number): void => {
    edits.push({ start, end, now: JSON.stringify(value) });
  };
  const waiting: JsonNode[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === 'array') {
      for (const item of node.items) waiting.push(item);
    } else if (node.type === 'string') {
      const digest = digests.get(node.value);
      if (digest !== undefined && digest !== node.value) replace(node, digest);
    } else if (node.type === 'object') {
      const named = node.members.get('digest')?.value;
      const old = named?.type === 'string' ? named.value : '';
      for (const [key, { value }] of node.members) {
        const known = key === 'size' && value.type === 'number' ? sizes.get(old) : undefined;
        const type = key === 'mediaType' && value.type === 'string' && digests.has(old) ? value.value : undefined;
        if (known !== undefined) {
          if (toValue(value) !== known) replace(value, known);
        } else if (type !== undefined) {
          const now = mediaType?.(type) ?? type;
          if (now !== type) replace(value, now);
        } else waiting.push(value);
      }
    }
  }
  edits.sort((a, b) => a.start - b.start);
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, now } of edits) {
    pieces.push(text.slice(at, start), now);
    at = end;
  }
  return pieces.join('') + text.slice(at);
}
