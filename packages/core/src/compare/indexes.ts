import { type IndexLeaf, imageChildren } from '../image/index-children.js';
import type { LoadedChild, LoadedIndex, LoadedRoot } from '../image/load.js';
import { canonicalMediaType } from '../image/media-type.js';
import { formatPlatform } from '../image/platform.js';
import { pointerOf } from '../json/pointer.js';
import { toValue } from '../json/to-value.js';
import type { JsonNode } from '../json/value.js';
import { DEFAULT_LIMITS, type Limits } from '../limits.js';
import type { Value } from './difference.js';
import {
  compareDocuments,
  compareFields,
  type FieldDifference,
  FieldPointers,
  type FieldVerdict,
  valuesOf,
} from './document.js';
import { DESCRIPTOR_SHAPE, INDEX_SHAPE, memberShape, type Shape } from './document-schema.js';
import { changeOf, type Excuses, type FindingSink } from './finding.js';
import { descriptorExcuses } from './manifest.js';
import { movedPairs } from './order.js';

/** What the comparison of indexes needs to know of the choice of platforms. */
export interface IndexContext {
  /** By `comparedKey` of the two manifests of each pair that is compared: the platform (label) of that comparison. */
  readonly compared: ReadonlyMap<string, string>;
  /** Whether every platform was to be compared: then a child that only one side has counts in every mode. */
  readonly allPlatforms: boolean;
  /** The bound `documentDifferenceBytes`; the default where absent. */
  readonly limits?: Limits;
}

/* Who chose the images has told what cannot be read and is needed; any other child is compared by its descriptor alone. */
const leaveOut = (): void => {};

/**
 * The key of a pair of manifests in `IndexContext.compared`. An index may name one manifest for several platforms, so a
 * digest alone does not tell what it was compared with. Null is the manifest that a medium has lost.
 */
export function comparedKey(digest0: string | null, digest1: string | null): string {
  return `${digest0 ?? ''} ${digest1 ?? ''}`;
}

/** What takes out a part of an index that no chosen image stands on. */
const UNSELECTED: Excuses = [['semantic'], ['platform']];
const ABOVE_CHOICE: Excuses = [['platform']];
/** The annotation by which an attestation names its image. Source: BuildKit, docs/attestations/attestation-storage.md. */
const SUBJECT_DIGEST = 'vnd.docker.reference.digest';
const ATTESTATION: Excuses = [['attestations'], ...ABOVE_CHOICE];

/** Compares the roots of two images where at least one is an index. */
export async function compareRoots(
  root0: LoadedRoot,
  root1: LoadedRoot,
  context: IndexContext,
  emit: FindingSink,
): Promise<void> {
  if (root0.kind === 'index' && root1.kind === 'index') return compareIndexes(root0, root1, context, emit);
  if (root0.kind === 'index') return tellWrapped(root0, 0, root1.descriptor?.digest ?? null, context, emit);
  if (root1.kind === 'index') return tellWrapped(root1, 1, root0.descriptor?.digest ?? null, context, emit);
}

/*
 * Side `side` has an index around its image, the other has the image alone. The index itself is another way to say the
 * same; whatever else it names or says is not.
 */
