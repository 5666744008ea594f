import { latin1Bytes } from '../bytes/latin1.js';
import type { RawHeader } from './header.js';
import { hex } from './number.js';

/*
 * What a header's bytes say beyond its decoded fields, as tokens of `TarHeader.style`:
 * - of the header block (header.ts): `field=style`, `field+hex`, `offset:hex`
 * - `raw…`: a field of the block that an extended header overrides, where it is not simply the same value (cut to fit)
 * - `prefix=n`: the path is split, n bytes of it in the prefix field
 * - `x(…)`, `L(…)`, `K(…)`: the header of the extended header: its own name, mode, ids, time, …
 * - `order=…`, `dup(…)`, `length=n`: how PAX records are written
 * - `map…`: how a sparse map's numbers are written
 * Tokens hold no `;`: names and values in them are hex.
 */

const NAME_BYTES = 100;

/** A raw text field that is overridden by `decoded`: '' where it is that value cut to the field's `length`. */
export function overriddenText(field: string, raw: string, decoded: string, length: number = NAME_BYTES): string {
  if (raw === decoded.slice(0, length)) return '';
  if (decoded.startsWith(raw)) return `raw${field}=${raw.length}`;
  return `raw${field}:${hexOf(raw)}`;
}

/** A raw number that is overridden by `decoded`. */
export function overriddenNumber(field: string, raw: number, decoded: number): string {
  return raw === decoded ? '' : `raw${field}=${raw}`;
}

/**
 * The header of an extended header. Writers derive its name and time from the entry they are for; those are told by
 * what was derived (`PaxHeaders.0`, `=`), so that the headers of one writer have one style.
 */
export function extendedHeaderStyle(kind: string, raw: RawHeader, path: string, mtimeSeconds: number): string {
  const fields = [
    derivedName(raw, path),
    raw.mode.toString(8),
    raw.uid,
    raw.gid,
    raw.mtime === mtimeSeconds ? '=' : raw.mtime,
    hexOf(raw.uname),
    hexOf(raw.gname),
    raw.format,
    ...(raw.linkName === '' ? [] : [`linkname:${hexOf(raw.linkName)}`]),
    ...(raw.prefix === '' ? [] : [`prefix=${raw.prefix.length}`]),
    ...(raw.devMajor === 0 && raw.devMinor === 0 ? [] : [`dev:${raw.devMajor},${raw.devMinor}`]),
    ...(raw.atime === null ? [] : [`atime:${raw.atime}`]),
    ...(raw.ctime === null ? [] : [`ctime:${raw.ctime}`]),
  ];
  return `${kind}(${fields.join(',')}${raw.style === '' ? '' : `|${raw.style.replaceAll(';', '|')}`})`;
}

/* `dir/PaxHeaders.0/base` for the entry `dir/base` becomes `PaxHeaders.0`; GNU tar has its process ID there. */
function derivedName(raw: RawHeader, path: string): string {
  const name = raw.prefix === '' ? raw.name : `${raw.prefix}/${raw.name}`;
  if (name === '././@LongLink') return '@LongLink';
  const match = /^(.*?)(PaxHeaders?(?:\.[0-9]+)?)\/(.*)$/s.exec(name);
  if (match !== null) {
    const trimmed = path.replace(/\/+$/, '');
    const slash = trimmed.lastIndexOf('/') + 1;
    const directory = trimmed.slice(0, slash);
    const base = trimmed.slice(slash);
    const [, before, middle, after] = match as unknown as [string, string, string, string];
    const sameDirectory = before === directory || before === `./${directory}`;
    if (sameDirectory && base.startsWith(after)) {
      return `${before.startsWith('./') && !directory.startsWith('./') ? './' : ''}${middle}${after === base ? '' : `~${after.length}`}`;
    }
  }
  return `:${hexOf(name)}`;
}

/** How records are written: keys out of order, repeated ones, lengths with leading zeros. */
export function recordsStyle(list: readonly (readonly [string, string])[], style: string): string {
  let tokens = style;
  const seen = new Map<string, string>();
  let sorted = true;
  let previous = '';
  for (const [key, value] of list) {
    if (key < previous) sorted = false;
    previous = key;
    const earlier = seen.get(key);
    if (earlier !== undefined && !key.startsWith('GNU.sparse.')) tokens += `;dup(${hexOf(key)},${hexOf(earlier)})`;
    seen.set(key, value);
  }
  if (!sorted) tokens += `;order=${[...seen.keys()].join(',').replaceAll(';', ':')}`;
  return tokens;
}

export function hexOf(text: string): string {
  const bytes = latin1Bytes(text);
  return hex(bytes, 0, bytes.length);
}
