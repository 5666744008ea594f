import { getEventListeners } from 'node:events';
import { createReadStream, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type DiffOptions,
  diffImages,
  type Limits,
  limitOption,
  OciDiffError,
  type Progress,
  type Report,
} from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { buildImage, buildIndex, type EntrySpec, type ImageSpec, LINUX, zstdStored } from '../support/images.js';
import { compare, failuresOf, outcome, rejection, temporaryFolder, write, writeArchive } from './support.js';

const folder = temporaryFolder();
const APT = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')] as const;

async function put(name: string, spec: ImageSpec): Promise<string> {
  return writeArchive(folder, name, await buildImage(spec));
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The report without what it says of where the images came from. */
function placeless(report: Report): object {
  return { ...report, inputs: report.inputs.map(({ reference: _, ...rest }) => rest) };
}

/* Temporary files go to a folder of the test's own, which has to be empty afterwards. */
const temporary = join(folder, 'tmp');
mkdirSync(temporary);
beforeEach(() => vi.stubEnv('TMPDIR', temporary));
afterEach(() => {
  vi.unstubAllEnvs();
  expect(readdirSync(temporary)).toEqual([]);
});

describe('standard input', () => {
  const bytes = readFileSync(APT[0]);

  test.each([1_000, 512, 7_777, 1 << 20])('in pieces of %i bytes, on either side', async (size) => {
    const expected = await compare(...APT, { verbose: true });
    const first = await compare('-', APT[1], { verbose: true, stdin: inPieces(bytes, size) });
    expect(placeless(first)).toEqual(placeless(expected));
    expect(first.inputs[0].reference).toBe('-');
    const second = await compare(APT[1], '-', { verbose: true, stdin: inPieces(bytes, size) });
    expect(placeless(second)).toEqual(placeless(await compare(APT[1], APT[0], { verbose: true })));
  });

  test('a stream of Node, compressed', async () => {
    const packed = write(folder, 'stdin.tar.gz', gzipSync(bytes));
    const report = await compare('-', APT[1], { verbose: true, stdin: createReadStream(packed) });
    expect(placeless(report)).toEqual(placeless(await compare(...APT, { verbose: true })));
  });

  test('a kind and a REF with it', async () => {
    const report = await compare('docker-archive:-', APT[1], { stdin: inPieces(bytes, 4096) });
    expect(report.verdict).toBe('different');
  });

  test.each<[string, [string, string], DiffOptions, string]>([
    ['for both images', ['-', '-'], { stdin: inPieces(bytes, 512) }, 'ERR_OPTION_INVALID'],
    ['for both, in two notations', ['-', 'oci-archive:-'], { stdin: inPieces(bytes, 512) }, 'ERR_OPTION_INVALID'],
    ['that was not given', ['-', APT[1]], {}, 'ERR_OPTION_INVALID'],
    ['that is empty', [APT[1], '-'], { stdin: inPieces(Buffer.alloc(0), 1) }, 'ERR_NOT_AN_IMAGE'],
    ['that is no archive', [APT[1], '-'], { stdin: inPieces(Buffer.alloc(5000, 'x'), 512) }, 'ERR_NOT_AN_IMAGE'],
    ['that is text', ['-', APT[1]], { stdin: text() as never }, 'ERR_OPTION_INVALID'],
    ['that fails', ['-', APT[1]], { stdin: failing() }, 'ERR_IO'],
    ['that ends early', ['-', APT[1]], { stdin: inPieces(bytes.subarray(0, 5000), 512) }, 'ERR_ARCHIVE_INVALID'],
  ])('%s', async (_, images, options, code) => {
    const error = await rejection(...images, options);
    expect(error.code).toBe(code);
  });

  async function* text(): AsyncGenerator<string> {
    yield bytes.toString('latin1');
  }

  async function* failing(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 1000);
    throw Object.assign(new Error('the pipe broke'), { code: 'EIO' });
  }
});

