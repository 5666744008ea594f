import { latin1, latin1Bytes } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { normaliseLines } from '../text-rule.js';

/** What Arch Linux's package manager keeps. */
export const PACMAN: readonly Cause[] = [
  {
    id: 'pacman-log',
    title: 'pacman writes the time into its log',
    class: 'benign',
    where: '/var/log/pacman.log',
    shape: 'Lines are the same but for the time at their beginning.',
    remedy: 'Remove the log in the same step: RUN pacman -Syu --noconfirm … && rm -f /var/log/pacman.log',
    references: ['https://wiki.archlinux.org/title/Pacman'],
    rule: {
      what: 'content',
      paths: ['var/log/pacman.log'],
      normalise: normaliseLines((line) =>
        line.replace(/^\[\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[+-]\d{4})?\]( \[)/, '$1'),
      ),
    },
  },
  {
    id: 'pacman-install-date',
    title: 'pacman keeps the time at which each package was installed',
    class: 'benign',
    where: '/var/lib/pacman/local/*/desc',
    shape: 'The number below %INSTALLDATE%; all else is the same.',
    remedy:
      "Set it to a fixed time in the same step: && sed -i '/%INSTALLDATE%/{n;s/.*/0/}' /var/lib/pacman/local/*/desc",
    references: ['https://wiki.archlinux.org/title/Reproducible_builds'],
    rule: {
      what: 'content',
      paths: ['var/lib/pacman/local/*/desc'],
      normalise: ({ content }) =>
        latin1(content, 0, 7) === '%NAME%\n'
          ? latin1Bytes(latin1(content).replace(/(\n%INSTALLDATE%\n)\d{1,12}\n/, '$10\n'))
          : null,
    },
  },
];
