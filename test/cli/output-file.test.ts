import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { OutputError, writeOutputFile } from '../../packages/cli/src/output-file.js';
import { temporaryFolder } from '../e2e/support.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const { signal } = new AbortController();
const base = temporaryFolder();
let runs = 0;
let shared: string;
let mine: string;
beforeEach(() => {
  runs++;
  shared = join(base, `shared-${runs}`);
  mkdirSync(shared);
  /* As /tmp. */
  chmodSync(shared, 0o1777);
  mine = join(base, `mine-${runs}`);
  writeFileSync(mine, 'mine');
});

describe('--output in a folder that others can write to', () => {
  test.skipIf(!isRoot)('a link of another user is not followed', async () => {
    const link = join(shared, 'report.json');
    symlinkSync(mine, link);
    lchownSync(link, NOBODY, NOBODY);
    chownSync(shared, 1, 1);
    await expect(writeOutputFile(link, ['theirs'], signal)).rejects.toBeInstanceOf(OutputError);
    expect(readFileSync(mine, 'utf8')).toBe('mine');
    expect(readdirSync(shared)).toEqual(['report.json']);
    /* Where nobody else can put a link, one of another user is a link like any other. */
    chmodSync(shared, 0o755);
    await writeOutputFile(link, ['new'], signal);
    expect(readFileSync(mine, 'utf8')).toBe('new');
  });

  test('a link of one’s own is', async () => {
    const link = join(shared, 'report.json');
    symlinkSync(mine, link);
    await writeOutputFile(link, ['new'], signal);
    expect(readFileSync(mine, 'utf8')).toBe('new');
  });

  test('what is written beside it first has a name that nobody can know, and is not there before', async () => {
    const names = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const chunks = function* (): Iterable<string> {
        yield 'x';
        for (const name of readdirSync(shared)) if (name.includes('.tmp-')) names.add(name);
      };
      await writeOutputFile(join(shared, 'report.json'), chunks(), signal);
    }
    expect(names.size).toBe(3);
    for (const name of names) expect(name).toMatch(/^report\.json\.tmp-[0-9a-f]{12}$/);
    expect(readdirSync(shared)).toEqual(['report.json']);
  });
});

test('the set-id bits of a file that is replaced do not go on', async () => {
  chmodSync(mine, 0o6755);
  await writeOutputFile(mine, ['new'], signal);
  expect(statSync(mine).mode & 0o7777).toBe(0o755);
});
