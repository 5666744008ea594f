import { type DiffId, digestFromBytes, Sha256, sha256Bytes } from '../digest.js';
import type { SideEvidence } from '../explain/evidence.js';
import type { LayerIndex } from '../layer/layer-index.js';
import { keyOf, normalizePath } from '../layer/path.js';
import type { TarHeader } from '../tar/entry.js';
import type { TarTrailer } from '../tar/reader.js';
import { sortedPositions } from './entry-order.js';
import { type EntryCause, headerDigest, inOneDialect, rewriteEntry } from './rewrite-entry.js';

/** What a file holds once causes have been taken out of it. */
export interface RewrittenContent {
  readonly size: number;
  /** sha256, as in `LayerIndex`. */
  readonly digest: string;
}

/** What is done to a layer. */
export interface LayerRewriting {
  /** Positions of entries that go. */
  readonly dropped: ReadonlySet<number>;
  /** By position. */
  readonly contents: ReadonlyMap<number, RewrittenContent>;
  /** Whose normalisers set fields of entries. */
  readonly entryCauses: readonly EntryCause[];
  readonly image: SideEvidence;
  /** Headers are written in one dialect, paddings as zeros, the trailer as two blocks of zeros. */
  readonly headers: boolean;
  /** Hard links become files, where what they lead to is a file of the same layer. */
  readonly copies: boolean;
  /** Entries are sorted, where that changes nothing of what is unpacked. */
  readonly order: boolean;
}

const BLOCK_BYTES = 512;
const USUAL_TRAILER: TarTrailer = {
  offset: 0,
  bytes: 2 * BLOCK_BYTES,
  zero: true,
  digest: sha256Bytes(new Uint8Array(2 * BLOCK_BYTES)),
};

interface KeptEntry {
  readonly header: TarHeader;
  readonly content: string;
  readonly padding: Uint8Array | undefined;
}

/**
 * A layer written anew. An index covers every byte of its stream, so it stands for the stream: what no rewriting names
 * stays as it was read, dialect, style, padding, order and trailer included. Headers get digests of what they say
 * instead of digests of their blocks, all of them, for those of the other side's layer are held against them; and the
 * diffID is made of these.
 */
export function rewriteLayer(index: LayerIndex, rewriting: LayerRewriting): LayerIndex {
  const kept: KeptEntry[] = [];
  for (const [from, entry] of index.entries.entries()) {
    const header = rewriting.dropped.has(from) ? null : headerOf(entry, rewriting, rewriting.contents.get(from));
    if (header === null) continue;
    const content = rewriting.contents.get(from)?.digest ?? (index.contentDigests[from] as string);
    kept.push({ header, content, padding: rewriting.headers ? undefined : index.paddings.get(from) });
  }
  if (rewriting.copies) copyLinked(kept);
  const sorted = rewriting.order ? sortedPositions(kept.map(({ header }) => header)) : null;
  const ordered = sorted === null ? kept : sorted.map((position) => kept[position] as KeptEntry);
  const entries: TarHeader[] = [];
  const contentDigests: string[] = [];
  const paddings = new Map<number, Uint8Array>();
  const hash = new Sha256();
  let offset = 0;
  for (const [position, { header, content, padding }] of ordered.entries()) {
    const digest = headerDigest(header);
    entries.push({ ...header, position, offset, headerBytes: BLOCK_BYTES, headerDigest: digest });
    contentDigests.push(content);
    hash.update(Buffer.from(`${digest}${content}${padding === undefined ? '' : `p${padding.length}:`}`, 'latin1'));
    if (padding !== undefined) {
      paddings.set(position, padding);
      hash.update(padding);
    }
    const fill = (BLOCK_BYTES - (header.storedSize % BLOCK_BYTES)) % BLOCK_BYTES;
    offset += BLOCK_BYTES + header.storedSize + (padding?.length ?? fill);
  }
  const trailer = rewriting.headers ? USUAL_TRAILER : index.trailer;
  hash.update(Buffer.from(`end ${trailer.bytes} ${trailer.digest}`, 'latin1'));
  return {
    diffId: digestFromBytes(hash.bytes()) as string as DiffId,
    bytes: offset + trailer.bytes,
    entries,
    contentDigests,
    paddings,
    trailer: { ...trailer, offset },
  };
}

function headerOf(
  entry: TarHeader,
  { entryCauses, image, headers }: LayerRewriting,
  content: RewrittenContent | undefined,
): TarHeader | null {
  let header: TarHeader | null = entry;
  if (content !== undefined) header = withSize(entry, content.size);
  if (entryCauses.length > 0) header = rewriteEntry(header, normalizePath(entry.path), entryCauses, image);
  return header !== null && headers ? inOneDialect(header) : header;
}

function withSize(entry: TarHeader, size: number): TarHeader {
  const pax = entry.pax?.has('size') === true ? new Map(entry.pax).set('size', String(size)) : entry.pax;
  return { ...entry, size, storedSize: size, pax };
}

/* In the order of the stream: a link to a link that has become a file becomes one, too. */
function copyLinked(kept: KeptEntry[]): void {
  const files = new Map<string, KeptEntry>();
  for (const [i, entry] of kept.entries()) {
    const { header } = entry;
    const path = keyOf(normalizePath(header.path));
    const target = header.type === 'hardlink' ? files.get(keyOf(normalizePath(header.linkTarget))) : undefined;
    if (target !== undefined) {
      const { size, storedSize, sparse } = target.header;
      const copy = { ...header, type: 'file' as const, linkTarget: '', size, storedSize, sparse };
      kept[i] = { header: copy, content: target.content, padding: entry.padding };
    }
    const now = kept[i] as KeptEntry;
    if (now.header.type === 'file') files.set(path, now);
    else files.delete(path);
  }
}
