import { describe, expect, test } from 'vitest';
import { type Difference, type DiffOptions, diffImages, type Report } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { expectValidReport } from '../support/schema.js';

/*
 * Every row of fixtures/README.md, "What is true of them": what counts in semantic mode is exactly that. Which layer
 * holds what was read from the archives with Python's tarfile.
 */

const semantic = async (a: string, b: string, options: DiffOptions = {}): Promise<Report> => {
  const report = await diffImages(fixture(a), fixture(b), { mode: 'semantic', verbose: true, ...options });
  expectValidReport(report);
  expect(report.failures).toEqual([]);
  expect(report.summary.unexplained).toBe(0);
  return report;
};

/** What counts, as `subject layer path field`, in the order of the report. */
function counted(report: Report): string[] {
  return report.differences.filter(({ ignoredBy }) => ignoredBy === undefined).map(place);
}

function place({ subject, layer, layers, path, field }: Difference): string {
  return [subject, layer ?? layers?.join(':'), path, field].filter((part) => part !== undefined).join(' ');
}

/** A row as the other order has it. */
function swapLayers(row: string): string {
  return row.replace(/^file (\d*):(\d*) /, 'file $2:$1 ');
}

const CLOCK = ['file 1 etc/machine-id content', 'file 1 var/log/build.log content'];
const APT = [
  'var/cache/ldconfig/aux-cache',
  'var/log/alternatives.log',
  'var/log/apt/history.log',
  'var/log/apt/term.log',
  'var/log/dpkg.log',
];

/* BuildKit makes a layer of WORKDIR, Buildah none; in the image of one layer that layer holds it. */
const ONLY_BUILDKIT = ['file 3: srv type', 'file 3: srv/work type'];
const ONE_LAYER = [
  'file 1:0 etc/machine-id content',
  'file 1:0 var/log/build.log content',
  'file :0 srv type',
  'file :0 srv/work type',
];
const TIMES = 'clock-buildkit-1-no-rewrite.oci.tar';

describe('what counts, semantic', () => {
  test.each([
    ['apt-0.docker.tar', 'apt-1.docker.tar', APT.map((path) => `file 1 ${path} content`)],
    ['clock-buildkit-0.oci.tar', 'clock-buildkit-1.oci.tar', CLOCK],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-zstd.oci.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-plain.oci.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1.docker.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-layout', []],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-provenance.oci.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-save-classic.docker.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-save-engine28-classic.docker.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-save-containerd.docker.tar', []],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-no-rewrite.oci.tar', []],
    ['clock-buildah.oci.tar', 'clock-buildah.docker.tar', []],
    ['clock-buildah.oci.tar', 'clock-podman-save.docker.tar', []],
    ['clock-buildah.docker.tar', 'clock-podman-save.docker.tar', []],
    ['clock-buildah.oci.tar', 'clock-buildah-dir', CLOCK],
    ['clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar', [...CLOCK, ...ONLY_BUILDKIT]],
    ['clock-buildah.oci.tar', 'clock-buildah-one-layer.oci.tar', ONE_LAYER],
    ['multi-1.oci.tar', 'multi-2.oci.tar', ['config /config/Labels/stamp']],
    ['multi-1.oci.tar', 'multi-1-reordered.oci.tar', []],
    ['arm64.oci.tar', 'arm64-variant.oci.tar', ['config /variant']],
  ])('%s and %s', async (a, b, expected) => {
    for (const [first, second] of [
      [a, b],
      [b, a],
    ] as const) {
      const report = await semantic(first, second);
      expect(counted(report).sort()).toEqual(first === a ? expected.toSorted() : expected.map(swapLayers).sort());
      const sameDigest = report.inputs[0].digest !== null && report.inputs[0].digest === report.inputs[1].digest;
      expect(report.verdict).toBe(expected.length > 0 ? 'different' : sameDigest ? 'identical' : 'equivalent');
      const differ = expected.some((row) => row.startsWith('file'));
      for (const { level, equal, equivalent } of report.levels) {
        if (level === 'filesystem') expect([equal, equivalent]).toEqual([!differ && b !== TIMES, !differ]);
      }
      /* Nothing that counts is behind a later layer. */
      for (const { ignoredBy, shadowed } of report.differences) if (shadowed) expect(ignoredBy).toBeDefined();
    }
  });

  test('all platforms of multi-1 and multi-2 differ in the label', async () => {
    const report = await semantic('multi-1.oci.tar', 'multi-2.oci.tar', { allPlatforms: true });
    expect(
      report.differences
        .filter(({ ignoredBy }) => ignoredBy === undefined)
        .map(({ platform, field }) => `${platform} ${field}`),
    ).toEqual([
      'linux/amd64 /config/Labels/stamp',
      'linux/arm/v7 /config/Labels/stamp',
      'linux/arm64 /config/Labels/stamp',
    ]);
  });

  test('the timestamps of clock-buildkit-1 are all that its form without rewritten ones differs in', async () => {
    const report = await semantic('clock-buildkit-1.oci.tar', 'clock-buildkit-1-no-rewrite.oci.tar');
    const files = report.differences.filter(({ subject }) => subject === 'file');
    expect(new Set(files.map(({ field }) => field))).toEqual(new Set(['mtime']));
    expect(files.length).toBeGreaterThan(0);
  });
});

