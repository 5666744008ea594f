import type { CauseCases } from '../cause-case.js';
import { written } from '../evidence.js';

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
