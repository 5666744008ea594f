import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { diffImages } from '../../packages/core/src/index.js';
import { DEFAULT_LIMITS, type Limits, limitOption } from '../../packages/core/src/limits.js';
import { runCommand } from '../support/command.js';
import { type Built, buildImage, buildIndex, type EntrySpec, type LayerSpec, LINUX } from '../support/images.js';
import { block, extended, padded, record, join as together, zeros } from '../support/tar-build.js';
import { temporaryFolder, writeArchive } from './support.js';

const folder = temporaryFolder();

/** An input that meets a limit: with `enough` it is read, with `short` it is refused. */
interface Case {
  readonly enough: number;
  readonly short: number;
  readonly image: Built;
  /** What it is compared with; a small image of other content unless it says otherwise. */
  readonly other?: Built;
  readonly fromStdin?: boolean;
  /** What the message names besides the input. */
  readonly blob?: string;
}

const files = (count: number, content = ''): EntrySpec[] =>
  Array.from({ length: count }, (_, i) => ({ path: `d/f${i}`, content }));
const layered = (...layers: LayerSpec[]): Promise<Built> => buildImage({ layers });
const raw = (...parts: (Uint8Array | string)[]): LayerSpec => ({ tar: Buffer.from(together(...parts, zeros())) });
/* Removing a file keeps the comparison from being settled without trees. */
const withTree = (entries: readonly EntrySpec[]): Promise<Built> =>
  layered({ entries: [{ path: 'd/gone' }] }, { entries: [...entries, { path: 'd/.wh.gone' }] });
const configWith = (member: unknown): Promise<Built> => buildImage({ configFile: { x: member } });
const nested = (depth: number): unknown => (depth === 0 ? 0 : [nested(depth - 1)]);

/* `{"architecture", "os", "config": {}, "rootfs": {"type", "diff_ids": []}, "x": [100 numbers]}`: 8 values and 100. */
const VALUES = 108;
const SPARSE = `${record('GNU.sparse.size', '1000')}${record('GNU.sparse.numblocks', '2')}${record('GNU.sparse.map', '0,1,10,1')}`;
const sparseFile = raw(extended('x', SPARSE), block({ name: 'sparse', size: 2 }), padded('ab'));
const plainTar = await buildImage({ layers: [{ entries: [{ path: 'other' }], compression: 'none' }] });
const threeFiles = await layered({ entries: files(3) });
const index = (count: number): Promise<Built> =>
  buildImage().then((built) => buildIndex(Array.from({ length: count }, () => ({ built, platform: LINUX }))));
const members = gzipSync(Buffer.alloc(0));
const threeMembers = Buffer.concat([members, members, gzipSync(zeros()), Buffer.from('x')]);
const labels = (value: string): Promise<Built> =>
  buildImage({ config: { Labels: { [`label-${'x'.repeat(100)}`]: value } } });
const paxFile = [extended('x', record('comment', 'y'.repeat(600)) + record('a', 'b') + record('c', 'd')), block()];

/** These refuse nothing: what is above them is not kept, or not looked into, which the report says. */
type Refusing = Exclude<keyof Limits, 'cacheBytes' | `inFile${string}`>;
const REFUSING = Object.fromEntries(
  Object.entries(DEFAULT_LIMITS).filter(([name]) => name !== 'cacheBytes' && !name.startsWith('inFile')),
) as Pick<Limits, Refusing>;

