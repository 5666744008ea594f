import { ESCAPE_BEGIN, ESCAPE_END } from '../src/report/html/page-shape.js';

type Child = Node | string | null;

/**
 * Makes an element. Text only ever becomes a text node: nothing of the data is read as HTML.
 * `attributes`: `class`, `aria-…` and the like; never a `style`, which the page's policy forbids.
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name] as string);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

export function button(
  text: string,
  onClick: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const element = el('button', { type: 'button', ...attributes }, text);
  element.addEventListener('click', onClick);
  return element;
}

/** Text of a file, in which escape sequences are marked: they are shown as such. */
export function marked(text: string): Child[] {
  if (!text.includes(ESCAPE_BEGIN)) return [text];
  const parts: Child[] = [];
  for (const [i, part] of text.split(ESCAPE_BEGIN).entries()) {
    const end = i === 0 ? -1 : part.indexOf(ESCAPE_END);
    if (end >= 0) parts.push(el('span', { class: 'escape' }, part.slice(0, end)));
    if (part.length > end + 1) parts.push(part.slice(end + 1));
  }
  return parts;
}

/** Digits in groups of three. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=([0-9]{3})+$)/g, ',');
}

export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

export const SIDE_SIGNS: readonly [string, string] = ['−', '+'];
