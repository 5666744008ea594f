import { describe, expect, test } from 'vitest';
import type { RuleName } from '../../../packages/core/src/options.js';
import { brief, configFindings, excusedBy } from './support.js';

/** Two configs that differ in one field, at JSON Pointer `field`, and which single rules take it out. */
function only(config0: unknown, config1: unknown): { field: string; rules: string[] } {
  const [finding, ...more] = configFindings(config0, config1);
  expect(more).toEqual([]);
  return { field: finding?.field ?? '', rules: finding === undefined ? [] : excusedBy(finding) };
}

const config = (fields: object): object => ({ os: 'linux', config: fields });

describe('a rule takes out what it names', () => {
  test.each<readonly [what: string, config0: unknown, config1: unknown, field: string, rules: readonly RuleName[]]>([
    ['created', { created: 'a' }, { created: 'b' }, '/created', ['image-timestamps']],
    ['created, on one side', {}, { created: 'b' }, '/created', ['image-timestamps']],
    [
      'the time of a step of history',
      { history: [{ created: 'a', created_by: 'x' }] },
      { history: [{ created: 'b', created_by: 'x' }] },
      '/history/0/created',
      ['history', 'image-timestamps'],
    ],
    [
      'the command of a step of history',
      { history: [{ created_by: 'x' }] },
      { history: [{ created_by: 'y' }] },
      '/history/0/created_by',
      ['history'],
    ],
    ['a step more', { history: [{ comment: 'x' }] }, { history: [{ comment: 'x' }, {}] }, '/history/1', ['history']],
    ['no history', { history: [{ comment: 'x' }] }, {}, '/history', ['history']],
    ['id', { id: 'a' }, { id: 'b' }, '/id', ['legacy-fields']],
    ['parent', { parent: 'a' }, { parent: 'b' }, '/parent', ['legacy-fields']],
    ['container', { container: 'a' }, { container: 'b' }, '/container', ['legacy-fields']],
    ['docker_version', { docker_version: 'a' }, { docker_version: 'b' }, '/docker_version', ['legacy-fields']],
    [
      'anything of container_config',
      { container_config: { Cmd: ['a'] } },
      { container_config: { Cmd: ['b'] } },
      '/container_config/Cmd',
      ['legacy-fields'],
    ],
    ...['Hostname', 'Domainname', 'Image'].map(
      (name) => [name, config({ [name]: 'a' }), config({ [name]: 'b' }), `/config/${name}`, ['legacy-fields']] as const,
    ),
    ...['AttachStdin', 'AttachStdout', 'AttachStderr', 'Tty', 'OpenStdin', 'StdinOnce'].map(
      (name) =>
        [name, config({ [name]: true }), config({ [name]: false }), `/config/${name}`, ['legacy-fields']] as const,
    ),
    ['ArgsEscaped on linux', config({ ArgsEscaped: true }), config({}), '/config/ArgsEscaped', ['legacy-fields']],
    [
      'moby.buildkit.*',
      { 'moby.buildkit.buildinfo.v1': 'a' },
      { 'moby.buildkit.buildinfo.v1': 'b' },
      '/moby.buildkit.buildinfo.v1',
      ['legacy-fields'],
    ],
    ['absent and empty text', config({}), config({ User: '' }), '/config/User', ['empty-fields']],
    ['absent and zero', config({}), config({ StopTimeout: 0 }), '/config/StopTimeout', ['empty-fields']],
    ['null and an empty list', config({ Cmd: null }), config({ Cmd: [] }), '/config/Cmd', ['empty-fields']],
    ['an empty map and none', config({ Volumes: {} }), config({}), '/config/Volumes', ['empty-fields']],
    ['false and absent', config({ NetworkDisabled: false }), config({}), '/config/NetworkDisabled', ['empty-fields']],
    [
      '0.0 is zero too',
      config({ StopTimeout: 0 }),
      config({ StopTimeout: '' }),
      '/config/StopTimeout',
      ['empty-fields'],
    ],
    ['a whole config that is empty', { config: {} }, {}, '/config', ['empty-fields']],
    ['variant', { variant: '' }, {}, '/variant', ['empty-fields']],
    ['os.features', { 'os.features': [] }, {}, '/os.features', ['empty-fields']],
    ['empty and legacy', config({ Hostname: '' }), config({}), '/config/Hostname', ['empty-fields', 'legacy-fields']],
    [
      'a health check of an empty test',
      config({ Healthcheck: { Test: [] } }),
      config({}),
      '/config/Healthcheck/Test',
      ['empty-fields'],
    ],
    [
      'empty_layer: false',
      { history: [{ empty_layer: false }] },
      { history: [{}] },
      '/history/0/empty_layer',
      ['empty-fields', 'history'],
    ],
  ])('%s', (_what, config0, config1, field, rules) => {
    expect(only(config0, config1)).toEqual({ field, rules });
    expect(only(config1, config0)).toEqual({ field, rules });
  });
});

