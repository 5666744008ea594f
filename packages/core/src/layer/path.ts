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
