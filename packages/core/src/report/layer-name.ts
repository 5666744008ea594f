import { ABSENT } from './clip.js';

/** A layer, or a pair of layers, as tables name it: `layers-1`, `layers-3:2`, `layers-3:–`; empty for none. */
export function layerName({
  layer,
  layers,
}: {
  readonly layer?: number;
  readonly layers?: readonly [number | null, number | null];
}): string {
  if (layer !== undefined) return `layers-${layer}`;
  if (layers === undefined) return '';
  const [layer0, layer1] = layers;
  return layer0 !== null && layer0 === layer1
    ? `layers-${layer0}`
    : `layers-${layers.map((position) => position ?? ABSENT).join(':')}`;
}
