import { counted, grouped } from './count.js';
import { displayMessage } from './escape.js';
import type { Report } from './report.js';
import { type LayerFinder, rowsOf, rowTexts } from './rows.js';

/** Rows of what is left that a text shows; the JSON report has all. */
const SHOWN_ROWS = 20;

/** What the proof says, and what it leaves, as rows of cells; null where none was asked for. */
export interface ProofText {
  /** Whether nothing is left, and nothing was unexplained. */
  readonly proved: boolean;
  readonly summary: string;
  /** TYPE, NAME, INPUT-0, INPUT-1. */
  readonly rows: readonly (readonly string[])[];
  /** How many rows are not shown. */
  readonly more: number;
}

/** The proof in words. Nothing of an input is in it unescaped. */
export function proofText({ proof, summary }: Report, layers: LayerFinder): ProofText | null {
  if (proof === undefined) return null;
  const { causes, residual, failure } = proof;
  if (failure !== undefined) {
    return { proved: false, summary: `Proof: could not be made: ${displayMessage(failure)}`, rows: [], more: 0 };
  }
  if (causes.length === 0) {
    if (summary.counted === 0)
      return { proved: true, summary: 'Proof: nothing counts, so there is nothing to prove', rows: [], more: 0 };
    return {
      proved: false,
      summary: 'Proof: no cause is named that could be taken out; all of it is left',
      rows: [],
      more: 0,
    };
  }
  const taken = `with ${counted(causes.length, 'cause', 'causes')} taken out of both images`;
  const rows = rowsOf(residual, 'counted', true);
  const left = residual.length === 0 ? 'nothing' : counted(residual.length, 'difference', 'differences');
  const { unknown = 0, probable = 0 } = summary.causes ?? {};
  const also =
    residual.length === 0 && unknown + probable > 0
      ? `; ${counted(unknown + probable, 'difference', 'differences')} above that no cause explains went with what was taken out`
      : '';
  return {
    proved: residual.length === 0 && also === '',
    summary: `Proof: ${taken} and both compared again, there is left: ${left}${also}`,
    rows: rows.slice(0, SHOWN_ROWS).map((row) => rowTexts(row, layers).slice(0, 4)),
    more: Math.max(0, rows.length - SHOWN_ROWS),
  };
}

/** What says that there are more rows than are shown. */
export function moreRows({ more }: ProofText): string {
  return `and ${grouped(more)} more, in the JSON report`;
}
