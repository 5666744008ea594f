import { arch } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { DiffOptions } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import {
  type Built,
  type BuiltImage,
  buildImage,
  buildIndex,
  type ChildSpec,
  type PlatformSpec,
} from '../support/images.js';
import { compare, counted, expectSound, mirror, rejection, temporaryFolder, writeArchive } from './support.js';

const folder = temporaryFolder();

const AMD64: PlatformSpec = { os: 'linux', architecture: 'amd64' };
const ARM64: PlatformSpec = { os: 'linux', architecture: 'arm64' };
const ARM64_V8: PlatformSpec = { ...ARM64, variant: 'v8' };
const S390X: PlatformSpec = { os: 'linux', architecture: 's390x' };
const RISCV: PlatformSpec = { os: 'linux', architecture: 'riscv64' };
const WINDOWS_OLD: PlatformSpec = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' };
const WINDOWS_NEW: PlatformSpec = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.2' };

async function image(content: string, platform: PlatformSpec): Promise<BuiltImage> {
  return buildImage({ layers: [{ entries: [{ path: 'file', content }] }], platform });
}

async function child(
  content: string,
  platform: PlatformSpec,
  stated: PlatformSpec | null = platform,
): Promise<ChildSpec> {
  const built = await image(content, platform);
  return stated === null ? { built } : { built, platform: stated };
}

let files = 0;
async function put(built: Built): Promise<string> {
  files += 1;
  return writeArchive(folder, `${files}.tar`, built);
}

async function index(
  ...children: readonly (readonly [string, PlatformSpec, (PlatformSpec | null)?])[]
): Promise<string> {
  const list: ChildSpec[] = [];
  for (const [content, platform, stated] of children) list.push(await child(content, platform, stated));
  return put(buildIndex(list));
}

/** Both orders: the second has to be the mirror of the first. */
async function both(path0: string, path1: string, options: DiffOptions = {}): ReturnType<typeof compare> {
  const report = await compare(path0, path1, { verbose: true, ...options });
  expectSound(report);
  expect(await compare(path1, path0, { verbose: true, ...options })).toEqual(mirror(report));
  return report;
}

const platformsOf = (report: Awaited<ReturnType<typeof compare>>): readonly string[][] =>
  report.inputs.map(({ platforms }) => [...platforms]);

