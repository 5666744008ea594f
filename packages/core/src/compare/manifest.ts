import type { LoadedDocument } from '../image/load.js';
import { canonicalMediaType } from '../image/media-type.js';
import { toValue } from '../json/to-value.js';
import type { JsonNode } from '../json/value.js';
import { DEFAULT_LIMITS, type Limits } from '../limits.js';
import { annotationExcuses } from './annotations.js';
import type { Value } from './difference.js';
import {
  compareDocuments,
  compareFields,
  emptyExcuses,
  type FieldDifference,
  FieldPointers,
  type FieldVerdict,
  valuesOf,
} from './document.js';
import { DESCRIPTOR_SHAPE, MANIFEST_SHAPE } from './document-schema.js';
import { changeOf, type Excuses, type FindingSink, type LayerPair } from './finding.js';

/**
 * Compares two manifests field by field. Layer descriptors are compared between aligned layers; where layers have been
 * inserted or moved, the list as a whole follows from those that one side has alone.
 * @param pairs how the layers are aligned; empty where that is not known, and where there are none
 * @throws {OciDiffError} `ERR_LIMIT_EXCEEDED` above `documentDifferenceBytes`
 */
export function compareManifests(
  manifest0: LoadedDocument,
  manifest1: LoadedDocument,
  platform: string,
  pairs: readonly LayerPair[],
  emit: FindingSink,
  limits: Limits = DEFAULT_LIMITS,
): void {
  const pointers = new FieldPointers(limits, `the manifests for ${platform}`);
  compareDocuments(manifest0.json, manifest1.json, {
    subject: 'manifest',
    platform,
    shape: MANIFEST_SHAPE,
    skip: new Set(pairs.length > 0 ? ['/layers'] : []),
    pointers,
    emit,
    judge: judgeManifestField,
  });
  const list0 = memberOf(manifest0.json.root, 'layers');
  const list1 = memberOf(manifest1.json.root, 'layers');
  const alone = pairs.filter(([layer0, layer1]) => layer0 === null || layer1 === null);
  if (alone.length > 0) {
    emit({
      subject: 'manifest',
      change: changeOf(list0 !== undefined, list1 !== undefined),
      platform,
      field: '/layers',
      steps: ['layers'],
      values: [plainOf(list0), plainOf(list1)],
      excuses: [],
      follows: { what: 'layers', pairs: alone },
    });
  }
  for (const pair of pairs) {
    const [layer0, layer1] = pair;
    if (layer0 === null || layer1 === null) continue;
    const steps = ['layers', layer0 === layer1 ? String(layer0) : '*'];
    const [item0, item1] = [itemOf(list0, layer0), itemOf(list1, layer1)];
    const sameBlob = isSameText(item0, item1, 'digest');
    compareFields(item0, item1, steps, DESCRIPTOR_SHAPE, new Set(), (field) => {
      const verdict = judgeLayerField(field, pair, sameBlob);
      emit({
        subject: 'manifest',
        change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
        platform,
        ...(layer0 === layer1 ? {} : { layers: pair }),
        field: pointers.of(field.steps),
        steps: field.steps,
        values: valuesOf(field),
        ...verdict,
        excuses: [...emptyExcuses(field, 'manifest'), ...verdict.excuses],
      });
    });
  }
}

function judgeManifestField(field: FieldDifference): FieldVerdict {
  const [first, second, third, fourth] = field.steps;
  switch (first) {
    case 'config':
      if (second === 'digest' || second === 'size') return { excuses: [], follows: { what: 'config' } };
      return { excuses: descriptorExcuses(field, second, third) };
    case 'subject':
      return { excuses: descriptorExcuses(field, second, third) };
    case 'layers':
      return { excuses: descriptorExcuses(field, third, fourth) };
    default:
      return { excuses: descriptorExcuses(field, first, second) };
  }
}

function judgeLayerField(field: FieldDifference, pair: LayerPair, sameBlob: boolean): FieldVerdict {
  const [, , name, key] = field.steps;
  if (name === 'digest' || name === 'size') return { excuses: [], follows: { what: 'layers', pairs: [pair] } };
  const excuses = descriptorExcuses(field, name, key);
  /* One blob is compressed in one way: a type that says another is false, and there are engines that go by it. */
  return { excuses: sameBlob ? excuses.filter((rules) => !rules.includes('compression')) : excuses };
}

/** What excuses a difference in the field `name` of a descriptor, a manifest or an index; `key` is the step below. */
export function descriptorExcuses(field: FieldDifference, name: string | undefined, key: string | undefined): Excuses {
  if (name === 'annotations') return annotationExcuses(key);
  if (name === 'mediaType') return mediaTypeExcuses(field.node0, field.node1);
  return [];
}

/**
 * What excuses two media types: OCI's and Docker's name for one thing, or an absent one, the rule `media-types`; a
 * layer's that differ in their compression, `compression`; both where both differ.
 */
function mediaTypeExcuses(node0: JsonNode | undefined, node1: JsonNode | undefined): Excuses {
  if (node0 === undefined || node1 === undefined) {
    /* Where none is stated the document's shape says what it is; a type that nobody knows says something else. */
    const stated = node0 ?? node1;
    const known = stated?.type === 'string' && canonicalMediaType(stated.value).kind !== 'unknown';
    return known || (stated !== undefined && isEmptyText(stated)) ? [['media-types']] : [];
  }
  /* An empty one is as good as absent where empty fields are. */
  if (isEmptyText(node0) || isEmptyText(node1)) return [['media-types', 'empty-fields']];
  if (node0.type !== 'string' || node1.type !== 'string') return [];
  const type0 = canonicalMediaType(node0.value);
  const type1 = canonicalMediaType(node1.value);
  if (type0.mediaType !== type1.mediaType) return [];
  const sameCompression = type0.compression === type1.compression;
  if (sameCompression) return [['media-types']];
  const sameFamily = type0.docker === type1.docker;
  return sameFamily ? [['compression']] : [['media-types', 'compression']];
}

function memberOf(node: JsonNode, key: string): JsonNode | undefined {
  return node.type === 'object' ? node.members.get(key)?.value : undefined;
}

function itemOf(list: JsonNode | undefined, position: number): JsonNode | undefined {
  return list?.type === 'array' ? list.items[position] : undefined;
}

function isSameText(node0: JsonNode | undefined, node1: JsonNode | undefined, key: string): boolean {
  const [text0, text1] = [node0, node1].map((node) => (node === undefined ? undefined : memberOf(node, key)));
  return text0?.type === 'string' && text1?.type === 'string' && text0.value === text1.value;
}

function plainOf(node: JsonNode | undefined): Value {
  return node === undefined ? null : toValue(node);
}

function isEmptyText(node: JsonNode): boolean {
  return (node.type === 'string' && node.value === '') || (node.type === 'literal' && node.value === null);
}
