import type { FieldDifference } from '../in-file/in-file-difference.js';
import type { InstalledPackage } from './installed-package.js';
import { columnsOf, decodeRecord, dumpSqlite, parseSqlite, type SqliteTable } from './sqlite.js';
import { equalBytes, hexValue, textValue, timeValue, viewOf } from './values.js';

/** Tags that are named; others are told by number. Source: rpm, `include/rpm/rpmtag.h`. */
const TAGS = new Map<number, string>([
  [62, 'HEADERSIGNATURES'],
  [63, 'HEADERIMMUTABLE'],
  [1000, 'NAME'],
  [1001, 'VERSION'],
  [1002, 'RELEASE'],
  [1003, 'EPOCH'],
  [1006, 'BUILDTIME'],
  [1007, 'BUILDHOST'],
  [1008, 'INSTALLTIME'],
  [1009, 'SIZE'],
  [1022, 'ARCH'],
  [1127, 'INSTALLCOLOR'],
  [1128, 'INSTALLTID'],
]);
const INSTALL_TIME = 1008;
const INSTALL_TID = 1128;
const TIMES = new Set([1006, INSTALL_TIME, INSTALL_TID]);
const INT32 = 4;
const STRING = 6;
const I18N_STRING = 9;
/** Bytes of one element, by type; strings have no size of their own. */
const SIZES = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [7, 1],
]);
const MAX_TAGS = 65_536;

/** One tag of a header: `blob[start, end)` are its data. */
interface RpmTag {
  readonly tag: number;
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** The tags of a package's header as rpm's database holds it, or null for what is none. Source: rpm, `docs/manual/hregions.md`. */
function parseRpmHeader(blob: Uint8Array): RpmTag[] | null {
  if (blob.length < 8) return null;
  const view = viewOf(blob);
  const count = view.getUint32(0);
  const dataAt = 8 + 16 * count;
  if (count > MAX_TAGS || dataAt + view.getUint32(4) !== blob.length) return null;
  const tags: RpmTag[] = [];
  /* Data of strings end where the next tag's begin: that is never too short. */
  const starts: number[] = [];
  for (let n = 0; n < count; n++) {
    const offset = view.getInt32(8 + 16 * n + 8);
    if (offset >= 0) starts.push(dataAt + offset);
  }
  starts.sort((a, b) => a - b);
  /* Real tags do not lie upon each other, but for the one that stands for a region. */
  let cover = 0;
  for (let n = 0; n < count; n++) {
    const entry = 8 + 16 * n;
    const type = view.getUint32(entry + 4);
    const start = dataAt + view.getInt32(entry + 8);
    if (start < dataAt || start > blob.length) return null;
    const size = SIZES.get(type);
    let end = blob.length;
    if (size !== undefined) end = start + size * view.getUint32(entry + 12);
    else if (type === STRING) end = blob.indexOf(0, start);
    else end = nextStart(starts, start) ?? blob.length;
    cover += end - start;
    if (end < start || end > blob.length || cover > 4 * blob.length) return null;
    tags.push({ tag: view.getUint32(entry), type, start, end });
  }
  return tags;
}

function nextStart(starts: readonly number[], start: number): number | undefined {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) > start) high = middle;
    else low = middle + 1;
  }
  return starts[low];
}

/** Whether it is the table of rpm's database that holds the packages' headers. */
export function isRpmPackages(table: SqliteTable): boolean {
  return table.type === 'table' && table.name === 'Packages';
}

/** Tags of two headers that differ, or null where one of them is no header or no tag does. */
export function rpmTagDifferences(blob0: Uint8Array, blob1: Uint8Array): FieldDifference[] | null {
  const tags0 = parseRpmHeader(blob0);
  const tags1 = parseRpmHeader(blob1);
  if (tags0 === null || tags1 === null) return null;
  const fields: FieldDifference[] = [];
  const others = new Map(tags1.map((tag) => [tag.tag, tag]));
  for (const tag of tags0) {
    const other = others.get(tag.tag);
    others.delete(tag.tag);
    if (other !== undefined && equalBytes(blob0.subarray(tag.start, tag.end), blob1.subarray(other.start, other.end)))
      continue;
    fields.push({
      name: tagName(tag),
      values: [tagValue(blob0, tag), other === undefined ? null : tagValue(blob1, other)],
    });
  }
  for (const tag of others.values()) fields.push({ name: tagName(tag), values: [null, tagValue(blob1, tag)] });
  return fields.length === 0 ? null : fields;
}

function tagName({ tag }: RpmTag): string {
  return TAGS.get(tag) ?? `tag ${tag}`;
}

function tagValue(blob: Uint8Array, { tag, type, start, end }: RpmTag): string | number {
  const bytes = blob.subarray(start, end);
  if (type === STRING || type === I18N_STRING) return textValue(bytes);
  if (type === INT32 && bytes.length === 4) {
    const number = viewOf(bytes).getUint32(0);
    return TIMES.has(tag) ? timeValue(number) : number;
  }
  return hexValue(bytes);
}

const RPMDB_PATH = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/rpmdb\.sqlite$/;

/** The packages of an rpm database in SQLite at `path`; null for any other path and for what cannot be read as one. */
export function rpmPackagesOf(path: string, content: Uint8Array): InstalledPackage[] | null {
  if (!RPMDB_PATH.test(path)) return null;
  const table = parseSqlite(content)?.tables?.find(isRpmPackages);
  if (table === undefined) return null;
  const packages: InstalledPackage[] = [];
  for (const { record } of table.rows) {
    const blob = decodeRecord(record)?.[1];
    const tags = blob instanceof Uint8Array ? parseRpmHeader(blob) : null;
    if (tags === null) return null;
    const textOf = (tag: number): string => {
      const found = tags.find((candidate) => candidate.tag === tag);
      return found === undefined ? '' : String(tagValue(blob as Uint8Array, found));
    };
    const epoch = textOf(1003);
    const version = `${epoch === '' ? '' : `${epoch}:`}${textOf(1001)}-${textOf(1002)}`;
    packages.push({ manager: 'rpm', name: textOf(1000), architecture: textOf(1022), version });
  }
  return packages;
}

/**
 * What an rpm database says, without the times at which packages were installed: `INSTALLTIME` and `INSTALLTID` of each
 * header are 0, and so are the keys of the index of the latter.
 * @returns null for what is no rpm database in SQLite
 */
export function withoutRpmInstallTimes(content: Uint8Array): Uint8Array | null {
  let headers = 0;
  const dump = dumpSqlite(content, (table, record) => {
    const columns = columnsOf(record);
    if (columns === null) return record;
    if (isRpmPackages(table)) {
      const blob = columns[1];
      const tags = blob === undefined ? null : parseRpmHeader(record.subarray(blob.start, blob.end));
      if (blob === undefined || tags === null) return record;
      headers++;
      const output = Uint8Array.from(record);
      for (const { tag, type, start, end } of tags) {
        /* One number each; more would reach into what other tags say. */
        const isNumber = type === INT32 && end - start === 4;
        if (isNumber && (tag === INSTALL_TIME || tag === INSTALL_TID))
          output.fill(0, blob.start + start, blob.start + end);
      }
      return output;
    }
    if (table.table === 'Installtid') {
      /* The key: the first column of the table and of its index. */
      const key = columns[0];
      const output = Uint8Array.from(record);
      if (key !== undefined && key.end - key.start === 4) output.fill(0, key.start, key.end);
      return output;
    }
    return record;
  });
  return headers === 0 ? null : dump;
}
