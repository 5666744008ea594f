import { describe, expect, test } from 'vitest';
import { parseDiffId, parseDigest } from '../../../packages/core/src/digest.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import type { BlobStore } from '../../../packages/core/src/image/blob-store.js';
import type { Layer } from '../../../packages/core/src/image/load.js';
import { type ComparedEntry, extractEntries } from '../../../packages/core/src/layer/extract-entries.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import { type BuiltLayer, buildLayer, sha256 } from '../../support/images.js';

const CONTENTS = ['first', '', 'x'.repeat(5000), 'last'];
const built = await buildLayer({ entries: CONTENTS.map((content, i) => ({ path: `${i}`, content })) });

/** A medium that gives `bytes` in pieces of `size`, and how many it gave. */
function mediumOf(
  { descriptor, diffId }: BuiltLayer,
  bytes: Buffer,
  size: number,
): { store: BlobStore; layer: Layer; given: () => number } {
  let given = 0;
  const store: BlobStore = {
    kind: 'oci',
    reference: 'image',
    root: { type: 'docker', config: { name: '', digest: null, size: null }, layers: [] },
    wrapping: {},
    notes: [],
    isRemote: false,
    open: async function* () {
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        given += piece.length;
        yield piece;
      }
    },
    stat: async () => bytes.length,
    close: async () => {},
  };
  const ref = { name: descriptor.digest, digest: parseDigest(descriptor.digest), size: descriptor.size };
  return { store, layer: { position: 0, ref, descriptor: null, diffId: parseDiffId(diffId) }, given: () => given };
}

const digestBytes = (bytes: Buffer | string): string => Buffer.from(sha256(bytes).slice(7), 'hex').toString('latin1');

/** The entry at `position` as it was compared: its one header block, behind those before it and their contents. */
function entryAt(position: number): ComparedEntry {
  let at = 0;
  for (const content of CONTENTS.slice(0, position)) at += 512 + Math.ceil(content.length / 512) * 512;
  return {
    headerDigest: digestBytes(built.tar.subarray(at, at + 512)),
    contentDigest: digestBytes(CONTENTS[position] ?? ''),
  };
}

async function extract(
  wanted: ReadonlyMap<number, ComparedEntry>,
  medium: ReturnType<typeof mediumOf>,
): Promise<[number, string][]> {
  const taken: [number, string][] = [];
  const options = { limits: DEFAULT_LIMITS, signal: new AbortController().signal };
  await extractEntries(medium.store, medium.layer, wanted, options, async ({ entry, content }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(Buffer.from(chunk));
    taken.push([entry.position, Buffer.concat(chunks).toString()]);
  });
  return taken;
}

describe('extractEntries', () => {
  test.each([1, 7, 512, 100_000])('gives what is wanted, read in pieces of %i bytes', async (size) => {
    const wanted = new Map([2, 1, 3].map((i) => [i, entryAt(i)]));
    const taken = await extract(wanted, mediumOf(built, built.stored, size));
    expect(taken).toEqual([
      [1, ''],
      [2, CONTENTS[2]],
      [3, 'last'],
    ]);
  });

  test('reads no further than to the last', async () => {
    const plain = await buildLayer({ entries: [{ path: '0', content: 'first' }], compression: 'none' });
    const long = Buffer.concat([plain.tar.subarray(0, 1024), Buffer.alloc(1_000_000)]);
    const medium = mediumOf(plain, long, 512);
    expect(await extract(new Map([[0, entryAt(0)]]), medium)).toEqual([[0, 'first']]);
    expect(medium.given()).toBeLessThan(100_000);
  });

  test('gives the last entry of a layer that ends with its content', async () => {
    const plain = await buildLayer({ entries: [{ path: '0', content: 'first' }], compression: 'none' });
    for (const size of [1, 512, 100_000]) {
      const medium = mediumOf(plain, plain.tar.subarray(0, 512 + 5), size);
      expect(await extract(new Map([[0, entryAt(0)]]), medium)).toEqual([[0, 'first']]);
    }
    const within = mediumOf(plain, plain.tar.subarray(0, 512 + 3), 512);
    await expect(extract(new Map([[0, entryAt(0)]]), within)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  test.each([
    ['one', 5],
    ['more than a call can have arguments', 300_000],
  ])('positions that the layer no longer has are an error: %s', async (_, count) => {
    const wanted = new Map(Array.from({ length: count }, (_, i) => [i, i < 4 ? entryAt(i) : entryAt(0)]));
    await expect(extract(wanted, mediumOf(built, built.stored, 512))).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
      location: { blob: built.descriptor.digest },
    });
  });

  test.each([
    ['content', { ...entryAt(0), contentDigest: digestBytes('second') }],
    ['a header', { ...entryAt(0), headerDigest: digestBytes('second') }],
  ])('%s that has changed since it was compared is an error', async (_, compared) => {
    const thrown: unknown = await extract(new Map([[0, compared]]), mediumOf(built, built.stored, 512)).catch(
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(OciDiffError);
    expect(thrown).toMatchObject({ code: 'ERR_DIGEST_MISMATCH', location: { blob: built.descriptor.digest } });
  });
});
