import { childLeaves, type IndexLeaf, imageChildren } from '../image/index-children.js';
import type { LoadedChild, LoadedIndex } from '../image/load.js';
import { canonicalMediaType } from '../image/media-type.js';
import { formatPlatform } from '../image/platform.js';
import type { JsonNode } from '../json/value.js';
import { movedPairs } from './order.js';
import { pairBy, UniqueNames } from './pair-by.js';

/** The annotation by which an attestation names its image. Source: BuildKit, docs/attestations/attestation-storage.md. */
export const SUBJECT_DIGEST = 'vnd.docker.reference.digest';

export type ChildKind = 'image' | 'attestation' | 'artifact' | 'index' | 'other';

/** One of the things that an index names. */
export interface Child {
  readonly position: number;
  readonly loaded: LoadedChild;
  readonly kind: ChildKind;
  readonly digest: string;
  /** What children are paired by; the same for two that stand for one thing. */
  readonly key: string;
  /** What tells children of one key apart: `os.version`, what an index within the index holds, an artifact's type. */
  readonly detail: string;
  /** The name of the comparison that it, or the image that it attests, takes part in. */
  readonly comparedAs: string | null;
  /** Of an index within the index: whether it holds an image that takes part in a comparison. */
  readonly holdsCompared: boolean;
  /** Of an attestation: the digest of its image. */
  readonly attests: string | null;
  /** The manifests that it is or, as an index within the index, holds. */
  readonly leaves: readonly IndexLeaf[];
  /** Its descriptor as it is written. */
  readonly node: JsonNode | undefined;
}

/** A pair of children that stand for one thing. */
export interface ChildPair {
  readonly child0: Child;
  readonly child1: Child;
  /** The position where both stand in one place, else what the child is; no two pairs of an index have the same. */
  readonly name: string;
}

export interface PairedChildren {
  /** In the order of side 0. */
  readonly pairs: readonly ChildPair[];
  readonly left0: readonly Child[];
  readonly left1: readonly Child[];
}

/* Who chose the images has told what cannot be read and is needed; any other child is compared by its descriptor alone. */
const leaveOut = (): void => {};

/** One side's index and all indexes within it, and which of their manifests take part in a comparison. */
export class IndexSide {
  readonly #images: ReadonlyMap<string, IndexLeaf>;
  /** By digest: the comparisons that a manifest takes part in. */
  readonly #comparisons: ReadonlyMap<string, readonly string[]>;
  readonly leaves: readonly IndexLeaf[];

  private constructor(leaves: readonly IndexLeaf[], comparisons: ReadonlyMap<string, readonly string[]>) {
    this.leaves = leaves;
    this.#images = new Map(leaves.map((leaf) => [leaf.child.descriptor.digest, leaf]));
    this.#comparisons = comparisons;
  }

  /** @param compared as `IndexContext.compared` */
  static async of(index: LoadedIndex, side: 0 | 1, compared: ReadonlyMap<string, string>): Promise<IndexSide> {
    const comparisons = new Map<string, string[]>();
    for (const [key, label] of compared) {
      const digest = key.split(' ')[side] as string;
      const labels = comparisons.get(digest);
      if (labels === undefined) comparisons.set(digest, [label]);
      else labels.push(label);
    }
    return new IndexSide(await imageChildren(index, leaveOut), comparisons);
  }

  /** All that `index`, the side's own or one within it, names. */
  async childrenOf(index: LoadedIndex): Promise<Child[]> {
    const { root } = index.document.json;
    const manifests = root.type === 'object' ? root.members.get('manifests')?.value : undefined;
    const nodes = manifests?.type === 'array' ? manifests.items : [];
    const children: Child[] = [];
    for (const child of index.children) children.push(await this.#childOf(child, nodes[child.position]));
    return children;
  }

  /** The name of the comparison that `leaf` takes part in; of several that of its platform. */
  #comparisonOf(leaf: IndexLeaf): string | null {
    if (leaf.attestation) return null;
    const platform = formatPlatform(leaf.platform);
    const labels = this.#comparisons.get(leaf.child.descriptor.digest) ?? [];
    return labels.find((label) => label === platform || label.startsWith(`${platform} `)) ?? null;
  }

