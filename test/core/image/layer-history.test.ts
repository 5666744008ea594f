import { describe, expect, test } from 'vitest';
import { layerHistory, readHistory } from '../../../packages/core/src/image/layer-history.js';
import { json } from './support.js';

/* python:3.13 of February 2025, the first entries: debuerreotype, then BuildKit. */
const DEBIAN = {
  created: '2023-05-10T23:29:59Z',
  created_by: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1740355200'",
  comment: 'debuerreotype 0.15',
};
const RUN = {
  created: '2025-02-04T23:51:20Z',
  created_by:
    'RUN /bin/sh -c set -eux; \tapt-get update; \tapt-get install -y --no-install-recommends \t\tlibbluetooth-dev \t\ttk-dev \t\tuuid-dev \t; \trm -rf /var/lib/apt/lists/* # buildkit',
  comment: 'buildkit.dockerfile.v0',
};
const CMD = {
  created: '2025-02-04T23:51:20Z',
  created_by: 'CMD ["python3"]',
  comment: 'buildkit.dockerfile.v0',
  empty_layer: true,
};

describe('layerHistory', () => {
  test('the entries that made a layer, in order', () => {
    expect(layerHistory(json({ history: [DEBIAN, CMD, RUN, CMD] }), 2)).toEqual([
      {
        createdBy: DEBIAN.created_by,
        comment: 'debuerreotype 0.15',
        created: '2023-05-10T23:29:59Z',
        emptyLayer: false,
      },
      {
        createdBy: RUN.created_by,
        comment: 'buildkit.dockerfile.v0',
        created: '2025-02-04T23:51:20Z',
        emptyLayer: false,
      },
    ]);
  });

  test.each<[why: string, entry: unknown, expected: object]>([
    [
      "Docker's classic builder writes no comment",
      { created: '2018-06-26T21:25:25.408453148Z', created_by: '/bin/sh -c #(nop) ADD file:28fbc9fd012e in / ' },
      {
        createdBy: '/bin/sh -c #(nop) ADD file:28fbc9fd012e in / ',
        comment: null,
        created: '2018-06-26T21:25:25.408453148Z',
      },
    ],
    ['nothing in it', {}, { createdBy: '', comment: null, created: null }],
    [
      'all null, which Go reads as absent',
      { created: null, created_by: null, comment: null, empty_layer: null },
      { createdBy: '', comment: null, created: null },
    ],
    [
      'members of other types',
      { created: 1, created_by: ['RUN'], comment: {} },
      { createdBy: '', comment: null, created: null },
    ],
    [
      'an empty comment and time are none',
      { created: '', created_by: '', comment: '' },
      { createdBy: '', comment: null, created: null },
    ],
    [
      'made a layer, said outright',
      { created_by: 'x', empty_layer: false },
      { createdBy: 'x', comment: null, created: null },
    ],
  ])('an entry: %s', (_why, entry, expected) => {
    expect(layerHistory(json({ history: [entry] }), 1)).toEqual([{ ...expected, emptyLayer: false }]);
  });

  test.each<[why: string, document: unknown, layers: number]>([
    ['one entry for two layers', { history: [DEBIAN] }, 2],
    ['two for one', { history: [DEBIAN, RUN] }, 1],
    ['only such as made none', { history: [CMD] }, 1],
    ['no history', {}, 2],
    ['a history that is null', { history: null }, 2],
    ['a history that is no list', { history: { 0: DEBIAN } }, 1],
    ['an entry that is no object may have made a layer or not', { history: [DEBIAN, 'RUN'] }, 1],
    ['so may one that is null', { history: [DEBIAN, null] }, 1],
    ['so may one with another empty_layer than true and false', { history: [{ ...DEBIAN, empty_layer: 'false' }] }, 1],
    ['a config that is no object', [], 1],
  ])('null for every layer: %s', (_why, document, layers) => {
    expect(layerHistory(json(document), layers)).toEqual(new Array(layers).fill(null));
  });

  test('an image without layers has no lines', () => {
    expect(layerHistory(json({}), 0)).toEqual([]);
    expect(layerHistory(json({ history: 1 }), 0)).toEqual([]);
  });
});

test('readHistory gives the entries of no layer too', () => {
  expect(readHistory(json({ history: [DEBIAN, CMD] }))?.map(({ emptyLayer }) => emptyLayer)).toEqual([false, true]);
  expect(readHistory(json({ history: 'x' }))).toBeNull();
});
