import { OciDiffError } from '../../errors.js';

/** Environment variables, as the caller of the library hands them in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the API of an engine is. */
export type Endpoint =
  | { readonly type: 'socket'; readonly path: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | null };

/** What TLS with an engine takes: PEM files, each of which may be missing. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Whether the engine must prove who it is. */
  readonly verify: boolean;
}

/** Where an engine may be; all but the first are tried only where nothing listens on those before. */
export interface Endpoints {
  readonly endpoints: readonly Endpoint[];
  /** What said so (`DOCKER_HOST`); null where nothing did and these are the usual places. */
  readonly saidBy: string | null;
}

const PORT = 2375;
const TLS_PORT = 2376;

/**
 * The endpoint that a text like `unix:///run/docker.sock` or `tcp://HOST:PORT` names.
 * @param saidBy for messages: where the text is from
 * @param tls what TLS takes where it is on, for `tcp`
 * @throws {OciDiffError} `ERR_UNSUPPORTED` for `ssh`, `npipe` and others, `ERR_DAEMON` for what cannot be understood
 */
export function parseEndpoint(text: string, saidBy: string, tls: TlsFiles | null): Endpoint {
  const parts = /^([a-z]+):\/\/(.*)$/s.exec(text);
  if (parts === null) throw notUnderstood(saidBy);
  const [, scheme, rest = ''] = parts;
  if (scheme === 'unix') {
    if (!rest.startsWith('/')) throw notUnderstood(saidBy);
    return { type: 'socket', path: rest };
  }
  if (scheme !== 'tcp') {
    throw new OciDiffError(
      'ERR_UNSUPPORTED',
      `${saidBy} names an engine by ${scheme}://; only unix:// and tcp:// are read (save the image to a file instead)`,
    );
  }
  const address = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::([0-9]{1,5}))?\/?$/.exec(rest);
  const port = address?.[2] === undefined ? (tls === null ? PORT : TLS_PORT) : Number(address[2]);
  if (address === null || port === 0 || port > 65_535) throw notUnderstood(saidBy);
  return { type: 'tcp', host: (address[1] as string).replace(/^\[|\]$/g, ''), port, tls };
}

/* The text is not shown: it could hold a password, which does not belong there, but some tools take it. */
function notUnderstood(saidBy: string): OciDiffError {
  return new OciDiffError('ERR_DAEMON', `${saidBy} is no unix:///PATH and no tcp://HOST:PORT`);
}

/** The endpoint for a message. */
export function showEndpoint(endpoint: Endpoint): string {
  if (endpoint.type === 'socket') return endpoint.path;
  const { host, port } = endpoint;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
