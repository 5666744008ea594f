import type { PageField, PageInFile, PageMember } from '../src/report/html/page-shape.js';
import { counted, el, marked } from './dom.js';
import { hexView } from './hex.js';
import { type Layout, textDiff } from './text-diff.js';

export interface InFileOptions {
  readonly layout: Layout;
  /** For paper: nothing is folded, nothing waits for a button. */
  readonly all: boolean;
}

/** How the contents of a file differ: text, bytes, fields, members. */
export function inFileView(difference: PageInFile, options: InFileOptions): HTMLElement {
  const { format, summary, equalBut, text, bytes, fields, members, omitted } = difference;
  const view = el(
    'div',
    { class: 'in-file' },
    el('p', { class: 'in-file-summary' }, el('span', { class: 'tag' }, format), ' ', summary),
  );
  if (equalBut !== undefined && equalBut.length > 0) {
    view.append(el('p', { class: 'equal-but' }, `Equal but for: ${equalBut.join(', ').replaceAll('-', ' ')}.`));
  }
  if (fields !== undefined && fields.length > 0) view.append(fieldsTable(fields, `Fields of ${format}`));
  if (text !== undefined) {
    const [encoding0, encoding1] = text.encodings;
    if (encoding0 !== encoding1 || encoding0 !== 'utf-8') {
      view.append(
        el(
          'p',
          { class: 'hint' },
          encoding0 === encoding1 ? `Read as ${encoding0}.` : `Read as ${encoding0} and ${encoding1}.`,
        ),
      );
    }
    view.append(textDiff(text, options.layout, options.all));
  }
  if (bytes !== undefined) view.append(hexView(bytes, options.all));
  if (members !== undefined && members.length > 0) view.append(membersView(members, options));
  for (const each of omitted ?? []) view.append(el('p', { class: 'omitted' }, each));
  return view;
}

/** Names with the values of both sides. */
export function fieldsTable(
  fields: readonly PageField[],
  caption: string,
  extra: readonly (Node | null)[] = [],
): HTMLElement {
  return el(
    'table',
    { class: 'fields' },
    el('caption', { class: 'visually-hidden' }, caption),
    el('thead', {}, el('tr', {}, ...['Field', 'Input 0', 'Input 1'].map((name) => el('th', { scope: 'col' }, name)))),
    el(
      'tbody',
      {},
      ...fields.map(({ name, values }, i) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, name, extra[i] ?? null),
          valueCell(values[0], 0),
          valueCell(values[1], 1),
        ),
      ),
    ),
  );
}

function valueCell(value: string | null, side: 0 | 1): HTMLElement {
  return value === null
    ? el('td', { class: 'absent', 'data-side': `input ${side}` }, 'not there')
    : el('td', { 'data-side': `input ${side}` }, el('code', { class: `value side-${side}` }, ...marked(value)));
}

function membersView(members: readonly PageMember[], options: InFileOptions): HTMLElement {
  return el(
    'div',
    { class: 'members' },
    el('p', { class: 'members-title' }, `${counted(members.length, 'member differs', 'members differ')}:`),
    ...members.map((member) => memberView(member, options, members.length === 1)),
  );
}

const CHANGE_WORDS: Readonly<Record<PageMember['change'], string>> = {
  added: '+ only in input 1',
  removed: '− only in input 0',
  modified: '~',
};

function memberView({ name, change, fields, content }: PageMember, options: InFileOptions, open: boolean): HTMLElement {
  const summary = el(
    'summary',
    {},
    el('span', { class: `mark ${change}` }, CHANGE_WORDS[change]),
    ' ',
    el('code', {}, name),
  );
  const details = el('details', { class: 'member' }, summary);
  let filled = false;
  /* Members of members are many: they are made when they are looked at. */
  const fill = (): void => {
    if (filled) return;
    filled = true;
    if (fields !== undefined && fields.length > 0) details.append(fieldsTable(fields, `Metadata of ${name}`));
    if (content !== undefined) details.append(inFileView(content, options));
  };
  if (fields === undefined && content === undefined) {
    return el(
      'p',
      { class: 'member' },
      el('span', { class: `mark ${change}` }, CHANGE_WORDS[change]),
      ' ',
      el('code', {}, name),
    );
  }
  if (options.all || open) {
    details.open = true;
    fill();
  } else details.addEventListener('toggle', fill);
  return details;
}
