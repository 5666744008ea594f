import { compareLatin1 } from '../../../bytes/latin1.js';
import { digestOf } from '../../../digest.js';
import { bufferOf, compareBytes } from '../bytes/common-bytes.js';
import { bytesDifference, compareAsBytes } from '../bytes/compare-bytes.js';
import type { EqualBut, FieldDifference, InFileDifference, MemberDifference } from '../in-file-difference.js';
import { longestIncreasing } from '../text/line-matches.js';
import { counted, grouped } from '../words.js';
import { expandWithin, type Work } from '../work.js';
import type { Archive, Member } from './archive.js';
import type { CompareInner } from './compare-inner.js';
import { differingFields, textOf } from './fields.js';
import { reasonOf } from './reason.js';

/** Fields that say what a member is; all others are metadata. */
const SUBSTANCE: ReadonlySet<string> = new Set([
  'type',
  'linkTarget',
  'device',
  'sparse',
  'flags',
  'rdevmajor',
  'rdevminor',
  'rdev',
  'local name',
]);

/** A name on both sides, with its position among the members of each; null where a side has it not. */
interface Pair {
  readonly name: string;
  readonly positions: readonly [number | null, number | null];
}

/** Counts of what differs, all members, listed or not. */
interface Tally {
  oneSided: number;
  contents: number;
  substance: number;
  metadata: number;
  compressed: number;
}

/**
 * Compares archives member by member. Members pair by name, the first of a name with the first; all that differs is
 * counted, and listed in the order of names as far as `work` allows.
 */
export async function compareArchives(
  format: string,
  contents: readonly [Uint8Array, Uint8Array],
  archives: readonly [Archive, Archive],
  work: Work,
  compareInner: CompareInner,
): Promise<InFileDifference> {
  const [{ members: members0 }, { members: members1 }] = archives;
  const pairs = pairMembers(members0, members1);
  const moved = movedPairs(pairs, compareBytes(...contents) > 0);
  const tally: Tally = { oneSided: 0, contents: 0, substance: 0, metadata: 0, compressed: 0 };
  const listed: MemberDifference[] = [];
  let unlisted = 0;
  for (const pair of pairs) {
    const [member0, member1] = [at(members0, pair.positions[0]), at(members1, pair.positions[1])];
    const show = work.left.membersShown > 0;
    const difference = await compareMembers(pair, member0, member1, moved.has(pair), show, tally, work, compareInner);
    if (difference === null) continue;
    if (show) {
      listed.push(difference);
      work.left.membersShown--;
    } else unlisted++;
  }
  const fields = differingFields(archives[0].fields, archives[1].fields);
  const omitted = archives.flatMap(({ remarks }, side) => remarks.map((remark) => `input ${side}: ${remark}`));
  if (unlisted > 0)
    omitted.push(`${counted(unlisted, 'more member')} that ${unlisted === 1 ? 'differs is' : 'differ are'} not listed`);
  const nothing = listed.length + unlisted + fields.length === 0;
  const bytes = nothing ? bytesDifference(...contents, work) : null;
  if (bytes !== null) omitted.push(...bytes.omitted);
  const but = equalBut(tally, moved.size, fields.length, nothing);
  return {
    format: isDebian(format, archives) ? 'deb' : format,
    summary: summarise(tally, moved.size, fields, pairs.length, listed.length + unlisted),
    ...(but.length === 0 ? {} : { equalBut: but }),
    ...(fields.length === 0 ? {} : { fields }),
    ...(listed.length === 0 ? {} : { members: listed }),
    ...(bytes === null ? {} : { bytes: bytes.bytes }),
    ...(omitted.length === 0 ? {} : { omitted }),
  };
}

function at(members: readonly Member[], position: number | null): Member | null {
  return position === null ? null : (members[position] as Member);
}

function isDebian(format: string, archives: readonly [Archive, Archive]): boolean {
  return format === 'ar' && archives.every(({ members }) => members[0]?.name === 'debian-binary');
}

