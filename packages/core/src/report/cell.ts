import type { Difference, Value } from '../compare/difference.js';
import { ABSENT, clipLists, clipPair } from './clip.js';
import { asciiOnly, displayBytes, displayJson, displayPath } from './escape.js';
import { headerCell } from './header-cell.js';
import { jsonText } from './stringify.js';
import { displayTime } from './time.js';

type Pair = [string, string];
type Members = Readonly<Record<string, Value>>;

/** JSON of this many characters stands in a cell as it is. */
const SHORT_JSON = 48;
/** Depth to which members of objects are told apart; below, a member is one JSON text. */
const MEMBER_DEPTH = 4;
const DIGEST_DIGITS = 8;
const DIGEST = /\b(sha256|sha512):([0-9a-f]{8})[0-9a-f]{56,120}\b/g;
/** Digests nested deeper stay whole. */
const SHORTENED_DEPTH = 20;

/** The two cells of one field. They are never the same, and neither is empty. */
export function fieldCells(difference: Difference): Pair {
  const [value0, value1] = difference.values;
  const cells = labelled(difference, [withShortDigests(value0), withShortDigests(value1)]);
  if (looksDifferent(cells)) return cells;
  const whole = labelled(difference, difference.values);
  if (looksDifferent(whole)) return whole;
  const plain: Pair = [asciiOnly(whole[0]), asciiOnly(whole[1])];
  /* Texts hold U+FFFD for bytes that are no UTF-8; those bytes are all that is left to differ. */
  return plain[0] === plain[1] ? [`${plain[0]} (bytes of input 0)`, `${plain[1]} (bytes of input 1)`] : plain;
}

/** Compatibility forms tell whether two texts look alike: composed or not, wide or narrow. */
function looksDifferent([cell0, cell1]: Pair): boolean {
  return cell0 !== cell1 && cell0.normalize('NFKC') !== cell1.normalize('NFKC');
}

/* Eight digits can be forged to be the same ones: `fieldCells` then shows the whole digests. */
function withShortDigests(value: Value, depth = 0): Value {
  if (typeof value === 'string') return value.replace(DIGEST, (_, algorithm, digits) => `${algorithm}:${digits}…`);
  if (value === null || typeof value !== 'object' || depth > SHORTENED_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => withShortDigests(item, depth + 1));
  const short: Record<string, Value> = Object.create(null);
  for (const [key, member] of Object.entries(value)) short[key] = withShortDigests(member, depth + 1);
  return short;
}

function labelled(difference: Difference, values: readonly [Value, Value]): Pair {
  const { subject, change, field } = difference;
  if (subject === 'file' || subject === 'layer') {
    if (field === 'type' && change !== 'modified') return [text(values[0]), text(values[1])];
    if (subject === 'layer' && field === 'position') return both(values, (value) => `moved: layer ${text(value)}`);
    const [cell0, cell1] = fieldTexts(field, values);
    if (field === 'content') return [cell0, cell1];
    const label = text(field);
    return [`${label} ${cell0}`, `${label} ${cell1}`];
  }
  const [cell0, cell1] = isDigestPair(difference, values) ? both(values, text) : documentTexts(field, values);
  return [change === 'added' ? ABSENT : cell0, change === 'removed' ? ABSENT : cell1];
}

function isDigestPair({ change }: Difference, values: readonly [Value, Value]): boolean {
  return values.every((value, side) => {
    if (change === (side === 0 ? 'added' : 'removed')) return true;
    return typeof value === 'string' && /^sha(256|512):[0-9a-f]+…?$/.test(value);
  });
}

/** Values of a file's or layer's field. */
function fieldTexts(field: string, values: readonly [Value, Value]): Pair {
  const [value0, value1] = values;
  if (field === 'content') return both(values, text);
  if (field === 'mtime' || field === 'atime' || field === 'ctime') return both(values, time);
  if (field === 'padding') return bytesTexts(values, 'zero');
  if (field.startsWith('xattrs/') || field.startsWith('pax/')) return bytesTexts(values, ABSENT);
  if (field === 'header' && isObject(value0) && isObject(value1)) {
    return [headerCell(value0, value1), headerCell(value1, value0)];
  }
  if (field === 'trailer') return both(values, trailer);
  if (field === 'compression' && isObject(value0) && isObject(value1)) return compressionTexts(value0, value1);
  if (Array.isArray(value0) && Array.isArray(value1)) return listTexts(value0, value1);
  if (isObject(value0) && isObject(value1)) return memberTexts(value0, value1, 0);
  if (typeof value0 === 'string' && typeof value1 === 'string') return both(clipPair(value0, value1), text);
  return both(values, text);
}

/** Values of a document's field: JSON, cut down to what differs where it is long. */
function documentTexts(field: string, values: readonly [Value, Value]): Pair {
  const [value0, value1] = values;
  if (field === 'encoding' && typeof value0 === 'string' && typeof value1 === 'string') {
    return both(clipPair(value0, value1), displayPath);
  }
  const json0 = jsonText(value0);
  const json1 = jsonText(value1);
  if (json0.length > SHORT_JSON || json1.length > SHORT_JSON) {
    if (Array.isArray(value0) && Array.isArray(value1)) return listTexts(value0, value1);
    if (isObject(value0) && isObject(value1)) return memberTexts(value0, value1, 0);
  }
  return both(clipPair(json0, json1), displayJson);
}

