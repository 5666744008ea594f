import type { Difference } from '../../packages/core/src/compare/difference.js';
import type {
  LayerBytes,
  Report,
  ReportDifference,
  ReportInput,
  ReportLayer,
  ReportSummary,
} from '../../packages/core/src/report/report.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A digest that is told from others by its first digits. */
export function digestStarting(digits: string): string {
  return `sha256:${digits.padEnd(64, '0')}`;
}

/** One side of a report. */
export function reportInput(side: 0 | 1, changes: Partial<ReportInput> = {}): ReportInput {
  return {
    reference: `${'ab'[side]}.tar`,
    source: 'oci-archive',
    mediaType: MANIFEST,
    digest: digestStarting('ab'[side] as string),
    platforms: ['linux/amd64'],
    ...changes,
  };
}

/** A difference of a file in layer 1; `changes` says what is special. */
export function fileDifference(path: string, changes: Partial<ReportDifference> = {}): ReportDifference {
  const { layers, ...rest } = changes;
  return {
    subject: 'file',
    change: 'modified',
    platform: 'linux/amd64',
    ...(layers === undefined ? { layer: 1 } : { layers }),
    path,
    field: 'content',
    values: [digestStarting('1234abcd'), digestStarting('5678ef01')],
    ...rest,
  };
}

/** A file (or what `type` says) that only one side has. */
export function oneSided(path: string, side: 0 | 1, type = 'file', changes: Partial<Difference> = {}): Difference {
  return fileDifference(path, {
    change: side === 0 ? 'removed' : 'added',
    field: 'type',
    values: side === 0 ? [type, null] : [null, type],
    ...changes,
  });
}

/** Bytes of two layers; the parts add up. */
export function layerBytes(changes: Partial<LayerBytes> = {}): LayerBytes {
  return {
    total: [4096, 4608],
    equalEntries: [1000, 1000],
    equalContent: [24, 24],
    differingContent: [512, 1024],
    headers: [1024, 1024],
    padding: [512, 512],
    trailer: [1024, 1024],
    ...changes,
  };
}

/** What a report says of a layer that has entries. */
export function fullLayer(layers: ReportLayer['layers'], changes: Partial<ReportLayer> = {}): ReportLayer {
  return {
    platform: 'linux/amd64',
    layers,
    change: 'content',
    history: ['RUN a', 'RUN a'],
    bytes: layerBytes(),
    ...changes,
  };
}

/** A report whose summary and verdict follow from its differences, unless `changes` says otherwise. */
export function buildReport(differences: readonly Difference[], changes: Partial<Report> = {}): Report {
  const summary = summaryOf(differences);
  return {
    schemaVersion: 1,
    tool: { name: 'ocidiff', version: '0.1.0' },
    inputs: [reportInput(0), reportInput(1)],
    rules: [],
    verdict: summary.counted > 0 ? 'different' : 'equivalent',
    levels: [],
    layers: [],
    base: [],
    differences,
    notes: [],
    causes: [],
    summary,
    failures: [],
    ...changes,
  };
}

function summaryOf(differences: readonly Difference[]): ReportSummary {
  const bySubject: Partial<Record<Difference['subject'], number>> = {};
  const byRule: Record<string, number> = {};
  for (const { subject, ignoredBy } of differences) {
    if (ignoredBy === undefined) bySubject[subject] = (bySubject[subject] ?? 0) + 1;
    else byRule[ignoredBy] = (byRule[ignoredBy] ?? 0) + 1;
  }
  const ignored = differences.filter(({ ignoredBy }) => ignoredBy !== undefined).length;
  const shadowed = differences.filter((difference) => difference.shadowed).length;
  return { counted: differences.length - ignored, ignored, shadowed, bySubject, byRule, unexplained: 0 };
}
