import { OciDiffError } from './errors.js';
import { MAX_JOBS } from './limits.js';
import type { DiffOptions, RegistryOptions } from './options.js';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isFunction: Check = (value) => typeof value === 'function';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/* No other member: a misspelt one would do nothing. */
const isPlace = (value: object): boolean =>
  Object.entries(value).every(([name, dir]) => name === 'dir' && isText(dir) && dir !== '') && 'dir' in value;

/** What each option must be. A misspelt option would silently do nothing, so any other is refused. */
const OPTIONS: Readonly<Record<keyof DiffOptions, readonly [Check, string]>> = {
  mode: [
    (value) =>
      value === 'strict' ||
      value === 'semantic' ||
      (isObject(value) && isTexts((value as { ignore?: unknown }).ignore)),
    "'strict', 'semantic' or { ignore: [rules] }",
  ],
  noIgnore: [isTexts, 'a list of rules'],
  ignorePaths: [isTexts, 'a list of patterns'],
  ignoreFields: [isTexts, 'a list of JSON Pointers'],
  platforms: [isTexts, 'a list of platforms'],
  allPlatforms: [isFlag, 'true or false'],
  reportDir: [(value) => isText(value) && value !== '', 'a path'],
  paths: [isTexts, 'a list of paths'],
  accept: [(value) => Array.isArray(value) && value.every(isObject), 'a list of entries'],
  contents: [isFlag, 'true or false'],
  prove: [isFlag, 'true or false'],
  verbose: [isFlag, 'true or false'],
  stdin: [
    (value) => isObject(value) && isFunction((value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator]),
    'an AsyncIterable of bytes',
  ],
  env: [
    (value) => isObject(value) && Object.values(value as object).every((each) => each === undefined || isText(each)),
    'an object of texts',
  ],
  registry: [isObject, 'an object of options for registries'],
  cache: [
    (value) => isFlag(value) || (isObject(value) && isPlace(value as object)),
    'true, false or { dir: path of a folder }',
  ],
  jobs: [
    (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_JOBS,
    `a whole number from 1 to ${MAX_JOBS}`,
  ],
  limits: [isObject, 'an object of limits'],
  signal: [(value) => value instanceof AbortSignal, 'an AbortSignal'],
  onProgress: [isFunction, 'a function'],
  onDocument: [isFunction, 'a function'],
};

const isMilliseconds: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;

/** The same for the options of registries. */
const REGISTRY_OPTIONS: Readonly<Record<keyof RegistryOptions, readonly [Check, string]>> = {
  plainHttp: [isFlag, 'true or false'],
  insecure: [isFlag, 'true or false'],
  caFile: [(value) => isText(value) && value !== '', 'a path'],
  timeout: [isMilliseconds, 'a positive whole number of milliseconds'],
  retryDelay: [isMilliseconds, 'a positive whole number of milliseconds'],
};

/**
 * Holds what a caller passed against `DiffOptions`; JavaScript callers have no compiler to do it.
 * @throws {OciDiffError} `ERR_OPTION_INVALID`, naming the option and what it must be
 */
export function checkOptions(image0: unknown, image1: unknown, options: unknown): void {
  for (const image of [image0, image1]) {
    if (typeof image !== 'string' || image === '') throw invalid('an image is a text that is not empty');
  }
  if (!isObject(options)) throw invalid('the options are an object');
  checkEach(options as object, OPTIONS, '');
  const { registry } = options as { registry?: object };
  if (registry !== undefined) checkEach(registry, REGISTRY_OPTIONS, 'registry.');
}

function checkEach(options: object, checks: Readonly<Record<string, readonly [Check, string]>>, prefix: string): void {
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw invalid(`there is no option ${JSON.stringify(prefix + name)}`);
    const [holds, what] = check;
    if (value !== undefined && !holds(value)) throw invalid(`the option ${prefix}${name} is ${what}`);
  }
}

function invalid(message: string): OciDiffError {
  return new OciDiffError('ERR_OPTION_INVALID', message);
}
