import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { compareConfigs } from '../../../packages/core/src/compare/config.js';
import type { Value } from '../../../packages/core/src/compare/difference.js';
import type { Finding, LayerPair } from '../../../packages/core/src/compare/finding.js';
import { RuleSet } from '../../../packages/core/src/compare/rules.js';
import { compareStreams } from '../../../packages/core/src/compare/streams.js';
import type { DiffId } from '../../../packages/core/src/digest.js';
import type { LoadedDocument } from '../../../packages/core/src/image/load.js';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import { IndexBuilder } from '../../../packages/core/src/layer/index-builder.js';
import type { LayerIndex } from '../../../packages/core/src/layer/layer-index.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { RULE_NAMES, type RuleName } from '../../../packages/core/src/options.js';
import { type RawEntry, rawTar } from '../layer/raw-tar.js';

// One seed, so that a run that failed fails again.
fc.configureGlobal({ seed: 20260301 });

export const PLATFORM = 'linux/amd64';

/** A JSON document as the comparisons take it; an object is written compactly. */
export function document(json: unknown): LoadedDocument {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  const bytes = Buffer.from(text, 'utf8');
  return { json: parseJson(bytes, { maxDepth: 100, maxBytes: DEFAULT_LIMITS.documentBytes }) } as LoadedDocument;
}

/** What comparing two configs finds; strings are taken as they stand. */
export function configFindings(config0: unknown, config1: unknown, changed: readonly LayerPair[] = []): Finding[] {
  const findings: Finding[] = [];
  compareConfigs(document(config0), document(config1), PLATFORM, changed, (finding) => findings.push(finding));
  return findings;
}

/** The index of a layer's uncompressed bytes. */
export function indexOf(tar: Uint8Array): LayerIndex {
  const builder = new IndexBuilder(DEFAULT_LIMITS);
  builder.push(tar);
  return builder.end(`sha256:${createHash('sha256').update(tar).digest('hex')}` as DiffId);
}

/** What comparing two layers as streams finds. */
export function streamFindings(tar0: Uint8Array, tar1: Uint8Array, pair: LayerPair = [0, 0]): Finding[] {
  const findings: Finding[] = [];
  compareStreams(indexOf(tar0), indexOf(tar1), PLATFORM, pair, (finding) => findings.push(finding));
  return findings;
}

/** The same for layers of these entries. */
export function entryFindings(entries0: readonly RawEntry[], entries1: readonly RawEntry[]): Finding[] {
  return streamFindings(rawTar(entries0), rawTar(entries1));
}

/** A set of rules without patterns. */
export function rules(...ignore: RuleName[]): RuleSet {
  return new RuleSet({ mode: { ignore }, noIgnore: [], ignorePaths: [], ignoreFields: [], platformsChosen: false });
}

export const SEMANTIC: RuleSet = new RuleSet({
  mode: 'semantic',
  noIgnore: [],
  ignorePaths: [],
  ignoreFields: [],
  platformsChosen: false,
});

/** Which single rules take a finding out, sorted; consequences are not asked for. */
export function excusedBy(finding: Finding): RuleName[] {
  return RULE_NAMES.filter((rule) => rules(rule).ignoredBy(finding) !== null);
}

/** Findings as `field: value ≠ value`, for short expectations. */
export function brief(findings: readonly Finding[]): [string, Value, Value][] {
  return findings.map(({ field, values: [value0, value1] }) => [field, value0, value1]);
}

/** The fields of findings, sorted. */
export function fields(findings: readonly Finding[]): string[] {
  return findings.map(({ field }) => field).sort();
}

/** A finding as the comparison of the swapped sides has to tell it. */
export function mirrored(finding: Finding): Finding {
  const change = finding.change === 'added' ? 'removed' : finding.change === 'removed' ? 'added' : 'modified';
  const swapPair = ([layer0, layer1]: LayerPair): LayerPair => [layer1, layer0];
  return {
    ...finding,
    change,
    values: [finding.values[1], finding.values[0]],
    ...(finding.layers === undefined ? {} : { layers: swapPair(finding.layers) }),
    ...(finding.entries === undefined ? {} : { entries: [finding.entries[1], finding.entries[0]] }),
    ...(finding.follows?.what === 'layers'
      ? { follows: { what: 'layers', pairs: finding.follows.pairs.map(swapPair) } }
      : {}),
  };
}

/** Findings in an order that does not depend on that of finding. */
export function sorted(findings: readonly Finding[]): string[] {
  return findings.map((finding) => JSON.stringify(canonical(finding))).sort();
}

/* JSON with sorted keys, of values without cycles. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, member]) => [key, canonical(member)]);
}

/** The i-th of 60,000 array indexes that share one bucket of a Map in V8 before CVE-2026-21717, which is quadratic. */
export function collidingKey(i: number): string {
  return String((i + 1000) * 65_536);
}
