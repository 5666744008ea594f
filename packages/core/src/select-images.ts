import { pairBy, UniqueNames } from './compare/pair-by.js';
import { compareText } from './compare-text.js';
import { joinErrors, OciDiffError, wrapError } from './errors.js';
import type { Platform } from './image/descriptor.js';
import { type IndexLeaf, imageChildren } from './image/index-children.js';
import type { Image, LoadedManifest, LoadedRoot } from './image/load.js';
import { formatPlatform, parsePlatform } from './image/platform.js';

/** Which platforms to compare; see the contract's "Platforms". */
export interface PlatformChoice {
  readonly platforms: readonly string[];
  readonly all: boolean;
  /** What is taken by default where both sides have it. */
  readonly host: string;
}

/** Two images to be compared with each other. */
export interface ImagePair {
  /** `os/architecture[/variant]`, normalised; for two single images of different platforms the smaller of both. */
  readonly platform: string;
  readonly manifest0: LoadedManifest;
  readonly manifest1: LoadedManifest;
}

/** One side as far as choosing needs it. */
export interface Side {
  readonly reference: string;
  readonly root: LoadedRoot;
}

export interface Selection {
  readonly pairs: readonly ImagePair[];
  /** By side: every platform that the index has, or the single image's; without attestations. */
  readonly available: readonly [readonly string[], readonly string[]];
}

interface Candidate {
  /** Null for a single image whose config cannot be read, and for an artifact that names none. */
  readonly platform: string | null;
  /** Of an artifact that names no platform. */
  readonly artifactType: string | null;
  /** What tells those of one platform apart: `os.version`, an artifact's type; empty where nothing does. */
  readonly detail: string;
  readonly digest: string | null;
  readonly manifest: () => Promise<LoadedManifest>;
}

/** Takes why a chosen manifest cannot be read; its pair is left out then. */
export type SelectionFailureSink = (side: 0 | 1, error: unknown) => void;

/**
 * Chooses what is compared with what: children of an index by platform, never by position.
 * @throws {OciDiffError} `ERR_PLATFORM` where no choice is possible, with the platforms of both sides;
 *   `ERR_OPTION_INVALID` for a platform that is none; what `imageChildren` throws, with the input
 */
export async function selectImages(
  side0: Side,
  side1: Side,
  choice: PlatformChoice,
  onFailure: SelectionFailureSink,
): Promise<Selection> {
  const wanted = choice.platforms.map((text) => formatPlatform(parsePlatform(text)));
  const bothSingle = side0.root.kind === 'manifest' && side1.root.kind === 'manifest';
  /* Two single images are compared whatever their platforms, so an unreadable config is told where it is compared. */
  const mustKnow = !bothSingle || wanted.length > 0;
  const unreadable: [side: 0 | 1, error: OciDiffError][] = [];
  const [candidates0, candidates1] = await candidatesOfBoth(side0, side1, mustKnow, (side, error) => {
    unreadable.push([side, error]);
  });
  const available: [string[], string[]] = [platformsOf(candidates0), platformsOf(candidates1)];
  const describe = (): string =>
    `${side0.reference} has ${describeAll(candidates0)}; ${side1.reference} has ${describeAll(candidates1)}`;
  /* What cannot be read may be what is missing. */
  const noChoice = (why: string): OciDiffError =>
    joinErrors([...unreadable.map(([, error]) => error), new OciDiffError('ERR_PLATFORM', `${why}: ${describe()}`)]);
  for (const platform of wanted) {
    for (const platforms of available) {
      if (!platforms.includes(platform)) throw noChoice(`no image for ${platform}`);
    }
  }
  if (bothSingle) return { pairs: await pairSingles(candidates0, candidates1), available };
  /* Findings are told apart by platform; of several pairs of one platform each needs a name of its own. */
  const labels = new UniqueNames();
  /* Where there is no image, what an artifact is compared with is told by its type, not by its platform. */
  if (wanted.length === 0 && available.every((platforms) => platforms.length === 0)) {
    const pairs = await pairArtifacts(candidates0, candidates1, labels, onFailure);
    if (pairs.length > 0) {
      for (const [side, error] of unreadable) onFailure(side, error);
      return { pairs, available };
    }
  }
  /* A single artifact takes any image for its counterpart. */
  const [lone0, lone1] = [isLoneArtifact(side0), isLoneArtifact(side1)];
  const common = lone0
    ? available[1]
    : lone1
      ? available[0]
      : available[0].filter((platform) => available[1].includes(platform));
  const sameRoot = side0.root.descriptor !== null && side0.root.descriptor.digest === side1.root.descriptor?.digest;
  const host = formatPlatform(parsePlatform(choice.host));
  let chosen: string[];
  if (wanted.length > 0) chosen = [...new Set(wanted)];
  else if (choice.all && !lone0 && !lone1) chosen = common;
  else if (common.includes(host)) chosen = [host];
  else if (common.length === 1 || sameRoot) chosen = common;
  else if (common.length === 0) throw noChoice('the images have no platform in common');
  else {
    throw noChoice(
      `the images have several platforms in common, and not this machine's (${host}); choose with --platform`,
    );
  }
  if (chosen.length === 0) throw noChoice('the images have no platform in common');
  /* Of a platform that was asked for there is an image; where all are, one that cannot be read may be among them. */
  if (wanted.length === 0 && (choice.all || !common.includes(host))) {
    for (const [side, error] of unreadable) onFailure(side, error);
  }
  const pairs: ImagePair[] = [];
  for (const platform of chosen.sort()) {
    const own0 = candidates0.filter((candidate) => lone0 || candidate.platform === platform);
    const own1 = candidates1.filter((candidate) => lone1 || candidate.platform === platform);
    pairs.push(...(await pairCandidates(platform, own0, own1, labels, onFailure)));
  }
  if (choice.all) pairs.push(...(await pairArtifacts(candidates0, candidates1, labels, onFailure)));
  return { pairs, available };
}

