/** Two spaces part columns; no cell holds two in a row (see escape.ts). */
const GAP = 2;

/* East Asian wide characters and emoji take two columns, marks none (Unicode Standard Annex 11, in short). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const MARK = /\p{M}/u;
const ASCII = /^[ -~]*$/;

/** Columns of a terminal that `text` takes. */
function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/**
 * Widths of columns for `rows`, each as wide as its widest cell that is no wider than its bound: one long name must
 * not push all rows apart. Cells that are wider keep their length and shift the rest of their row.
 */
export function columnWidths(rows: readonly (readonly string[])[], bounds: readonly number[]): number[] {
  return bounds.map((bound, column) =>
    rows.reduce((widest, row) => {
      const width = textWidth(row[column] ?? '');
      return width <= bound && width > widest ? width : widest;
    }, 0),
  );
}

/**
 * One line of a table; `paint` colours a cell after it was measured. A cell that is too wide shifts the next one, and
 * those after it only as far as they are not in their place again.
 */
export function layoutRow(
  cells: readonly string[],
  widths: readonly number[],
  paint: (cell: string, column: number) => string,
): string {
  let line = '';
  let end = 0;
  let place = 0;
  for (const [column, cell] of cells.entries()) {
    const start = column === 0 ? 0 : Math.max(place, end + GAP);
    line += ' '.repeat(start - end) + paint(cell, column);
    end = start + textWidth(cell);
    place += (widths[column] ?? 0) + GAP;
  }
  return line;
}
