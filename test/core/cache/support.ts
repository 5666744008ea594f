import type { ReadingKey } from '../../../packages/core/src/cache/kept-reading.js';
import { encodeReading } from '../../../packages/core/src/cache/kept-reading.js';
import type { DiffId, Digest } from '../../../packages/core/src/digest.js';
import { loadImages } from '../../../packages/core/src/image/load.js';
import type { LayerIndex } from '../../../packages/core/src/layer/layer-index.js';
import { type LayerReading, readLayer } from '../../../packages/core/src/layer/read-layer.js';
import { DEFAULT_LIMITS, type Limits } from '../../../packages/core/src/limits.js';
import { openSource } from '../../../packages/core/src/sources/open-source.js';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { fixture } from '../../support/fixtures.js';

export const limits: Limits = DEFAULT_LIMITS;
const onNote = (): void => {};

/** A key of no real layer. */
export function keyOf(digit: string, changes: Partial<ReadingKey> = {}): ReadingKey {
  const digest = `sha256:${digit.repeat(64)}`;
  return { digest: digest as Digest, diffId: digest as string as DiffId, depth: 'index', examined: false, ...changes };
}

/** Every layer of a fixture, indexed. */
export async function readingsOf(name: string): Promise<{ key: ReadingKey; reading: LayerReading }[]> {
  const store = await openSource(fixture(name), { limits });
  try {
    const root = await loadImages(store, { limits, onNote });
    if (root.kind !== 'manifest') throw new Error('an index');
    const { layers } = await root.loadImage();
    const readings = [];
    for (const layer of layers) {
      const reading = await readLayer(store, layer, 'index', { limits, onNote, examine: true });
      const digest = layer.ref.digest ?? (layer.diffId as string as Digest);
      readings.push({ key: { digest, diffId: layer.diffId, depth: 'index', examined: true } as const, reading });
    }
    return readings;
  } finally {
    await store.close();
  }
}

export function encode(key: ReadingKey, reading: LayerReading, under: Limits = limits): Buffer {
  const chunks: Buffer[] = [];
  encodeReading(key, reading, under, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

/** A reading with one entry for each of `paths`, as large as they are. */
export function readingWith(paths: readonly string[], diffId: DiffId): LayerReading {
  let offset = 0;
  const entries = paths.map((path, position) => {
    const entry = headerOf({ path, position, offset });
    offset += entry.headerBytes;
    return entry;
  });
  const index: LayerIndex = {
    diffId,
    bytes: offset + 1024,
    entries,
    contentDigests: paths.map(() => 'c'.repeat(32)),
    paddings: new Map(),
    trailer: { offset, bytes: 1024, zero: true, digest: 't'.repeat(32) },
  };
  return { compression: { format: 'none' }, storedBytes: index.bytes, index };
}

export function headerOf(changes: Partial<TarHeader>): TarHeader {
  return {
    position: 0,
    offset: 0,
    headerBytes: 512,
    headerDigest: 'h'.repeat(32),
    format: 'ustar',
    type: 'file',
    path: 'a',
    linkTarget: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    uname: 'root',
    gname: 'root',
    size: 0,
    storedSize: 0,
    mtime: { seconds: 1_677_619_260, nanoseconds: 0 },
    atime: null,
    ctime: null,
    devMajor: 0,
    devMinor: 0,
    pax: null,
    sparse: null,
    style: '',
    ...changes,
  };
}
