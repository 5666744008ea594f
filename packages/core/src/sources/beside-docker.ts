import { OciDiffError, throwIfAborted } from '../errors.js';
import { normalizeImageName } from '../image/image-name.js';
import { findContradictions } from './contradictions.js';
import type { DockerManifestEntry } from './docker-manifest.js';
import type { FileTree } from './file-tree.js';
import { type LayoutCandidate, layoutWrapping, readLayoutIndex } from './layout.js';
import { LAYOUT_INDEX } from './layout-paths.js';
import type { OpenImageContext } from './opened-image.js';

/**
 * What the layout around a `manifest.json` says of an image that is read from the latter: its wrapping. What it says
 * otherwise, and what of it cannot be read, becomes a note, since nothing of the image depends on it.
 */
export async function readBesideDocker(
  tree: FileTree,
  entry: DockerManifestEntry,
  context: OpenImageContext,
): Promise<Record<string, unknown>> {
  const tell = (message: string): void => context.onNote({ code: 'manifest-contradiction', message });
  try {
    const { document, candidates } = await readLayoutIndex(tree, context);
    const chosen = candidatesFor(entry, candidates);
    const [first] = chosen;
    if (first === undefined) {
      tell(`${LAYOUT_INDEX} names no image that is ${entry.names.join(' or ') || entry.config}`);
      return {};
    }
    for (const descriptor of new Map(chosen.map(({ digest, descriptor }) => [digest, descriptor])).values()) {
      for (const message of await findContradictions(tree, descriptor, entry, context)) tell(message);
    }
    return layoutWrapping(document, first.position);
  } catch (error) {
    throwIfAborted(context.signal);
    if (!(error instanceof OciDiffError)) throw error;
    tell(`the layout beside manifest.json cannot be read: ${error.describe()}`);
    return {};
  }
}

/* Those with its name; where none has it, the only image. */
function candidatesFor(entry: DockerManifestEntry, candidates: readonly LayoutCandidate[]): readonly LayoutCandidate[] {
  const names = new Set(entry.names.map(normalizeImageName));
  const named = candidates.filter((candidate) => candidate.names.some((name) => names.has(normalizeImageName(name))));
  if (named.length > 0) return named;
  const nameless = candidates.filter((candidate) => candidate.names.length === 0);
  const left = names.size === 0 && nameless.length > 0 ? nameless : candidates;
  return new Set(left.map(({ digest }) => digest)).size === 1 ? left : [];
}
