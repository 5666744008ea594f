import type { ByteStream } from '../../bytes/stream.js';
import { OciDiffError } from '../../errors.js';
import { isImageId, parseImageName } from '../../image/image-name.js';
import { type Answer, ask, bodyOf, type Engine, messageOf, NoEngineError, nameOf } from './api-client.js';
import { findDocker } from './docker-endpoints.js';
import { type Endpoint, type Endpoints, type Environment, showEndpoint } from './endpoint.js';
import { withErrorAtEnd } from './error-at-end.js';
import { findPodman } from './podman-endpoints.js';

/** How long an engine may be silent, in milliseconds. */
export interface Patience {
  /** When it is asked whether it is there. */
  readonly ping: number;
  /** When an image is awaited: Docker's classic store writes it to its disk first. */
  readonly export: number;
}

export interface ApiExportOptions {
  readonly env: Environment;
  readonly signal: AbortSignal | undefined;
  readonly patience: Patience;
}

/** An image on its way from an engine, as a tar archive. */
export interface EngineExport {
  readonly stream: ByteStream;
  /** For messages: `the archive from Docker`. Without the socket: notes are in reports, which name no such path. */
  readonly name: string;
}

/**
 * Asks Docker or Podman for an image as `docker save` and `podman save` do.
 *
 * Podman is asked for a docker-archive. It would make an OCI archive too, with a manifest that it makes up for it: the
 * image would have a digest that nobody else has seen.
 * @throws {OciDiffError} `ERR_REFERENCE_INVALID`, `ERR_NOT_FOUND` (the engine lacks the image), `ERR_DAEMON`,
 *   `ERR_UNSUPPORTED`, `ERR_ABORTED`; while iterating `ERR_DAEMON` and `ERR_ABORTED`
 */
export async function exportFromApi(
  kind: 'docker' | 'podman',
  name: string,
  options: ApiExportOptions,
): Promise<EngineExport> {
  if (parseImageName(name) === null && !isImageId(name))
    throw new OciDiffError('ERR_REFERENCE_INVALID', `${name} is no name of an image, and no ID of one`);
  const isPodman = kind === 'podman';
  const title = isPodman ? 'Podman' : 'Docker';
  const found = isPodman ? findPodman(options.env) : await findDocker(options.env);
  const { engine, ping } = await firstThatAnswers(title, found, options);
  const paths: string[] = [];
  if (isPodman) {
    const version = /^\d+\.\d+\.\d+/.exec(String(ping.headers['libpod-api-version'] ?? ''));
    if (version === null)
      throw new OciDiffError('ERR_DAEMON', `what answers at ${showEndpoint(engine.endpoint)} is not Podman`);
    paths.push(`/v${version[0]}/libpod/images/${encodeURI(name)}/get?format=docker-archive`);
  } else {
    for (const each of namesForDocker(name)) paths.push(`/images/${encodeURI(each)}/get`);
  }
  let missing: OciDiffError | undefined;
  for (const path of paths) {
    const answer = await ask(engine, path, { signal: options.signal, idleMs: options.patience.export });
    if (answer.status === 200) {
      const stream = withErrorAtEnd(bodyOf(engine, answer, options.signal), nameOf(engine));
      return { stream, name: `the archive from ${title}` };
    }
    const message = await messageOf(engine, answer, options.signal);
    if (answer.status !== 404) throw refusal(engine, answer, message);
    missing = new OciDiffError('ERR_NOT_FOUND', `no such image in ${nameOf(engine)}: ${message}`);
  }
  throw missing ?? new RangeError('no path to ask for');
}

/**
 * The names by which Docker is asked, one after the other. Asked for a name without a tag it would send all tags of it,
 * where it means `latest` everywhere else; and what reads as a name can be the beginning of an ID.
 * Source: moby, image/tarexport/save.go (parseNames).
 */
function namesForDocker(name: string): string[] {
  const parsed = parseImageName(name);
  if (parsed === null || parsed.tag !== null || parsed.digest !== null) return [name];
  return /^[0-9a-f]+$/.test(name) ? [`${name}:latest`, name] : [`${name}:latest`];
}

/** Which failure says most, where no endpoint answers. */
const REASONS = ['denied', 'refused', 'missing'] as const;

async function firstThatAnswers(
  title: string,
  { endpoints, saidBy }: Endpoints,
  { signal, patience }: ApiExportOptions,
): Promise<{ engine: Engine; ping: Answer }> {
  const failures: NoEngineError[] = [];
  for (const endpoint of endpoints) {
    const engine: Engine = { title, endpoint };
    try {
      const ping = await askPing(engine, signal, patience.ping);
      const message = ping.status === 200 ? null : await messageOf(engine, ping, signal);
      ping.response.destroy();
      if (message !== null) throw refusal(engine, ping, message);
      return { engine, ping };
    } catch (error) {
      if (!(error instanceof NoEngineError)) throw error;
      failures.push(error);
    }
  }
  const reason = REASONS.find((each) => failures.some((failure) => failure.reason === each));
  const telling = failures.find((failure) => failure.reason === reason);
  if (telling === undefined) throw new RangeError('no endpoint to try');
  throw new OciDiffError('ERR_DAEMON', `${telling.message}${hint(title, telling, endpoints, saidBy)}`, {
    cause: telling,
  });
}

/* The whole of it has a time, whatever dribbles in. */
async function askPing(engine: Engine, signal: AbortSignal | undefined, idleMs: number): Promise<Answer> {
  const late = AbortSignal.timeout(idleMs);
  const both = signal === undefined ? late : AbortSignal.any([signal, late]);
  try {
    return await ask(engine, '/_ping', { signal: both, idleMs });
  } catch (error) {
    if (signal?.aborted || !late.aborted) throw error;
    const message = `${nameOf(engine)} does not answer: nothing for ${idleMs / 1000} s`;
    throw new OciDiffError('ERR_DAEMON', message, { cause: error });
  }
}

function hint(title: string, { reason }: NoEngineError, endpoints: readonly Endpoint[], saidBy: string | null): string {
  if (saidBy !== null) return ` (from ${saidBy})`;
  const variable = title === 'Podman' ? 'CONTAINER_HOST' : 'DOCKER_HOST';
  if (reason === 'denied') return '';
  const others = endpoints.slice(1).map(showEndpoint);
  const nor = reason === 'missing' && others.length > 0 ? `, nor ${others.join(', ')}` : '';
  const start = title === 'Podman' ? '`systemctl start podman.socket` starts it, ' : '';
  return `${nor} (${start}${variable} names another place)`;
}

function refusal(engine: Engine, { status }: Answer, message: string): OciDiffError {
  return new OciDiffError('ERR_DAEMON', `${nameOf(engine)} answers ${status}: ${message}`);
}
