/** What stands for a side that has nothing there. */
export const ABSENT = '–';
const CUT = '…';
/** Characters that a long text may take in a cell. */
const CELL_CHARACTERS = 64;
/** Characters of common text left standing before the first difference. */
const CONTEXT_CHARACTERS = 12;
/** Elements of a long list in a cell. */
const CELL_ELEMENTS = 4;

/**
 * Two texts for a pair of cells: as they are where they are short; otherwise what differs in them with a little of
 * what is before it, `…` for what is left out. Texts that differ give texts that differ.
 */
export function clipPair(text0: string, text1: string): [string, string] {
  if (text0.length <= CELL_CHARACTERS && text1.length <= CELL_CHARACTERS) return [text0, text1];
  const shorter = Math.min(text0.length, text1.length);
  let start = 0;
  while (start < shorter && text0[start] === text1[start]) start++;
  let end = 0;
  while (end < shorter - start && text0[text0.length - 1 - end] === text1[text1.length - 1 - end]) end++;
  return [clip(text0, start, end), clip(text1, start, end)];
}

/** The beginning of a text, `…` where that is not all of it; at most `length` characters. */
export function clipEnd(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, boundary(text, length - 1))}${CUT}`;
}

function clip(text: string, commonStart: number, commonEnd: number): string {
  const from = boundary(text, commonStart <= CONTEXT_CHARACTERS ? 0 : commonStart - CONTEXT_CHARACTERS);
  const last = text.length - commonEnd + CONTEXT_CHARACTERS;
  const to = boundary(text, Math.min(last, from + CELL_CHARACTERS));
  return `${from > 0 ? CUT : ''}${text.slice(from, to)}${to < text.length ? CUT : ''}`;
}

/* Never between the two halves of a character beyond U+FFFF. */
function boundary(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff && at > 0 ? at - 1 : Math.min(at, text.length);
}

/**
 * Two lists of texts for a pair of cells: the elements that only one side has, `-` and `+`; where both have the same
 * ones, those that stand elsewhere, with their positions.
 */
export function clipLists(items0: readonly string[], items1: readonly string[]): [string, string] {
  const only0 = without(items0, items1);
  const only1 = without(items1, items0);
  if (only0.length === 0 && only1.length === 0) return moved(items0, items1);
  const cells: [string[], string[]] = [[], []];
  for (let i = 0; i < Math.min(CELL_ELEMENTS, Math.max(only0.length, only1.length)); i++) {
    const [item0, item1] = clipPair(only0[i] ?? '', only1[i] ?? '');
    if (i < only0.length) cells[0].push(`- ${item0}`);
    if (i < only1.length) cells[1].push(`+ ${item1}`);
  }
  return [joined(cells[0], only0.length), joined(cells[1], only1.length)];
}

function moved(items0: readonly string[], items1: readonly string[]): [string, string] {
  const elsewhere = [...items0.keys()].filter((i) => items0[i] !== items1[i]);
  const cells: [string[], string[]] = [[], []];
  for (const i of elsewhere.slice(0, CELL_ELEMENTS)) {
    const [item0, item1] = clipPair(items0[i] as string, items1[i] as string);
    cells[0].push(`[${i}] ${item0}`);
    cells[1].push(`[${i}] ${item1}`);
  }
  return [joined(cells[0], elsewhere.length), joined(cells[1], elsewhere.length)];
}

function joined(shown: readonly string[], all: number): string {
  if (all === 0) return ABSENT;
  return all > shown.length ? `${shown.join(', ')}, ${CUT} ${all - shown.length} more` : shown.join(', ');
}

/** `items` less `others`, each as often as it is there. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return items.filter((item) => {
    const count = left.get(item) ?? 0;
    left.set(item, count - 1);
    return count <= 0;
  });
}
