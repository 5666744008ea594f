import type { Finding } from '../../compare/finding.js';
import { markerOf, whiteoutOf } from '../../layer/whiteout.js';
import type { Cause, FindingRule } from '../cause.js';
import type { PairEvidence, SideEvidence } from '../evidence.js';
import { stepText } from '../history-step.js';
import { factsOf } from '../image-facts.js';
import type { Normaliser } from '../normaliser.js';
import { aloneHeader, isWriting } from './entries.js';

const LAYER = 'https://github.com/opencontainers/image-spec/blob/main/layer.md';
const BUILDKIT_WORKDIR = 'https://github.com/moby/buildkit/issues/5960';

/** The diffID of a tar archive that holds nothing: 1,024 zero bytes. */
const EMPTY_DIFF_ID = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

const SQUASH: Normaliser = { squash: true };

/** How the same files are cut into layers, and how layers say what they remove. */
export const LAYERS: readonly Cause[] = [
  {
    id: 'empty-layer',
    title: 'One side has a layer that holds nothing',
    class: 'benign',
    where: 'Layers',
    shape: 'A tar archive of 1,024 zeros that one side has alone.',
    remedy: 'Build both with the same version of one builder: some keep the layer of a RUN that changes no file.',
    references: [LAYER],
    rule: layerRule(
      ({ field, values }) => field === 'diffId' && values.includes(null) && values.includes(EMPTY_DIFF_ID),
    ),
  },
  {
    id: 'workdir-layer',
    title: 'WORKDIR makes its folder with one builder, and leaves it to the engine with the other',
    class: 'review',
    where: 'The working folder and its parents; the layer that holds nothing else',
    shape:
      'Folders that one side has alone, at the working folder of both configs or above it, and a layer alone whose step is WORKDIR while the other side has the step without a layer.',
    remedy:
      'Build both with the same builder, or make the folder: RUN mkdir -p /srv/work before WORKDIR. BuildKit writes a layer, Buildah and Podman with --layers none.',
    references: [BUILDKIT_WORKDIR, 'https://docs.docker.com/reference/dockerfile/#workdir'],
    rule: {
      what: 'finding',
      subjects: ['layer', 'file'],
      covers: (finding, { sides }) =>
        finding.subject === 'layer' ? isWorkdirLayer(finding, sides) : isWorkingFolder(finding, sides),
      normaliser: {
        squash: true,
        entry: ({ path, type }, image) => type !== 'directory' || !isAtOrAbove(path, factsOf(image).workingDir),
      },
    },
  },
  {
    id: 'squashed-layers',
    title: 'One side has all of its files in one layer',
    class: 'review',
    where: 'Layers, and what only layers below the last show',
    shape: 'One layer on one side and several on the other; the files of the whole images are compared by themselves.',
    remedy: 'Build both with the same options: buildah build --layers, or --squash on both.',
    references: ['https://github.com/containers/buildah/blob/main/docs/buildah-build.1.md', LAYER],
    rule: cutRule(([layers0, layers1]) => layers0 !== layers1 && Math.min(layers0, layers1) === 1),
  },
  {
    id: 'added-step',
    title: 'One side has a layer of a step that the other has not',
    class: 'review',
    where: 'Layers',
    shape: 'A layer alone whose line of the history has no like on the other side.',
    remedy: 'Compare the Dockerfiles and the base images: FROM …@sha256:…',
    references: ['https://docs.docker.com/build/building/best-practices/'],
    rule: layerRule(({ field, layers, values }, { sides }) => {
      if (field !== 'diffId' || !values.includes(null) || layers === undefined) return false;
      const side = layers[0] === null ? 1 : 0;
      const step = stepAt(sides[side], layers[side]);
      return step !== null && !factsOf(sides[side === 0 ? 1 : 0]).hasStep(step);
    }),
  },
  {
    id: 'moved-layer',
    title: 'The same layer stands in another place',
    class: 'review',
    where: 'Layers',
    shape: 'One diffID at two places; what the order decides is told by the files.',
    remedy: 'Keep the order of steps in the Dockerfile.',
    references: [LAYER],
    rule: layerRule(({ field }) => field === 'position'),
  },
  {
    id: 'foreign-whiteout-marks',
    title: 'A file system left marks of its own in a layer',
    class: 'review',
    where: '.wh..opq, .wh..wh.plnk, .wh..wh.aufs, .wh..wh.orph',
    shape: 'Entries of one side alone with names that begin as whiteouts do, but remove nothing.',
    remedy: 'Build with overlay in place of AUFS or fuse-overlayfs.',
    references: [`${LAYER}#whiteouts`],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: (finding) => aloneHeader(finding) !== null && isForeignMark(finding.path ?? ''),
      normaliser: { entry: ({ path }) => !isForeignMark(path) },
    },
  },
  {
    id: 'opaque-whiteout',
    title: 'Files of a folder are removed one by one on one side, and all at once on the other',
    class: 'review',
    where: '.wh..wh..opq and .wh.* entries',
    shape: 'Whiteouts that one side has alone, and after which the folder holds the same on both.',
    remedy:
      'Build both with the same builder and snapshotter: overlay marks folders as opaque, vfs and fuse-overlayfs may not.',
    references: [`${LAYER}#opaque-whiteout`],
    rule: whiteoutRule((finding) => isWriting(finding)),
  },
  {
    id: 'covered-whiteout',
    title: 'What one side removes, a later layer removes or restores on the other',
    class: 'review',
    where: '.wh.* entries',
    shape: 'Whiteouts that make a difference in layers below the last one only.',
    remedy: 'Build both by the same steps.',
    references: [`${LAYER}#whiteouts`],
    rule: whiteoutRule(({ tree }) => tree === 'below'),
  },
  {
    id: 'restated-folder',
    title: 'One builder writes the parent folders of what changed, the other not',
    class: 'benign',
    where: 'Folders in layers above the one that made them',
    shape: 'An entry that one side has alone, and after which the folder is the same on both.',
    remedy: 'Build both with the same builder.',
    references: [LAYER],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: (finding) => aloneHeader(finding)?.type === 'directory' && isWriting(finding),
      normaliser: SQUASH,
    },
  },
  {
    id: 'restated-file',
    title: 'One side writes a file again that a lower layer has',
    class: 'review',
    where: 'Files in layers above the one that made them',
    shape: 'An entry that one side has alone, and after which the file is the same on both.',
    remedy:
      'Do not chmod or chown files of lower layers (COPY --chmod, --chown in place of RUN); build both with the same builder.',
    references: [LAYER],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: (finding) => {
        const header = aloneHeader(finding);
        return header !== null && header.type !== 'directory' && !isMarker(finding.path ?? '') && isWriting(finding);
      },
      normaliser: SQUASH,
    },
  },
  {
    id: 'layer-cut',
    title: 'The same files are cut into other layers',
    class: 'review',
    where: 'Layers, and what only layers below the last show',
    shape: 'Another number of layers. The files of the whole images are compared by themselves.',
    remedy: 'Build both with the same builder; COPY --link, --layers and --squash decide on layers.',
    references: [LAYER],
    rule: cutRule(([layers0, layers1]) => layers0 !== layers1),
  },
];

