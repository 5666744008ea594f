import { requireTool } from '../../../support/tools.js';
import type { CauseCases } from '../cause-case.js';
import { built, entries, gzip, made, stored, through, written } from '../image-cases.js';

/** gzip's header with a time. */
function withTime(tar: Buffer): Buffer {
  const bytes = gzip(tar);
  bytes.writeUInt32LE(1_700_000_000, 4);
  return bytes;
}

const ZSTD = { compression: 'zstd' } as const;

export const COMPRESSION_CASES: readonly CauseCases[] = [
  {
    id: 'compression-codec',
    shows: [
      built('BuildKit, gzip and zstd', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-zstd.oci.tar'),
      built('BuildKit, gzip and none', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-plain.oci.tar'),
    ],
    misses: [built('another level', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar')],
  },
  {
    id: 'compression-media-type',
    shows: [built('BuildKit, gzip and zstd', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-zstd.oci.tar')],
    misses: [
      written('another kind of thing', entries(), {
        layers: [{ mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip' }],
      }),
    ],
  },
  {
    id: 'gzip-trailing-data',
    shows: [
      written(
        'zeros behind',
        stored(gzip),
        stored((tar) => Buffer.concat([gzip(tar), Buffer.alloc(512)])),
      ),
    ],
    misses: [made('gzip -1 and -9', stored(through('gzip', '-n1')), stored(through('gzip', '-n9')))],
  },
  {
    id: 'gzip-level',
    shows: [
      built('BuildKit, compression-level=9', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar'),
      made('gzip -1 and -9', stored(through('gzip', '-n1')), stored(through('gzip', '-n9'))),
    ],
    misses: [built('another encoder', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar')],
  },
  {
    id: 'gzip-header',
    shows: [
      written('a time', stored(gzip), stored(withTime)),
      built("the time of Buildah's pgzip", 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'),
    ],
    misses: [made('gzip -1 and -9', stored(through('gzip', '-n1')), stored(through('gzip', '-n9')))],
  },
  {
    id: 'gzip-compressor',
    shows: [
      built('BuildKit and Buildah', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'),
      made('GNU gzip and zlib', stored(through('gzip', '-n6')), stored(gzip)),
      ...(requireTool('pigz') ? [made('pigz and zlib', stored(through('pigz', '-n6')), stored(gzip))] : []),
    ],
    misses: [written('a time in the header', stored(gzip), stored(withTime))],
  },
  {
    id: 'zstd-encoder',
    shows: requireTool('zstd')
      ? [made('zstd -1 and -19', stored(through('zstd', '-1'), ZSTD), stored(through('zstd', '-19'), ZSTD))]
      : [],
    misses: [built('gzip and zstd', 'clock-buildkit-1.oci.tar', 'clock-buildkit-1-zstd.oci.tar')],
  },
  {
    id: 'lazy-pulling-annotations',
    shows: [
      written('eStargz', entries(), {
        layers: [{ annotations: { 'containerd.io/snapshot/stargz/toc.digest': `sha256:${'0a'.repeat(32)}` } }],
      }),
    ],
    misses: [written('another annotation', entries(), { layers: [{ annotations: { 'com.example.stargz': '1' } }] })],
  },
  {
    id: 'estargz-entries',
    shows: [written('a landmark', entries(), entries({ path: '.no.prefetch.landmark', content: '\u000f' }))],
    misses: [
      written('the name in a folder', entries(), entries({ path: 'srv/.no.prefetch.landmark', content: '\u000f' })),
    ],
  },
];
