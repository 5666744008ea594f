import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Difference, DiffOptions, LayerChange, Report } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { compare, counted, expectSound, mirror } from './support.js';

/*
 * Every row of fixtures/README.md, "Images of our own": real builders' images for the rules of trees and layers. What
 * counts was worked out by fixtures/recipes/own-truth.py with umoci, Podman and Python's tarfile.
 */

interface Pair {
  readonly images: readonly [string, string];
  /** What counts with `--semantic`, as `subject layer path field`. */
  readonly semantic: readonly string[];
  /** Pairs of layers and what became of them. */
  readonly layers: readonly (readonly [number | null, number | null, LayerChange])[];
  /** What strict mode has to tell, in the same words, among other things. */
  readonly strict: readonly string[];
}

/** Layers of one number on both sides; what becomes of each. */
function numbered(...changes: readonly LayerChange[]): Pair['layers'] {
  return changes.map((change, layer) => [layer, layer, change]);
}

/* Two folders made again and two kinds changed: by Buildah's and Docker's vfs without marks but `.wh.` for names. */
const MARKED_BY_OVERLAY = [
  'file 2 kinds/file-to-folder/.wh..wh..opq type',
  'file 2 kinds/link-to-folder/.wh..wh..opq type',
  'file 4 links/single type',
  'file 6 again/.wh..wh..opq type',
  'file 6 again/.wh.b type',
  'file 6 again/.wh.sub type',
];

/* In both, and more: what vfs writes as a file of its own, overlay writes as a link to the file that it copied up. */
const OTHER_RULES = [
  'file 2 kinds/file-to-folder mode',
  'file 2 kinds/file-to-folder type',
  'file 2: kinds/file-to-folder/inside type',
  'file 2 kinds/folder-to-file mode',
  'file 2 kinds/folder-to-file type',
  'file 2 kinds/folder-to-link mode',
  'file 2 kinds/folder-to-link type',
  'file 2:1 kinds/folder-to-link/below type',
  'file :2 kinds/folder-to-link/inside type',
  'file 2:1 kinds/link-to-folder mode',
  'file 2:1 kinds/link-to-folder type',
  'file 2: kinds/link-to-folder/inside type',
  'file 3 attributes gid',
  'file 3 attributes mode',
  'file 4 links/later content',
  'file 5 links/two content',
  'file 6 again/a type',
  'file 6:1 again/b type',
  'file 6 again/sub type',
  'file 7 usr/bin/tool content',
  'file 9 special/capable xattrs/security.capability',
  'file 9 special/fifo type',
  'file 9 special/null device',
  'file 9 special/setid mode',
];

