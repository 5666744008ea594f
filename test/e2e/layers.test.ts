import { describe, expect, test } from 'vitest';
import { OciDiffError, type Report } from '../../packages/core/src/index.js';
import { buildImage, type EntrySpec, type ImageSpec, layerTar, sha256, sign } from '../support/images.js';
import { compare, counted, expectSound, failuresOf, outcome, temporaryFolder, writeArchive } from './support.js';

const folder = temporaryFolder();
const ENTRIES: readonly EntrySpec[] = [
  { path: 'etc/', type: 'directory' },
  { path: 'etc/a', content: 'a'.repeat(700) },
  { path: 'etc/b', content: 'b' },
];
const OTHER: readonly EntrySpec[] = [...ENTRIES, { path: 'etc/c', content: 'c' }];
const tar = await layerTar(ENTRIES);
const WRONG = sha256('some other bytes');

let files = 0;
async function image(spec: ImageSpec): Promise<string> {
  files += 1;
  return writeArchive(folder, `${files}.tar`, await buildImage(spec));
}

function incomplete(result: Report | OciDiffError): Report {
  if (result instanceof OciDiffError) throw result;
  expect(result.verdict).toBe('incomplete');
  return result;
}

describe('a layer whose tar is malformed', () => {
  const withHeader = (change: (block: Buffer) => void): Buffer => {
    const copy = Buffer.from(tar);
    const block = copy.subarray(512, 1024);
    change(block);
    return copy;
  };
  /* Offsets: a folder's header at 0, a's at 512, its 700 bytes at 1024, its padding at 1724, b's header at 2048;
     in a header the size stands at 124, the checksum at 148. */
  test.each([
    ['a checksum that is wrong', withHeader((block) => block.write('x', 0)), 'ERR_TAR_INVALID', '512'],
    [
      'a size that is no number',
      withHeader((block) => {
        block.write('zzzzzzzzzzz', 124, 'latin1');
        sign(block);
      }),
      'ERR_TAR_INVALID',
      '636',
    ],
    ['an end inside a header', tar.subarray(0, 700), 'ERR_TAR_TRUNCATED', '700'],
    ['an end inside content', tar.subarray(0, 1100), 'ERR_TAR_TRUNCATED', '1100'],
    ['an end inside padding', tar.subarray(0, 1800), 'ERR_TAR_TRUNCATED', '1800'],
    ['no tar at all', Buffer.from('x'.repeat(4096)), 'ERR_TAR_INVALID', '148'],
  ])('%s', async (_, malformed, code, offset) => {
    const good = await image({ layers: [{ entries: OTHER }] });
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const built = await buildImage({ layers: [{ tar: malformed, compression }] });
      const bad = await writeArchive(folder, 'bad.tar', built);
      for (const [first, second] of [
        [bad, good],
        [good, bad],
      ] as const) {
        const report = incomplete(await outcome(first, second, { mode: 'semantic' }));
        expect(report.failures.map((failure) => failure.code)).toEqual([code]);
        const [message = ''] = failuresOf(report);
        expect(message).toContain(bad);
        expect(message).toContain(built.layers[0]?.descriptor.digest);
        expect(message).toMatch(new RegExp(`\\b${offset}\\b`));
      }
    }
  });

  test('the same on both sides is not looked into: equal bytes are equal layers', async () => {
    const bad = await image({ layers: [{ tar: tar.subarray(0, 1100) }] });
    expect((await compare(bad, bad)).verdict).toBe('identical');
  });

  test.each([
    ['none', 0],
    ['one', 512],
  ])('a stream that ends with %s zero block is read, and the trailer told', async (_, bytes) => {
    const end = tar.length - 1024;
    const short = await image({ layers: [{ tar: tar.subarray(0, end + bytes) }] });
    const whole = await image({ layers: [{ tar }] });
    const report = await compare(short, whole, { verbose: true });
    expectSound(report);
    expect(counted(report)).toEqual(['layer 0 trailer']);
    expect(report.differences.find(({ field }) => field === 'trailer')?.values).toEqual([
      { bytes, zero: true },
      { bytes: 1024, zero: true },
    ]);
    expect((await compare(short, whole, { mode: 'semantic' })).verdict).toBe('equivalent');
  });
});

