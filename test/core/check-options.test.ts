import { describe, expect, test } from 'vitest';
import { diffImages } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';

type Call = Parameters<typeof diffImages>;

const image = fixture('arm64.oci.tar');

describe('wrong options are refused by name, whatever the caller passes', () => {
  test.each([
    ['a mode that is none', [image, image, { mode: 'foo' }], 'the option mode is'],
    ['a mode without rules', [image, image, { mode: {} }], 'the option mode is'],
    ['a rule that is none', [image, image, { mode: { ignore: ['foo'] } }], 'unknown rule "foo"'],
    ['a signal that is none', [image, image, { signal: {} }], 'the option signal is an AbortSignal'],
    ['no options but null', [image, image, null], 'the options are an object'],
    ['a pattern that is no list', [image, image, { ignorePaths: 'x' }], 'the option ignorePaths is a list'],
    ['a platform that is no list', [image, image, { platforms: 'linux/amd64' }], 'the option platforms is a list'],
    ['a misspelt option', [image, image, { ignorePath: ['x'] }], 'there is no option "ignorePath"'],
    ['an environment that is a list', [image, image, { env: ['A=1'] }], 'the option env is an object of texts'],
    ['an environment of numbers', [image, image, { env: { A: 1 } }], 'the option env is an object of texts'],
    ['a cache without a folder', [image, image, { cache: {} }], 'the option cache is true, false or'],
    ['a cache with more', [image, image, { cache: { dir: 'x', maxBytes: 1 } }], 'the option cache is true, false or'],
    ['a cache of no name', [image, image, { cache: { dir: '' } }], 'the option cache is true, false or'],
    ['no jobs', [image, image, { jobs: 0 }], 'the option jobs is a whole number from 1 to 64'],
    ['too many', [image, image, { jobs: 65 }], 'the option jobs is a whole number from 1 to 64'],
    ['a limit that is none', [image, image, { limits: { foo: 1 } }], 'there is no limit foo'],
    [
      'a limit of nothing',
      [image, image, { limits: { layers: 0 } }],
      'the limit layers is not a positive whole number',
    ],
    ['a limit that cannot be a text', [image, image, { limits: { layers: Object.create(null) } }], 'the limit layers'],
    ['a limit that is a symbol', [image, image, { limits: { layers: Symbol.iterator } }], 'the limit layers'],
    ['no images', [], 'an image is a text'],
    ['a number for an image', [image, 5], 'an image is a text'],
    ['both images from standard input', ['-', '-'], 'only one of the two images'],
    ['some platforms and all of them', [image, image, { platforms: ['linux/arm64'], allPlatforms: true }], 'not both'],
  ])('%s', async (_, call, message) => {
    await expect(diffImages(...(call as unknown as Call))).rejects.toMatchObject({
      name: 'OciDiffError',
      code: 'ERR_OPTION_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
