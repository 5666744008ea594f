import { describe, expect, test } from 'vitest';
import { FieldReader, optionalMember } from '../../../packages/core/src/json/read.js';
import type { JsonObject } from '../../../packages/core/src/json/value.js';
import { failureOf, parse } from './support.js';

describe('asInteger reads what Go decodes into an int64, without a sign and up to 2^53 - 1', () => {
  test.each([
    ['zero', '0', 0],
    ['minus zero, which strconv.ParseInt takes', '-0', 0],
    ['an integer', '12', 12],
    ['the greatest safe integer', '9007199254740991', 9007199254740991],
    ['2^53', '9007199254740992', undefined],
    ['more digits than a double has', '99999999999999999999999', undefined],
    ['negative', '-1', undefined],
    ['a fraction', '1.5', undefined],
    ['a fraction of zero', '1.0', undefined],
    ['an exponent', '1e3', undefined],
    ['a string', '"1"', undefined],
    ['null', 'null', undefined],
  ])('%s', (_reason, text, value) => {
    const reader = new FieldReader();
    expect(reader.asInteger(parse(text).root, '/size')).toBe(value);
    expect(reader.problems.length).toBe(value === undefined ? 1 : 0);
  });
});

describe('types', () => {
  test.each([
    ['{}', 'an object', ['asArray', 'asString', 'asInteger']],
    ['[]', 'an array', ['asObject', 'asString', 'asInteger']],
    ['"a"', 'a string', ['asObject', 'asArray', 'asInteger']],
    ['1', 'a number', ['asObject', 'asArray', 'asString']],
    ['true', 'true', ['asObject', 'asArray', 'asString', 'asInteger']],
    ['null', 'null', ['asObject', 'asArray', 'asString', 'asInteger']],
  ] as const)('%s is %s and not what %s want', (text, name, refusing) => {
    const { root } = parse(text);
    for (const method of ['asObject', 'asArray', 'asString', 'asInteger'] as const) {
      const reader = new FieldReader();
      const refused = (refusing as readonly string[]).includes(method);
      expect(reader[method](root, '/x') === undefined).toBe(refused);
      expect(reader.problems.length).toBe(refused ? 1 : 0);
      if (refused) expect(reader.problems[0]).toMatch(new RegExp(`^/x: expected .*, found ${name}$`));
    }
  });
});

test('all that is wrong is told at once, with places', () => {
  const root = parse('{"schemaVersion":"2","config":null,"layers":[{"size":-1},7]}').root as JsonObject;
  const reader = new FieldReader();
  reader.asInteger(reader.requiredMember(root, 'schemaVersion', ''), '/schemaVersion');
  const config = reader.asObject(reader.requiredMember(root, 'config', ''), '/config');
  reader.asString(reader.requiredMember(config, 'digest', '/config'), '/config/digest');
  for (const [index, item] of reader.asArray(optionalMember(root, 'layers'), '/layers')?.items.entries() ?? []) {
    const where = `/layers/${index}`;
    const layer = reader.asObject(item, where);
    reader.asInteger(reader.requiredMember(layer, 'size', where), `${where}/size`);
    reader.requiredMember(layer, 'a/b', where);
  }
  reader.asObject(undefined, '');
  const error = failureOf(() => reader.finish('ERR_MANIFEST_INVALID', 'manifest'));
  expect(error.code).toBe('ERR_MANIFEST_INVALID');
  expect(error.message).toBe(
    'manifest: /schemaVersion: expected a whole number, found a string; /config: missing; ' +
      '/layers/0/size: expected a whole number from 0 to 2^53 - 1, found -1; /layers/0/a~1b: missing; ' +
      '/layers/1: expected an object, found a number',
  );
});

test('nothing wrong is no error', () => {
  const reader = new FieldReader();
  reader.asObject(parse('{}').root, '');
  reader.finish('ERR_CONFIG_INVALID', 'config');
  expect(reader.problems).toEqual([]);
});

test('a hostile number of problems is counted, not kept', () => {
  const reader = new FieldReader();
  for (let index = 0; index < 100_000; index++) reader.report(`/${index}`, 'missing');
  expect(reader.problems.length).toBe(20);
  const { message } = failureOf(() => reader.finish('ERR_CONFIG_INVALID', 'config'));
  expect(message).toMatch(/^config: \/0: missing; .*\/19: missing; and 99980 more$/);
});

test.each([
  ['absent', '{}', undefined],
  ['null, as Go reads it', '{"a":null}', undefined],
  ['false', '{"a":false}', 'literal'],
  ['empty', '{"a":""}', 'string'],
  ['in another case, unlike Go', '{"A":1}', undefined],
])('optionalMember: %s', (_reason, text, type) => {
  expect(optionalMember(parse(text).root as JsonObject, 'a')?.type).toBe(type);
});
