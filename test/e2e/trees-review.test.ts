import { describe, expect, test } from 'vitest';
import { buildImage, type EntrySpec, layerTar } from '../support/images.js';
import { differencesOf, referenceTree } from '../support/reference-tree.js';
import { compare, counted, expectSound, temporaryFolder, writeArchive } from './support.js';

/*
 * What layers that both sides share, below the first that differs, decide: they are left unread only where they decide
 * nothing. What is expected is what the reference makes of all layers.
 */

const folder = temporaryFolder();
type Layers = readonly (readonly EntrySpec[])[];

const dir = (path: string): EntrySpec => ({ path: `${path}/`, type: 'directory' });
const file = (path: string, content = 'x', mode = 0o644): EntrySpec => ({ path, content, mode });
const symlink = (path: string, linkTarget: string): EntrySpec => ({ path, type: 'symlink', mode: 0o777, linkTarget });
const link = (path: string, linkTarget: string, mode = 0o644): EntrySpec => ({ path, type: 'link', linkTarget, mode });
const gone = (path: string): EntrySpec => ({ path: path.replace(/([^/]+)$/, '.wh.$1'), mode: 0 });

async function verdicts(layers0: Layers, layers1: Layers): Promise<[string, string[]]> {
  const images = [];
  for (const [side, layers] of [layers0, layers1].entries()) {
    const built = await buildImage({ layers: layers.map((entries) => ({ entries })) });
    images.push(await writeArchive(folder, `${side}.tar`, built));
  }
  const [path0, path1] = images as [string, string];
  const report = await compare(path0, path1, { mode: 'semantic', verbose: true });
  const swapped = await compare(path1, path0, { mode: 'semantic', verbose: true });
  expectSound(report);
  expect(swapped.verdict).toBe(report.verdict);
  return [report.verdict, counted(report)];
}

function expected(layers0: Layers, layers1: Layers): string[] {
  const found = differencesOf(referenceTree(layers0).files, referenceTree(layers1).files);
  return found.map(({ path, field }) => `${path} ${field}`);
}

const LINKED = [dir('d'), symlink('s', 'd')];

describe('a difference that is gone by its name, and still there', () => {
  const cases: Readonly<Record<string, readonly [Layers, Layers]>> = {
    'the attributes that a hard link gave a file below, the link removed': [
      [[file('low')], [link('h', 'low', 0o644)], [gone('h')]],
      [[file('low')], [link('h', 'low', 0o600)], [gone('h')]],
    ],
    'the attributes that a hard link gave a file below, the link replaced': [
      [[file('low')], [link('h', 'low', 0o755)], [file('h')]],
      [[file('low')], [link('h', 'low', 0o4755)], [file('h')]],
    ],
    'the attributes that a hard link gave a file below, the link written twice': [
      [[file('low')], [link('h', 'low', 0o644), file('h')], [file('z')]],
      [[file('low')], [link('h', 'low', 0o600), file('h')], [file('z')]],
    ],
    'a file below a symbolic link of a lower layer, the link removed': [
      [LINKED, [file('s/f', '1')], [gone('s')]],
      [LINKED, [file('s/f', '2')], [gone('s')]],
    ],
    'in a folder that has an entry, below such a link': [
      [LINKED, [dir('s/e'), file('s/e/f', '1')], [gone('s')]],
      [LINKED, [dir('s/e'), file('s/e/f', '2')], [gone('s')]],
    ],
    'a folder takes the place of such a link, behind the file': [
      [LINKED, [file('s/f', '1'), dir('s')], [gone('s')]],
      [LINKED, [file('s/f', '2'), dir('s')], [gone('s')]],
    ],
    'a hard link to it through such a link': [
      [LINKED, [dir('d'), file('d/f', '1')], [link('h', 's/f')], [gone('d/f')]],
      [LINKED, [dir('d'), file('d/f', '2')], [link('h', 's/f')], [gone('d/f')]],
    ],
  };

  test.each(Object.keys(cases))('%s', async (name) => {
    const [layers0, layers1] = cases[name] as (typeof cases)[string];
    const rows = expected(layers0, layers1);
    expect(rows).toHaveLength(1);
    const [verdict, found] = await verdicts(layers0, layers1);
    expect([verdict, found.map((row) => row.replace(/^file \S+ /, ''))]).toEqual(['different', rows]);
  });
});

