import { block, extended, join, padded, record, zeros } from './tar-build.js';

/*
 * Names that a layer may give its entries to harm who unpacks it or reads of it. All strings here are latin1, one code
 * unit a byte, as tar-build.ts has them.
 */

/** Text as its bytes in UTF-8. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** An entry with any name and link target: what does not fit a header stands in PAX records in front of it. */
export function anyEntry(
  name: string,
  { content = '', type = '0', link = '', mode = 0o644, uid = 0, device = [0, 0] }: AnyEntry = {},
): Uint8Array {
  const fits = (text: string): boolean => text.length <= 100 && !text.includes('\0');
  const records = [
    ...(fits(name) ? [] : [record('path', name)]),
    ...(fits(link) ? [] : [record('linkpath', link)]),
  ].join('');
  const header = block({
    name: fits(name) ? name : 'in-pax',
    linkName: fits(link) ? link : 'in-pax',
    size: content.length,
    devMajor: device[0],
    devMinor: device[1],
    type,
    mode,
    uid,
  });
  return join(...(records === '' ? [] : [extended('x', records)]), header, padded(content));
}

export interface AnyEntry {
  readonly content?: string;
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly device?: readonly [number, number];
}

export function tarOf(entries: readonly Uint8Array[]): Buffer {
  return Buffer.from(join(...entries, zeros()));
}

/** What a terminal, a bidirectional display or a file viewer obeys. */
export const CONTROLS: readonly (readonly [what: string, text: string])[] = [
  ['NUL', 'nul\0byte'],
  ['a forged row', 'a\nFile  layers-0/forged  sha256:1  sha256:2'],
  ['a carriage return', 'real\rfake'],
  ['backspaces', 'abc\b\b\bxyz'],
  ['a vertical tab and a form feed', 'a\v\fb'],
  ['CSI: clear the screen', '\u001b[2J\u001b[1;1H'],
  ['CSI: colour', '\u001b[32mgreen\u001b[0m'],
  ['OSC: the title', '\u001b]0;title\u0007'],
  ['OSC 8: a link', '\u001b]8;;https://example.org\u001b\\text\u001b]8;;\u001b\\'],
  ['OSC 52: the clipboard', '\u001b]52;c;cm0gLXJm\u0007'],
  ['DCS', '\u001bP$q"p\u001b\\'],
  ['DEL', 'a\u007fb'],
  ['C1: CSI', '\u009b31mred'],
  ['C1: OSC and ST', '\u009d0;title\u009c'],
  ['C1: NEL', 'a\u0085b'],
  ['override', 'a\u202ecod.exe'],
  ['embedding', '\u202aa\u202bb\u202cc'],
  ['isolates', '\u2066a\u2067b\u2068c\u2069'],
  ['marks of direction', '\u200e\u200f\u061c'],
  ['a letter from right to left', 'x\u05d0/1'],
  ['Arabic digits', '\u0661\u0662'],
  ['zero width', 'a\u200bb\u200cc\u200dd\u2060e\ufefff'],
  ['soft hyphen', 'pass\u00adwd'],
  ['variation selectors', 'a\ufe0fb\u{e0100}'],
  ['tags', '\u{e0061}\u{e0062}'],
  ['Hangul filler', 'a\u3164b\u115f\uffa0'],
  ['spaces of other kinds', 'a\u00a0b\u2003c\u3000d\u1680e'],
  ['Braille blank', 'a\u2800b'],
  ['line and paragraph separator', 'a\u2028b\u2029c'],
  ['a mark on nothing', '\u0338\u20d2x'],
  ['a pile of marks', `z${'\u030d\u0316'.repeat(200)}`],
  ['an enclosing mark', 'x\u20dd'],
  ['private use and no character', '\ue000\uffff\u{10ffff}'],
  ['replacement', 'a\ufffdb'],
  ['spaces first, last, in a row', '  a  b  '],
];

/** Names for a layer, without those of links. */
export const NAMES: readonly string[] = [
  ...CONTROLS.map(([, text]) => `c/${utf8(text)}`),
  ...CONTROLS.map(([, text]) => utf8(text)),
  '/etc/passwd',
  '//etc//shadow',
  '/',
  '.',
  './.',
  '..',
  '../up',
  '../../../../../../../../../../../../tmp/up',
  'a/../../out',
  'a/..',
  'a/b/../../..',
  './../x/./y',
  'n'.repeat(256),
  `${'n'.repeat(300)}/below`,
  `${'d/'.repeat(300)}deep`,
  Array.from({ length: 20 }, () => 'p'.repeat(250)).join('/'),
  '\xff\xfe',
  'caf\xe9',
  '\xff/below',
  '\xc0\xaf..\xc0\xaf',
  '\xed\xa0\x80',
  '\x9b31m',
  '\x93\xfa\x96\x7b',
  'CON',
  'nul',
  'aux.txt',
  'COM1.tar.gz',
  'LPT\xc2\xb9',
  'conout$',
  'nul .txt',
  'prn  ',
  'dot.',
  'space ',
  'a:b',
  'file.txt::$DATA',
  'C:\\Windows\\x',
  'C:x',
  '..\\..\\x',
  '\\\\server\\share\\x',
  '\\\\?\\C:\\x',
  'back\\slash',
  '*?<>|"',
  'Case',
  'case',
  'CASE',
  'Folder/x',
  'folder/y',
  utf8('caf\u00e9-twin'),
  utf8('cafe\u0301-twin'),
  utf8('stra\u00dfe'),
  'STRASSE',
  utf8('\u2126'),
  utf8('\u03a9'),
  'thing',
  'thing/below',
  'other/below',
  'other',
  'report.json',
  'report.html',
  'README.md',
  '.ocidiff',
  'input-0',
  'input-1/layers-0/x',
  'layers-0/x',
  'manifest.json/x',
  'old',
  '-rf',
  '$(touch pwned)',
  '`touch pwned`',
  '%s%n',
  '~root',
  '__proto__',
  'constructor/prototype',
  'hasOwnProperty',
  '4294967295',
];
