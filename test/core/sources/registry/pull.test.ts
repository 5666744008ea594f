import { describe, expect, test } from 'vitest';
import { parseReference, registryName } from '../../../../packages/core/src/image/reference.js';
import { buildImage, buildIndex, sha256 } from '../../../support/images.js';
import { failure, open } from '../support.js';
import { pull, smallImage, startRegistry } from './support.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const ACCEPTED = [
  INDEX,
  MANIFEST,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

describe('what is asked of a registry', () => {
  test('by tag: the manifest once, then config and layers by digest', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    const { digest, store } = await pull(registry.push(image, 'team/app:1'));
    expect(digest).toBe(image.descriptor.digest);
    expect(store.kind).toBe('registry');
    expect(registry.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v2/team/app/manifests/1',
      `GET /v2/team/app/blobs/${sha256(image.config)}`,
      `GET /v2/team/app/blobs/${image.layers[0]?.descriptor.digest}`,
    ]);
    const [manifest, ...blobs] = registry.received;
    expect(String(manifest?.headers.accept).split(', ')).toEqual(ACCEPTED);
    for (const { headers } of registry.received) {
      expect(headers['accept-encoding']).toBe('identity');
      expect(headers['user-agent']).toBe('ocidiff');
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('range');
    }
    expect(blobs.map(({ headers }) => headers.accept)).toEqual([undefined, undefined]);
  });

  test('without a tag: latest', async () => {
    const registry = await startRegistry();
    registry.push(await smallImage(), 'app:latest');
    await pull(`${registry.host}/app`);
    expect(registry.received[0]?.url).toBe('/v2/app/manifests/latest');
  });

  test('by digest, which wins over a tag', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    registry.push(image, 'app:1');
    await pull(`${registry.host}/app:none@${image.descriptor.digest}`);
    expect(registry.received[0]?.url).toBe(`/v2/app/manifests/${image.descriptor.digest}`);
  });

  test('an index: its children by digest, as manifests', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    const index = buildIndex([{ built: image, platform: { os: 'linux', architecture: 'amd64' } }]);
    const { images, digest } = await pull(registry.push(index, 'app:1'));
    expect(digest).toBe(index.descriptor.digest);
    expect(images).toHaveLength(1);
    const child = registry.sent(/manifests\/sha256:/);
    expect(child.map(({ url }) => url)).toEqual([`/v2/app/manifests/${image.descriptor.digest}`]);
    expect(String(child[0]?.headers.accept).split(', ')).toEqual(ACCEPTED);
  });

  test("Docker's media types", async () => {
    const registry = await startRegistry();
    const image = await buildImage({ docker: true, layers: [{ entries: [{ path: 'a' }] }] });
    const { store, notes } = await pull(registry.push(image));
    expect(store.root).toMatchObject({
      descriptor: {
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        digest: image.descriptor.digest,
      },
    });
    expect(notes).toEqual([]);
  });

  test('a manifest that a tag means no more is not asked for again', async () => {
    const registry = await startRegistry();
    const [first, second] = [await smallImage(10), await smallImage(20)];
    const store = await open(registry.push(first, 'app:1'));
    registry.push(second, 'app:1');
    const { root } = store;
    if (root.type !== 'descriptor') throw new Error('no descriptor');
    const { digest, size } = root.descriptor;
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.open({ digest, size, name: digest, isManifest: true })) chunks.push(chunk);
    expect(sha256(Buffer.concat(chunks))).toBe(first.descriptor.digest);
    expect(registry.sent(/manifests/)).toHaveLength(1);
    await store.close();
  });

  test('stat is HEAD; null for what is not there', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    const store = await open(registry.push(image));
    const [layer] = image.layers;
    const ref = { name: 'layer', digest: layer?.descriptor.digest as never, size: null };
    expect(await store.stat(ref)).toBe(layer?.stored.length);
    expect(await store.stat({ ...ref, digest: sha256('nothing') as never })).toBeNull();
    expect(registry.sent(/blobs/).map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
    await store.close();
  });

  test('a closed store leaves no connection', async () => {
    const registry = await startRegistry();
    await pull(registry.push(await smallImage()));
    for (let turns = 0; registry.connections > 0 && turns < 100; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(registry.connections).toBe(0);
  });

  test('a blob is pulled: a reader that stops reading stops the registry', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    registry.push(image);
    let written = 0;
    registry.fault = (request, response, serve) => {
      if (!request.url.includes('/blobs/')) {
        serve();
        return;
      }
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (written < 1024 ** 3) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', more);
      more();
    };
    const store = await open(`${registry.host}/team/app:1`);
    const ref = { name: 'blob', digest: sha256('x') as never, size: 1024 ** 3 };
    for await (const _ of store.open(ref)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      break;
    }
    /* What sockets and buffers of both ends hold. */
    expect(written).toBeLessThan(64 * 1024 ** 2);
    await store.close();
  });
});

