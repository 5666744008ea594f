import type { LevelName } from '../compare/levels.js';
import { displayMessage, displayPath } from './escape.js';
import type { Report, ReportLevel } from './report.js';

/** One line of the ladder: its text, and whether a sign is in it that has a colour of its own. */
export interface LadderLine {
  readonly text: string;
  readonly kind: 'heading' | 'differs' | 'ignored' | 'same' | 'unknown' | 'legend';
}

type Sign = Exclude<LadderLine['kind'], 'heading' | 'legend'>;

const SIGNS: Readonly<Record<Sign, string>> = { differs: '✗', ignored: '~', same: '✓', unknown: '–' };
const NAMES: Readonly<Partial<Record<LevelName, string>>> = { 'diff-ids': 'diff IDs', 'layer-contents': 'contents' };
const NAME_WIDTH = 'filesystem'.length;

/** What the digests in a level's document follow from. */
const FOLLOWS: Readonly<Partial<Record<LevelName, readonly LevelName[]>>> = {
  index: ['manifest', 'config', 'layers'],
  manifest: ['config', 'layers'],
  config: ['diff-ids'],
};

/**
 * How deep the difference goes, one line a level, the outermost first; with several platforms a ladder each below the
 * index, in one line where nothing differs. None where both inputs have one digest.
 */
export function ladderLines(report: Report): LadderLine[] {
  if (report.verdict === 'identical') return [];
  const platforms = new Map<string, ReportLevel[]>();
  for (const level of report.levels) {
    const levels = platforms.get(level.platform);
    if (levels === undefined) platforms.set(level.platform, [level]);
    else levels.push(level);
  }
  const lines: LadderLine[] = [];
  const [index] = report.levels;
  if (index?.level === 'index') lines.push(rung(index, report.levels));
  for (const [platform, levels] of platforms) {
    const below = levels.filter(({ level }) => level !== 'index');
    const own = below.map((level) => rung(level, below));
    if (platforms.size === 1) lines.push(...own);
    else lines.push({ text: `${displayPath(platform)}:`, kind: 'heading' }, ...shortened(own, below));
  }
  if (lines.some(({ kind }) => kind === 'ignored')) {
    lines.push({ text: `${SIGNS.ignored} differs, but in nothing that counts`, kind: 'legend' });
  }
  return lines;
}

/* A platform that is the same at every level that can be told. */
function shortened(lines: readonly LadderLine[], levels: readonly ReportLevel[]): readonly LadderLine[] {
  const same = levels.some(({ equal }) => equal === true) && levels.every(({ equal }) => equal !== false);
  return same ? [line('all levels', 'same', 'the same')] : lines;
}

function rung(level: ReportLevel, levels: readonly ReportLevel[]): LadderLine {
  return line(NAMES[level.level] ?? level.level, signOf(level, levels), displayMessage(level.detail ?? ''));
}

function line(name: string, sign: Sign, detail: string): LadderLine {
  return { text: `${name.padEnd(NAME_WIDTH)} ${SIGNS[sign]}  ${detail}`.trimEnd(), kind: sign };
}

/* A document that differs by nothing of its own that counts is no better than what its digests follow from. */
function signOf({ level, equal, equivalent }: ReportLevel, levels: readonly ReportLevel[]): Sign {
  if (equal === null) return 'unknown';
  if (equal) return 'same';
  const below = levels.filter((other) => FOLLOWS[level]?.includes(other.level) === true);
  const follows = below.some((other) => other.equal === false && other.equivalent !== true);
  return equivalent === true && !follows ? 'ignored' : 'differs';
}
