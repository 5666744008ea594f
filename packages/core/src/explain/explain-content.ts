import type { Cause, ContentRule } from './cause.js';
import type { FileSide } from './evidence.js';
import { equalBytes } from './formats/values.js';
import { isSensitive, mayExplain } from './sensitive.js';

/** A cause that explains contents. */
export type ContentCause = Cause & { readonly rule: ContentRule };

export interface ContentExplanation {
  /** Causes without which the two would not be as equal as they are, in the order of the catalogue. */
  readonly causes: readonly ContentCause[];
  /** What no cause explains, of each side; null where everything is explained. */
  readonly left: readonly [Uint8Array, Uint8Array] | null;
}

/**
 * Explains why the contents of one file differ. Each cause takes out of either side what it knows, seeing that side
 * alone; what is left of both has to be the same, else something is not explained.
 * @param causes those whose paths match, in the order of the catalogue; special ones first
 */
export function explainContent(file0: FileSide, file1: FileSide, causes: readonly ContentCause[]): ContentExplanation {
  const sensitive = isSensitive(file0) || isSensitive(file1);
  const allowed = causes.filter((cause) => mayExplain(cause, sensitive));
  const applied: ContentCause[] = [];
  let left: Contents = [file0.content, file1.content];
  for (const cause of allowed) {
    if (equalBytes(...left)) break;
    const next = take(cause, file0, file1, left);
    if (next === null) continue;
    applied.push(cause);
    left = next;
  }
  if (!equalBytes(...left)) return { causes: applied.filter((cause) => helps(cause, file0, file1)), left };
  return { causes: needed(applied, file0, file1), left: null };
}

type Contents = readonly [Uint8Array, Uint8Array];

/* Null where the cause has nothing to do with it. */
function take({ rule }: ContentCause, file0: FileSide, file1: FileSide, [left0, left1]: Contents): Contents | null {
  const next0 = rule.normalise({ ...file0, content: left0 });
  if (next0 === null) return null;
  const next1 = rule.normalise({ ...file1, content: left1 });
  if (next1 === null || (next0 === left0 && next1 === left1)) return null;
  return [next0, next1];
}

function takeAll(causes: readonly ContentCause[], file0: FileSide, file1: FileSide): Contents {
  let left: Contents = [file0.content, file1.content];
  for (const cause of causes) left = take(cause, file0, file1, left) ?? left;
  return left;
}

/* Of those that were applied the ones without which the two differ; a general one that came first may not be needed. */
function needed(applied: readonly ContentCause[], file0: FileSide, file1: FileSide): readonly ContentCause[] {
  let causes = applied;
  for (const cause of [...applied].reverse()) {
    const others = causes.filter((each) => each !== cause);
    if (others.length > 0 && equalBytes(...takeAll(others, file0, file1))) causes = others;
  }
  return causes;
}

/* Whether the sides have more lines in common without what the cause takes out. */
function helps(cause: ContentCause, file0: FileSide, file1: FileSide): boolean {
  const without = takeAll([cause], file0, file1);
  return linesApart(...without) < linesApart(file0.content, file1.content);
}

/* Lines that one side has and the other has not, wherever they stand. */
function linesApart(content0: Uint8Array, content1: Uint8Array): number {
  const counts = new Map<string, number>();
  const [lines0, lines1] = [content0, content1].map((content) => Buffer.from(content).toString('latin1').split('\n'));
  for (const line of lines0 ?? []) counts.set(`-${line}`, (counts.get(`-${line}`) ?? 0) + 1);
  for (const line of lines1 ?? []) counts.set(`-${line}`, (counts.get(`-${line}`) ?? 0) - 1);
  let apart = 0;
  for (const count of counts.values()) apart += Math.abs(count);
  return apart;
}
