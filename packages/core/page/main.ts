import { countText, Details } from './details.js';
import { button, el } from './dom.js';
import { Filters } from './filters.js';
import { readData } from './islands.js';
import { VirtualList } from './list.js';
import { Model, type Thing } from './model.js';
import { wirePrint } from './print.js';
import { wireTheme } from './theme.js';
import { treeOf } from './tree.js';

const themeButton = document.getElementById('theme');
if (themeButton !== null) wireTheme(themeButton);
const explorer = document.getElementById('explorer');
if (explorer !== null) start(explorer);
performance.mark('ocidiff-ready');

function start(place: HTMLElement): void {
  const model = new Model(readData());
  let things: readonly Thing[] = [];
  const status = el('p', { role: 'status', class: 'status' });
  const details = new Details(model, () => {
    list.focus();
    if (!matchMedia('(min-width: 62rem)').matches) list.element.scrollIntoView({ block: 'center' });
  });
  let frame = 0;
  const list = new VirtualList(
    model,
    (node) => {
      /* Whoever holds a key down does not wait for what passes. */
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => details.show(node));
    },
    () => details.focus(),
  );
  const filters = new Filters(model, () => {
    const passed = model.apply(filters.value());
    things = passed.things;
    list.show(treeOf(model, things));
    if (filters.search.value !== '') list.goToFirst();
    status.textContent = countText(passed.differences, model.data.rows.length, list.size);
  });
  const keys = el(
    'p',
    { class: 'keys' },
    ...shortcut('j', 'k', ' or arrows move'),
    ...shortcut('/', ' searches'),
    ...shortcut('Enter', ' opens'),
    ...shortcut('Esc', ' goes back'),
    ...shortcut('u', ' turns side by side on and off'),
  );
  const { digits } = model.data;
  const hint =
    digits === null
      ? null
      : el(
          'p',
          { class: 'hint' },
          `There are so many differences that digests are shortened to ${digits} digits here; the JSON report has them whole.`,
        );
  place.append(
    filters.element,
    el(
      'div',
      { class: 'bar' },
      status,
      el(
        'div',
        { class: 'bar-buttons' },
        button('Fold all', () => list.setAllCollapsed(true)),
        button('Unfold all', () => list.setAllCollapsed(false)),
      ),
    ),
    el('div', { class: 'panes' }, list.element, details.element),
    keys,
    hint ?? '',
  );
  place.hidden = false;
  filters.onChange();
  list.goToFirst();
  wireKeys(list, filters, details);
  setTimeout(() => model.prepareSearch(), 100);
  for (const link of document.querySelectorAll<HTMLElement>('[data-cause]')) {
    link.addEventListener('click', () => {
      filters.setCause(link.dataset.cause ?? 'any');
      list.goToFirst();
      place.scrollIntoView();
      list.focus();
    });
  }
  const holder = document.getElementById('printed');
  if (holder !== null) wirePrint(model, holder, () => things);
}

function shortcut(...texts: readonly string[]): (Node | string)[] {
  const keys = texts.slice(0, -1).flatMap((key) => [el('kbd', {}, key), ' ']);
  return [el('span', {}, ...keys, texts.at(-1) ?? ''), ' '];
}

/** Keys that work wherever the focus is, unless something there takes text. */
function wireKeys(list: VirtualList, filters: Filters, details: Details): void {
  filters.search.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && filters.search.value !== '') {
      event.preventDefault();
      filters.clear();
    } else if (event.key === 'Enter' || event.key === 'ArrowDown' || event.key === 'Escape') {
      event.preventDefault();
      list.focus();
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if ((event.target as Element).closest('input, select, textarea') !== null) return;
    if (event.key === '/') {
      filters.search.focus();
      filters.search.select();
    } else if (event.key === 'u') details.toggleLayout();
    else if (event.key === 'j' || event.key === 'k') {
      list.focus();
      list.key(event);
    } else return;
    event.preventDefault();
  });
}
