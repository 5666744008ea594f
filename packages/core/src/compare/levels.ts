import { digestOf } from '../digest.js';
import type { Image, LoadedManifest } from '../image/load.js';
import type { Subject } from './difference.js';
import type { Judged } from './judge.js';

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
 * where it has not. `complete` says whether everything below was read: where not, what was not found is not known.
 */
export function levelsOf(
  platform: string,
  side0: LevelSide,
  side1: LevelSide,
  judged: readonly Judged[],
  complete: boolean,
): Level[] {
  const own = judged.filter(({ finding }) => finding.platform === platform && finding.parts === undefined);
  const counted = own.filter(({ ignoredBy }) => ignoredBy === null);
  const countedOf = (subject: Subject): boolean => counted.some(({ finding }) => finding.subject === subject);
  const [image0, image1] = [side0.image, side1.image];
  const known = image0 !== null && image1 !== null;
  const level = (name: LevelName, equal: boolean | null, counts: boolean, looked = true): Level => ({
    platform,
    level: name,
    equal,
    equivalent: equal === true ? true : equal === null ? null : unlessUnread(!counts, looked),
  });

  const indexCounted = judged.some(({ finding, ignoredBy }) => finding.subject === 'index' && ignoredBy === null);
  const manifests = pairOf(side0.manifest.descriptor?.digest ?? null, side1.manifest.descriptor?.digest ?? null);
  const diffIds = known ? pairOf(diffIdsOf(image0), diffIdsOf(image1)) : null;
  const contentsCounted = counted.some(isContents);
  const contents =
    diffIds === true || unlessUnread(!own.some((each) => isContents(each) && !isWriting(each)), complete);
  return [
    level('index', pairOf(side0.indexDigest, side1.indexDigest), indexCounted),
    level('manifest', manifests, countedOf('manifest')),
    level('config', known ? pairOf(configDigest(image0), configDigest(image1)) : null, countedOf('config')),
    level(
      'layers',
      known ? pairOf(blobDigests(image0), blobDigests(image1)) : null,
      countedOf('layer') || countedOf('file'),
      complete,
    ),
    level('diff-ids', diffIds, contentsCounted, complete),
    level('layer-contents', known ? contents : null, contentsCounted, complete),
    level('filesystem', null, false),
    level('runtime', null, false),
  ];
}

/* That nothing was found says nothing where not all was read; what was found stands. */
function unlessUnread(answer: boolean, complete: boolean): boolean | null {
  return answer && !complete ? null : answer;
}

/* Told of what is in a layer, not of how it is compressed. */
function isContents({ finding }: Judged): boolean {
  return finding.subject === 'file' || (finding.subject === 'layer' && finding.field !== 'compression');
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

function blobDigests(image: Image): string | null {
  const digests = image.layers.map(({ descriptor }) => descriptor?.digest ?? null);
  return digests.includes(null) ? null : digests.join();
}

function diffIdsOf(image: Image): string {
  return image.layers.map(({ diffId }) => diffId).join();
}
