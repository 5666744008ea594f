import { type HistoryLine, linesOfLayers, readHistory } from '../image/layer-history.js';
import { optionalMember } from '../json/read.js';
import type { JsonDocument, JsonNode } from '../json/value.js';
import type { SideEvidence } from './evidence.js';

/** What rules ask of one side's image, read once. */
export interface ImageFacts {
  readonly lines: readonly HistoryLine[];
  /** The line of each layer; null where the history does not tell. */
  readonly layerLines: readonly (HistoryLine | null)[];
  readonly layers: number;
  readonly architecture: string | null;
  readonly os: string | null;
  /** Normalised: no leading or trailing slash; '' for the root. Null where there is none. */
  readonly workingDir: string | null;
  /** `buildkit/rewritten-timestamp` of each layer, in seconds; null where it has none. */
  readonly rewritten: readonly (number | null)[];
}

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
  return {
    lines,
    layerLines: linesOfLayers(lines, layers),
    layers,
    architecture: textAt(config, ['architecture']),
    os: textAt(config, ['os']),
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

/** The text at the end of `steps`; null where there is none. */
export function textAt(document: JsonDocument | null, steps: readonly string[]): string | null {
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
  return side.epoch !== null && side.created.length > 0 && side.created.at(-1) === side.epoch;
}
