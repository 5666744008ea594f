import type { Subject } from '../compare/difference.js';
import { expandBraces, pathPattern } from '../compare/path-pattern.js';
import type { Cause, ContentRule, FindingRule, PackageRule, PresenceRule } from './cause.js';

type With<R> = Cause & { readonly rule: R };

/** The causes of a catalogue by what they explain, and those that may explain something of a path. */
export class CauseMatcher {
  readonly #content: PathIndex<ContentRule>;
  readonly #presence: PathIndex<PresenceRule>;
  readonly #findings = new Map<Subject, With<FindingRule>[]>();
  /** The cause of files that changed packages list; undefined for a catalogue without it. */
  readonly packages: With<PackageRule> | undefined;

  constructor(catalogue: readonly Cause[]) {
    this.#content = new PathIndex(catalogue.filter((cause) => isOf<ContentRule>(cause, 'content')));
    this.#presence = new PathIndex(catalogue.filter((cause) => isOf<PresenceRule>(cause, 'presence')));
    this.packages = catalogue.find((cause) => isOf<PackageRule>(cause, 'package'));
    for (const cause of catalogue) {
      if (!isOf<FindingRule>(cause, 'finding')) continue;
      for (const subject of cause.rule.subjects) {
        const known = this.#findings.get(subject);
        if (known === undefined) this.#findings.set(subject, [cause]);
        else known.push(cause);
      }
    }
  }

  /** In the order of the catalogue. @param path normalised, a latin1 string */
  contentCauses(path: string): With<ContentRule>[] {
    return this.#content.find(path);
  }

  /** Of a subject, in the order of the catalogue. */
  findingCauses(subject: Subject): readonly With<FindingRule>[] {
    return this.#findings.get(subject) ?? [];
  }

  presenceCauses(path: string): With<PresenceRule>[] {
    return this.#presence.find(path);
  }
}

function isOf<R extends Cause['rule']>(cause: Cause, what: R['what']): cause is With<R> {
  return cause.rule.what === what;
}

/**
 * Causes by patterns of paths. There are hundreds of patterns, and there may be a hundred thousand paths: a pattern is
 * tried only on paths that have its last step, its extension or its first step.
 */
class PathIndex<R extends ContentRule | PresenceRule> {
  readonly #byKey = new Map<string, { readonly place: number; readonly matches: (path: string) => boolean }[]>();
  readonly #causes: readonly With<R>[];

  constructor(causes: readonly With<R>[]) {
    this.#causes = causes;
    for (const [place, { rule }] of causes.entries()) {
      for (const pattern of rule.paths.flatMap(expandBraces)) {
        const key = keyOfPattern(pattern);
        const entry = { place, matches: pathPattern(pattern) };
        const entries = this.#byKey.get(key);
        if (entries === undefined) this.#byKey.set(key, [entry]);
        else entries.push(entry);
      }
    }
  }

  /** In the order that they were given in. */
  find(path: string): With<R>[] {
    const places = new Set<number>();
    for (const key of keysOfPath(path)) {
      for (const { place, matches } of this.#byKey.get(key) ?? []) {
        if (!places.has(place) && matches(path)) places.add(place);
      }
    }
    return [...places].sort((a, b) => a - b).map((place) => this.#causes[place] as With<R>);
  }
}

const LITERAL = /^[^\\[\]{}()!@+^$|*?]+$/;
const ANY = '*';

function keyOfPattern(pattern: string): string {
  const [first = '', ...rest] = pattern.split('/');
  const last = rest.at(-1) ?? first;
  if (LITERAL.test(last)) return `last ${last}`;
  const extension = /^\*(\.[A-Za-z0-9]+)$/.exec(last)?.[1];
  if (extension !== undefined) return `extension ${extension}`;
  return rest.length > 0 && LITERAL.test(first) ? `first ${first}` : ANY;
}

function keysOfPath(path: string): string[] {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const dot = last.lastIndexOf('.');
  const keys = [ANY, `last ${last}`, `first ${path.split('/', 1)[0]}`];
  return dot === -1 ? keys : [...keys, `extension ${last.slice(dot)}`];
}
