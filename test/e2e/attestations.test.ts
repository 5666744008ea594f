import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DiffOptions, Report } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import {
  type Built,
  type BuiltImage,
  buildImage,
  buildIndex,
  layoutMembers,
  sha256,
  writeMembers,
} from '../support/images.js';
import { compare, counted, expectSound, failuresOf, found, mirror, temporaryFolder } from './support.js';

/*
 * Attestations as BuildKit stores them: docs/attestations/attestation-storage.md, and with `oci-artifact=true`, an
 * `artifactType` and a `subject`.
 */

const folder = temporaryFolder();

const SLSA = 'https://slsa.dev/provenance/v0.2';
const SPDX = 'https://spdx.dev/Document';
const SLSA_FIELD = '/attestation/https:~1~1slsa.dev~1provenance~1v0.2';
const SPDX_FIELD = '/attestation/https:~1~1spdx.dev~1Document';

interface Statement {
  readonly type: string;
  readonly predicate: object;
  /** The stored bytes, instead of the statement. */
  readonly stored?: Buffer;
  readonly annotated?: boolean;
}

async function image(content = 'a'): Promise<BuiltImage> {
  return buildImage({ layers: [{ entries: [{ path: 'file', content }] }] });
}

async function attestationOf(of: Built, statements: readonly Statement[], manifest: object = {}): Promise<BuiltImage> {
  const layers = statements.map(({ type, predicate, stored, annotated = true }) => {
    const subject = [{ name: 'pkg:docker/x', digest: { sha256: of.descriptor.digest.slice('sha256:'.length) } }];
    const statement = { _type: 'https://in-toto.io/Statement/v0.1', predicateType: type, subject, predicate };
    const tar = stored ?? Buffer.from(JSON.stringify(statement));
    return {
      tar,
      compression: 'none' as const,
      mediaType: 'application/vnd.in-toto+json',
      ...(annotated ? { annotations: { 'in-toto.io/predicate-type': type } } : {}),
    };
  });
  return buildImage({ layers, platform: { os: 'unknown', architecture: 'unknown' }, manifest });
}

