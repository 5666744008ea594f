import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DiffOptions, OciDiffError, RULE_NAMES, type RuleName } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { buildImage, buildIndex, type ImageSpec, LINUX } from '../support/images.js';
import {
  compare,
  counted,
  expectSound,
  FIXTURE_PAIRS,
  found,
  rejection,
  temporaryFolder,
  writeArchive,
} from './support.js';

const folder = temporaryFolder();

/*
 * Two images that differ in something for each rule that needs no tree, and in things that no rule may take out. Each
 * difference with the rules that take it out alone, by the table of the rules.
 */
const FIRST: ImageSpec = {
  layers: [
    {
      entries: [
        { path: 'content', content: 'one' },
        { path: './spelt', content: 'x' },
        { path: 'times', mtime: 1 },
        { path: 'moved' },
        { path: 'bits', mode: 0o100644 },
        { path: 'names', uname: 'root', gname: 'wheel' },
        { path: 'owner', uid: 1 },
        { path: 'attributes', pax: { 'SCHILY.xattr.user.a': '1' } },
        { path: 'link', type: 'symlink', linkTarget: 'a/b' },
        { path: 'only-first' },
      ],
      annotations: { 'buildkit/rewritten-timestamp': '1' },
    },
    { entries: [{ path: 'same', content: 'same' }], gzipLevel: 1 },
  ],
  config: {
    User: '',
    Hostname: 'first',
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1 },
    OnBuild: ['RUN true'],
    Shell: ['/bin/sh', '-c'],
    Volumes: { '/data': {} },
    Cmd: ['echo'],
    Labels: { a: '1', 'org.opencontainers.image.created': '1' },
    Unheard: 1,
  },
  configFile: {
    created: '2023-01-01T00:00:00Z',
    history: [{ created: '2023-01-01T00:00:00Z', created_by: 'one' }],
    docker_version: '20',
    unheard: { of: 1 },
  },
  manifest: {
    annotations: {
      'org.opencontainers.image.ref.name': 'first',
      'org.opencontainers.image.created': '1',
      'org.example': '1',
    },
    unheard: { of: 1 },
  },
};
const SECOND: ImageSpec = {
  layers: [
    {
      entries: [
        { path: 'moved' },
        { path: 'content', content: 'two' },
        { path: 'spelt', content: 'x' },
        { path: 'times', mtime: 2 },
        { path: 'bits', mode: 0o644 },
        { path: 'names', uname: 'toor', gname: 'staff' },
        { path: 'owner', uid: 2 },
        { path: 'attributes', pax: { 'SCHILY.xattr.user.a': '2' } },
        { path: 'link', type: 'symlink', linkTarget: './a/b' },
      ],
      annotations: { 'buildkit/rewritten-timestamp': '2' },
    },
    { entries: [{ path: 'same', content: 'same' }], gzipLevel: 9 },
  ],
  config: {
    Hostname: 'second',
    Healthcheck: { Test: ['CMD', 'false'], Interval: 2 },
    OnBuild: ['RUN false'],
    Shell: ['/bin/bash', '-c'],
    Volumes: {},
    Cmd: ['echo', ''],
    Labels: { a: '', 'org.opencontainers.image.created': '2' },
    Unheard: 0,
  },
  configFile: {
    created: '2024-01-01T00:00:00Z',
    history: [{ created: '2024-01-01T00:00:00Z', created_by: 'two' }],
    docker_version: '28',
    unheard: { of: 0 },
  },
  manifest: {
    mediaType: undefined,
    annotations: {
      'org.opencontainers.image.ref.name': 'second',
      'org.opencontainers.image.created': '2',
      'org.example': '2',
    },
    unheard: { of: 0 },
  },
  indent: 2,
};

/** Rows of files that one side has alone, written as if that were side 0. */
function either(rows: readonly string[]): string[] {
  return rows.map((row) => row.replace(/^file :(\d+) /, 'file $1: '));
}

