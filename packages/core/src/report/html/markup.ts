/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | readonly (Markup | string)[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `text` where HTML expects text or the value of an attribute in quotes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] as string);
}

/** A template of HTML: what is put in is escaped, unless it is `Markup`. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = template[0] as string;
  for (const [i, part] of parts.entries()) text += partText(part) + (template[i + 1] as string);
  return new Markup(text);
}

export const NOTHING: Markup = new Markup('');

function partText(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(partText).join('');
  return escapeHtml(String(part));
}

const ISLAND_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON that may stand in a `script` element: nothing in it ends the element or begins a comment. */
export function islandText(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => ISLAND_ESCAPES[character] as string);
}
