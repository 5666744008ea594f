import { createHash } from 'node:crypto';
import type { ByteReader } from '../byte-reader.js';
import type { TrailingData } from '../compression.js';

/** The bytes that a member begins with: magic and the only method there is. */
const MEMBER_START = Buffer.from([0x1f, 0x8b, 0x08]);

/** Reads what is left of `reader`, after the last gzip member; null if nothing is. */
export async function readTrailingData(reader: ByteReader): Promise<TrailingData | null> {
  const hash = createHash('sha256');
  let bytes = 0;
  let zeros = true;
  let member = false;
  /* The end of the last chunk, not judged yet: a member's first bytes may lie across two. */
  let carried: Uint8Array = new Uint8Array(0);
  for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
    hash.update(chunk);
    bytes += chunk.length;
    if (member) continue;
    const joined = Buffer.concat([carried, chunk]);
    const start = joined.indexOf(MEMBER_START);
    member = start >= 0;
    const judged = member ? start : Math.max(0, joined.length - (MEMBER_START.length - 1));
    zeros &&= allZero(joined.subarray(0, judged));
    carried = joined.subarray(judged);
  }
  if (bytes === 0) return null;
  if (!member) zeros &&= allZero(carried);
  const alone = zeros ? 'zero-padding' : 'garbage';
  const before = zeros ? 'member-after-padding' : 'member-after-garbage';
  return { kind: member ? before : alone, bytes, sha256: hash.digest('hex') };
}

function allZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
