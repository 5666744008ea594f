import { writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ByteStream } from '../../../packages/core/src/bytes/stream.js';
import type { OciDiffError } from '../../../packages/core/src/errors.js';
import { type LoadedRoot, loadImages } from '../../../packages/core/src/image/load.js';
import { parseReference, type RegistryReference } from '../../../packages/core/src/image/reference.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { clipMessage, jsonMessage } from '../../../packages/core/src/sources/engine/api-client.js';
import { exportFromApi } from '../../../packages/core/src/sources/engine/api-export.js';
import { withErrorAtEnd } from '../../../packages/core/src/sources/engine/error-at-end.js';
import { Authenticator } from '../../../packages/core/src/sources/registry/authenticator.js';
import type { HttpRequest, HttpResponse } from '../../../packages/core/src/sources/registry/http.js';
import { openRegistryImage } from '../../../packages/core/src/sources/registry/open-registry-image.js';
import { describeManifest, readManifest } from '../../../packages/core/src/sources/registry/read-manifest.js';
import { RegistryClient } from '../../../packages/core/src/sources/registry/registry-client.js';
import { RegistryStore } from '../../../packages/core/src/sources/registry/registry-store.js';
import type { Transport } from '../../../packages/core/src/sources/registry/transport.js';
import { type Built, buildImage, buildIndex, sha256 } from '../../support/images.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-json.js';
import { mutateText } from '../mutate-text.js';
import { check, checkNote, failed, outcomeOf } from '../oracle.js';
import type { Random } from '../random.js';
import { readSeeds } from '../seeds.js';
import type { Target } from '../target.js';
import { temporaryFolder } from '../temporary.js';

/** What must be in no message: a token that was sent, and a name's password. */
const SECRET = 'swordfish';
const HEADER_NAMES = [
  'content-type',
  'content-length',
  'content-range',
  'content-encoding',
  'docker-content-digest',
  'location',
  'www-authenticate',
  'retry-after',
];
const HEADER_VALUES: Readonly<Record<string, readonly string[]>> = {
  'content-type': [
    'application/vnd.oci.image.manifest.v1+json',
    'text/html; charset=utf-8',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    '',
    'APPLICATION/VND.OCI.IMAGE.INDEX.V1+JSON ; x',
  ],
  'content-length': ['0', '1', '-1', '99999999999999', '1e3', ' 12', '12, 12', '9999999'],
  'content-range': ['bytes 0-1/2', 'bytes 5-', 'bytes */10', 'bytes 9007199254740993-', 'items 1-2'],
  'content-encoding': ['gzip', 'identity', 'br', '', 'gzip, identity', '\x1b[2J'],
  'docker-content-digest': [
    `sha256:${'0'.repeat(64)}`,
    'sha256:xyz',
    'md5:abc',
    '',
    `sha512:${'a'.repeat(128)}`,
    '\x1b[31m',
  ],
  location: [
    '/v2/',
    'http://127.0.0.1:1/x',
    'https://other.example/blob?sig=1',
    'file:///etc/passwd',
    '//',
    'http://u:p@h/',
    'javascript:1',
    '\u202e',
  ],
  'www-authenticate': [
    'Bearer realm="http://registry.example/token",service="s"',
    'Bearer realm="https://auth.example/token",scope="repository:a:pull,push"',
    'Basic realm="x"',
    'Bearer realm="file:///x"',
    'Bearer',
    'Negotiate',
  ],
  'retry-after': ['0', '61', '99999', 'Fri, 31 Dec 1999 23:59:59 GMT', 'soon', '-1'],
};
const STATUSES = [
  200, 200, 200, 200, 206, 204, 301, 302, 307, 400, 401, 403, 404, 416, 429, 500, 503, 599, 100, 0, 999,
];
const ERRORS = Buffer.from(
  JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'no', detail: { name: 'x' } }] }),
);
const TOKEN = Buffer.from(
  JSON.stringify({ token: SECRET, access_token: SECRET, expires_in: 300, issued_at: '2026-01-01T00:00:00Z' }),
);
/** Requests of one case: more than any that ends asks for. */
const MAX_REQUESTS = 400;
/** Where a registry asks to wait, a case is ended. */
const MAX_WAIT_MS = 30;

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What the registry would answer if it were well, changed in some cases. */
function answer(random: Random, image: Built, path: string): Answer {
  const headers = new Map<string, string>();
  let status = 200;
  let body: Buffer;
  const name = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  const blob = image.blobs.get(name.startsWith('sha') ? name : image.descriptor.digest);
  if (path.includes('token')) body = TOKEN;
  else if (blob === undefined) [status, body] = [404, ERRORS];
  else body = blob;
  if (path.includes('/manifests/')) {
    headers.set('content-type', (JSON.parse(body.toString('utf8')) as { mediaType?: string }).mediaType ?? '');
    if (status === 200) headers.set('docker-content-digest', sha256(body));
  }
  if (random.chance(0.5)) headers.set('content-length', String(body.length));
  if (random.chance(0.6)) return { status, headers, body };
  const changes = random.between(1, 3);
  for (let i = 0; i < changes; i++) {
    switch (random.below(5)) {
      case 0:
        status = random.pick(STATUSES);
        break;
      case 1:
      case 2: {
        const header = random.pick(HEADER_NAMES);
        const value = random.pick(HEADER_VALUES[header] as readonly string[]);
        headers.set(header, random.chance(0.3) ? mutateText(random, value) : value);
        break;
      }
      case 3:
        body = body[0] === 0x7b && random.chance(0.7) ? mutateJson(random, body) : mutateBytes(random, body);
        if (random.chance(0.5) && headers.has('docker-content-digest'))
          headers.set('docker-content-digest', sha256(body));
        break;
      default:
        if (status === 200) status = random.pick(STATUSES);
        body = random.chance(0.5) ? mutateJson(random, ERRORS) : ERRORS;
    }
  }
  if (status === 401 && !headers.has('www-authenticate') && random.chance(0.8)) {
    headers.set('www-authenticate', random.pick(HEADER_VALUES['www-authenticate'] as readonly string[]));
  }
  /* Time that is really waited is no part of a case. */
  const wait = headers.get('retry-after');
  if (wait !== undefined && /^\d\d?$/.test(wait.trim())) headers.set('retry-after', '0');
  return { status, headers, body };
}

