import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Excuses, Finding, Follows, LayerPair } from '../../../packages/core/src/compare/finding.js';
import { judge, toDifference } from '../../../packages/core/src/compare/judge.js';
import { RuleSet } from '../../../packages/core/src/compare/rules.js';
import { RULE_NAMES, type RuleName } from '../../../packages/core/src/options.js';
import { configFindings, entryFindings, mirrored, PLATFORM, rules, SEMANTIC } from './support.js';

const at = (subject: Finding['subject'], field: string, more: Partial<Finding> = {}): Finding => ({
  subject,
  change: 'modified',
  platform: PLATFORM,
  field,
  values: [1, 2],
  excuses: [],
  ...more,
});
const manifestDigest = (pair: LayerPair): Finding =>
  at('manifest', '/layers/0/digest', { follows: { what: 'layers', pairs: [pair] } });
const file = (pair: LayerPair, excuses: Excuses = []): Finding =>
  at('file', 'mtime', { path: 'a', layers: pair, excuses });

function ignoredBy(findings: readonly Finding[], set: RuleSet = rules()): Record<string, string | null> {
  return Object.fromEntries(
    judge(findings, set).map(({ finding, ignoredBy: by }) => [`${finding.subject} ${finding.field}`, by]),
  );
}

describe('a consequence', () => {
  test('does not count where what it follows from is told and counts', () => {
    expect(ignoredBy([manifestDigest([1, 1]), file([1, 1])])).toEqual({
      'manifest /layers/0/digest': 'consequence',
      'file mtime': null,
    });
  });

  test('nor where that is told and ignored', () => {
    const findings = [manifestDigest([1, 1]), file([1, 1], [['file-timestamps']])];
    expect(ignoredBy(findings, rules('file-timestamps'))).toEqual({
      'manifest /layers/0/digest': 'consequence',
      'file mtime': 'file-timestamps',
    });
  });

  test.each<[string, Finding[]]>([
    ['nothing is told', []],
    ['only another layer is told', [file([0, 0])]],
    ['only a layer in another pair', [file([1, 0])]],
    ['only the same layer of another platform', [{ ...file([1, 1]), platform: 'linux/arm64' }]],
    ['only the config', [at('config', '/created')]],
    ['only a number of layers', [at('layer', 'count')]],
  ])('is none and counts where %s', (_what, findings) => {
    expect(ignoredBy([manifestDigest([1, 1]), ...findings])).toMatchObject({ 'manifest /layers/0/digest': null });
  });

  test('of several layers needs each of them told', () => {
    const ids = at('config', '/rootfs/diff_ids', {
      follows: {
        what: 'layers',
        pairs: [
          [0, 0],
          [1, null],
        ],
      },
    });
    expect(ignoredBy([ids, file([0, 0])])).toMatchObject({ 'config /rootfs/diff_ids': null });
    const alone = at('layer', 'diffId', { layers: [1, null] });
    expect(ignoredBy([ids, file([0, 0]), alone])).toMatchObject({ 'config /rootfs/diff_ids': 'consequence' });
  });

  test('of no layer at all counts', () => {
    const ids = at('config', '/rootfs/diff_ids', { follows: { what: 'layers', pairs: [] } });
    expect(ignoredBy([ids, file([0, 0])])).toMatchObject({ 'config /rootfs/diff_ids': null });
  });

  test("the config's digest follows from any field of the config", () => {
    const digest = at('manifest', '/config/digest', { follows: { what: 'config' } });
    expect(ignoredBy([digest])).toEqual({ 'manifest /config/digest': null });
    expect(ignoredBy([digest, at('config', 'encoding')])).toMatchObject({ 'manifest /config/digest': 'consequence' });
    expect(ignoredBy([digest, file([0, 0])])).toMatchObject({ 'manifest /config/digest': null });
  });

  test('a chain holds as long as its last link is told', () => {
    const chain: Finding[] = [
      at('index', '/manifests/0/digest', { follows: { what: 'image', platform: PLATFORM } }),
      at('manifest', '/config/digest', { follows: { what: 'config' } }),
      at('config', '/rootfs/diff_ids', { follows: { what: 'layers', pairs: [[0, 0]] } }),
    ];
    const last = (findings: Finding[]): (string | null)[] => Object.values(ignoredBy(findings));
    expect(last([...chain, file([0, 0])])).toEqual(['consequence', 'consequence', 'consequence', null]);
    /* What the last link would follow from is missing: it counts, and the two above follow from it. */
    expect(last(chain)).toEqual(['consequence', 'consequence', null]);
  });

  test('a part follows from what was found in it, and in every one of several', () => {
    const digest = at('index', '/manifests/1/digest', { follows: { what: 'parts', parts: ['/manifests/1'] } });
    const ids = at('manifest', '/a/rootfs/diff_ids', { follows: { what: 'parts', parts: ['one', 'two'] } });
    const inside = (field: string, ...parts: string[]): Finding => at('manifest', field, { parts });
    expect(ignoredBy([digest, inside('/b', '/manifests/0')])).toMatchObject({ 'index /manifests/1/digest': null });
    expect(ignoredBy([digest, inside('/b', '/manifests/0', '/manifests/1')])).toMatchObject({
      'index /manifests/1/digest': 'consequence',
    });
    expect(ignoredBy([ids, inside('/b', 'one')])).toMatchObject({ 'manifest /a/rootfs/diff_ids': null });
    expect(ignoredBy([ids, inside('/b', 'one'), inside('/c', 'two')])).toMatchObject({
      'manifest /a/rootfs/diff_ids': 'consequence',
    });
  });

  test('what is found in an attestation explains nothing of the image', () => {
    const image = at('index', '/manifests/0/digest', { follows: { what: 'image', platform: PLATFORM } });
    const config = at('manifest', '/config/digest', { follows: { what: 'config' } });
    const inside = at('manifest', '/attestation/x', { parts: ['/manifests/1'] });
    expect(ignoredBy([image, inside])).toMatchObject({ 'index /manifests/0/digest': null });
    expect(ignoredBy([config, inside])).toMatchObject({ 'manifest /config/digest': null });
  });

  test("an index's child follows from its own image alone", () => {
    const child: Finding = {
      ...at('index', '/manifests/0/digest'),
      follows: { what: 'image', platform: 'linux/arm64' },
    };
    expect(ignoredBy([child, at('config', '/created')])).toMatchObject({ 'index /manifests/0/digest': null });
    expect(ignoredBy([child, at('index', 'order')])).toMatchObject({ 'index /manifests/0/digest': null });
    const other = at('config', '/created', { platform: 'linux/arm64' });
    expect(ignoredBy([child, other])).toMatchObject({ 'index /manifests/0/digest': 'consequence' });
  });
});