const PAIRS: readonly Pair[] = [
  {
    images: ['own-rules-buildah-vfs.oci.tar', 'own-rules-buildah-overlay.oci.tar'],
    semantic: ['file 4 links/later links'],
    layers: [],
    strict: [...MARKED_BY_OVERLAY, 'file 8 run type'],
  },
  {
    images: ['own-rules-classic-vfs.oci.tar', 'own-rules-classic-overlay.oci.tar'],
    semantic: ['file 4 links/later links'],
    layers: numbered('same', 'times', 'content', 'times', 'content', 'times', 'content', 'times', 'times'),
    strict: MARKED_BY_OVERLAY,
  },
  {
    images: ['own-rules-classic-overlay.oci.tar', 'own-rules-classic-overlay-again.oci.tar'],
    semantic: [],
    layers: numbered('same', ...Array.from({ length: 8 }, () => 'times' as const)),
    strict: ['config /created', 'file 1 kinds mtime', 'file 8 special/fifo mtime'],
  },
  {
    images: ['own-rules-classic-overlay.oci.tar', 'own-rules-buildkit-overlay.oci.tar'],
    semantic: ['config /config/WorkingDir'],
    layers: [...numbered(...Array.from({ length: 8 }, () => 'times' as const)), [null, 8, 'added'], [8, 9, 'times']],
    strict: ['config /config/WorkingDir', 'layer count', 'layer :8 diffId', 'file 8:9 special mtime'],
  },
  {
    images: ['own-rules-buildah-overlay.oci.tar', 'own-rules-buildkit-overlay.oci.tar'],
    semantic: [
      'config /config/WorkingDir',
      'file 9 special/extended xattrs/user.color',
      'file 9 special/folder xattrs/user.color',
    ],
    layers: [],
    strict: [
      'config /config/WorkingDir',
      'file 8 run type',
      'file 9 special/extended xattrs/user.color',
      'file 9 special/folder xattrs/user.color',
    ],
  },
  {
    images: ['own-rules-buildah-vfs.oci.tar', 'own-rules-classic-vfs.oci.tar'],
    semantic: ['file 9:8 special/extended xattrs/user.color', 'file 9:8 special/folder xattrs/user.color'],
    layers: [
      [0, 0, 'encoding'],
      [1, 1, 'times'],
      [2, 2, 'times'],
      [3, 3, 'times'],
      [4, 4, 'times'],
      [5, 5, 'times'],
      [6, 6, 'times'],
      [7, 7, 'times'],
      [8, null, 'removed'],
      [9, 8, 'metadata'],
    ],
    strict: ['layer count', 'layer 8: diffId', 'file 9:8 special/extended xattrs/user.color'],
  },
  {
    images: ['own-rules-buildah-overlay.oci.tar', 'own-rules-podman-squashed.oci.tar'],
    semantic: [],
    layers: [],
    strict: ['layer count'],
  },
  {
    images: ['own-rules-buildah-vfs.oci.tar', 'own-other-rules-buildah-vfs.oci.tar'],
    semantic: [
      ...OTHER_RULES,
      'file 9 special/extended xattrs/user.color',
      'file 9 special/folder xattrs/user.color',
      'file 9 special/folder xattrs/user.colour',
    ],
    layers: numbered(
      ...([
        'same',
        'same',
        'content',
        'metadata',
        'content',
        'content',
        'content',
        'content',
        'same',
        'content',
      ] as const),
    ),
    strict: [
      'file 2 kinds/folder-to-file type',
      'file 3 attributes mode',
      'file 6 again/a type',
      'file 7 usr/bin/tool content',
      'file 9 special/null device',
    ],
  },
  {
    images: ['own-rules-buildkit-overlay.oci.tar', 'own-other-rules-buildkit-overlay.oci.tar'],
    semantic: [...OTHER_RULES, 'file 4 links/later links'],
    layers: numbered(
      ...([
        'same',
        'times',
        'content',
        'metadata',
        'content',
        'content',
        'content',
        'content',
        'same',
        'content',
      ] as const),
    ),
    strict: ['file 4 links/left type', 'file 4 links/single type', 'file 5 links/single type', 'file 5 links/two type'],
  },
  {
    images: ['own-other-rules-buildah-vfs.oci.tar', 'own-other-rules-buildkit-overlay.oci.tar'],
    semantic: [
      'config /config/WorkingDir',
      'file 4 links/later links',
      'file 1:5 links/single links',
      'file 9 special/extended xattrs/user.color',
      'file 9 special/folder xattrs/user.colour',
    ],
    layers: [],
    strict: ['file 2 kinds/folder-to-file/.wh.below mode', 'file 6 again/sub/.wh.c header'],
  },
  {
    images: ['own-layers.oci.tar', 'own-layers-empty.oci.tar'],
    semantic: [],
    layers: [
      [0, 0, 'same'],
      [1, 1, 'same'],
      [null, 2, 'added'],
      [2, 3, 'same'],
      [3, 4, 'same'],
    ],
    strict: ['layer count', 'layer :2 diffId'],
  },
  {
    images: ['own-layers.oci.tar', 'own-layers-inserted.oci.tar'],
    semantic: ['file :2 inserted type', 'file :2 inserted/four type'],
    layers: [
      [0, 0, 'same'],
      [1, 1, 'same'],
      [null, 2, 'added'],
      [2, 3, 'same'],
      [3, 4, 'same'],
    ],
    strict: ['layer count', 'layer :2 diffId'],
  },
  {
    images: ['own-layers.oci.tar', 'own-layers-moved.oci.tar'],
    semantic: [],
    layers: [
      [0, 0, 'same'],
      [1, 2, 'same'],
      [2, 3, 'same'],
      [3, 1, 'moved'],
    ],
    strict: ['layer 3:1 position'],
  },
  {
    images: ['own-layers.oci.tar', 'own-layers-classic-squashed.oci.tar'],
    semantic: [],
    layers: [
      [0, 0, 'content'],
      [1, null, 'removed'],
      [2, null, 'removed'],
      [3, null, 'removed'],
    ],
    strict: ['layer count'],
  },
  {
    images: ['own-layers-classic-squashed.oci.tar', 'own-layers-classic-squashed.docker.tar'],
    semantic: [],
    layers: numbered('same'),
    strict: [],
  },
  {
    images: ['own-layers.oci.tar', 'own-umoci-insert-real-parent.oci.tar'],
    semantic: ['file :4 usr/bin/tool type'],
    layers: [...numbered('same', 'same', 'same', 'same'), [null, 4, 'added']],
    strict: ['layer count', 'layer :4 diffId'],
  },
  {
    images: ['own-umoci-insert-real-parent.oci.tar', 'own-umoci-insert-link-parent.oci.tar'],
    /* One tree for whoever follows links; for containerd on overlay a folder hides `bin`. */
    semantic: ['layer 4 engine-dependent'],
    layers: numbered('same', 'same', 'same', 'same', 'content'),
    strict: ['layer 4 engine-dependent', 'file 4 bin/tool type', 'file 4 usr/bin/tool type'],
  },
  {
    images: ['own-layers.oci.tar', 'own-umoci-insert-opaque.oci.tar'],
    semantic: ['file 1:4 data/one type', 'file 2:4 data/two type', 'file :4 data/four type'],
    layers: [...numbered('same', 'same', 'same', 'same'), [null, 4, 'added']],
    strict: ['layer count', 'layer :4 diffId'],
  },
  {
    images: ['own-umoci-insert-opaque.oci.tar', 'own-umoci-insert-whiteouts.oci.tar'],
    semantic: [],
    layers: [],
    strict: ['layer count'],
  },
  {
    images: ['own-layers.oci.tar', 'own-umoci-repack.oci.tar'],
    semantic: [
      'file 1:4 data/one xattrs/security.capability',
      'file 2:4 data/two mode',
      'file 2:4 data/two type',
      'file :4 data/two/inside type',
      'file :4 other/linked type',
      'file 3:4 other/three mode',
      'file 3:4 other/three type',
      'file 0:4 run gid',
      'file 0:4 run mode',
      'file 0:4 run uid',
    ],
    layers: [...numbered('same', 'same', 'same', 'same'), [null, 4, 'added']],
    strict: ['layer count', 'layer :4 diffId'],
  },
];

