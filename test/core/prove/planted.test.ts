import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Cause, ContentRule } from '../../../packages/core/src/explain/cause.js';
import { normaliseLines } from '../../../packages/core/src/explain/text-rule.js';
import { fixture } from '../../support/fixtures.js';
import {
  buildImage,
  buildIndex,
  dockerMembers,
  type EntrySpec,
  type ImageSpec,
  type LayerSpec,
  LINUX,
  layerTar,
  layoutMembers,
  packMembers,
  sign,
} from '../../support/images.js';
import { countedOf, type ProveOptions, places, planted, proved, unexplained } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'ocidiff-prove-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

async function archive(spec: ImageSpec): Promise<string> {
  const path = join(folder, `${files++}.tar`);
  writeFileSync(path, await packMembers(layoutMembers(await buildImage(spec))));
  return path;
}

async function proof(spec0: ImageSpec, spec1: ImageSpec, options: ProveOptions = {}): ReturnType<typeof proved> {
  return proved([await archive(spec0), await archive(spec1)], options);
}

/* A log that differs in its times alone: `stamp` explains it, and its normaliser takes all of it out. */
const stamp = planted('stamp', {
  what: 'content',
  paths: ['var/log/**'],
  normalise: normaliseLines((line) => line.replace(/^\d+ /, '')),
});
const log = (time: number): EntrySpec => ({ path: 'var/log/it', content: `${time} begun\n${time + 1} done\n` });
const logged = (time: number, ...more: EntrySpec[]): LayerSpec => ({ entries: [log(time), ...more] });

