import type { Compression } from '../bytes/decompress.js';
import type { Value } from '../compare/difference.js';
import { settingsOf } from '../compare/layers.js';
import { type DiffId, type Digest, digestHex, digestOf } from '../digest.js';
import { OciDiffError } from '../errors.js';
import type { PairEvidence } from '../explain/evidence.js';
import type { BlobRef, BlobStore } from '../image/blob-store.js';
import type { Descriptor } from '../image/descriptor.js';
import {
  type Image,
  type Layer,
  type LoadedChild,
  type LoadedManifest,
  type LoadedRoot,
  refOf,
} from '../image/load.js';
import { canonicalMediaType } from '../image/media-type.js';
import { parseJson } from '../json/parse.js';
import { jsonStable } from '../json/stable.js';
import { toValue } from '../json/to-value.js';
import type { JsonDocument } from '../json/value.js';
import type { LayerIndex } from '../layer/layer-index.js';
import { keyOf } from '../layer/path.js';
import type { LayerReading } from '../layer/read-layer.js';
import { inOneEncoding, type Renaming, relink, writeChanged } from './edit-document.js';
import type { Normalisers } from './normalisers.js';
import { FileSet, type OtherSide, pathKeys, type RewriteOptions, rewriteContents } from './rewrite-contents.js';
import { rewriteLayer } from './rewrite-layer.js';
import { RewrittenStore } from './rewritten-store.js';
import { squash } from './squash.js';

/** Two images of one platform that were compared. */
export interface PairToRewrite {
  readonly manifests: readonly [LoadedManifest, LoadedManifest];
  readonly images: readonly [Image, Image];
  readonly evidence: PairEvidence;
}

export interface SideToRewrite {
  readonly store: BlobStore;
  readonly root: LoadedRoot;
}

/** A side whose compared images were rewritten. */
export interface RewrittenSide {
  /** Holds the rewritten documents; layers that stayed are read from the original medium. */
  readonly store: BlobStore;
  /** What a rewritten layer holds; null for one that stayed. */
  readonly layer: (layer: Layer) => LayerReading | null;
}

/** The annotation of an attestation that names what it is about. Source: BuildKit, attestation-storage.md. */
const SUBJECT_DIGEST = 'vnd.docker.reference.digest';

/**
 * Rewrites the compared images of both sides by normalisers. Layers whose diffID the other side has too stay as they
 * are; of the others each entry, of documents each field is what the normalisers leave. Digests, sizes and diffIDs are
 * those of the rewritten, up to the root, so that what comes out is two images like any others.
 *
 * Nothing is written to disk: a rewritten layer is its index, which stands for every byte of its stream.
 * @throws {OciDiffError} what reading layers and documents throws; `ERR_LIMIT_EXCEEDED`; `ERR_MANIFEST_INVALID` where
 *   one manifest stands in several of the pairs
 */
export async function rewriteImages(
  sides: readonly [SideToRewrite, SideToRewrite],
  pairs: readonly PairToRewrite[],
  normalisers: Normalisers,
  options: RewriteOptions,
): Promise<readonly [RewrittenSide, RewrittenSide]> {
  const rewriters = [0, 1].map((side) => new SideRewriter(sides[side as 0 | 1], normalisers, options));
  const [rewriter0, rewriter1] = rewriters as [SideRewriter, SideRewriter];
  for (const pair of pairs) {
    const layers = await rewriteLayers(sides, pair, normalisers, options);
    rewriter0.image(pair.manifests[0], pair.images[0], layers[0]);
    rewriter1.image(pair.manifests[1], pair.images[1], layers[1]);
  }
  return [await rewriter0.end(), await rewriter1.end()];
}

/** A layer as it was rewritten. */
interface RewrittenLayer {
  readonly index: LayerIndex;
  readonly compression: Compression | null;
  readonly storedBytes: number;
}

/** By position of the layer they stand for; with `squash` there is one alone, of the lowest. */
type RewrittenLayers = ReadonlyMap<number, RewrittenLayer>;

