/**
 * Makes the pairs of images that the benchmark compares, as OCI archives, and keeps them in bench/images/ until their
 * recipe or the code that makes them changes.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { Content } from './content.mjs';
import { planLayer } from './plans.mjs';
import { planStack } from './stack.mjs';
import { header, padding, TRAILER } from './tar.mjs';

/** @typedef {import('./recipes.mjs').ImageRecipe} ImageRecipe */
/** @typedef {import('./plans.mjs').LayerPlan} LayerPlan */
/** @typedef {{ file: string, digest: string, size: number, diffId: string }} Written */
/** @typedef {Written & { entries: number, createdBy: string | null }} Blob */
/** @typedef {{ file: string, layers: Blob[] }} Image the archive, and each layer's blob as a file of its own */

const HERE = dirname(fileURLToPath(import.meta.url));
export const IMAGES = join(HERE, 'images');

/** One differing file has this many bytes changed. */
const CHANGED_BYTES = 7;

/**
 * The pair of images that `recipe` describes, made if it is not there yet.
 * @param {string} name
 * @param {ImageRecipe} recipe
 * @returns {Promise<[Image, Image]>}
 */
export async function makePair(name, recipe) {
  const folder = join(IMAGES, name);
  const made = join(folder, 'made.json');
  const stamp = stampOf(recipe);
  if (existsSync(made)) {
    const known = JSON.parse(readFileSync(made, 'utf8'));
    const files = known.pair.flatMap((/** @type {Image} */ image) => [
      image.file,
      ...image.layers.map(({ file }) => file),
    ]);
    if (known.stamp === stamp && files.every(existsSync)) return known.pair;
  }
  process.stderr.write(`making the images of ${name} …\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  /** @type {(Blob | null)[][]} */
  const layers = [];
  const plans = 'stack' in recipe ? planStack(recipe.stack) : recipe.layers.map(planLayer);
  for (const [index, plan] of plans.entries()) {
    layers.push(await makeLayer(join(folder, `layer-${index}`), plan, recipe.compress));
  }
  /** @type {Image[]} */
  const pair = [];
  for (const side of [0, 1]) {
    const blobs = layers.flatMap((sides) => sides[side] ?? []);
    const file = join(folder, `${name}-${side}.oci.tar`);
    await writeArchive(file, blobs, recipe.compress);
    pair.push({ file, layers: blobs });
  }
  writeFileSync(made, JSON.stringify({ stamp, pair }));
  return /** @type {[Image, Image]} */ (pair);
}

/** @param {ImageRecipe} recipe */
function stampOf(recipe) {
  const hash = createHash('sha256').update(JSON.stringify([recipe, HERE, process.versions.zlib]));
  for (const name of ['prng', 'content', 'tar', 'plans', 'stack', 'images'])
    hash.update(readFileSync(join(HERE, `${name}.mjs`)));
  return hash.digest('hex');
}

/**
 * Writes a layer of each image at once; a shared one only once.
 * @param {string} file where to, without the side's number
 * @param {LayerPlan} plan
 * @param {boolean} compress
 * @returns {Promise<(Blob | null)[]>} by side
 */
async function makeLayer(file, { images, seed, texture, entries, createdBy }, compress) {
  const sides = { shared: [0], each: [0, 1], right: [1] }[images];
  const writers = sides.map((side) => ({ side, writer: new BlobWriter(`${file}-${side}.blob`, compress) }));
  const content = new Content(seed, texture);
  let count = 0;
  for (const { changed = false, later = 0, ...entry } of entries) {
    count += 1;
    const { size = 0 } = entry;
    for (const { side, writer } of writers) await writer.write(header({ ...entry, later: side * later }));
    for (const [at, part] of content.take(size).entries()) {
      for (const { side, writer } of writers) {
        await writer.write(at === 0 && changed && side === 1 ? withChanges(part) : part);
      }
    }
    for (const { writer } of writers) await writer.write(padding(size));
  }
  /** @type {(Blob | null)[]} */
  const blobs = [null, null];
  for (const { side, writer } of writers) {
    await writer.write(TRAILER);
    blobs[side] = { ...(await writer.end()), entries: count, createdBy: createdBy ?? null };
  }
  return images === 'shared' ? [blobs[0] ?? null, blobs[0] ?? null] : blobs;
}

/** @param {Uint8Array} part */
function withChanges(part) {
  const copy = Buffer.from(part);
  for (let nth = 0; nth < CHANGED_BYTES; nth += 1) {
    const at = Math.floor((nth * copy.length) / CHANGED_BYTES);
    copy[at] = Number(copy[at]) ^ 0x55;
  }
  return copy;
}

/** Writes one layer's blob and takes its digests on the way. */
class BlobWriter {
  #file;
  #input;
  #written;
  #diffId = createHash('sha256');
  #digest = createHash('sha256');
  #size = 0;

  /**
   * @param {string} file
   * @param {boolean} compress
   */
  constructor(file, compress) {
    this.#file = file;
    const count = (/** @type {Buffer} */ chunk) => {
      this.#digest.update(chunk);
      this.#size += chunk.length;
    };
    this.#input = compress ? createGzip({ level: 6, chunkSize: 1024 ** 2 }) : new PassThrough();
    this.#input.on('data', count);
    this.#written = pipeline(this.#input, createWriteStream(file));
  }

  /** @param {Uint8Array} chunk */
  async write(chunk) {
    if (chunk.length === 0) return;
    this.#diffId.update(chunk);
    if (!this.#input.write(chunk)) await once(this.#input, 'drain');
  }

  /** @returns {Promise<Written>} */
  async end() {
    this.#input.end();
    await this.#written;
    return {
      file: this.#file,
      digest: this.#digest.digest('hex'),
      size: this.#size,
      diffId: this.#diffId.digest('hex'),
    };
  }
}

/**
 * @param {string} file
 * @param {Blob[]} layers
 * @param {boolean} compress
 */
async function writeArchive(file, layers, compress) {
  const mediaType = 'application/vnd.oci.image';
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/usr/bin:/bin'], Cmd: ['/bin/sh'] },
    ...(layers.some(({ createdBy }) => createdBy !== null)
      ? { history: layers.map(({ createdBy }) => ({ created_by: createdBy })) }
      : {}),
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${mediaType}.manifest.v1+json`,
    config: { mediaType: `${mediaType}.config.v1+json`, ...described(config) },
    layers: layers.map(({ digest, size }) => ({
      mediaType: `${mediaType}.layer.v1.tar${compress ? '+gzip' : ''}`,
      digest: `sha256:${digest}`,
      size,
    })),
  });
  const index = json({
    schemaVersion: 2,
    mediaType: `${mediaType}.index.v1+json`,
    manifests: [{ mediaType: `${mediaType}.manifest.v1+json`, ...described(manifest) }],
  });
  const out = createWriteStream(file);
  const done = once(out, 'close');
  /** @param {Uint8Array} chunk */
  const write = async (chunk) => {
    if (!out.write(chunk)) await once(out, 'drain');
  };
  /** @param {string} path @param {Buffer} content */
  const member = async (path, content) => {
    await write(Buffer.concat([header({ path, size: content.length }), content, padding(content.length)]));
  };
  await member('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  await member('index.json', index);
  await write(header({ path: 'blobs/', type: 'folder' }));
  await write(header({ path: 'blobs/sha256/', type: 'folder' }));
  for (const document of [config, manifest]) await member(`blobs/sha256/${hex(document)}`, document);
  for (const { file: blob, digest, size } of layers) {
    await write(header({ path: `blobs/sha256/${digest}`, size }));
    for await (const chunk of createReadStream(blob, { highWaterMark: 1024 ** 2 })) await write(chunk);
    await write(padding(size));
  }
  out.end(TRAILER);
  await done;
}

/** @param {unknown} value */
function json(value) {
  return Buffer.from(JSON.stringify(value));
}

/** @param {Buffer} document */
function hex(document) {
  return createHash('sha256').update(document).digest('hex');
}

/** @param {Buffer} document */
function described(document) {
  return { digest: `sha256:${hex(document)}`, size: document.length };
}
