import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Difference, DiffOptions, Report } from '../../packages/core/src/index.js';
import { type BuiltImage, buildImage, type EntrySpec } from '../support/images.js';
import {
  changed,
  Draw,
  freePath,
  other,
  randomCut,
  randomHistory,
  removePath,
  setInode,
  standsAlone,
} from '../support/random-tree.js';
import {
  below,
  differencesOf,
  type Files,
  type Inode,
  join,
  linksOf,
  type ReferenceTree,
  referenceTree,
} from '../support/reference-tree.js';
import { type Held, nothingHeld, writeLayer, writeLayers } from '../support/write-layer.js';
import { compare, expectSound, found, mirror, temporaryFolder, writeArchive } from './support.js';

/*
 * Random images whose trees are known beforehand, held against the rules of "Trees": test/support/random-tree.ts makes
 * the trees, write-layer.ts says them in layers, and reference-tree.ts, which knows neither of the two nor the sources,
 * reads the layers again. Any case is made again by its numbers, which fast-check prints; `examples` are
 * cases that were wrong once.
 */

const folder = temporaryFolder();
const SEED = 20_261_127;
const seeds = fc.tuple(fc.nat(1_000_000), fc.integer({ min: 1, max: 6 }));

/** What the cases of this file held, all properties together. */
const cases: Held[] = [];

function newCase(): Held {
  const held = nothingHeld();
  cases.push(held);
  return held;
}

let files = 0;
async function put(built: BuiltImage): Promise<string> {
  files += 1;
  return writeArchive(folder, `${files}.tar`, built);
}

async function build(layers: readonly (readonly EntrySpec[])[]): Promise<BuiltImage> {
  return buildImage({ layers: layers.map((entries) => ({ entries })) });
}

/** Layers that have the names of their steps in the history, as builders write it. */
async function buildNamed(layers: readonly (readonly EntrySpec[])[]): Promise<BuiltImage> {
  const history = layers.map((_, i) => ({ created_by: `RUN step ${i} # buildkit` }));
  return buildImage({ layers: layers.map((entries) => ({ entries })), configFile: { history } });
}

interface Pair {
  readonly semantic: Report;
  readonly strict: Report;
  /** What counts in semantic mode. */
  readonly counted: readonly Difference[];
}

/** Both modes and both orders of two images, and all that has to hold of any two. */
async function comparePair(image0: BuiltImage, image1: BuiltImage): Promise<Pair> {
  const [path0, path1] = [await put(image0), await put(image1)];
  const run = (first: string, second: string, options: DiffOptions) =>
    compare(first, second, { ...options, verbose: true });
  const semantic = await run(path0, path1, { mode: 'semantic' });
  const strict = await run(path0, path1, {});
  const swapped = await run(path1, path0, { mode: 'semantic' });
  for (const report of [semantic, strict, swapped]) {
    expect(report.failures).toEqual([]);
    expectSound(report);
    expectPartsAddUp(report);
  }
  /* The same is found; identical is identical. */
  expect(found(strict)).toEqual(found(semantic));
  expect(strict.verdict === 'identical').toBe(semantic.verdict === 'identical');
  expect(semantic.verdict === 'identical').toBe(image0.descriptor.digest === image1.descriptor.digest);
  /* From the other side the same, in whatever order. */
  expect(asSet(swapped.differences)).toEqual(asSet(mirror(semantic).differences));
  expect(swapped.verdict).toBe(semantic.verdict);
  /* Found once: no two rows say the same field of the same thing. */
  const rows = semantic.differences.map(({ values: _, change: __, ...place }) => JSON.stringify(place));
  expect(rows).toEqual([...new Set(rows)]);
  return { semantic, strict, counted: semantic.differences.filter(({ ignoredBy }) => ignoredBy === undefined) };
}

function asSet(items: readonly object[]): string[] {
  return items.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort();
}

const BYTE_PARTS = ['equalEntries', 'equalContent', 'differingContent', 'headers', 'padding', 'trailer'] as const;

