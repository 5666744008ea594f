import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { decodeRecord, dumpSqlite, parseSqlite } from '../../../../packages/core/src/explain/formats/sqlite.js';
import { requireTool } from '../../../support/tools.js';
import { compareFiles, fieldsOf, fixture } from './samples.js';

const db = (name: string): Uint8Array => fixture(`formats/sqlite/${name}.db`);
const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../../../fixtures/formats/sqlite/${name}.db`, import.meta.url));

describe('SQLite', () => {
  test.skipIf(!requireTool('sqlite3')).each(['0', 'stored', 'other'])('rows are those of sqlite3: %s', (name) => {
    const run = spawnSync('sqlite3', ['-readonly', pathOf(name), 'select id, dt_begin, cmdline from trans'], {
      encoding: 'utf8',
    });
    const table = parseSqlite(db(name))?.tables?.find((candidate) => candidate.name === 'trans');
    const rows = table?.rows.map(({ rowid, record }) => [rowid, ...(decodeRecord(record) ?? []).slice(1)].join('|'));
    expect(rows?.length).toBe(41);
    expect(`${rows?.join('\n')}\n`).toBe(run.stdout);
  });

  test('the same rows stored in another way', () => {
    const difference = compareFiles('x.db', db('0'), db('stored'));
    expect(difference).toMatchObject({
      equalBut: ['encoding'],
      omitted: ['All rows of all tables and indexes are equal.'],
    });
    /* `pragma freelist_count` says 0 and 2. */
    expect(fieldsOf(difference)).toMatchObject({ 'freelist pages': [0, 2] });
    expect(dumpSqlite(db('0'))).not.toBeNull();
    expect(dumpSqlite(db('0'))).toEqual(dumpSqlite(db('stored')));
  });

  test('a value that differs, by table, row and column', () => {
    const difference = compareFiles('x.db', db('0'), db('other'));
    expect(difference?.equalBut).toBeUndefined();
    expect(fieldsOf(difference)).toMatchObject({ 'table trans/row 7/dt_begin': ['1677619267', '1677619999'] });
    expect(dumpSqlite(db('0'))).not.toEqual(dumpSqlite(db('other')));
  });

  test('every byte of a row that a reader sees counts for the dump', () => {
    const content = db('0');
    const dump = dumpSqlite(content) as Uint8Array;
    const at = Buffer.from(content).indexOf('install package number 17');
    for (let n = 0; n < 25; n++) {
      const changed = Uint8Array.from(content);
      changed[at + n] = (changed[at + n] as number) ^ 0x20;
      expect(dumpSqlite(changed)).not.toEqual(dump);
    }
    /* The end of the long row is on overflow pages. */
    const overflow = Uint8Array.from(content);
    overflow[Buffer.from(content).lastIndexOf('xxxxxxxx')] = 0x79;
    expect(dumpSqlite(overflow)).not.toEqual(dump);
  });

  test('application ID and user version count', () => {
    for (const at of [63, 71]) {
      const changed = Uint8Array.from(db('0'));
      changed[at] = 9;
      expect(dumpSqlite(changed)).not.toEqual(dumpSqlite(db('0')));
      expect(compareFiles('x.db', db('0'), changed)?.equalBut).toBeUndefined();
    }
  });

  test('a key of an inner page that hides rows from those who look them up', () => {
    const content = db('0');
    const page = [...Array(content.length / 512).keys()].find((each) => content[512 * each] === 0x05) as number;
    const cell = 512 * page + new DataView(content.buffer, content.byteOffset).getUint16(512 * page + 12);
    for (const by of [1, -1]) {
      const changed = Uint8Array.from(content);
      /* A left child of four bytes, then a rowid below 128. */
      changed[cell + 4] = (content[cell + 4] as number) + by;
      expect(dumpSqlite(changed)).toBeNull();
    }
  });

  test('a page that is its own child, and cells upon each other', () => {
    const loop = Uint8Array.from(db('0'));
    const view = new DataView(loop.buffer);
    for (let page = 512; page < loop.length; page += 512) {
      if (loop[page] !== 0x05) continue;
      view.setUint32(page + 8, page / 512 + 1);
    }
    expect(parseSqlite(loop)?.tables).toBeNull();
    expect(dumpSqlite(loop)).toBeNull();
    const cells = Uint8Array.from(db('0'));
    const leaf = [...Array(cells.length / 512).keys()].find((page) => page > 0 && cells[512 * page] === 0x0d) as number;
    const cellView = new DataView(cells.buffer);
    const count = 200;
    cellView.setUint16(512 * leaf + 3, count);
    for (let n = 0; n < count; n++) cellView.setUint16(512 * leaf + 8 + 2 * n, cellView.getUint16(512 * leaf + 8));
    expect(parseSqlite(cells)?.tables).toBeNull();
    expect(compareFiles('x.db', db('0'), cells)?.omitted).toEqual([expect.stringContaining('rows were not compared')]);
  });
});
