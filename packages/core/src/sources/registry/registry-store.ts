import { type ByteStream, READ_CHUNK_BYTES } from '../../bytes/stream.js';
import { OciDiffError, throwIfAborted, wrapError } from '../../errors.js';
import type { BlobRef, BlobStore, SourceKind, SourceRoot } from '../../image/blob-store.js';
import type { Descriptor } from '../../image/descriptor.js';
import type { Limits } from '../../limits.js';
import { contentLength, readBlob } from './read-blob.js';
import { readManifest } from './read-manifest.js';
import type { RegistryClient } from './registry-client.js';
import type { Transport } from './transport.js';

export interface RegistryStoreOptions {
  readonly reference: string;
  readonly limits: Limits;
  readonly retryDelay: number;
  readonly signal: AbortSignal | undefined;
}

/** An image in a registry. Its index or manifest is kept as it came: a tag may mean another one a moment later. */
export class RegistryStore implements BlobStore {
  readonly kind: SourceKind = 'registry';
  readonly reference: string;
  readonly root: SourceRoot;
  readonly wrapping: Readonly<Record<string, unknown>> = {};
  readonly notes: readonly [] = [];
  readonly isRemote = true;
  readonly #rootDigest: string;
  readonly #rootBytes: Uint8Array;
  readonly #transport: Transport;
  readonly #client: RegistryClient;
  readonly #options: RegistryStoreOptions;

  constructor(
    transport: Transport,
    client: RegistryClient,
    descriptor: Descriptor,
    bytes: Uint8Array,
    options: RegistryStoreOptions,
  ) {
    this.reference = options.reference;
    this.root = { type: 'descriptor', descriptor };
    this.#rootDigest = descriptor.digest;
    this.#rootBytes = bytes;
    this.#transport = transport;
    this.#client = client;
    this.#options = options;
  }

  async *open(blob: BlobRef, signal: AbortSignal | undefined = this.#options.signal): ByteStream {
    try {
      throwIfAborted(signal);
      if (blob.digest === null) throw new OciDiffError('ERR_NOT_FOUND', 'registries name all by digests');
      if (blob.isManifest === true) {
        const { limits } = this.#options;
        const bytes =
          blob.digest === this.#rootDigest
            ? this.#rootBytes
            : (await readManifest(this.#client, blob.digest, blob.name, limits, signal)).bytes;
        for (let at = 0; at < bytes.length; at += READ_CHUNK_BYTES) yield bytes.subarray(at, at + READ_CHUNK_BYTES);
        return;
      }
      yield* readBlob(this.#client, blob, this.#options.retryDelay, signal);
    } catch (error) {
      throw wrapError(error, 'ERR_REGISTRY', { input: this.reference, blob: blob.name });
    }
  }

  async stat(blob: BlobRef): Promise<number | null> {
    if (blob.digest === null) return null;
    if (blob.digest === this.#rootDigest) return this.#rootBytes.length;
    const path = `${blob.isManifest === true ? 'manifests' : 'blobs'}/${blob.digest}`;
    return this.#client.send({ method: 'HEAD', path, signal: this.#options.signal }, async (sent) => {
      const { response } = sent;
      if (response.status === 404) {
        response.discard();
        return null;
      }
      if (response.status !== 200) throw await this.#client.failure(sent, blob.name);
      response.discard();
      return contentLength(response);
    });
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }
}
