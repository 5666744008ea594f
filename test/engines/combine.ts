import type { Tree } from '../support/engine-trees.js';
import type { EntrySpec } from '../support/images.js';
import type { Row } from './rows.js';

/*
 * Many rows in one image, each below a folder of its own, so that an engine unpacks them all in one run.
 */

const folderOf = (position: number): string => `row-${position}`;

/** The layers of all `rows`. None of them may be about the root. */
export function combineLayers(rows: readonly Row[]): EntrySpec[][] {
  const depth = Math.max(...rows.map(({ layers }) => layers.length));
  return Array.from({ length: depth }, (_, layer) =>
    rows.flatMap((row, position) => [
      ...(layer === 0 ? [{ path: folderOf(position), type: 'directory' } as const] : []),
      ...(row.layers[layer] ?? []).map((entry) => below(folderOf(position), entry)),
    ]),
  );
}

function below(folder: string, entry: EntrySpec): EntrySpec {
  const { path, type, linkTarget, pax } = entry;
  return {
    ...entry,
    path: `${folder}/${path}`,
    ...(type === 'link' ? { linkTarget: `${folder}/${linkTarget}` } : {}),
    ...(pax?.path === undefined ? {} : { pax: { ...pax, path: `${folder}/${pax.path}` } }),
  };
}

/** What `tree` has of the row at `position` in `combineLayers`, as if it were an image of its own. */
export function rowOf(tree: Tree, position: number): Tree {
  const prefix = `${folderOf(position)}/`;
  const bare = (path: string): string => path.slice(prefix.length);
  return new Map(
    [...tree]
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, node]) => {
        const { links } = node;
        return [bare(path), links === undefined ? node : { ...node, links: links.map(bare) }];
      }),
  );
}
