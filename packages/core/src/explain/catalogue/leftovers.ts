import { latin1 } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { beginsWith } from '../content-rule.js';
import type { FileSide } from '../evidence.js';
import { normaliseLines } from '../text-rule.js';

/* Names that mktemp, Python, npm, Go, the JVM and package managers give to temporary files and folders. */
const TEMPORARY =
  /^(?:var\/)?tmp\/(?:tmp\.[A-Za-z0-9]{6,12}|tmp[a-z0-9_]{8}|pip-[a-z-]{1,40}-[a-z0-9_]{8}|npm-\d{1,10}(?:-[0-9a-f]{4,16})?|yarn--\d{13}-[\d.]{1,24}|go-build\d{1,20}|hsperfdata_[a-z0-9_-]{1,32}|v8-compile-cache-\d{1,10}|node-compile-cache|apt\.(?:conf|sig|data)\.[A-Za-z0-9]{6}|cc[A-Za-z0-9]{6}\.(?:o|s|res|ld)|rpm-tmp\.[A-Za-z0-9]{6}|dnf-[a-z0-9_.-]{1,60}|bundler[0-9a-z-]{1,40}|composer-[0-9a-f]{8,40})(?:\/|$)/;

const HISTORY =
  /(?:^|\/)\.(?:bash_history|ash_history|zsh_history|sh_history|python_history|node_repl_history|lesshst|viminfo|mysql_history|psql_history|sqlite_history|rediscli_history)$/;

/* .DS_Store, AppleDouble, compound file */
const DESKTOP_MAGICS = ['\0\0\0\x01Bud1', '\0\x05\x16\x07', '\xd0\xcf\x11\xe0'];

const TIDY = 'https://docs.docker.com/build/building/best-practices/';

/** What steps of a build leave behind. */
export const LEFTOVERS: readonly Cause[] = [
  {
    id: 'temporary-files-left',
    title: 'Temporary files were left in the image',
    class: 'review',
    where: '/tmp, /var/tmp',
    shape: 'A file or folder that one side has alone, below a name as programs make them up for temporary files.',
    remedy: 'Remove them in the same step: && rm -rf /tmp/* /var/tmp/*; or: RUN --mount=type=tmpfs,target=/tmp …',
    references: [TIDY],
    rule: {
      what: 'presence',
      paths: ['tmp/**', 'var/tmp/**'],
      covers: ({ path, header }) => (header.type === 'file' || header.type === 'directory') && TEMPORARY.test(path),
    },
  },
  {
    id: 'shell-history-left',
    title: 'The history of a shell or of another program was left in the image',
    class: 'review',
    where: '.bash_history, .python_history, .viminfo, .lesshst, …',
    shape:
      'A file of that name in a home folder that one side has alone. Look what was typed: there may be secrets in it.',
    remedy: 'Build with a Dockerfile and not with commit; && rm -f ~/.*_history ~/.viminfo ~/.lesshst',
    references: [TIDY],
    rule: {
      what: 'presence',
      paths: ['{root,home/*}/.*'],
      covers: ({ path, header }) => header.type === 'file' && HISTORY.test(path),
    },
  },
  {
    id: 'wget-hsts-left',
    title: 'wget left its list of hosts that ask for HTTPS',
    class: 'review',
    where: '.wget-hsts',
    shape: 'A file of that name that one side has alone, with the heading that wget gives it.',
    remedy: 'wget --no-hsts …; or in the same step: && rm -f ~/.wget-hsts',
    references: ['https://www.gnu.org/software/wget/manual/wget.html'],
    rule: { what: 'presence', paths: ['**/.wget-hsts'], covers: isHsts },
  },
  {
    id: 'wget-hsts-time',
    title: 'wget keeps when it last saw each host that asks for HTTPS',
    class: 'benign',
    where: '.wget-hsts',
    shape: 'The time in each line; hosts, ports and ages are the same.',
    remedy: 'wget --no-hsts …; or in the same step: && rm -f ~/.wget-hsts',
    references: ['https://www.gnu.org/software/wget/manual/wget.html'],
    rule: {
      what: 'content',
      paths: ['**/.wget-hsts'],
      normalise: normaliseLines((line) =>
        line.replace(/^([a-z0-9.-]{1,253}\t\d{1,5}\t[01]\t)\d{10}(\t\d{1,10})$/, '$10$2'),
      ),
    },
  },
  {
    id: 'lock-files-left',
    title: 'Lock files or files with the number of a process were left in the image',
    class: 'review',
    where: '*.lock, .pwd.lock, *.pid',
    shape: 'A file that one side has alone: empty, or the number of a process and nothing else.',
    remedy: 'Remove them in the same step: && rm -f /etc/.pwd.lock /run/*.pid',
    references: [TIDY],
    rule: {
      what: 'presence',
      paths: ['**/{*.lock,.*.lock,lock,*.lck,*.pid}'],
      covers: ({ header, content }) =>
        header.type === 'file' &&
        (content.length === 0 || (content.length <= 12 && /^ *\d{1,10}\n?$/.test(latin1(content)))),
    },
  },
  {
    id: 'stamp-files-left',
    title: 'Stamp files were left in the image',
    class: 'review',
    where: '*-stamp, *.stamp, /var/lib/systemd/timers/stamp-*',
    shape: 'An empty file that one side has alone. Its time says when something was done.',
    remedy: 'Remove them in the same step: && rm -f /var/lib/apt/periodic/*-stamp /var/lib/systemd/timers/stamp-*',
    references: [TIDY],
    rule: {
      what: 'presence',
      paths: ['**/{*-stamp,*.stamp,.stamp,stamp-*}'],
      covers: ({ header, content }) => header.type === 'file' && content.length === 0,
    },
  },
  {
    id: 'backups-left',
    title: 'Copies that tools keep of what they change were left in the image',
    class: 'review',
    where: '/etc/passwd-, group-, shadow-, …; /var/lib/dpkg/*-old, /var/cache/debconf/*-old',
    shape: 'A file of such a name that one side has alone. shadow- holds passwords as shadow does.',
    remedy: 'Remove them in the same step: && rm -f /etc/*- /var/lib/dpkg/*-old /var/cache/debconf/*-old',
    references: ['https://wiki.debian.org/ReproducibleInstalls'],
    rule: {
      what: 'presence',
      paths: [
        'etc/{passwd,group,shadow,gshadow,subuid,subgid}-',
        'var/lib/dpkg/{status,available,diversions,statoverride}-old',
        'var/cache/debconf/{config,templates,passwords}.dat-old',
      ],
      covers: ({ header }) => header.type === 'file',
    },
  },
  {
    id: 'desktop-metadata-left',
    title: 'Files of the desktop that the build context was copied from',
    class: 'review',
    where: '.DS_Store, ._*, Thumbs.db, desktop.ini',
    shape: 'A file of such a name that one side has alone, with the content of such a file.',
    remedy: 'Name them in .dockerignore: **/.DS_Store, **/._*, **/Thumbs.db',
    references: ['https://docs.docker.com/build/concepts/context/'],
    rule: {
      what: 'presence',
      paths: ['**/{.DS_Store,._*,Thumbs.db}'],
      covers: ({ header, content }) =>
        header.type === 'file' && DESKTOP_MAGICS.some((magic) => beginsWith(content, magic)),
    },
  },
];

function isHsts({ header, content }: FileSide): boolean {
  return header.type === 'file' && /^# HSTS 1\.0 Known Hosts database for GNU Wget/.test(latin1(content, 0, 64));
}