describe('what a registry says of a manifest', () => {
  test('without a type: by the document', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    registry.push(image);
    for (const type of ['application/json', 'text/plain; charset=utf-8', '']) {
      registry.fault = (request, response, serve) => {
        if (!request.url.includes('/manifests/')) {
          serve();
          return;
        }
        response.writeHead(200, type === '' ? {} : { 'content-type': type });
        response.end(image.blobs.get(image.descriptor.digest));
      };
      const { store, digest } = await pull(`${registry.host}/team/app:1`);
      expect(digest).toBe(image.descriptor.digest);
      expect(store.root).toMatchObject({ descriptor: { mediaType: MANIFEST } });
    }
  });

  test('with parameters and in other case', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    const reference = registry.pushManifest(
      'team/app:2',
      image.blobs.get(image.descriptor.digest) as Buffer,
      `${MANIFEST.replace('application', 'Application')}; charset=utf-8`,
    );
    const store = await open(reference);
    expect(store.root).toMatchObject({ descriptor: { mediaType: MANIFEST } });
    await store.close();
  });

  test('a type that is not its own: a note, as from an archive', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    registry.push(image);
    const bytes = image.blobs.get(image.descriptor.digest) as Buffer;
    const docker = 'application/vnd.docker.distribution.manifest.v2+json';
    const { notes } = await pull(registry.pushManifest('team/app:2', bytes, docker));
    expect(notes).toMatchObject([{ code: 'media-type-lie' }]);
  });

  test('an index that is a manifest', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    registry.push(image);
    const bytes = image.blobs.get(image.descriptor.digest) as Buffer;
    const error = await failure(pull(registry.pushManifest('team/app:2', bytes, INDEX)));
    expect(error.code).toBe('ERR_INDEX_INVALID');
  });

  test('another digest than was asked for', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    registry.push(image);
    const asked = sha256('another');
    registry.fault = (_request, response) => {
      response.writeHead(200, { 'content-type': MANIFEST }).end(image.blobs.get(image.descriptor.digest));
    };
    const error = await failure(pull(`${registry.host}/team/app@${asked}`));
    expect(error.code).toBe('ERR_DIGEST_MISMATCH');
    expect(error.message).toContain(image.descriptor.digest);
    expect(error.message).toContain(asked);
  });

  test.each([
    [sha256('a lie'), 'ERR_DIGEST_MISMATCH'],
    ['sha256:short', 'ERR_DIGEST_INVALID'],
    ['', 'ERR_DIGEST_INVALID'],
  ])('a header with the digest %s', async (header, code) => {
    const registry = await startRegistry();
    const image = await smallImage();
    registry.push(image);
    registry.fault = (_request, response) => {
      response.writeHead(200, { 'content-type': MANIFEST, 'docker-content-digest': header });
      response.end(image.blobs.get(image.descriptor.digest));
    };
    expect((await failure(pull(`${registry.host}/team/app:1`))).code).toBe(code);
  });

  test.each(['application/vnd.docker.distribution.manifest.v1+prettyjws', 'application/json'])(
    "Docker's schema 1 as %s is refused with a reason",
    async (type) => {
      const registry = await startRegistry();
      const schema1 = { schemaVersion: 1, name: 'app', tag: '1', fsLayers: [], history: [], signatures: [] };
      const reference = registry.pushManifest('app:1', Buffer.from(JSON.stringify(schema1)), type);
      /* As registries do: the digest is that of the document without its signatures. */
      registry.fault = (_request, response) => {
        response.writeHead(200, { 'content-type': type, 'docker-content-digest': sha256('unsigned') });
        response.end(JSON.stringify(schema1));
      };
      const error = await failure(pull(reference));
      expect(error.code).toBe('ERR_MEDIA_TYPE_UNSUPPORTED');
      expect(error.message).toContain('schema 1');
    },
  );

  test('a page of a portal', async () => {
    const registry = await startRegistry();
    const reference = registry.pushManifest('app:1', Buffer.from('<html>please log in</html>'), 'text/html');
    const error = await failure(pull(reference));
    expect(error.code).toBe('ERR_REGISTRY');
    expect(error.message).toContain('no manifest, but of "text/html"');
  });

  test('what is not there', async () => {
    const registry = await startRegistry();
    registry.push(await smallImage());
    const error = await failure(pull(`${registry.host}/team/app:none`));
    expect(error.code).toBe('ERR_NOT_FOUND');
    expect(error.message).toBe(`${registry.host}/team/app:none: not there (404 MANIFEST_UNKNOWN)`);
  });

  test('a blob that is not there', async () => {
    const registry = await startRegistry();
    const image = await smallImage();
    const blobs = new Map([...image.blobs].filter(([digest]) => digest !== image.layers[0]?.descriptor.digest));
    const error = await failure(pull(registry.push({ ...image, blobs })));
    expect(error.code).toBe('ERR_NOT_FOUND');
    expect(error.message).toContain('BLOB_UNKNOWN');
    expect(error.location.blob).toBe(image.layers[0]?.descriptor.digest);
  });
});

