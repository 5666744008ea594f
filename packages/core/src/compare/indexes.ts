import { OciDiffError } from '../errors.js';
import type { IndexLeaf } from '../image/index-children.js';
import type { LoadedChild, LoadedIndex, LoadedRoot } from '../image/load.js';
import { formatPlatform } from '../image/platform.js';
import { pointerOf } from '../json/pointer.js';
import { toValue } from '../json/to-value.js';
import type { JsonNode } from '../json/value.js';
import { DEFAULT_LIMITS, type Limits } from '../limits.js';
import { compareAttestations } from './attestations.js';
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
import { changeOf, type Excuses, type FindingSink, type Follows } from './finding.js';
import {
  type Child,
  type ChildPair,
  describeChild,
  IndexSide,
  inOrder,
  pairChildren,
  SUBJECT_DIGEST,
} from './index-children.js';
import { descriptorExcuses } from './manifest.js';
import { UniqueNames } from './pair-by.js';

/** What the comparison of indexes needs to know of the choice of platforms. */
export interface IndexContext {
  /** By `comparedKey` of the two manifests of each pair that is compared: the platform (label) of that comparison. */
  readonly compared: ReadonlyMap<string, string>;
  /** Whether every platform was to be compared: then a child that only one side has counts in every mode. */
  readonly allPlatforms: boolean;
  /** The bound `documentDifferenceBytes`; the default where absent. */
  readonly limits?: Limits;
  /**
   * Takes why something that is there cannot be read or compared, and what excuses any difference of it: it matters
   * where none of these does. `side` is null where it is both's.
   */
  readonly onUnreadable?: (side: 0 | 1 | null, error: OciDiffError, excuses: Excuses) => void;
}

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
const ATTESTATION: Excuses = [['attestations'], ...ABOVE_CHOICE];

/**
 * The step from a descriptor to the document that it names: `/manifests/0/annotations/a` is said by the index of its
 * child, `/manifests/0/>/annotations/a` by the child, an index itself.
 */