describe('an index and an index', () => {
  test('the platform of the host, if both have it', async () => {
    const names: Readonly<Record<string, string>> = {
      x64: 'amd64',
      arm64: 'arm64',
      s390x: 's390x',
      riscv64: 'riscv64',
    };
    const own = names[arch()];
    if (own === undefined) return;
    const host: PlatformSpec = { os: 'linux', architecture: own };
    const other: PlatformSpec = { os: 'linux', architecture: own === 'amd64' ? 'arm64' : 'amd64' };
    const first = await index(['a', other], ['a', host]);
    const second = await index(['b', other], ['b', host], ['b', WINDOWS_NEW]);
    const report = await both(first, second, { mode: 'semantic' });
    expect(platformsOf(report)).toEqual([[`linux/${own}`], [`linux/${own}`]]);
    expect(counted(report)).toEqual(['file 0 file content']);
  });

  test('else the only common one', async () => {
    const report = await both(await index(['a', S390X], ['a', RISCV]), await index(['b', WINDOWS_NEW], ['b', RISCV]), {
      mode: 'semantic',
    });
    expect(platformsOf(report)).toEqual([['linux/riscv64'], ['linux/riscv64']]);
    expect(counted(report)).toEqual(['file 0 file content']);
  });

  test('else an error that lists those of both', async () => {
    const first = await index(['a', S390X], ['a', RISCV]);
    for (const second of [
      await index(['b', RISCV], ['b', S390X], ['b', WINDOWS_NEW]),
      await index(['b', WINDOWS_NEW], ['b', ARM64_V8]),
    ]) {
      for (const pair of [
        [first, second],
        [second, first],
      ] as const) {
        const error = await rejection(...pair);
        expect(error.code).toBe('ERR_PLATFORM');
        expect(error.message).toContain(`${first} has linux/riscv64, linux/s390x`);
        expect(error.message).toContain(`${second} has linux/`);
        expect(error.message).toContain('windows/amd64');
      }
    }
  });

  test('no platform in common: the whole text, in both orders', async () => {
    const [first, second] = [await index(['a', S390X], ['a', RISCV]), await index(['b', WINDOWS_NEW], ['b', ARM64_V8])];
    const [has0, has1] = [`${first} has linux/riscv64, linux/s390x`, `${second} has linux/arm64, windows/amd64`];
    for (const options of [{}, { allPlatforms: true }]) {
      const error = await rejection(first, second, options);
      expect(error.message).toBe(`the images have no platform in common: ${has0}; ${has1}`);
      const swapped = await rejection(second, first, options);
      expect(swapped.message).toBe(`the images have no platform in common: ${has1}; ${has0}`);
    }
  });

  test('no platform in common, all platforms asked for: an error as well', async () => {
    const error = await rejection(await index(['a', S390X]), await index(['a', RISCV]), { allPlatforms: true });
    expect(error.code).toBe('ERR_PLATFORM');
    expect(error.message).toContain('linux/s390x');
    expect(error.message).toContain('linux/riscv64');
  });

  test('the same index without the platform of the host: all of it', async () => {
    const path = await index(['a', S390X], ['a', RISCV]);
    const report = await compare(path, path);
    expect(report.verdict).toBe('identical');
    expect(platformsOf(report)[0]).toEqual(['linux/riscv64', 'linux/s390x']);
  });

  test('platforms that were asked for, in any notation', async () => {
    const first = await index(['a', ARM64], ['a', RISCV], ['a', S390X]);
    const second = await index(['b', ARM64_V8], ['b', RISCV], ['b', S390X]);
    for (const platforms of [
      ['linux/arm64', 'linux/s390x'],
      ['linux/s390x', 'linux/arm64/v8', 'LINUX/AARCH64'],
    ]) {
      const report = await both(first, second, { platforms, mode: 'semantic' });
      expect(platformsOf(report)[0]).toEqual(['linux/arm64', 'linux/s390x']);
      expect(report.differences.filter(({ path }) => path === 'file').map(({ platform }) => platform)).toEqual([
        'linux/arm64',
        'linux/s390x',
      ]);
    }
  });

  test('a platform that one side lacks', async () => {
    const first = await index(['a', ARM64], ['a', RISCV]);
    const second = await index(['a', ARM64]);
    for (const pair of [
      [first, second],
      [second, first],
    ] as const) {
      const error = await rejection(...pair, { platforms: ['linux/riscv64'] });
      expect(error.code).toBe('ERR_PLATFORM');
      expect(error.message).toContain('linux/riscv64');
      expect(error.message).toContain(`${first} has linux/arm64, linux/riscv64`);
      expect(error.message).toContain(`${second} has linux/arm64`);
    }
  });

  test('a child that one side has alone counts in strict mode, and with all platforms', async () => {
    const first = await index(['a', AMD64], ['a', RISCV]);
    const second = await index(['a', AMD64]);
    expect(counted(await both(first, second))).toEqual(['index /manifests/1']);
    expect((await both(first, second, { mode: 'semantic' })).verdict).toBe('equivalent');
    expect(counted(await both(first, second, { mode: 'semantic', allPlatforms: true }))).toEqual([
      'index /manifests/1',
    ]);
    /* With --platform, the index above is listed, not counted. */
    const chosen = await both(first, second, { platforms: ['linux/amd64'] });
    expect(chosen.verdict).toBe('equivalent');
    expect(chosen.differences.map(({ field }) => field)).toContain('/manifests/1');
  });

  test('children in another order count in strict mode', async () => {
    const first = await index(['a', AMD64], ['a', RISCV], ['a', S390X]);
    const second = await index(['a', S390X], ['a', AMD64], ['a', RISCV]);
    expect(counted(await both(first, second, { allPlatforms: true }))).toEqual(['index order']);
    expect((await both(first, second, { mode: 'semantic', allPlatforms: true })).verdict).toBe('equivalent');
    expect((await both(first, second, { platforms: ['linux/riscv64'] })).verdict).toBe('equivalent');
  });

  test('variants that mean the same', async () => {
    const pairs: readonly (readonly [PlatformSpec, PlatformSpec])[] = [
      [ARM64, ARM64_V8],
      [
        { os: 'linux', architecture: 'arm' },
        { os: 'linux', architecture: 'arm', variant: 'v7' },
      ],
      [AMD64, { ...AMD64, variant: 'v1' }],
    ];
    for (const [plain, variant] of pairs) {
      /* The images are the same: only what the index says of them differs. */
      const [first, second] = [await index(['a', plain, plain]), await index(['a', plain, variant])];
      const report = await both(first, second);
      expect(counted(report)).toEqual(['index /manifests/0/platform/variant']);
      expect((await both(first, second, { mode: 'semantic' })).verdict).toBe('equivalent');
    }
  });

  test('two children of one platform: by digest, then os.version, then order', async () => {
    const first = await index(['old', WINDOWS_OLD], ['new', WINDOWS_NEW]);
    const second = await index(['new', WINDOWS_NEW], ['other', WINDOWS_OLD]);
    const report = await both(first, second, { mode: 'semantic', allPlatforms: true });
    const contents = report.differences.filter(({ path }) => path === 'file');
    expect(contents).toHaveLength(1);
    expect(contents[0]?.platform).toBe('windows/amd64 (10.0.17763.1)');
    expect(platformsOf(report)[0]).toEqual(['windows/amd64 (10.0.17763.1)', 'windows/amd64 (10.0.20348.2)']);
    const three = await index(['a', RISCV], ['b', RISCV], ['c', RISCV]);
    const moved = await index(['c', RISCV], ['x', RISCV], ['y', RISCV]);
    const ordered = await both(three, moved, { mode: 'semantic', platforms: ['linux/riscv64'] });
    expect(ordered.differences.filter(({ path }) => path === 'file').map(({ values }) => values)).toHaveLength(2);
  });

  test('an index within an index', async () => {
    const inner0 = buildIndex([await child('a', AMD64), await child('a', RISCV)]);
    const inner1 = buildIndex([await child('b', AMD64), await child('a', RISCV)]);
    const [first, second] = [await put(buildIndex([{ built: inner0 }])), await put(buildIndex([{ built: inner1 }]))];
    const report = await both(first, second, { mode: 'semantic', platforms: ['linux/amd64'] });
    expect(counted(report)).toEqual(['file 0 file content']);
    expect((await both(first, second, { platforms: ['linux/riscv64'] })).verdict).toBe('equivalent');
    expect((await both(first, second, { allPlatforms: true })).verdict).toBe('different');
  });

  test('unknown/unknown is an image, unless all its layers are attestations', async () => {
    const unknown: PlatformSpec = { os: 'unknown', architecture: 'unknown' };
    const first = await index(['a', unknown]);
    const second = await index(['b', unknown]);
    const report = await both(first, second, { mode: 'semantic' });
    expect(platformsOf(report)[0]).toEqual(['unknown/unknown']);
    expect(counted(report)).toEqual(['file 0 file content']);
  });

  test('unknown/unknown with nothing but in-toto layers, and no annotation, is an attestation', async () => {
    const unknown: PlatformSpec = { os: 'unknown', architecture: 'unknown' };
    const amd64 = await child('a', AMD64);
    const inToto = (content: string): Promise<BuiltImage> =>
      buildImage({
        layers: [{ tar: Buffer.from(content), compression: 'none', mediaType: 'application/vnd.in-toto+json' }],
        platform: unknown,
      });
    const first = await put(buildIndex([amd64, { built: await inToto('{}'), platform: unknown }]));
    const second = await put(buildIndex([amd64, { built: await inToto('{"a":1}'), platform: unknown }]));
    const report = await both(first, second);
    expect(platformsOf(report)[0]).toEqual(['linux/amd64']);
    /* It names no image that it could be compared beside: its digest says all. */
    expect(counted(report)).toEqual(['index /manifests/1/digest']);
    expect((await both(first, second, { mode: { ignore: ['attestations'] } })).verdict).toBe('equivalent');
    /* An image beside it is an image: without --platform there are two to choose from. */
    const image = await put(buildIndex([amd64, await child('b', unknown)]));
    const images = await both(first, image, { allPlatforms: true });
    expect(platformsOf(images)[0]).toEqual(['linux/amd64']);
    expect(counted(images)).toEqual(['index /manifests/1', 'index /manifests/1']);
  });
});

