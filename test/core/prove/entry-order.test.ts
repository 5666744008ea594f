import { describe, expect, test } from 'vitest';
import type { DiffId } from '../../../packages/core/src/digest.js';
import { IndexBuilder } from '../../../packages/core/src/layer/index-builder.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { sortedPositions } from '../../../packages/core/src/prove/entry-order.js';
import { type EntrySpec, layerTar } from '../../support/images.js';

async function sorted(entries: readonly EntrySpec[]): Promise<string[] | null> {
  const builder = new IndexBuilder(DEFAULT_LIMITS);
  builder.push(await layerTar(entries));
  const index = builder.end('sha256:0' as DiffId);
  return sortedPositions(index.entries)?.map((position) => index.entries[position]?.path ?? '') ?? null;
}

const file = (path: string): EntrySpec => ({ path });
const link = (path: string, linkTarget: string): EntrySpec => ({ path, type: 'link', linkTarget });

describe('sortedPositions', () => {
  test('by path, hard links last', async () => {
    const entries = [file('c'), link('a', 'c'), file('d/x'), { path: 'd', type: 'directory' } as const, file('b')];
    expect(await sorted(entries)).toEqual(['b', 'c', 'd', 'd/x', 'a']);
    expect(await sorted([file('.wh.gone'), file('d/.wh..wh..opq'), file('a')])).toEqual([
      '.wh.gone',
      'a',
      'd/.wh..wh..opq',
    ]);
  });

  const kept: readonly (readonly [string, readonly EntrySpec[]])[] = [
    ['two entries of one path', [file('b'), file('a'), file('./b')]],
    ['a name with ..', [file('b'), file('a/../c')]],
    ['below a link', [file('bin/x'), { path: 'bin', type: 'symlink', linkTarget: 'usr/bin' }]],
    ['a hard link to a hard link', [file('c'), link('b', 'c'), link('a', 'b')]],
    ['a whiteout of what is there', [file('b'), file('.wh.b')]],
    ['a whiteout of a folder that is there', [file('b/c'), file('.wh.b')]],
    ['what AUFS leaves', [file('.wh..wh.plnk/1.2'), file('a')]],
    ['a path of hundreds of steps', [file('b'), file(`${'x/'.repeat(300)}y`)]],
  ];
  test.each(kept)('order stays: %s', async (_, entries) => {
    expect(await sorted(entries)).toBeNull();
  });
});
