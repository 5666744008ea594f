import { expect, test } from 'vitest';
import { canonicalMediaType } from '../../../packages/core/src/image/media-type.js';

const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
const OCI_FOREIGN = 'application/vnd.oci.image.layer.nondistributable.v1.tar';

/* Sources: image-spec, media-types.md; distribution, manifest-v2-2.md; containerd, images/mediatypes.go (Docker's zstd). */
test.each([
  ['application/vnd.oci.image.index.v1+json', 'index', 'application/vnd.oci.image.index.v1+json', null, false, false],
  [
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'index',
    'application/vnd.oci.image.index.v1+json',
    null,
    true,
    false,
  ],
  [
    'application/vnd.oci.image.manifest.v1+json',
    'manifest',
    'application/vnd.oci.image.manifest.v1+json',
    null,
    false,
    false,
  ],
  [
    'application/vnd.docker.distribution.manifest.v2+json',
    'manifest',
    'application/vnd.oci.image.manifest.v1+json',
    null,
    true,
    false,
  ],
  [
    'application/vnd.oci.image.config.v1+json',
    'config',
    'application/vnd.oci.image.config.v1+json',
    null,
    false,
    false,
  ],
  [
    'application/vnd.docker.container.image.v1+json',
    'config',
    'application/vnd.oci.image.config.v1+json',
    null,
    true,
    false,
  ],
  [OCI_LAYER, 'layer', OCI_LAYER, 'none', false, false],
  [`${OCI_LAYER}+gzip`, 'layer', OCI_LAYER, 'gzip', false, false],
  [`${OCI_LAYER}+zstd`, 'layer', OCI_LAYER, 'zstd', false, false],
  ['application/vnd.docker.image.rootfs.diff.tar', 'layer', OCI_LAYER, 'none', true, false],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'layer', OCI_LAYER, 'gzip', true, false],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'layer', OCI_LAYER, 'zstd', true, false],
  [OCI_FOREIGN, 'layer', OCI_FOREIGN, 'none', false, true],
  [`${OCI_FOREIGN}+gzip`, 'layer', OCI_FOREIGN, 'gzip', false, true],
  [`${OCI_FOREIGN}+zstd`, 'layer', OCI_FOREIGN, 'zstd', false, true],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'layer', OCI_FOREIGN, 'gzip', true, true],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar', 'layer', OCI_FOREIGN, 'none', true, true],
  [
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'schema1',
    'application/vnd.docker.distribution.manifest.v1+json',
    null,
    true,
    false,
  ],
  [
    'application/vnd.docker.distribution.manifest.v1+json',
    'schema1',
    'application/vnd.docker.distribution.manifest.v1+json',
    null,
    true,
    false,
  ],
  ['application/vnd.in-toto+json', 'in-toto', 'application/vnd.in-toto+json', null, false, false],
  ['application/vnd.oci.empty.v1+json', 'empty', 'application/vnd.oci.empty.v1+json', null, false, false],
  [`${OCI_LAYER}+gzip+encrypted`, 'unknown', `${OCI_LAYER}+gzip+encrypted`, null, false, false],
  [
    'application/vnd.cncf.helm.config.v1+json',
    'unknown',
    'application/vnd.cncf.helm.config.v1+json',
    null,
    false,
    false,
  ],
  ['', 'unknown', '', null, false, false],
])('%s: %s', (mediaType, kind, canonical, compression, docker, foreign) => {
  expect(canonicalMediaType(mediaType)).toEqual({ kind, mediaType: canonical, compression, docker, foreign });
});
