import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { loadImages } from '../../../packages/core/src/image/load.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { requireTool } from '../../support/tools.js';
import { failure, file, fixture, open, readBlob, readWhole, repack, run, temporaryFolder, write } from './support.js';

const folder = temporaryFolder();

function emptyFolder(name: string): string {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
}

describe('a file that is no image', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), 'is empty'],
    ['text', Buffer.from('hello\n'), 'is no tar archive'],
    ['2 kB of text', Buffer.alloc(2048, 'x'), 'is no tar archive'],
    ['a compressed text', gzipSync('hello'), 'is no tar archive'],
  ])('%s', async (_what, bytes, message) => {
    const path = write(folder, 'file', bytes);
    const error = await failure(open(path));
    expect(error.code).toBe('ERR_NOT_AN_IMAGE');
    expect(error.message).toContain(`${path} ${message}`);
  });

  test.each([
    ['an empty tar archive', [], 'looked for a layout (index.json) and docker save (manifest.json), found nothing'],
    ['some tar archive', [file('b', ''), file('a/x', '')], 'found a/, b'],
    [
      'a root file system',
      [file('etc/passwd', ''), file('usr/bin/x', ''), file('bin/y', '')],
      'found bin/, etc/, usr/; it looks like a root file system (docker export?) or a layer, not an image',
    ],
    [
      'Docker before 1.10',
      [file('repositories', '{}'), file('x/json', '{}')],
      'it looks like docker save of a Docker before 1.10, which is not read',
    ],
    [
      'many names',
      Array.from({ length: 12 }, (_, n) => file(`f${n}`, '')),
      'found f0, f1, f10, f11, f2, f3, f4, f5, and 4 more',
    ],
  ])('%s', async (_what, members, message) => {
    const path = write(folder, 'other.tar', await repack(members));
    const error = await failure(open(path));
    expect(error.code).toBe('ERR_NOT_AN_IMAGE');
    expect(error.message).toContain(`${path} is no image: `);
    expect(error.message).toContain(message);
  });
});

describe('a folder that is no image', () => {
  test.each([
    ['an empty one', [], 'looked for a layout (index.json) and skopeo dir: (manifest.json), found nothing'],
    ['one of blobs alone', ['blobs/'], 'found blobs/; it has blobs, but no index.json'],
    ['one without its index', ['oci-layout', 'blobs/'], 'has an oci-layout file, but no index.json'],
  ])('%s', async (_what, names, message) => {
    const path = emptyFolder('folder');
    for (const name of names) {
      if (name.endsWith('/')) mkdirSync(join(path, name));
      else writeFileSync(join(path, name), '{}');
    }
    const error = await failure(open(path));
    expect(error.code).toBe('ERR_NOT_AN_IMAGE');
    expect(error.message).toContain(message);
  });

  test('a docker save archive that was unpacked', async () => {
    const path = emptyFolder('unpacked');
    run('tar', '-C', path, '-xf', fixture('clock-save-classic.docker.tar'));
    const error = await failure(open(path));
    expect(error.code).toBe('ERR_NOT_AN_IMAGE');
    expect(error.message).toContain('an archive that was unpacked');
  });

  test('one of the classic store of Engine 28 has a layout whose manifest is not the image’s', async () => {
    const path = emptyFolder('unpacked');
    run('tar', '-C', path, '-xf', fixture('clock-save-engine28-classic.docker.tar'));
    const { store, digest } = await readWhole(path);
    expect([store.kind, digest]).toEqual(['oci', null]);
  });

  test('a REF after dir: is part of the path', async () => {
    const error = await failure(open(`dir:${fixture('clock-buildah-dir')}:1`));
    expect([error.code, error.message]).toEqual(['ERR_NOT_FOUND', `no such folder: ${fixture('clock-buildah-dir')}:1`]);
  });
});

