import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findDocker } from '../../../../packages/core/src/sources/engine/docker-endpoints.js';
import { parseEndpoint } from '../../../../packages/core/src/sources/engine/endpoint.js';
import { findPodman } from '../../../../packages/core/src/sources/engine/podman-endpoints.js';
import { requireTool } from '../../../support/tools.js';
import { failure, fixture, open, readWhole, run, temporaryFolder } from '../support.js';
import { podmanPong, type Respond, sendArchive, startFake, startFakeTcp } from './fake-engine.js';

const folder = temporaryFolder();
const archive = readFileSync(fixture('clock-save-classic.docker.tar'));
const send: Respond = (_request, response) => sendArchive(response, archive);

function newFolder(): string {
  return mkdtempSync(join(folder, 'home-'));
}

function put(path: string, content: unknown): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

/* As `docker context create` of Docker 20.10 writes it. */
function putContext(config: string, name: string, docker: object): string {
  const id = createHash('sha256').update(name).digest('hex');
  put(join(config, 'contexts', 'meta', id, 'meta.json'), { Name: name, Metadata: {}, Endpoints: { docker } });
  return join(config, 'contexts', 'tls', id, 'docker');
}

const sockets = (...paths: string[]): object => ({ endpoints: paths.map((path) => ({ type: 'socket', path })) });

describe('parseEndpoint', () => {
  const tls = { ca: 'ca', cert: 'cert', key: 'key', verify: true };
  test.each([
    ['unix:///run/a b.sock', null, { type: 'socket', path: '/run/a b.sock' }],
    ['tcp://localhost', null, { type: 'tcp', host: 'localhost', port: 2375, tls: null }],
    ['tcp://localhost/', tls, { type: 'tcp', host: 'localhost', port: 2376, tls }],
    ['tcp://10.0.0.1:99', null, { type: 'tcp', host: '10.0.0.1', port: 99, tls: null }],
    ['tcp://[::1]:2375', null, { type: 'tcp', host: '::1', port: 2375, tls: null }],
  ])('%s', (text, given, expected) => {
    expect(parseEndpoint(text, 'X', given)).toEqual(expected);
  });

  test.each([
    '',
    '/run/docker.sock',
    'unix://run',
    'unix:/x',
    'tcp://',
    'tcp://a:0',
    'tcp://a:99999',
    'tcp://u:secret@h:1',
  ])('%j is not understood, and not shown', async (text) => {
    const error = await failure(Promise.resolve().then(() => parseEndpoint(text, 'X', null)));
    expect([error.code, error.message]).toEqual(['ERR_DAEMON', 'X is no unix:///PATH and no tcp://HOST:PORT']);
  });

  test.each(['ssh', 'npipe', 'fd', 'http'])('%s:// is not supported', async (scheme) => {
    const error = await failure(Promise.resolve().then(() => parseEndpoint(`${scheme}://user@host`, 'X', null)));
    expect([error.code, error.message]).toEqual([
      'ERR_UNSUPPORTED',
      `X names an engine by ${scheme}://; only unix:// and tcp:// are read (save the image to a file instead)`,
    ]);
  });
});

