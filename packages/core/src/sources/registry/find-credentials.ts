import { wrapError } from '../../errors.js';
import { type Credentials, credentialPaths, HUB_SERVER, readCredentialFile } from './credential-files.js';
import { askHelper } from './credential-helper.js';
import type { Environment } from './transport.js';

/** What was found, and what got in the way: it is told only where the registry wants to know who asks. */
export interface FoundCredentials {
  readonly credentials: Credentials | null;
  readonly problems: readonly string[];
}

/**
 * Looks for the credentials of `registry`, the first that any file has. In one file a helper comes before what stands
 * in the file, as in Docker; what stands there for a name below the registry before what stands for the registry, as in
 * Podman. A file or helper that fails is one without.
 * @throws {OciDiffError} `ERR_ABORTED`
 */
export async function findCredentials(
  registry: string,
  repository: string,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<FoundCredentials> {
  const problems: string[] = [];
  const attempt = async <T>(task: () => Promise<T | null>): Promise<T | null> => {
    try {
      return await task();
    } catch (error) {
      const wrapped = wrapError(error, 'ERR_UNAUTHORIZED');
      if (wrapped.code === 'ERR_ABORTED') throw wrapped;
      problems.push(wrapped.message);
      return null;
    }
  };
  for (const path of credentialPaths(env)) {
    const file = await attempt(() => readCredentialFile(path));
    if (file === null) continue;
    const helper = file.helpers.get(registry) ?? file.store;
    if (helper !== null) {
      const server = registry === 'docker.io' ? HUB_SERVER : registry;
      const credentials = await attempt(() => askHelper(helper, server, env, signal));
      if (credentials !== null) return { credentials, problems };
    }
    for (const key of keysOf(registry, repository)) {
      const credentials = file.auths.get(key);
      if (credentials !== undefined) return { credentials, problems };
    }
  }
  return { credentials: null, problems };
}

/** `quay.io/a/b`, `quay.io/a`, `quay.io`. */
function keysOf(registry: string, repository: string): string[] {
  const steps = repository.split('/');
  return [...steps.map((_, count) => [registry, ...steps.slice(0, steps.length - count)].join('/')), registry];
}
