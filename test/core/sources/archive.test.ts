import { describe, expect, test } from 'vitest';
import {
  failure,
  file,
  fixture,
  link,
  type Member,
  membersOf,
  open,
  readWhole,
  repack,
  run,
  sha256,
  temporaryFolder,
  write,
} from './support.js';

const folder = temporaryFolder();
const CONFIG = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [sha256('layer')] } };
const MANIFEST = (layer: string): object[] => [{ Config: 'config.json', RepoTags: ['a:1'], Layers: [layer] }];

async function archive(...members: Member[]): Promise<string> {
  return write(folder, 'archive.tar', await repack(members));
}

describe('members', () => {
  test.each(['clock-buildkit-1.oci.tar', 'clock-podman-save.docker.tar', 'multi-1.oci.tar'])(
    '%s: their order does not matter',
    async (name) => {
      const members = await membersOf(name);
      const { digest, images, store } = await readWhole(fixture(name));
      for (const order of [[...members].reverse(), [...members.slice(5), ...members.slice(0, 5)]]) {
        const path = write(folder, 'order.tar', await repack(order));
        const other = await readWhole(path);
        expect(other.digest).toBe(digest);
        expect(other.store.root).toEqual(store.root);
        expect(other.images.map(({ layers }) => layers)).toEqual(images.map(({ layers }) => layers));
        expect(other.notes).toEqual([]);
      }
    },
  );

  test.each([
    ['./index.json', './'],
    ['/index.json', '/'],
    ['.//index.json', './/'],
  ])('a path may be written %s', async (_path, prefix) => {
    const members = (await membersOf('clock-buildkit-1.oci.tar')).map(({ header, content }) => ({
      header: { ...header, name: prefix + header.name },
      content,
    }));
    const { digest } = await readWhole(write(folder, 'prefix.tar', await repack(members)));
    expect(digest).toBe('sha256:d9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a');
  });

  test('an archive by GNU tar of a layout folder', async () => {
    const path = `${folder}/gnu.tar`;
    run('tar', '-C', fixture('clock-buildkit-1-layout'), '-cf', path, '.');
    const { digest, store } = await readWhole(path);
    expect(store.kind).toBe('oci-archive');
    expect(digest).toBe('sha256:d9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a');
  });

  test('of two with one path the last counts, and a note tells', async () => {
    const path = await archive(
      file('config.json', CONFIG),
      file('layer.tar', 'other'),
      file('manifest.json', MANIFEST('layer.tar')),
      file('./layer.tar', 'layer'),
      file('layer.tar', 'layer'),
    );
    const store = await open(path);
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.open({ name: 'layer.tar', digest: null, size: null }))
      chunks.push(Uint8Array.from(chunk));
    await store.close();
    expect(Buffer.concat(chunks).toString()).toBe('layer');
    expect(store.notes).toEqual([
      {
        code: 'duplicate-member',
        message: 'layer.tar is in the archive more than once, with other content; the last one counts',
      },
    ]);
  });

  test('two with one path and one content are no note', async () => {
    const big = Buffer.alloc(3 * 1024 * 1024, 7);
    const path = await archive(
      file('layer.tar', big),
      file('layer.tar', big),
      file('config.json', CONFIG),
      file('manifest.json', MANIFEST('layer.tar')),
    );
    const store = await open(path);
    await store.close();
    expect(store.notes).toEqual([]);
  });

  test('a difference in the last byte of the second megabyte is seen', async () => {
    const big = Buffer.alloc(2 * 1024 * 1024, 7);
    const other = Buffer.from(big);
    other[other.length - 1] = 8;
    const path = await archive(
      file('layer.tar', big),
      file('layer.tar', other),
      file('config.json', CONFIG),
      file('manifest.json', MANIFEST('layer.tar')),
    );
    const store = await open(path);
    await store.close();
    expect(store.notes.map(({ code }) => code)).toEqual(['duplicate-member']);
  });

  test('a name that is not ASCII', async () => {
    const path = await archive(
      file('config.json', CONFIG),
      file('Schicht-ü.tar', 'layer'),
      file('manifest.json', MANIFEST('Schicht-ü.tar')),
    );
    const { images } = await readWhole(path);
    expect(images[0]?.layers[0]?.ref).toEqual({ name: 'Schicht-ü.tar', digest: null, size: 5 });
  });

  test('more members than the limit allows', async () => {
    const { DEFAULT_LIMITS } = await import('../../../packages/core/src/limits.js');
    const error = await failure(open(fixture('multi-1.oci.tar'), { limits: { ...DEFAULT_LIMITS, archiveMembers: 5 } }));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('--max-archive-members');
  });
});

