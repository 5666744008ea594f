import { platform } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { DiffOptions } from '../options.js';

export type CacheOptions = Pick<DiffOptions, 'cache' | 'env'>;

/**
 * The folder in which layers are kept; null where none is wanted, or the environment does not say where users keep such
 * things. By `cache: true`, the first of: `OCIDIFF_CACHE_DIR`; `ocidiff` in `XDG_CACHE_HOME`, if that is absolute;
 * `%LOCALAPPDATA%\ocidiff\Cache` on Windows, `~/Library/Caches/ocidiff` on macOS, else `~/.cache/ocidiff`.
 * Source: XDG Base Directory Specification 0.8, "Environment variables".
 */
export function cacheFolder({ cache = false, env = {} }: CacheOptions): string | null {
  if (cache === false) return null;
  if (cache !== true) return resolve(cache.dir);
  const { OCIDIFF_CACHE_DIR: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local, HOME: home } = env;
  if (own) return resolve(own);
  if (xdg && isAbsolute(xdg)) return join(xdg, 'ocidiff');
  if (platform() === 'win32') return local ? join(local, 'ocidiff', 'Cache') : null;
  if (!home) return null;
  return platform() === 'darwin' ? join(home, 'Library', 'Caches', 'ocidiff') : join(home, '.cache', 'ocidiff');
}
