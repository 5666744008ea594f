import type { ImageSpec } from '../../../support/images.js';
import type { CauseCases } from '../cause-case.js';
import { built, entries, fields, written } from '../image-cases.js';

const EPOCH = 1_677_619_260;
const CREATED = '2023-02-28T21:21:00Z';

/** An image that was made at `created` with a file of `mtime`; with `rewritten`, BuildKit says so. */
function image(mtime: number, created: string, rewritten?: number, more: readonly number[] = []): ImageSpec {
  const list = [mtime, ...more].map((each, i) => ({ path: `file${i}`, content: 'same\n', mtime: each }));
  const annotations = rewritten === undefined ? undefined : { 'buildkit/rewritten-timestamp': String(rewritten) };
  return {
    layers: [{ entries: list, ...(annotations === undefined ? {} : { annotations }) }],
    configFile: { created, history: [{ created, created_by: 'COPY . / # buildkit' }] },
  };
}

/** An image on a base layer that was made at `baseCreated`. */
function onBase(mtime: number, baseCreated: string, rewritten?: number): ImageSpec {
  const layer = { entries: [{ path: 'base', content: 'same\n', mtime }] };
  return {
    layers: [
      rewritten === undefined
        ? layer
        : { ...layer, annotations: { 'buildkit/rewritten-timestamp': String(rewritten) } },
    ],
    configFile: {
      created: CREATED,
      history: [
        { created: baseCreated, created_by: 'ADD rootfs.tar /' },
        { created: CREATED, created_by: 'CMD ["sh"]', empty_layer: true },
      ],
    },
  };
}

export const TIMES_CASES: readonly CauseCases[] = [
  {
    id: 'rewritten-annotation',
    shows: [
      built('BuildKit without rewrite-timestamp', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-no-rewrite.oci.tar'),
    ],
    misses: [
      written('no seconds', image(1, CREATED), {
        ...image(1, CREATED),
        layers: [
          {
            entries: image(1, CREATED).layers?.[0]?.entries ?? [],
            annotations: { 'buildkit/rewritten-timestamp': 'x' },
          },
        ],
      }),
    ],
  },
  {
    id: 'whole-seconds',
    shows: [written('a fraction and none', ...fields({ mtime: 5 }, { mtime: 5, pax: { mtime: '5.25' } }))],
    misses: [
      written('two fractions', ...fields({ pax: { mtime: '5.5' } }, { pax: { mtime: '5.25' } })),
      written('another second', ...fields({ mtime: 6 }, { pax: { mtime: '5.25' } })),
    ],
  },
  {
    id: 'access-times',
    shows: [written('a record and none', ...fields({}, { pax: { atime: '1.5', ctime: '2.5' } }))],
    misses: [written('mtime', ...fields({ mtime: 1 }, { mtime: 2 }))],
  },
  {
    id: 'whiteout-metadata',
    shows: [
      built("times of Buildah's whiteouts", 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'),
      written('modes', entries({ path: 'a/.wh.b', mode: 0 }), entries({ path: 'a/.wh.b', mode: 0o600 })),
    ],
    misses: [written('a file', entries({ path: 'a/wh.b', mode: 0 }), entries({ path: 'a/wh.b', mode: 0o600 }))],
  },
  {
    id: 'base-times-rewritten',
    shows: [written('a base layer', onBase(1, '2020-01-01T00:00:00Z'), onBase(EPOCH, '2020-01-01T00:00:00Z', EPOCH))],
    misses: [
      written('a layer of the build', onBase(1, CREATED), onBase(EPOCH, CREATED, EPOCH)),
      written('another base', onBase(1, '2020-01-01T00:00:00Z'), onBase(EPOCH, '2021-01-01T00:00:00Z', EPOCH)),
    ],
  },
  {
    id: 'times-not-rewritten',
    shows: [
      built('BuildKit without rewrite-timestamp', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-no-rewrite.oci.tar'),
    ],
    misses: [
      written(
        'an earlier time on the other side',
        image(EPOCH, CREATED, EPOCH),
        image(EPOCH - 1000, '2023-02-28T21:21:01Z'),
      ),
    ],
  },
  {
    id: 'other-source-date-epoch',
    shows: [
      written('two epochs', image(EPOCH, CREATED, EPOCH), image(EPOCH + 60, '2023-02-28T21:22:00Z', EPOCH + 60)),
      written(
        'without annotations',
        image(EPOCH, CREATED, undefined, [EPOCH]),
        image(EPOCH + 60, '2023-02-28T21:22:00Z', undefined, [EPOCH + 60]),
      ),
    ],
    misses: [
      written('not the epoch', image(EPOCH, CREATED, EPOCH), image(EPOCH + 59, '2023-02-28T21:22:00Z', EPOCH + 60)),
    ],
  },
  {
    id: 'time-before-epoch',
    shows: [written('times of two checkouts', image(EPOCH - 100, CREATED, EPOCH), image(EPOCH - 90, CREATED, EPOCH))],
    misses: [written('not clamped', image(EPOCH - 100, CREATED), image(EPOCH - 90, CREATED))],
  },
  {
    id: 'folder-times',
    shows: [
      written(
        'a folder',
        entries({ path: 'etc', type: 'directory', mtime: 1 }),
        entries({ path: 'etc', type: 'directory', mtime: 2 }),
      ),
    ],
    misses: [written('a file', ...fields({ mtime: 1 }, { mtime: 2 }))],
  },
  {
    id: 'build-clock',
    shows: [
      built(
        'the classic builder, two runs',
        'own-rules-classic-overlay.oci.tar',
        'own-rules-classic-overlay-again.oci.tar',
      ),
    ],
    misses: [written('long before', image(1_000_000, '2023-02-28T21:21:01Z'), image(EPOCH, '2023-02-28T21:21:01Z'))],
  },
  {
    id: 'other-times',
    shows: [written('nothing known of the build', ...fields({ mtime: 1 }, { mtime: 2 }))],
    misses: [written('contents', ...fields({ content: 'a' }, { content: 'b' }))],
  },
];
