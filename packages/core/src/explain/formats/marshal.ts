import { createHash, type Hash } from 'node:crypto';
import { viewOf } from './values.js';

/** Depth of nested objects; real code nests a few dozen deep. */
const MAX_DEPTH = 200;
/** Objects of one stream: a module of a megabyte has some 50,000. */
const MAX_OBJECTS = 300_000;
const FLAG_REF = 0x80;

/** What a code object holds before and behind its objects, by the magic number of the interpreter. */
export interface CodeLayout {
  /** 32-bit numbers before the first object. */
  readonly numbers: readonly string[];
  readonly objects: readonly string[];
  /** Position among the objects before which the first line's number stands. */
  readonly firstLineBefore: number;
}

/** Python 3.8 to 3.10. Source: `Python/marshal.c`, `w_complex_object`. */
const LAYOUT_3_8: CodeLayout = {
  numbers: ['co_argcount', 'co_posonlyargcount', 'co_kwonlyargcount', 'co_nlocals', 'co_stacksize', 'co_flags'],
  objects: [
    ...['co_code', 'co_consts', 'co_names', 'co_varnames', 'co_freevars', 'co_cellvars', 'co_filename', 'co_name'],
    'co_lnotab',
  ],
  firstLineBefore: 8,
};
/** Python 3.11 to 3.13. */
const LAYOUT_3_11: CodeLayout = {
  numbers: ['co_argcount', 'co_posonlyargcount', 'co_kwonlyargcount', 'co_stacksize', 'co_flags'],
  objects: [
    ...['co_code', 'co_consts', 'co_names', 'co_localsplusnames', 'co_localspluskinds', 'co_filename', 'co_name'],
    ...['co_qualname', 'co_linetable', 'co_exceptiontable'],
  ],
  firstLineBefore: 8,
};

/** The layout of code objects for a magic number, or null where it is not known. Source: `Include/internal/pycore_magic_number.h`. */
export function codeLayoutOf(magic: number): CodeLayout | null {
  if (magic >= 3410 && magic <= 3439) return LAYOUT_3_8;
  if (magic >= 3495 && magic <= 3599) return LAYOUT_3_11;
  return null;
}

/** An object of a marshal stream. References are the object itself. */
export interface MarshalObject {
  /** Its type byte without `FLAG_REF`. */
  readonly type: number;
  /** `[start, end)` of what follows the type and stands before children: a number, text, a length. */
  readonly start: number;
  readonly end: number;
  readonly children: readonly MarshalObject[];
  /** Levels of children below it; references make it more than the stream's own nesting. */
  readonly height: number;
  /** Of a code object: its first line's number, as bytes `[line, line + 4)`. */
  readonly line: number;
  /** What it says, whatever is referred to and in whichever order sets stand; equal objects have equal ones. */
  readonly canonical: string;
  /** The same, but with elements of sets as they stand. */
  readonly ordered: string;
}

export interface MarshalStream {
  readonly content: Uint8Array;
  readonly layout: CodeLayout;
  readonly root: MarshalObject;
  /** Bytes of the stream; the content may have more. */
  readonly end: number;
}

const TYPE = {
  null: 0x30,
  none: 0x4e,
  false: 0x46,
  true: 0x54,
  stopIteration: 0x53,
  ellipsis: 0x2e,
  int: 0x69,
  int64: 0x49,
  float: 0x66,
  binaryFloat: 0x67,
  complex: 0x78,
  binaryComplex: 0x79,
  long: 0x6c,
  string: 0x73,
  interned: 0x74,
  ref: 0x72,
  tuple: 0x28,
  smallTuple: 0x29,
  list: 0x5b,
  dict: 0x7b,
  code: 0x63,
  unicode: 0x75,
  set: 0x3c,
  frozenset: 0x3e,
  ascii: 0x61,
  asciiInterned: 0x41,
  shortAscii: 0x7a,
  shortAsciiInterned: 0x5a,
} as const;

/** Bytes of an object that has no children and one size. */
const FIXED = new Map<number, number>([
  [TYPE.none, 0],
  [TYPE.false, 0],
  [TYPE.true, 0],
  [TYPE.stopIteration, 0],
  [TYPE.ellipsis, 0],
  [TYPE.int, 4],
  [TYPE.int64, 8],
  [TYPE.binaryFloat, 8],
  [TYPE.binaryComplex, 16],
]);
/** Texts and bytes: how many bytes their length takes. */
const SIZED = new Map<number, number>([
  [TYPE.float, 1],
  [TYPE.string, 4],
  [TYPE.interned, 4],
  [TYPE.unicode, 4],
  [TYPE.ascii, 4],
  [TYPE.asciiInterned, 4],
  [TYPE.shortAscii, 1],
  [TYPE.shortAsciiInterned, 1],
]);

/** Thrown and caught within this file. */
class NotMarshal extends Error {}

/**
 * The marshal stream at `start`, as Python 3.8 to 3.13 write it.
 * Source: CPython, `Python/marshal.c`.
 * @returns null where it is none, is cut off, nests too deep, has too many objects, or refers to an object that is not complete
 */
