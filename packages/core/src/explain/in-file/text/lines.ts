/** Lines of a part of a text, with their ends; decoded only where they are shown. */
export interface Lines {
  readonly bytes: Buffer;
  readonly charset: 'utf8' | 'latin1';
  /** Where each begins in `bytes`, and where the last ends. */
  readonly starts: Int32Array;
  readonly count: number;
}

/**
 * The lines of `bytes`; the last counts without a newline, too.
 * @param newline the byte that ends lines
 * @returns null where there are more than `maxLines`
 */
export function splitLines(bytes: Buffer, charset: 'utf8' | 'latin1', newline: number, maxLines: number): Lines | null {
  const count = countLines(bytes, newline, 0, bytes.length);
  if (count > maxLines) return null;
  const starts = new Int32Array(count + 1);
  let line = 1;
  for (let i = 0; i < bytes.length && line < count; i++) if (bytes[i] === newline) starts[line++] = i + 1;
  starts[count] = bytes.length;
  return { bytes, charset, starts, count };
}

/* Not by `indexOf`: a call takes as long as looking at a hundred bytes, and lines are shorter. */
export function countByte(bytes: Buffer, byte: number, start: number, end: number): number {
  let found = 0;
  for (let i = start; i < end; i++) if (bytes[i] === byte) found++;
  return found;
}

/** Lines of `bytes[start, end)`; the last counts without a newline, too. */
export function countLines(bytes: Buffer, newline: number, start: number, end: number): number {
  if (start === end) return 0;
  return countByte(bytes, newline, start, end) + (bytes[end - 1] === newline ? 0 : 1);
}

/** Line `index` with its end, as text. */
export function lineAt(lines: Lines, index: number): string {
  return lines.bytes.toString(lines.charset, lines.starts[index], lines.starts[index + 1]);
}

/** Looks at lines of one slot of the table, in one pair of texts; beyond, somebody made them meet there. */
const MAX_LOOKS = 20_000_000;

/** Numbers for lines. */
export interface NumberedLines {
  /** The same number for equal lines; -1 for lines of side 1 that side 0 has not. */
  readonly ids: readonly [Int32Array, Int32Array];
  /** False where some equal lines may have different numbers, since looking them up took too long. */
  readonly complete: boolean;
}

/**
 * Numbers the lines of both sides. A table of our own, on bytes: a `Map` of a million strings takes seconds, and the
 * strings hundreds of megabytes.
 */
export function numberLines(lines0: Lines, lines1: Lines): NumberedLines {
  let slots = 16;
  while (slots < 2 * lines0.count) slots *= 2;
  const heads = new Int32Array(slots).fill(-1);
  const next = new Int32Array(lines0.count);
  const hashes = new Int32Array(lines0.count);
  const ids0 = new Int32Array(lines0.count);
  const ids1 = new Int32Array(lines1.count);
  let looks = MAX_LOOKS;
  /* The line of side 0 with the lowest number that is the same as line `index` of `lines`. */
  const find = (lines: Lines, index: number, hash: number): number => {
    let line = heads[hash & (slots - 1)] as number;
    while (line >= 0 && --looks > 0) {
      if (hashes[line] === hash && sameLine(lines0, line, lines, index)) return line;
      line = next[line] as number;
    }
    return -1;
  };
  for (let i = 0; i < lines0.count; i++) {
    const hash = hashLine(lines0, i);
    const known = find(lines0, i, hash);
    ids0[i] = known < 0 ? i : known;
    if (known >= 0) continue;
    hashes[i] = hash;
    next[i] = heads[hash & (slots - 1)] as number;
    heads[hash & (slots - 1)] = i;
  }
  for (let i = 0; i < lines1.count; i++) ids1[i] = find(lines1, i, hashLine(lines1, i));
  return { ids: [ids0, ids1], complete: looks > 0 };
}

function hashLine({ bytes, starts }: Lines, index: number): number {
  const end = starts[index + 1] as number;
  let hash = 0x811c9dc5;
  for (let i = starts[index] as number; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return hash ^ (hash >>> 15);
}

/** Shorter lines are compared here: a call of `compare` costs as much as looking at so many bytes. */
const SHORT_BYTES = 64;

function sameLine(a: Lines, index0: number, b: Lines, index1: number): boolean {
  const [start0, start1] = [a.starts[index0] as number, b.starts[index1] as number];
  const length = (a.starts[index0 + 1] as number) - start0;
  if ((b.starts[index1 + 1] as number) - start1 !== length) return false;
  if (length > SHORT_BYTES) {
    return a.bytes.compare(b.bytes, start1, start1 + length, start0, start0 + length) === 0;
  }
  for (let i = 0; i < length; i++) if (a.bytes[start0 + i] !== b.bytes[start1 + i]) return false;
  return true;
}
