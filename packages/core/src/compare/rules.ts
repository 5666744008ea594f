import { utf8OfLatin1 } from '../bytes/latin1.js';
import { OciDiffError } from '../errors.js';
import { matchPointer, parsePointer } from '../json/pointer.js';
import { whiteoutOf } from '../layer/whiteout.js';
import { RULE_NAMES, type RuleName } from '../options.js';
import type { Excuses, Finding, Follows } from './finding.js';
import { pathPattern } from './path-pattern.js';

/** What a set of rules is made of; see `DiffOptions`. */
export interface RuleOptions {
  readonly mode: 'strict' | 'semantic' | { readonly ignore: readonly RuleName[] };
  readonly noIgnore: readonly RuleName[];
  readonly ignorePaths: readonly string[];
  readonly ignoreFields: readonly string[];
  /** Files, folders or patterns that alone count. Default: everything counts. */
  readonly paths?: readonly string[];
  /** Whether `platforms` were chosen by the caller: the index above them is then listed, not counted. */
  readonly platformsChosen: boolean;
}

interface FieldPattern {
  readonly name: string;
  readonly subject: 'index' | 'manifest' | 'config';
  readonly steps: readonly string[];
}

/** Decides what counts. It only marks: nothing that is found is lost by it. */
export class RuleSet {
  /** The rules in force, sorted, as the report lists them. */
  readonly names: readonly string[];
  readonly #inForce: ReadonlySet<string>;
  readonly #paths: readonly { readonly name: string; readonly matches: (path: string) => boolean }[];
  readonly #fields: readonly FieldPattern[];
  readonly #only: readonly ((path: string) => boolean)[];

