import { latin1Bytes } from './bytes/latin1.js';
import type { ByteStream } from './bytes/stream.js';
import type { EntryRef, Finding, LayerPair } from './compare/finding.js';
import type { Judged } from './compare/judge.js';
import { wrapError } from './errors.js';
import type { Contents } from './explain/contents.js';
import type { Layer } from './image/load.js';
import type { ContentKeeper } from './layer/content-keeper.js';
import { type ComparedEntry, type ExtractedEntry, extractEntries } from './layer/extract-entries.js';
import { whiteoutOf } from './layer/whiteout.js';
import type { Limits } from './limits.js';
import { forEachBounded } from './pool.js';
import type { ReportFolder } from './report/folder.js';
import type { ComparedPair, ComparisonSide } from './sides.js';
import { ContentSpool, type Kept } from './sources/content-spool.js';

export interface DifferingFilesOptions {
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
  /** By position. */
  readonly entries: Map<number, WantedEntry>;
}

interface WantedEntry {
  readonly ref: EntryRef;
  /** To write it under; need not be the entry's own. */
  readonly path: string;
  /** Whether its content is to be put aside. */
  readonly keep: boolean;
}

/**
 * Fetches the files that differ: for the report folder every one that counts or that a later layer covers, and for
 * those who explain differences what they want. Contents that were not kept are read again, each layer once and no
 * further than to the last of them.
 */
export class DifferingFiles implements Contents {
  readonly #sides: readonly [ComparisonSide, ComparisonSide];
  readonly #compared: readonly ComparedPair[];
  readonly #options: DifferingFilesOptions;
  readonly #spool = new ContentSpool();
  readonly #kept = new Map<EntryRef['header'], Kept>();

  constructor(
    sides: readonly [ComparisonSide, ComparisonSide],
    compared: readonly ComparedPair[],
    options: DifferingFilesOptions,
  ) {
    this.#sides = sides;
    this.#compared = compared;
    this.#options = options;
  }

  async of({ header }: EntryRef): Promise<Uint8Array | null> {
    const kept = this.#kept.get(header);
    return kept === undefined ? null : this.#spool.get(kept);
  }

  /**
   * @param wants whether what explains differences wants the content of the file that a finding is of
   * @throws {OciDiffError} `ERR_ABORTED`, `ERR_REPORT_DIR`; everything else is told to `onFailure`
   */
  async fetch(
    judged: readonly Judged[],
    folder: ReportFolder | null,
    wants: (finding: Finding) => boolean,
  ): Promise<void> {
    const all = wantedEntries(this.#compared, judged, wants, folder !== null);
    /* Both sides at once, but each from its top layer down: who gets a name first keeps it, and the upper layer hides the lower. */
    await forEachBounded([0, 1] as const, Math.min(this.#options.jobs, 2), async (side) => {
      const own = all
        .filter((each) => each.side === side)
        .sort((a, b) => Number(a.shadowed) - Number(b.shadowed) || b.layer.position - a.layer.position);
      for (const each of own) await this.#fetchFrom(each, folder);
    });
  }

  async close(): Promise<void> {
    await this.#spool.close();
  }

  async #fetchFrom(wanted: Wanted, folder: ReportFolder | null): Promise<void> {
    const { side, layer, entries } = wanted;
    const { limits, signal, keeper } = this.#options;
    const toRead = new Map<number, ComparedEntry>();
    try {
      for (const [position, { ref, path, keep }] of entries) {
        const { header, contentDigest } = ref;
        const content = header.type === 'file' ? keeper?.contentOf(layer, position) : new Uint8Array(0);
        if (content === undefined) {
          toRead.set(position, { headerDigest: header.headerDigest, contentDigest });
          continue;
        }
        if (keep) await this.#keep(ref, content);
        if (folder !== null) await writeEntry(folder, wanted, path, { entry: header, content: streamOf(content) });
      }
      if (toRead.size === 0) return;
      await extractEntries(this.#sides[side].store, layer, toRead, { limits, signal }, async (extracted) => {
        const { ref, path, keep } = entries.get(extracted.entry.position) as WantedEntry;
        if (!keep) {
          if (folder !== null) await writeEntry(folder, wanted, path, extracted);
          return;
        }
        const content = await collect(extracted.content, extracted.entry.size);
        await this.#keep(ref, content);
        if (folder !== null) await writeEntry(folder, wanted, path, { ...extracted, content: streamOf(content) });
      });
    } catch (error) {
      const wrapped = wrapError(error, 'ERR_IO', { blob: layer.ref.name });
      if (wrapped.code === 'ERR_ABORTED' || wrapped.code === 'ERR_REPORT_DIR') throw wrapped;
      this.#options.onFailure(side, wrapped);
    }
  }

  async #keep({ header }: EntryRef, content: Uint8Array): Promise<void> {
    if (!this.#kept.has(header)) this.#kept.set(header, await this.#spool.put(content));
  }
}

function wantedEntries(
  compared: readonly ComparedPair[],
  judged: readonly Judged[],
  wants: (finding: Finding) => boolean,
  writesAll: boolean,
): Wanted[] {
  const byLayer = new Map<string, Wanted>();
  for (const { finding, ignoredBy } of judged) {
    const { platform, layers, entries, field, path, duplicate, shadowed = false } = finding;
    /* Files of a layer that one side has alone are shown, though it is the layer that counts. */
    const shown = ignoredBy === null || (shadowed && ignoredBy === 'layering') || finding.lone === true;
    if (!shown || entries === undefined || layers === undefined || duplicate !== undefined) continue;
    if (path === undefined || !SHOWN_FIELDS.has(field)) continue;
    const wanted = wants(finding);
    if (!wanted && !writesAll) continue;
    const found = compared.find(({ pair }) => pair.platform === platform);
    for (const side of [0, 1] as const) {
      const entry = entries[side];
      const layer = layerAt(found, side, layers);
      if (entry === null || layer === null || found === undefined) continue;
      const layerFolder = layers[0] === layers[1] ? layer.position : null;
      const key = `${side} ${platform} ${layer.position} ${layerFolder} ${shadowed}`;
      const ofLayer = byLayer.get(key) ?? {
        side,
        layer,
        layerFolder,
        platform: compared.length > 1 ? found.pair.platform : null,
        shadowed,
        entries: new Map(),
      };
      byLayer.set(key, ofLayer);
      ofLayer.entries.set(entry.header.position, { ref: entry, path, keep: wanted && entry.header.type === 'file' });
    }
  }
  return [...byLayer.values()];
}

function layerAt(compared: ComparedPair | undefined, side: 0 | 1, layers: LayerPair): Layer | null {
  const image = side === 0 ? compared?.images.image0 : compared?.images.image1;
  const position = layers[side];
  return image == null || position === null ? null : (image.layers[position] ?? null);
}

async function collect(stream: ByteStream, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of stream) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

async function* streamOf(bytes: Uint8Array): ByteStream {
  if (bytes.length > 0) yield bytes;
}

async function writeEntry(
  folder: ReportFolder,
  { side, platform, layerFolder }: Wanted,
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