describe('names', () => {
  const HEX = 'a'.repeat(64);

  /* Source: distribution/reference, normalize_test.go; Docker's TagNameOnly. */
  test.each([
    ['debian', 'docker.io/library/debian:latest'],
    ['debian:12', 'docker.io/library/debian:12'],
    ['docker.io/debian', 'docker.io/library/debian:latest'],
    ['index.docker.io/library/debian', 'docker.io/library/debian:latest'],
    ['org/app', 'docker.io/org/app:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    ['ghcr.io/org/app:1', 'ghcr.io/org/app:1'],
    [`ghcr.io/org/app@sha256:${HEX}`, `ghcr.io/org/app@sha256:${HEX}`],
    [`ghcr.io/org/app:1@sha256:${HEX}`, `ghcr.io/org/app@sha256:${HEX}`],
    [`a/${'b'.repeat(253)}`, `docker.io/a/${'b'.repeat(253)}:latest`],
  ])('%s is %s', async (text, expected) => {
    const parsed = await parseReference(text, async () => false);
    if (!('repository' in parsed)) throw new Error('no registry');
    expect(registryName(parsed)).toBe(expected);
  });

  test.each([
    [`${HEX}`, 'an id'],
    [`a/${'b'.repeat(254)}`, 'a name of 256 characters'],
    ['Debian', 'upper case'],
  ])('%s is none: %s', async (text) => {
    const error = await failure(parseReference(text, async () => false));
    expect(error.code).toBe('ERR_NOT_FOUND');
  });

  test('a missing file gets both readings', async () => {
    const registry = await startRegistry();
    const error = await failure(open(`${registry.host}/image.tra`));
    expect(error.code).toBe('ERR_NOT_FOUND');
    expect(error.message).toBe(
      `no such file or folder: ${registry.host}/image.tra; read as an image in a registry ` +
        `(${registry.host}/image.tra:latest): not there (404 MANIFEST_UNKNOWN)`,
    );
  });
});
