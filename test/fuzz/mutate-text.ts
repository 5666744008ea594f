import type { Random } from './random.js';

/** Pieces that have a meaning somewhere: to paths, terminals, JSON, URLs, HTTP, Unicode. */
const PIECES = [
  '',
  ' ',
  '  ',
  '\t',
  '\0',
  '\n',
  '\r\n',
  '\x1b[2J',
  '\x1b]0;x\x07',
  '\x7f',
  '\x85',
  '\u2028',
  '\u202e',
  '\u200b',
  '\ufeff',
  '\ufffd',
  '\ud800',
  '\udc80',
  '\u0130',
  '\u017f',
  'é',
  '😀',
  '.',
  '..',
  '../',
  '/',
  '//',
  '\\',
  ':',
  '::',
  '@',
  '@sha256:',
  '#',
  '?',
  '%',
  '%2e',
  '%00',
  '&',
  '=',
  ',',
  ';',
  '"',
  "'",
  '`',
  '<b>',
  '[x](y)',
  '|',
  '*',
  '**',
  '!',
  '{a,b}',
  '(',
  ')',
  '[',
  ']',
  '~',
  '~0',
  '~1',
  '~2',
  '-',
  '--',
  '_',
  '0',
  '1',
  '9007199254740993',
  '-1',
  '1e999',
  '__proto__',
  'constructor',
  'sha256:',
  'localhost',
  'docker.io/',
  'http://',
  'https://',
  'NUL',
  'A',
  'z',
];

/** `text` with some changes; `pieces` are put in besides those that mean something anywhere. */
export function mutateText(
  random: Random,
  text: string,
  pieces: readonly string[] = PIECES,
  changes: number = random.between(1, 4),
): string {
  let result = text;
  for (let i = 0; i < changes; i++) {
    const at = random.below(result.length + 1);
    const end = Math.min(result.length, at + random.between(1, 12));
    const piece = random.pick(random.chance(0.6) ? pieces : PIECES);
    switch (random.below(9)) {
      case 0:
      case 1:
      case 2:
        result = result.slice(0, at) + piece + result.slice(at);
        break;
      case 3:
        result = result.slice(0, at) + piece + result.slice(end);
        break;
      case 4:
        result = result.slice(0, at) + result.slice(end);
        break;
      case 5:
        result = result.slice(0, at) + result.slice(at, end) + result.slice(at);
        break;
      case 6:
        result = result.slice(at) + result.slice(0, at);
        break;
      case 7: {
        const letter = String.fromCharCode(random.chance(0.8) ? random.below(128) : random.below(65_536));
        result = result.slice(0, at) + letter + result.slice(at + 1);
        break;
      }
      default:
        /* Seldom, since it costs time: what is long in a way that makes a pattern look again and again. */
        result = random.chance(0.1)
          ? result.slice(0, at) + piece.repeat(random.between(2, 3000)) + result.slice(at)
          : result.toUpperCase() === result
            ? result.toLowerCase()
            : result.toUpperCase();
    }
  }
  return result;
}
