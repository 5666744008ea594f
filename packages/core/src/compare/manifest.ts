import type { LoadedDocument } from '../image/load.js';
import { canonicalMediaType } from '../image/media-type.js';
import { pointerOf } from '../json/pointer.js';
import { toValue } from '../json/to-value.js';
import type { JsonNode } from '../json/value.js';
import { annotationExcuses } from './annotations.js';
import { compareDocuments, compareFields, type FieldDifference, type FieldVerdict } from './document.js';
import { DESCRIPTOR_SHAPE, MANIFEST_SHAPE } from './document-schema.js';
import { changeOf, type Excuses, type FindingSink, type LayerPair } from './finding.js';

/**
 * Compares two manifests field by field. Layer descriptors are compared between aligned layers; where layers have been
 * inserted or moved, the list as a whole follows from that.
 */
export function compareManifests(
  manifest0: LoadedDocument,
  manifest1: LoadedDocument,
  platform: string,
  pairs: readonly LayerPair[],
  emit: FindingSink,
): void {
  const straight = pairs.every(([layer0, layer1]) => layer0 === layer1);
  compareDocuments(manifest0.json, manifest1.json, {
    subject: 'manifest',
    platform,
    shape: MANIFEST_SHAPE,
    skip: new Set(['/layers']),
    emit,
    judge: judgeManifestField,
  });
  const layers0 = itemsOf(manifest0.json.root, 'layers');
  const layers1 = itemsOf(manifest1.json.root, 'layers');
  if (!straight) {
    const list0 = toValue(memberOf(manifest0.json.root, 'layers') as JsonNode);
    const list1 = toValue(memberOf(manifest1.json.root, 'layers') as JsonNode);
    emit({
      subject: 'manifest',
      change: 'modified',
      platform,
      field: '/layers',
      steps: ['layers'],
      values: [list0, list1],
      excuses: [],
      follows: { what: 'layers', pairs: pairs.filter(([layer0, layer1]) => layer0 !== layer1) },
    });
  }
  for (const pair of pairs) {
    const [layer0, layer1] = pair;
    if (layer0 === null || layer1 === null) continue;
    const steps = ['layers', layer0 === layer1 ? String(layer0) : '*'];
    compareFields(layers0[layer0], layers1[layer1], steps, DESCRIPTOR_SHAPE, new Set(), (field) => {
      const verdict = judgeLayerField(field, pair);
      emit({
        subject: 'manifest',
        change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
        platform,
        ...(layer0 === layer1 ? {} : { layers: pair }),
        field: pointerOf(field.steps),
        steps: field.steps,
        values: [valueOf(field.node0), valueOf(field.node1)],
        ...verdict,
        excuses: field.bothEmpty ? [['empty-fields'], ...verdict.excuses] : verdict.excuses,
      });
    });
  }
}

function judgeManifestField(field: FieldDifference): FieldVerdict {
  const [first, second, third] = field.steps;
  if (first === 'annotations') return { excuses: annotationExcuses(second) };
  if (first === 'mediaType') return { excuses: mediaTypeExcuses(field.node0, field.node1) };
  if (first === 'config') {
    if (second === 'annotations') return { excuses: annotationExcuses(third) };
    if (second === 'mediaType') return { excuses: mediaTypeExcuses(field.node0, field.node1) };
    if (second === 'digest' || second === 'size') return { excuses: [], follows: { what: 'config' } };
  }
  return { excuses: [] };
}

function judgeLayerField(field: FieldDifference, pair: LayerPair): FieldVerdict {
  const [, , name, key] = field.steps;
  if (name === 'annotations') return { excuses: annotationExcuses(key) };
  if (name === 'mediaType') return { excuses: mediaTypeExcuses(field.node0, field.node1) };
  if (name === 'digest' || name === 'size') return { excuses: [], follows: { what: 'layers', pairs: [pair] } };
  return { excuses: [] };
}

/**
 * What excuses two media types: OCI's and Docker's name for one thing, or an absent one, the rule `media-types`; a
 * layer's that differ in their compression, `compression`; both where both differ.
 */
export function mediaTypeExcuses(node0: JsonNode | undefined, node1: JsonNode | undefined): Excuses {
  if (node0 === undefined || node1 === undefined) return [['media-types']];
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

function itemsOf(node: JsonNode, key: string): readonly JsonNode[] {
  const member = memberOf(node, key);
  return member?.type === 'array' ? member.items : [];
}

function valueOf(node: JsonNode | undefined): ReturnType<typeof toValue> {
  return node === undefined ? null : toValue(node);
}
