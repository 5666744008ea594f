import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DiffOptions, Report } from '../../packages/core/src/index.js';
import {
  type ImageEngine,
  startContainerdImages,
  startDockerImages,
  startPodmanImages,
} from '../support/engine-images.js';
import { fixture } from '../support/fixtures.js';
import { requireTool } from '../support/tools.js';
import { compare, rejection, temporaryFolder } from './support.js';

/* Real engines, with the images of the fixtures. */

const folder = temporaryFolder();
const isRoot = process.getuid?.() === 0;
const STARTING_MS = 60_000;
const before = fixture('clock-buildkit-0.oci.tar');
const archive = fixture('clock-buildkit-1.oci.tar');
const reordered = fixture('multi-1-reordered.oci.tar');
const ARM64 = 'sha256:0a6500400ba438a00aee476814ae727bda5ae3457e5fe9fe33b7b96ce567e8ff';
const AMD64 = 'sha256:23b1f418a87248a1308cd509e434c803288a2b97b5b3a2e1a09216f3a314961a';
const MANIFEST = 'sha256:d9a21eb5a95e9761977afb36c2f24102f82c29b64481ce4dafcff697dba43f8a';
const INDEX = 'sha256:7a26a5e8bc484239cec8aa9ae62321027509e1ff08a517473aa250912e5db61e';
const CONFIG = 'sha256:20fdbd1ffdd363e3a858fcd048e0838aa7c46a0c27827f7228ab5474f05b965c';

/** How the library finds it. */
function optionsOf({ env }: ImageEngine): DiffOptions {
  return { env };
}

/** What is left of a report without its inputs. */
function withoutInputs({ inputs, ...rest }: Report): object {
  return rest;
}

/** What no medium may change: all that counts in files and config, and every level but those of the manifest. */
function lasting(report: Report): object {
  const { verdict, differences, levels, layers, base, summary, failures } = report;
  return {
    verdict,
    differences: differences.filter(({ subject, ignoredBy }) => subject !== 'manifest' && ignoredBy !== 'transport'),
    levels: levels.filter(({ level }) => level !== 'manifest' && level !== 'layers'),
    layers,
    /* Not the evidence, a part of which is an annotation in the manifest. */
    base: base.map(({ evidence: _, ...rest }) => rest),
    counted: summary.counted,
    failures,
  };
}

/** The engine that `start` starts, closed when the tests are over. */
function use(start: () => Promise<ImageEngine>, fill: (engine: ImageEngine) => Promise<unknown>): () => ImageEngine {
  let engine: ImageEngine | undefined;
  beforeAll(async () => {
    engine = await start();
    await fill(engine);
  }, STARTING_MS);
  afterAll(() => engine?.close(), STARTING_MS);
  return () => {
    if (engine === undefined) throw new Error('the engine does not run');
    return engine;
  };
}

/* What holds for engines that keep no manifest. */
function losesTheManifest(kind: 'docker' | 'podman', engine: () => ImageEngine): void {
  const name = `${kind}://localhost/clock:1`;

  test('it says what it cannot give, and invents nothing', async () => {
    const { inputs, levels, verdict } = await compare(archive, name, optionsOf(engine()));
    expect(inputs[1]).toEqual({
      reference: name,
      source: kind,
      mediaType: null,
      digest: null,
      platforms: ['linux/amd64'],
    });
    expect(levels.map(({ level, equal }) => [level, equal])).toEqual([
      ['index', null],
      ['manifest', null],
      ['config', true],
      ['layers', null],
      ['diff-ids', true],
      ['layer-contents', true],
      ['filesystem', true],
      ['runtime', true],
    ]);
    expect(verdict).toBe('equivalent');
  });

  test('the same report as of the archive that the engine’s own command saves', async () => {
    const saved = join(folder, `${kind}.tar`);
    await engine().command('save', '--output', saved, 'localhost/clock:1');
    for (const mode of ['strict', 'semantic'] as const) {
      const options: DiffOptions = { ...optionsOf(engine()), mode, verbose: true };
      expect(withoutInputs(await compare(before, name, options))).toEqual(
        withoutInputs(await compare(before, saved, options)),
      );
    }
  });

  test('the same report as of the archive that the builder wrote, but for what was lost', async () => {
    const options: DiffOptions = { ...optionsOf(engine()), mode: 'semantic', verbose: true };
    expect(lasting(await compare(before, name, options))).toEqual(lasting(await compare(before, archive, options)));
  });

  test.each(['20fdbd1ffdd3', CONFIG, 'localhost/clock'])(`${kind}://%s is the image, too`, async (other) => {
    const { levels } = await compare(archive, `${kind}://${other}`, optionsOf(engine()));
    expect(levels.find(({ level }) => level === 'config')).toMatchObject({ equal: true });
  });

  test('an image that it lacks', async () => {
    const error = await rejection(archive, `${kind}://ocidiff.test/none:1`, optionsOf(engine()));
    expect([error.code, error.location.input]).toEqual(['ERR_NOT_FOUND', `${kind}://ocidiff.test/none:1`]);
    expect(error.message).toMatch(/^no such image in (Docker|Podman) at /);
  });
}

