import type { Value } from '../json/plain.js';

/** Sort order of the report: index, manifest, config, layer, file. */
export type Subject = 'index' | 'manifest' | 'config' | 'layer' | 'file';
/** `added`: only in input 1; `removed`: only in input 0. */
export type Change = 'added' | 'removed' | 'modified';

export type { Value } from '../json/plain.js';

/** One field of one thing that differs. */
export interface Difference {
  readonly subject: Subject;
  readonly change: Change;
  readonly platform?: string;
  /** Position of the layer, from 0; `layers` instead where the two sides' layers have not the same number. */
  readonly layer?: number;
  readonly layers?: readonly [number | null, number | null];
  /** Of a file: no leading or trailing slash, the root is `.`; text, with U+FFFD where `pathBytes` is needed too. */
  readonly path?: string;
  /** base64 of the path's bytes, only where they are not UTF-8. */
  readonly pathBytes?: string;
  /** Only for a path that a layer has more than once: which of them, 1 is the last but one, 2 the one before, … */
  readonly duplicate?: number;
  readonly field: string;
  readonly values: readonly [Value, Value];
  /** The rule that takes it out; absent where it counts. */
  readonly ignoredBy?: string;
  /** A later layer covers or removes it: the tree after the last layer does not have it. */
  readonly shadowed?: true;
  /** It only says what a layer holds in another way, and no tree differs by it: the rule `layer-encoding` covers it. */
  readonly layerEncoding?: true;
  /** The id of the cause that accounts for all of it. */
  readonly cause?: string;
}