describe('an archive that is compressed as a whole', () => {
  const compressions: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    gzip: (bytes) => gzipSync(bytes),
    'gzip in two members': (bytes) =>
      Buffer.concat([gzipSync(bytes.subarray(0, 3000)), gzipSync(bytes.subarray(3000))]),
    zstd: zstdStored,
  };

  test.each(Object.keys(compressions))('%s', async (how) => {
    for (const name of ['apt-0.docker.tar', 'clock-save-classic.docker.tar', 'clock-buildkit-1.oci.tar']) {
      const packed = write(folder, 'packed', compressions[how]?.(readFileSync(fixture(name))) ?? Buffer.alloc(0));
      const report = await compare(packed, APT[1], { verbose: true });
      expect(placeless(report)).toEqual(placeless(await compare(fixture(name), APT[1], { verbose: true })));
    }
  });

  test.each(Object.keys(compressions))('%s, cut or corrupted: told, with its name', async (how) => {
    const packed = compressions[how]?.(readFileSync(APT[0])) ?? Buffer.alloc(0);
    for (const length of [3, 10, 20, packed.length >> 1, packed.length - 1]) {
      const path = write(folder, 'packed-and-cut', packed.subarray(0, length));
      expect((await rejection(path, APT[1])).describe()).toContain(path);
    }
  });
});

describe('progress', () => {
  const entries = (content: string): EntrySpec[] => [{ path: 'a', content: Buffer.alloc(2_500_000, content) }];

  test('never goes back, and ends with all bytes of both sides', async () => {
    const specs = ['x', 'y'].map(
      (content): ImageSpec => ({
        layers: [
          { entries: [{ path: 'base', content: 'base' }] },
          { entries: entries(content), compression: 'none' },
          { entries: [{ path: content }], compression: 'zstd' },
        ],
      }),
    );
    const images = await Promise.all(specs.map(buildImage));
    const [path0, path1] = await Promise.all(
      images.map((image, i) => writeArchive(folder, `progress-${i}.tar`, image)),
    );
    const seen: Progress[] = [];
    await compare(path0 as string, path1 as string, { onProgress: (progress) => seen.push({ ...progress }) });
    for (const [i, { bytesRead, bytesTotal }] of seen.entries()) {
      expect(bytesRead).toBeLessThanOrEqual(bytesTotal);
      expect(bytesRead).toBeGreaterThan(seen[i - 1]?.bytesRead ?? 0);
      expect(bytesTotal).toBeGreaterThanOrEqual(seen[i - 1]?.bytesTotal ?? 0);
    }
    const all = images.flatMap(({ layers }) => layers).reduce((sum, { stored }) => sum + stored.length, 0);
    expect(seen.at(-1)).toEqual({ bytesRead: all, bytesTotal: all });
    expect(seen.length).toBeGreaterThan(images.length * 3);
  });

  test('an image and itself: each layer once a side', async () => {
    const spec: ImageSpec = {
      layers: [
        { entries: entries('x'), compression: 'none' },
        { entries: entries('x'), compression: 'none' },
      ],
    };
    const image = await buildImage(spec);
    const path = await writeArchive(folder, 'twice.tar', image);
    let last: Progress | undefined;
    const report = await compare(path, path, {
      onProgress: (progress) => {
        last = progress;
      },
    });
    expect(report.verdict).toBe('identical');
    /* One blob is two layers; it is read once. */
    expect(last?.bytesRead).toBe(2 * (image.layers[0]?.stored.length ?? 0));
  });
});