function isLoneArtifact({ root }: Side): boolean {
  return root.kind === 'manifest' && root.artifactType !== null;
}

/** Which platform an artifact without one stands under in a report; as BuildKit has it for what is no image. */
const NO_PLATFORM = 'unknown/unknown';

/* Those that name no platform, by digest, then by type, then in order. */
function pairArtifacts(
  candidates0: readonly Candidate[],
  candidates1: readonly Candidate[],
  labels: UniqueNames,
  onFailure: SelectionFailureSink,
): Promise<ImagePair[]> {
  const isArtifact = ({ artifactType }: Candidate): boolean => artifactType !== null;
  const [own0, own1] = [candidates0.filter(isArtifact), candidates1.filter(isArtifact)];
  return pairCandidates(NO_PLATFORM, own0, own1, labels, onFailure);
}

/* The platforms of one side; without any, what it has instead. */
function describeAll(candidates: readonly Candidate[]): string {
  const platforms = platformsOf(candidates);
  if (platforms.length > 0) return platforms.join(', ');
  const types = [...new Set(candidates.flatMap(({ artifactType }) => artifactType ?? []))].sort();
  return types.length === 0 ? 'no image' : `no image, but artifacts of the type ${types.join(', ')}`;
}

async function candidatesOfBoth(
  side0: Side,
  side1: Side,
  mustKnow: boolean,
  onUnreadable: (side: 0 | 1, error: OciDiffError) => void,
): Promise<[Candidate[], Candidate[]]> {
  const results = await Promise.allSettled([
    candidatesOf(side0, mustKnow, (error) => onUnreadable(0, error)),
    candidatesOf(side1, mustKnow, (error) => onUnreadable(1, error)),
  ]);
  const [result0, result1] = results;
  if (result0.status === 'fulfilled' && result1.status === 'fulfilled') return [result0.value, result1.value];
  throw joinErrors(results.flatMap((result) => (result.status === 'rejected' ? [result.reason as OciDiffError] : [])));
}

async function candidatesOf(
  { reference, root }: Side,
  mustKnow: boolean,
  onUnreadable: (error: OciDiffError) => void,
): Promise<Candidate[]> {
  try {
    if (root.kind === 'manifest') return [await singleCandidate(root, mustKnow)];
    const leaves = await imageChildren(root, (_child, error) => onUnreadable(error.at({ input: reference })));
    return leaves.filter(({ attestation }) => !attestation).map(leafCandidate);
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { input: reference });
  }
}

