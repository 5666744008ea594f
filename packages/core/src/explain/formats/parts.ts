import type { Value } from '../../json/plain.js';
import type { BytesDifference, EqualBut, FieldDifference, InFileDifference } from '../in-file/in-file-difference.js';
import { ByteRanges } from './byte-ranges.js';
import { countOf, describeBytes, equalBytes } from './values.js';

/** Fields that are told of one file. */
const SHOWN_FIELDS = 500;
/** Names that a summary lists. */
const SUMMARY_NAMES = 3;

/** What a format calls a part of its bytes. */
export interface Part {
  /** As the format's specification has it; of one record among many, its key. */
  readonly name: string;
  /** `content[start, end)`. */
  readonly start: number;
  readonly end: number;
  /** What it says, for people; a function where that takes time, called only where it is told. */
  readonly value: Value | (() => Value);
  /**
   * Parts of this one, or what makes them, called only where its bytes differ. What they leave out of it is compared as
   * bytes. Without them it is told as a whole.
   */
  readonly parts?: readonly Part[] | (() => readonly Part[]);
  /** Its bytes are compared and shown as bytes, besides its value. */
  readonly opaque?: true;
  /** It follows from other parts: what differs in it is told only where nothing else is. */
  readonly derived?: true;
}

export interface PartedFile {
  readonly content: Uint8Array;
  /** In the order of their starts. */
  readonly parts: readonly Part[];
}

/** What a comparison of parts found. */
export interface PartsDifference {
  readonly fields: FieldDifference[];
  readonly omitted: string[];
  /** Fields that differ, told or not. */
  count: number;
  /** Names of the levels on which the same parts stand in another order. */
  readonly moved: string[];
  bytes: BytesDifference | null;
}

export interface Telling {
  readonly format: string;
  /** Fields that say only when or where a file was made, by name; where nothing else differs, it is `metadata`. */
  isMetadata?(name: string): boolean;
  /** What it is called where only the order of parts differs; default `member-order`. */
  readonly order?: EqualBut;
}

/** How two files of one format differ, by their parts. */
export function compareParts(telling: Telling, file0: PartedFile, file1: PartedFile): InFileDifference {
  return tellParts(telling, file0, file1, findParts(file0, file1));
}

/**
 * Holds parts of one name against each other, level by level, and what is in no part as bytes. If that finds nothing
 * though the contents differ, all their bytes are compared: a file is never taken for equal by its parts.
 */
export function findParts(file0: PartedFile, file1: PartedFile): PartsDifference {
  const found: PartsDifference = { fields: [], omitted: [], count: 0, moved: [], bytes: null };
  const ranges = new ByteRanges(file0.content, file1.content);
  compareLevel('', whole(file0), whole(file1), [file0.content, file1.content], found, ranges);
  if (found.count === 0 && ranges.result() === null) {
    ranges.compare(0, file0.content.length, 0, file1.content.length);
  }
  if (found.count > found.fields.length) {
    found.omitted.push(`${countOf(found.count - found.fields.length, 'more field')} that differ are not listed.`);
  }
  found.bytes = ranges.result();
  return found;
}

/** What was found as an in-file difference. */
export function tellParts(
  telling: Telling,
  file0: PartedFile,
  file1: PartedFile,
  found: PartsDifference,
): InFileDifference {
  const equalBut = equalButOf(telling, file0, file1, found);
  return {
    format: telling.format,
    summary: summaryOf(found),
    ...(equalBut === null ? {} : { equalBut: [equalBut] }),
    ...(found.bytes === null ? {} : { bytes: found.bytes }),
    ...(found.fields.length === 0 ? {} : { fields: found.fields }),
    ...(found.omitted.length === 0 ? {} : { omitted: found.omitted }),
  };
}

/** Adds a field, or counts it where enough are told. */
export function addField(found: PartsDifference, name: string, value0: Value, value1: Value): void {
  found.count++;
  if (found.fields.length < SHOWN_FIELDS) found.fields.push({ name, values: [value0, value1] });
}

function whole(file: PartedFile): Part {
  return { name: '', start: 0, end: file.content.length, value: null, parts: file.parts };
}

type Contents = readonly [Uint8Array, Uint8Array];

function compareLevel(
  prefix: string,
  outer0: Part,
  outer1: Part,
  contents: Contents,
  found: PartsDifference,
  ranges: ByteRanges,
): void {
  const parts0 = named(outer0);
  const parts1 = named(outer1);
  const common: string[] = [];
  for (const [name, part] of parts0) {
    const other = parts1.get(name);
    if (other === undefined) addField(found, prefix + name.slice(1), valueOfPart(part), null);
    else {
      common.push(name);
      comparePair(prefix + name.slice(1), part, other, contents, found, ranges);
    }
  }
  for (const [name, part] of parts1) {
    if (!parts0.has(name)) addField(found, prefix + name.slice(1), null, valueOfPart(part));
  }
  compareGaps(outer0, outer1, parts0, parts1, ranges);

  let at = 0;
  for (const name of parts1.keys()) {
    if (!parts0.has(name)) continue;
    if (name !== common[at]) {
      found.moved.push(prefix);
      addField(found, `${prefix}order`, (common[at] as string).slice(1), name.slice(1));
      break;
    }
    at++;
  }
}

