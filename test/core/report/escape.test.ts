import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  asciiOnly,
  displayBytes,
  displayJson,
  displayMessage,
  displayPath,
  escapeUnseen,
} from '../../../packages/core/src/report/escape.js';

describe('displayPath', () => {
  test.each([
    ['plain text stays', 'var/log/dpkg.log', 'var/log/dpkg.log'],
    ['visible text of any script stays', 'usr/share/é/日本語/🙂', 'usr/share/é/日本語/🙂'],
    ['ESC starts a terminal sequence', 'a\u001b[2Jb', 'a\\x1b[2Jb'],
    ['BEL ends a title sequence', '\u0007', '\\x07'],
    ['NUL', 'a\0b', 'a\\x00b'],
    ['DEL', 'a\u007f', 'a\\x7f'],
    ['C1: CSI in one code point', 'a\u009b31m', 'a\\u{9b}31m'],
    ['line feed would begin a row', 'a\nFile  x', 'a\\nFile \\x20x'],
    ['carriage return would overwrite one', 'a\rb', 'a\\rb'],
    ['tab', 'a\tb', 'a\\tb'],
    ['backslash, so that escapes cannot be forged', 'a\\x1b', 'a\\\\x1b'],
    ['Arabic letter mark', '\u061c', '\\u{61c}'],
    ['left-to-right and right-to-left mark', '\u200e\u200f', '\\u{200e}\\u{200f}'],
    ['bidirectional embedding and override', '\u202aexe.\u202etxt', '\\u{202a}exe.\\u{202e}txt'],
    ['bidirectional isolates', '\u2066\u2067\u2068\u2069', '\\u{2066}\\u{2067}\\u{2068}\\u{2069}'],
    [
      'zero-width space, joiners, no-break space',
      'a\u200b\u200c\u200d\ufeffb',
      'a\\u{200b}\\u{200c}\\u{200d}\\u{feff}b',
    ],
    ['soft hyphen', 'a\u00adb', 'a\\u{ad}b'],
    ['default-ignorable that is a letter: Hangul filler', 'a\u3164', 'a\\u{3164}'],
    ['tag characters, beyond U+FFFF', '\u{e0041}', '\\u{e0041}'],
    ['line and paragraph separator', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['no-break space looks like a space', 'a\u00a0b', 'a\\u{a0}b'],
    ['U+FFFD stands for bytes that are lost', 'a\ufffd', 'a\\u{fffd}'],
    ['half of a surrogate pair', 'a\ud800b', 'a\\u{d800}b'],
    ['a space within a name stays', 'a b', 'a b'],
    ['spaces that a column would swallow', ' a  b ', '\\x20a \\x20b\\x20'],
    ['nothing but a space', ' ', '\\x20'],
    ['nothing', '', ''],
    ['letters from right to left, which would move what is beside them', 'x/\u05d0/1', 'x/\\u{5d0}/1'],
    ['digits from right to left', '\u0661', '\\u{661}'],
    ['of two names that Unicode takes for one, the decomposed one', 'cafe\u0301', 'cafe\\u{301}'],
    ['and the composed one stays', 'caf\u00e9', 'caf\u00e9'],
    ['decomposed Hangul', '\u1100\u1161', '\u1100\\u{1161}'],
    ['a singleton', '\u2126', '\\u{2126}'],
    ['a mark on nothing', '/\u0338', '/\\u{338}'],
    [
      'marks of a script that needs them',
      '\u0e01\u0e34\u0e48 \u0939\u093f\u0928\u094d\u0926\u0940',
      '\u0e01\u0e34\u0e48 \u0939\u093f\u0928\u094d\u0926\u0940',
    ],
    ['a pile of marks', `z${'\u030d'.repeat(6)}`, `z${'\u030d'.repeat(4)}\\u{30d}\\u{30d}`],
    ['a mark that covers its neighbours', 'x\u20dd', 'x\\u{20dd}'],
    ['private use', '\ue000', '\\u{e000}'],
    ['a command of GitHub Actions', '::error::x', '\\x3a:error::x'],
    ['an address that looks like one', '::1', '::1'],
    ['a command of Azure Pipelines', 'a##vso[task.x]', 'a#\\x23vso[task.x]'],
    ['a heading', '## a', '## a'],
  ])('%s', (_reason, text, shown) => {
    expect(displayPath(text)).toBe(shown);
  });

  test('no two texts have one form, and none has a control character', () => {
    const hostile = fc.array(
      fc.constantFrom('\\', 'x', '1', 'b', ' ', '\u001b', '\u202e', 'u', '{', '}', 'é', '\n', 'n'),
    );
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const [shownA, shownB] = [displayPath(a.join('')), displayPath(b.join(''))];
        expect(shownA === shownB).toBe(a.join('') === b.join(''));
        expect(shownA).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
      { seed: 3 },
    );
  });
});

