import { OciDiffError } from '../errors.js';
import type { Descriptor } from '../image/descriptor.js';
import { type LoadedChild, type LoadedManifest, refOf } from '../image/load.js';
import { canonicalMediaType } from '../image/media-type.js';
import { toValue } from '../json/to-value.js';
import type { JsonDocument, JsonNode } from '../json/value.js';
import type { Value } from './difference.js';
import { compareDocuments, compareFields, type FieldDifference, type FieldPointers, valuesOf } from './document.js';
import { DESCRIPTOR_SHAPE, MANIFEST_SHAPE, type Shape } from './document-schema.js';
import { changeOf, type Excuses, type FindingSink, type Follows } from './finding.js';
import { descriptorExcuses } from './manifest.js';
import { pairBy, UniqueNames } from './pair-by.js';

/** What comparing two attestations needs to know of their place. */
export interface AttestationContext {
  /** Of the comparison of the images that they attest. */
  readonly platform: string;
  /** Those of fields below the attestation's own name. */
  readonly pointers: FieldPointers;
  /** The names of all that the attestation lies in, and last its own; see `Finding.parts`. */
  readonly parts: readonly string[];
  /** What excuses any difference of theirs. */
  readonly excuses: Excuses;
  /** What a pair of digests of images follows from, if those were compared. */
  readonly followsImage: (digest0: string | null, digest1: string | null) => Follows | undefined;
  readonly emit: FindingSink;
  /** Takes why something that is there cannot be read. What a medium does not have is told by its digest alone. */
  readonly onUnreadable: (side: 0 | 1, error: OciDiffError) => void;
}

/** The annotation that says what a statement is about. Source: BuildKit, docs/attestations/attestation-storage.md. */
const PREDICATE_TYPE = 'in-toto.io/predicate-type';

/** What a predicate holds is not ours to know. */
const ANY: Shape = { kind: 'map' };

/**
 * Compares two attestations of one image as what they are: manifests whose layers are statements, JSON documents with
 * a `predicateType` and a `predicate`. Statements are paired by predicate type, wherever they stand. Reads no more
 * than what the two do not name by one digest.
 *
 * Sources: BuildKit, docs/attestations/attestation-storage.md; in-toto, attestation spec v0.1 and v1, "Statement".
 * @throws {OciDiffError} `ERR_ABORTED`, `ERR_LIMIT_EXCEEDED` above `documentDifferenceBytes`
 */
export async function compareAttestations(
  child0: LoadedChild,
  child1: LoadedChild,
  context: AttestationContext,
): Promise<void> {
  const [root0, root1] = await Promise.all([
    read(context, 0, () => child0.load()),
    read(context, 1, () => child1.load()),
  ]);
  if (root0?.kind !== 'manifest' || root1?.kind !== 'manifest') return;
  const [document0, document1] = [root0.document, root1.document];
  if (document0 === null || document1 === null) return;
  const { platform, pointers, parts, excuses, emit } = context;
  const configPart = `${parts.at(-1)} config`;
  const layers0 = await layersOf(root0, document0.json, 0, context);
  const layers1 = await layersOf(root1, document1.json, 1, context);
  const bothHaveLayers = layers0.length > 0 && layers1.length > 0;
  compareDocuments(document0.json, document1.json, {
    subject: 'manifest',
    platform,
    shape: MANIFEST_SHAPE,
    skip: new Set(bothHaveLayers ? ['/layers'] : []),
    always: excuses,
    pointers,
    emit: (finding) => emit({ ...finding, parts }),
    judge: (field) => {
      const [first, second, third] = field.steps;
      if (first === 'config' && (second === 'digest' || second === 'size')) {
        return { excuses: [], follows: { what: 'parts', parts: [configPart] } };
      }
      const isDescriptor = first === 'config' || first === 'subject';
      const own = isDescriptor ? descriptorExcuses(field, second, third) : descriptorExcuses(field, first, second);
      return { excuses: own, ...(first === 'subject' ? subjectFollows(field, root0, root1, context) : {}) };
    },
  });
  const changed = bothHaveLayers ? await compareLayers(root0, root1, layers0, layers1, context) : [];
  await compareConfigs(root0, root1, [...parts, configPart], changed, context);
}

