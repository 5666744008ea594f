import { counted, el, grouped } from './dom.js';
import type { Model } from './model.js';
import type { Line, TreeNode } from './tree.js';
import { linesOf } from './tree.js';

/** Browsers end boxes at some height: Firefox at 17.8 million pixels, others at 33.5. */
const MAX_HEIGHT = 15_000_000;
const OVERSCAN = 8;
/** Levels that are indented further than the one above. */
const INDENTED_LEVELS = 12;
/** Characters of a value beside a name; the details have it whole. */
const VALUE_CHARACTERS = 40;
/** Characters before the first difference. */
const CONTEXT_CHARACTERS = 8;

/**
 * The list of differences: a grid of which only the rows in view exist. The grid keeps the focus, and says by
 * `aria-activedescendant` which row is the current one.
 */
export class VirtualList {
  readonly element: HTMLElement;
  readonly #space: HTMLElement;
  readonly #collapsed = new Set<string>();
  #roots: readonly TreeNode[] = [];
  #lines: Line[] = [];
  #current = -1;
  #rowHeight = 34;
  #height = 0;
  #frame = 0;

  constructor(
    readonly model: Model,
    readonly onCurrent: (node: TreeNode | null) => void,
    readonly onOpen: () => void,
  ) {
    this.#space = el('div', { role: 'rowgroup', class: 'space' });
    this.element = el(
      'div',
      { role: 'treegrid', tabindex: '0', 'aria-label': 'Differences', class: 'grid', id: 'grid' },
      this.#space,
    );
    this.element.addEventListener('scroll', () => this.#later());
    this.element.addEventListener('keydown', (event) => {
      if (this.key(event)) event.preventDefault();
    });
    this.element.addEventListener('click', (event) => this.#click(event));
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  /** Shows `roots`; the current row stays, if it is still there. */
  show(roots: readonly TreeNode[]): void {
    this.#roots = roots;
    this.#flatten(this.#lines[this.#current]?.node.key ?? null);
  }

  /** Does what a key asks for. @returns whether it asks for anything */
  key(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.altKey || event.metaKey) return false;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#rowHeight) - 1);
    switch (event.key) {
      case 'ArrowDown':
      case 'j':
        return this.#move(this.#current + 1);
      case 'ArrowUp':
      case 'k':
        return this.#move(this.#current - 1);
      case 'PageDown':
        return this.#move(this.#current + page);
      case 'PageUp':
        return this.#move(this.#current - page);
      case 'Home':
        return this.#move(0);
      case 'End':
        return this.#move(this.#lines.length - 1);
      case 'ArrowRight':
        return this.#unfold();
      case 'ArrowLeft':
        return this.#fold();
      case 'Enter':
      case ' ':
        return this.#enter();
      default:
        return false;
    }
  }

  focus(): void {
    this.element.focus();
  }

  /** Makes the first thing that differs the current row. */
  goToFirst(): void {
    this.#move(
      Math.max(
        0,
        this.#lines.findIndex(({ node }) => node.kind === 'thing'),
      ),
      true,
    );
  }

  setAllCollapsed(collapsed: boolean): void {
    this.#collapsed.clear();
    if (collapsed)
      for (const { node } of linesOf(this.#roots, this.#collapsed))
        if (node.children.length > 0) this.#collapsed.add(node.key);
    this.#flatten(null);
  }

  get size(): number {
    return this.#lines.length;
  }

  #flatten(currentKey: string | null): void {
    this.#lines = linesOf(this.#roots, this.#collapsed);
    this.element.setAttribute('aria-rowcount', String(this.#lines.length));
    const at = currentKey === null ? -1 : this.#lines.findIndex(({ node }) => node.key === currentKey);
    this.#current = at >= 0 ? at : Math.min(0, this.#lines.length - 1);
    this.#measure();
    this.#reveal(this.#current);
    this.#draw();
    this.onCurrent(this.#lines[this.#current]?.node ?? null);
  }

  #move(to: number, quietly = false): true {
    const next = Math.max(0, Math.min(this.#lines.length - 1, to));
    if (next === this.#current && !quietly) return true;
    this.#current = next;
    this.#reveal(next);
    this.#draw();
    this.onCurrent(this.#lines[next]?.node ?? null);
    return true;
  }

  #unfold(): true {
    const node = this.#lines[this.#current]?.node;
    if (node === undefined || node.children.length === 0) return true;
    if (!this.#collapsed.delete(node.key)) return this.#move(this.#current + 1);
    this.#flatten(node.key);
    return true;
  }

  #fold(): true {
    const line = this.#lines[this.#current];
    if (line === undefined) return true;
    if (line.node.children.length > 0 && !this.#collapsed.has(line.node.key)) {
      this.#collapsed.add(line.node.key);
      this.#flatten(line.node.key);
      return true;
    }
    let parent = this.#current;
    while (parent >= 0 && (this.#lines[parent] as Line).level >= line.level) parent--;
    return parent < 0 ? true : this.#move(parent);
  }

  #enter(): true {
    const node = this.#lines[this.#current]?.node;
    if (node === undefined) return true;
    if (node.kind === 'thing') this.onOpen();
    else if (this.#collapsed.has(node.key)) this.#unfold();
    else this.#fold();
    return true;
  }

  #click(event: MouseEvent): void {
    const row = (event.target as Element).closest('[role=row]');
    if (row === null) return;
    const index = Number(row.getAttribute('aria-rowindex')) - 1;
    const node = this.#lines[index]?.node;
    if (node === undefined) return;
    this.#move(index);
    if (node.kind !== 'thing') this.#enter();
    else if (!matchMedia('(min-width: 62rem)').matches) this.onOpen();
  }

  #measure(): void {
    const height = Number.parseFloat(getComputedStyle(this.element).getPropertyValue('--row-height'));
    if (height > 0) this.#rowHeight = height;
    this.#height = Math.min(MAX_HEIGHT, this.#lines.length * this.#rowHeight);
    this.#space.style.height = `${this.#height}px`;
    this.element.style.setProperty('--content-height', `${this.#height}px`);
    this.#later();
  }

  #later(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Pixels of the list per pixel that is scrolled: 1, unless the list is higher than a box may be. */
  #scale(): number {
    const view = this.element.clientHeight;
    const full = this.#lines.length * this.#rowHeight;
    return this.#height <= view || full === this.#height ? 1 : (full - view) / (this.#height - view);
  }

  #reveal(index: number): void {
    if (index < 0) return;
    const scale = this.#scale();
    const view = this.element.clientHeight;
    const offset = this.element.scrollTop * scale;
    const top = index * this.#rowHeight;
    if (top < offset) this.element.scrollTop = top / scale;
    else if (top + this.#rowHeight > offset + view) this.element.scrollTop = (top + this.#rowHeight - view) / scale;
  }

  #draw(): void {
    const scrolled = this.element.scrollTop;
    const offset = scrolled * this.#scale();
    const first = Math.max(0, Math.floor(offset / this.#rowHeight) - OVERSCAN);
    const last = Math.min(
      this.#lines.length - 1,
      Math.ceil((offset + this.element.clientHeight) / this.#rowHeight) + OVERSCAN,
    );
    const rows: HTMLElement[] = [];
    for (let i = first; i <= last; i++) {
      const row = this.#row(i);
      row.style.transform = `translateY(${scrolled + i * this.#rowHeight - offset}px)`;
      rows.push(row);
    }
    this.#space.replaceChildren(...rows);
    /* A row out of view does not exist, so it cannot be the active one. */
    if (this.#current >= first && this.#current <= last) {
      this.element.setAttribute('aria-activedescendant', `row-${this.#current}`);
    } else this.element.removeAttribute('aria-activedescendant');
  }

  #row(index: number): HTMLElement {
    const { node, level } = this.#lines[index] as Line;
    const isCurrent = index === this.#current;
    const row = el('div', {
      role: 'row',
      id: `row-${index}`,
      class: `row ${node.kind}`,
      'aria-rowindex': String(index + 1),
      'aria-level': String(level),
      'aria-selected': String(isCurrent),
    });
    const name = el('div', { role: 'gridcell', class: 'name' });
    name.style.paddingInlineStart = `${Math.min(level - 1, INDENTED_LEVELS) * 14 + 6}px`;
    const what = el('div', { role: 'gridcell', class: 'what' });
    const why = el('div', { role: 'gridcell', class: 'why' });
    row.append(name, what, why);
    if (node.thing === null) {
      const isCollapsed = this.#collapsed.has(node.key);
      row.setAttribute('aria-expanded', String(!isCollapsed));
      name.append(
        el('span', { class: 'twisty', 'aria-hidden': 'true' }, isCollapsed ? '▸' : '▾'),
        el('span', { class: 'label' }, node.label),
      );
      if (node.remark !== '') name.append(el('span', { class: 'remark' }, node.remark));
      what.append(isCollapsed || node.kind !== 'folder' ? counted(countOf(node), ...this.#words(node)) : '');
      return row;
    }
    this.#thingCells(node, name, what, why);
    return row;
  }

  #words(node: TreeNode): readonly [string, string] {
    let first: TreeNode | undefined = node;
    while (first !== undefined && first.thing === null) first = first.children[0];
    const subject = first?.thing == null ? 'file' : this.model.group(first.thing.start).subject;
    if (node.kind === 'platform') return ['thing', 'things'];
    return subject === 'file' ? ['path', 'paths'] : subject === 'layer' ? ['layer', 'layers'] : ['field', 'fields'];
  }

  #thingCells(node: TreeNode, name: HTMLElement, what: HTMLElement, why: HTMLElement): void {
    const { model } = this;
    const rows = model.shownRows(node.thing as NonNullable<TreeNode['thing']>);
    const first = rows[0];
    if (first === undefined) return;
    const change = rows.length === 1 ? model.change(first) : 'modified';
    const { duplicate, package: ofPackage } = model.more(first);
    const cut = node.label.lastIndexOf('/', node.label.length - 2) + 1;
    const [sign, words] = SIGNS[change];
    name.append(
      el('span', { class: `mark ${change}`, 'aria-label': words, role: 'img' }, sign),
      el('span', { class: 'label' }, el('span', { class: 'quiet' }, node.label.slice(0, cut)), node.label.slice(cut)),
    );
    if (duplicate !== undefined) name.append(el('span', { class: 'remark' }, `last but ${duplicate}`));
    what.append(...whatOf(model, rows));
    const rules = new Set(rows.map((row) => model.rule(row)));
    if (!rules.has(undefined)) {
      const shadowed = rows.every((row) => model.section(row) === 'shadowed');
      why.append(el('span', { class: 'tag quiet' }, shadowed ? 'shadowed' : [...rules].join(', ')));
    }
    const causes = new Set(rows.map((row) => model.more(row).cause).filter((cause) => cause !== undefined));
    for (const cause of causes) why.append(el('span', { class: 'tag' }, model.data.causes[cause]?.title ?? ''));
    if (ofPackage !== undefined) why.append(el('span', { class: 'tag quiet' }, ofPackage));
  }
}

const SIGNS: Readonly<Record<'added' | 'removed' | 'modified', readonly [string, string]>> = {
  added: ['+', 'only in input 1'],
  removed: ['−', 'only in input 0'],
  modified: ['~', 'differs'],
};

function countOf(node: TreeNode): number {
  if (node.count > 0) return node.count;
  let count = 0;
  const stack = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.thing !== null) count++;
    for (const child of next.children) stack.push(child);
  }
  node.count = count;
  return count;
}

/** What differs, in a few words: names of fields, and the values of a single one where they are short. */
function whatOf(model: Model, rows: readonly number[]): (Node | string)[] {
  const [first] = rows as [number];
  const fields = rows.map((row) => model.field(row)).filter(Boolean);
  const [value0, value1] = model.values(first);
  const change = model.change(first);
  if (rows.length > 1) {
    const shown = fields.slice(0, 6).join(', ');
    return [fields.length > 6 ? `${shown}, … ${grouped(fields.length - 6)} more` : shown];
  }
  const field = fields[0] ?? '';
  if (field === 'content') return ['content'];
  if (field === 'type' && change !== 'modified')
    return [`${value0 ?? value1} only in input ${change === 'removed' ? 0 : 1}`];
  const [short0, short1] = shortPair(value0, value1);
  return [
    ...(field === '' ? [] : [`${field} `]),
    el('span', { class: 'side-0' }, short0),
    ' → ',
    el('span', { class: 'side-1' }, short1),
  ];
}

/** Both values in a few characters each: from a little before the first difference on. */
function shortPair(value0: string | null, value1: string | null): [string, string] {
  let start = 0;
  if (value0 !== null && value1 !== null && Math.max(value0.length, value1.length) > VALUE_CHARACTERS) {
    while (start < value0.length && value0[start] === value1[start]) start++;
    start = Math.max(0, start - CONTEXT_CHARACTERS);
  }
  const short = (value: string | null): string => {
    if (value === null) return 'not there';
    const part = value.slice(start, start + VALUE_CHARACTERS).replace(/\s+/g, ' ');
    return `${start > 0 ? '…' : ''}${part}${value.length > start + VALUE_CHARACTERS ? '…' : ''}`;
  };
  return [short(value0), short(value1)];
}
