import { OciDiffError } from '../../errors.js';
import { parseJson } from '../../json/parse.js';
import { optionalMember } from '../../json/read.js';
import type { JsonObject } from '../../json/value.js';
import { type Challenge, parseChallenges } from './challenge.js';
import type { Credentials } from './credential-files.js';
import { isLoopback } from './endpoint.js';
import { exchange, readBounded, statusError } from './exchange.js';
import { type FoundCredentials, findCredentials } from './find-credentials.js';
import type { HttpRequest } from './http.js';
import { networkFailure } from './network-error.js';
import { PassingFailure, withRetries } from './retry.js';
import type { Environment, Transport } from './transport.js';

export interface AuthenticatorOptions {
  readonly registry: string;
  readonly repository: string;
  readonly env: Environment;
  readonly retryDelay: number;
}

/** Bytes of a token server's answer. */
const MAX_BYTES = 1024 ** 2;
/** Seconds that a token lasts where its server does not say, and at least. Source: distribution, "Token Authentication". */
const TOKEN_SECONDS = 60;
/** Milliseconds before its end from which on a token is not used any more. */
const MARGIN = 5_000;
const CLIENT_ID = 'ocidiff';

interface Token {
  readonly header: string;
  /** By the clock of `performance.now`. */
  readonly expires: number;
}

/**
 * Says who asks, as one registry wants it: not at all, until it answers 401; then by name and password, or by a token of
 * the server that it names. Source: distribution, "Token Authentication Specification" and "OAuth2 Token Authentication".
 */
export class Authenticator {
  readonly #transport: Transport;
  readonly #options: AuthenticatorOptions;
  #found: Promise<FoundCredentials> | undefined;
  #challenge: Challenge | null = null;
  #token: Promise<Token> | undefined;

