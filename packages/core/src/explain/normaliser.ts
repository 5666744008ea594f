import type { Value } from '../compare/difference.js';
import type { TarTime } from '../tar/entry.js';
import type { SideEvidence } from './evidence.js';

/** What of an entry a normaliser may set; paths and contents stay. */
export interface EntryFields {
  /** Normalised, a latin1 string. */
  readonly path: string;
  readonly type: string;
  /** Bytes of content. */
  readonly size: number;
  mode: number;
  uid: number;
  gid: number;
  uname: string;
  gname: string;
  mtime: TarTime;
  atime: TarTime | null;
  ctime: TarTime | null;
  /** PAX records, extended attributes among them. */
  pax: Map<string, string>;
}

/**
 * What the proof does to one side for a cause; it sees one side only. All members that are there are done.
 */
export interface Normaliser {
  /** Sets fields of an entry of one side's image. @returns false where the entry goes */
  entry?(entry: EntryFields, image: SideEvidence): boolean;
  /** Changes a document; a plain value of JSON, as `JSON.parse` gives it. */
  document?(kind: 'manifest' | 'config' | 'index', value: Value): Value;
  /** Entries of each layer are sorted by their paths, wherever that changes nothing of what is unpacked. */
  readonly order?: true;
  /** Headers are written anew, all in one dialect, with what their fields say. */
  readonly headers?: true;
  /** Documents are written anew, all in one way. */
  readonly encoding?: true;
  /** Layers are stored without compression. */
  readonly compression?: true;
  /** Hard links become files of their own. */
  readonly copies?: true;
  /** All layers become one, with the last tree. */
  readonly squash?: true;
}
