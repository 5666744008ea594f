import type { Cause } from '../cause.js';
import { beginsWith, wholeFormat } from '../content-rule.js';
import { normaliseLines } from '../text-rule.js';
import { MAIL_DATE } from './dates.js';

const RELEASE_DATE = new RegExp(`^(Date|Valid-Until): ${MAIL_DATE}$`);
/* ` 70285c6b…               67 main/binary-amd64/Packages` */
const RELEASE_CHECKSUM = /^ (?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}) +\d{1,12} (\S{1,500})$/;
/* The 60-odd characters of a line of a signature, its checksum. */
const SIGNATURE_LINE = /^(?:[A-Za-z0-9+/]{16,76}={0,2}|=[A-Za-z0-9+/]{4})$/;
/* `snapshot.debian.org/archive/debian/20230228T000000Z`, `archive.archlinux.org/repos/2023/02/28` */
const SNAPSHOT =
  /(snapshot\.(?:debian\.org|ubuntu\.com)\/[a-z0-9/._-]{0,60}\/|archive\.archlinux\.org\/repos\/)(?:\d{8}T\d{6}Z|\d{4}\/\d\d\/\d\d)/g;
/* Releases, lists, and lists in a frame of LZ4 */
const LIST_BEGINNINGS = [
  ...['-----BEGIN PGP SIGNED MESSAGE-----\n', 'Origin: ', 'Suite: ', 'Label: ', 'Codename: ', 'Package: '],
  '\x04"M\x18',
];
/* One-line and deb822 style. */
const SOURCE_LINE = /^((?:deb|deb-src|URIs:|Suites:|Components:|Types:|Signed-By:|Enabled:|Trusted:)[ \t]).*$/;

const SNAPSHOT_SERVICE = 'https://snapshot.debian.org/';

/** What APT keeps of the archive it installs from. */
export const APT: readonly Cause[] = [
  {
    id: 'apt-cache',
    title: "APT's binary caches are in the image",
    class: 'review',
    where: '/var/cache/apt/pkgcache.bin, srcpkgcache.bin',
    shape:
      'A cache of APT, whole; what it holds is not looked into. It is made from the package lists, and made anew when it is needed.',
    remedy:
      'Remove them in the same step: && rm -f /var/cache/apt/*.bin; or: RUN --mount=type=cache,target=/var/cache/apt …',
    references: ['https://wiki.debian.org/ReproducibleInstalls', 'https://docs.docker.com/reference/dockerfile/'],
    rule: {
      what: 'content',
      paths: ['var/cache/apt/*pkgcache.bin'],
      /* apt, pkgcache.cc: `Signature = 0x98FE76DC` */
      normalise: wholeFormat('\xdc\x76\xfe\x98', '\x98\xfe\x76\xdc'),
    },
  },
  {
    id: 'apt-release',
    title: 'The archive that APT read was of another day',
    class: 'review',
    where: '/var/lib/apt/lists/*Release',
    shape: 'Dates, checksums of lists and the signature. Suite, origin, components and names of lists are the same.',
    remedy:
      'Remove the lists in the same step: && rm -rf /var/lib/apt/lists/*; for the same packages, install from a snapshot of the archive.',
    references: [SNAPSHOT_SERVICE, 'https://wiki.debian.org/DebianRepository/Format'],
    rule: {
      what: 'content',
      paths: ['var/lib/apt/lists/*Release'],
      normalise: normaliseLines((line) =>
        line.replace(RELEASE_DATE, '$1:').replace(RELEASE_CHECKSUM, ' $1').replace(SIGNATURE_LINE, ''),
      ),
    },
  },
  {
    id: 'apt-lists-left',
    title: 'Package lists of APT were left in the image',
    class: 'review',
    where: '/var/lib/apt/lists',
    shape: 'A list, named by its source, that one side has alone; it begins as such a list does.',
    remedy: 'Remove the lists in the same step: && rm -rf /var/lib/apt/lists/*',
    references: ['https://docs.docker.com/build/building/best-practices/'],
    rule: {
      what: 'presence',
      paths: ['var/lib/apt/lists/*_{InRelease,Release,Packages,Sources,Packages.lz4,Sources.lz4,Translation-*}'],
      covers: ({ header, content }) =>
        header.type === 'file' && LIST_BEGINNINGS.some((text) => beginsWith(content, text)),
    },
  },
  {
    id: 'package-snapshot',
    title: 'Packages come from another snapshot of the archive',
    class: 'review',
    where: '/etc/apt/sources.list, /etc/apt/sources.list.d, /etc/pacman.d/mirrorlist',
    shape: 'The date of the snapshot within an address of a snapshot service; all else is the same.',
    remedy: 'Build both from one snapshot: the same SOURCE_DATE_EPOCH with repro-sources-list.sh, or one fixed date.',
    references: [SNAPSHOT_SERVICE, 'https://github.com/reproducible-containers/repro-sources-list.sh'],
    rule: {
      what: 'content',
      paths: ['etc/apt/sources.list', 'etc/apt/sources.list.d/*', 'etc/pacman.d/mirrorlist'],
      normalise: normaliseLines((line) => line.replace(SNAPSHOT, '$1')),
    },
  },
  {
    id: 'package-sources',
    title: 'Packages come from other sources',
    class: 'security',
    where: '/etc/apt/sources.list, /etc/apt/sources.list.d',
    shape: 'Addresses, suites, components or options of sources; their number and the comments are the same.',
    remedy: 'Find out which sources are the right ones, and write them into the image in a step of the Dockerfile.',
    references: ['https://manpages.debian.org/bookworm/apt/sources.list.5.en.html'],
    rule: {
      what: 'content',
      paths: ['etc/apt/sources.list', 'etc/apt/sources.list.d/*.{list,sources}'],
      normalise: normaliseLines((line) => line.replace(SOURCE_LINE, '$1')),
    },
  },
];
