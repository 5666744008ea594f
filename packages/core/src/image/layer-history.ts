import { optionalMember } from '../json/read.js';
import type { JsonDocument, JsonNode, JsonObject } from '../json/value.js';

/** What the config's history says of one layer. */
export interface LayerHistory {
  /** The step that made it; `''` where the entry names none. */
  readonly createdBy: string;
  /** Null where there is none or it is empty, which Go's encoders leave out. */
  readonly comment: string | null;
  /** As written, an RFC 3339 time in every sound image; null where there is none. */
  readonly created: string | null;
}

/** One entry of the history, of a layer or of none. */
export interface HistoryLine extends LayerHistory {
  /** Whether the step made no layer. */
  readonly emptyLayer: boolean;
}

/**
 * The entries of a config's history, oldest first. A member of another type than a string counts as absent. Null where
 * it cannot be told how many layers the entries speak of: the history is no list, an entry no object, or its
 * `empty_layer` neither true nor false. Never throws.
 * Source: image-spec, config.md, "history".
 */
export function readHistory(config: JsonDocument): readonly HistoryLine[] | null {
  if (config.root.type !== 'object') return null;
  const history = optionalMember(config.root, 'history');
  if (history === undefined) return [];
  if (history.type !== 'array') return null;
  const lines: HistoryLine[] = [];
  for (const item of history.items) {
    const line = readLine(item);
    if (line === null) return null;
    lines.push(line);
  }
  return lines;
}

/**
 * What `lines` say of each of `layers` layers, bottom layer first: the entries that made a layer, if they are as many;
 * otherwise null for every layer, since nothing tells then which entry made which.
 */
export function linesOfLayers(lines: readonly HistoryLine[] | null, layers: number): readonly (HistoryLine | null)[] {
  const made = lines?.filter(({ emptyLayer }) => !emptyLayer);
  return made?.length === layers ? made : new Array<null>(layers).fill(null);
}

/** The same, straight from the config. */
export function layerHistory(config: JsonDocument, layers: number): readonly (LayerHistory | null)[] {
  return linesOfLayers(readHistory(config), layers);
}

function readLine(node: JsonNode): HistoryLine | null {
  if (node.type !== 'object') return null;
  const emptyLayer = optionalMember(node, 'empty_layer');
  if (emptyLayer !== undefined && emptyLayer.type !== 'literal') return null;
  return {
    createdBy: textOf(node, 'created_by') ?? '',
    comment: textOf(node, 'comment'),
    created: textOf(node, 'created'),
    emptyLayer: emptyLayer?.value === true,
  };
}

function textOf(entry: JsonObject, name: string): string | null {
  const node = optionalMember(entry, name);
  return node?.type === 'string' && node.value !== '' ? node.value : null;
}
