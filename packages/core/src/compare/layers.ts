import type { Compression } from '../bytes/decompress.js';
import type { Layer } from '../image/load.js';
import { jsonStable } from '../json/stable.js';
import type { LayerReading } from '../layer/read-layer.js';
import type { Value } from './difference.js';
import type { FindingSink, LayerPair } from './finding.js';
import type { LayerBytes } from './layer-bytes.js';
import { compareStreams } from './streams.js';

/** A layer of one side and what reading it told. */
export interface ReadLayer {
  readonly layer: Layer;
  readonly reading: LayerReading;
}

/**
 * Compares two aligned layers: how they are compressed, and, where their diffIDs differ, their streams.
 * Compressed bytes are compared only where both media have them.
 * @returns what the streams' bytes belong to; null where they were not compared
 */
export function compareLayers(
  side0: ReadLayer,
  side1: ReadLayer,
  platform: string,
  pair: LayerPair,
  emit: FindingSink,
): LayerBytes | null {
  compareCompression(side0, side1, platform, pair, emit);
  const [index0, index1] = [side0.reading.index, side1.reading.index];
  if (index0 === null || index1 === null || side0.layer.diffId === side1.layer.diffId) return null;
  return compareStreams(index0, index1, platform, pair, emit);
}

function compareCompression(
  side0: ReadLayer,
  side1: ReadLayer,
  platform: string,
  pair: LayerPair,
  emit: FindingSink,
): void {
  const [descriptor0, descriptor1] = [side0.layer.descriptor, side1.layer.descriptor];
  if (descriptor0 === null || descriptor1 === null || descriptor0.digest === descriptor1.digest) return;
  const [compression0, compression1] = [side0.reading.compression, side1.reading.compression];
  if (compression0 === null || compression1 === null) return;
  /* Other content compresses to other bytes; then only what does not depend on the content tells of the compressor. */
  const sameContent = side0.layer.diffId === side1.layer.diffId;
  if (!sameContent && jsonStable(settingsOf(compression0)) === jsonStable(settingsOf(compression1))) return;
  emit({
    subject: 'layer',
    change: 'modified',
    platform,
    layers: pair,
    field: 'compression',
    values: [compressionValue(side0, compression0, sameContent), compressionValue(side1, compression1, sameContent)],
    excuses: [['compression']],
  });
}

/** What of a compression does not follow from the content. */
export function settingsOf(compression: Compression): Value {
  const { format, gzip, zstd, trailing } = compression;
  return {
    format,
    gzip: (gzip ?? null) as Value,
    zstd: zstd === undefined ? null : { checksum: zstd.checksum, skippable: zstd.skippableFrames > 0 },
    trailing: trailing === undefined ? null : trailing.kind,
  };
}

/** Blocks and encoder are told only where the content is the same: other content is cut into other blocks. */
function compressionValue({ layer, reading }: ReadLayer, compression: Compression, sameContent: boolean): Value {
  const { blocks, encoder, ...rest } = compression;
  const structure = sameContent ? { ...(blocks && { blocks }), ...(encoder && { encoder }) } : {};
  return {
    ...(rest as unknown as Record<string, Value>),
    ...(structure as unknown as Record<string, Value>),
    digest: layer.descriptor?.digest ?? null,
    size: reading.storedBytes,
  };
}
