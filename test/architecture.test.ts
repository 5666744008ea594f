import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import glob from 'fast-glob';
import { describe, expect, test } from 'vitest';
import { violations } from './support/architecture.js';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

describe('architecture', () => {
  test('the packages keep it', () => {
    const paths = glob.sync('*/src/**/*.ts', { cwd: packages }).sort();
    const sources = new Map(paths.map((path) => [path, readFileSync(packages + path, 'utf8')]));
    expect(sources.size).toBeGreaterThan(20);
    expect(violations(sources)).toEqual([]);
  });

  /* The rules, each shown to hold: a file that breaks it, with all it imports. */
  test.each([
    ['a lower floor uses a higher one', 'core/src/tar/a.ts', `import '../compare/a.js';`, 'tar must not use compare'],
    ['for a type only', 'core/src/bytes/a.ts', `import type { A } from '../image/a.js';`, 'bytes must not use image'],
    [
      'sources and layer know each other',
      'core/src/sources/a.ts',
      `import '../layer/a.js';`,
      'sources must not use layer',
    ],
    [
      'layer and sources know each other',
      'core/src/layer/a.ts',
      `export * from '../sources/a.js';`,
      'layer must not use sources',
    ],
    ['tar and image know each other', 'core/src/tar/a.ts', `import '../image/a.js';`, 'tar must not use image'],
    ['image and tar know each other', 'core/src/image/a.ts', `import '../tar/a.js';`, 'image must not use tar'],
    ['the ground uses a room', 'core/src/errors.ts', `import './json/a.js';`, 'errors must not use json'],
    ['a room uses the entry', 'core/src/report/a.ts', `import '../index.js';`, 'report must not use index'],
    [
      'a room uses a file beside the entry',
      'core/src/report/a.ts',
      `import '../diff-images.js';`,
      'report must not use index',
    ],
    ['a room that nobody planned', 'core/src/attic/a.ts', `import '../errors.js';`, 'attic is no room of the house'],
    ['a file that does not exist', 'core/src/tar/a.ts', `import './b.js';`, 'is no source file'],
    ['a path into the other package', 'cli/src/a.ts', `import '../../core/src/index.js';`, 'of another package'],
    ['an inner file of the library', 'cli/src/a.ts', `import '@ocidiff/core/dist/tar/a.js';`, 'public entry'],
    ['the library uses the command', 'core/src/index.ts', `import 'ocidiff';`, 'imports the command'],
    ['the library uses itself by name', 'core/src/report/a.ts', `import '@ocidiff/core';`, 'its own package by name'],
    ['the disk', 'core/src/tar/a.ts', `import { open } from 'node:fs/promises';`, 'touch the disk'],
    [
      'the cache in a room that others use',
      'core/src/layer/a.ts',
      `import '../cache/a.js';`,
      'layer must not use cache',
    ],
    ['the disk in another part of report', 'core/src/report/table.ts', `import 'node:fs';`, 'touch the disk'],
    ['the network', 'core/src/image/a.ts', `import 'node:https';`, 'outside the process'],
    ['the network by another way', 'core/src/compare/a.ts', `import { request } from 'undici';`, 'outside the process'],
    ['the network in the command', 'cli/src/a.ts', `import 'node:net';`, 'outside the process'],
    ['other programs', 'core/src/report/a.ts', `import 'node:child_process';`, 'runs other programs'],
    ['other programs in other sources', 'core/src/sources/a.ts', `import 'node:child_process';`, 'runs other programs'],
    ['decompression', 'core/src/layer/a.ts', `import 'node:zlib';`, 'only bytes decompresses'],
    ['decompression in the command', 'cli/src/a.ts', `await import('node:zlib');`, 'only bytes decompresses'],
    ['the process', 'core/src/tar/a.ts', `if (process.env.A) {}`, 'process is for cli alone'],
    ['the process, imported', 'core/src/tar/a.ts', `import { env } from 'node:process';`, 'a process and a terminal'],
    ['the terminal', 'core/src/tar/a.ts', `console.log(1);`, 'console is for cli alone'],
    ['a builtin without its prefix', 'core/src/tar/a.ts', `import 'fs';`, 'without node:'],
    ['a module named at run time', 'core/src/tar/a.ts', `await import(name);`, 'only running it can tell'],
  ])('is broken by: %s', (_what, path, text, expected) => {
    expect(violations(sourcesWith(path, text))).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    ['a room uses itself', 'core/src/tar/b.ts', `import './a.js';`],
    ['a higher floor uses any lower one', 'core/src/report/b.ts', `import '../tar/a.js'; import '../compare/a.js';`],
    ['the ground uses the ground', 'core/src/options.ts', `import type { A } from './errors.js';`],
    ['a file beside the entry is the entry', 'core/src/index.ts', `export { a } from './diff-images.js';`],
    ['sources read the disk and the network', 'core/src/sources/b.ts', `import 'node:fs'; import 'node:http';`],
    ['engines run programs', 'core/src/sources/engine/a.ts', `import 'node:child_process';`],
    ['the cache keeps files', 'core/src/cache/b.ts', `import 'node:fs'; import '../layer/a.js';`],
    ['the report folder writes', 'core/src/report/folder.ts', `import { mkdir } from 'node:fs/promises';`],
    ['a folder for the report folder', 'core/src/report/folder/write.ts', `import 'node:fs';`],
    ['bytes decompresses', 'core/src/bytes/b.ts', `import { createGunzip } from 'node:zlib';`],
    ['the command prints', 'cli/src/a.ts', `import { diffImages } from '@ocidiff/core'; process.exitCode = 1;`],
    ['a harmless builtin', 'core/src/tar/b.ts', `import { createHash } from 'node:crypto';`],
  ])('is kept by: %s', (_what, path, text) => {
    expect(violations(sourcesWith(path, text))).toEqual([]);
  });

  test('is broken by a cycle of files, also of types', () => {
    const sources = new Map([
      ['core/src/tar/a.ts', `import type { B } from './b.js';`],
      ['core/src/tar/b.ts', `import { c } from './c.js';`],
      ['core/src/tar/c.ts', `export type { A } from './a.js';`],
    ]);
    expect(violations(sources)).toEqual([
      'cycle: core/src/tar/a.ts → core/src/tar/b.ts → core/src/tar/c.ts → core/src/tar/a.ts',
    ]);
  });
});

/** A house with one file a room, and one more. */
function sourcesWith(path: string, text: string): Map<string, string> {
  const rooms = ['bytes', 'json', 'tar', 'image', 'sources', 'layer', 'compare', 'cache', 'explain', 'report'];
  const sources = new Map(rooms.map((room) => [`core/src/${room}/a.ts`, '']));
  for (const name of ['errors', 'index', 'diff-images']) sources.set(`core/src/${name}.ts`, '');
  return sources.set(path, text);
}