/** Answers in place of sockets. */
class FakeTransport {
  readonly #random: Random;
  readonly #image: Built;
  #requests = 0;

  constructor(random: Random, image: Built) {
    this.#random = random;
    this.#image = image;
  }

  proxyVariable(): string | null {
    return this.#requests % 2 === 0 ? null : 'HTTPS_PROXY';
  }

  async send({ url, headers }: HttpRequest): Promise<HttpResponse> {
    this.#requests++;
    check(this.#requests <= MAX_REQUESTS, `${this.#requests} requests`);
    check(url.protocol === 'http:' || url.protocol === 'https:', () => `asks ${url.href}`);
    const random = this.#random;
    const foreign = url.hostname !== 'registry.example' && url.hostname !== 'auth.example';
    check(!(foreign && 'authorization' in headers), () => `credentials go to ${url.href}`);
    if (random.chance(0.03)) {
      const code = random.pick([
        'ECONNRESET',
        'ENOTFOUND',
        'UND_ERR_SOCKET',
        'HPE_INVALID_CONSTANT',
        'CERT_HAS_EXPIRED',
        'EXYZ',
      ]);
      throw Object.assign(new Error(`failed\n${SECRET}`), { code });
    }
    const given = answer(random, this.#image, url.pathname);
    const cut = random.chance(0.05) ? random.below(given.body.length + 1) : null;
    return {
      status: given.status,
      header: (name) => given.headers.get(name) ?? null,
      body: bodyOf(random, given.body, cut),
      discard: () => {},
    };
  }

  async close(): Promise<void> {}
}

async function* bodyOf(random: Random, bytes: Buffer, cut: number | null): ByteStream {
  const end = cut ?? bytes.length;
  const most = random.pick([bytes.length || 1, 512, 64]);
  for (let at = 0; at < end; at += most) yield Buffer.from(bytes.subarray(at, Math.min(end, at + most)));
  if (cut !== null) throw Object.assign(new Error('cut'), { code: 'UND_ERR_SOCKET' });
}

async function images(): Promise<Built[]> {
  const image = await buildImage({
    layers: [{ entries: [{ path: 'a', content: 'a' }] }, { entries: [{ path: 'b' }] }],
  });
  const docker = await buildImage({ docker: true, layers: [{ entries: [{ path: 'c', content: 'c'.repeat(3000) }] }] });
  const index = buildIndex([
    { built: image, platform: { os: 'linux', architecture: 'amd64' } },
    { built: docker, platform: { os: 'linux', architecture: 'arm64' } },
  ]);
  return [image, docker, index];
}

async function drain(stream: ByteStream): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

/* Everything of an image: what a comparison asks for. */
async function readStore(random: Random, store: RegistryStore, signal: AbortSignal): Promise<void> {
  const onNote = ({ message }: { readonly message: string }): void => checkNote(message);
  const read = await outcomeOf(async () => {
    const todo: LoadedRoot[] = [await loadImages(store, { limits: DEFAULT_LIMITS, signal, onNote })];
    for (let root = todo.pop(); root !== undefined; root = todo.pop()) {
      if (root.kind === 'index') {
        for (const child of root.children) todo.push(await child.load());
        continue;
      }
      const { layers } = await root.loadImage();
      for (const { ref } of layers) {
        await drain(store.open(ref, signal));
        if (random.chance(0.2)) await store.stat(ref);
      }
    }
  });
  if (failed(read)) noSecret(read);
}

function noSecret(error: OciDiffError): void {
  for (const text of [error.message, error.describe()])
    check(!text.includes(SECRET), () => `a secret is told: ${text}`);
}

const AUTHS = Buffer.from(
  JSON.stringify({ auths: { 'registry.example': { auth: Buffer.from(`u:${SECRET}`).toString('base64') } } }),
);

const responses: Target = {
  name: 'http-response',
  cases: 20_000,
  prepare: async () => {
    const { path, remove } = temporaryFolder();
    const file = join(path, 'auth.json');
    writeFileSync(file, AUTHS);
    const known = await images();
    return {
      close: remove,
      run: async (random) => {
        const image = random.pick(known);
        const transport = new FakeTransport(random, image) as unknown as Transport;
        const options = { registry: 'registry.example', repository: 'a/b', retryDelay: 0 };
        const env = random.chance(0.3) ? { REGISTRY_AUTH_FILE: file } : {};
        const authenticator = new Authenticator(transport, { ...options, env });
        const client = new RegistryClient(transport, authenticator, { ...options, plainHttp: random.chance(0.5) });
        const controller = new AbortController();
        const timer = setTimeout(() => controller.abort(), MAX_WAIT_MS);
        const { signal } = controller;
        try {
          const byDigest = random.chance(0.3);
          const asked = byDigest ? image.descriptor.digest : 'latest';
          const opened = await outcomeOf(async () => {
            const sent = await readManifest(client, asked, 'the image', DEFAULT_LIMITS, signal);
            const descriptor = describeManifest(sent, byDigest ? (asked as never) : null, 'the image', DEFAULT_LIMITS);
            if (byDigest) check(sha256(Buffer.from(sent.bytes)) === asked, 'another manifest than was asked for');
            return new RegistryStore(transport, client, descriptor, sent.bytes, {
              reference: 'registry.example/a/b',
              limits: DEFAULT_LIMITS,
              retryDelay: 0,
              signal,
            });
          });
          if (failed(opened)) noSecret(opened);
          else await readStore(random, opened, signal);
        } finally {
          clearTimeout(timer);
        }
      },
    };
  },
};

/** A server that answers each connection with the bytes that it is told to, whatever it is asked. */
class RawServer {
  /** What the next connections get, by the first line of what they ask. */
  answer: (line: string) => Buffer = () => Buffer.alloc(0);
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      socket.once('data', (data: Buffer) => {
        socket.end(this.answer(data.toString('latin1').split('\r\n', 1)[0] as string));
      });
    });
  }

  async listen(path?: string): Promise<number> {
    await new Promise<void>((resolve) => {
      if (path === undefined) this.#server.listen(0, '127.0.0.1', resolve);
      else this.#server.listen(path, resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An answer as it goes over the wire, right or wrong. */
function onTheWire(random: Random, { status, headers, body }: Answer): Buffer {
  const lines = [
    `HTTP/1.1 ${String(status).padStart(3, '0')} OK`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
  ];
  if (!headers.has('content-length')) {
    if (random.chance(0.5)) lines.push('transfer-encoding: chunked');
    else lines.push(`content-length: ${body.length}`);
  }
  lines.push('connection: close', '', '');
  const chunked = lines.includes('transfer-encoding: chunked');
  const sent = chunked
    ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
    : body;
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), sent]);
}