/** Each byte is in one part. */
function expectPartsAddUp({ summary, layers }: Report): void {
  for (const bytes of [summary.bytes, ...layers.map((each) => each.bytes)]) {
    if (bytes === undefined) continue;
    for (const side of [0, 1] as const) {
      expect(BYTE_PARTS.reduce((sum, part) => sum + bytes[part][side], 0)).toBe(bytes.total[side]);
      for (const part of BYTE_PARTS) expect(bytes[part][side]).toBeGreaterThanOrEqual(0);
    }
  }
  expect(summary.unexplained).toBe(0);
}

/** Where a side's state of `path` comes from; undefined where that is open: a folder that is only implied. */
function layerOf(tree: ReferenceTree, path: string): number | null | undefined {
  if (tree.implied.has(path)) return undefined;
  return tree.statedBy.get(path) ?? null;
}

/** The layers that a difference names, one number for both where the contract has one. */
function layersOf({ layer, layers }: Difference): readonly (number | null)[] | undefined {
  return layer !== undefined ? [layer, layer] : layers;
}

function expectLayers(difference: Difference, tree0: ReferenceTree, tree1: ReferenceTree): void {
  const path = difference.path as string;
  const told = layersOf(difference);
  for (const [side, tree] of [tree0, tree1].entries()) {
    const expected = layerOf(tree, path);
    if (expected !== undefined) expect([path, side, told?.[side]]).toEqual([path, side, expected]);
  }
}

describe('one tree, cut into layers in two ways', () => {
  test('is the same tree: nothing counts', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const history = randomHistory(draw, steps + 1);
        const [layers0, layers1] = [0, 1].map(() => writeLayers(draw, randomCut(draw, history), held)) as [
          EntrySpec[][],
          EntrySpec[][],
        ];
        const [tree0, tree1] = [referenceTree(layers0), referenceTree(layers1)];
        expect(differencesOf(tree0.files, tree1.files)).toEqual([]);
        expect(differencesOf(tree0.files, history.at(-1) as Files)).toEqual([]);

        const [image0, image1] = [await build(layers0), await build(layers1)];
        const { semantic, counted } = await comparePair(image0, image1);
        expect(counted).toEqual([]);
        const sameDigest = image0.descriptor.digest === image1.descriptor.digest;
        expect(semantic.verdict).toBe(sameDigest ? 'identical' : 'equivalent');
        for (const { level, equivalent } of semantic.levels) {
          if (level === 'filesystem') expect(equivalent).toBe(true);
        }
      }),
      { seed: SEED, numRuns: 80, examples: [[[664_670, 6]]] },
    );
  });

  test('shares its lower layers with the other cutting, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const history = randomHistory(draw, steps + 2);
        const shared = 1 + draw.below(history.length - 1);
        const lower = writeLayers(draw, history.slice(0, shared), held);
        const [upper0, upper1] = [0, 1].map(() =>
          writeLayers(draw, randomCut(draw, history.slice(shared)), held, history[shared - 1]),
        ) as [EntrySpec[][], EntrySpec[][]];
        const [layers0, layers1] = [
          [...lower, ...upper0],
          [...lower, ...upper1],
        ];
        expect(differencesOf(referenceTree(layers0).files, referenceTree(layers1).files)).toEqual([]);
        const { counted } = await comparePair(await build(layers0), await build(layers1));
        expect(counted).toEqual([]);
      }),
      { seed: SEED + 1, numRuns: 30 },
    );
  });
});

