import { getEventListeners } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../../packages/core/src/limits.js';
import { displayMessage } from '../../../../packages/core/src/report/escape.js';
import { spoolEngineImage } from '../../../../packages/core/src/sources/engine/spool-engine-image.js';
import { failure, fixture, open, readWhole, temporaryFolder } from '../support.js';
import { type FakeEngine, podmanPong, pong, type Respond, sendArchive, sendError, startFake } from './fake-engine.js';

const folder = temporaryFolder();
const classic = readFileSync(fixture('clock-save-classic.docker.tar'));
const podman = readFileSync(fixture('clock-podman-save.docker.tar'));
/* To root nothing is denied. */
const NOBODY = 65_534;
const ID = '20fdbd1ffdd363e3a858fcd048e0838aa7c46a0c27827f7228ab5474f05b965c';

const send =
  (archive: Buffer): Respond =>
  (_request, response) =>
    sendArchive(response, archive);

/** Only what stands in `paths` is there. */
const having =
  (paths: readonly string[]): Respond =>
  ({ url = '' }, response) =>
    paths.includes(url) ? sendArchive(response, classic) : sendError(response, 404, 'reference does not exist');

const dockerEnv = ({ host }: FakeEngine): { DOCKER_HOST: string } => ({ DOCKER_HOST: host });

describe('an image that the engine has', () => {
  test.each([
    ['clock-save-classic.docker.tar', null],
    ['clock-save-engine28-classic.docker.tar', null],
    ['clock-save-containerd.docker.tar', 'sha256:f58e5d254298d223e372ef57ee6cf701c83a9d310d43c2b7ae11a0d95834e5a7'],
  ])('of Docker, as %s: the same as the archive', async (name, expected) => {
    const engine = await startFake(send(readFileSync(fixture(name))));
    const archive = await readWhole(fixture(name));
    const { store, images, digest, notes } = await readWhole('docker://clock:1', { env: dockerEnv(engine) });
    expect(store.kind).toBe('docker');
    expect(store.reference).toBe('docker://clock:1');
    expect(digest).toBe(expected);
    expect([store.root, store.wrapping, notes]).toEqual([archive.store.root, archive.store.wrapping, archive.notes]);
    expect(images.map(({ layers }) => layers)).toEqual(archive.images.map(({ layers }) => layers));
    expect(engine.requests).toEqual(['GET /_ping', 'GET /images/clock:1/get']);
    expect(await engine.connections()).toBe(0);
  });

  test('of Podman: by its own API, as a docker-archive, and without a digest', async () => {
    const engine = await startFake(send(podman), podmanPong);
    const { store, digest } = await readWhole('podman://localhost/clock', { env: { CONTAINER_HOST: engine.host } });
    expect([store.kind, digest]).toEqual(['podman', null]);
    expect(engine.requests).toEqual([
      'GET /_ping',
      'GET /v4.3.1/libpod/images/localhost/clock/get?format=docker-archive',
    ]);
  });

  test.each([
    ['a name without a tag is latest', 'clock', ['/images/clock:latest/get'], 1],
    ['in a registry with a port', 'localhost:5000/a/b', ['/images/localhost:5000/a/b:latest/get'], 1],
    ['in a registry with an address of IPv6', '[::1]:5000/a:1', ['/images/%5B::1%5D:5000/a:1/get'], 1],
    ['a digest', `clock@sha256:${ID}`, [`/images/clock@sha256:${ID}/get`], 1],
    ['an ID', ID, [`/images/${ID}/get`], 1],
    ['an ID with its algorithm', `sha256:${ID}`, [`/images/sha256:${ID}/get`], 1],
    ['the beginning of an ID', '20fdbd1ffdd3', ['/images/20fdbd1ffdd3/get'], 2],
    ['a name that looks like the beginning of an ID', 'cafe', ['/images/cafe:latest/get', '/images/cafe/get'], 1],
  ])('%s', async (_what, name, paths, asked) => {
    const engine = await startFake(having(paths));
    const store = await open(`docker://${name}`, { env: dockerEnv(engine) });
    await store.close();
    expect(engine.requests).toHaveLength(1 + asked);
    expect(paths.map((path) => `GET ${path}`)).toContain(engine.requests.at(-1));
  });
});

