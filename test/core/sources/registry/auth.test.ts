import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { FakeRegistry, Fault } from '../../../support/fake-registry.js';
import { refuse, sendBlob, TestServer } from '../../../support/fake-registry.js';
import { failure, temporaryFolder } from '../support.js';
import { pull, smallImage, startRegistry, startTokenServer, untilEnd } from './support.js';

const base = temporaryFolder();
const USER = 'user';
const PASSWORD = 'PASSWORD-5dd1';
const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
let folders = 0;

/** An environment in which `entry` is what `docker login` left for `host`. */
function loggedIn(host: string, entry: object = { auth: BASIC.slice('Basic '.length) }): Record<string, string> {
  const folder = join(base, String(++folders));
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: entry } }));
  return { DOCKER_CONFIG: folder };
}

async function guarded(fault?: Fault): Promise<{ registry: FakeRegistry; reference: string }> {
  const registry = await startRegistry();
  const reference = registry.push(await smallImage());
  if (fault !== undefined) registry.fault = fault;
  return { registry, reference };
}

const basicOnly: Fault = ({ headers }, response, serve) => {
  if (headers.authorization === BASIC) serve();
  else refuse(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="here"' });
};

function authorizations(server: TestServer): unknown[] {
  return server.received.map(({ headers }) => headers.authorization);
}

describe('a name and a password', () => {
  test('are said when they are asked for, then at once', async () => {
    const { registry, reference } = await guarded(basicOnly);
    await pull(reference, {}, { env: loggedIn(registry.host) });
    expect(authorizations(registry)).toEqual([undefined, BASIC, BASIC, BASIC]);
  });

  test('are not said where nobody asks', async () => {
    const { registry, reference } = await guarded();
    await pull(reference, {}, { env: loggedIn(registry.host) });
    expect(authorizations(registry)).toEqual([undefined, undefined, undefined]);
  });

  test('of another registry are not said', async () => {
    const { registry, reference } = await guarded(basicOnly);
    const error = await failure(pull(reference, {}, { env: loggedIn('127.0.0.1:1') }));
    expect(error.code).toBe('ERR_UNAUTHORIZED');
    expect(error.message).toContain(`no credentials for ${registry.host} were found`);
    expect(authorizations(registry)).toEqual([undefined]);
  });

  test('that are wrong are said once', async () => {
    const { registry, reference } = await guarded(basicOnly);
    const env = loggedIn(registry.host, { username: USER, password: 'SECRET' });
    const error = await failure(pull(reference, {}, { env }));
    expect(error.code).toBe('ERR_UNAUTHORIZED');
    expect(error.message).toBe(`${reference}: access denied (401 UNAUTHORIZED)`);
    expect(registry.received).toHaveLength(2);
    expect(error.describe()).not.toContain('SECRET');
  });

  test('403 is no question', async () => {
    const { registry, reference } = await guarded((_request, response) => refuse(response, 403, 'DENIED'));
    const error = await failure(pull(reference, {}, { env: loggedIn(registry.host) }));
    expect(error.code).toBe('ERR_UNAUTHORIZED');
    expect(error.message).toContain('access denied (403 DENIED)');
    expect(authorizations(registry)).toEqual([undefined]);
  });

  test('a challenge of a kind that is not known', async () => {
    const { registry, reference } = await guarded((_request, response) =>
      refuse(response, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Negotiate' }),
    );
    const error = await failure(pull(reference, {}, { env: loggedIn(registry.host) }));
    expect(error.code).toBe('ERR_UNAUTHORIZED');
    expect(registry.received).toHaveLength(1);
  });

  test('do not go along to another host, not even on the way back', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    const reference = registry.push(image);
    const layer = image.layers[0];
    if (layer === undefined) throw new Error('no layer');
    const store = untilEnd(
      await TestServer.answering(({ url }, response) => {
        response.writeHead(307, { location: `${registry.origin}/back${url}` }).end();
      }),
    );
    registry.fault = (request, response, serve) => {
      if (request.url.startsWith('/back')) sendBlob(response, layer.stored);
      else if (request.headers.authorization === BASIC && request.url.endsWith(layer.descriptor.digest)) {
        response.writeHead(307, { location: `${store.origin}/x` }).end();
      } else basicOnly(request, response, serve);
    };
    await pull(reference, {}, { env: loggedIn(registry.host) });
    expect(authorizations(store)).toEqual([undefined]);
    expect(registry.sent(/^\/back/).map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('go along within one host', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    const reference = registry.push(image);
    registry.fault = (request, response, serve) => {
      if (request.url.startsWith('/v2/team/app/manifests/1')) {
        response.writeHead(302, { location: `/v2/team/app/manifests/${image.descriptor.digest}` }).end();
      } else basicOnly(request, response, serve);
    };
    await pull(reference, {}, { env: loggedIn(registry.host) });
    expect(registry.sent(/manifests\/sha256/).map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC]);
  });
});

describe('tokens', () => {
  test('anonymous: one for all requests', async () => {
    const tokens = await startTokenServer();
    const { registry, reference } = await guarded(tokens.guard());
    await pull(reference);
    expect(authorizations(registry)).toEqual([undefined, 'Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    expect(tokens.received).toHaveLength(1);
    const [asked] = tokens.received;
    const url = new URL(String(asked?.url), tokens.origin);
    expect(asked?.method).toBe('GET');
    expect(url.pathname).toBe('/token');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      service: 'test-registry',
      scope: 'repository:team/app:pull',
    });
    expect(asked?.headers.authorization).toBeUndefined();
  });

  test('for a name and a password, which the registry itself does not get', async () => {
    const tokens = await startTokenServer();
    const { registry, reference } = await guarded(tokens.guard());
    await pull(reference, {}, { env: loggedIn(registry.host) });
    expect(authorizations(tokens)).toEqual([BASIC]);
    expect(tokens.received[0]?.url).toContain(`account=${USER}`);
    expect(authorizations(registry)).not.toContain(BASIC);
  });

  test('for an identity token, by POST', async () => {
    const tokens = await startTokenServer();
    tokens.member = 'access_token';
    const { registry, reference } = await guarded(tokens.guard());
    await pull(reference, {}, { env: loggedIn(registry.host, { identitytoken: 'IDENTITY' }) });
    const [asked] = tokens.received;
    expect(asked?.method).toBe('POST');
    expect(asked?.url).toBe('/token');
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'refresh_token',
      service: 'test-registry',
      scope: 'repository:team/app:pull',
      client_id: 'ocidiff',
      refresh_token: 'IDENTITY',
    });
    expect(authorizations(registry).at(-1)).toBe('Bearer token-1');
  });

  test('of the registry, as they are', async () => {
    const tokens = await startTokenServer();
    const { registry, reference } = await guarded(tokens.guard());
    tokens.issued = 1;
    await pull(reference, {}, { env: loggedIn(registry.host, { registrytoken: 'token-1' }) });
    expect(tokens.received).toHaveLength(0);
  });

  test('that have ended are fetched anew', async () => {
    const tokens = await startTokenServer();
    const { registry, reference } = await guarded();
    const guard = tokens.guard();
    let served = 0;
    registry.fault = (request, response, serve) => {
      /* The registry holds each for one request. */
      const once = (): void => {
        served++;
        tokens.issued += served < 3 ? 1 : 0;
        serve();
      };
      guard(request, response, once);
    };
    await pull(reference);
    expect(served).toBe(3);
    expect(tokens.received.length).toBe(3);
  });

  test('that are about to end are fetched before they do', async () => {
    const tokens = await startTokenServer();
    tokens.more = { expires_in: 120 };
    const { registry, reference } = await guarded();
    const guard = tokens.guard();
    let later = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + later);
    registry.fault = (request, response, serve) => {
      if (request.url.includes('/blobs/')) later = 116_000;
      guard(request, response, serve);
    };
    await pull(reference);
    vi.restoreAllMocks();
    /* Manifest, config, layer: two minutes pass at the config. */
    const used = [undefined, 'Bearer token-1', 'Bearer token-1', 'Bearer token-2'];
    expect(authorizations(registry)).toEqual(used);
  });

  test('that have ended when they come are used all the same, and not fetched for ever', async () => {
    const tokens = await startTokenServer();
    tokens.more = {};
    const { registry, reference } = await guarded(tokens.guard());
    let later = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + later);
    tokens.server.on('request', () => {
      later += 61_000;
      if (tokens.received.length > 10) tokens.instead = (_request, response) => refuse(response, 403, 'DENIED');
    });
    await pull(reference);
    vi.restoreAllMocks();
    expect(tokens.received).toHaveLength(3);
    expect(registry.received.length).toBeGreaterThan(3);
  });

  test('that are refused: an end', async () => {
    const tokens = await startTokenServer();
    const { registry, reference } = await guarded((_request, response) => {
      const challenge = `Bearer realm="${tokens.origin}/token",error="insufficient_scope"`;
      refuse(response, 401, 'DENIED', { 'www-authenticate': challenge });
    });
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_UNAUTHORIZED');
    expect(error.message).toContain('access denied (401 DENIED)');
    expect(registry.received).toHaveLength(3);
  });

  test.each([
    ['repository:other/name:pull', 'repository:other/name:pull'],
    ['repository:team/app:pull,push', 'repository:team/app:pull'],
    ['repository:team/app:*', 'repository:team/app:pull'],
    ['registry:catalog:*', 'repository:team/app:pull'],
  ])('with the scope %s in the challenge: %s is asked for', async (challenged, asked) => {
    const tokens = await startTokenServer();
    const { reference } = await guarded(tokens.guard(challenged));
    await pull(reference);
    expect(new URL(String(tokens.received[0]?.url), tokens.origin).searchParams.get('scope')).toBe(asked);
  });

  test.each([
    ['', 'holds no token'],
    ['[]', 'holds no token'],
    ['{"token":5}', 'holds no token'],
    ['{"token":""}', 'holds no token'],
    ['{"token":"a\\r\\nx-evil: 1"}', 'holds no token'],
    ['{"token":"ä"}', 'holds no token'],
    [`{"token":"${'x'.repeat(2 ** 21)}"}`, 'more than 1048576 bytes'],
  ])('an answer that is none: %.30s', async (answer, message) => {
    const tokens = await startTokenServer();
    const { reference } = await guarded(tokens.guard());
    tokens.instead = (_request, response) => {
      response.writeHead(200).end(answer);
    };
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain(message);
  });

  test('a server that refuses', async () => {
    const tokens = await startTokenServer();
    const { registry, reference } = await guarded(tokens.guard());
    tokens.instead = (_request, response) => refuse(response, 401, 'UNAUTHORIZED');
    const error = await failure(pull(reference, {}, { env: loggedIn(registry.host) }));
    expect(error.code).toBe('ERR_UNAUTHORIZED');
    expect(error.message).toContain(`the token server ${tokens.origin}: access denied`);
    expect(tokens.received).toHaveLength(1);
    expect(error.describe()).not.toContain(PASSWORD);
  });

  test('a server that is busy is asked again', async () => {
    const tokens = await startTokenServer();
    const { reference } = await guarded(tokens.guard());
    let refusals = 0;
    const answer = (): void => {
      tokens.instead = refusals++ < 2 ? (_request, response) => refuse(response, 503, 'UNAVAILABLE') : null;
    };
    answer();
    tokens.server.on('request', (_request, response) => response.on('finish', answer));
    await pull(reference);
    expect(tokens.received).toHaveLength(3);
  });

  test('a server that sends away: without the password', async () => {
    const tokens = await startTokenServer();
    const elsewhere = await startTokenServer();
    const { registry, reference } = await guarded(elsewhere.guard());
    const guard = registry.fault as Fault;
    registry.fault = (request, response, serve) => {
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((status: number, headers: Record<string, string>) =>
        writeHead(
          status,
          headers['www-authenticate'] === undefined
            ? headers
            : { ...headers, 'www-authenticate': `Bearer realm="${tokens.origin}/token"` },
        )) as typeof response.writeHead;
      guard(request, response, serve);
    };
    tokens.instead = (_request, response) => {
      response.writeHead(307, { location: `${elsewhere.origin}/token` }).end();
    };
    await pull(reference, {}, { env: loggedIn(registry.host) });
    expect(authorizations(tokens)).toEqual([BASIC]);
    expect(authorizations(elsewhere)).toEqual([undefined]);
  });

  test.each([307, 302])('a server that sends away (%i): without the identity token', async (status) => {
    const tokens = await startTokenServer();
    const elsewhere = await startTokenServer();
    const { registry, reference } = await guarded(tokens.guard());
    tokens.instead = (_request, response) => {
      response.writeHead(status, { location: `${elsewhere.origin}/token` }).end();
    };
    const error = await failure(
      pull(reference, {}, { env: loggedIn(registry.host, { identitytoken: 'IDENTITY-5dd1' }) }),
    );
    expect(elsewhere.received).toEqual([]);
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toBe(`${tokens.origin}/token: redirects credentials to another host`);
  });

  test.each(['nowhere', 'ftp://127.0.0.1/token', ''])('a server at %j', async (realm) => {
    const { reference } = await guarded((_request, response) =>
      refuse(response, 401, 'UNAUTHORIZED', { 'www-authenticate': `Bearer realm="${realm}"` }),
    );
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('names no token server');
  });

  test('several at once fetch one', async () => {
    const tokens = await startTokenServer();
    const { reference } = await guarded(tokens.guard());
    const { open } = await import('../support.js');
    const store = await open(reference);
    tokens.issued++;
    const { root } = store;
    if (root.type !== 'descriptor') throw new Error('no descriptor');
    const ref = { name: 'x', digest: `sha256:${'0'.repeat(64)}` as never, size: null };
    await Promise.all([1, 2, 3, 4].map(() => store.stat(ref)));
    expect(tokens.received).toHaveLength(2);
    await store.close();
  });
});

describe('nothing secret is told', () => {
  test('whatever a registry gives back', async () => {
    const { registry, reference } = await guarded(({ headers }, response) => {
      const echo = `${headers.authorization ?? 'nothing'}`;
      const headersWithEcho = { 'www-authenticate': 'Basic realm="here"', 'x-echo': echo };
      response.writeHead(headers.authorization === undefined ? 401 : 400, headersWithEcho);
      response.end(JSON.stringify({ errors: [{ code: echo, message: echo, detail: echo }] }));
    });
    const error = await failure(pull(reference, {}, { env: loggedIn(registry.host) }));
    expect(error.code).toBe('ERR_REGISTRY');
    const told = `${error.describe()} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
    expect(told).not.toContain(PASSWORD);
    expect(told).not.toContain(BASIC.slice('Basic '.length));
  });
});
