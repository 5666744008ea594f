import { latin1, latin1Bytes } from '../../bytes/latin1.js';
import type { Cause } from '../cause.js';
import { NOTHING } from '../content-rule.js';
import type { FileSide } from '../evidence.js';
import { withoutLastChange } from '../formats/accounts.js';

const TABLES = ['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'];
/* Fields of a line: passwd(5), group(5), shadow(5), gshadow(5), subuid(5), subgid(5). */
const FIELDS = new Map([
  ['passwd', 7],
  ['group', 4],
  ['shadow', 9],
  ['gshadow', 4],
  ['subuid', 3],
  ['subgid', 3],
]);
/* Which of them are ids or ranges of ids. */
const IDS = new Map([
  ['passwd', [2, 3]],
  ['group', [2]],
  ['subuid', [1, 2]],
  ['subgid', [1, 2]],
]);
const LAST_CHANGE = 2;
const ID = /^\d{1,10}$/;

/** Who is known to the system, and who may log in. */
export const ACCOUNTS: readonly Cause[] = [
  {
    id: 'shadow-lastchg',
    title: 'The day of the build is the day of the last password change',
    class: 'benign',
    where: '/etc/shadow, third field',
    shape:
      'The number of the day. Any other field, an empty day and 0 are not this, nor is the day where passwords expire.',
    remedy:
      'Set SOURCE_DATE_EPOCH in the step that makes the account (shadow 4.5 or later), or set the day: RUN useradd app && chage -d 2024-01-01 app',
    references: [
      'https://github.com/shadow-maint/shadow/pull/71',
      'https://reproducible-builds.org/docs/source-date-epoch/',
    ],
    rule: {
      what: 'content',
      paths: ['etc/shadow', 'etc/shadow-'],
      normalise: ({ content }) => withoutLastChange(content),
      mayTouch:
        'The day of the last password change decides nothing unless it is 0 or empty, or passwords expire; those are left.',
    },
  },
  {
    id: 'account-ids',
    title: 'Accounts or groups have other numbers',
    class: 'security',
    where: '/etc/passwd, group, subuid, subgid',
    shape: 'Numbers of users, groups and their ranges; names and all other fields are the same.',
    remedy:
      'Give each account its numbers: RUN groupadd -g 1001 app && useradd -u 1001 -g 1001 app; make accounts of packages first, in one order.',
    references: ['https://manpages.debian.org/bookworm/passwd/useradd.8.en.html'],
    rule: {
      what: 'content',
      paths: pathsOf(['passwd', 'group', 'subuid', 'subgid']),
      normalise: (file) =>
        normaliseTable(file, (fields, table) => {
          const ids = IDS.get(table) ?? [];
          return fields.map((field, i) => (ids.includes(i) && ID.test(field) ? '' : field));
        }),
    },
  },
  {
    id: 'account-order',
    title: 'Accounts stand in another order',
    class: 'review',
    where: '/etc/passwd, group, shadow, gshadow, subuid, subgid',
    shape: 'The same lines in another order. Of several accounts with one number the first gives it its name.',
    remedy: 'Make accounts in one order: explicit RUN useradd lines before packages that make accounts of their own.',
    references: ['https://manpages.debian.org/bookworm/passwd/useradd.8.en.html'],
    rule: { what: 'content', paths: pathsOf(TABLES), normalise: sortTable },
  },
  {
    id: 'account-secrets',
    title: 'Passwords or their rules differ',
    class: 'security',
    where: '/etc/shadow, gshadow',
    shape: 'Any field but the name and the day of the last change; the same accounts in the same order.',
    remedy: 'Lock accounts that need no password: RUN passwd -l NAME; give secrets to the container, not to the image.',
    references: ['https://manpages.debian.org/bookworm/passwd/shadow.5.en.html'],
    rule: {
      what: 'content',
      paths: pathsOf(['shadow', 'gshadow']),
      normalise: (file) =>
        normaliseTable(file, (fields, table) =>
          fields.map((field, i) => (i === 0 || (table === 'shadow' && i === LAST_CHANGE) ? field : '')),
        ),
    },
  },
  {
    id: 'account-fields',
    title: 'Accounts or groups differ in more than their numbers',
    class: 'security',
    where: '/etc/passwd, group',
    shape: 'Home, shell, comment, password or members; the same names in the same order.',
    remedy: 'Give each account its fields: RUN useradd -m -d /app -s /usr/sbin/nologin app',
    references: ['https://manpages.debian.org/bookworm/passwd/passwd.5.en.html'],
    rule: {
      what: 'content',
      paths: pathsOf(['passwd', 'group']),
      normalise: (file) =>
        normaliseTable(file, (fields, table) =>
          fields.map((field, i) => (i === 0 || IDS.get(table)?.includes(i) ? field : '')),
        ),
    },
  },
  {
    id: 'account-backups',
    title: 'Copies of the account tables, as they were before the last change',
    class: 'review',
    where: '/etc/passwd-, group-, subuid-, subgid-',
    shape: 'A table of that kind, whole. Nothing reads it; shadow- and gshadow- are not among them.',
    remedy: 'Remove them in the step that makes accounts: && rm -f /etc/passwd- /etc/group- /etc/subuid- /etc/subgid-',
    references: ['https://manpages.debian.org/bookworm/passwd/useradd.8.en.html'],
    rule: {
      what: 'content',
      paths: ['etc/{passwd,group,subuid,subgid}-'],
      normalise: (file) => (normaliseTable(file, (fields) => fields) === null ? null : NOTHING),
    },
  },
];

function pathsOf(tables: readonly string[]): string[] {
  return tables.flatMap((table) => [`etc/${table}`, `etc/${table}-`]);
}

function tableOf({ path }: FileSide): string {
  return path.replace(/^.*\//, '').replace(/-$/, '');
}

/* Null where a line has not the fields of such a table. */
function linesOfTable(file: FileSide): { lines: string[]; table: string } | null {
  const table = tableOf(file);
  const colons = (FIELDS.get(table) ?? 0) - 1;
  const text = latin1(file.content);
  if (!text.endsWith('\n') || text.includes('\0')) return null;
  const lines = text.slice(0, -1).split('\n');
  return lines.every((line) => countColons(line) === colons && line[0] !== ':') ? { lines, table } : null;
}

function countColons(line: string): number {
  let count = 0;
  for (let at = line.indexOf(':'); at >= 0; at = line.indexOf(':', at + 1)) count++;
  return count;
}

function normaliseTable(
  file: FileSide,
  change: (fields: readonly string[], table: string) => readonly string[],
): Uint8Array | null {
  const found = linesOfTable(file);
  if (found === null) return null;
  return textBytes(found.lines.map((line) => change(line.split(':'), found.table).join(':')));
}

function sortTable(file: FileSide): Uint8Array | null {
  const found = linesOfTable(file);
  return found === null ? null : textBytes(found.lines.sort());
}

function textBytes(lines: readonly string[]): Uint8Array {
  return latin1Bytes(`${lines.join('\n')}\n`);
}
