import { readCachedLayer } from './cache/read-cached-layer.js';
import type { Difference } from './compare/difference.js';
import type { RuleSet } from './compare/rules.js';
import { Comparison, type ComparisonOptions, evidenceOf } from './comparison.js';
import { OciDiffError, wrapError } from './errors.js';
import type { Cause } from './explain/cause.js';
import { type Layer, loadImages } from './image/load.js';
import type { LayerReading } from './layer/read-layer.js';
import { Normalisers } from './prove/normalisers.js';
import { type PairToRewrite, type RewrittenSide, rewriteImages } from './prove/rewrite-images.js';
import type { Report, ReportDifference, ReportProof } from './report/report.js';
import type { ComparedPair, ComparisonSide } from './sides.js';

/**
 * Proves what `report` explains: both sides are rewritten by the normalisers of the causes that it names as certain,
 * and compared again, by the same rules. The rewriting knows nothing of the differences, so what is left is a fact.
 * @param compared what the comparison behind `report` has compared
 * @throws {OciDiffError} `ERR_ABORTED`; anything else becomes the proof's `failure`
 */
export async function prove(
  report: Report,
  compared: readonly ComparedPair[],
  sides: readonly [ComparisonSide, ComparisonSide],
  rules: RuleSet,
  options: ComparisonOptions,
): Promise<ReportProof> {
  const [failed] = report.failures;
  if (failed !== undefined) return { causes: [], residual: [], failure: `not everything was read: ${failed.message}` };
  const normalisers = new Normalisers(namedCauses(report, options.catalogue));
  const causes = normalisers.ids;
  if (causes.length === 0) return { causes, residual: countedOf(report.differences) };
  try {
    const rewritten = await rewriteImages(sides, pairsOf(compared, sides), normalisers, {
      limits: options.limits,
      signal: options.signal,
      read: (side, layer) => readAgain(sides[side], layer, options),
    });
    const again = await Promise.all([opened(sides[0], rewritten[0], options), opened(sides[1], rewritten[1], options)]);
    /* An entry that a cause matches has been normalised; one that matches nothing any more is no news here. */
    const accept = options.accept?.filter(({ cause }) => cause === undefined) ?? null;
    const second = await new Comparison(again as [ComparisonSide, ComparisonSide], rules, {
      ...options,
      contents: false,
      verbose: false,
      onProgress: undefined,
      catalogue: [],
      accept,
    }).run(null);
    const residual = countedOf(second.differences);
    const failure = second.failures.find(({ code }) => code !== 'ERR_ACCEPT_LIST');
    return { causes, residual, ...(failure === undefined ? {} : { failure: failure.message }) };
  } catch (error) {
    const wrapped = wrapError(error, 'ERR_IO');
    if (wrapped instanceof OciDiffError && wrapped.code === 'ERR_ABORTED') throw wrapped;
    return { causes, residual: [], failure: wrapped.describe() };
  }
}

function readAgain(
  { store }: ComparisonSide,
  layer: Layer,
  { cache, limits, signal }: ComparisonOptions,
): Promise<LayerReading> {
  const ignore = (): void => {};
  return readCachedLayer(cache, store, layer, 'index', { limits, signal, onNote: ignore, onRead: ignore });
}

/* In the order of the catalogue, which is the order they are applied in. */
function namedCauses({ causes, differences }: Report, catalogue: readonly Cause[]): readonly Cause[] {
  const named = new Set(causes.filter(({ confidence }) => confidence === 'certain').map(({ id }) => id));
  for (const { otherCauses = [] } of differences) for (const id of otherCauses) named.add(id);
  return catalogue.filter(({ id }) => named.has(id));
}

function pairsOf(compared: readonly ComparedPair[], sides: readonly ComparisonSide[]): PairToRewrite[] {
  const roots = sides.map(({ root }) => root);
  return compared.flatMap((each) => {
    const { manifest0, manifest1 } = each.pair;
    const { image0, image1 } = each.images;
    if (image0 === null || image1 === null) return [];
    return [{ manifests: [manifest0, manifest1], images: [image0, image1], evidence: evidenceOf(each, roots) }];
  });
}

async function opened(
  { reference }: ComparisonSide,
  { store, layer }: RewrittenSide,
  { limits, signal }: ComparisonOptions,
): Promise<ComparisonSide> {
  const root = await loadImages(store, { limits, signal, onNote: () => {} });
  return { reference, store, root, notes: [], rewritten: layer };
}

/* What counts, without what was said of its cause. */
function countedOf(differences: readonly ReportDifference[]): Difference[] {
  return differences.flatMap((difference) => {
    if (difference.ignoredBy !== undefined) return [];
    const { cause: _, otherCauses, probableCause, partly, package: owner, accepted, inFile, ...rest } = difference;
    return [rest];
  });
}
