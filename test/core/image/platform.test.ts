import { describe, expect, test } from 'vitest';
import { formatPlatform, normalizePlatform, parsePlatform } from '../../../packages/core/src/image/platform.js';
import { thrown } from './support.js';

/* Rows follow containerd/platforms: database.go `normalizeArch`, `normalizeOS`, and the matches in platforms_test.go. */
describe('platforms as containerd normalises them', () => {
  test.each<[string, string, string | undefined, string, string]>([
    ['linux', 'amd64', undefined, 'linux/amd64', 'nothing to do'],
    ['Linux', 'AMD64', undefined, 'linux/amd64', 'lower case'],
    ['linux', 'x86_64', undefined, 'linux/amd64', 'an alias'],
    ['linux', 'x86-64', undefined, 'linux/amd64', 'an alias'],
    ['linux', 'amd64', 'v1', 'linux/amd64', 'the usual variant'],
    ['linux', 'amd64', 'V2', 'linux/amd64/v2', 'another variant'],
    ['linux', 'i386', 'x', 'linux/386', 'an alias that drops the variant'],
    ['linux', '386', 'sse2', 'linux/386/sse2', 'no alias'],
    ['linux', 'aarch64', undefined, 'linux/arm64', 'an alias'],
    ['linux', 'aarch64', 'v8', 'linux/arm64', 'an alias and the usual variant'],
    ['linux', 'arm64', 'v8', 'linux/arm64', 'the usual variant'],
    ['linux', 'arm64', '8', 'linux/arm64', 'the usual variant without v'],
    ['linux', 'arm64', 'v9', 'linux/arm64/v9', 'another variant'],
    ['linux', 'arm', undefined, 'linux/arm/v7', 'the variant that is meant'],
    ['linux', 'arm', '', 'linux/arm/v7', 'an empty variant'],
    ['linux', 'arm', '7', 'linux/arm/v7', 'without v'],
    ['linux', 'arm', '5', 'linux/arm/v5', 'without v'],
    ['linux', 'arm', '6', 'linux/arm/v6', 'without v'],
    ['linux', 'arm', '8', 'linux/arm/v8', 'without v'],
    ['linux', 'arm', '9', 'linux/arm/9', 'not one that containerd knows'],
    ['linux', 'armhf', 'v6', 'linux/arm/v7', 'an alias with its variant'],
    ['linux', 'armel', undefined, 'linux/arm/v6', 'an alias with its variant'],
    ['macOS', 'arm64', undefined, 'darwin/arm64', 'an alias of the operating system'],
    ['linux', 's390x', undefined, 'linux/s390x', 'as it is'],
    ['unknown', 'unknown', undefined, 'unknown/unknown', 'as BuildKit marks attestations'],
  ])('%s %s %s is %s (%s)', (os, architecture, variant, expected) => {
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    expect(formatPlatform(platform)).toBe(expected);
    const [, expectedArchitecture, expectedVariant] = expected.split('/');
    const normal = normalizePlatform(platform);
    expect(normal.architecture).toBe(expectedArchitecture);
    expect(normal.variant).toBe(expectedVariant);
    expect('variant' in normal).toBe(expectedVariant !== undefined);
  });

  test('version and features of the operating system stay, features sorted and once', () => {
    const platform = {
      os: 'Windows',
      architecture: 'amd64',
      'os.version': '10.0.17763',
      'os.features': ['b', 'a', 'b'],
    };
    expect(normalizePlatform(platform)).toEqual({
      os: 'windows',
      architecture: 'amd64',
      'os.version': '10.0.17763',
      'os.features': ['a', 'b'],
    });
  });
});

describe('platforms that a user writes', () => {
  test.each([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['Linux/x86_64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64' }],
    ['linux/arm/v6', { os: 'linux', architecture: 'arm', variant: 'v6' }],
  ])('%s', (text, expected) => {
    expect(parsePlatform(text)).toEqual(expected);
  });

  test.each([
    '',
    'linux',
    'amd64',
    '/linux/arm',
    'linux/arm/',
    'linux /arm',
    'linux/&arm',
    'linux/arm/v7/x',
    'linux//v7',
    '*/amd64',
  ])('%j is none', (text) => {
    const error = thrown(() => parsePlatform(text));
    expect(error.code).toBe('ERR_OPTION_INVALID');
    expect(error.message).toBe(
      `not a platform of the form OS/ARCH[/VARIANT], such as linux/amd64: ${JSON.stringify(text)}`,
    );
  });
});
