import { describe, expect, test } from 'vitest';
import { diffImages } from '../../../packages/core/src/diff-images.js';
import { type DiffOptions, RULE_NAMES } from '../../../packages/core/src/options.js';
import type { Report } from '../../../packages/core/src/report/report.js';
import { mirror } from '../../e2e/support.js';
import { fixture } from '../../support/fixtures.js';

const PAIRS = [
  ['apt-0.docker.tar', 'apt-1.docker.tar'],
  ['clock-buildkit-0.oci.tar', 'clock-buildkit-1.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-gzip9.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-zstd.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-no-rewrite.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildkit-1-provenance.oci.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-classic.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-save-engine28-classic.docker.tar'],
  ['clock-buildkit-1.oci.tar', 'clock-buildah.oci.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah-one-layer.oci.tar'],
  ['clock-buildah.oci.tar', 'clock-buildah-dir'],
  ['multi-1.oci.tar', 'multi-2.oci.tar'],
  ['multi-1.oci.tar', 'multi-1-reordered.oci.tar'],
  ['arm64.oci.tar', 'arm64-variant.oci.tar'],
] as const;

async function compare(name0: string, name1: string, options: DiffOptions): Promise<Report> {
  const all = name0.startsWith('multi') ? { allPlatforms: true } : {};
  const report = await diffImages(fixture(name0), fixture(name1), { verbose: true, ...all, ...options });
  expect(report.failures).toEqual([]);
  return report;
}

const found = (report: Report): object[] => report.differences.map(({ ignoredBy: _, ...difference }) => difference);

describe.each(PAIRS)('%s and %s', (name0, name1) => {
  test('what is found is the same under every set of rules', async () => {
    const strict = await compare(name0, name1, { mode: 'strict' });
    const sets: DiffOptions[] = [
      { mode: 'semantic' },
      ...RULE_NAMES.map((rule): DiffOptions => ({ mode: { ignore: [rule] } })),
      ...RULE_NAMES.map((rule): DiffOptions => ({ mode: 'semantic', noIgnore: [rule] })),
    ];
    const ignored = new Map<string, number>();
    for (const options of sets) {
      const report = await compare(name0, name1, options);
      expect(found(report)).toEqual(found(strict));
      for (const { ignoredBy } of report.differences) {
        if (ignoredBy !== undefined)
          expect([...report.rules, 'transport', 'consequence', 'semantic']).toContain(ignoredBy);
      }
      ignored.set(JSON.stringify(options), report.summary.ignored);
    }
    /* A rule more never lets more count. */
    for (const rule of RULE_NAMES) {
      const alone = ignored.get(JSON.stringify({ mode: { ignore: [rule] } })) as number;
      const without = ignored.get(JSON.stringify({ mode: 'semantic', noIgnore: [rule] })) as number;
      const semantic = ignored.get(JSON.stringify({ mode: 'semantic' })) as number;
      expect(alone).toBeGreaterThanOrEqual(strict.summary.ignored);
      expect(without).toBeLessThanOrEqual(semantic);
    }
  });

  test.each<DiffOptions>([
    { mode: 'strict' },
    { mode: 'semantic' },
    { mode: { ignore: ['file-order', 'tar-format', 'media-types', 'annotations'] } },
    { mode: 'semantic', noIgnore: ['file-timestamps', 'history', 'json-encoding'] },
    { mode: 'strict', ignorePaths: ['etc/**'], ignoreFields: ['/created', 'manifest:/layers/*'] },
  ])('swapped sides mirror the report, with what ignores a difference: %j', async (options) => {
    const report = await compare(name0, name1, options);
    const swapped = await compare(name1, name0, options);
    const mirrored = mirror(report);
    expect(swapped.differences).toEqual(mirrored.differences);
    expect(swapped.summary).toEqual(mirrored.summary);
  });

  test('an image and itself have no difference', async () => {
    const report = await compare(name1, name1, { mode: 'strict' });
    expect(report.differences).toEqual([]);
  });
});