function layerRule(covers: FindingRule['covers']): FindingRule {
  return { what: 'finding', subjects: ['layer'], covers, normaliser: SQUASH };
}

function cutRule(isCut: (layers: readonly [number, number]) => boolean): FindingRule {
  return {
    what: 'finding',
    subjects: ['layer', 'file'],
    covers: (finding, { sides: [side0, side1] }) => {
      if (!isCut([factsOf(side0).layers, factsOf(side1).layers])) return false;
      if (finding.subject === 'layer') {
        return finding.field === 'count' || (finding.field === 'diffId' && finding.values.includes(null));
      }
      return finding.tree === 'below' || isWriting(finding);
    },
    normaliser: SQUASH,
  };
}

function whiteoutRule(covers: (finding: Finding) => boolean): FindingRule {
  return {
    what: 'finding',
    subjects: ['file'],
    covers: (finding) => aloneHeader(finding) !== null && whiteoutOf(finding.path ?? '') !== null && covers(finding),
    normaliser: SQUASH,
  };
}

function isMarker(path: string): boolean {
  return markerOf(path) !== null;
}

function isForeignMark(path: string): boolean {
  const marker = markerOf(path);
  return marker?.type === 'aufs' || marker?.type === 'bogus' || /(?:^|\/)\.wh\.\.opq$/.test(path);
}

function stepAt(side: SideEvidence, layer: number | null): string | null {
  const line = layer === null ? undefined : factsOf(side).layerLines[layer];
  return line == null || line.createdBy === '' ? null : stepText(line.createdBy);
}

function isWorkdirLayer({ field, layers, values }: Finding, sides: PairEvidence['sides']): boolean {
  if (layers === undefined) {
    /* The numbers differ by those layers alone. */
    const [alone0, alone1] = [workdirLayers(sides[0]), workdirLayers(sides[1])];
    const [layers0, layers1] = [factsOf(sides[0]).layers, factsOf(sides[1]).layers];
    return field === 'count' && alone0 !== alone1 && layers0 - alone0 === layers1 - alone1;
  }
  if (field !== 'diffId' || !values.includes(null)) return false;
  const side = layers[0] === null ? 1 : 0;
  const step = stepAt(sides[side], layers[side]);
  if (step === null || !step.startsWith('WORKDIR ')) return false;
  return factsOf(sides[side === 0 ? 1 : 0]).hasStep(step, true);
}

function workdirLayers(side: SideEvidence): number {
  return factsOf(side).layerLines.filter((line) => line !== null && stepText(line.createdBy).startsWith('WORKDIR '))
    .length;
}

function isWorkingFolder(finding: Finding, sides: PairEvidence['sides']): boolean {
  if (aloneHeader(finding)?.type !== 'directory') return false;
  return sides.every((side) => isAtOrAbove(finding.path ?? '', factsOf(side).workingDir));
}

function isAtOrAbove(path: string, folder: string | null): boolean {
  return folder !== null && folder !== '' && (path === folder || folder.startsWith(`${path}/`));
}
