import { expect, test } from 'vitest';
import { LEVEL_NAMES, type LevelName } from '../../../packages/core/src/compare/levels.js';
import type { Report, ReportLevel } from '../../../packages/core/src/report/report.js';
import { renderTable } from '../../../packages/core/src/report/table.js';
import { buildReport, fileDifference, reportInput } from '../../support/report.js';
import { expectValidReport } from '../../support/schema.js';

type Answers = readonly [equal: boolean | null, equivalent: boolean | null, detail?: string];

const SAME: Answers = [true, true];
const DIFFERENT: Answers = [false, false];

function levels(answers: Partial<Record<LevelName, Answers>>, platform = 'linux/amd64'): ReportLevel[] {
  return LEVEL_NAMES.map((level) => {
    const [equal, equivalent, detail] = answers[level] ?? SAME;
    return { platform, level, equal, equivalent, ...(detail === undefined ? {} : { detail }) };
  });
}

/** What stands between the rows and the counts. */
function ladder(report: Report, color = false): string {
  expectValidReport(report);
  const text = [...renderTable(report, { color, verbose: false })].join('');
  return text.split('\n\n').find((block) => /^[^ ]*index {5}/.test(block)) ?? '';
}

const different = (list: ReportLevel[]): Report => buildReport([fileDifference('a')], { levels: list });
const equivalent = (list: ReportLevel[]): Report =>
  buildReport([fileDifference('a', { ignoredBy: 'tar-format' })], { levels: list });

test('the whole of it, between rows and counts', () => {
  const report = different(
    levels({
      index: [false, false, 'sha256:0123456789ab… ≠ sha256:ba9876543210…'],
      manifest: [false, true, 'sha256:0123456789ab… ≠ sha256:ba9876543210…'],
      config: [false, true, 'rootfs.diff_ids'],
      layers: [false, false, '1 of 4 differs (3 the same bytes)'],
      'diff-ids': [false, false, '1 of 4'],
      'layer-contents': [false, false, '2 files'],
      filesystem: [false, false, '2 files'],
      runtime: [true, true, 'entry point, environment, user, … the same'],
    }),
  );
  const lines = [...renderTable(report, { color: false, verbose: false })].join('').split('\n');
  expect(lines.slice(6)).toEqual([
    'File  layers-1/a  sha256:1234abcd…  sha256:5678ef01…',
    '',
    'index      ✗  sha256:0123456789ab… ≠ sha256:ba9876543210…',
    'manifest   ✗  sha256:0123456789ab… ≠ sha256:ba9876543210…',
    'config     ✗  rootfs.diff_ids',
    'layers     ✗  1 of 4 differs (3 the same bytes)',
    'diff IDs   ✗  1 of 4',
    'contents   ✗  2 files',
    'filesystem ✗  2 files',
    'runtime    ✓  entry point, environment, user, … the same',
    '',
    '1 difference (file 1)',
    'different',
    '',
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('every sign, and what `~` means where it occurs', () => {
  const report = equivalent(
    levels({
      index: [null, null, 'in neither input'],
      manifest: [false, true],
      config: [false, true],
      layers: [false, null],
      'diff-ids': [false, true],
      'layer-contents': [true, true, 'the same, written in another way'],
    }),
  );
  expect(ladder(report)).toBe(`index      –  in neither input
manifest   ✗
config     ~
layers     ✗
diff IDs   ~
contents   ✓  the same, written in another way
filesystem ✓
runtime    ✓
~ differs, but in nothing that counts`);
});

test('no legend without the sign', () => {
  expect(ladder(different(levels({ layers: DIFFERENT })))).not.toContain('counts');
});

test.each<[string, Partial<Record<LevelName, Answers>>, string]>([
  ['a manifest follows from its config', { manifest: [false, true], config: DIFFERENT }, '✗✗'],
  ['a manifest follows from its layers', { manifest: [false, true], layers: DIFFERENT }, '✗✓'],
  ['a config from what the layers hold', { config: [false, true], 'diff-ids': DIFFERENT }, '✓✗'],
  ['a config does not from how they are compressed', { config: [false, true], layers: DIFFERENT }, '✓~'],
  ['nothing follows from a runtime', { config: [false, true], runtime: DIFFERENT }, '✓~'],
])('%s', (_what, answers, expected) => {
  const lines = ladder(different(levels(answers))).split('\n');
  expect(lines.slice(1, 3).map((line) => line[11])).toEqual([...expected]);
});

test('identical: no ladder', () => {
  const report = buildReport([], { verdict: 'identical', levels: levels({}) });
  expectValidReport(report);
  expect([...renderTable(report, { color: false, verbose: false })].join('').split('\n').slice(4)).toEqual([
    '',
    'identical: both have the same digest',
    '',
  ]);
});

test('several platforms: the index, then a ladder each, one line where all is the same', () => {
  const platforms = ['linux/amd64', 'linux/arm64', 'linux/s390x'];
  const index = { index: [false, true, 'a ≠ b'] } as const;
  const report = buildReport([fileDifference('a', { platform: 'linux/arm64' })], {
    inputs: [reportInput(0, { platforms }), reportInput(1, { platforms })],
    levels: [
      ...levels({ ...index }, 'linux/amd64'),
      ...levels({ ...index, manifest: [false, true], filesystem: [false, false, '1 file'] }, 'linux/arm64'),
      ...levels({ ...index, filesystem: [null, null, 'not compared'] }, 'linux/s390x'),
    ],
  });
  expect(ladder(report)).toBe(`index      ~  a ≠ b
linux/amd64:
all levels ✓  the same
linux/arm64:
manifest   ~
config     ✓
layers     ✓
diff IDs   ✓
contents   ✓
filesystem ✗  1 file
runtime    ✓
linux/s390x:
all levels ✓  the same
~ differs, but in nothing that counts`);
});

test('nothing of an input reaches it unescaped', () => {
  const report = different([
    ...levels({ runtime: [false, false, 'user, \u001b[2J\u202e'] }, 'linux/\u001b]0;x'),
    ...levels({}, 'linux/arm64'),
  ]);
  const text = [...renderTable(report, { color: false, verbose: false })].join('');
  expect(text).toContain('runtime    ✗  user, \\x1b[2J\\u{202e}\n');
  expect(text).toContain('linux/\\x1b]0;x:\n');
});

test('colour only when asked for', () => {
  const report = equivalent(levels({ index: [null, null], layers: DIFFERENT, filesystem: [false, true] }));
  const esc = '\u001b';
  expect(ladder(report)).not.toContain(esc);
  const colored = ladder(report, true);
  expect(colored.replaceAll(new RegExp(`${esc}\\[[0-9]+m`, 'g'), '')).toBe(ladder(report));
  expect(colored.split('\n')[0]).toBe(`${esc}[2mindex      –${esc}[0m`);
  expect(colored).toContain(`${esc}[31mlayers     ✗${esc}[0m`);
  expect(colored).toContain(`${esc}[33mfilesystem ~${esc}[0m`);
  expect(colored).toContain(`${esc}[32mruntime    ✓${esc}[0m`);
});
