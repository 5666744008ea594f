import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diffImages } from '../../../packages/core/src/diff-images.js';
import type { DiffOptions } from '../../../packages/core/src/options.js';
import { RULE_NAMES } from '../../../packages/core/src/options.js';
import { renderJson } from '../../../packages/core/src/report/json.js';
import type { Report } from '../../../packages/core/src/report/report.js';
import { renderTable } from '../../../packages/core/src/report/table.js';
import { type Member, writeMembers } from '../../support/images.js';
import { block, file, zeros } from '../../support/tar-build.js';
import { mutateImage } from '../mutate-image.js';
import { mutateTar } from '../mutate-tar.js';
import { check, checkMessage, checkNote, failed, outcomeOf } from '../oracle.js';
import type { Random } from '../random.js';
import { readSeeds, type SeedImage } from '../seeds.js';
import type { Target } from '../target.js';
import { temporaryFolder } from '../temporary.js';

/** So that holes and bombs end at a limit within the time of a case. */
const LIMITS = {
  layerBytes: 16 * 1024 ** 2,
  sparseFileBytes: 16 * 1024 ** 2,
  layerEntries: 10_000,
  spoolBytes: 16 * 1024 ** 2,
};
/** Where a side cannot be opened, the other gets a moment to tell its own failure; it needs none here. */
const CASES_BESIDE = 'beside';

/* Nothing that a terminal obeys, but the ends of lines. */
const UNSAFE = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u;

function checkReport(report: Report): void {
  for (const { message } of report.failures) checkMessage(message);
  for (const { message } of report.notes) checkNote(message);
  check(
    report.failures.length > 0 === (report.verdict === 'incomplete'),
    () => `${report.verdict} with ${report.failures.length} failures`,
  );
  const counted = report.differences.some(({ ignoredBy }) => ignoredBy === undefined);
  if (report.verdict === 'identical' || report.verdict === 'equivalent')
    check(!counted, () => `${report.verdict}, and a difference counts`);
  if (report.verdict === 'different') check(counted, 'different, and no difference counts');
  const json = [...renderJson(report)].join('');
  check(JSON.stringify(JSON.parse(json)) === JSON.stringify(report), 'another report after writing and reading');
  const table = [...renderTable(report, { color: false, verbose: true })].join('');
  check(!UNSAFE.test(table), () => `control characters in the table: ${JSON.stringify(table)}`);
}

/** What was written is folders and files, all of them in the report folder, and nothing was written beside it. */
function checkFolder(around: string, name: string): void {
  check(
    readdirSync(around).sort().join() === [CASES_BESIDE, name].sort().join(),
    () => `beside the folder: ${readdirSync(around)}`,
  );
  check(readdirSync(join(around, CASES_BESIDE)).length === 0, 'something in the folder beside');
  /* As bytes: names that are no UTF-8 are written as they are. */
  const todo = [Buffer.from(join(around, name))];
  for (let folder = todo.pop(); folder !== undefined; folder = todo.pop()) {
    for (const entry of readdirSync(folder, 'buffer')) {
      const path = Buffer.concat([folder, Buffer.from('/'), entry]);
      const { mode } = lstatSync(path);
      const isFolder = (mode & 0o170000) === 0o040000;
      check(isFolder || (mode & 0o170000) === 0o100000, () => `${path} is neither file nor folder`);
      check((mode & 0o7000) === 0 || isFolder, () => `${path} has the mode ${mode.toString(8)}`);
      if (isFolder) todo.push(path);
    }
  }
}

function someOptions(random: Random): DiffOptions {
  const mode = random.pick([
    'strict',
    'semantic',
    'semantic',
    { ignore: RULE_NAMES.filter(() => random.chance(0.5)) },
  ] as const);
  return {
    mode,
    limits: LIMITS,
    ...(random.chance(0.4) ? { allPlatforms: true } : {}),
    ...(random.chance(0.3) ? { verbose: true } : {}),
  };
}

interface Written {
  readonly reference: string;
  readonly stdin?: Buffer;
  readonly layerChanged: boolean;
}

const comparisons: Target = {
  name: 'comparison',
  cases: 5_000,
  prepare: async () => {
    const { path, remove } = temporaryFolder();
    const { images } = await readSeeds();
    const originals = new Map(images.map((image) => [image.name, writeOriginal(path, image)]));
    const folder = join(path, 'case');
    mkdirSync(folder);
    return {
      close: remove,
      run: async (random) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
        await compareCase(random, random.pick(images), images, originals, folder);
      },
    };
  },
};