describe('links in a docker save archive', () => {
  const read = (layer: string, ...members: Member[]): Promise<unknown> =>
    archive(file('config.json', CONFIG), file('manifest.json', MANIFEST(layer)), ...members).then(readWhole);
  const LAYER = file('real/layer.tar', 'layer');

  test.each([
    ['a symbolic link beside it', 'a.tar', [LAYER, link('a.tar', 'real/layer.tar')]],
    [
      'a symbolic link from a folder, as Docker writes it',
      'id/layer.tar',
      [LAYER, link('id/layer.tar', '../real/layer.tar')],
    ],
    ['a symbolic link to a symbolic link', 'a.tar', [link('a.tar', './b.tar'), link('b.tar', 'real/layer.tar'), LAYER]],
    ['a folder that is a symbolic link', 'id/layer.tar', [link('id', 'real'), LAYER]],
    ['a hard link, from the root', 'id/layer.tar', [LAYER, link('id/layer.tar', 'real/layer.tar', 'link')]],
    [
      'a hard link to a symbolic link',
      'id/x.tar',
      [LAYER, link('a.tar', 'real/layer.tar'), link('id/x.tar', 'a.tar', 'link')],
    ],
  ])('%s', async (_what, layer, members) => {
    await expect(read(layer, ...members)).resolves.toMatchObject({ images: [{ layers: [{ ref: { size: 5 } }] }] });
  });

  test.each([
    ['a link to itself', 'a.tar', [link('a.tar', 'a.tar')]],
    ['two links to each other', 'a.tar', [link('a.tar', 'b.tar'), link('b.tar', 'a.tar')]],
    ['a folder that is a link into itself', 'a/x', [link('a', 'a/b')]],
    ['a hard link to itself', 'a.tar', [link('a.tar', 'a.tar', 'link')]],
    [
      '41 links in a row',
      'l0',
      Array.from({ length: 41 }, (_, n) => link(`l${n}`, n === 40 ? 'real/layer.tar' : `l${n + 1}`)),
    ],
    ['a link above the root', 'a.tar', [link('a.tar', '../layer.tar')]],
    ['a link above the root and back', 'id/a.tar', [link('id/a.tar', '../../x/real/layer.tar')]],
    ['an absolute link', 'a.tar', [link('a.tar', '/real/layer.tar')]],
    ['a name above the root', '../layer.tar', []],
  ])('%s is an error', async (_what, layer, members) => {
    const error = await failure(read(layer, LAYER, ...members));
    expect(error.code).toBe('ERR_ARCHIVE_INVALID');
    expect(error.location.blob).toBe(layer);
    expect(error.message).toMatch(/links loop|leads out of the archive/);
  });

  test.each([
    ['a link to nothing', 'a.tar', [link('a.tar', 'missing')]],
    ['a file where a folder should be', 'real/layer.tar/x', []],
    ['nothing of that name', 'b.tar', []],
  ])('%s is not found', async (_what, layer, members) => {
    const error = await failure(read(layer, LAYER, ...members));
    expect(error.code).toBe('ERR_NOT_FOUND');
    expect(error.message).toBe(`${layer} is not in the archive`);
  });
});

