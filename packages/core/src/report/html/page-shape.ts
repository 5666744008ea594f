/*
 * What the page's script is given: plain values in a data island. The script is compiled with the types of browsers,
 * the rest with those of Node, and both read this file; so it imports nothing.
 *
 * All texts are escaped for people already: nothing in them but visible characters, but for three marks that no escaped
 * text can hold: U+0001 and U+0002 stand around an escape sequence, and a tab stands for itself.
 */

export const ESCAPE_BEGIN = '\u0001';
export const ESCAPE_END = '\u0002';

/** `counted`: it counts; `shadowed`: a later layer covers it; `ignored`: a rule takes it out. */
export type PageSection = 'counted' | 'shadowed' | 'ignored';
export type PageChange = 'added' | 'removed' | 'modified';
export type PageSubject = 'index' | 'manifest' | 'config' | 'layer' | 'file';

/** Differences of one subject of one platform, and of one layer where the subject is a file. */
export interface PageGroup {
  /** Empty where the report tells of one platform only. */
  readonly platform: string;
  readonly subject: PageSubject;
  /** Of a file: its layer, `layers-1`; empty for the others. */
  readonly layer: string;
  /** The step of the build that made the layer; empty where it is not known. */
  readonly step: string;
}

/**
 * One difference. A tuple, since 100,000 objects would repeat their keys:
 * group; name, as the number of characters that it begins with as the row before does, and the rest; field (number in
 * `strings`), change and section (positions in the lists below), both values (null: nothing there), then what few
 * differences have.
 */
export type PageRow = readonly [
  group: number,
  shared: number,
  name: string,
  field: number,
  change: number,
  section: number,
  value0: string | null,
  value1: string | null,
  more?: PageRowMore,
];

export interface PageRowMore {
  /** Number in `strings`: the rule that takes it out. */
  readonly rule?: number;
  /** Number in `causes`. */
  readonly cause?: number;
  readonly probable?: true;
  readonly package?: string;
  readonly accepted?: string;
  /** Of a path that a layer has several times: 1 is the last but one. */
  readonly duplicate?: number;
  /** Position in the island of in-file differences. */
  readonly inFile?: number;
  /** The in-file difference is left out of the page, since it is too large for one. */
  readonly tooLarge?: true;
}

export const CHANGES: readonly PageChange[] = ['added', 'removed', 'modified'];
export const SECTIONS: readonly PageSection[] = ['counted', 'shadowed', 'ignored'];

export interface PageData {
  readonly strings: readonly string[];
  readonly groups: readonly PageGroup[];
  readonly rows: readonly PageRow[];
  readonly causes: readonly { readonly id: string; readonly title: string }[];
  /** Digits that digests are shortened to; null where they are whole. */
  readonly digits: number | null;
  /** Whether contents were looked into. */
  readonly lookedInto: boolean;
}

/* How the contents of one file differ: the shape of the report's, with its texts escaped. */

export interface PageInFile {
  readonly format: string;
  readonly summary: string;
  readonly equalBut?: readonly string[];
  readonly text?: PageText;
  readonly bytes?: PageBytes;
  readonly fields?: readonly PageField[];
  readonly members?: readonly PageMember[];
  readonly omitted?: readonly string[];
}

export interface PageText {
  readonly encodings: readonly [string, string];
  readonly lines: readonly [number, number];
  readonly hunks: readonly PageHunk[];
}

export interface PageHunk {
  readonly start: readonly [number, number];
  readonly count: readonly [number, number];
  /** Each with `' '`, `'-'`, `'+'` or `'\'` before it. */
  readonly lines: readonly string[];
}

export interface PageBytes {
  readonly lengths: readonly [number, number];
  readonly differing: number;
  readonly count: number;
  readonly ranges: readonly PageRange[];
}

export interface PageRange {
  readonly offsets: readonly [number, number];
  readonly lengths: readonly [number, number];
  readonly start: readonly [number, number];
  readonly hex: readonly [string, string];
}

export interface PageField {
  readonly name: string;
  readonly values: readonly [string | null, string | null];
}

export interface PageMember {
  readonly name: string;
  readonly change: PageChange;
  readonly fields?: readonly PageField[];
  readonly content?: PageInFile;
}