function writeOriginal(folder: string, image: SeedImage): string {
  const path = join(folder, image.name);
  if (image.bytes === null) writeMembers(path, image.members);
  else writeFileSync(path, image.bytes);
  return path;
}

/** The image changed, as a file, a folder or standard input. */
function writeMutated(random: Random, folder: string, image: SeedImage): Written {
  if (image.bytes !== null && random.chance(0.1)) {
    const bytes = mutateTar(random, image.bytes);
    writeFileSync(join(folder, 'x'), bytes);
    return { reference: join(folder, 'x'), layerChanged: false };
  }
  const { members, layerChanged } = mutateImage(random, image);
  if (image.medium === 'folder') {
    return { reference: writeMembers(join(folder, 'x'), members), layerChanged };
  }
  const bytes = archiveOf(members);
  if (random.chance(0.1)) return { reference: '-', stdin: bytes, layerChanged };
  writeFileSync(join(folder, 'x'), bytes);
  return { reference: join(folder, 'x'), layerChanged };
}

/* Without tar-stream, which refuses some of what is to be refused by others. */
function archiveOf(members: readonly Member[]): Buffer {
  const entries = members.map(({ name, content, type, linkname = '' }) =>
    type === 'symlink' || type === 'link'
      ? block({ name, type: type === 'link' ? '1' : '2', linkName: linkname })
      : file(name, content),
  );
  return Buffer.concat([...entries, zeros()]);
}

async function* stream(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += 10_000) yield Buffer.from(bytes.subarray(at, at + 10_000));
}

async function compareCase(
  random: Random,
  image: SeedImage,
  images: readonly SeedImage[],
  originals: ReadonlyMap<string, string>,
  folder: string,
): Promise<void> {
  const mutated = writeMutated(random, folder, image);
  const isPair = random.chance(0.8);
  const original = originals.get(isPair ? image.name : random.pick(images).name) as string;
  const options = someOptions(random);
  const compare = async (a: string, b: string, more: DiffOptions = {}): Promise<Report | Error> => {
    const stdin = mutated.stdin === undefined || ![a, b].includes('-') ? {} : { stdin: stream(mutated.stdin) };
    const report = await outcomeOf(() => diffImages(a, b, { ...options, ...stdin, ...more }));
    if (!failed(report)) checkReport(report);
    return report;
  };
  if (random.chance(0.15) && mutated.reference !== '-') {
    const same = await compare(mutated.reference, mutated.reference);
    if (same instanceof Error || same.verdict === 'incomplete') return;
    /* Where the medium has lost the manifest, nothing more can be said. */
    const hasDigest = same.inputs[0]?.digest !== null;
    check(same.verdict === (hasDigest ? 'identical' : 'equivalent'), () => `it is ${same.verdict} with itself`);
    return;
  }
  const withFolder = random.chance(0.06);
  const around = join(folder, 'around');
  if (withFolder) mkdirSync(join(around, CASES_BESIDE), { recursive: true });
  const report = await compare(original, mutated.reference, withFolder ? { reportDir: join(around, 'report') } : {});
  if (withFolder && !(report instanceof Error)) {
    checkFolder(around, 'report');
    const told = JSON.parse(readFileSync(join(around, 'report', 'report.json'), 'utf8')) as Report;
    check(told.verdict === report.verdict, () => `the folder says ${told.verdict}, the report ${report.verdict}`);
  }
  /* Of several platforms, only the host's is read as a rule. */
  const readsAll = options.allPlatforms === true || !image.name.startsWith('multi');
  if (isPair && readsAll && mutated.layerChanged)
    check(
      verdictOf(report) !== 'identical',
      () => `identical, though a layer of ${image.name} has other content: ${JSON.stringify(options)}`,
    );
  if (!random.chance(0.25)) return;
  const back = await compare(mutated.reference, original);
  check(
    verdictOf(back) === verdictOf(report),
    () => `${verdictOf(report)} one way, ${verdictOf(back)} the other: ${tellBoth(report, back)}`,
  );
}

function tellBoth(...reports: readonly (Report | Error)[]): string {
  return reports.map((each) => (each instanceof Error ? each.message : JSON.stringify(each.failures))).join(' | ');
}

function verdictOf(report: Report | Error): string {
  return report instanceof Error ? 'error' : report.verdict;
}

export const COMPARE_TARGETS: readonly Target[] = [comparisons];
