import type { PageText } from '../src/report/html/page-shape.js';

/** Pairs of lines that are held against each other; beyond, all between the common ends is told as changed. */
const PAIRS = 250_000;

/** Two values of several lines as a diff of one hunk, with all their lines. */
export function lineDiff(value0: string, value1: string): PageText {
  const lines0 = value0.split('\n');
  const lines1 = value1.split('\n');
  const lines: string[] = [];
  let start = 0;
  while (start < Math.min(lines0.length, lines1.length) && lines0[start] === lines1[start]) {
    lines.push(` ${lines0[start++]}`);
  }
  let end = 0;
  while (end < Math.min(lines0.length, lines1.length) - start && lines0.at(-1 - end) === lines1.at(-1 - end)) end++;
  const middle0 = lines0.slice(start, lines0.length - end);
  const middle1 = lines1.slice(start, lines1.length - end);
  lines.push(...middle(middle0, middle1));
  for (const line of lines0.slice(lines0.length - end)) lines.push(` ${line}`);
  return {
    encodings: ['utf-8', 'utf-8'],
    lines: [lines0.length, lines1.length],
    hunks: [{ start: [1, 1], count: [lines0.length, lines1.length], lines }],
  };
}

/* A longest common subsequence. */
function* middle(lines0: readonly string[], lines1: readonly string[]): Iterable<string> {
  const width = lines1.length + 1;
  let [i, j] = [0, 0];
  if (lines0.length * lines1.length <= PAIRS) {
    const lengths = new Uint32Array((lines0.length + 1) * width);
    for (i = lines0.length - 1; i >= 0; i--) {
      for (j = lines1.length - 1; j >= 0; j--) {
        lengths[i * width + j] =
          lines0[i] === lines1[j]
            ? (lengths[(i + 1) * width + j + 1] as number) + 1
            : Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number);
      }
    }
    [i, j] = [0, 0];
    while (i < lines0.length && j < lines1.length) {
      if (lines0[i] === lines1[j]) {
        yield ` ${lines0[i++]}`;
        j++;
      } else if ((lengths[(i + 1) * width + j] as number) >= (lengths[i * width + j + 1] as number)) {
        yield `-${lines0[i++]}`;
      } else yield `+${lines1[j++]}`;
    }
  }
  while (i < lines0.length) yield `-${lines0[i++]}`;
  while (j < lines1.length) yield `+${lines1[j++]}`;
}
