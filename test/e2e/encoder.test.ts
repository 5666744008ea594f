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
