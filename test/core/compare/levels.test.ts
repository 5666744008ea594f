import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { judge } from '../../../packages/core/src/compare/judge.js';
import { LEVEL_NAMES, type LevelName, type LevelSide, levelsOf } from '../../../packages/core/src/compare/levels.js';
import type { RuleSet } from '../../../packages/core/src/compare/rules.js';
import type { Image, LoadedManifest } from '../../../packages/core/src/image/load.js';
import { configFindings, document, entryFindings, PLATFORM, rules } from './support.js';

type Answers = readonly [equal: boolean | null, equivalent: boolean | null];

interface Sketch {
  index?: string | null;
  manifest?: string | null;
  config?: unknown;
  /** Blob digest (null: lost) and diffID of each layer. */
  layers?: readonly (readonly [string | null, string])[];
  /** Whether the config could not be read. */
  broken?: boolean;
}

function side({ index = null, manifest = 'm', config = {}, layers = [['b', 'd']], broken = false }: Sketch): LevelSide {
  const image = {
    config: document(config),
    layers: layers.map(([digest, diffId]) => ({ descriptor: digest === null ? null : { digest }, diffId })),
  } as unknown as Image;
  const descriptor = manifest === null ? null : { digest: manifest };
  return { indexDigest: index, manifest: { descriptor } as LoadedManifest, image: broken ? null : image };
}

function levels(
  sketch0: Sketch,
  sketch1: Sketch,
  findings: readonly Finding[],
  set: RuleSet = rules(),
  complete = true,
): Record<LevelName, Answers> {
  const list = levelsOf(PLATFORM, side(sketch0), side(sketch1), judge(findings, set), complete);
  expect(list.map(({ level }) => level)).toEqual(LEVEL_NAMES);
  expect(list.every(({ platform }) => platform === PLATFORM)).toBe(true);
  const answers = new Map<LevelName, Answers>(list.map(({ level, equal, equivalent }) => [level, [equal, equivalent]]));
  return Object.fromEntries(answers) as Record<LevelName, Answers>;
}

const at = (subject: Finding['subject'], field: string, more: Partial<Finding> = {}): Finding => ({
  subject,
  change: 'modified',
  platform: PLATFORM,
  layers: [0, 0],
  field,
  values: [1, 2],
  excuses: [],
  ...more,
});

const SAME: Answers = [true, true];
const UNKNOWN: Answers = [null, null];

test('an image and itself', () => {
  expect(levels({ index: 'i' }, { index: 'i' }, [])).toEqual({
    index: SAME,
    manifest: SAME,
    config: SAME,
    layers: SAME,
    'diff-ids': SAME,
    'layer-contents': SAME,
    filesystem: UNKNOWN,
    runtime: UNKNOWN,
  });
});

test('what is not there is null: no index, no manifest, no compressed bytes', () => {
  expect(levels({ manifest: null, layers: [[null, 'd']] }, { index: 'i' }, [])).toMatchObject({
    index: UNKNOWN,
    manifest: UNKNOWN,
    config: SAME,
    layers: UNKNOWN,
    'diff-ids': SAME,
    'layer-contents': SAME,
  });
});

test('other compression of the same tar ends at the layers', () => {
  const other: Sketch = { manifest: 'n', layers: [['c', 'd']] };
  const findings = [
    at('layer', 'compression', { excuses: [['compression']] }),
    at('manifest', '/layers/0/digest', { follows: { what: 'layers', pairs: [[0, 0]] } }),
  ];
  const strict = levels({}, other, findings);
  expect(strict).toMatchObject({ layers: [false, false], 'diff-ids': SAME, 'layer-contents': SAME, config: SAME });
  /* Its digest is a consequence, so nothing of the manifest itself counts. */
  expect(strict.manifest).toEqual([false, true]);
  expect(levels({}, other, findings, rules('compression')).layers).toEqual([false, true]);
});