const INTO = '>';

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
 * same, and so is one within it on the way to the image; whatever else they name or say is not.
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
  const indexSide = await IndexSide.of(index, side, context.compared);
  const chosen = chosenLeaf(indexSide.leaves, side, otherDigest, context);
  const tellFields = (
    pointers: FieldPointers,
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
          steps: pointers.stepsOf(field.steps),
          values: valuesOf(field),
          excuses: excusesOf(field),
        });
      };
      compareFields(node0, node1, [...steps, key], member.shape, new Set(), tell, member.named);
    }
  };
  const tellDescriptor = (pointers: FieldPointers, { position, node }: Child, said: string[]): void => {
    if (node === undefined) return;
    tellFields(pointers, node, ['manifests', String(position)], DESCRIPTOR_SHAPE, said, (field) => [
      ...descriptorExcuses(field, field.steps[2], field.steps[3]),
      ...ABOVE_CHOICE,
    ]);
  };
  /* From the index to the chosen image, through the indexes between. */
  const waiting: { readonly around: LoadedIndex; readonly pointers: FieldPointers }[] = [
    { around: index, pointers: pointersOf(context) },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { around, pointers } = next;
    /* What the row of the index itself says already, and the children. */
    const own = ['schemaVersion', 'mediaType', 'manifests'];
    tellFields(pointers, around.document.json.root, [], INDEX_SHAPE, own, (field) => [
      ...judgeIndexField(field).excuses,
      ...ABOVE_CHOICE,
    ]);
    for (const child of await indexSide.childrenOf(around)) {
      const steps = ['manifests', String(child.position)];
      if (child.loaded === chosen?.child) {
        /* By its platform it was chosen; beyond that a platform is seen by no container. */
        tellDescriptor(pointers, child, ['mediaType', 'digest', 'size', 'platform']);
        const platform = child.node?.type === 'object' ? child.node.members.get('platform')?.value : undefined;
        if (platform === undefined) continue;
        const { shape } = memberShape(DESCRIPTOR_SHAPE, 'platform');
        const chosenBy = ['os', 'architecture', 'variant'];
        tellFields(pointers, platform, [...steps, 'platform'], shape, chosenBy, () => UNSELECTED);
      } else if (chosen !== undefined && child.leaves.some((leaf) => leaf.child === chosen.child)) {
        const nested = await child.loaded.load();
        if (nested.kind !== 'index') continue;
        emit({
          subject: 'index',
          change,
          field: pointers.of(steps),
          steps: pointers.stepsOf(steps),
          values: onSide(side, { mediaType: nested.descriptor.mediaType, digest: nested.descriptor.digest }),
          excuses: [['media-types'], ...UNSELECTED],
        });
        tellDescriptor(pointers, child, ['mediaType', 'digest', 'size']);
        waiting.push({ around: nested, pointers: pointers.within([...steps, INTO]) });
      } else {
        await tellAlone(child, side, { context, pointers, emit, indexSide, parts: [] });
      }
    }
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

function pointersOf({ limits = DEFAULT_LIMITS }: IndexContext): FieldPointers {
  return new FieldPointers(limits, 'the indexes');
}

/** Two indexes that are to be compared: those of the images, or one within each. */
interface IndexPair {
  readonly index0: LoadedIndex;
  readonly index1: LoadedIndex;
  readonly pointers: FieldPointers;
  /** See `Finding.parts`; empty for the images' own. */
  readonly parts: readonly string[];
  /** What excuses any difference of theirs. */
  readonly always: Excuses;
}

async function compareIndexes(
  index0: LoadedIndex,
  index1: LoadedIndex,
  context: IndexContext,
  emit: FindingSink,
): Promise<void> {
  if (index0.descriptor.digest === index1.descriptor.digest) return;
  const side0 = await IndexSide.of(index0, 0, context.compared);
  const side1 = await IndexSide.of(index1, 1, context.compared);
  const attestationNames = new Map<string, UniqueNames>();
  const waiting: IndexPair[] = [{ index0, index1, pointers: pointersOf(context), parts: [], always: ABOVE_CHOICE }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { pointers, parts, always } = next;
    const emitHere: FindingSink = parts.length === 0 ? emit : (finding) => emit({ ...finding, parts });
    const bothFull = next.index0.children.length > 0 && next.index1.children.length > 0;
    compareDocuments(next.index0.document.json, next.index1.document.json, {
      subject: 'index',
      platform: undefined,
      shape: INDEX_SHAPE,
      skip: new Set(bothFull ? ['/manifests'] : []),
      judge: judgeIndexField,
      always,
      pointers,
      emit: emitHere,
    });
    if (!bothFull) continue;
    const children0 = await side0.childrenOf(next.index0);
    const children1 = await side1.childrenOf(next.index1);
    const { pairs, left0, left1 } = pairChildren(children0, children1);
    for (const pair of pairs) {
      const part = pointerOf(pointers.stepsOf(['manifests', pair.name]));
      const nested = await nestedPair(pair);
      const attested = attestedAs(pair, context);
      comparePair(pair, nested === null && attested === undefined ? null : part, context, pointers, emitHere);
      if (nested !== null) {
        waiting.push({
          ...nested,
          pointers: pointers.within(['manifests', pair.name, INTO]),
          parts: [...parts, part],
          always: holdsCompared(pair) ? ABOVE_CHOICE : UNSELECTED,
        });
      }
      if (attested === undefined) continue;
      const names = attestationNames.get(attested) ?? new UniqueNames();
      attestationNames.set(attested, names);
      await compareAttestationPair(pair, attested, names, [...parts, part], context, emit);
    }
    const place = { context, pointers, emit, parts };
    for (const child of left0) await tellAlone(child, 0, { ...place, indexSide: side0 });
    for (const child of left1) await tellAlone(child, 1, { ...place, indexSide: side1 });
    tellOrder(pairs, pointers, emitHere);
  }
}

/* Two indexes within the indexes, where they differ and can be read. What cannot be is told by its descriptor alone. */
async function nestedPair({ child0, child1 }: ChildPair): Promise<Pick<IndexPair, 'index0' | 'index1'> | null> {
  if (child0.kind !== 'index' || child0.digest === child1.digest) return null;
  const [index0, index1] = [await loadIndex(child0.loaded), await loadIndex(child1.loaded)];
  return index0 === null || index1 === null ? null : { index0, index1 };
}

async function loadIndex(child: LoadedChild): Promise<LoadedIndex | null> {
  try {
    const loaded = await child.load();
    return loaded.kind === 'index' ? loaded : null;
  } catch (error) {
    if (error instanceof OciDiffError && error.code !== 'ERR_ABORTED') return null;
    throw error;
  }
}

/* Whether an image that is compared is in both of two indexes within the indexes. */
function holdsCompared({ child0, child1 }: ChildPair): boolean {
  return child0.holdsCompared && child1.holdsCompared;
}

/*
 * The comparison of the images that two attestations are about, where they differ. Those of images that are not compared
 * are told by their digests, as the images are.
 */
function attestedAs({ child0, child1 }: ChildPair, { compared }: IndexContext): string | undefined {
  if (child0.kind !== 'attestation' || child0.digest === child1.digest) return undefined;
  if (child0.attests === null || child1.attests === null) return undefined;
  return compared.get(comparedKey(child0.attests, child1.attests));
}

async function compareAttestationPair(
  { child0, child1 }: ChildPair,
  platform: string,
  names: UniqueNames,
  parts: readonly string[],
  context: IndexContext,
  emit: FindingSink,
): Promise<void> {
  const { limits = DEFAULT_LIMITS } = context;
  try {
    await compareAttestations(child0.loaded, child1.loaded, {
      platform,
      pointers: new FieldPointers(limits, `the attestations for ${platform}`, [names.of('attestation')]),
      parts,
      excuses: ATTESTATION,
      followsImage: (digest0, digest1) => followed(digest0, digest1, context).follows,
      emit,
      onUnreadable: (side, error) => context.onUnreadable?.(side, error, ATTESTATION),
    });
  } catch (error) {
    if (!(error instanceof OciDiffError) || error.code !== 'ERR_LIMIT_EXCEEDED') throw error;
    context.onUnreadable?.(null, error, ATTESTATION);
  }
}

function comparePair(
  pair: ChildPair,
  part: string | null,
  context: IndexContext,
  pointers: FieldPointers,
  emit: FindingSink,
): void {
  const { child0, child1, name } = pair;
  compareFields(child0.node, child1.node, ['manifests', name], DESCRIPTOR_SHAPE, new Set(), (field) => {
    emit({
      subject: 'index',
      change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
      field: pointers.of(field.steps),
      steps: pointers.stepsOf(field.steps),
      values: valuesOf(field),
      ...judgeChildField(field, pair, part, context),
    });
  });
}

interface AlonePlace {
  readonly context: IndexContext;
  readonly pointers: FieldPointers;
  readonly emit: FindingSink;
  readonly indexSide: IndexSide;
  readonly parts: readonly string[];
}

/*
 * Tells a child that one side has alone. Of an index within the index whose images are compared with some that stand
 * elsewhere on the other side, only the index is alone, and what of it is not compared.
 */
async function tellAlone(child: Child, side: 0 | 1, place: AlonePlace): Promise<void> {
  const waiting: { readonly child: Child; readonly pointers: FieldPointers }[] = [{ child, pointers: place.pointers }];
  const { context, emit, indexSide, parts } = place;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { child: alone, pointers } = next;
    const steps = ['manifests', String(alone.position)];
    const elsewhere = alone.holdsCompared || alone.comparedAs !== null;
    emit({
      subject: 'index',
      change: changeOf(side === 0, side === 1),
      field: pointers.of(steps),
      steps: pointers.stepsOf(steps),
      values: onSide(side, alone.node === undefined ? null : toValue(alone.node)),
      excuses: aloneExcuses(alone, elsewhere, context),
      ...(parts.length === 0 ? {} : { parts }),
    });
    const nested = alone.kind === 'index' && elsewhere ? await loadIndex(alone.loaded) : null;
    if (nested === null) continue;
    const inside = pointers.within([...steps, INTO]);
    for (const inner of await indexSide.childrenOf(nested)) {
      if (inner.comparedAs === null || inner.kind === 'attestation') waiting.push({ child: inner, pointers: inside });
    }
  }
}

