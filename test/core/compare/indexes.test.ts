import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { comparedKey, compareRoots, type IndexContext } from '../../../packages/core/src/compare/indexes.js';
import { findConsequences, RuleSet } from '../../../packages/core/src/compare/rules.js';
import type { Digest } from '../../../packages/core/src/digest.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import type { BlobStore } from '../../../packages/core/src/image/blob-store.js';
import { type LoadedRoot, loadImages } from '../../../packages/core/src/image/load.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { excusedBy, mirrored, rules, SEMANTIC, sorted } from './support.js';

const OCI = 'application/vnd.oci.image';
const INDEX = `${OCI}.index.v1+json`;
const MANIFEST = `${OCI}.manifest.v1+json`;

/** Blobs in memory, and the images that are made of them. */
class Blobs {
  readonly #bytes = new Map<string, Buffer>();

  add(value: object): { digest: Digest; size: number } {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
    this.#bytes.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  /** The descriptor of an image without layers, told from others by `author`. */
  image(
    author: string,
    platform: object | undefined = { os: 'linux', architecture: 'amd64' },
    more: object = {},
  ): object {
    const config = this.add({ os: 'linux', architecture: 'amd64', author, rootfs: { type: 'layers', diff_ids: [] } });
    const manifest = { schemaVersion: 2, config: { mediaType: `${OCI}.config.v1+json`, ...config }, layers: [] };
    return { mediaType: MANIFEST, ...this.add(manifest), ...(platform === undefined ? {} : { platform }), ...more };
  }

  attestation(of: object, text = 'x'): object {
    return this.image(
      `attestation ${text}`,
      { os: 'unknown', architecture: 'unknown' },
      {
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': (of as { digest: string }).digest,
        },
      },
    );
  }

  async load(root: object): Promise<LoadedRoot> {
    const bytes = this.#bytes;
    const store = {
      root: { type: 'descriptor', descriptor: root },
      open: async function* (blob: { name: string }) {
        const found = bytes.get(blob.name);
        if (found === undefined) throw new OciDiffError('ERR_NOT_FOUND', blob.name);
        yield found;
      },
    } as unknown as BlobStore;
    return loadImages(store, { limits: DEFAULT_LIMITS, onNote: () => undefined });
  }

  index(manifests: readonly object[], more: object = {}): Promise<LoadedRoot> {
    return this.load({ mediaType: INDEX, ...this.add({ schemaVersion: 2, mediaType: INDEX, manifests, ...more }) });
  }
}

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const digestOf = (descriptor: object): string => (descriptor as { digest: string }).digest;

/**
 * Compares two indexes; `compared` are descriptors of images that are compared, by side, all of linux/amd64; one alone
 * is on both sides.
 */
async function compare(
  root0: LoadedRoot,
  root1: LoadedRoot,
  compared: readonly (object | readonly [object, object])[] = [],
  allPlatforms = false,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const context: IndexContext = {
    compared: new Map(
      compared.map((given) => {
        const [descriptor0, descriptor1] = Array.isArray(given) ? (given as [object, object]) : [given, given];
        return [comparedKey(digestOf(descriptor0), digestOf(descriptor1)), 'linux/amd64'];
      }),
    ),
    allPlatforms,
  };
  await compareRoots(root0, root1, context, (finding) => findings.push(finding));
  return findings;
}

const PLATFORM_CHOSEN = new RuleSet({
  mode: 'strict',
  noIgnore: [],
  ignorePaths: [],
  ignoreFields: [],
  platformsChosen: true,
});

/** Field, what takes it out alone, what in semantic mode. */
const told = (findings: readonly Finding[]): [string, string[], string | null][] =>
  findings.map((finding) => [finding.field, excusedBy(finding), SEMANTIC.ignoredBy(finding)]);