async function rewriteLayers(
  sides: readonly [SideToRewrite, SideToRewrite],
  { images, evidence }: PairToRewrite,
  normalisers: Normalisers,
  options: RewriteOptions,
): Promise<readonly [RewrittenLayers, RewrittenLayers]> {
  const diffIds = images.map(({ layers }) => new Set(layers.map(({ diffId }) => diffId)));
  const isShared = (side: 0 | 1, { diffId }: Layer): boolean => (diffIds[1 - side] as Set<DiffId>).has(diffId);
  const isRecompressed = recompressed(images);
  const readings = [new Map<DiffId, LayerReading>(), new Map<DiffId, LayerReading>()] as const;
  const read = async (side: 0 | 1, layer: Layer): Promise<void> => {
    if (readings[side].has(layer.diffId)) return;
    readings[side].set(layer.diffId, await options.read(side, layer));
  };
  /* What both have is read once, where it is nearer, and only if something depends on it. */
  const near = sides[0].store.isRemote && !sides[1].store.isRemote ? 1 : 0;
  const sharedToo = normalisers.squash || normalisers.hasPresence;
  await Promise.all(
    ([0, 1] as const).map(async (side) => {
      for (const layer of images[side].layers) {
        const shared = isShared(side, layer);
        const wanted = !shared || (normalisers.compression && isRecompressed(layer.diffId));
        if (wanted || (sharedToo && side === near)) await read(side, layer);
      }
    }),
  );
  const readingOf = (side: 0 | 1, { diffId }: Layer): LayerReading | undefined =>
    readings[side].get(diffId) ?? readings[1 - side]?.get(diffId);
  const indexOf = (side: 0 | 1, layer: Layer): LayerIndex => readingOf(side, layer)?.index as LayerIndex;

  const others = ([0, 1] as const).map((side): OtherSide => {
    const own = images[side].layers.filter((layer) => !isShared(side, layer));
    const files = new FileSet(own.map((layer) => indexOf(side, layer)));
    const hasFile = (path: string, digest: string): boolean => files.has(path, digest);
    if (!normalisers.hasPresence) return { hasFile, hasPath: null };
    const paths = new Set<string>();
    for (const layer of images[side].layers) for (const key of pathKeys(indexOf(side, layer).entries)) paths.add(key);
    return { hasFile, hasPath: (path) => paths.has(keyOf(path)) };
  }) as [OtherSide, OtherSide];

  const results = [new Map<number, RewrittenLayer>(), new Map<number, RewrittenLayer>()] as const;
  for (const side of [0, 1] as const) {
    const { store } = sides[side];
    const image = evidence.sides[side];
    const { entryCauses, headers, order, copies } = normalisers;
    const rewriting = { entryCauses, image, headers, copies };
    const indexes: LayerIndex[] = [];
    const done = new Map<DiffId, RewrittenLayer>();
    for (const layer of images[side].layers) {
      const reading = readingOf(side, layer);
      if (isShared(side, layer)) {
        if (normalisers.squash) indexes.push(indexOf(side, layer));
        else if (normalisers.compression && isRecompressed(layer.diffId) && reading?.index != null) {
          results[side].set(layer.position, {
            index: reading.index,
            ...UNCOMPRESSED,
            storedBytes: reading.index.bytes,
          });
        }
        continue;
      }
      let rewritten = done.get(layer.diffId);
      if (rewritten === undefined) {
        const index = indexOf(side, layer);
        const other = others[1 - side] as OtherSide;
        const changes = await rewriteContents({ store, layer, index, image, other }, normalisers, options);
        const left = rewriteLayer(index, { ...changes, ...rewriting, order });
        rewritten = normalisers.compression
          ? { index: left, ...UNCOMPRESSED, storedBytes: left.bytes }
          : { index: left, compression: reading?.compression ?? null, storedBytes: reading?.storedBytes ?? 0 };
        done.set(layer.diffId, rewritten);
      }
      indexes.push(rewritten.index);
      if (!normalisers.squash) results[side].set(layer.position, rewritten);
    }
    if (!normalisers.squash || indexes.length === 0) continue;
    const all = squash(indexes, copies, options.limits);
    const index = rewriteLayer(all, { ...UNCHANGED, ...rewriting, order: false });
    const bottom = readingOf(side, images[side].layers[0] as Layer);
    const compression = normalisers.compression ? UNCOMPRESSED.compression : (bottom?.compression ?? null);
    results[side].set(0, { index, compression, storedBytes: index.bytes });
  }
  return results;
}

const UNCHANGED = { dropped: new Set<number>(), contents: new Map<number, never>() };
const UNCOMPRESSED: { readonly compression: Compression } = { compression: { format: 'none' } };

