import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { normalizeKey } from '../../../../packages/core/src/sources/registry/credential-files.js';
import { findCredentials } from '../../../../packages/core/src/sources/registry/find-credentials.js';
import { temporaryFolder } from '../support.js';

const base = temporaryFolder();
let folder = base;
let count = 0;
beforeEach(() => {
  count++;
  folder = join(base, String(count));
  mkdirSync(folder);
});

function encode(user: string, password: string): { auth: string } {
  return { auth: Buffer.from(`${user}:${password}`).toString('base64') };
}

function put(path: string, content: object | string): void {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content));
}

/** A credential helper as anybody may write one. */
function helper(name: string, script: string): void {
  const path = join(folder, 'bin', `docker-credential-${name}`);
  put(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function environment(more: Record<string, string> = {}): Record<string, string> {
  return { HOME: join(folder, 'home'), PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, ...more };
}

async function find(registry: string, repository = 'team/app', more: Record<string, string> = {}): Promise<unknown> {
  const { credentials } = await findCredentials(registry, repository, environment(more), undefined);
  return credentials;
}

async function problems(registry: string): Promise<readonly string[]> {
  return (await findCredentials(registry, 'team/app', environment(), undefined)).problems;
}

const A = { type: 'basic', username: 'a', password: 'pass:word' };
const B = { type: 'basic', username: 'b', password: 'b' };

describe("Docker's config.json", () => {
  test.each([
    ['r.example', 'r.example'],
    ['https://r.example', 'r.example'],
    ['https://r.example/v1/', 'r.example'],
    ['http://r.example/v2/', 'r.example'],
    ['r.example:5000', 'r.example:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
  ])('the key %s is for %s', async (key, registry) => {
    put('home/.docker/config.json', { auths: { [key]: encode('a', 'pass:word'), 'other.example': encode('b', 'b') } });
    expect(await find(registry)).toEqual(A);
  });

  test.each([
    ['r.example', 'r.example:5000'],
    ['r.example:5000', 'r.example'],
    ['r.example', 'x.r.example'],
    ['r.example', 'r.example.evil'],
    ['https://index.docker.io/v1/', 'r.example'],
  ])('the key %s is not for %s', async (key, registry) => {
    put('home/.docker/config.json', { auths: { [key]: encode('a', 'a') } });
    expect(await find(registry)).toBeNull();
  });

  test.each([
    [{ username: 'a', password: 'pass:word' }, A],
    [{ auth: Buffer.from('a:pass:word\0\0').toString('base64') }, A],
    [
      { auth: '', identitytoken: 'T' },
      { type: 'identity-token', token: 'T' },
    ],
    [
      { ...encode('a', 'b'), identitytoken: 'T' },
      { type: 'identity-token', token: 'T' },
    ],
    [{ registrytoken: 'T' }, { type: 'registry-token', token: 'T' }],
    [{}, null],
    [{ auth: '%%%' }, null],
    [{ auth: 5 }, null],
    [null, null],
    ['text', null],
  ])('the entry %j', async (entry, expected) => {
    put('home/.docker/config.json', { auths: { 'r.example': entry } });
    expect(await find('r.example')).toEqual(expected);
  });

  /* Source: docker/cli, cli/command/registry/login.go and internal/oauth/manager: tokens are kept beside the password. */
  test.each(['a-then-b', 'b-then-a'])(
    'what `docker login` keeps of Docker Hub beside the password: %s',
    async (order) => {
      const entries = [
        ['https://index.docker.io/v1/', encode('a', 'pass:word')],
        ['https://index.docker.io/v1/access-token', encode('b', 'ACCESS')],
        ['https://index.docker.io/v1/refresh-token', encode('b', 'REFRESH')],
      ];
      put('home/.docker/config.json', {
        auths: Object.fromEntries(order === 'a-then-b' ? entries : entries.reverse()),
      });
      expect(await find('docker.io')).toEqual(A);
    },
  );

  test('a key that is the registry comes before one that means it', async () => {
    put('home/.docker/config.json', {
      auths: { 'r.example': encode('a', 'pass:word'), 'https://r.example/v1/': encode('b', 'b') },
    });
    expect(await find('r.example')).toEqual(A);
  });

  test('DOCKER_CONFIG names its folder', async () => {
    put('home/.docker/config.json', { auths: { 'r.example': encode('b', 'b') } });
    put('other/config.json', { auths: { 'r.example': encode('a', 'pass:word') } });
    expect(await find('r.example', 'x', { DOCKER_CONFIG: join(folder, 'other') })).toEqual(A);
    expect(await find('r.example', 'x', { DOCKER_CONFIG: '' })).toEqual(B);
    expect(await find('r.example', 'x', { DOCKER_CONFIG: join(folder, 'none') })).toBeNull();
  });

  test('without an environment nothing is looked for', async () => {
    expect((await findCredentials('r.example', 'x', {}, undefined)).credentials).toBeNull();
  });
});

describe("Podman's auth.json", () => {
  test.each(['run', 'home/.config'])('in %s', async (place) => {
    put(`${place}/containers/auth.json`, { auths: { 'r.example': encode('a', 'pass:word') } });
    put('home/.docker/config.json', { auths: { 'r.example': encode('b', 'b') } });
    expect(await find('r.example', 'x', { XDG_RUNTIME_DIR: join(folder, 'run') })).toEqual(A);
  });

  test('XDG_CONFIG_HOME', async () => {
    put('config/containers/auth.json', { auths: { 'r.example': encode('a', 'pass:word') } });
    expect(await find('r.example', 'x', { XDG_CONFIG_HOME: join(folder, 'config') })).toEqual(A);
  });

  test('REGISTRY_AUTH_FILE, and none of the usual places', async () => {
    put('mine.json', { auths: { 'r.example': encode('a', 'pass:word') } });
    put('run/containers/auth.json', { auths: { 'r.example': encode('b', 'b'), 'only.example': encode('b', 'b') } });
    const more = { REGISTRY_AUTH_FILE: join(folder, 'mine.json'), XDG_RUNTIME_DIR: join(folder, 'run') };
    expect(await find('r.example', 'x', more)).toEqual(A);
    expect(await find('only.example', 'x', more)).toBeNull();
  });

  /* Source: containers-auth.json(5), "the most specific match". */
  test('the most specific name wins', async () => {
    put('home/.config/containers/auth.json', {
      auths: {
        'r.example/team/app': encode('app', 'x'),
        'r.example/team': encode('team', 'x'),
        'r.example': encode('all', 'x'),
      },
    });
    expect(await find('r.example', 'team/app')).toMatchObject({ username: 'app' });
    expect(await find('r.example', 'team/app/sub')).toMatchObject({ username: 'app' });
    expect(await find('r.example', 'team/application')).toMatchObject({ username: 'team' });
    expect(await find('r.example', 'other/app')).toMatchObject({ username: 'all' });
  });

  test('what one file has not, the next may have', async () => {
    put('run/containers/auth.json', { auths: { 'other.example': encode('b', 'b') } });
    put('home/.docker/config.json', { auths: { 'r.example': encode('a', 'pass:word') } });
    expect(await find('r.example', 'x', { XDG_RUNTIME_DIR: join(folder, 'run') })).toEqual(A);
  });
});

/* Real programs. Source: docker-credential-helpers, README.md. */
describe('credential helpers', () => {
  test('get what stands on standard input', async () => {
    helper(
      'test',
      `echo "$@" >"${folder}/arguments"; cat >"${folder}/input"; echo '{"Username":"a","Secret":"pass:word"}'`,
    );
    put('home/.docker/config.json', { auths: { 'r.example': {} }, credsStore: 'test' });
    expect(await find('r.example')).toEqual(A);
    expect(readFileSync(join(folder, 'arguments'), 'utf8')).toBe('get\n');
    expect(readFileSync(join(folder, 'input'), 'utf8')).toBe('r.example');
  });

  test("Docker Hub's key", async () => {
    helper('test', `cat >"${folder}/input"; echo '{"Username":"a","Secret":"pass:word"}'`);
    put('home/.docker/config.json', { credsStore: 'test' });
    expect(await find('docker.io')).toEqual(A);
    expect(readFileSync(join(folder, 'input'), 'utf8')).toBe('https://index.docker.io/v1/');
  });

  test('one for a registry comes before the one for all', async () => {
    helper('one', `echo '{"Username":"a","Secret":"pass:word"}'`);
    helper('all', `echo '{"Username":"b","Secret":"b"}'`);
    put('home/.docker/config.json', { credHelpers: { 'r.example': 'one' }, credsStore: 'all' });
    expect(await find('r.example')).toEqual(A);
    expect(await find('other.example')).toEqual(B);
  });

  test('an identity token', async () => {
    helper('test', `echo '{"Username":"<token>","Secret":"T"}'`);
    put('home/.docker/config.json', { credsStore: 'test' });
    expect(await find('r.example')).toEqual({ type: 'identity-token', token: 'T' });
  });

  test('one that is ended does not hold up by what it has started', async () => {
    helper('test', 'sleep 30 & head -c 5000000 /dev/zero');
    put('home/.docker/config.json', { credsStore: 'test' });
    const started = performance.now();
    expect(await problems('r.example')).toEqual(['docker-credential-test failed (status unknown)']);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('with nothing, what stands in the file', async () => {
    helper('test', `echo 'credentials not found in native keychain'; exit 1`);
    put('home/.docker/config.json', { auths: { 'r.example': encode('a', 'pass:word') }, credsStore: 'test' });
    expect(await find('r.example')).toEqual(A);
    expect(await problems('r.example')).toEqual([]);
  });

  test.each([
    ['exit 3', 'docker-credential-test failed (status 3)'],
    ['echo no JSON', 'docker-credential-test prints no credentials'],
    [`echo '{"Username":"a"}'`, 'docker-credential-test prints no credentials'],
    ['echo SECRET; exit 1', 'docker-credential-test failed (status 1)'],
    ['head -c 5000000 /dev/zero', 'docker-credential-test failed (status unknown)'],
  ])('%s', async (script, problem) => {
    helper('test', script);
    put('home/.docker/config.json', { credsStore: 'test' });
    expect(await problems('r.example')).toEqual([problem]);
  });

  test('one that is not there', async () => {
    put('home/.docker/config.json', { credsStore: 'test' });
    expect(await problems('r.example')).toEqual(['docker-credential-test is not there']);
  });

  /* Found by fuzzing: the process went on for a minute. */
  test('one that is not there leaves no timer behind', async () => {
    put('home/.docker/config.json', { credsStore: 'test' });
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await find('r.example');
    expect(timers()).toBe(before);
  });

  test.each(['../bin/x', '/bin/sh', 'a b', '', '-x', 'a;touch x', 'a\0b'])('%j is no helper', async (name) => {
    helper('x', `touch "${folder}/ran"`);
    put('home/.docker/config.json', { credsStore: name });
    expect(await find('r.example')).toBeNull();
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

describe('files that make no sense', () => {
  test.each([
    '{',
    '[]',
    '"x"',
    '',
    '\0',
    '{"auths":[]}',
    '{"auths":{"r.example":[]},"credsStore":5}',
    `${'['.repeat(99_999)}`,
  ])('%.20j', async (text) => {
    put('home/.docker/config.json', text);
    expect(await find('r.example')).toBeNull();
  });

  test('are told without what is in them', async () => {
    put('home/.docker/config.json', '{"auths": SECRET');
    expect(await problems('r.example')).toEqual(['config.json is no JSON document']);
  });

  test('a folder in place of a file', async () => {
    mkdirSync(join(folder, 'home/.docker/config.json'), { recursive: true });
    expect(await problems('r.example')).toEqual(['config.json: it is a folder']);
  });

  test('__proto__ is a key as any other', async () => {
    put('home/.docker/config.json', `{"auths":{"__proto__":${JSON.stringify(encode('a', 'a'))}}}`);
    expect(await find('r.example')).toBeNull();
    expect(normalizeKey('__proto__')).toBe('__proto__');
  });
});
