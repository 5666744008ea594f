import { ABSENT, clipEnd } from './clip.js';
import { displayMessage, displayPath } from './escape.js';
import { historyText } from './history-text.js';
import { layerName } from './layer-name.js';
import type { Report, ReportBase } from './report.js';

const EVIDENCE_CHARACTERS = 200;
const INDENT = '  ';

const ORIGINS: Readonly<Record<ReportBase['origin'], readonly [label: string, origin: string]>> = {
  base: ['The base differs', ''],
  build: ['First differing layer', 'from the Dockerfile: '],
  unknown: ['First differing layer', ''],
};

/** Which layer differs first, and where it comes from: what is said before everything else. `width` is in columns. */
export function baseLines({ base, levels }: Report, width: number): string[] {
  const several = new Set([...base, ...levels].map(({ platform }) => platform)).size > 1;
  return base.flatMap((each) => {
    const [label, origin] = ORIGINS[each.origin];
    const first = `${several ? `${displayPath(each.platform)}: ` : ''}${label}: ${layerName(each)}`;
    const reason = origin + displayMessage(clipEnd(each.evidence, EVIDENCE_CHARACTERS));
    const line = `${first} (${reason})`;
    return [...(line.length <= width ? [line] : [first, INDENT + reason]), ...historyLines(each, width)];
  });
}

function historyLines({ history: [history0, history1] }: ReportBase, width: number): string[] {
  if (history0 === null && history1 === null) return [];
  const textOf = (history: string | null, room: number): string =>
    history === null ? ABSENT : historyText(history, room);
  if (history0 === history1) return [INDENT + textOf(history0, width - INDENT.length)];
  return [history0, history1].map((history, side) => {
    const label = `${INDENT}INPUT-${side}  `;
    return label + textOf(history, width - label.length);
  });
}