async function compared(images: Pair['images'], options: DiffOptions): Promise<Report> {
  const report = await compare(fixture(images[0]), fixture(images[1]), { verbose: true, ...options });
  expect(report.failures).toEqual([]);
  expectSound(report);
  return report;
}

/** A row as the other order has it. */
function swapped(row: string): string {
  return row.replace(/^(file|layer) (\d*):(\d*) /, '$1 $3:$2 ');
}

test('every image of our own is in a pair', () => {
  const images = readdirSync(fixture('.')).filter((name) => name.startsWith('own-'));
  expect([...new Set(PAIRS.flatMap((pair) => pair.images))].sort()).toEqual(images);
});

describe.each(PAIRS)('$images.0 and $images.1', ({ images, semantic, layers, strict }) => {
  test('semantic', async () => {
    const report = await compared(images, { mode: 'semantic' });
    expect(counted(report).sort()).toEqual(semantic.toSorted());
    expect(report.verdict).toBe(semantic.length > 0 ? 'different' : 'equivalent');
    if (layers.length > 0) expect(report.layers.map((each) => [...each.layers, each.change])).toEqual(layers);
    const filesystem = report.levels.find(({ level }) => level === 'filesystem');
    const inTree = (row: string): boolean => row.startsWith('file ') || row.endsWith('engine-dependent');
    expect(filesystem?.equivalent).toBe(!semantic.some(inTree));
    /* What is only in a tree below never counts. */
    for (const { ignoredBy, shadowed } of report.differences) if (shadowed) expect(ignoredBy).toBeDefined();
  });

  test('semantic, the other way round', async () => {
    const report = await compared([images[1], images[0]], { mode: 'semantic' });
    expect(counted(report).sort()).toEqual(semantic.map(swapped).sort());
  });

  test('strict', async () => {
    const report = await compared(images, {});
    expect(counted(report)).toEqual(expect.arrayContaining([...strict]));
    expect(report.verdict).toBe('different');
  });

  test('strict, the other way round', async () => {
    const report = await compared([images[1], images[0]], {});
    expect(counted(report)).toEqual(expect.arrayContaining(strict.map(swapped)));
  });
});