function mutatedWire(random: Random, given: Answer): Buffer {
  const wire = onTheWire(random, given);
  if (random.chance(0.6)) return wire;
  /* Mostly in the head, which is small. */
  const end = wire.indexOf('\r\n\r\n') + 4;
  const head = random.chance(0.5)
    ? mutateBytes(random, wire.subarray(0, end))
    : Buffer.from(
        mutateText(random, wire.toString('latin1', 0, end), [
          '\r\n',
          '\n',
          ': ',
          'HTTP/1.1 200',
          'transfer-encoding: gzip',
          '\0',
          'x'.repeat(20_000),
        ]),
        'latin1',
      );
  return Buffer.concat([head, wire.subarray(end)]);
}

const sockets: Target = {
  name: 'http-socket',
  cases: 1_000,
  patience: 4_000,
  prepare: async () => {
    const server = new RawServer();
    const port = await server.listen();
    const known = await images();
    const reference = `127.0.0.1:${port}/a/b:1`;
    const image = (await parseReference(reference, async () => false)) as RegistryReference;
    return {
      close: () => server.close(),
      run: async (random) => {
        const built = random.pick(known);
        server.answer = (line) => mutatedWire(random, answer(random, built, line.split(' ')[1] ?? '/'));
        /* What hangs at the other end is given up soon; then it is an error. */
        const signal = AbortSignal.timeout(2_000);
        const registry = { plainHttp: true, timeout: 100, retryDelay: 1 };
        const store = await outcomeOf(() =>
          openRegistryImage(reference, image, { limits: DEFAULT_LIMITS, signal, registry }),
        );
        if (failed(store)) return noSecret(store);
        try {
          await readStore(random, store as RegistryStore, signal);
        } finally {
          await store.close();
        }
      },
    };
  },
};

