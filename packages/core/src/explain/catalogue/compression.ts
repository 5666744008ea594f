import type { Compression } from '../../bytes/compression.js';
import type { Value } from '../../compare/difference.js';
import type { Finding } from '../../compare/finding.js';
import { canonicalMediaType } from '../../image/media-type.js';
import { jsonStable } from '../../json/stable.js';
import type { Cause, FindingRule } from '../cause.js';
import { anyText, documentRule } from '../document-rule.js';

const RFC1952 = 'https://www.rfc-editor.org/rfc/rfc1952';
const OUTPUT = 'https://docs.docker.com/build/exporters/image-registry/';
const STARGZ = 'https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md';
const CHUNKED = 'https://github.com/containers/storage/blob/main/docs/containers-storage-zstd-chunked.md';

const LAZY = /^(?:containerd\.io\/snapshot\/stargz\/|io\.containers\.estargz\.|io\.github\.containers\.zstd-chunked\.)/;

/** How layers are compressed. What they hold is not touched by it. */
export const COMPRESSION: readonly Cause[] = [
  {
    id: 'compression-codec',
    title: 'Layers are compressed with another method, or not at all',
    class: 'benign',
    where: 'Layers',
    shape: 'gzip, zstd or none, by what the bytes begin with.',
    remedy:
      'Say which: --output type=image,compression=gzip,force-compression=true; skopeo copy --dest-compress-format. Docker and containerd do not keep the compressed bytes when they save an image.',
    references: [OUTPUT, 'https://github.com/docker/cli/issues/5515'],
    rule: compressionRule((a, b) => a.format !== b.format),
  },
  {
    id: 'compression-media-type',
    title: 'The media types of layers name their compression',
    class: 'benign',
    where: '/layers/*/mediaType of the manifest',
    shape: "Both are OCI's or both Docker's, for one kind of layer.",
    remedy: 'Say which compression to use: --output type=image,compression=gzip,force-compression=true',
    references: ['https://github.com/opencontainers/image-spec/blob/main/media-types.md'],
    rule: documentRule({
      kinds: ['manifest'],
      fields: [['layers', '*', 'mediaType']],
      left: (value) => {
        const info = canonicalMediaType(typeof value === 'string' ? value : '');
        return info.kind === 'layer' ? info.mediaType : value;
      },
      where: (_, { values: [value0, value1] }) => value0 !== null && value1 !== null,
    }),
  },
  {
    id: 'gzip-trailing-data',
    title: 'Something stands behind the gzip data of a layer',
    class: 'review',
    where: 'Layers',
    shape: 'Zeros or other bytes that are no content, on one side or other ones on each.',
    remedy: 'Write the layer anew: skopeo copy --dest-compress, or the same builder for both.',
    references: [RFC1952],
    rule: gzipRule((a, b) => jsonStable(a.trailing ?? null) !== jsonStable(b.trailing ?? null)),
  },
  {
    id: 'gzip-level',
    title: 'Layers are compressed with another level of gzip',
    class: 'benign',
    where: 'Layers',
    shape:
      "The header's extra flags differ (4 fastest, 2 best), or one encoder's levels; the rest of the header is the same.",
    remedy: 'Give the level: --output type=image,compression-level=6,force-compression=true',
    references: [OUTPUT, RFC1952],
    rule: gzipRule((a, b) => {
      if (jsonStable({ ...a.gzip, xfl: 0 }) !== jsonStable({ ...b.gzip, xfl: 0 })) return false;
      if ((a.encoder?.name ?? null) !== (b.encoder?.name ?? null)) return false;
      return a.gzip?.xfl !== b.gzip?.xfl || (a.encoder?.level ?? null) !== (b.encoder?.level ?? null);
    }),
  },
  {
    id: 'gzip-header',
    title: 'The gzip headers of layers differ',
    class: 'benign',
    where: 'Layers',
    shape:
      'Time, name, operating system or flags of the header; the blocks behind it are the same as far as they were looked at.',
    remedy: 'gzip -n leaves name and time out; use the same tool for both.',
    references: [RFC1952],
    rule: gzipRule(
      (a, b) => jsonStable(a.gzip) !== jsonStable(b.gzip) && jsonStable(shapeOf(a)) === jsonStable(shapeOf(b)),
    ),
  },
  {
    id: 'gzip-compressor',
    title: 'Another program, or another version of it, compressed the layers',
    class: 'benign',
    where: 'Layers',
    shape: 'Both are gzip and have the same content, cut into other blocks or encoded otherwise.',
    remedy:
      'Build both with the same version of the builder (BuildKit: moby/buildkit:v0.x.y); pigz, zlib, Go and klauspost/compress all give other bytes.',
    references: ['https://github.com/moby/buildkit/issues/6841', RFC1952],
    rule: gzipRule(() => true),
  },
  {
    id: 'zstd-encoder',
    title: 'Layers were compressed by another zstd, or with other settings',
    class: 'review',
    where: 'Layers',
    shape: 'Both are zstd: frames, window, checksum or the bytes within differ.',
    remedy: 'Build both with the same version of the builder and the same compression-level.',
    references: ['https://www.rfc-editor.org/rfc/rfc8878', 'https://github.com/moby/buildkit/issues/6933'],
    rule: compressionRule((a, b) => a.format === 'zstd' && b.format === 'zstd'),
  },
  {
    id: 'lazy-pulling-annotations',
    title: 'Layers of one side can be fetched in parts (eStargz, zstd:chunked)',
    class: 'review',
    where:
      'Annotations of layers: containerd.io/snapshot/stargz/*, io.containers.estargz.*, io.github.containers.zstd-chunked.*',
    shape: 'Digests and sizes of tables of contents, or one and none.',
    remedy: 'Use the same compression for both: --output type=image,compression=gzip,force-compression=true',
    references: [STARGZ, CHUNKED],
    rule: documentRule({ kinds: ['manifest'], fields: [['layers', '*', 'annotations', LAZY]], left: anyText }),
  },
  {
    id: 'estargz-entries',
    title: 'eStargz adds files of its own to each layer',
    class: 'review',
    where: 'stargz.index.json, .prefetch.landmark, .no.prefetch.landmark',
    shape: 'A file that one side has alone, at the root.',
    remedy: 'Use the same compression for both: compression=gzip in place of estargz.',
    references: [STARGZ],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: ({ path = '', field, values }) =>
        field === 'type' && values.includes(null) && values.includes('file') && isLandmark(path),
      normaliser: { entry: ({ path, type }) => type !== 'file' || !isLandmark(path) },
    },
  },
];

function isLandmark(path: string): boolean {
  return path === 'stargz.index.json' || path === '.prefetch.landmark' || path === '.no.prefetch.landmark';
}

function compressionRule(covers: (a: Compression, b: Compression) => boolean): FindingRule {
  return {
    what: 'finding',
    subjects: ['layer'],
    covers: (finding) => {
      const pair = compressionsOf(finding);
      return pair !== null && covers(...pair);
    },
    normaliser: { compression: true },
  };
}

function gzipRule(covers: (a: Compression, b: Compression) => boolean): FindingRule {
  return compressionRule((a, b) => a.format === 'gzip' && b.format === 'gzip' && covers(a, b));
}

/* The values of the field are what examining the bytes told; see compare/layers.ts. */
function compressionsOf({ field, values }: Finding): [Compression, Compression] | null {
  if (field !== 'compression' || values.some((value) => typeof value !== 'object' || value === null)) return null;
  return values as readonly Value[] as unknown as [Compression, Compression];
}

function shapeOf({ blocks, encoder, trailing }: Compression): unknown {
  const { examinedBytes, ...rest } = blocks ?? { examinedBytes: 0 };
  return { rest, level: encoder?.level ?? null, trailing: trailing ?? null };
}