function aloneExcuses({ kind }: Child, elsewhere: boolean, { allPlatforms }: IndexContext): Excuses {
  if (kind === 'attestation') return ATTESTATION;
  return allPlatforms && !elsewhere ? [] : UNSELECTED;
}

function tellOrder(pairs: readonly ChildPair[], pointers: FieldPointers, emit: FindingSink): void {
  if (inOrder(pairs)) return;
  const bySide1 = [...pairs].sort((a, b) => a.child1.position - b.child1.position);
  const onlyAttestations = inOrder(pairs.filter(({ child0 }) => child0.kind !== 'attestation'));
  emit({
    subject: 'index',
    change: 'modified',
    field: pointers.trait('order'),
    steps: pointers.stepsOf(['manifests']),
    values: [pairs.map(({ child0 }) => describeChild(child0)), bySide1.map(({ child1 }) => describeChild(child1))],
    excuses: onlyAttestations ? [['attestations'], ...UNSELECTED] : UNSELECTED,
  });
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

/* `part` is the name of what both documents are, where they are looked into. */
function judgeChildField(
  field: FieldDifference,
  pair: ChildPair,
  part: string | null,
  context: IndexContext,
): FieldVerdict {
  const [, , name, key] = field.steps;
  const { child0, child1 } = pair;
  /* One document and itself have nothing for a difference to follow from. */
  const isName = (name === 'digest' || name === 'size') && child0.digest !== child1.digest;
  const inside: { follows?: Follows } = isName && part !== null ? { follows: { what: 'parts', parts: [part] } } : {};
  if (child0.kind === 'attestation') {
    /* It names the image that it attests: where that differs, so does its digest. */
    const follows = key === SUBJECT_DIGEST ? followed(textOf(field.node0), textOf(field.node1), context) : inside;
    return { excuses: ATTESTATION, ...follows };
  }
  const excuses = descriptorExcuses(field, name, key);
  if (child0.kind === 'index') {
    return { excuses: [...excuses, ...(holdsCompared(pair) ? ABOVE_CHOICE : UNSELECTED)], ...inside };
  }
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
