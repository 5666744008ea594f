import { sha256Bytes } from '../digest.js';
import type { Cause, FindingRule } from '../explain/cause.js';
import type { SideEvidence } from '../explain/evidence.js';
import type { EntryFields } from '../explain/normaliser.js';
import { isPrivileged } from '../explain/sensitive.js';
import { normalizePath } from '../layer/path.js';
import type { TarHeader, TarTime } from '../tar/entry.js';
import { isImpliedRecord } from '../tar/pax.js';

/** A cause whose normaliser may set fields of entries. */
export type EntryCause = Cause & { readonly rule: FindingRule };

/** Extended attributes that decide who may do what; no benign cause touches them (explain/sensitive.ts). */
const SENSITIVE_RECORD = /^SCHILY\.xattr\.(security\.capability$|system\.posix_acl)/;
const PERMISSION_BITS = 0o7777;
const RECORD_FIELDS = ['uid', 'gid', 'uname', 'gname', 'mtime', 'atime', 'ctime'] as const;

/**
 * An entry's header as the normalisers of `causes` leave it; the same where they change nothing.
 * @param path normalised
 * @returns null where the entry goes
 */
export function rewriteEntry(
  header: TarHeader,
  path: string,
  causes: readonly EntryCause[],
  image: SideEvidence,
): TarHeader | null {
  const { mode, uid, gid, uname, gname, mtime, atime, ctime } = header;
  const before = { mode, uid, gid, uname, gname, mtime, atime, ctime };
  const fields: EntryFields = { path, type: header.type, size: header.size, ...before, pax: new Map(header.pax ?? []) };
  for (const { class: classOf, rule } of causes) {
    const known = classOf === 'benign' ? sensitiveOf(fields) : null;
    const stays = rule.normaliser.entry?.(fields, image) ?? true;
    if (!stays && !isPrivileged(header)) return null;
    if (known !== null) restoreSensitive(fields, known);
  }
  syncRecords(fields, header);
  const pax = fields.pax.size === 0 && header.pax === null ? null : fields.pax;
  const after = {
    mode: fields.mode,
    uid: fields.uid,
    gid: fields.gid,
    uname: fields.uname,
    gname: fields.gname,
    mtime: fields.mtime,
    atime: fields.atime,
    ctime: fields.ctime,
  };
  return { ...header, ...after, pax };
}

/** What of an entry says who may do what. */
interface Sensitive {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly records: readonly (readonly [string, string])[];
}

function sensitiveOf({ mode, uid, gid, pax }: EntryFields): Sensitive {
  const records = pax.size === 0 ? [] : [...pax].filter(([key]) => SENSITIVE_RECORD.test(key));
  return { mode, uid, gid, records };
}

/* No benign cause explains any of it, so what a normaliser of one does to it is undone. */
function restoreSensitive(fields: EntryFields, { mode, uid, gid, records }: Sensitive): void {
  /* But for the bits above 07777, which permit nothing: only those of the lowest 32 bits are looked at. */
  if (((fields.mode ^ mode) & PERMISSION_BITS) !== 0) fields.mode = mode;
  fields.uid = uid;
  fields.gid = gid;
  for (const key of [...fields.pax.keys()]) if (SENSITIVE_RECORD.test(key)) fields.pax.delete(key);
  for (const [key, value] of records) fields.pax.set(key, value);
}

/* A record that states a field which was set goes with it, unless the normaliser has seen to the record itself. */
function syncRecords(fields: EntryFields, header: TarHeader): void {
  for (const name of RECORD_FIELDS) {
    const record = header.pax?.get(name);
    if (record === undefined || fields.pax.get(name) !== record) continue;
    const [old, value] = [header[name], fields[name]];
    if (sameField(old, value)) continue;
    if (value === null) fields.pax.delete(name);
    else fields.pax.set(name, typeof value === 'object' ? timeText(value) : String(value));
  }
}

function sameField(a: TarTime | number | string | null, b: TarTime | number | string | null): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}

/* Decimal seconds as PAX has them. Of times before 1970 the fraction counts the other way. */
function timeText({ seconds, nanoseconds }: TarTime): string {
  if (nanoseconds === 0) return String(seconds);
  const [whole, fraction] = seconds < 0 ? [-(seconds + 1), 1e9 - nanoseconds] : [seconds, nanoseconds];
  return `${seconds < 0 ? '-' : ''}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
}

/**
 * The header as one writer would write it anew: in PAX, in the usual style, with records only for what no field says,
 * names in their one spelling. A sparse file is written as any other.
 */
export function inOneDialect(header: TarHeader): TarHeader {
  const records = [...(header.pax ?? [])].filter(([key]) => !isImpliedRecord(key));
  return {
    ...header,
    format: 'pax',
    path: normalizePath(header.path),
    linkTarget: header.type === 'hardlink' ? normalizePath(header.linkTarget) : header.linkTarget,
    style: '',
    sparse: null,
    storedSize: header.size,
    pax: records.length === 0 ? null : new Map(records.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/**
 * The digest that stands for an entry's header blocks, once they are no longer those that were read: of its fields and
 * its style, which determine every byte of them (`TarHeader`).
 */
export function headerDigest(header: TarHeader): string {
  const { format, type, path, linkTarget, mode, uid, gid, uname, gname, size, storedSize } = header;
  const { mtime, atime, ctime, devMajor, devMinor, pax, sparse, style } = header;
  const times = [mtime, atime, ctime].map((time) => time && [time.seconds, time.nanoseconds]);
  const owners = [uid, gid, uname, gname];
  const all = [
    format,
    type,
    path,
    linkTarget,
    mode,
    owners,
    size,
    storedSize,
    times,
    devMajor,
    devMinor,
    style,
    sparse,
  ];
  return sha256Bytes(Buffer.from(JSON.stringify([...all, pax === null ? null : [...pax]]), 'latin1'));
}
