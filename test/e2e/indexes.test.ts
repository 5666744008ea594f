import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DiffOptions, Report } from '../../packages/core/src/index.js';
import { type Built, buildImage, buildIndex, type ChildSpec, type PlatformSpec, sha256 } from '../support/images.js';
import { compare, counted, expectSound, found, mirror, rejection, temporaryFolder, writeArchive } from './support.js';

/* An index within an index, and children that stand elsewhere on the other side. */

const folder = temporaryFolder();

const AMD64: PlatformSpec = { os: 'linux', architecture: 'amd64' };
const ARM64: PlatformSpec = { os: 'linux', architecture: 'arm64' };
const RISCV: PlatformSpec = { os: 'linux', architecture: 'riscv64' };

async function child(content: string, platform: PlatformSpec, more: Partial<ChildSpec> = {}): Promise<ChildSpec> {
  const built = await buildImage({ layers: [{ entries: [{ path: 'file', content }] }], platform });
  return { built, platform, ...more };
}

let files = 0;
async function put(built: Built): Promise<string> {
  files += 1;
  return writeArchive(folder, `${files}.tar`, built);
}

/** Both orders: the second has to be the mirror of the first; what is found is the same in both modes. */
async function both(built0: Built, built1: Built, options: DiffOptions = {}): Promise<Report> {
  const [path0, path1] = [await put(built0), await put(built1)];
  const report = await compare(path0, path1, { verbose: true, ...options });
  expectSound(report);
  expect(await compare(path1, path0, { verbose: true, ...options })).toEqual(mirror(report));
  return report;
}

const indexRows = ({ differences }: Report): unknown[] =>
  differences
    .filter(({ subject }) => subject === 'index')
    .map(({ field, values, ignoredBy = null }) => [field, ...values, ignoredBy]);

