import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../packages/core/src/explain/catalogue/index.js';
import { diffImages, type Report } from '../../../packages/core/src/index.js';
import { writeArchive } from '../../e2e/support.js';
import { buildImage, type EntrySpec } from '../../support/images.js';
import { explainedBy } from './explained-by.js';

/* Changes that mean something, in the shape of changes that mean nothing. */

type Contents = readonly [Uint8Array | string, Uint8Array | string];

function causesOf(path: string, contents: Contents, mode = 0o644): Promise<string[]> {
  return explainedBy({ kind: 'content', origin: 'written', what: 'an attack', path, contents, mode });
}

const [HEX0, HEX1] = ['a'.repeat(64), 'b'.repeat(64)];
const UUID = '1111111-1111-1111-1111-111111111111';

describe('words that look like chance or a host, in files that decide on access or trust, are explained by nothing', () => {
  test.each<[string, string, string]>([
    ['etc/ld.so.preload', '/tmp/aaaaaa.so\n', '/tmp/bbbbbb.so\n'],
    ['etc/hosts.allow', 'sshd: 10.0.0.1\n', 'sshd: 10.66.6.6\n'],
    ['etc/hosts', '10.0.0.1 mirror.example\n', '10.66.6.6 mirror.example\n'],
    ['etc/sudoers', 'a ALL=ALL\na ALL=!/bin/sh\n', 'a ALL=!/bin/sh\na ALL=ALL\n'],
    ['etc/sudoers.d/x', '#1500000000 ALL=ALL\n', '#1600000000 ALL=ALL\n'],
    ['etc/sudoers.d/x', 'a NOTAFTER=20240101000000Z ALL=ALL\n', 'a NOTAFTER=20990101000000Z ALL=ALL\n'],
    [
      'etc/pam.d/sshd',
      'auth required pam_deny.so\nauth sufficient b\n',
      'auth sufficient b\nauth required pam_deny.so\n',
    ],
    ['usr/lib/pam.d/sshd', 'a\nb\n', 'b\na\n'],
    ['etc/ssh/sshd_config', 'PermitRootLogin no\nPermitRootLogin yes\n', 'PermitRootLogin yes\nPermitRootLogin no\n'],
    ['root/.ssh/authorized_keys', 'from="10.0.0.1" ssh-rsa A\n', 'from="10.66.6.6" ssh-rsa A\n'],
    ['root/.ssh/authorized_keys', 'expiry-time="20240101000000" A\n', 'expiry-time="20990101000000" A\n'],
    ['srv/app/.env', `KEY=${HEX0}\n`, `KEY=${HEX1}\n`],
    ['srv/app/.env.production', `KEY=1${UUID}\n`, `KEY=2${UUID}\n`],
    ['etc/cron.d/x', '* * * * * root /tmp/some-script\n', '* * * * * root /tmp/evil-script\n'],
    ['var/spool/cron/crontabs/root', '* * * * * /tmp/some-script\n', '* * * * * /tmp/evil-script\n'],
    ['etc/systemd/system/x.service', 'ExecStart=/tmp/aaaaaaa\n', 'ExecStart=/tmp/bbbbbbb\n'],
    ['etc/apt/apt.conf.d/00x', 'DPkg::Post-Invoke {"/tmp/aaaaaa";};\n', 'DPkg::Post-Invoke {"/tmp/bbbbbb";};\n'],
    ['etc/logrotate.d/x', 'postrotate\n/tmp/aaaaaa\n', 'postrotate\n/tmp/bbbbbb\n'],
    ['usr/lib/python3.11/site-packages/x.pth', 'import a\nimport b\n', 'import b\nimport a\n'],
    ['var/lib/dpkg/info/x.postinst', 'set -e\nrun\n', 'run\nset -e\n'],
    ['usr/local/bin/get', `sha256sum -c <<E\n${HEX0}  x\nE\n`, `sha256sum -c <<E\n${HEX1}  x\nE\n`],
    ['srv/get', `#!/bin/sh\necho ${HEX0} x | sha256sum -c\n`, `#!/bin/sh\necho ${HEX1} x | sha256sum -c\n`],
    ['srv/.git/config', 'sshCommand = /tmp/aaaaaa\n', 'sshCommand = /tmp/bbbbbb\n'],
    ['var/lib/db/.zshenv', 'a\nb\n', 'b\na\n'],
    ['srv/run.sh', 'check || exit\nrun\n', 'run\ncheck || exit\n'],
    ['srv/app.py', 'a = 1\na = 2\n', 'a = 2\na = 1\n'],
  ])('%s: %j', async (path, content0, content1) => {
    expect(await causesOf(path, [content0, content1])).toEqual([]);
  });

  test('a date in a program is still told', async () => {
    const contents: Contents = ['#!/bin/sh\n# 2024-01-01\n', '#!/bin/sh\n# 2025-01-01\n'];
    expect(await causesOf('usr/bin/x-config', contents, 0o755)).toEqual(['text-timestamps']);
  });
});

