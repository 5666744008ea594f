import { latin1 } from '../../bytes/latin1.js';
import type { InFileDifference } from '../in-file/in-file-difference.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { linesOf, shortDigest, textValue } from './values.js';

/** Fields of each table, by the name of its file. Source: passwd(5), group(5), shadow(5), gshadow(5), subuid(5). */
const TABLES = new Map<string, readonly string[]>([
  ['passwd', ['name', 'password', 'uid', 'gid', 'gecos', 'directory', 'shell']],
  ['group', ['name', 'password', 'gid', 'members']],
  ['shadow', ['name', 'password', 'lastchg', 'min', 'max', 'warn', 'inactive', 'expire', 'reserved']],
  ['gshadow', ['name', 'password', 'administrators', 'members']],
  ['subuid', ['name', 'start', 'count']],
  ['subgid', ['name', 'start', 'count']],
]);
/** Lines of one table that are told apart. */
const MAX_ACCOUNTS = 20_000;
const PATH = /(?:^|\/)etc\/(passwd|group|g?shadow|sub[ug]id)-?$/;
/** A day's number in `shadow`; nothing else is taken for one. */
const DAY = /^[0-9]{1,6}$/;

/** One field of one line: `content[start, end)`. */
interface AccountField {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A line of a table: of a user, a group or a range of ids. */
export interface Account {
  readonly start: number;
  /** Behind its newline, where it has one. */
  readonly end: number;
  readonly fields: readonly AccountField[];
}

/** The table that `path` names (`shadow` for `etc/shadow-`, too), or null. */
export function accountTable(path: string): string | null {
  return PATH.exec(path)?.[1] ?? null;
}

/** The lines of `table`, or null where one of them has not as many fields as its manual page says. */
export function parseAccounts(table: string, content: Uint8Array): Account[] | null {
  const names = TABLES.get(table);
  if (names === undefined || content.includes(0)) return null;
  const accounts: Account[] = [];
  for (const { start, end, text } of linesOf(content)) {
    const fields: AccountField[] = [];
    let from = 0;
    for (const name of names) {
      const colon = text.indexOf(0x3a, from);
      const to = colon < 0 ? text.length : colon;
      const isLast = fields.length === names.length - 1;
      if (from > text.length || (isLast && colon >= 0) || (!isLast && colon < 0)) return null;
      fields.push({ name, start: start + from, end: start + to });
      from = to + 1;
    }
    if (accounts.length > MAX_ACCOUNTS) return null;
    accounts.push({ start, end, fields });
  }
  return accounts;
}

/**
 * `shadow` with 0 for the day of each password's last change, where that is a day's number. An empty one stays, since
 * it switches password aging off, and so does 0, which asks for a new password at the next login.
 * Where passwords expire, the day decides when, and stays.
 * @returns null for what is no such table
 */
export function withoutLastChange(content: Uint8Array): Uint8Array | null {
  const accounts = parseAccounts('shadow', content);
  if (accounts === null) return null;
  const output: Uint8Array[] = [];
  let at = 0;
  for (const { fields } of accounts) {
    const day = fields[2] as AccountField;
    const text = latin1(content, day.start, day.end);
    const most = fields[4] as AccountField;
    if (!DAY.test(text) || Number(text) === 0 || expires(latin1(content, most.start, most.end))) continue;
    output.push(content.subarray(at, day.start), DAY_WITHOUT_DATE);
    at = day.end;
  }
  output.push(content.subarray(at));
  return Buffer.concat(output);
}

/** The greatest number of days that useradd(8) gives: a password does not expire. */
const NEVER_DAYS = 99_999;

/* By the greatest age of a password; empty is none. */
function expires(most: string): boolean {
  return most !== '' && !(DAY.test(most) && Number(most) >= NEVER_DAYS);
}

/** A day that is no day of an account's own: 1. */
const DAY_WITHOUT_DATE: Uint8Array = Uint8Array.of(0x31);

function decoder(table: string): FormatDecoder {
  const isSecret = table === 'shadow' || table === 'gshadow';
  return {
    format: table,
    ...(isSecret ? {} : { text: true as const }),
    recognises: (path) => accountTable(path) === table,
    compare(content0, content1): InFileDifference | null {
      const parts0 = partsOf(table, content0);
      const parts1 = partsOf(table, content1);
      if (parts0 === null || parts1 === null) return null;
      return compareParts(
        { format: table, order: 'line-order', isMetadata: (name) => table === 'shadow' && name.endsWith('/lastchg') },
        { content: content0, parts: parts0 },
        { content: content1, parts: parts1 },
      );
    },
  };
}

/** One decoder a table. */
export const ACCOUNTS: readonly FormatDecoder[] = [...TABLES.keys()].map(decoder);

function partsOf(table: string, content: Uint8Array): Part[] | null {
  const accounts = parseAccounts(table, content);
  if (accounts === null) return null;
  return accounts.map(({ start, end, fields }) => {
    const textOf = ({ start, end, name }: AccountField): string => {
      const bytes = content.subarray(start, end);
      return name === 'password' ? passwordValue(bytes) : textValue(bytes);
    };
    const [name, second] = fields as [AccountField, AccountField];
    return {
      /* A user has several ranges of ids. */
      name: table.startsWith('sub') ? `${textOf(name)} from ${textOf(second)}` : textOf(name),
      start,
      end,
      value: () => fields.map((field) => `${field.name}=${textOf(field)}`).join(' '),
      parts: () => fields.map((field) => ({ ...field, value: textOf(field) })),
    };
  });
}

/** What may be said of a password's field: whether there is one, and how it is hashed. Source: crypt(5). */
function passwordValue(bytes: Uint8Array): string {
  const text = textValue(bytes);
  if (text === '' || /^[!*x]{1,2}$/.test(text)) return text;
  const method = /^!?\$[0-9a-z]{1,10}\$/.exec(text)?.[0] ?? '';
  return `${method}… (hash, sha256 ${shortDigest(bytes)})`;
}
