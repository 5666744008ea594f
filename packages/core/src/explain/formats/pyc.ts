import { latin1Bytes } from '../../bytes/latin1.js';
import type { Value } from '../../json/plain.js';
import type { InFileDifference } from '../in-file/in-file-difference.js';
import type { FormatDecoder } from './format-decoder.js';
import {
  type CodeObject,
  canonicalMarshal,
  codeLayoutOf,
  codeObjects,
  type MarshalStream,
  marshalText,
  parseMarshal,
} from './marshal.js';
import { addField, findParts, type Part, type PartedFile, type PartsDifference, tellParts } from './parts.js';
import { equalBytes, shortDigest, textValue, timeValue, toHex, viewOf } from './values.js';

const HEADER_BYTES = 16;
const HASH_BASED = 1;
const CHECK_SOURCE = 2;

/** `[start, end)` of the content. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A compiled Python module. Source: PEP 552. */
export interface Pyc {
  /** The interpreter's bytecode version: 3495 for Python 3.11. */
  readonly magic: number;
  readonly flags: number;
  /** Seconds since 1970 and bytes (both modulo 2^32) of the source, where the flags say that; null otherwise. */
  readonly mtime: number | null;
  readonly size: number | null;
  /** SipHash of the source in hex, where the flags say that. */
  readonly hash: string | null;
  readonly code: Range;
}

/** The header of a `.pyc` of Python 3.7 and later, or null for anything else. */
export function parsePyc(content: Uint8Array): Pyc | null {
  if (content.length < HEADER_BYTES || content[2] !== 0x0d || content[3] !== 0x0a) return null;
  const view = viewOf(content);
  const magic = view.getUint16(0, true);
  const flags = view.getUint32(4, true);
  if (magic < 3390 || magic > 3999 || (flags & ~(HASH_BASED | CHECK_SOURCE)) !== 0 || flags === CHECK_SOURCE)
    return null;
  const hashed = flags !== 0;
  return {
    magic,
    flags,
    mtime: hashed ? null : view.getUint32(8, true),
    size: hashed ? null : view.getUint32(12, true),
    hash: hashed ? toHex(content.subarray(8, 16)) : null,
    code: { start: HEADER_BYTES, end: content.length },
  };
}

/** The code of a `.pyc`, where its version is known and it is one marshal stream and nothing else. */
export function parsePycCode(content: Uint8Array): MarshalStream | null {
  const pyc = parsePyc(content);
  const layout = pyc === null ? null : codeLayoutOf(pyc.magic);
  if (layout === null) return null;
  const stream = parseMarshal(content, HEADER_BYTES, layout);
  return stream?.end === content.length ? stream : null;
}

/**
 * The `.pyc` with its code written in one way: references where objects are equal, elements of sets sorted. Two
 * contents with the same result hold the same code, and any other change stays.
 * @param sortSets false leaves the elements of sets as they stand
 * @returns null where the code could not be walked
 */
export function canonicalPyc(content: Uint8Array, sortSets = true): Uint8Array | null {
  const stream = parsePycCode(content);
  if (stream === null) return null;
  return Buffer.concat([content.subarray(0, HEADER_BYTES), canonicalMarshal(stream, sortSets)]);
}

export const PYC: FormatDecoder = {
  format: 'python-bytecode',
  recognises: (_path, content) => parsePyc(content) !== null,
  compare(content0, content1) {
    const pyc0 = parsePyc(content0);
    const pyc1 = parsePyc(content1);
    if (pyc0 === null || pyc1 === null) return null;
    const file0 = { content: content0, parts: partsOf(pyc0) };
    const file1 = { content: content1, parts: partsOf(pyc1) };
    const found = findParts(file0, file1);
    if (equalBytes(content0.subarray(HEADER_BYTES), content1.subarray(HEADER_BYTES))) {
      return tellParts({ format: this.format, isMetadata: (name) => name === 'mtime' }, file0, file1, found);
    }
    return tellCode(this.format, file0, file1, found);
  },
};

function partsOf(pyc: Pyc): Part[] {
  const parts: Part[] = [
    { name: 'magic', start: 0, end: 4, value: pyc.magic },
    { name: 'flags', start: 4, end: 8, value: flagsText(pyc.flags) },
  ];
  if (pyc.mtime !== null) {
    parts.push({ name: 'mtime', start: 8, end: 12, value: timeValue(pyc.mtime) });
    parts.push({ name: 'size', start: 12, end: 16, value: pyc.size });
  } else parts.push({ name: 'hash', start: 8, end: 16, value: pyc.hash });
  parts.push({ name: 'code', ...pyc.code, value: null, parts: [] });
  return parts;
}

