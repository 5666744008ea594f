import type { PageSection } from '../src/report/html/page-shape.js';
import { SECTIONS } from '../src/report/html/page-shape.js';
import { button, el, grouped } from './dom.js';
import type { Filter, Model } from './model.js';

type Choices = readonly (readonly [value: string, text: string])[];

const SECTION_NAMES: Readonly<Record<PageSection, string>> = {
  counted: 'Counted',
  shadowed: 'Shadowed',
  ignored: 'Ignored',
};
/** Milliseconds after a key before the list follows. */
const TYPING = 60;

/** The form above the list. */
export class Filters {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  readonly #side: HTMLSelectElement;
  readonly #subject: HTMLSelectElement;
  readonly #cause: HTMLSelectElement;
  readonly #field: HTMLSelectElement;
  readonly #sections = new Map<PageSection, HTMLInputElement>();

  constructor(
    model: Model,
    readonly onChange: () => void,
  ) {
    this.search = el('input', {
      type: 'search',
      id: 'search',
      placeholder: 'Path, field, value, cause …',
      autocomplete: 'off',
      spellcheck: 'false',
      autocapitalize: 'off',
      'aria-keyshortcuts': '/',
    });
    let timer = 0;
    this.search.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(onChange, TYPING) as unknown as number;
    });
    this.#side = select('side', [
      ['any', 'any'],
      ['both', 'on both sides'],
      ['only-0', 'only in input 0'],
      ['only-1', 'only in input 1'],
    ]);
    const { rows, groups, causes } = model.data;
    const counts = countsOf(model);
    const subjects = [...new Set(groups.map(({ subject }) => subject))];
    this.#subject = select('subject', [['any', 'any'], ...subjects.map((subject) => [subject, subject] as const)]);
    const fields = [...counts.fields].sort(([a, count0], [b, count1]) => count1 - count0 || (a < b ? -1 : 1));
    this.#field = select('field', [
      ['any', 'any'],
      ...fields.map(([field, count]) => [field, `${field} (${grouped(count)})`] as const),
    ]);
    this.#cause = select('cause', [
      ['any', 'any'],
      ...causes.map(({ title }, i) => [String(i), `${title} (${grouped(counts.causes[i] ?? 0)})`] as const),
      ['none', `no known cause (${grouped(rows.length - counts.causes.reduce((sum, count) => sum + count, 0))})`],
    ]);
    const sections = el('fieldset', { class: 'sections' }, el('legend', {}, 'Show'));
    for (const section of SECTIONS) {
      const count = counts.sections.get(section) ?? 0;
      if (count === 0) continue;
      const box = el('input', { type: 'checkbox', id: `section-${section}` });
      box.checked = section !== 'ignored' || counts.sections.size === 1;
      box.addEventListener('change', onChange);
      this.#sections.set(section, box);
      sections.append(el('label', { for: box.id }, box, ` ${SECTION_NAMES[section]} (${grouped(count)})`));
    }
    for (const each of [this.#side, this.#subject, this.#field, this.#cause]) each.addEventListener('change', onChange);
    this.element = el(
      'form',
      { class: 'filters', role: 'search', 'aria-label': 'Filter the differences' },
      labelled('Search', this.search, 'wide'),
      labelled('Side', this.#side),
      labelled('Subject', this.#subject),
      labelled('Field', this.#field),
      labelled('Cause', this.#cause, 'wide'),
      sections,
      button('Clear filters', () => this.clear(), { class: 'clear' }),
    );
    this.element.addEventListener('submit', (event) => event.preventDefault());
  }

  value(): Filter {
    const sections = new Set([...this.#sections].flatMap(([section, box]) => (box.checked ? [section] : [])));
    return {
      text: this.search.value,
      side: this.#side.value as Filter['side'],
      subject: this.#subject.value,
      field: this.#field.value,
      cause: this.#cause.value,
      sections,
    };
  }

  /** Shows the differences of one cause, and of no other. */
  setCause(cause: string): void {
    this.#reset();
    this.#cause.value = cause;
    for (const [section, box] of this.#sections) box.checked = section !== 'ignored' || cause !== 'none';
    this.onChange();
  }

  clear(): void {
    this.#reset();
    this.onChange();
  }

  #reset(): void {
    this.search.value = '';
    for (const each of [this.#side, this.#subject, this.#field, this.#cause]) each.value = 'any';
  }
}

interface Counts {
  readonly fields: Map<string, number>;
  readonly causes: number[];
  readonly sections: Map<PageSection, number>;
}

function countsOf(model: Model): Counts {
  const fields = new Map<string, number>();
  const causes: number[] = [];
  const sections = new Map<PageSection, number>();
  for (let row = 0; row < model.data.rows.length; row++) {
    const field = model.field(row);
    if (field !== '') fields.set(field, (fields.get(field) ?? 0) + 1);
    const { cause } = model.more(row);
    if (cause !== undefined) causes[cause] = (causes[cause] ?? 0) + 1;
    const section = model.section(row);
    sections.set(section, (sections.get(section) ?? 0) + 1);
  }
  return { fields, causes, sections };
}

function select(id: string, choices: Choices): HTMLSelectElement {
  return el('select', { id: `filter-${id}` }, ...choices.map(([value, text]) => el('option', { value }, text)));
}

function labelled(text: string, control: HTMLElement, className = ''): HTMLElement {
  return el('div', { class: `control ${className}` }, el('label', { for: control.id }, text), control);
}