describe('causes', () => {
  test('what a cause explains is not left, and the verdict stays', async () => {
    const { report, proof: made } = await proof(
      { layers: [logged(1)] },
      { layers: [logged(500)] },
      { catalogue: [stamp] },
    );
    expect(made).toEqual({ causes: ['stamp'], residual: [] });
    expect(report.verdict).toBe('different');
  });

  test('one that claims too much leaves what its normaliser does not take out', async () => {
    /* A finding's cause says by itself what it explains; this one says all of a file, and takes out the times. */
    const greedy = planted('greedy', {
      what: 'finding',
      subjects: ['file'],
      covers: () => true,
      normaliser: {
        entry: (entry) => {
          entry.mtime = { seconds: 0, nanoseconds: 0 };
          return true;
        },
      },
    });
    const { report, proof: made } = await proof(
      { layers: [{ entries: [{ path: 'a', mtime: 1, uname: 'one' }] }] },
      { layers: [{ entries: [{ path: 'a', mtime: 2, uname: 'two' }] }] },
      { catalogue: [greedy] },
    );
    expect(unexplained(report)).toEqual([]);
    expect(made.causes).toEqual(['greedy']);
    expect(places(made.residual)).toEqual(['linux/amd64 file modified 0 a  uname']);
  });

  test('one whose normaliser does nothing leaves everything', async () => {
    const idle = planted('idle', { what: 'finding', subjects: ['file'], covers: () => true, normaliser: {} });
    const { report, proof: made } = await proof(
      { layers: [{ entries: [{ path: 'a', mtime: 1 }] }] },
      { layers: [{ entries: [{ path: 'a', mtime: 2 }] }] },
      { catalogue: [idle] },
    );
    expect(unexplained(report)).toEqual([]);
    expect(places(made.residual)).toEqual(['linux/amd64 file modified 0 a  mtime']);
  });

  test('a content cause that is named for one file takes no more out of another than it knows', async () => {
    const other = (content: string): EntrySpec => ({ path: 'var/log/other', content });
    const { proof: made } = await proof(
      { layers: [logged(1, other('7 ok\n'))] },
      { layers: [logged(500, other('8 not ok\n'))] },
      { catalogue: [stamp] },
    );
    expect(places(made.residual)).toEqual(['linux/amd64 file modified 0 var/log/other  content']);
  });

  test('a benign cause takes nothing out of a program, sets no owner and no capability', async () => {
    const strip = planted('strip', {
      what: 'finding',
      subjects: ['file'],
      covers: ({ field }) => field === 'mtime',
      normaliser: {
        entry: (entry) => {
          Object.assign(entry, { mtime: { seconds: 0, nanoseconds: 0 }, mode: 0o644, uid: 0, pax: new Map() });
          return true;
        },
      },
    });
    const program = (time: number): EntrySpec => ({ path: 'var/log/run', mode: 0o755, content: `${time} #!\n` });
    const attributes = (mtime: number, uid: number, capability: string): EntrySpec => ({
      path: 'usr/x',
      mtime,
      uid,
      pax: { 'SCHILY.xattr.security.capability': capability },
    });
    const { report, proof: made } = await proof(
      { layers: [logged(1, program(1), attributes(1, 5, 'a'))] },
      { layers: [logged(500, program(2), attributes(2, 6, 'b'))] },
      { catalogue: [stamp, strip] },
    );
    expect(places(made.residual)).toEqual(places(unexplained(report)));
    expect(places(made.residual)).toEqual([
      'linux/amd64 file modified 0 usr/x  uid',
      'linux/amd64 file modified 0 usr/x  xattrs/security.capability',
      'linux/amd64 file modified 0 var/log/run  content',
    ]);
  });

  test('files that a cause leaves behind go, but not where the other side has something there', async () => {
    const left = planted('left', { what: 'presence', paths: ['tmp/**'], covers: () => true });
    const entry = (path: string, content = ''): EntrySpec => ({ path, content });
    const { proof: made } = await proof(
      {
        layers: [
          { entries: [entry('tmp/base', 'x')] },
          { entries: [entry('tmp/one'), entry('tmp/both', '0'), entry('tmp/base', 'y')] },
        ],
      },
      { layers: [{ entries: [entry('tmp/base', 'x')] }, { entries: [entry('tmp/both', '1')] }] },
      { catalogue: [left] },
    );
    expect(made.causes).toEqual(['left']);
    expect(places(made.residual)).toEqual([
      'linux/amd64 file modified 1 tmp/both  content',
      'linux/amd64 file modified 1:0 tmp/base  content',
      /* As a stream, layer 1 of one side has it alone. As a tree, both sides have it, so nothing of it goes. */
      'linux/amd64 file removed 1 tmp/base  type',
    ]);
  });

  test('documents lose what causes take out, and keep how they are written', async () => {
    const label = planted('label', {
      what: 'finding',
      subjects: ['config'],
      covers: ({ field }) => field === '/config/Labels/made',
      normaliser: {
        document: (kind, value) => {
          const { config, ...rest } = value as { readonly config?: { readonly Labels?: { made?: string } } };
          if (kind !== 'config' || config?.Labels === undefined) return value;
          const { made: _, ...Labels } = config.Labels;
          return { ...rest, config: { ...config, Labels } };
        },
      },
    });
    const spec = (made: string, more: object): ImageSpec => ({
      layers: [],
      config: { Labels: { made, kept: 'k' } },
      ...more,
    });
    const alone = await proof(spec('1', {}), spec('2', {}), { catalogue: [label] });
    expect(alone.proof).toEqual({ causes: ['label'], residual: [] });
    const { proof: made } = await proof(spec('1', {}), spec('2', { indent: 2 }), { catalogue: [label] });
    expect(places(made.residual)).toEqual([
      'linux/amd64 config modified    encoding',
      'linux/amd64 manifest modified    encoding',
    ]);
  });

  test('order, headers, compression and the cut into layers', async () => {
    const all = (id: string, normaliser: object): Cause =>
      planted(id, {
        what: 'finding',
        subjects: ['layer', 'file', 'manifest', 'config'],
        covers: () => true,
        normaliser,
      });
    const [a, b, c]: EntrySpec[] = [
      { path: 'a', content: 'a' },
      { path: 'b', content: 'b' },
      { path: 'c', type: 'symlink', linkTarget: 'a' },
    ];
    const entries = [a, b, c] as EntrySpec[];
    const cases: readonly (readonly [object, ImageSpec, ImageSpec])[] = [
      [{ order: true }, { layers: [{ entries }] }, { layers: [{ entries: [...entries].reverse() }] }],
      [{ headers: true }, { layers: [{ entries }] }, { layers: [{ entries, dialect: 'gnu' }] }],
      [{ compression: true }, { layers: [{ entries }] }, { layers: [{ entries, compression: 'none' }] }],
      [{ compression: true }, { layers: [{ entries, gzipLevel: 1 }] }, { layers: [{ entries, gzipLevel: 9 }] }],
      [
        { squash: true },
        { layers: [{ entries }] },
        { layers: [{ entries: [a as EntrySpec] }, { entries: entries.slice(1) }] },
      ],
    ];
    for (const [i, [normaliser, spec0, spec1]] of cases.entries()) {
      const { report, proof: made } = await proof(spec0, spec1, { catalogue: [all('it', normaliser)] });
      expect(countedOf(report).length, `case ${i}`).toBeGreaterThan(0);
      expect(made, `case ${i}`).toEqual({ causes: ['it'], residual: [] });
      /* Without the normaliser it is all there. */
      const { proof: none } = await proof(spec0, spec1, { catalogue: [all('it', {})] });
      expect(places(none.residual), `case ${i}`).toEqual(places(countedOf(report)));
    }
  });
});

