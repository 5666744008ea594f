import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { OciDiffError } from '../../errors.js';
import { type Endpoint, type Endpoints, type Environment, parseEndpoint, type TlsFiles } from './endpoint.js';
import { memberOf, readSmallFile, readSmallJson } from './small-file.js';

/**
 * Where Docker is, as its own command finds it: `DOCKER_HOST`, else the context that `DOCKER_CONTEXT` or `currentContext`
 * in config.json names, else the usual sockets.
 * Source: docker/cli, cli/command/cli.go (resolveContextName), cli/context/store.
 * @throws {OciDiffError} `ERR_DAEMON` for settings that cannot be read or understood, `ERR_UNSUPPORTED` for `ssh://`
 */
export async function findDocker(env: Environment): Promise<Endpoints> {
  const { DOCKER_HOST: host } = env;
  if (host) return { endpoints: [parseEndpoint(host, 'DOCKER_HOST', tlsFromEnvironment(env))], saidBy: 'DOCKER_HOST' };
  const folder = configFolder(env);
  const name = env.DOCKER_CONTEXT || (await currentContext(folder));
  if (name === null || name === 'default') return { endpoints: usualSockets(env), saidBy: null };
  return { endpoints: [await contextEndpoint(folder, name)], saidBy: `the Docker context ${name}` };
}

/** The sockets of Docker, of rootless Docker and of Docker Desktop. */
function usualSockets({ XDG_RUNTIME_DIR: runtime, HOME: home }: Environment): Endpoint[] {
  const paths = ['/var/run/docker.sock'];
  if (runtime) paths.push(join(runtime, 'docker.sock'));
  if (home) paths.push(join(home, '.docker', 'run', 'docker.sock'), join(home, '.docker', 'desktop', 'docker.sock'));
  return paths.map((path) => ({ type: 'socket', path }));
}

function configFolder({ DOCKER_CONFIG: config, HOME: home }: Environment): string | null {
  return config || (home ? join(home, '.docker') : null);
}

function tlsFromEnvironment(env: Environment): TlsFiles | null {
  if (!env.DOCKER_TLS_VERIFY && !env.DOCKER_TLS) return null;
  const folder = env.DOCKER_CERT_PATH || configFolder(env);
  if (folder === null) throw new OciDiffError('ERR_DAEMON', 'DOCKER_TLS_VERIFY is set, DOCKER_CERT_PATH is not');
  return tlsIn(folder, Boolean(env.DOCKER_TLS_VERIFY));
}

function tlsIn(folder: string, verify: boolean): TlsFiles {
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), verify };
}

async function currentContext(folder: string | null): Promise<string | null> {
  if (folder === null) return null;
  const name = memberOf(await readSmallJson(join(folder, 'config.json')), 'currentContext');
  return typeof name === 'string' && name !== '' ? name : null;
}

/* Contexts are in folders that are named by the sha256 of their names. */
async function contextEndpoint(folder: string | null, name: string): Promise<Endpoint> {
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = folder === null ? null : join(folder, 'contexts');
  const meta = contexts === null ? null : await readSmallJson(join(contexts, 'meta', id, 'meta.json'));
  if (contexts === null || meta === null) {
    throw new OciDiffError(
      'ERR_DAEMON',
      `there is no Docker context ${name}${contexts === null ? '' : ` in ${contexts}`}`,
    );
  }
  const docker = memberOf(memberOf(meta, 'Endpoints'), 'docker');
  const host = memberOf(docker, 'Host');
  if (typeof host !== 'string') throw new OciDiffError('ERR_DAEMON', `the Docker context ${name} names no engine`);
  const insecure = memberOf(docker, 'SkipTLSVerify') === true;
  const files = tlsIn(join(contexts, 'tls', id, 'docker'), !insecure);
  const found = await Promise.all([files.ca, files.cert, files.key].map(readSmallFile));
  const tls = insecure || found.some((bytes) => bytes !== null) ? files : null;
  return parseEndpoint(host, `the Docker context ${name}`, tls);
}
