import type { Difference } from '../compare/difference.js';
import { ABSENT } from './clip.js';
import { grouped } from './count.js';

/**
 * How an entry can differ without another content, type, owner, permission, extended attribute or link target: only in
 * how, where or when it was written. In the order in which a cell tells them.
 */
const WRITING_KINDS = [
  'whiteout',
  'restated',
  'time',
  'order',
  'mode',
  'names',
  'pax',
  'path',
  'header',
  'padding',
] as const;
export type WritingKind = (typeof WRITING_KINDS)[number];

/** Of a kind that both sides have: what either cell says. */
const PHRASES: Readonly<Record<Exclude<WritingKind, 'whiteout' | 'restated'>, readonly [string, string]>> = {
  time: ['with one time', 'with another time'],
  order: ['in one order', 'in another order'],
  mode: ['with some mode bits above 07777', 'with other mode bits above 07777'],
  names: ['with one user or group name', 'with another user or group name'],
  pax: ['with some PAX records', 'with other PAX records'],
  path: ['spelt one way', 'spelt another way'],
  header: ['with one header', 'with another header'],
  padding: ['with one padding', 'with another padding'],
};

const FIELD_KINDS: ReadonlyMap<string, WritingKind> = new Map([
  ['mtime', 'time'],
  ['atime', 'time'],
  ['ctime', 'time'],
  ['order', 'order'],
  ['uname', 'names'],
  ['gname', 'names'],
  ['path', 'path'],
  ['header', 'header'],
  ['padding', 'padding'],
  ['whiteout', 'whiteout'],
]);

const WHITEOUTS: readonly unknown[] = ['whiteout', 'opaque-whiteout'];
const PERMISSION_BITS = 0o7777;

/** The kinds that cover all of `differences`, in order; null where one of them says more than how it is written. */
export function writingKinds(differences: readonly Difference[]): WritingKind[] | null {
  const kinds = new Set<WritingKind>();
  for (const difference of differences) {
    const kind = kindOf(difference);
    if (kind === null) return null;
    kinds.add(kind);
  }
  /* What else differs between two whiteouts says no more than that they are two forms. */
  return kinds.has('whiteout') ? ['whiteout'] : WRITING_KINDS.filter((kind) => kinds.has(kind));
}

function kindOf({ subject, change, field, values, layerEncoding }: Difference): WritingKind | null {
  if (subject !== 'file') return null;
  if (field === 'type') {
    if (change === 'modified') return values.every((type) => WHITEOUTS.includes(type)) ? 'whiteout' : null;
    /* An entry of one side alone is another content, unless no tree differs by it. */
    if (layerEncoding !== true) return null;
    return WHITEOUTS.includes(values[change === 'added' ? 1 : 0]) ? 'whiteout' : 'restated';
  }
  if (change !== 'modified') return null;
  if (field.startsWith('pax/')) return 'pax';
  if (field === 'mode') return samePermissions(values) ? 'mode' : null;
  return FIELD_KINDS.get(field) ?? null;
}

function samePermissions([mode0, mode1]: Difference['values']): boolean {
  if (typeof mode0 !== 'string' || typeof mode1 !== 'string') return false;
  /* Bitwise operators look at the lowest 32 bits of any safe integer. */
  return ((Number.parseInt(mode0, 8) ^ Number.parseInt(mode1, 8)) & PERMISSION_BITS) === 0;
}

/**
 * The two cells for entries that differ in `kinds` alone, as many as either side has of them.
 * @param all how many entries there are together
 */
export function writingCells(
  kinds: readonly WritingKind[],
  all: number,
  [count0, count1]: readonly [number, number],
): [string, string] {
  const [first] = kinds;
  if (first === 'restated') {
    return [share(count0, all, 'entries that input 0 restates'), share(count1, all, 'entries that input 1 restates')];
  }
  if (first === 'whiteout') {
    return [share(count0, all, 'whiteouts in one form'), share(count1, all, 'whiteouts in another form')];
  }
  const phrases = kinds.map((kind) => PHRASES[kind as keyof typeof PHRASES]);
  const cell = (side: 0 | 1): string => `${grouped(all)} entries ${phrases.map((pair) => pair[side]).join(', ')}`;
  return [cell(0), cell(1)];
}

function share(count: number, all: number, what: string): string {
  if (count === 0) return ABSENT;
  return count === all ? `${grouped(all)} ${what}` : `${grouped(count)} of ${grouped(all)} ${what}`;
}
