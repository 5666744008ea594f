import type { CauseCases } from '../cause-case.js';
import { bytesLike, tool, written } from '../evidence.js';

const database = tool('sqlite', 'srv/a.db', 'sqlite3, with changes there and back on one side');

export const SQLITE_CASES: readonly CauseCases[] = [
  {
    id: 'sqlite-storage',
    takesOut: bytesLike(String.raw`(?<=^.{24}).{4}|(?<=^.{92}).{8}|\0{8,}`),
    shows: [database],
    misses: [written('srv/a.db', database.contents[0], 'SQLite format 3\0', 'a database that is cut off')],
  },
];
