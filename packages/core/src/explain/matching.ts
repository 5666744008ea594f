import picomatch from 'picomatch';
import type { Subject } from '../compare/difference.js';
import type { Cause, ContentRule, FindingRule, PackageRule, PresenceRule } from './cause.js';

type With<R> = Cause & { readonly rule: R };

/** The causes of a catalogue by what they explain, and those that may explain something of a path. */
export class CauseMatcher {
  readonly #content: readonly Matching<ContentRule>[];
  readonly #presence: readonly Matching<PresenceRule>[];
  readonly #findings = new Map<Subject, With<FindingRule>[]>();
  /** The cause of files that changed packages list; undefined for a catalogue without it. */
  readonly packages: With<PackageRule> | undefined;

  constructor(catalogue: readonly Cause[]) {
    this.#content = catalogue.flatMap((cause) => (isOf<ContentRule>(cause, 'content') ? [matching(cause)] : []));
    this.#presence = catalogue.flatMap((cause) => (isOf<PresenceRule>(cause, 'presence') ? [matching(cause)] : []));
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
    return this.#content.flatMap(({ cause, matches }) => (matches(path) ? [cause] : []));
  }

  /** Of a subject, in the order of the catalogue. */
  findingCauses(subject: Subject): readonly With<FindingRule>[] {
    return this.#findings.get(subject) ?? [];
  }

  presenceCauses(path: string): With<PresenceRule>[] {
    return this.#presence.flatMap(({ cause, matches }) => (matches(path) ? [cause] : []));
  }
}

interface Matching<R> {
  readonly cause: With<R>;
  readonly matches: (path: string) => boolean;
}

function isOf<R extends Cause['rule']>(cause: Cause, what: R['what']): cause is With<R> {
  return cause.rule.what === what;
}

function matching<R extends ContentRule | PresenceRule>(cause: With<R>): Matching<R> {
  return { cause, matches: picomatch([...cause.rule.paths], { dot: true }) };
}
