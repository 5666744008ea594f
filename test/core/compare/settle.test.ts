import { describe, expect, test } from 'vitest';
import { canSettle } from '../../../packages/core/src/compare/settle.js';
import { join } from '../../support/tar-build.js';
import { END, type RawEntry, rawEntry } from '../layer/raw-tar.js';
import { indexOf } from './support.js';

const file = (name: string): RawEntry => ({ name, content: 'x' });
const folder = (name: string): RawEntry => ({ name: `${name}/`, type: '5' });

/* Whether each entry is the file of its path, whatever is below the layer; and if nothing is (image-spec, layer.md). */
describe('layers that need no trees', () => {
  test.each<[string, RawEntry[], boolean, boolean]>([
    ['in named folders', [folder('a'), folder('a/b'), file('a/b/c'), file('a/d')], true, true],
    ['in the root', [file('a'), file('b')], true, true],
    ['in folders that nothing names', [folder('a/b'), file('a/b/c'), file('x/y/z')], false, true],
    ['in a folder named afterwards', [file('a/b'), folder('a')], false, true],
    ['a name twice', [file('a'), file('a')], false, false],
    ['a folder twice', [folder('a'), file('b'), folder('a')], false, false],
    ['below a file', [file('a'), file('a/b')], false, false],
    ['far below a file', [file('a'), file('a/b/c/d')], false, false],
    ['below a link', [{ name: 'a', type: '2', link: 'b' }, file('a/c')], false, false],
    ['a file over a folder', [folder('a'), file('a/b'), file('a')], false, false],
    ['a file over a folder that nothing names', [file('a/b/c'), file('a/b')], false, false],
    ['a hard link', [file('a'), { name: 'b', type: '1', link: 'a' }], false, false],
    ['a whiteout', [file('a'), file('.wh.b')], false, false],
    ['steps back', [folder('a'), file('a/../b')], false, false],
    ['a root that is no folder', [{ name: '.', type: '0', content: '' }, file('a')], false, false],
    ['64 folders that nothing names', [{ ...file('x'), pax: [['path', `${'a/'.repeat(64)}b`]] }], false, true],
    ['more folders than are made here', [{ ...file('x'), pax: [['path', `${'a/'.repeat(65)}b`]] }], false, false],
  ])('%s', (_, entries, above, lowest) => {
    const index = indexOf(join(...entries.map(rawEntry), END));
    const streams = { findings: [], index0: index, index1: index };
    expect([canSettle(streams, false), canSettle(streams, true)]).toEqual([above, lowest]);
  });
});
