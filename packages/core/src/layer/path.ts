import { checkLimit, type Limits } from '../limits.js';

/**
 * An entry's own path (or hard link's target) in its one normal spelling: no leading `/` or `./`, no trailing or
 * repeated `/`, no `.` steps; the root is `.`. `..` steps stay: what they mean depends on the tree.
 * Takes and gives latin1 strings.
 */
export function normalizePath(path: string): string {
  if (isNormal(path)) return path;
  const withoutSlash = path.slice(0, -1);
  if (path.endsWith('/') && isNormal(withoutSlash)) return withoutSlash;
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  return steps.length === 0 ? '.' : steps.join('/');
}

/* Most names are normal but for a folder's trailing slash; no array is made for them. */
function isNormal(path: string): boolean {
  if (path === '' || path.charCodeAt(0) === SLASH || path.charCodeAt(path.length - 1) === SLASH) return false;
  return !UNUSUAL.test(path);
}

const SLASH = 0x2f;
const UNUSUAL = /\/\/|(?:^|\/)\.(?:\/|$)/;

/**
 * The path below the root that an entry's name stands for: normalised, `..` steps taken back as engines do before they
 * look at the disk (`a/../b` is `b`, whatever `a` is).
 * @returns null for a name that leads out of the root
 * @throws {OciDiffError} `ERR_LIMIT_EXCEEDED` above `pathSteps`
 */
export function resolvedPath(path: string, limits: Limits): string | null {
  const normal = normalizePath(path);
  if (normal.length > limits.pathSteps) {
    checkLimit(limits, 'pathSteps', normal.split('/').length, 'steps in the name of a file');
  }
  if (!DOTS.test(normal)) return normal;
  const steps: string[] = [];
  for (const step of normal.split('/')) {
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return null;
  }
  return steps.length === 0 ? '.' : steps.join('/');
}

/** The steps of a path, or of a link's target; `..` among them. */
export function stepsOf(path: string): string[] {
  return path.split('/').filter((step) => step !== '' && step !== '.');
}

/** The folder that a normalised path other than the root is in, and its name there. */
export function parentOf(path: string): readonly [folder: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['.', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

/**
 * What a name is put under in maps. V8 before March 2026 (CVE-2026-21717) hashes a string of digits to its number;
 * with a mark that no name can have, names cannot be made to collide.
 */
export function keyOf(name: string): string {
  return NUMBER.test(name) ? `/${name}` : name;
}

/** The name that `keyOf` gave `key` for. */
export function nameOfKey(key: string): string {
  return key.charCodeAt(0) === SLASH ? key.slice(1) : key;
}

const DOTS = /(?:^|\/)\.\.(?:\/|$)/;
const NUMBER = /^[0-9]{1,10}$/;
