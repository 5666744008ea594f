import { hasMagic, viewOf } from './values.js';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const LEAF_TABLE = 0x0d;
const INTERIOR_TABLE = 0x05;
const LEAF_INDEX = 0x0a;
const INTERIOR_INDEX = 0x02;
/** Rows of one file that are read. */
const MAX_ROWS = 500_000;

/** A row of a table, or an entry of an index. */
export interface SqliteRow {
  /** Null in an index and in a table `WITHOUT ROWID`. */
  readonly rowid: bigint | null;
  /** The record: types of its columns, then their values. */
  readonly record: Uint8Array;
}

/** A table or an index. */
export interface SqliteTable {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string;
  /** Its row of the schema, as it is stored, without the number of its first page. */
  readonly schema: Uint8Array;
  readonly rows: readonly SqliteRow[];
}

/** A value of a column; a BLOB as bytes. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

export interface SqliteFile {
  readonly content: Uint8Array;
  readonly pageBytes: number;
  /** Null where the b-trees could not be walked. */
  readonly tables: readonly SqliteTable[] | null;
}

/**
 * Reads an SQLite database with all rows of its tables and entries of its indexes.
 * Source: "SQLite Database File Format".
 * @returns null for anything else
 */
export function parseSqlite(content: Uint8Array): SqliteFile | null {
  if (!hasMagic(content, MAGIC) || content.length < HEADER_BYTES) return null;
  const stored = viewOf(content).getUint16(16);
  const pageBytes = stored === 1 ? 65536 : stored;
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0 || content.length % pageBytes !== 0) return null;
  return { content, pageBytes, tables: new Walker(content, pageBytes).tables() };
}

/** Thrown and caught within this file. */
class Malformed extends Error {}

/** Walks b-trees; each page is seen once, and what one page says takes no more than its size. */
class Walker {
  readonly #content: Uint8Array;
  readonly #view: DataView;
  readonly #pageBytes: number;
  readonly #usable: number;
  readonly #seen = new Set<number>();
  #rows = 0;

  constructor(content: Uint8Array, pageBytes: number) {
    this.#content = content;
    this.#view = viewOf(content);
    this.#pageBytes = pageBytes;
    this.#usable = pageBytes - (content[20] as number);
  }

