import { latin1 } from '../../bytes/latin1.js';
import type { Value } from '../../json/plain.js';
import type { FormatDecoder } from './format-decoder.js';
import { addField, findParts, type Part, type PartsDifference, tellParts } from './parts.js';
import { isRpmPackages, rpmTagDifferences } from './rpm.js';
import {
  decodeRecord,
  dumpSqlite,
  parseSqlite,
  type SqliteFile,
  type SqliteTable,
  type SqliteValue,
} from './sqlite.js';
import { countOf, describeBytes, equalBytes, hasMagic, hexValue, textValue, viewOf } from './values.js';

/** Fields of the header behind its magic. Source: "SQLite Database File Format", 1.3. */
const HEADER: readonly (readonly [name: string, offset: number, bytes: 1 | 2 | 4])[] = [
  ['page size', 16, 2],
  ['write version', 18, 1],
  ['read version', 19, 1],
  ['reserved bytes', 20, 1],
  ['file change counter', 24, 4],
  ['pages', 28, 4],
  ['first freelist page', 32, 4],
  ['freelist pages', 36, 4],
  ['schema cookie', 40, 4],
  ['schema format', 44, 4],
  ['default cache size', 48, 4],
  ['largest root page', 52, 4],
  ['text encoding', 56, 4],
  ['user version', 60, 4],
  ['incremental vacuum', 64, 4],
  ['application ID', 68, 4],
  ['version-valid-for', 92, 4],
  ['SQLite version', 96, 4],
];
const HEADER_BYTES = 100;
const PAGE_TYPES = new Map([
  [0x02, 'inner page of an index'],
  [0x05, 'inner page of a table'],
  [0x0a, 'page of an index'],
  [0x0d, 'page of a table'],
]);

export const SQLITE: FormatDecoder = {
  format: 'sqlite',
  recognises: (_path, content) => hasMagic(content, 'SQLite format 3\0'),
  compare(content0, content1) {
    const file0 = parseSqlite(content0);
    const file1 = parseSqlite(content1);
    if (file0 === null || file1 === null) return null;
    const parted0 = { content: content0, parts: partsOf(file0) };
    const parted1 = { content: content1, parts: partsOf(file1) };
    const found = findParts(parted0, parted1);
    if (file0.tables === null || file1.tables === null) {
      found.omitted.push('The rows were not compared: the pages are no well-formed b-trees, or texts are in UTF-16.');
      return tellParts({ format: this.format }, parted0, parted1, found);
    }
    /* Rows come first: they are what the file says. */
    const rows: PartsDifference = { fields: [], omitted: [], count: 0, moved: [], bytes: null };
    compareTables(file0.tables, file1.tables, rows);
    const told = found.fields.slice(0, Math.max(0, found.fields.length - rows.fields.length));
    const dump0 = rows.count === 0 ? dumpSqlite(content0) : null;
    const dump1 = rows.count === 0 ? dumpSqlite(content1) : null;
    const isSameButStored = dump0 !== null && dump1 !== null && equalBytes(dump0, dump1);
    const both: PartsDifference = {
      ...found,
      fields: [...rows.fields, ...told],
      count: rows.count + found.count,
      omitted: isSameButStored ? ['All rows of all tables and indexes are equal.'] : [],
    };
    if (both.count > both.fields.length) {
      both.omitted.push(`${countOf(both.count - both.fields.length, 'more field')} that differ are not listed.`);
    }
    const difference = tellParts({ format: this.format }, parted0, parted1, both);
    return isSameButStored ? { ...difference, equalBut: ['encoding'] } : difference;
  },
};

function partsOf({ content, pageBytes }: SqliteFile): Part[] {
  const view = viewOf(content);
  const parts: Part[] = HEADER.map(([name, start, bytes]) => ({
    name,
    start,
    end: start + bytes,
    value: bytes === 1 ? view.getUint8(start) : bytes === 2 ? view.getUint16(start) : view.getUint32(start),
  }));
  for (let start = 0; start < content.length; start += pageBytes) {
    const at = start === 0 ? HEADER_BYTES : start;
    parts.push({
      name: `page ${start / pageBytes + 1}`,
      start: at,
      end: start + pageBytes,
      value: () =>
        `${PAGE_TYPES.get(content[at] as number) ?? 'another page'}, ${describeBytes(content.subarray(at, start + pageBytes))}`,
      opaque: true,
    });
  }
  return parts;
}

