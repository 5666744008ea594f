import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayerFact } from '../../../packages/core/src/layer/file-tree.js';
import { contentsOf, describeTree } from '../../engines/describe.js';
import { Archives, type RowOutcome, unpackRows } from '../../engines/outcomes.js';
import { type Described, outcomeFor, ROWS, type Row } from '../../engines/rows.js';
import { canMountOverlay, type Engine, type EngineName, shownByExport, startEngine, type Tree } from '../../support/engine-trees.js';
import { fixture } from '../../support/fixtures.js';
import { ownTree } from '../../support/own-tree.js';
import { requireTool } from '../../support/tools.js';

/*
 * Real engines unpack the images of rows.ts and the fixtures; what they make of them is held against what the
 * specification says, and against the tree that ocidiff computes.
 */

const canRun =
  requireTool('python3') &&
  requireTool('skopeo') &&
  requireTool('umoci') &&
  requireTool('podman') &&
  requireTool('docker') &&
  requireTool('dockerd') &&
  requireTool('containerd') &&
  requireTool('ctr');
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('skipping tests of engines: owners and devices are for root to make\n');

const PLAIN: readonly EngineName[] = ['umoci', 'podman', 'docker', 'containerd'];
const OVERLAY: readonly EngineName[] = ['podman-overlay', 'docker-overlay', 'containerd-overlay'];
const FIXTURES = [
  'arm64.oci.tar',
  'clock-buildah-one-layer.oci.tar',
  'clock-buildah.oci.tar',
  'clock-buildkit-0.oci.tar',
  'clock-buildkit-1-no-rewrite.oci.tar',
  'clock-buildkit-1-zstd.oci.tar',
] as const;
const LONGEST_MS = 240_000;

const archives = new Archives();
afterAll(() => archives.remove());

describe('the tree that ocidiff computes', () => {
  test.each(ROWS)('$name', async (row) => {
    const facts: LayerFact[] = [];
    const archive = await archives.write(row.layers);
    const unpacking = ownTree(archive, (fact) => facts.push(fact)).then((tree) => described(row, tree));
    if (row.tree !== null) expect(await unpacking).toEqual(row.tree);
    else expect(await unpacking.then(() => facts.length > 0, () => true)).toBe(true);
  });
});