  async #childOf(child: LoadedChild, node: JsonNode | undefined): Promise<Child> {
    const { digest, mediaType, annotations } = child.descriptor;
    const none = { comparedAs: null, holdsCompared: false, attests: null };
    const common = { position: child.position, loaded: child, digest, node, ...none };
    const leaves = await childLeaves(child, leaveOut);
    if (canonicalMediaType(mediaType).kind === 'index') {
      const held = [...new Set(leaves.flatMap((leaf) => (leaf.attestation ? [] : [formatPlatform(leaf.platform)])))];
      const holdsCompared = leaves.some((leaf) => this.#comparisonOf(leaf) !== null);
      return { ...common, kind: 'index', key: 'index', detail: held.sort().join(' '), holdsCompared, leaves };
    }
    const [leaf] = leaves;
    if (leaf === undefined) return { ...common, kind: 'other', key: 'other', detail: mediaType, leaves };
    if (leaf.attestation) {
      /* An attestation stands for the platform of the image that it attests. */
      const attests = annotations?.[SUBJECT_DIGEST] ?? null;
      const image = this.#images.get(attests ?? '');
      if (image === undefined) {
        return { ...common, kind: 'attestation', key: 'attestation', detail: '', attests, leaves };
      }
      return {
        ...common,
        kind: 'attestation',
        key: `attestation ${formatPlatform(image.platform)}`,
        detail: image.platform['os.version'] ?? '',
        comparedAs: this.#comparisonOf(image),
        attests,
        leaves,
      };
    }
    const comparedAs = this.#comparisonOf(leaf);
    if (leaf.artifactType !== undefined) {
      return { ...common, kind: 'artifact', key: 'artifact', detail: leaf.artifactType, comparedAs, leaves };
    }
    const key = `image ${formatPlatform(leaf.platform)}`;
    return { ...common, kind: 'image', key, detail: leaf.platform['os.version'] ?? '', comparedAs, leaves };
  }
}

/**
 * Pairs the children of two indexes, never by position alone: of those that stand for one thing first by digest, then
 * as their images are compared, then by what tells them apart, then in order.
 */
export function pairChildren(children0: readonly Child[], children1: readonly Child[]): PairedChildren {
  const { pairs, left0, left1 } = pairBy(children0, children1, [
    /* An attestation is the same also where only one side has the image that it attests. */
    ({ kind, key, digest }) => `${kind === 'attestation' ? kind : key} ${digest}`,
    ({ key, comparedAs }) => (comparedAs === null ? null : `${key} ${comparedAs}`),
    ({ key, detail }) => `${key} ${detail}`,
    ({ key }) => key,
  ]);
  return { pairs: namePairs(pairs).sort((a, b) => a.child0.position - b.child0.position), left0, left1 };
}

/* In an order that is the same from either side, so that swapping the sides gives the same names. */
function namePairs(pairs: readonly (readonly [Child, Child])[]): ChildPair[] {
  const ordered = pairs.map(([child0, child1]) => ({
    child0,
    child1,
    low: Math.min(child0.position, child1.position),
    high: Math.max(child0.position, child1.position),
    digests: [child0.digest, child1.digest].sort().join(),
  }));
  ordered.sort((a, b) => a.low - b.low || a.high - b.high || (a.digests < b.digests ? -1 : 1));
  const names = new UniqueNames();
  return ordered.map(({ child0, child1 }) => {
    const straight = child0.position === child1.position;
    return { child0, child1, name: straight ? String(child0.position) : names.of(nameOfBoth(child0, child1)) };
  });
}

/** `linux/arm64`, `attestation linux/arm64`, `artifact application/x`, `index linux/amd64 linux/arm64`. */
function nameOfBoth(child0: Child, child1: Child): string {
  const { kind, key } = child0;
  const said = kind === 'image' ? key.slice('image '.length) : key;
  const detail = child0.detail === child1.detail ? child0.detail : '';
  const told = kind === 'image' || kind === 'attestation' ? detail && `(${detail})` : detail;
  return [said, told].filter((part) => part !== '').join(' ');
}

/** Whether the pairs stand in the same order on both sides. */
export function inOrder(pairs: readonly ChildPair[]): boolean {
  const positions0 = pairs.map(({ child0 }) => child0.position);
  const positions1 = pairs.map(({ child1 }) => child1.position);
  return movedPairs(positions0, positions1, true).length === 0;
}

/** A child as it stands in a list of children: what it is, what tells it apart, its digest. */
export function describeChild({ key, detail, digest }: Child): string {
  return [key, detail, digest].filter((part) => part !== '').join(' ');
}