async function tellWrapped(
  index: LoadedIndex,
  side: 0 | 1,
  otherDigest: string | null,
  context: IndexContext,
  emit: FindingSink,
): Promise<void> {
  const { mediaType, digest } = index.descriptor;
  const change = changeOf(side === 0, side === 1);
  emit({
    subject: 'index',
    change,
    field: 'index',
    values: onSide(side, { mediaType, digest }),
    excuses: [['media-types'], ...ABOVE_CHOICE],
  });
  const pointers = pointersOf(context);
  const tellFields = (
    node: JsonNode,
    steps: string[],
    shape: Shape,
    skip: string[],
    excusesOf: (field: FieldDifference) => Excuses,
  ): void => {
    if (node.type !== 'object') return;
    for (const [key, { value }] of node.members) {
      if (skip.includes(key)) continue;
      const member = memberShape(shape, key);
      const [node0, node1] = side === 0 ? [value, undefined] : [undefined, value];
      const tell = (field: FieldDifference): void => {
        emit({
          subject: 'index',
          change,
          field: pointers.of(field.steps),
          steps: field.steps,
          values: valuesOf(field),
          excuses: excusesOf(field),
        });
      };
      compareFields(node0, node1, [...steps, key], member.shape, new Set(), tell, member.named);
    }
  };
  /* What the row of the index itself says already, and the children. */
  const own = ['schemaVersion', 'mediaType', 'manifests'];
  tellFields(index.document.json.root, [], INDEX_SHAPE, own, (field) => [
    ...judgeIndexField(field).excuses,
    ...ABOVE_CHOICE,
  ]);
  const leaves = await imageChildren(index, leaveOut);
  const chosen = chosenLeaf(leaves, side, otherDigest, context);
  const children = await childrenOf(index);
  for (const child of children) {
    const loaded = index.children[child.position] as LoadedChild;
    if (loaded !== chosen?.child) {
      const nested = isIndex(loaded) ? await loaded.load() : null;
      const inside = nested?.kind === 'index' ? await imageChildren(nested, leaveOut) : [];
      if (!inside.some((leaf) => leaf.child === chosen?.child)) tellAlone(child, side, context, emit);
      else tellAround(child, inside, chosen, side, context, emit);
      continue;
    }
    if (child.node === undefined) continue;
    /* By its platform it was chosen; beyond that a platform is seen by no container. */
    const steps = ['manifests', String(child.position)];
    const said = ['mediaType', 'digest', 'size', 'platform'];
    tellFields(child.node, steps, DESCRIPTOR_SHAPE, said, (field) => [
      ...descriptorExcuses(field, field.steps[2], field.steps[3]),
      ...ABOVE_CHOICE,
    ]);
    const platform = child.node.type === 'object' ? child.node.members.get('platform')?.value : undefined;
    const chosenBy = ['os', 'architecture', 'variant'];
    if (platform !== undefined) {
      tellFields(
        platform,
        [...steps, 'platform'],
        memberShape(DESCRIPTOR_SHAPE, 'platform').shape,
        chosenBy,
        () => UNSELECTED,
      );
    }
  }
}

/* An index within the index that names the one image, and whatever else it names. */
function tellAround(
  child: Child,
  leaves: readonly IndexLeaf[],
  chosen: IndexLeaf | undefined,
  side: 0 | 1,
  context: IndexContext,
  emit: FindingSink,
): void {
  tellAlone(child, side, { ...context, allPlatforms: false }, emit);
  for (const { child: inner, attestation } of leaves) {
    if (inner === chosen?.child) continue;
    const steps = ['manifests', '*'];
    emit({
      subject: 'index',
      change: changeOf(side === 0, side === 1),
      field: pointerOf(steps),
      steps,
      values: onSide(side, inner.descriptor.digest),
      excuses: aloneExcuses(attestation, context),
    });
  }
}

/* The child that the single image was compared with; of several of one digest that of the platform. */
function chosenLeaf(
  leaves: readonly IndexLeaf[],
  side: 0 | 1,
  otherDigest: string | null,
  { compared }: IndexContext,
): IndexLeaf | undefined {
  const labelOf = ({ child: { descriptor }, attestation }: IndexLeaf): string | undefined => {
    const [digest0, digest1] = side === 0 ? [descriptor.digest, otherDigest] : [otherDigest, descriptor.digest];
    return attestation ? undefined : compared.get(comparedKey(digest0, digest1));
  };
  const candidates = leaves.filter((leaf) => labelOf(leaf) !== undefined);
  return candidates.find((leaf) => labelOf(leaf) === formatPlatform(leaf.platform)) ?? candidates[0];
}

function isIndex({ descriptor }: LoadedChild): boolean {
  return canonicalMediaType(descriptor.mediaType).kind === 'index';
}

function pointersOf({ limits = DEFAULT_LIMITS }: IndexContext): FieldPointers {
  return new FieldPointers(limits, 'the indexes');
}

function aloneExcuses(attestation: boolean, { allPlatforms }: IndexContext): Excuses {
  return attestation ? ATTESTATION : allPlatforms ? [] : UNSELECTED;
}