describe('an index and a single image', () => {
  test('the child of the image’s platform', async () => {
    const report = await both(fixture('multi-1.oci.tar'), fixture('arm64.oci.tar'), { mode: 'semantic' });
    expect(report.verdict).toBe('equivalent');
    expect(platformsOf(report)).toEqual([['linux/arm64'], ['linux/arm64']]);
    expect(report.differences.map(({ field }) => field)).toContain('index');
    const other = await both(fixture('multi-2.oci.tar'), fixture('arm64.oci.tar'), { mode: 'semantic' });
    expect(counted(other)).toEqual(['config /config/Labels/stamp']);
    expect(counted(await both(fixture('multi-1.oci.tar'), fixture('arm64.oci.tar')))).toContain('index index');
  });

  test('that names no platform: its config does', async () => {
    const first = await index(['a', ARM64_V8, null], ['a', RISCV, null]);
    const report = await both(first, await put(await image('b', ARM64_V8)), { mode: 'semantic' });
    expect(platformsOf(report)).toEqual([['linux/arm64'], ['linux/arm64']]);
    expect(counted(report)).toEqual(['file 0 file content']);
  });

  test('the child of its version, where two are of one platform', async () => {
    const list = await index(['old', WINDOWS_OLD], ['new', WINDOWS_NEW]);
    const single = await put(await image('other', WINDOWS_NEW));
    const report = await both(list, single, { mode: 'semantic' });
    /* sha256sum of "new" and of "other", without a newline. */
    expect(report.differences.find(({ path }) => path === 'file')?.values).toEqual([
      'sha256:11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437',
      'sha256:d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa',
    ]);
  });

  test('no such child', async () => {
    const list = await index(['a', RISCV], ['a', S390X]);
    const single = await put(await image('a', AMD64));
    for (const pair of [
      [list, single],
      [single, list],
    ] as const) {
      const error = await rejection(...pair);
      expect(error.code).toBe('ERR_PLATFORM');
      expect(error.message).toContain(`${list} has linux/riscv64, linux/s390x`);
      expect(error.message).toContain(`${single} has linux/amd64`);
    }
  });
});

describe('two single images', () => {
  test('are compared whatever their platforms', async () => {
    const [first, second] = [await put(await image('a', AMD64)), await put(await image('a', ARM64_V8))];
    const report = await both(first, second, { mode: 'semantic' });
    expect(platformsOf(report)).toEqual([['linux/amd64'], ['linux/arm64']]);
    expect(counted(report)).toEqual(['config /architecture', 'config /variant']);
  });

  test('of another platform than the one asked for', async () => {
    const path = await put(await image('a', AMD64));
    expect((await rejection(path, path, { platforms: ['linux/arm64'] })).code).toBe('ERR_PLATFORM');
    expect((await compare(path, path, { platforms: ['linux/amd64'] })).verdict).toBe('identical');
  });
});
