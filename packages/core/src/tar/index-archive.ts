import { throwIfAborted } from '../errors.js';
import { checkLimit, type Limits } from '../limits.js';
import type { TarEntryType } from './entry.js';
import { tarInvalid } from './error.js';
import { TarReader } from './reader.js';

/** A member of an outer archive. */
export interface ArchiveMember {
  /** As written, a latin1 string. */
  readonly path: string;
  readonly type: TarEntryType;
  readonly linkTarget: string;
  /** Offset of the content in the archive, and its bytes. */
  readonly offset: number;
  readonly size: number;
}

/** Bytes read at once while going from header to header. */
const PROBE_BYTES = 64 * 1024;

/**
 * Lists the members of a tar archive that can be read at any offset; contents are jumped over, not read.
 * @param read the bytes at `position`, `length` of them or fewer at the end
 * @param size of the archive in bytes
 * @throws {OciDiffError} `ERR_TAR_INVALID`, `ERR_TAR_TRUNCATED`, `ERR_LIMIT_EXCEEDED`, `ERR_ABORTED`
 */
export async function indexArchive(
  read: (position: number, length: number) => Promise<Uint8Array>,
  size: number,
  limits: Limits,
  signal?: AbortSignal,
): Promise<ArchiveMember[]> {
  const members: ArchiveMember[] = [];
  let entries = 0;
  const reader = new TarReader(
    {
      header: (entry) => {
        if (entry.sparse !== null) throw tarInvalid(entry.offset, 'a sparse member, which no builder writes,');
        checkLimit(limits, 'archiveMembers', ++entries, 'members of the archive');
        if (entry.type === 'global-header') return;
        members.push({
          path: entry.path,
          type: entry.type,
          linkTarget: entry.linkTarget,
          offset: entry.offset + entry.headerBytes,
          size: entry.size,
        });
      },
      content: () => {},
      hole: () => {},
      entryEnd: () => {},
    },
    /* An archive has a limit of its own. */
    { ...limits, layerEntries: Number.MAX_SAFE_INTEGER },
  );
  while (reader.offset < size && !reader.ended) {
    throwIfAborted(signal);
    const skippable = reader.skippable;
    if (skippable > PROBE_BYTES) {
      reader.skip(Math.min(skippable, size - reader.offset));
      continue;
    }
    const chunk = await read(reader.offset, Math.min(PROBE_BYTES, size - reader.offset));
    if (chunk.length === 0) break;
    reader.push(chunk);
  }
  reader.end();
  return members;
}
