import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type EntrySpec, type ImageSpec, type LayerSpec, layerTar } from '../../support/images.js';
import type { ImageInput, ImagesCase } from './cause-case.js';

/*
 * Shapes of cases with whole images, so that a case says only what its sides differ in.
 */

export function written(what: string, image0: ImageInput, image1: ImageInput): ImagesCase {
  return { kind: 'images', origin: 'written', what, images: [image0, image1] };
}

/** Fixtures, which real builders made; see fixtures/README.md. */
export function built(what: string, image0: string, image1: string): ImagesCase {
  return { kind: 'images', origin: 'tool', what, images: [image0, image1] };
}

/** What a real program makes when the test runs. */
export function made(what: string, image0: ImageInput, image1: ImageInput): ImagesCase {
  return { kind: 'images', origin: 'tool', what, images: [image0, image1] };
}

/** An image with one layer of these entries. */
export function entries(...list: readonly EntrySpec[]): ImageSpec {
  return { layers: [{ entries: list }] };
}

/** An image with several layers. */
export function layers(...list: readonly (readonly EntrySpec[])[]): ImageSpec {
  return { layers: list.map((each) => ({ entries: each })) };
}

/** Two sides of one file, `etc/app.conf`, with other fields. */
export function fields(field0: Partial<EntrySpec>, field1: Partial<EntrySpec>): [ImageSpec, ImageSpec] {
  const file = { path: 'etc/app.conf', content: 'same\n' };
  return [entries({ ...file, ...field0 }), entries({ ...file, ...field1 })];
}

/** An image without layers whose config file has these members. */
export function config(members: object): ImageSpec {
  return { configFile: members };
}

/** The same with members of `config`. */
export function run(members: object): ImageSpec {
  return { config: members };
}

/** The same with lines of the history, each of no layer. */
export function history(...lines: readonly object[]): ImageSpec {
  return config({ history: lines.map((line) => ({ empty_layer: true, ...line })) });
}

/** An image whose manifest has these members. */
export function manifest(members: object): ImageSpec {
  return { manifest: members };
}

/** A layer with text enough that compressors differ. */
const TEXT = Array.from({ length: 4000 }, (_, i) => `${(i * 7919) % 1000} line ${i % 37}\n`).join('');

async function compressibleTar(): Promise<Buffer> {
  return layerTar([{ path: 'text', content: TEXT }]);
}

/** An image with a layer whose stored bytes `store` makes of its tar. */
export function stored(store: (tar: Buffer) => Buffer, spec: LayerSpec = {}): ImageInput {
  return async () => {
    const tar = await compressibleTar();
    return { layers: [{ tar, stored: store(tar), ...spec }] };
  };
}

export function gzip(tar: Buffer): Buffer {
  return gzipSync(tar);
}

/** What a program makes of its standard input. */
export function through(program: string, ...args: readonly string[]): (input: Buffer) => Buffer {
  return (input) => execFileSync(program, args, { input, maxBuffer: 64 * 1024 * 1024 });
}

/** An image with a layer that a program packs from a folder, which `fill` (a shell script) makes. */
export function packed(fill: string, program: string, ...args: readonly string[]): ImageInput {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ocidiff-packed-'));
    try {
      execFileSync('sh', ['-ec', `umask 022\n${fill}`], { cwd: folder });
      const tar = execFileSync(program, args, {
        cwd: folder,
        env: { ...process.env, LC_ALL: 'C' },
        maxBuffer: 64 * 1024 * 1024,
      });
      return { layers: [{ tar }] };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}
