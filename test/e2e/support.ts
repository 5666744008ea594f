import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import {
  type Difference,
  type DiffOptions,
  diffImages,
  type LayerBytes,
  OciDiffError,
  type Report,
  type ReportLevel,
} from '../../packages/core/src/index.js';
import { type Built, layoutMembers, packMembers } from '../support/images.js';
import { expectValidReport } from '../support/schema.js';

/** A folder for one test file; it goes when its tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-e2e-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes `bytes` as a file of `folder`. */
export function write(folder: string, name: string, bytes: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** An image as an OCI archive in `folder`. */
export async function writeArchive(folder: string, name: string, built: Built): Promise<string> {
  return write(folder, name, await packMembers(layoutMembers(built)));
}

/** `diffImages`, its report held against the schema. */
export async function compare(image0: string, image1: string, options: DiffOptions = {}): Promise<Report> {
  const report = await diffImages(image0, image1, options);
  expectValidReport(report);
  return report;
}

/** A report, or the OciDiffError that `diffImages` rejected with. Any other error is thrown. */
export async function outcome(
  image0: string,
  image1: string,
  options: DiffOptions = {},
): Promise<Report | OciDiffError> {
  try {
    return await compare(image0, image1, options);
  } catch (error) {
    if (error instanceof OciDiffError) return error;
    throw error;
  }
}

/** The OciDiffError that `diffImages` rejects with. */
export async function rejection(image0: string, image1: string, options: DiffOptions = {}): Promise<OciDiffError> {
  const result = await outcome(image0, image1, options);
  if (result instanceof OciDiffError) return result;
  throw new Error(`expected a rejection, got the verdict ${result.verdict}`);
}

/** Every line that a user would read on standard error. */
export function failuresOf(result: Report | OciDiffError): string[] {
  if (!(result instanceof OciDiffError)) return result.failures.map(({ message }) => message);
  return [result, ...result.others].map((error) => error.describe());
}

/** What counts, as `subject layer path field`, in the order of the report. */
export function counted(report: Report): string[] {
  return report.differences.filter(({ ignoredBy }) => ignoredBy === undefined).map(place);
}

/** Where a difference is, in short. */
function place({ subject, layer, layers, path, field }: Difference): string {
  return [subject, layer ?? layers?.join(':'), path, field].filter((part) => part !== undefined).join(' ');
}

/** What was found, without what the rules make of it. */
export function found(report: Report): object[] {
  return report.differences.map((difference) => {
    /* What follows from something else has no cause of its own, and whether it does is up to the rules. */
    const { ignoredBy: _rule, cause: _cause, probableCause: _probable, ...rest } = difference;
    return rest;
  });
}

/** The report of the same comparison with its sides swapped. */
export function mirror(report: Report): Report {
  const { inputs, levels, layers, base, differences, notes, summary } = report;
  const swapped = notes.map((note) => ({ ...note, input: (1 - note.input) as 0 | 1 }));
  return {
    ...report,
    inputs: [inputs[1], inputs[0]],
    levels: levels.map(mirrorLevel),
    layers: loneInOrder(layers).map(({ bytes, ...layer }) => ({
      ...layer,
      layers: [layer.layers[1], layer.layers[0]],
      change: layer.change === 'added' ? 'removed' : layer.change === 'removed' ? 'added' : layer.change,
      history: [layer.history[1], layer.history[0]],
      ...(bytes === undefined ? {} : { bytes: mirrorBytes(bytes) }),
    })),
    base: base.map((each) => ({
      ...each,
      layers: [each.layers[1], each.layers[0]],
      history: [each.history[1], each.history[0]],
      evidence: each.evidence.replace(/\binput ([01])\b/g, (_, side) => `input ${1 - Number(side)}`),
    })),
    summary: { ...summary, ...(summary.bytes === undefined ? {} : { bytes: mirrorBytes(summary.bytes) }) },
    differences: differences.map(mirrorDifference),
    notes: [...swapped.filter(({ input }) => input === 0), ...swapped.filter(({ input }) => input === 1)],
  };
}

/* Its text tells digests and numbers of both sides, or names one of them. */
function mirrorLevel(level: ReportLevel): ReportLevel {
  if (level.detail === undefined || level.level === 'config' || level.level === 'runtime') return level;
  const detail = level.detail
    .replace(/^(sha256:\S+) ≠ (sha256:\S+)$/, '$2 ≠ $1')
    .replace(/^(\d+) and (\d+)/, '$2 and $1')
    .replace(/^not in input ([01])$/, (_, side) => `not in input ${1 - Number(side)}`);
  return { ...level, detail };
}

function mirrorBytes(bytes: LayerBytes): LayerBytes {
  const swapped = Object.entries(bytes).map(([part, [bytes0, bytes1]]) => [part, [bytes1, bytes0]]);
  return Object.fromEntries(swapped) as LayerBytes;
}

/** Of layers that stand alone between two pairs, those of the side that is to be side 0 come first. */
function loneInOrder(layers: Report['layers']): Report['layers'] {
  const places = layers.map(({ layers: [layer0, layer1] }, place) => ({
    place,
    lone: layer0 === null ? 1 : layer1 === null ? 0 : null,
  }));
  let gap = 0;
  const ordered = places.map(({ place, lone }) => ({ place, lone, gap: lone === null ? gap++ + 0.5 : gap }));
  ordered.sort((a, b) => a.gap - b.gap || (b.lone ?? 0) - (a.lone ?? 0) || a.place - b.place);
  return ordered.map(({ place }) => layers[place] as Report['layers'][number]);
}

function mirrorDifference(difference: Difference): Difference {
  const { change, values, layers } = difference;
  return {
    ...difference,
    change: change === 'added' ? 'removed' : change === 'removed' ? 'added' : 'modified',
    values: [values[1], values[0]],
    ...(layers === undefined ? {} : { layers: [layers[1], layers[0]] }),
  };
}

/**
 * What must hold of every report without failures: a cause is told where the digests differ, the counts add up, and
 * each level is asked once a platform.
 */
export function expectSound(report: Report, unexplained = 0): void {
  const { differences, inputs, levels, summary, verdict } = report;
  const [digest0, digest1] = [inputs[0].digest, inputs[1].digest];
  const causes = differences.filter(({ ignoredBy }) => ignoredBy !== 'consequence' && ignoredBy !== 'transport');
  const innerEqual = levels
    .filter(({ level }) => level === 'config' || level === 'diff-ids')
    .every(({ equal }) => equal === true);
  if (digest0 !== null && digest1 !== null) {
    expect(verdict === 'identical').toBe(digest0 === digest1);
    expect(causes.length > 0).toBe(digest0 !== digest1);
  } else if (!innerEqual) {
    expect(causes.length).toBeGreaterThan(0);
  }
  const countedOnes = differences.filter(({ ignoredBy }) => ignoredBy === undefined).length;
  expect(summary.counted).toBe(countedOnes);
  expect(summary.ignored).toBe(differences.length - countedOnes);
  expect(verdict === 'different').toBe(countedOnes > 0);
  expect(Object.values(summary.bySubject).reduce((sum, count) => sum + count, 0)).toBe(summary.counted);
  expect(Object.values(summary.byRule).reduce((sum, count) => sum + count, 0)).toBe(summary.ignored);
  /* Whatever digest or size differs follows from something that is told. */
  expect(summary.unexplained).toBe(unexplained);
  const platforms = [...new Set(levels.map(({ platform }) => platform))];
  expect(levels.map(({ platform, level }) => `${platform} ${level}`)).toEqual(
    platforms.flatMap((platform) => LEVELS.map((level) => `${platform} ${level}`)),
  );
  /* What is equal is equivalent, whatever the rules. */
  for (const { equal, equivalent } of levels) if (equal !== false) expect(equivalent).toBe(equal);
}

const LEVELS = ['index', 'manifest', 'config', 'layers', 'diff-ids', 'layer-contents', 'filesystem', 'runtime'];

/** Pairs of fixtures: those of the truth table, and some that nobody would compare. */
export const FIXTURE_PAIRS: readonly (readonly [string, string])[] = [
  ['apt-0.docker.tar', 'apt-1.docker.tar'],
  ['clock-buildkit-0.oci.tar', 'clock-buildkit-1.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-zstd.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-plain.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-layout'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-provenance.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-no-rewrite.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-classic.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-engine28-classic.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-containerd.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'],
  ['clock-save-classic.docker.tar', 'clock-save-engine28-classic.docker.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah.docker.tar'],
  ['clock-buildah.oci.tar', 'clock-podman-save.docker.tar'],
  ['clock-buildah.docker.tar', 'clock-podman-save.docker.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah-one-layer.oci.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah-dir'],
  ['multi-1.oci.tar', 'multi-2.oci.tar'],
  ['multi-1.oci.tar', 'multi-1-reordered.oci.tar'],
  ['multi-1.oci.tar', 'arm64.oci.tar'],
  ['arm64.oci.tar', 'arm64-variant.oci.tar'],
  ['apt-0.docker.tar', 'clock-buildah-dir'],
  ['arm64.oci.tar', 'clock-save-classic.docker.tar'],
];