describe.skipIf(!isRoot || !requireTool('docker') || !requireTool('dockerd'))('Docker', () => {
  const engine = use(startDockerImages, async ({ command }) => {
    await command('load', '--quiet', '--input', fixture('clock-buildkit-1.docker.tar'));
    await command('tag', 'localhost/clock:docker', 'localhost/clock:1');
    await command('tag', 'localhost/clock:docker', 'localhost/clock:latest');
  });
  losesTheManifest('docker', () => engine());
});

describe.skipIf(!isRoot || !requireTool('podman'))('Podman', () => {
  const engine = use(startPodmanImages, async ({ command }) => {
    await command('load', '--quiet', '--input', archive);
    await command('tag', 'localhost/clock:1', 'localhost/clock:latest');
  });
  losesTheManifest('podman', () => engine());

  test('the short names that its own command takes', async () => {
    const { levels } = await compare(archive, 'podman://clock:1', optionsOf(engine()));
    expect(levels.find(({ level }) => level === 'config')).toMatchObject({ equal: true });
  });
});

describe.skipIf(!isRoot || !requireTool('containerd') || !requireTool('ctr') || !requireTool('skopeo'))(
  'containerd',
  () => {
    const engine = use(startContainerdImages, async ({ command }) => {
      for (const name of ['clock-buildkit-1', 'multi-1', 'arm64']) {
        await command('images', 'import', '--no-unpack', '--all-platforms', fixture(`${name}.oci.tar`));
      }
    });

    test('it gives all of the image: the same report as of the archive', async () => {
      for (const mode of ['strict', 'semantic'] as const) {
        const options: DiffOptions = { ...optionsOf(engine()), mode };
        const report = await compare(before, 'containerd://localhost/clock:1', options);
        expect(report.inputs[1]).toMatchObject({ source: 'containerd', digest: MANIFEST });
        const { ignored: _, byRule: __, ...summary } = report.summary;
        const expected = await compare(before, archive, options);
        expect({ ...withoutInputs(report), summary }).toMatchObject({
          ...withoutInputs(expected),
          summary: { counted: expected.summary.counted },
        });
      }
      expect(await compare(archive, 'containerd://localhost/clock:1', optionsOf(engine()))).toMatchObject({
        verdict: 'identical',
      });
    });

    test('it gives indexes whole', async () => {
      const report = await compare(fixture('multi-1.oci.tar'), 'containerd://localhost/multi:1', {
        ...optionsOf(engine()),
        allPlatforms: true,
      });
      expect(report).toMatchObject({ verdict: 'identical', inputs: [{}, { source: 'containerd', digest: INDEX }] });
    });

    test('it gives an image for another machine', async () => {
      const report = await compare(fixture('arm64.oci.tar'), 'containerd://localhost/arm64:1', optionsOf(engine()));
      expect(report).toMatchObject({ verdict: 'identical' });
    });

    test('it gives the platform that it has', async () => {
      const [own, other] = process.arch === 'arm64' ? [ARM64, AMD64] : [AMD64, ARM64];
      await engine().command('images', 'import', '--no-unpack', '--all-platforms', reordered);
      await engine().command('content', 'delete', other);
      const options = { ...optionsOf(engine()), platforms: [own === ARM64 ? 'linux/arm64' : 'linux/amd64'] };
      const report = await compare(reordered, 'containerd://localhost/multi:r', options);
      expect(report).toMatchObject({ verdict: 'identical', failures: [] });
    });

    test('an image that it lacks', async () => {
      const error = await rejection(archive, 'containerd://ocidiff.test/none', optionsOf(engine()));
      expect([error.code, error.message]).toEqual([
        'ERR_NOT_FOUND',
        'containerd has no image ocidiff.test/none:latest in its namespace default (CONTAINERD_NAMESPACE names another)',
      ]);
    });

    test('another namespace', async () => {
      const { env } = engine();
      await engine().command('--namespace', 'k8s.io', 'images', 'import', '--no-unpack', archive);
      const options = { env: { ...env, CONTAINERD_NAMESPACE: 'k8s.io' } };
      expect(await compare(archive, 'containerd://localhost/clock:1', options)).toMatchObject({ verdict: 'identical' });
    });
  },
);
