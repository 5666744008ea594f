import { createHash } from 'node:crypto';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { DEFAULT_LIMITS, type Limits } from '../../../packages/core/src/limits.js';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { TarReader, type TarTrailer } from '../../../packages/core/src/tar/reader.js';

/** What was read of one entry. */
export interface ReadEntry {
  readonly header: TarHeader;
  /** sha256 of the content with its holes, in hex. */
  readonly sha256: string;
  /** Bytes of content and of holes, as they were told. */
  readonly contentBytes: number;
  readonly holeBytes: number;
  readonly padding: Uint8Array | null;
}

export interface ReadArchive {
  readonly entries: readonly ReadEntry[];
  readonly trailer: TarTrailer;
  /** All events in order; runs of content told as one, since chunks may cut them anywhere. */
  readonly events: readonly unknown[];
}

const HOLE = new Uint8Array(64 * 1024);

/** Where a stream is cut: the length of the next chunk, asked again and again. */
export type Cuts = () => number;

/** Reads a whole archive, in one chunk or in those that `cuts` gives. */
export function readTar(bytes: Uint8Array, cuts?: Cuts, limits: Partial<Limits> = {}): ReadArchive {
  const entries: ReadEntry[] = [];
  const events: unknown[] = [];
  let header: TarHeader | null = null;
  let hash = createHash('sha256');
  let run: { hash: ReturnType<typeof createHash>; bytes: number } | null = null;
  let contentBytes = 0;
  let holeBytes = 0;
  const endRun = (): void => {
    if (run !== null) events.push(['content', run.bytes, run.hash.digest('hex')]);
    run = null;
  };
  const reader = new TarReader(
    {
      header: (entry) => {
        if (header !== null) throw new Error('a header before the end of the entry before it');
        header = entry;
        hash = createHash('sha256');
        contentBytes = 0;
        holeBytes = 0;
        events.push(['header', entry]);
      },
      content: (chunk) => {
        if (header === null || chunk.length === 0) throw new Error('content of no entry, or empty');
        run ??= { hash: createHash('sha256'), bytes: 0 };
        run.hash.update(chunk);
        run.bytes += chunk.length;
        hash.update(chunk);
        contentBytes += chunk.length;
      },
      hole: (length) => {
        if (header === null || length <= 0) throw new Error('a hole of no entry, or empty');
        endRun();
        events.push(['hole', length]);
        holeBytes += length;
        for (let left = length; left > 0; left -= HOLE.length)
          hash.update(HOLE.subarray(0, Math.min(left, HOLE.length)));
      },
      entryEnd: (padding) => {
        if (header === null) throw new Error('the end of no entry');
        endRun();
        const copy = padding === null ? null : padding.slice();
        events.push(['end', copy]);
        entries.push({ header, sha256: hash.digest('hex'), contentBytes, holeBytes, padding: copy });
        header = null;
      },
    },
    { ...DEFAULT_LIMITS, ...limits },
  );
  if (cuts === undefined) {
    reader.push(bytes);
  } else {
    for (let at = 0; at < bytes.length; ) {
      const next = Math.min(bytes.length, at + cuts());
      // A copy, so that a view kept beyond the call would be seen to change.
      const chunk = bytes.slice(at, next);
      reader.push(chunk);
      chunk.fill(0xaa);
      at = next;
    }
  }
  const trailer = reader.end();
  if (header !== null) throw new Error('the last entry has no end');
  events.push(['trailer', trailer]);
  return { entries, trailer, events };
}

/** The headers of an archive. */
export function headersOf(bytes: Uint8Array, limits: Partial<Limits> = {}): TarHeader[] {
  return readTar(bytes, undefined, limits).entries.map((entry) => entry.header);
}

/** The only header of an archive. */
export function headerOf(bytes: Uint8Array): TarHeader {
  const headers = headersOf(bytes);
  if (headers.length !== 1) throw new Error(`${headers.length} entries instead of one`);
  return headers[0] as TarHeader;
}

/** The OciDiffError that `run` throws; fails for any other outcome. */
export function failureOf(run: () => unknown): OciDiffError {
  try {
    run();
  } catch (error) {
    if (error instanceof OciDiffError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Hex of a digest that is kept as a latin1 string of 32 bytes. */
export function hexOfDigest(digest: string): string {
  return Buffer.from(digest, 'latin1').toString('hex');
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Seeded numbers from 0 to below 1 (mulberry32), so that a run that failed fails again. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Everything that a header is compared by: what together determines each byte of its blocks. */
export function signatureOf(header: TarHeader): string {
  const { format, type, path, linkTarget, mode, uid, gid, uname, gname, size, storedSize } = header;
  const { mtime, atime, ctime, devMajor, devMinor, pax, sparse, style } = header;
  const fields = [format, type, path, linkTarget, mode, uid, gid, uname, gname, size, storedSize];
  return JSON.stringify([...fields, mtime, atime, ctime, devMajor, devMinor, pax && [...pax], sparse, style]);
}

/** Runs what makes very many errors without the stacks that would take most of its time. */
export function withoutStacks<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
