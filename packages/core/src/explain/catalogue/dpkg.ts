import { latin1 } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { NOTHING } from '../content-rule.js';
import { parseDpkgStatus } from '../formats/package-databases.js';
import { normaliseLines } from '../text-rule.js';

const VERSION_FIELD = /^(Version|Config-Version|Installed-Size): .*$/;
const SOURCE_VERSION = /^(Source: [a-z0-9][a-z0-9+.-]{0,100}) \([^()]{1,100}\)$/;
const RELATION =
  /^(?:Pre-Depends|Depends|Recommends|Suggests|Enhances|Breaks|Conflicts|Replaces|Provides|Built-Using|Static-Built-Using): /;
const RELATION_VERSION = / \((?:<<|<=|=|>=|>>) [^()]{1,100}\)/g;
const CONFFILE = /^( \/\S{1,1000}) [0-9a-f]{32}((?: obsolete)?(?: remove-on-upgrade)?)$/;
const MD5_LINE = /^[0-9a-f]{32}( {2}\S.{0,1000})$/;

/** What dpkg and debconf keep of packages. */
export const DPKG: readonly Cause[] = [
  {
    id: 'dpkg-versions',
    title: 'Other versions of Debian packages are installed',
    class: 'review',
    where: '/var/lib/dpkg/status, status.d',
    shape:
      'Versions, sizes, versions in relations and checksums of configuration files. Packages, their state and all other fields are the same.',
    remedy:
      'Install from one snapshot of the archive, or name the version: apt-get install -y gcc=4:12.2.0-3; the base image by its digest.',
    references: ['https://snapshot.debian.org/', 'https://github.com/reproducible-containers/repro-sources-list.sh'],
    rule: {
      what: 'content',
      paths: ['var/lib/dpkg/status', 'var/lib/dpkg/status.d/*', 'var/lib/dpkg/available'],
      normalise: (file) =>
        isStanzas(file.content)
          ? normaliseLines((line) => {
              const text = line.replace(VERSION_FIELD, '$1').replace(SOURCE_VERSION, '$1').replace(CONFFILE, '$1$2');
              return RELATION.test(text) ? text.replace(RELATION_VERSION, '') : text;
            })(file)
          : null,
    },
  },
  {
    id: 'dpkg-checksums',
    title: 'Files of a Debian package have other contents',
    class: 'review',
    where: '/var/lib/dpkg/info/*.md5sums, status.d/*.md5sums',
    shape: 'Checksums; the names of the files are the same.',
    remedy: 'Install the same version: from one snapshot of the archive, or by its number.',
    references: ['https://snapshot.debian.org/'],
    rule: {
      what: 'content',
      paths: ['var/lib/dpkg/info/*.md5sums', 'var/lib/dpkg/status.d/*.md5sums'],
      normalise: normaliseLines((line) =>
        line === '' ? '' : MD5_LINE.test(line) ? line.replace(MD5_LINE, '$1') : null,
      ),
    },
  },
  {
    id: 'dpkg-backups',
    title: "Copies of dpkg's and debconf's databases, as they were before the last change",
    class: 'benign',
    where: '/var/lib/dpkg/*-old, /var/cache/debconf/*-old',
    shape: 'A database of that kind, whole. Nothing reads it.',
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