describe('what else is true', () => {
  const listed = (report: Report, path: string): Difference[] =>
    report.differences.filter((each) => each.path === path);

  test('two drivers write the same removals in two forms', async () => {
    for (const builder of ['buildah', 'classic']) {
      const images = [`own-rules-${builder}-vfs.oci.tar`, `own-rules-${builder}-overlay.oci.tar`] as const;
      const report = await compared(images, { mode: 'semantic' });
      for (const row of MARKED_BY_OVERLAY.filter((row) => row.includes('/.wh.'))) {
        const [difference] = listed(report, row.split(' ')[2] as string);
        expect(difference?.ignoredBy).toBe('layer-encoding');
      }
    }
  });

  test('`RUN true`: nothing, a folder that overlay restates, or no layer at all', async () => {
    const none = await compared(['own-rules-classic-overlay.oci.tar', 'own-rules-buildkit-overlay.oci.tar'], {});
    expect(none.layers.filter(({ empty }) => empty).map((each) => each.layers)).toEqual([[null, 8]]);
    const restated = await compared(['own-layers.oci.tar', 'own-layers-empty.oci.tar'], { mode: 'semantic' });
    const layers = restated.differences.filter(({ subject }) => subject === 'layer');
    expect(layers.map((each) => [each.layers, each.field, each.ignoredBy])).toEqual([
      [undefined, 'count', 'layering'],
      [[null, 2], 'diffId', 'layering'],
    ]);
    expect(restated.differences.some(({ subject }) => subject === 'file')).toBe(false);
  });

  test('what umoci inserts ends within a block', async () => {
    const images = ['own-umoci-insert-opaque.oci.tar', 'own-umoci-insert-whiteouts.oci.tar'] as const;
    const { summary } = await compared(images, {});
    /* Worked out with `gzip -dc | wc -c`: 1541 bytes in one layer, 512, 512 and 1029 in the three of the other. */
    expect(summary.bytes?.total).toEqual([1541, 2053]);
    expect(summary.bytes?.padding).toEqual([0, 0]);
    expect(summary.bytes?.trailer).toEqual([0, 0]);
  });

  test('the report is the same from either side', async () => {
    for (const { images } of PAIRS) {
      const report = await compared(images, {});
      const other = mirror(await compared([images[1], images[0]], {}));
      /* A moved layer stands where input 0 has it. */
      const sorted = (each: Report): string[] => each.layers.map((layer) => JSON.stringify(layer)).sort();
      expect(sorted(other)).toEqual(sorted(report));
      expect({ ...other, layers: [] }).toEqual({ ...report, layers: [] });
    }
  });
});