describe('an index within an index', () => {
  test('its own fields and children are told, and its digest follows from them', async () => {
    const [a, b, arm] = [await child('a', AMD64), await child('b', AMD64), await child('c', ARM64)];
    const inner0 = buildIndex([a, arm], { annotations: { build: '1' } });
    const inner1 = buildIndex([b, arm], { annotations: { build: '2' } });
    const [outer0, outer1] = [buildIndex([{ built: inner0 }]), buildIndex([{ built: inner1 }])];
    const report = await both(outer0, outer1, { allPlatforms: true });
    expect(indexRows(report)).toEqual([
      ['/manifests/0/>/annotations/build', '1', '2', null],
      ['/manifests/0/>/manifests/0/digest', a.built.descriptor.digest, b.built.descriptor.digest, 'consequence'],
      ['/manifests/0/digest', inner0.descriptor.digest, inner1.descriptor.digest, 'consequence'],
    ]);
    expect(counted(report)).toEqual(['index /manifests/0/>/annotations/build', 'file 0 file content']);
    /* Annotations are seen by no container. */
    expect(counted(await both(outer0, outer1, { allPlatforms: true, mode: 'semantic' }))).toEqual([
      'file 0 file content',
    ]);
    const ignoring = { allPlatforms: true, ignoreFields: ['index:/manifests/0/>/annotations/build'] };
    expect(counted(await both(outer0, outer1, ignoring))).toEqual(['file 0 file content']);
  });

  test('three deep: every digest above follows from the one difference', async () => {
    const wrap = (built: Built): Built => buildIndex([{ built }]);
    const [arm0, arm1] = [buildIndex([await child('c', ARM64)]), buildIndex([await child('c', ARM64)], { x: 1 })];
    const report = await both(wrap(wrap(arm0)), wrap(wrap(arm1)), { allPlatforms: true });
    expect(counted(report)).toEqual(['index /manifests/0/>/manifests/0/>/x']);
    /* The outer documents are of one length: a digest has always as many digits. */
    expect(report.differences.filter(({ ignoredBy }) => ignoredBy === 'consequence').map(({ field }) => field)).toEqual(
      ['/manifests/0/>/manifests/0/digest', '/manifests/0/>/manifests/0/size', '/manifests/0/digest'],
    );
  });

  test('only its encoding differs', async () => {
    const image = await child('a', AMD64);
    const plain = buildIndex([image]);
    const document = plain.blobs.get(plain.descriptor.digest)?.toString() ?? '';
    const spaced = reencoded(plain, document.replaceAll(':{', ': {'));
    const report = await both(buildIndex([{ built: plain }]), buildIndex([{ built: spaced }]));
    expect(counted(report)).toEqual(['index /manifests/0/> encoding']);
    expect(
      (
        await both(buildIndex([{ built: plain }]), buildIndex([{ built: spaced }]), {
          mode: { ignore: ['json-encoding'] },
        })
      ).verdict,
    ).toBe('equivalent');
  });

  test('two of them are paired by what they hold, wherever they stand', async () => {
    const [amd, riscv] = [await child('a', AMD64), await child('a', RISCV)];
    const [first0, second0] = [buildIndex([amd]), buildIndex([riscv])];
    const [first1, second1] = [buildIndex([amd], { x: 1 }), buildIndex([riscv], { y: 1 })];
    const report = await both(
      buildIndex([{ built: first0 }, { built: second0 }]),
      buildIndex([{ built: second1 }, { built: first1 }]),
      { allPlatforms: true },
    );
    expect(counted(report)).toEqual([
      'index /manifests/index linux~1amd64/>/x',
      'index /manifests/index linux~1riscv64/>/y',
      'index order',
    ]);
  });

  test('what no chosen image stands on does not count in semantic mode', async () => {
    const [amd, riscv, arm] = [await child('a', AMD64), await child('a', RISCV), await child('a', ARM64)];
    const chosen = { built: buildIndex([amd]) };
    const outer0 = buildIndex([chosen, { built: buildIndex([riscv]) }]);
    const outer1 = buildIndex([chosen, { built: buildIndex([arm], { x: 1 }) }]);
    /* The only platform that both have is amd64, and that image is the same. */
    const rows = ['index /manifests/1/>/manifests/0', 'index /manifests/1/>/manifests/0', 'index /manifests/1/>/x'];
    expect(counted(await both(outer0, outer1))).toEqual(rows);
    expect((await both(outer0, outer1, { mode: 'semantic' })).verdict).toBe('equivalent');
    expect((await both(outer0, outer1, { platforms: ['linux/amd64'] })).verdict).toBe('equivalent');
    /* A child that one side has alone counts where all are asked for; what another index says of itself does not. */
    expect(counted(await both(outer0, outer1, { mode: 'semantic', allPlatforms: true }))).toEqual(rows.slice(0, 2));
  });

  test('against the same images without it: the index is alone, the images are not', async () => {
    const [amd, arm, riscv] = [await child('a', AMD64), await child('b', ARM64), await child('c', RISCV)];
    const nested = buildIndex([{ built: buildIndex([amd, arm]) }]);
    const report = await both(nested, buildIndex([amd, arm]), { allPlatforms: true });
    expect(counted(report)).toEqual(['index /manifests/0', 'index /manifests/0', 'index /manifests/1']);
    expect((await both(nested, buildIndex([amd, arm]), { allPlatforms: true, mode: 'semantic' })).verdict).toBe(
      'equivalent',
    );
    const more = buildIndex([{ built: buildIndex([amd, arm, riscv]) }]);
    expect(counted(await both(more, buildIndex([amd, arm]), { allPlatforms: true, mode: 'semantic' }))).toEqual([
      'index /manifests/0/>/manifests/2',
    ]);
  });

  test('against the one image: another way to say it', async () => {
    const amd = await child('a', AMD64);
    const nested = buildIndex([{ built: buildIndex([amd], { annotations: { a: 'b' } }) }]);
    const report = await both(nested, amd.built);
    expect(counted(report)).toEqual(['index /manifests/0', 'index /manifests/0/>/annotations/a', 'index index']);
    expect((await both(nested, amd.built, { mode: { ignore: ['media-types', 'annotations'] } })).verdict).toBe(
      'equivalent',
    );
  });
});

/** `built` with another text of its own document. */
function reencoded({ descriptor, blobs }: Built, document: string): Built {
  const bytes = Buffer.from(document);
  const digest = sha256(bytes);
  return { descriptor: { ...descriptor, digest, size: bytes.length }, blobs: new Map([...blobs, [digest, bytes]]) };
}