/* BuildKit's newer attestations name their image by `subject` too. */
function subjectFollows(
  { steps, node0, node1 }: FieldDifference,
  { manifest: manifest0 }: LoadedManifest,
  { manifest: manifest1 }: LoadedManifest,
  { followsImage }: AttestationContext,
): { follows?: Follows } {
  if ((steps[1] !== 'digest' && steps[1] !== 'size') || node0 === undefined || node1 === undefined) return {};
  const follows = followsImage(manifest0?.subject?.digest ?? null, manifest1?.subject?.digest ?? null);
  return follows === undefined ? {} : { follows };
}

interface StatementLayer {
  readonly position: number;
  readonly descriptor: Descriptor;
  readonly node: JsonNode | undefined;
  readonly isStatement: boolean;
  readonly type: string;
}

async function layersOf(
  { manifest, blobs }: LoadedManifest,
  { root }: JsonDocument,
  side: 0 | 1,
  context: AttestationContext,
): Promise<StatementLayer[]> {
  const list = root.type === 'object' ? root.members.get('layers')?.value : undefined;
  const nodes = list?.type === 'array' ? list.items : [];
  const layers: StatementLayer[] = [];
  for (const [position, descriptor] of (manifest?.layers ?? []).entries()) {
    const isStatement = canonicalMediaType(descriptor.mediaType).kind === 'in-toto';
    let type: string | undefined = descriptor.mediaType;
    if (isStatement) {
      type = descriptor.annotations?.[PREDICATE_TYPE];
      /* Only some say it of their statements; then the statement itself is asked. */
      type ??= predicateType(await read(context, side, () => blobs.readDocument(refOf(descriptor))));
    }
    layers.push({ position, descriptor, node: nodes[position], isStatement, type: type ?? 'statement' });
  }
  return layers;
}

function predicateType(statement: JsonDocument | null): string | undefined {
  const member = statement?.root.type === 'object' ? statement.root.members.get('predicateType')?.value : undefined;
  return member?.type === 'string' ? member.value : undefined;
}

/* Gives the names of the parts that the attestation's layers differ in. */
async function compareLayers(
  root0: LoadedManifest,
  root1: LoadedManifest,
  layers0: readonly StatementLayer[],
  layers1: readonly StatementLayer[],
  context: AttestationContext,
): Promise<string[]> {
  const { platform, pointers, parts, excuses, emit } = context;
  const { pairs, left0, left1 } = pairLayers(layers0, layers1);
  const changed: string[] = [];
  for (const { layer0, layer1, name } of pairs) {
    const part = `${parts.at(-1)} statement ${name}`;
    const inside = [...parts, part];
    const straight = layer0.position === layer1.position;
    const differs = layer0.descriptor.digest !== layer1.descriptor.digest;
    const steps = ['layers', straight ? String(layer0.position) : name];
    compareFields(layer0.node, layer1.node, steps, DESCRIPTOR_SHAPE, new Set(), (field) => {
      const [, , member, key] = field.steps;
      const isName = member === 'digest' || member === 'size';
      emit({
        subject: 'manifest',
        change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
        platform,
        field: pointers.of(field.steps),
        steps: pointers.stepsOf(field.steps),
        values: valuesOf(field),
        excuses: [...descriptorExcuses(field, member, key), ...excuses],
        parts,
        ...(isName && differs ? { follows: { what: 'parts', parts: [part] } } : {}),
      });
    });
    if (!differs) continue;
    changed.push(part);
    if (!layer0.isStatement || !layer1.isStatement) continue;
    const [statement0, statement1] = await Promise.all([
      read(context, 0, () => root0.blobs.readDocument(refOf(layer0.descriptor))),
      read(context, 1, () => root1.blobs.readDocument(refOf(layer1.descriptor))),
    ]);
    if (statement0 === null || statement1 === null) continue;
    compareDocuments(statement0, statement1, {
      subject: 'manifest',
      platform,
      shape: ANY,
      skip: new Set(),
      always: excuses,
      pointers: pointers.within([name]),
      emit: (finding) => emit({ ...finding, parts: inside }),
      judge: (field) => statementVerdict(field, context),
    });
  }
  for (const [side, left] of [left0, left1].entries()) {
    for (const layer of left) {
      const part = `${parts.at(-1)} layer ${side} ${layer.position}`;
      const value: Value = layer.node === undefined ? null : toValue(layer.node);
      const steps = ['layers', String(layer.position)];
      changed.push(part);
      emit({
        subject: 'manifest',
        change: changeOf(side === 0, side === 1),
        platform,
        field: pointers.of(steps),
        steps: pointers.stepsOf(steps),
        values: side === 0 ? [value, null] : [null, value],
        excuses,
        parts: [...parts, part],
      });
    }
  }
  tellLayerOrder(pairs, context);
  return changed;
}

