/**
 * An image of many layers, as package managers and builders leave them: each adds packages and names the folders above
 * them again, and replaces and removes some files of the layers below.
 */
import { fileSizes, LEAST_CHANGED_SIZE } from './plans.mjs';
import { Prng } from './prng.mjs';
import { entryBytes, TRAILER } from './tar.mjs';

/** @typedef {import('./plans.mjs').Entry} Entry */
/** @typedef {import('./plans.mjs').LayerPlan} LayerPlan */
/** @typedef {import('./recipes.mjs').StackRecipe} StackRecipe */
/** @typedef {{ folder: string, files: string[] }} Package what is left of it, its first file kept apart */

/** Files of a package; that many real ones have to a folder, in the mean. */
const FILES = 16;
/** Packages of a group, which has a folder. */
const GROUP = 20;
/** Of a thousand entries of a layer: what replaces a file of a lower layer, removes one, links to one beside it. */
const REPLACED = 50;
const REMOVED = 10;
const HARD_LINKS = 20;
const SYMLINKS = 20;
/** Every so many layers one empties a folder of a lower one and fills it anew. */
const OPAQUE_EVERY = 10;
/** Seconds by which the right image was built later. */
const LATER = 3600;

/**
 * @param {StackRecipe} recipe
 * @returns {LayerPlan[]} bottom layer first
 */
export function planStack(recipe) {
  const prng = new Prng(recipe.seed);
  /** @type {Package[]} */
  const packages = [];
  const changing = layersThatChange(recipe);
  /** @type {LayerPlan[]} */
  const plans = [];
  for (let layer = 0; layer < recipe.layers; layer += 1) {
    const changed = changing.has(layer) ? recipe.changed / recipe.changedLayers : 0;
    const entries = planEntries(recipe, layer, changed, packages, prng);
    plans.push({
      images: changed > 0 || recipe.times !== 'none' ? 'each' : 'shared',
      seed: recipe.seed + layer,
      texture: recipe.texture,
      entries,
      createdBy: `/bin/sh -c install packages of step ${layer}`,
    });
  }
  if (recipe.extra) plans.splice(1, 0, restated(/** @type {LayerPlan} */ (plans[1])));
  return plans;
}

/**
 * What a layer of one image alone has: files of the next one, in other words, which then covers all of it.
 * @param {LayerPlan} next
 * @returns {LayerPlan}
 */
function restated(next) {
  const named = [...next.entries].filter(({ path, type }) => type === 'folder' || !path.includes('/.wh.'));
  const entries = named.slice(0, Math.ceil(named.length / 2)).filter(({ type }) => type !== 'hardlink');
  return { ...next, images: 'right', seed: next.seed + 1_000_000, entries, createdBy: '/bin/sh -c prepare packages' };
}

/** @param {StackRecipe} recipe */
function layersThatChange({ layers, changedLayers }) {
  return new Set(Array.from({ length: changedLayers }, (_, nth) => Math.floor(((nth + 0.5) * layers) / changedLayers)));
}

/**
 * @param {StackRecipe} recipe
 * @param {number} layer
 * @param {number} changed files that differ in it
 * @param {Package[]} packages of lower layers; those of this one are added
 * @param {Prng} prng
 * @returns {Entry[]}
 */