export function parseMarshal(content: Uint8Array, start: number, layout: CodeLayout): MarshalStream | null {
  try {
    const reader = new MarshalReader(content, start, layout);
    const root = reader.read(0);
    return { content, layout, root, end: reader.at };
  } catch (error) {
    if (error instanceof NotMarshal) return null;
    throw error;
  }
}

class MarshalReader {
  at: number;
  readonly #content: Uint8Array;
  readonly #view: DataView;
  readonly #layout: CodeLayout;
  readonly #refs: (MarshalObject | null)[] = [];
  #objects = 0;

  constructor(content: Uint8Array, start: number, layout: CodeLayout) {
    this.#content = content;
    this.#view = viewOf(content);
    this.at = start;
    this.#layout = layout;
  }

  read(depth: number): MarshalObject {
    if (depth > MAX_DEPTH) throw new NotMarshal();
    const byte = this.#take(1);
    const type = (this.#content[byte] as number) & ~FLAG_REF;
    if (type === TYPE.ref) {
      const object = this.#refs[this.#view.getUint32(this.#take(4), true)];
      if (object === undefined || object === null) throw new NotMarshal();
      return object;
    }
    const flagged = ((this.#content[byte] as number) & FLAG_REF) !== 0;
    const index = this.#refs.length;
    /* The number is taken before the children's, whatever type it is. */
    if (flagged) this.#refs.push(null);
    const object = this.#readBody(type, depth);
    if (flagged) this.#refs[index] = object;
    return object;
  }

  #readBody(type: number, depth: number): MarshalObject {
    const fixed = FIXED.get(type);
    if (fixed !== undefined) return this.#leaf(type, this.#take(fixed));
    const sized = SIZED.get(type);
    if (sized !== undefined) {
      const start = this.#take(sized);
      this.#take(sized === 1 ? this.#view.getUint8(start) : this.#view.getUint32(start, true));
      return this.#leaf(type, start);
    }
    switch (type) {
      case TYPE.long: {
        const start = this.#take(4);
        this.#take(2 * Math.abs(this.#view.getInt32(start, true)));
        return this.#leaf(type, start);
      }
      case TYPE.complex: {
        const start = this.#take(1);
        this.#take(this.#view.getUint8(start));
        this.#take(this.#view.getUint8(this.#take(1)));
        return this.#leaf(type, start);
      }
      case TYPE.smallTuple: {
        const start = this.#take(1);
        return this.#container(type, start, this.#view.getUint8(start), depth);
      }
      case TYPE.tuple:
      case TYPE.list:
      case TYPE.set:
      case TYPE.frozenset: {
        const start = this.#take(4);
        return this.#container(type, start, this.#view.getUint32(start, true), depth);
      }
      case TYPE.dict:
        return this.#dict(depth);
      case TYPE.code:
        return this.#code(depth);
      default:
        throw new NotMarshal();
    }
  }

  #leaf(type: number, start: number): MarshalObject {
    return this.#object(type, start, this.at, []);
  }

  #container(type: number, start: number, count: number, depth: number): MarshalObject {
    const end = this.at;
    if (count > this.#content.length - end) throw new NotMarshal();
    const children: MarshalObject[] = [];
    for (let n = 0; n < count; n++) children.push(this.read(depth + 1));
    return this.#object(type, start, end, children);
  }

  #dict(depth: number): MarshalObject {
    const start = this.at;
    const children: MarshalObject[] = [];
    while (this.#content[this.at] !== TYPE.null) children.push(this.read(depth + 1));
    this.#take(1);
    return this.#object(TYPE.dict, start, start, children);
  }

  #code(depth: number): MarshalObject {
    const { numbers, objects, firstLineBefore } = this.#layout;
    const start = this.#take(4 * numbers.length);
    const end = this.at;
    const children: MarshalObject[] = [];
    let line = 0;
    for (let n = 0; n < objects.length; n++) {
      if (n === firstLineBefore) line = this.#take(4);
      children.push(this.read(depth + 1));
    }
    return this.#object(TYPE.code, start, end, children, line);
  }

