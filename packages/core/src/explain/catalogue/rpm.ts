import { latin1 } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { beginsWith, NOTHING, wholeFormat } from '../content-rule.js';
import { withoutRpmInstallTimes } from '../formats/rpm.js';
import { normaliseLines } from '../text-rule.js';

const SQLITE = 'SQLite format 3\0';
/* How much of a file holds the schema: the first pages. */
const SCHEMA_BYTES = 65_536;
const RPM_FOLDERS = '{var/lib/rpm,usr/lib/sysimage/rpm}';

/* dnf: `2026-11-23T12:44:34+0000 DEBUG …`; hawkey.log: `INFO Nov-23 …` is not this */
const DNF_TIME = /^(?:\[\d{1,10}\] )?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[+-]\d{4}|Z)?( )/;
/* zypper.log: `2026-11-23 12:44:34 <1> host(7) [zypper] …`; history: `2026-11-23 12:44:34|install|…` */
const ZYPPER_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:(\|)|( <\d>) [A-Za-z0-9._-]{1,64}\(\d{1,7}\))/;
const ZYPPER_COMMENT_TIME = /^(# )\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( )/;

/** What the package managers on RPM keep. */
export const RPM: readonly Cause[] = [
  {
    id: 'rpm-install-time',
    title: 'RPM keeps the time at which each package was installed',
    class: 'benign',
    where: 'rpmdb.sqlite in /var/lib/rpm or /usr/lib/sysimage/rpm',
    shape:
      'INSTALLTIME and INSTALLTID of packages, and how rows are stored. All else that the headers say is the same.',
    remedy:
      'Set SOURCE_DATE_EPOCH in the step that installs: RUN SOURCE_DATE_EPOCH=1700000000 dnf install -y … (rpm 4.18 or later)',
    references: [
      'https://github.com/rpm-software-management/rpm/pull/1803',
      'https://reproducible-builds.org/docs/source-date-epoch/',
    ],
    rule: {
      what: 'content',
      paths: [`${RPM_FOLDERS}/rpmdb.sqlite`],
      normalise: ({ content }) => withoutRpmInstallTimes(content),
    },
  },
  {
    id: 'rpm-database',
    title: "RPM's database was written anew",
    class: 'review',
    where: '/var/lib/rpm, /usr/lib/sysimage/rpm',
    shape:
      'The database, whole: installation times, numbers of transactions, rows and pages. Whether versions differ is told with the packages, or by rpm -qa.',
    remedy:
      'Set SOURCE_DATE_EPOCH in the step (rpm 4.18 or later), install in one transaction, and build without a journal: sqlite3 rpmdb.sqlite "PRAGMA journal_mode=DELETE; VACUUM"',
    references: ['https://github.com/rpm-software-management/rpm/pull/1803', 'https://www.sqlite.org/fileformat2.html'],
    rule: {
      what: 'content',
      paths: [`${RPM_FOLDERS}/rpmdb.sqlite`, `${RPM_FOLDERS}/Packages.db`, `${RPM_FOLDERS}/Packages`],
      normalise: ({ path, content }) => {
        if (path.endsWith('.sqlite')) return hasTable(content, "'Packages'") ? NOTHING : null;
        if (path.endsWith('.db')) return beginsWith(content, 'RpmP') ? NOTHING : null;
        return latin1(content, 12, 16) === '\x61\x15\x06\x00' ? NOTHING : null;
      },
    },
  },
  {
    id: 'dnf-log',
    title: 'dnf writes the time into its logs',
    class: 'benign',
    where: '/var/log/dnf*.log, /var/log/hawkey.log, /var/log/yum.log',
    shape: 'Lines are the same but for the time at their beginning.',
    remedy:
      'Remove the logs in the same step: RUN dnf install -y … && dnf clean all && rm -f /var/log/dnf* /var/log/hawkey.log',
    references: ['https://dnf.readthedocs.io/en/latest/conf_ref.html'],
    rule: {
      what: 'content',
      paths: ['var/log/{dnf*.log,hawkey.log,yum.log}'],
      normalise: normaliseLines((line) => line.replace(DNF_TIME, '$1')),
    },
  },
  {
    id: 'dnf-history',
    title: 'dnf keeps a history of transactions with their times',
    class: 'review',
    where: '/var/lib/dnf/history.sqlite, /usr/lib/sysimage/libdnf5/*.sqlite',
    shape: 'The database, whole: times, users and order of transactions. What they installed is not looked into.',
    remedy:
      'Set SOURCE_DATE_EPOCH in the step (dnf5 of 2026 or later), or remove it: && rm -rf /var/lib/dnf/history.sqlite* /usr/lib/sysimage/libdnf5',
    references: [
      'https://github.com/rpm-software-management/dnf5/pull/2584',
      'https://github.com/rpm-software-management/dnf5/pull/2593',
    ],
    rule: {
      what: 'content',
      paths: ['var/lib/dnf/history.sqlite', 'usr/lib/sysimage/libdnf5/*.sqlite'],
      normalise: ({ content }) => (hasTable(content, 'trans') ? NOTHING : null),
    },
  },
  {
    id: 'dnf-countme',
    title: 'dnf counts how often it has asked a repository',
    class: 'benign',
    where: '/var/lib/dnf/repos/*/countme',
    shape: 'The whole file is a line of numbers.',
    remedy: 'Remove it in the same step: && rm -rf /var/lib/dnf/repos',
    references: ['https://dnf.readthedocs.io/en/latest/conf_ref.html'],
    rule: {
      what: 'content',
      paths: ['var/lib/dnf/repos/*/countme', 'usr/lib/sysimage/libdnf5/repos/*/countme'],
      normalise: ({ content }) =>
        /^\d{1,10}(?: \d{1,12}){2,4}\n?$/.test(latin1(content, 0, 100)) && content.length < 80 ? NOTHING : null,
    },
  },
  {
    id: 'zypper-log',
    title: 'zypper writes the time, host and process into its logs',
    class: 'benign',
    where: '/var/log/zypper.log, /var/log/zypp/history',
    shape: 'Lines are the same but for the time, and what stands with it: the name of the host and the process.',
    remedy:
      'Remove the logs in the same step: RUN zypper install -y … && zypper clean -a && rm -rf /var/log/zypp /var/log/zypper.log',
    references: ['https://doc.opensuse.org/projects/libzypp/HEAD/'],
    rule: {
      what: 'content',
      paths: ['var/log/zypper.log', 'var/log/zypp/history'],
      normalise: normaliseLines((line) => line.replace(ZYPPER_TIME, '$1$2').replace(ZYPPER_COMMENT_TIME, '$1$2')),
    },
  },
  {
    id: 'libsolv-cache',
    title: 'A cache of dnf or zypper is in the image',
    class: 'review',
    where: '/var/cache/dnf, /var/cache/zypp, /var/cache/libdnf5',
    shape:
      'A cache of libsolv, whole; what it holds is not looked into. It is made from the lists of repositories when it is needed.',
    remedy: 'Remove the caches in the same step: && dnf clean all, or zypper clean -a; or keep them in a cache mount.',
    references: ['https://github.com/openSUSE/libsolv', 'https://docs.docker.com/reference/dockerfile/'],
    rule: {
      what: 'content',
      paths: ['var/cache/{dnf,libdnf5,yum,zypp}/**/*.{solv,solvx}', 'var/cache/zypp/solv/**/solv'],
      normalise: wholeFormat('SOLV'),
    },
  },
];

function hasTable(content: Uint8Array, name: string): boolean {
  if (!beginsWith(content, SQLITE)) return false;
  const schema = latin1(content, 0, Math.min(content.length, SCHEMA_BYTES));
  return schema.includes(`CREATE TABLE ${name}`) || schema.includes(`CREATE TABLE IF NOT EXISTS ${name}`);
}
