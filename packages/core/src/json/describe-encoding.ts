import type { JsonDocument, JsonNode } from './value.js';

/** White space of one way to write JSON. */
interface Layout {
  readonly name: string;
  /** After an opening bracket and before a closing one; with `depth` units of indentation after it. */
  readonly edge: string;
  /** After a comma; with indentation too. */
  readonly comma: string;
  readonly colon: string;
  readonly indent: string;
}

const COMPACT: Layout = { name: 'compact', edge: '', comma: '', colon: '', indent: '' };
const SPACED: Layout = { name: 'one line with spaces', edge: '', comma: ' ', colon: ' ', indent: '' };
/** A deeper indentation than this is called other white space. */
const MAX_INDENT = 16;

/**
 * A few words on the white space of a document, for a report: `compact`, `one line with spaces` (after each comma and
 * colon), `indented by 3 spaces`, `indented by 1 tab`, `not indented, one line a value`, `other white space`; then
 * `, newline at the end` or `, white space around it` where there is any. Says nothing of the order of keys and the
 * spelling of values, so two encodings may have one description.
 */
export function describeEncoding(doc: JsonDocument): string {
  const layout = [COMPACT, SPACED, indentation(doc)].find(
    (each) => each !== null && follows(doc.text, doc.root, 0, each),
  );
  return (layout?.name ?? 'other white space') + around(doc);
}

function around({ text, root }: JsonDocument): string {
  const before = text.slice(0, root.start);
  const after = text.slice(root.end);
  if (before === '' && after === '') return '';
  return before === '' && after === '\n' ? ', newline at the end' : ', white space around it';
}

/** What the white space after the first bracket would be the indentation of. */
function indentation({ text, root }: JsonDocument): Layout | null {
  const match = /^\n( *|\t*)(?! |\t)/.exec(text.slice(root.start + 1, root.start + 3 + MAX_INDENT));
  const indent = match?.[1];
  if (indent === undefined || indent.length > MAX_INDENT) return null;
  const unit = indent.startsWith('\t') ? 'tab' : 'space';
  const name =
    indent === ''
      ? 'not indented, one line a value'
      : `indented by ${indent.length} ${unit}${indent.length === 1 ? '' : 's'}`;
  return { name, edge: '\n', comma: '\n', colon: ' ', indent };
}

function follows(text: string, node: JsonNode, depth: number, layout: Layout): boolean {
  if (node.type !== 'object' && node.type !== 'array') return true;
  const inner = layout.indent.repeat(depth + 1);
  let at = node.start + 1;
  let separator = layout.edge + inner;
  const parts = node.type === 'object' ? node.members.values() : node.items;
  for (const part of parts) {
    const member = 'value' in part && 'keyStart' in part ? part : null;
    const value = member === null ? (part as JsonNode) : member.value;
    if (text.slice(at, member?.keyStart ?? value.start) !== separator) return false;
    if (member !== null && text.slice(member.keyEnd, value.start) !== `:${layout.colon}`) return false;
    if (!follows(text, value, depth + 1, layout)) return false;
    at = value.end;
    separator = `,${layout.comma}${inner}`;
  }
  const empty = at === node.start + 1;
  return text.slice(at, node.end - 1) === (empty ? '' : layout.edge + layout.indent.repeat(depth));
}
