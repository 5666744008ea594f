import picomatch from 'picomatch';
import { OciDiffError } from '../errors.js';

/** Characters of one pattern, as many as a path has on Linux; V8 refuses the expressions of much longer ones. */
const MAX_GLOB_CHARACTERS = 4096;
/** Patterns that one with braces stands for. */
const MAX_ALTERNATIVES = 1000;
/**
 * Longer paths are matched by patterns of names, `*`, `?`, `**` and braces alone. What else picomatch knows becomes an
 * expression whose time may grow with a high power of the path's length, and an image chooses its paths. Where it would
 * double with each character, the pattern is refused (`repeatsOpenly`).
 */
const MAX_EXPRESSION_CHARACTERS = 1024;

/* A file may be named `!x` or `#x`; patterns are never negations or comments, and mean the same on every system. */
const OPTIONS = { dot: true, nonegate: true, strictSlashes: true, windows: false, flags: 's' } as const;
const ANY_STEPS = '**';
/** What is special in a step, beside `*` and `?`. */
const SPECIAL = /[\\[\]{}()!@+^$|]/;

/**
 * A matcher of paths, with picomatch's meaning: hidden files too, `**` across folders. Where a pattern consists of names,
 * `*`, `?`, `**` and braces, one path costs time in proportion to the path's length times the pattern's.
 * @throws {OciDiffError} `ERR_OPTION_INVALID` for a pattern that is too long, stands for too many others, or repeats a
 *   group of which one name can be read in several ways: `*(*.log|*.txt)`
 */
export function pathPattern(glob: string): (path: string) => boolean {
  if (glob.length > MAX_GLOB_CHARACTERS) throw tooLong(glob);
  const alternatives = expandBraces(glob);
  /* `{*,a}*` is no `**`. */
  const makesAny = /\*\{|\}[*{]/.test(glob) && alternatives.some((each) => each.includes(ANY_STEPS));
  if (!makesAny && alternatives.every(isPlain)) {
    const patterns = alternatives.map((each) => each.split('/'));
    return (path) => {
      const steps = path.split('/');
      return patterns.some((pattern) => matchSteps(pattern, steps));
    };
  }
  if (repeatsOpenly(glob)) {
    throw new OciDiffError(
      'ERR_OPTION_INVALID',
      `a pattern for paths that could take for ever; only texts that begin differently can be repeated, as in +(gz|xz): ${JSON.stringify(glob.slice(0, 200))}`,
    );
  }
  const matches = compile(glob);
  return (path) => path.length <= MAX_EXPRESSION_CHARACTERS && matches(path);
}

function compile(glob: string): (path: string) => boolean {
  try {
    const matches = picomatch(glob, OPTIONS);
    /* V8 compiles an expression when it is first used, once for each width of characters: a bad one fails only then. */
    for (const path of ['path', '\u0100']) matches(path);
    return matches;
  } catch (cause) {
    throw tooLong(glob, cause);
  }
}

/**
 * Whether a group is repeated (`*(…)`, `+(…)`, and what picomatch passes on: `(…)+`, `{…}+`) that is more than texts with
 * different first characters: an expression that fails tries all ways to divide a path among the repetitions.
 */
function repeatsOpenly(glob: string): boolean {
  const text = glob.replace(/\\./gs, '_');
  if (/[)}]\+(?!\()/.test(text)) return true;
  return [...text.matchAll(/[*+]\((?:([^()[\]{}*+?!@]*)\))?/g)].some(([, body]) => {
    const firsts = body?.split('|').map((each) => each.charAt(0)) ?? [''];
    return firsts.includes('') || new Set(firsts).size < firsts.length;
  });
}

/* Empty steps, `.` and `**` beside other characters mean something of their own to picomatch. */
function isPlain(pattern: string): boolean {
  return pattern
    .split('/')
    .every(
      (step) => step === ANY_STEPS || (step !== '' && !/^\.+$/.test(step) && !/\*\*/.test(step) && !SPECIAL.test(step)),
    );
}

/**
 * The patterns that one with braces stands for: braces with commas and nothing nested, one after the other. A pattern with
 * others stands for itself.
 * @throws {OciDiffError} `ERR_OPTION_INVALID` where they are too many
 */
export function expandBraces(glob: string): string[] {
  let patterns = [''];
  let at = 0;
  for (const match of glob.matchAll(/\{([^{}]*)\}/g)) {
    const inner = match[1] as string;
    if (!inner.includes(',') || inner.includes('..') || inner.includes(ANY_STEPS)) return [glob];
    const before = glob.slice(at, match.index);
    patterns = patterns.flatMap((pattern) => inner.split(',').map((each) => pattern + before + each));
    if (patterns.length > MAX_ALTERNATIVES) throw tooLong(glob);
    at = match.index + match[0].length;
  }
  return patterns.map((pattern) => pattern + glob.slice(at));
}

/* The last `**` takes as few steps as it can, then one more, and so on: none before it needs to be tried again. */
function matchSteps(pattern: readonly string[], steps: readonly string[]): boolean {
  let [at, step] = [0, 0];
  let [afterAny, resume] = [-1, 0];
  while (step < steps.length) {
    const wanted = pattern[at];
    if (wanted === ANY_STEPS) {
      afterAny = ++at;
      resume = step;
    } else if (wanted !== undefined && matchStep(wanted, steps[step] as string)) {
      at++;
      step++;
    } else {
      /* `**` takes no step that is `.`, the root's name. */
      if (afterAny === -1 || steps[resume] === '.') return false;
      at = afterAny;
      step = ++resume;
    }
  }
  while (pattern[at] === ANY_STEPS) at++;
  return at === pattern.length;
}

/* The same with `*` for any characters and `?` for one UTF-16 code unit. */
function matchStep(pattern: string, text: string): boolean {
  if (text === '' || text === '.' || text === '..') return pattern === text;
  let [at, unit] = [0, 0];
  let [afterStar, resume] = [-1, 0];
  while (unit < text.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      afterStar = ++at;
      resume = unit;
    } else if (wanted === '?' || wanted === text[unit]) {
      at++;
      unit++;
    } else {
      if (afterStar === -1) return false;
      at = afterStar;
      unit = ++resume;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

function tooLong(glob: string, cause?: unknown): OciDiffError {
  return new OciDiffError(
    'ERR_OPTION_INVALID',
    `a pattern for paths that is too long: ${JSON.stringify(glob.slice(0, 200))}`,
    cause === undefined ? {} : { cause },
  );
}
