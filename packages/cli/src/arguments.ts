import { resolve } from 'node:path';
import type { DiffOptions, Limits, RuleName } from '@ocidiff/core';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Core } from './core.js';
import { parseLimit } from './limit-value.js';
import { UsageError } from './usage-error.js';

const FORMATS = ['table', 'json', 'markdown', 'html'] as const;
type Format = (typeof FORMATS)[number];
/** Formats that show what differs within files. */
const LOOKS_INTO_FILES: ReadonlySet<Format | undefined> = new Set(['markdown', 'html'] as const);
const WHEN = ['auto', 'always', 'never'] as const;
export type When = (typeof WHEN)[number];

/** What the command is to do. */
export type Request =
  | { readonly what: 'help' }
  | { readonly what: 'version' }
  | CacheRequest
  | CompareRequest
  | ShowRequest
  | CausesRequest;

export interface CacheRequest {
  readonly what: 'cache';
  readonly clear: boolean;
  readonly cache: true | { readonly dir: string };
  /** The most that it may take. */
  readonly maxBytes: number;
}

/** How a report is written, and where. */
export interface OutputRequest {
  readonly format: Format;
  /** Absent: standard output. */
  readonly output?: string;
  readonly verbose: boolean;
  /** Show how contents differ. */
  readonly diff: boolean;
  readonly color: When;
}

export interface CompareRequest extends OutputRequest {
  readonly what: 'compare';
  readonly images: readonly [string, string];
  /** For `diffImages`; what belongs to the process (signal, standard input, progress) is not in it. */
  readonly options: DiffOptions;
  readonly reportFile?: string;
  /** File of an accept list. */
  readonly accept?: string;
  readonly quiet: boolean;
  readonly progress: When;
}

/** A saved report again. */
export interface ShowRequest extends OutputRequest {
  readonly what: 'show';
  /** A report folder, or the file of a JSON report. */
  readonly report: string;
}

/** The catalogue of causes, or one of them. */
export interface CausesRequest {
  readonly what: 'causes';
  readonly id?: string;
  readonly color: When;
}

/** Options that say how something is written; `show` knows no others. */
const OUTPUT_OPTIONS: ReadonlySet<string> = new Set(['format', 'output', 'verbose', 'diff', 'color']);

/**
 * Reads the command line. Options may stand in any order, before, between and after the images.
 * @throws {UsageError}
 */