describe('diffIDs that are not true', () => {
  test('one side: told with the layer, the input and both diffIDs', async () => {
    const wrong = await image({ layers: [{ entries: ENTRIES, diffId: WRONG }] });
    for (const second of [
      await image({ layers: [{ entries: ENTRIES }] }),
      await image({ layers: [{ entries: OTHER }] }),
      await image({ layers: [{ entries: ENTRIES, compression: 'none' }] }),
    ]) {
      for (const pair of [
        [wrong, second],
        [second, wrong],
      ] as const) {
        const report = incomplete(await outcome(...pair));
        expect(report.failures.map(({ code }) => code)).toEqual(['ERR_DIFF_ID_MISMATCH']);
        expect(report.failures[0]?.message).toContain(wrong);
        expect(report.failures[0]?.message).toContain(WRONG);
        expect(report.failures[0]?.message).toContain(sha256(tar));
      }
    }
  });

  test('both sides, the same, of two compressions: both told', async () => {
    const first = await image({ layers: [{ entries: ENTRIES, diffId: WRONG }] });
    const second = await image({ layers: [{ entries: ENTRIES, diffId: WRONG, compression: 'none' }] });
    const report = incomplete(await outcome(first, second));
    expect(report.failures.map(({ code }) => code)).toEqual(['ERR_DIFF_ID_MISMATCH', 'ERR_DIFF_ID_MISMATCH']);
    expect(report.failures.some(({ message }) => message.includes(first))).toBe(true);
    expect(report.failures.some(({ message }) => message.includes(second))).toBe(true);
  });

  test('two contents under one wrong diffID are not taken for one', async () => {
    const first = await image({ layers: [{ entries: ENTRIES, diffId: WRONG }] });
    const second = await image({ layers: [{ entries: OTHER, diffId: WRONG }] });
    expect(incomplete(await outcome(first, second, { mode: 'semantic' })).failures).toHaveLength(2);
  });

  test('the content of one side under the diffID of the other', async () => {
    const honest = await image({ layers: [{ entries: ENTRIES }] });
    const lying = await image({ layers: [{ entries: OTHER, diffId: sha256(tar) }] });
    const report = incomplete(await outcome(honest, lying, { mode: 'semantic' }));
    expect(report.failures).toHaveLength(1);
    expect(report.failures[0]?.message).toContain(lying);
  });

  test('one blob under two diffIDs: one of the configs lies', async () => {
    const first = await image({ layers: [{ entries: ENTRIES }] });
    const second = await image({ layers: [{ entries: ENTRIES, diffId: WRONG }] });
    const report = incomplete(await outcome(first, second));
    expect(report.failures).toHaveLength(1);
    expect(report.failures[0]?.message).toContain(second);
  });

  test('one blob twice in an image, under two diffIDs', async () => {
    const twice = await image({ layers: [{ entries: ENTRIES }, { entries: ENTRIES, diffId: WRONG }] });
    const honest = await image({ layers: [{ entries: ENTRIES }, { entries: ENTRIES }] });
    const report = incomplete(await outcome(twice, honest));
    expect(report.failures).toHaveLength(1);
    expect(report.failures[0]?.message).toContain(twice);
  });

  test.each([
    ['fewer diffIDs than layers', []],
    ['more diffIDs than layers', [sha256(tar), WRONG]],
  ])('%s', async (_, ids) => {
    const bad = await image({
      layers: [{ entries: ENTRIES }],
      configFile: { rootfs: { type: 'layers', diff_ids: ids } },
    });
    const good = await image({ layers: [{ entries: ENTRIES }] });
    for (const pair of [
      [bad, good],
      [good, bad],
      [bad, bad],
    ] as const) {
      const report = incomplete(await outcome(...pair));
      expect(report.failures.map(({ code }) => code)).toEqual(['ERR_CONFIG_INVALID']);
      expect(report.failures[0]?.message).toContain(bad);
    }
  });
});

describe('layers that say the same in another way', () => {
  test('one layer more', async () => {
    const one = await image({ layers: [{ entries: ENTRIES }] });
    const two = await image({ layers: [{ entries: [{ path: 'first', content: '1' }] }, { entries: ENTRIES }] });
    const report = await compare(one, two, { verbose: true });
    expectSound(report);
    expect(counted(report)).toEqual(['layer count', 'layer :0 diffId']);
    expect(report.differences.find(({ field }) => field === 'diffId')?.layers).toEqual([null, 0]);
  });

  test('no layer on either side', async () => {
    const first = await image({ layers: [] });
    const second = await image({ layers: [], config: { Env: ['A=1'] } });
    expect((await compare(first, first)).verdict).toBe('identical');
    const report = await compare(first, second, { verbose: true });
    expectSound(report);
    expect(counted(report)).toEqual(['config /config/Env']);
  });

  test('the media type of another compression', async () => {
    const mediaType = 'application/vnd.oci.image.layer.v1.tar';
    const lying = await image({ layers: [{ entries: ENTRIES, mediaType }] });
    const honest = await image({ layers: [{ entries: ENTRIES }] });
    const report = await compare(lying, honest, { verbose: true });
    expectSound(report);
    expect(counted(report)).toEqual(['manifest /layers/0/mediaType']);
    /* containerd takes a layer as its type says, and fails on this one. */
    const semantic = await compare(lying, honest, { mode: 'semantic' });
    expect(counted(semantic)).toEqual(['manifest /layers/0/mediaType']);
  });
});
