import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract, type Header, pack } from 'tar-stream';
import { afterAll } from 'vitest';
import { drain, verify } from '../../../packages/core/src/bytes/verify.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import type { BlobRef, BlobStore } from '../../../packages/core/src/image/blob-store.js';
import { imageChildren } from '../../../packages/core/src/image/index-children.js';
import { type Image, loadImages } from '../../../packages/core/src/image/load.js';
import { DEFAULT_LIMITS, type Limits } from '../../../packages/core/src/limits.js';
import type { Note } from '../../../packages/core/src/notes.js';
import { type OpenSourceOptions, openSource } from '../../../packages/core/src/sources/open-source.js';

export const FIXTURES: string = join(import.meta.dirname, '../../../fixtures');

/** The path of a fixture. */
export function fixture(name: string): string {
  return join(FIXTURES, name);
}

/** A folder for one test file; it goes when its tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A member of an outer archive, as tar-stream reads and writes it. */
export interface Member {
  readonly header: { readonly name: string; readonly type?: Header['type']; readonly linkname?: string | null };
  readonly content: Buffer;
}

export function file(name: string, content: string | Buffer | object): Member {
  const bytes = Buffer.isBuffer(content)
    ? content
    : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  return { header: { name, type: 'file' }, content: bytes };
}

export function link(name: string, linkname: string, type: 'symlink' | 'link' = 'symlink'): Member {
  return { header: { name, type, linkname }, content: Buffer.alloc(0) };
}

/** The members of a tar archive, by tar-stream. */
async function unpack(archive: Buffer): Promise<Member[]> {
  const members: Member[] = [];
  const extraction = extract();
  extraction.end(archive);
  for await (const entry of extraction) members.push({ header: entry.header, content: await buffer(entry) });
  return members;
}

/** A tar archive of `members`, by tar-stream. */
export async function repack(members: readonly Member[]): Promise<Buffer> {
  const packing = pack();
  for (const { header, content } of members) {
    const { name, type, linkname } = header;
    const written = { name, type: type ?? 'file', mode: 0o644, mtime: new Date(0), size: content.length };
    packing.entry(linkname == null ? written : { ...written, linkname }, content);
  }
  packing.finalize();
  return buffer(packing);
}

export async function membersOf(name: string): Promise<Member[]> {
  return unpack(readFileSync(fixture(name)));
}

export function write(folder: string, name: string, bytes: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export async function open(reference: string, options: Partial<OpenSourceOptions> = {}): Promise<BlobStore> {
  return openSource(reference, { limits: DEFAULT_LIMITS, ...options });
}

/** Every image of a source, every blob of each read to its end and verified. */
export interface ReadSource {
  readonly store: BlobStore;
  readonly notes: readonly Note[];
  readonly images: readonly Image[];
  /** Digest of the root; null where the medium has none. */
  readonly digest: string | null;
}

/** Opens a source and reads all of it, attestations too. */
export async function readWhole(reference: string, options: Partial<OpenSourceOptions> = {}): Promise<ReadSource> {
  const limits: Limits = options.limits ?? DEFAULT_LIMITS;
  const store = await open(reference, options);
  try {
    const notes: Note[] = [...store.notes];
    const onNote = (note: Note): void => {
      notes.push(note);
    };
    const root = await loadImages(store, { limits, onNote });
    const images: Image[] = [];
    if (root.kind === 'manifest') {
      images.push(await root.loadImage());
    } else {
      for (const { child } of await imageChildren(root)) {
        const loaded = await child.load();
        if (loaded.kind === 'manifest') images.push(await loaded.loadImage());
      }
    }
    for (const { ref } of images.flatMap(({ layers }) => layers)) await readBlob(store, ref);
    return { store, notes, images, digest: root.descriptor?.digest ?? null };
  } finally {
    await store.close();
  }
}

/** Reads a blob and holds it against what is known of it. */
export async function readBlob(store: BlobStore, { digest, size, name }: BlobRef): Promise<number> {
  return drain(verify(store.open({ digest, size, name }), { digest, size, name }));
}

/** The error that `promise` rejects with; it must be an OciDiffError. */
export async function failure(promise: Promise<unknown>): Promise<OciDiffError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OciDiffError) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}

export function run(program: string, ...args: string[]): Buffer {
  return execFileSync(program, args, { maxBuffer: 1 << 28 });
}

/** `bytes` as a stream gives them, in pieces of `size`. */
export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
