import { createHash, type Hash, hash as oneShot } from 'node:crypto';
import { OciDiffError } from './errors.js';

/**
 * The digest of bytes as they are stored: a blob, a manifest, a compressed layer. `algorithm:hex`.
 * Source: image-spec, descriptor.md, "Digests".
 */
export type Digest = string & { readonly [digestBrand]: 'Digest' };
/** The digest of a layer's uncompressed tar stream. Source: image-spec, config.md, "Layer DiffID". */
export type DiffId = string & { readonly [digestBrand]: 'DiffId' };
declare const digestBrand: unique symbol;

export type DigestAlgorithm = 'sha256' | 'sha512';
const HEX_LENGTH: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };

/**
 * `text` as a digest of a registered algorithm (image-spec, descriptor.md, "Registered Algorithms").
 * @throws {OciDiffError} `ERR_DIGEST_INVALID` for any other shape or algorithm
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text))
    throw new OciDiffError(
      'ERR_DIGEST_INVALID',
      `not a sha256 or sha512 digest: ${JSON.stringify(text.slice(0, 200))}`,
    );
  return text as Digest;
}

/** Whether `text` is a digest that `parseDigest` takes. */
export function isDigest(text: string): boolean {
  const match = /^(sha256|sha512):([0-9a-f]+)$/.exec(text);
  return match !== null && (match[2] as string).length === HEX_LENGTH[match[1] as DigestAlgorithm];
}

/** The same as `parseDigest`, for a layer's diffID. */
export function parseDiffId(text: string): DiffId {
  return parseDigest(text) as string as DiffId;
}

/** The algorithm a digest names. */
export function digestAlgorithm(digest: Digest | DiffId): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The hex part of a digest. */
export function digestHex(digest: Digest | DiffId): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest of `bytes`, of all of them at once. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${oneShot(algorithm, bytes, 'hex')}` as Digest;
}

/** A running digest; `update` in any chunks, `digest` once. */
export class Digester {
  readonly #algorithm: DigestAlgorithm;
  readonly #hash: Hash;

  constructor(algorithm: DigestAlgorithm = 'sha256') {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Digest {
    return `${this.#algorithm}:${this.#hash.digest('hex')}` as Digest;
  }
}

/** sha256 of `bytes`, as 32 bytes in a latin1 string: what an index keeps for each of a million entries. */
export function sha256Bytes(bytes: Uint8Array): string {
  /* crypto calls latin1 binary; it halves the memory of hex. */
  return oneShot('sha256', bytes, 'binary');
}

/** The same, running. */
export class Sha256 {
  readonly #hash: Hash = createHash('sha256');

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  bytes(): string {
    return this.#hash.digest('binary');
  }
}

/** `sha256Bytes`' form as a digest. */
export function digestFromBytes(bytes: string): Digest {
  return `sha256:${Buffer.from(bytes, 'latin1').toString('hex')}` as Digest;
}
