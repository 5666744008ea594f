import { drain, verify } from '../bytes/verify.js';
import type { DiffId } from '../digest.js';
import { OciDiffError, throwIfAborted, wrapError } from '../errors.js';
import type { JsonDocument } from '../json/value.js';
import { checkLimit, type Limits } from '../limits.js';
import type { NoteSink } from '../notes.js';
import type { BlobRef, BlobStore } from './blob-store.js';
import type { Descriptor } from './descriptor.js';
import { documentKind, ownMediaType } from './document-kind.js';
import { canonicalMediaType } from './media-type.js';
import { type ConfigFile, parseConfigFile } from './parse-config.js';
import { parseIndex } from './parse-index.js';
import { type Manifest, parseManifest } from './parse-manifest.js';
import { readDocument } from './read-document.js';

/** A document as it was read and verified. */
export interface LoadedDocument {
  readonly ref: BlobRef;
  /** As its descriptor declares it; null where nothing does. */
  readonly mediaType: string | null;
  readonly json: JsonDocument;
}

export interface LoadedIndex {
  readonly kind: 'index';
  readonly document: LoadedDocument;
  readonly descriptor: Descriptor;
  /** All that the index names, in its order; none is read yet. */
  readonly children: readonly LoadedChild[];
}

export interface LoadedChild {
  /** In its index, from 0. */
  readonly position: number;
  readonly descriptor: Descriptor;
  /**
   * Reads and verifies the child, once; later calls give the same.
   * @throws {OciDiffError} with the child's digest: what the medium and `verify` throw, `ERR_JSON_INVALID`,
   *   `ERR_INDEX_INVALID`, `ERR_MANIFEST_INVALID`, `ERR_MEDIA_TYPE_UNSUPPORTED`, `ERR_LIMIT_EXCEEDED`
   */
  load(): Promise<LoadedRoot>;
}

export interface LoadedManifest {
  readonly kind: 'manifest';
  /** These three are null where the medium has lost the manifest (`docker save` of a store that keeps none). */
  readonly document: LoadedDocument | null;
  readonly descriptor: Descriptor | null;
  readonly manifest: Manifest | null;
  /** What it is where its config is no image config; null for an image. */
  readonly artifactType: string | null;
  /** Reads what the manifest names and no image config explains: statements, an artifact's config and layers. */
  readonly blobs: BlobReader;
  /**
   * Reads and verifies the config, once; later calls give the same. Layers are not touched.
   * @throws {OciDiffError} what the medium and `verify` throw, `ERR_JSON_INVALID`, `ERR_CONFIG_INVALID` (also for
   *   layers in another number than diffIDs), `ERR_LIMIT_EXCEEDED`, `ERR_MEDIA_TYPE_UNSUPPORTED` for an artifact
   */
  loadImage(): Promise<Image>;
}

/** Reads blobs of one medium, each time anew. They throw what the medium and `verify` throw. */
export interface BlobReader {
  /** @throws {OciDiffError} also `ERR_JSON_INVALID`, `ERR_LIMIT_EXCEEDED` above `documentBytes` */
  readDocument(ref: BlobRef): Promise<JsonDocument>;
  /** Reads the bytes and keeps none. */
  verify(ref: BlobRef): Promise<void>;
  /** As `BlobStore.stat`. */
  stat(ref: BlobRef): Promise<number | null>;
}

export interface Image {
  readonly config: LoadedDocument;
  readonly configFile: ConfigFile;
  /** Bottom layer first. */
  readonly layers: readonly Layer[];
}

export interface Layer {
  /** From 0, the bottom layer. */
  readonly position: number;
  readonly ref: BlobRef;
  /** Null where the medium has lost the manifest. */
  readonly descriptor: Descriptor | null;
  readonly diffId: DiffId;
}

export type LoadedRoot = LoadedIndex | LoadedManifest;

export interface LoadOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: NoteSink;
}

/**
 * Reads and verifies the root document of the image that `store` was opened at; what is below is read when asked for.
 * @throws {OciDiffError} as `LoadedChild.load`
 */
export async function loadImages(store: BlobStore, options: LoadOptions): Promise<LoadedRoot> {
  const loader = new Loader(store, options);
  const { root } = store;
  if (root.type === 'descriptor') return loader.load(root.descriptor, 1);
  return {
    kind: 'manifest',
    document: null,
    descriptor: null,
    manifest: null,
    artifactType: null,
    blobs: loader,
    loadImage: once(() => {
      const layers = root.layers.map((ref) => ({ ref, descriptor: null }));
      return loader.loadImage(root.config, null, layers, 'manifest.json names');
    }),
  };
}

class Loader implements BlobReader {
  readonly #store: BlobStore;
  readonly #options: LoadOptions;
  /** Descriptors in all indexes read so far. */
  #descriptors = 0;
  /** What is held until the comparison ends, by digest and size: one document may have many names. */
  readonly #documents = new Map<string, Promise<JsonDocument>>();
  #documentMemory = 0;