describe('displayBytes', () => {
  test.each([
    ['UTF-8 is text', Buffer.from('é/日'), 'é/日'],
    ['a byte that no UTF-8 has', [0x61, 0xff, 0x62], 'a\\xffb'],
    ['latin1', [0xe9, 0x2f, 0x61], '\\xe9/a'],
    ['a sequence cut short', [0x61, 0xe6, 0x97], 'a\\xe6\\x97'],
    ['a surrogate in UTF-8, CESU-8', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['an overlong slash', [0xc0, 0xaf], '\\xc0\\xaf'],
    ['text beside it is escaped as ever', [0xff, 0x1b, 0x5c], '\\xff\\x1b\\\\'],
    ['text beside it may be UTF-8', [0xff, 0xc3, 0xa9], '\\xffé'],
    [
      'what looks like an escape is none',
      Buffer.concat([Buffer.from('\\u{dcff}'), Buffer.of(0xff)]),
      '\\\\u{dcff}\\xff',
    ],
    ['C1 as bytes of UTF-8, and as a byte of none', [0xc2, 0x9b, 0x9b], '\\u{9b}\\x9b'],
  ])('%s', (_reason, bytes, shown) => {
    expect(displayBytes(Uint8Array.from(bytes))).toBe(shown);
  });
});

test('messages keep backslashes and spaces, and lose what a terminal obeys', () => {
  expect(displayMessage('C:\\a  b\n\u001b[31m\u202e')).toBe('C:\\a  b\\n\\x1b[31m\\u{202e}');
});

test('JSON stays the same JSON', () => {
  const value = { 'a\u202e': ['\u001b', '\u007f', '\u{e0041}', 'x  y', '\ud800'] };
  const shown = displayJson(JSON.stringify(value));
  expect(JSON.parse(shown)).toEqual(value);
  expect(shown).toBe('{"a\\u202e":["\\u001b","\\u007f","\\udb40\\udc41","x \\u0020y","\\ud800"]}');
});

test('JSON for programs stays the same JSON, and holds nothing that is obeyed and not seen', () => {
  const value = { 'a\u009b': ['\u2028\u2029', '\u007f', '\ud800', '\u200b', '##[x]', 'e\u0301 \u05d0 \u00a0'] };
  const text = `${JSON.stringify(value)}\n`;
  const shown = escapeUnseen(text);
  expect(JSON.parse(shown)).toEqual(value);
  expect(shown).toBe(
    '{"a\\u009b":["\\u2028\\u2029","\\u007f","\\ud800","\\u200b","#\\u0023[x]","e\u0301 \u05d0 \u00a0"]}\n',
  );
});

test('piles of marks and rows of colons take no time that grows with their square', () => {
  const start = performance.now();
  for (const unit of ['\u0301', '\u0316\u0301', 'a\u0301\u0316', ' ', ' :', '::a', '#', '#a', '\u1100']) {
    const text = unit.repeat(100_000 / unit.length);
    for (const each of [text, `x${text}`]) {
      displayPath(each);
      displayMessage(each);
      displayJson(JSON.stringify(each));
      escapeUnseen(JSON.stringify(each));
    }
  }
  expect(performance.now() - start).toBeLessThan(9000);
});

test('what looks alike can be told apart in ASCII', () => {
  expect([asciiOnly('é'), asciiOnly('e\u0301')]).toEqual(['\\u{e9}', 'e\\u{301}']);
});
