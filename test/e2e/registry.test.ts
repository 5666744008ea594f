import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../packages/core/src/index.js';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.js';
import { FakeRegistry } from '../support/fake-registry.js';
import { type BuiltImage, buildImage, buildIndex, type EntrySpec } from '../support/images.js';
import { requireTool } from '../support/tools.js';
import { compare, outcome, rejection, temporaryFolder, writeArchive } from './support.js';

const folder = temporaryFolder();
const FIXTURES = join(import.meta.dirname, '../../fixtures');
const fixture = (name: string): string => join(FIXTURES, name);
const sh = promisify(execFile);

const running: FakeRegistry[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((registry) => registry.close()));
});

async function startFake(): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start();
  running.push(registry);
  return registry;
}

/** What does not depend on where the images came from: all but the inputs, and what an archive wraps around one. */
function told(report: Report): object {
  const { inputs, differences, summary, ...rest } = report;
  const { transport = 0, ...byRule } = summary.byRule;
  return {
    ...rest,
    platforms: inputs.map(({ platforms, digest, mediaType }) => ({ platforms, digest, mediaType })),
    differences: differences.filter(({ ignoredBy }) => ignoredBy !== 'transport'),
    summary: { ...summary, ignored: summary.ignored - transport, byRule },
  };
}

const CAT: readonly EntrySpec[] = [{ path: 'cat', content: 'a cat' }];

function layer(path: string, content: string): { entries: readonly EntrySpec[]; compression: 'gzip' } {
  return { entries: [{ path, content }], compression: 'gzip' };
}

describe('what is fetched', () => {
  let shared: BuiltImage;
  let other: BuiltImage;
  beforeAll(async () => {
    shared = await buildImage({ layers: [layer('base', 'the same'), layer('cat', 'one')] });
    other = await buildImage({ layers: [layer('base', 'the same'), layer('cat', 'two')] });
  });
  const digests = ({ layers }: BuiltImage): string[] => layers.map(({ descriptor }) => descriptor.digest);

  test('of two images in a registry: not the layer that both name by one digest', async () => {
    const registry = await startFake();
    const report = await compare(registry.push(shared, 'app:0'), registry.push(other, 'app:1'));
    expect(report.verdict).toBe('different');
    const [base, top0] = digests(shared);
    const [, top1] = digests(other);
    expect(registry.blobsFetched).not.toContain(base);
    expect(registry.blobsFetched).toEqual(expect.arrayContaining([top0, top1]));
  });

  test('of one image twice: no layer at all', async () => {
    const registry = await startFake();
    const report = await compare(registry.push(shared, 'app:0'), registry.push(shared, 'app:1'));
    expect(report.verdict).toBe('identical');
    for (const digest of digests(shared)) expect(registry.blobsFetched).not.toContain(digest);
  });

  test.each([0, 1])('of an image and a file (side %i): nothing that the file has, which is hashed', async (side) => {
    const registry = await startFake();
    const reference = registry.push(shared, 'app:0');
    const archive = await writeArchive(folder, `shared-${side}.tar`, shared);
    const pair = side === 0 ? ([archive, reference] as const) : ([reference, archive] as const);
    expect((await compare(...pair)).verdict).toBe('identical');
    for (const digest of digests(shared)) expect(registry.blobsFetched).not.toContain(digest);
    const damaged = new Map(shared.blobs);
    const [base = ''] = digests(shared);
    damaged.set(base, Buffer.alloc((damaged.get(base) as Buffer).length));
    const broken = await writeArchive(folder, `damaged-${side}.tar`, { ...shared, blobs: damaged });
    const report = await compare(...(side === 0 ? ([broken, reference] as const) : ([reference, broken] as const)));
    expect(report.verdict).toBe('incomplete');
    expect(report.failures).toMatchObject([{ code: 'ERR_DIGEST_MISMATCH' }]);
  });

  /* Layers that both have are needed where another in the middle differs in the path that they hold. */
  test.each([0, 1])('for trees: the index of a shared layer comes from the file (side %i)', async (side) => {
    const registry = await startFake();
    const [below, above] = [layer('base', 'the same'), layer('cat', 'over')];
    const images = [
      await buildImage({ layers: [below, layer('cat', 'one'), above] }),
      await buildImage({ layers: [below, layer('cat', 'two'), above] }),
    ] as const;
    const remote = images[side === 0 ? 1 : 0];
    const local = images[side === 0 ? 0 : 1];
    const archive = await writeArchive(folder, `trees-${side}.tar`, local);
    const reference = registry.push(remote, 'app:0');
    const pair = side === 0 ? ([archive, reference] as const) : ([reference, archive] as const);
    const report = await compare(...pair, { mode: 'semantic' });
    expect(registry.blobsFetched.filter((digest) => digests(remote).includes(digest))).toEqual([digests(remote)[1]]);
    const both = [
      await writeArchive(folder, 'a.tar', images[0]),
      await writeArchive(folder, 'b.tar', images[1]),
    ] as const;
    expect(told(report)).toEqual(told(await compare(...both, { mode: 'semantic' })));
    expect(report.verdict).toBe('equivalent');
  });

  test('a report folder: only layers with its files', async () => {
    const registry = await startFake();
    const reportDir = join(folder, 'report');
    await compare(registry.push(shared, 'app:0'), registry.push(other, 'app:1'), { reportDir });
    expect(readFileSync(join(reportDir, 'input-0/layers-1/cat'), 'utf8')).toBe('one');
    expect(readFileSync(join(reportDir, 'input-1/layers-1/cat'), 'utf8')).toBe('two');
    expect(registry.blobsFetched).not.toContain(digests(shared)[0]);
  });

  test('of an index, only the platforms that are compared', async () => {
    const registry = await startFake();
    const arm = await buildImage({ platform: { os: 'linux', architecture: 'arm64' }, layers: [layer('arm', 'x')] });
    const children = [
      { built: shared, platform: { os: 'linux', architecture: 'amd64' } },
      { built: arm, platform: { os: 'linux', architecture: 'arm64' } },
    ];
    const index = registry.push(buildIndex(children), 'app:0');
    const report = await compare(index, registry.push(other, 'app:1'), { platforms: ['linux/amd64'] });
    expect(report.verdict).toBe('different');
    expect(registry.blobsFetched).not.toContain(digests(arm)[0]);
  });
});

