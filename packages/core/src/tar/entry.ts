/**
 * The dialect a header is written in. `pax` is USTAR with an extended header, `star` Schilling's, told by its trailer.
 * Sources: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
 */
export type TarFormat = 'v7' | 'ustar' | 'pax' | 'gnu' | 'star';

export type TarEntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character-device'
  | 'block-device'
  | 'fifo'
  | 'global-header';

/** Seconds since 1970 (negative before) and nanoseconds from 0 to 999,999,999 after that second. */
export interface TarTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/**
 * One entry's header: all that its header blocks say. Strings are latin1 strings (one code unit a byte).
 * The decoded fields, `pax`, `sparse` and `style` together determine every byte of the header blocks, so two entries
 * whose blocks differ differ in at least one of them.
 */
export interface TarHeader {
  /** Position in the archive, from 0. */
  readonly position: number;
  /** Offset of the first header block in the archive. */
  readonly offset: number;
  /** Bytes of all header blocks: extended headers, sparse maps and the header itself. */
  readonly headerBytes: number;
  /** sha256 of those blocks, 32 bytes as a latin1 string. */
  readonly headerDigest: string;
  readonly format: TarFormat;
  readonly type: TarEntryType;
  /** As stated, after PAX `path`, GNU long name or prefix were applied. */
  readonly path: string;
  /** Of links; otherwise empty. */
  readonly linkTarget: string;
  /** As stated, with all its bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
  /** Bytes of the file's content, holes of a sparse file included; 0 for all but files. */
  readonly size: number;
  /** Bytes of content as stored; less than `size` for a sparse file. */
  readonly storedSize: number;
  readonly mtime: TarTime;
  readonly atime: TarTime | null;
  readonly ctime: TarTime | null;
  /** Of devices; otherwise 0. */
  readonly devMajor: number;
  readonly devMinor: number;
  /** Records of the extended header, the last of each key; null without one. */
  readonly pax: ReadonlyMap<string, string> | null;
  /** Data segments of a sparse file as offset, length, offset, length, …; null for any other file. */
  readonly sparse: readonly number[] | null;
  /**
   * How the header is written beyond what its decoded fields say, as `;`-separated tokens; empty for the usual way.
   * See style.ts.
   */
  readonly style: string;
}
