import type {
  BytesDifference,
  FieldDifference,
  InFileDifference,
  TextDifference,
} from '../explain/in-file/in-file-difference.js';
import { ABSENT, clipEnd } from './clip.js';
import { grouped } from './count.js';
import { displayJson, displayMessage, displayPath } from './escape.js';

/** A line that shows how two contents differ, and what it is, for whoever colours it. */
export interface InFileLine {
  readonly text: string;
  readonly kind: 'summary' | 'hunk' | 'removed' | 'added' | 'context' | 'note';
}

const VALUE_CHARACTERS = 200;
const BYTES_A_LINE = 16;
/** Fields of one format, and members of one container, that are shown. */
const SHOWN_FIELDS = 20;
const SHOWN_MEMBERS = 50;

/** How the contents of a file differ, as lines of visible characters; members of containers are indented. */
export function* inFileLines(difference: InFileDifference, indent = ''): Iterable<InFileLine> {
  const { format, summary, equalBut, text, bytes, fields, members, omitted } = difference;
  const but = equalBut === undefined ? '' : `; equal but for ${equalBut.join(', ')}`;
  yield { text: `${indent}${displayMessage(format)}: ${displayMessage(summary)}${but}`, kind: 'summary' };
  yield* fieldsLines(fields, indent);
  if (text !== undefined) yield* textLines(text, indent);
  if (bytes !== undefined) yield* bytesLines(bytes, indent);
  for (const { name, change, fields: own, content } of members?.slice(0, SHOWN_MEMBERS) ?? []) {
    const mark = change === 'added' ? '+' : change === 'removed' ? '-' : '*';
    const kind = change === 'modified' ? 'hunk' : change;
    yield { text: `${indent}${mark} ${displayPath(name)}`, kind };
    yield* fieldsLines(own, `${indent}    `);
    if (content !== undefined) yield* inFileLines(content, `${indent}    `);
  }
  yield* moreLine((members?.length ?? 0) - SHOWN_MEMBERS, 'members', indent);
  for (const note of omitted ?? []) yield { text: `${indent}(${displayMessage(note)})`, kind: 'note' };
}

function* fieldsLines(fields: readonly FieldDifference[] | undefined, indent: string): Iterable<InFileLine> {
  for (const field of fields?.slice(0, SHOWN_FIELDS) ?? []) yield* fieldLines(field, indent);
  yield* moreLine((fields?.length ?? 0) - SHOWN_FIELDS, 'fields', indent);
}

function* moreLine(more: number, what: string, indent: string): Iterable<InFileLine> {
  if (more > 0) yield { text: `${indent}(${grouped(more)} more ${what}, in the JSON report)`, kind: 'note' };
}

function* fieldLines({ name, values }: FieldDifference, indent: string): Iterable<InFileLine> {
  const [value0, value1] = values.map((value) => {
    if (value === null) return ABSENT;
    const shown = typeof value === 'string' ? displayMessage(value) : displayJson(JSON.stringify(value));
    return clipEnd(shown, VALUE_CHARACTERS);
  });
  const label = displayMessage(name);
  yield { text: `${indent}- ${label}: ${value0}`, kind: 'removed' };
  yield { text: `${indent}+ ${label}: ${value1}`, kind: 'added' };
}

function* textLines({ hunks }: TextDifference, indent: string): Iterable<InFileLine> {
  for (const { start, count, lines } of hunks) {
    yield { text: `${indent}@@ -${start[0]},${count[0]} +${start[1]},${count[1]} @@`, kind: 'hunk' };
    for (const line of lines) {
      const mark = line.slice(0, 1);
      const kind = mark === '-' ? 'removed' : mark === '+' ? 'added' : mark === '\\' ? 'note' : 'context';
      yield { text: `${indent}${mark}${displayMessage(line.slice(1).replaceAll('\t', '    '))}`, kind };
    }
  }
}

function* bytesLines({ lengths, differing, count, ranges }: BytesDifference, indent: string): Iterable<InFileLine> {
  if (lengths[0] !== lengths[1]) {
    yield { text: `${indent}${grouped(lengths[0])} bytes / ${grouped(lengths[1])} bytes`, kind: 'summary' };
  }
  for (const { offsets, lengths: own, start, hex } of ranges) {
    const where = `${offsets[0]},${own[0]} +${offsets[1]},${own[1]}`;
    yield { text: `${indent}@@ bytes -${where} @@`, kind: 'hunk' };
    for (const [side, mark] of [
      [0, '-'],
      [1, '+'],
    ] as const) {
      for (const line of hexLines(hex[side] as string, start[side] as number)) {
        yield { text: `${indent}${mark}${line}`, kind: side === 0 ? 'removed' : 'added' };
      }
    }
  }
  const more = count - ranges.length;
  if (more > 0) {
    const text = `${grouped(more)} more of ${grouped(count)} ranges, ${grouped(differing)} bytes that differ in all`;
    yield { text: `${indent}(${text})`, kind: 'note' };
  }
}

/* As `hexdump -C` has it: offset, bytes, their ASCII. */
function* hexLines(hex: string, start: number): Iterable<string> {
  for (let at = 0; at < hex.length; at += 2 * BYTES_A_LINE) {
    const pairs = hex.slice(at, at + 2 * BYTES_A_LINE).match(/../g) ?? [];
    const ascii = pairs.map((pair) => {
      const byte = Number.parseInt(pair, 16);
      return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    });
    const offset = (start + at / 2).toString(16).padStart(8, '0');
    yield `${offset}  ${pairs.join(' ').padEnd(3 * BYTES_A_LINE - 1)}  |${displayMessage(ascii.join(''))}|`;
  }
}
