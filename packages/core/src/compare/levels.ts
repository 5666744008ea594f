import { digestOf } from '../digest.js';
import type { Image, LoadedManifest } from '../image/load.js';
import type { Subject } from './difference.js';
import type { Finding } from './finding.js';
import type { Judged } from './judge.js';
import {
  configFieldName,
  diffIdsDetail,
  digestDetail,
  filesDetail,
  layersDetail,
  missingDetail,
  namesDetail,
  runtimeDetail,
} from './level-details.js';
import { RuntimeConfig } from './runtime.js';

/** How deep a difference goes, from the outermost document to what a container sees. */
export const LEVEL_NAMES = [
  'index',
  'manifest',
  'config',
  'layers',
  'diff-ids',
  'layer-contents',
  'filesystem',
  'runtime',
] as const;
export type LevelName = (typeof LEVEL_NAMES)[number];

/** One level of one compared image; see the report's `levels`. */
export interface Level {
  readonly platform: string;
  readonly level: LevelName;
  /** Knows no rules. null: not there, or not looked at. */
  readonly equal: boolean | null;
  /** Follows the rules. */
  readonly equivalent: boolean | null;
  /** What differs, in a few words. Holds names that an input chose. */
  readonly detail?: string;
}

/** One compared image of one side, and the digest of the index it was chosen from, if any. */
export interface LevelSide {
  readonly indexDigest: string | null;
  readonly manifest: LoadedManifest;
  readonly image: Image | null;
}

/** Rules under which two streams hold the same entries in another writing. */
const WRITING_RULES: ReadonlySet<string> = new Set([
  'tar-format',
  'file-order',
  'path-spelling',
  'file-mode-redundant-bits',
]);

/**
 * The levels of one compared image. Each is worked out on its own evidence: digests where a level has them, findings
 * where it has not; `runtime` by the two configs.
 * @param complete whether everything below was read: where not, what was not found is not known
 * @param trees whether the trees of both sides were compared
 */
export function levelsOf(
  platform: string,
  side0: LevelSide,
  side1: LevelSide,
  judged: readonly Judged[],
  complete: boolean,
  trees: boolean,
): Level[] {
  const own = judged.filter(({ finding }) => finding.platform === platform && finding.parts === undefined);
  const counted = own.filter(({ ignoredBy }) => ignoredBy === null);
  const countedOf = (subject: Subject): boolean => counted.some(({ finding }) => finding.subject === subject);
  const level = (name: LevelName, equal: boolean | null, counts: boolean, detail: string, looked = true): Level => ({
    platform,
    level: name,
    equal,
    equivalent: equal === true ? true : equal === null ? null : unlessUnread(!counts, looked),
    detail,
  });

  const indexCounted = judged.some(({ finding, ignoredBy }) => finding.subject === 'index' && ignoredBy === null);
  const indexes = [side0.indexDigest, side1.indexDigest] as const;
  const manifests = [side0.manifest.descriptor?.digest ?? null, side1.manifest.descriptor?.digest ?? null] as const;
  const levels = [
    level('index', pairOf(...indexes), indexCounted, digestDetail(...indexes)),
    level('manifest', pairOf(...manifests), countedOf('manifest'), digestDetail(...manifests)),
  ];
  const [image0, image1] = [side0.image, side1.image];
  if (image0 === null || image1 === null) {
    for (const name of LEVEL_NAMES.slice(levels.length)) levels.push(level(name, null, false, 'not read'));
    return levels;
  }

  const configs = pairOf(configDigest(image0), configDigest(image1));
  levels.push(level('config', configs, countedOf('config'), configs === true ? SAME_DIGEST : configDetail(own)));
  const [blobs0, blobs1] = [blobDigests(image0), blobDigests(image1)];
  const layersCounted = countedOf('layer') || countedOf('file');
  if (blobs0 === null || blobs1 === null) {
    const detail = missingDetail(blobs0 !== null, blobs1 !== null);
    levels.push(level('layers', null, layersCounted, detail, complete));
  } else {
    const detail = layersDetail(blobs0, blobs1);
    levels.push(level('layers', blobs0.join() === blobs1.join(), layersCounted, detail, complete));
  }

  const [diffIds0, diffIds1] = [diffIdsOf(image0), diffIdsOf(image1)];
  const sameStreams = diffIds0.join() === diffIds1.join();
  const contentsCounted = counted.some(isContents);
  levels.push(level('diff-ids', sameStreams, contentsCounted, diffIdsDetail(diffIds0, diffIds1), complete));
  const contents = own.filter((each) => isContents(each) && !isWriting(each));
  const sameContents = sameStreams || unlessUnread(contents.length === 0, complete);
  levels.push(
    level(
      'layer-contents',
      sameContents,
      contentsCounted,
      contentsDetail(contents, sameContents, sameStreams),
      complete,
    ),
  );
  const inTree = own.filter(({ finding }) => finding.tree === 'final' || isEngineDependent(finding));
  const sameTree = trees ? sameStreams || unlessUnread(inTree.length === 0, complete) : null;
  /* What follows from a layer that counts as a whole counts with it. */
  const treeCounted = inTree.some(
    ({ finding, ignoredBy }) => ignoredBy === null || (finding.lone === true && ignoredBy === 'consequence'),
  );
  levels.push(
    level('filesystem', sameTree, treeCounted, trees ? treeDetail(inTree, sameTree) : 'not compared', complete),
  );
  const runtime = new RuntimeConfig(image0.config, image1.config);
  const differing = runtime.differing();
  const runtimeCounted = counted.some(({ finding }) => runtime.isTold(finding));
  levels.push(level('runtime', differing.length === 0, runtimeCounted, runtimeDetail(differing)));
  return levels;
}

