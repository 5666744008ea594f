import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failure, fixture, type Member, membersOf, readWhole, repack, temporaryFolder, write } from './support.js';

const folder = temporaryFolder();
const OCI = await membersOf('clock-buildkit-1.oci.tar');
const PODMAN = await membersOf('clock-podman-save.docker.tar');

const isBlob = ({ header }: Member): boolean => header.type === 'file' && header.name.startsWith('blobs/');
const isPart = ({ header }: Member): boolean => /^[0-9a-f]{64}\.(tar|json)$/.test(header.name);

/** A member's name as errors name it: a layout's blobs by digest. */
function nameOf({ header }: Member): string {
  return header.name.replace(/^blobs\/sha256\//, 'sha256:');
}

function flipped(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] as number) ^ 1;
  return copy;
}

const DAMAGES: readonly (readonly [string, string, (member: Member) => Member | null])[] = [
  ['corrupted', 'ERR_DIGEST_MISMATCH', ({ header, content }) => ({ header, content: flipped(content) })],
  ['cut', 'ERR_SIZE_MISMATCH', ({ header, content }) => ({ header, content: content.subarray(0, -1) })],
  [
    'with a byte more',
    'ERR_SIZE_MISMATCH',
    ({ header, content }) => ({ header, content: Buffer.concat([content, Buffer.of(0)]) }),
  ],
  ['removed', 'ERR_NOT_FOUND', () => null],
];

async function damaged(
  members: readonly Member[],
  victim: Member,
  damage: (member: Member) => Member | null,
): Promise<string> {
  const changed = members.flatMap((member) => (member === victim ? (damage(member) ?? []) : member));
  return write(folder, 'damaged.tar', await repack(changed));
}

describe('each blob of an OCI archive', () => {
  test('there are six', () => {
    expect(OCI.filter(isBlob)).toHaveLength(6);
  });

  test.each(
    OCI.filter(isBlob).flatMap((member) =>
      DAMAGES.map(([what, code, damage]) => ({ name: nameOf(member), what, code, member, damage })),
    ),
  )('$name $what: $code', async ({ name, code, member, damage }) => {
    const path = await damaged(OCI, member, damage);
    const error = await failure(readWhole(path));
    expect(error.code).toBe(code);
    expect(error.location.blob).toBe(name);
    expect(error.describe()).toContain(name);
  });
});

describe('each part of a docker save archive by Podman', () => {
  test('there are four', () => {
    expect(PODMAN.filter(isPart)).toHaveLength(4);
  });

  /* Nothing states a size there, so a cut part is told by its digest. */
  test.each(
    PODMAN.filter(isPart).flatMap((member) =>
      DAMAGES.map(([what, code, damage]) => ({
        name: nameOf(member),
        what,
        code: code === 'ERR_SIZE_MISMATCH' ? 'ERR_DIGEST_MISMATCH' : code,
        member,
        damage,
      })),
    ),
  )('$name $what: $code', async ({ name, code, member, damage }) => {
    const path = await damaged(PODMAN, member, damage);
    const error = await failure(readWhole(path));
    expect(error.code).toBe(code);
    expect(error.location.blob).toBe(name);
    expect(error.describe()).toContain(name);
  });
});

describe('each blob of a skopeo dir: folder', () => {
  const blobs = readdirSync(fixture('clock-buildah-dir')).filter((name) => /^[0-9a-f]{64}$/.test(name));

  test.each(
    blobs.flatMap(
      (name) =>
        [
          [name, 'corrupted'],
          [name, 'cut'],
          [name, 'removed'],
        ] as const,
    ),
  )('%s %s', async (name, what) => {
    const copy = join(folder, 'dir');
    rmSync(copy, { recursive: true, force: true });
    cpSync(fixture('clock-buildah-dir'), copy, { recursive: true });
    const path = join(copy, name);
    const content = readFileSync(path);
    if (what === 'removed') rmSync(path);
    else writeFileSync(path, what === 'cut' ? content.subarray(0, -1) : flipped(content));
    const error = await failure(readWhole(copy));
    expect(error.code).toBe(
      { corrupted: 'ERR_DIGEST_MISMATCH', cut: 'ERR_SIZE_MISMATCH', removed: 'ERR_NOT_FOUND' }[what],
    );
    expect(error.location.blob).toBe(`sha256:${name}`);
  });
});

describe('documents of the medium itself', () => {
  const replaced = (name: string, content: string): Promise<string> =>
    repack(
      OCI.map((member) =>
        member.header.name === name ? { header: member.header, content: Buffer.from(content) } : member,
      ),
    ).then((bytes) => write(folder, 'documents.tar', bytes));

  test.each([
    ['index.json', '{', 'ERR_JSON_INVALID', 'no JSON'],
    ['index.json', '[]', 'ERR_INDEX_INVALID', 'no object'],
    ['index.json', '{"schemaVersion":2}', 'ERR_INDEX_INVALID', 'no manifests'],
    ['index.json', '{"schemaVersion":2,"manifests":[]}', 'ERR_NOT_AN_IMAGE', 'names no image'],
    ['index.json', '{"schemaVersion":2,"manifests":[{}],"layers":[]}', 'ERR_INDEX_INVALID', 'could be read as both'],
    ['oci-layout', '{}', 'ERR_NOT_AN_IMAGE', 'no version'],
    ['oci-layout', '{"imageLayoutVersion":"2.0.0"}', 'ERR_UNSUPPORTED', 'a version that does not exist yet'],
  ])('%s is %s: %s (%s)', async (name, content, code) => {
    const error = await failure(readWhole(await replaced(name, content)));
    expect(error.code).toBe(code);
    expect(error.location.blob).toBe(name);
  });

  test('keys that differ only in case are a note', async () => {
    const index = OCI.find(({ header }) => header.name === 'index.json')?.content.toString() ?? '';
    const { notes } = await readWhole(await replaced('index.json', index.replace('{', '{"SchemaVersion":2,')));
    expect(notes).toEqual([
      { code: 'json-key-case', message: 'index.json: keys differ only in case: /SchemaVersion and /schemaVersion' },
    ]);
  });

  test('a document above the limit is not read', async () => {
    const { DEFAULT_LIMITS } = await import('../../../packages/core/src/limits.js');
    const error = await failure(
      readWhole(fixture('clock-buildkit-1.oci.tar'), { limits: { ...DEFAULT_LIMITS, documentBytes: 400 } }),
    );
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('--max-document-bytes');
    expect(error.location.blob).toBe('index.json');
  });
});

describe('an archive that is cut', () => {
  const whole = readFileSync(fixture('clock-buildkit-1.oci.tar'));

  /* Offsets by `python3 -c 'import tarfile; [print(m.name, m.offset, m.offset_data, m.size) for m in tarfile.open("…")]'`. */
  test.each([
    [300, 'ERR_NOT_AN_IMAGE', 'within the first header'],
    [1200, 'ERR_ARCHIVE_INVALID', 'within the header of the first blob'],
    [2000, 'ERR_ARCHIVE_INVALID', 'within the content of the first blob'],
    [whole.length - 2000, 'ERR_ARCHIVE_INVALID', 'within the last member'],
  ])('after %i bytes: %s (%s)', async (length, code) => {
    const path = write(folder, 'cut.tar', whole.subarray(0, length));
    const error = await failure(readWhole(path));
    expect(error.code).toBe(code);
    expect(error.message).toContain(path);
  });
});
