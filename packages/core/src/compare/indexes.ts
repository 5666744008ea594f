import { type IndexLeaf, imageChildren } from '../image/index-children.js';
import type { LoadedChild, LoadedIndex, LoadedRoot } from '../image/load.js';
import { formatPlatform } from '../image/platform.js';
import { pointerOf } from '../json/pointer.js';
import { toValue } from '../json/to-value.js';
import type { JsonNode } from '../json/value.js';
import { annotationExcuses } from './annotations.js';
import { compareDocuments, compareFields, type FieldDifference, type FieldVerdict } from './document.js';
import { DESCRIPTOR_SHAPE, INDEX_SHAPE } from './document-schema.js';
import { changeOf, type Excuses, type FindingSink } from './finding.js';
import { mediaTypeExcuses } from './manifest.js';
import { movedPairs } from './order.js';

/** What the comparison of indexes needs to know of the choice of platforms. */
export interface IndexContext {
  /** By digest of the child on side 0: the platform (label) under which that image is compared. */
  readonly compared: ReadonlyMap<string, string>;
  /** Whether every platform was to be compared: then a child that only one side has counts in every mode. */
  readonly allPlatforms: boolean;
}

/** What takes out a part of an index that no chosen image stands on. */
const UNSELECTED: Excuses = [['semantic'], ['platform']];
const ABOVE_CHOICE: Excuses = [['platform']];

/** Compares the roots of two images where at least one is an index. */
export async function compareRoots(root0: LoadedRoot, root1: LoadedRoot, context: IndexContext, emit: FindingSink): Promise<void> {
  if (root0.kind === 'index' && root1.kind === 'index') return compareIndexes(root0, root1, context, emit);
  if (root0.kind === root1.kind) return;
  const describe = (root: LoadedRoot): { mediaType: string; digest: string } | null =>
    root.kind === 'index' ? { mediaType: root.descriptor.mediaType, digest: root.descriptor.digest } : null;
  emit({
    subject: 'index',
    change: changeOf(root0.kind === 'index', root1.kind === 'index'),
    field: 'index',
    values: [describe(root0), describe(root1)],
    excuses: [['media-types'], ...ABOVE_CHOICE],
  });
}

interface Child {
  readonly position: number;
  readonly digest: string;
  /** What children are paired by; the same for two that stand for one thing. */
  readonly key: string;
  readonly attestation: boolean;
  readonly node: JsonNode | undefined;
}

async function compareIndexes(index0: LoadedIndex, index1: LoadedIndex, context: IndexContext, emit: FindingSink): Promise<void> {
  if (index0.descriptor.digest === index1.descriptor.digest) return;
  compareDocuments(index0.document.json, index1.document.json, {
    subject: 'index',
    platform: undefined,
    shape: INDEX_SHAPE,
    skip: new Set(['/manifests']),
    judge: judgeIndexField,
    emit,
  });
  const [children0, children1] = await Promise.all([childrenOf(index0), childrenOf(index1)]);
  const pairs = pairChildren(children0, children1);
  for (const [child0, child1] of pairs) comparePair(child0, child1, context, emit);
  for (const child of children0) if (!pairs.some(([own]) => own === child)) tellAlone(child, 0, context, emit);
  for (const child of children1) if (!pairs.some(([, own]) => own === child)) tellAlone(child, 1, context, emit);
  tellOrder(pairs, emit);
}

async function childrenOf(index: LoadedIndex): Promise<Child[]> {
  const leaves = await imageChildren(index);
  const byDigest = new Map<LoadedChild, IndexLeaf>(leaves.map((leaf) => [leaf.child, leaf]));
  const manifests = index.document.json.root.type === 'object' ? index.document.json.root.members.get('manifests') : undefined;
  const nodes = manifests?.value.type === 'array' ? manifests.value.items : [];
  return index.children.map((child) => {
    const leaf = byDigest.get(child);
    const attestation = leaf?.attestation ?? false;
    const subject = child.descriptor.annotations?.['vnd.docker.reference.digest'];
    const attested = attestation ? leaves.find(({ child: { descriptor } }) => descriptor.digest === subject) : undefined;
    const of = attestation ? attested : leaf;
    return {
      position: child.position,
      digest: child.descriptor.digest,
      key: `${leaf === undefined ? 'index' : attestation ? 'attestation' : 'image'} ${of === undefined ? '' : formatPlatform(of.platform)}`,
      attestation,
      node: nodes[child.position],
    };
  });
}

