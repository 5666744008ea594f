import { describe, expect, test } from 'vitest';
import { parseChallenges } from '../../../../packages/core/src/sources/registry/challenge.js';
import { parseRetryAfter } from '../../../../packages/core/src/sources/registry/retry.js';

/* Source: RFC 9110, section 11.6.1, its example too; headers as Docker Hub, GHCR and ECR send them. */
describe('WWW-Authenticate', () => {
  test.each<[string, [string, Record<string, string>][]]>([
    ['Basic realm="Registry"', [['basic', { realm: 'Registry' }]]],
    ['Basic', [['basic', {}]]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/debian:pull"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:library/debian:pull',
          },
        ],
      ],
    ],
    [
      'BEARER Realm = "https://x/token" , SERVICE=x ,scope="a:b:pull,push c:d:pull"',
      [['bearer', { realm: 'https://x/token', service: 'x', scope: 'a:b:pull,push c:d:pull' }]],
    ],
    [
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        ['basic', { realm: 'simple' }],
        ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ],
    ],
    [
      'Negotiate, Bearer realm="https://x", Basic realm="y"',
      [
        ['negotiate', {}],
        ['bearer', { realm: 'https://x' }],
        ['basic', { realm: 'y' }],
      ],
    ],
    ['Bearer realm="a",realm="b"', [['bearer', { realm: 'a' }]]],
    ['Bearer __proto__="a"', [['bearer', { ['__proto__']: 'a' }]]],
    ['', []],
    ['"', []],
    ['Bearer realm="unterminated', [['bearer', {}]]],
  ])('%s', (header, expected) => {
    const challenges = parseChallenges(header);
    expect(challenges.map(({ scheme, parameters }) => [scheme, [...parameters]])).toEqual(
      expected.map(([scheme, parameters]) => [scheme, Object.entries(parameters)]),
    );
  });

  test.each([
    `Basic${' '.repeat(8000)}"`,
    'a'.repeat(1_000_000),
    'a='.repeat(500_000),
    ',"'.repeat(500_000),
    'Bearer a="\\'.repeat(100_000),
  ])('a hostile header ends soon', (header) => {
    const before = process.cpuUsage();
    parseChallenges(header);
    expect(process.cpuUsage(before).user).toBeLessThan(200_000);
  });
});

/* Source: RFC 9110, section 10.2.3. */
describe('Retry-After', () => {
  const now = Date.parse('Fri, 31 Dec 1999 23:59:00 GMT');

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Fri, 31 Dec 1999 23:59:59 GMT', 59_000],
    ['Fri, 31 Dec 1999 23:00:00 GMT', 0],
    ['soon', null],
    ['-1', null],
    [null, null],
  ])('%s', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
