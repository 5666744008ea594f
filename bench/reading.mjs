/**
 * Run as a process of its own, to tell what a comparison takes beside reading the layers:
 *
 * - `reading.mjs list IMAGE0 IMAGE1`: compares the images in semantic mode and prints which layers that reads, how deep
 *   and which at once
 * - `reading.mjs read LIST IMAGE0 IMAGE1`: reads just these, just so, keeps what reading gives, and compares nothing
 * - `reading.mjs compare IMAGE0 IMAGE1`: compares the images in semantic mode
 *
 * Uses the inside of the core, since a user has no use for reading alone.
 */
import { compareImages } from '../packages/core/dist/compare-images.js';
import { diffImages } from '../packages/core/dist/diff-images.js';
import { loadImages } from '../packages/core/dist/image/load.js';
import { readLayer } from '../packages/core/dist/layer/read-layer.js';
import { DEFAULT_LIMITS } from '../packages/core/dist/limits.js';
import { selectImages } from '../packages/core/dist/select-images.js';
import { openSource } from '../packages/core/dist/sources/open-source.js';

/** @typedef {import('../packages/core/dist/layer/read-layer.js').LayerDepth} LayerDepth */
/** @typedef {[side: 0 | 1, layer: number, depth: LayerDepth, examine: boolean]} Read */

const limits = DEFAULT_LIMITS;
const onNote = () => {};

const [mode, ...args] = process.argv.slice(2);
if (mode === 'list') process.stdout.write(JSON.stringify(await list(args)));
else if (mode === 'read') await readAll(JSON.parse(args[0] ?? ''), args.slice(1));
else await diffImages(args[0] ?? '', args[1] ?? '', { mode: 'semantic' });

/**
 * @param {string[]} references
 * @returns {Promise<Read[][]>} what is read one after the other, and in each of these at once
 */
async function list(references) {
  const { stores, pair } = await open(references);
  /** @type {Read[][]} */
  const groups = [];
  let running = 0;
  await compareImages(pair, {
    limits,
    jobs: 2,
    isRemote: [false, false],
    readLayer: async (side, layer, depth, wishes) => {
      if (running === 0) groups.push([]);
      groups.at(-1)?.push([side, layer.position, depth, wishes?.examine === true]);
      running += 1;
      try {
        return await readLayer(storeOf(stores, side), layer, depth, { limits, onNote, ...wishes });
      } finally {
        running -= 1;
      }
    },
    emit: () => {},
    keeper: null,
    onFailure: (_side, error) => {
      throw error;
    },
    onNote,
  });
  await close(stores);
  return groups;
}

/**
 * @param {Read[][]} groups
 * @param {string[]} references
 */
async function readAll(groups, references) {
  const { stores, pair } = await open(references);
  const images = await Promise.all([pair.manifest0.loadImage(), pair.manifest1.loadImage()]);
  const readings = [];
  for (const group of groups) {
    const reads = group.map(([side, position, depth, examine]) => {
      const layer = images[side].layers[position];
      if (layer === undefined) throw new Error(`no layer ${position}`);
      return readLayer(storeOf(stores, side), layer, depth, { limits, onNote, examine });
    });
    readings.push(...(await Promise.all(reads)));
  }
  await close(stores);
  if (readings.length !== groups.flat().length) throw new Error('not all layers were read');
}

/** @param {string[]} references */
async function open(references) {
  const stores = await Promise.all(references.map((reference) => openSource(reference, { limits })));
  const roots = await Promise.all(stores.map((store) => loadImages(store, { limits, onNote })));
  const [side0, side1] = roots.map((root, side) => ({ reference: references[side] ?? '', root }));
  if (side0 === undefined || side1 === undefined) throw new Error('two images are compared');
  const choice = { platforms: [], all: false, host: 'linux/amd64' };
  const { pairs } = await selectImages(side0, side1, choice, (_side, error) => {
    throw error;
  });
  const [pair] = pairs;
  if (pair === undefined) throw new Error('the two images have no platform in common');
  return { stores, pair };
}

/**
 * @template T
 * @param {T[]} stores
 * @param {0 | 1} side
 */
function storeOf(stores, side) {
  return /** @type {T} */ (stores[side]);
}

/** @param {{ close(): Promise<void> }[]} stores */
async function close(stores) {
  await Promise.all(stores.map((store) => store.close()));
}
