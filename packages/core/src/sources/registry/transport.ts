import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { ByteStream } from '../../bytes/stream.js';
import { OciDiffError } from '../../errors.js';
import type { RegistryOptions } from '../../options.js';
import { ioError } from '../io-error.js';
import { isLoopback } from './endpoint.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One request, sent as it is: no redirect is followed, nothing is tried again. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** The value of a header, by its name in lower case; several are joined by commas. Null without. */
  header(name: string): string | null;
  /** Pulled by the reader. It fails with errors that `networkFailure` understands. */
  readonly body: ByteStream;
  /** Lets go of a body that is not wanted, or not to its end. */
  discard(): void;
}

const DEFAULT_TIMEOUT = 30_000;
/** Milliseconds for a connection: the system has tried several times by then. */
const CONNECT_TIMEOUT = 10_000;
/** Time-outs that a body may take at any speed. */
const PATIENCE = 10;
/** A kilobyte a second: who sends less than that keeps a comparison from its end. */
const MIN_BYTES_A_MILLISECOND = 1;

/** What is read of a body that nobody wants, to keep its connection; a connection more costs about as much. */
const MAX_DUMPED_BYTES = 64 * 1024;
const DUMP_MILLISECONDS = 500;

/** Answers below 200, each of which starts the time-out anew. Real registries send none, or 100 or 103 once. */
const MAX_ANNOUNCEMENTS = 10;

/** Connections to one host at once: what is read at once is a few layers of one side. */
const CONNECTIONS = 8;

/** By scheme: the environment variable that names its proxy; null for none. */
type ProxyVariables = Readonly<Record<'http:' | 'https:', string | null>>;

/** Sends requests: TLS, proxies, connections that are kept and time-outs. */
export class Transport {
  readonly #direct: Dispatcher;
  readonly #dispatcher: Dispatcher;
  /** Milliseconds after which a body must have come at `MIN_BYTES_A_MILLISECOND`. */
  readonly #patience: number;
  readonly #proxies: ProxyVariables;

  private constructor(direct: Dispatcher, dispatcher: Dispatcher, patience: number, proxies: ProxyVariables) {
    this.#direct = direct;
    this.#dispatcher = dispatcher;
    this.#patience = patience;
    this.#proxies = proxies;
  }

  /**
   * @throws {OciDiffError} `ERR_OPTION_INVALID` for a proxy that is no URL, or a file of certificates that is not there or
   *   has none
   */
  static async create(options: RegistryOptions, env: Environment): Promise<Transport> {
    const { insecure = false, caFile, timeout = DEFAULT_TIMEOUT } = options;
    const connect = {
      timeout: Math.min(timeout, CONNECT_TIMEOUT),
      rejectUnauthorized: !insecure,
      ...(caFile === undefined ? {} : { ca: [...rootCertificates, await readCertificates(caFile)] }),
    };
    const agent = {
      connect,
      connections: CONNECTIONS,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    };
    const direct = new Agent(agent);
    const httpProxy = proxyOf(env, 'HTTP_PROXY');
    const httpsProxy = proxyOf(env, 'HTTPS_PROXY');
    if (httpProxy === '' && httpsProxy === '')
      return new Transport(direct, direct, timeout * PATIENCE, { 'http:': null, 'https:': null });
    /* Empty texts, since undici looks into the process where nothing is given. */
    const proxied = new EnvHttpProxyAgent({
      ...agent,
      httpProxy,
      httpsProxy,
      noProxy: variable(env, 'NO_PROXY'),
      requestTls: connect,
      proxyTls: connect,
    });
    const forHttp = httpProxy === '' ? null : 'HTTP_PROXY';
    const proxies = { 'http:': forHttp, 'https:': httpsProxy === '' ? forHttp : 'HTTPS_PROXY' };
    return new Transport(direct, proxied, timeout * PATIENCE, proxies);
  }

  /** The environment variable that names the proxy for `url`, if NO_PROXY does not take it out; null without one. */
  proxyVariable(url: URL): string | null {
    return isLoopback(url) ? null : this.#proxies[url.protocol as keyof ProxyVariables];
  }

  /** @throws what `networkFailure` understands */
  async send({ url, method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    let announcements = 0;
    const response = await request(url, {
      method,
      headers,
      onInfo: () => {
        announcements++;
        if (announcements > MAX_ANNOUNCEMENTS) throw Object.assign(new Error('no end'), { code: 'ANNOUNCED' });
      },
      dispatcher: isLoopback(url) ? this.#direct : this.#dispatcher,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    const stream = response.body;
    /* One that is let go of before its end emits an error, which nobody else hears then. */
    stream.on('error', () => {});
    return {
      status: response.statusCode,
      header: (name) => {
        const value = response.headers[name];
        return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
      },
      body: paced(stream, this.#patience),
      discard: () => {
        /* A short one is read to its end, which keeps the connection. */
        stream.dump({ limit: MAX_DUMPED_BYTES, signal: AbortSignal.timeout(DUMP_MILLISECONDS) }).catch(() => {});
      },
    };
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#dispatcher.destroy()]);
  }
}

/* `bodyTimeout` ends a body that stops; one of a byte now and then would never end. */
async function* paced(stream: ByteStream, patience: number): ByteStream {
  let [waited, bytes, from] = [0, 0, performance.now()];
  for await (const chunk of stream) {
    waited += performance.now() - from;
    bytes += chunk.length;
    if (waited > patience && bytes < waited * MIN_BYTES_A_MILLISECOND) {
      throw Object.assign(new Error('too slow'), { code: 'TOO_SLOW' });
    }
    yield chunk;
    from = performance.now();
  }
}

async function readCertificates(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'latin1');
  } catch (error) {
    throw new OciDiffError('ERR_OPTION_INVALID', ioError(error, file).message, { cause: error });
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new OciDiffError('ERR_OPTION_INVALID', `${file} holds no certificate in PEM`);
}

/** Lower case wins, as in curl. */
function variable(env: Environment, name: string): string {
  return env[name.toLowerCase()] ?? env[name] ?? '';
}

/* What is wrong is not shown: a proxy's URL may hold a password. */
function proxyOf(env: Environment, name: string): string {
  const text = variable(env, name);
  if (text === '') return '';
  const full = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(full) && /^https?:$/.test(new URL(full).protocol)) return full;
  throw new OciDiffError('ERR_OPTION_INVALID', `the environment's ${name} is no URL of an HTTP proxy`);
}