interface Child {
  readonly position: number;
  readonly digest: string;
  /** What children are paired by; the same for two that stand for one thing. */
  readonly key: string;
  readonly osVersion: string;
  readonly attestation: boolean;
  readonly node: JsonNode | undefined;
}

async function compareIndexes(
  index0: LoadedIndex,
  index1: LoadedIndex,
  context: IndexContext,
  emit: FindingSink,
): Promise<void> {
  if (index0.descriptor.digest === index1.descriptor.digest) return;
  const pointers = pointersOf(context);
  const bothFull = index0.children.length > 0 && index1.children.length > 0;
  compareDocuments(index0.document.json, index1.document.json, {
    subject: 'index',
    platform: undefined,
    shape: INDEX_SHAPE,
    skip: new Set(bothFull ? ['/manifests'] : []),
    judge: judgeIndexField,
    always: ABOVE_CHOICE,
    pointers,
    emit,
  });
  if (!bothFull) return;
  const [children0, children1] = await Promise.all([childrenOf(index0), childrenOf(index1)]);
  const { pairs, left0, left1 } = pairChildren(children0, children1);
  for (const [child0, child1] of pairs) comparePair(child0, child1, context, pointers, emit);
  for (const child of left0) tellAlone(child, 0, context, emit);
  for (const child of left1) tellAlone(child, 1, context, emit);
  tellOrder(pairs, emit);
}

async function childrenOf(index: LoadedIndex): Promise<Child[]> {
  const leaves = await imageChildren(index, leaveOut);
  const byChild = new Map<LoadedChild, IndexLeaf>(leaves.map((leaf) => [leaf.child, leaf]));
  const byDigest = new Map<string, IndexLeaf>(leaves.map((leaf) => [leaf.child.descriptor.digest, leaf]));
  const { root } = index.document.json;
  const manifests = root.type === 'object' ? root.members.get('manifests')?.value : undefined;
  const nodes = manifests?.type === 'array' ? manifests.items : [];
  return index.children.map((child) => {
    const { digest, annotations } = child.descriptor;
    const leaf = byChild.get(child);
    const attestation = leaf?.attestation ?? false;
    /* An attestation stands for the platform of the image that it attests. */
    const image = attestation ? byDigest.get(annotations?.[SUBJECT_DIGEST] ?? '') : leaf;
    const kind = leaf === undefined ? 'other' : attestation ? 'attestation' : 'image';
    return {
      position: child.position,
      digest,
      key: image === undefined ? kind : `${kind} ${formatPlatform(image.platform)}`,
      osVersion: image?.platform['os.version'] ?? '',
      attestation,
      node: nodes[child.position],
    };
  });
}

interface PairedChildren {
  /** In the order of side 0. */
  readonly pairs: readonly (readonly [Child, Child])[];
  readonly left0: readonly Child[];
  readonly left1: readonly Child[];
}

/* Of those that stand for one thing: by digest, then by version of the operating system, then in order. */
function pairChildren(children0: readonly Child[], children1: readonly Child[]): PairedChildren {
  const pairs: [Child, Child][] = [];
  const taken = new Set<Child>();
  for (const keyOf of [
    ({ key, digest }: Child) => `${key} ${digest}`,
    ({ key, osVersion }: Child) => `${key} ${osVersion}`,
    ({ key }: Child) => key,
  ]) {
    const waiting = new Map<string, Child[]>();
    for (const child of children1.toReversed()) {
      if (taken.has(child)) continue;
      const key = keyOf(child);
      const list = waiting.get(key);
      if (list === undefined) waiting.set(key, [child]);
      else list.push(child);
    }
    for (const child of children0) {
      const partner = taken.has(child) ? undefined : waiting.get(keyOf(child))?.pop();
      if (partner === undefined) continue;
      pairs.push([child, partner]);
      taken.add(child).add(partner);
    }
  }
  const isLeft = (child: Child): boolean => !taken.has(child);
  pairs.sort((a, b) => a[0].position - b[0].position);
  return { pairs, left0: children0.filter(isLeft), left1: children1.filter(isLeft) };
}