function leafCandidate({ child, platform, artifactType }: IndexLeaf): Candidate {
  return {
    platform: artifactType === undefined ? formatPlatform(platform) : null,
    artifactType: artifactType ?? null,
    detail: artifactType ?? platform['os.version'] ?? '',
    digest: child.descriptor.digest,
    manifest: async () => {
      const loaded = await child.load();
      if (loaded.kind === 'manifest') return loaded;
      throw new OciDiffError('ERR_INDEX_INVALID', `${child.descriptor.digest} is an index where a manifest is named`);
    },
  };
}

async function singleCandidate(manifest: LoadedManifest, mustKnow: boolean): Promise<Candidate> {
  let platform: Platform | null = null;
  const { artifactType } = manifest;
  try {
    if (artifactType === null) platform = platformOf(await manifest.loadImage());
  } catch (error) {
    if (mustKnow) throw error;
  }
  return {
    platform: platform === null ? null : formatPlatform(platform),
    artifactType,
    detail: artifactType ?? platform?.['os.version'] ?? '',
    digest: manifest.descriptor?.digest ?? null,
    manifest: async () => manifest,
  };
}

function platformOf({ configFile }: Image): Platform {
  const { os, architecture, variant } = configFile;
  const version = configFile['os.version'];
  return {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  };
}

function platformsOf(candidates: readonly Candidate[]): string[] {
  return [...new Set(candidates.flatMap(({ platform }) => platform ?? []))].sort();
}

/* Whatever their platforms: that they differ is then a difference of their configs. */
async function pairSingles(candidates0: readonly Candidate[], candidates1: readonly Candidate[]): Promise<ImagePair[]> {
  const [single0] = candidates0 as [Candidate];
  const [single1] = candidates1 as [Candidate];
  const isArtifact = single0.artifactType !== null && single1.artifactType !== null;
  const [platform = isArtifact ? NO_PLATFORM : 'unknown'] = platformsOf([single0, single1]);
  return [{ platform, manifest0: await single0.manifest(), manifest1: await single1.manifest() }];
}

/* Several children of one platform pair by digest, then by `os.version` (artifacts by type), then in order. */
async function pairCandidates(
  platform: string,
  candidates0: readonly Candidate[],
  candidates1: readonly Candidate[],
  labels: UniqueNames,
  onFailure: SelectionFailureSink,
): Promise<ImagePair[]> {
  const { pairs: partners } = pairBy(candidates0, candidates1, [
    ({ digest }) => digest,
    ({ detail }) => detail,
    () => '',
  ]);
  const [positions0, positions1] = [candidates0, candidates1].map(
    (candidates) => new Map(candidates.map((candidate, position) => [candidate, position])),
  ) as [Map<Candidate, number>, Map<Candidate, number>];
  /* Named in an order that is the same from either side, so that swapping the sides mirrors the report. */
  const ordered = partners.map(([own, partner]) => {
    const [low = 0, high = 0] = [positions0.get(own) ?? 0, positions1.get(partner) ?? 0].sort((a, b) => a - b);
    const digests = [own.digest ?? '', partner.digest ?? ''].sort().join();
    const [detail = ''] = [own.detail, partner.detail].filter((version) => version !== '').sort();
    return { own, partner, low, high, digests, detail };
  });
  ordered.sort(
    (a, b) => compareText(a.detail, b.detail) || a.low - b.low || a.high - b.high || compareText(a.digests, b.digests),
  );
  const pairs: ImagePair[] = [];
  for (const { own, partner, detail } of ordered) {
    const isTold = ordered.length > 1 && detail !== '';
    const label = labels.of(isTold ? `${platform} (${detail})` : platform);
    const [result0, result1] = await Promise.allSettled([own.manifest(), partner.manifest()]);
    if (result0.status === 'rejected') onFailure(0, result0.reason);
    if (result1.status === 'rejected') onFailure(1, result1.reason);
    if (result0.status === 'rejected' || result1.status === 'rejected') continue;
    pairs.push({ platform: label, manifest0: result0.value, manifest1: result1.value });
  }
  return pairs;
}
