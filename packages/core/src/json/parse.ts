import { OciDiffError } from '../errors.js';
import { checkLimit, DEFAULT_LIMITS, limitOption } from '../limits.js';
import { CaseTwins, foldCase } from './case-twins.js';
import { MemberTable } from './members.js';
import { pointerOf } from './pointer.js';
import { decodeUtf8 } from './utf8.js';
import type { JsonArray, JsonDocument, JsonMember, JsonNode, JsonObject } from './value.js';

/** Greatest `maxDepth`: what comes after the parser (JSON.stringify too) walks documents recursively. */
const MAX_JSON_DEPTH = 1000;

export interface ParseJsonOptions {
  /** Greatest depth of nested arrays and objects (`[]` has depth 1), at most `MAX_JSON_DEPTH`. */
  readonly maxDepth: number;
  /** Greatest length of the document in bytes. */
  readonly maxBytes: number;
  /** Greatest number of values, the limit `jsonValues`. Default: that limit's. */
  readonly maxValues?: number;
}

/**
 * `bytes` as a JSON document, in time and memory linear in their number, without recursion.
 *
 * Grammar: RFC 8259, sections 2 to 7, nothing beyond it. Of what section 4 and 8 leave open: duplicate keys (compared
 * decoded, with equal values too) and a byte-order mark are refused, an escaped lone surrogate is kept. Keys that differ
 * only in case are collected in `caseTwins`.
 *
 * @throws {OciDiffError} `ERR_JSON_INVALID` with `location.offset` in bytes; `ERR_LIMIT_EXCEEDED` for more than
 * `maxBytes`, `maxDepth` or `maxValues`; `ERR_OPTION_INVALID` for a `maxDepth` above `MAX_JSON_DEPTH`
 */
export function parseJson(bytes: Uint8Array, options: ParseJsonOptions): JsonDocument {
  if (options.maxDepth > MAX_JSON_DEPTH) {
    throw new OciDiffError('ERR_OPTION_INVALID', `${limitOption('jsonDepth')}: at most ${MAX_JSON_DEPTH}`);
  }
  checkLimit({ ...DEFAULT_LIMITS, documentBytes: options.maxBytes }, 'documentBytes', bytes.length, 'JSON document');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new OciDiffError('ERR_JSON_INVALID', 'invalid JSON: byte-order mark', { location: { offset: 0 } });
  }
  const text = decodeUtf8(bytes);
  const parser = new Parser(text, options.maxDepth, options.maxValues ?? DEFAULT_LIMITS.jsonValues);
  const root = parser.parse();
  return { bytes, text, root, values: parser.values, caseTwins: parser.twins.pairs };
}

/** Shared, since a hostile document may hold millions of empty arrays and objects. */
const NO_ITEMS: readonly JsonNode[] = [];
const NO_MEMBERS: ReadonlyMap<string, JsonMember> = new Map();

interface ArrayFrame {
  readonly start: number;
  readonly items: JsonNode[];
}
interface ObjectFrame {
  readonly start: number;
  readonly table: MemberTable;
  /** The key whose value comes next. */
  key: string;
  keyStart: number;
  keyEnd: number;
  /** Whether a key has letters that have a case; without one there can be no twins. */
  hasCase: boolean;
}
type Frame = ArrayFrame | ObjectFrame;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

class Parser {
  readonly twins: CaseTwins = new CaseTwins();
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  /** The arrays and objects that are open, outermost first. */
  readonly #stack: Frame[] = [];
  #at = 0;
  values = 0;

  constructor(text: string, maxDepth: number, maxValues: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#maxValues = maxValues;
  }