export function parseArguments(argv: readonly string[], core: Core): Request {
  const end = argv.indexOf('--');
  const program = buildProgram(core);
  try {
    program.parse(end === -1 ? argv : argv.slice(0, end), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    /* A second line suggests an option of a like name. */
    throw new UsageError(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
  }
  const options = program.opts<ParsedOptions>();
  if (options.help === true) return { what: 'help' };
  if (options.version === true) return { what: 'version' };
  const paths = end === -1 ? [] : argv.slice(end + 1);
  const [command, ...operands] = program.args;
  if (command === 'show') return showRequest(operands, options, paths);
  if (command === 'cache') return cacheRequest(operands, options, paths, core);
  if (command === 'causes') return causesRequest(operands, options, paths);
  if (end !== -1 && paths.length === 0) throw new UsageError('no paths after --');
  return compareRequest(imagesOf(program.args), options, paths, core);
}

function showRequest(operands: readonly string[], parsed: ParsedOptions, paths: readonly string[]): ShowRequest {
  const [report, ...more] = operands;
  if (report === undefined || report === '' || more.length > 0) {
    throw new UsageError('`ocidiff show` wants one report: its folder or its file');
  }
  refuseOthers('show', parsed, OUTPUT_OPTIONS, paths);
  refuseOneFileTwice([report], { '--output': parsed.output });
  return { what: 'show', report, ...outputOf(parsed) };
}

function causesRequest(operands: readonly string[], parsed: ParsedOptions, paths: readonly string[]): CausesRequest {
  const [id, ...more] = operands;
  if (more.length > 0) throw new UsageError('`ocidiff causes` wants one cause, or none for all');
  refuseOthers('causes', parsed, new Set(['color']), paths);
  return { what: 'causes', ...(id === undefined ? {} : { id }), color: parsed.color ?? 'auto' };
}

function refuseOthers(
  command: string,
  parsed: ParsedOptions,
  known: ReadonlySet<string>,
  paths: readonly string[],
): void {
  const other = Object.keys(parsed).find((name) => !known.has(name));
  if (other !== undefined) throw new UsageError(`\`ocidiff ${command}\` has no option --${kebabCase(other)}`);
  if (paths.length > 0) throw new UsageError(`\`ocidiff ${command}\` takes no paths after --`);
}

function outputOf(parsed: ParsedOptions): OutputRequest {
  const { output } = parsed;
  if (output === '') throw new UsageError('--output has an empty name');
  return {
    format: parsed.format ?? 'table',
    ...(output === undefined || output === '-' ? {} : { output }),
    verbose: parsed.verbose ?? false,
    diff: parsed.diff ?? false,
    color: parsed.color ?? 'auto',
  };
}

/** The options as commander knows them; `--help` is rendered from these and from what help.ts says of them. */
export function buildProgram({ RULE_NAMES, DEFAULT_LIMITS, limitOption, MAX_JOBS }: Core): Command {
  const program = new Command('ocidiff')
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .argument('[images...]')
    .addOption(new Option('-h, --help'))
    .addOption(new Option('--version'))
    .addOption(new Option('--strict').conflicts('semantic'))
    .addOption(new Option('--semantic'));
  for (const rule of RULE_NAMES) {
    program.addOption(new Option(`--ignore-${rule}`));
    /* An option of its own, not the opposite of the other: it wins wherever it stands. */
    const off = new Option(`--no-ignore-${rule}`);
    off.negate = false;
    program.addOption(off);
  }
  program
    .addOption(new Option('--ignore-timestamps'))
    .addOption(new Option('--treat-canonical-paths-equal'))
    .addOption(new Option('--ignore-path <glob>').argParser(append))
    .addOption(new Option('--ignore-field <pointer>').argParser(append))
    .addOption(new Option('--platform <platform>').argParser(appendList).conflicts('allPlatforms'))
    .addOption(new Option('--all-platforms'))
    .addOption(new Option('--plain-http'))
    .addOption(new Option('--ca-file <file>'))
    .addOption(new Option('--insecure'))
    .addOption(new Option('--cache-dir <dir>').conflicts('noCache'))
    .addOption(new Option('--jobs <n>').argParser(wholeNumber(MAX_JOBS)))
    .addOption(new Option('--format <format>').argParser(oneOf(FORMATS)))
    .addOption(new Option('--output <file>'))
    .addOption(new Option('--report-file <file>'))
    .addOption(new Option('--report-dir <dir>'))
    .addOption(new Option('--accept <file>'))
    .addOption(new Option('--diff'))
    .addOption(new Option('--prove'))
    .addOption(new Option('--verbose'))
    .addOption(new Option('--quiet'))
    .addOption(new Option('--color <when>').argParser(oneOf(WHEN)))
    .addOption(new Option('--progress <when>').argParser(oneOf(WHEN)));
  const noCache = new Option('--no-cache');
  noCache.negate = false;
  program.addOption(noCache);
  for (const name of limitNames(DEFAULT_LIMITS)) {
    program.addOption(new Option(`${limitOption(name)} <n>`).argParser(limit));
  }
  return program;
}

/** The names of the limits, in the order that they are defined in. */
export function limitNames(limits: Limits): (keyof Limits)[] {
  return Object.keys(limits) as (keyof Limits)[];
}

interface ParsedOptions extends Readonly<Record<string, unknown>> {
  readonly help?: true;
  readonly version?: true;
  readonly semantic?: true;
  readonly ignoreTimestamps?: true;
  readonly treatCanonicalPathsEqual?: true;
  readonly ignorePath?: readonly string[];
  readonly ignoreField?: readonly string[];
  readonly platform?: readonly string[];
  readonly allPlatforms?: true;
  readonly plainHttp?: true;
  readonly caFile?: string;
  readonly insecure?: true;
  readonly noCache?: true;
  readonly cacheDir?: string;
  readonly jobs?: number;
  readonly format?: Format;
  readonly output?: string;
  readonly reportFile?: string;
  readonly reportDir?: string;
  readonly accept?: string;
  readonly diff?: true;
  readonly prove?: true;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly color?: When;
  readonly progress?: When;
}

/* A slip of the hand must not replace an image by a report of it. */
function refuseOneFileTwice(images: readonly string[], written: Readonly<Record<string, string | undefined>>): void {
  const names = new Map(images.map((image) => [resolve(image.replace(KIND_PREFIX, '')), 'an image']));
  for (const [option, file] of Object.entries(written)) {
    if (file === undefined) continue;
    const known = names.get(resolve(file));
    if (known !== undefined) throw new UsageError(`${known} and ${option} name one file`);
    names.set(resolve(file), option);
  }
}

const KIND_PREFIX = /^(?:oci-archive|docker-archive|oci|dir):/;

/** What goes with `ocidiff cache`. */
const CACHE_OPTIONS: ReadonlySet<string> = new Set(['cacheDir', 'maxCacheBytes']);

function cacheRequest(
  operands: readonly string[],
  parsed: ParsedOptions,
  paths: readonly string[],
  core: Core,
): CacheRequest {
  const [operand, ...more] = operands;
  if (more.length > 0 || (operand !== undefined && operand !== 'clear')) {
    throw new UsageError('`ocidiff cache` shows what is kept of layers, `ocidiff cache clear` removes it');
  }
  refuseOthers('cache', parsed, CACHE_OPTIONS, paths);
  const { cacheBytes = core.DEFAULT_LIMITS.cacheBytes } = limitsOf(parsed, core);
  const { cache } = cacheOf(parsed);
  return {
    what: 'cache',
    clear: operand === 'clear',
    cache: typeof cache === 'object' ? cache : true,
    maxBytes: cacheBytes,
  };
}

function cacheOf({ noCache, cacheDir }: ParsedOptions): Pick<DiffOptions, 'cache'> {
  if (cacheDir === '') throw new UsageError('--cache-dir has an empty name');
  return { cache: cacheDir === undefined ? noCache !== true : { dir: cacheDir } };
}

function compareRequest(
  images: readonly [string, string],
  parsed: ParsedOptions,
  paths: readonly string[],
  core: Core,
): CompareRequest {
  const { output, reportFile, reportDir, caFile, accept } = parsed;
  if (reportFile === '-') throw new UsageError('--report-file wants a file; --format json writes to standard output');
  const written = { '--output': output === '-' ? undefined : output, '--report-file': reportFile };
  refuseOneFileTwice(images, written);
  for (const [option, value] of Object.entries({
    output,
    'report-file': reportFile,
    'report-dir': reportDir,
    'ca-file': caFile,
    accept,
  })) {
    if (value === '') throw new UsageError(`--${option} has an empty name`);
  }
  return {
    what: 'compare',
    images,
    options: {
      ...rulesOf(parsed, core),
      ...(parsed.ignorePath === undefined ? {} : { ignorePaths: parsed.ignorePath }),
      ...(parsed.ignoreField === undefined ? {} : { ignoreFields: parsed.ignoreField }),
      ...(parsed.platform === undefined ? {} : { platforms: parsed.platform }),
      ...(parsed.allPlatforms === undefined ? {} : { allPlatforms: true }),
      ...registryOf(parsed),
      ...cacheOf(parsed),
      ...(parsed.jobs === undefined ? {} : { jobs: parsed.jobs }),
      ...(reportDir === undefined ? {} : { reportDir }),
      ...(paths.length === 0 ? {} : { paths }),
      ...(parsed.prove === undefined ? {} : { prove: true }),
      ...(parsed.diff === undefined && !LOOKS_INTO_FILES.has(parsed.format) ? {} : { contents: true }),
      ...(parsed.verbose === undefined ? {} : { verbose: true }),
      limits: limitsOf(parsed, core),
    },
    ...outputOf(parsed),
    ...(paths.length === 0 ? {} : { diff: true }),
    ...(reportFile === undefined ? {} : { reportFile }),
    ...(accept === undefined ? {} : { accept }),
    quiet: parsed.quiet ?? false,
    progress: parsed.progress ?? 'auto',
  };
}

function rulesOf(parsed: ParsedOptions, { RULE_NAMES }: Core): Pick<DiffOptions, 'mode' | 'noIgnore'> {
  const asked = new Set<RuleName>(RULE_NAMES.filter((rule) => parsed[camelCase(`ignore-${rule}`)] === true));
  if (parsed.ignoreTimestamps) asked.add('file-timestamps').add('image-timestamps');
  if (parsed.treatCanonicalPathsEqual) asked.add('path-spelling');
  const noIgnore = RULE_NAMES.filter((rule) => parsed[camelCase(`no-ignore-${rule}`)] === true);
  const ignore = RULE_NAMES.filter((rule) => asked.has(rule));
  return {
    mode: parsed.semantic ? 'semantic' : ignore.length > 0 ? { ignore } : 'strict',
    ...(noIgnore.length > 0 ? { noIgnore } : {}),
  };
}

function registryOf({ plainHttp, caFile, insecure }: ParsedOptions): Pick<DiffOptions, 'registry'> {
  if (plainHttp === undefined && caFile === undefined && insecure === undefined) return {};
  return {
    registry: {
      ...(plainHttp === undefined ? {} : { plainHttp }),
      ...(caFile === undefined ? {} : { caFile }),
      ...(insecure === undefined ? {} : { insecure }),
    },
  };
}

function limitsOf(parsed: ParsedOptions, { DEFAULT_LIMITS, limitOption }: Core): Partial<Limits> {
  const given = limitNames(DEFAULT_LIMITS).flatMap((name) => {
    const value = parsed[camelCase(limitOption(name).slice('--'.length))];
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(given) as Partial<Limits>;
}

function imagesOf(operands: readonly string[]): [string, string] {
  const [first] = operands;
  const images = first === 'diff' ? operands.slice(1) : operands;
  const [image0, image1] = images;
  if (image0 === undefined || image1 === undefined || images.length > 2) {
    const given = ['none is', 'one is', 'two are'][images.length] ?? `${images.length} are`;
    throw new UsageError(`two images are wanted, ${given} given`);
  }
  return [image0, image1];
}

/* As commander makes the names of options' values. */
function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function append(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function appendList(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(',').map((each) => each.trim())];
}

function oneOf<T extends string>(choices: readonly T[]): (value: string) => T {
  return (value) => {
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw new InvalidArgumentError(`Choose one of: ${choices.join(', ')}.`);
    return choice;
  };
}

function wholeNumber(most: number): (value: string) => number {
  return (value) => {
    const parsed = /^[0-9]{1,9}$/.test(value) ? Number(value) : 0;
    if (parsed < 1 || parsed > most) throw new InvalidArgumentError(`A whole number from 1 to ${most}.`);
    return parsed;
  };
}

function limit(value: string): number {
  const parsed = parseLimit(value);
  if (parsed === null) throw new InvalidArgumentError('A positive whole number, with k, M, G or T for powers of 1024.');
  return parsed;
}
