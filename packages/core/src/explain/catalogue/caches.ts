import { latin1, latin1Bytes } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { beginsWith, blank, blankMatches, wholeText } from '../content-rule.js';
import type { FileSide } from '../evidence.js';
import { canonicalAuxCache } from '../formats/ldconfig.js';
import { normaliseLines } from '../text-rule.js';

/* gdbm, gdbmconst.h, little and big endian, 32 and 64 bits, with and without numsync */
const GDBM_MAGICS = [
  '\xcd\x9a\x57\x13',
  '\xce\x9a\x57\x13',
  '\xcf\x9a\x57\x13',
  '\xd0\x9a\x57\x13',
  '\xd1\x9a\x57\x13',
];
/* man-db: name or `-`, section, extension, seconds, nanoseconds, … */
const MAN_TIME = /\t(1\d{9}\t\d{1,9})\t/g;

/** What is made from other files to find them faster, and made anew when it is needed. */
export const CACHES: readonly Cause[] = [
  {
    id: 'ldconfig-aux-cache',
    title: 'ldconfig keeps inodes and times of libraries',
    class: 'benign',
    where: '/var/cache/ldconfig/aux-cache',
    shape:
      'Inode, time and device of libraries, and the order that follows from them. The same libraries, sizes and flags.',
    remedy: 'Remove it in the same step: && rm -f /var/cache/ldconfig/aux-cache',
    references: ['https://wiki.debian.org/ReproducibleInstalls'],
    rule: {
      what: 'content',
      paths: ['var/cache/ldconfig/aux-cache'],
      normalise: ({ content }) => canonicalAuxCache(content),
    },
  },
  {
    id: 'fontconfig-cache',
    title: 'fontconfig keeps the time of each folder of fonts',
    class: 'benign',
    where: '/var/cache/fontconfig/*-le64.cache-*',
    shape: 'Two fields of the header: seconds and nanoseconds of the folder. Fonts and folders are the same.',
    remedy:
      'Remove the caches in the same step: && rm -rf /var/cache/fontconfig/*; or set the time of folders before fc-cache.',
    references: ['https://gitlab.freedesktop.org/fontconfig/fontconfig'],
    rule: { what: 'content', paths: ['**/fontconfig/*-le64.cache-*'], normalise: withoutFolderTime },
  },
  {
    id: 'fontconfig-uuid',
    title: 'fontconfig 2.13.0 gives each folder of fonts an id',
    class: 'benign',
    where: '.uuid in folders of fonts',
    shape: 'The whole file is one UUID.',
    remedy:
      'Remove them in the same step: && find / -xdev -name .uuid -path "*fonts*" -delete; or use fontconfig 2.13.91 or later.',
    references: ['https://gitlab.freedesktop.org/fontconfig/fontconfig'],
    rule: {
      what: 'content',
      paths: ['**/fonts/**/.uuid', '**/fonts/.uuid'],
      normalise: wholeText(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\n?$/, 37),
    },
  },
  {
    id: 'man-db-index',
    title: "man-db's index keeps the time of each page",
    class: 'benign',
    where: '/var/cache/man/**/index.db',
    shape: 'Seconds and nanoseconds within entries; pages, sections and descriptions are the same.',
    remedy:
      'Remove it in the same step: && rm -rf /var/cache/man/*; or switch it off: echo "man-db man-db/auto-update boolean false" | debconf-set-selections',
    references: ['https://wiki.debian.org/ReproducibleInstalls'],
    rule: {
      what: 'content',
      paths: ['var/cache/man/**/index.db'],
      normalise: ({ content }) =>
        GDBM_MAGICS.some((magic) => beginsWith(content, magic)) ? blankMatches(content, [MAN_TIME]) : null,
    },
  },
  {
    id: 'info-dir',
    title: 'Entries of the Info directory stand in another order',
    class: 'benign',
    where: '/usr/share/info/dir',
    shape: 'The same lines in another order.',
    remedy: 'Remove it in the same step: && rm -f /usr/share/info/dir; it is of use only to who reads manuals there.',
    references: ['https://www.gnu.org/software/texinfo/manual/texinfo/html_node/Invoking-install_002dinfo.html'],
    rule: {
      what: 'content',
      paths: ['usr/share/info/dir', 'usr/local/share/info/dir'],
      normalise: ({ content }) => (/\nFile: dir,/.test(latin1(content, 0, 4096)) ? sortLines(content) : null),
    },
  },
  {
    id: 'mime-handlers-order',
    title: 'Programs that open a type of file stand in another order',
    class: 'review',
    where: '/usr/share/applications/mimeinfo.cache',
    shape: 'The same programs for each type, in another order. The first is the default where none is set.',
    remedy: 'Run update-desktop-database once, after all packages are installed, or remove the cache.',
    references: ['https://specifications.freedesktop.org/mime-apps-spec/latest/'],
    rule: {
      what: 'content',
      paths: ['**/share/applications/mimeinfo.cache'],
      normalise: normaliseLines((line) => {
        const match = /^([^=;\s]{1,200}=)((?:[^=;]{1,200}\.desktop;)+)$/.exec(line);
        return match === null ? line : `${match[1]}${match[2]?.split(';').sort().join(';').slice(1)};`;
      }),
    },
  },
  {
    id: 'tex-file-list',
    title: 'Lists of TeX files stand in the order of the file system',
    class: 'benign',
    where: 'ls-R below texmf folders',
    shape: 'The same lines in another order, each folder with the same files.',
    remedy: 'Remove them in the same step and run mktexlsr when they are needed; or set LC_ALL=C for mktexlsr.',
    references: ['https://www.tug.org/texinfohtml/kpathsea.html'],
    rule: {
      what: 'content',
      paths: ['**/texmf*/**/ls-R', 'var/lib/texmf/ls-R'],
      normalise: ({ content }) => sortFileList(content),
    },
  },
];

/* fontconfig, src/fcint.h, `struct _FcCache`: `checksum` at 48, `checksum_nano` at 56 */
function withoutFolderTime({ content }: FileSide): Uint8Array | null {
  if (!beginsWith(content, '\x04\xfc\x02\xfc') || content.length < 64) return null;
  return blank(content, [
    [48, 52],
    [56, 64],
  ]);
}

function sortLines(content: Uint8Array): Uint8Array {
  return latin1Bytes(latin1(content).split('\n').sort().join('\n'));
}

/* `% ls-R -- …`, then `./folder:` and its files, up to an empty line. */
function sortFileList(content: Uint8Array): Uint8Array | null {
  const text = latin1(content);
  if (!text.startsWith('% ls-R -- ')) return null;
  const [head, ...folders] = text.trimEnd().split('\n\n');
  const sorted = folders.map((folder) => {
    const [name, ...files] = folder.split('\n');
    return [name, ...files.sort()].join('\n');
  });
  return latin1Bytes(`${[head, ...sorted.sort()].join('\n\n')}\n`);
}
