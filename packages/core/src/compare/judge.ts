import { compareLatin1, utf8OfLatin1 } from '../bytes/latin1.js';
import { jsonStable } from '../json/stable.js';
import type { Difference, Subject } from './difference.js';
import { text } from './entry-fields.js';
import type { Finding, LayerPair } from './finding.js';
import { findConsequences, type RuleSet } from './rules.js';

/** A finding with what takes it out; null where it counts. */
export interface Judged {
  readonly finding: Finding;
  readonly ignoredBy: string | null;
}

const SUBJECT_ORDER: Readonly<Record<Subject, number>> = { index: 0, manifest: 1, config: 2, layer: 3, file: 4 };

/** Marks every finding by the rules and sorts them as the report lists them; none is dropped. */
export function judge(findings: readonly Finding[], rules: RuleSet): Judged[] {
  const consequences = findConsequences(findings);
  return findings
    .map((finding) => ({
      finding,
      ignoredBy:
        consequences.has(finding) || rules.followsFromLayer(finding) ? 'consequence' : rules.ignoredBy(finding),
    }))
    .sort((a, b) => compareFindings(a.finding, b.finding));
}

/**
 * Order of the report: platform, subject, layer, path bytes, field. What is still equal is ordered by its duplicate
 * number and its values, so that the order of finding never shows; by what both sides have together first, so that
 * swapping the sides gives the mirrored report.
 */
function compareFindings(a: Finding, b: Finding): number {
  return (
    compareLatin1(a.platform ?? '', b.platform ?? '') ||
    SUBJECT_ORDER[a.subject] - SUBJECT_ORDER[b.subject] ||
    compareLayerPairs(a, b) ||
    compareLatin1(a.path ?? '', b.path ?? '') ||
    (a.duplicate ?? 0) - (b.duplicate ?? 0) ||
    compareLatin1(a.field, b.field) ||
    compareLatin1(bothValues(a), bothValues(b)) ||
    compareLatin1(jsonStable([a.layers, a.values]), jsonStable([b.layers, b.values]))
  );
}

/* By the later of the two positions, then the earlier: the same from either side. */
function compareLayerPairs(a: Finding, b: Finding): number {
  const [aLow, aHigh] = bounds(a.layers ?? [-1, -1]);
  const [bLow, bHigh] = bounds(b.layers ?? [-1, -1]);
  return aHigh - bHigh || aLow - bLow;
}

function bothValues({ values }: Finding): string {
  return values.map(jsonStable).sort().join('\n');
}

function bounds([layer0, layer1]: LayerPair): [number, number] {
  const [known0, known1] = [layer0 ?? layer1 ?? 0, layer1 ?? layer0 ?? 0];
  return [Math.min(known0, known1), Math.max(known0, known1)];
}

/** A judged finding as it stands in the report. */
export function toDifference({ finding, ignoredBy }: Judged): Difference {
  const { subject, change, platform, layers, path, duplicate, field, values, shadowed } = finding;
  return {
    subject,
    change,
    ...(platform === undefined ? {} : { platform }),
    ...layerMembers(layers),
    ...(path === undefined ? {} : pathMembers(path)),
    ...(duplicate === undefined ? {} : { duplicate }),
    field,
    values,
    ...(ignoredBy === null ? {} : { ignoredBy }),
    ...(shadowed === true ? { shadowed } : {}),
    ...(isLayerEncoding(finding) ? { layerEncoding: true } : {}),
  };
}

function isLayerEncoding({ excuses }: Finding): boolean {
  return excuses.some((excuse) => excuse.length === 1 && excuse[0] === 'layer-encoding');
}

function layerMembers(layers: Finding['layers']): Pick<Difference, 'layer' | 'layers'> {
  if (layers === undefined) return {};
  const [layer0, layer1] = layers;
  return layer0 !== null && layer0 === layer1 ? { layer: layer0 } : { layers: [layer0, layer1] };
}

function pathMembers(path: string): Pick<Difference, 'path' | 'pathBytes'> {
  const isText = utf8OfLatin1(path) !== null;
  return isText
    ? { path: text(path) }
    : { path: text(path), pathBytes: Buffer.from(path, 'latin1').toString('base64') };
}
