import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { judge } from '../../../packages/core/src/compare/judge.js';
import { LEVEL_NAMES, type LevelName, type LevelSide, levelsOf } from '../../../packages/core/src/compare/levels.js';
import { RuleSet } from '../../../packages/core/src/compare/rules.js';
import type { Image, LoadedManifest } from '../../../packages/core/src/image/load.js';
import { configFindings, document, entryFindings, PLATFORM, rules, SEMANTIC } from './support.js';

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
  trees = false,
): Record<LevelName, Answers> {
  const list = levelsOf(PLATFORM, side(sketch0), side(sketch1), judge(findings, set), complete, trees);
  expect(list.map(({ level }) => level)).toEqual(LEVEL_NAMES);
  expect(list.every(({ platform }) => platform === PLATFORM)).toBe(true);
  const answers = new Map<LevelName, Answers>(list.map(({ level, equal, equivalent }) => [level, [equal, equivalent]]));
  return Object.fromEntries(answers) as Record<LevelName, Answers>;
}

/** The text beside a level, where trees were compared. */
function detail(
  level: LevelName,
  sketches: readonly [Sketch, Sketch],
  findings: readonly Finding[] = [],
  set: RuleSet = rules(),
  complete = true,
): string | undefined {
  const [sketch0, sketch1] = sketches;
  const list = levelsOf(PLATFORM, side(sketch0), side(sketch1), judge(findings, set), complete, true);
  return list.find((each) => each.level === level)?.detail;
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
    runtime: SAME,
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

describe('filesystem', () => {
  const other: Sketch = { layers: [['c', 'e']] };
  const inTree = at('file', 'mtime', { path: 'a', tree: 'final', excuses: [['file-timestamps']] });
  const below = at('file', 'content', { path: 'b', tree: 'below', shadowed: true, excuses: [['layering']] });
  const stream = at('file', 'type', { path: 'c', excuses: [['layer-encoding']] });
  const answers = (findings: readonly Finding[], set?: RuleSet, complete?: boolean, trees = true): Answers =>
    levels({}, other, findings, set, complete, trees).filesystem;

  test('null where trees were not compared', () => {
    expect(answers([inTree], rules(), true, false)).toEqual(UNKNOWN);
  });

  test('what is in the last tree, and no more than that', () => {
    expect(answers([inTree])).toEqual([false, false]);
    expect(answers([inTree], rules('file-timestamps'))).toEqual([false, true]);
    expect(answers([below, stream])).toEqual(SAME);
    expect(answers([{ ...inTree, platform: 'linux/arm64' }])).toEqual(SAME);
  });

  test('where not all was read, what was found stands', () => {
    expect(answers([], rules(), false)).toEqual(UNKNOWN);
    expect(answers([inTree], rules(), false)).toEqual([false, false]);
    expect(levels({}, {}, [], rules(), false, true).filesystem).toEqual(SAME);
  });
});

describe('runtime', () => {
  const answers = (config0: object, config1: object, set?: RuleSet): Answers => {
    const [full0, full1] = [
      { os: 'linux', ...config0 },
      { os: 'linux', ...config1 },
    ];
    return levels({ config: full0 }, { config: full1 }, configFindings(full0, full1), set).runtime;
  };
  const config = (config0: object, config1: object, set?: RuleSet): Answers =>
    answers({ config: config0 }, { config: config1 }, set);

  test.each<[string, object, object]>([
    ['an entry point', { Entrypoint: ['a'] }, { Entrypoint: ['b'] }],
    ['the order of the environment', { Env: ['a=1', 'b=2'] }, { Env: ['b=2', 'a=1'] }],
    ['a label', { Labels: { a: '1' } }, { Labels: { a: '2' } }],
    ['an empty label is not none', { Labels: { a: '' } }, { Labels: {} }],
    ['an empty argument is not none', { Cmd: ['a', ''] }, { Cmd: ['a'] }],
    ['a member that no specification names', { FutureField: 1 }, {}],
    ['an empty one of that kind is not none', { FutureField: '' }, {}],
    ['a stop timeout', { StopTimeout: 10 }, { StopTimeout: 20 }],
  ])('%s reaches a container', (_what, config0, config1) => {
    expect(config(config0, config1)).toEqual([false, false]);
    expect(config(config1, config0, SEMANTIC)).toEqual([false, false]);
  });

  test.each<[string, object, object]>([
    ['OnBuild, which only a build reads', { OnBuild: ['RUN a'] }, {}],
    ['a legacy field', { Hostname: 'a', Tty: true, Image: 'b' }, { Hostname: 'c' }],
    ['ArgsEscaped on Linux', { ArgsEscaped: true }, {}],
    ['absent, null and empty', { Cmd: null, User: '', Volumes: {}, Healthcheck: { Interval: 0 } }, {}],
    ['a number in another writing', { StopTimeout: 1 }, JSON.parse('{"StopTimeout":1.0}')],
  ])('%s does not', (_what, config0, config1) => {
    expect(config(config0, config1)).toEqual(SAME);
    expect(config(config1, config0)).toEqual(SAME);
  });

  test('ArgsEscaped on Windows does', () => {
    expect(answers({ os: 'windows', config: { ArgsEscaped: true } }, { os: 'windows', config: {} })).toEqual([
      false,
      false,
    ]);
  });

  test('nothing outside of /config', () => {
    const [config0, config1] = [
      { author: 'a', created: '2020-01-01T00:00:00Z', container_config: { User: 'a' } },
      { author: 'b', created: '2021-01-01T00:00:00Z' },
    ];
    expect(answers(config0, config1)).toEqual(SAME);
  });

  test('a whole config of one side, told by its members', () => {
    expect(answers({ config: { Hostname: 'a' } }, {})).toEqual(SAME);
    expect(answers({ config: { User: 'a' } }, { config: null })).toEqual([false, false]);
  });

  test('equivalent where what differs does not count', () => {
    const set = new RuleSet({
      mode: 'strict',
      noIgnore: [],
      ignorePaths: [],
      ignoreFields: ['/config/Labels/stamp'],
      platformsChosen: false,
    });
    expect(config({ Labels: { stamp: '1' } }, { Labels: { stamp: '2' }, Cmd: [] }, set)).toEqual([false, true]);
    expect(config({ Labels: { stamp: '1' } }, { Labels: { stamp: '2' }, Cmd: ['a'] }, set)).toEqual([false, false]);
  });
});

describe('details', () => {
  const hex = (digits: string): string => `sha256:${digits.padEnd(64, '0')}`;
  const blobs = (...digests: string[]): Sketch => ({ layers: digests.map((digest) => [digest, `diff-${digest}`]) });

  test('digests: twelve digits, all where those are forged to be the same', () => {
    const manifests = (a: string | null, b: string | null): string | undefined =>
      detail('manifest', [{ manifest: a }, { manifest: b }]);
    expect(manifests(hex('a1'), hex('b2'))).toBe('sha256:a10000000000… ≠ sha256:b20000000000…');
    expect(manifests(hex('a1'), hex('a1'))).toBe('the same digest');
    const [forged0, forged1] = [hex('0123456789ab1'), hex('0123456789ab2')];
    expect(manifests(forged0, forged1)).toBe(`${forged0} ≠ ${forged1}`);
    expect(manifests(null, hex('a1'))).toBe('not in input 0');
    expect(manifests(hex('a1'), null)).toBe('not in input 1');
    expect(detail('index', [{}, {}])).toBe('in neither input');
    expect(detail('index', [{ index: hex('a') }, { index: hex('b') }])).toBe(
      'sha256:a00000000000… ≠ sha256:b00000000000…',
    );
  });

  test.each<[Sketch, Sketch, layers: string, diffIds: string]>([
    [blobs('a', 'b', 'c', 'd'), blobs('a', 'x', 'c', 'd'), '1 of 4 differs (3 the same bytes)', '1 of 4'],
    [blobs('a', 'b', 'c', 'd'), blobs('a', 'x', 'y', 'd'), '2 of 4 differ (2 the same bytes)', '2 of 4'],
    [blobs('a'), blobs('b'), '1 of 1 differs', '1 of 1'],
    [blobs('a', 'b', 'c', 'd'), blobs('a', 'x', 'd'), '4 and 3 layers, 2 the same bytes', '4 and 3, 2 the same'],
    [blobs('a', 'b'), blobs('c'), '2 and 1 layers', '2 and 1'],
    [blobs('a', 'b'), blobs('b', 'a'), '2 in another order', '2 in another order'],
    [blobs('a', 'a'), blobs('a', 'b'), '1 of 2 differs (1 the same bytes)', '1 of 2'],
    [blobs('a', 'b'), blobs('a', 'b'), '2, the same bytes', '2, the same'],
    [blobs(), blobs(), 'no layers', 'no layers'],
  ])('layers: %j and %j', (sketch0, sketch1, layers, diffIds) => {
    expect(detail('layers', [sketch0, sketch1])).toBe(layers);
    expect(detail('diff-ids', [sketch0, sketch1])).toBe(diffIds);
  });

  test('a medium without compressed bytes', () => {
    expect(detail('layers', [{ layers: [[null, 'd']] }, {}])).toBe('not in input 0');
  });

  test('config: what counts first, then consequences, then what is ignored; no more than three', () => {
    const config0 = { author: 'a', created: 'a', os: 'linux', rootfs: { type: 'layers', diff_ids: ['d'] } };
    const config1 = { ...config0, author: 'b', created: 'b', rootfs: { type: 'layers', diff_ids: ['e'] } };
    const findings = (a: object, b: object): Finding[] => [
      ...configFindings(a, b, [[0, 0]]),
      ...entryFindings([{ name: 'a' }], [{ name: 'a', content: 'x' }]),
    ];
    const sketches = [{ config: config0 }, { config: config1 }] as const;
    expect(detail('config', sketches, findings(config0, config1))).toBe('author, created, rootfs.diff_ids');
    expect(detail('config', sketches, findings(config0, config1), rules('image-timestamps'))).toBe(
      'author, rootfs.diff_ids, created',
    );
    const more = { ...config1, config: { User: 'a', Labels: { a: '1', b: '2' } }, history: [{ created_by: 'a' }] };
    expect(detail('config', [{ config: config0 }, { config: more }], findings(config0, more))).toBe(
      'author, config.Labels, config.User and 3 more',
    );
    expect(detail('config', [{}, {}])).toBe('the same digest');
  });

  test('names that are long are cut, never within a character', () => {
    const config1 = { config: { [`${'a'.repeat(22)}\u{1f600}${'b'.repeat(100_000)}`]: 1 } };
    const text = detail('runtime', [{ config: {} }, { config: config1 }], configFindings({}, config1));
    expect(text).toBe(`${'a'.repeat(22)}…`);
  });

  test('contents and file system: files, each once, and how many count', () => {
    const other: Sketch = { layers: [['c', 'e']] };
    const file = (path: string, field: string, more: Partial<Finding> = {}): Finding =>
      at('file', field, { path, tree: 'final', ...more });
    const time = { excuses: [['file-timestamps']] } as const;
    const findings = [
      file('a', 'content'),
      file('a', 'mtime', time),
      file('b', 'mtime', time),
      file('c', 'order', { excuses: [['file-order']] }),
      file('d', 'content', { layers: [1, 1], tree: 'below' }),
      file('a', 'uid', { layers: [1, 1] }),
    ];
    const both = (set: RuleSet): (string | undefined)[] =>
      (['layer-contents', 'filesystem'] as const).map((level) => detail(level, [{}, other], findings, set));
    /* `a` is two files of two layers, and one of the tree; what `c` differs in is only how it is written. */
    expect(both(rules())).toEqual(['4 files', '3 files']);
    expect(both(rules('file-timestamps'))).toEqual(['4 files, 3 count', '3 files, 2 count']);
    expect(detail('filesystem', [{}, other], [file('1', 'mtime', time)], rules('file-timestamps'))).toBe('1 file');
    expect(detail('filesystem', [{}, other], [])).toBe('the same');
    expect(detail('layer-contents', [{}, other], [])).toBe('the same, written in another way');
    expect(detail('layer-contents', [{}, {}], [])).toBe('the same');
    expect(detail('layer-contents', [{}, other], [], rules(), false)).toBe('not all could be read');
  });

  test('contents: layers that one side has alone or elsewhere', () => {
    const other: Sketch = { layers: [['c', 'e']] };
    const alone = at('layer', 'diffId', { change: 'removed', layers: [1, null], values: ['d', null] });
    const moved = at('layer', 'position', { layers: [1, 2], values: [1, 2], excuses: [['layering']] });
    const { layers: _layers, ...count } = at('layer', 'count');
    expect(detail('layer-contents', [{}, other], [alone, count])).toBe('1 layer on one side');
    expect(detail('layer-contents', [{}, other], [at('file', 'content', { path: 'a' }), alone])).toBe(
      '1 file, 1 layer on one side',
    );
    expect(detail('layer-contents', [{}, other], [moved])).toBe('1 layer elsewhere');
    expect(detail('layer-contents', [{}, other], [count])).toBe('the number of layers');
  });

  test('runtime: in words, in one order', () => {
    const config1 = { config: { Labels: { a: '1' }, Zebra: 1, Env: ['a'], Entrypoint: ['a'] } };
    const findings = configFindings({}, config1);
    expect(detail('runtime', [{}, { config: config1 }], findings)).toBe('entry point, environment, labels and 1 more');
    const unknown = { config: { Zebra: 1, User: 'a', 'a\u001b': 1 } };
    expect(detail('runtime', [{}, { config: unknown }], configFindings({}, unknown))).toBe('user, Zebra, a\u001b');
    expect(detail('runtime', [{}, {}])).toBe('entry point, environment, user, … the same');
  });

  test('an image that could not be read', () => {
    for (const level of LEVEL_NAMES.slice(2)) expect(detail(level, [{}, { broken: true }])).toBe('not read');
  });
});