describe('abort', () => {
  const aborted = AbortSignal.abort(new Error('enough'));

  test('before it starts', async () => {
    const error = await rejection(...APT, { signal: aborted });
    expect(error.code).toBe('ERR_ABORTED');
    expect(error.cause).toBe(aborted.reason);
  });

  test('within a chunk, from the first report of progress', async () => {
    const content = Buffer.alloc(24 << 20, 'some content that compresses well, but is long\n');
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const layers = (extra: string): ImageSpec => ({
        layers: [{ entries: [{ path: extra }, { path: 'big', content }], compression, gzipLevel: 1 }],
      });
      const [path0, path1] = [await put('abort-0.tar', layers('a')), await put('abort-1.tar', layers('b'))];
      const controller = new AbortController();
      let after = 0;
      let read = 0;
      const error = await rejection(path0, path1, {
        signal: controller.signal,
        onProgress: ({ bytesRead }) => {
          if (controller.signal.aborted) after += bytesRead - read;
          read = bytesRead;
          controller.abort();
        },
      });
      expect(error.code).toBe('ERR_ABORTED');
      /* A chunk that was under way on each side, no more. */
      expect(after).toBeLessThanOrEqual(2 << 20);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    }
  });

  test('while standard input gives nothing', async () => {
    const controller = new AbortController();
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    setTimeout(() => controller.abort(), 20);
    const error = await rejection('-', APT[1], { signal: controller.signal, stdin: silent });
    expect(error.code).toBe('ERR_ABORTED');
  });

  test('a failure on the other side does not wait for standard input', async () => {
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const missing = join(folder, 'missing.tar');
    const error = await rejection(missing, '-', { stdin: silent });
    expect(error.code).toBe('ERR_NOT_FOUND');
    expect(error.describe()).toContain(missing);
    expect(error.others).toEqual([]);
  });

  test('a signal that never fires is left without listeners', async () => {
    const { signal } = new AbortController();
    await compare(...APT, { signal });
    await outcome(APT[0], join(folder, 'missing.tar'), { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('faults of both sides', () => {
  test('are both told, each with its input', async () => {
    const [missing0, missing1] = [join(folder, 'missing-0.tar'), join(folder, 'missing-1.tar')];
    const text = write(folder, 'text', 'hello');
    for (const [first, second] of [
      [missing0, missing1],
      [text, missing1],
      [missing0, folder],
    ] as const) {
      const lines = failuresOf(await outcome(first, second));
      expect(lines).toHaveLength(2);
      expect(lines[0]).toContain(first);
      expect(lines[1]).toContain(second);
    }
  });
});

describe('limits', async () => {
  const many: EntrySpec[] = [
    { path: 'a', content: 'a'.repeat(3000) },
    { path: 'b', content: 'b', pax: { comment: 'c'.repeat(2000) } },
  ];
  const map = Buffer.alloc(512);
  map.write('2\n0\n1\n100000\n1\n');
  const sparse: EntrySpec = {
    path: 'GNUSparseFile.1/s',
    content: Buffer.concat([map, Buffer.from('xy')]),
    pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 's', 'GNU.sparse.realsize': '100001' },
  };
  const image = await buildImage({ layers: [{ entries: many }, { entries: [sparse] }] });
  const path = await writeArchive(folder, 'limits.tar', image);
  const packed = write(folder, 'limits.tar.gz', gzipSync(readFileSync(path)));
  const other = await put('limits-other.tar', { layers: [{ entries: [{ path: 'x' }] }, { entries: [] }] });
  const child = { built: image, platform: LINUX };
  const index = await writeArchive(
    folder,
    'limits-index.tar',
    buildIndex([child, { ...child, platform: { os: 'a', architecture: 'b' } }]),
  );
  const nested = await writeArchive(folder, 'limits-nested.tar', buildIndex([{ built: buildIndex([child]) }]));

  test.each<[keyof Limits, number, string]>([
    ['documentBytes', 200, path],
    ['jsonDepth', 2, path],
    ['archiveMembers', 3, path],
    ['spoolBytes', 1000, packed],
    ['layerBytes', 2000, path],
    ['layerEntries', 1, path],
    ['extendedHeaderBytes', 1000, path],
    ['layerMetadataBytes', 1000, path],
    ['sparseSegments', 1, path],
    ['sparseFileBytes', 100_000, path],
    ['layers', 1, path],
    ['indexManifests', 1, index],
    ['indexDepth', 1, nested],
  ])('%s of %i', async (name, value, bad) => {
    for (const [first, second] of [
      [bad, other],
      [other, bad],
      [bad, bad],
    ] as const) {
      const result = await outcome(first, second, { limits: { [name]: value }, mode: 'semantic' });
      /* One side with itself is only verified, never decompressed or parsed. */
      if (first === second && !(result instanceof OciDiffError) && result.verdict === 'identical') {
        expect(name).toMatch(/^(layer[BEM]|extended|sparse)/);
        continue;
      }
      if (result instanceof OciDiffError) expect(result.code).toBe('ERR_LIMIT_EXCEEDED');
      else {
        expect(result.verdict).toBe('incomplete');
        expect(new Set(result.failures.map(({ code }) => code))).toEqual(new Set(['ERR_LIMIT_EXCEEDED']));
      }
      const line = failuresOf(result).find((each) => each.includes(bad)) ?? '';
      expect(line).toContain(String(value));
      expect(line).toContain(limitOption(name));
    }
    /* And with the limit at its default nothing is wrong. */
    expect((await diffImages(bad, bad)).verdict).toBe('identical');
    expect((await diffImages(bad, other, { mode: 'semantic' })).verdict).toBe('different');
  });
});
