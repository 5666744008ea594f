import { describe, expect, test } from 'vitest';
import type { Descriptor } from '../../packages/core/src/image/descriptor.js';
import { loadImages } from '../../packages/core/src/image/load.js';
import { DEFAULT_LIMITS } from '../../packages/core/src/limits.js';
import { type PlatformChoice, type Side, selectImages } from '../../packages/core/src/select-images.js';
import { MANIFEST, MemoryStore } from './image/support.js';

const CHOICE: PlatformChoice = { platforms: [], all: false, host: 'linux/amd64' };

/** An index of an image for each platform, and of a child that states no platform and cannot be read. */
async function broken(reference: string, ...architectures: string[]): Promise<Side> {
  const store = new MemoryStore();
  const images = architectures.map((architecture): Descriptor => {
    return store.addImage('linux', architecture, { platform: { os: 'linux', architecture } });
  });
  store.root = { type: 'descriptor', descriptor: store.addIndex(...images, store.add(MANIFEST, '{')) };
  return { reference, root: await loadImages(store, { limits: DEFAULT_LIMITS, onNote: () => {} }) };
}

describe('a child of an index that states no platform and cannot be read', () => {
  test.each<[string, string[], Partial<PlatformChoice>, string[], number]>([
    [
      'is not needed for the platform asked for',
      ['amd64', 'arm64'],
      { platforms: ['linux/arm64'] },
      ['linux/arm64'],
      0,
    ],
    ['is not needed for the platform of this machine', ['amd64', 'arm64'], {}, ['linux/amd64'], 0],
    ['may be one of all', ['amd64', 'arm64'], { all: true }, ['linux/amd64', 'linux/arm64'], 2],
    ['may be of this machine’s platform', ['arm64'], {}, ['linux/arm64'], 2],
  ])('%s', async (_reason, architectures, choice, platforms, failures) => {
    const told: [number, unknown][] = [];
    const [side0, side1] = [await broken('a.tar', ...architectures), await broken('b.tar', ...architectures)];
    const { pairs } = await selectImages(side0, side1, { ...CHOICE, ...choice }, (...args) => told.push(args));
    expect(pairs.map(({ platform }) => platform)).toEqual(platforms);
    expect(told).toHaveLength(failures);
    if (failures === 0) return;
    expect(told.map(([side]) => side)).toEqual([0, 1]);
    expect(told[1]?.[1]).toMatchObject({ code: 'ERR_JSON_INVALID', location: { input: 'b.tar' } });
  });

  test('is told where there is no image for the platform', async () => {
    const [side0, side1] = [await broken('a.tar', 'amd64'), await broken('b.tar', 'amd64')];
    const selection = selectImages(side0, side1, { ...CHOICE, platforms: ['linux/arm64'] }, () => {});
    await expect(selection).rejects.toMatchObject({
      code: 'ERR_JSON_INVALID',
      others: [{ code: 'ERR_JSON_INVALID' }, { code: 'ERR_PLATFORM' }],
    });
  });
});
