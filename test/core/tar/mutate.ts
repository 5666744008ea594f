import { OciDiffError } from '../../../packages/core/src/errors.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { TarReader } from '../../../packages/core/src/tar/reader.js';
import { BLOCK, checksumOf } from '../../support/tar-build.js';

/** An entry's header blocks, and where among them blocks with a checksum are. */
export interface Blocks {
  readonly from: string;
  readonly bytes: Uint8Array;
  readonly headersAt: readonly number[];
}

const SEEN = Symbol('the header has come');
const AFTER = new Uint8Array(4 * BLOCK);

/** The first entry's header when the stream begins with `bytes`; null where that is an error. */
export function firstHeader(bytes: Uint8Array): TarHeader | null {
  let header: TarHeader | null = null;
  const ignore = (): void => {};
  const seen = (entry: TarHeader): void => {
    header = entry;
    throw SEEN;
  };
  const reader = new TarReader({ header: seen, content: ignore, hole: ignore, entryEnd: ignore }, DEFAULT_LIMITS);
  try {
    reader.push(bytes);
    reader.push(AFTER);
  } catch (error) {
    if (error !== SEEN && !(error instanceof OciDiffError)) throw error;
  }
  return header;
}

/** The header blocks of an entry at the beginning of `bytes`; the structure is that of the stored sizes. */
export function blocksOf(from: string, bytes: Uint8Array): Blocks {
  const headersAt = [0];
  for (;;) {
    const at = headersAt[headersAt.length - 1] as number;
    const type = String.fromCharCode(bytes[at + 156] as number);
    if (!'xLK'.includes(type)) return { from, bytes, headersAt };
    const size = Number.parseInt(
      Buffer.from(bytes.subarray(at + 124, at + 136))
        .toString('latin1')
        .replace(/[\0 ]/g, ''),
      8,
    );
    headersAt.push(at + BLOCK + Math.ceil(size / BLOCK) * BLOCK);
  }
}

const INTERESTING = [0, 0x20, 0x2f, 0x30, 0x31, 0x37, 0x0a, 0x2c, 0x3d, 0x3b, 0x80, 0xff, 0x61];
const pad = (digits: string, width: number, fill: string): string => digits.padStart(width, fill);
/** Ways to write a checksum that readers take. */
const CHECKSUMS: readonly ((sum: number) => string)[] = [
  (sum) => `${pad(sum.toString(8), 7, '0')}\0`,
  (sum) => `${pad(sum.toString(8), 6, ' ')}\0 `,
  (sum) => `${pad(sum.toString(8), 6, '0')} \0`,
  (sum) => `${pad(sum.toString(8), 7, '0')} `,
  (sum) => `${pad(sum.toString(8), 8, '0')}`,
  (sum) => `\0${pad(sum.toString(8), 6, '0')}\0`,
  (sum) => `${sum.toString(8)}\0${'x'.repeat(7 - sum.toString(8).length)}`,
];

/** `blocks` with `count` bytes changed, and checksums right again; `how` says what was done. */
export function mutated(blocks: Blocks, count: number, random: () => number): { bytes: Uint8Array; how: string } {
  const bytes = blocks.bytes.slice();
  const pick = (below: number): number => Math.floor(random() * below);
  const how: string[] = [];
  const checksums = new Set<number>();
  for (let i = 0; i < count; i++) {
    // Half of them in a header block itself, since data of extended headers is most of the bytes.
    const header = blocks.headersAt[pick(blocks.headersAt.length)] as number;
    const at = random() < 0.5 ? header + pick(BLOCK) : pick(bytes.length);
    const from = bytes[at] as number;
    const kind = random();
    const to =
      kind < 0.5
        ? INTERESTING[pick(INTERESTING.length)]
        : kind < 0.7
          ? (from + 1) & 0xff
          : kind < 0.85
            ? (from + 255) & 0xff
            : pick(256);
    bytes[at] = to as number;
    how.push(`${at}: ${from} to ${to}`);
    const owner = blocks.headersAt.find((start) => at >= start + 148 && at < start + 156);
    if (owner !== undefined) checksums.add(owner);
  }
  for (const start of blocks.headersAt) {
    const kind = random() < 0.02 ? 'signed' : 'unsigned';
    const sum = checksumOf(bytes, start, kind);
    if (sum < 0) continue;
    // Where the checksum's own field was hit, it is written another way; elsewhere as it was, with the new sum.
    const style = pick(CHECKSUMS.length);
    const text = checksums.has(start)
      ? (CHECKSUMS[style] as (sum: number) => string)(sum)
      : `${pad(sum.toString(8), 6, '0')}\0 `;
    if (checksums.has(start)) how.push(`checksum style ${style} at ${start}`);
    if (kind === 'signed') how.push(`signed checksum at ${start}`);
    bytes.set(Buffer.from(text, 'latin1'), start + 148);
  }
  return { bytes, how: how.join(', ') };
}
