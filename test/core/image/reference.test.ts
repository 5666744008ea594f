import { describe, expect, test } from 'vitest';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { normalizeImageName, parseImageName, tagOf } from '../../../packages/core/src/image/image-name.js';
import { parseReference } from '../../../packages/core/src/image/reference.js';

const HEX = 'a'.repeat(64);

/** Understands `text` where only `paths` exist. */
async function parse(text: string, ...paths: string[]): Promise<unknown> {
  return parseReference(text, async (path) => paths.includes(path));
}

async function failure(text: string, ...paths: string[]): Promise<OciDiffError> {
  const error = await parse(text, ...paths).catch((reason: unknown) => reason);
  if (error instanceof OciDiffError) return error;
  throw new Error(`${text} was understood`);
}

describe('images that are understood', () => {
  test.each<[string, string[], string | null, string | null, string | null, string]>([
    ['a.tar', ['a.tar'], 'a.tar', null, null, 'a path that exists'],
    ['./a.tar', ['./a.tar'], './a.tar', null, null, 'a path that exists'],
    ['debian:12', ['debian:12'], 'debian:12', null, null, 'a path that exists wins over a registry'],
    ['oci-archive:x', ['oci-archive:x', 'x'], 'oci-archive:x', null, null, 'and over a kind'],
    ['docker://x', ['docker://x'], 'docker://x', null, null, 'and over an engine'],
    ['-', ['-'], null, null, null, 'standard input, whatever exists'],
    ['./-', ['./-'], './-', null, null, 'a file of that name'],
    ['oci-archive:a.tar', ['a.tar'], 'a.tar', 'oci-archive', null, 'a kind'],
    ['docker-archive:a.tar', ['a.tar'], 'a.tar', 'docker-archive', null, 'a kind'],
    ['oci:folder', ['folder'], 'folder', 'oci', null, 'a kind'],
    ['dir:folder', ['folder'], 'folder', 'dir', null, 'a kind'],
    ['oci-archive:/a.tar:latest', ['/a.tar'], '/a.tar', 'oci-archive', 'latest', 'a tag'],
    ['oci:folder:latest', ['folder'], 'folder', 'oci', 'latest', 'a tag'],
    [
      'docker-archive:a.tar:localhost/clock:docker',
      ['a.tar'],
      'a.tar',
      'docker-archive',
      'localhost/clock:docker',
      'a full name',
    ],
    [
      'docker-archive:a.tar:localhost:5000/a:1',
      ['a.tar'],
      'a.tar',
      'docker-archive',
      'localhost:5000/a:1',
      'a name with a port',
    ],
    ['docker-archive:a.tar:@1', ['a.tar'], 'a.tar', 'docker-archive', '@1', 'an index'],
    [`oci:folder:sha256:${HEX}`, ['folder'], 'folder', 'oci', `sha256:${HEX}`, 'a digest'],
    ['oci-archive:a:b.tar:latest', ['a:b.tar'], 'a:b.tar', 'oci-archive', 'latest', 'a path with a colon'],
    ['oci-archive:a:b.tar', ['a:b.tar', 'a'], 'a:b.tar', 'oci-archive', null, 'the longest path wins'],
    ['oci-archive:a:b.tar:c', ['a', 'a:b.tar'], 'a:b.tar', 'oci-archive', 'c', 'the longest path wins'],
    ['oci-archive:a:b.tar', ['a'], 'a', 'oci-archive', 'b.tar', 'the only path'],
    ['dir:a:b', ['a:b'], 'a:b', 'dir', null, 'dir: takes no REF'],
    ['oci-archive:-:1', [], null, 'oci-archive', '1', 'one of several images on standard input'],
    ['docker-archive:-', [], null, 'docker-archive', null, 'a kind on standard input'],
  ])('%s where %j exists', async (text, paths, path, kind, ref) => {
    expect(await parse(text, ...paths)).toEqual({ path, kind, ref });
  });
});

describe('images in engines', () => {
  test.each([
    ['docker://debian:12', 'docker', 'debian:12'],
    ['podman://localhost:5000/a@sha256:0', 'podman', 'localhost:5000/a@sha256:0'],
    ['containerd://import-2024', 'containerd', 'import-2024'],
  ])('%s', async (text, engine, name) => {
    expect(await parse(text)).toEqual({ engine, name });
  });
});

describe('images in registries', () => {
  test.each<[string, string[], string, string, string | null, string | null, string | null]>([
    ['debian', [], 'docker.io', 'library/debian', 'latest', null, 'no such file or folder: debian'],
    ['debian:12', [], 'docker.io', 'library/debian', '12', null, 'no such file or folder: debian:12'],
    ['debian:12', ['debian'], 'docker.io', 'library/debian', '12', null, 'no such file or folder: debian:12'],
    ['image.tra', [], 'docker.io', 'library/image.tra', 'latest', null, 'no such file or folder: image.tra'],
    ['images/a.tar', [], 'docker.io', 'images/a.tar', 'latest', null, 'no such file or folder: images/a.tar'],
    ['build.d/a.tar', [], 'build.d', 'a.tar', 'latest', null, 'no such file or folder: build.d/a.tar'],
    ['localhost:5000/a:1', [], 'localhost:5000', 'a', '1', null, null],
    [`ghcr.io/a/b:1@sha256:${HEX}`, [], 'ghcr.io', 'a/b', null, `sha256:${HEX}`, null],
  ])('%s where %j exists', async (text, paths, registry, repository, tag, digest, otherwise) => {
    expect(await parse(text, ...paths)).toEqual({ registry, repository, tag, digest, otherwise });
  });
});

