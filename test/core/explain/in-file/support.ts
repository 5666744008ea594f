import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareContents, type InFileOptions } from '../../../../packages/core/src/explain/in-file/compare-contents.js';
import type {
  InFileDifference,
  MemberDifference,
  TextDifference,
} from '../../../../packages/core/src/explain/in-file/in-file-difference.js';

/** Bytes, or text as UTF-8. */
export type Content = Uint8Array | string;

export function bytesOf(content: Content): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

export function compare(
  content0: Content,
  content1: Content,
  path = 'file',
  options: Partial<InFileOptions> = {},
): Promise<InFileDifference> {
  return compareContents(path, bytesOf(content0), bytesOf(content1), options);
}

/** As `diff -u` writes it, without the names of the files; latin1 texts in latin1. */
export function unified(text: TextDifference): Buffer {
  const lines: string[] = [];
  for (const { start, count, lines: shown } of text.hunks) {
    const ranges = [0, 1].map((side) => {
      const length = count[side as 0 | 1];
      return length === 1 ? String(start[side as 0 | 1]) : `${start[side as 0 | 1]},${length}`;
    });
    lines.push(`@@ -${ranges[0]} +${ranges[1]} @@`, ...shown);
  }
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), text.encodings[0] === 'utf-8' ? 'utf8' : 'latin1');
}

/** Works in a folder of its own, which is removed. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-in-file-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Standard output of a program that must succeed. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; input?: Uint8Array | string; env?: Record<string, string> } = {},
): Buffer {
  const result = spawnSync(command, args, { ...options, env: { ...process.env, ...options.env }, maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.status} ${result.stderr}`);
  return result.stdout;
}

/** What `patch` makes of side 0. */
export function patched(content0: Uint8Array, patch: Uint8Array): Buffer {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'file'), content0);
    writeFileSync(join(folder, 'p'), Buffer.concat([Buffer.from('--- file\n+++ file\n'), patch]));
    run('patch', ['--binary', '-s', '-p0', 'file', 'p'], { cwd: folder });
    return readFileSync(join(folder, 'file'));
  });
}

export function member(difference: InFileDifference, name: string): MemberDifference {
  const found = difference.members?.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no member ${name} in ${JSON.stringify(difference)}`);
  return found;
}

/** The same difference with its sides swapped, without its words. */
export function swapped(difference: InFileDifference): unknown {
  return JSON.parse(JSON.stringify(difference), (key, value) => {
    if (key === 'summary' || key === 'omitted') return undefined;
    if (key === 'change') return value === 'added' ? 'removed' : value === 'removed' ? 'added' : value;
    if (PAIRS.has(key) || (key === 'count' && Array.isArray(value))) return [value[1], value[0]];
    if (key === 'lines' && typeof value[0] === 'string') return swapLines(value);
    if (key === 'lines') return [value[1], value[0]];
    return value;
  });
}

/** The same without its words. */
export function wordless(difference: InFileDifference): unknown {
  return JSON.parse(JSON.stringify(difference), (key, value) =>
    key === 'summary' || key === 'omitted' ? undefined : value,
  );
}

const PAIRS = new Set(['values', 'encodings', 'start', 'lengths', 'offsets', 'hex']);

function swapLines(lines: readonly string[]): string[] {
  const out: string[] = [];
  let block: string[] = [];
  const flush = (): void => {
    const [minus, plus]: [string[], string[]] = [[], []];
    let into = minus;
    for (const line of block) {
      if (line.startsWith('-')) into = minus;
      if (line.startsWith('+')) into = plus;
      into.push(line);
    }
    out.push(...plus.map((line) => line.replace(/^\+/, '-')), ...minus.map((line) => line.replace(/^-/, '+')));
    block = [];
  };
  let inBlock = false;
  for (const line of lines) {
    if (line.startsWith('-') || line.startsWith('+') || (line.startsWith('\\') && inBlock)) {
      inBlock = true;
      block.push(line);
      continue;
    }
    flush();
    inBlock = false;
    out.push(line);
  }
  flush();
  return out;
}
