import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { DiffOptions, Report } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { buildImage, buildIndex, type EntrySpec, type ImageSpec, LINUX, layerTar, sign } from '../support/images.js';
import { requireTool } from '../support/tools.js';
import { compare, rejection, temporaryFolder, write, writeArchive } from './support.js';

const folder = temporaryFolder();
let runs = 0;

/** Compares into a new folder. */
async function into(
  image0: string,
  image1: string,
  options: DiffOptions = {},
): Promise<{ dir: string; report: Report }> {
  runs += 1;
  const dir = join(folder, `out-${runs}`);
  const report = await compare(image0, image1, { mode: 'semantic', ...options, reportDir: dir });
  expect(JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(report)));
  return { dir, report };
}

async function put(name: string, spec: ImageSpec): Promise<string> {
  return writeArchive(folder, name, await buildImage(spec));
}

/** Every file below `dir`, relative to it, sorted. */
function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

const APT = [
  'var/cache/ldconfig/aux-cache',
  'var/log/alternatives.log',
  'var/log/apt/history.log',
  'var/log/apt/term.log',
  'var/log/dpkg.log',
];

describe('apt-0 and apt-1', async () => {
  const { dir, report } = await into(fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar'));

  test('the five files of layer 1, the documents and the reports', () => {
    const documents = ['config.json', 'manifest.json'];
    expect(filesOf(dir).filter((path) => !path.startsWith('.'))).toEqual(
      [
        'README.md',
        'report.html',
        'report.json',
        ...[0, 1].flatMap((side) => [
          ...documents.map((name) => `input-${side}/${name}`),
          ...APT.map((path) => `input-${side}/layers-1/${path}`),
        ]),
      ].sort(),
    );
    expect(report.verdict).toBe('different');
  });

  test.skipIf(!requireTool('tar'))('the files are what tar takes out of the layer', () => {
    for (const side of [0, 1]) {
      const archive = fixture(`apt-${side}.docker.tar`);
      const take = (args: readonly string[], input?: Buffer): Buffer =>
        execFileSync('tar', [...args], { ...(input === undefined ? {} : { input }), maxBuffer: 1 << 28 });
      const [entry] = JSON.parse(take(['-xOf', archive, 'manifest.json']).toString());
      const layer = gunzipSync(take(['-xOf', archive, entry.Layers[1]]));
      for (const path of APT) {
        const written = readFileSync(join(dir, `input-${side}/layers-1`, path));
        expect(written.equals(take(['-xOf', '-', path], layer))).toBe(true);
      }
      expect(readFileSync(join(dir, `input-${side}/config.json`)).equals(take(['-xOf', archive, entry.Config]))).toBe(
        true,
      );
    }
  });

  test.skipIf(!requireTool('diff'))('diff shows one file, as the manual says', () => {
    const { status, stdout } = spawnSync(
      'diff',
      [0, 1].map((side) => join(dir, `input-${side}/layers-1/var/log/apt/term.log`)),
    );
    expect(status).toBe(1);
    expect(stdout.toString()).toContain('Log started:');
  });

  test('written again over itself', async () => {
    const before = filesOf(dir).map((path) => readFileSync(join(dir, path)).toString('base64'));
    await compare(fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar'), { mode: 'semantic', reportDir: dir });
    expect(filesOf(dir).map((path) => readFileSync(join(dir, path)).toString('base64'))).toEqual(before);
  });
});

describe('entries of every kind', async () => {
  const big = Buffer.alloc(3_500_000, 'a line of some length that does not fit a block evenly\n');
  const bigger = Buffer.concat([big, Buffer.from('and more')]);
  const first: readonly EntrySpec[] = [
    { path: 'big', content: big },
    { path: 'empty', content: '' },
    { path: 'removed', content: 'was here' },
    { path: 'symbolic', type: 'symlink', linkTarget: '/etc/passwd' },
    { path: 'hard', type: 'link', linkTarget: 'big' },
    { path: 'becomes-link', content: 'a file' },
    { path: 'same', content: 'same' },
    { path: 'mode-only', content: 'mode', mode: 0o600 },
    { path: 'set-id', content: 'one', mode: 0o4755 },
    { path: 'pipe', type: 'fifo' },
    { path: 'd/', type: 'directory' },
    { path: 'd/.wh.gone', content: '' },
    { path: 'twice', content: 'covered' },
    { path: 'twice', content: 'first' },
  ];
  const second: readonly EntrySpec[] = [
    { path: 'big', content: bigger },
    { path: 'empty', content: 'no more' },
    { path: 'symbolic', type: 'symlink', linkTarget: '../../outside' },
    { path: 'hard', type: 'link', linkTarget: 'same' },
    { path: 'becomes-link', type: 'symlink', linkTarget: 'big' },
    { path: 'same', content: 'same' },
    { path: 'mode-only', content: 'mode', mode: 0o644 },
    { path: 'set-id', content: 'two', mode: 0o4755 },
    { path: 'added/', type: 'directory' },
    { path: 'added/deep', content: 'new' },
    { path: 'device', type: 'character-device', device: [1, 3] },
    { path: '../escape', content: 'outside' },
    { path: '/absolute', content: 'inside' },
    { path: 'twice', content: 'second' },
  ];
  const results = await Promise.all(
    (['gzip', 'none', 'zstd'] as const).map(async (compression) => {
      const image0 = await put(`kinds-0-${compression}.tar`, { layers: [{ entries: first, compression }] });
      const image1 = await put(`kinds-1-${compression}.tar`, { layers: [{ entries: second, compression }] });
      return into(image0, image1);
    }),
  );

  test.each([0, 1, 2])('%i', (which) => {
    const { dir, report } = results[which] as (typeof results)[number];
    const read = (path: string): string => readFileSync(join(dir, path), 'utf8');
    expect(readFileSync(join(dir, 'input-0/layers-0/big')).equals(big)).toBe(true);
    expect(readFileSync(join(dir, 'input-1/layers-0/big')).equals(bigger)).toBe(true);
    expect(read('input-0/layers-0/empty')).toBe('');
    expect(read('input-1/layers-0/empty')).toBe('no more');
    expect(read('input-0/layers-0/removed')).toBe('was here');
    expect(existsSync(join(dir, 'input-1/layers-0/removed'))).toBe(false);
    expect(read('input-0/layers-0/symbolic')).toBe('/etc/passwd');
    expect(read('input-1/layers-0/symbolic')).toBe('../../outside');
    expect(read('input-0/layers-0/hard')).toBe('big');
    expect(read('input-1/layers-0/hard')).toBe('same');
    expect(read('input-0/layers-0/becomes-link')).toBe('a file');
    expect(read('input-1/layers-0/becomes-link')).toBe('big');
    expect(read('input-0/layers-0/twice')).toBe('first');
    expect(read('input-1/layers-0/twice')).toBe('second');
    expect(read('input-0/layers-0/pipe')).toBe('fifo\n');
    expect(read('input-1/layers-0/device')).toBe('character-device\n');
    expect(read('input-0/layers-0/d/.wh.gone')).toBe('whiteout\n');
    expect(read('input-1/layers-0/added/deep')).toBe('new');
    expect(read('input-1/layers-0/absolute')).toBe('inside');
    expect(existsSync(join(dir, 'input-0/layers-0/same'))).toBe(false);
    expect(existsSync(join(dir, 'input-1/escape'))).toBe(false);
    const [renamed] = report.renamed ?? [];
    expect(renamed).toMatchObject({ input: 1, path: '../escape' });
    expect(read(renamed?.file ?? '')).toBe('outside');
    /* Nothing but plain files and folders, and no set-id bit. */
    for (const path of filesOf(dir)) {
      const stats = statSync(join(dir, path));
      expect(stats.isFile()).toBe(true);
      expect(stats.mode & 0o7000).toBe(0);
    }
  });
});

describe('a sparse file', () => {
  test.skipIf(!requireTool('tar'))('is written with its holes as zeros', async () => {
    const source = join(folder, 'sparse');
    mkdirSync(source);
    const tars = [0, 1].map((side) => {
      const path = write(source, 'file', '');
      execFileSync('truncate', ['-s', '5M', path]);
      const end = `end of side ${side}`;
      execFileSync('dd', [`of=${path}`, 'bs=1', `seek=${2_500_000}`, 'conv=notrunc', 'status=none'], { input: end });
      const format = side === 0 ? 'gnu' : 'posix';
      return execFileSync('tar', ['--sparse', `--format=${format}`, '-C', source, '-cf', '-', 'file'], {
        maxBuffer: 1 << 28,
      });
    });
    const [tar0, tar1] = tars as [Buffer, Buffer];
    expect(tar0.length).toBeLessThan(100_000);
    const image0 = await put('sparse-0.tar', { layers: [{ tar: tar0 }] });
    const image1 = await put('sparse-1.tar', { layers: [{ tar: tar1 }] });
    const { dir } = await into(image0, image1);
    tars.forEach((tar, side) => {
      const written = readFileSync(join(dir, `input-${side}/layers-0/file`));
      expect(written.length).toBe(5 * 1024 * 1024);
      expect(written.equals(execFileSync('tar', ['-xOf', '-', 'file'], { input: tar, maxBuffer: 1 << 28 }))).toBe(true);
    });
  });
});

describe('where files are put', () => {
  const base: readonly EntrySpec[] = [{ path: 'base', content: 'base' }];

  test('layers of one number', async () => {
    const image0 = await put('same-0.tar', { layers: [{ entries: base }, { entries: [{ path: 'a', content: '0' }] }] });
    const image1 = await put('same-1.tar', { layers: [{ entries: base }, { entries: [{ path: 'a', content: '1' }] }] });
    const { dir } = await into(image0, image1);
    expect(readFileSync(join(dir, 'input-0/layers-1/a'), 'utf8')).toBe('0');
    expect(readFileSync(join(dir, 'input-1/layers-1/a'), 'utf8')).toBe('1');
  });

  test('layers of other numbers: in rootfs', async () => {
    const more: readonly EntrySpec[] = [{ path: 'more', content: 'more' }];
    const image0 = await put('other-0.tar', {
      layers: [{ entries: base }, { entries: [{ path: 'a', content: '0' }] }],
    });
    const image1 = await put('other-1.tar', {
      layers: [{ entries: more }, { entries: base }, { entries: [{ path: 'a', content: '1' }] }],
    });
    const { dir, report } = await into(image0, image1);
    expect(report.differences.find(({ path }) => path === 'a')?.layers).toEqual([1, 2]);
    expect(readFileSync(join(dir, 'input-0/rootfs/a'), 'utf8')).toBe('0');
    expect(readFileSync(join(dir, 'input-1/rootfs/a'), 'utf8')).toBe('1');
  });

  test('platforms have a folder each, and the index stands above', async () => {
    const { dir } = await into(fixture('multi-1.oci.tar'), fixture('multi-2.oci.tar'), { allPlatforms: true });
    const documents = ['linux-amd64', 'linux-arm-v7', 'linux-arm64'].flatMap((platform) =>
      ['config.json', 'manifest.json'].map((name) => `${platform}/${name}`),
    );
    for (const side of [0, 1]) {
      expect(filesOf(join(dir, `input-${side}`))).toEqual(['index.json', ...documents].sort());
    }
  });

  test('files of several platforms', async () => {
    const arm = { os: 'linux', architecture: 'arm64' };
    const paths = await Promise.all(
      ['0', '1'].map(async (content) => {
        const children = await Promise.all(
          [LINUX, arm].map(async (platform) => ({
            built: await buildImage({
              layers: [{ entries: [{ path: 'a', content: content + platform.architecture }] }],
              platform,
            }),
            platform,
          })),
        );
        return writeArchive(folder, `platforms-${content}.tar`, buildIndex(children));
      }),
    );
    const { dir } = await into(paths[0] as string, paths[1] as string, { allPlatforms: true });
    expect(readFileSync(join(dir, 'input-0/linux-arm64/layers-0/a'), 'utf8')).toBe('0arm64');
    expect(readFileSync(join(dir, 'input-1/linux-amd64/layers-0/a'), 'utf8')).toBe('1amd64');
  });

  test('what does not count is not written', async () => {
    const { dir } = await into(fixture('clock-buildkit-1.oci.tar'), fixture('clock-buildkit-1-no-rewrite.oci.tar'));
    expect(existsSync(join(dir, 'input-0/layers-0'))).toBe(false);
    const ignoring = await into(fixture('apt-0.docker.tar'), fixture('apt-1.docker.tar'), {
      ignorePaths: ['**/*.log'],
    });
    expect(filesOf(join(ignoring.dir, 'input-0/layers-1'))).toEqual(['var/cache/ldconfig/aux-cache']);
  });

  test('an image without a manifest of its own', async () => {
    const { dir } = await into(fixture('clock-save-classic.docker.tar'), fixture('clock-buildkit-0.oci.tar'));
    expect(existsSync(join(dir, 'input-0/manifest.json'))).toBe(false);
    expect(existsSync(join(dir, 'input-0/config.json'))).toBe(true);
    expect(existsSync(join(dir, 'input-0/layers-1/etc/machine-id'))).toBe(true);
  });
});

describe('names in a layer', () => {
  test('a file and a folder of one name, names that only differ in case, names that are not UTF-8', async () => {
    const latin = await layerTar([{ path: 'caf?', content: 'x' }]);
    latin[3] = 0xe9;
    sign(latin.subarray(0, 512));
    const image0 = await put('names-0.tar', { layers: [{ entries: [] }, { entries: [] }] });
    const image1 = await put('names-1.tar', {
      layers: [
        {
          entries: [
            { path: 'a', content: 'file' },
            { path: 'a/b', content: 'below' },
            { path: 'x/y', content: 'below' },
            { path: 'x', content: 'file' },
            { path: 'Case', content: 'upper' },
            { path: 'case', content: 'lower' },
            { path: 'new\nline', content: 'line' },
            { path: 'n'.repeat(300), content: 'long' },
          ],
        },
        { tar: latin },
      ],
    });
    const { dir, report } = await into(image0, image1);
    const contents = filesOf(join(dir, 'input-1'))
      .filter((path) => !path.endsWith('.json'))
      .map((path) => path.replace(/\ufffd/g, '?'));
    /* x/y is in no tree: the file x of the same layer takes its folder's place. */
    expect(contents).toHaveLength(8);
    const renamed = report.renamed ?? [];
    for (const { file } of renamed) expect(existsSync(join(dir, file))).toBe(true);
    expect(renamed.map(({ path }) => path)).toEqual(expect.arrayContaining(['new\nline', 'n'.repeat(300)]));
    expect(readFileSync(join(dir, 'input-1/rootfs/a/b'), 'utf8')).toBe('below');
    expect(report.differences.find(({ layers }) => layers?.[1] === 1)?.pathBytes).toBe(
      Buffer.from('caf\xe9', 'latin1').toString('base64'),
    );
  });
});

describe('nothing is left or lost', () => {
  const image0 = fixture('apt-0.docker.tar');
  const image1 = fixture('apt-1.docker.tar');
  const left = (parent: string): string[] => readdirSync(parent).sort();
  const parentOf = (name: string): string => {
    const parent = join(folder, name);
    mkdirSync(parent);
    return parent;
  };

  test('an input that is no image', async () => {
    const parent = parentOf('no-image');
    await rejection(image0, write(folder, 'text', 'hello'), { reportDir: join(parent, 'deep', 'out') });
    expect(left(parent)).toEqual([]);
  });

  test('an abort', async () => {
    const parent = parentOf('aborted');
    const controller = new AbortController();
    const error = await rejection(image0, image1, {
      reportDir: join(parent, 'out'),
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(error.code).toBe('ERR_ABORTED');
    expect(left(parent)).toEqual([]);
  });

  test('an older report stays when the new run fails', async () => {
    const parent = parentOf('older');
    const out = join(parent, 'out');
    await compare(image0, image1, { reportDir: out });
    const before = readFileSync(join(out, 'report.json'));
    await rejection(image0, join(folder, 'not-there.tar'), { reportDir: out });
    expect(readFileSync(join(out, 'report.json')).equals(before)).toBe(true);
    expect(left(parent)).toEqual(['out']);
  });

  test.each([
    [
      'a folder with other things in it',
      (out: string) => {
        mkdirSync(out);
        writeFileSync(join(out, 'precious'), 'mine');
      },
      'precious',
    ],
    ['a file', (out: string) => writeFileSync(out, 'mine'), ''],
  ] as const)('%s is left alone', async (name, make, inside) => {
    const out = join(parentOf(name.replaceAll(' ', '-')), 'out');
    make(out);
    const error = await rejection(image0, image1, { reportDir: out });
    expect(error.code).toBe('ERR_REPORT_DIR');
    expect(error.message).toContain(out);
    expect(readFileSync(join(out, inside), 'utf8')).toBe('mine');
  });

  test('an incomplete comparison is written, with its failures', async () => {
    const built = await buildImage({
      layers: [{ entries: [{ path: 'a', content: '0' }] }, { tar: Buffer.alloc(700, 1) }],
    });
    const bad = await writeArchive(folder, 'incomplete.tar', built);
    const good = await put('complete.tar', { layers: [{ entries: [{ path: 'a', content: '1' }] }, { entries: [] }] });
    const { dir, report } = await into(bad, good);
    expect(report.verdict).toBe('incomplete');
    expect(readFileSync(join(dir, 'input-0/layers-0/a'), 'utf8')).toBe('0');
    expect(readFileSync(join(dir, 'README.md'), 'utf8')).toContain('incomplete');
  });
});
