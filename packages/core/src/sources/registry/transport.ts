/// <reference path="./undici-parts.d.ts" />
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import { OciDiffError } from '../../errors.js';
import type { RegistryOptions } from '../../options.js';
import { ioError } from '../io-error.js';
import { dispatch } from './dispatch.js';
import { isLoopback } from './endpoint.js';
import type { HttpRequest, HttpResponse } from './http.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_TIMEOUT = 30_000;
/** Milliseconds for a connection: the system has tried several times by then. */
const CONNECT_TIMEOUT = 10_000;

/** Connections to one host at once: what is read at once is a few layers of one side. */
const CONNECTIONS = 8;

/** By scheme: the environment variable that names its proxy; null for none. */
type ProxyVariables = Readonly<Record<'http:' | 'https:', string | null>>;

/** Sends requests: TLS, proxies, connections that are kept and time-outs. */
export class Transport {
  readonly #direct: Dispatcher;
  readonly #dispatcher: Dispatcher;
  readonly #timeout: number;
  readonly #proxies: ProxyVariables;

  private constructor(direct: Dispatcher, dispatcher: Dispatcher, timeout: number, proxies: ProxyVariables) {
    this.#direct = direct;
    this.#dispatcher = dispatcher;
    this.#timeout = timeout;
    this.#proxies = proxies;
  }

  /**
   * @throws {OciDiffError} `ERR_OPTION_INVALID` for a proxy that is no URL, or a file of certificates that is not there or
   *   has none
   */
  static async create(options: RegistryOptions, env: Environment): Promise<Transport> {
    const { insecure = false, caFile, timeout = DEFAULT_TIMEOUT } = options;
    const connect = {
      /* Of what a socket has at once undici makes one chunk. What size it has made no difference (docs/decisions.md). */
      highWaterMark: 256 * 1024,
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
    if (httpProxy === '' && httpsProxy === '') {
      return new Transport(direct, direct, timeout, { 'http:': null, 'https:': null });
    }
    const { EnvHttpProxyAgent } = await import('undici');
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
    return new Transport(direct, proxied, timeout, proxies);
  }

  /** The environment variable that names the proxy for `url`, if NO_PROXY does not take it out; null without one. */
  proxyVariable(url: URL): string | null {
    return isLoopback(url) ? null : this.#proxies[url.protocol as keyof ProxyVariables];
  }

  /** @throws what `networkFailure` understands */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const dispatcher = isLoopback(request.url) ? this.#direct : this.#dispatcher;
    const answer = await dispatch(dispatcher, request, this.#timeout);
    return {
      status: answer.status,
      header: (name) => answer.header(name),
      body: answer.body(),
      discard: () => answer.discard(),
    };
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#dispatcher.destroy()]);
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