/* Which of the layers that both sides have are stored in other bytes. */
function recompressed([image0, image1]: readonly [Image, Image]): (diffId: DiffId) => boolean {
  const blobs = [image0, image1].map(
    ({ layers }) => new Map(layers.map(({ diffId, ref }) => [diffId, ref.digest ?? ''] as const)),
  );
  return (diffId) => blobs[0]?.get(diffId) !== blobs[1]?.get(diffId);
}

/* What a blob of this content in this compression is called: the same wherever the two are. */
function blobDigest(diffId: DiffId, compression: Compression | null): Digest {
  if (compression === null || compression.format === 'none') return diffId as string as Digest;
  return digestOf(Buffer.from(jsonStable([diffId, settingsOf(compression)])));
}

class SideRewriter {
  readonly #side: SideToRewrite;
  readonly #store: RewrittenStore;
  readonly #normalisers: Normalisers;
  readonly #options: RewriteOptions;
  readonly #layers = new Map<DiffId, LayerReading>();
  /** Of manifests and all that names them: old digests, and what they are now. */
  readonly #digests = new Map<string, string>();
  readonly #sizes = new Map<string, number>();
  /** Manifests that were rewritten, and attestations that are looked at. */
  readonly #done = new Set<string>();

  constructor(side: SideToRewrite, normalisers: Normalisers, options: RewriteOptions) {
    this.#side = side;
    this.#store = new RewrittenStore(side.store);
    this.#normalisers = normalisers;
    this.#options = options;
  }

