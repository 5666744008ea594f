import { describe, expect, test } from 'vitest';
import { joinErrors, OciDiffError, wrapError } from '../../packages/core/src/errors.js';

const missing = new OciDiffError('ERR_NOT_FOUND', 'no such file', { location: { input: 'a.tar' } });
const broken = new OciDiffError('ERR_IO', 'gone', { location: { input: 'b.tar' } });
const aborted = new OciDiffError('ERR_ABORTED', 'aborted');

describe('joinErrors', () => {
  test.each([
    ['one is told as it is', [broken], broken, []],
    ['the first leads', [missing, broken], missing, [broken]],
    ['what an abort was a consequence of is told instead', [aborted, broken], broken, []],
    ['an abort alone is told', [aborted, aborted], aborted, []],
  ])('%s', (_reason, errors, first, others) => {
    const error = joinErrors(errors);
    expect([error.code, error.message, error.location]).toEqual([first.code, first.message, first.location]);
    expect(error.others).toEqual(others);
  });

  test('the others stay when a place is added', () => {
    const error = wrapError(joinErrors([missing, broken]), 'ERR_IO', { input: 'c.tar', blob: 'blob' });
    expect(error.location).toEqual({ input: 'a.tar', blob: 'blob' });
    expect(error.others).toEqual([broken]);
  });
});

/* Found by fuzzing: messages that quote an input, or what a system said. */
test.each([
  ['no such file: a\nb\r\tc', 'no such file: a\\nb\\r\\tc'],
  ['a\0\x1b[2J\x7f', 'a\\x00\\x1b[2J\\x7f'],
  ['\x85\u2028\u2029', '\\u{85}\\u{2028}\\u{2029}'],
  ['C:\\n, é, 😀', 'C:\\n, é, 😀'],
])('%j is a message of one line without control characters', (message, expected) => {
  expect(new OciDiffError('ERR_IO', message).message).toBe(expected);
  expect(wrapError(new Error(message), 'ERR_IO').at({ input: 'a.tar' }).message).toBe(expected);
});
