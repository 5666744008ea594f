import { describe, expect, test } from 'vitest';
import { failure, file, type Member, membersOf, open, repack, temporaryFolder, write } from './support.js';

const folder = temporaryFolder();

function documentOf(members: readonly Member[], name: string): unknown {
  const member = members.find(({ header }) => header.name === name);
  return JSON.parse(member?.content.toString() ?? 'null');
}

function without(members: readonly Member[], ...names: string[]): Member[] {
  return members.filter(({ header }) => header.type === 'file' && !names.includes(header.name));
}

/* By `tar xOf F index.json`. */
const CLOCK_0 = 'sha256:6ea848c92d971ebdb523a281923c22063b1f856ea34c119cf986456ea4227adb';
const CLOCK_1 = 'sha256:d9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a';
const BUILDAH = 'sha256:6b972c2268f57d44fe9f0332c98185bbacdd281e92da12fe3288bacabdc9de1c';

interface IndexEntry {
  annotations: Record<string, string>;
}

async function ociArchive(change: (entries: IndexEntry[]) => IndexEntry[] = (entries) => entries): Promise<string> {
  const parts = await Promise.all(
    ['clock-buildkit-0.oci.tar', 'clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'].map(membersOf),
  );
  const entries = parts.flatMap(
    (members) => (documentOf(members, 'index.json') as { manifests: IndexEntry[] }).manifests,
  );
  const blobs = new Map(
    parts.flatMap((members) => without(members, 'index.json').map((member) => [member.header.name, member])),
  );
  const index = file('index.json', { schemaVersion: 2, manifests: change(entries) });
  return write(folder, `oci-${Math.random()}.tar`, await repack([...blobs.values(), index]));
}

describe('an OCI archive of three images', async () => {
  const path = await ociArchive();

  test.each([
    ['0', CLOCK_0, 'a tag in ref.name'],
    ['1', CLOCK_1, 'a tag in ref.name'],
    ['localhost/clock:1', CLOCK_1, 'a full name in image.name'],
    ['localhost/clock:ba', BUILDAH, 'a full name in ref.name'],
    ['ba', BUILDAH, 'the tag of a full name'],
    ['@0', CLOCK_0, 'an index'],
    ['@2', BUILDAH, 'an index'],
    [CLOCK_1, CLOCK_1, 'a digest'],
  ])('REF %s (%s)', async (ref, digest) => {
    const store = await open(`oci-archive:${path}:${ref}`);
    await store.close();
    expect(store.root).toMatchObject({ type: 'descriptor', descriptor: { digest } });
  });

  test.each([path, `oci-archive:${path}`])('without a REF all are listed', async (reference) => {
    const error = await failure(open(reference));
    expect(error.code).toBe('ERR_AMBIGUOUS');
    expect(error.message).toBe(
      `there are 3 images in it, choose one with oci-archive:${path}:REF: @0 localhost/clock:0 0 ${CLOCK_0}; ` +
        `@1 localhost/clock:1 1 ${CLOCK_1}; @2 localhost/clock:ba ${BUILDAH}`,
    );
  });

  test.each(['2', 'localhost/clock', 'localhost/clock:2', '@3', '@-1', CLOCK_1.replace('d9', 'd8')])(
    'REF %s is not in it',
    async (ref) => {
      const error = await failure(open(`oci-archive:${path}:${ref}`));
      expect(error.code).toBe('ERR_NOT_FOUND');
      expect(error.message).toContain(`@2 localhost/clock:ba ${BUILDAH}`);
    },
  );
});