  /** Takes an image whose layers have been rewritten. */
  image(manifest: LoadedManifest, { config, layers }: Image, rewritten: RewrittenLayers): void {
    const diffIds = new Map<string, string>();
    const blobs = {
      digests: new Map<string, string>(),
      sizes: new Map<string, number>(),
      mediaType: (type: string): string => (this.#normalisers.compression ? uncompressedType(type) : type),
    };
    const refs: BlobRef[] = [];
    for (const { position, ref, diffId, descriptor } of layers) {
      const now = rewritten.get(position);
      if (now === undefined) {
        refs.push(ref);
        continue;
      }
      const { index, compression, storedBytes } = now;
      const digest = blobDigest(index.diffId, compression);
      diffIds.set(diffId, index.diffId);
      this.#layers.set(index.diffId, { compression, storedBytes, index });
      refs.push({
        name: digest,
        digest: ref.digest === null ? null : digest,
        size: ref.size === null ? null : index.bytes,
      });
      if (descriptor === null) continue;
      blobs.digests.set(descriptor.digest, digest);
      blobs.sizes.set(descriptor.digest, index.bytes);
    }
    const newConfig = this.#put(this.#normalised('config', config.json), { digests: diffIds, sizes: new Map() });
    if (manifest.document === null || manifest.descriptor === null) {
      const kept = this.#normalisers.squash ? refs.slice(0, 1) : refs;
      this.#store.root = { type: 'docker', config: newRef(config.ref, newConfig), layers: kept };
      return;
    }
    if (config.ref.digest !== null) {
      blobs.digests.set(config.ref.digest, newConfig.digest);
      blobs.sizes.set(config.ref.digest, newConfig.size);
    }
    const old = manifest.descriptor.digest;
    if (this.#done.has(old)) {
      throw new OciDiffError('ERR_MANIFEST_INVALID', `${old} was compared with more than one manifest`);
    }
    this.#rename(old, this.#put(this.#normalised('manifest', manifest.document.json), blobs));
  }

  /** @throws {OciDiffError} what loading an index within the index throws */
  async end(): Promise<RewrittenSide> {
    const { root } = this.#store;
    if (root.type === 'descriptor') {
      await this.#rewriteIndexes(this.#side.root);
      this.#store.root = { ...root, descriptor: this.#renamed(root.descriptor) };
    }
    return { store: this.#store, layer: ({ diffId }) => this.#layers.get(diffId) ?? null };
  }

  /* From the innermost out; their depth was bounded when they were loaded. */
  async #rewriteIndexes(root: LoadedRoot): Promise<void> {
    if (root.kind === 'manifest' || this.#done.has(root.descriptor.digest)) return;
    for (const child of root.children) {
      const about = child.descriptor.annotations?.[SUBJECT_DIGEST];
      if (canonicalMediaType(child.descriptor.mediaType).kind === 'index') {
        const loaded = await loadOrNull(child);
        if (loaded !== null) await this.#rewriteIndexes(loaded);
      } else if (about !== undefined && this.#done.has(about)) {
        await this.#relinkAttestation(child);
      }
    }
    const names = { digests: this.#digests, sizes: this.#sizes };
    this.#rename(root.descriptor.digest, this.#put(this.#normalised('index', root.document.json), names));
  }

  /* Statements name the image by its digest. What cannot be read stays as it is; the comparison tells. */
  async #relinkAttestation(child: LoadedChild): Promise<void> {
    const loaded = await loadOrNull(child);
    if (this.#done.has(child.descriptor.digest) || loaded?.kind !== 'manifest') return;
    const { manifest, document, blobs } = loaded;
    if (manifest === null || document === null) return;
    const digests = new Map(this.#digests);
    const sizes = new Map(this.#sizes);
    for (const [old, now] of this.#digests) digests.set(digestHex(old as Digest), digestHex(now as Digest));
    for (const descriptor of [...manifest.layers, manifest.config]) {
      const kind = canonicalMediaType(descriptor.mediaType).kind;
      if (kind !== 'in-toto' && kind !== 'config') continue;
      try {
        const now = this.#put((await blobs.readDocument(refOf(descriptor))).text, { digests, sizes });
        digests.set(descriptor.digest, now.digest);
        sizes.set(descriptor.digest, now.size);
      } catch (error) {
        if (error instanceof OciDiffError && error.code === 'ERR_ABORTED') throw error;
      }
    }
    this.#rename(child.descriptor.digest, this.#put(document.json.text, { digests, sizes }));
  }

  #normalised(kind: 'manifest' | 'config' | 'index', document: JsonDocument): string {
    let value = toValue(document.root);
    if (this.#normalisers.squash && kind !== 'index') value = ofOneLayer(kind, value);
    const text = writeChanged(document, this.#normalisers.document(kind, value));
    return this.#normalisers.encoding ? inOneEncoding(this.#parse(text).root) : text;
  }

  #put(text: string, renaming: Renaming): { readonly digest: Digest; readonly size: number } {
    return this.#store.put(Buffer.from(relink(this.#parse(text), renaming)));
  }

  #parse(text: string): JsonDocument {
    const { limits } = this.#options;
    return parseJson(Buffer.from(text), { maxDepth: limits.jsonDepth, maxBytes: limits.documentBytes });
  }

  #rename(old: Digest, { digest, size }: { readonly digest: Digest; readonly size: number }): void {
    this.#done.add(old);
    this.#digests.set(old, digest);
    this.#sizes.set(old, size);
  }

  #renamed(descriptor: Descriptor): Descriptor {
    const digest = this.#digests.get(descriptor.digest);
    if (digest === undefined) return descriptor;
    return { ...descriptor, digest: digest as Digest, size: this.#sizes.get(descriptor.digest) ?? descriptor.size };
  }
}

/* An index or attestation that the medium lacks, or that makes no sense, is told by its digest. */
async function loadOrNull(child: LoadedChild): Promise<LoadedRoot | null> {
  try {
    return await child.load();
  } catch (error) {
    if (error instanceof OciDiffError && error.code !== 'ERR_ABORTED') return null;
    throw error;
  }
}

function newRef(ref: BlobRef, { digest, size }: { readonly digest: Digest; readonly size: number }): BlobRef {
  return { name: digest, digest: ref.digest === null ? null : digest, size: ref.size === null ? null : size };
}

/* The lists of layers cut to the lowest, which stands for all of them. */
function ofOneLayer(kind: 'manifest' | 'config', value: Value): Value {
  if (!isRecord(value)) return value;
  if (kind === 'manifest') return { ...value, layers: firstOf(value.layers) };
  const rootfs = value.rootfs;
  if (rootfs === undefined || !isRecord(rootfs)) return value;
  return { ...value, rootfs: { ...rootfs, diff_ids: firstOf(rootfs.diff_ids) } };
}

function isRecord(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstOf(list: Value | undefined): Value {
  return Array.isArray(list) ? list.slice(0, 1) : (list ?? null);
}

function uncompressedType(mediaType: string): string {
  return canonicalMediaType(mediaType).kind === 'layer' ? mediaType.replace(/[+.](gzip|zstd)$/, '') : mediaType;
}
