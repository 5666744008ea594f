import { describe, expect, test } from 'vitest';
import {
  failure,
  file,
  type Member,
  membersOf,
  open,
  readWhole,
  repack,
  sha256,
  temporaryFolder,
  write,
} from './support.js';

interface Json {
  [key: string]: unknown;
}

interface Parts {
  readonly index: { manifests: Json[] } & Json;
  /** The made-up manifest; null leaves its blob out. */
  manifest: ({ config: Json; layers: Json[] } & Json) | null;
  readonly entry: { Config: string; Layers: string[] } & Json;
  repositories: boolean;
  /** Whether index.json names the manifest as it is after the change. */
  renamed: boolean;
}

const folder = temporaryFolder();
/* By `tar xOf clock-save-engine28-classic.docker.tar index.json`. */
const MADE_UP = 'sha256:5dd8356475bca84b2b40bbbda2edaf6156375344d2e3c2c7c72e852ff9ea155c';
const OTHER = `sha256:${'0'.repeat(64)}`;
const SUBJECT = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: OTHER, size: 1 };
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** The archive of Engine 28's classic store after `change`. */
async function archive(change: (parts: Parts) => void): Promise<string> {
  const members = await membersOf('clock-save-engine28-classic.docker.tar');
  const path = MADE_UP.replace('sha256:', 'blobs/sha256/');
  const read = (name: string): Json =>
    JSON.parse(members.find(({ header }) => header.name === name)?.content.toString() ?? 'null');
  const [entry] = read('manifest.json') as unknown as [Parts['entry']];
  const parts = { index: read('index.json'), manifest: read(path), entry, repositories: true, renamed: true } as Parts;
  const before = JSON.stringify(parts.manifest);
  change(parts);
  const drop = ['index.json', 'manifest.json', path, ...(parts.repositories ? [] : ['repositories'])];
  const kept: Member[] = members.filter(({ header }) => !drop.includes(header.name));
  const after = JSON.stringify(parts.manifest);
  if (parts.manifest !== null) {
    const digest = after === before ? MADE_UP : sha256(after);
    const [first] = parts.index.manifests;
    if (first !== undefined && parts.renamed && digest !== MADE_UP)
      Object.assign(first, { digest, size: after.length });
    kept.push(file(parts.renamed ? digest.replace('sha256:', 'blobs/sha256/') : path, after));
  }
  kept.push(file('manifest.json', [parts.entry]), file('index.json', parts.index));
  return write(folder, `${Math.random()}.tar`, await repack(kept));
}

const first = (parts: Parts): Json => parts.index.manifests[0] as Json;
const manifest = (parts: Parts): NonNullable<Parts['manifest']> => parts.manifest as NonNullable<Parts['manifest']>;

describe('the layout of the classic store is read from manifest.json', () => {
  test.each<[string, (parts: Parts) => void]>([
    ['as Engine 28 wrote it', () => {}],
    [
      'without `repositories`, as saved by the ID of an image',
      (parts) => {
        parts.repositories = false;
        parts.entry.RepoTags = null;
        delete first(parts).annotations;
      },
    ],
    [
      'without LayerSources, but with `repositories`',
      (parts) => {
        delete parts.entry.LayerSources;
      },
    ],
    [
      'under two names',
      (parts) => {
        parts.index.manifests.push({ ...first(parts), annotations: {} });
      },
    ],
  ])('%s', async (_reason, change) => {
    const { store, notes, digest } = await readWhole(await archive(change));
    expect([store.kind, digest, notes]).toEqual(['docker-archive', null, []]);
  });
});

