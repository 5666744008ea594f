import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import type { LayerFact } from '../../../packages/core/src/layer/file-tree.js';
import { describeTree } from '../../engines/describe.js';
import { Archives, describeRow, isRefused, type RowOutcome, unpackRows } from '../../engines/outcomes.js';
import { type Described, outcomeFor, ROWS, type Row } from '../../engines/rows.js';
import {
  type Engine,
  type EngineName,
  type Outcome,
  shownBy,
  startEngine,
  type Tree,
} from '../../support/engine-trees.js';
import { fixture } from '../../support/fixtures.js';
import { ownTree } from '../../support/own-tree.js';
import { requireTool } from '../../support/tools.js';

/*
 * Real engines unpack the images of rows.ts and the fixtures. What they make of them is held against what rows.ts says
 * of them, and the tree that ocidiff computes against both.
 */

const archives = new Archives();
afterAll(() => archives.remove());

test('each row has a name of its own', () => {
  expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
});

describe('the tree that ocidiff computes', () => {
  test.each(ROWS)('$name', async (row) => {
    const facts: LayerFact[] = [];
    const unpacking = ownTree(await archives.write(row.layers), (fact) => facts.push(fact));
    const expected = row.tree;
    if (expected !== null) {
      expect(describeRow(row, await unpacking)).toEqual(expected);
    } else {
      const [{ reason }] = (await Promise.allSettled([unpacking])) as [{ reason?: unknown }];
      const isRefusal = reason instanceof OciDiffError && reason.code === 'ERR_TAR_INVALID';
      const isTold = facts.some(({ code }) => code === 'engine-dependent');
      expect(isRefusal || isTold).toBe(true);
    }
  });
});

const isRoot = process.getuid?.() === 0;
const canRun =
  isRoot &&
  requireTool('python3') &&
  requireTool('skopeo') &&
  requireTool('umoci') &&
  requireTool('podman') &&
  requireTool('docker') &&
  requireTool('dockerd') &&
  requireTool('containerd') &&
  requireTool('ctr');
if (!isRoot) process.stderr.write('skipping tests with engines: owners and devices are for root to make\n');

const PLAIN: readonly EngineName[] = ['umoci', 'podman', 'docker'];
const OVERLAY: readonly EngineName[] = ['podman-overlay', 'docker-overlay', 'containerd-overlay'];
const ENGINES = [...PLAIN, ...(canRun && canMountOverlay() ? OVERLAY : [])];

/* The versions that rows.ts is about, Debian 12's. Others may do otherwise; CI is to notice, a user is not. */
const VERSIONS: Readonly<Record<string, readonly [command: string, version: string]>> = {
  umoci: ['umoci --version', ' 0.4.7'],
  podman: ['podman --version', ' 4.3.1'],
  docker: ['dockerd --version', ' 20.10.24'],
  containerd: ['ctr --version', ' 1.6.20'],
};

/** `umoci insert` of `bin/tool` over a layer with `bin -> usr/bin`: on overlay the folder of the entry hides the link. */
const DEPENDENT = 'own-umoci-insert-link-parent.oci.tar';
const FIXTURES = [
  'clock-buildah-one-layer.oci.tar',
  'clock-buildah.oci.tar',
  'clock-buildkit-0.oci.tar',
  'clock-buildkit-1-no-rewrite.oci.tar',
  'own-other-rules-buildah-vfs.oci.tar',
  'own-other-rules-buildkit-overlay.oci.tar',
  'own-rules-buildah-overlay.oci.tar',
  'own-rules-classic-vfs.oci.tar',
  'own-rules-podman-squashed.oci.tar',
  DEPENDENT,
  'own-umoci-insert-opaque.oci.tar',
  'own-umoci-insert-whiteouts.oci.tar',
  'own-umoci-repack.oci.tar',
];
const LONGEST_MS = 240_000;

