import type { Finding } from '../../compare/finding.js';
import { whiteoutOf } from '../../layer/whiteout.js';
import type { Cause, FindingRule } from '../cause.js';
import { documentRule } from '../document-rule.js';
import type { PairEvidence, SideEvidence } from '../evidence.js';
import { factsOf, isClamped, rewrittenTo } from '../image-facts.js';
import type { Normaliser } from '../normaliser.js';
import { bothHeaders } from './entries.js';

const REPRODUCIBLE = 'https://github.com/moby/buildkit/blob/master/docs/build-repro.md';
const REWRITE =
  '--output type=image,rewrite-timestamp=true with SOURCE_DATE_EPOCH (BuildKit), --rewrite-timestamp --source-date-epoch (Buildah)';

/** Seconds around a build that count as its own time: clocks differ, and steps are cached for a while. */
const BUILD_SECONDS = 86_400;

const WHITEOUT_FIELDS: ReadonlySet<string> = new Set([
  'mode',
  'uid',
  'gid',
  'uname',
  'gname',
  'mtime',
  'atime',
  'ctime',
]);
const EPOCH = { seconds: 0, nanoseconds: 0 };
const EMPTY_ATTRIBUTES = { mode: 0, uid: 0, gid: 0, uname: '', gname: '', mtime: EPOCH, atime: null, ctime: null };

const WITHOUT_MTIME: Normaliser = {
  entry: (entry) => {
    entry.mtime = EPOCH;
    entry.pax.delete('mtime');
    return true;
  },
};

/** When files were changed. */
export const TIMES: readonly Cause[] = [
  {
    id: 'rewritten-annotation',
    title: 'BuildKit tells in the manifest that it rewrote the times of files',
    class: 'review',
    where: 'The annotation buildkit/rewritten-timestamp of layers',
    shape:
      'Seconds, or seconds and none: one side was exported without rewrite-timestamp, in Docker media types (which have no annotations), by another builder, or with another SOURCE_DATE_EPOCH.',
    remedy: 'Export both with the same options: --output type=image,oci-mediatypes=true,rewrite-timestamp=true',
    references: [REPRODUCIBLE, 'https://github.com/moby/buildkit/issues/4748'],
    rule: documentRule({
      kinds: ['manifest'],
      fields: [['layers', '*', 'annotations', 'buildkit/rewritten-timestamp']],
      left: (value) => (typeof value === 'string' && /^\d+$/.test(value) ? undefined : value),
    }),
  },
  {
    id: 'whole-seconds',
    title: 'Times are kept in whole seconds on one side',
    class: 'benign',
    where: 'mtime of files',
    shape: 'The same second; one side has a fraction of it, the other none.',
    remedy: 'Use the same builder for both, or clamp times: SOURCE_DATE_EPOCH with rewrite-timestamp=true',
    references: ['https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html'],
    rule: timeRule(['mtime'], ([time0, time1]) => {
      if (Math.floor(time0) !== Math.floor(time1)) return false;
      return Number.isInteger(time0) || Number.isInteger(time1);
    }),
  },
  {
    id: 'access-times',
    title: 'Entries hold the times of the last access or change of the inode',
    class: 'benign',
    where: 'atime and ctime of files',
    shape: 'Any values, or one and none. No engine sets ctime, and every read changes atime.',
    remedy: 'tar --pax-option=delete=atime,delete=ctime; use the same builder for both.',
    references: ['https://www.gnu.org/software/tar/manual/html_section/Reproducibility.html'],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: ({ field }) => field === 'atime' || field === 'ctime',
      normaliser: {
        entry: (entry) => {
          entry.atime = null;
          entry.ctime = null;
          return true;
        },
      },
    },
  },
  {
    id: 'whiteout-metadata',
    title: 'Entries that remove files have other times, modes or owners',
    class: 'review',
    where: '.wh.* entries',
    shape: 'Attributes of an entry that is a whiteout on both sides: nothing of them reaches a container.',
    remedy: 'Build both with the same builder and snapshotter.',
    references: ['https://github.com/moby/buildkit/issues/3168', 'https://github.com/containers/storage/issues/1195'],
    rule: {
      what: 'finding',
      subjects: ['file'],
      covers: ({ path = '', field }) => whiteoutOf(path) !== null && WHITEOUT_FIELDS.has(field),
      normaliser: {
        entry: (entry) => {
          if (whiteoutOf(entry.path) !== null) Object.assign(entry, EMPTY_ATTRIBUTES);
          return true;
        },
      },
    },
  },
  {
    id: 'base-times-rewritten',
    title: 'Times in layers of the base image were rewritten on one side',
    class: 'review',
    where: 'mtime of files in layers whose history is the same on both sides',
    shape:
      'Both sides say that the layer was made at the same moment, before the image, and only one has rewritten it to its SOURCE_DATE_EPOCH.',
    remedy: 'Use BuildKit v0.14 or later, which leaves layers of the base image alone.',
    references: ['https://github.com/moby/buildkit/issues/4614', 'https://github.com/moby/buildkit/pull/4805'],
    rule: timeRule(
      ['mtime'],
      (_, { sides }, finding) => isBaseLayer(sides, finding) && isRewrittenOnOne(sides, finding),
    ),
  },
  {
    id: 'times-not-rewritten',
    title: 'Times of files were rewritten to SOURCE_DATE_EPOCH on one side only',
    class: 'review',
    where: 'mtime of files',
    shape:
      'One side is clamped (buildkit/rewritten-timestamp, or no time later than the image) and has a time up to that; the other has a later one.',
    remedy: `Rewrite on both sides: ${REWRITE}`,
    references: [REPRODUCIBLE, 'https://github.com/moby/buildkit/issues/4748'],
    rule: timeRule(['mtime'], (times, { sides: [side0, side1] }) => {
      const [limit0, limit1] = [limitOf(side0), limitOf(side1)];
      if (limit0 !== null && limit1 !== null) return false;
      const [limit, own, other] = limit0 === null ? [limit1, times[1], times[0]] : [limit0, times[0], times[1]];
      return limit !== null && own <= limit && other > limit;
    }),
  },
  {
    id: 'other-source-date-epoch',
    title: 'Times were rewritten to another SOURCE_DATE_EPOCH',
    class: 'review',
    where: 'mtime of files',
    shape: 'Each time is the one that its side was clamped to.',
    remedy: 'Give both the same SOURCE_DATE_EPOCH, from the commit: $(git log -1 --format=%ct)',
    references: ['https://reproducible-builds.org/docs/source-date-epoch/'],
    rule: timeRule(['mtime'], (times, { sides }) => sides.every((side, i) => times[i] === limitOf(side))),
  },
  {
    id: 'time-before-epoch',
    title: 'Times of the sources survive, for they are before SOURCE_DATE_EPOCH',
    class: 'review',
    where: 'mtime of files',
    shape: 'Both sides are clamped, and both times are before what they are clamped to.',
    remedy:
      'Clamping only caps. Use a git context in place of a checkout, or set times before the build: git ls-files -z | xargs -0 touch -d @$SOURCE_DATE_EPOCH',
    references: [REPRODUCIBLE],
    rule: timeRule(['mtime'], (times, { sides }) =>
      sides.every((side, i) => (times[i] ?? 0) < (limitOf(side) ?? Number.NEGATIVE_INFINITY)),
    ),
  },
  {
    id: 'folder-times',
    title: 'Times of folders differ',
    class: 'benign',
    where: 'mtime of folders',
    shape:
      'Folders on both sides: making or removing a file in one changes it, as do COPY, ADD and WORKDIR that make it.',
    remedy: `Upgrade BuildKit to v0.22 or later (WORKDIR, parents of COPY), or rewrite times: ${REWRITE}`,
    references: ['https://github.com/moby/buildkit/issues/3843', 'https://github.com/moby/buildkit/issues/5960'],
    rule: timeRule(['mtime'], (_, __, finding) => bothHeaders(finding, ({ type }) => type === 'directory')),
  },
  {
    id: 'build-clock',
    title: 'Files have the time of their build',
    class: 'review',
    where: 'mtime of files',
    shape: "Each time lies within a day of what its side's config says of its steps.",
    remedy: `Rewrite times: ${REWRITE}`,
    references: [REPRODUCIBLE, 'https://reproducible-builds.org/docs/timestamps/'],
    rule: timeRule(['mtime'], (times, { sides }) => sides.every(({ created }, i) => isNear(created, times[i] ?? 0))),
  },
  {
    id: 'other-times',
    title: 'Files were last changed at other times',
    class: 'review',
    where: 'mtime of files',
    shape: 'Two times that no other cause knows; content and attributes are compared by themselves.',
    remedy: `Rewrite times: ${REWRITE}; unpack archives with their times kept.`,
    references: ['https://reproducible-builds.org/docs/timestamps/'],
    rule: timeRule(['mtime', 'pax/mtime'], () => true),
  },
];