/* Beside what a named cause explains each of these differs, and rewriting must not hide it. */
describe('nothing of how a layer or document is written is lost', () => {
  const plain = (time: number): Promise<Buffer> => layerTar([log(time), { path: 'a', content: 'x' }]);
  const changed = async (time: number, change: (tar: Buffer) => Buffer): Promise<LayerSpec> => ({
    tar: change(await plain(time)),
  });
  /* Of `var/log/it`: one header block, one of content, then the header of `a`. */
  const A = 1024;
  const edited = (tar: Buffer, edit: (block: Buffer) => void): Buffer => {
    const copy = Buffer.from(tar);
    const block = copy.subarray(A, A + 512);
    edit(block);
    sign(block);
    return copy;
  };
  const cases: readonly (readonly [string, (tar: Buffer) => Buffer, string])[] = [
    [
      'a number in another style',
      (tar) => edited(tar, (block) => block.write('   644 \0', 100, 'latin1')),
      'a  header',
    ],
    ['bytes behind a name', (tar) => edited(tar, (block) => block.write('z', 50, 'latin1')), 'a  header'],
    [
      'padding',
      (tar) => Buffer.concat([tar.subarray(0, A + 1000), Buffer.from('p'), tar.subarray(A + 1001)]),
      'a  padding',
    ],
    [
      'padding of the file that is rewritten',
      (tar) => Buffer.concat([tar.subarray(0, 1000), Buffer.from('p'), tar.subarray(1001)]),
      'var/log/it  padding',
    ],
    ['trailer', (tar) => Buffer.concat([tar, Buffer.alloc(512)]), '  trailer'],
  ];
  test.each(cases)('%s', async (_, change, place) => {
    const { report, proof: made } = await proof(
      { layers: [await changed(1, (tar) => tar)] },
      { layers: [await changed(500, change)] },
      { catalogue: [stamp] },
    );
    expect(places(unexplained(report))).toHaveLength(1);
    expect(places(unexplained(report))[0]).toContain(place);
    expect(places(made.residual)).toEqual(places(unexplained(report)));
  });

  const whole: readonly (readonly [string, ImageSpec, ImageSpec])[] = [
    ['order', { layers: [logged(1, { path: 'a' })] }, { layers: [{ entries: [{ path: 'a' }, log(500)] }] }],
    ['dialect', { layers: [logged(1)] }, { layers: [{ ...logged(500), dialect: 'gnu' }] }],
    ['spelling', { layers: [logged(1, { path: 'a' })] }, { layers: [logged(500, { path: './a' })] }],
    ['compression', { layers: [logged(1)] }, { layers: [{ ...logged(500), compression: 'zstd' }] }],
    ['encoding of documents', { layers: [logged(1)] }, { layers: [logged(500)], indent: 1 }],
    ['media types', { layers: [logged(1)] }, { layers: [logged(500)], docker: true }],
    [
      'annotations',
      { layers: [{ ...logged(1), annotations: { a: '1' } }] },
      { layers: [{ ...logged(500), annotations: { a: '2' } }] },
    ],
    ['a file of one side', { layers: [logged(1)] }, { layers: [logged(500, { path: 'b' })] }],
    ['a layer of one side', { layers: [logged(1)] }, { layers: [logged(500), { entries: [{ path: 'b' }] }] }],
    [
      'a whiteout',
      { layers: [{ entries: [{ path: 'b' }] }, logged(1)] },
      { layers: [{ entries: [{ path: 'b' }] }, logged(500, { path: '.wh.b' })] },
    ],
  ];
  test.each(whole)('%s', async (_, spec0, spec1) => {
    const { report, proof: made } = await proof(spec0, spec1, { catalogue: [stamp] });
    expect(report.causes.map(({ id }) => id)).toEqual(['stamp']);
    expect(unexplained(report).length).toBeGreaterThan(0);
    expect(places(made.residual)).toEqual(places(unexplained(report)));
  });
});

