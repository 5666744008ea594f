/**
 * What is written into a layer: entry after entry, in the order of the tar.
 *
 * @typedef {object} Entry
 * @property {string} path
 * @property {import('./tar.mjs').EntryType} type
 * @property {number} [size]
 * @property {string} [linkTarget]
 * @property {boolean} [changed] whether its content differs between the two images
 * @property {number} [later] seconds by which its time in the right image is later
 *
 * @typedef {object} LayerPlan
 * @property {'shared' | 'each' | 'right'} images whether both images have one layer, each its own, or the right one alone
 * @property {number} seed of the contents
 * @property {import('./content.mjs').Texture} texture
 * @property {Iterable<Entry>} entries
 * @property {string} [createdBy] what the history says of it
 */
import { Prng } from './prng.mjs';
import { entryBytes, TRAILER } from './tar.mjs';

/** Of a differing file: fewer bytes would leave no room for what is changed. */
export const LEAST_CHANGED_SIZE = 256;

/**
 * @param {import('./recipes.mjs').LayerRecipe} recipe
 * @returns {LayerPlan}
 */
export function planLayer(recipe) {
  const { seed, texture, changed } = recipe;
  return { images: changed > 0 ? 'each' : 'shared', seed, texture, entries: packages(recipe) };
}

/**
 * @param {import('./recipes.mjs').LayerRecipe} recipe
 * @returns {Iterable<Entry>}
 */
function* packages(recipe) {
  const prng = new Prng(recipe.seed + 1000);
  const room = recipe.tarBytes - TRAILER.length - recipe.folders * entryBytes(0);
  const sizes = fileSizes(recipe.entries - recipe.folders, room, recipe.spread, prng);
  const changed = changedFiles(recipe, sizes);
  const filesAFolder = Math.ceil(sizes.length / recipe.folders);
  let folder = '';
  for (const [index, size] of sizes.entries()) {
    if (index % filesAFolder === 0) {
      const number = index / filesAFolder;
      folder = `usr/lib/group${Math.floor(number / 20)}/package-${number}/`;
      yield { path: folder, type: 'folder' };
    }
    const path = `${folder}file-${index}.${prng.below(2) === 0 ? 'so' : 'conf'}`;
    yield { path, type: 'file', size, changed: changed.has(index) };
  }
}

/**
 * Sizes of files, log-normal as on real disks, that fill a tar.
 * @param {number} count
 * @param {number} room bytes of the tar that headers and contents of all of them take
 * @param {number} spread deviation of the sizes' logarithm
 * @param {Prng} prng
 * @returns {number[]}
 */
export function fileSizes(count, room, spread, prng) {
  const shapes = Array.from({ length: count }, () => Math.exp(spread * prng.normal()));
  let low = 0;
  let high = room;
  for (let step = 0; step < 60; step += 1) {
    const scale = (low + high) / 2;
    const total = shapes.reduce((sum, shape) => sum + entryBytes(Math.round(shape * scale)), 0);
    if (total > room) high = scale;
    else low = scale;
  }
  return shapes.map((shape) => Math.round(shape * low));
}

/**
 * The numbers of the files that differ: spread over the layer, none of them tiny.
 * @param {import('./recipes.mjs').LayerRecipe} recipe
 * @param {number[]} sizes
 * @returns {Set<number>}
 */
function changedFiles(recipe, sizes) {
  const changed = new Set();
  for (let nth = 0; nth < recipe.changed; nth += 1) {
    let index = Math.floor(((nth + 0.5) * sizes.length) / recipe.changed);
    while (changed.has(index) || Number(sizes[index]) < LEAST_CHANGED_SIZE) index = (index + 1) % sizes.length;
    changed.add(index);
  }
  return changed;
}
