import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TextDifference } from '../../../../packages/core/src/explain/in-file/in-file-difference.js';
import { requireTool } from '../../../support/tools.js';
import { bytesOf, type Content, compare, inFolder, patched, swapped, unified, wordless } from './support.js';

/** The hunks of `diff -u`. */
function gnuDiff(content0: Uint8Array, content1: Uint8Array): Buffer {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'a'), content0);
    writeFileSync(join(folder, 'b'), content1);
    const { stdout } = spawnSync('diff', ['-a', '-u', 'a', 'b'], { cwd: folder });
    return stdout.subarray(stdout.indexOf('\n@@') + 1);
  });
}

async function textOf(content0: Content, content1: Content, path?: string): Promise<TextDifference> {
  const { text } = await compare(content0, content1, path);
  if (text === undefined) throw new Error('not compared as text');
  return text;
}

const hasDiff = requireTool('diff') && requireTool('patch');
/* Few different lines, some empty, so that they repeat; with and without a newline at the end. */
const line = fc.constantFrom('', 'a', 'b', 'c', 'dd', 'é', '\ta ', '1', '2');
const texts = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, last]) => lines.join(end) + (last && lines.length > 0 ? end : ''));

describe('text', () => {
  test.skipIf(!hasDiff)('what patch makes of side 0 with the diff is side 1', async () => {
    await fc.assert(
      fc.asyncProperty(texts, texts, async (text0, text1) => {
        fc.pre(text0 !== text1);
        const difference = await compare(text0, text1);
        expect(difference.omitted).toBeUndefined();
        const patch = unified(difference.text as TextDifference);
        expect(patched(bytesOf(text0), patch).toString()).toBe(text1);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test.skipIf(!hasDiff)('it is no longer than that of GNU diff, which may choose other lines', async () => {
    const changed = (diff: string): number => diff.split('\n').filter((each) => /^[-+]/.test(each)).length;
    await fc.assert(
      fc.asyncProperty(texts, texts, async (text0, text1) => {
        fc.pre(text0 !== text1);
        const ours = unified(await textOf(text0, text1)).toString();
        expect(changed(ours)).toBeLessThanOrEqual(changed(gnuDiff(bytesOf(text0), bytesOf(text1)).toString()));
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`);
  const withChanged = (lines: readonly string[], changes: Record<number, string | null>): string =>
    lines.flatMap((each, i) => (i in changes ? (changes[i] === null ? [] : [changes[i]]) : [each])).join('\n');

  test.skipIf(!hasDiff).each<[string, Content, Content]>([
    ['one line of many', `${numbers(50).join('\n')}\n`, `${withChanged(numbers(50), { 20: 'other' })}\n`],
    ['two near lines', `${numbers(50).join('\n')}\n`, `${withChanged(numbers(50), { 20: 'other', 26: 'more' })}\n`],
    ['two lines seven apart', `${numbers(50).join('\n')}\n`, `${withChanged(numbers(50), { 20: 'o', 28: 'm' })}\n`],
    ['the first and the last', `${numbers(50).join('\n')}\n`, `${withChanged(numbers(50), { 0: 'o', 49: 'm' })}\n`],
    ['a line removed', `${numbers(9).join('\n')}\n`, `${withChanged(numbers(9), { 4: null })}\n`],
    ['no newline at the end of one', 'a\nb\n', 'a\nb'],
    ['no newline at the end of both', 'a\nb', 'a\nc'],
    ['from nothing', '', 'a\nb\n'],
    ['to nothing', 'a\n', ''],
    ['carriage returns before line feeds', 'a\r\nb\r\nc\r\n', 'a\r\nx\r\nc\r\n'],
    ['ISO 8859-1', Buffer.from('caf\xe9\nb\n', 'latin1'), Buffer.from('caf\xe9\nc\n', 'latin1')],
    ['UTF-8 against other bytes', Buffer.from('café\nb\n'), Buffer.from('caf\xe9\nc\n', 'latin1')],
  ])('is what GNU diff says: %s', async (_name, content0, content1) => {
    const text = await textOf(content0, content1);
    expect(unified(text).toString('latin1')).toBe(gnuDiff(bytesOf(content0), bytesOf(content1)).toString('latin1'));
  });

  test('says how many lines differ', async () => {
    const difference = await compare('a\nb\nc\n', 'a\nx\ny\nc\n');
    expect(difference).toEqual({
      format: 'text',
      summary: '2 of 4 lines differ',
      text: {
        encodings: ['utf-8', 'utf-8'],
        lines: [3, 4],
        hunks: [{ start: [1, 1], count: [3, 4], lines: [' a', '-b', '+x', '+y', ' c'] }],
      },
    });
  });

  const utf16 = (text: string, big = false): Buffer => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return big ? bytes.swap16() : bytes;
  };

  test('reads UTF-16 by its byte order mark', async () => {
    const text = await textOf(utf16('one\ntwo\n'), utf16('one\nzwei ü\n', true));
    expect(text.encodings).toEqual(['utf-16le', 'utf-16be']);
    expect(text.hunks).toEqual([{ start: [1, 1], count: [2, 2], lines: [' one', '-two', '+zwei ü'] }]);
  });

  test('carriage returns end lines where there is no line feed', async () => {
    const difference = await compare('a\rb\rc\r', 'a\rx\rc\r');
    expect(difference.summary).toBe('1 of 3 lines differs (lines end with carriage returns)');
    expect(difference.text?.hunks[0]?.lines).toEqual([' a', '-b', '+x', ' c']);
  });

  test.each<[string, Content, Content, string[]]>([
    ['line ends', 'a\nb\n', 'a\r\nb\r\n', ['line-ends']],
    ['old line ends', 'a\nb\n', 'a\rb\r', ['line-ends']],
    ['the last newline', 'a\nb\n', 'a\nb', ['final-newline']],
    ['both', 'a\nb\n', 'a\r\nb', ['final-newline', 'line-ends']],
    ['a byte order mark', 'a\nb\n', '\ufeffa\nb\n', ['byte-order-mark']],
    ['a byte order mark and line ends', 'a\nb\n', '\ufeffa\r\nb\r\n', ['byte-order-mark', 'line-ends']],
    ['white space', 'a  b\nc\n', 'a b\n\nc\n', ['white-space']],
    ['an empty line', 'a\nb\nc\nd\ne\nf\n', 'a\nb\n\nc\nd\ne\nf\n', ['white-space']],
    ['the order of lines', 'a\nb\nc\n', 'c\na\nb\n', ['line-order']],
    ['UTF-16 for UTF-8', 'a\nb\n', utf16('a\nb\n'), ['encoding']],
    ['ISO 8859-1 for UTF-8', 'café\n', Buffer.from('café\n', 'latin1'), ['encoding']],
    ['white space in JSON', '{"a":1,"b":[1,2]}', '{\n  "a": 1,\n  "b": [1, 2]\n}\n', ['white-space']],
    ['the order of keys', '{"a":1,"b":{"c":1,"d":2}}', '{"b":{"d":2,"c":1},"a":1}', ['key-order']],
    ['keys and white space', '{"a":1,"b":2}', '{"b": 2, "a": 1}', ['key-order', 'white-space']],
    ['the spelling of values', '{"a":"/"}', '{"a":"\\u002f"}', ['encoding']],
  ])('equal but for %s', async (_name, content0, content1, but) => {
    expect((await compare(content0, content1)).equalBut).toEqual(but);
    expect((await compare(content1, content0)).equalBut).toEqual(but);
  });

  test.each<[string, Content, Content]>([
    ['a word', 'a b\n', 'a c\n'],
    ['blanks that part words', 'ab\n', 'a b\n'],
    ['a line more', 'a\nb\n', 'a\nb\nb\n'],
    ['a value', '{"a":1}', '{"a":2}'],
    ['the order of a list', '{"a":[1,2]}', '{"a":[2,1]}'],
    ['a no-break space', 'a\u00a0\n', 'a\n'],
    ['a byte order mark within', 'x\nb\nc\nd\ne\nf\n', 'x\nb\nc\nd\n\ufeffe\nf\n'],
  ])('not equal but for anything: %s', async (_name, content0, content1) => {
    expect((await compare(content0, content1)).equalBut).toBeUndefined();
  });

  test('a long line is cut around its first difference, and that is said', async () => {
    const long = 'x'.repeat(10_000);
    const difference = await compare(`${long}a${long}\n`, `${long}b${long}\n`);
    const [minus, plus] = difference.text?.hunks[0]?.lines ?? [];
    expect(minus).toMatch(/^-…x{100}ax{399}…$/);
    expect(plus).toMatch(/^\+…x{100}bx{399}…$/);
    expect(difference.omitted).toEqual(['2 lines of more than 500 characters are cut']);
  });

  test('what is not shown is counted', async () => {
    const side = (letter: string): string => Array.from({ length: 20_000 }, (_, i) => `${letter}${i}\n`).join('');
    const difference = await compare(side('a'), side('b'));
    expect(difference.summary).toBe('20,000 of 20,000 lines differ');
    const [hunk] = difference.text?.hunks ?? [];
    expect(hunk?.count).toEqual([50, 50]);
    expect(difference.omitted).toEqual(['39,900 more lines of the diff are not shown']);
  });

  test('a hunk after lines that are not shown has no context that is none', async () => {
    const side = (letter: string): string =>
      Array.from({ length: 2000 }, (_, i) => (i % 100 === 0 ? `${i}\n` : `${letter.repeat(30)}${i}\n`)).join('');
    const { text } = await compare(side('a'), side('b'));
    for (const hunk of (text?.hunks ?? []).slice(1)) {
      expect(hunk.lines[0]).toMatch(/^ \d+00$/);
      expect(hunk.lines[1]).toMatch(/^-a/);
      expect(hunk.start[0] % 100).toBe(1);
    }
  });

  test('at most 200 hunks are shown', async () => {
    const side = (letter: string): string =>
      Array.from({ length: 3000 }, (_, i) => (i % 10 === 0 ? `${letter}\n` : `${i}\n`)).join('');
    const difference = await compare(side('a'), side('b'));
    expect(difference.text?.hunks).toHaveLength(200);
    expect(difference.omitted).toEqual(['200 more lines of the diff are not shown']);
  });

  test('a million lines', async () => {
    const side = (letter: string): Buffer =>
      Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => `${i % 2 === 0 ? letter : 'same'} ${i}\n`).join(''));
    const difference = await compare(side('a'), side('b'));
    expect(difference.summary).toBe('500,000 of 1,000,000 lines differ');
  });

  test('lines that cannot be matched in bounded time are taken for replaced', async () => {
    let state = 1;
    const side = (): string =>
      Array.from({ length: 100_000 }, () => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return `${(state >>> 16) % 40}\n`;
      }).join('');
    const difference = await compare(side(), side());
    expect(difference.omitted).toContain('the search for the shortest diff was given up: more lines may be equal');
  });

  test('too many bytes or lines are compared as bytes, and that is said', async () => {
    const bytes = await compare('a\nb\n', 'a\nc\n', 'x', { inFileTextBytes: 3 });
    expect(bytes).toMatchObject({ format: 'bytes', omitted: ['lines are not compared: more than 3 bytes'] });
    const lines = await compare('a\nb\n', 'x\nc\n', 'x', { inFileTextLines: 1 });
    expect(lines).toMatchObject({ format: 'bytes', omitted: ['lines are not compared: more than 1 of them'] });
  });

  test('swapped sides give the swapped diff', async () => {
    await fc.assert(
      fc.asyncProperty(texts, texts, async (text0, text1) => {
        fc.pre(text0 !== text1);
        expect(swapped(await compare(text0, text1))).toEqual(wordless(await compare(text1, text0)));
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});
