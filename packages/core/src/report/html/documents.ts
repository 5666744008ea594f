import type { Difference, Value } from '../../compare/difference.js';
import { parseJson } from '../../json/parse.js';
import { parsePointer } from '../../json/pointer.js';
import { toValue } from '../../json/to-value.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import type { ComparedText } from '../../options.js';
import { displayMessage, displayPath } from '../escape.js';
import type { Report } from '../report.js';
import { assembled, type JsonDifference, jsonDifference } from './json-difference.js';
import { html, type Markup, NOTHING } from './markup.js';
import { valueText } from './value-text.js';

/** An index, manifest or config, shown whole. */
export type ReportDocument = ComparedText;

type Name = ReportDocument['name'];

const NAMES: readonly Name[] = ['index', 'manifest', 'config'];
const TITLES: Readonly<Record<Name, string>> = { index: 'Index', manifest: 'Manifest', config: 'Config' };
/** Characters of one document: a larger one is shown by its differences only. */
const DOCUMENT_CHARACTERS = 1024 ** 2;
/** Differences of one document that are shown as a tree; all are in the list of differences. */
const SHOWN_DIFFERENCES = 2000;

/** Index, manifest and config of each platform as folded JSON, with what differs marked. */
export function documentsMarkup(report: Report, documents: readonly ReportDocument[]): Markup {
  const found = new Map<string, { platform: string; name: Name; differences: Difference[] }>();
  const entry = (platform: string, name: Name): Difference[] => {
    const key = `${NAMES.indexOf(name)} ${platform}`;
    const known = found.get(key);
    if (known !== undefined) return known.differences;
    const differences: Difference[] = [];
    found.set(key, { platform, name, differences });
    return differences;
  };
  for (const difference of report.differences) {
    const { subject, platform } = difference;
    if (subject !== 'file' && subject !== 'layer') entry(platform ?? '', subject).push(difference);
  }
  for (const { platform, name } of documents) entry(platform, name);
  const several = new Set([...found.values()].map(({ platform }) => platform)).size > 1;
  const parts = [...found.values()].map(({ platform, name, differences }) => {
    const texts = ([0, 1] as const).map((side) =>
      documents.find((each) => each.platform === platform && each.name === name && each.side === side),
    );
    return documentMarkup(
      TITLES[name] + (several && platform !== '' ? ` (${displayPath(platform)})` : ''),
      texts,
      differences,
    );
  });
  return html`${parts}`;
}

function documentMarkup(
  title: string,
  texts: readonly (ReportDocument | undefined)[],
  differences: readonly Difference[],
): Markup {
  const whole = wholeDifference(texts);
  const others = differences.filter(({ field }) => field !== '' && !field.startsWith('/'));
  const shown = differences.slice(0, SHOWN_DIFFERENCES);
  const tree = whole ?? fromDifferences(shown);
  const left = whole === null ? differences.length - shown.length : 0;
  const remark =
    whole === null
      ? 'Only what differs is shown: the page was made without the documents themselves.'
      : 'Members that are equal are folded.';
  const body =
    tree.kind === 'same'
      ? html`<p class="hint">Nothing differs but how it is written.</p>`
      : html`<div class="json" role="group" aria-label="${title}: differences">${nodeMarkup(null, tree)}</div>`;
  return html`<details class="document" open><summary><h3>${title}</h3></summary>
<p class="hint">${remark}${left > 0 ? ` ${left} more differences are in the list above.` : ''}${
    others.length > 0 ? ` Differs, too: ${others.map(({ field }) => displayMessage(field)).join(', ')}.` : ''
  }</p>
${body}</details>`;
}

function wholeDifference([document0, document1]: readonly (ReportDocument | undefined)[]): JsonDifference | null {
  if (document0 === undefined || document1 === undefined) return null;
  if (Math.max(document0.text.length, document1.text.length) > DOCUMENT_CHARACTERS) return null;
  try {
    return jsonDifference(parsed(document0.text), parsed(document1.text));
  } catch {
    return null;
  }
}

function parsed(text: string): Value {
  const { jsonDepth: maxDepth, documentBytes: maxBytes } = DEFAULT_LIMITS;
  return toValue(parseJson(new TextEncoder().encode(text), { maxDepth, maxBytes }).root);
}

function fromDifferences(differences: readonly Difference[]): JsonDifference {
  return assembled(
    differences.flatMap(({ field, change, values }) =>
      field === '' || field.startsWith('/')
        ? [
            {
              steps: field === '' ? [] : parsePointer(field),
              values: [
                change === 'added' ? undefined : values[0],
                change === 'removed' ? undefined : values[1],
              ] as const,
            },
          ]
        : [],
    ),
  );
}

function nodeMarkup(key: string | null, node: JsonDifference): Markup {
  const label = key === null ? NOTHING : html`<span class="key">${displayMessage(JSON.stringify(key))}</span>: `;
  switch (node.kind) {
    case 'same':
      return html`<div class="line same">${label}<span>${valueText(node.value, true)}</span></div>`;
    case 'changed':
      return html`${([0, 1] as const).map((side) => changedLine(label, side, node.values[side]))}`;
    case 'object':
      return branch(label, '{', '}', runs([...node.members]));
    case 'list':
      return branch(label, '[', ']', runs(node.items.map((item) => [null, item] as const)));
  }
}

function changedLine(label: Markup, side: 0 | 1, value: Value | undefined): Markup {
  if (value === undefined) return NOTHING;
  return html`<div class="line side-${side}"><span class="sign" aria-label="input ${side}">${'−+'[side] as string}</span>${label}<span>${valueText(value, true)}</span></div>`;
}

function branch(label: Markup, open: string, close: string, inner: Markup): Markup {
  return html`<details open><summary>${label}${open}</summary><div class="inner">${inner}</div><div class="line">${close}</div></details>`;
}

/** Members one after the other; those that are equal, folded together. */
function runs(members: readonly (readonly [string | null, JsonDifference])[]): Markup {
  const parts: Markup[] = [];
  let equal: (readonly [string | null, JsonDifference])[] = [];
  const flush = (): void => {
    if (equal.length === 0) return;
    const names = equal.flatMap(([key]) => (key === null ? [] : [displayMessage(key)]));
    const shown = names.slice(0, EQUAL_NAMES).join(', ') + (names.length > EQUAL_NAMES ? ', …' : '');
    parts.push(
      html`<details class="equal"><summary>${equal.length} equal${shown === '' ? '' : `: ${shown}`}</summary>${equal.map(([key, node]) => nodeMarkup(key, node))}</details>`,
    );
    equal = [];
  };
  for (const member of members) {
    if (member[1].kind === 'same') equal.push(member);
    else {
      flush();
      parts.push(nodeMarkup(...member));
    }
  }
  flush();
  return html`${parts}`;
}

/** Names of equal members beside the fold. */
const EQUAL_NAMES = 6;
