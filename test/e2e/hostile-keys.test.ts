import { afterEach, describe, expect, test } from 'vitest';
import { parseArguments } from '../../packages/cli/src/arguments.js';
import * as core from '../../packages/core/src/index.js';
import {
  type Difference,
  type DiffOptions,
  type Limits,
  type Report,
  renderJson,
  renderTable,
} from '../../packages/core/src/index.js';
import { anyEntry, tarOf } from '../support/hostile-names.js';
import {
  type Built,
  buildImage,
  buildIndex,
  dockerMembers,
  type ImageSpec,
  LINUX,
  layoutMembers,
  packMembers,
} from '../support/images.js';
import { block, extended, join as joinBytes, record } from '../support/tar-build.js';
import { compare, rejection, temporaryFolder, write, writeArchive } from './support.js';

const folder = temporaryFolder();

/** Names that mean something on every JavaScript object, and names that arrays and hash tables treat apart. */
const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'toJSON',
  'then',
  'length',
  '0',
  '1',
  '00',
  '-1',
  '1e3',
  '4294967294',
  '4294967295',
  '9007199254740993',
];

/** An object that has `value` as its own member of each name, as no literal can. */
function withKeys<T>(value: T): Record<string, T> {
  return Object.fromEntries(KEYS.map((key) => [key, value]));
}

/* What a polluted prototype would show. */
const PROTOTYPES = [Object.prototype, Array.prototype, Map.prototype, String.prototype, Function.prototype] as const;
const members = (): string => JSON.stringify(PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).map(String)));
const before = members();
afterEach(() => {
  expect(members()).toBe(before);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  for (const name of ['polluted', 'value', 'x']) expect(({} as Record<string, unknown>)[name]).toBeUndefined();
});

let files = 0;
async function put(built: Built): Promise<string> {
  files += 1;
  return writeArchive(folder, `${files}.tar`, built);
}

/** Compares what `make` makes of two values; both reports are told in every form. */
async function between(make: (value: string) => ImageSpec, options: DiffOptions = {}): Promise<Report> {
  const paths = await Promise.all(['a', 'b'].map(async (value) => put(await buildImage(make(value)))));
  return told(await compare(paths[0] as string, paths[1] as string, { verbose: true, ...options }));
}

/** What is told survives its being written and read again, by names as they are. */
function told(report: Report): Report {
  const text = [...renderJson(report)].join('');
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(report)));
  expect([...renderTable(report, { color: false, verbose: true })].join('')).not.toContain('[object');
  return report;
}

function valuesOf(report: Report, subject: Difference['subject'], field: string): readonly unknown[] | undefined {
  return report.differences.find((each) => each.subject === subject && each.field === field)?.values;
}

describe('keys of documents', () => {
  test.each<[what: string, subject: 'config' | 'manifest', pointer: string, make: (members: object) => ImageSpec]>([
    ['labels', 'config', '/config/Labels/', (Labels) => ({ config: { Labels } })],
    ['members that nobody knows of the config', 'config', '/', (configFile) => ({ configFile })],
    ['members that nobody knows of its config', 'config', '/config/', (config) => ({ config })],
    ['annotations of a manifest', 'manifest', '/annotations/', (annotations) => ({ manifest: { annotations } })],
    ['members that nobody knows of a manifest', 'manifest', '/', (manifest) => ({ manifest })],
  ])('%s', async (_what, subject, pointer, make) => {
    const report = await between((value) => make(withKeys(value)));
    for (const key of KEYS) expect([key, valuesOf(report, subject, pointer + key)]).toEqual([key, ['a', 'b']]);
    expect(report.verdict).toBe('different');
  });

  test('a key that one side has alone, and nothing else', async () => {
    for (const key of KEYS) {
      const has = await put(await buildImage({ config: { Labels: Object.fromEntries([[key, 'x']]) } }));
      const lacks = await put(await buildImage({ config: { Labels: {} } }));
      const report = told(await compare(has, lacks, { mode: 'semantic' }));
      expect(report.differences).toMatchObject([
        { subject: 'config', change: 'removed', field: `/config/Labels/${key}`, values: ['x', null] },
      ]);
      expect(told(await compare(has, has)).verdict).toBe('identical');
    }
  });

  test('sets: ports and volumes', async () => {
    const image0 = await put(await buildImage({ config: { Volumes: withKeys({}), ExposedPorts: withKeys({}) } }));
    const image1 = await put(await buildImage({ config: { Volumes: {}, ExposedPorts: {} } }));
    const report = told(await compare(image0, image1, { mode: 'semantic' }));
    const fields = report.differences.map(({ field }) => field).sort();
    expect(fields).toEqual(KEYS.flatMap((key) => [`/config/ExposedPorts/${key}`, `/config/Volumes/${key}`]).sort());
  });

  test('objects that hold such keys as values', async () => {
    const nested = (value: string): object => ({ inner: withKeys({ polluted: value }) });
    const report = await between((value) => ({ configFile: { unknown: nested(value) } }));
    expect(report.verdict).toBe('different');
    expect(JSON.stringify(report.differences)).toContain('"a"');
  });
});