describe('manifest.json of a docker save archive', () => {
  test.each([
    [{}, 'expected an array, found an object'],
    [[{}], '/0/Config: missing'],
    [
      [{ Config: 1, Layers: 'x', RepoTags: [null] }],
      '/0/Config: expected a string, found a number; /0/Layers: expected an array, found a string; /0/RepoTags/0: expected a string, found null',
    ],
  ])('%j', async (content, message) => {
    const error = await failure(open(await archive(file('manifest.json', content))));
    expect(error.code).toBe('ERR_ARCHIVE_INVALID');
    expect(error.message).toContain(message);
    expect(error.location.blob).toBe('manifest.json');
  });

  test('an empty list', async () => {
    await expect(open(await archive(file('manifest.json', [])))).rejects.toMatchObject({ code: 'ERR_NOT_AN_IMAGE' });
  });

  test('layers in another number than diffIDs', async () => {
    const manifest = [{ Config: 'config.json', RepoTags: null, Layers: [] }];
    const error = await failure(readWhole(await archive(file('config.json', CONFIG), file('manifest.json', manifest))));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe('manifest.json names 0 layers, but the config has 1 diff_ids');
  });
});

describe('manifest.json beside a layout', () => {
  const changed = async (change: (entry: { Config: string; Layers: string[] }) => unknown): Promise<string> => {
    const members = await membersOf('clock-save-containerd.docker.tar');
    return archive(
      ...members.map((member) => {
        if (member.header.name !== 'manifest.json') return member;
        const [entry] = JSON.parse(member.content.toString());
        return file('manifest.json', change(entry) as object);
      }),
    );
  };
  const OTHER = `blobs/sha256/${'0'.repeat(64)}`;
  const CONFIG_DIGEST = 'sha256:20fdbd1ffdd363e3a858fcd048e0838aa7c46a0c27827f7228ab5474f05b965c';
  const LAYER_1 = 'sha256:8dadd3c89906dd0e2be8b53a333c94aa805868dea913f5fb1da61ed984548e67';

  test.each([
    [
      'another config',
      (entry: { Config: string; Layers: string[] }) => [{ ...entry, Config: OTHER }],
      [`manifest.json names the config ${OTHER}, the manifest ${CONFIG_DIGEST}`],
    ],
    [
      'another number of layers',
      (entry: { Config: string; Layers: string[] }) => [{ ...entry, Layers: entry.Layers.slice(1) }],
      ['manifest.json names 3 layers, the manifest 4'],
    ],
    [
      'another layer',
      (entry: { Config: string; Layers: string[] }) => [{ ...entry, Layers: entry.Layers.with(1, OTHER) }],
      [`manifest.json names ${OTHER} as layer 1, the manifest ${LAYER_1}`],
    ],
    [
      'no such document',
      () => ({}),
      [
        'manifest.json beside the layout cannot be read: manifest.json is not that of a docker save archive: the document: expected an array, found an object',
      ],
    ],
    ['an entry for another image', (entry: object) => [{ ...entry, Config: OTHER, RepoTags: ['x:1'] }, entry], []],
  ])('%s', async (_what, change, messages) => {
    const { notes, digest } = await readWhole(await changed(change as never));
    expect(digest).toBe('sha256:f58e5d254298d223e372ef57ee6cf701c83a9d310d43c2b7ae11a0d95834e5a7');
    expect(notes).toEqual(messages.map((message) => ({ code: 'manifest-contradiction', message })));
  });

  test.each([
    [
      'agrees with one of three platforms',
      '4f53aec9a9429b4d1a7bba37c2fb92aa7e3e260254327c6bcc533b61776a5ac9',
      'ff589a62ab33dfd4841516b30f40df8419e515a0f0db63f1b6872b14324b3cd0',
      0,
    ],
    ['agrees with none', '0'.repeat(64), 'ff589a62ab33dfd4841516b30f40df8419e515a0f0db63f1b6872b14324b3cd0', 1],
  ])('of an image for several platforms: it %s', async (_what, config, layer, count) => {
    /* linux/arm64 of multi-1, by its manifest 0a6500400ba4. */
    const base = '01695389a2454f90dc1f090670bfb96a6dcdbc4faec21c90a6378e4d91a4b578';
    const layers = [base, layer].map((hex) => `blobs/sha256/${hex}`);
    const entry = { Config: `blobs/sha256/${config}`, RepoTags: ['localhost/multi:1'], Layers: layers };
    const path = await archive(...(await membersOf('multi-1.oci.tar')), file('manifest.json', [entry]));
    const store = await open(path);
    await store.close();
    expect(store.notes.map(({ code }) => code)).toEqual(Array(count).fill('manifest-contradiction'));
  });
});
