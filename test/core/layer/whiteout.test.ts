import { expect, test } from 'vitest';
import { whiteoutOf } from '../../../packages/core/src/layer/whiteout.js';

// image-spec, layer.md, "Whiteouts" and "Opaque Whiteout".
test.each([
  ['a file of the root', '.wh.a', { type: 'whiteout', target: 'a' }],
  ['a file of a folder', 'opt/old/.wh.one', { type: 'whiteout', target: 'opt/old/one' }],
  ['a hidden file', 'opt/.wh..profile', { type: 'whiteout', target: 'opt/.profile' }],
  ['an opaque folder', 'opt/.wh..wh..opq', { type: 'opaque-whiteout', target: 'opt' }],
  ['an opaque root', '.wh..wh..opq', { type: 'opaque-whiteout', target: '.' }],
])('%s', (_reason, path, whiteout) => {
  expect(whiteoutOf(path)).toEqual(whiteout);
});

test.each([
  ['an ordinary file', 'opt/one'],
  ['the mark within a name', 'opt/a.wh.one'],
  ['the mark of a folder above', 'opt/.wh.a/b'],
  ['the mark alone removes no name', 'opt/.wh.'],
  ['no dot at the end of the mark', 'opt/.whone'],
  ["AUFS's own: links", '.wh..wh.plnk'],
  ["AUFS's own: the superblock's mark", '.wh..wh.aufs'],
  ["AUFS's own: orphans", '.wh..wh.orph'],
  ['a longer name that begins as the opaque one', 'a/.wh..wh..opq2'],
  ['upper case', '.WH.a'],
])('none: %s', (_reason, path) => {
  expect(whiteoutOf(path)).toBeNull();
});