describe('the only layer that differs writes over the difference itself', () => {
  const cases: Readonly<Record<string, (content: string) => Layers>> = {
    'through a symbolic link': (content) => [[dir('d'), file('d/f', content), symlink('s', 'd'), file('s/f')]],
    'through a symbolic link to the root': (content) => [[file('f', content), symlink('s', '.'), file('s/f')]],
    'by a file in place of the folder': (content) => [[dir('d'), file('d/f', content), file('d')]],
    'by a folder in place of the file': (content) => [[file('f', content), dir('f'), file('f/x')]],
  };

  test.each(Object.keys(cases))('%s: equivalent', async (name) => {
    const layers = cases[name] as (content: string) => Layers;
    expect(expected(layers('1'), layers('2'))).toEqual([]);
    expect(await verdicts(layers('1'), layers('2'))).toEqual(['equivalent', []]);
  });
});

test('a record that nobody knows counts, whatever links to the file', async () => {
  const layers = (value: string): Layers => [
    [{ ...file('a'), pax: { 'MSWINDOWS.rawsd': value } }, link('h', 'a', 0o600)],
  ];
  const [verdict, found] = await verdicts(layers('b25l'), layers('dHdv'));
  expect([verdict, found]).toEqual(['different', ['file 0 a pax/MSWINDOWS.rawsd']]);
});

describe('layers made to cost time or memory', () => {
  const many = (count: number, entry: (i: number) => EntrySpec): EntrySpec[] =>
    Array.from({ length: count }, (_, i) => entry(i));
  const MANY = 15_000;

  /* tar-stream recurses into each entry without content. */
  async function tarOf(entries: readonly EntrySpec[]): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = 0; at < entries.length; at += 500) {
      parts.push((await layerTar(entries.slice(at, at + 500))).subarray(0, -1024));
    }
    return Buffer.concat([...parts, Buffer.alloc(1024)]);
  }

  async function failures(layers0: Layers, layers1: Layers): Promise<string[]> {
    const images = [];
    for (const [side, layers] of [layers0, layers1].entries()) {
      const built = await buildImage({
        layers: await Promise.all(layers.map(async (all) => ({ tar: await tarOf(all) }))),
      });
      images.push(await writeArchive(folder, `hostile-${side}.tar`, built));
    }
    const report = await compare(images[0] as string, images[1] as string, { mode: 'semantic' });
    return report.failures.map(({ code }) => code);
  }

  test('a symbolic link with a target of a million steps', async () => {
    const target = { ...symlink('s', 'x'), pax: { linkpath: 'd/'.repeat(1_000_000) } };
    expect(await failures([[target, file('s/f')]], [[file('a')]])).toEqual(['ERR_LIMIT_EXCEEDED']);
  });

  test('symbolic links one behind the other, each with a long target', async () => {
    const way = 'd/../'.repeat(1_000);
    const links = many(30, (i) => ({
      ...symlink(`s${i}`, 'x'),
      pax: { linkpath: `${way}${i === 29 ? 'd' : `s${i + 1}`}` },
    }));
    expect(await failures([[dir('d'), ...links, file('s0/f')]], [[file('a')]])).toEqual(['ERR_LIMIT_EXCEEDED']);
  });

  test('a name that is a folder and a file by turns, and what is below it', async () => {
    const turns = many(MANY, (i) => (i % 2 === 0 ? dir('a') : file('a')));
    const below = many(MANY, (i) => file(`a/f${i}`, ''));
    const links = many(MANY, (i) => link(`h${i}`, 'a/x'));
    expect(await failures([[dir('a'), ...below]], [[...turns, dir('a'), ...links]])).toEqual([]);
  }, 30_000);

  test('deep folders that no entry names', async () => {
    const deep = many(200, (i) => ({ ...file('x'), pax: { path: `${i}/${'d/'.repeat(4_000)}f` } }));
    expect(await failures([deep], [[file('a')]])).toEqual(['ERR_LIMIT_EXCEEDED']);
  }, 30_000);

  test('hard links that each give their file another attribute', async () => {
    const links = many(MANY, (i) => ({ ...link(`h${i}`, 'a'), pax: { [`SCHILY.xattr.user.${i}`]: 'x' } }));
    expect(await failures([[file('a'), ...links]], [[file('a')]])).toEqual(['ERR_LIMIT_EXCEEDED']);
  }, 30_000);
});