describe('children that stand elsewhere', () => {
  test('two that were swapped are told by their platform', async () => {
    const [amd0, arm0] = [await child('a', AMD64), await child('a', ARM64)];
    const [amd1, arm1] = [await child('b', AMD64), await child('b', ARM64)];
    const report = await both(buildIndex([amd0, arm0]), buildIndex([arm1, amd1]), { allPlatforms: true });
    const digest = ({ built }: ChildSpec): string => built.descriptor.digest;
    expect(indexRows(report)).toEqual([
      ['/manifests/linux~1amd64/digest', digest(amd0), digest(amd1), 'consequence'],
      ['/manifests/linux~1arm64/digest', digest(arm0), digest(arm1), 'consequence'],
      [
        'order',
        [`image linux/amd64 ${digest(amd0)}`, `image linux/arm64 ${digest(arm0)}`],
        [`image linux/arm64 ${digest(arm1)}`, `image linux/amd64 ${digest(amd1)}`],
        null,
      ],
    ]);
  });

  test('of two of one platform each has a name of its own', async () => {
    const moved = async (annotation: string): Promise<ChildSpec[]> =>
      Promise.all(['a', 'b'].map((content) => child(content, RISCV, { annotations: { [content]: annotation } })));
    const [first, second] = [await moved('1'), await moved('2')];
    const report = await both(buildIndex(first), buildIndex([...second].reverse()), { allPlatforms: true });
    const fields = report.differences.map(({ field }) => field).filter((field) => field.includes('annotations'));
    expect(new Set(fields).size).toBe(fields.length);
    expect(fields.filter((field) => field.startsWith('/manifests/linux~1riscv64/'))).toHaveLength(1);
    expect(fields.filter((field) => field.startsWith('/manifests/linux~1riscv64 #2/'))).toHaveLength(1);
  });
});

/** An index as a tree; leaves are numbers of images. */
type Tree = readonly (number | { readonly inside: Tree; readonly annotation: number })[];

describe('random indexes within indexes', () => {
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.array(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.nat({ max: 8 }),
        fc.record({ inside: tie('tree'), annotation: fc.nat({ max: 1 }) }),
      ),
      { maxLength: 4 },
    ),
  }));

  test('mirror, are the same found in both modes, and what differs has a cause', async () => {
    const platforms = [AMD64, ARM64, RISCV];
    const leaves = await Promise.all(
      platforms.flatMap((platform) => ['a', 'b', 'c'].map((content) => child(content, platform))),
    );
    const build = (nodes: Tree, annotation: number, depth = 0): Built =>
      buildIndex(
        nodes.flatMap((node) => {
          if (typeof node === 'number') return leaves[node] ?? [];
          return depth > 3 ? [] : [{ built: build(node.inside, node.annotation, depth + 1) }];
        }),
        annotation === 0 ? {} : { annotations: { a: 'b' } },
      );
    let nested = 0;
    const pairs = fc.tuple(tree, tree, fc.boolean());
    await fc.assert(
      fc.asyncProperty(pairs, async ([tree0, tree1, same]) => {
        /* Of two trees that have nothing in common nothing can be compared. */
        const common: Tree = [0, ...(same ? [{ inside: tree0, annotation: 0 }] : [])];
        const built0 = build([...tree0, ...common], 0);
        const built1 = build([...common, ...tree1], 0);
        const report = await both(built0, built1, { allPlatforms: true });
        const semantic = await both(built0, built1, { allPlatforms: true, mode: 'semantic' });
        expect(found(semantic)).toEqual(found(report));
        const fields = report.differences.map(({ field, change, platform, subject, path }) =>
          JSON.stringify([field, change, platform, subject, path]),
        );
        expect(new Set(fields).size).toBe(fields.length);
        if (report.differences.some(({ field }) => field.includes('/>/'))) nested++;
      }),
      { seed: 20_261_127, numRuns: 60 },
    );
    expect(nested).toBeGreaterThan(12);
  });

  test('an index within itself cannot be; many within one another are refused', async () => {
    let built = buildIndex([await child('a', AMD64)]);
    for (let depth = 0; depth < 10; depth++) built = buildIndex([{ built }]);
    const [path, other] = [await put(built), await put(buildIndex([{ built }]))];
    const error = await rejection(path, other);
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toContain('indexDepth');
  });
});