describe('what is found is the same under every set of rules', () => {
  const anyRule = fc.constantFrom(...RULE_NAMES);
  const anyFollows: fc.Arbitrary<Follows> = fc.oneof(
    fc.constant({ what: 'config' } as const),
    fc.constant({ what: 'layers', pairs: [[0, 0]] as LayerPair[] } as const),
    fc.constant({ what: 'image', platform: PLATFORM } as const),
  );
  const anyFinding: fc.Arbitrary<Finding> = fc
    .record({
      subject: fc.constantFrom('index', 'manifest', 'config', 'layer', 'file') as fc.Arbitrary<Finding['subject']>,
      platform: fc.constantFrom(PLATFORM, 'linux/arm64'),
      layers: fc.constantFrom<LayerPair>([0, 0], [1, 2], [null, 1]),
      path: fc.constantFrom('a', 'b', '\xff'),
      field: fc.constantFrom('mode', 'content', '/created'),
      values: fc.constantFrom<Finding['values']>([1, 2], [null, 'x'], ['y', null]),
      excuses: fc.array(fc.array(anyRule, { minLength: 1, maxLength: 2 }), { maxLength: 3 }),
      follows: fc.option(anyFollows, { nil: undefined }),
    })
    .map(({ layers, path, follows, ...rest }) => ({
      ...rest,
      change: 'modified',
      ...(rest.subject === 'file' || rest.subject === 'layer' ? { layers } : {}),
      ...(rest.subject === 'file' ? { path } : {}),
      ...(follows === undefined ? {} : { follows }),
    }));
  const anySet = fc.record({
    ignore: fc.subarray([...RULE_NAMES]),
    noIgnore: fc.subarray([...RULE_NAMES], { maxLength: 3 }),
  });

  const setOf = ({ ignore, noIgnore }: { ignore: RuleName[]; noIgnore: RuleName[] }): RuleSet =>
    new RuleSet({ mode: { ignore }, noIgnore, ignorePaths: ['a'], ignoreFields: ['/x'], platformsChosen: false });

  /** Everything of a report's row but what takes it out. */
  const rows = (findings: readonly Finding[], set: RuleSet): unknown[] =>
    judge(findings, set).map((judged) => ({ ...toDifference(judged), ignoredBy: undefined }));

  test('of any findings; a rule more takes out more, never less', () => {
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 12 }), anySet, anyRule, (findings, set, rule) => {
        expect(rows(findings, setOf(set))).toEqual(rows(findings, rules()));
        const counted = (ignore: RuleName[]): Finding[] =>
          judge(findings, rules(...ignore)).flatMap(({ finding, ignoredBy: by }) => (by === null ? [finding] : []));
        const fewer = counted([...set.ignore, rule]);
        const more = new Set(counted(set.ignore));
        expect(fewer.every((finding) => more.has(finding))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('of real ones, and no rule switches off what another is for', () => {
    const findings = [
      ...configFindings(
        { created: 'a', id: 'x', history: [{ created: 'a' }], config: { Cmd: ['a'], Volumes: { '/d': {} }, User: '' } },
        '{ "created": "b", "id": "y", "history": [{ "created": "b" }], "config": { "Cmd": ["b"] } }',
      ),
      ...entryFindings(
        [{ name: 'a', content: '1' }, { name: 'b' }],
        [
          { name: './b', mtime: 1 },
          { name: 'a', content: '2', mode: 0o100644, dialect: 'gnu' },
        ],
      ),
    ];
    const strict = judge(findings, rules());
    expect(strict.every(({ ignoredBy: by }) => by === null)).toBe(true);
    fc.assert(
      fc.property(anySet, (set) => {
        expect(rows(findings, setOf(set))).toEqual(rows(findings, rules()));
      }),
    );
    const left = judge(findings, SEMANTIC).flatMap(({ finding, ignoredBy: by }) =>
      by === null ? [finding.field] : [],
    );
    expect(left).toEqual(['/config/Cmd', '/config/Volumes/~1d', 'content']);
  });

  test('the order of finding does not show, and swapped sides give the mirrored report', () => {
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (findings, numbers) => {
        const keyed = findings.map((finding) => ({ finding, key: numbers.next().value as number }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ finding }) => finding);
        const list = judge(findings, rules()).map(toDifference);
        expect(judge(shuffled, rules()).map(toDifference)).toEqual(list);
      }),
    );
  });
});

