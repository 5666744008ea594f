import { chmodSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../packages/cli/src/run.js';
import * as core from '../../packages/core/src/index.js';
import { type DiffOptions, type Report, renderJson, renderTable } from '../../packages/core/src/index.js';
import { pong, startFake } from '../core/sources/engine/fake-engine.js';
import { startRegistry, untilEnd } from '../core/sources/registry/support.js';
import { TestServer } from '../support/fake-registry.js';
import { anyEntry, CONTROLS, tarOf, utf8 } from '../support/hostile-names.js';
import {
  type Built,
  buildImage,
  buildIndex,
  dockerMembers,
  type ImageSpec,
  layoutMembers,
  type Member,
  packMembers,
  sha256,
  writeMembers,
} from '../support/images.js';
import { expectReadme, expectShowable, expectShowableJson } from '../support/shown.js';
import { compare, temporaryFolder, write, writeArchive } from './support.js';

const folder = temporaryFolder();

/** What Markdown or HTML would make something of. */
const MARKUP: readonly string[] = [
  '[click](https://example.org)',
  '![pixel](https://example.org/x.png)',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '</pre></code><h1>forged</h1>',
  '<!-- a comment',
  'https://example.org/',
  'www.example.org',
  'who@example.org',
  '# a heading',
  '```',
  '~~~',
  '`code` and **strong**',
  '> a quote',
  '| a | b |\n|---|---|\n| c | d |',
  '---',
  '\n\nnot indented',
  '\n===',
  '[x]: https://example.org',
  '&lt;b&gt; &#x1b;',
  '- [ ] a task',
  '1. first',
  '$(id) `id` ; rm -rf /',
];

/** What CI systems take for a command where a build prints it. */
const COMMANDS: readonly string[] = [
  '::error file=a,line=1::forged',
  '::stop-commands::x',
  '  ::set-env name=PATH::/tmp',
  '##[error]forged',
  '##[group]forged',
  '##vso[task.setvariable variable=PATH]/tmp',
  'a ##vso[task.complete result=Succeeded;]done',
  "###teamcity[buildStatus status='SUCCESS']",
];

const TEXTS: readonly string[] = [...CONTROLS.map(([, text]) => text), ...MARKUP, ...COMMANDS];
/* JSON that Node writes holds no lone surrogate as it is, but a document may name one by an escape. */
const JSON_TEXTS: readonly string[] = [...TEXTS, '\ud800', 'a\udc00b', '\udc00\ud800'];

/** Every text as a value and as a key. */
function members(side: string): Record<string, string> {
  return Object.fromEntries(
    JSON_TEXTS.flatMap((text, i) => [
      [`${i}`, `${side}${text}`],
      [`${text} ${i}`, side],
    ]),
  );
}

function spec(side: string): ImageSpec {
  const all = JSON_TEXTS.map((text) => `${text}${side}`);
  return {
    config: {
      User: all[0],
      Env: all.map((text, i) => `V${i}=${text}`),
      Cmd: all,
      Entrypoint: all.slice(0, 3),
      WorkingDir: all[7],
      Labels: members(side),
      Volumes: Object.fromEntries(all.map((text) => [text, {}])),
      ExposedPorts: Object.fromEntries(all.map((text) => [text, {}])),
      StopSignal: all[5],
      Healthcheck: { Test: all },
    },
    configFile: {
      author: all[5],
      created: all[6],
      'os.version': all[7],
      'os.features': all,
      variant: all[9],
      history: [
        { created_by: all.join(' '), comment: all[8], author: all[9], created: all[10] },
        ...all.map((text) => ({ created_by: text, empty_layer: true })),
      ],
      ...Object.fromEntries(all.map((text) => [text, side])),
    },
    manifest: { annotations: members(side), ...Object.fromEntries(all.map((text) => [text, side])) },
    layers: [
      {
        tar: tarOf(TEXTS.filter((text) => !text.includes('\0')).map((text) => anyEntry(utf8(text), { content: side }))),
        annotations: members(side),
      },
      {
        tar: tarOf(
          TEXTS.filter((text) => !text.includes('\0')).flatMap((text, i) => [
            anyEntry(`link-${i}`, { type: '2', link: utf8(`${side}${text}`) }),
          ]),
        ),
      },
      {
        entries: TEXTS.filter((text) => !/[\0=]/.test(text)).map((text, i) => ({
          path: `with-records-${i}`,
          uname: `${side}${text}`.slice(0, 8),
          pax: { [`SCHILY.xattr.user.${text}`]: side, [`VENDOR.${text}`]: `${side}${text}` },
        })),
      },
    ],
  };
}

let pairs = 0;
async function pair(make: (side: string) => ImageSpec): Promise<[string, string]> {
  const number = pairs++;
  const names = await Promise.all(
    ['0', '1'].map(async (side) => writeArchive(folder, `pair-${number}-${side}.tar`, await buildImage(make(side)))),
  );
  return names as [string, string];
}
const [image0, image1] = await pair(spec);

function table(report: Report, verbose: boolean): string {
  return [...renderTable(report, { color: false, verbose })].join('');
}
const json = (report: Report): string => [...renderJson(report)].join('');

/* What may begin a line: a name of an image can begin none. */
const BEGINNINGS =
  /^($|INPUT-[01] {2}\/| {2}|TYPE {2}|Index|Manifest|Config|Layer|File|LAYER {2}|layers-\d|differing|index|manifest|config|layers|diff IDs|contents|filesystem|runtime|all levels|~ differs|[\d,]+ (difference|ignored|shadowed|digest)|identical|equivalent|different|incomplete|First differing|The base differs|Shadowed|Ignored|Layers, with|all platforms|linux\/amd64)/;

describe('an image full of it', () => {
  test.each<[string, DiffOptions]>([
    ['strict', {}],
    ['semantic', { mode: 'semantic' }],
  ])('%s: table, README and JSON hold nothing of it as it is', async (mode, options) => {
    const dir = join(folder, `report-${mode}`);
    const report = await compare(image0, image1, { ...options, verbose: true, reportDir: dir });
    expect(report.failures).toEqual([]);
    expect(report.verdict).toBe('different');
    for (const verbose of [false, true]) {
      const text = table(report, verbose);
      expectShowable(text);
      for (const line of text.split('\n')) expect(line).toMatch(BEGINNINGS);
    }
    expectShowableJson(json(report));
    expect(JSON.parse(json(report))).toEqual(JSON.parse(JSON.stringify(report)));
    expectReadme(readFileSync(join(dir, 'README.md'), 'utf8'));
    expectShowableJson(readFileSync(join(dir, 'report.json'), 'utf8'));
  });
});

test.each(COMMANDS)('a log of a CI system: %s', async (text) => {
  const platforms = [
    { os: text, architecture: 'amd64' },
    { os: 'linux', architecture: text },
  ];
  const paths = await Promise.all(
    ['0', '1'].map(async (side) => {
      const children = platforms.map(async (platform) => {
        const image: ImageSpec = {
          platform,
          config: { Labels: { [text]: `${side}${text}` }, Env: [text, side] },
          configFile: { history: [{ created_by: text, comment: text }] },
          layers: [{ tar: tarOf([anyEntry(utf8(text), { content: side })]) }],
        };
        return { built: await buildImage(image), platform };
      });
      return writeArchive(folder, `ci-${side}.tar`, buildIndex(await Promise.all(children)));
    }),
  );
  const [first = '', second = ''] = paths;
  for (const more of [[], ['--verbose'], ['--format', 'json'], ['--format', 'json', '--verbose']]) {
    const { status } = await command(['--all-platforms', ...more, first, second]);
    expect(status).toBe(1);
  }
  /* A single image has its history below its head. */
  const single = await pair((side) => ({
    configFile: { history: [{ created_by: text }] },
    layers: [{ tar: tarOf([anyEntry('f', { content: side })]) }],
  }));
  const { stdout } = await command(single);
  expect(stdout).toMatch(/^ {2}\S/m);
  await command([`./${text}`, first]);
});

describe('names that look alike', () => {
  const TWINS: readonly (readonly [what: string, names: readonly string[]])[] = [
    ['composed or not', ['caf\u00e9', 'cafe\u0301']],
    ['Hangul', ['\uac00', '\u1100\u1161']],
    ['singletons', ['\u2126', '\u03a9', '\u212b', '\u00c5']],
    ['marks in another order', ['q\u0307\u0323', 'q\u0323\u0307']],
    ['right to left', ['x/\u05d0/1', 'x/1/\u05d0']],
    ['nothing between', ['ab', 'a\u200bb', 'a\u00adb', 'a\u2060b', 'a\u034fb']],
    ['spaces', ['a b', 'a\u00a0b', 'a\u2003b', 'a\u3000b', 'a\u2800b', 'a\u3164b']],
    ['a name in escapes', ['\u001b', '\\x1b', '\\\\x1b', '\\u{1b}']],
    ['private use', ['\ue000', '\ue001', '\u{f0000}']],
    ['tags', ['flag', 'flag\u{e0067}']],
  ];

  test.each(TWINS)('%s: no two rows are the same', async (_what, names) => {
    const make = (content: string): ImageSpec => ({
      config: { Labels: Object.fromEntries(names.map((name) => [name, content])) },
      layers: [{ tar: tarOf(names.map((name) => anyEntry(utf8(name), { content }))) }],
    });
    const report = await compare(...(await pair(make)));
    const rows = table(report, false)
      .split('\n')
      .filter((line) => /^(File|Config) {2}/.test(line));
    const shown = rows.map((row) => row.split(/ {2,}/)[1]?.normalize('NFC'));
    const labels = shown.filter((name) => name?.startsWith('/config/Labels/'));
    const files = shown.filter((name) => name?.startsWith('layers-0/'));
    expect([new Set(labels).size, new Set(files).size]).toEqual([names.length, names.length]);
  });

  test('values on both sides of a row', async () => {
    const pairs = [
      ['\u05d0', '\u05d1'],
      ['caf\u00e9', 'cafe\u0301'],
      ['a\u0338', 'a\u0338\u0338'],
    ];
    const make = (side: string): ImageSpec => ({
      config: { Labels: Object.fromEntries(pairs.map((pair, i) => [`l${i}`, pair[Number(side)]])) },
    });
    const text = table(await compare(...(await pair(make))), false);
    expectShowable(text);
    expect(text).toMatch(/"\\u05d0" +"\\u05d1"/);
  });
});

interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The library, but what it asks registries is soon tried again. */
const impatient: typeof core.diffImages = (first, second, options) =>
  core.diffImages(first, second, { ...options, registry: { ...options?.registry, timeout: 1500, retryDelay: 1 } });

/** Runs the command in this process, with the real library; what it prints holds nothing that must not be shown. */
async function command(argv: readonly string[], env: Record<string, string> = {}): Promise<Printed> {
  const printed = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    isTerminal: false,
    columns: undefined,
    write: async (text: string) => {
      printed[name] += text;
    },
  });
  const status = await run(
    argv,
    {
      stdout: output('stdout'),
      stderr: output('stderr'),
      stdin: () => {
        throw new Error('nothing is read from it');
      },
      env,
      signal: new AbortController().signal,
      pager: async () => null,
      now: () => performance.now(),
      version: '0.1.0',
    },
    { ...core, diffImages: impatient },
  );
  expectShowable(printed.stderr);
  for (const line of printed.stderr.split('\n')) expect(line).toMatch(/^(|(note|error): .+)$/);
  if (argv.includes('json')) expectShowableJson(printed.stdout === '' ? '{}' : printed.stdout);
  else expectShowable(printed.stdout);
  if (status === 2) {
    expect(printed.stdout).toBe('');
    expect(printed.stderr).not.toBe('');
  }
  return { status, ...printed };
}