describe('what else the table says', () => {
  test('clock-buildah-dir spells zero values out and has the keys of Docker', async () => {
    const report = await semantic('clock-buildah.oci.tar', 'clock-buildah-dir');
    const config = report.differences.filter(({ subject }) => subject === 'config');
    const rules = new Set(config.map(({ ignoredBy }) => ignoredBy));
    expect(rules).toEqual(new Set(['empty-fields', 'legacy-fields', 'consequence', 'json-encoding']));
    const spelt = config.filter(({ ignoredBy }) => ignoredBy === 'empty-fields').map(({ field }) => field);
    for (const field of ['/config/Domainname', '/config/Tty', '/config/User']) expect(spelt).toContain(field);
  });

  test.each([
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar', [0, 1, 2, 3]],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-plain.oci.tar', [0, 1, 2, 3]],
    ['clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar', [0, 2]],
  ] as const)('%s and %s: layers of one diffID and other compressed bytes', async (a, b, layers) => {
    const report = await semantic(a, b);
    for (const layer of layers) {
      const rows = report.differences.filter((each) => each.layer === layer);
      expect(rows.map((each) => [each.subject, each.field, each.ignoredBy])).toEqual([
        ['layer', 'compression', 'compression'],
      ]);
    }
  });

  test.each([
    ['multi-1.oci.tar', 'multi-1-reordered.oci.tar', 'removed'],
    ['multi-1-reordered.oci.tar', 'multi-1.oci.tar', 'added'],
  ])('%s and %s: linux/arm/v7 and the attestations are on one side', async (a, b, change) => {
    const report = await semantic(a, b, { allPlatforms: true });
    expect(counted(report)).toEqual(['index /manifests/2']);
    const oneSided = report.differences.filter((each) => each.change === change);
    expect(oneSided.map(({ field, ignoredBy }) => [field, ignoredBy])).toEqual([
      ['/manifests/2', undefined],
      ['/manifests/3', 'attestations'],
      ['/manifests/4', 'attestations'],
      ['/manifests/5', 'attestations'],
    ]);
    expect(report.inputs.map(({ platforms }) => platforms)).toEqual([
      ['linux/amd64', 'linux/arm64'],
      ['linux/amd64', 'linux/arm64'],
    ]);
  });
});

