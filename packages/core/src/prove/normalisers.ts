import type { Value } from '../compare/difference.js';
import type { Cause } from '../explain/cause.js';
import type { ContentCause } from '../explain/explain-content.js';
import { CauseMatcher } from '../explain/matching.js';
import type { EntryCause } from './rewrite-entry.js';

/** What the named causes do to an image, one after the other in the order of the catalogue. */
export class Normalisers {
  /** Ids of those that do anything. */
  readonly ids: readonly string[];
  readonly entryCauses: readonly EntryCause[];
  readonly order: boolean;
  readonly headers: boolean;
  readonly compression: boolean;
  readonly encoding: boolean;
  readonly copies: boolean;
  readonly squash: boolean;
  /** Whether any of them drops files. */
  readonly hasPresence: boolean;
  readonly #matcher: CauseMatcher;
  readonly #findings: readonly EntryCause[];

  constructor(causes: readonly Cause[]) {
    this.#matcher = new CauseMatcher(causes);
    this.#findings = causes.filter((cause): cause is EntryCause => cause.rule.what === 'finding');
    const findings = this.#findings;
    this.ids = causes.flatMap(({ id, rule }) => (rule.what === 'package' ? [] : [id]));
    this.entryCauses = findings.filter(({ rule }) => rule.normaliser.entry !== undefined);
    const has = (what: 'order' | 'headers' | 'encoding' | 'compression' | 'copies' | 'squash'): boolean =>
      findings.some(({ rule }) => rule.normaliser[what] === true);
    this.hasPresence = causes.some(({ rule }) => rule.what === 'presence');
    this.order = has('order');
    this.headers = has('headers');
    this.compression = has('compression');
    this.encoding = has('encoding');
    this.copies = has('copies');
    this.squash = has('squash');
  }

  /** Those that may take something out of a file. @param path normalised, a latin1 string */
  contentCauses(path: string): readonly ContentCause[] {
    return this.#matcher.contentCauses(path);
  }

  /** Those that may have left a file behind. */
  presenceCauses(path: string): ReturnType<CauseMatcher['presenceCauses']> {
    return this.#matcher.presenceCauses(path);
  }

  /** `value` as they leave it; it may be changed in place. */
  document(kind: 'manifest' | 'config' | 'index', value: Value): Value {
    let left = value;
    for (const { rule } of this.#findings) left = rule.normaliser.document?.(kind, left) ?? left;
    return left;
  }
}
