import type { Value } from '../compare/difference.js';
import type { Finding } from '../compare/finding.js';
import { jsonStable } from '../json/stable.js';
import type { FindingRule } from './cause.js';
import type { PairEvidence } from './evidence.js';

export type DocumentKind = 'manifest' | 'config' | 'index';

/** A step of a field; of many keys, those that match. */
type Step = string | RegExp;

export interface DocumentCause {
  readonly kinds: readonly DocumentKind[];
  /**
   * The steps of the fields it is about; `*` is any one step, `**` at the end the field and all below it. Of an index
   * within an index, and of a document that an attestation names, the steps are its own.
   */
  readonly fields: readonly (readonly Step[])[];
  /**
   * A value without what the cause explains; undefined where nothing is left. It sees one side only. Not asked for a
   * field that is absent, of which nothing is left.
   */
  readonly left: (value: Value) => Value | undefined;
  /** What else has to be so. */
  readonly where?: (evidence: PairEvidence, finding: Finding) => boolean;
}

/**
 * A rule about fields of documents: it explains a difference if what `left` leaves of both sides is the same, and the
 * same function normalises either side for the proof.
 */
export function documentRule({ kinds, fields, left, where }: DocumentCause): FindingRule {
  return {
    what: 'finding',
    subjects: kinds,
    covers(finding, evidence) {
      const { change, steps, values } = finding;
      if (steps === undefined || finding.field.endsWith('encoding') || finding.field.endsWith('order')) return false;
      const own = ownSteps(steps);
      if (!fields.some((pattern) => matches(pattern, own))) return false;
      const left0 = change === 'added' ? undefined : left(values[0]);
      const left1 = change === 'removed' ? undefined : left(values[1]);
      if ((left0 === undefined) !== (left1 === undefined)) return false;
      if (left0 !== undefined && jsonStable(left0) !== jsonStable(left1)) return false;
      return where?.(evidence, finding) ?? true;
    },
    normaliser: {
      document: (kind, value) => {
        if (!kinds.includes(kind)) return value;
        return fields.reduce((document, pattern) => withoutField(document, pattern, left) ?? document, value);
      },
    },
  };
}

/* The step from a descriptor to the document that it names; see compare/indexes.ts. */
const INTO = '>';

function ownSteps(steps: readonly string[]): readonly string[] {
  return steps.slice(steps.lastIndexOf(INTO) + 1);
}

function matches(pattern: readonly Step[], steps: readonly string[]): boolean {
  const open = pattern.at(-1) === '**';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? steps.length < fixed.length : steps.length !== fixed.length) return false;
  return fixed.every((step, i) => isStep(step, steps[i] ?? ''));
}

function isStep(pattern: Step, step: string): boolean {
  return typeof pattern === 'string' ? pattern === '*' || pattern === step : pattern.test(step);
}

/* Undefined where nothing is left. What becomes empty goes, for the other side may never have had it. */
function withoutField(value: Value, [step, ...rest]: readonly Step[], left: DocumentCause['left']): Value | undefined {
  if (step === undefined) return left(value);
  if (step === '**') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) {
    const items = value.flatMap((item, i): Value[] => {
      if (!isStep(step, String(i))) return [item];
      /* Only a field that is an element itself goes: places of the others would change. */
      const next = withoutField(item, rest, left);
      if (next !== undefined) return [next];
      return rest.length === 0 || rest[0] === '**' ? [] : [{}];
    });
    return items.length === 0 && value.length > 0 ? undefined : items;
  }
  const members = Object.entries(value).flatMap(([key, member]): [string, Value][] => {
    if (!isStep(step, key)) return [[key, member]];
    const next = withoutField(member, rest, left);
    return next === undefined ? [] : [[key, next]];
  });
  return members.length === 0 && Object.keys(value).length > 0 ? undefined : Object.fromEntries(members);
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}

/** For a cause that explains whatever a field holds. */
export function nothing(): undefined {
  return undefined;
}

/** Nothing of a text, whatever it says. */
export function anyText(value: Value): Value | undefined {
  return typeof value === 'string' ? undefined : value;
}

/** Nothing of a text that `pattern` matches; anything else stays. */
export function exceptText(pattern: RegExp): (value: Value) => Value | undefined {
  return (value) => (typeof value === 'string' && pattern.test(value) ? undefined : value);
}
