import type { Subject } from '../compare/difference.js';
import type { Finding } from '../compare/finding.js';
import type { FileSide, PairEvidence } from './evidence.js';
import type { Normaliser } from './normaliser.js';

/**
 * - `benign`: it says nothing of what the image does
 * - `review`: somebody should look at it
 * - `security`: it may change who can do what, or whom the image trusts
 */
export type CauseClass = 'benign' | 'review' | 'security';

/**
 * One known cause of differences: an entry of the catalogue. All texts are for people, one to three plain sentences.
 */
export interface Cause {
  /** Kebab case; stable, since accept lists and scripts name it. */
  readonly id: string;
  readonly title: string;
  readonly class: CauseClass;
  /** Where it is found: paths or fields, in words. */
  readonly where: string;
  /** What the difference looks like, and what of it would not be this cause. */
  readonly shape: string;
  /** What to do: the line of a Dockerfile, the option or the version. */
  readonly remedy: string;
  /** Addresses of issues, documentation or source code. */
  readonly references: readonly string[];
  readonly rule: CauseRule;
}

export type CauseRule = ContentRule | PresenceRule | FindingRule | PackageRule;

/** Explains contents that differ. */
export interface ContentRule {
  readonly what: 'content';
  /** Patterns (picomatch, `dot`) of paths without a leading slash. */
  readonly paths: readonly string[];
  /**
   * The content of one side without what this cause explains: what is left of both sides has to be equal. It sees one
   * side only, so it cannot fit itself to the difference. The same array where there is nothing to take out.
   * @returns null where the content has not the shape of this cause: then it explains nothing of it
   */
  normalise(file: FileSide): Uint8Array | null;
  /**
   * Why a benign cause may explain something of a file that decides on access or trust (see sensitive.ts): it takes out
   * one field alone, named here, that decides on nothing.
   */
  readonly mayTouch?: string;
  /**
   * It goes by how words look or where lines stand, and knows nothing of what they are for: of a file that decides on
   * access or trust it explains nothing.
   */
  readonly guesses?: true;
}

/** Explains files that one side has alone; what it covers is taken away by the proof. */
export interface PresenceRule {
  readonly what: 'presence';
  readonly paths: readonly string[];
  /** Whether the file is one that this cause leaves behind. */
  covers(file: FileSide): boolean;
}

/** Explains any other difference: attributes of files, fields of documents, how layers are written. */
export interface FindingRule {
  readonly what: 'finding';
  /** Of which things. */
  readonly subjects: readonly Subject[];
  covers(finding: Finding, evidence: PairEvidence): boolean;
  /** What the proof does to both sides. */
  readonly normaliser: Normaliser;
}

/** Explains files by changed packages that list them; see package-changes.ts. Nothing normalises it. */
export interface PackageRule {
  readonly what: 'package';
}
