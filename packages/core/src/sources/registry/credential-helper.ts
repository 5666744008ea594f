import { spawn } from 'node:child_process';
import { OciDiffError, throwIfAborted } from '../../errors.js';
import { parseJson } from '../../json/parse.js';
import { optionalMember } from '../../json/read.js';
import { systemCode } from '../io-error.js';
import type { Credentials } from './credential-files.js';
import type { Environment } from './transport.js';

/** Bytes that a helper may print. */
const MAX_BYTES = 1024 ** 2;
/** Milliseconds: a helper may ask its user, or a service far away. */
const TIMEOUT = 60_000;
/** A file name and no path: the configuration names a program on the PATH. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/;
/** What helpers print where they have nothing. Source: docker-credential-helpers, credentials/error.go. */
const NOT_FOUND = 'credentials not found in native keychain';

/**
 * Asks `docker-credential-NAME get` for the credentials of `server`; null where it has none. What it prints is not
 * passed on, since it may be a secret.
 * Source: docker-credential-helpers, README.md, "Development"; client/client.go.
 * @throws {OciDiffError} `ERR_UNAUTHORIZED` where it is not there, fails, or prints no credentials; `ERR_ABORTED`
 */
export async function askHelper(
  name: string,
  server: string,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<Credentials | null> {
  if (!NAME.test(name)) throw new OciDiffError('ERR_UNAUTHORIZED', 'a credential helper is no name of a program');
  const program = `docker-credential-${name}`;
  const { status, output } = await run(program, server, env, signal);
  throwIfAborted(signal);
  return credentialsFromHelper(program, status, output);
}

/**
 * The credentials that a helper prints; null where it has none.
 * @param status null where a signal ended it
 * @throws {OciDiffError} `ERR_UNAUTHORIZED` where it failed or prints no credentials
 */
export function credentialsFromHelper(program: string, status: number | null, output: Buffer): Credentials | null {
  const text = output.toString('utf8');
  if (status !== 0) {
    if (text.trim() === NOT_FOUND) return null;
    throw new OciDiffError('ERR_UNAUTHORIZED', `${program} failed (status ${status ?? 'unknown'})`);
  }
  let username: string | null = null;
  let secret: string | null = null;
  try {
    const { root } = parseJson(output, { maxDepth: 10, maxBytes: MAX_BYTES });
    const object = root.type === 'object' ? root : undefined;
    const [user, password] = [optionalMember(object, 'Username'), optionalMember(object, 'Secret')];
    username = user?.type === 'string' ? user.value : null;
    secret = password?.type === 'string' ? password.value : null;
  } catch {
    /* Said below. */
  }
  if (username === null || secret === null) {
    throw new OciDiffError('ERR_UNAUTHORIZED', `${program} prints no credentials`);
  }
  if (username === '' && secret === '') return null;
  if (username === '<token>') return { type: 'identity-token', token: secret };
  return { type: 'basic', username, password: secret };
}

interface Ended {
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly output: Buffer;
}

function run(program: string, input: string, env: Environment, signal: AbortSignal | undefined): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      killSignal: 'SIGKILL',
      windowsHide: true,
      ...(signal === undefined ? {} : { signal }),
    });
    /* Not the option `timeout` of spawn: where there is no program, its timer goes on and keeps the process alive. */
    const timer = setTimeout(() => end(), TIMEOUT);
    /* What it has started may hold the pipe open for ever. */
    const end = (): void => {
      child.kill('SIGKILL');
      child.stdout.destroy();
    };
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) end();
      else chunks.push(chunk);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      child.stdout.destroy();
      if (signal?.aborted) {
        reject(new OciDiffError('ERR_ABORTED', 'aborted', { cause: signal.reason }));
        return;
      }
      const why = systemCode(error) === 'ENOENT' ? 'is not there' : 'cannot be run';
      reject(new OciDiffError('ERR_UNAUTHORIZED', `${program} ${why}`));
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output: Buffer.concat(chunks) });
    });
    /* One that does not read has closed it already. */
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
