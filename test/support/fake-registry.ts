import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Built, sha256 } from './images.js';

/*
 * A registry of our own over real sockets, by the OCI distribution-spec ("Pull"), which a test can make do wrong; and a
 * token server after distribution's "Token Authentication Specification". Neither knows the code that asks them.
 */

/** A request as it came. */
export interface Received {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a test does to a request: `serve` goes on as if nothing were wrong. */
export type Fault = (request: Received, response: ServerResponse, serve: () => void) => void;

export interface ServerOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** An HTTP server that keeps what it was sent and can be stopped at any time. */
export class TestServer {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #scheme: string;

  protected constructor(answer: (request: Received, response: ServerResponse) => void, { tls }: ServerOptions) {
    const listener: RequestListener = (request, response) => {
      void bodyOf(request).then((body) => {
        const { method = '', url = '', headers } = request;
        const received = { method, url, headers, body };
        this.received.push(received);
        answer(received, response);
      });
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener);
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
  }

  get server(): Server {
    return this.#server;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get origin(): string {
    return `${this.#scheme}://${this.host}`;
  }

  /** What was sent to paths that `pattern` matches. */
  sent(pattern: RegExp): Received[] {
    return this.received.filter(({ url }) => pattern.test(url));
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Any server. */
  static async answering(
    answer: (request: Received, response: ServerResponse) => void,
    options: ServerOptions = {},
  ): Promise<TestServer> {
    return new TestServer(answer, options).listen();
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    /* The client is gone. */
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export class FakeRegistry extends TestServer {
  /** Set by a test; gets every request but that for `/v2/`. */
  fault: Fault | null = null;
  /** Whether rests of blobs are sent (`Range`). */
  ranges = true;
  readonly #manifests: Map<string, StoredManifest> = new Map();
  readonly #blobs: Map<string, Buffer> = new Map();

  private constructor(options: ServerOptions) {
    super((request, response) => this.#answer(request, response), options);
  }

  static async start(options: ServerOptions = {}): Promise<FakeRegistry> {
    return new FakeRegistry(options).listen();
  }

  /** Keeps an image or index under `repository:tag`. @returns how it is named */
  push(built: Built, name = 'team/app:1'): string {
    const colon = name.lastIndexOf(':');
    const [repository, tag] = [name.slice(0, colon), name.slice(colon + 1)];
    for (const [digest, bytes] of built.blobs) {
      const mediaType = manifestType(bytes) ?? (digest === built.descriptor.digest ? built.descriptor.mediaType : null);
      if (mediaType === null) this.#blobs.set(`${repository}@${digest}`, bytes);
      else this.#manifests.set(`${repository}@${digest}`, { mediaType, bytes });
    }
    const root = built.blobs.get(built.descriptor.digest) as Buffer;
    this.pushManifest(`${repository}:${tag}`, root, built.descriptor.mediaType);
    return `${this.host}/${name}`;
  }

  /** Keeps any bytes as the manifest `repository:tag`, and by their digest. */
  pushManifest(name: string, bytes: Buffer, mediaType: string): string {
    const repository = name.slice(0, name.lastIndexOf(':'));
    this.#manifests.set(name, { mediaType, bytes });
    this.#manifests.set(`${repository}@${sha256(bytes)}`, { mediaType, bytes });
    return `${this.host}/${name}`;
  }

  /** Digests of the blobs whose content was asked for, in order. */
  get blobsFetched(): string[] {
    return this.received.flatMap(({ method, url }) => {
      const match = /\/blobs\/(sha256:[0-9a-f]+)$/.exec(url);
      return method === 'GET' && match !== null ? [match[1] as string] : [];
    });
  }

  #answer(request: Received, response: ServerResponse): void {
    if (request.url === '/v2/') {
      response.writeHead(200).end('{}');
      return;
    }
    const serve = (): void => this.#serve(request, response);
    if (this.fault === null) serve();
    else this.fault(request, response, serve);
  }

  #serve({ method, url, headers }: Received, response: ServerResponse): void {
    const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/?]+)$/.exec(url);
    if (match === null || (method !== 'GET' && method !== 'HEAD')) {
      refuse(response, 404, 'UNSUPPORTED');
      return;
    }
    const [, repository, kind, name = ''] = match;
    const key = `${repository}${name.includes(':') ? '@' : ':'}${name}`;
    if (kind === 'manifests') {
      const manifest = this.#manifests.get(key);
      if (manifest === undefined) {
        refuse(response, 404, 'MANIFEST_UNKNOWN');
        return;
      }
      const { mediaType, bytes } = manifest;
      response.writeHead(200, {
        'content-type': mediaType,
        'content-length': bytes.length,
        'docker-content-digest': sha256(bytes),
      });
      response.end(method === 'HEAD' ? undefined : bytes);
      return;
    }
    const blob = this.#blobs.get(key);
    if (blob === undefined) refuse(response, 404, 'BLOB_UNKNOWN');
    else sendBlob(response, blob, method, this.ranges ? headers.range : undefined);
  }
}

/** Sends `blob`, or its rest, as RFC 9110 has it. */
export function sendBlob(
  response: ServerResponse,
  blob: Buffer,
  method = 'GET',
  range?: string | string[] | undefined,
): void {
  const match = typeof range === 'string' ? /^bytes=(\d+)-$/.exec(range) : null;
  const from = match === null ? 0 : Number(match[1]);
  const body = blob.subarray(from);
  response.writeHead(match === null ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': body.length,
    ...(match === null ? {} : { 'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}` }),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

/** Refuses as the specification has it, with a text beside the code. */
export function refuse(response: ServerResponse, status: number, code: string, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ errors: [{ code, message: 'a text from the registry' }] }));
}

function manifestType(bytes: Buffer): string | null {
  try {
    const document = JSON.parse(bytes.toString('utf8')) as { schemaVersion?: unknown; mediaType?: unknown };
    return document.schemaVersion === 2 && typeof document.mediaType === 'string' ? document.mediaType : null;
  } catch {
    return null;
  }
}

/** Tokens that a server has given out, one after the other: `token-1`, `token-2`. */
export class TokenServer extends TestServer {
  /** Answers instead, if set. */
  instead: ((request: Received, response: ServerResponse) => void) | null = null;
  /** Members of its answers beside the token. */
  more: object = { expires_in: 300 };
  /** `token`, or `access_token` as OAuth2 has it. */
  member = 'token';
  issued = 0;

  private constructor(options: ServerOptions) {
    super((request, response) => {
      if (this.instead !== null) {
        this.instead(request, response);
        return;
      }
      this.issued++;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ [this.member]: `token-${this.issued}`, ...this.more }));
    }, options);
  }

  static async start(options: ServerOptions = {}): Promise<TokenServer> {
    return new TokenServer(options).listen();
  }

  /** Lets a registry serve only who has the latest token. */
  guard(scope?: string): Fault {
    return (request, response, serve) => {
      if (this.issued > 0 && request.headers.authorization === `Bearer token-${this.issued}`) {
        serve();
        return;
      }
      const wanted = scope === undefined ? '' : `,scope="${scope}"`;
      const challenge = `Bearer realm="${this.origin}/token",service="test-registry"${wanted}`;
      refuse(response, 401, 'UNAUTHORIZED', { 'www-authenticate': challenge });
    };
  }
}
