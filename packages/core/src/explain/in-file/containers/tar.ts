import { joined } from '../../../bytes/expand.js';
import type { Value } from '../../../json/plain.js';
import { DEFAULT_LIMITS } from '../../../limits.js';
import type { TarHeader } from '../../../tar/entry.js';
import { isXattr } from '../../../tar/pax.js';
import { TarReader } from '../../../tar/reader.js';
import {
  type Archive,
  type ArchiveReader,
  ContainerError,
  fieldsOf,
  type Member,
  modeText,
  timeText,
} from './archive.js';

const BLOCK_BYTES = 512;
const MAGIC_AT = 257;

/** Tar archives with the magic `ustar`, by ocidiff's own reader. */
export const TAR_READER: ArchiveReader = {
  format: 'tar',
  recognises: (content) =>
    content.length >= BLOCK_BYTES &&
    Buffer.from(content.subarray(MAGIC_AT, MAGIC_AT + 5)).toString('latin1') === 'ustar',
  read: readTar,
};

function readTar(content: Uint8Array, maxMembers: number): Archive {
  const members: Member[] = [];
  let header: TarHeader | null = null;
  let chunks: Uint8Array[] = [];
  const reader = new TarReader(
    {
      header(entry) {
        header = entry;
        chunks = [];
      },
      /* Views of `content`, which stays. */
      content: (chunk) => chunks.push(chunk),
      hole: () => undefined,
      entryEnd(padding) {
        if (header !== null) members.push(memberOf(header, joined(chunks), padding));
      },
    },
    { ...DEFAULT_LIMITS, layerEntries: maxMembers },
  );
  try {
    reader.push(content);
    const trailer = reader.end();
    const zero = trailer.zero ? 'zero' : Buffer.from(trailer.digest, 'latin1').toString('hex');
    return { fields: fieldsOf([['trailer', `${trailer.bytes} bytes, ${zero}`]]), members, remarks: [] };
  } catch (error) {
    throw new ContainerError((error as Error).message);
  }
}

function memberOf(entry: TarHeader, stored: Uint8Array, padding: Uint8Array | null): Member {
  const { atime, ctime, mtime, sparse } = entry;
  const device = `${entry.devMajor},${entry.devMinor}`;
  const pax: [string, Value][] = [...(entry.pax ?? [])]
    .filter(([key]) => isXattr(key) || !SAID_BY_FIELDS.has(key))
    .map(([key, value]) => [`pax/${key}`, value]);
  return {
    name: entry.path,
    fields: fieldsOf([
      ['type', entry.type],
      ['mode', modeText(entry.mode)],
      ['uid', entry.uid],
      ['gid', entry.gid],
      ['uname', entry.uname],
      ['gname', entry.gname],
      ['mtime', timeText(mtime.seconds, mtime.nanoseconds)],
      ['atime', atime === null ? null : timeText(atime.seconds, atime.nanoseconds)],
      ['ctime', ctime === null ? null : timeText(ctime.seconds, ctime.nanoseconds)],
      ['linkTarget', entry.linkTarget === '' ? null : entry.linkTarget],
      ['device', device === '0,0' ? null : device],
      ['sparse', sparse === null ? null : sparse.join()],
      ...pax,
      ['format', entry.format],
      ['header', entry.style === '' ? null : entry.style],
      ['padding', padding === null ? null : Buffer.from(padding).toString('hex')],
    ]),
    stored,
  };
}

/** PAX records that a field of the entry holds. */
const SAID_BY_FIELDS: ReadonlySet<string> = new Set([
  'path',
  'linkpath',
  'size',
  'uid',
  'gid',
  'uname',
  'gname',
  'mtime',
  'atime',
  'ctime',
]);