function comparePair(
  child0: Child,
  child1: Child,
  context: IndexContext,
  pointers: FieldPointers,
  emit: FindingSink,
): void {
  const straight = child0.position === child1.position;
  const steps = ['manifests', straight ? String(child0.position) : '*'];
  compareFields(child0.node, child1.node, steps, DESCRIPTOR_SHAPE, new Set(), (field) => {
    emit({
      subject: 'index',
      change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
      field: pointers.of(field.steps),
      steps: field.steps,
      values: valuesOf(field),
      ...judgeChildField(field, child0, child1, context),
    });
  });
}

function tellAlone(child: Child, side: 0 | 1, context: IndexContext, emit: FindingSink): void {
  const steps = ['manifests', String(child.position)];
  emit({
    subject: 'index',
    change: changeOf(side === 0, side === 1),
    field: pointerOf(steps),
    steps,
    values: onSide(side, child.node === undefined ? null : toValue(child.node)),
    excuses: aloneExcuses(child.attestation, context),
  });
}

function tellOrder(pairs: PairedChildren['pairs'], emit: FindingSink): void {
  if (inOrder(pairs)) return;
  const bySide1 = [...pairs].sort((a, b) => a[1].position - b[1].position);
  const onlyAttestations = inOrder(pairs.filter(([{ attestation }]) => !attestation));
  emit({
    subject: 'index',
    change: 'modified',
    field: 'order',
    steps: ['manifests'],
    values: [pairs.map(([child]) => nameOf(child)), bySide1.map(([, child]) => nameOf(child))],
    excuses: onlyAttestations ? [['attestations'], ...UNSELECTED] : UNSELECTED,
  });
}

function inOrder(pairs: PairedChildren['pairs']): boolean {
  const positions0 = pairs.map(([child]) => child.position);
  const positions1 = pairs.map(([, child]) => child.position);
  return movedPairs(positions0, positions1, true).length === 0;
}

/* Two children of one platform are told apart by what tells them apart. */
function nameOf({ key, osVersion, digest }: Child): string {
  return [key, osVersion, digest].filter((part) => part !== '').join(' ');
}

function onSide(side: 0 | 1, value: Value): [Value, Value] {
  return side === 0 ? [value, null] : [null, value];
}

function judgeIndexField(field: FieldDifference): FieldVerdict {
  const [first, second, third] = field.steps;
  return {
    excuses: first === 'subject' ? descriptorExcuses(field, second, third) : descriptorExcuses(field, first, second),
  };
}

function judgeChildField(field: FieldDifference, child0: Child, child1: Child, context: IndexContext): FieldVerdict {
  const [, , name, key] = field.steps;
  if (child0.attestation) {
    /* It names the image that it attests: where that differs, so does its digest. */
    const follows = key === SUBJECT_DIGEST ? followed(textOf(field.node0), textOf(field.node1), context) : {};
    return { excuses: ATTESTATION, ...follows };
  }
  const excuses = descriptorExcuses(field, name, key);
  if (!context.compared.has(comparedKey(child0.digest, child1.digest))) {
    return { excuses: [...excuses, ...UNSELECTED] };
  }
  /* Children are paired by normalised platform: that a platform is written another way is seen by no container. */
  if (name === 'platform') return { excuses: [...excuses, ...UNSELECTED] };
  if (name !== 'digest' && name !== 'size') return { excuses: [...excuses, ...ABOVE_CHOICE] };
  return { excuses: ABOVE_CHOICE, ...followed(child0.digest, child1.digest, context) };
}

/* A manifest and itself have nothing for a difference to follow from. */
function followed(
  digest0: string | null,
  digest1: string | null,
  context: IndexContext,
): Pick<FieldVerdict, 'follows'> {
  if (digest0 === null || digest1 === null || digest0 === digest1) return {};
  const platform = context.compared.get(comparedKey(digest0, digest1));
  return platform === undefined ? {} : { follows: { what: 'image', platform } };
}

function textOf(node: JsonNode | undefined): string | null {
  return node?.type === 'string' ? node.value : null;
}
