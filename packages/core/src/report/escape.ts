/*
 * Names inside an image are chosen by whoever made it, and a terminal obeys what it is sent: an escape sequence can
 * rewrite lines that were printed before, a bidirectional control can show `txt.exe` as `exe.txt`, a zero-width
 * character makes two names that look alike. So nothing of an input is shown that is not a visible character.
 */

/*
 * Letters and digits of scripts written from right to left, by their blocks (DerivedBidiClass.txt, the defaults for R and
 * AL). With them alone, and no control character, `x/א/1` is shown as `x/1/א`, and two cells of a row change places.
 */
const RIGHT_TO_LEFT = '\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}';
/* What has no agreed form (private use), what covers its neighbours, what looks like a space (U+2800, Zs but the plain
 * space), what stands for bytes that are lost (U+FFFD). */
const CHARACTERS =
  '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}\\p{Me}\\p{Noncharacter_Code_Point}\\p{Default_Ignorable_Code_Point}\\u2800\\ufffd';
/* A mark without a letter of its own sits on what ocidiff wrote; a pile of them reaches into other lines. */
const MARKS = '(?<![\\p{L}\\p{N}\\p{M}])\\p{M}+|(?<=\\p{M}{4})\\p{M}+';
/*
 * CI systems obey what a build prints: `::set-env name=…::…` at the start of a line (GitHub Actions), `##[…]`,
 * `##vso[…]` (Azure Pipelines) and `##teamcity[…]` anywhere. Source for the first two: actions/runner,
 * src/Runner.Common/ActionCommand.cs.
 */
const HASH_COMMAND = '(?<=#)#(?=[A-Za-z]*\\[)';
const COLON_COMMAND = ':(?<=^ *:)(?=:[A-Za-z])';
const MAY_BE_COMMAND = /^ *::|##/;
const UNSAFE = new RegExp(
  `[${CHARACTERS}${RIGHT_TO_LEFT}]|(?! )\\p{Zs}|${MARKS}|${HASH_COMMAND}|${COLON_COMMAND}`,
  'gu',
);
const UNSAFE_OR_BACKSLASH = new RegExp(`${UNSAFE.source}|\\\\`, 'gu');
/* In JSON that programs read; a line feed is JSON's own there, since those of strings are escaped. */
const UNSEEN = new RegExp(
  `(?!\\n)[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]|${HASH_COMMAND}`,
  'gu',
);
const PLAIN = /^[!-[\]-~](?: ?[!-[\]-~])*$/;
const PLAIN_LINE = /^[\t -~]*$/;
const NON_ASCII = /[^ -~]/gu;
/* Not a global one, so that it may be asked. */
const MAY_BE_UNSEEN = /[^\n -~]|##/;
/** Marks, and the parts of Hangul syllables: what normal form C may join with the character before it. */
const JOINING = /[\p{M}\u1160-\u11ff]/u;

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * `text` (a path, a name) as one line of visible characters. `\xNN` stands for one byte, `\u{N}` for one code point,
 * `\\` for a backslash, so that no two texts have one form. Spaces that a column would swallow (first, last, second
 * in a row) are `\x20`. Of two texts that Unicode takes for one (`é`, and `e` with an accent), the decomposed one is
 * shown as what it is made of: a disk may hold both.
 */
export function displayPath(text: string): string {
  return escapeText(text, escapeCharacter);
}

/** The same for bytes: UTF-8 is text, every byte that is not is `\xNN`. */
export function displayBytes(bytes: Uint8Array): string {
  try {
    return displayPath(utf8.decode(bytes));
  } catch {
    return escapeText(mark(bytes), escapeMarked);
  }
}

/** A message for a terminal: as `displayPath`, but backslashes and spaces stay, since it is read, not compared. */
export function displayMessage(text: string): string {
  return text.replace(UNSAFE, (match) => escapeEach(match, escapeCharacter));
}

/** A line of a file: tabs stay, and what is escaped is what `mark` makes of its escape sequence. */
export function displayLine(text: string, mark: (shown: string) => string): string {
  if (PLAIN_LINE.test(text)) return text;
  return text.replace(UNSAFE, (character) => (character === '\t' ? character : mark(escapeCharacter(character))));
}

/** JSON text with all that is not a visible character written as JSON's own escapes: it stays the same JSON. */
export function displayJson(json: string): string {
  return json.replace(UNSAFE, jsonEscapes).replace(/(?<= ) /g, '\\u0020');
}

/** JSON text for programs, which may also be printed: as `displayJson`, but what has a form of its own stays. */
export function escapeUnseen(json: string): string {
  return MAY_BE_UNSEEN.test(json) ? json.replace(UNSEEN, jsonEscapes) : json;
}

/** `text`, as one of the functions above made it, in ASCII: for two that differ and look alike. */
export function asciiOnly(text: string): string {
  return text.replace(NON_ASCII, (character) => `\\u{${codePoint(character).toString(16)}}`);
}

function escapeText(text: string, escapeOne: (character: string) => string): string {
  if (PLAIN.test(text) && !MAY_BE_COMMAND.test(text)) return text;
  const shown = text
    .replace(UNSAFE_OR_BACKSLASH, (match) => escapeEach(match, escapeOne))
    .replace(/^ | $|(?<= ) /g, '\\x20');
  /* Only now: to normalise long piles of marks takes time that grows with their square. */
  return shown.normalize('NFC') === shown ? shown : shown.replace(NON_ASCII, escapeDecomposed);
}

function escapeEach(match: string, escapeOne: (character: string) => string): string {
  return [...match].map(escapeOne).join('');
}

function escapeDecomposed(character: string): string {
  return JOINING.test(character) || character.normalize('NFC') !== character ? escapeCharacter(character) : character;
}

function escapeMarked(character: string): string {
  const byte = codePoint(character) - MARK;
  return byte >= 0x80 && byte <= 0xff ? `\\x${byte.toString(16)}` : escapeCharacter(character);
}

function escapeCharacter(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = codePoint(character);
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

function jsonEscapes(character: string): string {
  return [...Array(character.length).keys()]
    .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`)
    .join('');
}

function codePoint(character: string): number {
  return character.codePointAt(0) as number;
}

const MARK = 0xdc00;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/*
 * UTF-8 as text, each other byte NN as its code unit 0xDCNN: a lone surrogate, which no UTF-8 decodes to. (Python's
 * surrogateescape, PEP 383.)
 */
function mark(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] as number);
    try {
      parts.push(utf8.decode(bytes.subarray(at, at + length)));
      at += length;
    } catch {
      parts.push(String.fromCharCode(MARK + (bytes[at] as number)));
      at++;
    }
  }
  return parts.join('');
}

/* RFC 3629, section 3; the decoder judges the rest. */
function sequenceLength(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
