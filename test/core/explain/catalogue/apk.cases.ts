import type { CauseCases } from '../cause-case.js';
import { written } from '../evidence.js';

const stanza = (checksum: string, version: string, file = 'bin/busybox'): string =>
  `C:Q1${checksum}=\nP:busybox\nV:${version}\nA:x86_64\nS:500000\nD:so:libc.musl-x86_64.so.1>=1.2.${version}\nF:bin\nR:${file}\nZ:Q1${checksum}=\n`;

export const APK_CASES: readonly CauseCases[] = [
  {
    id: 'apk-virtual',
    takesOut: /\d{8}\.\d{6}/g,
    shows: [
      written(
        'etc/apk/world',
        '.build-deps=20261123.124434\nalpine-base\n',
        '.build-deps=20261124.135041\nalpine-base\n',
        'as apk add --virtual writes it',
      ),
    ],
    misses: [
      written(
        'etc/apk/world',
        '.build-deps=20261123.124434\nalpine-base\n',
        '.build-deps=20261124.135041\nalpine-base\ncurl\n',
        'one package more',
      ),
    ],
  },
  {
    id: 'apk-versions',
    takesOut: /(?<=^[CVSZ]:).*$|[<>=~]+1\.2\.\d/gm,
    shows: [written('lib/apk/db/installed', stanza('aaaa', '1'), stanza('bbbb', '2'), "fields by apk's specification")],
    misses: [
      written('lib/apk/db/installed', stanza('aaaa', '1'), stanza('bbbb', '2', 'bin/nc'), 'another file'),
      written('lib/apk/db/installed', stanza('aaaa', '1'), `${stanza('bbbb', '2')}\nP:curl\nV:1\n`, 'one package more'),
    ],
  },
  {
    id: 'apk-log',
    takesOut: /(?<= at )[-\d]{10} [:\d]{8}$/gm,
    shows: [
      written(
        'var/log/apk.log',
        'Running `apk add curl` at 2026-11-23 12:44:34\nExecuting busybox.trigger\n',
        'Running `apk add curl` at 2026-11-24 13:50:41\nExecuting busybox.trigger\n',
        'as apk-tools writes it',
      ),
    ],
    misses: [
      written(
        'var/log/apk.log',
        'Running `apk add curl` at 2026-11-23 12:44:34\n',
        'Running `apk add wget` at 2026-11-24 13:50:41\n',
        'another package',
      ),
    ],
  },
];