  #object(type: number, start: number, end: number, children: MarshalObject[], line = 0): MarshalObject {
    if (++this.#objects > MAX_OBJECTS) throw new NotMarshal();
    const begin = (): Hash => {
      const hash = createHash('sha256').update(Uint8Array.of(type)).update(this.#content.subarray(start, end));
      return line === 0 ? hash : hash.update(this.#content.subarray(line, line + 4));
    };
    if (children.length === 0) {
      /* Short ones stand for themselves: most are, and hashing costs more. */
      const canonical =
        end - start <= 24
          ? Buffer.from(this.#content.buffer, this.#content.byteOffset + start, end - start).toString('latin1') +
            String.fromCharCode(type)
          : begin().digest('binary');
      return { type, start, end, children, height: 0, line, canonical, ordered: canonical };
    }
    let height = 0;
    for (const child of children) height = Math.max(height, child.height + 1);
    if (height > MAX_DEPTH) throw new NotMarshal();
    const hashOf = (texts: readonly string[]): string => {
      const hash = begin();
      for (const text of texts) hash.update(`${text.length}:${text}`, 'latin1');
      return `=${hash.digest('binary')}`;
    };
    const ordered = hashOf(children.map((child) => child.ordered));
    const texts = children.map((child) => child.canonical);
    const isSet = type === TYPE.set || type === TYPE.frozenset;
    if (isSet) texts.sort();
    const sameTexts = !isSet && children.every((child) => child.canonical === child.ordered);
    return { type, start, end, children, height, line, canonical: sameTexts ? ordered : hashOf(texts), ordered };
  }

  #take(bytes: number): number {
    const start = this.at;
    if (bytes > this.#content.length - start) throw new NotMarshal();
    this.at += bytes;
    return start;
  }
}

/**
 * The stream written anew: elements of sets sorted, `FLAG_REF` on exactly the objects that are referred to, and every
 * object that is equal to an earlier one as a reference. It is a marshal stream, and says the same.
 * @param sortSets false leaves the elements of sets as they stand
 */
export function canonicalMarshal(stream: MarshalStream, sortSets: boolean): Uint8Array {
  const keyOf = (object: MarshalObject): string => (sortSets ? object.canonical : object.ordered);
  const uses = new Map<string, number>();
  const order = new Map<MarshalObject, readonly MarshalObject[]>();
  const count = (object: MarshalObject): void => {
    if (!isShared(object)) return;
    const key = keyOf(object);
    const times = uses.get(key) ?? 0;
    uses.set(key, times + 1);
    if (times > 0) return;
    const sorted = sortSets && (object.type === TYPE.set || object.type === TYPE.frozenset);
    const children = sorted
      ? [...object.children].sort((a, b) => (a.canonical < b.canonical ? -1 : a.canonical > b.canonical ? 1 : 0))
      : object.children;
    order.set(object, children);
    for (const child of children) count(child);
  };
  count(stream.root);

  const output: Uint8Array[] = [];
  const refs = new Map<string, number>();
  const write = (object: MarshalObject): void => {
    const { content } = stream;
    const shared = isShared(object);
    const key = keyOf(object);
    const ref = shared ? refs.get(key) : undefined;
    if (ref !== undefined) {
      const bytes = Buffer.alloc(5);
      bytes[0] = TYPE.ref;
      bytes.writeUInt32LE(ref, 1);
      output.push(bytes);
      return;
    }
    const flagged = shared && (uses.get(key) as number) > 1;
    if (flagged) refs.set(key, refs.size);
    output.push(
      Uint8Array.of(flagged ? object.type | FLAG_REF : object.type),
      content.subarray(object.start, object.end),
    );
    const children = order.get(object) ?? object.children;
    for (const [at, child] of children.entries()) {
      if (object.type === TYPE.code && at === stream.layout.firstLineBefore) {
        output.push(content.subarray(object.line, object.line + 4));
      }
      write(child);
    }
    if (object.type === TYPE.dict) output.push(Uint8Array.of(TYPE.null));
  };
  write(stream.root);
  return Buffer.concat(output);
}

/** Whether CPython's writer refers to such objects: all but those that are one byte. */
function isShared(object: MarshalObject): boolean {
  return object.end > object.start || object.children.length > 0 || object.type === TYPE.dict;
}

/** One code object: the path of names that leads to it, and what it holds. */
export interface CodeObject {
  /** `<module>`, `<module>.Flask.run`. */
  readonly name: string;
  readonly object: MarshalObject;
}

/** Code objects, outer before inner; those that lie in constants of another one. */
export function codeObjects(stream: MarshalStream): CodeObject[] {
  const found: CodeObject[] = [];
  const seen = new Set<MarshalObject>();
  const walk = (object: MarshalObject, prefix: string): void => {
    if (seen.has(object)) return;
    seen.add(object);
    let inner = prefix;
    if (object.type === TYPE.code) {
      const nameAt = stream.layout.objects.indexOf('co_name');
      inner = prefix + nameOf(stream.content, object.children[nameAt]);
      found.push({ name: inner, object });
      /* Deep nesting repeats long names: they are cut, so that all of them together stay in proportion. */
      inner = `${inner.slice(-200)}.`;
    }
    for (const child of object.children) {
      if (child.children.length > 0) walk(child, inner);
    }
  };
  walk(stream.root, '');
  return found;
}

function nameOf(content: Uint8Array, object: MarshalObject | undefined): string {
  const sized = object === undefined ? undefined : SIZED.get(object.type);
  if (object === undefined || sized === undefined) return '?';
  return Buffer.from(
    content.subarray(object.start + sized, Math.min(object.end, object.start + sized + 200)),
  ).toString();
}

/** What a text or bytes object holds, or null for any other object. */
export function marshalText(content: Uint8Array, object: MarshalObject): Uint8Array | null {
  const sized = SIZED.get(object.type);
  return sized === undefined ? null : content.subarray(object.start + sized, object.end);
}
