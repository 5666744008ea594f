import type { Cause } from '../cause.js';
import { dumpSqlite } from '../formats/sqlite.js';

/** Databases of SQLite that no package manager keeps. */
export const SQLITE: readonly Cause[] = [
  {
    id: 'sqlite-storage',
    title: 'A database of SQLite holds the same rows, stored in another way',
    class: 'benign',
    where: '*.db, *.sqlite, *.sqlite3',
    shape:
      'Counters, free pages, page numbers and bytes that no row uses. Schema and all rows, in their order, are the same.',
    remedy:
      'Write it with one version of SQLite in one order, and end with: sqlite3 FILE "PRAGMA journal_mode=DELETE; VACUUM"',
    references: ['https://www.sqlite.org/fileformat2.html', 'https://www.sqlite.org/lang_vacuum.html'],
    rule: {
      what: 'content',
      paths: ['**/*.{db,db3,sqlite,sqlite3}'],
      normalise: ({ content }) => dumpSqlite(content),
    },
  },
];
