import type { Finding, LayerPair } from '../compare/finding.js';
import type { Judged } from '../compare/judge.js';
import { compareText } from '../compare-text.js';
import type { Cause } from './cause.js';
import { exampleOf } from './example.js';
import type { Explained } from './explainer.js';

/** A cause, and what of the comparison it explains. */
export interface FoundCause {
  readonly cause: Cause;
  readonly confidence: 'certain' | 'probable';
  /** Differences that it explains, by itself or together with others, and how many of them count. */
  readonly differences: number;
  readonly counted: number;
  /** A few differences as they look, in words. */
  readonly evidence: readonly string[];
  /** Platforms and layers it was found in, in their order, each once. */
  readonly places: readonly CausePlace[];
}

interface CausePlace {
  readonly platform: string;
  readonly layers: LayerPair;
}

/** Texts of evidence for one cause. */
const EXAMPLES = 5;

/** The causes of what differs: certain ones first, then those that explain most of what counts. */
export function rankCauses(
  judged: readonly Judged[],
  byFinding: ReadonlyMap<Finding, Explained>,
  catalogue: readonly Cause[],
): FoundCause[] {
  const found = new Map<string, Tally>();
  for (const { finding, ignoredBy } of judged) {
    const { cause, otherCauses = [], probableCause, inFile } = byFinding.get(finding) ?? {};
    const ids = cause === undefined ? [probableCause] : [cause, ...otherCauses];
    const confidence = cause === undefined ? 'probable' : 'certain';
    for (const id of ids) {
      if (id === undefined) continue;
      const key = `${confidence} ${id}`;
      const tally = found.get(key) ?? new Tally(id, confidence);
      found.set(key, tally);
      tally.differences++;
      if (ignoredBy === null) tally.counted++;
      if (tally.evidence.length < EXAMPLES) tally.evidence.push(exampleOf(finding, inFile));
      const { platform, layers } = finding;
      if (platform !== undefined && layers !== undefined)
        tally.places.set(`${platform} ${layers}`, { platform, layers });
    }
  }
  return [...found.values()]
    .flatMap(({ id, places, confidence, differences, counted, evidence }): FoundCause[] => {
      const cause = catalogue.find((each) => each.id === id);
      if (cause === undefined) return [];
      const sorted = [...places.values()].sort(comparePlaces);
      return [{ cause, confidence, differences, counted, evidence, places: sorted }];
    })
    .sort(
      (a, b) =>
        compareText(a.confidence, b.confidence) ||
        b.counted - a.counted ||
        b.differences - a.differences ||
        compareText(a.cause.id, b.cause.id),
    );
}

class Tally {
  differences = 0;
  counted = 0;
  readonly evidence: string[] = [];
  readonly places = new Map<string, CausePlace>();

  constructor(
    readonly id: string,
    readonly confidence: FoundCause['confidence'],
  ) {}
}

function comparePlaces(a: CausePlace, b: CausePlace): number {
  const [a0, a1] = a.layers;
  const [b0, b1] = b.layers;
  return compareText(a.platform, b.platform) || (a0 ?? a1 ?? 0) - (b0 ?? b1 ?? 0) || (a1 ?? 0) - (b1 ?? 0);
}