const WITHOUT_NUL = TEXTS.filter((text) => !text.includes('\0'));
const ALL = WITHOUT_NUL.join(' ');
/** As a name of one file: no slash, short enough. */
const FILE_NAMES = WITHOUT_NUL.map((text) => text.replaceAll('/', '_')).filter((text) => Buffer.byteLength(text) < 200);

describe('what the user typed', () => {
  test.each<[what: string, argv: (text: string) => string[]]>([
    ['a file that is not there', (text) => [`./${text}`, image0]],
    ['a REF', (text) => [`oci-archive:${image0}:${text}`, image1]],
    ['a name for a registry', (text) => [text, image0]],
    ['a name for an engine', (text) => [`docker://${text}`, image0]],
    ['an option', (text) => [`--${text}`, image0, image1]],
    ['a platform', (text) => ['--platform', text, image0, image1]],
    ['a pointer', (text) => ['--ignore-field', text, image0, image1]],
    ['a pattern', (text) => ['--ignore-path', text, image0, image1]],
    ['a limit', (text) => ['--max-layers', text, image0, image1]],
    ['a format', (text) => ['--format', text, image0, image1]],
    ['a file to write', (text) => ['--output', join(folder, 'none', text), image0, image1]],
    ['a report folder', (text) => ['--report-dir', join(image0, text), image0, image1]],
    ['a file of authorities', (text) => ['--ca-file', text, image0, image1]],
    ['too many images', (text) => [image0, image1, text]],
  ])('%s', async (_what, argv) => {
    const env = { DOCKER_HOST: `unix://${join(folder, 'no.sock')}`, HTTPS_PROXY: 'http://127.0.0.1:1' };
    for (const text of [ALL, 'nul\0byte', 'a\nerror: forged', '\u001b[2J', '\u009b31m', '\u202e']) {
      await command(argv(text), env);
    }
  });
});

