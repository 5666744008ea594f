import { type HistoryLine, linesOfLayers, readHistory } from '../image/layer-history.js';
import { optionalMember } from '../json/read.js';
import type { JsonDocument, JsonNode } from '../json/value.js';
import type { SideEvidence } from './evidence.js';
import { stepText } from './history-step.js';

/** What rules ask of one side's image, read once. */
export interface ImageFacts {
  readonly lines: readonly HistoryLine[];
  /** What each line says of its step; see `stepText`. */
  readonly steps: readonly string[];
  /** Whether a line is of this step; with `emptyLayer`, one that made no layer. */
  readonly hasStep: (step: string, emptyLayer?: true) => boolean;
  /** LABEL steps as they are written; of very many only the first. */
  readonly labelSteps: readonly string[];
  /** The line of each layer; null where the history does not tell. */
  readonly layerLines: readonly (HistoryLine | null)[];
  readonly layers: number;
  readonly architecture: string | null;
  /** Whether the config's own time has no fraction of a second, as SOURCE_DATE_EPOCH has none. */
  readonly createdInWholeSeconds: boolean;
  /** Normalised: no leading or trailing slash; '' for the root. Null where there is none. */
  readonly workingDir: string | null;
  /** `buildkit/rewritten-timestamp` of each layer, in seconds; null where it has none. */
  readonly rewritten: readonly (number | null)[];
}

/** Of hostile histories; each label that differs is looked for in all. */
const LABEL_STEPS = 100;

/* V8 before March 2026 (CVE-2026-21717) hashes a string of digits to its number: with a mark, keys cannot collide. */
const MARK = '-';

const LABEL = /(?:^|#\(nop\) {1,2})LABEL /;

const known = new WeakMap<SideEvidence, ImageFacts>();

export function factsOf(side: SideEvidence): ImageFacts {
  const found = known.get(side) ?? read(side);
  known.set(side, found);
  return found;
}

function read({ config, manifest }: SideEvidence): ImageFacts {
  const lines = (config === null ? null : readHistory(config)) ?? [];
  const diffIds = member(member(config?.root, 'rootfs'), 'diff_ids');
  const layers = diffIds?.type === 'array' ? diffIds.items.length : 0;
  const listed = member(manifest?.root, 'layers');
  const folder = textAt(config, ['config', 'WorkingDir']);
  const steps = lines.map(({ createdBy }) => stepText(createdBy));
  const all = new Set(steps.map((step) => MARK + step));
  const empty = new Set(steps.flatMap((step, i) => (lines[i]?.emptyLayer === true ? [MARK + step] : [])));
  return {
    lines,
    steps,
    hasStep: (step, emptyLayer) => (emptyLayer === true ? empty : all).has(MARK + step),
    labelSteps: lines.flatMap(({ createdBy }) => (LABEL.test(createdBy) ? [createdBy] : [])).slice(0, LABEL_STEPS),
    layerLines: linesOfLayers(lines, layers),
    layers,
    architecture: textAt(config, ['architecture']),
    createdInWholeSeconds: /^[^.]{20,25}$/.test(textAt(config, ['created']) ?? ''),
    workingDir: folder === null ? null : folder.split('/').filter(Boolean).join('/'),
    rewritten: listed?.type === 'array' ? listed.items.map(rewrittenAt) : [],
  };
}

function rewrittenAt(descriptor: JsonNode): number | null {
  const text = member(member(descriptor, 'annotations'), 'buildkit/rewritten-timestamp');
  return text?.type === 'string' && /^\d{1,12}$/.test(text.value) ? Number(text.value) : null;
}

function member(node: JsonNode | undefined, key: string): JsonNode | undefined {
  return node?.type === 'object' ? optionalMember(node, key) : undefined;
}

function textAt(document: JsonDocument | null, steps: readonly string[]): string | null {
  const node = steps.reduce<JsonNode | undefined>(member, document?.root);
  return node?.type === 'string' ? node.value : null;
}

/** The seconds that BuildKit wrote all times of a side to; null where it did not. */
export function rewrittenTo(side: SideEvidence): number | null {
  return factsOf(side).rewritten.find((seconds) => seconds !== null) ?? null;
}

/**
 * Whether no time of a side's files is later than the image itself: by BuildKit's annotation, or, where a media type
 * or an engine has lost it, by the times themselves.
 */
export function isClamped(side: SideEvidence): boolean {
  if (rewrittenTo(side) !== null) return true;
  return side.epoch !== null && side.created.at(-1) === side.epoch && factsOf(side).createdInWholeSeconds;
}