function planEntries(recipe, layer, changed, packages, prng) {
  const total =
    Math.round(((layer + 1) * recipe.entries) / recipe.layers) - Math.round((layer * recipe.entries) / recipe.layers);
  /** @type {Entry[]} */
  const entries = ['etc/', 'usr/', 'usr/lib/', 'var/', 'var/lib/'].map((path) => ({ path, type: 'folder' }));
  if (packages.length > 0) replaceAndRemove(entries, total, layer, packages, prng);
  const first = packages.length;
  /** @type {Entry[]} one a package */
  const firstFiles = [];
  let group = -1;
  while (entries.length < total) {
    const number = packages.length;
    if (Math.floor(number / GROUP) !== group) {
      group = Math.floor(number / GROUP);
      entries.push({ path: `usr/lib/group${group}/`, type: 'folder' });
    }
    const folder = `usr/lib/group${group}/package-${number}/`;
    entries.push({ path: folder, type: 'folder' });
    /** @type {Entry} */
    const firstFile = { path: `${folder}file-0.so`, type: 'file' };
    entries.push(firstFile);
    firstFiles.push(firstFile);
    /** @type {string[]} */
    const files = [];
    for (let nth = 1; nth < FILES && entries.length < total; nth += 1) {
      const path = `${folder}file-${nth}.${prng.below(2) === 0 ? 'so' : 'conf'}`;
      const kind = prng.below(1000);
      if (kind < HARD_LINKS) entries.push({ path, type: 'hardlink', linkTarget: firstFile.path });
      else if (kind < HARD_LINKS + SYMLINKS) entries.push({ path, type: 'symlink', linkTarget: 'file-0.so' });
      else {
        entries.push({ path, type: 'file' });
        files.push(path);
      }
    }
    packages.push({ folder, files });
  }
  for (let nth = 0; nth < changed; nth += 1) {
    const entry = firstFiles[Math.floor((nth * (packages.length - first)) / changed)];
    if (entry === undefined || entry.changed) throw new Error('too few packages in a layer');
    entry.changed = true;
  }
  withSizes(entries, recipe, prng);
  for (const entry of entries) {
    if (recipe.times === 'all' || (recipe.times === 'folders' && entry.type === 'folder')) entry.later = LATER;
  }
  return entries;
}

/**
 * A package's first file, which may be one that differs, is left as it is.
 * @param {Entry[]} entries
 * @param {number} total
 * @param {number} layer
 * @param {Package[]} packages
 * @param {Prng} prng
 */
function replaceAndRemove(entries, total, layer, packages, prng) {
  const replaced = Math.floor((total * REPLACED) / 1000);
  const removed = Math.floor((total * REMOVED) / 1000);
  /** @type {Set<string>} */
  const touched = new Set();
  for (let nth = 0; nth < replaced + removed; nth += 1) {
    const { folder, files } = /** @type {Package} */ (packages[prng.below(packages.length)]);
    const at = prng.below(Math.max(1, files.length));
    const path = files[at];
    if (path === undefined || touched.has(path)) continue;
    touched.add(path);
    if (nth < replaced) entries.push({ path, type: 'file' });
    else {
      entries.push({ path: `${folder}.wh.${path.slice(folder.length)}`, type: 'file', size: 0 });
      files.splice(at, 1);
    }
  }
  if (layer % OPAQUE_EVERY !== 0) return;
  const folder = `var/lib/cache-${layer}/`;
  const before = `var/lib/cache-${layer - OPAQUE_EVERY}/`;
  for (const path of [folder, ...numbered(folder)]) entries.push({ path, type: path === folder ? 'folder' : 'file' });
  if (layer < 2 * OPAQUE_EVERY) return;
  entries.push({ path: before, type: 'folder' }, { path: `${before}.wh..wh..opq`, type: 'file', size: 0 });
  for (const path of numbered(before).slice(0, 3)) entries.push({ path, type: 'file' });
}

/** @param {string} folder */
function numbered(folder) {
  return Array.from({ length: FILES }, (_, nth) => `${folder}entry-${nth}`);
}

/**
 * Gives the files that have no size theirs, so that the layer is as large as the recipe wants it.
 * @param {Entry[]} entries
 * @param {StackRecipe} recipe
 * @param {Prng} prng
 */
function withSizes(entries, recipe, prng) {
  const files = entries.filter(({ type, size }) => type === 'file' && size === undefined);
  const room = recipe.tarBytes / recipe.layers - TRAILER.length - (entries.length - files.length) * entryBytes(0);
  const sizes = fileSizes(files.length, room, recipe.spread, prng);
  for (const [index, entry] of files.entries()) {
    entry.size = Math.max(Number(sizes[index]), entry.changed ? LEAST_CHANGED_SIZE : 0);
  }
}