const EXPECTED: readonly (readonly [string, readonly RuleName[]])[] = [
  ['manifest /annotations/org.example', ['annotations']],
  ['manifest /annotations/org.opencontainers.image.created', ['image-timestamps', 'annotations']],
  ['manifest /annotations/org.opencontainers.image.ref.name', ['image-name', 'annotations']],
  ['manifest /layers/0/annotations/buildkit~1rewritten-timestamp', ['file-timestamps', 'annotations']],
  ['manifest /mediaType', ['media-types']],
  ['manifest /unheard/of', []],
  ['manifest encoding', ['json-encoding']],
  ['config /config/Cmd', []],
  ['config /config/Healthcheck/Interval', []],
  ['config /config/Healthcheck/Test', []],
  ['config /config/Hostname', ['legacy-fields']],
  ['config /config/Labels/a', []],
  ['config /config/Labels/org.opencontainers.image.created', []],
  ['config /config/OnBuild', []],
  ['config /config/Shell', []],
  ['config /config/Unheard', []],
  ['config /config/User', ['empty-fields']],
  ['config /config/Volumes/~1data', []],
  ['config /created', ['image-timestamps']],
  ['config /docker_version', ['legacy-fields']],
  ['config /history/0/created', ['image-timestamps', 'history']],
  ['config /history/0/created_by', ['history']],
  ['config /unheard/of', []],
  ['config encoding', ['json-encoding']],
  ['file 0 attributes xattrs/user.a', []],
  ['file 0 bits mode', ['file-mode-redundant-bits']],
  ['file 0 content content', []],
  ['file 0 link linkTarget', []],
  ['file 0 moved order', ['file-order']],
  ['file 0 names gname', ['tar-format']],
  ['file 0 names uname', ['tar-format']],
  ['file 0: only-first type', []],
  ['file 0 owner uid', []],
  ['file 0 spelt path', ['path-spelling']],
  ['file 0 times mtime', ['file-timestamps']],
  ['layer 1 compression', ['compression']],
];

describe('two images that differ in everything', async () => {
  const path0 = await writeArchive(folder, 'first.tar', await buildImage(FIRST));
  const path1 = await writeArchive(folder, 'second.tar', await buildImage(SECOND));
  const strict = await compare(path0, path1, { verbose: true });
  const rows = (keep: (rules: readonly RuleName[]) => boolean): string[] =>
    EXPECTED.filter(([, rules]) => keep(rules))
      .map(([row]) => row)
      .sort();

  test('all of it is found and counted in strict mode', () => {
    expectSound(strict);
    expect(counted(strict).sort()).toEqual(rows(() => true));
    /* And what follows from it is told as that. */
    const following = strict.differences.filter(({ ignoredBy }) => ignoredBy === 'consequence');
    expect(following.map(({ field }) => field).sort()).toEqual(
      [
        '/config/digest',
        '/config/size',
        '/layers/0/digest',
        '/layers/0/size',
        '/layers/1/digest',
        '/layers/1/size',
        '/rootfs/diff_ids',
      ].sort(),
    );
  });

  test.each(RULE_NAMES)('%s takes out its own and nothing else', async (rule) => {
    for (const [first, second] of [
      [path0, path1],
      [path1, path0],
    ] as const) {
      const report = await compare(first, second, { mode: { ignore: [rule] }, verbose: true });
      expectSound(report);
      expect(either(counted(report)).sort()).toEqual(rows((rules) => !rules.includes(rule)));
      expect(report.rules).toEqual([rule]);
    }
    const report = await compare(path0, path1, { mode: { ignore: [rule] }, verbose: true });
    expect(found(report)).toEqual(found(strict));
    const taken = report.differences.filter(({ ignoredBy }) => ignoredBy === rule).length;
    expect(taken).toBe(EXPECTED.filter(([, rules]) => rules.includes(rule)).length);
  });

  test.each(RULE_NAMES)('semantic mode without %s', async (rule) => {
    const report = await compare(path0, path1, { mode: 'semantic', noIgnore: [rule], verbose: true });
    expect(either(counted(report)).sort()).toEqual(rows((rules) => rules.every((each) => each === rule)));
    expect(found(report)).toEqual(found(strict));
  });

  test.each<[DiffOptions, readonly string[]]>([
    [{ ignorePaths: ['content'] }, ['file 0 content content']],
    [{ ignorePaths: ['/content', 'link'] }, ['file 0 content content', 'file 0 link linkTarget']],
    [
      { ignoreFields: ['/config/Healthcheck/*'] },
      ['config /config/Healthcheck/Interval', 'config /config/Healthcheck/Test'],
    ],
    [{ ignoreFields: ['config:/unheard/of'] }, ['config /unheard/of']],
    [{ ignoreFields: ['manifest:/unheard/of'] }, ['manifest /unheard/of']],
    [{ ignoreFields: ['index:/unheard/of'] }, []],
  ])('%o', async (options, taken) => {
    const report = await compare(path0, path1, { ...options, verbose: true });
    expect(either(counted(report)).sort()).toEqual(rows(() => true).filter((row) => !taken.includes(row)));
    expect(found(report)).toEqual(found(strict));
  });

  test('a rule alone can lead to nothing that counts', async () => {
    const spec: ImageSpec = { ...FIRST, configFile: { ...FIRST.configFile, created: '2023-01-01T00:00:01Z' } };
    const later = await writeArchive(folder, 'later.tar', await buildImage(spec));
    const report = await compare(path0, later, { mode: { ignore: ['image-timestamps'] }, verbose: true });
    expectSound(report);
    expect(report.verdict).toBe('equivalent');
    expect(report.summary).toEqual({
      counted: 0,
      ignored: 2,
      shadowed: 0,
      unexplained: 0,
      causes: { explained: 0, probable: 0, unknown: 0 },
      bySubject: {},
      byRule: { consequence: 1, 'image-timestamps': 1 },
    });
  });
});