function compareTables(tables0: readonly SqliteTable[], tables1: readonly SqliteTable[], found: PartsDifference): void {
  const keyOf = (table: SqliteTable): string => `${table.type} ${table.name}`;
  const byKey = new Map(tables1.map((table) => [keyOf(table), table]));
  for (const table of tables0) {
    const name = textValue(Buffer.from(keyOf(table)));
    const other = byKey.get(keyOf(table));
    if (other === undefined) {
      addField(found, name, countOf(table.rows.length, 'row'), null);
      continue;
    }
    byKey.delete(keyOf(table));
    if (table.table !== other.table) {
      addField(found, `${name}/tbl_name`, textValue(Buffer.from(table.table)), textValue(Buffer.from(other.table)));
    }
    if (table.sql !== other.sql) {
      addField(found, `${name}/sql`, textValue(Buffer.from(table.sql)), textValue(Buffer.from(other.sql)));
    }
    compareRows(name, table, other, found);
  }
  for (const table of byKey.values()) {
    addField(found, textValue(Buffer.from(keyOf(table))), null, countOf(table.rows.length, 'row'));
  }
}

function compareRows(name: string, table0: SqliteTable, table1: SqliteTable, found: PartsDifference): void {
  const columns = columnNames(table0.sql);
  const rows0 = rowsOf(table0);
  const rows1 = rowsOf(table1);
  for (const [key, row0] of rows0) {
    const row1 = rows1.get(key);
    if (row1 === undefined) addField(found, `${name}/${row0.name}`, rowText(row0.record), null);
    else if (!equalBytes(row0.record, row1.record)) {
      compareRecords(`${name}/${row0.name}`, columns, row0.record, row1.record, isRpmPackages(table0), found);
    }
  }
  for (const [key, row] of rows1) {
    if (!rows0.has(key)) addField(found, `${name}/${row.name}`, null, rowText(row.record));
  }
}

/** Rows by their ID; entries of an index, which have none, by what they hold: they move when another one comes. */
function rowsOf(table: SqliteTable): Map<string, { name: string; record: Uint8Array }> {
  const rows = new Map<string, { name: string; record: Uint8Array }>();
  for (const [at, { rowid, record }] of table.rows.entries()) {
    const key = rowid === null ? `=${latin1(record)}` : `row ${rowid}`;
    const name = rowid === null ? 'entry' : `row ${rowid}`;
    rows.set(rows.has(key) ? `#${at}` : key, { name, record });
  }
  return rows;
}

function compareRecords(
  name: string,
  columns: readonly string[],
  record0: Uint8Array,
  record1: Uint8Array,
  isRpm: boolean,
  found: PartsDifference,
): void {
  const values0 = decodeRecord(record0);
  const values1 = decodeRecord(record1);
  const before = found.count;
  for (let n = 0; n < Math.max(values0?.length ?? 0, values1?.length ?? 0); n++) {
    const value0 = told(values0?.[n]);
    const value1 = told(values1?.[n]);
    if (value0 === value1) continue;
    const [blob0, blob1] = [values0?.[n], values1?.[n]];
    const tags =
      isRpm && blob0 instanceof Uint8Array && blob1 instanceof Uint8Array ? rpmTagDifferences(blob0, blob1) : null;
    if (tags !== null)
      for (const { name: tag, values } of tags) addField(found, `${name}/${tag}`, values[0], values[1]);
    else addField(found, `${name}/${columns[n] ?? `column ${n + 1}`}`, value0, value1);
  }
  if (found.count === before) addField(found, name, hexValue(record0), hexValue(record1));
}

function told(value: SqliteValue | undefined): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  return typeof value === 'string' ? textValue(Buffer.from(value)) : hexValue(value);
}

const SHOWN_COLUMNS = 20;

function rowText(record: Uint8Array): string {
  const values = decodeRecord(record.subarray(0, 64 * 1024));
  if (values === null) return describeBytes(record);
  const texts = values.slice(0, SHOWN_COLUMNS).map((value) => String(told(value)).slice(0, 100));
  return texts.join(' | ');
}

/** Names of the columns, as far as the text of a `CREATE TABLE` tells them plainly. */
function columnNames(sql: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let start = -1;
  for (let at = 0; at < sql.length && at < 64 * 1024; at++) {
    const character = sql[at];
    if (character === '(' && ++depth === 1) start = at + 1;
    else if ((character === ',' && depth === 1) || (character === ')' && --depth === 0)) {
      const name = /^\s{0,100}["'`[]?([^\s"'`\]]{1,100})/.exec(sql.slice(start, Math.min(at, start + 300)))?.[1];
      names.push(name ?? '');
      start = at + 1;
      if (depth === 0) break;
    }
  }
  return names;
}
