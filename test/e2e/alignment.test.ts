import { describe, expect, test } from 'vitest';
import type { Difference, DiffOptions, Report } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { buildImage, type EntrySpec, type LayerSpec } from '../support/images.js';
import { compare, counted, expectSound, mirror, temporaryFolder, writeArchive } from './support.js';

/*
 * Images of other numbers of layers, or of the same in another order: what is told is the layer that was inserted,
 * removed or moved, and not all that stands elsewhere for it.
 */

const folder = temporaryFolder();

/** A layer of a hundred files; what is in it depends on its name. */
function layer(name: string, content = ''): LayerSpec {
  const entries: EntrySpec[] = [{ path: `${name}/`, type: 'directory' }];
  for (let i = 0; i < 100; i++) entries.push({ path: `${name}/file-${i}`, content: `${name} ${i} ${content}` });
  return { entries };
}

const EMPTY: LayerSpec = { entries: [] };

let files = 0;
async function put(layers: readonly LayerSpec[], history?: readonly string[], empty: readonly number[] = []) {
  files += 1;
  const lines = history?.map((created_by, i) =>
    empty.includes(i) ? { created_by, empty_layer: true } : { created_by },
  );
  const built = await buildImage({ layers, configFile: lines === undefined ? {} : { history: lines } });
  return { path: await writeArchive(folder, `${files}.tar`, built), built };
}

type Put = Awaited<ReturnType<typeof put>>;

/** A sound report whose mirror the other order gives. */
async function both(image0: Put, image1: Put, options: DiffOptions = {}): Promise<Report> {
  const report = await compare(image0.path, image1.path, { ...options, verbose: true });
  const swapped = await compare(image1.path, image0.path, { ...options, verbose: true });
  for (const each of [report, swapped]) expectSound(each);
  const inOrder = (list: readonly object[]): string[] =>
    list.map((each) => JSON.stringify(each, Object.keys(each).sort())).sort();
  expect(inOrder(swapped.differences)).toEqual(inOrder(mirror(report).differences));
  return report;
}

function of(report: Report, subject: Difference['subject']): Difference[] {
  return report.differences.filter((each) => each.subject === subject && each.ignoredBy === undefined);
}

const [A, B, C, D] = [layer('a'), layer('b'), layer('c'), layer('d')] as const;
const NEW: LayerSpec = { entries: [{ path: 'new', content: 'new' }] };

describe.each([
  ['with a history', (n: number) => Array.from({ length: n }, (_, i) => `RUN ${i} # buildkit`)],
  ['without one', () => undefined],
] as const)('%s', (_, historyOf) => {
  test.each([0, 1, 2, 3])('a layer inserted at %i: its row and the number', async (at) => {
    const three = [A, B, C];
    const history = historyOf(3);
    const withNew = history?.toSpliced(at, 0, 'RUN touch /new # buildkit');
    const image0 = await put(three, history);
    const image1 = await put(three.toSpliced(at, 0, NEW), withNew);
    const report = await both(image0, image1);
    expect(report.verdict).toBe('different');
    const rows = of(report, 'layer');
    expect(rows.filter(({ field }) => field === 'count').map(({ values }) => values)).toEqual([[3, 4]]);
    const alone = rows.filter(({ field }) => field !== 'count');
    expect(alone.map(({ change, layers }) => [change, layers])).toEqual([['added', [null, at]]]);
    /* What the layer holds is listed; whether it counts beside the layer's own row is left open. */
    const listed = report.differences.filter(({ subject }) => subject === 'file');
    expect(listed.map(({ path, field, layers }) => [path, field, layers])).toEqual([['new', 'type', [null, at]]]);
    expect(report.layers.map(({ layers, change }) => [layers, change])).toEqual(
      [0, 1, 2, 3].map((i) => (i === at ? [[null, i], 'added'] : [[i < at ? i : i - 1, i], 'same'])),
    );
    const semantic = await both(image0, image1, { mode: 'semantic' });
    expect(counted(semantic)).toEqual([`file :${at} new type`]);
  });

  test('a layer inserted in front of one that differs', async () => {
    const image0 = await put([A, B, C], historyOf(3));
    const image1 = await put([A, NEW, layer('b', 'other'), C], historyOf(3)?.toSpliced(1, 0, 'RUN touch /new'));
    const report = await both(image0, image1);
    const changes = report.layers.map(({ layers, change }) => `${layers.map(String).join(' ')} ${change}`);
    expect(new Set(changes)).toEqual(new Set(['0 0 same', 'null 1 added', '1 2 content', '2 3 same']));
    const rows = report.differences.filter(({ subject }) => subject === 'file');
    expect(rows.filter(({ path }) => path === 'new')).toHaveLength(1);
    expect(
      of(report, 'file')
        .filter(({ path = '' }) => path.startsWith('b/'))
        .map(({ field }) => field),
    ).toEqual(Array.from({ length: 100 }, () => 'content'));
    expect(rows).toHaveLength(101);
  });

  test('a moved layer: its position', async () => {
    const history = historyOf(4);
    const moved = history === undefined ? undefined : [0, 2, 3, 1].map((i) => history[i] as string);
    const image0 = await put([A, B, C, D], history);
    const image1 = await put([A, C, D, B], moved);
    const report = await both(image0, image1);
    expect(report.verdict).toBe('different');
    expect(of(report, 'file')).toEqual([]);
    expect(of(report, 'layer').map(({ field, layers, values }) => [field, layers, values])).toEqual([
      ['position', [1, 3], [1, 3]],
    ]);
    expect(report.layers.filter(({ change }) => change === 'moved').map(({ layers }) => layers)).toEqual([[1, 3]]);
    const semantic = await both(image0, image1, { mode: 'semantic' });
    expect(semantic.verdict).toBe('equivalent');
    const positions = semantic.differences.filter(({ field }) => field === 'position');
    expect(positions.map(({ ignoredBy }) => ignoredBy)).toEqual(['layering']);
  });

  test('an empty layer is told as such', async () => {
    const image0 = await put([A, B], historyOf(2));
    const image1 = await put([A, EMPTY, B], historyOf(2)?.toSpliced(1, 0, 'RUN true # buildkit'));
    const report = await both(image0, image1);
    expect(report.verdict).toBe('different');
    expect(of(report, 'file')).toEqual([]);
    expect(report.layers.find(({ empty }) => empty)?.layers).toEqual([null, 1]);
    const notes = report.notes.filter(({ code }) => code === 'empty-layer');
    expect(notes.map(({ input }) => input)).toEqual([1]);
    expect((await both(image0, image1, { mode: 'semantic' })).verdict).toBe('equivalent');
  });
});

