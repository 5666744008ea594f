import { latin1 } from '../../bytes/latin1.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { decodeText, hasMagic, linesOf, textValue } from './values.js';

/** A field of a stanza: `content[start, end)`, its newline included. */
interface StanzaField {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Where its value starts. */
  readonly value: number;
}

/** What a database says of one package: `content[start, end)`, without the empty line behind it. */
export interface Stanza {
  readonly start: number;
  readonly end: number;
  readonly fields: readonly StanzaField[];
}

/** Fields of one database; that of 5,000 packages of Debian has 80,000, that of apk two for a file. */
const MAX_FIELDS = 300_000;
/** Sections of one `desc`, of which there are some twenty. */
const MAX_SECTIONS = 1000;
export const DPKG_PATH: RegExp = /^var\/lib\/dpkg\/(?:status(?:-old)?|available(?:-old)?|status\.d\/[^/]+)$/;
export const APK_PATH: RegExp = /^(?:usr\/)?lib\/apk\/db\/installed$/;
export const PACMAN_PATH: RegExp = /^var\/lib\/pacman\/local\/[^/]+\/desc$/;

/**
 * The stanzas of a dpkg database: fields of one or more lines, the later of which begin with white space.
 * Source: deb822(5).
 * @returns null where a line is no field
 */
export function parseDpkgStatus(content: Uint8Array): Stanza[] | null {
  return parseStanzas(content, (text) => {
    const colon = text.indexOf(0x3a);
    return colon > 0 ? { name: latin1(text, 0, Math.min(colon, 100)), value: colon + 1 } : null;
  });
}

/**
 * The stanzas of apk's database. Lines of files are named with the file that they belong to: `R:bin/busybox`.
 * Source: apk-tools, `doc/apk-v2.5.scd`, "INSTALLED".
 * @returns null where a line is no field
 */
export function parseApkInstalled(content: Uint8Array): Stanza[] | null {
  let folder = '';
  let file = '';
  /* Short lines below a long path would make names of many times the file's size. */
  let left = 16 * content.length + 1024;
  return parseStanzas(content, (text, isFirst) => {
    if (isFirst) {
      folder = '';
      file = '';
    }
    if (text[1] !== 0x3a) return null;
    const letter = String.fromCharCode(text[0] as number);
    const rest = (): string => decodeText(text.subarray(2, 400));
    if (letter === 'F') folder = rest();
    else if (letter === 'R') file = folder === '' ? rest() : `${folder}/${rest()}`;
    const of =
      letter === 'F' || letter === 'M' ? folder : letter === 'R' || letter === 'a' || letter === 'Z' ? file : null;
    if (of === null) return { name: letter, value: 2 };
    left -= of.length;
    return left < 0 ? null : { name: `${letter}:${of}`, value: 2 };
  });
}

/** @param fieldOf the name of the field that a line begins, and where its value starts; null for what is none */
function parseStanzas(
  content: Uint8Array,
  fieldOf: (line: Uint8Array, isFirst: boolean) => { name: string; value: number } | null,
): Stanza[] | null {
  const stanzas: Stanza[] = [];
  let fields: StanzaField[] = [];
  let count = 0;
  const close = (): void => {
    const first = fields[0];
    const last = fields[fields.length - 1];
    if (first !== undefined && last !== undefined) stanzas.push({ start: first.start, end: last.end, fields });
    fields = [];
  };
  for (const { start, end, text } of linesOf(content)) {
    if (text.length === 0) {
      close();
      continue;
    }
    const last = fields[fields.length - 1];
    if (text[0] === 0x20 || text[0] === 0x09) {
      if (last === undefined) return null;
      fields[fields.length - 1] = { ...last, end };
      continue;
    }
    const field = fieldOf(text, fields.length === 0);
    if (field === null || ++count > MAX_FIELDS) return null;
    fields.push({ name: field.name, start, end, value: start + field.value });
  }
  close();
  return stanzas;
}

/** The sections of a pacman `desc`: `%NAME%`, lines, an empty line; or null for anything else. */
export function parsePacmanDesc(content: Uint8Array): Stanza | null {
  const fields: StanzaField[] = [];
  for (const { start, end, text } of linesOf(content)) {
    const last = fields[fields.length - 1];
    if (text[0] === 0x25 && text.length > 2 && text[text.length - 1] === 0x25 && text.length < 100) {
      if (fields.length >= MAX_SECTIONS) return null;
      fields.push({ name: latin1(text, 1, text.length - 1), start, end, value: end });
    } else if (last === undefined) return null;
    else fields[fields.length - 1] = { ...last, end };
  }
  return fields.length === 0 ? null : { start: 0, end: content.length, fields };
}

/** A field's text without white space around it, or null where the stanza has it not; cut where it is very long. */
export function fieldText(content: Uint8Array, stanza: Stanza, name: string): string | null {
  const field = stanza.fields.find((candidate) => candidate.name === name);
  return field === undefined ? null : textValue(content.subarray(field.value, field.end)).trim();
}

function stanzaParts(content: Uint8Array, stanza: Stanza): Part[] {
  return stanza.fields.map((field) => ({
    name: field.name,
    start: field.start,
    end: field.end,
    value: () => textValue(content.subarray(field.value, field.end)).trim(),
  }));
}

function databaseParts(
  content: Uint8Array,
  stanzas: readonly Stanza[],
  names: readonly [string, string, string],
): Part[] {
  return stanzas.map((stanza) => {
    const [name, architecture, version] = names.map((field) => fieldText(content, stanza, field));
    return {
      name: architecture ? `${name ?? '?'}:${architecture}` : (name ?? '?'),
      start: stanza.start,
      end: stanza.end,
      value: version ?? '',
      parts: () => stanzaParts(content, stanza),
    };
  });
}

function database(
  format: string,
  path: RegExp,
  parse: (content: Uint8Array) => Stanza[] | null,
  names: readonly [string, string, string],
): FormatDecoder {
  return {
    format,
    text: true,
    recognises: (candidate) => path.test(candidate),
    compare(content0, content1) {
      const stanzas0 = parse(content0);
      const stanzas1 = parse(content1);
      if (stanzas0 === null || stanzas1 === null) return null;
      return compareParts(
        { format },
        { content: content0, parts: databaseParts(content0, stanzas0, names) },
        { content: content1, parts: databaseParts(content1, stanzas1, names) },
      );
    },
  };
}

export const DPKG_STATUS: FormatDecoder = database('dpkg-status', DPKG_PATH, parseDpkgStatus, [
  'Package',
  'Architecture',
  'Version',
]);
export const APK_INSTALLED: FormatDecoder = database('apk-installed', APK_PATH, parseApkInstalled, ['P', 'A', 'V']);

export const PACMAN_DESC: FormatDecoder = {
  format: 'pacman-desc',
  text: true,
  recognises: (path, content) => PACMAN_PATH.test(path) && hasMagic(content, '%'),
  compare(content0, content1) {
    const stanza0 = parsePacmanDesc(content0);
    const stanza1 = parsePacmanDesc(content1);
    if (stanza0 === null || stanza1 === null) return null;
    return compareParts(
      { format: this.format, isMetadata: (name) => name === 'BUILDDATE' || name === 'INSTALLDATE' },
      { content: content0, parts: stanzaParts(content0, stanza0) },
      { content: content1, parts: stanzaParts(content1, stanza1) },
    );
  },
};
