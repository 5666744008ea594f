import { latin1 } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { NOTHING } from '../content-rule.js';
import { parseDpkgStatus } from '../formats/package-databases.js';

/** What dpkg and debconf keep of packages. */
export const DPKG: readonly Cause[] = [
  {
    id: 'dpkg-backups',
    title: "Copies of dpkg's and debconf's databases, as they were before the last change",
    class: 'review',
    where: '/var/lib/dpkg/*-old, /var/cache/debconf/*-old',
    shape: 'A database of that kind, whole; what it says is not looked into. No program reads it.',
    remedy: 'Remove them in the same step: && rm -f /var/lib/dpkg/*-old /var/cache/debconf/*-old',
    references: ['https://wiki.debian.org/ReproducibleInstalls'],
    rule: {
      what: 'content',
      paths: ['var/lib/dpkg/{status,available}-old', 'var/cache/debconf/{config,templates}.dat-old'],
      normalise: ({ content }) => (isStanzas(content) ? NOTHING : null),
    },
  },
];

/* Fields of dpkg or of debconf, whose stanzas begin with `Package:` and `Name:`. */
function isStanzas(content: Uint8Array): boolean {
  if (!/^(?:Package|Name): ./.test(latin1(content, 0, 64))) return false;
  return parseDpkgStatus(content) !== null;
}
