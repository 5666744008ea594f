import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  acquireLock,
  isBuilt,
  isInstalled,
  recordBuilt,
  recordInstalled,
  satisfies,
  sourceStamp,
} from '../../scripts/prepare.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ocidiff-prepare-'));
  write('package.json', '{}');
  write('pnpm-lock.yaml', 'lockfileVersion: 9');
  write('pnpm-workspace.yaml', 'packages:');
  write('tsconfig.base.json', '{}');
  write('packages/core/package.json', '{}');
  write('packages/core/tsconfig.json', '{}');
  write('packages/core/src/index.ts', 'export const a = 1;');
  write('packages/core/src/deep/b.ts', 'export const b = 1;');
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe('isBuilt', () => {
  beforeEach(() => {
    write('packages/core/dist/index.js', 'export const a = 1;');
    write('packages/core/dist/deep/b.js', 'export const b = 1;');
  });

  test('is false before the first build', () => {
    expect(isBuilt(root)).toBe(false);
  });

  test('is true after a build', () => {
    recordBuilt(root, sourceStamp(root));
    expect(isBuilt(root)).toBe(true);
  });

  test.each([
    ['a source changed', () => write('packages/core/src/deep/b.ts', 'export const b = 2;')],
    ['a source was added', () => write('packages/core/src/c.ts', '')],
    ['a source is gone: its output must go, too', () => rmSync(join(root, 'packages/core/src/deep/b.ts'))],
    [
      'a source was renamed',
      () => {
        rmSync(join(root, 'packages/core/src/deep/b.ts'));
        write('packages/core/src/deep/c.ts', 'export const b = 1;');
      },
    ],
    ['a compiler option changed', () => write('tsconfig.base.json', '{"compilerOptions":{}}')],
    ['a package was added', () => write('packages/cli/package.json', '{}')],
    ['another compiler may be locked', () => write('pnpm-lock.yaml', 'lockfileVersion: 10')],
    ['dist is gone', () => rmSync(join(root, 'packages/core/dist'), { recursive: true })],
    ['a file of dist is gone', () => rmSync(join(root, 'packages/core/dist/deep/b.js'))],
    ['a file of dist was edited', () => write('packages/core/dist/deep/b.js', 'export const b = 3;')],
    ['a file was added to dist', () => write('packages/core/dist/c.js', '')],
    ['the stamp is gone', () => rmSync(join(root, '.stamp'), { recursive: true })],
  ])('is false: %s', (_reason, change) => {
    recordBuilt(root, sourceStamp(root));
    change();
    expect(isBuilt(root)).toBe(false);
  });

  test('is false when a source was saved while the compiler ran', () => {
    const before = sourceStamp(root);
    write('packages/core/src/index.ts', 'export const a = 2;');
    recordBuilt(root, before);
    expect(isBuilt(root)).toBe(false);
  });

  test('does not mind a run of the compiler by hand that changed nothing', () => {
    recordBuilt(root, sourceStamp(root));
    write('packages/core/dist/.tsbuildinfo', '{}');
    expect(isBuilt(root)).toBe(true);
  });
});

describe('isInstalled', () => {
  beforeEach(() => {
    mkdirSync(join(root, 'node_modules'));
    mkdirSync(join(root, 'packages/core/node_modules'));
  });

  test('is false before the first installation and true after it', () => {
    expect(isInstalled(root)).toBe(false);
    recordInstalled(root);
    expect(isInstalled(root)).toBe(true);
  });

  test.each([
    ['the lock file changed', () => write('pnpm-lock.yaml', 'lockfileVersion: 10')],
    ['the workspace file changed', () => write('pnpm-workspace.yaml', 'packages: []')],
    ['a root dependency changed', () => write('package.json', '{"devDependencies":{}}')],
    ['a package dependency changed', () => write('packages/core/package.json', '{"dependencies":{}}')],
    ['node_modules is gone', () => rmSync(join(root, 'node_modules'), { recursive: true })],
    ['the links of a package are gone', () => rmSync(join(root, 'packages/core/node_modules'), { recursive: true })],
  ])('is false: %s', (_reason, change) => {
    recordInstalled(root);
    change();
    expect(isInstalled(root)).toBe(false);
  });

  test('does not mind a changed source', () => {
    recordInstalled(root);
    write('packages/core/src/index.ts', '');
    expect(isInstalled(root)).toBe(true);
  });
});

describe('acquireLock', () => {
  test('takes over a lock whose process is gone', () => {
    write('lock', '999999999');
    acquireLock(root)();
  });

  test('can be taken again once it is released', () => {
    acquireLock(root)();
    acquireLock(root)();
  });
});

test.each([
  ['20.19.0', true, 'the minimum itself'],
  ['20.19.5', true, 'a later patch'],
  ['20.20.0', true, 'a later minor'],
  ['22.0.0', true, 'a later major with a smaller minor'],
  ['20.18.9', false, 'an earlier minor with a larger patch'],
  ['18.20.4', false, 'an earlier major with a larger minor'],
  ['20.9.0', false, 'numbers, not strings'],
])('Node %s is new enough for 20.19.0: %s (%s)', (actual, expected) => {
  expect(satisfies(actual, '20.19.0')).toBe(expected);
});