  tables(): SqliteTable[] | null {
    if (this.#usable < 480 || this.#view.getUint32(56) > 1) return null;
    try {
      const tables: SqliteTable[] = [];
      for (const { record } of this.#tree(1)) {
        const [type, name, table, root, sql] = decodeRecord(record) ?? [];
        if (typeof type !== 'string' || typeof name !== 'string' || typeof table !== 'string') throw new Malformed();
        const rows = typeof root === 'bigint' && root > 0n ? this.#tree(Number(root)) : [];
        const schema = schemaOf(record);
        tables.push({ type, name, table, sql: typeof sql === 'string' ? sql : '', schema, rows });
      }
      return tables;
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  }

  #page(number: number): number {
    const start = (number - 1) * this.#pageBytes;
    if (!(number >= 1) || start + this.#pageBytes > this.#content.length || this.#seen.has(number))
      throw new Malformed();
    this.#seen.add(number);
    return start;
  }

  /** The rows below `root`, in their order. */
  #tree(root: number): SqliteRow[] {
    const rows: SqliteRow[] = [];
    /** What is still to be done, the next one last: a page, or a row of an inner page. */
    const left: (number | bigint | SqliteRow)[] = [root];
    /* What rowids have to be greater than. Rows are looked up by the keys of inner pages: a wrong one hides rows. */
    let least: bigint | null = null;
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (typeof next === 'number') {
        for (const cell of this.#cells(next).reverse()) left.push(cell);
        continue;
      }
      const key = typeof next === 'bigint' ? next : next.rowid;
      const isRow = typeof next !== 'bigint';
      if (key !== null && least !== null && (isRow ? key <= least : key < least)) throw new Malformed();
      least = key ?? least;
      if (typeof next !== 'bigint') rows.push(next);
    }
    return rows;
  }

  /* Rows, pages below, and behind a page of a table the key that no rowid of it is greater than. */
  #cells(number: number): (number | bigint | SqliteRow)[] {
    const start = this.#page(number);
    const header = number === 1 ? start + HEADER_BYTES : start;
    const type = this.#content[header];
    const isLeaf = type === LEAF_TABLE || type === LEAF_INDEX;
    const isTable = type === LEAF_TABLE || type === INTERIOR_TABLE;
    if (!isLeaf && type !== INTERIOR_TABLE && type !== INTERIOR_INDEX) throw new Malformed();
    const count = this.#view.getUint16(header + 3);
    const pointers = header + (isLeaf ? 8 : 12);
    if (pointers + 2 * count > start + this.#usable) throw new Malformed();
    const cells: (number | bigint | SqliteRow)[] = [];
    let room = this.#pageBytes;
    for (let n = 0; n < count; n++) {
      const reader = { at: start + this.#view.getUint16(pointers + 2 * n), end: start + this.#usable };
      const from = reader.at;
      if (!isLeaf) {
        if (from + 4 > reader.end) throw new Malformed();
        cells.push(this.#view.getUint32(from));
        reader.at += 4;
      }
      if (isTable && !isLeaf) {
        cells.push(BigInt.asIntN(64, this.#varint(reader)));
        continue;
      }
      const bytes = Number(this.#varint(reader));
      const rowid = isTable ? BigInt.asIntN(64, this.#varint(reader)) : null;
      const record = this.#payload(reader, bytes, isTable);
      room -= reader.at - from;
      if (room < 0 || ++this.#rows > MAX_ROWS) throw new Malformed();
      cells.push({ rowid, record });
    }
    if (!isLeaf) cells.push(this.#view.getUint32(header + 8));
    return cells;
  }

  #varint(reader: { at: number; end: number }): bigint {
    const result = readVarint(this.#content, reader.at, reader.end);
    if (result === null) throw new Malformed();
    reader.at = result.end;
    return result.value;
  }

  /** A payload of `bytes`: what stands in the cell, and its overflow pages. Source: 1.6, "Cell Payload Overflow Pages". */
  #payload(reader: { at: number; end: number }, bytes: number, isTable: boolean): Uint8Array {
    const usable = this.#usable;
    if (bytes > this.#content.length) throw new Malformed();
    const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    let local = bytes;
    if (bytes > most) {
      const fitting = least + ((bytes - least) % (usable - 4));
      local = fitting <= most ? fitting : least;
    }
    const start = reader.at;
    reader.at += local + (local < bytes ? 4 : 0);
    if (reader.at > reader.end) throw new Malformed();
    const first = this.#content.subarray(start, start + local);
    if (local === bytes) return first;
    const pieces = [first];
    let left = bytes - local;
    let next = this.#view.getUint32(start + local);
    while (left > 0) {
      const page = this.#page(next);
      const piece = this.#content.subarray(page + 4, page + 4 + Math.min(left, usable - 4));
      pieces.push(piece);
      left -= piece.length;
      next = this.#view.getUint32(page);
    }
    return Buffer.concat(pieces);
  }
}

function readVarint(content: Uint8Array, at: number, end: number): { value: bigint; end: number } | null {
  let value = 0;
  for (let n = 0; n < 9 && at + n < end; n++) {
    const byte = content[at + n] as number;
    if (n === 8) return { value: (BigInt(value) << 8n) | BigInt(byte), end: at + 9 };
    if (n < 6) {
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return { value: BigInt(value), end: at + n + 1 };
      continue;
    }
    /* Beyond 42 bits numbers are not exact for long: the last ones are read in one go. */
    let big = BigInt(value);
    for (let m = n; m < 9 && at + m < end; m++) {
      const next = content[at + m] as number;
      if (m === 8) return { value: (big << 8n) | BigInt(next), end: at + 9 };
      big = (big << 7n) | BigInt(next & 0x7f);
      if (next < 0x80) return { value: big, end: at + m + 1 };
    }
    return null;
  }
  return null;
}

const INTEGER_BYTES: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** A column of a record: its serial type, and `record[start, end)`. */
export interface SqliteColumn {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** Where the columns of a record stand, or null for what is no record. Source: 2.1, "Record Format". */
export function columnsOf(record: Uint8Array): SqliteColumn[] | null {
  const size = readVarint(record, 0, record.length);
  if (size === null || size.value > BigInt(record.length)) return null;
  const headerEnd = Number(size.value);
  const columns: SqliteColumn[] = [];
  let start = headerEnd;
  let at = size.end;
  while (at < headerEnd) {
    const serial = readVarint(record, at, headerEnd);
    if (serial === null || serial.value > 2n ** 40n || serial.value === 10n || serial.value === 11n) return null;
    at = serial.end;
    const type = Number(serial.value);
    const bytes = type >= 12 ? Math.floor((type - 12) / 2) : (INTEGER_BYTES[type] as number);
    if (start + bytes > record.length) return null;
    columns.push({ type, start, end: start + bytes });
    start += bytes;
  }
  return columns;
}

/** The values of a record's columns, or null for what is no record. */
export function decodeRecord(record: Uint8Array): SqliteValue[] | null {
  const columns = columnsOf(record);
  return columns === null ? null : columns.map((column) => columnValue(record, column));
}

function columnValue(record: Uint8Array, { type, start, end }: SqliteColumn): SqliteValue {
  if (type === 0) return null;
  if (type === 7) return viewOf(record).getFloat64(start);
  if (type === 8) return 0n;
  if (type === 9) return 1n;
  const bytes = record.subarray(start, end);
  if (type >= 12) return type % 2 === 0 ? bytes : Buffer.from(bytes).toString('utf8');
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, value);
}

/**
 * What a database says and not how it is stored: its schema, user version, application ID, and all rows of tables and
 * entries of indexes in their order. Page numbers, counters, free pages and bytes that no row uses are left out.
 * @param rewrite changes a row's record before it is written
 * @returns null where the database could not be walked
 */
export function dumpSqlite(
  content: Uint8Array,
  rewrite: (table: SqliteTable, record: Uint8Array) => Uint8Array = (_table, record) => record,
): Uint8Array | null {
  const file = parseSqlite(content);
  if (file === null || file.tables === null) return null;
  const output: Uint8Array[] = [content.subarray(56, 64), content.subarray(68, 72)];
  const write = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(8);
    length.writeDoubleBE(bytes.length);
    output.push(length, bytes);
  };
  const sorted = [...file.tables].sort((a, b) => compareTexts(a.type, b.type) || compareTexts(a.name, b.name));
  for (const table of sorted) {
    write(table.schema);
    write(Buffer.from(String(table.rows.length)));
    for (const { rowid, record } of table.rows) {
      write(Buffer.from(String(rowid)));
      write(rewrite(table, record));
    }
  }
  return Buffer.concat(output);
}

/* The fourth column is the number of a page. */
function schemaOf(record: Uint8Array): Uint8Array {
  const columns = (columnsOf(record) ?? []).filter((_, i) => i !== 3);
  return Buffer.concat(
    columns.flatMap(({ type, start, end }) => [Buffer.from(`${type} `), record.subarray(start, end)]),
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