describe('images of other kinds', () => {
  test('an index: digests follow up to the root, and in what attestations say of the image', async () => {
    const index = async (time: number): Promise<string> => {
      const image = await buildImage({ layers: [logged(time)] });
      const statement = Buffer.from(
        JSON.stringify({
          _type: 'https://in-toto.io/Statement/v0.1',
          predicateType: 'https://slsa.dev/provenance/v0.2',
          subject: [{ name: 'it', digest: { sha256: image.descriptor.digest.slice('sha256:'.length) } }],
          predicate: {},
        }),
      );
      const attestation = await buildImage({
        layers: [{ stored: statement, diffId: `sha256:${'0'.repeat(64)}`, mediaType: 'application/vnd.in-toto+json' }],
        platform: { os: 'unknown', architecture: 'unknown' },
      });
      const annotations = {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': image.descriptor.digest,
      };
      const built = buildIndex([
        { built: image, platform: LINUX },
        { built: attestation, platform: { os: 'unknown', architecture: 'unknown' }, annotations },
      ]);
      const path = join(folder, `${files++}.tar`);
      writeFileSync(path, await packMembers(layoutMembers(built)));
      return path;
    };
    const { report, proof: made } = await proved([await index(1), await index(500)], { catalogue: [stamp] });
    expect(report.differences.some(({ subject }) => subject === 'index')).toBe(true);
    expect(made).toEqual({ causes: ['stamp'], residual: [] });
  });

  test('`docker save` without a manifest', async () => {
    const save = async (time: number): Promise<string> => {
      const path = join(folder, `${files++}.tar`);
      writeFileSync(path, await packMembers(dockerMembers(await buildImage({ layers: [logged(time)] }), ['a:b'])));
      return path;
    };
    const { report, proof: made } = await proved([await save(1), await save(500)], { catalogue: [stamp] });
    expect(report.inputs[0].digest).toBeNull();
    expect(made).toEqual({ causes: ['stamp'], residual: [] });
  });
});

describe('failures', () => {
  test('a normaliser that throws proves nothing, and says so', async () => {
    let asked = 0;
    const rule: ContentRule = {
      what: 'content',
      paths: ['var/log/**'],
      normalise: (file) => {
        /* Once for each side to explain, then for the proof. */
        if (++asked > 2) throw new Error('no more');
        return (stamp.rule as ContentRule).normalise(file);
      },
    };
    const { proof: made } = await proof(
      { layers: [logged(1)] },
      { layers: [logged(500)] },
      { catalogue: [planted('weak', rule)] },
    );
    expect(made.residual).toEqual([]);
    expect(made.failure).toContain('no more');
  });

  test('it can be aborted', async () => {
    const controller = new AbortController();
    let asked = 0;
    const rule: ContentRule = {
      what: 'content',
      paths: ['var/log/**'],
      normalise: (file) => {
        if (++asked > 2) controller.abort();
        return (stamp.rule as ContentRule).normalise(file);
      },
    };
    const aborted = proof(
      { layers: [logged(1)] },
      { layers: [logged(500)] },
      { catalogue: [planted('slow', rule)], signal: controller.signal },
    );
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('without causes everything is left', async () => {
    const references = [fixture('arm64.oci.tar'), fixture('arm64-variant.oci.tar')] as const;
    const { report, proof: made } = await proved(references, { catalogue: [] });
    expect(made.causes).toEqual([]);
    expect(places(made.residual)).toEqual(places(countedOf(report)));
  });
});
