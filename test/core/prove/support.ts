import { RuleSet } from '../../../packages/core/src/compare/rules.js';
import { Comparison, type ComparisonOptions } from '../../../packages/core/src/comparison.js';
import { CATALOGUE } from '../../../packages/core/src/explain/catalogue/index.js';
import type { Cause, CauseRule } from '../../../packages/core/src/explain/cause.js';
import { loadImages } from '../../../packages/core/src/image/load.js';
import type { Difference, DiffOptions } from '../../../packages/core/src/index.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { prove } from '../../../packages/core/src/prove.js';
import type { Report, ReportCause, ReportProof } from '../../../packages/core/src/report/report.js';
import type { ComparisonSide } from '../../../packages/core/src/sides.js';
import { openSource } from '../../../packages/core/src/sources/open-source.js';

/** A cause of the test's own. */
export function planted(id: string, rule: CauseRule, classOf: Cause['class'] = 'benign'): Cause {
  return {
    id,
    title: id,
    class: classOf,
    where: 'here',
    shape: 'this',
    remedy: 'none',
    references: [],
    rule,
  };
}

export interface ProveOptions {
  readonly mode?: DiffOptions['mode'];
  readonly catalogue?: readonly Cause[];
  /** Ids of causes that are to be taken out though nothing names them. */
  readonly forced?: readonly string[];
  readonly allPlatforms?: boolean;
  readonly signal?: AbortSignal;
}

/** Compares two images with a catalogue of the test's own, and proves it. */
export async function proved(
  references: readonly [string, string],
  { mode = 'strict', catalogue = CATALOGUE, forced = [], allPlatforms = false, signal }: ProveOptions = {},
): Promise<{ report: Report; proof: ReportProof }> {
  const rules = new RuleSet({ mode, noIgnore: [], ignorePaths: [], ignoreFields: [], platformsChosen: false });
  const limits = DEFAULT_LIMITS;
  const own = signal ?? new AbortController().signal;
  const stores = await Promise.all(references.map((reference) => openSource(reference, { limits, signal: own })));
  try {
    const sides = await Promise.all(
      stores.map(async (store, side): Promise<ComparisonSide> => {
        const root = await loadImages(store, { limits, signal: own, onNote: () => {} });
        return { reference: references[side] as string, store, root, notes: [] };
      }),
    );
    const both = sides as [ComparisonSide, ComparisonSide];
    const options: ComparisonOptions = {
      limits,
      signal: own,
      choice: { platforms: [], all: allPlatforms, host: 'linux/amd64' },
      verbose: true,
      contents: true,
      accept: null,
      catalogue,
      onProgress: undefined,
      cache: null,
      jobs: 2,
    };
    const comparison = new Comparison(both, rules, options);
    const report = await comparison.run(null);
    const named = forced.map((id) => ({ id, confidence: 'certain' }) as ReportCause);
    const doctored = { ...report, causes: [...report.causes, ...named] };
    return { report, proof: await prove(doctored, comparison.compared, both, rules, options) };
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

/** Where differences are, sorted; not their values, since digests of rewritten things are others. */
export function places(differences: readonly Difference[]): string[] {
  const all = differences.map(({ platform, subject, change, layer, layers, path, duplicate, field }) =>
    [platform, subject, change, layer ?? layers?.join(':'), path, duplicate, field].join(' '),
  );
  return all.sort();
}

/** What counts and no cause explains. */
export function unexplained({ differences }: Report): Difference[] {
  return differences.filter(({ ignoredBy, cause }) => ignoredBy === undefined && cause === undefined);
}

/** What counts. */
export function countedOf({ differences }: Report): Difference[] {
  return differences.filter(({ ignoredBy }) => ignoredBy === undefined);
}
