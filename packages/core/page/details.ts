import { button, counted, el } from './dom.js';
import { fieldsTable, inFileView } from './in-file.js';
import { readInFile } from './islands.js';
import { lineDiff } from './line-diff.js';
import type { Model } from './model.js';
import { type Layout, textDiff } from './text-diff.js';
import type { TreeNode } from './tree.js';

/** Below this width, in pixels, two sides do not fit beside each other. */
const WIDE = 640;

/** What differs in the current row, whole. */
export class Details {
  readonly element: HTMLElement;
  readonly #body: HTMLElement;
  #layout: Layout | null = null;
  #node: TreeNode | null = null;

  constructor(
    readonly model: Model,
    onBack: () => void,
  ) {
    this.#body = el('div', { class: 'details-body' });
    this.element = el(
      'section',
      { class: 'details', id: 'details', tabindex: '-1', 'aria-label': 'What differs in the chosen row' },
      button('Back to the list', onBack, { class: 'back' }),
      this.#body,
    );
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      onBack();
    });
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: 'nearest' });
  }

  show(node: TreeNode | null): void {
    this.#node = node;
    this.element.scrollTop = 0;
    if (node === null) {
      this.#body.replaceChildren(el('p', { class: 'quiet' }, 'Nothing passes these filters.'));
      return;
    }
    if (node.thing === null) {
      this.#body.replaceChildren(
        el('h3', { class: 'path' }, node.label),
        node.remark === '' ? '' : el('pre', { class: 'step' }, el('code', {}, node.remark)),
        el('p', { class: 'quiet' }, 'Choose a row below it to see what differs. Enter folds and unfolds.'),
      );
      return;
    }
    const layout = this.#layout ?? (this.#body.clientWidth >= WIDE ? 'split' : 'unified');
    const { content, hasText } = thingView(this.model, this.model.shownRows(node.thing), layout, false);
    if (hasText) content.insertBefore(this.#layoutButtons(layout), content.querySelector('.in-file'));
    this.#body.replaceChildren(content);
  }

  /** Side by side, or one below the other. */
  toggleLayout(): void {
    const now = this.#layout ?? (this.#body.clientWidth >= WIDE ? 'split' : 'unified');
    this.#setLayout(now === 'split' ? 'unified' : 'split');
  }

  #setLayout(layout: Layout): void {
    this.#layout = layout;
    const top = this.element.scrollTop;
    const hadFocus = this.#body.contains(document.activeElement);
    this.show(this.#node);
    this.element.scrollTop = top;
    if (hadFocus) this.#body.querySelector<HTMLElement>('.layouts [aria-pressed=true]')?.focus();
  }

  #layoutButtons(layout: Layout): HTMLElement {
    const choice = (text: string, value: Layout): HTMLElement =>
      button(text, () => this.#setLayout(value), { 'aria-pressed': String(layout === value) });
    return el(
      'div',
      { class: 'layouts', role: 'group', 'aria-label': 'How lines are shown' },
      choice('Unified', 'unified'),
      choice('Side by side', 'split'),
    );
  }
}

/** All differences of a thing: a table of fields, then what differs inside the contents. */
export function thingView(
  model: Model,
  rows: readonly number[],
  layout: Layout,
  all: boolean,
): { content: HTMLElement; hasText: boolean } {
  const [first] = rows as [number];
  const name = model.name(first);
  const { layer, step, platform, subject } = model.group(first);
  const { duplicate } = model.more(first);
  const path = subject === 'file' && name !== '.' ? `/${name}` : name;
  const place = [
    platform,
    layer === '' ? subject : layer,
    duplicate === undefined ? '' : `last but ${duplicate} of this path`,
  ];
  const content = el(
    'div',
    { class: 'thing-view' },
    el('h3', { class: 'path' }, path),
    el('p', { class: 'quiet' }, place.filter(Boolean).join(' · ')),
  );
  if (step !== '') content.append(el('pre', { class: 'step' }, el('code', {}, step)));
  content.append(...remarks(model, rows));
  let hasText = false;
  const fields = rows.map((row) => ({ row, name: model.field(row) || 'value', values: model.values(row) }));
  const ruleTag = (row: number): Node | null => {
    const rule = model.rule(row);
    return rule === undefined ? null : el('span', { class: 'tag quiet' }, `ignored: ${rule}`);
  };
  const short = fields.filter(({ values }) => !isLong(values));
  if (short.length > 0) {
    const tags = short.map(({ row }) => ruleTag(row));
    content.append(fieldsTable(short, `Fields of ${path} that differ`, tags));
  }
  for (const { row, name: field, values } of fields) {
    if (!isLong(values)) continue;
    hasText = true;
    const text = textDiff(lineDiff(values[0], values[1]), layout, all);
    content.append(el('div', { class: 'in-file' }, el('h4', {}, field, ruleTag(row)), text));
  }
  for (const row of rows) {
    const { inFile, tooLarge } = model.more(row);
    const difference = inFile === undefined ? undefined : readInFile(inFile);
    if (difference !== undefined) {
      hasText ||= JSON.stringify(difference).includes('"hunks"');
      content.append(inFileView(difference, { layout, all }));
    } else if (tooLarge === true) {
      content.append(
        el(
          'p',
          { class: 'omitted' },
          'What differs inside is left out of this page, which would be too large: it is in the JSON report.',
        ),
      );
    } else if (model.field(row) === 'content' && model.change(row) === 'modified') {
      content.append(
        el(
          'p',
          { class: 'omitted' },
          model.data.lookedInto
            ? 'The contents of this file were not looked into.'
            : 'Contents were not looked into for this report. ',
          model.data.lookedInto ? null : el('code', {}, 'ocidiff --report-dir DIR …'),
          model.data.lookedInto ? null : ' does so.',
        ),
      );
    }
  }
  return { content, hasText };
}

/** Values of several lines, lists and the like: what differs in them is shown line by line. */
function isLong(values: readonly [string | null, string | null]): values is readonly [string, string] {
  const [value0, value1] = values;
  return value0 !== null && value1 !== null && (value0.includes('\n') || value1.includes('\n'));
}

function remarks(model: Model, rows: readonly number[]): HTMLElement[] {
  const parts: HTMLElement[] = [];
  const causes = new Map<number, boolean>();
  const texts = new Set<string>();
  for (const row of rows) {
    const { cause, probable, package: ofPackage, accepted } = model.more(row);
    if (cause !== undefined) causes.set(cause, probable === true);
    if (ofPackage !== undefined) texts.add(`Follows from the package ${ofPackage}.`);
    if (accepted !== undefined) texts.add(`Accepted: ${accepted}`);
    if (model.section(row) === 'shadowed') texts.add('A later layer covers it: the last tree does not have it.');
  }
  for (const [cause, probable] of causes) {
    const { title = '' } = model.data.causes[cause] ?? {};
    const target = `cause-${cause}`;
    const text = document.getElementById(target) === null ? title : el('a', { href: `#${target}` }, title);
    parts.push(el('p', { class: 'why-line' }, probable ? 'Probably: ' : 'Why: ', text));
  }
  for (const text of texts) parts.push(el('p', { class: 'why-line' }, text));
  return parts;
}

export function countText(differences: number, all: number, lines: number): string {
  const shown =
    differences === all
      ? counted(all, 'difference', 'differences')
      : `${counted(differences, 'difference', 'differences')} of ${all.toLocaleString('en')}`;
  return `${shown}, in ${counted(lines, 'row', 'rows')}.`;
}