describe('layer contents', () => {
  const other: Sketch = { layers: [['c', 'e']] };
  test.each<[string, Finding[], Answers, Answers]>([
    [
      'another dialect is the same content in other writing',
      entryFindings([{ name: 'a' }], [{ name: 'a', dialect: 'gnu' }]),
      [true, true],
      [true, true],
    ],
    [
      'another order too',
      entryFindings([{ name: 'a' }, { name: 'b' }], [{ name: 'b' }, { name: 'a' }]),
      [true, true],
      [true, true],
    ],
    ['a user name too', entryFindings([{ name: 'a' }], [{ name: 'a', uname: 'x' }]), [true, true], [true, true]],
    [
      'a time is content, which a rule can take out',
      entryFindings([{ name: 'a' }], [{ name: 'a', mtime: 1 }]),
      [false, false],
      [false, true],
    ],
    [
      'a byte is content that no rule takes out',
      entryFindings([{ name: 'a' }], [{ name: 'a', content: 'x' }]),
      [false, false],
      [false, false],
    ],
    ['an entry more', entryFindings([], [{ name: 'a' }]), [false, false], [false, false]],
  ])('%s', (_what, findings, strict, ignoring) => {
    expect(levels({}, other, findings)['layer-contents']).toEqual(strict);
    const set = rules('tar-format', 'file-order', 'file-timestamps');
    const semantic = levels({}, other, findings, set);
    expect(semantic['layer-contents']).toEqual(ignoring);
    /* The diffIDs differ whatever is ignored; they are equivalent where nothing that counts tells them apart. */
    expect(semantic['diff-ids']).toEqual([false, ignoring[1]]);
    expect(levels({}, other, findings)['diff-ids']).toEqual([false, false]);
  });
});

test('config: equal by bytes, equivalent by the rules, and diffIDs are a consequence', () => {
  const config0 = { created: 'a', rootfs: { type: 'layers', diff_ids: ['d'] } };
  const config1 = { created: 'b', rootfs: { type: 'layers', diff_ids: ['e'] } };
  const sketches = [{ config: config0 }, { config: config1, layers: [['c', 'e']] }] as const;
  const findings = [
    ...configFindings(config0, config1, [[0, 0]]),
    ...entryFindings([{ name: 'a' }], [{ name: 'a', content: 'x' }]),
  ];
  expect(levels(sketches[0], sketches[1], findings).config).toEqual([false, false]);
  expect(levels(sketches[0], sketches[1], findings, rules('image-timestamps')).config).toEqual([false, true]);
});

test('what counts on another platform is no matter of this one', () => {
  const findings = (['manifest', 'config', 'layer', 'file'] as const).map((subject) =>
    at(subject, 'x', { platform: 'linux/arm64' }),
  );
  const other: Sketch = { manifest: 'n', config: { a: 1 }, layers: [['c', 'e']] };
  expect(levels({}, other, findings)).toMatchObject({
    manifest: [false, true],
    config: [false, true],
    layers: [false, true],
    'diff-ids': [false, true],
  });
});

test('index: what its document has that counts', () => {
  const finding = at('index', '/x', { excuses: [['platform']] });
  const { platform: _platform, layers: _layers, ...index } = finding;
  expect(levels({ index: 'i' }, { index: 'j' }, [index]).index).toEqual([false, false]);
  expect(levels({ index: 'i' }, { index: 'j' }, [{ ...index, excuses: [['transport']] }]).index).toEqual([false, true]);
});

describe('where not everything could be read', () => {
  const other: Sketch = { layers: [['c', 'e']] };

  test('what was not found is not known', () => {
    expect(levels({}, other, [], rules(), false)).toMatchObject({
      layers: [false, null],
      'diff-ids': [false, null],
      'layer-contents': UNKNOWN,
    });
  });

  test('what was found is', () => {
    const findings = entryFindings([{ name: 'a' }], [{ name: 'a', content: 'x' }]);
    expect(levels({}, other, findings, rules(), false)).toMatchObject({
      layers: [false, false],
      'diff-ids': [false, false],
      'layer-contents': [false, false],
    });
  });

  test('equal digests are enough', () => {
    expect(levels({}, {}, [], rules(), false)).toMatchObject({
      layers: SAME,
      'diff-ids': SAME,
      'layer-contents': SAME,
    });
  });

  test('a config that could not be read leaves what stands on it open', () => {
    expect(levels({}, { broken: true }, [], rules(), false)).toMatchObject({
      manifest: SAME,
      config: UNKNOWN,
      layers: UNKNOWN,
      'diff-ids': UNKNOWN,
      'layer-contents': UNKNOWN,
    });
  });
});