/* Every limit has one; a new one without fails to compile, and the test below. */
const CASES: Readonly<Record<Refusing, Case>> = {
  documentBytes: { enough: 10_300, short: 10_000, image: await configWith('y'.repeat(10_000)) },
  documentDifferenceBytes: { enough: 10_000, short: 100, image: await labels('a'), other: await labels('b') },
  jsonDepth: { enough: 21, short: 20, image: await configWith(nested(20)) },
  jsonValues: { enough: VALUES, short: VALUES - 1, image: await configWith(Array.from({ length: 100 }, (_, i) => i)) },
  documentMemoryBytes: { enough: 100_000, short: 10_000, image: await configWith('y'.repeat(10_000)) },
  /* `oci-layout`, `index.json`, and the blobs of manifest, config and layer. */
  archiveMembers: { enough: 5, short: 4, image: threeFiles },
  spoolBytes: { enough: 1_000_000, short: 2000, image: threeFiles, fromStdin: true },
  /* Three headers of 512 bytes, and what tar-stream ends an archive with. */
  layerBytes: { enough: 3 * 512 + 1024, short: 3 * 512 + 1023, image: threeFiles },
  compressedParts: { enough: 3, short: 2, image: await layered({ tar: Buffer.from(zeros()), stored: threeMembers }) },
  layerEntries: { enough: 3, short: 2, image: threeFiles },
  extendedHeaderBytes: { enough: 1000, short: 500, image: await layered(raw(...paxFile)) },
  paxRecords: { enough: 3, short: 2, image: await layered(raw(...paxFile)) },
  layerMetadataBytes: { enough: 10_000, short: 1000, image: threeFiles },
  imageMetadataBytes: {
    enough: 10_000,
    short: 2000,
    image: await layered({ entries: files(3) }, { entries: files(3, 'x') }),
  },
  sparseSegments: { enough: 2, short: 1, image: await layered(sparseFile) },
  sparseFileBytes: { enough: 1000, short: 999, image: await layered(sparseFile) },
  treeNodes: { enough: 100, short: 3, image: await withTree(files(10)) },
  treePathBytes: { enough: 100_000, short: 100, image: await withTree([{ path: `${'long/'.repeat(100)}x` }]) },
  pathSteps: { enough: 101, short: 50, image: await withTree([{ path: `${'a/'.repeat(100)}x` }]) },
  layers: { enough: 2, short: 1, image: await layered({ entries: files(1) }, { entries: files(2) }) },
  indexManifests: { enough: 3, short: 2, image: await index(3) },
  indexDepth: { enough: 2, short: 1, image: buildIndex([{ built: await index(1) }]) },
};

const archives = new Map<string, string>();
for (const [name, { image }] of Object.entries(CASES)) {
  archives.set(name, await writeArchive(folder, `${name}.tar`, image));
}
const plain = await writeArchive(folder, 'plain.tar', plainTar);

async function compareWith(
  name: Refusing,
  value: number,
  more: readonly string[] = [],
): Promise<{ status: number; stderr: string }> {
  const { other, fromStdin = false } = CASES[name];
  const path = archives.get(name) as string;
  const second = other === undefined ? plain : await writeArchive(folder, 'other.tar', other);
  async function* stdin(): AsyncGenerator<Uint8Array> {
    yield readFileSync(path);
  }
  return runCommand(
    [limitOption(name), String(value), ...more, fromStdin ? '-' : path, second],
    ({ images, options }) => diffImages(...images, options),
    { stdin },
  );
}

test('every limit has a case', () => {
  expect(Object.keys(CASES).sort()).toEqual(Object.keys(REFUSING).sort());
});

describe.each(Object.keys(REFUSING) as Refusing[])('%s', (name) => {
  test('lowered: refused with the input, the limit and its option', async () => {
    const { status, stderr } = await compareWith(name, CASES[name].short);
    expect(status).toBe(2);
    const line = stderr.split('\n').find((each) => each.includes(limitOption(name)));
    expect(line).toContain(`the limit ${name} (raise it with ${limitOption(name)})`);
    expect(line).toContain(String(CASES[name].short));
    if (CASES[name].other === undefined) {
      expect(line).toContain(CASES[name].fromStdin === true ? 'standard input' : join(folder, `${name}.tar`));
    }
  });

  test('lowered, when the layers are in the cache: the same words', async () => {
    const cache = ['--cache-dir', join(folder, `cache-${name}`)];
    await compareWith(name, DEFAULT_LIMITS[name], cache);
    const { status, stderr } = await compareWith(name, CASES[name].short);
    expect(await compareWith(name, CASES[name].short, cache)).toMatchObject({ status, stderr });
  });

  test('raised: read', async () => {
    const { status, stderr } = await compareWith(name, CASES[name].enough);
    expect(stderr).not.toContain('error:');
    expect([0, 1]).toContain(status);
  });
});