/** An archive with any members. */
async function archive(name: string, list: readonly Member[]): Promise<string> {
  return write(folder, name, await packMembers(list));
}

const layoutWith = (built: Built, index: object): Member[] =>
  layoutMembers(built).map((member) =>
    member.name === 'index.json' ? { ...member, content: Buffer.from(JSON.stringify(index)) } : member,
  );

describe('what an input says, in errors and notes', async () => {
  const plain = await buildImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] });
  const good = await writeArchive(folder, 'good.tar', plain);
  const { descriptor } = plain;
  const bad = async (name: string, image: ImageSpec): Promise<string> =>
    writeArchive(folder, name, await buildImage(image));

  test.each<[what: string, make: (text: string) => Promise<string>]>([
    [
      'tags of several images',
      async (text) => {
        const named = (name: string): object => ({
          ...descriptor,
          annotations: { 'org.opencontainers.image.ref.name': name },
        });
        return archive(
          'tags.tar',
          layoutWith(plain, { schemaVersion: 2, manifests: [named(text), named(`${text}2`)] }),
        );
      },
    ],
    [
      'RepoTags of several images',
      async (text) => {
        const [config, layer, manifest] = dockerMembers(plain) as [Member, Member, Member];
        const one = { Config: config.name, RepoTags: [text], Layers: [layer.name] };
        const content = Buffer.from(JSON.stringify([one, { ...one, RepoTags: [`${text}2`] }]));
        return archive('repo-tags.tar', [config, layer, { ...manifest, content }]);
      },
    ],
    [
      'names of members in manifest.json',
      async (text) => {
        const [config, layer, manifest] = dockerMembers(plain) as [Member, Member, Member];
        const content = Buffer.from(JSON.stringify([{ Config: text, RepoTags: null, Layers: [text] }]));
        return archive('members.tar', [config, layer, { ...manifest, content }]);
      },
    ],
    [
      'a digest',
      async (text) =>
        archive('digest.tar', layoutWith(plain, { schemaVersion: 2, manifests: [{ ...descriptor, digest: text }] })),
    ],
    [
      'a media type of a manifest',
      async (text) =>
        archive('type.tar', layoutWith(plain, { schemaVersion: 2, manifests: [{ ...descriptor, mediaType: text }] })),
    ],
    ['a media type of a layer', async (text) => bad('layer-type.tar', { layers: [{ entries: [], mediaType: text }] })],
    ['a media type inside a manifest', async (text) => bad('own-type.tar', { manifest: { mediaType: text } })],
    [
      'a media type of a config',
      async (text) => {
        const { config } = await buildImage();
        const known = { digest: sha256(config), size: config.length };
        return bad('config-type.tar', { manifest: { config: { ...known, mediaType: text } } });
      },
    ],
    ['a diffID', async (text) => bad('diff-id.tar', { layers: [{ entries: [], diffId: text }] })],
    ['an os', async (text) => bad('os.tar', { platform: { os: text, architecture: text } })],
    [
      'platforms of an index, none in common',
      async (text) => {
        const platform = { os: text, architecture: `${text}x`, variant: text };
        return writeArchive(folder, 'platforms.tar', buildIndex([{ built: plain, platform }]));
      },
    ],
    ['keys that differ in case', async (text) => bad('case.tar', { configFile: { [`a${text}`]: 1, [`A${text}`]: 2 } })],
    [
      'JSON that is none',
      async (text) => archive('json.tar', [{ name: 'index.json', content: Buffer.from(`{"${text}`) }]),
    ],
    [
      'a name in a layer that leads out',
      async (text) => bad('out.tar', { layers: [{ tar: tarOf([anyEntry(utf8(`../${text}`))]) }] }),
    ],
    [
      'a link in a layer to nothing',
      async (text) =>
        bad('link.tar', { layers: [{ tar: tarOf([anyEntry(utf8(text), { type: '1', link: utf8(`../${text}`) })]) }] }),
    ],
    [
      'whiteouts that name nothing',
      async (text) => bad('whiteout.tar', { layers: [{ tar: tarOf([anyEntry(utf8(`d/.wh.${text}`))]) }] }),
    ],
    [
      'a PAX record',
      async (text) => bad('pax.tar', { layers: [{ entries: [{ path: 'a', pax: { size: text, [`k${text}`]: '' } }] }] }),
    ],
    [
      'members of an archive',
      async (text) => archive('name.tar', [{ name: text.slice(0, 90), content: Buffer.from('x') }]),
    ],
    [
      'two members of one name',
      async (text) => {
        const twice = { name: `blobs/${text.slice(0, 60)}`, content: Buffer.from('x') };
        return archive('twice.tar', [...layoutMembers(plain), twice, { ...twice, content: Buffer.from('y') }]);
      },
    ],
    [
      'files of a folder',
      async () => {
        const at = mkdtempSync(join(folder, 'files-'));
        return writeMembers(
          at,
          FILE_NAMES.map((name) => ({ name: `_${name}`, content: Buffer.from('x') })),
        );
      },
    ],
    [
      'the version of a layout',
      async (text) => {
        const content = Buffer.from(JSON.stringify({ imageLayoutVersion: text }));
        return archive('version.tar', [{ name: 'oci-layout', content }, ...layoutMembers(plain).slice(1)]);
      },
    ],
  ])('%s', async (what, make) => {
    let seen = false;
    for (const text of [ALL, '\u001b]0;x\u0007\u009b2J', 'x\nerror: forged\r']) {
      const path = await make(text);
      for (const argv of [
        [path, good],
        [good, path, '--semantic', '--format', 'json', '--verbose'],
      ]) {
        const file = join(folder, 'out.json');
        writeFileSync(file, '{}');
        const { stdout, stderr } = await command([...argv, '--report-file', file]);
        expectShowableJson(readFileSync(file, 'utf8'));
        seen ||= /\\(x1b|u\{9b\}|u001b|u009b|n)/.test(stdout + stderr);
      }
    }
    /* Not by saying nothing: what is hostile is told, in escapes. */
    expect(seen).toBe(!SAID_OTHERWISE.has(what));
  });
});