describe('names in layers', () => {
  test('files', async () => {
    const report = await between(
      (value) => ({
        layers: [
          {
            tar: tarOf(
              KEYS.flatMap((key) => [
                anyEntry(key, { content: value }),
                anyEntry(`d/${key}/${key}`, { content: value }),
              ]),
            ),
          },
        ],
      }),
      { mode: 'semantic' },
    );
    const found = report.differences.filter(({ subject }) => subject === 'file');
    expect(found.map(({ path }) => path).sort()).toEqual(KEYS.flatMap((key) => [key, `d/${key}/${key}`]).sort());
  });

  test('folders, whiteouts and links', async () => {
    const first = tarOf(KEYS.map((key) => anyEntry(`d/${key}`, { content: 'x' })));
    const layers = (upper: readonly Uint8Array[]): ImageSpec => ({ layers: [{ tar: first }, { tar: tarOf(upper) }] });
    const image0 = await put(await buildImage(layers(KEYS.map((key) => anyEntry(`d/.wh.${key}`)))));
    const image1 = await put(
      await buildImage(layers(KEYS.map((key) => anyEntry(`l/${key}`, { type: '1', link: `d/${key}` })))),
    );
    const report = told(await compare(image0, image1, { mode: 'semantic' }));
    const paths = report.differences.filter(({ change }) => change !== 'modified').map(({ path }) => path);
    for (const key of KEYS) expect(paths).toEqual(expect.arrayContaining([`d/${key}`, `l/${key}`]));
  });

  test('extended attributes and PAX records', async () => {
    const entry = (value: string): Uint8Array => {
      const records = KEYS.flatMap((key) => [record(`SCHILY.xattr.${key}`, value), record(key, value)]);
      return joinBytes(extended('x', records.join('')), block({ name: 'f' }));
    };
    const report = await between((value) => ({ layers: [{ tar: tarOf([entry(value)]) }] }));
    const base64 = ['a', 'b'].map((value) => Buffer.from(value).toString('base64'));
    for (const key of KEYS) {
      expect([key, valuesOf(report, 'file', `xattrs/${key}`)]).toEqual([key, base64]);
      expect([key, valuesOf(report, 'file', `pax/${key}`)]).toEqual([key, base64]);
    }
  });

  test('owners', async () => {
    const report = await between((value) => ({
      layers: [{ entries: KEYS.map((key, i) => ({ path: `${i}`, uname: value === 'a' ? key : '', gname: key })) }],
    }));
    const names = report.differences.filter(({ field }) => field === 'uname').map(({ values }) => values[0]);
    expect(names.sort()).toEqual([...KEYS].sort());
  });
});

describe('names around an image', () => {
  const safe = KEYS.filter((key) => !key.startsWith('-'));

  test('platforms of an index', async () => {
    const path = async (content: string): Promise<string> => {
      const children = safe.map(async (os) => {
        const platform = { os, architecture: 'constructor', variant: '__proto__' };
        return { built: await buildImage({ platform, layers: [{ entries: [{ path: 'f', content }] }] }), platform };
      });
      return put(buildIndex(await Promise.all(children), { annotations: withKeys(content) }));
    };
    const report = told(await compare(await path('a'), await path('b'), { allPlatforms: true }));
    const found = report.differences.filter(({ subject }) => subject === 'file').map(({ platform }) => platform);
    /* In lower case, as containerd's platforms.Normalize has it. */
    expect(found.sort()).toEqual(safe.map((os) => `${os.toLowerCase()}/constructor/__proto__`).sort());
    for (const key of KEYS) expect([key, valuesOf(report, 'index', `/annotations/${key}`)]).toEqual([key, ['a', 'b']]);
  });

  test('tags that choose an image', async () => {
    const built = await Promise.all(safe.map(async (key) => buildImage({ config: { Labels: { key } } })));
    const blobs = new Map(built.flatMap(({ blobs }) => [...blobs]));
    const manifests = built.map(({ descriptor }, i) => ({
      ...descriptor,
      annotations: { 'org.opencontainers.image.ref.name': safe[i] },
    }));
    const first = built[0] as Built;
    const archive = layoutMembers({ ...first, blobs }).map((member) =>
      member.name === 'index.json'
        ? { ...member, content: Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })) }
        : member,
    );
    const path = write(folder, 'tags.tar', await packMembers(archive));
    for (const [i, key] of safe.entries()) {
      const report = await compare(`oci-archive:${path}:${key}`, `oci-archive:${path}:${key}`);
      expect([key, report.inputs[0].digest]).toEqual([key, built[i]?.descriptor.digest]);
    }
    for (const key of ['isPrototypeOf', '__lookupGetter__', '2', '@99']) {
      expect((await rejection(`oci-archive:${path}:${key}`, path)).code).toMatch(/^ERR_(NOT_FOUND|AMBIGUOUS)$/);
    }
  });

  test('members of an archive', async () => {
    const image = await buildImage({ platform: LINUX, layers: [{ entries: [{ path: 'f', content: 'x' }] }] });
    const more = KEYS.map((name) => ({ name, content: Buffer.from(name) }));
    const archive = write(
      folder,
      'members.tar',
      await packMembers([...more, ...dockerMembers(image, ['__proto__:constructor'])]),
    );
    const other = write(folder, 'others.tar', await packMembers(dockerMembers(image, ['toString:1'])));
    expect(told(await compare(archive, other, { mode: 'semantic' })).verdict).toBe('equivalent');
  });
});

describe('options', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is none of them', async (name) => {
    const limits = Object.fromEntries([[name, 1]]) as Partial<Limits>;
    expect((await rejection('./a', './b', { limits })).code).toBe('ERR_OPTION_INVALID');
    const noIgnore = [name] as unknown as NonNullable<DiffOptions['noIgnore']>;
    expect((await rejection('./a', './b', { noIgnore })).code).toBe('ERR_OPTION_INVALID');
    for (const option of [`--${name}`, `--ignore-${name}`, `--no-ignore-${name}`, `--max-${name}`]) {
      expect(() => parseArguments([option, 'a', 'b'], core)).toThrow(/unknown option/);
    }
  });
});