describe('where Docker is', () => {
  test('without an environment: its usual socket', async () => {
    expect(await findDocker({})).toEqual({ ...sockets('/var/run/docker.sock'), saidBy: null });
  });

  test('the sockets of rootless Docker and of Docker Desktop', async () => {
    const home = newFolder();
    expect(await findDocker({ HOME: home, XDG_RUNTIME_DIR: '/run/user/1000', DOCKER_HOST: '' })).toEqual({
      ...sockets(
        '/var/run/docker.sock',
        '/run/user/1000/docker.sock',
        `${home}/.docker/run/docker.sock`,
        `${home}/.docker/desktop/docker.sock`,
      ),
      saidBy: null,
    });
  });

  test('DOCKER_HOST wins over contexts', async () => {
    const config = newFolder();
    putContext(config, 'one', { Host: 'unix:///one.sock' });
    const env = { DOCKER_CONFIG: config, DOCKER_CONTEXT: 'one', DOCKER_HOST: 'unix:///host.sock' };
    expect(await findDocker(env)).toEqual({ ...sockets('/host.sock'), saidBy: 'DOCKER_HOST' });
  });

  test('DOCKER_CONTEXT wins over config.json', async () => {
    const home = newFolder();
    const config = join(home, '.docker');
    putContext(config, 'one', { Host: 'unix:///one.sock' });
    putContext(config, 'two', { Host: 'unix:///two.sock' });
    put(join(config, 'config.json'), { auths: {}, currentContext: 'two' });
    expect(await findDocker({ HOME: home })).toEqual({ ...sockets('/two.sock'), saidBy: 'the Docker context two' });
    const one = { ...sockets('/one.sock'), saidBy: 'the Docker context one' };
    expect(await findDocker({ HOME: home, DOCKER_CONTEXT: 'one' })).toEqual(one);
    expect(await findDocker({ HOME: '/nowhere', DOCKER_CONFIG: config, DOCKER_CONTEXT: 'one' })).toEqual(one);
    expect(await findDocker({ DOCKER_CONFIG: config, DOCKER_CONTEXT: 'default' })).toEqual({
      ...sockets('/var/run/docker.sock'),
      saidBy: null,
    });
  });

  test.each([
    ['a context that is not there', 'gone', null, /^there is no Docker context gone in .*contexts$/],
    ['a name that is a path', '../../x', null, /^there is no Docker context \.\.\/\.\.\/x in /],
    ['a context without an engine', 'none', {}, /^the Docker context none names no engine$/],
    ['a Host of another type', 'none', { Host: {} }, /^the Docker context none names no engine$/],
  ])('%s', async (_what, name, docker, message) => {
    const config = newFolder();
    if (docker !== null) putContext(config, name, docker);
    const error = await failure(findDocker({ DOCKER_CONFIG: config, DOCKER_CONTEXT: name }));
    expect(error.code).toBe('ERR_DAEMON');
    expect(error.message).toMatch(message);
  });

  test('a config.json that is broken is told, its text is not', async () => {
    const config = newFolder();
    put(join(config, 'config.json'), '{"auths":{"a":{"auth":"c2VjcmV0"}}');
    const error = await failure(findDocker({ DOCKER_CONFIG: config }));
    expect([error.code, error.message]).toEqual(['ERR_DAEMON', `${join(config, 'config.json')} is not JSON`]);
    expect(`${error.stack} ${String(error.cause)}`).not.toContain('c2VjcmV0');
    put(join(config, 'config.json'), ' '.repeat(2 ** 20 + 1));
    expect((await failure(findDocker({ DOCKER_CONFIG: config }))).message).toContain('more than 1048576 bytes');
    put(join(config, 'config.json'), '["__proto__"]');
    expect(await findDocker({ DOCKER_CONFIG: config })).toMatchObject({ saidBy: null });
  });

  test('the first that answers, and else what says most', async () => {
    const home = newFolder();
    const runtime = join(home, 'run');
    mkdirSync(runtime);
    const dead = join(runtime, 'docker.sock');
    writeFileSync(dead, '');
    /* Where there is a Docker on this machine, it answers first. */
    const error = await failure(
      open('docker://ocidiff.test/none:1', { env: { HOME: home, XDG_RUNTIME_DIR: runtime } }),
    );
    if (error.message.includes('/var/run/docker.sock')) return;
    expect([error.code, error.message]).toEqual([
      'ERR_DAEMON',
      `Docker does not run: nothing listens at ${dead} (DOCKER_HOST names another place)`,
    ]);
  });
});

describe('where Podman is', () => {
  test('CONTAINER_HOST, the own socket, root’s', () => {
    expect(findPodman({})).toEqual({ ...sockets('/run/podman/podman.sock'), saidBy: null });
    expect(findPodman({ XDG_RUNTIME_DIR: '/run/user/1000' })).toEqual({
      ...sockets('/run/user/1000/podman/podman.sock', '/run/podman/podman.sock'),
      saidBy: null,
    });
    expect(findPodman({ CONTAINER_HOST: 'unix:///a.sock', XDG_RUNTIME_DIR: '/x' })).toEqual({
      ...sockets('/a.sock'),
      saidBy: 'CONTAINER_HOST',
    });
  });

  test('the own socket is used', async () => {
    const engine = await startFake(send, podmanPong);
    const runtime = newFolder();
    mkdirSync(join(runtime, 'podman'));
    run('ln', '-s', engine.socket, join(runtime, 'podman', 'podman.sock'));
    const store = await open('podman://a', { env: { XDG_RUNTIME_DIR: runtime } });
    await store.close();
    expect(store.kind).toBe('podman');
  });
});

test('over TCP', async () => {
  const engine = await startFakeTcp(send, null);
  const { store } = await readWhole('docker://a:1', { env: { DOCKER_HOST: engine.host } });
  expect(store.kind).toBe('docker');
});