describe('what the engine says is passed on', () => {
  test.each<[string, Respond, string, string]>([
    [
      'that it lacks the image',
      (_, response) => sendError(response, 404, 'reference does not exist'),
      'ERR_NOT_FOUND',
      'no such image in Docker at SOCKET: reference does not exist',
    ],
    [
      'that it failed',
      (_, response) => sendError(response, 500, 'open /var/lib/docker: no space left on device'),
      'ERR_DAEMON',
      'Docker at SOCKET answers 500: open /var/lib/docker: no space left on device',
    ],
    [
      'as text',
      (_, response) => response.writeHead(403).end(' denied by policy\n'),
      'ERR_DAEMON',
      'Docker at SOCKET answers 403: denied by policy',
    ],
    [
      'as JSON without a message',
      (_, response) => response.writeHead(400).end('[1]'),
      'ERR_DAEMON',
      'Docker at SOCKET answers 400: [1]',
    ],
    [
      'nothing',
      (_, response) => response.writeHead(502).end(),
      'ERR_DAEMON',
      'Docker at SOCKET answers 502: no reason given',
    ],
    [
      'a redirect, which is not followed',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'ERR_DAEMON',
      'Docker at SOCKET answers 302: no reason given',
    ],
  ])('%s', async (_what, respond, code, message) => {
    const engine = await startFake(respond);
    const error = await failure(open('docker://a:1', { env: dockerEnv(engine) }));
    expect([error.code, error.message]).toEqual([code, message.replace('SOCKET', engine.socket)]);
    expect(error.describe()).toBe(`docker://a:1: ${error.message}`);
  });

  test('no more of it than can be read', async () => {
    const engine = await startFake((_, response) => {
      response.writeHead(500);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const error = await failure(open('docker://a:1', { env: dockerEnv(engine) }));
    expect(error.message).toBe(`Docker at ${engine.socket} answers 500: ${'x'.repeat(1000)}…`);
  });

  test('also when it is asked whether it is there', async () => {
    const engine = await startFake(send(classic), (response) => sendError(response, 403, 'authorization denied'));
    const error = await failure(open('docker://a:1', { env: dockerEnv(engine) }));
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      `Docker at ${engine.socket} answers 403: authorization denied`,
    ]);
  });

  test('also behind the archive that it could not finish', async () => {
    /* As moby's FormatError writes it. */
    const last = '{"errorDetail":{"message":"layer does not exist"},"error":"layer does not exist"}\r\n';
    for (const chunk of [1 << 20, 600, 33]) {
      const cut = Buffer.concat([classic.subarray(0, 10_240), Buffer.from(last)]);
      const engine = await startFake((_, response) => sendArchive(response, cut, chunk));
      const error = await failure(open('docker://a:1', { env: dockerEnv(engine) }));
      expect([error.code, error.message]).toEqual([
        'ERR_DAEMON',
        `Docker at ${engine.socket} failed while it sent: layer does not exist`,
      ]);
    }
  });
});

