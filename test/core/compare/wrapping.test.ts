import { expect, test } from 'vitest';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { compareWrapping } from '../../../packages/core/src/compare/wrapping.js';
import { mirrored, rules, sorted } from './support.js';

function compare(wrapping0: Record<string, unknown>, wrapping1: Record<string, unknown>): Finding[] {
  const findings: Finding[] = [];
  compareWrapping(wrapping0, wrapping1, (finding) => findings.push(finding));
  return findings;
}

test.each<[string, Record<string, unknown>, Record<string, unknown>, unknown[]]>([
  ['nothing', {}, {}, []],
  ['equal values, keys in another order', { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, []],
  ['RepoTags', { RepoTags: ['a:1'] }, { RepoTags: ['a:2'] }, [['transport/RepoTags', 'modified', [['a:1'], ['a:2']]]]],
  ['one side has none', { RepoTags: ['a:1'] }, {}, [['transport/RepoTags', 'removed', [['a:1'], null]]]],
  ['null and absent', { RepoTags: null }, {}, [['transport/RepoTags', 'removed', [null, null]]]],
  [
    'a key of the language',
    {},
    JSON.parse('{"__proto__":{"a":1}}'),
    [['transport/__proto__', 'added', [null, { a: 1 }]]],
  ],
  ['another one', {}, { constructor: 'x' }, [['transport/constructor', 'added', [null, 'x']]]],
  ['a key with a slash', { 'a/b': 1 }, { 'a/b': 2 }, [['transport/a~1b', 'modified', [1, 2]]]],
])('%s', (_what, wrapping0, wrapping1, differences) => {
  const findings = compare(wrapping0, wrapping1);
  expect(findings.map(({ field, change, values }) => [field, change, values])).toEqual(differences);
  expect(findings.every((finding) => finding.subject === 'index' && rules().ignoredBy(finding) === 'transport')).toBe(
    true,
  );
  expect(sorted(compare(wrapping1, wrapping0))).toEqual(sorted(findings.map(mirrored)));
});