test('many comparisons leave no connection', async () => {
  const registry = await startFake();
  const references = await Promise.all(
    ['one', 'two'].map(async (text) =>
      registry.push(await buildImage({ layers: [layer('cat', text)] }), `app:${text}`),
    ),
  );
  for (let turn = 0; turn < 25; turn++) await compare(references[0] as string, references[1] as string);
  for (let turns = 0; registry.connections > 0 && turns < 100; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(registry.connections).toBe(0);
});

/* Starting takes longer with it, and archives need none. */
test('the client is loaded for registries alone', async () => {
  const script = `
    import { createRequire } from 'node:module';
    import { diffImages } from ${JSON.stringify(join(import.meta.dirname, '../../packages/core/dist/index.js'))};
    const { cache } = createRequire(import.meta.url);
    const isLoaded = () => Object.keys(cache).some((path) => /[\\\\/]undici[\\\\/]/.test(path));
    const image = ${JSON.stringify(fixture('arm64.oci.tar'))};
    await diffImages(image, image);
    const before = isLoaded();
    await diffImages('127.0.0.1:1/app:1', image).catch(() => {});
    console.log(before, isLoaded());`;
  const { stdout } = await sh(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout).toBe('false true\n');
});

describe('what fails', () => {
  test('in a layer: an incomplete report that names it', async () => {
    const registry = await startFake();
    const [image0, image1] = [
      await buildImage({ layers: [{ entries: CAT }] }),
      await buildImage({ layers: [layer('cat', 'x')] }),
    ];
    const [reference0, reference1] = [registry.push(image0, 'app:0'), registry.push(image1, 'app:1')];
    const digest = image1.layers[0]?.descriptor.digest ?? '';
    registry.fault = ({ url }, response, serve) => {
      if (url.endsWith(digest)) response.writeHead(410).end();
      else serve();
    };
    const report = await compare(reference0, reference1);
    expect(report.verdict).toBe('incomplete');
    expect(report.failures).toEqual([
      { code: 'ERR_REGISTRY', message: expect.stringContaining(`${reference1}: ${digest}: the answer is 410`) },
    ]);
  });

  test('options that make no sense', async () => {
    for (const registry of [{ plainHttps: true }, { timeout: 0 }, { caFile: '' }, { insecure: 'yes' }]) {
      const error = await rejection('a/b:1', 'a/b:2', { registry: registry as never });
      expect(error.code).toBe('ERR_OPTION_INVALID');
      expect(error.message).toContain('registry.');
    }
  });
});

/* Debian's docker-registry, filled by skopeo: neither knows ocidiff. */
const hasTools = requireTool('docker-registry') && requireTool('skopeo') && requireTool('openssl');
describe.skipIf(!hasTools)('a real registry', () => {
  /* Made by `htpasswd -nbB user 'pass word'` (apache2-utils 2.4). */
  const HTPASSWD = 'user:$2y$05$ZL3WS7h15xUyXsUuwJH2b.B0Q3ppS/PBDCzj5Lw5XyfWBgy.pAAoq';
  const USER = 'user:pass word';
  const registries: DockerRegistry[] = [];
  let open: DockerRegistry;
  let locked: DockerRegistry;
  let cert = '';

  beforeAll(async () => {
    const key = join(folder, 'tls.key');
    cert = join(folder, 'tls.pem');
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
      ],
      { stdio: 'ignore' },
    );
    const htpasswd = join(folder, 'htpasswd');
    writeFileSync(htpasswd, `${HTPASSWD}\n`);
    open = await startDockerRegistry(join(folder, 'open'));
    registries.push(open);
    locked = await startDockerRegistry(join(folder, 'locked'), { htpasswd, tls: { key, cert } });
    registries.push(locked);
    await push(open, 'oci-archive', 'clock-buildkit-0.oci.tar', 'clock:0');
    await push(open, 'oci-archive', 'clock-buildkit-1.oci.tar', 'clock:1');
    await push(open, 'oci-archive', 'multi-1.oci.tar', 'team/multi:1', '--all');
    await push(open, 'oci-archive', 'multi-2.oci.tar', 'team/multi:2', '--all');
    await push(locked, 'oci-archive', 'clock-buildkit-1.oci.tar', 'clock:1', '--dest-creds', USER);
  }, 120_000);
  afterAll(() => Promise.all(registries.map((registry) => registry.close())));

  async function push(to: DockerRegistry, kind: string, name: string, as: string, ...more: string[]): Promise<void> {
    const target = `docker://${to.host}/${as}`;
    /* skopeo with --preserve-digests pushes the very bytes, or fails. */
    await sh('skopeo', [
      ...['copy', '--preserve-digests', '--dest-tls-verify=false', ...more],
      ...[`${kind}:${fixture(name)}`, target],
    ]);
  }

  test.each<[string, string, string, string]>([
    ['clock-buildkit-0.oci.tar', 'clock:0', 'clock-buildkit-1.oci.tar', 'clock:1'],
    ['clock-buildkit-1.oci.tar', 'clock:1', 'clock-buildkit-1.oci.tar', 'clock:1'],
    ['multi-1.oci.tar', 'team/multi:1', 'multi-2.oci.tar', 'team/multi:2'],
  ])('%s as %s and %s as %s: the same report as of the archives', async (archive0, name0, archive1, name1) => {
    const [path0, path1] = [fixture(archive0), fixture(archive1)];
    const [reference0, reference1] = [`${open.host}/${name0}`, `${open.host}/${name1}`];
    for (const options of [{}, { mode: 'semantic' }, { allPlatforms: true, verbose: true }] as const) {
      const expected = told(await compare(path0, path1, options));
      expect(told(await compare(reference0, reference1, options))).toEqual(expected);
      expect(told(await compare(path0, reference1, options))).toEqual(expected);
      expect(told(await compare(reference0, path1, options))).toEqual(expected);
    }
    const report = await compare(reference0, reference1);
    expect(report.inputs[0]).toMatchObject({ reference: reference0, source: 'registry' });
  });

  test('by digest', async () => {
    const report = await compare(`${open.host}/clock:1`, fixture('clock-buildkit-1.oci.tar'));
    const { digest } = report.inputs[0];
    const again = await compare(`${open.host}/clock@${digest}`, fixture('clock-buildkit-1.oci.tar'));
    expect(again.verdict).toBe('identical');
  });

  test('a tag that is not there', async () => {
    const error = await rejection(`${open.host}/clock:none`, fixture('clock-buildkit-1.oci.tar'));
    expect(error.code).toBe('ERR_NOT_FOUND');
    expect(error.message).toContain('MANIFEST_UNKNOWN');
  });

  test('with a password and a certificate of its own', async () => {
    const config = join(folder, 'docker');
    mkdirSync(config);
    const auths = { [locked.host]: { auth: Buffer.from(USER).toString('base64') } };
    writeFileSync(join(config, 'config.json'), JSON.stringify({ auths }));
    const options = { env: { DOCKER_CONFIG: config }, registry: { caFile: cert } };
    const [reference, archive] = [`${locked.host}/clock:1`, fixture('clock-buildkit-1.oci.tar')];
    expect((await compare(reference, archive, options)).verdict).toBe('identical');
    const insecure = { ...options, registry: { insecure: true } };
    expect((await compare(reference, archive, insecure)).verdict).toBe('identical');
    const nobody = await outcome(reference, archive, { registry: { caFile: cert } });
    expect(nobody).toMatchObject({ code: 'ERR_UNAUTHORIZED' });
    const unknown = await outcome(reference, archive, { env: { DOCKER_CONFIG: config } });
    expect(unknown).toMatchObject({ code: 'ERR_REGISTRY' });
  });

  test('the command, logged in with podman login’s file', async () => {
    const authFile = join(folder, 'auth.json');
    const auths = { [locked.host]: { auth: Buffer.from(USER).toString('base64') } };
    writeFileSync(authFile, JSON.stringify({ auths }));
    const { stdout } = await sh(
      process.execPath,
      [
        join(import.meta.dirname, '../../packages/cli/bin/ocidiff.js'),
        ...['--ca-file', cert, `${locked.host}/clock:1`, fixture('clock-buildkit-1.oci.tar')],
      ],
      { env: { PATH: process.env.PATH, REGISTRY_AUTH_FILE: authFile } },
    );
    expect(stdout).toContain('identical');
    expect(stdout).toContain('(registry, linux/amd64)');
  });
});
