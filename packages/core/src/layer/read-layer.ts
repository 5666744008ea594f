import { type Compression, decompress, trailingNote } from '../bytes/decompress.js';
import { EXAMINED_BYTES, examineCompression } from '../bytes/examine.js';
import { Head } from '../bytes/head.js';
import type { ByteStream } from '../bytes/stream.js';
import { drain, type VerifiedBytes, verify } from '../bytes/verify.js';
import { type DiffId, type Digest, Digester, digestAlgorithm } from '../digest.js';
import { OciDiffError, wrapError } from '../errors.js';
import type { BlobStore } from '../image/blob-store.js';
import type { Layer } from '../image/load.js';
import { canonicalMediaType } from '../image/media-type.js';
import type { Limits } from '../limits.js';
import type { NoteSink } from '../notes.js';
import type { ContentTap } from './content-keeper.js';
import { IndexBuilder, type IndexMemory } from './index-builder.js';
import type { LayerIndex } from './layer-index.js';

/**
 * How deep a layer is read. Each depth verifies what it reads.
 * - `blob`: the stored bytes against digest and size, nothing decompressed
 * - `diff-id`: also the uncompressed stream against the config's diffID
 * - `index`: also every entry
 */
export type LayerDepth = 'blob' | 'diff-id' | 'index';

/** What reading a layer told. */
export interface LayerReading {
  readonly compression: Compression | null;
  /** Bytes as stored. */
  readonly storedBytes: number;
  readonly index: LayerIndex | null;
}

export interface ReadLayerOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: NoteSink;
  /** Is told of every file, where an index is made. */
  readonly tap?: ContentTap | undefined;
  /** Of the indexes that are held beside this one. Default: none is. */
  readonly memory?: IndexMemory | undefined;
  /** Whether to look at how the first bytes were compressed. Default: false. */
  readonly examine?: boolean;
  /** Told the bytes of each chunk as it is read from the medium. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Reads a layer once, to its end.
 * @throws {OciDiffError} what the medium, `verify`, `decompress` and the tar reader throw, with the layer's name;
 *   `ERR_DIFF_ID_MISMATCH` where the uncompressed bytes are not those that the config names
 */
export async function readLayer(
  store: BlobStore,
  layer: Layer,
  depth: LayerDepth,
  options: ReadLayerOptions,
): Promise<LayerReading> {
  const name = layer.ref.name;
  if (depth === 'blob') {
    const storedBytes = await verifyBlob(store, layer, layer.ref.digest, options);
    return { compression: null, storedBytes, index: null };
  }
  try {
    /* Of the last opening: a blob is opened again where its first decoding tells too little. */
    let stored: VerifiedBytes = { digest: null, bytes: 0 };
    const head = options.examine === true ? new Head(EXAMINED_BYTES, layer.ref.size) : null;
    const open = (): ByteStream => {
      stored = { digest: null, bytes: 0 };
      const counted = count(store.open(layer.ref, options.signal), options.onBytes);
      const verified = verify(counted, { digest: layer.ref.digest, size: layer.ref.size, name }, stored);
      return head === null ? verified : head.keep(verified);
    };
    const decompressed = decompress(open, {
      name,
      size: layer.ref.size,
      maxBytes: options.limits.layerBytes,
      limits: options.limits,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onNote: options.onNote,
    });
    const builder = depth === 'index' ? new IndexBuilder(options.limits, options.tap, options.memory) : null;
    const digester = new LazyDigester(layer, () => decompressed.compression().format === 'none');
    let malformed: OciDiffError | null = null;
    for await (const chunk of decompressed.stream) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        const slice = chunk.subarray(at, at + SLICE_BYTES);
        digester.update(slice);
        if (builder !== null && malformed === null) malformed = await pushOrReason(builder, slice, options.signal);
        await turnOfTheLoop();
      }
    }
    const diffId = digester.digest(stored.digest);
    /* Bytes that are not the image's need not make sense: that they are others is the reason then. */
    if (diffId !== layer.diffId) {
      throw new OciDiffError(
        'ERR_DIFF_ID_MISMATCH',
        `the layer's uncompressed bytes have the diffID ${diffId}, the config says ${layer.diffId}`,
      );
    }
    if (malformed !== null) throw malformed;
    const index = builder?.end(diffId) ?? null;
    const compression = decompressed.compression();
    tellLie(layer, compression, options.onNote);
    if (head !== null) {
      return { compression: examineCompression(compression, head), storedBytes: stored.bytes, index };
    }
    return { compression, storedBytes: stored.bytes, index };
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { blob: name });
  }
}

