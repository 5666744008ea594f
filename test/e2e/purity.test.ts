import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  type DiffOptions,
  diffImages,
  OciDiffError,
  type Report,
  renderJson,
  renderTable,
} from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { FIXTURE_PAIRS, failuresOf, outcome } from './support.js';

/** A path as a user in the current folder would type it. */
const typed = (path: string): string => relative(process.cwd(), path);

const out = mkdtempSync(join(tmpdir(), 'ocidiff-pure-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** What must be in nothing that is written: where this machine has things. */
const FOREIGN: readonly string[] = [process.cwd(), tmpdir()];

function expectClean(text: string): void {
  for (const foreign of FOREIGN) expect(text).not.toContain(foreign);
}

describe('what a user typed is all that a report knows of this machine', () => {
  test.each(FIXTURE_PAIRS.slice(0, 12))('%s and %s', async (name0, name1) => {
    const report = await diffImages(typed(fixture(name0)), typed(fixture(name1)), { verbose: true });
    expectClean([...renderJson(report)].join(''));
    expectClean([...renderTable(report, { color: false, verbose: true })].join(''));
    expect(report.inputs.map(({ reference }) => reference)).toEqual([typed(fixture(name0)), typed(fixture(name1))]);
  });

  test('nor does a report folder', async () => {
    const dir = join(out, 'report');
    await diffImages(typed(fixture('apt-0.docker.tar')), typed(fixture('apt-1.docker.tar')), { reportDir: dir });
    for (const name of ['report.json', 'README.md']) expectClean(readFileSync(join(dir, name), 'utf8'));
    expect(readdirSync(out)).toEqual(['report']);
  });

  test('nor does an error', async () => {
    async function* stdin(): AsyncGenerator<Uint8Array> {
      yield readFileSync(fixture('apt-0.docker.tar')).subarray(0, 9000);
    }
    const cases: readonly [string, string, DiffOptions][] = [
      ['./missing.tar', typed(fixture('apt-1.docker.tar')), {}],
      [typed(fixture('apt-0.docker.tar')), 'package.json', {}],
      ['-', typed(fixture('apt-1.docker.tar')), { stdin: stdin() }],
      [typed(fixture('multi-1.oci.tar')), typed(fixture('apt-1.docker.tar')), { platforms: ['linux/arm64'] }],
      [typed(fixture('apt-0.docker.tar')), typed(fixture('apt-1.docker.tar')), { limits: { layerEntries: 1 } }],
    ];
    for (const [image0, image1, options] of cases) {
      const lines = failuresOf(await outcome(image0, image1, options));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expectClean(line);
    }
  });
});

describe('the library keeps to itself', () => {
  test('it prints nothing, takes no signal, leaves the exit status alone', async () => {
    const spies = [
      vi.spyOn(process.stdout, 'write'),
      vi.spyOn(process.stderr, 'write'),
      vi.spyOn(console, 'log'),
      vi.spyOn(console, 'warn'),
      vi.spyOn(console, 'error'),
      vi.spyOn(process, 'on'),
      vi.spyOn(process, 'once'),
      vi.spyOn(process, 'exit'),
    ];
    const status = process.exitCode;
    const results: (Report | OciDiffError)[] = [];
    for (const [name0, name1] of FIXTURE_PAIRS.slice(0, 4)) results.push(await outcome(fixture(name0), fixture(name1)));
    results.push(await outcome('./missing.tar', 'package.json'));
    const calls = spies.map((spy) => spy.mock.calls.length);
    for (const spy of spies) spy.mockRestore();
    expect(calls).toEqual(spies.map(() => 0));
    expect(process.exitCode).toBe(status);
    expect(results.at(-1)).toBeInstanceOf(OciDiffError);
  });

  test('options and reports are not shared: changing one changes nothing else', async () => {
    const options: DiffOptions = Object.freeze({
      mode: 'semantic',
      ignorePaths: Object.freeze([]),
      limits: Object.freeze({}),
    });
    const [image0, image1] = [fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar')];
    const first = await diffImages(image0, image1, options);
    const text = [...renderJson(first)].join('');
    (first.differences as unknown[]).length = 0;
    expect([...renderJson(await diffImages(image0, image1, options))].join('')).toBe(text);
  });
});
