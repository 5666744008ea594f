import { utf8OfLatin1 } from '../bytes/latin1.js';
import type { Finding } from '../compare/finding.js';
import type { Judged } from '../compare/judge.js';
import { pathMatcher } from '../compare/rules.js';
import { OciDiffError } from '../errors.js';
import { parseJson } from '../json/parse.js';
import { matchPointer, parsePointer } from '../json/pointer.js';
import { FieldReader } from '../json/read.js';
import type { JsonNode } from '../json/value.js';
import { DEFAULT_LIMITS } from '../limits.js';
import type { AcceptEntry } from '../options.js';
import type { Explained } from './explainer.js';

/** What an accept list makes of the differences of one comparison. */
export interface Accepted {
  /** The same in the same order, those that were accepted marked. */
  readonly judged: readonly Judged[];
  readonly reasons: ReadonlyMap<Finding, string>;
  /** By entry; `matched` counts differences that a rule ignores, too. */
  readonly entries: readonly { readonly entry: string; readonly reason: string; readonly matched: number }[];
}

const FIELD = /^(?:(index|manifest|config):)?(\/.*|)$/s;

/** Known differences; each is taken by the first entry that matches it. */
export class AcceptList {
  readonly #entries: readonly { readonly entry: AcceptEntry; readonly matches: Matcher }[];

  /** @throws {OciDiffError} `ERR_OPTION_INVALID` for an entry that says nothing or holds a bad pattern or pointer */
  constructor(entries: readonly AcceptEntry[]) {
    this.#entries = entries.map((entry, i) => ({ entry, matches: matcherOf(entry, `accept list: entry ${i + 1}`) }));
  }

  apply(judged: readonly Judged[], byFinding: ReadonlyMap<Finding, Explained>): Accepted {
    const matched = this.#entries.map(() => 0);
    const reasons = new Map<Finding, string>();
    const marked = judged.map((each): Judged => {
      const { finding, ignoredBy } = each;
      if (ignoredBy === 'consequence' || ignoredBy === 'transport') return each;
      const at = this.#entries.findIndex(({ matches }) => matches(finding, byFinding.get(finding)));
      if (at === -1) return each;
      matched[at] = (matched[at] as number) + 1;
      if (ignoredBy !== null) return each;
      reasons.set(finding, (this.#entries[at] as { entry: AcceptEntry }).entry.reason);
      return { finding, ignoredBy: 'accepted' };
    });
    const entries = this.#entries.map(({ entry }, i) => ({
      entry: entryText(entry, i),
      reason: entry.reason,
      matched: matched[i] as number,
    }));
    return { judged: marked, reasons, entries };
  }
}

type Matcher = (finding: Finding, explained: Explained | undefined) => boolean;

function entryText({ path, field, cause }: AcceptEntry, position: number): string {
  const parts = Object.entries({ path, field, cause }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  return `entry ${position + 1} (${parts.join(', ')})`;
}

function matcherOf({ path, field, cause, reason }: AcceptEntry, where: string): Matcher {
  if (typeof reason !== 'string' || reason.trim() === '') throw invalid(`${where} gives no reason`);
  if (path === undefined && field === undefined && cause === undefined) {
    throw invalid(`${where} names no path, field or cause`);
  }
  const matchers: Matcher[] = [];
  if (path !== undefined) {
    const matches = pathMatcher(path);
    matchers.push((finding) => finding.path !== undefined && matches(utf8OfLatin1(finding.path) ?? finding.path));
    if (field !== undefined) matchers.push((finding) => finding.field === field);
  } else if (field !== undefined) {
    const match = FIELD.exec(field);
    if (match === null) throw invalid(`${where}: without a path, a field is a JSON Pointer: ${JSON.stringify(field)}`);
    const subject = match[1] ?? 'config';
    const steps = parsePointer(match[2] as string);
    matchers.push(
      (finding) => finding.subject === subject && finding.steps !== undefined && matchPointer(steps, finding.steps),
    );
  }
  if (cause !== undefined) {
    matchers.push((_, explained) => explained?.cause === cause && (explained.otherCauses ?? []).length === 0);
  }
  return (finding, explained) => matchers.every((matches) => matches(finding, explained));
}

function invalid(message: string): OciDiffError {
  return new OciDiffError('ERR_OPTION_INVALID', message);
}

/**
 * An accept list as it stands in a file: a JSON list of objects with `reason` and any of `path`, `field`, `cause`.
 * @param name of the file, for messages
 * @throws {OciDiffError} `ERR_ACCEPT_LIST` for anything else
 */
export function parseAcceptList(bytes: Uint8Array, name: string): AcceptEntry[] {
  const reader = new FieldReader();
  try {
    const { root } = parseJson(bytes, { maxBytes: DEFAULT_LIMITS.documentBytes, maxDepth: DEFAULT_LIMITS.jsonDepth });
    const entries = (reader.asArray(root, '')?.items ?? []).map((item, i) => entryOf(reader, item, `/${i}`));
    reader.finish('ERR_ACCEPT_LIST', 'not an accept list');
    new AcceptList(entries);
    return entries;
  } catch (error) {
    if (!(error instanceof OciDiffError)) throw error;
    throw new OciDiffError('ERR_ACCEPT_LIST', error.message, {
      location: { ...error.location, blob: name },
      cause: error,
    });
  }
}

const MEMBERS = ['path', 'field', 'cause', 'reason'] as const;

function entryOf(reader: FieldReader, node: JsonNode, where: string): AcceptEntry {
  const entry: { path?: string; field?: string; cause?: string; reason: string } = { reason: '' };
  for (const [name, { value }] of reader.asObject(node, where)?.members ?? []) {
    const known = MEMBERS.find((member) => member === name);
    if (known === undefined) {
      reader.report(where, `has no member ${JSON.stringify(name.slice(0, 40))}`);
      continue;
    }
    const text = reader.asString(value, `${where}/${known}`);
    if (text !== undefined) entry[known] = text;
  }
  return entry;
}