/**
 * Reads a layer's stored bytes to their end and holds them against `digest` and the size; nothing is decompressed.
 * @throws {OciDiffError} what the medium and `verify` throw, with the layer's name
 */
export async function verifyBlob(
  store: BlobStore,
  { ref }: Layer,
  digest: Digest | null,
  { signal, onBytes }: Pick<ReadLayerOptions, 'signal' | 'onBytes'>,
): Promise<number> {
  const { name, size } = ref;
  try {
    return await drain(verify(count(store.open(ref, signal), onBytes), { digest, size, name }));
  } catch (error) {
    throw wrapError(error, 'ERR_IO', { blob: name });
  }
}

/** Gives the notes that reading `layer` gave, for a reading that is known already. */
export function tellOfReading(layer: Layer, { compression }: LayerReading, onNote: NoteSink): void {
  if (compression === null) return;
  if (compression.trailing !== undefined) onNote(trailingNote(layer.ref.name, compression.trailing));
  tellLie(layer, compression, onNote);
}

/**
 * Bytes that are hashed and parsed before the event loop gets its turn. zlib works in the background a chunk at a time
 * and starts the next one only from the event loop, so it idles while this thread is busy; in short slices it hardly
 * does (docs/decisions.md, "One layer at a time").
 */
const SLICE_BYTES = 128 * 1024;

/* What is wrong with the tar stream; the blob is read on to its end, since it may turn out not to be the one named. */
async function pushOrReason(
  builder: IndexBuilder,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<OciDiffError | null> {
  try {
    if (builder.push(bytes)) await builder.settle(signal);
    return null;
  } catch (error) {
    if (error instanceof OciDiffError && error.code.startsWith('ERR_TAR_')) return error;
    throw error;
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/* Engines go by the bytes, as ocidiff does; a label that says otherwise is still worth knowing. */
function tellLie({ descriptor, ref }: Layer, { format }: Compression, onNote: NoteSink): void {
  if (descriptor === null) return;
  const declared = canonicalMediaType(descriptor.mediaType).compression;
  if (declared === null || declared === format) return;
  const said = declared === 'none' ? 'not compressed' : `compressed with ${declared}`;
  const found = format === 'none' ? 'they are not compressed' : `they are compressed with ${format}`;
  onNote({
    code: 'media-type-lie',
    message: `${ref.name}: its media type ${descriptor.mediaType} says that its bytes are ${said}; ${found}`,
  });
}

/**
 * The digest of the uncompressed stream. That of an uncompressed layer is the digest of its blob, which `verify`
 * works out already; it is hashed once then.
 */
class LazyDigester {
  readonly #layer: Layer;
  readonly #uncompressed: () => boolean;
  #digester: Digester | null | undefined;

  constructor(layer: Layer, uncompressed: () => boolean) {
    this.#layer = layer;
    this.#uncompressed = uncompressed;
  }

  update(chunk: Uint8Array): void {
    if (this.#digester === undefined) this.#digester = this.#blobDigestServes() ? null : this.#create();
    this.#digester?.update(chunk);
  }

  digest(blobDigest: Digest | null): DiffId {
    if (this.#digester === undefined) this.#digester = this.#create();
    return (this.#digester === null ? blobDigest : this.#digester.digest()) as string as DiffId;
  }

  #create(): Digester {
    return new Digester(digestAlgorithm(this.#layer.diffId));
  }

  #blobDigestServes(): boolean {
    const stored = this.#layer.ref.digest;
    const algorithm = stored === null ? 'sha256' : digestAlgorithm(stored);
    return this.#uncompressed() && algorithm === digestAlgorithm(this.#layer.diffId);
  }
}

async function* count(stream: ByteStream, onBytes: ReadLayerOptions['onBytes']): ByteStream {
  for await (const chunk of stream) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}
