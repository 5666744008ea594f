import { OciDiffError } from './errors.js';
import type { Image, LoadedManifest, LoadedRoot } from './image/load.js';
import { type IndexLeaf, imageChildren } from './image/index-children.js';
import type { Platform } from './image/descriptor.js';
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
  readonly platform: string;
  readonly osVersion: string;
  readonly digest: string | null;
  readonly manifest: () => Promise<LoadedManifest>;
}

/**
 * Chooses what is compared with what: children of an index by platform, never by position.
 * @throws {OciDiffError} `ERR_PLATFORM` where no choice is possible, with the platforms of both sides;
 *   `ERR_OPTION_INVALID` for a platform that is none
 */
export async function selectImages(side0: Side, side1: Side, choice: PlatformChoice): Promise<Selection> {
  const wanted = choice.platforms.map((text) => formatPlatform(parsePlatform(text)));
  const [candidates0, candidates1] = await Promise.all([candidatesOf(side0), candidatesOf(side1)]);
  const available: [string[], string[]] = [platformsOf(candidates0), platformsOf(candidates1)];
  const describe = (): string =>
    `${side0.reference} has ${available[0].join(', ') || 'no image'}; ${side1.reference} has ${available[1].join(', ') || 'no image'}`;
  for (const platform of wanted) {
    for (const platforms of available) {
      if (!platforms.includes(platform)) throw new OciDiffError('ERR_PLATFORM', `no image for ${platform}: ${describe()}`);
    }
  }
  const bothSingle = side0.root.kind === 'manifest' && side1.root.kind === 'manifest';
  if (bothSingle) return { pairs: await pairSingles(candidates0, candidates1), available };
  const common = available[0].filter((platform) => available[1].includes(platform));
  const sameRoot = side0.root.descriptor !== null && side0.root.descriptor.digest === side1.root.descriptor?.digest;
  const host = formatPlatform(parsePlatform(choice.host));
  let chosen: string[];
  if (wanted.length > 0) chosen = [...new Set(wanted)];
  else if (choice.all) chosen = common;
  else if (common.includes(host)) chosen = [host];
  else if (common.length === 1 || sameRoot) chosen = common;
  else if (common.length === 0) throw new OciDiffError('ERR_PLATFORM', `the images have no platform in common: ${describe()}`);
  else {
    throw new OciDiffError(
      'ERR_PLATFORM',
      `the images have several platforms in common, and not this machine's (${host}); choose with --platform: ${describe()}`,
    );
  }
  if (chosen.length === 0) throw new OciDiffError('ERR_PLATFORM', `the images have no platform in common: ${describe()}`);
  const pairs: ImagePair[] = [];
  for (const platform of chosen.sort()) {
    const own0 = candidates0.filter((candidate) => candidate.platform === platform);
    const own1 = candidates1.filter((candidate) => candidate.platform === platform);
    pairs.push(...(await pairCandidates(platform, own0, own1)));
  }
  return { pairs, available };
}

async function candidatesOf({ root }: Side): Promise<Candidate[]> {
  if (root.kind === 'manifest') return [await singleCandidate(root)];
  const leaves = await imageChildren(root);
  return leaves.filter(({ attestation }) => !attestation).map(leafCandidate);
}

function leafCandidate({ child, platform }: IndexLeaf): Candidate {
  return {
    platform: formatPlatform(platform),
    osVersion: platform['os.version'] ?? '',
    digest: child.descriptor.digest,
    manifest: async () => {
      const loaded = await child.load();
      if (loaded.kind === 'manifest') return loaded;
      throw new OciDiffError('ERR_INDEX_INVALID', `${child.descriptor.digest} is an index where a manifest is named`);
    },
  };
}

async function singleCandidate(manifest: LoadedManifest): Promise<Candidate> {
  const platform = platformOf(await manifest.loadImage());
  return {
    platform: formatPlatform(platform),
    osVersion: platform['os.version'] ?? '',
    digest: manifest.descriptor?.digest ?? null,
    manifest: async () => manifest,
  };
}

function platformOf({ configFile }: Image): Platform {
  const { os, architecture, variant } = configFile;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function platformsOf(candidates: readonly Candidate[]): string[] {
  return [...new Set(candidates.map(({ platform }) => platform))].sort();
}

/* Whatever their platforms: that they differ is then a difference of their configs. */
async function pairSingles(candidates0: readonly Candidate[], candidates1: readonly Candidate[]): Promise<ImagePair[]> {
  const [single0] = candidates0 as [Candidate];
  const [single1] = candidates1 as [Candidate];
  const [platform = ''] = [single0.platform, single1.platform].sort();
  return [{ platform, manifest0: await single0.manifest(), manifest1: await single1.manifest() }];
}

/* Several children of one platform pair by digest, then by `os.version`, then in order. */
async function pairCandidates(
  platform: string,
  candidates0: readonly Candidate[],
  candidates1: readonly Candidate[],
): Promise<ImagePair[]> {
  const left1 = [...candidates1];
  const take = (matches: (candidate: Candidate) => boolean): Candidate | undefined => {
    const at = left1.findIndex(matches);
    return at < 0 ? undefined : left1.splice(at, 1)[0];
  };
  const partners = new Map<Candidate, Candidate>();
  const ways: ((own: Candidate) => (other: Candidate) => boolean)[] = [
    (own) => (other) => own.digest !== null && own.digest === other.digest,
    (own) => (other) => own.osVersion === other.osVersion,
    () => () => true,
  ];
  for (const way of ways) {
    for (const own of candidates0) {
      if (partners.has(own)) continue;
      const partner = take(way(own));
      if (partner !== undefined) partners.set(own, partner);
    }
  }
  const pairs: ImagePair[] = [];
  const labels = new Set<string>();
  for (const [own, partner] of partners) {
    const label = uniqueLabel(platform, own.osVersion || partner.osVersion, labels);
    pairs.push({ platform: label, manifest0: await own.manifest(), manifest1: await partner.manifest() });
  }
  return pairs;
}

/* Findings are told apart by platform; of several pairs of one platform each needs a name of its own. */
function uniqueLabel(platform: string, osVersion: string, labels: Set<string>): string {
  const candidates = [platform, `${platform} (${osVersion})`];
  for (let n = 2; ; n++) {
    const label = candidates.shift() ?? `${platform} #${n}`;
    if (labels.has(label)) continue;
    labels.add(label);
    return label;
  }
}
