import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TreeWriter } from '../../../packages/core/src/report/folder/writer.js';

/*
 * A disk that takes names for one that differ in case or normal form, as those of macOS and Windows do. Linux has none
 * at hand, so the system calls of the writer are told such a disk's names: what it was given, folded. Nothing else is
 * different: a name that is there is there (EEXIST).
 */
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  /* Case folding, near enough: upper case first, so that ß and ſ fold, too. */
  const fold = (path: string | Buffer): string => {
    const text = path.toString();
    return (
      text.slice(0, ROOT.value.length) + text.slice(ROOT.value.length).toUpperCase().toLowerCase().normalize('NFC')
    );
  };
  return {
    ...fs,
    openSync: (path: Buffer, ...rest: [number, number]) => fs.openSync(fold(path), ...rest),
    mkdirSync: (path: Buffer, ...rest: [number]) => fs.mkdirSync(fold(path), ...rest),
    unlinkSync: (path: Buffer) => fs.unlinkSync(fold(path)),
  };
});
const ROOT = vi.hoisted(() => ({ value: '' }));

const around = mkdtempSync(join(tmpdir(), 'ocidiff-Test-'));
afterAll(() => rmSync(around, { recursive: true, force: true }));
let runs = 0;
let root: string;
beforeEach(() => {
  runs++;
  root = mkdtempSync(join(around, `run-${runs}-`));
  ROOT.value = root;
});

/** Writes `names` with themselves as contents; the content of each file that is on the disk then, by its path. */
async function write(names: readonly string[]): Promise<Map<string, string>> {
  const writer = new TreeWriter(root, { anyBytes: false, windows: true });
  writer.makeFolder('base');
  for (const name of names) {
    const file = writer.createFor(0, 'base', Buffer.from(name));
    await file.write(Buffer.from(name));
    await file.close();
  }
  writer.close();
  const files = readdirSync(join(root, 'base'), { recursive: true, withFileTypes: true });
  const found = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const { file, path } of writer.renamed) {
    const folded = join(root, file.toLowerCase().normalize('NFC'));
    expect(readFileSync(folded, 'utf8')).toBe(path);
  }
  return new Map(found.map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]));
}

describe('twins: no file takes the place of another, and none is lost', () => {
  test.each<[what: string, names: string[]]>([
    ['in case', ['Case', 'case', 'CASE', 'cAsE']],
    ['folders in case', ['Folder/a', 'folder/b', 'FOLDER/a']],
    ['a folder and a file in case', ['Name/below', 'name', 'NAME/below/deeper']],
    ['a file and a folder in case', ['name', 'Name/below', 'NAME']],
    ['composed and decomposed', ['caf\u00e9', 'cafe\u0301', 'CAFE\u0301']],
    ['singletons', ['\u2126', '\u03a9', '\u03c9']],
    ['letters that fold to two', ['stra\u00dfe', 'STRASSE', 'strasse']],
    ['the safe name of another', ['A', 'a', 'a~ca978112ca1b', 'A~ca978112ca1b']],
    ['git’s: a link’s name, then a file through it', ['A/x', 'a', 'a/x']],
  ])('%s', async (_what, names) => {
    const found = await write(names);
    expect([...found.values()].sort()).toEqual([...names].sort());
    expect([...found.keys()].every((path) => path.startsWith('base/'))).toBe(true);
  });
});
