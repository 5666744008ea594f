import { gunzipSync, gzipSync } from 'node:zlib';
import { type Member, sha256, zstdStored } from '../support/images.js';
import { mutateBytes } from './mutate-bytes.js';
import { mutateJson } from './mutate-json.js';
import { mutateTar } from './mutate-tar.js';
import type { Random } from './random.js';
import { isGzip, isJson, isTar, type SeedImage } from './seeds.js';

export interface MutatedImage {
  readonly members: Member[];
  /** Whether the content of a layer was changed, and nothing else but the digests that name it. */
  readonly layerChanged: boolean;
}

/** Replaces texts and sizes in every JSON document that names a blob, and in those that name these. */
function resign(members: Member[], from: Buffer, to: Buffer, diffIds: readonly (readonly [string, string])[]): void {
  const todo = [{ from, to, diffIds }];
  for (let round = 0; round < 50; round++) {
    const change = todo.shift();
    if (change === undefined) return;
    const [oldDigest, newDigest] = [sha256(change.from), sha256(change.to)];
    const texts = [
      [oldDigest.slice(7), newDigest.slice(7)],
      ...change.diffIds.map((pair) => pair.map((each) => each.slice(7))),
    ];
    for (const member of members) {
      const rename = texts.find(([old]) => member.name.includes(old as string));
      const name = rename === undefined ? member.name : member.name.replace(rename[0] as string, rename[1] as string);
      let { content } = member;
      if (isJson(content) && content !== change.to) {
        let text = content.toString('latin1');
        for (const [old, fresh] of texts) text = text.replaceAll(old as string, fresh as string);
        text = withSize(text, newDigest, change.to.length);
        if (text !== content.toString('latin1')) content = Buffer.from(text, 'latin1');
      }
      if (content === member.content && name === member.name) continue;
      if (content !== member.content) todo.push({ from: member.content, to: content, diffIds: [] });
      members[members.indexOf(member)] = { ...member, name, content };
    }
  }
}

/* Descriptors are written by their builders with the size near the digest, before it or after it. */
function withSize(text: string, digest: string, size: number): string {
  const after = new RegExp(`("digest":\\s*"${digest}",\\s*"size":\\s*)\\d+`, 'g');
  const before = new RegExp(`("size":\\s*)\\d+(,\\s*"digest":\\s*"${digest}")`, 'g');
  return text.replace(after, `$1${size}`).replace(before, `$1${size}$2`);
}

/* Of the same size in half of the cases, so that only the digest tells. */
function damaged(random: Random, bytes: Buffer): Buffer {
  if (random.chance(0.5)) return mutateBytes(random, bytes);
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  copy[at] = (copy[at] as number) ^ (1 << random.below(8));
  return copy;
}

/** `image` with a layer, a document, or the archive's members changed; names and digests right again in half of them. */
export function mutateImage(random: Random, image: SeedImage): MutatedImage {
  const members = [...image.members];
  const files = members.filter(({ type }) => type === undefined || type === 'file');
  const layers = files.filter(({ content }) => isGzip(content) || isTar(content));
  const documents = files.filter(({ content }) => isJson(content) && content.length < 16_384);
  const kind = random.below(10);
  if (kind < 5 && layers.length > 0) {
    const member = random.pick(layers);
    const tar = isGzip(member.content) ? gunzipSync(member.content) : member.content;
    const changed = mutateTar(random, tar);
    const isDamaged = random.chance(0.15);
    const stored = isDamaged
      ? damaged(random, member.content)
      : random.pick([
          () => gzipSync(changed, { level: random.pick([1, 9]) }),
          () => (isGzip(member.content) ? gzipSync(changed) : changed),
          () => changed,
          () => zstdStored(changed),
        ])();
    members[members.indexOf(member)] = { ...member, content: stored };
    const layerChanged = isDamaged ? !stored.equals(member.content) : !changed.equals(tar);
    if (random.chance(isDamaged ? 0.4 : 0.7)) {
      const diffIds = random.chance(0.9) ? [[sha256(tar), sha256(changed)] as const] : [];
      resign(members, member.content, stored, diffIds);
    }
    return { members, layerChanged };
  }
  if (kind < 8 && documents.length > 0) {
    const member = random.pick(documents);
    const content = mutateJson(random, member.content);
    members[members.indexOf(member)] = { ...member, content };
    if (random.chance(0.5)) resign(members, member.content, content, []);
    return { members, layerChanged: false };
  }
  const at = random.below(members.length);
  const member = members[at] as Member;
  switch (random.below(4)) {
    case 0:
      members.splice(at, 1);
      break;
    case 1:
      members.push({ ...member, content: mutateBytes(random, member.content, 1) });
      break;
    case 2:
      members.push({ ...member, name: `./${member.name}` });
      break;
    default:
      members[at] = { ...member, content: mutateBytes(random, member.content) };
  }
  return { members, layerChanged: false };
}
