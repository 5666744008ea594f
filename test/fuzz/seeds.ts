import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fixture } from '../support/fixtures.js';
import { type Member, unpackMembers } from '../support/images.js';

/** A fixture, in memory. */
export interface SeedImage {
  readonly name: string;
  readonly medium: 'archive' | 'folder';
  readonly members: readonly Member[];
  /** Of an archive, as it stands. */
  readonly bytes: Buffer | null;
}

export interface Seeds {
  readonly images: readonly SeedImage[];
  /** Uncompressed layers, each once. */
  readonly tars: readonly Buffer[];
  /** Layers as they are stored with gzip, each once. */
  readonly gzips: readonly Buffer[];
  /** The same with zstd. */
  readonly zstds: readonly Buffer[];
  /** Every JSON document, each once. */
  readonly documents: readonly Buffer[];
}

let seeds: Promise<Seeds> | undefined;

/** All fixtures, read once. */
export function readSeeds(): Promise<Seeds> {
  seeds ??= read();
  return seeds;
}

async function read(): Promise<Seeds> {
  const images: SeedImage[] = [];
  for (const name of readdirSync(fixture('')).sort()) {
    const path = fixture(name);
    if (name.endsWith('.tar')) {
      const bytes = readFileSync(path);
      images.push({ name, medium: 'archive', members: await unpackMembers(bytes), bytes });
    } else if (statSync(path).isDirectory() && name.startsWith('clock-')) {
      images.push({ name, medium: 'folder', members: filesBelow(path, ''), bytes: null });
    }
  }
  const contents = new Map<string, Buffer>();
  for (const { members } of images) {
    for (const { content } of members) contents.set(content.toString('latin1'), content);
  }
  const all = [...contents.values()];
  const gzips = all.filter(isGzip);
  const tars = new Map(
    [...gzips.map((bytes) => gunzipSync(bytes)), ...all.filter(isTar)].map((tar) => [tar.toString('latin1'), tar]),
  );
  return {
    images,
    tars: [...tars.values()],
    gzips,
    zstds: all.filter((bytes) => bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528),
    documents: all.filter(isJson),
  };
}

export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function isTar(bytes: Buffer): boolean {
  return bytes.length >= 512 && bytes.toString('latin1', 257, 262) === 'ustar';
}

export function isJson(bytes: Buffer): boolean {
  return bytes[0] === 0x7b || bytes[0] === 0x5b;
}

function filesBelow(folder: string, prefix: string): Member[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = `${prefix}${entry.name}`;
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path, `${name}/`) : [{ name, content: readFileSync(path) }];
  });
}
