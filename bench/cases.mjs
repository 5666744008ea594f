/**
 * What is measured, and the bound that each figure has to keep. Each case measures ocidiff and something to hold it
 * against in turn, round by round, so that both have the same machine in the same mood.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { IMAGES, makePair } from './images.mjs';
import { measureNode, measureShell, median } from './measure.mjs';
import { changedFiles, RECIPES, scaled } from './recipes.mjs';

/** @typedef {import('./measure.mjs').Measure} Measure */
/** @typedef {{ runs: number, scale: number, lax: boolean }} Settings `lax`: bounds on time that only a blunder misses */
/**
 * @typedef {object} Figure one row of the table
 * @property {string} what
 * @property {number} value
 * @property {number | null} bound the most it may be; `null`: shown only
 * @property {'ratio' | 'MB' | 'bytes'} unit
 * @property {string} against
 */

const HERE = dirname(fileURLToPath(import.meta.url));
const COMMAND = join(dirname(HERE), 'packages', 'cli', 'bin', 'ocidiff.js');
const READING = join(HERE, 'reading.mjs');
const REGISTRY = join(HERE, 'registry.mjs');
const REPORTING = join(HERE, 'reporting.mjs');
const MB = 1_000_000;
/** What trees may cost: the whole by the time of reading alone, and memory. */
const BOUNDS = { time: 1.3, entryBytes: 1000 };

/** What looking into differing files may take, by the time of writing the same report folder without. */
const CONTENTS_BOUND = 1.25;

/** @type {Record<string, (settings: Settings) => Promise<Figure[]>>} */
export const CASES = {
  version: startCase,
  a: (settings) => layersCase('a', settings, { semantic: 0.6, reportDir: 0.9, peak: 200 * MB }),
  a600: (settings) => layersCase('a600', settings, { semantic: 0.6, reportDir: 0.9, peak: 200 * MB }),
  a4: fourfoldCase,
  b: (settings) => layersCase('b', settings, { semantic: 1.1, peak: 300 * MB }),
  c: sameCase,
  d: plainCase,
  r: registryCase,
  t: async (settings) => [
    ...(await treesCase('t', '5 of 60 layers differ', settings, BOUNDS)),
    ...(await treesCase('t-all', 'all layers differ', settings, null)),
  ],
  't-times': (settings) => treesCase('t-times', 'all entries differ', settings, null),
};
/** Those of a full run, and of a quick one. */
export const FULL = ['version', 'a', 'a4', 'b', 'c', 'd', 'r', 't'];
export const QUICK = ['version', 'a600'];

/** @param {Settings} settings */
async function startCase(settings) {
  const rounds = await interleave(Math.max(settings.runs, 10), {
    node: () => measureNode(['-e', '0'], { peak: false }),
    version: () => measureNode([COMMAND, '--version'], { peak: false }),
  });
  return [timeFigure('`ocidiff --version`', rounds.version, rounds.node, settings.lax ? 4 : 2, '`node -e 0`')];
}

/**
 * Two images whose upper layers differ in a few files, compressed.
 * @param {'a' | 'a600' | 'b'} name
 * @param {Settings} settings
 * @param {{ semantic: number, reportDir?: number, peak: number }} bounds
 */
async function layersCase(name, settings, bounds) {
  const pair = await pairOf(name, settings.scale);
  await checkAnswer(pair, changedFiles(RECIPES[name]));
  const [left, right] = pair.map(({ layers }) => layers.at(-1)?.file);
  const rounds = await interleave(settings.runs, {
    reference: () => measureShell(`zcat < '${left}' | sha256sum & zcat < '${right}' | sha256sum & wait`),
    semantic: () => measureNode([COMMAND, '--semantic', pair[0].file, pair[1].file], { status: 1 }),
    reportDir: () => measureWithReport(pair, [COMMAND, '--semantic', '--report-dir'], 1),
    contents: () => measureWithReport(pair, [REPORTING, 'with']),
    noContents: () => measureWithReport(pair, [REPORTING, 'without']),
  });
  const against = '`zcat \\| sha256sum` of both differing layers at once';
  return [
    timeFigure('`--semantic`', rounds.semantic, rounds.reference, settings.lax ? 1.5 : bounds.semantic, against),
    timeFigure(
      '`--semantic --report-dir`',
      rounds.reportDir,
      rounds.reference,
      settings.lax ? 1.5 : (bounds.reportDir ?? null),
      against,
    ),
    peakFigure('`--semantic`', rounds.semantic, bounds.peak),
    peakFigure('`--semantic --report-dir`', rounds.reportDir, bounds.peak),
    timeFigure(
      'a report folder with differences of contents and causes',
      rounds.contents,
      rounds.noContents,
      settings.lax ? 2 : CONTENTS_BOUND,
      'without them',
    ),
  ];
}