describe('the order of the report', () => {
  test('platform, subject, layer, path bytes, field', () => {
    const f = (layers: LayerPair, path: string, field: string): Finding => at('file', field, { layers, path });
    const wanted = [
      at('index', '/a', { platform: undefined as never }),
      at('manifest', '/a'),
      at('manifest', '/b'),
      at('config', '/a'),
      at('layer', 'count'),
      at('layer', 'compression', { layers: [0, 0] }),
      at('layer', 'trailer', { layers: [2, 1] }),
      f([0, 0], 'Z', 'mode'),
      f([0, 0], 'a', 'gid'),
      f([0, 0], 'a', 'mode'),
      f([0, 0], 'a/b', 'mode'),
      f([0, 0], 'a\x7f', 'mode'),
      f([0, 0], 'a\xc3\xa9', 'mode'),
      f([1, 1], 'a', 'mode'),
      f([10, 10], 'a', 'mode'),
      at('config', '/a', { platform: 'linux/arm64' }),
    ];
    const found = judge([...wanted].reverse(), rules()).map(({ finding }) => finding);
    expect(found).toEqual(wanted);
  });

  test('is mirrored where only the sides tell two rows apart', () => {
    const findings = [
      at('layer', 'diffId', { change: 'removed', layers: [2, null], values: ['a', null] }),
      at('layer', 'diffId', { change: 'added', layers: [null, 2], values: [null, 'b'] }),
      at('file', 'type', { layers: [0, 0], path: 'a', change: 'removed', values: ['file', null] }),
      at('file', 'type', { layers: [0, 0], path: 'a', change: 'added', values: [null, 'global-header'] }),
    ];
    const order = (list: readonly Finding[]): Finding[] => judge(list, rules()).map(({ finding }) => finding);
    expect(order(findings.map(mirrored))).toEqual(order(findings).map(mirrored));
  });
});

