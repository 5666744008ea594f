import { thingView } from './details.js';
import { counted, el, grouped } from './dom.js';
import type { Model, Thing } from './model.js';

/** Things on paper: some hundred pages. The rest is counted. */
const PRINTED = 1000;

/** Before the page is printed: all that is folded opens, and what passes the filters is written out, one by one. */
export function wirePrint(model: Model, holder: HTMLElement, things: () => readonly Thing[]): void {
  let opened: HTMLDetailsElement[] = [];
  let isPrepared = false;
  const prepare = (): void => {
    if (isPrepared) return;
    isPrepared = true;
    const all = things();
    const parts = all.slice(0, PRINTED).map((thing) => {
      const { content } = thingView(model, model.shownRows(thing), 'unified', true);
      return content;
    });
    const left = all.length - parts.length;
    const title =
      left > 0
        ? `The first ${grouped(PRINTED)} of ${counted(all.length, 'thing', 'things')} that differ are printed; the page on a screen and the JSON report have all.`
        : `${counted(all.length, 'thing differs', 'things differ')}, as filtered.`;
    holder.replaceChildren(el('p', {}, title), ...parts);
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
    for (const details of opened) details.open = true;
  };
  const restore = (): void => {
    if (!isPrepared) return;
    isPrepared = false;
    holder.replaceChildren();
    for (const details of opened) details.open = false;
  };
  addEventListener('beforeprint', prepare);
  addEventListener('afterprint', restore);
  matchMedia('print').addEventListener('change', ({ matches }) => (matches ? prepare() : restore()));
}