describe('BuildKit and Buildah', () => {
  const pair = ['clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'] as const;

  test('srv and srv/work are gone: one side never had them', async () => {
    const report = await semantic(...pair);
    const rows = report.differences.filter(({ path }) => path === 'srv' || path === 'srv/work');
    expect(rows.filter(({ ignoredBy }) => ignoredBy === undefined)).toEqual([
      {
        subject: 'file',
        change: 'removed',
        platform: 'linux/amd64',
        layers: [3, null],
        path: 'srv',
        field: 'type',
        cause: 'workdir-layer',
        values: ['directory', null],
      },
      {
        subject: 'file',
        change: 'removed',
        platform: 'linux/amd64',
        layers: [3, null],
        path: 'srv/work',
        field: 'type',
        cause: 'workdir-layer',
        values: ['directory', null],
      },
    ]);
    expect(rows).toHaveLength(2);
  });

  test('delete in two forms, which are listed, and told apart without layer-encoding', async () => {
    const forms = ['opt/old/.wh..wh..opq', 'opt/old/.wh.one', 'opt/old/.wh.two'];
    const report = await semantic(...pair);
    const listed = report.differences.filter(({ path = '' }) => forms.includes(path));
    expect(listed.map(({ layer, path, values, ignoredBy }) => [layer, path, values, ignoredBy])).toEqual([
      [1, 'opt/old/.wh..wh..opq', [null, 'opaque-whiteout'], 'layer-encoding'],
      [1, 'opt/old/.wh.one', ['whiteout', null], 'layer-encoding'],
      [1, 'opt/old/.wh.two', ['whiteout', null], 'layer-encoding'],
    ]);
    const without = await semantic(...pair, { noIgnore: ['layer-encoding'] });
    expect(counted(without).sort()).toEqual(
      [...CLOCK, ...ONLY_BUILDKIT, ...forms.map((path) => `file 1 ${path} type`)].sort(),
    );
  });

  test('cut in two ways, which count without layering', async () => {
    const report = await semantic(...pair);
    const layering = report.differences.filter(({ ignoredBy }) => ignoredBy === 'layering');
    expect(layering.filter(({ subject }) => subject === 'layer').map(({ layers }) => layers)).toContainEqual([3, null]);
    const without = await semantic(...pair, { noIgnore: ['layering'] });
    const rows = counted(without);
    for (const row of [...CLOCK, ...ONLY_BUILDKIT, 'layer count']) expect(rows).toContain(row);
    expect(rows.filter((row) => row.startsWith('layer 3: '))).toHaveLength(1);
    expect(rows.filter((row) => !row.startsWith('layer')).sort()).toEqual([...CLOCK, ...ONLY_BUILDKIT].sort());
  });

  test('layers 0 and 2 are the same, 1 differs, and one side has 3 alone', async () => {
    const report = await semantic(...pair);
    expect(report.layers.map(({ layers, change }) => [layers, change])).toEqual([
      [[0, 0], 'compression'],
      [[1, 1], 'content'],
      [[2, 2], 'compression'],
      [[3, null], 'removed'],
    ]);
    expect(report.base.map(({ layers }) => layers)).toEqual([[1, 1]]);
  });

  test('three layers and one: the cut is told, and what the three had for a while', async () => {
    const report = await semantic('clock-buildah.oci.tar', 'clock-buildah-one-layer.oci.tar');
    const layering = report.differences.filter(({ ignoredBy }) => ignoredBy === 'layering');
    expect(layering.filter(({ field }) => field === 'count').map(({ values }) => values)).toEqual([[3, 1]]);
    /* Files of layer 0 that layer 1 deletes. */
    const paths = new Set(report.differences.filter(({ shadowed }) => shadowed).map(({ path }) => path));
    for (const path of paths) expect(['opt/app/gone', 'opt/old/one', 'opt/old/two']).toContain(path);
  });
});

describe('strict', () => {
  test.each([
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-layout', 'identical'],
    ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar', 'different'],
    ['clock-buildkit-1.docker.tar', 'clock-save-containerd.docker.tar', 'identical'],
    ['clock-buildkit-1.oci.tar', 'clock-save-classic.docker.tar', 'equivalent'],
    ['clock-save-classic.docker.tar', 'clock-save-engine28-classic.docker.tar', 'equivalent'],
    ['clock-buildah.docker.tar', 'clock-podman-save.docker.tar', 'equivalent'],
    ['multi-1.oci.tar', 'multi-1-reordered.oci.tar', 'different'],
  ])('%s and %s: %s', async (a, b, verdict) => {
    const report = await diffImages(fixture(a), fixture(b));
    expectValidReport(report);
    expect(report.verdict).toBe(verdict);
  });

  test('arm64 and its variant: one field, and what follows from it', async () => {
    const report = await diffImages(fixture('arm64.oci.tar'), fixture('arm64-variant.oci.tar'), { verbose: true });
    expect(
      report.differences.map(({ ignoredBy, ...difference }) => [place(difference), ignoredBy ?? 'counts']),
    ).toContainEqual(['config /variant', 'counts']);
    expect(counted(report)).toEqual(['config /variant']);
  });

  test('a recompressed image: the compression of each layer, and what follows from it', async () => {
    const report = await diffImages(fixture('clock-buildkit-1.oci.tar'), fixture('clock-buildkit-1-zstd.oci.tar'), {
      verbose: true,
    });
    expect(counted(report)).toEqual([
      'manifest /layers/0/mediaType',
      'manifest /layers/1/mediaType',
      'manifest /layers/2/mediaType',
      'manifest /layers/3/mediaType',
      'layer 0 compression',
      'layer 1 compression',
      'layer 2 compression',
      'layer 3 compression',
    ]);
    const follows = report.differences.filter(({ ignoredBy }) => ignoredBy === 'consequence').map(place);
    expect(follows).toContain('manifest /layers/0/digest');
    expect(follows).toContain('manifest /layers/0/size');
  });
});
