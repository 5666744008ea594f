import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseReport, renderMarkdown, renderTable } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { compare, rejection, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const APT = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')] as const;
const CLOCK = [fixture('clock-buildkit-0.oci.tar'), fixture('clock-buildkit-1.oci.tar')] as const;

const bin = fileURLToPath(new URL('../../packages/cli/bin/ocidiff.js', import.meta.url));

function ocidiff(args: readonly string[]): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });
  return { status, stdout };
}

describe('the fixtures of the truth table', () => {
  /* fixtures/README.md: `apt` differs in logs and a cache, `clock` in machine-id and a log; nothing else is left. */
  test('apt: nothing is left', async () => {
    const report = await compare(...APT, { mode: 'semantic', prove: true });
    expect(report.verdict).toBe('different');
    expect(report.summary.causes).toMatchObject({ unknown: 0, probable: 0 });
    expect(report.proof?.residual).toEqual([]);
    expect(report.proof?.failure).toBeUndefined();
    expect(report.proof?.causes).toEqual(expect.arrayContaining(['apt-log', 'dpkg-log', 'ldconfig-aux-cache']));
  });

  test('clock: nothing is left, strictly too', async () => {
    const report = await compare(...CLOCK, { prove: true });
    expect(report.proof?.residual).toEqual([]);
    expect(report.proof?.failure).toBeUndefined();
  });

  test('it looks into contents, is the same each time, and is in no report that was not asked for it', async () => {
    const [one, two] = [await compare(...APT, { prove: true }), await compare(...APT, { prove: true })];
    expect(one).toEqual(two);
    const { proof: _, ...without } = one;
    expect(await compare(...APT, { contents: true })).toEqual(without);
  });

  test('what an accept list names is no residual', async () => {
    const report = await compare(...APT, {
      prove: true,
      accept: [{ field: '/history/*/created_by', reason: 'an argument' }],
    });
    expect(report.proof?.residual).toEqual([]);
  });
});

describe('the command', () => {
  test('says it in one line, and again from a saved report', async () => {
    const dir = join(folder, 'report');
    const { status, stdout } = ocidiff(['--semantic', '--prove', '--report-dir', dir, ...APT]);
    expect(status).toBe(1);
    expect(stdout.replaceAll('\n', ' ')).toMatch(
      /Proof: with \d causes taken out of both images and both compared again, there is left: nothing/,
    );
    const saved = await parseReport(readFileSync(join(dir, 'report.json')), 'report.json');
    expect(saved.proof?.residual).toEqual([]);
    expect(ocidiff(['show', dir]).stdout).toBe(stdout);
    expect(ocidiff(['show', '--format', 'markdown', dir]).stdout).toContain('### Proof');
  });

  test('lists what is left', () => {
    const images = [fixture('clock-buildkit-1.oci.tar'), fixture('clock-buildkit-1-provenance.oci.tar')];
    const { stdout } = ocidiff(['--prove', ...images]);
    expect(stdout.replaceAll('\n', ' ')).toContain('there is left: 1 difference ');
    expect(stdout.slice(stdout.indexOf('Proof:'))).toMatch(/^Index +index /m);
  });
});

test('texts: a failure, nothing to prove, no cause, many rows', async () => {
  const report = await compare(...APT, { prove: true });
  const texts = (proof: Partial<NonNullable<typeof report.proof>>): string[] => {
    const doctored = { ...report, proof: { causes: ['apt-log'], residual: [], ...proof } };
    return [[...renderTable(doctored, { color: false, verbose: false })].join(''), renderMarkdown(doctored)];
  };
  for (const text of texts({ failure: 'it \u001b[31m broke' })) {
    expect(text).toContain('Proof: could not be made');
    expect(text).not.toContain('\u001b');
  }
  for (const text of texts({ causes: [] })) expect(text.replaceAll('\n', ' ')).toContain('no cause is named');
  const [first] = report.differences.filter(({ subject }) => subject === 'file');
  const residual = Array.from({ length: 25 }, (_, i) => ({
    ...(first as NonNullable<typeof first>),
    path: `f${10 + i}`,
  }));
  for (const text of texts({ residual })) {
    expect(text).toContain('f29');
    expect(text).not.toContain('f30');
    expect(text).toContain('and 5 more, in the JSON report');
  }
});

test('leaves no file behind', async () => {
  const before = process.env.TMPDIR;
  const own = mkdtempSync(join(folder, 'tmp-'));
  process.env.TMPDIR = own;
  try {
    await compare(...CLOCK, { prove: true });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  expect(readdirSync(own)).toEqual([]);
});

test('it is true or false', async () => {
  const { code, message } = await rejection(...APT, { prove: 'yes' as unknown as boolean });
  expect(code).toBe('ERR_OPTION_INVALID');
  expect(message).toContain('prove');
});