describe.skipIf(!requireTool('openssl'))('TLS', () => {
  const certificates = newFolder();
  const at = (name: string): string => join(certificates, name);
  const make = (name: string, ...more: string[]): void => {
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      at(`${name}-key.pem`),
    ];
    const args = ['req', '-x509', ...key, '-out', at(`${name}.pem`), '-subj', `/CN=${name}`, '-days', '2', ...more];
    execFileSync('openssl', args, { stdio: 'pipe' });
  };
  beforeAll(() => {
    make('ca');
    for (const [name, alternative] of [
      ['server', 'IP:127.0.0.1'],
      ['other', 'DNS:other.example'],
      ['client', 'DNS:client'],
    ] as const) {
      const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-addext', 'basicConstraints=critical,CA:FALSE'];
      make(name, ...signed, '-addext', `subjectAltName=${alternative}`);
    }
  });
  const server = (name: string): object => ({
    ca: readFileSync(at('ca.pem')),
    cert: readFileSync(at(`${name}.pem`)),
    key: readFileSync(at(`${name}-key.pem`)),
    requestCert: true,
    rejectUnauthorized: true,
  });
  /** A folder as `DOCKER_CERT_PATH` has it, with these of its files. */
  const files = (folder: string, ...names: ('ca' | 'cert' | 'key')[]): string => {
    const from = { ca: 'ca.pem', cert: 'client.pem', key: 'client-key.pem' };
    for (const name of names) put(join(folder, `${name}.pem`), readFileSync(at(from[name]), 'utf8'));
    return folder;
  };

  test('by DOCKER_TLS_VERIFY and DOCKER_CERT_PATH', async () => {
    const { host } = await startFakeTcp(send, server('server'));
    const DOCKER_CERT_PATH = files(newFolder(), 'ca', 'cert', 'key');
    const { store } = await readWhole('docker://a:1', {
      env: { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH },
    });
    expect(store.kind).toBe('docker');
  });

  test('by the files in ~/.docker', async () => {
    const { host } = await startFakeTcp(send, server('server'));
    const home = newFolder();
    files(join(home, '.docker'), 'ca', 'cert', 'key');
    const store = await open('docker://a:1', { env: { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', HOME: home } });
    await store.close();
  });

  test('by a context', async () => {
    const { host } = await startFakeTcp(send, server('server'));
    const config = newFolder();
    files(putContext(config, 'far', { Host: host, SkipTLSVerify: false }), 'ca', 'cert', 'key');
    const store = await open('docker://a:1', { env: { DOCKER_CONFIG: config, DOCKER_CONTEXT: 'far' } });
    await store.close();
  });

  test('that proves another name: only where that is not to be verified', async () => {
    const { host, requests } = await startFakeTcp(send, server('other'));
    const DOCKER_CERT_PATH = files(newFolder(), 'ca', 'cert', 'key');
    const env = { DOCKER_HOST: host, DOCKER_CERT_PATH };
    const error = await failure(open('docker://a:1', { env: { ...env, DOCKER_TLS_VERIFY: '1' } }));
    expect([error.code, error.message]).toEqual(['ERR_DAEMON', expect.stringContaining('127.0.0.1')]);
    expect(error.message).toMatch(/^Docker at 127\.0\.0\.1:\d+ cannot be reached: Hostname\/IP does not match/);
    expect(requests).toEqual([]);
    const store = await open('docker://a:1', { env: { ...env, DOCKER_TLS: '1' } });
    await store.close();
    const config = newFolder();
    files(putContext(config, 'far', { Host: host, SkipTLSVerify: true }), 'cert', 'key');
    const other = await open('docker://a:1', { env: { DOCKER_CONFIG: config, DOCKER_CONTEXT: 'far' } });
    await other.close();
  });

  test.each([
    [
      'of an authority that nobody knows',
      ['cert', 'key'],
      /cannot be reached: (unable to verify|self-signed|unable to get)/,
    ],
    ['that wants a certificate of the client', ['ca'], /cannot be reached: /],
  ] as const)('%s', async (_what, names, message) => {
    const { host, requests } = await startFakeTcp(send, server('server'));
    const DOCKER_CERT_PATH = files(newFolder(), ...names);
    const env = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH };
    const error = await failure(open('docker://a:1', { env }));
    expect(error.code).toBe('ERR_DAEMON');
    expect(error.message).toMatch(message);
    expect(requests).toEqual([]);
  });

  test('where there is none', async () => {
    const { host } = await startFakeTcp(send, null);
    const DOCKER_CERT_PATH = files(newFolder(), 'ca');
    const env = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH };
    const error = await failure(open('docker://a:1', { env }));
    expect([error.code, error.message]).toEqual(['ERR_DAEMON', expect.stringContaining('cannot be reached')]);
  });

  test('where none is expected', async () => {
    const { host } = await startFakeTcp(send, server('server'));
    expect((await failure(open('docker://a:1', { env: { DOCKER_HOST: host } }))).code).toBe('ERR_DAEMON');
  });
});
