import { expect, test } from 'vitest';
import { parseDiffId, parseDigest } from '../../packages/core/src/digest.js';
import type { Layer } from '../../packages/core/src/image/load.js';
import type { LayerDepth } from '../../packages/core/src/layer/read-layer.js';
import { readOnce } from '../../packages/core/src/read-once.js';

const DIGEST = parseDigest(`sha256:${'a'.repeat(64)}`);
const DIFF_ID = parseDiffId(`sha256:${'b'.repeat(64)}`);
const TYPE = 'application/vnd.oci.image.layer.v1.tar';

function layer(size: number, mediaType: string, urls?: readonly string[]): Layer {
  const descriptor = { mediaType, digest: DIGEST, size, ...(urls === undefined ? {} : { urls }) };
  return { position: 0, ref: { name: DIGEST, digest: DIGEST, size }, descriptor, diffId: DIFF_ID };
}

test.each<[string, Layer, Layer, LayerDepth, number]>([
  ['one claim twice is one reading', layer(5, TYPE), layer(5, TYPE), 'diff-id', 1],
  ['another size is another claim', layer(5, TYPE), layer(6, TYPE), 'diff-id', 2],
  ['another media type is another claim', layer(5, TYPE), layer(5, `${TYPE}+gzip`), 'diff-id', 2],
  ['one that may lie elsewhere is another claim', layer(5, TYPE, ['https://example.org/l']), layer(5, TYPE), 'blob', 2],
  ['an index is read each time', layer(5, TYPE), layer(5, TYPE), 'index', 2],
])('%s', async (_reason, first, second, depth, count) => {
  const seen: Layer[] = [];
  const read = readOnce(async (_side, each) => {
    seen.push(each);
    return { compression: null, storedBytes: each.ref.size ?? 0, index: null };
  });
  await read(0, first, depth);
  await read(0, second, depth);
  expect(seen).toHaveLength(count);
});
