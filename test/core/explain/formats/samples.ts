import { readFileSync } from 'node:fs';
import { FORMAT_DECODERS } from '../../../../packages/core/src/explain/formats/index.js';
import type { InFileDifference } from '../../../../packages/core/src/explain/in-file/in-file-difference.js';

const FIXTURES = new URL('../../../../fixtures/', import.meta.url);

export function fixture(path: string): Uint8Array {
  return readFileSync(new URL(path, FIXTURES));
}

/** A file of both builds, from `fixtures/evidence`. */
export function evidence(path: string): [Uint8Array, Uint8Array] {
  const slash = path.indexOf('/');
  return [
    fixture(`evidence/${path.slice(0, slash)}/0${path.slice(slash)}`),
    fixture(`evidence/${path.slice(0, slash)}/1${path.slice(slash)}`),
  ];
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** What the first decoder says that takes both; null where none does. */
export function compareFiles(path: string, content0: Uint8Array, content1: Uint8Array): InFileDifference | null {
  for (const decoder of FORMAT_DECODERS) {
    if (!decoder.recognises(path, content0) || !decoder.recognises(path, content1)) continue;
    const difference = decoder.compare(content0, content1);
    if (difference !== null) return difference;
  }
  return null;
}

/** The fields as a plain object, for comparing. */
export function fieldsOf(difference: InFileDifference | null): Record<string, unknown> {
  return Object.fromEntries((difference?.fields ?? []).map(({ name, values }) => [name, values]));
}

export const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n';
export const SHADOW =
  'root:*:19415:0:99999:7:::\nann:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7:19415:0:99999:7:::\n';
export const STATUS = `Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u7
Description: GNU C Library
 Contains the standard libraries.
 .
 And more.

Package: tzdata
Status: deinstall ok config-files
Architecture: all
Version: 2024a-0+deb12u1
`;
export const APK = `C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:alpine-baselayout
V:3.4.3-r2
A:x86_64
F:dev
M:0:0:0755
F:etc
R:motd
Z:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=
R:hosts
a:0:0:0600
Z:Q1BD6zJKZTRWyqGnPi4tSfd3krsMU=

P:busybox
V:1.36.1-r15
A:x86_64
`;
export const PACMAN = '%NAME%\nbash\n\n%VERSION%\n5.2.026-2\n\n%ARCH%\nx86_64\n\n%INSTALLDATE%\n1677619260\n\n';
export const RECORD =
  'pkg/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"pkg/a,b.py",sha256=AAAA,12\npkg-1.dist-info/RECORD,,\n';

/** One file of each format, with the path that it has in an image. */
export const SAMPLES: readonly (readonly [format: string, path: string, content: Uint8Array])[] = [
  ['python-bytecode', 'usr/lib/python3.8/x.pyc', fixture('formats/pyc/3.8-time.pyc')],
  ['python-bytecode', 'usr/lib/python3.13/x.pyc', fixture('formats/pyc/3.13-checked.pyc')],
  ['elf', 'usr/lib/libanswer.so', fixture('formats/elf/64-0.so')],
  ['elf', 'usr/lib/libanswer.so', fixture('formats/elf/32be.so')],
  ['sqlite', 'var/lib/dnf/history.sqlite', fixture('formats/sqlite/0.db')],
  ['ldconfig-aux-cache', 'var/cache/ldconfig/aux-cache', fixture('formats/headers/aux-cache')],
  ['ldconfig-aux-cache', 'var/cache/ldconfig/aux-cache', evidence('services/var/cache/ldconfig/aux-cache')[0]],
  ['ld.so-cache', 'etc/ld.so.cache', fixture('formats/headers/ld.so.cache')],
  ['passwd', 'etc/passwd', bytes(PASSWD)],
  ['group', 'etc/group-', bytes('root:x:0:\nadm:x:4:ann,bob\n')],
  ['shadow', 'etc/shadow', bytes(SHADOW)],
  ['gshadow', 'etc/gshadow', bytes('root:*::\nadm:!:ann:bob\n')],
  ['subuid', 'etc/subuid', bytes('ann:100000:65536\nann:165536:65536\n')],
  ['dpkg-status', 'var/lib/dpkg/status', bytes(STATUS)],
  ['apk-installed', 'lib/apk/db/installed', bytes(APK)],
  ['pacman-desc', 'var/lib/pacman/local/bash-5.2.026-2/desc', bytes(PACMAN)],
  ['python-record', 'usr/lib/python3/dist-packages/pkg-1.dist-info/RECORD', bytes(RECORD)],
  ['pem', 'etc/ssl/certs/ssl-cert-snakeoil.pem', evidence('services/etc/ssl/certs/ssl-cert-snakeoil.pem')[0]],
  ['ssh-public-key', 'etc/ssh/ssh_host_ecdsa_key.pub', evidence('services/etc/ssh/ssh_host_ecdsa_key.pub')[0]],
  ['java-keystore', 'etc/ssl/certs/java/cacerts', fixture('formats/keys/store.jks')],
  ['pkcs12', 'etc/store.p12', fixture('formats/keys/store.p12')],
  ['machine-id', 'etc/machine-id', evidence('services/etc/machine-id')[0]],
  ['random-seed', 'var/lib/systemd/random-seed', Buffer.alloc(64, 7)],
  ['hwdb', 'etc/udev/hwdb.bin', fixture('formats/headers/hwdb.bin')],
  ['gvdb', 'usr/share/glib-2.0/schemas/gschemas.compiled', fixture('formats/headers/gschemas.compiled')],
  [
    'fontconfig-cache',
    'var/cache/fontconfig/3830-le64.cache-8',
    evidence('services/var/cache/fontconfig/3830d5c3ddfd5cd38a049b759396e72e-le64.cache-8')[0],
  ],
  ['gnupg-keybox', 'root/.gnupg/pubring.kbx', evidence('services/root/.gnupg/pubring.kbx')[0]],
  ['gnupg-trustdb', 'root/.gnupg/trustdb.gpg', evidence('services/root/.gnupg/trustdb.gpg')[0]],
  ['png', 'usr/share/doc/x.png', fixture('formats/png/0.png')],
  ['pdf', 'usr/share/doc/x.pdf', fixture('formats/pdf/0.pdf')],
  ['gettext-po', 'usr/share/doc/x.po', fixture('formats/gettext/0.po')],
  ['gettext-mo', 'usr/share/locale/de/LC_MESSAGES/x.mo', fixture('formats/gettext/0.mo')],
  ['git-index', 'src/.git/index', fixture('formats/git/0.index')],
];
