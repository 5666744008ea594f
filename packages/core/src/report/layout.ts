/** Two spaces part columns; no cell holds two in a row (see escape.ts). */
const GAP = '  ';

/* East Asian wide characters and emoji take two columns, marks none (Unicode Standard Annex 11, in short). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const MARK = /\p{M}/u;
const ASCII = /^[ -~]*$/;

/** Columns of a terminal that `text` takes. */
export function textWidth(text: string): number {
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

/** One line of a table; `paint` colours a cell after it was measured. */
export function layoutRow(
  cells: readonly string[],
  widths: readonly number[],
  paint: (cell: string, column: number) => string,
): string {
  const last = cells.length - 1;
  return cells
    .map((cell, column) => {
      const pad = column === last ? 0 : Math.max(0, (widths[column] ?? 0) - textWidth(cell));
      return paint(cell, column) + ' '.repeat(pad);
    })
    .join(GAP);
}