describe('hard links into lower layers', () => {
  test('leave the tree the same: what counts is only that engines do not agree', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const history: Files[] = randomHistory(draw, steps + 1);
        /* A link that some later tree adds to a file that is there. */
        const last = new Map(history.at(-1));
        const inode: Inode = { ...EMPTY_FILE, content: 'linked' };
        last.set(freePath(draw, last), inode);
        history.push(new Map(last));
        last.set(freePath(draw, last), inode);
        history.push(last);
        const sides = [0, 1].map(() => {
          const cut = randomCut(draw, history);
          return cut.map((tree, i) => {
            const own = nothingHeld();
            const entries = writeLayer(draw, cut[i - 1] ?? new Map(), tree, own, true);
            for (const what of Object.keys(own) as (keyof Held)[]) held[what] ||= own[what];
            return { entries, across: own.linkAcross };
          });
        });
        const layers = sides.map((side) => side.map(({ entries }) => entries)) as [EntrySpec[][], EntrySpec[][]];
        const [tree0, tree1] = layers.map(referenceTree) as [ReferenceTree, ReferenceTree];
        expect(differencesOf(tree0.files, tree1.files)).toEqual([]);

        const images = [await build(layers[0]), await build(layers[1])] as const;
        const { semantic, counted } = await comparePair(...images);
        for (const { subject, field } of counted) expect([subject, field]).toEqual(['layer', 'engine-dependent']);
        for (const side of [0, 1] as const) {
          const theirs = images[1 - side]?.layers.map(({ diffId }) => diffId) ?? [];
          const across = (sides[side] ?? []).flatMap((layer, i) => (layer.across ? [i] : []));
          const own = across.filter((i) => !theirs.includes(images[side].layers[i]?.diffId as string));
          const noted = semantic.notes.some(({ input, code }) => input === side && code === 'engine-dependent');
          if (own.length > 0) expect(noted).toBe(true);
          if (across.length === 0) expect(noted).toBe(false);
        }
      }),
      { seed: SEED + 8, numRuns: 40, examples: [[[19, 4]]] },
    );
  });
});

describe('the bytes of differing layers', () => {
  test('are all bytes of the layers whose diffIDs the other side has not', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const history: Files[] = randomHistory(draw, steps + 1);
        const shared = writeLayers(draw, history.slice(0, 1), held);
        const [image0, image1] = await Promise.all(
          [0, 1].map(() => {
            const end = changed(draw, history.at(-1) as Files, draw.below(4));
            const cut = randomCut<Files>(draw, [...history.slice(1), end]);
            return build([...shared, ...writeLayers(draw, cut, held, history[0])]);
          }),
        );
        const { semantic } = await comparePair(image0 as BuiltImage, image1 as BuiltImage);
        const totals = [lonelyBytes(image0 as BuiltImage, image1 as BuiltImage)];
        totals.push(lonelyBytes(image1 as BuiltImage, image0 as BuiltImage));
        expect(semantic.summary.bytes?.total ?? [0, 0]).toEqual(totals);
      }),
      { seed: SEED + 9, numRuns: 20 },
    );
  });

  function lonelyBytes(image: BuiltImage, other: BuiltImage): number {
    const theirs = other.layers.map(({ diffId }) => diffId);
    return image.layers.reduce((sum, { diffId, tar }) => {
      const twin = theirs.indexOf(diffId);
      if (twin < 0) return sum + tar.length;
      theirs.splice(twin, 1);
      return sum;
    }, 0);
  }
});

/* One change of a tree: what it makes of `tree`, and the only difference that there is then. */
interface SingleChange {
  readonly before: Map<string, Inode>;
  readonly after: Map<string, Inode>;
  readonly rows: readonly { readonly path: string; readonly field: string; readonly values: readonly unknown[] }[];
}

type MakeChange = (draw: Draw, tree: Files) => SingleChange | null;

