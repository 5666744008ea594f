import type { Value } from '../compare/difference.js';
import type { TarTime } from '../tar/entry.js';

/** What of an entry a normaliser may set; paths and contents stay. */
export interface EntryFields {
  /** Normalised, a latin1 string. */
  readonly path: string;
  readonly type: string;
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
  /** Sets fields of an entry. @returns false where the entry goes */
  entry?(entry: EntryFields): boolean;
  /** Changes a document; a plain value of JSON, as `JSON.parse` gives it. */
  document?(kind: 'manifest' | 'config' | 'index', value: Value): Value;
  /** Entries of each layer are sorted by their paths, wherever that changes nothing of what is unpacked. */
  readonly order?: true;
  /** Headers are written anew, all in one dialect, with what their fields say. */
  readonly headers?: true;
  /** Layers are stored without compression. */
  readonly compression?: true;
  /** All layers become one, with the last tree. */
  readonly squash?: true;
}