/* Keys are marked so that V8 takes none for an integer. */
function pairMembers(members0: readonly Member[], members1: readonly Member[]): Pair[] {
  const found = new Map<string, { name: string; positions: [number | null, number | null] }>();
  for (const [side, members] of [members0, members1].entries()) {
    const seen = new Map<string, number>();
    for (const [position, { name }] of members.entries()) {
      const nth = seen.get(`:${name}`) ?? 0;
      seen.set(`:${name}`, nth + 1);
      const key = `${nth}:${name}`;
      const pair = found.get(key) ?? { name, positions: [null, null] };
      pair.positions[side as 0 | 1] = position;
      found.set(key, pair);
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      compareLatin1(a.name, b.name) ||
      (a.positions[0] ?? Number.POSITIVE_INFINITY) - (b.positions[0] ?? Number.POSITIVE_INFINITY) ||
      0,
  );
}

/**
 * The fewest members that would have to move for both sides to have one order.
 * @param mirrored which of several answers: that of the swapped sides
 */
function movedPairs(pairs: readonly Pair[], mirrored: boolean): Set<Pair> {
  const [from, to]: [0 | 1, 0 | 1] = mirrored ? [1, 0] : [0, 1];
  const common = pairs.filter(({ positions }) => positions[0] !== null && positions[1] !== null);
  common.sort((a, b) => (a.positions[from] as number) - (b.positions[from] as number));
  const kept = new Set(longestIncreasing(common.map(({ positions }) => positions[to] as number)));
  return new Set(common.filter((_, index) => !kept.has(index)));
}

async function compareMembers(
  { name, positions }: Pair,
  member0: Member | null,
  member1: Member | null,
  moved: boolean,
  show: boolean,
  tally: Tally,
  work: Work,
  compareInner: CompareInner,
): Promise<MemberDifference | null> {
  if (member0 === null || member1 === null) {
    tally.oneSided++;
    return { name: textOf(name), change: member0 === null ? 'added' : 'removed' };
  }
  const fields: FieldDifference[] = differingFields(member0.fields, member1.fields);
  if (fields.some((field) => SUBSTANCE.has(field.name))) tally.substance++;
  else if (fields.length > 0) tally.metadata++;
  if (moved) fields.push({ name: 'position', values: [positions[0], positions[1]] });
  const content = await compareStored(member0, member1, show, tally, work, compareInner);
  if (content === 'compressed') {
    const lengths = [member0.stored.length, member1.stored.length] as const;
    fields.push({
      name: lengths[0] === lengths[1] ? 'compressed bytes' : 'compressed size',
      values: lengths[0] === lengths[1] ? [digestOf(member0.stored), digestOf(member1.stored)] : lengths,
    });
  }
  const inner = typeof content === 'object' ? content : null;
  if (fields.length === 0 && inner === null && content !== 'different') return null;
  return {
    name: textOf(name),
    change: 'modified',
    ...(fields.length === 0 ? {} : { fields }),
    ...(inner === null ? {} : { content: inner }),
  };
}

/** `compressed`: only the compressed bytes differ; `different`: so does the content, and it is not looked into. */
async function compareStored(
  member0: Member,
  member1: Member,
  show: boolean,
  tally: Tally,
  work: Work,
  compareInner: CompareInner,
): Promise<InFileDifference | 'compressed' | 'different' | null> {
  const same = bufferOf(member0.stored).equals(member1.stored);
  const compressed = member0.open !== undefined || member1.open !== undefined;
  if (same && (!compressed || member0.fields.get('method') === member1.fields.get('method'))) return null;
  if (!compressed && !show) {
    tally.contents++;
    return 'different';
  }
  const contents: Uint8Array[] = [];
  for (const [side, member] of [member0, member1].entries()) {
    try {
      contents.push(await openMember(member, work));
    } catch (error) {
      tally.contents++;
      if (!show) return 'different';
      const bytes = compareAsBytes(member0.stored, member1.stored, work);
      return { ...bytes, omitted: [`input ${side} cannot be opened: ${reasonOf(error)}`, ...(bytes.omitted ?? [])] };
    }
  }
  const [content0, content1] = contents as [Uint8Array, Uint8Array];
  if (bufferOf(content0).equals(content1)) {
    if (same) return null;
    tally.compressed++;
    return 'compressed';
  }
  tally.contents++;
  return show ? compareInner(member0.name, content0, content1, work) : 'different';
}

async function openMember({ open, stored }: Member, work: Work): Promise<Uint8Array> {
  if (open === undefined) return stored;
  return expandWithin(work, stored.length, true, open, (content) => content.length);
}

function equalBut(tally: Tally, moved: number, fields: number, nothing: boolean): EqualBut[] {
  if (tally.oneSided + tally.contents + tally.substance > 0) return [];
  const but: EqualBut[] = [];
  if (tally.compressed > 0) but.push('compression');
  if (moved > 0) but.push('member-order');
  if (tally.metadata > 0 || fields > 0 || nothing) but.push('metadata');
  return but;
}

function summarise(
  tally: Tally,
  moved: number,
  fields: readonly FieldDifference[],
  total: number,
  differing: number,
): string {
  const parts: string[] = [];
  if (tally.contents > 0) parts.push(`content of ${grouped(tally.contents)}`);
  if (tally.oneSided > 0) parts.push(`${grouped(tally.oneSided)} on one side only`);
  if (tally.substance + tally.metadata > 0) parts.push(`metadata of ${grouped(tally.substance + tally.metadata)}`);
  if (tally.compressed > 0) parts.push(`compressed bytes of ${grouped(tally.compressed)}`);
  if (moved > 0) parts.push(`order of ${grouped(moved)}`);
  const members = `${grouped(differing)} of ${counted(total, 'member')} ${differing === 1 ? 'differs' : 'differ'}`;
  const all = differing === 0 ? 'no member differs' : `${members}: ${parts.join(', ')}`;
  const own = fields.map(({ name }) => name).join(', ');
  if (own === '' && differing === 0) return `${all}: only how the archive is written`;
  return own === '' ? all : `${all}; ${own} of the archive ${fields.length === 1 ? 'differs' : 'differ'}`;
}
