import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestServer } from '../../../support/fake-registry.js';
import { requireTool } from '../../../support/tools.js';
import { failure, open, temporaryFolder } from '../support.js';
import { pull, smallImage, startRegistry, startTokenServer, untilEnd } from './support.js';

const folder = temporaryFolder();
const hasOpenssl = requireTool('openssl');

/** A certificate of its own authority, for `names`. */
function certificate(name: string, names: string): { key: string; cert: string; file: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=test', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8'), file: cert };
}

let loopback: ReturnType<typeof certificate>;
let hub: ReturnType<typeof certificate>;
beforeAll(() => {
  if (!hasOpenssl) return;
  loopback = certificate('loopback', 'IP:127.0.0.1');
  hub = certificate('hub', 'DNS:registry-1.docker.io,DNS:auth.docker.io,DNS:registry.example');
});

describe.skipIf(!hasOpenssl)('TLS', () => {
  test('with the authority in a file', async () => {
    const registry = await startRegistry({ tls: loopback });
    const image = await smallImage();
    const { digest } = await pull(registry.push(image), { caFile: loopback.file });
    expect(digest).toBe(image.descriptor.digest);
  });

  test('unchecked', async () => {
    const registry = await startRegistry({ tls: loopback });
    const image = await smallImage();
    expect((await pull(registry.push(image), { insecure: true })).digest).toBe(image.descriptor.digest);
  });

  test('an authority that nobody knows is refused, and HTTP is not tried instead', async () => {
    const registry = await startRegistry({ tls: loopback });
    const error = await failure(pull(registry.push(await smallImage())));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(error.message).toContain('--ca-file');
    expect(registry.received).toHaveLength(0);
  });

  test('a certificate of another host is refused', async () => {
    const registry = await startRegistry({ tls: hub });
    const error = await failure(pull(registry.push(await smallImage()), { caFile: hub.file }));
    expect(error.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('no redirect leads from HTTPS to HTTP', async () => {
    const registry = await startRegistry({ tls: loopback });
    const plain = untilEnd(await TestServer.answering((_request, response) => response.end('x')));
    const reference = registry.push(await smallImage());
    registry.fault = (_request, response) => {
      response.writeHead(307, { location: plain.origin }).end();
    };
    const error = await failure(pull(reference, { caFile: loopback.file }));
    expect(error.message).toContain('redirects from https: to http:');
    expect(plain.received).toHaveLength(0);
  });

  test('HTTP for a host that speaks HTTPS alone', async () => {
    const registry = await startRegistry({ tls: loopback });
    const error = await failure(pull(registry.push(await smallImage()), { plainHttp: true }));
    expect(error.code).toBe('ERR_REGISTRY');
  });

  test('a file without certificates', async () => {
    const file = join(folder, 'empty.pem');
    writeFileSync(file, 'nothing');
    const error = await failure(pull('127.0.0.1:1/app:1', { caFile: file }));
    expect(error.code).toBe('ERR_OPTION_INVALID');
    expect(error.message).toBe(`${file} holds no certificate in PEM`);
  });

  test('a file that is not there', async () => {
    const error = await failure(pull('127.0.0.1:1/app:1', { caFile: join(folder, 'none.pem') }));
    expect(error.code).toBe('ERR_OPTION_INVALID');
    expect(error.message).toContain('none.pem: no such file or folder');
  });
});

describe('HTTP', () => {
  test.each(['127.0.0.1', 'localhost', '127.1.2.3'])('on the loopback host %s without being told', async (host) => {
    const registry = await startRegistry();
    const image = await smallImage();
    const reference = registry.push(image).replace('127.0.0.1', host);
    if (host === '127.1.2.3') {
      /* Nobody listens there: that it is asked at all over HTTP is what is shown. */
      const error = await failure(pull(reference));
      expect(error.message).toContain(`http://${host}`);
      return;
    }
    expect((await pull(reference)).digest).toBe(image.descriptor.digest);
  });

  test('at once, when told', async () => {
    const registry = await startRegistry();
    await pull(registry.push(await smallImage()), { plainHttp: true });
    expect(registry.sent(/^\/v2\/$/)).toHaveLength(0);
  });
});

/** A proxy that takes every host for one on this machine: no test asks the network. */
class TestProxy {
  readonly asked: { readonly host: string; readonly authorization: string | undefined }[] = [];
  readonly #server: Server = createServer();

  static async start(portOf: (host: string) => number): Promise<TestProxy> {
    const proxy = new TestProxy();
    proxy.#server.on('connect', (request, client, head) => {
      const host = request.url ?? '';
      proxy.asked.push({ host, authorization: request.headers['proxy-authorization'] });
      const upstream = connect(portOf(host), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) socket.on('error', () => client.destroy());
      upstream.on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function portOf(server: TestServer): number {
  return Number(server.host.split(':')[1]);
}

describe.skipIf(!hasOpenssl)('proxies', () => {
  const proxies: TestProxy[] = [];
  afterAll(() => Promise.all(proxies.map((proxy) => proxy.close())));

  async function startProxy(port: (host: string) => number): Promise<TestProxy> {
    const proxy = await TestProxy.start(port);
    proxies.push(proxy);
    return proxy;
  }

  test('Docker Hub through one: its hosts, its token, its official images', async () => {
    const registry = await startRegistry({ tls: hub });
    const tokens = await startTokenServer({ tls: hub });
    const proxy = await startProxy((host) => portOf(host.startsWith('auth.') ? tokens : registry));
    const image = await smallImage();
    registry.push(image, 'library/debian:latest');
    const guard = tokens.guard();
    registry.fault = (request, response, serve) => {
      if (request.headers.authorization !== undefined) {
        guard(request, response, serve);
        return;
      }
      const challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    };
    const env = { HTTPS_PROXY: `http://user:pass%20word@${proxy.host}` };
    const { digest } = await pull('debian', { caFile: hub.file }, { env });
    expect(digest).toBe(image.descriptor.digest);
    expect(new Set(proxy.asked.map(({ host }) => host))).toEqual(
      new Set(['registry-1.docker.io:443', 'auth.docker.io:443']),
    );
    const basic = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
    expect(new Set(proxy.asked.map(({ authorization }) => authorization))).toEqual(new Set([basic]));
    /* What is for the proxy is for it alone. */
    for (const { headers } of registry.received) expect(headers).not.toHaveProperty('proxy-authorization');
  });

  test('no token server over HTTP for a registry over HTTPS', async () => {
    const registry = await startRegistry({ tls: hub });
    const proxy = await startProxy(() => portOf(registry));
    registry.fault = (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://registry.example/token"' }).end();
    };
    const env = { https_proxy: proxy.host };
    const error = await failure(pull('registry.example/app:1', { caFile: hub.file }, { env }));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('names no token server that can be asked over https');
  });

  test.each([
    ['HTTPS_PROXY', {}, 'https'],
    ['HTTP_PROXY', { plainHttp: true }, 'http'],
    ['HTTP_PROXY', {}, 'https'],
  ])('one that refuses is told by its variable: %s, %j', async (name, options, scheme) => {
    const proxy = createServer();
    proxy.on('connect', (_request, client) => client.end('HTTP/1.1 407 No\r\n\r\n'));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const env = { [name]: `http://user:SECRET@127.0.0.1:${port}` };
    const error = await failure(pull('registry.example/app:1', options, { env }));
    proxy.close();
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toBe(
      `${scheme}://registry.example/v2/app/manifests/1: the proxy that ${name} names does not connect to it (407)`,
    );
  });

  test('one that is not there is hinted at', async () => {
    const env = { HTTPS_PROXY: 'http://user:SECRET@127.0.0.1:1' };
    const error = await failure(pull('registry.example/app:1', {}, { env }));
    expect(error.message).toBe(
      'https://registry.example/v2/app/manifests/1: connection refused (HTTPS_PROXY names a proxy)',
    );
  });

  test('for HTTP too', async () => {
    const registry = await startRegistry();
    const proxy = await startProxy(() => portOf(registry));
    registry.push(await smallImage(), 'app:1');
    await pull('registry.example/app:1', { plainHttp: true }, { env: { HTTP_PROXY: proxy.host } });
    expect(proxy.asked[0]?.host).toBe('registry.example:80');
  });

  test.each(['http_proxy', 'HTTP_PROXY'])('not for loopback hosts: %s', async (name) => {
    const registry = await startRegistry();
    const proxy = await startProxy(() => portOf(registry));
    await pull(registry.push(await smallImage()), {}, { env: { [name]: proxy.host } });
    expect(proxy.asked).toEqual([]);
  });

  test('not for what NO_PROXY names', async () => {
    const registry = await startRegistry();
    const proxy = await startProxy(() => portOf(registry));
    /* A host that is this machine, but no loopback host by its name. */
    const reference = registry.push(await smallImage()).replace('127.0.0.1', '0.0.0.0');
    const env = { HTTP_PROXY: proxy.host, NO_PROXY: 'other.example,0.0.0.0' };
    await pull(reference, { plainHttp: true }, { env });
    expect(proxy.asked).toEqual([]);
    await pull(reference, { plainHttp: true }, { env: { ...env, NO_PROXY: 'other.example' } });
    expect(proxy.asked.length).toBeGreaterThan(0);
  });

  test('one that is no URL is told without its password', async () => {
    const env = { HTTPS_PROXY: 'socks://user:SECRET@x' };
    const error = await failure(open('127.0.0.1:1/app:1', { env }));
    expect(error.code).toBe('ERR_OPTION_INVALID');
    expect(error.message).toContain('HTTPS_PROXY');
    expect(`${error.describe()} ${String(error.cause)}`).not.toContain('SECRET');
  });

  test('one that is not there', async () => {
    const env = { HTTPS_PROXY: 'http://user:SECRET@127.0.0.1:1' };
    const error = await failure(open('registry.example/app:1', { env }));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.describe()).not.toContain('SECRET');
  });
});