describe('the layout is the truth where its manifest is not the made-up one', () => {
  test.each<[string, (parts: Parts) => void, number]>([
    [
      'no sign of the classic store',
      (parts) => {
        delete parts.entry.LayerSources;
        parts.repositories = false;
      },
      0,
    ],
    [
      'annotations in the manifest',
      (parts) => {
        manifest(parts).annotations = { a: 'b' };
      },
      0,
    ],
    [
      'a key that no made-up manifest has',
      (parts) => {
        manifest(parts).x = 1;
      },
      0,
    ],
    [
      'annotations of a layer',
      (parts) => {
        (manifest(parts).layers[0] as Json).annotations = { a: 'b' };
      },
      0,
    ],
    [
      'a manifest.json that swaps two layers',
      (parts) => {
        parts.entry.Layers.splice(0, 2, parts.entry.Layers[1] as string, parts.entry.Layers[0] as string);
      },
      2,
    ],
    [
      'a manifest.json with another config',
      (parts) => {
        parts.entry.Config = OTHER.replace('sha256:', 'blobs/sha256/');
      },
      1,
    ],
  ])('%s', async (_reason, change, contradictions) => {
    const { store, notes } = await readWhole(await archive(change));
    expect([store.kind, store.root.type]).toEqual(['oci-archive', 'descriptor']);
    expect(notes.map(({ code }) => code)).toEqual(Array(contradictions).fill('manifest-contradiction'));
  });

  test.each<[string, (parts: Parts) => void, string, string | RegExp]>([
    [
      'a manifest that is not there',
      (parts) => {
        first(parts).digest = OTHER;
      },
      'ERR_NOT_FOUND',
      OTHER,
    ],
    [
      'a manifest whose blob is missing',
      (parts) => {
        parts.manifest = null;
      },
      'ERR_NOT_FOUND',
      MADE_UP,
    ],
    [
      'a manifest of another digest',
      (parts) => {
        (manifest(parts).layers[0] as Json).size = 13825;
        parts.renamed = false;
      },
      'ERR_DIGEST_MISMATCH',
      MADE_UP,
    ],
    [
      'a false size of the manifest',
      (parts) => {
        first(parts).size = 848;
      },
      'ERR_SIZE_MISMATCH',
      MADE_UP,
    ],
    [
      'a false size of a layer',
      (parts) => {
        (manifest(parts).layers[0] as Json).size = 13825;
      },
      'ERR_SIZE_MISMATCH',
      'sha256:853a0367780e149ecd4dc0e5380e25a98eaf7980012a4b64d604874ac6146d78',
    ],
    [
      'a layer that is not there',
      (parts) => {
        (manifest(parts).layers[0] as Json).digest = OTHER;
      },
      'ERR_NOT_FOUND',
      OTHER,
    ],
  ])('%s is an error', async (_reason, change, code, blob) => {
    const path = await archive(change);
    for (const reference of [path, `oci-archive:${path}`]) {
      const error = await failure(readWhole(reference));
      expect(error.code).toBe(code);
      expect(error.describe()).toContain(blob);
    }
  });

  test('a media type of a layer that is false', async () => {
    const path = await archive((parts) => {
      (manifest(parts).layers[0] as Json).mediaType = `${LAYER}+gzip`;
    });
    const store = await open(path);
    await store.close();
    expect(store.root.type).toBe('descriptor');
  });

  test('a second image in index.json needs a REF', async () => {
    const path = await archive((parts) => {
      parts.index.manifests.push({ ...first(parts), digest: OTHER, annotations: {} });
    });
    expect((await failure(open(path))).code).toBe('ERR_AMBIGUOUS');
  });
});

describe('docker-archive: reads manifest.json, and notes tell what the layout says otherwise', () => {
  test.each<[string, (parts: Parts) => void, string[]]>([
    ['nothing', () => {}, []],
    [
      'a manifest that is not there',
      (parts) => {
        first(parts).digest = OTHER;
      },
      ['the layout beside manifest.json cannot be read: '],
    ],
    [
      'another layer',
      (parts) => {
        (manifest(parts).layers[0] as Json).digest = OTHER;
      },
      ['manifest.json names blobs/sha256/853a0367780e149ecd4dc0e5380e25a98eaf7980012a4b64d604874ac6146d78 as layer 0'],
    ],
    [
      'no image',
      (parts) => {
        parts.index.manifests.length = 0;
      },
      ['index.json names no image that is localhost/clock:docker'],
    ],
  ])('%s', async (_reason, change, messages) => {
    const { store, notes, digest } = await readWhole(`docker-archive:${await archive(change)}`);
    expect([store.kind, digest]).toEqual(['docker-archive', null]);
    expect(notes.map(({ code }) => code)).toEqual(messages.map(() => 'manifest-contradiction'));
    for (const [position, message] of messages.entries()) expect(notes[position]?.message).toContain(message);
  });
});

describe('all that the documents say around the image is wrapping', () => {
  const change = (parts: Parts): void => {
    Object.assign(parts.index, { subject: SUBJECT, artifactType: 'a/b', x: 1, annotations: { c: 'd' } });
    Object.assign(parts.entry, { LayerSources: { a: 1 }, Parent: 'p' });
    first(parts).y = [true];
  };

  test.each(['', 'oci-archive:', 'docker-archive:'])('read as %j', async (prefix) => {
    const store = await open(prefix + (await archive(change)));
    await store.close();
    expect(store.wrapping).toMatchObject({
      'index.json mediaType': 'application/vnd.oci.image.index.v1+json',
      'index.json subject': SUBJECT,
      'index.json artifactType': 'a/b',
      'index.json x': 1,
      'index.json annotations': { c: 'd' },
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      annotations: { 'io.containerd.image.name': 'localhost/clock:docker' },
      y: [true],
      RepoTags: ['localhost/clock:docker'],
      LayerSources: { a: 1 },
      Parent: 'p',
    });
  });
});