/**
 * Whether memory grows with the bytes of a layer.
 * @param {Settings} settings
 */
async function fourfoldCase(settings) {
  const small = await pairOf('a', settings.scale);
  const large = await pairOf('a4', settings.scale);
  await checkAnswer(large, changedFiles(RECIPES.a4));
  const rounds = await interleave(settings.runs, {
    small: () => measureNode([COMMAND, '--semantic', small[0].file, small[1].file], { status: 1 }),
    large: () => measureNode([COMMAND, '--semantic', large[0].file, large[1].file], { status: 1 }),
  });
  const growth = median(peaks(rounds.large)) / median(peaks(rounds.small));
  return [
    peakFigure('`--semantic`', rounds.large, 200 * MB),
    /** @type {Figure} */ ({
      what: 'peak memory',
      value: growth,
      bound: 1.15,
      unit: 'ratio',
      against: 'that of case a',
    }),
  ];
}

/**
 * An image and a copy of it: nothing needs to be decompressed.
 * @param {Settings} settings
 */
async function sameCase(settings) {
  const [{ file }] = await pairOf('a', settings.scale);
  const copy = join(IMAGES, `copy-${settings.scale}.oci.tar`);
  copyFileSync(file, copy);
  const rounds = await interleave(settings.runs, {
    node: () => measureNode(['-e', '0'], { peak: false }),
    hash: () => measureShell(`sha256sum < '${file}' & sha256sum < '${copy}' & wait`),
    semantic: () => measureNode([COMMAND, '--semantic', file, copy]),
  });
  rmSync(copy);
  const allowed = rounds.hash.map(({ seconds }, round) => ({
    seconds: seconds + 0.2 + Number(rounds.node[round]?.seconds),
    peakBytes: null,
  }));
  const against = '`node -e 0` + 0.2 s + `sha256sum` of both archives at once';
  return [
    timeFigure('`--semantic`', rounds.semantic, allowed, settings.lax ? null : 1, against),
    peakFigure('`--semantic`', rounds.semantic, 200 * MB),
  ];
}

/**
 * The images of case a, not compressed.
 * @param {Settings} settings
 */
async function plainCase(settings) {
  const pair = await pairOf('d', settings.scale);
  await checkAnswer(pair, changedFiles(RECIPES.d));
  const [left, right] = pair.map(({ layers }) => layers.at(-1)?.file);
  const rounds = await interleave(settings.runs, {
    reference: () => measureShell(`sha256sum < '${left}' & sha256sum < '${right}' & wait`),
    semantic: () => measureNode([COMMAND, '--semantic', pair[0].file, pair[1].file], { status: 1 }),
  });
  const against = '`sha256sum` of both differing layers at once';
  return [
    timeFigure('`--semantic`', rounds.semantic, rounds.reference, settings.lax ? null : 1.5, against),
    peakFigure('`--semantic`', rounds.semantic, 200 * MB),
  ];
}

/**
 * The images of case a from a registry on this machine, which is a process of its own, against their archives.
 * @param {Settings} settings
 */
