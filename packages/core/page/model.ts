import {
  CHANGES,
  type PageChange,
  type PageData,
  type PageGroup,
  type PageRow,
  type PageRowMore,
  type PageSection,
  SECTIONS,
} from '../src/report/html/page-shape.js';

/** What stands in one line of the list: the differences of one file, layer or field of a document. */
export interface Thing {
  /** Its differences: rows from `start` on, before `end`. */
  readonly start: number;
  readonly end: number;
}

export interface Filter {
  readonly text: string;
  /** Which side has the thing. */
  readonly side: 'any' | 'both' | 'only-0' | 'only-1';
  readonly subject: string;
  /** `any`, `none`, or a number. */
  readonly cause: string;
  readonly field: string;
  readonly sections: ReadonlySet<PageSection>;
}

const NO_MORE: PageRowMore = {};

/** The differences, and which of them a filter lets through. */
export class Model {
  readonly things: readonly Thing[];
  /** 1 for each row that is shown. */
  readonly shown: Uint8Array;
  /** Of each row. */
  readonly names: readonly string[];
  #texts: string[] | null = null;

  constructor(readonly data: PageData) {
    this.names = namesOf(data.rows);
    this.things = thingsOf(data.rows, this.names);
    this.shown = new Uint8Array(data.rows.length).fill(1);
  }

  row(row: number): PageRow {
    return this.data.rows[row] as PageRow;
  }

  name(row: number): string {
    return this.names[row] as string;
  }

  values(row: number): readonly [string | null, string | null] {
    const [, , , , , , value0, value1] = this.row(row);
    return [value0, value1];
  }

  group(row: number): PageGroup {
    return this.data.groups[this.row(row)[0]] as PageGroup;
  }

  field(row: number): string {
    return this.data.strings[this.row(row)[3]] as string;
  }

  change(row: number): PageChange {
    return CHANGES[this.row(row)[4]] as PageChange;
  }

  section(row: number): PageSection {
    return SECTIONS[this.row(row)[5]] as PageSection;
  }

  more(row: number): PageRowMore {
    return this.row(row)[8] ?? NO_MORE;
  }

  rule(row: number): string | undefined {
    const { rule } = this.more(row);
    return rule === undefined ? undefined : this.data.strings[rule];
  }

  /** Makes the texts that searches look at: a tenth of a second for 100,000 rows, better spent before the first key. */
  prepareSearch(): void {
    this.#texts ??= this.data.rows.map((_, row) => this.#textOf(row));
  }

  /** Shows what `filter` lets through. @returns the things that are left, and the number of their differences */
  apply(filter: Filter): { things: Thing[]; differences: number } {
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length > 0) this.prepareSearch();
    const things: Thing[] = [];
    let differences = 0;
    for (const thing of this.things) {
      let any = false;
      for (let row = thing.start; row < thing.end; row++) {
        const lets = this.#lets(row, filter) && words.every((word) => this.#texts?.[row]?.includes(word) === true);
        this.shown[row] = lets ? 1 : 0;
        if (!lets) continue;
        any = true;
        differences++;
      }
      if (any) things.push(thing);
    }
    return { things, differences };
  }

  /** The rows of `thing` that are shown. */
  shownRows({ start, end }: Thing): number[] {
    const rows: number[] = [];
    for (let row = start; row < end; row++) if (this.shown[row] === 1) rows.push(row);
    return rows;
  }

  #lets(row: number, { side, subject, cause, field, sections }: Filter): boolean {
    if (!sections.has(this.section(row))) return false;
    if (subject !== 'any' && this.group(row).subject !== subject) return false;
    if (side !== 'any' && side !== SIDES[this.change(row)]) return false;
    if (field !== 'any' && this.field(row) !== field) return false;
    if (cause === 'any') return true;
    const own = this.more(row).cause;
    return cause === 'none' ? own === undefined : own === Number(cause);
  }

  #textOf(row: number): string {
    const name = this.name(row);
    const [value0, value1] = this.values(row);
    const { layer, step } = this.group(row);
    const place = layer === '' ? name : `${layer}/${name}`;
    const own = this.more(row).cause;
    const cause = own === undefined ? '' : this.data.causes[own]?.title;
    return `${place}\n${this.field(row)}\n${value0 ?? ''}\n${value1 ?? ''}\n${this.rule(row) ?? ''}\n${cause}\n${this.more(row).package ?? ''}\n${step}`.toLowerCase();
  }
}

const SIDES: Readonly<Record<PageChange, Filter['side']>> = { modified: 'both', removed: 'only-0', added: 'only-1' };

function namesOf(rows: readonly PageRow[]): string[] {
  let before = '';
  return rows.map(([, shared, rest]) => {
    before = before.slice(0, shared) + rest;
    return before;
  });
}

function thingsOf(rows: readonly PageRow[], names: readonly string[]): Thing[] {
  const things: Thing[] = [];
  let start = 0;
  for (let row = 1; row <= rows.length; row++) {
    const [before, now] = [rows[row - 1], rows[row]];
    if (before === undefined) continue;
    if (now !== undefined && names[row - 1] === names[row] && sameThing(before, now)) continue;
    things.push({ start, end: row });
    start = row;
  }
  return things;
}

function sameThing(a: PageRow, b: PageRow): boolean {
  return a[0] === b[0] && a[8]?.duplicate === b[8]?.duplicate;
}
