/**
 * What the benchmark's images consist of. Sizes are of the uncompressed tar; MB are 10^6 bytes.
 *
 * @typedef {object} LayerRecipe
 * @property {number} seed
 * @property {number} tarBytes
 * @property {number} entries files and folders together
 * @property {number} folders
 * @property {number} spread deviation of the sizes' logarithm: 0 makes all files alike
 * @property {number} changed files whose content differs between the two images; 0: the layer is shared
 * @property {import('./content.mjs').Texture} texture
 *
 * @typedef {object} StackRecipe many layers, each on top of the last; see stack.mjs
 * @property {number} seed
 * @property {number} layers
 * @property {number} tarBytes of all layers together
 * @property {number} entries of all layers together
 * @property {number} spread as that of a layer
 * @property {number} changedLayers layers in which files differ in content
 * @property {number} changed files that differ, as many in each of these layers
 * @property {'none' | 'folders' | 'all'} times which entries have a later time in the right image, so that all layers
 *   differ: none, folders alone (files keep the times that packages give them), all
 * @property {boolean} extra whether the right image has a further layer, the second, all of which the third covers
 * @property {import('./content.mjs').Texture} texture
 *
 * @typedef {({ layers: LayerRecipe[] } | { stack: StackRecipe }) & { compress: boolean }} ImageRecipe
 *   `compress`: gzip, or plain tar
 */

const MB = 1_000_000;

/**
 * Found by trial: gzip -6 makes 45 % of it, zcat and node:zlib read it as fast as Debian's gcc packages.
 * @type {import('./content.mjs').Texture}
 */
const PROGRAMS = { copies: 400, meanCopy: 8, alphabet: 8, noise: 0.2 };
/** @type {import('./content.mjs').Texture} */
const TEXTS = { copies: 400, meanCopy: 7, alphabet: 7, noise: 0.02 };

/** @type {LayerRecipe} */
const BASE = { seed: 1, tarBytes: 150 * MB, entries: 2_000, folders: 150, spread: 2, changed: 0, texture: PROGRAMS };

/**
 * @param {number} tarBytes
 * @returns {LayerRecipe}
 */
function upper(tarBytes) {
  return { seed: 2, tarBytes, entries: 6_000, folders: 400, spread: 2, changed: 5, texture: PROGRAMS };
}

/** @type {LayerRecipe} */
const SMALL_FILES = {
  seed: 3,
  tarBytes: 300 * MB,
  entries: 106_000,
  folders: 6_000,
  spread: 1,
  changed: 20,
  texture: TEXTS,
};

/** @type {StackRecipe} */
const STACK = {
  seed: 5,
  layers: 60,
  tarBytes: 560 * MB,
  entries: 200_000,
  spread: 1,
  changedLayers: 5,
  changed: 20,
  times: 'none',
  extra: false,
  texture: TEXTS,
};

/** @type {LayerRecipe} */
const TINY = { seed: 6, tarBytes: MB / 20, entries: 12, folders: 2, spread: 0, changed: 1, texture: TEXTS };

/** @type {Record<'a' | 'a4' | 'a600' | 'b' | 'd' | 't' | 't-all' | 't-times' | 'tiny', ImageRecipe>} */
export const RECIPES = {
  a: { layers: [BASE, upper(500 * MB)], compress: true },
  a4: { layers: [BASE, upper(2_000 * MB)], compress: true },
  a600: { layers: [BASE, upper(600 * MB)], compress: true },
  b: { layers: [SMALL_FILES], compress: true },
  d: { layers: [BASE, upper(500 * MB)], compress: false },
  t: { stack: STACK, compress: true },
  't-all': { stack: { ...STACK, times: 'folders', extra: true }, compress: true },
  't-times': { stack: { ...STACK, times: 'all', extra: true }, compress: true },
  tiny: { layers: [TINY], compress: true },
};

/**
 * @param {ImageRecipe} recipe
 * @returns {number} files whose content differs between the two images
 */
export function changedFiles(recipe) {
  return 'stack' in recipe ? recipe.stack.changed : recipe.layers.reduce((sum, { changed }) => sum + changed, 0);
}

/**
 * The same image, smaller in bytes and entries.
 * @param {ImageRecipe} recipe
 * @param {number} factor
 * @returns {ImageRecipe}
 */
export function scaled(recipe, factor) {
  if ('stack' in recipe) {
    const { stack } = recipe;
    const entries = Math.max(100 * stack.layers, Math.round(stack.entries * factor));
    return {
      ...recipe,
      stack: { ...stack, tarBytes: Math.round((stack.tarBytes * entries) / stack.entries), entries },
    };
  }
  return {
    ...recipe,
    layers: recipe.layers.map((layer) => ({
      ...layer,
      tarBytes: Math.round(layer.tarBytes * factor),
      entries: Math.max(60, Math.round(layer.entries * factor)),
      folders: Math.max(5, Math.round(layer.folders * factor)),
    })),
  };
}
