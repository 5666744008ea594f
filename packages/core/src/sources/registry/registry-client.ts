import { OciDiffError } from '../../errors.js';
import type { Authenticator } from './authenticator.js';
import { apiHost, isLoopback } from './endpoint.js';
import { type Exchange, exchange, statusError } from './exchange.js';
import { networkFailure } from './network-error.js';
import { withRetries } from './retry.js';
import type { Transport } from './transport.js';

export interface RegistryClientOptions {
  readonly registry: string;
  readonly repository: string;
  readonly plainHttp: boolean;
  readonly retryDelay: number;
}

/** A request below the repository: `manifests/latest`, `blobs/sha256:…`. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
  /** Media types of documents. */
  readonly accept?: string;
  /** First byte that is wanted. */
  readonly from?: number;
  readonly signal: AbortSignal | undefined;
}

/** What is sent again after 401, at most: the first token may have ended, the second may lack a scope. */
const MAX_CHALLENGES = 2;

/** Asks one repository of one registry: says who asks, follows redirects, tries again what may be gone then. */
export class RegistryClient {
  readonly #transport: Transport;
  readonly #authenticator: Authenticator;
  readonly #options: RegistryClientOptions;
  #base: Promise<URL> | undefined;

  constructor(transport: Transport, authenticator: Authenticator, options: RegistryClientOptions) {
    this.#transport = transport;
    this.#authenticator = authenticator;
    this.#options = options;
  }

  /**
   * Sends `request` and hands the answer to `use`; both again where either throws a `PassingFailure`.
   * @param use gets answers of every status but 401 and those that are tried again
   * @throws {OciDiffError} `ERR_UNAUTHORIZED`, `ERR_REGISTRY`, `ERR_ABORTED`, and what `use` throws
   */
  async send<T>(request: RegistryRequest, use: (exchange: Exchange) => Promise<T>): Promise<T> {
    const attempt = async (): Promise<T> => use(await this.#authorized(request));
    return withRetries(attempt, this.#options.retryDelay, request.signal);
  }

  /** The error that an answer which is no success means. */
  async failure(sent: Exchange, what: string): Promise<OciDiffError> {
    const error = await statusError(sent, what);
    if (error.code !== 'ERR_UNAUTHORIZED') return error;
    return new OciDiffError(error.code, `${error.message}${await this.#authenticator.reason()}`);
  }

  async #authorized({ method, path, accept, from, signal }: RegistryRequest): Promise<Exchange> {
    const base = await this.#baseUrl(signal);
    const url = new URL(`/v2/${this.#options.repository}/${path}`, base);
    const headers = {
      'user-agent': 'ocidiff',
      'accept-encoding': 'identity',
      ...(accept === undefined ? {} : { accept }),
      ...(from === undefined ? {} : { range: `bytes=${from}-` }),
    };
    for (let challenges = 0; ; challenges++) {
      const authorization = await this.#authenticator.header(base, signal);
      const sent = await exchange(this.#transport, { url, method, headers, signal }, authorization);
      const { response, isElsewhere } = sent;
      if (response.status !== 401 || isElsewhere || challenges === MAX_CHALLENGES) return sent;
      if (!(await this.#authenticator.challenged(response.header('www-authenticate'), authorization))) return sent;
      response.discard();
    }
  }

  #baseUrl(signal: AbortSignal | undefined): Promise<URL> {
    this.#base ??= this.#findBase(signal).catch((error: unknown) => {
      this.#base = undefined;
      throw error;
    });
    return this.#base;
  }

  /* Loopback hosts over HTTPS, and over HTTP if they do not speak it, as in Docker. */
  async #findBase(signal: AbortSignal | undefined): Promise<URL> {
    const { registry, plainHttp } = this.#options;
    const host = apiHost(registry);
    const scheme = plainHttp ? 'http' : 'https';
    if (!URL.canParse(`${scheme}://${host}/`)) {
      throw new OciDiffError('ERR_REFERENCE_INVALID', `${registry} is no host that can be asked`);
    }
    const url = new URL(`${scheme}://${host}/`);
    if (plainHttp || !isLoopback(url)) return url;
    try {
      const ping = { url: new URL('/v2/', url), method: 'GET', headers: { 'user-agent': 'ocidiff' }, signal } as const;
      (await this.#transport.send(ping)).discard();
      return url;
    } catch (error) {
      const { error: told, isCertificate } = networkFailure(error, url.origin);
      if (isCertificate || told.code === 'ERR_ABORTED') throw told;
      return new URL(`http://${host}/`);
    }
  }
}