async function attested(of: Built, attestations: readonly Built[]): Promise<Built> {
  return buildIndex([
    { built: of, platform: { os: 'linux', architecture: 'amd64' } },
    ...attestations.map((built) => ({
      built,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.digest': of.descriptor.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    })),
  ]);
}

async function withStatements(of: Built, ...statements: readonly Statement[]): Promise<Built> {
  return attested(of, [await attestationOf(of, statements)]);
}

let files = 0;
function put(built: Built, ...absent: readonly string[]): string {
  files += 1;
  const path = writeMembers(join(folder, String(files)), layoutMembers(built));
  for (const digest of absent) rmSync(join(path, 'blobs', digest.replace(':', '/')));
  return path;
}

/* `unexplained`: digests and sizes of what is not looked into, or cannot be read. */
async function both(path0: string, path1: string, options: DiffOptions = {}, unexplained = 0): Promise<Report> {
  const report = await compare(path0, path1, { verbose: true, ...options });
  if (report.failures.length === 0) expectSound(report, unexplained);
  const swapped = await compare(path1, path0, { verbose: true, ...options });
  expect({ ...swapped, failures: [] }).toEqual({ ...mirror(report), failures: [] });
  expect([...failuresOf(swapped)].sort()).toEqual([...failuresOf(report)].sort());
  return report;
}

const rows = ({ differences }: Report): unknown[] =>
  differences.map(({ subject, field, values, ignoredBy = null }) => [`${subject} ${field}`, ...values, ignoredBy]);

describe('two attestations of one image', () => {
  test('are compared field by field; every digest above follows', async () => {
    const of = await image();
    const [one, two] = [
      { start: '10:00', id: 'x' },
      { start: '11:00', id: 'x' },
    ];
    const built0 = await withStatements(of, { type: SLSA, predicate: one });
    const built1 = await withStatements(of, { type: SLSA, predicate: two });
    const [path0, path1] = [put(built0), put(built1)];
    const report = await both(path0, path1);
    expect(counted(report)).toEqual([`manifest ${SLSA_FIELD}/predicate/start`]);
    expect(report.differences.find(({ field }) => field.endsWith('/start'))).toMatchObject({
      subject: 'manifest',
      platform: 'linux/amd64',
      values: ['10:00', '11:00'],
    });
    expect(rows(report).map((row) => [(row as unknown[])[0], (row as unknown[])[3]])).toEqual([
      ['index /manifests/1/digest', 'consequence'],
      ['manifest /attestation/config/>/rootfs/diff_ids', 'consequence'],
      ['manifest /attestation/config/digest', 'consequence'],
      [`manifest ${SLSA_FIELD}/predicate/start`, null],
      ['manifest /attestation/layers/0/digest', 'consequence'],
    ]);
    /* The image is the same, and its levels do not speak of what is said about it. */
    expect(report.levels.filter(({ equal }) => equal === false).map(({ level }) => level)).toEqual(['index']);
    for (const options of [
      { mode: 'semantic' },
      { mode: { ignore: ['attestations'] } },
      { platforms: ['linux/amd64'] },
    ] as const) {
      const other = await both(path0, path1, options);
      expect(other.verdict).toBe('equivalent');
      expect(found(other)).toEqual(found(report));
    }
    const pointer = 'manifest:/attestation/*/predicate/start';
    expect((await both(path0, path1, { ignoreFields: [pointer] })).verdict).toBe('equivalent');
  });

  test('statements are paired by predicate type, wherever they stand', async () => {
    const of = await image();
    const slsa = { type: SLSA, predicate: { a: 1 } };
    const built0 = await withStatements(of, slsa, { type: SPDX, predicate: { b: 1 } });
    const built1 = await withStatements(of, { type: SPDX, predicate: { b: 2 } }, slsa);
    expect(counted(await both(put(built0), put(built1)))).toEqual([
      'manifest /attestation order',
      `manifest ${SPDX_FIELD}/predicate/b`,
    ]);
  });

  test('without the annotation the statement itself says its type', async () => {
    const of = await image();
    const slsa = { type: SLSA, predicate: { a: 1 }, annotated: false };
    const built0 = await withStatements(of, slsa, { type: SPDX, predicate: { b: 1 }, annotated: false });
    const built1 = await withStatements(of, { type: SPDX, predicate: { b: 2 }, annotated: false }, slsa);
    expect(counted(await both(put(built0), put(built1)))).toEqual([
      'manifest /attestation order',
      `manifest ${SPDX_FIELD}/predicate/b`,
    ]);
  });

  test('several of one type each have a name', async () => {
    const of = await image();
    const sboms = (first: number, second: number): Statement[] => [
      { type: SPDX, predicate: { n: 'first', v: first } },
      { type: SPDX, predicate: { n: 'second', v: second } },
    ];
    const report = await both(
      put(await withStatements(of, ...sboms(1, 1))),
      put(await withStatements(of, ...sboms(2, 3))),
    );
    expect(counted(report)).toEqual([
      'manifest /attestation/https:~1~1spdx.dev~1Document #2/predicate/v',
      `manifest ${SPDX_FIELD}/predicate/v`,
    ]);
  });

  test('a statement that one side has alone is told, and explains the digests', async () => {
    const of = await image();
    const slsa = { type: SLSA, predicate: { a: 1 } };
    const built0 = await withStatements(of, slsa);
    const built1 = await withStatements(of, slsa, { type: SPDX, predicate: {} });
    expect(counted(await both(put(built0), put(built1)))).toEqual(['manifest /attestation/layers/1']);
  });

  test('that are artifacts with a subject', async () => {
    const [of0, of1] = [await image('a'), await image('b')];
    const type = 'application/vnd.docker.attestation.manifest.v1+json';
    const build = async (of: Built, start: string): Promise<Built> => {
      const { mediaType, digest, size } = of.descriptor;
      const more = { artifactType: type, subject: { mediaType, digest, size } };
      return attested(of, [await attestationOf(of, [{ type: SLSA, predicate: { start } }], more)]);
    };
    const report = await both(put(await build(of0, '1')), put(await build(of1, '2')));
    /* Two images of one length of manifest: their sizes are the same. */
    expect(counted(report)).toEqual([`manifest ${SLSA_FIELD}/predicate/start`, 'file 0 file content']);
    const followers = report.differences.filter(({ ignoredBy }) => ignoredBy === 'consequence');
    expect(followers.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['/attestation/subject/digest', `${SLSA_FIELD}/subject/0/digest/sha256`]),
    );
  });

  test('a second attestation of one image has a name of its own', async () => {
    const of = await image();
    const build = async (a: number, b: number): Promise<Built> =>
      attested(of, [
        await attestationOf(of, [{ type: SLSA, predicate: { a } }]),
        await attestationOf(of, [{ type: SPDX, predicate: { b } }]),
      ]);
    expect(counted(await both(put(await build(1, 1)), put(await build(2, 2))))).toEqual([
      'manifest /attestation #2/https:~1~1spdx.dev~1Document/predicate/b',
      `manifest ${SLSA_FIELD}/predicate/a`,
    ]);
  });
});

describe('an attestation that cannot be read', () => {
  const statement = (text: string): Statement => ({ type: SLSA, predicate: {}, stored: Buffer.from(text) });

  test('a manifest or statement that is absent is told by its digest', async () => {
    const of = await image();
    const [first, second] = [
      await attestationOf(of, [{ type: SLSA, predicate: { a: 1 } }]),
      await attestationOf(of, [{ type: SLSA, predicate: { a: 2 } }]),
    ];
    const [built0, built1] = [await attested(of, [first]), await attested(of, [second])];
    const noManifest = await both(put(built0, first.descriptor.digest), put(built1), {}, 1);
    expect(counted(noManifest)).toEqual(['index /manifests/1/digest']);
    const stored = first.layers[0]?.stored ?? Buffer.alloc(0);
    const noStatement = await both(put(built0, sha256(stored)), put(built1), {}, 2);
    /* Nothing below is told, so both digests that name it count. */
    expect(counted(noStatement)).toEqual([
      'manifest /attestation/config/>/rootfs/diff_ids',
      'manifest /attestation/layers/0/digest',
    ]);
    expect((await both(put(built0, sha256(stored)), put(built1), { mode: 'semantic' }, 2)).verdict).toBe('equivalent');
  });

  test.each([
    ['no JSON', '{', 'ERR_JSON_INVALID'],
    ['two keys of one name', '{"a":1,"a":2}', 'ERR_JSON_INVALID'],
    ['nested too deep', `${'['.repeat(200)}${']'.repeat(200)}`, 'ERR_LIMIT_EXCEEDED'],
  ])('a statement that is %s: a failure where attestations count', async (_what, text, code) => {
    const of = await image();
    const built0 = await withStatements(of, statement(text));
    const [path0, path1] = [put(built0), put(await withStatements(of, { type: SLSA, predicate: {} }))];
    const report = await both(path0, path1);
    expect(report.verdict).toBe('incomplete');
    expect(report.failures).toMatchObject([{ code }]);
    expect(report.failures[0]?.message).toContain(`${path0}: ${sha256(text)}: `);
    for (const options of [{ mode: 'semantic' }, { platforms: ['linux/amd64'] }] as const) {
      /* Digest and size of the statement, and the diffID. */
      const other = await both(path0, path1, options, 3);
      expect(other.verdict).toBe('equivalent');
      expect(found(other)).toEqual(found(report));
    }
  });

  test('a statement with other bytes than its digest says, and one above the limit', async () => {
    const of = await image();
    const good = await attestationOf(of, [{ type: SLSA, predicate: { a: 1 } }]);
    const stored = good.layers[0]?.stored ?? Buffer.alloc(0);
    const lying = await attested(of, [
      { ...good, blobs: new Map([...good.blobs, [sha256(stored), stored.fill(' ', 3, 4)]]) },
    ]);
    const other = put(await withStatements(of, { type: SLSA, predicate: { a: 2 } }));
    const broken = await both(put(lying), other);
    expect(broken.failures).toMatchObject([{ code: 'ERR_DIGEST_MISMATCH' }]);
    const long = put(await withStatements(of, { type: SLSA, predicate: { a: 'x'.repeat(5000) } }));
    const limited = await both(long, other, { limits: { documentBytes: 4000 } });
    expect(limited.failures).toMatchObject([{ code: 'ERR_LIMIT_EXCEEDED' }]);
    expect(limited.failures[0]?.message).toContain('documentBytes');
  });

  test('more that differs than may be told', async () => {
    const of = await image();
    const predicate = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key ${i}`, i]));
    const path0 = put(await withStatements(of, { type: SLSA, predicate }));
    const path1 = put(await withStatements(of, { type: SLSA, predicate: {} }));
    const limits = { documentDifferenceBytes: 2000 };
    const report = await both(path0, path1, { limits });
    expect(report.failures).toMatchObject([{ code: 'ERR_LIMIT_EXCEEDED' }]);
    expect(report.failures[0]?.message).toContain('in the attestations for linux/amd64');
    expect((await both(path0, path1, { limits, mode: 'semantic' }, 1)).verdict).toBe('equivalent');
  });
});

describe('real ones', () => {
  const [multi1, multi2] = [fixture('multi-1.oci.tar'), fixture('multi-2.oci.tar')];

  test('of two builds: what the build was told, and when', async () => {
    const report = await both(multi1, multi2, { allPlatforms: true });
    const amd64 = report.differences.filter(({ platform }) => platform === 'linux/amd64');
    /* As `jq .predicate` of the statements shows it. */
    expect(amd64).toContainEqual({
      subject: 'manifest',
      change: 'modified',
      platform: 'linux/amd64',
      field: `${SLSA_FIELD}/predicate/invocation/parameters/args/build-arg:STAMP`,
      values: ['1', '2'],
      cause: 'provenance-arguments',
    });
    expect(amd64.find(({ field }) => field === `${SLSA_FIELD}/subject/0/digest/sha256`)?.ignoredBy).toBe('consequence');
    /* All six children differ, and each for a reason that is told. */
    const children = report.differences.filter(({ field }) => /^\/manifests\/\d\/digest$/.test(field));
    expect(children.map(({ ignoredBy }) => ignoredBy)).toEqual(Array(6).fill('consequence'));
    const semantic = await both(multi1, multi2, { allPlatforms: true, mode: 'semantic' });
    expect(found(semantic)).toEqual(found(report));
    expect(counted(semantic)).toEqual(Array(3).fill('config /config/Labels/stamp'));
  });

  test('on one side only', async () => {
    const [plain, provenance] = [fixture('clock-buildkit-1.oci.tar'), fixture('clock-buildkit-1-provenance.oci.tar')];
    expect(counted(await both(plain, provenance))).toEqual(['index /manifests/1', 'index index']);
    expect((await both(plain, provenance, { mode: { ignore: ['attestations', 'media-types'] } })).verdict).toBe(
      'equivalent',
    );
  });
});
