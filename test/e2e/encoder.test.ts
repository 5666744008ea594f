import { expect, test } from 'vitest';
import { fixture } from '../support/fixtures.js';
import { compare } from './support.js';

/* BuildKit's and Buildah's layers, which hold the same content. */
test('layers compressed in another way: blocks, and encoder where they tell', async () => {
  const report = await compare(fixture('clock-buildkit-1.oci.tar'), fixture('clock-buildah.oci.tar'));
  const compressions = report.differences.filter(({ field }) => field === 'compression');
  const examined = compressions.filter(({ values }) => JSON.stringify(values).includes('"blocks"'));
  /* By the truth table layers 0 and 2 have the same diffIDs, layer 1 has not. */
  expect(examined.map(({ layer }) => layer)).toEqual([0, 2]);
  for (const { values } of examined) {
    /* klauspost/pgzip flushes its piece before the end; what BuildKit writes with does not. */
    expect(values).toMatchObject([
      { blocks: { complete: true, members: 1, blocks: { emptyStored: 0, emptyFixed: 1 } } },
      { blocks: { complete: true, members: 1, blocks: { emptyStored: 1, emptyFixed: 1 } } },
    ]);
  }
});

/* Recompressed by klauspost/compress 1.18.0 at level 9, the layers' contents give the same bytes, but for MTIME. */
test("the encoder of BuildKit's layers at level 9", async () => {
  const report = await compare(fixture('clock-buildkit-1.oci.tar'), fixture('clock-buildkit-1-gzip9.oci.tar'));
  const compressions = report.differences.filter(({ field }) => field === 'compression');
  expect(compressions).toHaveLength(4);
  for (const { values } of compressions) {
    expect(values[1]).toMatchObject({ encoder: { name: 'klauspost/compress', level: '9' } });
  }
});