describe('a stream that is no image', () => {
  const cut = (_: unknown, response: Parameters<Respond>[1]): void => {
    response.writeHead(200);
    response.write(classic.subarray(0, 20_000), () => response.destroy());
  };
  test.each<[string, Respond, string, string]>([
    ['cut', cut, 'ERR_DAEMON', 'Docker at SOCKET ended the connection before all of the image had come'],
    [
      'shorter than its length',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': 99_999 });
        response.write(classic.subarray(0, 20_000), () => response.socket?.end());
      },
      'ERR_DAEMON',
      'Docker at SOCKET ended the connection before all of the image had come',
    ],
    [
      'cut where HTTP cannot tell',
      (_, response) => sendArchive(response, classic.subarray(0, 20_000)),
      'ERR_ARCHIVE_INVALID',
      'the archive from Docker is damaged',
    ],
    ['empty', send(Buffer.alloc(0)), 'ERR_NOT_AN_IMAGE', 'the archive from Docker is empty'],
    ['text', send(Buffer.from('<html>')), 'ERR_NOT_AN_IMAGE', 'the archive from Docker is no tar archive'],
  ])('%s', async (_what, respond, code, message) => {
    const engine = await startFake(respond);
    const error = await failure(open('docker://a:1', { env: dockerEnv(engine) }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message.replace('SOCKET', engine.socket));
  });

  test('without end', async () => {
    const engine = await startFake((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const limits = { ...DEFAULT_LIMITS, spoolBytes: 1_000_000 };
    const error = await failure(open('docker://a:1', { env: dockerEnv(engine), limits }));
    expect([error.code, error.message]).toEqual([
      'ERR_LIMIT_EXCEEDED',
      `bytes of the archive from Docker: more than 1000000, the limit spoolBytes (raise it with --max-spool-bytes)`,
    ]);
    await expect.poll(() => engine.connections()).toBe(0);
  });
});

describe('an engine that is silent', () => {
  const spoolFrom = (engine: FakeEngine, signal?: AbortSignal): Promise<unknown> =>
    spoolEngineImage(
      { engine: 'docker', name: 'a:1' },
      { env: dockerEnv(engine), limits: DEFAULT_LIMITS, signal, patience: { ping: 200, export: 200 } },
    );

  test('when it is asked whether it is there', async () => {
    const engine = await startFake(send(classic), () => {});
    const error = await failure(spoolFrom(engine));
    expect(error.code).toBe('ERR_DAEMON');
    expect(error.message).toContain(`Docker at ${engine.socket} `);
    expect(error.message).toContain('0.2 s');
  });

  test('in the middle of an answer to that', async () => {
    const engine = await startFake(send(classic), (response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => response.socket?.write('X-More: 1\r\n'), 50);
      response.socket?.once('close', () => clearInterval(timer));
    });
    const error = await failure(spoolFrom(engine));
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      `Docker at ${engine.socket} does not answer: nothing for 0.2 s`,
    ]);
  });

  test.each<[string, Respond]>([
    ['before the image', () => {}],
    [
      'in the middle of the image',
      (_, response) => {
        response.writeHead(200);
        response.write(classic.subarray(0, 10_000));
      },
    ],
    ['in the middle of an error', (_, response) => void response.writeHead(500).write('{')],
  ])('%s', async (_what, respond) => {
    const engine = await startFake(respond);
    const error = await failure(spoolFrom(engine));
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      `Docker at ${engine.socket} has sent nothing for 0.2 s`,
    ]);
    await expect.poll(() => engine.connections()).toBe(0);
  });

  test.each<[string, Respond, ((response: Parameters<Respond>[1]) => void) | undefined]>([
    ['asked whether it is there', send(classic), () => {}],
    ['before the image', () => {}, undefined],
    [
      'in the middle of the image',
      (_, response) => void response.writeHead(200).write(classic.subarray(0, 9)),
      undefined,
    ],
  ])('is aborted: %s', async (_what, respond, ping) => {
    const engine = await startFake(respond, ping ?? pong);
    const controller = new AbortController();
    const opening = failure(open('docker://a:1', { env: dockerEnv(engine), signal: controller.signal }));
    await sleep(100);
    controller.abort();
    expect((await opening).code).toBe('ERR_ABORTED');
    await expect.poll(() => engine.connections()).toBe(0);
  });
});