/** What is wrong with these is told without their words. */
const SAID_OTHERWISE: ReadonlySet<string> = new Set(['JSON that is none', 'a PAX record']);

describe('what others say', () => {
  const RAW = Buffer.from(`${ALL.slice(0, 3000)}`);

  /** A registry that answers everything in the same way, by bytes of its own. */
  const answering = (head: string, body: string | Buffer): Promise<TestServer> =>
    TestServer.answering((_request, response) => {
      response.socket?.end(
        Buffer.concat([Buffer.from(`HTTP/1.1 ${head}\r\nconnection: close\r\n\r\n`), Buffer.from(body)]),
      );
    });

  const errors = JSON.stringify({ errors: [{ code: ALL, message: ALL, detail: ALL }], message: ALL, error: ALL });
  const high = '\u009b31m\u202e\u001b[31m';
  test.each<[what: string, head: string, body: string | Buffer]>([
    ...[200, 206, 307, 400, 401, 403, 404, 429, 500].map((status): [string, string, string] => [
      `${status} and a text`,
      `${status} ${high}`,
      errors,
    ]),
    ['a type', `200 OK\r\ncontent-type: application/${high}`, errors],
    ['a digest', `200 OK\r\ncontent-type: application/json\r\ndocker-content-digest: ${high}`, errors],
    ['a place', `307 x\r\nlocation: http://127.0.0.1:1/${high}`, ''],
    [
      'a challenge',
      `401 x\r\nwww-authenticate: Bearer realm="http://${high}",service="${high}",scope="${high}"`,
      errors,
    ],
    ['a scheme', `401 x\r\nwww-authenticate: ${high}`, errors],
    ['an encoding', `200 OK\r\ncontent-encoding: ${high}`, ''],
    ['no HTTP', high, RAW],
  ])('a registry: %s', async (_what, head, body) => {
    const server = untilEnd(await answering(head, body));
    for (const text of [`${server.host}/a:1`, `${server.host}/a@sha256:${'0'.repeat(64)}`]) {
      const { status, stderr } = await command([text, image0]);
      expect(status).toBe(2);
      expect(stderr).not.toContain('example.org');
    }
  });

  test('a registry: names of blobs', async () => {
    const registry = await startRegistry();
    const image = await buildImage({
      manifest: { annotations: { [ALL]: ALL } },
      layers: [{ entries: [], mediaType: ALL }],
    });
    const { status } = await command([registry.push(image, 'team/app:1'), image0]);
    expect(status).toBe(1);
  });

  test.each([404, 500, 200])('an engine: its error (%i)', async (code) => {
    const { host } = await startFake((_request, response) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: ALL, error: ALL, errorDetail: { message: ALL } }));
    }, pong);
    const { status } = await command(['docker://app:1', image0], { DOCKER_HOST: host });
    expect(status).toBe(2);
  });

  test('ctr, nerdctl and credential helpers: what they print', async () => {
    const at = mkdtempSync(join(folder, 'bin-'));
    write(at, 'said', RAW);
    for (const name of ['ctr', 'nerdctl', 'docker-credential-x']) {
      write(at, name, `#!/bin/sh\nPATH=/usr/bin:/bin\ncat ${at}/said\ncat ${at}/said >&2\nexit 1\n`);
      chmodSync(join(at, name), 0o755);
    }
    write(at, 'config.json', JSON.stringify({ credsStore: 'x', credHelpers: { [ALL]: ALL }, auths: { [ALL]: {} } }));
    const env = { PATH: at, DOCKER_CONFIG: at, HOME: at };
    expect((await command(['containerd://app:1', image0], env)).status).toBe(2);
    const server = untilEnd(
      await TestServer.answering((_request, response) => {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      }),
    );
    const { status, stderr } = await command([`${server.host}/a:1`, image0], env);
    expect(status).toBe(2);
    expect(stderr).toContain('docker-credential-x');
    expect(stderr).not.toContain('forged');
  });

  test('a context, and what Docker’s configuration names', async () => {
    const at = mkdtempSync(join(folder, 'docker-'));
    for (const text of ['a\u001b[31m\nb', '\u202e', '../x']) {
      write(at, 'config.json', JSON.stringify({ currentContext: text }));
      expect((await command(['docker://app:1', image0], { DOCKER_CONFIG: at, HOME: at })).status).toBe(2);
      const env = { DOCKER_HOST: `unix:///${text}`, CONTAINERD_ADDRESS: text, DOCKER_CONFIG: at };
      expect((await command(['docker://app:1', image0], env)).status).toBe(2);
      const unknown = { DOCKER_HOST: `${text}://x`, DOCKER_CONFIG: at };
      expect((await command(['docker://app:1', image0], unknown)).status).toBe(2);
    }
  });
});

describe('a document that is not the input’s own', () => {
  test('a link in a layout to a secret: no message holds a word of it', async () => {
    const at = mkdtempSync(join(folder, 'layout-'));
    const secret = join(at, 'secret');
    for (const content of [
      'hunter2-hunter2\n',
      '{"auths": {"hunter2": {}}}',
      '["hunter2"]',
      '{"a": "hunter2", "a": 2}',
    ]) {
      writeFileSync(secret, content);
      for (const name of ['index.json', 'manifest.json', 'oci-layout']) {
        const layout = mkdtempSync(join(folder, 'secret-'));
        writeMembers(
          layout,
          layoutMembers(await buildImage()).filter((member) => member.name !== name),
        );
        symlinkSync(secret, join(layout, name));
        const { stdout, stderr } = await command([layout, image0]);
        expect(stdout + stderr).not.toContain('hunter2');
      }
    }
  });
});