const engines: Target = {
  name: 'engine-api',
  cases: 1_000,
  patience: 4_000,
  prepare: async () => {
    const { path, remove } = temporaryFolder();
    const server = new RawServer();
    const socket = join(path, 'engine.sock');
    await server.listen(socket);
    const archive = (await readSeeds()).images.find(({ bytes }) => bytes !== null)?.bytes as Buffer;
    return {
      close: async () => {
        await server.close();
        await remove();
      },
      run: async (random) => {
        const kind = random.pick(['docker', 'podman'] as const);
        const reply = (line: string): Answer => {
          if (line.includes('_ping')) {
            const headers = new Map([
              ['libpod-api-version', random.chance(0.9) ? '4.3.1' : mutateText(random, '4.3.1')],
            ]);
            return { status: random.chance(0.9) ? 200 : random.pick(STATUSES), headers, body: Buffer.from('OK') };
          }
          if (random.chance(0.4)) {
            const body = mutateJson(random, Buffer.from(JSON.stringify({ message: 'No such image: x\u001b[2J' })));
            return { status: random.pick([404, 500, 400, 409, 200]), headers: new Map(), body };
          }
          const end = random.chance(0.5) ? Buffer.alloc(0) : mutateJson(random, ERROR_AT_END);
          const body = Buffer.concat([archive.subarray(0, random.below(archive.length)), end]);
          return { status: 200, headers: new Map([['content-type', 'application/x-tar']]), body };
        };
        server.answer = (line) => mutatedWire(random, reply(line));
        const env = kind === 'docker' ? { DOCKER_HOST: `unix://${socket}` } : { CONTAINER_HOST: `unix://${socket}` };
        const signal = AbortSignal.timeout(2_000);
        await outcomeOf(async () => {
          const { stream } = await exportFromApi(kind, 'debian:12', {
            env,
            signal,
            patience: { ping: 200, export: 200 },
          });
          return drain(stream);
        });
      },
    };
  },
};

const ERROR_AT_END = Buffer.from(JSON.stringify({ errorDetail: { message: 'lost a layer' }, error: 'lost a layer' }));

const errorsAtEnd: Target = {
  name: 'engine-stream',
  cases: 10_000,
  prepare: () => ({
    run: async (random) => {
      const text = random.chance(0.8) ? mutateJson(random, ERROR_AT_END) : mutateBytes(random, ERROR_AT_END);
      const bytes = Buffer.concat([Buffer.alloc(random.pick([0, 512, 10_240]) + random.pick([0, 0, 1])), text]);
      const read = await outcomeOf(() =>
        drain(withErrorAtEnd(bodyOf(random, bytes, null), 'Docker at /run/docker.sock')),
      );
      if (!failed(read)) check(read === bytes.length, 'other bytes than were sent');
      const message = jsonMessage(text.toString('utf8'), random.pick(['error', 'message', '__proto__', 'toString']));
      check(message === null || clipMessage(message).length <= 1001, 'a long message');
    },
  }),
};

export const HTTP_TARGETS: readonly Target[] = [responses, sockets, engines, errorsAtEnd];
