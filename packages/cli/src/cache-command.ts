import type { CacheRequest } from './arguments.js';
import type { Core } from './core.js';
import type { Io } from './io.js';
import { showLimit } from './limit-value.js';
import { UsageError } from './usage-error.js';

/**
 * Does what `ocidiff cache` is asked for, and says it.
 * @throws {UsageError} where nothing says in which folder the cache would be; what `clearCache` throws
 */
export function cacheText({ clear, cache, maxBytes }: CacheRequest, { env }: Io, core: Core): string {
  const { folder, layers, bytes, problem } = (clear ? core.clearCache : core.inspectCache)({ cache, env });
  if (folder === null) {
    throw new UsageError('nothing says where caches are: neither --cache-dir, XDG_CACHE_HOME nor HOME');
  }
  const place = core.displayMessage(folder);
  if (clear) return `removed ${layers} ${layers === 1 ? 'layer' : 'layers'}, ${bytes} bytes, from ${place}\n`;
  const lines = [`folder  ${place}`, `layers  ${layers}`, `bytes   ${bytes}, at most ${showLimit(maxBytes)}`];
  if (problem !== null) lines.push(`not used: ${core.displayMessage(problem)}`);
  return `${lines.join('\n')}\n`;
}
