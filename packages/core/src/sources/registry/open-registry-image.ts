import type { BlobStore } from '../../image/blob-store.js';
import { type RegistryReference, registryName } from '../../image/reference.js';
import type { Limits } from '../../limits.js';
import type { RegistryOptions } from '../../options.js';
import { Authenticator } from './authenticator.js';
import { describeManifest, readManifest } from './read-manifest.js';
import { RegistryClient } from './registry-client.js';
import { RegistryStore } from './registry-store.js';
import { type Environment, Transport } from './transport.js';

export interface OpenRegistryOptions {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  readonly env?: Environment | undefined;
  readonly registry?: RegistryOptions | undefined;
}

const DEFAULT_RETRY_DELAY = 500;

/**
 * Opens an image in a registry: its index or manifest is fetched and verified, nothing else.
 * Source: OCI distribution-spec, "Pulling manifests".
 * @param reference as the user wrote it
 * @throws {OciDiffError} `ERR_NOT_FOUND`, `ERR_UNAUTHORIZED`, `ERR_REGISTRY`, `ERR_DIGEST_MISMATCH`,
 *   `ERR_DIGEST_INVALID`, `ERR_MEDIA_TYPE_UNSUPPORTED`, `ERR_OPTION_INVALID`, `ERR_LIMIT_EXCEEDED`, `ERR_ABORTED`
 */
export async function openRegistryImage(
  reference: string,
  image: RegistryReference,
  { limits, signal, env = {}, registry: options = {} }: OpenRegistryOptions,
): Promise<BlobStore> {
  const { registry, repository, tag, digest } = image;
  const { plainHttp = false, retryDelay = DEFAULT_RETRY_DELAY } = options;
  const transport = await Transport.create(options, env);
  try {
    const authenticator = new Authenticator(transport, { registry, repository, env, retryDelay });
    const client = new RegistryClient(transport, authenticator, { registry, repository, plainHttp, retryDelay });
    const name = registryName(image);
    const sent = await readManifest(client, digest ?? (tag as string), name, limits, signal);
    const descriptor = describeManifest(sent, digest, name, limits);
    return new RegistryStore(transport, client, descriptor, sent.bytes, { reference, limits, retryDelay, signal });
  } catch (error) {
    await transport.close();
    throw error;
  }
}