test('an empty layer against one with files', async () => {
  const report = await both(await put([A, EMPTY], ['a', 'b']), await put([A, NEW], ['a', 'b']));
  expect(counted(report)).toContain('file :1 new type');
  expect(report.layers.map(({ change }) => change)).toEqual(['same', 'content']);
  expect(report.notes.filter(({ code }) => code === 'empty-layer').map(({ input }) => input)).toEqual([0]);
});

test('the same layer twice in one image', async () => {
  const report = await both(await put([A, B]), await put([A, B, A]), { mode: 'semantic' });
  expect(report.verdict).toBe('equivalent');
  expect(counted(report)).toEqual([]);
  expect(report.layers.map(({ layers, change }) => [layers, change])).toEqual([
    [[0, 0], 'same'],
    [[1, 1], 'same'],
    [[null, 2], 'added'],
  ]);
});

describe('what a differing pair differs in at most', () => {
  const ENTRIES: readonly EntrySpec[] = [
    { path: 'd/', type: 'directory' },
    { path: 'd/a', content: 'a' },
    { path: 'd/b', content: 'b' },
  ];
  const [FOLDER, FILE_A, FILE_B] = ENTRIES as [EntrySpec, EntrySpec, EntrySpec];

  test.each<[string, LayerSpec, LayerSpec]>([
    ['same', { entries: ENTRIES }, { entries: ENTRIES }],
    ['compression', { entries: ENTRIES }, { entries: ENTRIES, compression: 'none' }],
    ['encoding', { entries: ENTRIES }, { entries: ENTRIES, dialect: 'gnu' }],
    ['encoding', { entries: ENTRIES }, { entries: [FOLDER, { ...FILE_A, path: './d/a' }, FILE_B] }],
    ['order', { entries: ENTRIES }, { entries: [FOLDER, FILE_B, FILE_A] }],
    ['times', { entries: ENTRIES }, { entries: [FOLDER, FILE_A, { ...FILE_B, mtime: 7 }] }],
    ['times', { entries: ENTRIES }, { entries: [FOLDER, { ...FILE_B, mtime: 7 }, FILE_A] }],
    ['metadata', { entries: ENTRIES }, { entries: [FOLDER, FILE_A, { ...FILE_B, mode: 0o600, mtime: 7 }] }],
    ['content', { entries: ENTRIES }, { entries: [FOLDER, FILE_A, { ...FILE_B, content: 'c' }] }],
    ['content', { entries: ENTRIES }, { entries: [FOLDER, FILE_A] }],
  ])('%s', async (change, layer0, layer1) => {
    const label = { Labels: { a: '1' } };
    const paths = await Promise.all(
      [layer0, layer1].map(async (each, side) => {
        const built = await buildImage({ layers: [A, each], config: side === 0 ? {} : label });
        return writeArchive(folder, `change-${side}.tar`, built);
      }),
    );
    const report = await compare(paths[0] as string, paths[1] as string);
    expect(report.layers.map(({ layers, change: told }) => [layers, told])).toEqual([
      [[0, 0], 'same'],
      [[1, 1], change],
    ]);
  });

  test('the bytes of a pair, by hand', async () => {
    /* In blocks of 512 bytes: three headers, two of d/a's content, one of d/b's, two of the trailer. */
    const image0 = await put([{ entries: [FOLDER, { path: 'd/a', content: 'a'.repeat(700) }, FILE_B] }]);
    const image1 = await put([{ entries: [FOLDER, { path: 'd/a', content: 'x'.repeat(600) }, FILE_B] }]);
    const report = await both(image0, image1);
    const bytes = report.summary.bytes;
    expect(bytes?.total).toEqual([8 * 512, 8 * 512]);
    expect(bytes?.equalEntries[0]).toBe(bytes?.equalEntries[1]);
    expect(bytes?.headers).toEqual([512, 512]);
    expect(bytes?.differingContent).toEqual([700, 600]);
    expect(bytes?.trailer).toEqual([1024, 1024]);
    expect(bytes?.equalContent).toEqual([0, 0]);
    expect(report.layers[0]?.bytes).toEqual(bytes);
  });

  test('the bytes of another mode: equal content, another header', async () => {
    const image0 = await put([{ entries: [FOLDER, { ...FILE_B, content: 'b'.repeat(512) }] }]);
    const image1 = await put([{ entries: [FOLDER, { ...FILE_B, content: 'b'.repeat(512), mode: 0o600 }] }]);
    const { bytes } = (await both(image0, image1)).summary;
    expect(bytes).toEqual({
      total: [2560, 2560],
      equalEntries: [512, 512],
      equalContent: [512, 512],
      differingContent: [0, 0],
      headers: [512, 512],
      padding: [0, 0],
      trailer: [1024, 1024],
    });
  });
});