describe('files in a folder', () => {
  const CONFIG = '20fdbd1ffdd363e3a858fcd048e0838aa7c46a0c27827f7228ab5474f05b965c';
  const layout = (name: string): string => {
    const path = emptyFolder(name);
    cpSync(fixture('clock-buildkit-1-layout'), path, { recursive: true });
    return path;
  };

  test('may be symbolic links that lead anywhere', async () => {
    const path = layout('links');
    renameSync(join(path, 'blobs'), join(folder, 'elsewhere'));
    symlinkSync('../elsewhere', join(path, 'blobs'));
    renameSync(join(path, 'index.json'), join(folder, 'index'));
    symlinkSync(join(folder, 'index'), join(path, 'index.json'));
    const { digest } = await readWhole(path);
    expect(digest).toBe('sha256:d9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a');
  });

  test('a layout without oci-layout is read', async () => {
    const path = layout('no-marker');
    rmSync(join(path, 'oci-layout'));
    const { images } = await readWhole(path);
    expect(images).toHaveLength(1);
  });

  test.skipIf(!requireTool('mkfifo'))('a named pipe is no file, and nobody waits for it', async () => {
    const path = layout('fifo');
    rmSync(join(path, 'blobs/sha256', CONFIG));
    run('mkfifo', join(path, 'blobs/sha256', CONFIG));
    const error = await failure(readWhole(path));
    expect(error.code).toBe('ERR_IO');
    expect(error.location.blob).toBe(`sha256:${CONFIG}`);
    expect(error.message).toBe(`blobs/sha256/${CONFIG} is a named pipe, not a regular file`);
  });

  test('a folder in place of a blob is none', async () => {
    const path = layout('directory');
    rmSync(join(path, 'blobs/sha256', CONFIG));
    mkdirSync(join(path, 'blobs/sha256', CONFIG));
    const error = await failure(readWhole(path));
    expect([error.code, error.message]).toEqual(['ERR_NOT_FOUND', `sha256:${CONFIG} is not in the folder`]);
  });

  test('a symbolic link to itself', async () => {
    const path = layout('loop');
    rmSync(join(path, 'blobs/sha256', CONFIG));
    symlinkSync(CONFIG, join(path, 'blobs/sha256', CONFIG));
    const error = await failure(readWhole(path));
    expect([error.code, error.message]).toEqual(['ERR_IO', `blobs/sha256/${CONFIG}: its symbolic links loop`]);
  });

  test('Docker’s manifest.json cannot name what is outside', async () => {
    const path = emptyFolder('escape');
    run('tar', '-C', path, '-xf', fixture('clock-save-engine28-classic.docker.tar'));
    const manifest = [{ Config: '../../secret', Layers: [], RepoTags: [], LayerSources: {} }];
    writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest));
    const { store, notes } = await readWhole(path);
    expect(store.root).toMatchObject({ type: 'descriptor' });
    expect(notes.map(({ message }) => message)).toEqual([
      `manifest.json names the config ../../secret, the manifest sha256:${CONFIG}`,
      'manifest.json names 0 layers, the manifest 4',
    ]);
  });
});

describe('while a source is read', () => {
  test('an archive that shrinks is an error', async () => {
    const path = write(
      folder,
      'shrinks.tar',
      await repack([
        file('manifest.json', [{ Config: 'config.json', Layers: ['layer.tar'] }]),
        file('config.json', '{}'),
        file('layer.tar', Buffer.alloc(5_000_000)),
      ]),
    );
    const store = await open(path);
    truncateSync(path, 3_000_000);
    const error = await failure(readBlob(store, { name: 'layer.tar', digest: null, size: null }));
    await store.close();
    expect(error.code).toBe('ERR_IO');
    /* The content begins after three headers and two padded contents: 512 · (3 + 2) = 2,560 bytes. */
    expect(error.message).toBe('layer.tar: the file ends after 2997440 of 5000000 bytes; has it changed?');
    expect(error.location).toEqual({ input: path, blob: 'layer.tar' });
  });

  test('an abort ends it within a chunk', async () => {
    const path = write(
      folder,
      'abort.tar',
      await repack([
        file('manifest.json', [{ Config: 'config.json', Layers: ['layer.tar'] }]),
        file('layer.tar', Buffer.alloc(5_000_000)),
      ]),
    );
    const store = await open(path);
    const controller = new AbortController();
    let chunks = 0;
    const reading = (async () => {
      for await (const chunk of store.open({ name: 'layer.tar', digest: null, size: null }, controller.signal)) {
        expect(chunk.length).toBeLessThanOrEqual(1024 * 1024);
        chunks += 1;
        controller.abort();
      }
    })();
    expect((await failure(reading)).code).toBe('ERR_ABORTED');
    expect(chunks).toBe(1);
    await store.close();
  });

  test('stopping early and reading again is fine', async () => {
    const store = await open(fixture('clock-buildkit-1.oci.tar'));
    const root = await loadImages(store, { limits: DEFAULT_LIMITS, onNote: () => {} });
    if (root.kind !== 'manifest') throw new Error('an index');
    const { layers } = await root.loadImage();
    for (const { ref } of layers) {
      for await (const chunk of store.open(ref)) {
        expect(chunk.length).toBe(ref.size);
        break;
      }
      expect(await readBlob(store, ref)).toBe(ref.size);
      expect(await store.stat(ref)).toBe(ref.size);
    }
    await store.close();
  });

  test('an aborted signal opens nothing', async () => {
    await expect(open(fixture('arm64.oci.tar'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });
});
