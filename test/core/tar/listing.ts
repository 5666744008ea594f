import type { TarHeader, TarTime } from '../../../packages/core/src/tar/entry.js';
import type { ListedEntry } from './corpus.js';
import { hexOfDigest, type ReadEntry } from './support.js';

/** An entry as ocidiff reads it, in the form of tools/list_tar.py. */
export function asListed({ header, sha256 }: ReadEntry): ListedEntry {
  return {
    offset: header.offset,
    headerBytes: header.headerBytes,
    headerSha256: hexOfDigest(header.headerDigest),
    type: header.type,
    path: header.path,
    linkTarget: header.linkTarget,
    mode: header.mode,
    uid: header.uid,
    gid: header.gid,
    uname: header.uname,
    gname: header.gname,
    size: header.size,
    mtime: pair(header.mtime) as [number, number],
    atime: pair(header.atime),
    ctime: pair(header.ctime),
    devMajor: header.devMajor,
    devMinor: header.devMinor,
    pax: Object.fromEntries(header.pax ?? []),
    sparse: header.sparse === null ? null : pairs(header.sparse),
    sha256,
  };
}

function pair(time: TarTime | null): [number, number] | null {
  return time === null ? null : [time.seconds, time.nanoseconds];
}

function pairs(numbers: readonly number[]): [number, number][] {
  const result: [number, number][] = [];
  for (let i = 0; i < numbers.length; i += 2) result.push([numbers[i] as number, numbers[i + 1] as number]);
  return result;
}

const LETTERS: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  'character-device': 'c',
  'block-device': 'b',
  fifo: 'p',
};

/**
 * The line that `tar --full-time --numeric-owner --quoting-style=escape -tv` prints of an entry, its columns one space
 * apart. GNU tar 1.34, list.c, `simple_print_header`.
 */
export function gnuTarLine(header: TarHeader): string {
  const size = header.type.endsWith('-device') ? `${header.devMajor},${header.devMinor}` : String(header.size);
  const target =
    header.type === 'symlink'
      ? ` -> ${escaped(header.linkTarget)}`
      : header.type === 'hardlink'
        ? ` link to ${escaped(header.linkTarget)}`
        : '';
  return [
    `${LETTERS[header.type]}${permissions(header.mode)}`,
    `${header.uid}/${header.gid}`,
    size,
    fullTime(header.mtime),
    `${escaped(header.path)}${target}`,
  ].join(' ');
}

function permissions(mode: number): string {
  const bit = (value: number, letter: string): string => ((mode & value) === 0 ? '-' : letter);
  const execute = (value: number, special: number, letter: string): string => {
    if ((mode & special) === 0) return bit(value, 'x');
    return (mode & value) === 0 ? letter.toUpperCase() : letter;
  };
  return [
    bit(0o400, 'r') + bit(0o200, 'w') + execute(0o100, 0o4000, 's'),
    bit(0o040, 'r') + bit(0o020, 'w') + execute(0o010, 0o2000, 's'),
    bit(0o004, 'r') + bit(0o002, 'w') + execute(0o001, 0o1000, 't'),
  ].join('');
}

/** What stands for a time before 1970 with a fraction, which GNU tar 1.34 lists without its sign (but extracts right). */
export const UNLISTED_TIME = 'before 1970';

/* Nanoseconds without trailing zeros, and only where there are any. */
function fullTime({ seconds, nanoseconds }: TarTime): string {
  if (seconds < 0 && nanoseconds > 0) return UNLISTED_TIME;
  const date = new Date(seconds * 1000).toISOString().slice(0, -5).replace(/^\+0*/, '').replace('T', ' ');
  return nanoseconds === 0 ? date : `${date}.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
}

/* GNU quotearg, `escape`, in the C locale. */
function escaped(text: string): string {
  const short: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };
  return text.replace(
    /[^\x20-\x7e]|\\/g,
    (letter) => short[letter] ?? `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}

/** An entry of a listing in mtree(5): its keywords, `type` and the rest as they stand. */
export type MtreeEntry = Readonly<Record<string, string>>;

/** The parts of a path that name something: mtree leaves out `.`, slashes at the end and at the beginning. */
export function mtreePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** What bsdtar prints as mtree, by path (latin1, `mtreePath`). Paths are escaped in octal. */
export function parseMtree(text: string): Map<string, MtreeEntry> {
  const entries = new Map<string, MtreeEntry>();
  const fromOctal = (word: string): string =>
    word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    if (line === '' || line.startsWith('#') || line.startsWith('/set') || line.startsWith('/unset')) continue;
    const [name, ...words] = line.trim().split(/ +/) as [string, ...string[]];
    const keywords = words.map((word): [string, string] => {
      const equals = word.indexOf('=');
      return equals < 0 ? [word, ''] : [word.slice(0, equals), fromOctal(word.slice(equals + 1))];
    });
    entries.set(mtreePath(fromOctal(name)), Object.fromEntries(keywords));
  }
  return entries;
}
