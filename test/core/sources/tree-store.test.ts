import { expect, test } from 'vitest';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import type { FileTree } from '../../../packages/core/src/sources/file-tree.js';
import { TreeStore } from '../../../packages/core/src/sources/tree-store.js';
import { failure } from './support.js';

test('an error keeps its cause and what failed besides; the name that documents use wins', async () => {
  const cause = new Error('cause');
  const other = new OciDiffError('ERR_IO', 'the other side');
  const tree: FileTree = {
    medium: 'archive',
    stat: async () => 1,
    open: () => {
      throw new OciDiffError('ERR_ARCHIVE_INVALID', 'broken', { location: { blob: 'x' }, cause, others: [other] });
    },
    topNames: async () => [],
    close: async () => {},
  };
  const root = { type: 'docker', config: { name: 'c', digest: null, size: null }, layers: [] } as const;
  const image = { kind: 'oci-archive', root, wrapping: {}, pathsOf: () => ['x'] } as const;
  const store = new TreeStore('a.tar', tree, image, []);
  const error = await failure(store.open({ name: 'layer', digest: null, size: null })[Symbol.asyncIterator]().next());
  expect(error).toMatchObject({ code: 'ERR_ARCHIVE_INVALID', message: 'broken', cause });
  expect(error.location).toEqual({ input: 'a.tar', blob: 'layer' });
  expect(error.others).toEqual([other]);
});
