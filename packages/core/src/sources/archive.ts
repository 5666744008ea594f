import type { FileHandle } from 'node:fs/promises';
import { compareLatin1, latin1, utf8OfLatin1 } from '../bytes/latin1.js';
import type { ByteStream } from '../bytes/stream.js';
import { OciDiffError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { NoteSink } from '../notes.js';
import { type ArchiveMember, indexArchive } from '../tar/index-archive.js';
import { normalizeMemberPath, resolveMember } from './archive-paths.js';
import type { FileTree } from './file-tree.js';
import { readFully, readRange } from './read-range.js';

export interface OpenArchiveOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: NoteSink;
}

/** Notes about members that there are twice. */
const MAX_DUPLICATES_TOLD = 20;
/** Members held against their earlier namesakes: that takes two reads each, and an archive may have a million. */
const MAX_DUPLICATES_COMPARED = 1000;

/** A tar archive in a file, its members read at their offsets. */
export class Archive implements FileTree {
  readonly medium = 'archive';
  readonly #file: FileHandle;
  readonly #members: ReadonlyMap<string, ArchiveMember>;

  private constructor(file: FileHandle, members: ReadonlyMap<string, ArchiveMember>) {
    this.#file = file;
    this.#members = members;
  }

  /**
   * Lists the archive in `file`, which the archive closes from then on. Of members with one path the last counts, as
   * for who extracts it; that they differ is a note.
   * @throws {OciDiffError} `ERR_TAR_INVALID`, `ERR_TAR_TRUNCATED`, `ERR_LIMIT_EXCEEDED`, `ERR_IO`, `ERR_ABORTED`
   */
  static async open(file: FileHandle, size: number, { limits, signal, onNote }: OpenArchiveOptions): Promise<Archive> {
    const read = async (position: number, length: number): Promise<Uint8Array> => {
      const buffer = new Uint8Array(length);
      return buffer.subarray(0, await readFully(file, buffer, position));
    };
    const members = new Map<string, ArchiveMember>();
    let [told, compared, passedOver] = [0, 0, 0];
    for (const member of await indexArchive(read, size, limits, signal)) {
      const path = normalizeMemberPath(member.path);
      if (path === null || member.type === 'directory') continue;
      const earlier = members.get(path);
      members.set(path, member);
      if (earlier === undefined || told === MAX_DUPLICATES_TOLD) continue;
      if (compared === MAX_DUPLICATES_COMPARED) {
        passedOver += 1;
        continue;
      }
      compared += 1;
      if (await sameMember(file, earlier, member, signal)) continue;
      told += 1;
      const message = `${textOf(path)} is in the archive more than once, with other content; the last one counts`;
      onNote({ code: 'duplicate-member', message });
    }
    if (passedOver > 0) {
      const message = `${passedOver} more members are in the archive before, with whatever content; the last ones count`;
      onNote({ code: 'duplicate-member', message });
    }
    return new Archive(file, members);
  }

  async stat(path: string): Promise<number | null> {
    return this.#resolve(path)?.size ?? null;
  }

  async *open(path: string, signal?: AbortSignal): ByteStream {
    const member = this.#resolve(path);
    if (member === null) {
      throw new OciDiffError('ERR_NOT_FOUND', `${path} is not in the archive`, { location: { blob: path } });
    }
    yield* readRange(this.#file, member.offset, member.size, path, signal);
  }

  async topNames(): Promise<string[]> {
    const names = new Set<string>();
    for (const path of this.#members.keys()) {
      const slash = path.indexOf('/');
      names.add(slash === -1 ? path : path.slice(0, slash + 1));
    }
    return [...names].sort(compareLatin1).map(textOf);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #resolve(path: string): ArchiveMember | null {
    try {
      return resolveMember(this.#members, latin1(Buffer.from(path, 'utf8')));
    } catch (error) {
      throw error instanceof OciDiffError ? error.at({ blob: path }) : error;
    }
  }
}

async function sameMember(
  file: FileHandle,
  first: ArchiveMember,
  second: ArchiveMember,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (first.type !== second.type || first.size !== second.size || first.linkTarget !== second.linkTarget) return false;
  if (first.offset === second.offset) return true;
  const others = readRange(file, second.offset, second.size, textOf(second.path), signal)[Symbol.asyncIterator]();
  try {
    for await (const chunk of readRange(file, first.offset, first.size, textOf(first.path), signal)) {
      const other = await others.next();
      if (other.done === true || Buffer.compare(chunk, other.value) !== 0) return false;
    }
    return true;
  } finally {
    await others.return?.();
  }
}

function textOf(path: string): string {
  return utf8OfLatin1(path) ?? path;
}