  constructor(store: BlobStore, options: LoadOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** @param depth of the document, 1 for the root: an index within an index is one deeper */
  async load(descriptor: Descriptor, depth: number): Promise<LoadedRoot> {
    const ref: BlobRef = { ...refOf(descriptor), isManifest: true };
    const document: LoadedDocument = { ref, mediaType: descriptor.mediaType, json: await this.#holdDocument(ref) };
    try {
      this.#tellLie(document);
      if (documentKind(document.json, descriptor.mediaType) === 'index') {
        return this.#index(document, descriptor, depth);
      }
      const manifest = parseManifest(document.json);
      const layers = manifest.layers.map((layer) => ({ ref: refOf(layer), descriptor: layer }));
      const artifactType = artifactTypeOf(manifest);
      const loadImage = once(() => {
        if (artifactType !== null) throw notAnImage(artifactType, ref);
        return this.loadImage(refOf(manifest.config), manifest.config.mediaType, layers, 'the manifest has');
      });
      return { kind: 'manifest', document, descriptor, manifest, artifactType, blobs: this, loadImage };
    } catch (error) {
      throw wrapError(error, 'ERR_IO', { blob: ref.name });
    }
  }

  async loadImage(
    ref: BlobRef,
    mediaType: string | null,
    layers: readonly Omit<Layer, 'position' | 'diffId'>[],
    source: string,
  ): Promise<Image> {
    const config: LoadedDocument = { ref, mediaType, json: await this.#holdDocument(ref) };
    try {
      const configFile = parseConfigFile(config.json);
      const { diffIds } = configFile.rootfs;
      checkLimit(this.#options.limits, 'layers', layers.length, 'layers of one image');
      if (layers.length !== diffIds.length) {
        throw new OciDiffError(
          'ERR_CONFIG_INVALID',
          `${source} ${layers.length} layers, but the config has ${diffIds.length} diff_ids`,
        );
      }
      return {
        config,
        configFile,
        layers: layers.map((layer, position) => ({ ...layer, position, diffId: diffIds[position] as DiffId })),
      };
    } catch (error) {
      throw wrapError(error, 'ERR_IO', { blob: ref.name });
    }
  }

  #index(document: LoadedDocument, descriptor: Descriptor, depth: number): LoadedIndex {
    const { limits } = this.#options;
    checkLimit(limits, 'indexDepth', depth, 'indexes within indexes');
    const { manifests } = parseIndex(document.json);
    this.#descriptors += manifests.length;
    checkLimit(limits, 'indexManifests', this.#descriptors, 'descriptors in the index');
    const children = manifests.map((child, position) => ({
      position,
      descriptor: child,
      load: once(() => this.load(child, depth + 1)),
    }));
    return { kind: 'index', document, descriptor, children };
  }

  #holdDocument(ref: BlobRef): Promise<JsonDocument> {
    const { digest, size, isManifest = false } = ref;
    if (digest === null) return this.#readHeld(ref);
    const key = `${digest} ${size} ${isManifest}`;
    let document = this.#documents.get(key);
    if (document === undefined) {
      document = this.#readHeld(ref);
      this.#documents.set(key, document);
    }
    return document;
  }

  async #readHeld(ref: BlobRef): Promise<JsonDocument> {
    const document = await this.readDocument(ref);
    this.#documentMemory += MEMORY_A_BYTE * document.bytes.length + MEMORY_A_VALUE * document.values;
    const what = `${ref.name}: bytes of memory for the documents of one image`;
    checkLimit(this.#options.limits, 'documentMemoryBytes', this.#documentMemory, what);
    return document;
  }

  async readDocument(ref: BlobRef): Promise<JsonDocument> {
    const { limits, signal, onNote } = this.#options;
    throwIfAborted(signal);
    return readDocument(ref, this.#store.open(ref, signal), { limits, onNote });
  }

  async verify(ref: BlobRef): Promise<void> {
    const { signal } = this.#options;
    throwIfAborted(signal);
    await drain(verify(this.#store.open(ref, signal), ref));
  }

  async stat(ref: BlobRef): Promise<number | null> {
    return this.#store.stat(ref);
  }

  #tellLie({ ref, mediaType, json }: LoadedDocument): void {
    const own = json.root.type === 'object' ? ownMediaType(json.root) : null;
    if (own === null || own === mediaType) return;
    const message = `${ref.name}: its descriptor says ${mediaType}, the document itself ${own}`;
    this.#options.onNote({ code: 'media-type-lie', message });
  }
}

/** Bytes of memory, about: of a document's bytes and text, and of a value with its key (docs/decisions.md). */
const MEMORY_A_BYTE = 3;
const MEMORY_A_VALUE = 200;

/** The blob that `descriptor` names. */
export function refOf({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): BlobRef {
  return { name: digest, digest, size };
}

/*
 * By the config, as engines go: one of an image makes an image, whatever `artifactType` says besides.
 * Source: image-spec, manifest.md, "Guidelines for Artifact Usage".
 */
function artifactTypeOf({ artifactType, config }: Manifest): string | null {
  return canonicalMediaType(config.mediaType).kind === 'config' ? null : (artifactType ?? config.mediaType);
}

function notAnImage(artifactType: string, { name }: BlobRef): OciDiffError {
  return new OciDiffError('ERR_MEDIA_TYPE_UNSUPPORTED', `an artifact of the type ${artifactType}, not an image`, {
    location: { blob: name },
  });
}

/** `load`, run at the first call. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return async () => {
    loading ??= Promise.resolve().then(load);
    return loading;
  };
}
