import type { CauseCases } from '../cause-case.js';
import { written } from '../evidence.js';

const desc = (version: string, time: number): string =>
  `%NAME%\ncurl\n\n%VERSION%\n${version}\n\n%INSTALLDATE%\n${time}\n\n%SIZE%\n100\n\n`;

export const PACMAN_CASES: readonly CauseCases[] = [
  {
    id: 'pacman-log',
    takesOut: /^\[[^\]]*\]/gm,
    shows: [
      written(
        'var/log/pacman.log',
        '[2026-11-23T12:44:34+0000] [ALPM] installed curl (8.4.0-2)\n',
        '[2026-11-24T13:50:41+0000] [ALPM] installed curl (8.4.0-2)\n',
        'as pacman writes it',
      ),
    ],
    misses: [
      written(
        'var/log/pacman.log',
        '[2026-11-23T12:44:34+0000] [ALPM] installed curl (8.4.0-2)\n',
        '[2026-11-24T13:50:41+0000] [ALPM] installed curl (8.5.0-1)\n',
        'another version',
      ),
    ],
  },
  {
    id: 'pacman-install-date',
    takesOut: /(?<=%INSTALLDATE%\n)\d+/g,
    shows: [
      written(
        'var/lib/pacman/local/curl-8.4.0-2/desc',
        desc('8.4.0-2', 1795437874),
        desc('8.4.0-2', 1795528241),
        'as pacman writes it',
      ),
    ],
    misses: [
      written(
        'var/lib/pacman/local/curl-8.4.0-2/desc',
        desc('8.4.0-2', 1795437874),
        desc('8.4.0-3', 1795528241),
        'another version',
      ),
    ],
  },
];
