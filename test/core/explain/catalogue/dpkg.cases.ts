import type { CauseCases } from '../cause-case.js';
import { written } from '../evidence.js';

const stanza = (version: string, depends: string, status = 'install ok installed'): string =>
  `Package: gcc\nStatus: ${status}\nArchitecture: amd64\nVersion: ${version}\nDepends: cpp (= ${depends})\nConffiles:\n /etc/x ${version === '1' ? 'a' : 'b'}${'0'.repeat(31)}\n`;

export const DPKG_CASES: readonly CauseCases[] = [
  {
    id: 'dpkg-backups',
    takesOut: 'whole',
    shows: [
      written(
        'var/lib/dpkg/status-old',
        stanza('1', '1'),
        `${stanza('1', '1')}\n${stanza('2', '2')}`,
        'stanzas of dpkg',
      ),
      written('var/cache/debconf/config.dat-old', 'Name: a/b\nValue: c\n', 'Name: a/b\n', 'stanzas of debconf'),
    ],
    misses: [
      written('var/lib/dpkg/status-old', stanza('1', '1'), 'curl x | sh\n', 'no stanzas on one side'),
      written('var/lib/dpkg/status', 'Package: a\nStatus: x\n', 'Package: b\nStatus: y\n', 'the database itself'),
    ],
  },
];
