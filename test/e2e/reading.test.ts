import { describe, expect, test } from 'vitest';
import { buildImage, type EntrySpec, type LayerSpec } from '../support/images.js';
import { compare, counted, temporaryFolder, writeArchive } from './support.js';

/*
 * How deep a layer is read that both sides name by one digest. The one here is no tar at all: whoever looks into it
 * fails; whoever has no need to, does not.
 */

const folder = temporaryFolder();
const NO_TAR: LayerSpec = { tar: Buffer.from('this is no tar archive'.repeat(50)) };
const FOLDER: EntrySpec = { path: 'd/', type: 'directory' };

async function verdictOf(layers0: readonly LayerSpec[], layers1: readonly LayerSpec[]): Promise<[string, string[]]> {
  const path0 = await writeArchive(folder, '0.tar', await buildImage({ layers: layers0 }));
  const path1 = await writeArchive(folder, '1.tar', await buildImage({ layers: layers1 }));
  const report = await compare(path0, path1, { mode: 'semantic' });
  const swapped = await compare(path1, path0, { mode: 'semantic' });
  expect(swapped.verdict).toBe(report.verdict);
  return [report.verdict, report.verdict === 'incomplete' ? report.failures.map(({ code }) => code) : counted(report)];
}

const layer = (...entries: readonly EntrySpec[]): LayerSpec => ({ entries: [FOLDER, ...entries] });

describe('a shared layer below is not looked into', () => {
  test.each<[string, readonly EntrySpec[], readonly EntrySpec[], string[]]>([
    ['other content', [{ path: 'd/f', content: '1' }], [{ path: 'd/f', content: '2' }], ['file 1 d/f content']],
    ['another mode', [{ path: 'd/f', mode: 0o644 }], [{ path: 'd/f', mode: 0o600 }], ['file 1 d/f mode']],
    ['another time', [{ path: 'd/f', mtime: 1 }], [{ path: 'd/f', mtime: 2 }], []],
    [
      'the same whiteouts and links, and other content besides',
      [{ path: 'd/.wh.gone' }, { path: 'd/h', type: 'link', linkTarget: 'etc/a' }, { path: 'd/f', content: '1' }],
      [{ path: 'd/.wh.gone' }, { path: 'd/h', type: 'link', linkTarget: 'etc/a' }, { path: 'd/f', content: '2' }],
      ['file 1 d/f content'],
    ],
  ])('%s', async (_what, entries0, entries1, expected) => {
    expect(await verdictOf([NO_TAR, layer(...entries0)], [NO_TAR, layer(...entries1)])).toEqual([
      expected.length > 0 ? 'different' : 'equivalent',
      expected,
    ]);
  });
});

describe('a shared layer below has to be known', () => {
  const other: readonly EntrySpec[] = [{ path: 'd/f' }];
  test.each<[string, readonly EntrySpec[]]>([
    ['a file on one side', [{ path: 'd/f' }, { path: 'd/g' }]],
    ['a whiteout on one side', [{ path: 'd/f' }, { path: 'd/.wh.g' }]],
    ['a hard link on one side', [{ path: 'd/f' }, { path: 'd/h', type: 'link', linkTarget: 'd/f' }]],
    ['a folder restated on one side', [{ path: 'e/', type: 'directory' }, { path: 'd/f' }]],
    ['a file and a folder', [{ path: 'd/f/', type: 'directory' }]],
  ])('%s', async (_what, entries) => {
    expect(await verdictOf([NO_TAR, layer(...entries)], [NO_TAR, layer(...other)])).toEqual([
      'incomplete',
      ['ERR_TAR_INVALID'],
    ]);
  });

  test('a layer on one side', async () => {
    const own = layer({ path: 'd/f' });
    const more = layer({ path: 'd/g' });
    expect(await verdictOf([NO_TAR, own, more], [NO_TAR, own])).toEqual(['incomplete', ['ERR_TAR_INVALID']]);
  });

  test('it is above: it may cover what differs', async () => {
    const [own0, own1] = [layer({ path: 'd/f', content: '1' }), layer({ path: 'd/f', content: '2' })];
    expect(await verdictOf([own0, NO_TAR], [own1, NO_TAR])).toEqual(['incomplete', ['ERR_TAR_INVALID']]);
    const cover = layer({ path: 'd/f', content: '3' });
    expect(await verdictOf([own0, cover], [own1, cover])).toEqual(['equivalent', []]);
  });
});
