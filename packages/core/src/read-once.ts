import type { LayerReader } from './compare-layers.js';
import type { LayerReading } from './layer/read-layer.js';

/**
 * The same reader, but reading a blob once a side where no index is asked for: one blob may be several layers of an
 * image, and of images of several platforms. What is said of it, its size and media type too, must be the same: each
 * claim is held against the blob, and one that has `urls` may be missing where another may not.
 */
export function readOnce(read: LayerReader): LayerReader {
  const readings = new Map<string, Promise<LayerReading>>();
  return (side, layer, depth, wishes) => {
    if (depth === 'index' || layer.ref.digest === null) return read(side, layer, depth, wishes);
    const { ref, descriptor, diffId } = layer;
    const { mediaType = null, urls = [] } = descriptor ?? {};
    const key = JSON.stringify([side, depth, ref.digest, ref.size, mediaType, urls, diffId]);
    const known = readings.get(key);
    if (known !== undefined) return known;
    const reading = read(side, layer, depth, wishes);
    readings.set(key, reading);
    return reading;
  };
}
