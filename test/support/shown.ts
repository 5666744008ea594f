import { marked, type Token } from 'marked';
import { expect } from 'vitest';

/*
 * What a text for people may hold, said once more: by blocks of Unicode and by names of its standard annexes, not by
 * the expressions that escape.
 */

/** Code points that a terminal obeys, that have no form, that look like a space or that turn a line around. */
const UNSHOWABLE: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  /* Right to left: Hebrew to Arabic Extended-A, presentation forms, and the blocks of the first supplementary plane. */
  [0x590, 0x8ff],
  [0xfb1d, 0xfdff],
  [0xfe70, 0xfeff],
  [0x10800, 0x10fff],
  [0x1e800, 0x1efff],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x20dd, 0x20e0],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xd800, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xffa0, 0xffa0],
  [0xfff0, 0xffff],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff],
];

/** The code points of `text` that must not be shown, in hexadecimal, each once. */
function unshowable(text: string): string[] {
  const found = new Set<number>();
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= 0x7f || code < 0x20) if (UNSHOWABLE.some(([from, to]) => code >= from && code <= to)) found.add(code);
  }
  return [...found].sort((a, b) => a - b).map((code) => code.toString(16));
}

/**
 * No line that a CI system takes for a command from a build: `::set-env name=…::…` of GitHub Actions at the start of a
 * line, `##[…]`, Azure's `##vso[…]` and TeamCity's `##teamcity[…]` anywhere.
 */
function expectNoCommand(text: string): void {
  expect(text).not.toMatch(/^\s*::[A-Za-z]/m);
  expect(text).not.toMatch(/##[A-Za-z]*\[/);
}

/** `text` is for a terminal or a log: lines of visible characters. */
export function expectShowable(text: string): void {
  expect(unshowable(text)).toEqual([]);
  expectNoCommand(text);
  /* A mark stands on a letter or digit, at most four on one. */
  expect(text).not.toMatch(/(^|[^\p{L}\p{N}\p{M}])\p{M}|\p{M}{5}/u);
}

/** The same, and JSON: what has a form stays as it is. */
export function expectShowableJson(text: string): void {
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  expectNoCommand(text);
  JSON.parse(text);
}

/** Kinds of tokens of `markdown`, by a parser of GitHub's dialect, of those inside code none. */
function markdownTokens(markdown: string): Token[] {
  const tokens: Token[] = [];
  marked.walkTokens(marked.lexer(markdown, { gfm: true }), (token) => {
    tokens.push(token);
  });
  return tokens;
}

/**
 * README.md of a report folder: its own headings, paragraphs and list, the table as one block of code, and nothing
 * that a name could have made of it.
 */
export function expectReadme(markdown: string): void {
  expectShowable(markdown);
  const tokens = markdownTokens(markdown);
  const kinds = new Set(tokens.map(({ type }) => type));
  for (const kind of ['link', 'image', 'html', 'table', 'blockquote', 'hr', 'def', 'del', 'strong', 'em', 'br']) {
    expect([kind, kinds.has(kind as Token['type'])]).toEqual([kind, false]);
  }
  const headings = tokens.filter(({ type }) => type === 'heading').map(({ raw }) => raw.trim());
  expect(headings).toEqual(['# What differs between two container images', '## The table']);
  const codes = tokens.filter(({ type }) => type === 'code');
  expect(codes).toHaveLength(1);
  expect(markdown.trimEnd().endsWith((codes[0] as Token).raw.trimEnd())).toBe(true);
  const html = marked.parse(markdown, { gfm: true, async: false });
  expect(html).not.toMatch(/<(?!\/?(h1|h2|p|ul|li|code|pre)>)/);
}