describe('two indexes', () => {
  test('the same digest: nothing', async () => {
    const blobs = new Blobs();
    const root = await blobs.index([blobs.image('a')]);
    expect(await compare(root, root)).toEqual([]);
  });

  test('a child that differs follows from its image, if that is compared', async () => {
    const blobs = new Blobs();
    const [child0, child1] = [blobs.image('a'), blobs.image('b')];
    const [root0, root1] = [await blobs.index([child0]), await blobs.index([child1])];
    expect(await compare(root0, root1, [[child0, child1]])).toMatchObject([
      {
        field: '/manifests/0/digest',
        values: [digestOf(child0), digestOf(child1)],
        follows: { what: 'image', platform: 'linux/amd64' },
        excuses: [['platform']],
      },
    ]);
    expect(told(await compare(root0, root1))).toEqual([['/manifests/0/digest', [], 'semantic']]);
  });

  test('children are paired by normalised platform, wherever they stand', async () => {
    const blobs = new Blobs();
    const [amd, arm, armV8] = [
      blobs.image('a', AMD64),
      blobs.image('b', ARM64),
      blobs.image('c', { ...ARM64, architecture: 'aarch64', variant: 'v8' }),
    ];
    const findings = await compare(await blobs.index([amd, arm]), await blobs.index([armV8, amd]), [[arm, armV8], amd]);
    expect(findings.map(({ field, values }) => [field, values])).toEqual([
      ['/manifests/linux~1arm64/digest', [digestOf(arm), digestOf(armV8)]],
      ['/manifests/linux~1arm64/platform/architecture', ['arm64', 'aarch64']],
      ['/manifests/linux~1arm64/platform/variant', [null, 'v8']],
      ['order', expect.any(Array)],
    ]);
    /* Where a child stands is not asked by a pattern that says so. */
    const pattern = { mode: 'strict', noIgnore: [], ignorePaths: [], platformsChosen: false } as const;
    const every = new RuleSet({ ...pattern, ignoreFields: ['index:/manifests/*/platform'] });
    expect(findings.map((finding) => every.ignoredBy(finding) === null)).toEqual([true, false, false, true]);
    /* How a platform is written and where it stands is nothing a container sees; strict counts it. */
    expect(
      told(findings)
        .slice(1)
        .map(([, alone, semantic]) => [alone, semantic]),
    ).toEqual([
      [[], 'semantic'],
      [[], 'semantic'],
      [[], 'semantic'],
    ]);
  });

  test('of one platform: by digest, then by os.version, then in order', async () => {
    const blobs = new Blobs();
    const windows = (author: string, version: string): object =>
      blobs.image(author, { os: 'windows', architecture: 'amd64', 'os.version': version });
    const same = windows('same', '1');
    const [old0, new0] = [windows('a', '10'), windows('b', '11')];
    const [new1, old1] = [windows('c', '11'), windows('d', '10')];
    const root0 = await blobs.index([old0, same, new0]);
    const root1 = await blobs.index([new1, old1, same]);
    const digests = (await compare(root0, root1)).filter(({ field }) => field.endsWith('/digest'));
    expect(digests.map(({ values }) => values)).toEqual([
      [digestOf(old0), digestOf(old1)],
      [digestOf(new0), digestOf(new1)],
    ]);
  });

  test('a child on one side counts in strict mode only, and with all platforms in every mode', async () => {
    const blobs = new Blobs();
    const [amd, arm] = [blobs.image('a', AMD64), blobs.image('b', ARM64)];
    const [root0, root1] = [await blobs.index([amd, arm]), await blobs.index([amd])];
    const findings = await compare(root0, root1, [amd]);
    expect(findings).toMatchObject([{ field: '/manifests/1', change: 'removed', values: [arm, null] }]);
    expect(told(findings)).toEqual([['/manifests/1', [], 'semantic']]);
    expect(told(await compare(root0, root1, [amd], true))).toEqual([['/manifests/1', [], null]]);
    expect(sorted(await compare(root1, root0, [amd]))).toEqual(sorted(findings.map(mirrored)));
  });

  test('a child that was not chosen counts in strict mode only, with all its fields', async () => {
    const blobs = new Blobs();
    const [amd, arm] = [blobs.image('a', AMD64), blobs.image('b', ARM64)];
    const root1 = await blobs.index([amd, { ...arm, urls: ['x'], artifactType: 'y' }]);
    expect(told(await compare(await blobs.index([amd, arm]), root1, [amd]))).toEqual([
      ['/manifests/1/urls', [], 'semantic'],
      ['/manifests/1/artifactType', [], 'semantic'],
    ]);
  });

  test('of a child that was chosen, annotations and media types have their rules, an unknown field counts', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a', AMD64);
    const docker = {
      ...amd,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      annotations: { 'org.opencontainers.image.ref.name': 'x' },
      x: 1,
      urls: [],
    };
    expect(told(await compare(await blobs.index([amd]), await blobs.index([docker]), [amd]))).toEqual([
      ['/manifests/0/mediaType', ['media-types'], 'media-types'],
      ['/manifests/0/annotations/org.opencontainers.image.ref.name', ['annotations', 'image-name'], 'image-name'],
      ['/manifests/0/x', [], null],
      ['/manifests/0/urls', [], null],
    ]);
  });

  test('attestations are paired with the image that they attest, and have a rule', async () => {
    const blobs = new Blobs();
    const [amd, arm] = [blobs.image('a', AMD64), blobs.image('b', ARM64)];
    const [ofAmd, ofArm] = [blobs.attestation(amd, '1'), blobs.attestation(arm, '2')];
    const other = blobs.attestation(arm, '3');
    const findings = await compare(await blobs.index([amd, arm, ofAmd, ofArm]), await blobs.index([amd, arm, other]), [
      amd,
      arm,
    ]);
    expect(findings.map(({ field, values }) => [field, values])).toEqual([
      ['/manifests/attestation linux~1arm64/digest', [digestOf(ofArm), digestOf(other)]],
      ['/attestation/config/digest', [expect.any(String), expect.any(String)]],
      ['/attestation/config/>/author', ['attestation 2', 'attestation 3']],
      ['/manifests/2', [ofAmd, null]],
    ]);
    expect(findings.map(excusedBy)).toEqual(Array(4).fill(['attestations']));
    /* What the author's change makes of the digests above it. */
    const consequences = findConsequences(findings);
    expect(findings.map((finding) => consequences.has(finding))).toEqual([true, true, false, false]);
  });

  test('the digest by which an attestation names its image follows from the image', async () => {
    const blobs = new Blobs();
    const [amd0, amd1] = [blobs.image('a', AMD64), blobs.image('b', AMD64)];
    const root0 = await blobs.index([amd0, blobs.attestation(amd0)]);
    const root1 = await blobs.index([amd1, blobs.attestation(amd1)]);
    const follows = { what: 'image', platform: 'linux/amd64' };
    expect((await compare(root0, root1, [[amd0, amd1]])).map((finding) => [finding.field, finding.follows])).toEqual([
      ['/manifests/0/digest', follows],
      ['/manifests/1/annotations/vnd.docker.reference.digest', follows],
    ]);
    const unread = (await compare(root0, root1)).map((finding) => [finding.field, finding.follows]);
    expect(unread).toContainEqual(['/manifests/1/annotations/vnd.docker.reference.digest', undefined]);
  });

  test('an unknown platform without in-toto layers is an image', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a');
    const unknown = blobs.image('b', { os: 'unknown', architecture: 'unknown' });
    const findings = await compare(await blobs.index([amd, unknown]), await blobs.index([amd]), [amd]);
    expect(told(findings)).toEqual([['/manifests/1', [], 'semantic']]);
  });

  test('order counts in strict mode; that of attestations alone has their rule', async () => {
    const blobs = new Blobs();
    const [amd, arm] = [blobs.image('a', AMD64), blobs.image('b', ARM64)];
    const attestation = blobs.attestation(amd);
    const images = await compare(await blobs.index([amd, arm]), await blobs.index([arm, amd]));
    expect(told(images)).toEqual([['order', [], 'semantic']]);
    expect(images[0]?.values).toEqual([
      [`image linux/amd64 ${digestOf(amd)}`, `image linux/arm64 ${digestOf(arm)}`],
      [`image linux/arm64 ${digestOf(arm)}`, `image linux/amd64 ${digestOf(amd)}`],
    ]);
    const behind = await compare(
      await blobs.index([amd, arm, attestation]),
      await blobs.index([amd, attestation, arm]),
    );
    expect(told(behind)).toEqual([['order', ['attestations'], 'attestations']]);
  });

  test('its own fields', async () => {
    const blobs = new Blobs();
    const [amd, subject] = [blobs.image('a'), blobs.image('b')];
    const more = {
      mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
      annotations: { 'org.opencontainers.image.created': 'now' },
      subject: { ...subject, annotations: { a: 'b' } },
      artifactType: '',
      x: 1,
    };
    const findings = await compare(await blobs.index([amd], { subject }), await blobs.index([amd], more), [amd]);
    expect(told(findings)).toEqual([
      ['/mediaType', ['media-types'], 'media-types'],
      ['/subject/annotations/a', ['annotations'], 'annotations'],
      ['/annotations/org.opencontainers.image.created', ['annotations', 'image-timestamps'], 'image-timestamps'],
      /* The rule for empty fields is for configs and manifests. */
      ['/artifactType', [], null],
      ['/x', [], null],
    ]);
  });

  test('with --platform all of it is listed, and nothing counts', async () => {
    const blobs = new Blobs();
    const [amd, arm] = [blobs.image('a', AMD64), blobs.image('b', ARM64)];
    const attestation = blobs.attestation(amd);
    const root0 = await blobs.index([amd, arm, attestation]);
    const reordered = { x: 1, manifests: [arm, { ...amd, x: 1 }], schemaVersion: 2 };
    const root1 = await blobs.load({ mediaType: INDEX, ...blobs.add(reordered) });
    const findings = await compare(root0, root1, [amd]);
    expect(findings.map(({ field }) => field)).toContain('encoding');
    expect(findings.filter((finding) => PLATFORM_CHOSEN.ignoredBy(finding) === null)).toEqual([]);
    expect(findings.some((finding) => rules().ignoredBy(finding) === null)).toBe(true);
  });

  test('no children, said in another way, are told', async () => {
    const blobs = new Blobs();
    const [root0, root1] = [await blobs.index([]), await blobs.index([], { x: 1 })];
    expect((await compare(root0, root1)).map(({ field }) => field)).toEqual(['/x']);
    const full = await blobs.index([blobs.image('a')]);
    expect((await compare(root0, full)).map(({ field }) => field)).toEqual(['/manifests']);
  });

  test('swapped sides mirror', async () => {
    const blobs = new Blobs();
    const [a, b, c] = [blobs.image('a', AMD64), blobs.image('b', ARM64), blobs.image('c', ARM64)];
    const root0 = await blobs.index([a, b, blobs.attestation(a)]);
    const root1 = await blobs.index([c, blobs.attestation(a, 'z'), a], { x: 1 });
    const findings = await compare(root0, root1);
    expect(findings.length).toBeGreaterThan(3);
    expect(sorted(await compare(root1, root0))).toEqual(sorted(findings.map(mirrored)));
  });

  test('the names of fields of indexes within indexes are bounded with all that is before them', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a');
    const nested = (more: object): object => {
      const document = { schemaVersion: 2, mediaType: INDEX, manifests: [amd], ...more };
      return { mediaType: INDEX, ...blobs.add(document) };
    };
    const [root0, root1] = [await blobs.index([nested({ x: 1 })]), await blobs.index([nested({ x: 2 })])];
    /* `/manifests/0/digest` and `/manifests/0/>/x` in UTF-16. */
    const bytes = 2 * (19 + 16);
    const told: string[] = [];
    const run = (documentDifferenceBytes: number): Promise<void> =>
      compareRoots(
        root0,
        root1,
        { compared: new Map(), allPlatforms: true, limits: { ...DEFAULT_LIMITS, documentDifferenceBytes } },
        ({ field }) => told.push(field),
      );
    await run(bytes);
    expect(told).toEqual(['/manifests/0/digest', '/manifests/0/>/x']);
    await expect(run(bytes - 1)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  test('10,000 children of one platform in bounded time', async () => {
    const blobs = new Blobs();
    const children = Array.from({ length: 10_000 }, (_, i) => ({
      mediaType: MANIFEST,
      digest: `sha256:${String(i).padStart(64, '0')}`,
      size: 1,
      platform: AMD64,
    }));
    const [root0, root1] = [await blobs.index(children), await blobs.index([...children].reverse())];
    const started = performance.now();
    await compare(root0, root1);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('a manifest that an index names twice', () => {
  const followers = (findings: readonly Finding[]): unknown[] =>
    findings.flatMap(({ field, values, follows }) => (follows === undefined ? [] : [[field, ...values]]));

  test.each([0, 1] as const)('on side %i: only the pair that was compared is followed', async (side) => {
    const blobs = new Blobs();
    const [shared, amd, arm] = [blobs.image('a'), blobs.image('b'), blobs.image('c')];
    const twice = await blobs.index([
      { ...shared, platform: AMD64 },
      { ...shared, platform: ARM64 },
    ]);
    const each = await blobs.index([amd, { ...arm, platform: ARM64 }]);
    const [root0, root1] = side === 0 ? [twice, each] : [each, twice];
    const pair = side === 0 ? ([shared, amd] as const) : ([amd, shared] as const);
    const findings = await compare(root0, root1, [pair]);
    expect(findings.map(({ field }) => field)).toEqual(['/manifests/0/digest', '/manifests/1/digest']);
    expect(followers(findings)).toEqual([['/manifests/0/digest', ...pair.map(digestOf)]]);
    expect(told(findings)[1]).toEqual(['/manifests/1/digest', [], 'semantic']);
  });

  test('an attestation that names another image than the one compared follows from nothing', async () => {
    const blobs = new Blobs();
    const [amd0, amd1, other] = [blobs.image('a'), blobs.image('b'), blobs.image('c')];
    const root0 = await blobs.index([amd0, blobs.attestation(amd0)]);
    const root1 = await blobs.index([amd1, blobs.attestation(other)]);
    const findings = await compare(root0, root1, [[amd0, amd1]]);
    expect(followers(findings)).toEqual([['/manifests/0/digest', digestOf(amd0), digestOf(amd1)]]);
  });

  test('another size of one digest follows from nothing', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a');
    const [root0, root1] = [await blobs.index([amd]), await blobs.index([{ ...amd, size: 1 }])];
    expect((await compare(root0, root1, [amd])).map(({ field, follows }) => [field, follows])).toEqual([
      ['/manifests/0/size', undefined],
    ]);
  });

  test('whatever is shared, a consequence is a pair that was compared and has findings', async () => {
    const platforms = ['amd64', 'arm64', 's390x', 'riscv64'];
    const authors = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 4, maxLength: 4 });
    const attested = fc.option(fc.nat({ max: 3 }), { nil: undefined });
    const sides = fc.tuple(authors, authors, attested, attested, fc.subarray([0, 1, 2, 3]), fc.subarray([0, 1, 2, 3]));
    await fc.assert(
      fc.asyncProperty(sides, async ([authors0, authors1, of0, of1, chosen, differing]) => {
        const blobs = new Blobs();
        const images = [authors0, authors1].map((list) =>
          list.map((author, i) => blobs.image(author, { os: 'linux', architecture: platforms[i] })),
        ) as [object[], object[]];
        const rootOf = (list: object[], of: number | undefined): Promise<LoadedRoot> =>
          blobs.index(of === undefined ? list : [...list, blobs.attestation(list[of] as object)]);
        const [root0, root1] = [await rootOf(images[0], of0), await rootOf(images[1], of1)];
        const keyOf = (i: number): string =>
          comparedKey(digestOf(images[0][i] as object), digestOf(images[1][i] as object));
        const compared = new Map(chosen.map((i) => [keyOf(i), `platform ${keyOf(i)}`]));
        const below = chosen.filter((i) => differing.includes(i)).map(keyOf);
        const findings: Finding[] = below.map((key) => ({
          subject: 'config',
          change: 'modified',
          platform: `platform ${key}`,
          field: '/x',
          values: [0, 1],
          excuses: [],
        }));
        await compareRoots(root0, root1, { compared, allPlatforms: true }, (finding) => findings.push(finding));
        for (const { field, values } of findConsequences(findings)) {
          if (field.endsWith('/size')) continue;
          expect(below).toContain(comparedKey(String(values[0]), String(values[1])));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('an index and a single image', () => {
  test('around the one image is another way to say it', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a');
    const [index, single] = [await blobs.index([amd]), await blobs.load(amd)];
    const findings = await compare(index, single, [amd]);
    expect(findings).toMatchObject([{ field: 'index', change: 'removed', values: [{ mediaType: INDEX }, null] }]);
    expect(findings.map(excusedBy)).toEqual([['media-types']]);
    expect(sorted(await compare(single, index, [amd]))).toEqual(sorted(findings.map(mirrored)));
  });

  test('around more than one is more', async () => {
    const blobs = new Blobs();
    const [amd, arm] = [blobs.image('a', AMD64), blobs.image('b', ARM64)];
    const findings = await compare(await blobs.index([amd, arm]), await blobs.load(amd), [amd]);
    expect(told(findings)).toEqual([
      ['index', ['media-types'], 'media-types'],
      ['/manifests/1', [], 'semantic'],
    ]);
    expect(told(await compare(await blobs.load(amd), await blobs.index([amd, arm]), [amd], true))).toEqual([
      ['index', ['media-types'], 'media-types'],
      ['/manifests/1', [], null],
    ]);
  });

  test('its attestations have their rule, and only theirs', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a');
    const findings = await compare(await blobs.load(amd), await blobs.index([amd, blobs.attestation(amd)]), [amd]);
    expect(told(findings)).toEqual([
      ['index', ['media-types'], 'media-types'],
      ['/manifests/1', ['attestations'], 'attestations'],
    ]);
  });

  test('what is no image is told too, and what the index and its descriptor say', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a');
    const artifact = {
      mediaType: MANIFEST,
      ...blobs.add({
        schemaVersion: 2,
        config: { mediaType: 'application/vnd.oci.empty.v1+json', ...blobs.add({}) },
        layers: [],
      }),
    };
    const unknown = { mediaType: 'application/x', ...blobs.add({ x: 1 }) };
    const described = {
      ...amd,
      platform: { ...AMD64, 'os.version': '1' },
      annotations: { 'org.opencontainers.image.created': 'now' },
      urls: ['x'],
    };
    const root = await blobs.index([artifact, described, unknown], { annotations: { a: 'b' }, x: 1 });
    const findings = await compare(root, await blobs.load(amd), [amd]);
    expect(told(findings)).toEqual([
      ['index', ['media-types'], 'media-types'],
      ['/annotations/a', ['annotations'], 'annotations'],
      ['/x', [], null],
      ['/manifests/0', [], 'semantic'],
      [
        '/manifests/1/annotations/org.opencontainers.image.created',
        ['annotations', 'image-timestamps'],
        'image-timestamps',
      ],
      ['/manifests/1/urls', [], null],
      ['/manifests/1/platform/os.version', [], 'semantic'],
      ['/manifests/2', [], 'semantic'],
    ]);
    expect(sorted(await compare(await blobs.load(amd), root, [amd]))).toEqual(sorted(findings.map(mirrored)));
    const all = told(await compare(root, await blobs.load(amd), [amd], true));
    expect(all.filter(([field]) => /^\/manifests\/[02]$/.test(field)).map(([, , semantic]) => semantic)).toEqual([
      null,
      null,
    ]);
  });

  test('one manifest named for two platforms is told once', async () => {
    const blobs = new Blobs();
    const amd = blobs.image('a');
    const twice = await blobs.index([{ ...amd, platform: ARM64 }, amd]);
    expect(told(await compare(twice, await blobs.load(amd), [amd]))).toEqual([
      ['index', ['media-types'], 'media-types'],
      ['/manifests/0', [], 'semantic'],
    ]);
  });

  test('in an index within the index', async () => {
    const blobs = new Blobs();
    const [amd, arm] = [blobs.image('a', AMD64), blobs.image('b', ARM64)];
    const inner = { mediaType: INDEX, ...blobs.add({ schemaVersion: 2, mediaType: INDEX, manifests: [arm, amd] }) };
    const root = await blobs.index([inner]);
    const fieldsOf = async (all: boolean): Promise<unknown[]> =>
      told(await compare(root, await blobs.load(amd), [amd], all)).slice(1);
    expect(await fieldsOf(false)).toEqual([
      ['/manifests/0', ['media-types'], 'media-types'],
      ['/manifests/0/>/manifests/0', [], 'semantic'],
    ]);
    expect(await fieldsOf(true)).toEqual([
      ['/manifests/0', ['media-types'], 'media-types'],
      ['/manifests/0/>/manifests/0', [], null],
    ]);
  });

  test('two single images have no index', async () => {
    const blobs = new Blobs();
    expect(await compare(await blobs.load(blobs.image('a')), await blobs.load(blobs.image('b')))).toEqual([]);
  });
});