function flagsText(flags: number): string {
  if (flags === 0) return 'by modification time';
  return flags & CHECK_SOURCE ? 'by hash, checked' : 'by hash, unchecked';
}

/** What two streams of code differ in, as far as they are understood. */
function tellCode(format: string, file0: PartedFile, file1: PartedFile, found: PartsDifference): InFileDifference {
  const stream0 = parsePycCode(file0.content);
  const stream1 = parsePycCode(file1.content);
  if (stream0 === null || stream1 === null) {
    found.omitted.push(
      'The code was not walked: it is of another version of Python than 3.8 to 3.13, or not well-formed.',
    );
    return tellParts({ format }, file0, file1, found);
  }
  const isMetadata = found.fields.every(({ name }) => name === 'mtime');
  const headerDiffers = found.count > 0;
  if (stream0.root.canonical === stream1.root.canonical) {
    const sets = stream0.root.ordered !== stream1.root.ordered;
    addField(found, 'code', ...(sets ? SETS : REFERENCES));
    const difference = tellParts({ format }, file0, file1, found);
    if (!isMetadata) return difference;
    return {
      ...difference,
      equalBut: [sets ? 'member-order' : 'encoding', ...(headerDiffers ? (['metadata'] as const) : [])],
    };
  }
  compareCode(stream0, stream1, found);
  return tellParts({ format }, file0, file1, found);
}

const SETS: [Value, Value] = ['one order of set elements', 'another order, the same elements'];
const REFERENCES: [Value, Value] = ['one way of references (FLAG_REF)', 'another way, the same objects'];

function compareCode(stream0: MarshalStream, stream1: MarshalStream, found: PartsDifference): void {
  if (stream0.layout !== stream1.layout) return;
  const codes0 = byName(codeObjects(stream0));
  const codes1 = byName(codeObjects(stream1));
  for (const [name, code] of codes0) {
    const other = codes1.get(name);
    if (other === undefined) addField(found, `code ${code.name}`, 'there', null);
    else if (code.object.canonical !== other.object.canonical) compareCodeObject(code, other, stream0, stream1, found);
  }
  for (const [name, code] of codes1) {
    if (!codes0.has(name)) addField(found, `code ${code.name}`, null, 'there');
  }
}

function compareCodeObject(
  code0: CodeObject,
  code1: CodeObject,
  stream0: MarshalStream,
  stream1: MarshalStream,
  found: PartsDifference,
): void {
  const { numbers, objects } = stream0.layout;
  const view0 = viewOf(stream0.content);
  const view1 = viewOf(stream1.content);
  const values = (at0: number, at1: number): [number, number] => [view0.getInt32(at0, true), view1.getInt32(at1, true)];
  const compareNumbers = (name: string, [value0, value1]: [number, number]): void => {
    if (value0 !== value1) addField(found, `code ${code0.name} ${name}`, value0, value1);
  };
  for (const [at, name] of numbers.entries()) {
    compareNumbers(name, values(code0.object.start + 4 * at, code1.object.start + 4 * at));
  }
  compareNumbers('co_firstlineno', values(code0.object.line, code1.object.line));
  for (const [at, name] of objects.entries()) {
    const child0 = code0.object.children[at];
    const child1 = code1.object.children[at];
    if (child0 === undefined || child1 === undefined || child0.canonical === child1.canonical) continue;
    const text0 = marshalText(stream0.content, child0);
    const text1 = marshalText(stream1.content, child1);
    const isText = name === 'co_filename' || name === 'co_name' || name === 'co_qualname';
    if (isText && text0 !== null && text1 !== null) {
      addField(found, `code ${code0.name} ${name}`, textValue(text0), textValue(text1));
    } else addField(found, `code ${code0.name} ${name}`, sizeText(child0), sizeText(child1));
  }
}

function sizeText(object: CodeObject['object']): string {
  const size = object.children.length > 0 ? `${object.children.length} objects` : `${object.end - object.start} bytes`;
  return `${size}, sha256 ${shortDigest(latin1Bytes(object.canonical))}`;
}

function byName(codes: readonly CodeObject[]): Map<string, CodeObject> {
  const named = new Map<string, CodeObject>();
  const seen = new Map<string, number>();
  for (const code of codes) {
    const times = (seen.get(`=${code.name}`) ?? 0) + 1;
    seen.set(`=${code.name}`, times);
    named.set(`=${code.name}\0${times}`, times === 1 ? code : { ...code, name: `${code.name} #${times}` });
  }
  return named;
}
