import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { packagesOf } from '../../../../packages/core/src/explain/formats/packages.js';
import { withoutRpmInstallTimes } from '../../../../packages/core/src/explain/formats/rpm.js';
import { APK, bytes, compareFiles, fieldsOf, fixture, PACMAN, RECORD, STATUS } from './samples.js';

describe('installed packages', () => {
  test('of dpkg: those that are installed', () => {
    const libc = { manager: 'dpkg', name: 'libc6', architecture: 'amd64', version: '2.36-9+deb12u7' };
    expect(packagesOf('var/lib/dpkg/status', bytes(STATUS))).toEqual([libc]);
    const distroless = 'Package: tzdata\nVersion: 2024a\nArchitecture: all\n';
    expect(packagesOf('var/lib/dpkg/status.d/tzdata', bytes(distroless))).toEqual([
      { manager: 'dpkg', name: 'tzdata', architecture: 'all', version: '2024a' },
    ]);
    expect(packagesOf('var/lib/dpkg/status.d/tzdata.md5sums', bytes('x  y\n'))).toBeNull();
    expect(packagesOf('var/lib/dpkg/status-old', bytes(STATUS))).toBeNull();
  });

  test.runIf(existsSync('/var/lib/dpkg/status'))('of dpkg: as dpkg-query lists them', () => {
    const listed = spawnSync(
      'dpkg-query',
      [
        '-W',
        '-f',
        `${['db:Status-Status', 'Package', 'Architecture', 'Version'].map((name) => `\${${name}}`).join(' ')}\n`,
      ],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      },
    ).stdout;
    const expected = listed
      .split('\n')
      .filter((line) => line.startsWith('installed '))
      .map((line) => line.slice('installed '.length));
    const packages = packagesOf('var/lib/dpkg/status', readFileSync('/var/lib/dpkg/status')) ?? [];
    expect(packages.map(({ name, architecture, version }) => `${name} ${architecture} ${version}`).sort()).toEqual(
      expected.sort(),
    );
  });

  test('of apk, also below usr', () => {
    for (const path of ['lib/apk/db/installed', 'usr/lib/apk/db/installed']) {
      expect(packagesOf(path, bytes(APK))).toEqual([
        { manager: 'apk', name: 'alpine-baselayout', architecture: 'x86_64', version: '3.4.3-r2' },
        { manager: 'apk', name: 'busybox', architecture: 'x86_64', version: '1.36.1-r15' },
      ]);
    }
  });

  test('of pacman', () => {
    expect(packagesOf('var/lib/pacman/local/bash-5.2.026-2/desc', bytes(PACMAN))).toEqual([
      { manager: 'pacman', name: 'bash', architecture: 'x86_64', version: '5.2.026-2' },
    ]);
  });

  test('of rpm, as rpm -qa lists them', () => {
    const [name, version] = fixture('formats/rpm/0.txt').toString().trim().split(' ');
    for (const path of ['var/lib/rpm/rpmdb.sqlite', 'usr/lib/sysimage/rpm/rpmdb.sqlite']) {
      expect(packagesOf(path, fixture('formats/rpm/0.sqlite'))).toEqual([
        { manager: 'rpm', name, architecture: '', version },
      ]);
    }
  });

  test('other paths and other contents: none', () => {
    expect(packagesOf('opt/status', bytes(STATUS))).toBeNull();
    expect(packagesOf('var/lib/dpkg/status', bytes('no field\n'))).toBeNull();
    expect(packagesOf('lib/apk/db/installed', bytes('Package: x\n'))).toBeNull();
    expect(packagesOf('var/lib/rpm/rpmdb.sqlite', bytes('SQLite format 3\0'))).toBeNull();
    expect(packagesOf('var/lib/dpkg/status', bytes(''))).toEqual([]);
  });
});

describe('databases of packages', () => {
  test('a field of a package, with its later lines', () => {
    const other = STATUS.replace('deb12u7', 'deb12u9').replace(' And more.', ' And less.');
    expect(fieldsOf(compareFiles('var/lib/dpkg/status', bytes(STATUS), bytes(other)))).toEqual({
      'libc6:amd64/Version': ['2.36-9+deb12u7', '2.36-9+deb12u9'],
      'libc6:amd64/Description': [
        'GNU C Library\n Contains the standard libraries.\n .\n And more.',
        'GNU C Library\n Contains the standard libraries.\n .\n And less.',
      ],
    });
  });

  test('a package that one side has alone', () => {
    const other = STATUS.slice(STATUS.indexOf('Package: tzdata'));
    expect(fieldsOf(compareFiles('var/lib/dpkg/status', bytes(STATUS), bytes(other)))).toEqual({
      'libc6:amd64': ['2.36-9+deb12u7', null],
    });
  });

  test('a file of a package of apk', () => {
    const other = APK.replace('Q1BD6zJKZTRWyqGnPi4tSfd3krsMU=', 'Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=').replace(
      'a:0:0:0600',
      'a:0:0:4755',
    );
    expect(fieldsOf(compareFiles('lib/apk/db/installed', bytes(APK), bytes(other)))).toEqual({
      'alpine-baselayout:x86_64/Z:etc/hosts': ['Q1BD6zJKZTRWyqGnPi4tSfd3krsMU=', 'Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
      'alpine-baselayout:x86_64/a:etc/hosts': ['0:0:0600', '0:0:4755'],
    });
  });

  test('pacman: when it was installed is metadata', () => {
    const other = PACMAN.replace('1677619260', '1677619261');
    expect(compareFiles('var/lib/pacman/local/bash-5.2.026-2/desc', bytes(PACMAN), bytes(other))).toMatchObject({
      equalBut: ['metadata'],
      fields: [{ name: 'INSTALLDATE', values: ['1677619260', '1677619261'] }],
    });
  });

  test('RECORD: rows by path, commas in it as well', () => {
    const other = RECORD.replace('AAAA,12', 'BBBB,13');
    expect(fieldsOf(compareFiles('x-1.dist-info/RECORD', bytes(RECORD), bytes(other)))).toEqual({
      '"pkg/a,b.py"/hash': ['sha256=AAAA', 'sha256=BBBB'],
      '"pkg/a,b.py"/size': ['12', '13'],
    });
  });

  test('rpm: when a package was installed, by its tags', () => {
    const [content0, content1] = [fixture('formats/rpm/0.sqlite'), fixture('formats/rpm/1.sqlite')];
    const fields = fieldsOf(compareFiles('var/lib/rpm/rpmdb.sqlite', content0, content1));
    /* `rpm -qa --qf %{INSTALLTIME}`, in rpm/0.txt and rpm/1.txt: 1677619260 and 1677619261 */
    expect(fields['table Packages/row 1/INSTALLTIME']).toEqual(['2023-02-28T21:21:00Z', '2023-02-28T21:21:01Z']);
    expect(withoutRpmInstallTimes(content0)).not.toBeNull();
    expect(withoutRpmInstallTimes(content0)).toEqual(withoutRpmInstallTimes(content1));
    const name = Buffer.from(content1).indexOf('gpg-pubkey');
    const other = Uint8Array.from(content1);
    other[name] = 0x47;
    expect(withoutRpmInstallTimes(other)).not.toEqual(withoutRpmInstallTimes(content0));
    expect(withoutRpmInstallTimes(fixture('formats/sqlite/0.db'))).toBeNull();
  });
});