describe('the first layer that differs', () => {
  /* As the image debian:bookworm and BuildKit write it. */
  const DEBIAN = "# debian.sh --arch 'amd64' out/ 'bookworm' '@1700000000'";
  const APT = 'RUN /bin/sh -c apt-get update && apt-get install -y gcc # buildkit';
  const history = (time: string): object[] => [
    { created: '2023-11-14T22:13:20Z', created_by: DEBIAN, comment: 'debuerreotype 0.15' },
    { created: time, created_by: APT, comment: 'buildkit.dockerfile.v0' },
    { created: time, created_by: 'CMD ["gcc"]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
  ];

  async function compareBuilds(layers: readonly (readonly LayerSpec[])[], baseDigest?: string): Promise<Report> {
    const annotations = { 'org.opencontainers.image.base.digest': baseDigest };
    const paths = await Promise.all(
      layers.map(async (each, side) => {
        const built = await buildImage({
          layers: each,
          configFile: { history: history(`2024-01-0${side + 1}T00:00:00Z`) },
          ...(baseDigest === undefined ? {} : { manifest: { annotations } }),
        });
        return writeArchive(folder, `build-${side}.tar`, built);
      }),
    );
    return compare(paths[0] as string, paths[1] as string);
  }

  test('in what both builds started from', async () => {
    const report = await compareBuilds([
      [layer('base', 'one'), B],
      [layer('base', 'two'), B],
    ]);
    expect(report.base).toHaveLength(1);
    expect(report.base[0]).toMatchObject({ layers: [0, 0], history: [DEBIAN, DEBIAN], origin: 'base' });
    expect(report.base[0]?.evidence).not.toBe('');
  });

  test('in what the Dockerfile added', async () => {
    const report = await compareBuilds(
      [
        [A, layer('usr', 'one')],
        [A, layer('usr', 'two')],
      ],
      `sha256:${'b'.repeat(64)}`,
    );
    expect(report.base).toHaveLength(1);
    expect(report.base[0]).toMatchObject({ layers: [1, 1], history: [APT, APT], origin: 'build' });
    expect(report.base[0]?.evidence).not.toBe('');
  });

  test('is not there where all layers are the same', async () => {
    const report = await both(await put([A, B], ['a', 'b']), await put([A, B], ['a', 'c']));
    expect(report.base).toEqual([]);
  });

  test('of two builds of one Dockerfile that starts from nothing', async () => {
    const report = await compare(fixture('clock-buildkit-0.oci.tar'), fixture('clock-buildkit-1.oci.tar'));
    expect(report.base.map(({ layers, origin }) => [layers, origin])).toEqual([[[1, 1], 'build']]);
    for (const line of report.base[0]?.history ?? []) expect(line).toContain('Log started');
  });

  test('of images without a history it is not known', async () => {
    const report = await both(await put([layer('x', 'one'), B]), await put([layer('x', 'two'), B]));
    expect(report.base.map(({ layers, history, origin }) => [layers, history, origin])).toEqual([
      [[0, 0], [null, null], 'unknown'],
    ]);
  });
});
