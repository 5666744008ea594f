import type { LayerReader } from './compare-images.js';
import type { LayerReading } from './layer/read-layer.js';

/**
 * The same reader, but reading a blob once a side where no index is asked for: one blob may be several layers of an
 * image, and of images of several platforms.
 */
export function readOnce(read: LayerReader): LayerReader {
  const readings = new Map<string, Promise<LayerReading>>();
  return (side, layer, depth) => {
    if (depth === 'index' || layer.ref.digest === null) return read(side, layer, depth);
    const key = `${side} ${depth} ${layer.ref.digest} ${layer.diffId}`;
    const known = readings.get(key);
    if (known !== undefined) return known;
    const reading = read(side, layer, depth);
    readings.set(key, reading);
    return reading;
  };
}

