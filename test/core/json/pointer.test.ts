import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchPointer, parsePointer, pointerOf } from '../../../packages/core/src/json/pointer.js';
import { failureOf } from './support.js';

describe('RFC 6901, section 5: the examples', () => {
  test.each([
    ['', []],
    ['/foo', ['foo']],
    ['/foo/0', ['foo', '0']],
    ['/', ['']],
    ['/a~1b', ['a/b']],
    ['/c%d', ['c%d']],
    ['/e^f', ['e^f']],
    ['/g|h', ['g|h']],
    ['/i\\j', ['i\\j']],
    ['/k"l', ['k"l']],
    ['/ ', [' ']],
    ['/m~0n', ['m~n']],
  ])('%j', (text, steps) => {
    expect(parsePointer(text)).toEqual(steps);
    expect(pointerOf(steps)).toBe(text);
  });
});

test('section 4: ~01 is ~1, not /', () => {
  expect(parsePointer('/~01')).toEqual(['~1']);
  expect(pointerOf(['~1'])).toBe('/~01');
});

test.each([
  ['no leading slash', 'foo/bar'],
  ['a URI fragment', '#/foo'],
  ['~ at the end', '/foo~'],
  ['~ before another digit', '/~2'],
  ['~ before a slash', '/~/a'],
])('refused: %s', (_reason, text) => {
  const error = failureOf(() => parsePointer(text));
  expect(error.code).toBe('ERR_OPTION_INVALID');
  expect(error.message).toContain(JSON.stringify(text));
});

test('any steps survive', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('~', '/', '0', '1', 'a', '') })), (steps) => {
      expect(parsePointer(pointerOf(steps))).toEqual(steps);
    }),
  );
});

describe('matchPointer', () => {
  test.each([
    ['the place itself', '/config/Env', '/config/Env', true],
    ['all below it', '/config/Labels', '/config/Labels/a/b', true],
    ['not above it', '/config/Env', '/config', false],
    ['not a key that starts the same', '/config/Env', '/config/Environment', false],
    ['another case is another key', '/config/env', '/config/Env', false],
    ['the root is all', '', '/anything', true],
    ['the root is itself', '', '', true],
    ['* is a step', '/history/*/created', '/history/12/created', true],
    ['* is a step of any name', '/*/created', '/~1/created', true],
    ['* is not two steps', '/*/created', '/history/0/created', false],
    ['* is not no step', '/history/*', '/history', false],
    ['* last takes what is below too', '/history/*', '/history/0/created', true],
    ['* within a step is a letter', '/a*', '/ab', false],
    ['an empty key is a step', '/', '', false],
  ])('%s', (_reason, pattern, place, matches) => {
    expect(matchPointer(parsePointer(pattern), parsePointer(place))).toBe(matches);
  });
});