type Times = readonly [number, number];
type Covers = (times: Times, evidence: PairEvidence, finding: Finding) => boolean;

function timeRule(fields: readonly string[], covers: Covers): FindingRule {
  return {
    what: 'finding',
    subjects: ['file'],
    covers: (finding, evidence) => {
      if (!fields.includes(finding.field)) return false;
      const times = finding.values.map((value) => (typeof value === 'string' ? Number(value) : Number.NaN));
      /* A folder that no entry names has no time; a record that says digits beyond a nanosecond is no number here. */
      if (finding.field === 'mtime' && times.some(Number.isNaN)) return false;
      return covers([times[0] ?? 0, times[1] ?? 0], evidence, finding);
    },
    normaliser: WITHOUT_MTIME,
  };
}

/* What no time of a side is later than; null where it was not clamped. */
function limitOf(side: SideEvidence): number | null {
  return rewrittenTo(side) ?? (isClamped(side) ? side.epoch : null);
}

function isNear(created: readonly number[], time: number): boolean {
  const [first, last] = [created[0], created.at(-1)];
  return first !== undefined && last !== undefined && time >= first - BUILD_SECONDS && time <= last + BUILD_SECONDS;
}

/* A layer of both sides that was made at one moment, and not when either image was. */
function isBaseLayer(sides: PairEvidence['sides'], { layers = [null, null] }: Finding): boolean {
  const [line0, line1] = sides.map((side, i) => factsOf(side).layerLines[layers[i] ?? -1]?.created ?? null);
  if (line0 == null || line0 !== line1) return false;
  const made = Math.floor(Date.parse(line0) / 1000);
  return sides.every(({ created }) => made < (created.at(-1) ?? made));
}

function isRewrittenOnOne(sides: PairEvidence['sides'], { layers = [null, null] }: Finding): boolean {
  const [rewritten0, rewritten1] = sides.map((side, i) => factsOf(side).rewritten[layers[i] ?? -1] ?? null);
  return (rewritten0 === null) !== (rewritten1 === null);
}
