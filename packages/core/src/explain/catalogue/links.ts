import type { Cause } from '../cause.js';
import { headersOf, isWriting } from './entries.js';

const LAYER = 'https://github.com/opencontainers/image-spec/blob/main/layer.md';

/** Paths that share one file. */
export const LINKS: readonly Cause[] = [
  {
    id: 'hard-link-order',
    title: 'Of paths that share a file, another one is written as the file',
    class: 'benign',
    where: 'Hard links in layers',
    shape:
      'A file on one side and a link to it on the other, or links to other paths of the group; the trees are the same.',
    remedy: 'Build both with the same version of one builder; tar --sort=name for archives.',
    references: ['https://github.com/containers/buildah/issues/6297', `${LAYER}#hardlinks`],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: (finding) =>
        (finding.field === 'type' || finding.field === 'linkTarget') &&
        headersOf(finding).some((header) => header?.type === 'hardlink') &&
        headersOf(finding).every((header) => header?.type === 'hardlink' || header?.type === 'file') &&
        isWriting(finding),
      normaliser: { squash: true },
    },
  },
  {
    id: 'hard-link-broken',
    title: 'Paths that share a file on one side have copies of it on the other',
    class: 'review',
    where: 'Hard links',
    shape: 'On one side the group, on the other the path alone. What the copies hold is compared by itself.',
    remedy:
      'Make file and links in one step: a lower file is copied up when it is changed, and its links with other layers are lost.',
    references: ['https://github.com/moby/moby/issues/5632', 'https://docs.kernel.org/filesystems/overlayfs.html'],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: ({ field, values }) =>
        field === 'links' && values.every(Array.isArray) && values.some((value) => (value as unknown[]).length === 1),
      normaliser: { copies: true },
    },
  },
  {
    id: 'hard-link-groups',
    title: 'Other paths share one file',
    class: 'review',
    where: 'Hard links',
    shape: 'Two groups of several paths that are not the same.',
    remedy: 'Make file and links in one step, in one layer.',
    references: [`${LAYER}#hardlinks`],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: ({ field }) => field === 'links',
      normaliser: { copies: true },
    },
  },
];