/* The digests of what the statement is about: where that is the image, they follow from it. */
function statementVerdict(
  { steps: [first, , third, algorithm], node0, node1 }: FieldDifference,
  { followsImage }: AttestationContext,
): { excuses: Excuses; follows?: Follows } {
  if (first !== 'subject' || third !== 'digest' || algorithm === undefined) return { excuses: [] };
  const digestOf = (node: JsonNode | undefined): string | null =>
    node?.type === 'string' ? `${algorithm}:${node.value}` : null;
  const follows = followsImage(digestOf(node0), digestOf(node1));
  return { excuses: [], ...(follows === undefined ? {} : { follows }) };
}

interface LayerPairing {
  readonly layer0: StatementLayer;
  readonly layer1: StatementLayer;
  /** The predicate type; no two pairs have the same name. */
  readonly name: string;
}

/* Of one predicate type: by digest, then in order. */
function pairLayers(
  layers0: readonly StatementLayer[],
  layers1: readonly StatementLayer[],
): { pairs: LayerPairing[]; left0: readonly StatementLayer[]; left1: readonly StatementLayer[] } {
  const { pairs, left0, left1 } = pairBy(layers0, layers1, [
    ({ type, descriptor }) => `${descriptor.digest} ${type}`,
    ({ type }) => type,
  ]);
  /* Named in an order that is the same from either side. */
  const ranked = pairs.map(([layer0, layer1]) => ({
    layer0,
    layer1,
    low: Math.min(layer0.position, layer1.position),
    high: Math.max(layer0.position, layer1.position),
    digests: [layer0.descriptor.digest, layer1.descriptor.digest].sort().join(),
  }));
  ranked.sort((a, b) => a.low - b.low || a.high - b.high || (a.digests < b.digests ? -1 : 1));
  const names = new UniqueNames();
  return {
    pairs: ranked.map(({ layer0, layer1 }) => ({ layer0, layer1, name: names.of(layer0.type) })),
    left0,
    left1,
  };
}

function tellLayerOrder(pairs: readonly LayerPairing[], context: AttestationContext): void {
  const bySide0 = [...pairs].sort((a, b) => a.layer0.position - b.layer0.position);
  const bySide1 = [...pairs].sort((a, b) => a.layer1.position - b.layer1.position);
  if (bySide0.every((pair, i) => pair === bySide1[i])) return;
  const { platform, pointers, parts, excuses, emit } = context;
  emit({
    subject: 'manifest',
    change: 'modified',
    platform,
    field: pointers.trait('order'),
    steps: pointers.stepsOf(['layers']),
    values: [bySide0.map(({ name }) => name), bySide1.map(({ name }) => name)],
    excuses,
    parts,
  });
}

/* BuildKit writes an image config around the digests of the statements; whatever it is, it is JSON. */
async function compareConfigs(
  root0: LoadedManifest,
  root1: LoadedManifest,
  parts: readonly string[],
  changedLayers: readonly string[],
  context: AttestationContext,
): Promise<void> {
  const [config0, config1] = [root0.manifest?.config, root1.manifest?.config];
  if (config0 === undefined || config1 === undefined || config0.digest === config1.digest) return;
  const [document0, document1] = await Promise.all([
    read(context, 0, () => root0.blobs.readDocument(refOf(config0))),
    read(context, 1, () => root1.blobs.readDocument(refOf(config1))),
  ]);
  if (document0 === null || document1 === null) return;
  compareDocuments(document0, document1, {
    subject: 'manifest',
    platform: context.platform,
    shape: ANY,
    skip: new Set(),
    always: context.excuses,
    pointers: context.pointers.within(['config', '>']),
    emit: (finding) => context.emit({ ...finding, parts }),
    judge: ({ steps: [first, second] }) => {
      const isDiffIds = first === 'rootfs' && second === 'diff_ids';
      return { excuses: [], ...(isDiffIds ? { follows: { what: 'parts', parts: changedLayers } } : {}) };
    },
  });
}

/* Null for what cannot be read. What is not there is no failure: nobody needs an attestation to run an image. */
async function read<T>({ onUnreadable }: AttestationContext, side: 0 | 1, load: () => Promise<T>): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof OciDiffError) || error.code === 'ERR_ABORTED') throw error;
    if (error.code !== 'ERR_NOT_FOUND') onUnreadable(side, error);
    return null;
  }
}
