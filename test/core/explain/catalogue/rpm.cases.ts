import type { CauseCases } from '../cause-case.js';
import { formats, written } from '../evidence.js';

const database = (schema: string, rest: string): string => `SQLite format 3\0${'\0'.repeat(84)}${schema}${rest}`;
const SCHEMA = "CREATE TABLE IF NOT EXISTS 'Packages' ( hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL )";

/* In each place: package headers and the index of names. */
function replaceAll(content: Uint8Array | string, from: string, to: string): Buffer {
  return Buffer.from(Buffer.from(content).toString('latin1').replaceAll(from, to), 'latin1');
}

const imported = formats('rpm', 'var/lib/rpm/rpmdb.sqlite', 'rpm --import of a key at two times');

export const RPM_CASES: readonly CauseCases[] = [
  {
    id: 'rpm-install-time',
    takesOut: 'whole',
    shows: [imported],
    misses: [
      {
        ...imported,
        origin: 'written',
        what: 'another version beside another time',
        contents: [imported.contents[0], replaceAll(imported.contents[1], 'gpg-pubkey', 'gpg-evilkey'.slice(0, 10))],
      },
    ],
  },
  {
    id: 'rpm-database',
    takesOut: 'whole',
    shows: [
      written(
        'var/lib/rpm/rpmdb.sqlite',
        database(SCHEMA, 'one'),
        database(SCHEMA, 'two'),
        "a header and rpm's schema",
      ),
      written(
        'var/lib/rpm/Packages.db',
        'RpmP\0\0\0\0one',
        'RpmP\0\0\0\0two',
        'the magic number of ndb, by lib/backend/ndb/rpmpkg.c',
      ),
    ],
    misses: [
      written('var/lib/rpm/rpmdb.sqlite', database('', 'one'), database('', 'two'), 'a database of something else'),
      written('srv/rpmdb.sqlite', database(SCHEMA, 'one'), database(SCHEMA, 'two'), 'another path'),
    ],
  },
  {
    id: 'dnf-log',
    takesOut: /^[-\d]{10}T[:\d]{8}\+\d{4}/gm,
    shows: [
      written(
        'var/log/dnf.rpm.log',
        '2026-11-23T12:44:34+0000 SUBDEBUG Installed: curl-8.2.1-3.fc39.x86_64\n',
        '2026-11-24T13:50:41+0000 SUBDEBUG Installed: curl-8.2.1-3.fc39.x86_64\n',
        'as dnf writes it',
      ),
    ],
    misses: [
      written(
        'var/log/dnf.rpm.log',
        '2026-11-23T12:44:34+0000 SUBDEBUG Installed: curl-8.2.1-3.fc39.x86_64\n',
        '2026-11-24T13:50:41+0000 SUBDEBUG Installed: curl-8.2.1-4.fc39.x86_64\n',
        'another version',
      ),
    ],
  },
  {
    id: 'dnf-history',
    takesOut: 'whole',
    shows: [
      written(
        'var/lib/dnf/history.sqlite',
        database('CREATE TABLE trans (id INTEGER PRIMARY KEY, dt_begin INTEGER)', '1'),
        database('CREATE TABLE trans (id INTEGER PRIMARY KEY, dt_begin INTEGER)', '2'),
        "a header and dnf's schema",
      ),
    ],
    misses: [
      written('var/lib/dnf/history.sqlite', database('', '1'), database('', '2'), 'a database of something else'),
    ],
  },
  {
    id: 'dnf-countme',
    takesOut: 'whole',
    shows: [
      written('var/lib/dnf/repos/fedora-2d95c80a1fa0a67d/countme', '0 2917 1 0', '0 2918 2 0', 'as libdnf writes it'),
    ],
    misses: [
      written('var/lib/dnf/repos/fedora-2d95c80a1fa0a67d/countme', '0 2917 1 0', 'none', 'no numbers on one side'),
    ],
  },
  {
    id: 'zypper-log',
    takesOut: /^[-\d]{10} [:\d]{8}/gm,
    shows: [
      written(
        'var/log/zypp/history',
        '# 2026-11-23 12:44:34 curl-8.0.1\n2026-11-23 12:44:34|install|curl|8.0.1-1|x86_64||repo|\n',
        '# 2026-11-24 13:50:41 curl-8.0.1\n2026-11-24 13:50:41|install|curl|8.0.1-1|x86_64||repo|\n',
        'as libzypp writes it',
      ),
    ],
    misses: [
      written(
        'var/log/zypp/history',
        '2026-11-23 12:44:34|install|curl|8.0.1-1|x86_64||repo|\n',
        '2026-11-24 13:50:41|install|curl|8.0.1-2|x86_64||repo|\n',
        'another version',
      ),
    ],
  },
  {
    id: 'libsolv-cache',
    takesOut: 'whole',
    shows: [
      written('var/cache/dnf/fedora.solv', 'SOLV\0\0\0\x08one', 'SOLV\0\0\0\x08two', 'the magic number of libsolv'),
    ],
    misses: [written('var/cache/dnf/fedora.solv', 'SOLV\0\0\0\x08one', 'text', 'no cache on one side')],
  },
];