  /** @throws {OciDiffError} `ERR_OPTION_INVALID` for an unknown rule, a bad pattern or JSON Pointer */
  constructor(options: RuleOptions) {
    const rules = new Set<string>(rulesOf(options));
    this.#paths = options.ignorePaths.map((glob) => ({ name: `ignore-path=${glob}`, matches: pathMatcher(glob) }));
    this.#fields = options.ignoreFields.map(fieldPattern);
    this.#only = (options.paths ?? []).map(pathOrFolderMatcher);
    this.names = [...rules, ...this.#paths.map(({ name }) => name), ...this.#fields.map(({ name }) => name)].sort();
    if (options.mode === 'semantic') rules.add('semantic');
    if (options.platformsChosen) rules.add('platform');
    this.#inForce = rules.add('transport');
  }

  /**
   * Whether `finding` says of a file what the row of a layer that one side has alone says of all its files. With
   * `semantic` it does not: there the tree is what counts, whatever the layers.
   */
  followsFromLayer({ lone }: Finding): boolean {
    return lone === true && !this.#inForce.has('semantic') && !this.#inForce.has('layering');
  }

  /** What takes `finding` out, or null where it counts. Consequences are decided by `findConsequences`. */
  ignoredBy(finding: Finding): string | null {
    if (this.#only.length > 0 && !this.#isAmongPaths(finding)) return 'paths';
    const excuse = this.excuse(finding.excuses);
    if (excuse !== null) return excuse;
    if (finding.path !== undefined && this.#paths.length > 0) {
      const text = textOf(finding.path);
      for (const { name, matches } of this.#paths) if (matches(text)) return name;
    }
    const steps = finding.steps;
    if (steps !== undefined) {
      for (const field of this.#fields) {
        if (field.subject === finding.subject && matchPointer(field.steps, steps)) return field.name;
      }
    }
    return null;
  }

  #isAmongPaths({ path }: Finding): boolean {
    return path !== undefined && this.#only.some((matches) => matches(textOf(path)));
  }

  /** The first of `excuses` whose rules are all in force, by its first rule; null where there is none. */
  excuse(excuses: Excuses): string | null {
    for (const excuse of excuses) {
      if (excuse.length > 0 && excuse.every((rule) => this.#inForce.has(rule))) return excuse[0] as string;
    }
    return null;
  }
}

/* A whiteout goes by the name that it removes. */
function textOf(path: string): string {
  const named = whiteoutOf(path)?.target ?? path;
  return utf8OfLatin1(named) ?? named;
}

/**
 * Which of the findings are consequences: a digest or size that differs only because what it names differs, and what
 * that is was found too. Where nothing below was found the finding is no consequence, and counts.
 */
export function findConsequences(findings: readonly Finding[]): ReadonlySet<Finding> {
  const below = new Below(findings);
  const consequences = new Set<Finding>();
  for (const finding of findings) {
    if (finding.follows !== undefined && below.told(finding.follows, finding.platform)) consequences.add(finding);
  }
  return consequences;
}

class Below {
  /** Platforms with a finding of the config that follows from nothing or from layers. */
  readonly #configs = new Set<string>();
  readonly #layers = new Set<string>();
  readonly #images = new Set<string>();
  readonly #parts = new Set<string>();

  constructor(findings: readonly Finding[]) {
    for (const { subject, platform = '', layers, streams = [], field, parts } of findings) {
      if (parts !== undefined) {
        /* An attestation is no part of the image that it is about. */
        for (const part of parts) this.#parts.add(part);
        continue;
      }
      if (subject === 'config') this.#configs.add(platform);
      if ((subject === 'layer' || subject === 'file') && layers !== undefined) {
        for (const pair of [layers, ...streams]) this.#layers.add(`${platform} ${pair.join(':')}`);
        /* A layer in another place stands alone on both sides. */
        if (field === 'position')
          for (const alone of [`${layers[0]}:`, `:${layers[1]}`]) this.#layers.add(`${platform} ${alone}`);
      }
      if (subject !== 'index') this.#images.add(platform);
    }
  }

  told(follows: Follows, platform = ''): boolean {
    if (follows.what === 'config') return this.#configs.has(platform);
    if (follows.what === 'image') return this.#images.has(follows.platform);
    if (follows.what === 'parts')
      return follows.parts.length > 0 && follows.parts.every((part) => this.#parts.has(part));
    return follows.pairs.length > 0 && follows.pairs.every((pair) => this.#layers.has(`${platform} ${pair.join(':')}`));
  }
}

function rulesOf({ mode, noIgnore }: RuleOptions): RuleName[] {
  const rules = mode === 'strict' ? [] : mode === 'semantic' ? RULE_NAMES : mode.ignore;
  for (const rule of [...rules, ...noIgnore]) {
    if (!RULE_NAMES.includes(rule)) {
      throw new OciDiffError(
        'ERR_OPTION_INVALID',
        `unknown rule ${JSON.stringify(rule)}; the rules are ${RULE_NAMES.join(', ')}`,
      );
    }
  }
  return rules.filter((rule) => !noIgnore.includes(rule));
}

/* A file that has the name itself, everything below a folder of it, or what the pattern matches. */
function pathOrFolderMatcher(path: string): (path: string) => boolean {
  const name = path.replace(/^\/+|\/+$/g, '');
  if (name === '' || name === '.') return () => true;
  const matches = pathMatcher(name);
  return (other) => other === name || other.startsWith(`${name}/`) || matches(other);
}

/**
 * A matcher for `--ignore-path`: picomatch with hidden files, `**` across folders, a leading `/` dropped; `x/**` takes
 * the folder `x` too, `**` the root.
 */
export function pathMatcher(glob: string): (path: string) => boolean {
  const pattern = glob.replace(/^\/+/, '');
  if (pattern === '') throw new OciDiffError('ERR_OPTION_INVALID', 'an empty pattern for --ignore-path');
  const patterns = [pattern];
  if (pattern === '**') patterns.push('.');
  else if (pattern.endsWith('/**')) patterns.push(pattern.slice(0, -3));
  const matchers = patterns.map(pathPattern);
  return (path) => matchers.some((matches) => matches(path));
}

function fieldPattern(text: string): FieldPattern {
  const match = /^(?:(index|manifest|config):)?(.*)$/s.exec(text) as RegExpExecArray;
  const subject = (match[1] ?? 'config') as FieldPattern['subject'];
  return { name: `ignore-field=${text}`, subject, steps: parsePointer(match[2] as string) };
}
