import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diffImages } from '../../../packages/core/src/diff-images.js';
import type { ReportBuilder } from '../../../packages/core/src/report/report.js';
import { fixture } from '../../support/fixtures.js';
import { buildImage, type ImageSpec, layoutMembers, writeMembers } from '../../support/images.js';

/*
 * Who made each fixture is in fixtures/README.md: BuildKit, Buildah (Podman builds with it), Docker's classic builder;
 * umoci, skopeo and the engines only changed, copied or stored what those had made.
 */
const MADE_BY: Readonly<Record<string, readonly [name: string, ...settings: string[]]>> = {
  'apt-0.docker.tar': ['buildkit', 'Docker media types', 'SOURCE_DATE_EPOCH=1677619260'],
  'arm64.oci.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'arm64-variant.oci.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'clock-buildah-dir': [
    'buildah',
    'Docker media types',
    'SOURCE_DATE_EPOCH=1677619260',
    'not compressed',
    'timestamps rewritten',
  ],
  'clock-buildah-one-layer.oci.tar': ['buildah', 'SOURCE_DATE_EPOCH=1677619260', 'one layer', 'timestamps rewritten'],
  'clock-buildah.docker.tar': ['buildah', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'clock-buildah.oci.tar': ['buildah', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'clock-buildkit-0.oci.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'clock-buildkit-1-gzip9.oci.tar': [
    'buildkit',
    'SOURCE_DATE_EPOCH=1677619260',
    'gzip at its best',
    'timestamps rewritten',
  ],
  'clock-buildkit-1-layout': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'clock-buildkit-1-no-rewrite.oci.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps not rewritten'],
  'clock-buildkit-1-plain.oci.tar': [
    'buildkit',
    'SOURCE_DATE_EPOCH=1677619260',
    'not compressed',
    'timestamps rewritten',
  ],
  'clock-buildkit-1-provenance.oci.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'clock-buildkit-1-zstd.oci.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten', 'zstd'],
  'clock-buildkit-1.docker.tar': ['buildkit', 'Docker media types', 'SOURCE_DATE_EPOCH=1677619260'],
  'clock-podman-save.docker.tar': ['buildah', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'clock-save-classic.docker.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260'],
  'clock-save-containerd.docker.tar': ['buildkit', 'Docker media types', 'SOURCE_DATE_EPOCH=1677619260'],
  'clock-save-engine28-classic.docker.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260'],
  'multi-1.oci.tar': ['buildkit', 'SOURCE_DATE_EPOCH=1677619260', 'timestamps rewritten'],
  'own-layers-classic-squashed.docker.tar': ['docker-classic', 'one layer'],
  'own-layers-classic-squashed.oci.tar': ['docker-classic', 'one layer'],
  'own-layers.oci.tar': ['buildah'],
  'own-rules-buildah-overlay.oci.tar': ['buildah'],
  'own-rules-buildkit-overlay.oci.tar': ['buildkit'],
  'own-rules-classic-overlay.oci.tar': ['docker-classic'],
  'own-rules-classic-vfs.oci.tar': ['docker-classic'],
  'own-rules-podman-squashed.oci.tar': ['buildah', 'one layer'],
  'own-umoci-insert-opaque.oci.tar': ['buildah', 'changed by umoci'],
  'own-umoci-repack.oci.tar': ['buildah', 'changed by umoci'],
};

async function buildersOf(path0: string, path1: string): Promise<readonly [ReportBuilder, ReportBuilder]> {
  const { builders = [] } = await diffImages(path0, path1, { platforms: ['linux/amd64'] }).catch(() =>
    diffImages(path0, path1),
  );
  return builders[0]?.sides as [ReportBuilder, ReportBuilder];
}

describe('who made the fixtures', () => {
  const reference = (name: string): string =>
    name.startsWith('clock-buildkit') ? 'clock-buildah.oci.tar' : 'clock-buildkit-0.oci.tar';

  test.each(Object.entries(MADE_BY))('%s', async (name, [builder, ...settings]) => {
    const [made, other] = await buildersOf(fixture(name), fixture(reference(name)));
    expect(made).toMatchObject({ name: builder, settings });
    expect(made.evidence.length).toBeGreaterThan(0);
    expect(made.confidence).not.toBe('none');
    expect(await buildersOf(fixture(reference(name)), fixture(name))).toEqual([other, made]);
  });
});

describe('who made an image', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocidiff-builder-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function builderOfSpec(spec: ImageSpec): Promise<ReportBuilder> {
    const path = writeMembers(mkdtempSync(join(folder, 'image-')), layoutMembers(await buildImage(spec)));
    const [builder] = await buildersOf(path, fixture('clock-buildah.oci.tar'));
    return builder;
  }

  function history(...lines: readonly object[]): ImageSpec {
    return { configFile: { history: lines.map((line) => ({ empty_layer: true, ...line })) } };
  }

  test.each([
    /* kaniko, pkg/executor/push.go and build.go: the author of each of its lines. */
    ['kaniko', { author: 'kaniko', created_by: 'RUN make' }],
    /* rules_docker, container/go/cmd/create_image_config. */
    ['bazel', { author: 'Bazel', created_by: 'bazel build ...' }],
    /* Jib, BuildImageStep.java. */
    ['jib', { author: 'Jib', created_by: 'jib-maven-plugin:3.4.0', comment: 'classes' }],
    /* nixpkgs, pkgs/build-support/docker/stream_layered_image.py. */
    ['nix', { comment: "store paths: ['/nix/store/abc-hello']" }],
    ['ko', { author: 'ko', created_by: 'ko build ko://example.com/app', comment: 'go build output, at /ko-app/app' }],
    ['apko', { author: 'apko', created_by: 'apko', comment: 'This is an apko single-layer image' }],
  ])('%s, by the line of its last step', async (name, line) => {
    expect(await builderOfSpec(history({ created_by: '/bin/sh -c #(nop)  CMD ["sh"]' }, line))).toMatchObject({
      name,
      confidence: 'certain',
    });
  });

  test('the last step decides, whoever made the base', async () => {
    const buildkit = { created_by: 'RUN /bin/sh -c true # buildkit', comment: 'buildkit.dockerfile.v0' };
    const buildah = { created_by: '/bin/sh -c true', comment: 'FROM 3720de91e121' };
    expect((await builderOfSpec(history(buildkit, buildah))).name).toBe('buildah');
    expect((await builderOfSpec(history(buildah, buildkit))).name).toBe('buildkit');
  });

  test("a base image's label of Buildah does not make it Buildah's", async () => {
    const spec = history({ created_by: 'CMD ["sh"]', comment: 'buildkit.dockerfile.v0' });
    const made = await builderOfSpec({ ...spec, config: { Labels: { 'io.buildah.version': '1.43.2' } } });
    expect(made.name).toBe('buildkit');
  });

  test.each([
    ['no history', {}],
    ['a line of nobody', history({ created_by: 'make image', comment: 'by hand' })],
    ['a shell line, which several builders write', history({ created_by: '/bin/sh -c true' })],
  ] as readonly [string, ImageSpec][])('unknown stays unknown: %s', async (_, spec) => {
    const builder = await builderOfSpec(spec);
    expect(builder).toEqual({ name: 'unknown', settings: [], evidence: [], confidence: 'none' });
  });
});
