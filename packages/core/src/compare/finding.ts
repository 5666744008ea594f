import type { RuleName } from '../options.js';
import type { TarHeader } from '../tar/entry.js';
import type { Change, Subject, Value } from './difference.js';

/** Layers by their position on either side; null for a side that lacks it. */
export type LayerPair = readonly [number | null, number | null];

/**
 * What a digest or size in a document follows from: it differs because that differs.
 * - `config`: the config of the compared image
 * - `layers`: these pairs of layers
 * - `image`: everything of the compared image, for a descriptor in an index
 * - `parts`: each of these, for a descriptor of a document or blob that was looked into; see `Finding.parts`
 */
export type Follows =
  | { readonly what: 'config' }
  | { readonly what: 'layers'; readonly pairs: readonly LayerPair[] }
  | { readonly what: 'image'; readonly platform: string }
  | { readonly what: 'parts'; readonly parts: readonly string[] };

/**
 * Reasons for which a finding may not count: any one of them is enough; one that lists several rules needs all of
 * them in force. Beside rules there are what the mode itself leaves out (`semantic`: parts of an index that no
 * container sees) and what the choice of platforms does (`platform`).
 */
export type Excuses = readonly (readonly (RuleName | 'transport' | 'semantic' | 'platform')[])[];

/** One difference as the comparison finds it, before any rule is asked. Found the same under every set of rules. */
export interface Finding {
  readonly subject: Subject;
  readonly change: Change;
  readonly platform?: string;
  readonly layers?: LayerPair;
  /** Normalised, a latin1 string. */
  readonly path?: string;
  readonly duplicate?: number;
  readonly field: string;
  /** The JSON Pointer's steps, of a document's field. */
  readonly steps?: readonly string[];
  readonly values: readonly [Value, Value];
  readonly excuses: Excuses;
  readonly follows?: Follows;
  /** Whether it differs in the tree after the last layer, or only in one below; absent where trees do not show it. */
  readonly tree?: 'final' | 'below';
  /**
   * It comes from a layer that one side has alone. Where that layer's row counts and streams are what is judged, it
   * follows from that.
   */
  readonly lone?: true;
  /** Of a path that one side has alone: the other side's entry that took it away. */
  readonly removedBy?: TarHeader;
  /** Pairs of layers whose streams differ by it, beside `layers`. */
  readonly streams?: readonly LayerPair[];
  /** A later layer covers or removes what differs. */
  readonly shadowed?: true;
  /**
   * What it was found in that is no part of a compared image but named by a descriptor in an index: an index within
   * the index, an attestation, a statement of it; every one of them that it lies in. Names for `Follows`.
   */
  readonly parts?: readonly string[];
  /** Of a file: where its entries are, for whoever wants their contents. */
  readonly entries?: readonly [EntryRef | null, EntryRef | null];
}

/** An entry of a layer, and what it holds, by the digest of `LayerIndex`. */
export interface EntryRef {
  readonly header: TarHeader;
  readonly contentDigest: string;
}

/** Where comparisons leave what they find. */
export type FindingSink = (finding: Finding) => void;

/** `added`, `removed` or `modified`, by which sides have it. */
export function changeOf(in0: boolean, in1: boolean): Change {
  return in0 ? (in1 ? 'modified' : 'removed') : 'added';
}

/** Fields of a file that say what it is, not how an entry says it. Other PAX records count: nobody knows what they are. */
const STATE_FIELDS: ReadonlySet<string> = new Set([
  'type',
  'content',
  'mode',
  'uid',
  'gid',
  'uname',
  'gname',
  'mtime',
  'atime',
  'ctime',
  'linkTarget',
  'links',
  'device',
]);

/** Whether trees can show what a finding of streams says. */
export function isState({ subject, field, excuses }: Finding): boolean {
  if (subject !== 'file') return false;
  if (STATE_FIELDS.has(field) || field.startsWith('xattrs/')) return true;
  return field.startsWith('pax/') && excuses.length === 0;
}