test.each([
  [['attestations'], []],
  [[], ['index /manifests/1', 'index index']],
  [['media-types'], ['index /manifests/1']],
] as const)('an attestation beside the image, ignoring %j', async (ignore, counts) => {
  const image = await buildImage(FIRST);
  const attestation = await buildImage({
    layers: [{ tar: Buffer.from('{}'), mediaType: 'application/vnd.in-toto+json' }],
  });
  const index = buildIndex([
    { built: image, platform: LINUX },
    {
      built: attestation,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': image.descriptor.digest,
      },
    },
  ]);
  const alone = await writeArchive(folder, 'alone.tar', image);
  const attested = await writeArchive(folder, 'attested.tar', index);
  const report = await compare(attested, alone, { mode: { ignore: [...ignore] }, verbose: true });
  const expected = ignore.includes('attestations' as never) ? ['index index'] : counts;
  expect(counted(report)).toEqual(expected);
  const semantic = await compare(attested, alone, { mode: 'semantic' });
  expect(semantic.verdict).toBe('equivalent');
});

describe.each(FIXTURE_PAIRS)('%s and %s', (name0, name1) => {
  test('what is found is the same under random sets of rules', async () => {
    const strict = await compare(fixture(name0), fixture(name1), { verbose: true });
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...RULE_NAMES]),
        fc.subarray([...RULE_NAMES], { maxLength: 3 }),
        fc.subarray(['**/*.log', 'etc/**', '**'], { maxLength: 2 }),
        fc.subarray(['/config/*', 'manifest:/layers/*/digest', 'index:/manifests/*'], { maxLength: 2 }),
        async (ignore, noIgnore, ignorePaths, ignoreFields) => {
          const options = { mode: { ignore }, noIgnore, ignorePaths, ignoreFields, verbose: true };
          const report = await compare(fixture(name0), fixture(name1), options);
          expectSound(report);
          expect(found(report)).toEqual(found(strict));
          const inForce = ignore.filter((rule) => !noIgnore.includes(rule));
          const patterns = [
            ...ignorePaths.map((glob) => `ignore-path=${glob}`),
            ...ignoreFields.map((pointer) => `ignore-field=${pointer}`),
          ];
          expect(report.rules).toEqual([...inForce, ...patterns].sort());
          for (const { ignoredBy } of report.differences) {
            if (ignoredBy !== undefined) expect([...report.rules, 'transport', 'consequence']).toContain(ignoredBy);
          }
        },
      ),
      { seed: 20_261_124, numRuns: 8 },
    );
  });
});

describe('options that mean nothing', () => {
  test.each<[string, DiffOptions]>([
    ['an unknown rule', { mode: { ignore: ['nonsense' as RuleName] } }],
    ['an unknown rule that is not to be in force', { noIgnore: ['nonsense' as RuleName] }],
    ['an empty pattern', { ignorePaths: ['/'] }],
    ['a pointer without a slash', { ignoreFields: ['config'] }],
    ['some platforms and all', { platforms: ['linux/amd64'], allPlatforms: true }],
    ['a platform of one part', { platforms: ['linux'] }],
    ['an unknown limit', { limits: { nonsense: 1 } as never }],
    ['a limit of nothing', { limits: { layers: 0 } }],
    ['a limit that is no number', { limits: { layers: Number.NaN } }],
  ])('%s', async (_, options) => {
    const error = await rejection(fixture('arm64.oci.tar'), fixture('arm64.oci.tar'), options);
    expect(error).toBeInstanceOf(OciDiffError);
    expect(error.code).toBe('ERR_OPTION_INVALID');
  });
});
