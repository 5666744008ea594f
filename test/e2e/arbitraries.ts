import fc from 'fast-check';
import type { Dialect, EntrySpec, ImageSpec, LayerSpec, PlatformSpec } from '../support/images.js';

/*
 * Random small images. Few names and values, so that two of them have much in common; names and values that have
 * broken tools before: digits, `__proto__`, whiteouts, spaces, other scripts, names that need an extended header.
 */

const NAMES = [
  'a',
  'b',
  '7',
  '__proto__',
  '.wh.a',
  '.wh..wh..opq',
  'ä\u0308',
  'sp ace',
  '日本',
  `long-${'x'.repeat(120)}`,
];

const path: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '', './', '/', 'd/', 'd/e/', 'd//e/'), fc.constantFrom(...NAMES), fc.boolean())
  .map(([folder, name]) => folder + name);

const time = fc.constantFrom(0, 1, 1_677_619_260, 2_000_000_000);

const pax: fc.Arbitrary<Readonly<Record<string, string>>> = fc.constantFrom(
  { mtime: '1677619260.5' },
  { mtime: '1677619260.123456789', atime: '1.000000001' },
  { 'SCHILY.xattr.user.a': 'value' },
  { 'SCHILY.xattr.security.capability': '\u0001\u0000\u0002', comment: 'said in passing' },
  { uid: '3000000', gid: '3000000' },
  { 'LIBARCHIVE.creationtime': '5' },
);

const common: fc.Arbitrary<Partial<EntrySpec>> = fc.record(
  {
    mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o100644),
    uid: fc.constantFrom(0, 1000),
    gid: fc.constantFrom(0, 1000),
    uname: fc.constantFrom('', 'root', 'nobody'),
    mtime: time,
    pax,
  },
  { requiredKeys: [] },
);

const content = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'one', 'two', 'x'.repeat(512), 'y'.repeat(513)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300_000 }).map((size) => Buffer.alloc(size, size % 251)) },
);

const kind: fc.Arbitrary<Partial<EntrySpec>> = fc.oneof(
  { weight: 5, arbitrary: content.map((bytes): Partial<EntrySpec> => ({ type: 'file', content: bytes })) },
  { weight: 2, arbitrary: fc.constant<Partial<EntrySpec>>({ type: 'directory' }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('symlink', 'link'), fc.constantFrom('a', './a', '../b', 'd/e/7', 'z'.repeat(150)))
      .map(([type, target]): Partial<EntrySpec> => {
        /* A hard link that leads out of the root is refused. */
        const linkTarget = type === 'link' && target === '../b' ? 'd/../b' : target;
        return { type: type as 'symlink' | 'link', linkTarget };
      }),
  },
  { weight: 1, arbitrary: fc.constant<Partial<EntrySpec>>({ type: 'fifo' }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('character-device', 'block-device'), fc.nat(300), fc.nat(300)).map(
      ([type, major, minor]): Partial<EntrySpec> => ({
        type: type as 'character-device' | 'block-device',
        device: [major, minor],
      }),
    ),
  },
);

const entry: fc.Arbitrary<EntrySpec> = fc
  .tuple(path, common, kind)
  .map(([name, fields, typed]) => ({ path: typed.type === 'directory' ? `${name}/` : name, ...fields, ...typed }));

const dialect: fc.Arbitrary<Dialect> = fc.constantFrom('ustar', 'ustar', 'gnu', 'v7');

const entries = fc.array(entry, { maxLength: 6 });

/** A layer of one of a few kinds; small ones are often equal. */
const layer: fc.Arbitrary<LayerSpec> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom<LayerSpec>(
      { entries: [] },
      { entries: [{ path: 'base', content: 'base' }] },
      { entries: [{ path: 'base', content: 'base' }], compression: 'none' },
      { entries: [{ path: 'base', content: 'base' }], gzipLevel: 0 },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        entries,
        dialect,
        compression: fc.constantFrom('gzip', 'gzip', 'zstd', 'none'),
        gzipLevel: fc.constantFrom(1, 6, 9),
        annotations: fc.constantFrom<Readonly<Record<string, string>>>({}, { 'buildkit/rewritten-timestamp': '1' }),
      },
      { requiredKeys: ['entries'] },
    ),
  },
);