function comparePair(
  name: string,
  part0: Part,
  part1: Part,
  contents: Contents,
  found: PartsDifference,
  ranges: ByteRanges,
): void {
  const bytes0 = contents[0].subarray(part0.start, part0.end);
  const bytes1 = contents[1].subarray(part1.start, part1.end);
  if (equalBytes(bytes0, bytes1) || (part0.derived && part1.derived)) return;
  if (part0.parts !== undefined && part1.parts !== undefined) {
    compareLevel(`${name}/`, part0, part1, contents, found, ranges);
    return;
  }
  const value0 = valueOfPart(part0);
  const value1 = valueOfPart(part1);
  const same = JSON.stringify(value0) === JSON.stringify(value1);
  addField(
    found,
    name,
    same ? `${textOf(value0)} (${describeBytes(bytes0)})` : value0,
    same ? `${textOf(value1)} (${describeBytes(bytes1)})` : value1,
  );
  if (part0.opaque || part1.opaque) ranges.compare(part0.start, part0.end, part1.start, part1.end);
}

function valueOfPart({ value }: Part): Value {
  return typeof value === 'function' ? value() : value;
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The parts by their names behind a mark; of several with one name, the later ones have a number. */
function named(outer: Part): Map<string, Part> {
  const parts = new Map<string, Part>();
  const seen = new Map<string, number>();
  const inner = typeof outer.parts === 'function' ? outer.parts() : outer.parts;
  for (const part of inner ?? []) {
    const key = `=${part.name}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    let name = times === 1 ? key : `${key} #${times}`;
    while (parts.has(name)) name += "'";
    parts.set(name, part);
  }
  return parts;
}

/**
 * Bytes in no part: each run of them held against the one that stands as far behind the same common part.
 */
function compareGaps(
  outer0: Part,
  outer1: Part,
  parts0: ReadonlyMap<string, Part>,
  parts1: ReadonlyMap<string, Part>,
  ranges: ByteRanges,
): void {
  const gaps0 = gapsOf(outer0, parts0, parts1);
  const gaps1 = gapsOf(outer1, parts1, parts0);
  let last0 = outer0.start;
  let last1 = outer1.start;
  for (const [key, gap] of gaps0) {
    const other = gaps1.get(key);
    if (other === undefined) ranges.compare(gap[0], gap[1], last1, last1);
    else {
      ranges.compare(gap[0], gap[1], other[0], other[1]);
      last1 = other[1];
    }
  }
  for (const [key, gap] of gaps1) {
    const other = gaps0.get(key);
    if (other === undefined) ranges.compare(last0, last0, gap[0], gap[1]);
    else last0 = other[1];
  }
}

/** Runs of bytes in no part, by the last part before them that both sides have and their number behind it. */
function gapsOf(
  outer: Part,
  parts: ReadonlyMap<string, Part>,
  others: ReadonlyMap<string, Part>,
): Map<string, readonly [number, number]> {
  const gaps = new Map<string, readonly [number, number]>();
  let covered = outer.start;
  let before = '';
  let times = 0;
  for (const [name, part] of parts) {
    if (part.start > covered) gaps.set(`${times++} ${before}`, [covered, part.start]);
    covered = Math.max(covered, part.end);
    if (!others.has(name)) continue;
    before = name;
    times = 0;
  }
  if (outer.end > covered) gaps.set(`${times} ${before}`, [covered, outer.end]);
  return gaps;
}

function equalButOf(telling: Telling, file0: PartedFile, file1: PartedFile, found: PartsDifference): EqualBut | null {
  if (found.bytes !== null || found.count !== found.fields.length || found.count === 0) return null;
  if (found.fields.every(({ name }) => telling.isMetadata?.(name) === true)) return 'metadata';
  const onlyOrder = found.count === 1 && found.moved.length === 1 && file0.content.length === file1.content.length;
  return onlyOrder ? (telling.order ?? 'member-order') : null;
}

/** `mtime differs`, `3 fields differ: a, b, c`, and the bytes behind it. */
function summaryOf(found: PartsDifference): string {
  const texts: string[] = [];
  const names = found.fields.slice(0, SUMMARY_NAMES).map(({ name }) => name);
  if (found.count === 1) texts.push(`${names[0]} differs`);
  else if (found.count > 1) {
    const more = found.count > names.length ? ', …' : '';
    texts.push(`${countOf(found.count, 'field')} differ: ${names.join(', ')}${more}`);
  }
  if (found.bytes !== null) {
    const { differing, ranges } = found.bytes;
    const others = found.count > 0 ? 'other byte' : 'byte';
    const from = ranges[0] === undefined ? '' : `, from ${ranges[0].offsets[0]} on`;
    texts.push(`${countOf(differing, others)} ${differing === 1 ? 'differs' : 'differ'}${from}`);
  }
  return texts.join('; ');
}
