import { sameEncoding, describeEncoding } from '../json/encoding.js';
import { pointerOf } from '../json/pointer.js';
import { jsonEqual, toValue } from '../json/to-value.js';
import type { JsonDocument, JsonNode, JsonObject } from '../json/value.js';
import { digestOf } from '../digest.js';
import type { Subject, Value } from './difference.js';
import { memberShape, type Shape } from './document-schema.js';
import { changeOf, type Excuses, type FindingSink, type Follows } from './finding.js';

/** One field that differs, before its document says what may excuse it. */
export interface FieldDifference {
  readonly steps: readonly string[];
  readonly node0: JsonNode | undefined;
  readonly node1: JsonNode | undefined;
  /** Both sides are absent or empty, and the field is one that a specification names: the rule `empty-fields`. */
  readonly bothEmpty: boolean;
}

/** What a kind of document knows of a field. */
export interface FieldVerdict {
  readonly excuses: Excuses;
  readonly follows?: Follows;
}

export interface DocumentComparison {
  readonly subject: Subject & ('index' | 'manifest' | 'config');
  readonly platform: string | undefined;
  readonly shape: Shape;
  readonly judge: (field: FieldDifference) => FieldVerdict;
  /** Pointers (as text) below which another comparison looks. */
  readonly skip: ReadonlySet<string>;
  readonly emit: FindingSink;
}

/**
 * Compares two JSON documents field by field, unknown keys included; equal values in other bytes are a difference of
 * `encoding`. Members of objects are told one by one, lists as a whole, lists of structs element by element.
 */
export function compareDocuments(doc0: JsonDocument, doc1: JsonDocument, comparison: DocumentComparison): void {
  const { subject, platform, emit } = comparison;
  const place = { subject, ...(platform === undefined ? {} : { platform }) };
  compareFields(doc0.root, doc1.root, [], comparison.shape, comparison.skip, (field) => {
    emit({
      ...place,
      change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
      field: pointerOf(field.steps),
      steps: field.steps,
      values: [valueOf(field.node0), valueOf(field.node1)],
      ...verdictOf(field, comparison),
    });
  });
  if (Buffer.compare(doc0.bytes, doc1.bytes) !== 0 && !sameEncoding(doc0, doc1)) {
    let values: [Value, Value] = [describeEncoding(doc0), describeEncoding(doc1)];
    if (values[0] === values[1]) {
      values = [`${values[0]}, ${digestOf(doc0.bytes)}`, `${values[1]}, ${digestOf(doc1.bytes)}`];
    }
    emit({ ...place, change: 'modified', field: 'encoding', values, excuses: [['json-encoding']] });
  }
}

function verdictOf(field: FieldDifference, comparison: DocumentComparison): FieldVerdict {
  const verdict = comparison.judge(field);
  return field.bothEmpty ? { ...verdict, excuses: [['empty-fields'], ...verdict.excuses] } : verdict;
}

/** Walks two values of one shape and tells the fields that differ. */
export function compareFields(
  node0: JsonNode | undefined,
  node1: JsonNode | undefined,
  steps: readonly string[],
  shape: Shape,
  skip: ReadonlySet<string>,
  tell: (field: FieldDifference) => void,
  named = true,
): void {
  if (node0 !== undefined && node1 !== undefined && jsonEqual(node0, node1)) return;
  if (skip.size > 0 && skip.has(pointerOf(steps))) return;
  const members0 = membersOf(node0);
  const members1 = membersOf(node1);
  const isRecord = shape.kind === 'struct' || shape.kind === 'map';
  /* A one-sided object is told by its members where its shape is known, so that rules see each field. */
  const bothObjects = node0?.type === 'object' && node1?.type === 'object';
  const oneSided = named && isRecord && (isMissing(node0) || isMissing(node1)) && (members0 ?? members1 ?? NONE).size > 0;
  if (bothObjects || oneSided) {
    const keys = new Set([...(members0 ?? NONE).keys(), ...(members1 ?? NONE).keys()]);
    for (const key of keys) {
      const member = memberShape(shape, key);
      const child0 = members0?.get(key)?.value;
      const child1 = members1?.get(key)?.value;
      compareFields(child0, child1, [...steps, key], member.shape, skip, tell, member.named);
    }
    return;
  }
  if (node0?.type === 'array' && node1?.type === 'array' && isElementwise(shape, node0.items, node1.items)) {
    const element = shape.kind === 'list' ? (shape.of ?? MAP) : MAP;
    for (let i = 0; i < Math.max(node0.items.length, node1.items.length); i++) {
      const [item0, item1] = [node0.items[i], node1.items[i]];
      const bothThere = item0 !== undefined && item1 !== undefined;
      if (bothThere) compareFields(item0, item1, [...steps, String(i)], element, skip, tell);
      else tell({ steps: [...steps, String(i)], node0: item0, node1: item1, bothEmpty: false });
    }
    return;
  }
  tell({ steps, node0, node1, bothEmpty: named && steps.length > 0 && isEmpty(node0) && isEmpty(node1) });
}

const MAP: Shape = { kind: 'map' };
const NONE: JsonObject['members'] = new Map();

function isElementwise(shape: Shape, items0: readonly JsonNode[], items1: readonly JsonNode[]): boolean {
  const all = [...items0, ...items1];
  return items0.length > 0 && items1.length > 0 && shape.kind !== 'value' && all.every((item) => item.type === 'object');
}

function membersOf(node: JsonNode | undefined): JsonObject['members'] | undefined {
  return node?.type === 'object' ? node.members : undefined;
}

function isMissing(node: JsonNode | undefined): boolean {
  return node === undefined || (node.type === 'literal' && node.value === null);
}

function isEmpty(node: JsonNode | undefined): boolean {
  if (node === undefined) return true;
  switch (node.type) {
    case 'object':
      return node.members.size === 0;
    case 'array':
      return node.items.length === 0;
    case 'string':
      return node.value === '';
    case 'number':
      return Number(node.text) === 0 && /^-?[0.]+(?:[eE].*)?$/.test(node.text);
    case 'literal':
      return node.value !== true;
  }
}

function valueOf(node: JsonNode | undefined): Value {
  return node === undefined ? null : toValue(node);
}
