import type { EntrySpec, ImageSpec } from '../../../support/images.js';
import type { CauseCases } from '../cause-case.js';
import { built, entries, layers, written } from '../image-cases.js';

const FOLDER: EntrySpec = { path: 'etc', type: 'directory' };
const FILE: EntrySpec = { path: 'etc/a', content: 'a\n' };

function folder(path: string): EntrySpec {
  return { path, type: 'directory' };
}

/** Layers with a line of the history each. */
function steps(...list: readonly (readonly [step: string, entries: readonly EntrySpec[]])[]): ImageSpec {
  return {
    ...layers(...list.map(([, each]) => each)),
    configFile: { history: list.map(([created_by]) => ({ created_by })) },
  };
}

export const LAYERS_CASES: readonly CauseCases[] = [
  {
    id: 'hard-link-order',
    shows: [
      written(
        'a and b share a file',
        entries({ path: 'a', content: 'x' }, { path: 'b', type: 'link', linkTarget: 'a' }),
        entries({ path: 'b', content: 'x' }, { path: 'a', type: 'link', linkTarget: 'b' }),
      ),
    ],
    misses: [
      written(
        'a hard link and a symbolic one',
        entries({ path: 'a', content: 'x' }, { path: 'b', type: 'link', linkTarget: 'a' }),
        entries({ path: 'a', content: 'x' }, { path: 'b', type: 'symlink', linkTarget: 'a' }),
      ),
    ],
  },
  {
    id: 'hard-link-broken',
    shows: [
      built('vfs and overlay, by Buildah', 'own-rules-buildah-vfs.oci.tar', 'own-rules-buildah-overlay.oci.tar'),
      written(
        'a link and a copy',
        entries({ path: 'a', content: 'x' }, { path: 'b', type: 'link', linkTarget: 'a' }),
        entries({ path: 'a', content: 'x' }, { path: 'b', content: 'x' }),
      ),
    ],
    misses: [
      written(
        'other groups',
        entries(
          { path: 'a', content: 'x' },
          { path: 'b', type: 'link', linkTarget: 'a' },
          { path: 'c', content: 'x' },
          { path: 'd', type: 'link', linkTarget: 'c' },
        ),
        entries(
          { path: 'a', content: 'x' },
          { path: 'c', type: 'link', linkTarget: 'a' },
          { path: 'b', content: 'x' },
          { path: 'd', type: 'link', linkTarget: 'b' },
        ),
      ),
    ],
  },
  {
    id: 'hard-link-groups',
    shows: [
      written(
        'other groups',
        entries(
          { path: 'a', content: 'x' },
          { path: 'b', type: 'link', linkTarget: 'a' },
          { path: 'c', content: 'x' },
          { path: 'd', type: 'link', linkTarget: 'c' },
        ),
        entries(
          { path: 'a', content: 'x' },
          { path: 'c', type: 'link', linkTarget: 'a' },
          { path: 'b', content: 'x' },
          { path: 'd', type: 'link', linkTarget: 'b' },
        ),
      ),
    ],
    misses: [
      written(
        'another order',
        entries({ path: 'a', content: 'x' }, { path: 'b', type: 'link', linkTarget: 'a' }),
        entries({ path: 'b', content: 'x' }, { path: 'a', type: 'link', linkTarget: 'b' }),
      ),
    ],
  },
  {
    id: 'empty-layer',
    shows: [
      built(
        'RUN true, BuildKit and the classic builder',
        'own-rules-classic-overlay.oci.tar',
        'own-rules-buildkit-overlay.oci.tar',
      ),
    ],
    misses: [written('a layer with a folder', layers([FILE]), layers([FILE], [folder('srv')]))],
  },
  {
    id: 'workdir-layer',
    shows: [
      built('BuildKit and Buildah', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'),
      built('Buildah, with layers and in one', 'clock-buildah.oci.tar', 'clock-buildah-one-layer.oci.tar'),
    ],
    misses: [
      written(
        'a folder that is not above it',
        { ...entries(), config: { WorkingDir: '/srv/work' } },
        { ...entries(folder('srv/other')), config: { WorkingDir: '/srv/work' } },
      ),
      written(
        'another working folder on one side',
        { ...entries(), config: { WorkingDir: '/' } },
        { ...entries(folder('srv')), config: { WorkingDir: '/srv' } },
      ),
    ],
  },
  {
    id: 'squashed-layers',
    shows: [
      built('docker build --squash', 'own-layers.oci.tar', 'own-layers-classic-squashed.oci.tar'),
      built('podman build --squash-all', 'own-rules-buildah-overlay.oci.tar', 'own-rules-podman-squashed.oci.tar'),
    ],
    misses: [
      written(
        'other files',
        layers([FILE], [{ path: 'b', content: 'b' }]),
        layers([FILE], [{ path: 'c', content: 'c' }]),
      ),
    ],
  },
  {
    id: 'added-step',
    shows: [
      written(
        'a step that changes nothing',
        steps(['COPY a /etc/', [FOLDER, FILE]], ['COPY b /', [{ path: 'b', content: 'b' }]]),
        steps(
          ['COPY a /etc/', [FOLDER, FILE]],
          ['RUN touch /etc', [FOLDER]],
          ['COPY b /', [{ path: 'b', content: 'b' }]],
        ),
      ),
    ],
    misses: [
      built('what a step adds is not explained by it', 'own-layers.oci.tar', 'own-layers-inserted.oci.tar'),
      written('no history', layers([FOLDER, FILE]), layers([FOLDER, FILE], [FOLDER])),
    ],
  },
  {
    id: 'moved-layer',
    shows: [built('COPY in another place', 'own-layers.oci.tar', 'own-layers-moved.oci.tar')],
    misses: [built('a layer more', 'own-layers.oci.tar', 'own-layers-inserted.oci.tar')],
  },
  {
    id: 'opaque-whiteout',
    shows: [
      built('BuildKit and Buildah', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'),
      built(
        'umoci insert --opaque and --whiteout',
        'own-umoci-insert-opaque.oci.tar',
        'own-umoci-insert-whiteouts.oci.tar',
      ),
    ],
    misses: [
      written(
        'a file that only one side removes',
        layers([FOLDER, FILE], [{ path: 'x' }]),
        layers([FOLDER, FILE], [{ path: 'etc/.wh.a' }, { path: 'x' }]),
      ),
    ],
  },
  {
    id: 'covered-whiteout',
    shows: [
      written(
        'restored above',
        layers([FOLDER, FILE], [{ path: 'etc/.wh.a' }, { path: 'x' }], [FILE]),
        layers([FOLDER, FILE], [{ path: 'x' }], [FILE]),
      ),
    ],
    misses: [
      written(
        'not restored',
        layers([FOLDER, FILE], [{ path: 'etc/.wh.a' }, { path: 'x' }]),
        layers([FOLDER, FILE], [{ path: 'x' }]),
      ),
    ],
  },
  {
    id: 'foreign-whiteout-marks',
    shows: [
      written('AUFS', entries(), entries(folder('.wh..wh.plnk'))),
      written('fuse-overlayfs', entries(), entries({ path: 'etc/.wh..opq' })),
    ],
    misses: [
      written('a whiteout', layers([FILE], [folder('x')]), layers([FILE], [folder('x'), { path: 'etc/.wh.a' }])),
    ],
  },
  {
    id: 'restated-folder',
    shows: [
      written(
        'a parent',
        layers([FOLDER, FILE], [{ path: 'etc/b' }]),
        layers([FOLDER, FILE], [FOLDER, { path: 'etc/b' }]),
      ),
    ],
    misses: [
      written(
        'another folder',
        layers([FOLDER, FILE], [{ path: 'etc/b' }]),
        layers([FOLDER, FILE], [{ path: 'etc/b' }, folder('etc/d')]),
      ),
    ],
  },
  {
    id: 'restated-file',
    shows: [
      written(
        'the same file',
        layers([FOLDER, FILE], [{ path: 'etc/b' }]),
        layers([FOLDER, FILE], [FILE, { path: 'etc/b' }]),
      ),
    ],
    misses: [
      written(
        'another file',
        layers([FOLDER, FILE], [{ path: 'etc/b' }]),
        layers([FOLDER, FILE], [{ path: 'etc/b' }, { path: 'etc/c' }]),
      ),
    ],
  },
  {
    id: 'layer-cut',
    shows: [
      written(
        'two layers or three',
        layers([FOLDER, FILE], [{ path: 'b' }, { path: 'c' }]),
        layers([FOLDER, FILE], [{ path: 'b' }], [{ path: 'c' }]),
      ),
    ],
    misses: [written('as many', layers([FOLDER, FILE], [{ path: 'b' }]), layers([FOLDER, FILE], [{ path: 'c' }]))],
  },
];