function listTexts(value0: readonly Value[], value1: readonly Value[]): Pair {
  const [items0, items1] = [value0.map(jsonText), value1.map(jsonText)];
  const all = items0.join().length + items1.join().length;
  if (all <= 2 * SHORT_JSON) return [displayJson(`[${items0.join()}]`), displayJson(`[${items1.join()}]`)];
  return both(clipLists(items0, items1), displayJson);
}

/** The members that differ, as `name value`. */
function memberTexts(value0: Members, value1: Members, depth: number): Pair {
  const parts: [string[], string[]] = [[], []];
  for (const key of [...new Set([...Object.keys(value0), ...Object.keys(value1)])].sort()) {
    const [member0, member1] = [memberOf(value0, key), memberOf(value1, key)];
    const [json0, json1] = [member0, member1].map((member) => (member === undefined ? ABSENT : jsonText(member)));
    if (json0 === json1) continue;
    const name = text(key);
    let texts: Pair;
    if (depth < MEMBER_DEPTH && isObject(member0) && isObject(member1))
      texts = memberTexts(member0, member1, depth + 1);
    else if (Array.isArray(member0) && Array.isArray(member1)) texts = listTexts(member0, member1);
    else texts = both([member0, member1], memberText, json0, json1);
    parts[0].push(`${name} ${texts[0]}`);
    parts[1].push(`${name} ${texts[1]}`);
  }
  return [parts[0].join(', '), parts[1].join(', ')];
}

/**
 * Format first and always: `mtime 0` alone would not say of what. Then what differs: of two formats what any stream
 * has, of one format its header, too.
 */
function compressionTexts(value0: Members, value1: Members): Pair {
  const sameFormat = value0.format === value1.format;
  const [texts0, texts1] = memberTexts(settingsOf(value0, sameFormat), settingsOf(value1, sameFormat), 0);
  const cellOf = (value: Members, texts: string): string =>
    [text(value.format ?? null), texts].filter(Boolean).join(', ');
  return [cellOf(value0, texts0), cellOf(value1, texts1)];
}

/** The blocks are for the JSON report: what they tell in a word is the encoder. */
function settingsOf(
  { format: _format, blocks: _blocks, gzip, zstd, encoder, ...rest }: Members,
  withHeader: boolean,
): Members {
  const named = isObject(encoder) ? { encoder: [encoder.name, encoder.level].filter(Boolean).join(' ') } : {};
  if (!withHeader) return { ...rest, ...named };
  return { ...rest, ...named, ...(isObject(gzip) ? gzip : {}), ...(isObject(zstd) ? zstd : {}) };
}

function memberOf(members: Members, key: string): Value | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

function memberText(value: Value | undefined, json: string | undefined): string {
  if (value === undefined) return ABSENT;
  return typeof value === 'string' ? text(value) : displayJson(json as string);
}

function trailer(value: Value): string {
  if (!isObject(value)) return text(value);
  const { bytes, zero, sha256 } = value;
  const content = zero === true ? 'zero' : `sha256:${String(sha256).slice(0, DIGEST_DIGITS)}…`;
  return bytes === 0 ? '0 bytes' : `${text(bytes ?? null)} bytes, ${displayPath(content)}`;
}

function time(value: Value): string {
  return typeof value === 'string' ? displayTime(value) : text(value);
}

function bytesTexts(values: readonly [Value, Value], absent: string): Pair {
  const [bytes0, bytes1] = values.map((value) =>
    typeof value === 'string' ? Buffer.from(value, 'base64').toString('latin1') : null,
  );
  const clipped = clipPair(bytes0 ?? '', bytes1 ?? '');
  return [bytesText(bytes0 ?? null, clipped[0], absent), bytesText(bytes1 ?? null, clipped[1], absent)];
}

function bytesText(bytes: string | null, clipped: string, absent: string): string {
  if (bytes === null) return absent;
  /* The mark of what is left out is the only character that is no byte. */
  const shown = clipped
    .split('…')
    .map((part) => (part === '' ? '' : displayBytes(Buffer.from(part, 'latin1'))))
    .join('…');
  return shown === '' ? '""' : shown;
}

/** A scalar as it stands in a cell: text bare where it cannot be taken for anything else, else in quotes. */
function text(value: Value): string {
  if (value === null) return ABSENT;
  if (typeof value !== 'string') return displayJson(jsonText(value));
  const shown = displayPath(value);
  return shown === '' || shown === ABSENT || shown.startsWith('"') || shown.includes(', ')
    ? `"${shown.replace(/"/g, '\\"')}"`
    : shown;
}

function both<T>(
  values: readonly [T, T],
  show: (value: T, json: string | undefined) => string,
  ...json: (string | undefined)[]
): Pair {
  return [show(values[0], json[0]), show(values[1], json[1])];
}

function isObject(value: Value | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
