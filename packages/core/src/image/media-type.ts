/** What a document or blob of a media type is. `schema1`: Docker's manifest before version 2.2. */
export type MediaTypeKind = 'index' | 'manifest' | 'schema1' | 'config' | 'layer' | 'in-toto' | 'empty' | 'unknown';

/** What a media type says. */
export interface MediaTypeInfo {
  readonly kind: MediaTypeKind;
  /** OCI's name for the same thing, of a layer without its compression; an unknown type as it was written. */
  readonly mediaType: string;
  /** What the type says of a layer's compression; null for all but layers. */
  readonly compression: 'none' | 'gzip' | 'zstd' | null;
  /** Whether it is Docker's name. */
  readonly docker: boolean;
  /** A layer that is fetched from its `urls` and not kept in registries (OCI: non-distributable, Docker: foreign). */
  readonly foreign: boolean;
}

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
const OCI_FOREIGN_LAYER = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';
const DOCKER_FOREIGN_LAYER = 'application/vnd.docker.image.rootfs.foreign.diff.tar';

/* Sources: image-spec, media-types.md; distribution, manifest-v2-2.md "Media Types"; in-toto attestation bundles. */
const KNOWN: ReadonlyMap<string, MediaTypeInfo> = new Map([
  ...document('index', OCI_INDEX, ['application/vnd.docker.distribution.manifest.list.v2+json']),
  ...document('manifest', OCI_MANIFEST, ['application/vnd.docker.distribution.manifest.v2+json']),
  ...document('config', OCI_CONFIG, ['application/vnd.docker.container.image.v1+json']),
  ...document('schema1', 'application/vnd.docker.distribution.manifest.v1+json', [
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ]),
  ...document('in-toto', 'application/vnd.in-toto+json', []),
  ...document('empty', 'application/vnd.oci.empty.v1+json', []),
  ...layer(OCI_LAYER, OCI_LAYER, '+', false),
  ...layer(OCI_FOREIGN_LAYER, OCI_FOREIGN_LAYER, '+', true),
  ...layer(OCI_LAYER, DOCKER_LAYER, '.', false),
  ...layer(OCI_FOREIGN_LAYER, DOCKER_FOREIGN_LAYER, '.', true),
]);

function document(kind: MediaTypeKind, oci: string, docker: readonly string[]): [string, MediaTypeInfo][] {
  const info = { kind, mediaType: oci, compression: null, foreign: false };
  return [
    [oci, { ...info, docker: kind === 'schema1' }],
    ...docker.map((name): [string, MediaTypeInfo] => [name, { ...info, docker: true }]),
  ];
}

function layer(oci: string, name: string, separator: string, foreign: boolean): [string, MediaTypeInfo][] {
  const info = { kind: 'layer', mediaType: oci, docker: oci !== name, foreign } as const;
  return [
    [name, { ...info, compression: 'none' }],
    [`${name}${separator}gzip`, { ...info, compression: 'gzip' }],
    [`${name}${separator}zstd`, { ...info, compression: 'zstd' }],
  ];
}

/** What `mediaType` says; a type that is not known says only itself. */
export function canonicalMediaType(mediaType: string): MediaTypeInfo {
  const known = KNOWN.get(mediaType);
  return known ?? { kind: 'unknown', mediaType, compression: null, docker: false, foreign: false };
}
