import { type DiffId, digestFromBytes, Sha256 } from '../digest.js';
import type { LayerIndex } from '../layer/layer-index.js';
import { normalizePath } from '../layer/path.js';
import type { TarHeader } from '../tar/entry.js';
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
  /** Headers are written in one dialect. */
  readonly headers: boolean;
  /** Entries are sorted, where that changes nothing of what is unpacked. */
  readonly order: boolean;
}

const BLOCK_BYTES = 512;

/**
 * A layer written anew. An index covers every byte of its stream, so it stands for the stream: what no rewriting names
 * stays as it was read, dialect, style, padding, order and trailer included. Headers get digests of what they say
 * instead of digests of their blocks, all of them, for those of the other side's layer are held against them; and the
 * diffID is made of these.
 */
export function rewriteLayer(index: LayerIndex, rewriting: LayerRewriting): LayerIndex {
  const kept: { readonly from: number; readonly header: TarHeader }[] = [];
  for (const [from, entry] of index.entries.entries()) {
    const header = rewriting.dropped.has(from) ? null : headerOf(entry, rewriting, rewriting.contents.get(from));
    if (header !== null) kept.push({ from, header });
  }
  const sorted = rewriting.order ? sortedPositions(kept.map(({ header }) => header)) : null;
  const ordered = sorted === null ? kept : sorted.map((position) => kept[position] as (typeof kept)[number]);
  const entries: TarHeader[] = [];
  const contentDigests: string[] = [];
  const paddings = new Map<number, Uint8Array>();
  const hash = new Sha256();
  let offset = 0;
  for (const [position, { from, header }] of ordered.entries()) {
    const digest = headerDigest(header);
    const content = rewriting.contents.get(from)?.digest ?? (index.contentDigests[from] as string);
    const padding = index.paddings.get(from);
    entries.push({ ...header, position, offset, headerDigest: digest });
    contentDigests.push(content);
    hash.update(Buffer.from(`${digest}${content}${padding === undefined ? '' : `p${padding.length}:`}`, 'latin1'));
    if (padding !== undefined) {
      paddings.set(position, padding);
      hash.update(padding);
    }
    const fill = (BLOCK_BYTES - (header.storedSize % BLOCK_BYTES)) % BLOCK_BYTES;
    offset += header.headerBytes + header.storedSize + (padding?.length ?? fill);
  }
  const { trailer } = index;
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
  { entryCauses, headers }: LayerRewriting,
  content: RewrittenContent | undefined,
): TarHeader | null {
  let header: TarHeader | null = entry;
  if (content !== undefined) header = withSize(entry, content.size);
  if (entry.type !== 'global-header' && entryCauses.length > 0) {
    header = rewriteEntry(header, normalizePath(entry.path), entryCauses);
  }
  return header !== null && headers ? inOneDialect(header) : header;
}

function withSize(entry: TarHeader, size: number): TarHeader {
  const pax = entry.pax?.has('size') === true ? new Map(entry.pax).set('size', String(size)) : entry.pax;
  return { ...entry, size, storedSize: size, pax };
}
