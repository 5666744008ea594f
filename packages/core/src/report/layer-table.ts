import { ABSENT } from './clip.js';
import { grouped } from './count.js';
import { layerName } from './layer-name.js';
import type { LayerBytes, Report } from './report.js';

type Pair = readonly [number, number];

export const LAYER_HEAD: readonly string[] = ['LAYER', 'CHANGE', 'EQUAL', 'CONTENT', 'HEADERS', 'PADDING', 'TRAILER'];

/** One row of the table of layers. */
export interface LayerRow {
  /** Empty for the last row, which sums up all platforms. */
  readonly platform: string;
  readonly cells: readonly string[];
}

/**
 * The layers, how they differ, and where the bytes of their streams belong: to what is equal, to differing content, to
 * headers, padding and trailer. `a / b` where the two inputs have not the same number.
 */
export function layerRows({ layers, summary }: Report): LayerRow[] {
  const rows = layers.map(({ platform, layers, change, empty, bytes }) => ({
    platform,
    cells: [layerName({ layers }), empty === true ? `${change}, empty` : change, ...byteCells(bytes)],
  }));
  if (rows.length > 0 && summary.bytes !== undefined) {
    rows.push({ platform: '', cells: ['differing', ABSENT, ...byteCells(summary.bytes)] });
  }
  return rows;
}

function byteCells(bytes: LayerBytes | undefined): string[] {
  if (bytes === undefined) return LAYER_HEAD.slice(2).map(() => ABSENT);
  const { equalEntries, equalContent, differingContent, headers, padding, trailer } = bytes;
  const equal: Pair = [equalEntries[0] + equalContent[0], equalEntries[1] + equalContent[1]];
  return [equal, differingContent, headers, padding, trailer].map(pairText);
}

function pairText([bytes0, bytes1]: Pair): string {
  return bytes0 === bytes1 ? grouped(bytes0) : `${grouped(bytes0)} / ${grouped(bytes1)}`;
}