describe('names in an OCI archive', () => {
  const named = (...names: Record<string, string>[]): Promise<string> =>
    ociArchive((entries) => names.map((annotations, index) => ({ ...(entries[index] as IndexEntry), annotations })));
  const NAME = 'io.containerd.image.name';
  const REF = 'org.opencontainers.image.ref.name';

  test('one digest under two names is one image', async () => {
    const path = await ociArchive(([first]) => [
      first as IndexEntry,
      { ...(first as IndexEntry), annotations: { [REF]: 'other' } },
    ]);
    for (const reference of [path, `oci-archive:${path}:other`, `oci-archive:${path}:0`]) {
      const store = await open(reference);
      await store.close();
      expect(store.root).toMatchObject({ descriptor: { digest: CLOCK_0 } });
    }
  });

  test('a tag that two images have is ambiguous', async () => {
    const path = await named({ [NAME]: 'localhost/a:1', [REF]: '1' }, { [NAME]: 'localhost/b:1', [REF]: '1' });
    const error = await failure(open(`oci-archive:${path}:1`));
    expect(error.code).toBe('ERR_AMBIGUOUS');
    expect(error.message).toContain('2 images in it match 1: @0 localhost/a:1 1');
  });

  test('a name as written wins over a tag', async () => {
    const path = await named({ [REF]: 'x' }, { [REF]: 'localhost/b:x' });
    const store = await open(`oci-archive:${path}:x`);
    await store.close();
    expect(store.root).toMatchObject({ descriptor: { digest: CLOCK_0 } });
  });

  test.each(['debian:12', 'library/debian:12', 'docker.io/debian:12', 'docker.io/library/debian:12'])(
    '%s is docker.io/library/debian:12, as Docker understands it',
    async (ref) => {
      const path = await named({ [NAME]: 'docker.io/library/debian:11' }, { [NAME]: 'docker.io/library/debian:12' });
      const store = await open(`oci-archive:${path}:${ref}`);
      await store.close();
      expect(store.root).toMatchObject({ descriptor: { digest: CLOCK_1 } });
    },
  );

  test('images without names are listed by place and digest', async () => {
    const path = await named({}, {});
    const error = await failure(open(path));
    expect(error.message).toContain(`@0 ${CLOCK_0}; @1 ${CLOCK_1}`);
  });
});

describe('a docker save archive of two images', async () => {
  const parts = await Promise.all(['clock-save-classic.docker.tar', 'clock-podman-save.docker.tar'].map(membersOf));
  const entries = parts.flatMap((members) => documentOf(members, 'manifest.json') as { RepoTags: string[] }[]);
  (entries[0] as { RepoTags: string[] }).RepoTags.push('localhost/clock:second');
  const members = parts.flatMap((part) =>
    part.filter(({ header }) => !['manifest.json', 'repositories'].includes(header.name)),
  );
  const path = write(folder, 'docker.tar', await repack([...members, file('manifest.json', entries)]));
  const CLASSIC = '20fdbd1ffdd363e3a858fcd048e0838aa7c46a0c27827f7228ab5474f05b965c';
  const PODMAN = '52b5ecbc240fa4e9be7dff71c31adab2b98901cb9e1478db72e7cf1503d986b6';

  test.each([
    ['localhost/clock:docker', CLASSIC, 'a full name'],
    ['localhost/clock:second', CLASSIC, 'a second name'],
    ['docker', CLASSIC, 'a tag'],
    ['ba', PODMAN, 'a tag'],
    ['@1', PODMAN, 'an index'],
    [`sha256:${PODMAN}`, PODMAN, 'the digest of the config'],
  ])('REF %s (%s)', async (ref, config) => {
    const store = await open(`docker-archive:${path}:${ref}`);
    await store.close();
    expect(store.root).toMatchObject({ type: 'docker', config: { digest: `sha256:${config}` } });
  });

  test('without a REF both are listed', async () => {
    const error = await failure(open(`docker-archive:${path}`));
    expect(error.code).toBe('ERR_AMBIGUOUS');
    expect(error.message).toBe(
      `there are 2 images in it, choose one with docker-archive:${path}:REF: ` +
        `@0 localhost/clock:docker localhost/clock:second sha256:${CLASSIC}; @1 localhost/clock:ba sha256:${PODMAN}`,
    );
  });

  test('one image of several names needs no REF', async () => {
    const alone = write(folder, 'alone.tar', await repack([...members, file('manifest.json', entries.slice(0, 1))]));
    const store = await open(alone);
    await store.close();
    expect(store.root).toMatchObject({ type: 'docker', config: { digest: `sha256:${CLASSIC}` } });
  });
});