describe('and nothing that is only like it', () => {
  test.each<readonly [what: string, config0: unknown, config1: unknown, field: string]>([
    ['created elsewhere', config({ created: 'a' }), config({ created: 'b' }), '/config/created'],
    [
      'a label named created',
      config({ Labels: { created: 'a' } }),
      config({ Labels: { created: 'b' } }),
      '/config/Labels/created',
    ],
    [
      'a label of the annotation for the time',
      config({ Labels: { 'org.opencontainers.image.created': 'a' } }),
      config({ Labels: { 'org.opencontainers.image.created': 'b' } }),
      '/config/Labels/org.opencontainers.image.created',
    ],
    [
      'a label of the annotation for the name',
      config({ Labels: { 'org.opencontainers.image.ref.name': 'a' } }),
      config({ Labels: {} }),
      '/config/Labels/org.opencontainers.image.ref.name',
    ],
    [
      'annotations of a config, where there are none',
      { annotations: { a: 'a' } },
      { annotations: { a: 'b' } },
      '/annotations/a',
    ],
    ['Created in upper case', { Created: 'a' }, { Created: 'b' }, '/Created'],
    ['a key that begins as history', { history2: ['a'] }, { history2: ['b'] }, '/history2'],
    ['history of the container config', config({ history: ['a'] }), config({ history: ['b'] }), '/config/history'],
    ['author', { author: 'a' }, { author: 'b' }, '/author'],
    ['comment', { comment: 'a' }, { comment: 'b' }, '/comment'],
    ['Hostname at the top', { Hostname: 'a' }, { Hostname: 'b' }, '/Hostname'],
    ['hostname in lower case', config({ hostname: 'a' }), config({ hostname: 'b' }), '/config/hostname'],
    ['id of the container config', config({ id: 'a' }), config({ id: 'b' }), '/config/id'],
    ['moby.buildkit without the dot', { 'moby.buildkit': 'a' }, { 'moby.buildkit': 'b' }, '/moby.buildkit'],
    [
      'moby.buildkit.* below config',
      config({ 'moby.buildkit.x': 'a' }),
      config({ 'moby.buildkit.x': 'b' }),
      '/config/moby.buildkit.x',
    ],
    ['architecture', { architecture: 'arm64' }, { architecture: 'amd64' }, '/architecture'],
    ['variant', { variant: 'v8' }, {}, '/variant'],
    ['a volume', config({ Volumes: { '/data': {} } }), config({ Volumes: {} }), '/config/Volumes/~1data'],
    ['a volume, and no map', config({ Volumes: { '/data': {} } }), config({}), '/config/Volumes/~1data'],
    ['a volume, and null', config({ Volumes: { '/data': {} } }), config({ Volumes: null }), '/config/Volumes/~1data'],
    [
      'a volume as null',
      config({ Volumes: { '/data': {} } }),
      config({ Volumes: { '/data': null } }),
      '/config/Volumes/~1data',
    ],
    ['a port', config({ ExposedPorts: { '80/tcp': {} } }), config({}), '/config/ExposedPorts/80~1tcp'],
    ['an empty label', config({ Labels: { a: '' } }), config({ Labels: {} }), '/config/Labels/a'],
    ['an empty label, and no map', config({ Labels: { a: '' } }), config({}), '/config/Labels/a'],
    ['an empty element', config({ Cmd: ['echo', ''] }), config({ Cmd: ['echo'] }), '/config/Cmd'],
    ['a list of one empty element', config({ Cmd: [''] }), config({ Cmd: [] }), '/config/Cmd'],
    ['a list of null', config({ Env: [null] }), config({}), '/config/Env'],
    ['empty against full', config({ Cmd: [] }), config({ Cmd: ['a'] }), '/config/Cmd'],
    ['zero against one', config({ StopTimeout: 0 }), config({ StopTimeout: 1 }), '/config/StopTimeout'],
    ['true against absent', config({ NetworkDisabled: true }), config({}), '/config/NetworkDisabled'],
    ['a small number is not zero', config({ StopTimeout: 1e-9 }), config({ StopTimeout: 0 }), '/config/StopTimeout'],
    ['text that says 0', config({ User: '0' }), config({ User: '' }), '/config/User'],
    ['an empty field that nobody names', { newField: '' }, {}, '/newField'],
    ['the same below config', config({ NewField: [] }), config({}), '/config/NewField'],
    [
      'below a health check',
      config({ Healthcheck: { Test: ['a'], New: 0 } }),
      config({ Healthcheck: { Test: ['a'] } }),
      '/config/Healthcheck/New',
    ],
    ['an empty member of an unknown object', { x: { a: 0 } }, { x: {} }, '/x/a'],
    ['a named field in an unknown object', { x: { created: '' } }, { x: {} }, '/x/created'],
    [
      'ArgsEscaped on windows',
      { os: 'windows', config: { ArgsEscaped: true } },
      { os: 'windows', config: { ArgsEscaped: false } },
      '/config/ArgsEscaped',
    ],
  ])('%s', (_what, config0, config1, field) => {
    expect(only(config0, config1)).toEqual({ field, rules: [] });
    expect(only(config1, config0)).toEqual({ field, rules: [] });
  });
});