  constructor(transport: Transport, options: AuthenticatorOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /**
   * What goes into `Authorization`; null for nothing. A token that is about to end is fetched anew.
   * @throws {OciDiffError} `ERR_UNAUTHORIZED`, `ERR_REGISTRY`, `ERR_ABORTED`
   */
  async header(registry: URL, signal: AbortSignal | undefined): Promise<string | null> {
    if (this.#challenge === null) return null;
    const known = this.#token;
    if (known !== undefined) {
      const { header, expires } = await known;
      if (expires > performance.now()) return header;
      /* Another request may have begun to fetch one meanwhile. */
      if (this.#token === known) this.#token = undefined;
    }
    this.#token ??= this.#answer(this.#challenge, registry, signal);
    /* Used whatever its age: a server that takes longer than its tokens last would be asked for ever. */
    return (await this.#token).header;
  }

  /**
   * Takes the challenge of an answer 401.
   * @param used what the request had said
   * @returns whether it is worth asking again
   */
  async challenged(header: string | null, used: string | null): Promise<boolean> {
    const known = await this.#token?.catch(() => undefined);
    /* Another request has been told the same, and there is something new to say already. */
    if (known !== undefined && known.header !== used) return true;
    /* A name and password that were refused will be so again; asking on may lock an account. */
    if (known?.expires === Number.POSITIVE_INFINITY) return false;
    const challenges = parseChallenges(header ?? '');
    const challenge =
      challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm')) ??
      challenges.find(({ scheme }) => scheme === 'basic');
    if (challenge === undefined) return false;
    this.#challenge = challenge;
    this.#token = undefined;
    return true;
  }

  /** What got in the way of finding credentials, or that there are none: why access may be denied. */
  async reason(): Promise<string> {
    if (this.#found === undefined) return '';
    const { credentials, problems } = await this.#found;
    const told = problems.length === 0 ? '' : `; ${problems.join('; ')}`;
    return credentials === null ? `; no credentials for ${this.#options.registry} were found${told}` : told;
  }

  async #answer(challenge: Challenge, registry: URL, signal: AbortSignal | undefined): Promise<Token> {
    const { registry: name, repository, env } = this.#options;
    try {
      this.#found ??= findCredentials(name, repository, env, signal);
      const { credentials } = await this.#found;
      if (credentials?.type === 'registry-token') return lasting(`Bearer ${headerText(credentials.token)}`);
      if (challenge.scheme === 'basic') {
        if (credentials?.type === 'basic') return lasting(basicHeader(credentials));
        throw new OciDiffError(
          'ERR_UNAUTHORIZED',
          `${registry.origin}: wants a name and a password${await this.reason()}`,
        );
      }
      return await withRetries(
        () => this.#fetchToken(challenge, credentials, registry, signal),
        this.#options.retryDelay,
        signal,
      );
    } catch (error) {
      /* The next request tries anew. */
      this.#token = undefined;
      throw error;
    }
  }

  async #fetchToken(
    { parameters }: Challenge,
    credentials: Credentials | null,
    registry: URL,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const realm = realmOf(parameters.get('realm') ?? '', registry);
    const service = parameters.get('service');
    const asked = {
      ...(service === undefined ? {} : { service }),
      scope: scopeOf(parameters.get('scope'), this.#options.repository),
    };
    const identity = credentials?.type === 'identity-token' ? credentials.token : null;
    const request =
      identity === null ? tokenRequest(realm, asked, credentials) : refreshRequest(realm, asked, identity);
    const authorization = credentials?.type === 'basic' ? basicHeader(credentials) : null;
    const started = performance.now();
    const sent = await exchange(this.#transport, { ...request, signal }, authorization);
    const what = `the token server ${realm.origin}`;
    if (sent.response.status !== 200) {
      const { code, message } = await statusError(sent, what);
      /* Any other answer than 5xx and 429, which are tried again, says that this client does not get a token. */
      const denied = code === 'ERR_REGISTRY' ? code : 'ERR_UNAUTHORIZED';
      throw new OciDiffError(denied, `${message}${await this.reason()}`);
    }
    let bytes: Uint8Array | null;
    try {
      bytes = await readBounded(sent.response, MAX_BYTES);
    } catch (error) {
      const failure = networkFailure(error, what);
      throw failure.passing ? new PassingFailure(failure.error) : failure.error;
    }
    if (bytes === null) throw new OciDiffError('ERR_REGISTRY', `${what}: its answer has more than ${MAX_BYTES} bytes`);
    const { token, seconds } = parseToken(bytes, what);
    return { header: `Bearer ${token}`, expires: started + Math.max(seconds, TOKEN_SECONDS) * 1000 - MARGIN };
  }
}

function lasting(header: string): Token {
  return { header, expires: Number.POSITIVE_INFINITY };
}

function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Visible ASCII, so that a token is one header and no more. */
const HEADER_TEXT = /^[\x21-\x7e]+$/;

function headerText(token: string): string {
  if (HEADER_TEXT.test(token)) return token;
  throw new OciDiffError('ERR_UNAUTHORIZED', 'the token of the registry in the credentials is no text of a header');
}

/* Over HTTPS where the registry is: what is sent there are credentials. */
function realmOf(text: string, registry: URL): URL {
  const realm = URL.canParse(text) ? new URL(text) : null;
  const secure = realm?.protocol === 'https:' || (realm?.protocol === 'http:' && isPlain(realm, registry));
  if (realm === null || !secure) {
    throw new OciDiffError(
      'ERR_REGISTRY',
      `${registry.origin}: names no token server that can be asked over ${registry.protocol.slice(0, -1)}`,
    );
  }
  realm.username = '';
  realm.password = '';
  realm.hash = '';
  return realm;
}

function isPlain(realm: URL, registry: URL): boolean {
  return registry.protocol === 'http:' || isLoopback(realm);
}

/* No more than is needed, whatever the registry asks for. */
function scopeOf(challenged: string | undefined, repository: string): string {
  const own = `repository:${repository}:pull`;
  if (challenged === undefined) return own;
  const actions = challenged.split(' ').map((each) => each.slice(each.lastIndexOf(':') + 1));
  return challenged !== '' && actions.every((action) => action === 'pull') ? challenged : own;
}

type TokenRequest = Omit<HttpRequest, 'signal'>;

function tokenRequest(
  realm: URL,
  asked: Readonly<Record<string, string>>,
  credentials: Credentials | null,
): TokenRequest {
  const url = new URL(realm);
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  if (credentials?.type === 'basic') url.searchParams.set('account', credentials.username);
  return { url, method: 'GET', headers: { accept: 'application/json', 'user-agent': CLIENT_ID } };
}

function refreshRequest(realm: URL, asked: Readonly<Record<string, string>>, token: string): TokenRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    ...asked,
    client_id: CLIENT_ID,
    refresh_token: token,
  });
  return {
    url: realm,
    method: 'POST',
    headers: {
      accept: 'application/json',
      'user-agent': CLIENT_ID,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: form.toString(),
  };
}

function parseToken(bytes: Uint8Array, what: string): { token: string; seconds: number } {
  let root: JsonObject | undefined;
  try {
    const document = parseJson(bytes, { maxDepth: 20, maxBytes: MAX_BYTES });
    if (document.root.type === 'object') root = document.root;
  } catch {
    /* Said below. */
  }
  const [token, accessToken] = [optionalMember(root, 'token'), optionalMember(root, 'access_token')];
  const given = [token, accessToken].flatMap((node) =>
    node?.type === 'string' && node.value !== '' ? node.value : [],
  );
  const [value] = given;
  if (value === undefined || !HEADER_TEXT.test(value)) {
    throw new OciDiffError('ERR_REGISTRY', `${what}: its answer holds no token`);
  }
  const lasts = optionalMember(root, 'expires_in');
  const seconds = lasts?.type === 'number' ? Number(lasts.text) : TOKEN_SECONDS;
  return { token: value, seconds: Number.isFinite(seconds) ? Math.min(seconds, 86_400) : TOKEN_SECONDS };
}