async function registryCase(settings) {
  const pair = await pairOf('a', settings.scale);
  const server = spawn(process.execPath, [REGISTRY, ...pair.map(({ file }) => file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = await once(server.stdout, 'data');
    const remote = pair.map((_image, position) => `127.0.0.1:${String(port).trim()}/image-${position}`);
    await checkAnswer(
      remote.map((file) => ({ file })),
      changedFiles(RECIPES.a),
    );
    const rounds = await interleave(settings.runs, {
      archive: () => measureNode([COMMAND, '--semantic', ...pair.map(({ file }) => file)], { status: 1 }),
      registry: () => measureNode([COMMAND, '--semantic', ...remote], { status: 1 }),
    });
    return [
      timeFigure(
        '`--semantic` from a registry',
        rounds.registry,
        rounds.archive,
        settings.lax ? null : 1.3,
        'from archives',
      ),
      peakFigure('`--semantic` from a registry', rounds.registry, 200 * MB),
    ];
  } finally {
    server.kill();
  }
}

/**
 * What the trees of many layers cost: the time on top of reading these layers, and the memory of an entry.
 * @param {'t' | 't-all' | 't-times'} name
 * @param {string} what
 * @param {Settings} settings
 * @param {{ time: number, entryBytes: number } | null} bounds
 */
async function treesCase(name, what, settings, bounds) {
  const tiny = await pairOf('tiny', 1);
  const pair = await pairOf(name, settings.scale);
  await checkAnswer(pair, changedFiles(RECIPES[name]));
  const files = pair.map(({ file }) => file);
  const { stdout: list } = await promisify(execFile)(process.execPath, [READING, 'list', ...files]);
  const rounds = await interleave(settings.runs, {
    reading: () => measureNode([READING, 'read', list, ...files]),
    whole: () => measureNode([READING, 'compare', ...files]),
    semantic: () => measureNode([COMMAND, '--semantic', ...files], { status: 1 }),
    tiny: () => measureNode([COMMAND, '--semantic', tiny[0].file, tiny[1].file], { status: 1 }),
  });
  const entries = pair.flatMap(({ layers }) => layers).reduce((sum, layer) => sum + layer.entries, 0);
  const own = Math.max(...peaks(rounds.semantic)) - median(peaks(rounds.tiny));
  const { whole, reading, semantic } = rounds;
  return [
    timeFigure(`${what}: \`diffImages\``, whole, reading, bounds?.time ?? null, 'reading the same layers'),
    peakFigure(`${what}: \`--semantic\``, semantic, null),
    /** @type {Figure} */ ({
      what: `${what}: memory beyond that of a tiny pair, an entry`,
      value: own / entries,
      bound: bounds?.entryBytes ?? null,
      unit: 'bytes',
      against: `${entries} entries of both images`,
    }),
  ];
}

/**
 * @param {keyof typeof RECIPES} name
 * @param {number} scale
 */
function pairOf(name, scale) {
  return scale === 1 ? makePair(name, RECIPES[name]) : makePair(`${name}-${scale}`, scaled(RECIPES[name], scale));
}

/**
 * A fast wrong answer is none: the comparison must find just the files that the recipe made differ.
 * @param {{ file: string }[]} pair
 * @param {number} expected
 */
async function checkAnswer(pair, expected) {
  const args = [COMMAND, '--semantic', '--format', 'json', ...pair.map(({ file }) => file)];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => {
    if (error.code === 1) return error;
    throw error;
  });
  const { verdict, summary } = JSON.parse(stdout);
  if (verdict === 'different' && summary.counted === expected && summary.bySubject.file === expected) return;
  throw new Error(`ocidiff says ${verdict}, ${JSON.stringify(summary)}; ${expected} files differ`);
}

/**
 * @param {{ file: string }[]} pair
 * @param {string[]} args before the folder
 * @param {number} [status]
 */
async function measureWithReport(pair, args, status = 0) {
  mkdirSync(IMAGES, { recursive: true });
  const folder = mkdtempSync(join(IMAGES, 'report-'));
  try {
    return await measureNode([...args, join(folder, 'diffs'), ...pair.map(({ file }) => file)], { status });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Runs all `subjects` in turn, `runs` times, after one round that only warms up.
 * @template {string} Name
 * @param {number} runs
 * @param {Record<Name, () => Promise<Measure>>} subjects
 * @returns {Promise<Record<Name, Measure[]>>}
 */
async function interleave(runs, subjects) {
  const names = /** @type {Name[]} */ (Object.keys(subjects));
  const measures = /** @type {Record<Name, Measure[]>} */ ({});
  for (const name of names) measures[name] = [];
  for (let round = -1; round < runs; round += 1) {
    for (const name of names) {
      const measure = await subjects[name]();
      if (round >= 0) measures[name].push(measure);
    }
  }
  return measures;
}

/**
 * The median of the rounds' ratios.
 * @param {string} what
 * @param {Measure[]} measured
 * @param {Measure[]} reference
 * @param {number | null} bound
 * @param {string} against
 * @returns {Figure}
 */
function timeFigure(what, measured, reference, bound, against) {
  const ratios = measured.map(({ seconds }, round) => seconds / Number(reference[round]?.seconds));
  const ours = seconds(median(measured.map((one) => one.seconds)));
  const theirs = seconds(median(reference.map((one) => one.seconds)));
  return { what: `${what}: ${ours}`, value: median(ratios), bound, unit: 'ratio', against: `${against}: ${theirs}` };
}

/** @param {number} value */
function seconds(value) {
  return `${value.toFixed(value < 1 ? 3 : 2)} s`;
}

/**
 * The highest of the rounds' peaks.
 * @param {string} what
 * @param {Measure[]} measured
 * @param {number | null} bound
 * @returns {Figure}
 */
function peakFigure(what, measured, bound) {
  const value = Math.max(...peaks(measured)) / MB;
  return { what: `${what}: peak memory`, value, bound: bound === null ? null : bound / MB, unit: 'MB', against: '' };
}

/** @param {Measure[]} measured */
function peaks(measured) {
  return measured.map(({ peakBytes }) => Number(peakBytes));
}