/*
 * An image that is refused takes a run of its own, and there are many. All are asked for with OCIDIFF_ENGINES=all, as
 * when rows.ts was written; else only of the first two, who refuse in different ways.
 */
function isAskedAlone(row: Row, name: EngineName): boolean {
  if (process.env.OCIDIFF_ENGINES === 'all' || name === 'umoci' || name === 'podman') return true;
  return name === 'docker' && !isRefused(row, name);
}

describe.skipIf(!canRun)('engines', () => {
  const rows = new Map<EngineName, Map<string, RowOutcome>>();
  const images = new Map<EngineName, Map<string, Outcome>>();

  beforeAll(async () => {
    await Promise.all(ENGINES.map(unpackAll));
  }, LONGEST_MS);

  async function unpackAll(name: EngineName): Promise<void> {
    const engine: Engine = await startEngine(name);
    try {
      rows.set(name, await unpackRows(name, engine, ROWS, archives, (row) => isAskedAlone(row, name)));
      const unpacked = new Map<string, Outcome>();
      for (const image of FIXTURES) unpacked.set(image, await engine.unpack(fixture(image)));
      images.set(name, unpacked);
    } finally {
      await engine.close();
    }
  }

  describe.each(ENGINES)('%s', (name) => {
    test.skipIf(!isMeasuredVersion(name)).each(ROWS)('$name', (row) => {
      const outcome = rows.get(name)?.get(row.name);
      if (outcome === undefined) {
        expect(isAskedAlone(row, name)).toBe(false);
        return;
      }
      const expected = outcomeFor(row, name);
      if (expected === null) expect(outcome).toHaveProperty('refusal');
      else expect(outcome).toEqual({ tree: withoutRoot(row, name, expected) });
    });

    test.each(FIXTURES)('%s is the tree that ocidiff computes', async (image) => {
      const outcome = images.get(name)?.get(image);
      if (outcome === undefined || 'error' in outcome) throw new Error(outcome?.error ?? 'not unpacked');
      const own = describeBelowRoot(shownBy(name, await ownTree(fixture(image))));
      if (image === DEPENDENT && OVERLAY.includes(name)) {
        const { 'usr/bin/tool': tool, ...rest } = own;
        expect(describeBelowRoot(outcome.tree)).toEqual({ ...rest, bin: 'd', 'bin/tool': tool });
      } else {
        expect(describeBelowRoot(outcome.tree)).toEqual(own);
      }
    });
  });
});

/* No layer states the root, and engines have their own idea of it. */
function describeBelowRoot(tree: Tree): Described {
  const { '.': _, ...rest } = describeTree(tree, new Map());
  return rest;
}

/* An export does not tell the root. */
function withoutRoot(row: Row, name: EngineName, tree: Described): Described {
  if (!name.startsWith('docker') || row.ofRoot !== true) return tree;
  const { '.': _, ...rest } = tree;
  return rest;
}

function isMeasuredVersion(name: EngineName): boolean {
  if (process.env.CI === 'true' || !canRun) return true;
  const [command, version] = VERSIONS[name.replace('-overlay', '')] ?? ['false', ''];
  const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  const isMeasured = stdout.includes(version);
  if (!isMeasured) process.stderr.write(`skipping what is known of ${name}${version}: it is ${stdout.trim()}\n`);
  return isMeasured;
}

/** Whether the kernel lets us put an overlay together; a container's own root is mostly one itself, and it does not. */
function canMountOverlay(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-overlay-'));
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(folder, name));
    const mounting = 'mount -t overlay overlay -o "lowerdir=$0/lower,upperdir=$0/upper,workdir=$0/work" "$0/merged"';
    const mounted = spawnSync('sh', ['-c', `${mounting} && umount "$0/merged"`, folder], { stdio: 'ignore' });
    if (mounted.status !== 0) process.stderr.write('skipping tests with overlays: none can be mounted here\n');
    return mounted.status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
