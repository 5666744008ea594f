import { join } from 'node:path';
import { type Endpoint, type Endpoints, type Environment, parseEndpoint } from './endpoint.js';

/**
 * Where Podman's service is: `CONTAINER_HOST`, else the user's own socket, else root's.
 * Source: podman-system-service(1), podman-remote(1).
 * @throws {OciDiffError} `ERR_DAEMON` for a `CONTAINER_HOST` that cannot be understood, `ERR_UNSUPPORTED` for `ssh://`
 */
export function findPodman(env: Environment): Endpoints {
  const { CONTAINER_HOST: host } = env;
  if (host) return { endpoints: [parseEndpoint(host, 'CONTAINER_HOST', null)], saidBy: 'CONTAINER_HOST' };
  return { endpoints: usualPodmanSockets(env), saidBy: null };
}

/** The sockets of Podman: rootless, and root's. */
function usualPodmanSockets({ XDG_RUNTIME_DIR: runtime }: Environment): Endpoint[] {
  const own = runtime ? [join(runtime, 'podman', 'podman.sock')] : [];
  return [...own, '/run/podman/podman.sock'].map((path) => ({ type: 'socket', path }));
}