  parse(): JsonNode {
    this.#skipSpace();
    if (this.#at === this.#text.length) throw this.#invalid('there is no value in it');
    for (;;) {
      let node = this.#begin();
      while (node !== null) {
        const frame = this.#stack.at(-1);
        if (frame === undefined) {
          this.#skipSpace();
          if (this.#at < this.#text.length) throw this.#invalid(`${this.#found()} after the end of the value`);
          return node;
        }
        node = 'items' in frame ? this.#afterItem(frame, node) : this.#afterMember(frame, node);
      }
    }
  }

  /** Reads a value that has no parts, or up to the first part of one that has (then null). */
  #begin(): JsonNode | null {
    const start = this.#at;
    this.values++;
    if (this.values > this.#maxValues) {
      const reason = `more than ${this.#maxValues} values, the limit jsonValues (raise it with ${limitOption('jsonValues')})`;
      throw this.#error('ERR_LIMIT_EXCEEDED', reason, start);
    }
    switch (this.#text.charCodeAt(start)) {
      case OPEN_ARRAY:
        return this.#beginArray(start);
      case OPEN_OBJECT:
        return this.#beginObject(start);
      case QUOTE: {
        const value = this.#string();
        return { type: 'string', start, end: this.#at, value };
      }
      case 0x74:
        return this.#literal('true', true);
      case 0x66:
        return this.#literal('false', false);
      case 0x6e:
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #beginArray(start: number): JsonArray | null {
    this.#enter();
    if (this.#text.charCodeAt(this.#at) === CLOSE_ARRAY) {
      return { type: 'array', start, end: ++this.#at, items: NO_ITEMS };
    }
    this.#stack.push({ start, items: [] });
    return null;
  }

  #beginObject(start: number): JsonObject | null {
    this.#enter();
    if (this.#text.charCodeAt(this.#at) === CLOSE_OBJECT) {
      return { type: 'object', start, end: ++this.#at, members: NO_MEMBERS };
    }
    const frame = { start, table: new MemberTable(), key: '', keyStart: 0, keyEnd: 0, hasCase: false };
    this.#stack.push(frame);
    this.#key(frame);
    return null;
  }

  #enter(): void {
    if (this.#stack.length >= this.#maxDepth) {
      const reason = `nested deeper than ${this.#maxDepth}, the limit jsonDepth (raise it with ${limitOption('jsonDepth')})`;
      throw this.#error('ERR_LIMIT_EXCEEDED', reason, this.#at);
    }
    this.#at++;
    this.#skipSpace();
  }

  /** Puts `item` into its array: the array if that ends it, null if another item follows. */
  #afterItem(frame: ArrayFrame, item: JsonNode): JsonArray | null {
    this.#skipSpace();
    const unit = this.#text.charCodeAt(this.#at);
    if (unit !== COMMA && unit !== CLOSE_ARRAY) throw this.#expected("',' or ']'");
    frame.items.push(item);
    this.#at++;
    if (unit === CLOSE_ARRAY) {
      this.#stack.pop();
      // A pushed-to array keeps room for 17 items, which counts where millions of arrays hold one; a copy fits.
      const items = frame.items.length < 16 ? frame.items.slice() : frame.items;
      return { type: 'array', start: frame.start, end: this.#at, items };
    }
    this.#skipSpace();
    return null;
  }

  /** Puts `value` into its object: the object if that ends it, null if another member follows. */
  #afterMember(frame: ObjectFrame, value: JsonNode): JsonObject | null {
    this.#skipSpace();
    const unit = this.#text.charCodeAt(this.#at);
    if (unit !== COMMA && unit !== CLOSE_OBJECT) throw this.#expected("',' or '}'");
    frame.table.add(frame.key, { keyStart: frame.keyStart, keyEnd: frame.keyEnd, value });
    this.#at++;
    if (unit === CLOSE_OBJECT) {
      this.#stack.pop();
      const { members } = frame.table;
      if (frame.hasCase && members.size > 1) this.twins.collect(members.keys(), () => this.#steps());
      return { type: 'object', start: frame.start, end: this.#at, members };
    }
    this.#skipSpace();
    this.#key(frame);
    return null;
  }

  /** Reads a key and the colon after it. */
  #key(frame: ObjectFrame): void {
    const keyStart = this.#at;
    if (this.#text.charCodeAt(keyStart) !== QUOTE) throw this.#expected('a key in double quotes');
    const key = this.#string();
    frame.key = key;
    frame.keyStart = keyStart;
    frame.keyEnd = this.#at;
    if (frame.table.has(key)) throw this.#invalid(`duplicate key ${quote(key)}`, keyStart);
    frame.hasCase ||= foldCase(key) !== key;
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== COLON) throw this.#expected("':'");
    this.#at++;
    this.#skipSpace();
  }

  /** Section 7. */
  #string(): string {
    const text = this.#text;
    const start = this.#at;
    let at = start + 1;
    let escaped = false;
    for (;;) {
      const unit = text.charCodeAt(at);
      if (unit === QUOTE) break;
      if (unit === BACKSLASH) {
        escaped = true;
        at += this.#escapeLength(at);
      } else if (unit >= 0x20) {
        at++;
      } else if (at >= text.length) {
        throw this.#invalid('the string does not end', start);
      } else {
        throw this.#invalid(`control character U+${unit.toString(16).toUpperCase().padStart(4, '0')} in a string`, at);
      }
    }
    this.#at = at + 1;
    // What is checked above is all that JSON.parse could refuse; it decodes millions of escapes without a rope of parts.
    return escaped ? (JSON.parse(text.slice(start, at + 1)) as string) : text.slice(start + 1, at);
  }

  #escapeLength(at: number): number {
    const kind = this.#text.charAt(at + 1);
    if (kind !== '' && '"\\/bfnrt'.includes(kind)) return 2;
    if (kind === 'u' && /^[0-9A-Fa-f]{4}$/.test(this.#text.slice(at + 2, at + 6))) return 6;
    throw this.#invalid('invalid escape in a string', at);
  }

  /** Section 6. */
  #number(): JsonNode {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    if (text.charCodeAt(at) === MINUS) at++;
    const integer = at;
    at = skipDigits(text, at);
    if (at === integer) {
      if (at === start) throw this.#expected('a value');
      throw this.#invalid('invalid number: no digit after the minus sign', at);
    }
    if (text.charCodeAt(integer) === 0x30 && at > integer + 1) {
      throw this.#invalid('invalid number: a leading zero', integer);
    }
    if (text.charAt(at) === '.') {
      const fraction = at + 1;
      at = skipDigits(text, fraction);
      if (at === fraction) throw this.#invalid('invalid number: no digit after the decimal point', at);
    }
    if (text.charAt(at) === 'e' || text.charAt(at) === 'E') {
      const sign = text.charAt(at + 1);
      const exponent = sign === '+' || sign === '-' ? at + 2 : at + 1;
      at = skipDigits(text, exponent);
      if (at === exponent) throw this.#invalid('invalid number: no digit in the exponent', at);
    }
    this.#at = at;
    return { type: 'number', start, end: at, text: text.slice(start, at) };
  }

  #literal(word: string, value: true | false | null): JsonNode {
    const start = this.#at;
    if (!this.#text.startsWith(word, start)) throw this.#expected('a value');
    this.#at += word.length;
    return { type: 'literal', start, end: this.#at, value };
  }

  /** Section 2, `ws`. */
  #skipSpace(): void {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const unit = text.charCodeAt(at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) break;
      at++;
    }
    this.#at = at;
  }

  /** The way to the value that is being read. */
  #steps(): string[] {
    return this.#stack.map((frame) => ('items' in frame ? String(frame.items.length) : frame.key));
  }

  #found(): string {
    const codePoint = this.#text.codePointAt(this.#at);
    return codePoint === undefined ? 'the end' : quote(String.fromCodePoint(codePoint));
  }

  #expected(what: string): OciDiffError {
    return this.#invalid(`expected ${what}, found ${this.#found()}`);
  }

  #invalid(reason: string, at: number = this.#at): OciDiffError {
    return this.#error('ERR_JSON_INVALID', `invalid JSON: ${reason}`, at);
  }

  #error(code: 'ERR_JSON_INVALID' | 'ERR_LIMIT_EXCEEDED', reason: string, at: number): OciDiffError {
    const offset = Buffer.byteLength(this.#text.slice(0, at), 'utf8');
    const place = shorten(pointerOf(this.#steps()));
    return new OciDiffError(code, `${reason}${place === '' ? '' : ` (at ${place})`}`, { location: { offset } });
  }
}

function skipDigits(text: string, from: number): number {
  let at = from;
  for (;;) {
    const unit = text.charCodeAt(at);
    if (!(unit >= 0x30 && unit <= 0x39)) return at;
    at++;
  }
}

function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
