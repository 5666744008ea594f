import { createHash } from 'node:crypto';
import type { ByteStream } from '../../../packages/core/src/bytes/stream.js';
import { type Digest, parseDigest } from '../../../packages/core/src/digest.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import type { BlobRef, BlobStore, SourceRoot } from '../../../packages/core/src/image/blob-store.js';
import type { Descriptor } from '../../../packages/core/src/image/descriptor.js';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import type { JsonDocument } from '../../../packages/core/src/json/value.js';

/** `value` (JSON text, or what is to be written as such) as a parsed document. */
export function json(value: unknown): JsonDocument {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return parseJson(Buffer.from(text), { maxDepth: 100, maxBytes: 1e6 });
}

export function sha256(bytes: Buffer | string): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** The OciDiffError that `run` throws. */
export function thrown(run: () => unknown): OciDiffError {
  try {
    run();
  } catch (error) {
    if (error instanceof OciDiffError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

export const INDEX = 'application/vnd.oci.image.index.v1+json';
export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** Blobs in memory. */
export class MemoryStore implements BlobStore {
  readonly kind = 'oci';
  readonly reference = 'memory';
  readonly wrapping = {};
  readonly notes = [];
  readonly isRemote = false;
  root: SourceRoot = { type: 'docker', config: { name: '', digest: null, size: null }, layers: [] };
  /** How often each blob was opened. */
  readonly opened: Map<string, number> = new Map();
  readonly #blobs: Map<string, Buffer> = new Map();

  /** Keeps a document or other bytes; the descriptor of it. */
  add(mediaType: string, content: unknown, more: Partial<Descriptor> = {}): Descriptor {
    const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    const digest = sha256(bytes);
    this.#blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...more };
  }

  remove(digest: string): void {
    this.#blobs.delete(digest);
  }

  async *open(blob: BlobRef): ByteStream {
    this.opened.set(blob.name, (this.opened.get(blob.name) ?? 0) + 1);
    const bytes = this.#blobs.get(blob.digest ?? blob.name);
    if (bytes === undefined) throw new OciDiffError('ERR_NOT_FOUND', `${blob.name} is not there`);
    for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
  }

  async stat(blob: BlobRef): Promise<number | null> {
    return this.#blobs.get(blob.digest ?? blob.name)?.length ?? null;
  }

  async close(): Promise<void> {}

  /** A whole image of one layer. */
  addImage(os: string, architecture: string, more: Partial<Descriptor> = {}): Descriptor {
    const layer = this.add(LAYER, `layer for ${os}/${architecture}`);
    const config = this.add(CONFIG, { os, architecture, rootfs: { type: 'layers', diff_ids: [layer.digest] } });
    return this.add(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }, more);
  }

  addIndex(...manifests: Descriptor[]): Descriptor {
    return this.add(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  }
}
