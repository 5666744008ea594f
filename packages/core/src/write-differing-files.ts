import { latin1Bytes } from './bytes/latin1.js';
import type { ByteStream } from './bytes/stream.js';
import type { EntryRef, LayerPair } from './compare/finding.js';
import type { Judged } from './compare/judge.js';
import { wrapError } from './errors.js';
import type { Layer } from './image/load.js';
import type { ContentKeeper } from './layer/content-keeper.js';
import { type ComparedEntry, type ExtractedEntry, extractEntries } from './layer/extract-entries.js';
import { whiteoutOf } from './layer/whiteout.js';
import type { Limits } from './limits.js';
import { forEachBounded } from './pool.js';
import type { ReportFolder } from './report/folder.js';
import type { ComparedPair, ComparisonSide } from './sides.js';

export interface WriteFilesOptions {
  readonly limits: Limits;
  readonly signal: AbortSignal;
  /** Has some of the contents already. */
  readonly keeper: ContentKeeper | null;
  /** Layers read at once, of both sides together. */
  readonly jobs: number;
  readonly onFailure: (side: 0 | 1, error: unknown) => void;
}

/** Fields that a file on disk shows; for any other the report says all. */
const SHOWN_FIELDS: ReadonlySet<string> = new Set(['content', 'type', 'linkTarget']);

interface Wanted {
  readonly side: 0 | 1;
  readonly layer: Layer;
  /** Name of the layer's folder; null where the two sides' layers have not the same number. */
  readonly layerFolder: number | null;
  readonly platform: string | null;
  /** Whether a later layer covers these. */
  readonly shadowed: boolean;
  /** By position; with the path to write it under, which need not be the entry's own. */
  readonly entries: Map<number, { readonly ref: EntryRef; readonly path: string }>;
}

/**
 * Writes the documents as they were read, and every differing file that counts or that a later layer covers, into the
 * report folder. Contents that were not kept are read again, and no further than to the last of them.
 */
export async function writeDifferingFiles(
  folder: ReportFolder,
  sides: readonly [ComparisonSide, ComparisonSide],
  compared: readonly ComparedPair[],
  judged: readonly Judged[],
  options: WriteFilesOptions,
): Promise<void> {
  await writeDocuments(folder, sides, compared);
  const wanted = wantedEntries(compared, judged);
  const write = async ({ side, layer, layerFolder, platform, entries }: Wanted): Promise<void> => {
    const { limits, signal, keeper } = options;
    const toRead = new Map<number, ComparedEntry>();
    try {
      const writeUnder = (path: string, extracted: ExtractedEntry): Promise<void> =>
        writeEntry(folder, side, platform, layerFolder, path, extracted);
      for (const [position, { ref, path }] of entries) {
        const { header, contentDigest } = ref;
        const content = header.type === 'file' ? keeper?.contentOf(layer, position) : new Uint8Array(0);
        if (content === undefined) toRead.set(position, { headerDigest: header.headerDigest, contentDigest });
        else await writeUnder(path, { entry: header, content: streamOf(content) });
      }
      if (toRead.size === 0) return;
      await extractEntries(sides[side].store, layer, toRead, { limits, signal }, async (extracted) => {
        await writeUnder(entries.get(extracted.entry.position)?.path ?? extracted.entry.path, extracted);
      });
    } catch (error) {
      const wrapped = wrapError(error, 'ERR_IO', { blob: layer.ref.name });
      if (wrapped.code === 'ERR_ABORTED' || wrapped.code === 'ERR_REPORT_DIR') throw wrapped;
      options.onFailure(side, wrapped);
    }
  };
  /* Both sides at once, but each from its top layer down: who gets a name first keeps it, and the upper layer hides the lower. */
  await forEachBounded([0, 1] as const, Math.min(options.jobs, 2), async (side) => {
    const own = wanted
      .filter((each) => each.side === side)
      .sort((a, b) => Number(a.shadowed) - Number(b.shadowed) || b.layer.position - a.layer.position);
    for (const each of own) await write(each);
  });
}

async function writeDocuments(
  folder: ReportFolder,
  sides: readonly [ComparisonSide, ComparisonSide],
  compared: readonly ComparedPair[],
): Promise<void> {
  for (const side of [0, 1] as const) {
    const { root } = sides[side];
    if (root.kind === 'index') await folder.addDocument(side, null, 'index.json', root.document.json.bytes);
    for (const { pair, images } of compared) {
      const platform = compared.length > 1 ? pair.platform : null;
      const manifest = side === 0 ? pair.manifest0 : pair.manifest1;
      const image = side === 0 ? images.image0 : images.image1;
      if (manifest.document !== null) {
        await folder.addDocument(side, platform, 'manifest.json', manifest.document.json.bytes);
      }
      if (image !== null) await folder.addDocument(side, platform, 'config.json', image.config.json.bytes);
    }
  }
}

function wantedEntries(compared: readonly ComparedPair[], judged: readonly Judged[]): Wanted[] {
  const byLayer = new Map<string, Wanted>();
  for (const { finding, ignoredBy } of judged) {
    const { platform, layers, entries, field, path, duplicate, shadowed = false } = finding;
    /* Files of a layer that one side has alone are shown, though it is the layer that counts. */
    const shown = ignoredBy === null || (shadowed && ignoredBy === 'layering') || finding.lone === true;
    if (!shown || entries === undefined || layers === undefined || duplicate !== undefined) continue;
    if (path === undefined || !SHOWN_FIELDS.has(field)) continue;
    const found = compared.find(({ pair }) => pair.platform === platform);
    for (const side of [0, 1] as const) {
      const entry = entries[side];
      const layer = layerAt(found, side, layers);
      if (entry === null || layer === null || found === undefined) continue;
      const layerFolder = layers[0] === layers[1] ? layer.position : null;
      const key = `${side} ${platform} ${layer.position} ${layerFolder} ${shadowed}`;
      const wanted = byLayer.get(key) ?? {
        side,
        layer,
        layerFolder,
        platform: compared.length > 1 ? found.pair.platform : null,
        shadowed,
        entries: new Map(),
      };
      byLayer.set(key, wanted);
      wanted.entries.set(entry.header.position, { ref: entry, path });
    }
  }
  return [...byLayer.values()];
}

function layerAt(compared: ComparedPair | undefined, side: 0 | 1, layers: LayerPair): Layer | null {
  const image = side === 0 ? compared?.images.image0 : compared?.images.image1;
  const position = layers[side];
  return image == null || position === null ? null : (image.layers[position] ?? null);
}

async function* streamOf(bytes: Uint8Array): ByteStream {
  if (bytes.length > 0) yield bytes;
}

async function writeEntry(
  folder: ReportFolder,
  side: 0 | 1,
  platform: string | null,
  layerFolder: number | null,
  normal: string,
  { entry, content }: ExtractedEntry,
): Promise<void> {
  const path = latin1Bytes(normal);
  switch (entry.type) {
    case 'file': {
      /* Engines never look into a whiteout; one that has content is shown with it, since that may be what differs. */
      const whiteout = entry.size === 0 ? whiteoutOf(normal) : null;
      if (whiteout !== null) return folder.addOther(side, platform, layerFolder, path, whiteout.type);
      const file = await folder.openFile(side, platform, layerFolder, path);
      try {
        for await (const chunk of content) await file.write(chunk);
      } catch (error) {
        await file.discard();
        throw error;
      }
      return file.close();
    }
    case 'symlink':
    case 'hardlink':
      return folder.addLink(side, platform, layerFolder, path, latin1Bytes(entry.linkTarget));
    default:
      return folder.addOther(side, platform, layerFolder, path, entry.type);
  }
}