describe('a difference in the report', () => {
  test('layer where both sides have it at one place, layers where not', () => {
    const layer = (layers: LayerPair): object => {
      const [judged] = judge([file(layers)], rules());
      const { layer: one, layers: two } = toDifference(judged as NonNullable<typeof judged>);
      return { one, two };
    };
    expect(layer([1, 1])).toEqual({ one: 1 });
    expect(layer([1, 2])).toEqual({ two: [1, 2] });
    expect(layer([null, 2])).toEqual({ two: [null, 2] });
    expect(layer([2, null])).toEqual({ two: [2, null] });
  });

  test.each([
    ['ASCII', 'a', { path: 'a' }],
    ['UTF-8', 'caf\xc3\xa9', { path: 'café' }],
    ['other bytes', 'caf\xe9', { path: 'caf\ufffd', pathBytes: 'Y2Fm6Q==' }],
  ])('path: %s', (_what, path, members) => {
    const [judged] = judge([{ ...file([0, 0]), path }], rules());
    const difference = toDifference(judged as NonNullable<typeof judged>);
    expect({ path: difference.path, pathBytes: difference.pathBytes }).toEqual({ pathBytes: undefined, ...members });
  });

  test('has the members of the contract and no more', () => {
    const [judged] = judge([{ ...file([1, 1]), follows: { what: 'config' }, steps: ['a'], duplicate: 1 }], rules());
    expect(toDifference(judged as NonNullable<typeof judged>)).toEqual({
      subject: 'file',
      change: 'modified',
      platform: PLATFORM,
      layer: 1,
      path: 'a',
      duplicate: 1,
      field: 'mtime',
      values: [1, 2],
    });
  });
});

test('a covered finding and one that only says it in another way are marked, under every set of rules', () => {
  const covered = at('file', 'content', { path: 'a', tree: 'below', shadowed: true, excuses: [['layering']] });
  const restated = at('file', 'type', { path: 'b', excuses: [['tar-format', 'layering'], ['layer-encoding']] });
  const both = at('file', 'mtime', { path: 'c', excuses: [['layer-encoding', 'layering']] });
  for (const set of [rules(), SEMANTIC]) {
    const marks = judge([covered, restated, both], set).map((judged) => {
      const { shadowed, layerEncoding } = toDifference(judged);
      return [shadowed, layerEncoding];
    });
    expect(marks).toEqual([
      [true, undefined],
      [undefined, true],
      [undefined, undefined],
    ]);
  }
});
