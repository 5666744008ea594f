import type { ByteStream } from '../bytes/stream.js';
import { sha256Bytes } from '../digest.js';
import type { FileSide, SideEvidence } from '../explain/evidence.js';
import { isPrivileged, isSensitive, mayExplain } from '../explain/sensitive.js';
import type { BlobStore } from '../image/blob-store.js';
import type { Layer } from '../image/load.js';
import { type ComparedEntry, extractEntries } from '../layer/extract-entries.js';
import type { LayerIndex } from '../layer/layer-index.js';
import { keyOf, normalizePath } from '../layer/path.js';
import type { LayerReading } from '../layer/read-layer.js';
import { whiteoutOf } from '../layer/whiteout.js';
import type { Limits } from '../limits.js';
import type { TarHeader } from '../tar/entry.js';
import type { Normalisers } from './normalisers.js';
import type { RewrittenContent } from './rewrite-layer.js';

/** What one side knows of the other: no more than which of its own files can stay as they are. */
export interface OtherSide {
  /** Whether the other side has a file of this path and content. */
  hasFile(path: string, contentDigest: string): boolean;
  /** Whether it has anything at this path; null where that was not asked for. */
  readonly hasPath: ((path: string) => boolean) | null;
}

export interface ContentsToRewrite {
  readonly store: BlobStore;
  readonly layer: Layer;
  readonly index: LayerIndex;
  readonly image: SideEvidence;
  readonly other: OtherSide;
}

export interface RewriteOptions {
  readonly limits: Limits;
  readonly signal: AbortSignal;
  /** Reads a layer of one side to its entries. */
  readonly read: (side: 0 | 1, layer: Layer) => Promise<LayerReading>;
}

/** What becomes of a layer's entries, by position. */
export interface RewrittenContents {
  readonly dropped: ReadonlySet<number>;
  readonly contents: ReadonlyMap<number, RewrittenContent>;
}

/**
 * Takes out of the files of one layer what the named causes account for, and drops those that they leave behind. Each
 * file is read whole, one at a time, if it is no larger than `inFileBytes`; others stay as they are. So do files that
 * the other side has, too: nothing has to be taken out of them.
 * @throws {OciDiffError} as `extractEntries`
 */
export async function rewriteContents(
  { store, layer, index, image, other }: ContentsToRewrite,
  normalisers: Normalisers,
  options: RewriteOptions,
): Promise<RewrittenContents> {
  const dropped = new Set<number>();
  const contents = new Map<number, RewrittenContent>();
  const wanted = new Map<number, ComparedEntry & { readonly mayGo: boolean; readonly mayChange: boolean }>();
  const linked = linkTargets(index.entries);
  const goes = (file: FileSide): boolean =>
    !isPrivileged(file.header) && normalisers.presenceCauses(file.path).some(({ rule }) => rule.covers(file));
  for (const [position, header] of index.entries.entries()) {
    if (header.type === 'global-header') continue;
    const path = normalizePath(header.path);
    const mayGo = isAlone(path, other) && !linked.has(keyOf(path)) && normalisers.presenceCauses(path).length > 0;
    const contentDigest = index.contentDigests[position] as string;
    if (header.type !== 'file') {
      if (mayGo && goes({ path, content: new Uint8Array(0), header, image })) dropped.add(position);
      continue;
    }
    if (header.size > options.limits.inFileBytes) continue;
    const mayChange =
      header.sparse === null && !other.hasFile(path, contentDigest) && normalisers.contentCauses(path).length > 0;
    if (mayGo || mayChange) {
      wanted.set(position, { headerDigest: header.headerDigest, contentDigest, mayGo, mayChange });
    }
  }
  if (wanted.size === 0) return { dropped, contents };
  await extractEntries(store, layer, wanted, options, async ({ entry, content }) => {
    const path = normalizePath(entry.path);
    const bytes = await collect(content, entry.size);
    const file: FileSide = { path, content: bytes, header: entry, image };
    const { mayGo = false, mayChange = false } = wanted.get(entry.position) ?? {};
    if (mayGo && goes(file)) {
      dropped.add(entry.position);
      return;
    }
    if (!mayChange) return;
    const left = takeOut(file, normalisers);
    if (left !== bytes) contents.set(entry.position, { size: left.length, digest: sha256Bytes(left) });
  });
  return { dropped, contents };
}

/* What a path that the other side has holds is to be told, not to be dropped; a whiteout is no file. */
function isAlone(path: string, { hasPath }: OtherSide): boolean {
  return hasPath !== null && !hasPath(path) && whiteoutOf(path) === null;
}

/* A file that hard links of its layer lead to has to stay. */
function linkTargets(entries: readonly TarHeader[]): Set<string> {
  const targets = new Set<string>();
  for (const { type, linkTarget } of entries) if (type === 'hardlink') targets.add(keyOf(normalizePath(linkTarget)));
  return targets;
}

/* As causes explain contents, but of one side: see explain-content.ts. */
function takeOut(file: FileSide, normalisers: Normalisers): Uint8Array {
  const sensitive = isSensitive(file);
  let left = file.content;
  for (const cause of normalisers.contentCauses(file.path)) {
    if (!mayExplain(cause, sensitive)) continue;
    left = cause.rule.normalise({ ...file, content: left }) ?? left;
  }
  return left;
}

async function collect(stream: ByteStream, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of stream) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The files of some layers by path and content; it holds no string that their indexes do not hold. */
export class FileSet {
  readonly #digests = new Map<string, string | string[]>();

  constructor(layers: readonly LayerIndex[]) {
    for (const { entries, contentDigests } of layers) {
      for (const [position, { path, type }] of entries.entries()) {
        if (type === 'file') this.#add(keyOf(normalizePath(path)), contentDigests[position] as string);
      }
    }
  }

  has(path: string, contentDigest: string): boolean {
    const known = this.#digests.get(keyOf(path));
    return known === contentDigest || (Array.isArray(known) && known.includes(contentDigest));
  }

  #add(key: string, digest: string): void {
    const known = this.#digests.get(key);
    if (known === undefined) this.#digests.set(key, digest);
    else if (Array.isArray(known)) {
      if (known.length < MAX_CONTENTS && !known.includes(digest)) known.push(digest);
    } else if (known !== digest) this.#digests.set(key, [known, digest]);
  }
}

/** Contents of one path that are looked at: a hostile layer may have the path a million times. */
const MAX_CONTENTS = 1000;

/** Paths of a layer's entries, marked for use in a set. */
export function pathKeys(entries: readonly TarHeader[]): string[] {
  return entries.map(({ path }) => keyOf(normalizePath(path)));
}
