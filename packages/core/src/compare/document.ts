import { digestOf } from '../digest.js';
import { describeEncoding, sameEncoding } from '../json/encoding.js';
import { pointerOf } from '../json/pointer.js';
import { jsonEqual, toValue } from '../json/to-value.js';
import type { JsonDocument, JsonNode, JsonObject } from '../json/value.js';
import { checkLimit, type Limits } from '../limits.js';
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
  /** What excuses any difference of this document, beside what excuses the field. */
  readonly always?: Excuses;
  /** Pointers (as text) of members of the root that another comparison looks at. */
  readonly skip: ReadonlySet<string>;
  /** Of this pair of documents, also where parts of it are compared by another comparison. */
  readonly pointers: FieldPointers;
  readonly emit: FindingSink;
}

/**
 * Makes the JSON Pointers of the fields told of one pair of documents, and bounds what they take together. Documents
 * that another names (an index within an index) have the steps to them before their own.
 */
export class FieldPointers {
  readonly #limits: Limits;
  readonly #what: string;
  readonly #prefix: readonly string[];
  readonly #told: { bytes: number };

  constructor(limits: Limits, what: string, prefix: readonly string[] = [], told: { bytes: number } = { bytes: 0 }) {
    this.#limits = limits;
    this.#what = what;
    this.#prefix = prefix;
    this.#told = told;
  }

  /** Those of documents below; what all take together is bounded. */
  within(steps: readonly string[]): FieldPointers {
    return new FieldPointers(this.#limits, this.#what, this.stepsOf(steps), this.#told);
  }

  /** @throws {OciDiffError} `ERR_LIMIT_EXCEEDED` above `documentDifferenceBytes` */
  of(steps: readonly string[]): string {
    const pointer = pointerOf(this.stepsOf(steps));
    this.#told.bytes += 2 * pointer.length;
    checkLimit(
      this.#limits,
      'documentDifferenceBytes',
      this.#told.bytes,
      `bytes of the names of fields that differ in ${this.#what}`,
    );
    return pointer;
  }

  /** The whole way to a field. */
  stepsOf(steps: readonly string[]): string[] {
    return [...this.#prefix, ...steps];
  }

  /** The name of what is no field of the document but a trait of it: `encoding`, `order`. */
  trait(name: string): string {
    return this.#prefix.length === 0 ? name : `${pointerOf(this.#prefix)} ${name}`;
  }
}

/**
 * Compares two JSON documents field by field, unknown keys included; equal values in other bytes are a difference of
 * `encoding`. Members of objects are told one by one, lists as a whole, lists of structs element by element.
 * @throws {OciDiffError} `ERR_LIMIT_EXCEEDED` above `documentDifferenceBytes`
 */
export function compareDocuments(doc0: JsonDocument, doc1: JsonDocument, comparison: DocumentComparison): void {
  const { subject, platform, pointers, emit, always = [] } = comparison;
  const place = { subject, ...(platform === undefined ? {} : { platform }) };
  compareFields(doc0.root, doc1.root, [], comparison.shape, comparison.skip, (field) => {
    const verdict = comparison.judge(field);
    emit({
      ...place,
      change: changeOf(field.node0 !== undefined, field.node1 !== undefined),
      field: pointers.of(field.steps),
      steps: pointers.stepsOf(field.steps),
      values: valuesOf(field),
      ...verdict,
      excuses: [...emptyExcuses(field, subject), ...verdict.excuses, ...always],
    });
  });
  if (Buffer.compare(doc0.bytes, doc1.bytes) !== 0 && !sameEncoding(doc0, doc1)) {
    let values: [Value, Value] = [describeEncoding(doc0), describeEncoding(doc1)];
    if (values[0] === values[1]) {
      values = [`${values[0]}, ${digestOf(doc0.bytes)}`, `${values[1]}, ${digestOf(doc1.bytes)}`];
    }
    const field = pointers.trait('encoding');
    emit({ ...place, change: 'modified', field, values, excuses: [['json-encoding'], ...always] });
  }
}

/** What excuses a field that is empty on both sides. The rule is for configs and manifests alone. */
export function emptyExcuses(field: FieldDifference, subject: Subject): Excuses {
  return field.bothEmpty && subject !== 'index' ? [['empty-fields']] : [];
}

/** Both sides' values as they stand in a report; null where there is none. */
export function valuesOf({ node0, node1 }: FieldDifference): readonly [Value, Value] {
  return [node0 === undefined ? null : toValue(node0), node1 === undefined ? null : toValue(node1)];
}

/**
 * Walks two values of one shape and tells the fields that differ. Each node is visited once; members are looked up in
 * the documents' own maps, which hostile keys cannot make slow, and never in a new one.
 */
export function compareFields(
  node0: JsonNode | undefined,
  node1: JsonNode | undefined,
  steps: readonly string[],
  shape: Shape,
  skip: ReadonlySet<string>,
  tell: (field: FieldDifference) => void,
  named = true,
): void {
  if (node0 === undefined && node1 === undefined) return;
  if (steps.length === 1 && skip.size > 0 && skip.has(pointerOf(steps))) return;
  if (node0?.type === 'object' && node1?.type === 'object') {
    compareMembers(node0.members, node1.members, steps, shape, skip, tell);
    return;
  }
  /* A one-sided object is told by its members where its shape is known, so that rules see each field. */
  const one = isMissing(node0) ? node1 : isMissing(node1) ? node0 : undefined;
  const isRecord = shape.kind === 'struct' || shape.kind === 'map';
  if (named && isRecord && one?.type === 'object' && one.members.size > 0) {
    const [members0, members1] = one === node0 ? [one.members, NONE] : [NONE, one.members];
    compareMembers(members0, members1, steps, shape, skip, tell);
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
  if (node0 !== undefined && node1 !== undefined && jsonEqual(node0, node1)) return;
  tell({ steps, node0, node1, bothEmpty: named && steps.length > 0 && isEmpty(node0) && isEmpty(node1) });
}

function compareMembers(
  members0: JsonObject['members'],
  members1: JsonObject['members'],
  steps: readonly string[],
  shape: Shape,
  skip: ReadonlySet<string>,
  tell: (field: FieldDifference) => void,
): void {
  const compare = (key: string, node0: JsonNode | undefined, node1: JsonNode | undefined): void => {
    const member = memberShape(shape, key);
    compareFields(node0, node1, [...steps, key], member.shape, skip, tell, member.named);
  };
  for (const [key, { value }] of members0) compare(key, value, members1.get(key)?.value);
  for (const [key, { value }] of members1) if (!members0.has(key)) compare(key, undefined, value);
}

const MAP: Shape = { kind: 'map' };
const NONE: JsonObject['members'] = new Map();

function isElementwise(shape: Shape, items0: readonly JsonNode[], items1: readonly JsonNode[]): boolean {
  const all = [...items0, ...items1];
  return (
    items0.length > 0 && items1.length > 0 && shape.kind !== 'value' && all.every((item) => item.type === 'object')
  );
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