describe('images that are not', () => {
  test.each([
    ['', [], 'ERR_REFERENCE_INVALID', ['empty text']],
    ['a\0b', [], 'ERR_REFERENCE_INVALID', ['zero byte']],
    ['oci-archive:', [], 'ERR_REFERENCE_INVALID', ['oci-archive: is not followed by a path']],
    ['oci::latest', [], 'ERR_REFERENCE_INVALID', ['oci: is not followed by a path']],
    ['oci-archive:a.tar:', ['a.tar'], 'ERR_REFERENCE_INVALID', ['ends with a colon']],
    ['https://example.com/a.tar', [], 'ERR_REFERENCE_INVALID', ['https:// is not known']],
    ['oci-archive:a.tar', [], 'ERR_NOT_FOUND', ['no such file: a.tar']],
    ['oci-archive:a.tar:1', [], 'ERR_NOT_FOUND', ['no such file: a.tar:1, nor a.tar']],
    ['oci:a', [], 'ERR_NOT_FOUND', ['no such folder: a']],
    ['dir:a:1', ['a'], 'ERR_NOT_FOUND', ['no such folder: a:1']],
    ['./debian', [], 'ERR_NOT_FOUND', ['no such file or folder: ./debian']],
    ['/debian', [], 'ERR_NOT_FOUND', ['no such file or folder: /debian']],
    ['../a.tar', [], 'ERR_NOT_FOUND', ['no such file or folder: ../a.tar']],
    ['My Image.tar', [], 'ERR_NOT_FOUND', ['no such file or folder: My Image.tar']],
    ['image.tar:1', ['image.tar'], 'ERR_NOT_FOUND', ['no such file or folder: image.tar:1', 'oci-archive:image.tar:1']],
    [`debian@md5:${HEX}`, [], 'ERR_DIGEST_INVALID', ['not a sha256 or sha512 digest']],
    ['docker://', [], 'ERR_REFERENCE_INVALID', ['docker:// is not followed by the name of an image']],
    ['Docker://debian', [], 'ERR_REFERENCE_INVALID', ['Docker:// is not known']],
  ])('%j where %j exists: %s', async (text, paths, code, messages) => {
    const error = await failure(text, ...paths);
    expect(error.code).toBe(code);
    for (const message of messages) expect(error.message).toContain(message);
    expect(error.message).not.toContain('\n');
  });

  test('a long text of colons ends soon', async () => {
    const error = await failure(`oci-archive:${':'.repeat(100_000).replace(/^:/, 'a:')}`);
    expect(error.code).toBe('ERR_NOT_FOUND');
    const name = await failure(`${'a-'.repeat(100_000)}!`);
    expect(name.code).toBe('ERR_NOT_FOUND');
  });
});

/* Rows follow distribution/reference: reference_test.go and normalize_test.go. */
describe('names of images', () => {
  test.each([
    ['debian', 'docker.io/library/debian', null, null],
    ['debian:12', 'docker.io/library/debian', '12', null],
    ['foo/bar', 'docker.io/foo/bar', null, null],
    ['localhost/bar', 'localhost/bar', null, null],
    ['foo.com/bar', 'foo.com/bar', null, null],
    ['foo:8080/bar:tag', 'foo:8080/bar', 'tag', null],
    ['[2001:db8::1]:5000/repo', '[2001:db8::1]:5000/repo', null, null],
    ['Uppercase/lowercase:tag', 'Uppercase/lowercase', 'tag', null],
    [`test:5000/repo:tag@sha256:${HEX}`, 'test:5000/repo', 'tag', `sha256:${HEX}`],
    ['foo_bar__baz---x.y', 'docker.io/library/foo_bar__baz---x.y', null, null],
  ])('%s', (text, name, tag, digest) => {
    expect(parseImageName(text)).toMatchObject({ name, tag, digest });
  });

  test.each([
    '',
    ':tag',
    'Uppercase:tag',
    'a//b',
    '-foo',
    'foo..bar',
    'foo___bar',
    'a b',
    '@sha256:x',
    'repo@sha256:ffff',
    'a:b:c',
    `a:${'x'.repeat(129)}`,
  ])('%j is none', (text) => {
    expect(parseImageName(text)).toBeNull();
  });

  test.each([
    ['debian:12', 'docker.io/library/debian:12'],
    ['docker.io/debian:12', 'docker.io/library/debian:12'],
    ['index.docker.io/debian', 'docker.io/library/debian'],
    ['index.docker.io/a/b', 'docker.io/a/b'],
    ['quay.io/debian', 'quay.io/debian'],
    ['No Name', 'No Name'],
  ])('%s normalised is %s', (text, expected) => {
    expect(normalizeImageName(text)).toBe(expected);
  });

  test.each([
    ['localhost:5000/a', null],
    ['localhost:5000/a:1', '1'],
    ['12', null],
  ])('the tag of %s is %s', (text, tag) => {
    expect(tagOf(text)).toBe(tag);
  });
});
