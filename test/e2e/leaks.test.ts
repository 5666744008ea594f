import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sendArchive, sendError, startFake } from '../core/sources/engine/fake-engine.js';
import { startRegistry, startTokenServer } from '../core/sources/registry/support.js';
import { fixture } from '../support/fixtures.js';
import { buildImage, dirMembers, type ImageSpec, layoutMembers, packMembers, writeMembers } from '../support/images.js';
import { temporaryFolder, write } from './support.js';

const folder = temporaryFolder();
const at = (url: string): URL => new URL(url, import.meta.url);
const SCRIPT = fileURLToPath(at('../support/many-comparisons.mjs'));

const COUNT = 1000;
const EVERY = 50;
/**
 * Comparisons until caches, compiled code and connections are what they will be: in a run of 3,000 the heap grew by 750 kB
 * up to here, and by 75 kB in all that followed.
 */
const WARM_UP = 450;
/** Bytes a comparison: what is kept of one by mistake is a report or an index, thousands; noise is less. */
const MOST_GROWTH = 256;
/** The same outside of V8's heap, where buffers come and go by 64 KiB: a content or a blob that is kept is more. */
const MOST_GROWTH_OUTSIDE = 1024;

interface Result {
  readonly outcomes: Readonly<Record<string, number>>[];
  readonly warnings: readonly string[];
  readonly samples: readonly {
    readonly done: number;
    readonly heapUsed: number;
    readonly outside: number;
    readonly files: number;
    readonly resources: readonly string[];
    readonly listeners: number;
    readonly temporary: readonly string[];
  }[];
}

/** Of the line through `points` that is nearest to them, by least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return above / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

/* Under each Node it would take CI a minute more. */
const isOnce = process.env.CI === undefined || process.version.startsWith('v20.');

test.skipIf(!existsSync('/proc/self/fd') || !isOnce)(
  '1,000 comparisons in one process leave nothing behind',
  { timeout: 240_000 },
  async () => {
    const layers = (content: string): ImageSpec => ({
      layers: (['gzip', 'zstd', 'none'] as const).map((compression) => ({
        entries: [{ path: `usr/${compression}`, content: content.repeat(1000) }],
        compression,
      })),
    });
    const [image0, image1] = [await buildImage(layers('a')), await buildImage(layers('b'))];
    const archive = await packMembers(layoutMembers(image0));
    const path0 = write(folder, '0.tar', archive);
    const path1 = write(folder, '1.tar', await packMembers(layoutMembers(image1)));
    const packed = write(folder, 'packed.tar.gz', gzipSync(archive));
    const cut = write(folder, 'cut.tar', archive.subarray(0, 9000));
    const damaged = Buffer.from(archive);
    damaged.fill(0xff, 9000, 9010);
    const corrupt = write(folder, 'corrupt.tar', damaged);
    const layout = writeMembers(join(folder, 'layout'), layoutMembers(image1));
    const dir = writeMembers(join(folder, 'dir'), dirMembers(image0));

    const registry = await startRegistry();
    const tokens = await startTokenServer();
    const [remote0, remote1] = [registry.push(image0, 'team/app:0'), registry.push(image1, 'team/app:1')];
    const faulty = registry.push(image1, 'team/faulty:1');
    const guarded = registry.push(image1, 'team/guarded:1');
    registry.fault = (request, response, serve) => {
      if (request.url.includes('/faulty/blobs/')) {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('x', () => response.destroy());
      } else if (request.url.includes('/guarded/')) tokens.guard()(request, response, serve);
      else serve();
    };
    const engine = await startFake((request, response) => {
      if (request.url?.includes('missing') === true) sendError(response, 404, 'No such image');
      else sendArchive(response, archive);
    });

    const abort = true;
    const cases: readonly (readonly [image0: string, image1: string, options: object, outcome: string])[] = [
      [path0, path1, {}, 'different'],
      [path0, layout, { mode: 'semantic' }, 'different'],
      [path0, dir, {}, 'identical'],
      [packed, path1, {}, 'different'],
      ['-', layout, {}, 'different'],
      [path0, path1, { reportDir: join(folder, 'out') }, 'different'],
      [fixture('multi-1.oci.tar'), fixture('multi-2.oci.tar'), { allPlatforms: true }, 'different'],
      [remote0, remote1, {}, 'different'],
      [remote0, path0, { mode: 'semantic' }, 'identical'],
      [path0, guarded, {}, 'different'],
      [path0, faulty, {}, 'incomplete'],
      [remote0, `${registry.host}/team/missing:1`, {}, 'ERR_NOT_FOUND'],
      ['docker://team/app:1', path1, {}, 'different'],
      [path1, 'docker://team/missing:1', {}, 'ERR_NOT_FOUND'],
      [cut, corrupt, {}, 'ERR_ARCHIVE_INVALID'],
      [corrupt, path1, { reportDir: join(folder, 'out') }, 'incomplete'],
      [join(folder, 'missing'), packed, {}, 'ERR_NOT_FOUND'],
      [path0, path1, { limits: { layerEntries: 1, documentBytes: 10 } }, 'ERR_LIMIT_EXCEEDED'],
      [path0, path1, { abort }, 'ERR_ABORTED'],
      [remote0, remote1, { abort }, 'ERR_ABORTED'],
    ];
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    const setup = write(
      folder,
      'setup.json',
      JSON.stringify({
        core: at('../../packages/core/dist/index.js').href,
        count: COUNT,
        every: EVERY,
        env: { DOCKER_HOST: engine.host },
        cases,
        archive: path0,
      }),
    );
    /* Not optimised: compiled code counts as heap, and V8 goes on to compile for thousands of comparisons. */
    const flags = ['--expose-gc', '--no-opt'];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, SCRIPT, setup], {
      env: { ...process.env, TMPDIR: temporary },
      maxBuffer: 2 ** 24,
    });
    const { outcomes, samples, warnings } = JSON.parse(stdout) as Result;

    expect(outcomes).toEqual(cases.map(([, , , outcome]) => ({ [outcome]: COUNT / cases.length })));
    expect(warnings).toEqual([]);
    const warm = samples.filter(({ done }) => done >= WARM_UP);
    const [first] = warm;
    for (const { files, resources, listeners, temporary } of warm) {
      expect(files).toBe(first?.files);
      expect(resources).toEqual(first?.resources);
      expect(listeners).toBe(0);
      expect(temporary).toEqual([]);
    }
    expect(slope(warm.map(({ done, heapUsed }) => [done, heapUsed]))).toBeLessThan(MOST_GROWTH);
    expect(slope(warm.map(({ done, outside }) => [done, outside]))).toBeLessThan(MOST_GROWTH_OUTSIDE);
  },
);