test('the day of a password that expires is not benign', async () => {
  const shadow = (day: number, most: string): string => `app:$6$x$y:${day}:0:${most}:7:30::\n`;
  expect(await causesOf('etc/shadow', [shadow(19_000, '90'), shadow(99_000, '90')])).toEqual([]);
  expect(await causesOf('etc/shadow', [shadow(19_000, '99999'), shadow(19_001, '99999')])).toEqual(['shadow-lastchg']);
});

/* BuildKit takes the target of a mount as it is written; only a shell knows ~. */
test('no remedy mounts a folder that is called ~', () => {
  expect(CATALOGUE.filter(({ remedy }) => remedy.includes('target=~')).map(({ id }) => id)).toEqual([]);
});

describe('words are not taken for others', () => {
  test.each<[string, string, string]>([
    ['an address of a network card is no time', 'allow 00:11:22:33:44:55\n', 'allow 00:11:23:33:44:55\n'],
    ['a date is not a checksum', 'until 2024-01-01\n', `until ${HEX0}\n`],
    ['nor a control character', 'until 2024-01-01\n', 'until \x01\n'],
  ])('%s', async (_, content0, content1) => {
    expect(await causesOf('srv/settings', [content0, content1])).toEqual([]);
  });
});

test('what nobody looks into, and what decides which code is run, is not called benign', () => {
  const ids = ['apt-cache', 'libsolv-cache', 'dpkg-backups', 'composer-suffix', 'python-bytecode-mtime'];
  expect(CATALOGUE.filter(({ id }) => ids.includes(id)).map((cause) => cause.class)).toEqual(ids.map(() => 'review'));
});

/* ELF, 64 bits, little-endian: a program of one mapped segment, and sections wherever their headers say. */
function program(code: string, sections: readonly (readonly [name: string, start: number, size: number])[]): Buffer {
  const names = `\0.shstrtab\0${sections.map(([name]) => `${name}\0`).join('')}`;
  const [codeAt, namesAt] = [120, 120 + code.length];
  const tableAt = namesAt + names.length;
  const file = Buffer.alloc(tableAt + 64 * (sections.length + 2));
  file.write('\x7fELF\x02\x01\x01', 'latin1');
  file.writeUInt16LE(2, 16);
  file.writeBigUInt64LE(64n, 32);
  file.writeBigUInt64LE(BigInt(tableAt), 40);
  for (const [i, value] of [64, 56, 1, 64, sections.length + 2, sections.length + 1].entries())
    file.writeUInt16LE(value, 52 + 2 * i);
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(BigInt(namesAt), 64 + 32);
  file.write(code, codeAt, 'latin1');
  file.write(names, namesAt, 'latin1');
  const all = [...sections, ['.shstrtab', namesAt, names.length] as const];
  for (const [i, [name, start, size]] of all.entries()) {
    const header = tableAt + 64 * (i + 1);
    file.writeUInt32LE(names.indexOf(`${name}\0`), header);
    file.writeUInt32LE(1, header + 4);
    file.writeBigUInt64LE(BigInt(start), header + 24);
    file.writeBigUInt64LE(BigInt(size), header + 32);
  }
  return file;
}

test.each(['.comment', '.debug_info', '.gnu_debuglink', '.note.gnu.build-id', '.note.go.buildid'])(
  'code that a section header calls %s',
  async (name) => {
    const contents = ['good ', 'evil '].map((word) => program(word.repeat(200), [[name, 120, 1000]]));
    expect(await causesOf('usr/bin/x', contents as unknown as Contents, 0o755)).toEqual([]);
  },
);

describe('files that one side has alone', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocidiff-attacks-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function added(entry: EntrySpec): Promise<Report> {
    const paths = [[], [entry]].map(async (entries, side) =>
      writeArchive(
        folder,
        `${side}.tar`,
        await buildImage({ layers: [{ entries: [{ path: 'a', content: 'a' }, ...entries] }] }),
      ),
    );
    const [path0, path1] = await Promise.all(paths);
    return diffImages(path0 as string, path1 as string, { mode: 'semantic', contents: true, prove: true });
  }

  const CAPABILITY = { 'SCHILY.xattr.security.capability': '\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0' };

  test.each<[string, EntrySpec]>([
    ['a set-user-id file among temporary files', { path: 'tmp/tmp.AbCdEfGh', content: 'x', mode: 0o4755 }],
    ['a set-group-id file among stamps', { path: 'srv/a.stamp', content: '', mode: 0o2755 }],
    ['a file with capabilities among locks', { path: 'run/a.pid', content: '12\n', pax: CAPABILITY }],
    ['a set-user-id file of eStargz', { path: 'stargz.index.json', content: 'x', mode: 0o4755 }],
    ['/etc that everybody may write to', { path: 'etc', type: 'directory', mode: 0o777 }],
    ['/etc of somebody else', { path: 'etc', type: 'directory', mode: 0o755, uid: 1000 }],
    ['/etc/hosts that everybody may write to', { path: 'etc/hosts', content: '', mode: 0o666 }],
  ])('%s is not explained, and the proof leaves it', async (_, entry) => {
    const { differences, proof } = await added(entry);
    expect(differences.find(({ path }) => path === entry.path)).not.toHaveProperty('cause');
    expect(proof?.residual.map(({ path }) => path)).toContain(entry.path);
  });
});