const digestOf = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown;
const octal = (mode: number): string => `0${mode.toString(8).padStart(3, '0')}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Alters one inode, told at the first of its paths. */
function alter(
  draw: Draw,
  tree: Files,
  fits: (inode: Inode) => boolean,
  change: (inode: Inode) => readonly [Inode, field: string, values: readonly unknown[]],
): SingleChange | null {
  const path = draw.maybeOf([...tree].flatMap(([each, inode]) => (fits(inode) ? [each] : [])));
  if (path === undefined) return null;
  const inode = tree.get(path) as Inode;
  const [next, field, values] = change(inode);
  const after = new Map(tree);
  setInode(after, path, next);
  return { before: new Map(tree), after, rows: [{ path: linksOf(tree, inode)[0] as string, field, values }] };
}

const CHANGES: Readonly<Record<string, MakeChange>> = {
  content: (draw, tree) =>
    alter(
      draw,
      tree,
      ({ type }) => type === 'file',
      (inode) => [
        { ...inode, content: other(draw, ['', 'one', 'eno', 'y'.repeat(600)], inode.content) },
        'content',
        [digestOf, digestOf],
      ],
    ),
  mode: (draw, tree) =>
    alter(
      draw,
      tree,
      ({ type }) => type !== 'symlink',
      (inode) => {
        const mode = other(draw, [0o644, 0o755, 0o1755, 0o700], inode.mode);
        return [{ ...inode, mode }, 'mode', [octal(inode.mode), octal(mode)]];
      },
    ),
  uid: (draw, tree) =>
    alter(
      draw,
      tree,
      () => true,
      (inode) => {
        const uid = other(draw, [0, 7, 60_000], inode.uid);
        return [{ ...inode, uid }, 'uid', [inode.uid, uid]];
      },
    ),
  gid: (draw, tree) =>
    alter(
      draw,
      tree,
      () => true,
      (inode) => {
        const gid = other(draw, [0, 7, 60_000], inode.gid);
        return [{ ...inode, gid }, 'gid', [inode.gid, gid]];
      },
    ),
  linkTarget: (draw, tree) =>
    alter(
      draw,
      tree,
      ({ type }) => type === 'symlink',
      (inode) => {
        const linkTarget = `./${inode.linkTarget}`;
        return [{ ...inode, linkTarget }, 'linkTarget', [inode.linkTarget, linkTarget]];
      },
    ),
  xattr: (draw, tree) =>
    alter(
      draw,
      tree,
      ({ type }) => type === 'file',
      (inode) => {
        const value = inode.xattrs['user.b'] ?? null;
        const next = { ...inode, xattrs: { ...inode.xattrs, 'user.b': 'new' } };
        return [next, 'xattrs/user.b', [value, base64('new')]];
      },
    ),
  type: (draw, tree) => {
    /* Types of which nothing else can differ. */
    const before = new Map(tree);
    const path = freePath(draw, before);
    const inode: Inode = { ...EMPTY_FILE, uid: draw.of([0, 7]) };
    before.set(path, inode);
    const after = new Map(before);
    const type = draw.of(['directory', 'fifo'] as const);
    after.set(path, { ...inode, type });
    return { before, after, rows: [{ path, field: 'type', values: ['file', type] }] };
  },
  added: (draw, tree) => {
    const after = new Map(tree);
    const path = freePath(draw, after);
    const rows = addSome(draw, after, path).map(([each, type]) => ({
      path: each,
      field: 'type',
      values: [null, type],
    }));
    return { before: new Map(tree), after, rows };
  },
  removed: (draw, tree) => {
    const path = draw.maybeOf([...tree.keys()].filter((each) => standsAlone(tree, each)));
    if (path === undefined) return null;
    const after = new Map(tree);
    removePath(after, path);
    const gone = [path, ...below(tree, path)].sort();
    const rows = gone.map((each) => ({ path: each, field: 'type', values: [tree.get(each)?.type, null] }));
    return { before: new Map(tree), after, rows };
  },
  'link made': (draw, tree) => {
    const pair = linkedAndNot(draw, tree);
    return { before: pair.apart, after: pair.linked, rows: [{ ...pair.row, values: [pair.alone, pair.group] }] };
  },
  'link broken': (draw, tree) => {
    const pair = linkedAndNot(draw, tree);
    return { before: pair.linked, after: pair.apart, rows: [{ ...pair.row, values: [pair.group, pair.alone] }] };
  },
};

const EMPTY_FILE: Inode = {
  type: 'file',
  content: '',
  linkTarget: '',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 1,
  xattrs: {},
};

/** A file, or a folder with things in it: paths and types, sorted. */
function addSome(draw: Draw, tree: Map<string, Inode>, path: string): [path: string, type: string][] {
  if (draw.often(50)) {
    const type = draw.of(['file', 'fifo', 'directory'] as const);
    tree.set(path, { ...EMPTY_FILE, type });
    return [[path, type]];
  }
  tree.set(path, { ...EMPTY_FILE, type: 'directory' });
  tree.set(join(path, 'inside'), { ...EMPTY_FILE, content: 'new' });
  tree.set(join(path, 'z'), { ...EMPTY_FILE, type: 'symlink', mode: 0o777, linkTarget: 'inside' });
  return [
    [path, 'directory'],
    [join(path, 'inside'), 'file'],
    [join(path, 'z'), 'symlink'],
  ];
}

/** Two files of one content and owner: once hard links of each other, once not. */
function linkedAndNot(draw: Draw, tree: Files) {
  const inode: Inode = { ...EMPTY_FILE, content: 'linked' };
  const apart = new Map(tree);
  const first = freePath(draw, apart);
  apart.set(first, inode);
  const second = freePath(draw, apart);
  apart.set(second, { ...inode });
  const linked = new Map(apart);
  linked.set(second, inode);
  const group = [first, second].sort();
  const path = group[0] as string;
  return { apart, linked, group, alone: [path], row: { path, field: 'links' } };
}

/** What nothing is linked with may be told as no group at all. */
function comparable({ path, field, values }: Difference): object {
  if (field !== 'links') return { path, field, values };
  const groups = values.map((value) => (value === null || (value as unknown[]).length === 0 ? [path] : value));
  return { path, field, values: groups };
}

/** Layerings of two histories that end in two trees; often with layers in common at the bottom. */
function layerBoth(draw: Draw, history: Files[], change: SingleChange, held: Held): [EntrySpec[][], EntrySpec[][]] {
  if (draw.often(50)) {
    const lower = writeLayers(draw, randomCut(draw, history), held);
    const last = history.at(-1) as Files;
    const top = (tree: Files): EntrySpec[][] => [...lower, writeLayer(draw, last, tree, held)];
    return [top(change.before), top(change.after)];
  }
  return [
    writeLayers(draw, randomCut(draw, [...history, change.before]), held),
    writeLayers(draw, randomCut(draw, [...history, change.before, change.after]), held),
  ];
}

describe('a single change of the tree', () => {
  test.each(Object.keys(CHANGES))('%s: found, and found once, in the layers that made it', async (kind) => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const history: Files[] = randomHistory(draw, steps);
        const change = CHANGES[kind]?.(draw, history.at(-1) as Files);
        fc.pre(change != null);
        const layers = layerBoth(draw, history, change as SingleChange, held);
        const [tree0, tree1] = layers.map(referenceTree) as [ReferenceTree, ReferenceTree];
        const { rows } = change as SingleChange;
        expect(differencesOf(tree0.files, tree1.files)).toEqual(rows.map(({ path, field }) => ({ path, field })));

        const { semantic, counted } = await comparePair(await build(layers[0]), await build(layers[1]));
        expect(semantic.verdict).toBe('different');
        expect(counted.map(({ subject }) => subject)).toEqual(rows.map(() => 'file'));
        const byPath = [...counted].sort((a, b) => ((a.path as string) < (b.path as string) ? -1 : 1));
        expect(byPath.map(comparable)).toEqual(rows);
        for (const difference of counted) {
          expect(difference.shadowed).toBeUndefined();
          const linked = [tree0, tree1].some(({ files: tree }) => {
            const inode = tree.get(difference.path as string);
            return inode !== undefined && linksOf(tree, inode).length > 1;
          });
          if (!linked) expectLayers(difference, tree0, tree1);
        }
      }),
      { seed: SEED + 2, numRuns: 10, examples: [[[937_458, 6]], [[399_316, 1]]] },
    );
  });

  test('mtime: listed, with the rule that takes it out', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const history: Files[] = randomHistory(draw, steps);
        const before = new Map(history.at(-1));
        const path = freePath(draw, before);
        before.set(path, { ...EMPTY_FILE, mtime: 1_677_619_260 });
        const after = new Map(before);
        after.set(path, { ...EMPTY_FILE, mtime: 1_677_619_261 });
        const [layers0, layers1] = layerBoth(draw, history, { before, after, rows: [] }, held);
        const { semantic, strict, counted } = await comparePair(await build(layers0), await build(layers1));
        expect(semantic.verdict).toBe('equivalent');
        expect(counted).toEqual([]);
        const rows = (report: Report): Difference[] =>
          report.differences.filter((each) => each.path === path && each.field === 'mtime' && !each.shadowed);
        const values = ['1677619260.000000000', '1677619261.000000000'];
        expect(rows(semantic).map((each) => [each.values, each.ignoredBy])).toEqual([[values, 'file-timestamps']]);
        expect(rows(strict).map((each) => each.values)).toEqual([values]);
        expect(strict.verdict).toBe('different');
      }),
      { seed: SEED + 3, numRuns: 8 },
    );
  });
});

describe('two random trees', () => {
  test('what counts are the paths and fields that the reference tells, hard links aside', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const history = randomHistory(draw, steps).map(withoutLinks);
        const ends = [0, 1].map(() => withoutLinks(changed(draw, history.at(-1) as Files, draw.below(6))));
        const layers = ends.map((end) => writeLayers(draw, randomCut(draw, [...history, end]), held));
        const [tree0, tree1] = layers.map(referenceTree) as [ReferenceTree, ReferenceTree];
        const expected = differencesOf(tree0.files, tree1.files).filter(({ field }) => field !== 'mtime');

        const { counted } = await comparePair(
          await build(layers[0] as EntrySpec[][]),
          await build(layers[1] as EntrySpec[][]),
        );
        /* Where the types differ, other fields may be told beside. */
        const otherTypes = new Set(expected.filter(({ field }) => field === 'type').map(({ path }) => path));
        const told = counted.filter(({ path = '', field }) => field === 'type' || !otherTypes.has(path));
        expect(told.map(({ subject, path, field }) => `${subject} ${path} ${field}`).sort()).toEqual(
          expected.map(({ path, field }) => `file ${path} ${field}`).sort(),
        );
        for (const difference of told) expectLayers(difference, tree0, tree1);
      }),
      { seed: SEED + 4, numRuns: 40, examples: [[[812_487, 2]]] },
    );
  });

  function withoutLinks(tree: Files): Map<string, Inode> {
    return new Map([...tree].map(([path, inode]) => [path, { ...inode }]));
  }
});

/** Whether a layer takes everything away that is below it. */
function clearsRoot(layers: readonly (readonly EntrySpec[])[]): boolean {
  return layers.flat().some(({ path }) => path === '.wh..wh..opq');
}

describe('a difference that a later layer covers', () => {
  const covers = ['rewritten', 'removed', 'removed with its folder', 'hidden by an opaque mark', 'replaced'] as const;

  test.each(covers)('%s: shadowed, and counted only without the rule', async (how) => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        const states: Files[] = randomHistory(draw, steps);
        const at = draw.below(states.length);
        const layers = writeLayers(draw, states, held);
        const entries = (content: string): EntrySpec[] => [
          { path: 'covered/', type: 'directory' },
          { path: 'covered/file', content },
        ];
        const cover: Readonly<Record<(typeof covers)[number], EntrySpec[]>> = {
          rewritten: entries('last'),
          removed: [{ path: 'covered/.wh.file' }],
          'removed with its folder': [{ path: '.wh.covered' }],
          'hidden by an opaque mark': [{ path: 'covered/', type: 'directory' }, { path: 'covered/.wh..wh..opq' }],
          replaced: [{ path: 'covered', type: 'symlink', linkTarget: 'x' }],
        };
        if (how === 'hidden by an opaque mark') held.opaque = true;
        if (how.startsWith('removed')) held.whiteout = true;
        const later = at + 1 + draw.below(layers.length - at);
        const layersWith = (content: string): EntrySpec[][] => {
          const list = layers.map((layer, i) => (i === at ? [...layer, ...entries(content)] : [...layer]));
          if (later < list.length) list[later] = [...(list[later] as EntrySpec[]), ...cover[how]];
          else list.push(cover[how]);
          return list;
        };
        fc.pre(!clearsRoot(layers));
        const [layers0, layers1] = [layersWith('one'), layersWith('two')];
        expect(differencesOf(referenceTree(layers0).files, referenceTree(layers1).files)).toEqual([]);

        const [image0, image1] = [await buildNamed(layers0), await buildNamed(layers1)];
        const { semantic, counted } = await comparePair(image0, image1);
        expect(semantic.verdict).toBe('equivalent');
        expect(counted).toEqual([]);
        const rows = semantic.differences.filter(({ path }) => path === 'covered/file');
        expect(rows.map(({ layer, field, shadowed, ignoredBy }) => [layer, field, shadowed, ignoredBy])).toEqual([
          [at, 'content', true, 'layering'],
        ]);
        expect(semantic.summary.shadowed).toBe(1);
        const without = await compare(await put(image0), await put(image1), {
          mode: 'semantic',
          noIgnore: ['layering'],
        });
        expect(without.differences.map(({ layer, path, field, shadowed }) => [layer, path, field, shadowed])).toEqual([
          [at, 'covered/file', 'content', true],
        ]);
        expect(without.verdict).toBe('different');
      }),
      { seed: SEED + 5, numRuns: 5 },
    );
  });
});

/*
 * What engines read in two ways: the layers below, the layer, and a layer that says the same with one reading only.
 * The table "Where engines build different trees from the same layer" of the architecture: umoci, and Buildah and
 * containerd on a plain folder, and containerd on overlay, do not agree on any of them.
 */
interface Dependent {
  readonly below: readonly EntrySpec[];
  readonly layer: readonly EntrySpec[];
  readonly plain: readonly EntrySpec[];
}

const FOLDER: EntrySpec = { path: 'zz/', type: 'directory' };
const DEPENDENT: Readonly<Record<string, Dependent>> = {
  'a whiteout of a name that the same layer writes': {
    below: [FOLDER, { path: 'zz/x', content: 'old' }],
    layer: [FOLDER, { path: 'zz/x', content: 'new' }, { path: 'zz/.wh.x' }],
    plain: [FOLDER, { path: 'zz/x', content: 'new' }],
  },
  'an opaque mark over children whose folder has no entry': {
    below: [FOLDER, { path: 'zz/old', content: 'old' }],
    layer: [FOLDER, { path: 'zz/sub/file', content: 'new' }, { path: 'zz/.wh..wh..opq' }],
    plain: [
      FOLDER,
      { path: 'zz/sub/', type: 'directory' },
      { path: 'zz/sub/file', content: 'new' },
      { path: 'zz/.wh.old' },
    ],
  },
  'a symbolic-link parent in a lower layer': {
    below: [FOLDER, { path: 'zz/real/', type: 'directory' }, { path: 'zz/link', type: 'symlink', linkTarget: 'real' }],
    layer: [{ path: 'zz/link/x', content: 'new' }],
    plain: [{ path: 'zz/real/x', content: 'new' }],
  },
  'a hard link into a lower layer': {
    below: [FOLDER, { path: 'zz/x', content: 'old' }],
    layer: [{ path: 'zz/y', type: 'link', linkTarget: 'zz/x' }],
    plain: [
      { path: 'zz/x', content: 'old' },
      { path: 'zz/y', type: 'link', linkTarget: 'zz/x' },
    ],
  },
};

function holdDependent(held: Held, kind: string): void {
  if (kind.startsWith('a whiteout')) held.whiteout = true;
  if (kind.startsWith('an opaque')) {
    held.opaque = true;
    held.whiteout = true;
  }
  if (kind.startsWith('a symbolic')) held.symlinkParent = true;
  if (kind.startsWith('a hard')) held.linkAcross = true;
}

describe.each(Object.keys(DEPENDENT))('%s', (kind) => {
  const { below: lowest, layer, plain } = DEPENDENT[kind] as Dependent;

  /* Random layers below and above; `own` in between, over one that holds what it needs. */
  function layerings(draw: Draw, steps: number, held: Held) {
    const history = randomHistory(draw, steps);
    const layers = writeLayers(draw, history, held);
    fc.pre(!clearsRoot(layers));
    const at = draw.below(layers.length + 1);
    const between = draw.of([0, 1]);
    const withLayer = (own: readonly EntrySpec[]): (readonly EntrySpec[])[] => {
      const list: (readonly EntrySpec[])[] = [...layers];
      list.splice(at, 0, lowest, ...(between === 1 ? [[{ path: 'zz-between', content: 'x' }]] : []), own);
      return list;
    };
    return { withLayer, position: at + 1 + between };
  }

  test('on one side: a difference of the layer that counts in every mode, and a note', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        holdDependent(held, kind);
        const { withLayer, position } = layerings(draw, steps, held);
        const [layers0, layers1] = [withLayer(layer), withLayer(plain)];
        expect(differencesOf(referenceTree(layers0).files, referenceTree(layers1).files)).toEqual([]);

        const { semantic, strict, counted } = await comparePair(await buildNamed(layers0), await buildNamed(layers1));
        expect(counted.map(({ subject, field }) => [subject, field])).toEqual([['layer', 'engine-dependent']]);
        expect(layersOf(counted[0] as Difference)?.[0]).toBe(position);
        for (const report of [semantic, strict]) {
          expect(report.verdict).toBe('different');
          const rows = report.differences.filter(({ field }) => field === 'engine-dependent');
          expect(rows.map(({ ignoredBy }) => ignoredBy)).toEqual([undefined]);
          const notes = report.notes.filter(({ code }) => code === 'engine-dependent');
          expect(new Set(notes.map(({ input }) => input))).toEqual(new Set([0]));
        }
      }),
      { seed: SEED + 6, numRuns: 6 },
    );
  });

  test('on both sides: notes, and no difference', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async ([seed, steps]) => {
        const draw = new Draw(seed);
        const held = newCase();
        holdDependent(held, kind);
        const { withLayer, position } = layerings(draw, steps, held);
        const [layers0, layers1] = ['one', 'two'].map((content) =>
          withLayer([...layer, { path: 'zz/other', content }]),
        ) as [EntrySpec[][], EntrySpec[][]];
        const { semantic, counted } = await comparePair(await buildNamed(layers0), await buildNamed(layers1));
        expect(counted.map((each) => [each.subject, each.layer, each.path, each.field])).toEqual([
          ['file', position, 'zz/other', 'content'],
        ]);
        const notes = semantic.notes.filter(({ code }) => code === 'engine-dependent');
        const inputs = new Set(notes.map(({ input }) => input));
        /* What a parent is stands in a layer that both sides share, and that need not be read. */
        if (!kind.startsWith('a symbolic') || inputs.size > 0) expect(inputs).toEqual(new Set([0, 1]));
      }),
      { seed: SEED + 7, numRuns: 6 },
    );
  });
});

/* Runs last: the cases above have to be worth something. */
describe('the cases of this file', () => {
  test.each(Object.keys(nothingHeld()) as (keyof Held)[])('held %s in 5 of 100 or more', (what) => {
    expect(cases.length).toBeGreaterThan(300);
    expect(cases.filter((held) => held[what]).length / cases.length).toBeGreaterThanOrEqual(0.05);
  });
});