describe('an engine that does not run', () => {
  test('no socket', async () => {
    const path = join(folder, 'none.sock');
    const error = await failure(open('docker://a', { env: { DOCKER_HOST: `unix://${path}` } }));
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      `Docker does not run: there is no ${path} (from DOCKER_HOST)`,
    ]);
  });

  test('a socket that nothing listens at', async () => {
    const path = join(folder, 'dead.sock');
    writeFileSync(path, '');
    const error = await failure(open('podman://a', { env: { CONTAINER_HOST: `unix://${path}` } }));
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      `Podman does not run: nothing listens at ${path} (from CONTAINER_HOST)`,
    ]);
  });

  test('a port that nothing listens at', async () => {
    const error = await failure(open('docker://a', { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } }));
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      'Docker does not run: nothing listens at 127.0.0.1:1 (from DOCKER_HOST)',
    ]);
  });

  test('a socket that may not be used', async () => {
    const engine = await startFake(send(classic));
    chmodSync(engine.socket, 0);
    /* Loads what it takes, which nobody may not read. */
    await failure(open('docker://a', { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } }));
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    const error = await failure(open('docker://a', { env: dockerEnv(engine) })).finally(() => {
      if (isRoot) process.seteuid?.(0);
    });
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      `permission denied to use Docker at ${engine.socket} (from DOCKER_HOST)`,
    ]);
  });

  test('a socket of something else', async () => {
    const path = join(folder, 'other.sock');
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const error = await failure(open('docker://a', { env: { DOCKER_HOST: `unix://${path}` } }));
    server.close();
    expect([error.code, error.message]).toEqual(['ERR_DAEMON', `what listens at ${path} does not speak HTTP`]);
  });

  test('Docker where Podman should be', async () => {
    const engine = await startFake(send(classic));
    const error = await failure(open('podman://a', { env: { CONTAINER_HOST: engine.host } }));
    expect([error.code, error.message]).toEqual(['ERR_DAEMON', `what answers at ${engine.socket} is not Podman`]);
  });
});

test.each(['UPPER', 'a b', '../x', 'a/../b', 'a?b=c', 'a#b', 'a\r\nHost: b', '-a', 'a:'])(
  'docker://%j is asked of no engine',
  async (name) => {
    const engine = await startFake(send(classic));
    const error = await failure(open(`docker://${name}`, { env: dockerEnv(engine) }));
    expect(error.code).toBe('ERR_REFERENCE_INVALID');
    expect(engine.requests).toEqual([]);
  },
);

test('a message of the engine cannot write to a terminal', async () => {
  const engine = await startFake((_, response) => sendError(response, 500, 'a\u001b[2J\nerror: b\u202ec'));
  const error = await failure(open('docker://a:1', { env: dockerEnv(engine) }));
  expect(displayMessage(error.describe())).toMatch(/^docker:\/\/a:1: Docker at [ -~]* answers 500: a[ -~]*b[ -~]*c$/);
});

test.skipIf(!existsSync('/proc/self/fd'))('good and bad, they leave nothing open and nobody listening', async () => {
  const good = await startFake(send(classic));
  const bad = await startFake((_, response) => sendError(response, 500, 'no'));
  const cut = await startFake((_, response) => {
    response.writeHead(200);
    response.write(classic.subarray(0, 9000), () => response.destroy());
  });
  const { signal } = new AbortController();
  const once = async (): Promise<void> => {
    for (const engine of [good, bad, cut]) {
      const opening = open('docker://a:1', { env: dockerEnv(engine), signal });
      await opening.then(
        (store) => store.close(),
        () => {},
      );
      await expect.poll(() => engine.connections()).toBe(0);
    }
    await failure(open('docker://a:1', { env: { DOCKER_HOST: `unix://${folder}/none` }, signal }));
  };
  const openFiles = (): number => readdirSync('/proc/self/fd').length;
  await once();
  const files = openFiles();
  for (let i = 0; i < 20; i++) await once();
  await expect.poll(openFiles).toBeLessThanOrEqual(files);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
