import { block, extended, GNU, join, padded, record, USTAR, V7, zeros } from '../../support/tar-build.js';

export type Dialect = 'v7' | 'ustar' | 'gnu';

/** An entry of a layer; what is left out is the usual value of an empty file. Strings are latin1. */
export interface RawEntry {
  readonly name: string;
  readonly type?: string;
  readonly dialect?: Dialect;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly link?: string;
  readonly uname?: string;
  readonly gname?: string;
  readonly device?: readonly [major: number, minor: number];
  readonly content?: string | Uint8Array;
  /** Code of what fills the last block of the content. */
  readonly padding?: number;
  /** Records of an extended header in front of the entry. */
  readonly pax?: readonly (readonly [key: string, value: string])[];
  /** Name of the extended header. */
  readonly paxName?: string;
  /** Bytes to be set in the header block, before its checksum is worked out. */
  readonly patch?: readonly (readonly [offset: number, bytes: string])[];
}

const MAGIC: Readonly<Record<Dialect, string>> = { v7: V7, ustar: USTAR, gnu: GNU };

/** One entry: extended header, header, content and padding; of the type `g` a global extended header. */
export function rawEntry(entry: RawEntry): Uint8Array {
  const records = (entry.pax ?? []).map(([key, value]) => record(key, value)).join('');
  const { name, mode = 0o644, uid = 0, gid = 0, mtime = 0 } = entry;
  if (entry.type === 'g') return extended('g', records, { name, mode, uid, gid, mtime });
  const content = join(entry.content ?? '');
  const [devMajor, devMinor] = entry.device ?? [0, 0];
  const header = block({
    name,
    mode,
    uid,
    gid,
    mtime,
    size: content.length,
    type: entry.type ?? '0',
    linkName: entry.link ?? '',
    magic: MAGIC[entry.dialect ?? 'ustar'],
    uname: entry.uname ?? '',
    gname: entry.gname ?? '',
    devMajor,
    devMinor,
    patches: entry.patch ?? [],
  });
  const front = entry.pax === undefined ? '' : extended('x', records, { name: entry.paxName ?? 'PaxHeaders.0/entry' });
  return join(front, header, padded(content, entry.padding));
}

/** Two zero blocks, as POSIX ends an archive. */
export const END: Uint8Array = zeros(2);

/** An archive of `entries`, ended by `trailer`. */
export function rawTar(entries: readonly RawEntry[], trailer: Uint8Array = END): Uint8Array {
  return join(...entries.map(rawEntry), trailer);
}