export const PLATFORMS: readonly PlatformSpec[] = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
  { os: 'linux', architecture: 'arm', variant: 'v6' },
  { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' },
  { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.2' },
];

const config: fc.Arbitrary<object> = fc.record(
  {
    Env: fc.constantFrom(null, [], ['PATH=/bin'], ['PATH=/bin', 'A=']),
    Cmd: fc.constantFrom(['sh'], ['echo', ''], null),
    Labels: fc.constantFrom<unknown>(null, {}, { a: '' }, { a: '1', b: '2' }),
    Volumes: fc.constantFrom<unknown>({}, { '/data': {} }),
    Healthcheck: fc.constantFrom<unknown>({}, { Test: ['CMD', 'true'], Interval: 30_000_000_000 }),
    OnBuild: fc.constantFrom<unknown>(null, ['RUN true']),
    Shell: fc.constantFrom<unknown>(['/bin/sh', '-c']),
    Tty: fc.boolean(),
    Hostname: fc.constantFrom('', 'builder'),
    ArgsEscaped: fc.boolean(),
    Unheard: fc.constantFrom<unknown>(0, '', 'of', { deep: [1, [2]] }),
  },
  { requiredKeys: [] },
);

const configFile: fc.Arbitrary<object> = fc.record(
  {
    created: fc.constantFrom('2023-02-28T21:21:00Z', '2024-01-01T00:00:00Z'),
    history: fc.constantFrom<unknown>([], [{ created_by: 'RUN true', empty_layer: true }]),
    container: fc.constantFrom('', 'abc'),
    'moby.buildkit.buildinfo.v1': fc.constantFrom('e30='),
  },
  { requiredKeys: [] },
);

/** An image for one platform. */
export const image: fc.Arbitrary<ImageSpec> = fc.record(
  {
    layers: fc.array(layer, { maxLength: 3 }),
    platform: fc.constantFrom(...PLATFORMS),
    config,
    configFile,
    manifest: fc.constantFrom<object>(
      {},
      { annotations: { 'org.opencontainers.image.created': 'x' } },
      { unheard: [0] },
    ),
    docker: fc.boolean(),
    indent: fc.constantFrom(0, 2),
  },
  { requiredKeys: ['layers'] },
);

/** Two images, the second often the first with a few things changed. */
export const imagePair: fc.Arbitrary<readonly [ImageSpec, ImageSpec]> = fc.oneof(
  fc.tuple(image, image),
  fc
    .tuple(image, image, fc.subarray(['layers', 'platform', 'config', 'configFile', 'manifest', 'docker', 'indent']))
    .map(([first, second, taken]): readonly [ImageSpec, ImageSpec] => {
      const changes = Object.entries(second).filter(([key]) => (taken as string[]).includes(key));
      return [first, { ...first, ...Object.fromEntries(changes) }];
    }),
  fc.tuple(image, layer, fc.nat(3), fc.nat(1)).map(([first, extra, at, removed]): readonly [ImageSpec, ImageSpec] => {
    const layers = [...(first.layers ?? [])];
    layers.splice(at, removed, extra);
    return [first, { ...first, layers }];
  }),
  fc.tuple(image, fc.nat(), entry, fc.nat()).map(([first, which, changed, at]): readonly [ImageSpec, ImageSpec] => {
    const layers = [...(first.layers ?? [])];
    const index = which % Math.max(layers.length, 1);
    const old = layers[index];
    if (old === undefined) return [first, first];
    const list = [...(old.entries ?? [])];
    list.splice(at % (list.length + 1), at % 2, changed);
    layers[index] = { ...old, entries: list };
    return [first, { ...first, layers }];
  }),
);

/** The members of an index: images with platforms, some twice, some without one, some attestations. */
export const indexChildren: fc.Arbitrary<
  readonly { readonly image: number; readonly platform: number | null; readonly attests: boolean }[]
> = fc.array(
  fc.record({
    image: fc.nat(3),
    platform: fc.option(fc.nat(PLATFORMS.length - 1), { freq: 5 }),
    attests: fc.nat(5).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 5 },
);