test('0 written otherwise is empty, and a number below the smallest double is not', () => {
  const pair = (text: string): { field: string; rules: string[] } =>
    only(`{"config":{"StopTimeout":${text}}}`, '{"config":{}}');
  for (const zero of ['0', '-0', '0.00', '0e7', '0E+3']) expect(pair(zero).rules).toEqual(['empty-fields']);
  for (const small of ['1e-400', '0.1e-999', '-1e-400']) expect(pair(small).rules).toEqual([]);
});

test('ArgsEscaped counts where either side is windows', () => {
  const findings = configFindings(
    { os: 'windows', config: { ArgsEscaped: true } },
    { os: 'linux', config: { ArgsEscaped: 1 } },
  );
  expect(findings.map((finding) => [finding.field, excusedBy(finding)])).toEqual([
    ['/os', []],
    ['/config/ArgsEscaped', []],
  ]);
});

test('all zero values spelt out, as Docker does, are empty fields one by one', () => {
  const spelt = {
    Hostname: '',
    User: '',
    AttachStdin: false,
    ExposedPorts: null,
    Tty: false,
    Env: ['A=1'],
    Cmd: null,
    Volumes: null,
    WorkingDir: '',
    Entrypoint: null,
    OnBuild: [],
    Labels: {},
  };
  const findings = configFindings({ config: spelt }, { config: { Env: ['A=1'] } });
  expect(findings.map(({ field }) => field).sort()).toEqual(
    Object.keys(spelt)
      .filter((name) => name !== 'Env')
      .map((name) => `/config/${name}`)
      .sort(),
  );
  expect(findings.every((finding) => excusedBy(finding).includes('empty-fields'))).toBe(true);
});

test('a config that only one side has is told field by field, so that each has its rule', () => {
  const findings = configFindings({ config: { Hostname: 'h', Cmd: ['a'], Labels: { x: 'y' }, User: '' } }, {});
  expect(brief(findings)).toEqual([
    ['/config/Hostname', 'h', null],
    ['/config/Cmd', ['a'], null],
    ['/config/Labels/x', 'y', null],
    ['/config/User', '', null],
  ]);
  expect(findings.map(excusedBy)).toEqual([['legacy-fields'], [], [], ['empty-fields']]);
  expect(findings.every(({ change }) => change === 'removed')).toBe(true);
});

describe('diffIDs', () => {
  const ids = (...digits: string[]): object => ({ rootfs: { type: 'layers', diff_ids: digits } });

  test('follow from the layers that changed', () => {
    const [finding] = configFindings(ids('a', 'b'), ids('a', 'c'), [[1, 1]]);
    expect(finding).toMatchObject({
      field: '/rootfs/diff_ids',
      values: [
        ['a', 'b'],
        ['a', 'c'],
      ],
      follows: { what: 'layers', pairs: [[1, 1]] },
      excuses: [],
    });
  });

  test('other fields of rootfs follow from nothing', () => {
    const [finding] = configFindings({ rootfs: { type: 'layers' } }, { rootfs: { type: 'other' } });
    expect(finding?.follows).toBeUndefined();
  });
});