/* By digest first, then by what they stand for, in order. */
function pairChildren(children0: readonly Child[], children1: readonly Child[]): [Child, Child][] {
  const pairs = new Map<Child, Child>();
  const taken = new Set<Child>();
  for (const same of [
    (a: Child, b: Child) => a.digest === b.digest && a.key === b.key,
    (a: Child, b: Child) => a.key === b.key,
  ]) {
    for (const child0 of children0) {
      if (pairs.has(child0)) continue;
      const partner = children1.find((child1) => !taken.has(child1) && same(child0, child1));
      if (partner === undefined) continue;
      pairs.set(child0, partner);
      taken.add(partner);
    }
  }
  return [...pairs].sort((a, b) => a[0].position - b[0].position);
}

function comparePair(child0: Child, child1: Child, context: IndexContext, emit: FindingSink): void {
  const straight = child0.position === child1.position;
  const steps = ['manifests', straight ? String(child0.position) : '*'];
  compareFields(child0.node, child1.node, steps, DESCRIPTOR_SHAPE, new Set(), (field) => {
    const { excuses, follows } = judgeChildField(field, child0, context);
    emit({
      subject: 'index',
      change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
      field: pointerOf(field.steps),
      steps: field.steps,
      values: [valueOf(field.node0), valueOf(field.node1)],
      excuses: field.bothEmpty ? [['empty-fields'], ...excuses] : excuses,
      ...(follows === undefined ? {} : { follows }),
    });
  });
}

function tellAlone(child: Child, side: 0 | 1, context: IndexContext, emit: FindingSink): void {
  const value = valueOf(child.node);
  const steps = ['manifests', String(child.position)];
  emit({
    subject: 'index',
    change: side === 0 ? 'removed' : 'added',
    field: pointerOf(steps),
    steps,
    values: side === 0 ? [value, null] : [null, value],
    excuses: child.attestation ? [['attestations'], ...ABOVE_CHOICE] : context.allPlatforms ? [] : UNSELECTED,
  });
}

function tellOrder(pairs: readonly [Child, Child][], emit: FindingSink): void {
  const positions0 = pairs.map(([child]) => child.position);
  const positions1 = pairs.map(([, child]) => child.position);
  if (movedPairs(positions0, positions1, true).length === 0) return;
  const bySide1 = [...pairs].sort((a, b) => a[1].position - b[1].position);
  const names = (list: readonly [Child, Child][], side: 0 | 1): string[] => list.map((pair) => `${pair[side].key}`.trim());
  emit({
    subject: 'index',
    change: 'modified',
    field: 'order',
    steps: ['manifests'],
    values: [names(pairs, 0), names(bySide1, 1)],
    excuses: UNSELECTED,
  });
}

function judgeIndexField(field: FieldDifference): FieldVerdict {
  const [first, second] = field.steps;
  if (first === 'annotations') return { excuses: [...annotationExcuses(second), ...ABOVE_CHOICE] };
  if (first === 'mediaType') return { excuses: [...mediaTypeExcuses(field.node0, field.node1), ...ABOVE_CHOICE] };
  return { excuses: ABOVE_CHOICE };
}

function judgeChildField(field: FieldDifference, child: Child, context: IndexContext): FieldVerdict {
  const [, , name, key] = field.steps;
  if (child.attestation) return { excuses: [['attestations'], ...ABOVE_CHOICE] };
  if (name === 'annotations') return { excuses: [...annotationExcuses(key), ...ABOVE_CHOICE] };
  if (name === 'mediaType') return { excuses: [...mediaTypeExcuses(field.node0, field.node1), ...ABOVE_CHOICE] };
  /* Children are paired by normalised platform: that a platform is written another way is seen by no container. */
  if (name === 'platform') return { excuses: UNSELECTED };
  if (name !== 'digest' && name !== 'size') return { excuses: ABOVE_CHOICE };
  const platform = context.compared.get(child.digest);
  if (platform === undefined) return { excuses: UNSELECTED };
  return { excuses: ABOVE_CHOICE, follows: { what: 'image', platform } };
}

function valueOf(node: JsonNode | undefined): ReturnType<typeof toValue> {
  return node === undefined ? null : toValue(node);
}
