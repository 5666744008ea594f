import type { ByteStream } from '../../../packages/core/src/bytes/stream.js';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { loadImages } from '../../../packages/core/src/image/load.js';
import { DEFAULT_LIMITS } from '../../../packages/core/src/limits.js';
import type { FileTree } from '../../../packages/core/src/sources/file-tree.js';
import { openArchiveImage, openFolderImage } from '../../../packages/core/src/sources/open-image.js';
import { TreeStore } from '../../../packages/core/src/sources/tree-store.js';
import { mutateJson } from '../mutate-json.js';
import { mutateText } from '../mutate-text.js';
import { checkNote, outcomeOf } from '../oracle.js';
import { isJson, readSeeds } from '../seeds.js';
import type { Target } from '../target.js';

/** Files in memory; paths mean what they say. */
class MemoryTree implements FileTree {
  readonly medium: FileTree['medium'];
  readonly #files: ReadonlyMap<string, Buffer>;

  constructor(medium: FileTree['medium'], files: ReadonlyMap<string, Buffer>) {
    this.medium = medium;
    this.#files = files;
  }

  async stat(path: string): Promise<number | null> {
    return this.#files.get(path)?.length ?? null;
  }

  async *open(path: string): ByteStream {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw new OciDiffError('ERR_NOT_FOUND', 'not in memory');
    yield Buffer.from(bytes);
  }

  async topNames(): Promise<string[]> {
    return [...new Set([...this.#files.keys()].map((path) => path.replace(/\/.*/s, '/')))].sort();
  }

  async close(): Promise<void> {}
}

/** The documents of a medium: `index.json`, `manifest.json`, `repositories`, `oci-layout`, and those of the image. */
const media: Target = {
  name: 'media-documents',
  cases: 8_000,
  prepare: async () => {
    const { images } = await readSeeds();
    const seeds = images.map(({ members, medium }) => ({
      medium,
      files: new Map(members.map(({ name, content }) => [name, content])),
      documents: members.filter(({ content }) => isJson(content) && content.length < 16_384),
      tops: members.filter(({ name }) => /^(index\.json|manifest\.json|repositories|oci-layout)$/.test(name)),
    }));
    return {
      run: async (random) => {
        const { medium, files, documents, tops } = random.pick(seeds);
        const changed = new Map(files);
        const changes = random.between(1, 2);
        for (let i = 0; i < changes; i++) {
          const { name, content } = random.pick(random.chance(0.75) ? tops : documents);
          if (random.chance(0.05)) changed.delete(name);
          else if (isJson(content)) changed.set(name, mutateJson(random, content));
        }
        const tree = new MemoryTree(medium, changed);
        const onNote = ({ message }: { readonly message: string }): void => checkNote(message);
        const ref = random.chance(0.2)
          ? mutateText(random, random.pick(['latest', '@0', 'a:1', `sha256:${'a'.repeat(64)}`])).slice(0, 300)
          : null;
        const kind = random.chance(0.8) ? null : random.pick(['oci-archive', 'docker-archive', 'oci', 'dir'] as const);
        const context = { limits: DEFAULT_LIMITS, signal: undefined, onNote, ref, notation: 'oci:x' };
        await outcomeOf(async () => {
          const opened = await (medium === 'archive' ? openArchiveImage : openFolderImage)(
            tree,
            { kind, path: 'x' },
            context,
          );
          return loadImages(new TreeStore('x', tree, opened, []), {
            limits: DEFAULT_LIMITS,
            signal: undefined,
            onNote,
          });
        });
      },
    };
  },
};

export const MEDIA_TARGETS: readonly Target[] = [media];