const SAME_DIGEST = 'the same digest';
const NOT_ALL_READ = 'not all could be read';

/* What counts first, then what follows from something else, then what a rule takes out. */
function configDetail(own: readonly Judged[]): string {
  const weight = ({ ignoredBy }: Judged): number => (ignoredBy === null ? 0 : ignoredBy === 'consequence' ? 1 : 2);
  const told = own.filter(({ finding }) => finding.subject === 'config').sort((a, b) => weight(a) - weight(b));
  const names = new Set(told.map(({ finding }) => MARK + configFieldName(finding.field, finding.steps)));
  return names.size === 0 ? 'in other bytes' : namesDetail([...names].map((name) => name.slice(MARK.length)));
}

function contentsDetail(contents: readonly Judged[], equal: boolean | null, sameStreams: boolean): string {
  if (equal === null) return NOT_ALL_READ;
  if (equal) return sameStreams ? 'the same' : 'the same, written in another way';
  const fileOf = ({ finding }: Judged): string | null =>
    finding.subject === 'file' ? `${finding.layers?.join(':')}${MARK}${finding.path}` : null;
  const [files, countedFiles] = countThings(contents, fileOf);
  const layerIn = (alone: boolean) => (judged: Judged) => {
    const { subject, layers } = judged.finding;
    if (subject !== 'layer' || layers === undefined || isAlone(judged.finding) !== alone) return null;
    return MARK + layers.join(':');
  };
  const [alone] = countThings(contents, layerIn(true));
  const [others] = countThings(contents, layerIn(false));
  const parts = files === 0 ? [] : [filesDetail(files, countedFiles)];
  if (alone > 0) parts.push(`${alone} ${alone === 1 ? 'layer' : 'layers'} on one side`);
  if (files === 0 && others > 0) parts.push(`${others} ${others === 1 ? 'layer' : 'layers'} elsewhere`);
  return parts.length === 0 ? 'the number of layers' : parts.join(', ');
}

function treeDetail(inTree: readonly Judged[], equal: boolean | null): string {
  if (equal === null) return NOT_ALL_READ;
  if (equal) return 'the same';
  const [files, counted] = countThings(inTree, ({ finding }) =>
    finding.tree === 'final' ? MARK + finding.path : null,
  );
  return files === 0 ? 'not the same in every engine' : filesDetail(files, counted);
}

/* How many different things findings tell of, and of how many one counts. */
function countThings(
  judged: readonly Judged[],
  keyOf: (each: Judged) => string | null,
): [things: number, counted: number] {
  const things = new Set<string>();
  const counted = new Set<string>();
  for (const each of judged) {
    const key = keyOf(each);
    if (key === null) continue;
    things.add(key);
    if (each.ignoredBy === null) counted.add(key);
  }
  return [things.size, counted.size];
}

function isAlone({ layers }: Finding): boolean {
  return layers?.includes(null) === true;
}

/* V8 before March 2026 (CVE-2026-21717) hashes a string of digits to its number: with a mark, names cannot collide. */
const MARK = '/';

/* That nothing was found says nothing where not all was read; what was found stands. */
function unlessUnread(answer: boolean, complete: boolean): boolean | null {
  return answer && !complete ? null : answer;
}

/* Told of what is in a layer, not of how it is compressed. */
function isContents({ finding }: Judged): boolean {
  if (finding.subject === 'file') return true;
  return finding.subject === 'layer' && finding.field !== 'compression' && !isEngineDependent(finding);
}

function isEngineDependent({ subject, field }: Finding): boolean {
  return subject === 'layer' && field === 'engine-dependent';
}

function isWriting({ finding }: Judged): boolean {
  return (
    finding.excuses.some((excuse) => excuse.length === 1 && WRITING_RULES.has(excuse[0] as string)) ||
    finding.field === 'trailer'
  );
}

function pairOf(evidence0: string | null, evidence1: string | null): boolean | null {
  return evidence0 === null || evidence1 === null ? null : evidence0 === evidence1;
}

function configDigest(image: Image): string {
  return digestOf(image.config.json.bytes);
}

/* Null where the medium has lost what was compressed. */
function blobDigests(image: Image): string[] | null {
  const digests = image.layers.map(({ descriptor }) => descriptor?.digest ?? null);
  return digests.every((digest) => digest !== null) ? digests : null;
}

function diffIdsOf(image: Image): string[] {
  return image.layers.map(({ diffId }) => diffId);
}
